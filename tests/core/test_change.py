"""What a change by hand costs: against every plan there is, on scenarios small enough to try them all."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refurb.core.assignment import objective, solve
from refurb.core.change import OverCap, compare, complete, swap
from refurb.core.matching import failing, shares
from refurb.demo.scenarios import draw
from tests.core.test_assignment import every_plan, rank


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 4), st.integers(2, 4))
def test_no_plan_that_holds_the_pair_is_better(seed: int, devices: int, needs: int) -> None:
    scenario = draw(seed, devices, needs, epci=1, prescribers=2, points=5)
    suits = [(n["id"], d["id"]) for n in scenario["needs"] for d in scenario["devices"] if not failing(d, n)]
    for pair in suits[:3]:
        plans = [pairs for pairs in every_plan(scenario) if pair in pairs]
        if not plans:
            with pytest.raises(OverCap):
                complete(scenario, [pair])
            continue
        found = complete(scenario, [pair])
        assert pair in found
        assert rank(scenario, found) == min(rank(scenario, pairs) for pairs in plans)


def test_holding_the_whole_plan_changes_nothing() -> None:
    scenario = draw(11, 40, 60)
    pairs = solve(scenario).pairs
    assert complete(scenario, pairs) == pairs
    same = compare(scenario, pairs, pairs)
    assert (same.lost, same.gained, same.moved) == ((), (), ())
    assert same.before == same.after == objective(scenario, pairs)


def test_a_swap_never_gains_on_the_rule_and_says_who_loses() -> None:
    scenario = draw(5, 30, 60)
    pairs = solve(scenario).pairs
    needs = {n["id"]: n for n in scenario["needs"]}
    served, tried = dict(pairs), 0
    for device in scenario["devices"]:
        for need in scenario["needs"]:
            if need["id"] in served or failing(device, need):
                continue
            try:
                change = swap(scenario, pairs, need["id"], device["id"])
            except OverCap:
                continue
            tried += 1
            assert dict(change.pairs)[need["id"]] == device["id"]
            assert rank(scenario, change.pairs) >= rank(scenario, pairs)
            assert set(change.lost).isdisjoint(change.gained)
            assert len(change.pairs) == len(pairs) - len(change.lost) + len(change.gained)
            counts = Counter(share for n, _ in change.pairs for share in shares(needs[n]))
            assert all(counts[share] <= cap for share, cap in scenario["policy"]["caps"].items())
            break
    assert tried > 3
