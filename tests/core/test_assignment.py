"""The solver against every plan there is, on scenarios small enough to try them all."""

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refurb.core.assignment import objective, solve
from refurb.core.matching import failing, shares
from refurb.core.reasons import plan, seats_all
from refurb.demo.scenarios import draw

Pairs = tuple[tuple[str, str], ...]


def every_plan(scenario: Mapping[str, Any]) -> Iterator[Pairs]:
    """Yield each plan that breaks no rule: the definition, without any cleverness."""
    needs, devices = scenario["needs"], scenario["devices"]
    by_device = {device["id"]: device for device in devices}
    caps = scenario["policy"]["caps"]
    teams: dict[str, list[str]] = {}
    for need in needs:
        if need["bundle"]:
            teams.setdefault(need["bundle"], []).append(need["id"])

    def extend(i: int, chosen: dict[str, str], counts: Counter[str]) -> Iterator[dict[str, str]]:
        if i == len(needs):
            yield dict(chosen)
            return
        yield from extend(i + 1, chosen, counts)
        need = needs[i]
        if any(counts[share] >= caps[share] for share in shares(need) if share in caps):
            return
        for device in devices:
            if device["id"] not in chosen.values() and not failing(device, need):
                chosen[need["id"]] = device["id"]
                yield from extend(i + 1, chosen, counts + Counter(shares(need)))
                del chosen[need["id"]]

    for found in extend(0, {}, Counter()):
        for name, team in teams.items():
            seated = [by_device[found[n]] for n in team if n in found]
            same = scenario["bundles"][name]["same"]
            values = {device[same] for device in seated} if same and seated else {""}
            if (seated and len(seated) < len(team)) or len(values) > 1 or None in values:
                break
        else:
            yield tuple(sorted(found.items()))


def rank(scenario: Mapping[str, Any], pairs: Pairs) -> tuple[int, ...]:
    tiers = objective(scenario, pairs)
    return (-tiers["floors"], -tiers["points"], -tiers["served"], tiers["balance"], tiers["fit"])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(1, 4))
def test_no_plan_is_better(seed: int, devices: int, needs: int) -> None:
    scenario = draw(seed, devices, needs, epci=2, prescribers=2, points=5)
    best = min(rank(scenario, pairs) for pairs in every_plan(scenario))
    assert rank(scenario, solve(scenario).pairs) == best


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 5))
def test_no_plan_is_better_with_bundles(seed: int, devices: int) -> None:
    scenario = draw(seed, devices, 1, bundles=1, epci=2, prescribers=2, points=5)
    best = min(rank(scenario, pairs) for pairs in every_plan(scenario))
    assert rank(scenario, solve(scenario).pairs) == best


@pytest.mark.parametrize("bundles", [0, 2, 10])
def test_the_order_of_the_lists_changes_nothing(bundles: int) -> None:
    scenario = draw(7, 60, 90, bundles=bundles)
    first = plan(scenario)
    rng = random.Random(1)
    for _ in range(3):
        shuffled = {**scenario, "devices": list(scenario["devices"]), "needs": list(scenario["needs"])}
        rng.shuffle(shuffled["devices"])
        rng.shuffle(shuffled["needs"])
        assert plan(shuffled) == first


def test_many_bundles_break_no_rule_and_say_how() -> None:
    scenario = draw(3, 40, 30, bundles=12)
    pairs = solve(scenario).pairs
    given_to = dict(pairs)
    devices = {device["id"]: device for device in scenario["devices"]}
    for name, bundle in scenario["bundles"].items():
        team = [need["id"] for need in scenario["needs"] if need["bundle"] == name]
        seated = [devices[given_to[n]] for n in team if n in given_to]
        assert len(seated) in (0, len(team))
        if seated and bundle["same"]:
            assert len({device[bundle["same"]] for device in seated}) == 1
    assert "bundles" in solve(scenario).method


