"""The solver's model: who receives which device, exact on the five tiers of matching/README.md.

Shares being a tree, a scenario without bundles is a minimum-cost flow on kinds of devices and needs (core.kinds),
solved in stages (core.stages, core.flow). Bundles make the problem hard in general: they are decided by branching,
best bound first, each branch solved exactly.
"""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from refurb.core.flow import Infeasible
from refurb.core.kinds import Kinds, group, in_order
from refurb.core.matching import failing, fit, shares
from refurb.core.stages import Coarse, Fine

#: How many branches are solved when the bundles are too many to be decided exactly.
EXACT_BUNDLES, MOST_BRANCHES = 8, 120

Scenario = Mapping[str, Any]
#: What is decided of a bundle: None is "not served", else ("", None) or the model or charger all its devices share.
Decision = tuple[str, str | None] | None


@dataclass(frozen=True)
class Solution:
    """Pairs of (need id, device id) sorted by need, and the words for how they were found."""

    pairs: tuple[tuple[str, str], ...]
    method: str


def solve(scenario: Scenario, kinds: Kinds | None = None) -> Solution:
    """Return the plan's pairs; the same scenario gives the same pairs whatever the order of its lists.

    Who has grouped the scenario already (`in_order`, `group`) may hand its kinds over.
    """
    bundles = scenario.get("bundles") or {}
    flow = "minimum-cost flow on kinds, in stages (floors; points and served; balance and fit)"
    if not any(need.get("bundle") for need in scenario["needs"]):
        return Solution(tuple(sorted(_solve(scenario, {}, kinds))), f"{flow}; exact")
    pairs, branches, exact = _branch(scenario, bundles)
    how = "exact, by branching best bound first" if exact else f"best found within {MOST_BRANCHES} branches"
    return Solution(tuple(sorted(pairs)), f"{flow}; bundles {how} ({branches} solved)")


def objective(scenario: Scenario, pairs: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Return the five tiers that a list of (need id, device id) reaches."""
    needs = {need["id"]: need for need in scenario["needs"]}
    devices = {device["id"]: device for device in scenario["devices"]}
    seated = [(needs[n], devices[d]) for n, d in pairs]
    served = Counter(share for need, _ in seated for share in shares(need))
    narrowest = Counter(shares(need)[2] for need, _ in seated)
    floors = scenario["policy"].get("floors") or {}
    return {
        "floors": sum(min(served[share], floor) for share, floor in floors.items()),
        "points": sum(need["points"] for need, _ in seated),
        "served": len(seated),
        "balance": sum(count * count for count in narrowest.values()),
        "fit": sum(fit(device, need) for need, device in seated),
    }


# Bundles


def _branch(scenario: Scenario, bundles: Mapping[str, Any]) -> tuple[list[tuple[str, str]], int, bool]:
    """Decide the bundles best bound first; return the pairs, how many branches were solved, whether all were seen."""
    needs = {need["id"]: need for need in scenario["needs"]}
    devices = {device["id"]: device for device in scenario["devices"]}
    teams: dict[str, list[str]] = defaultdict(list)
    for need in scenario["needs"]:
        if need.get("bundle"):
            teams[need["bundle"]].append(need["id"])
    solved, exact = 0, len(teams) <= EXACT_BUNDLES

    def bound(decided: dict[str, Decision]) -> tuple[tuple[int, ...], list[tuple[str, str]]] | None:
        nonlocal solved
        solved += 1
        try:
            pairs = _solve(scenario, decided)
        except Infeasible:
            return None
        reached = objective(scenario, pairs)
        best = (reached["floors"], reached["points"], reached["served"], -reached["balance"], -reached["fit"])
        return tuple(-value for value in best), pairs

    def broken(pairs: list[tuple[str, str]], decided: dict[str, Decision]) -> str | None:
        given = dict(pairs)
        for name in sorted(teams):
            same = (bundles.get(name) or {}).get("same")
            seated = [given[n] for n in teams[name] if n in given]
            if name in decided or not seated:
                continue
            values = {devices[d].get(same) for d in seated} if same else {""}
            if len(seated) < len(teams[name]) or len(values) > 1 or values == {None}:
                return name
        return None

    def dive(decided: dict[str, Decision]) -> tuple[tuple[int, ...], list[tuple[str, str]]] | None:
        """Give up what is broken, one after the other: a plan that breaks no rule, for when not all can be seen."""
        decided = dict(decided)
        while (found := bound(decided)) is not None and (name := broken(found[1], decided)) is not None:
            decided[name] = None
        return found

    root = bound({})
    assert root is not None  # without decisions nothing is forced
    heap: list[tuple[tuple[int, ...], int, dict[str, Decision], list[tuple[str, str]]]] = [(root[0], 0, {}, root[1])]
    kept = None if exact else dive({})
    while heap:
        value, _, decided, pairs = heapq.heappop(heap)
        if kept is not None and kept[0] <= value:
            break
        name = broken(pairs, decided)
        if name is None:
            return pairs, solved, True
        if not exact and solved >= MOST_BRANCHES:
            assert kept is not None
            return kept[1], solved, False
        team = [needs[n] for n in teams[name]]
        for decision in _decisions(team, (bundles.get(name) or {}).get("same"), scenario["devices"]):
            child = {**decided, name: decision}
            found = bound(child)
            if found is not None and (kept is None or found[0] < kept[0]):
                heapq.heappush(heap, (found[0], solved, child, found[1]))
    assert kept is not None
    return kept[1], solved, True


def _decisions(team: Sequence[Any], same: str | None, devices: Sequence[Any]) -> Iterator[Decision]:
    """Yield what may be decided of a bundle: each model or charger of which enough suit, and that it waits."""
    if same is None:
        yield ("", None)
    else:
        enough: dict[str, int] = defaultdict(int)
        for device in devices:
            if device.get(same) is not None and any(not failing(device, need) for need in team):
                enough[device[same]] += 1
        for value in sorted(enough):
            if enough[value] >= len(team):
                yield (same, value)
    yield None


# One exact solution


def _solve(scenario: Scenario, decided: Mapping[str, Decision], known: Kinds | None = None) -> list[tuple[str, str]]:
    """Solve one scenario with some bundles decided and the others taken as plain needs; raises Infeasible.

    `known` are the kinds of the whole scenario; they hold where nothing is decided.
    """
    devices, needs = in_order(scenario)
    needs = [n for n in needs if not (n.get("bundle") in decided and decided[n["bundle"]] is None)]
    forced = {n["id"] for n in needs if n.get("bundle") in decided}
    held = {n["id"]: decided[n["bundle"]] for n in needs if n["id"] in forced and (decided[n["bundle"]] or ("",))[0]}
    kinds = group(devices, needs, held) if known is None or decided else known
    if any(kinds.column_of[j] < 0 for j, n in enumerate(needs) if n["id"] in forced):
        raise Infeasible
    coarse = Coarse(scenario, devices, needs, kinds, forced)
    coarse.settle()
    return Fine(scenario, devices, needs, coarse).pairs()