def test_among_needs_alike_the_earliest_goes_first_and_the_oldest_device_leaves_first() -> None:
    scenario = draw(1, 1, 1)
    device, need = scenario["devices"][0], scenario["needs"][0]
    device |= {"form": "laptop", "modes": ["gift"], "recipients": ["household"], "reach": None, "os": "linux"}
    need |= {"forms": ["laptop"], "min": {}, "os": "any", "modes": ["gift"], "recipient": "household"}
    scenario["policy"] = {"floors": {}, "caps": {}}
    scenario["devices"] = [
        {**device, "id": "R2", "in_stock_since": "2026-09-02"},
        {**device, "id": "R1", "in_stock_since": "2026-09-01"},
    ]
    scenario["needs"] = [
        {**need, "id": "N1", "validated_on": "2026-08-03"},
        {**need, "id": "N2", "validated_on": "2026-08-01"},
        {**need, "id": "N3", "validated_on": "2026-08-02"},
    ]
    assert solve(scenario).pairs == (("N2", "R1"), ("N3", "R2"))
    scenario["devices"].pop(0)
    assert solve(scenario).pairs == (("N2", "R1"),)


def test_an_empty_scenario_has_an_empty_plan() -> None:
    scenario = {**draw(1, 0, 0), "policy": {"floors": {}, "caps": {}}}
    assert plan(scenario)["assignments"] == []
    assert plan({**draw(2, 5, 0), "policy": {}})["objective"]["served"] == 0
    waits = plan({**draw(2, 0, 3), "policy": {}})["unmatched"]
    assert {row["reason"] for row in waits} == {"no_suitable_device"}


# Reasons, against their definition one device at a time


def expected_reason(scenario: Mapping[str, Any], pairs: Pairs, need: Mapping[str, Any]) -> str:
    needs = {n["id"]: n for n in scenario["needs"]}
    devices = {d["id"]: d for d in scenario["devices"]}
    caps = scenario["policy"]["caps"]
    used = {d for _, d in pairs}
    left = [d for d in devices.values() if d["id"] not in used]
    counts = Counter(share for n, _ in pairs for share in shares(needs[n]))
    suits = [d for d in devices.values() if not failing(d, need)]
    if not suits:
        only_far = any(failing(d, need) == {"reach"} for d in devices.values())
        return "out_of_reach" if only_far else "no_suitable_device"
    if need["bundle"]:
        team = [n for n in needs.values() if n["bundle"] == need["bundle"]]
        same = scenario["bundles"][need["bundle"]]["same"]
        asked = Counter(share for n in team for share in shares(n))
        if not seats_all(team, list(devices.values()), same):
            return "bundle_incomplete"
        if any(share in caps and count > caps[share] for share, count in asked.items()):
            return "cap_reached"
        return "cap_reached" if seats_all(team, left, same) else "bundle_outranked"
    full = {share for share in shares(need) if share in caps and counts[share] >= caps[share]}
    fewer = [needs[n] for n, d in pairs if needs[n]["points"] < need["points"] and not failing(devices[d], need)]
    free = any(not failing(d, need) for d in left)
    if full and (free or any(full - set(shares(n)) for n in fewer)):
        return "cap_reached"
    return "rule_first" if fewer else "outranked"


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 3))
def test_reasons_and_relaxations_are_true(seed: int, bundles: int) -> None:
    scenario = draw(seed, 12, 25, bundles=bundles, epci=3, prescribers=3, points=9)
    found = plan(scenario)
    pairs = tuple((row["need"], row["device"]) for row in found["assignments"])
    used = {d for _, d in pairs}
    left = [d for d in scenario["devices"] if d["id"] not in used]
    needs = {n["id"]: n for n in scenario["needs"]}
    assert {row["need"] for row in found["unmatched"]} == set(needs) - {n for n, _ in pairs}
    counts = Counter(share for n, _ in pairs for share in shares(needs[n]))
    caps = scenario["policy"]["caps"]
    for row in found["unmatched"]:
        need = needs[row["need"]]
        assert row["reason"] == expected_reason(scenario, pairs, need), row
        ways: Counter[str] = Counter()
        if not need["bundle"] and not any(counts[s] >= caps[s] for s in shares(need) if s in caps):
            alone = [failing(d, need) for d in left]
            ways = Counter(next(iter(f)) for f in alone if len(f) == 1 and f != {"recipient"})
        assert {r["criterion"]: r["devices"] for r in row["relaxations"]} == dict(ways)


def test_an_assignment_says_its_terms() -> None:
    scenario = draw(5, 10, 10)
    for row in plan(scenario)["assignments"]:
        terms = row["explanation"]
        assert terms["fit"] == 4 * (terms["class_given"] - terms["class_asked"]) + terms["band"]
