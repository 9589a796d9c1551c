"""What a change by hand costs: some pairs are held, the solver completes the plan, and the two plans are compared.

What is held is taken out of the network: its shares come off the caps and the floors, and the balance counts from
there (`taken` of core.stages), so that the completion is exact and as quick as the rest is small.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from refurb.core.assignment import Scenario, objective, solve
from refurb.core.matching import shares

Pair = tuple[str, str]


class OverCap(Exception):
    """What is held passes a maximum; `shares` names which."""

    def __init__(self, over: Sequence[str]) -> None:
        super().__init__(", ".join(over))
        self.shares = tuple(over)


@dataclass(frozen=True)
class Change:
    """The plan before and after a change. `lost` and `gained` are need ids; `before` and `after` the five tiers."""

    pairs: tuple[Pair, ...]
    before: Mapping[str, int]
    after: Mapping[str, int]
    lost: tuple[str, ...]
    gained: tuple[str, ...]
    #: Needs served before and after, from another device.
    moved: tuple[str, ...]


def complete(scenario: Scenario, held: Iterable[Pair]) -> tuple[Pair, ...]:
    """Return the best plan among those that hold every pair of `held`, its pairs included; raises OverCap.

    The needs of a bundle that is held in part are left as they are: the rest of it is no longer all or none.
    """
    held = sorted(held)
    needs = {need["id"]: need for need in scenario["needs"]}
    busy = {device for _, device in held}
    done = {need for need, _ in held}
    policy = scenario["policy"]
    taken = Counter(share for need in done for share in shares(needs[need]))
    caps: Mapping[str, int] = policy.get("caps") or {}
    floors: Mapping[str, int] = policy.get("floors") or {}
    if over := sorted(share for share, cap in caps.items() if taken[share] > cap):
        raise OverCap(over)
    broken = {needs[need].get("bundle") for need in done} - {None}
    rest = {
        **scenario,
        "devices": [device for device in scenario["devices"] if device["id"] not in busy],
        "needs": [n for n in scenario["needs"] if n["id"] not in done and n.get("bundle") not in broken],
        "policy": {
            "caps": {share: cap - taken[share] for share, cap in caps.items()},
            "floors": {share: max(0, floor - taken[share]) for share, floor in floors.items()},
            "taken": dict(taken),
        },
    }
    return tuple(sorted([*held, *solve(rest).pairs]))


def swap(scenario: Scenario, pairs: Iterable[Pair], need: str, device: str) -> Change:
    """Return what follows when `need` receives `device` and the rest of `pairs` stays; raises OverCap.

    Whoever loses a device by it, and the device that becomes free, are completed by the rule.
    """
    before = tuple(sorted(pairs))
    held = [pair for pair in before if pair[0] != need and pair[1] != device]
    return compare(scenario, before, complete(scenario, [*held, (need, device)]))


def compare(scenario: Scenario, before: Iterable[Pair], after: Iterable[Pair]) -> Change:
    """Return the difference between two plans of one scenario."""
    first, second = dict(before), dict(after)
    return Change(
        pairs=tuple(sorted(second.items())),
        before=objective(scenario, first.items()),
        after=objective(scenario, second.items()),
        lost=tuple(sorted(first.keys() - second.keys())),
        gained=tuple(sorted(second.keys() - first.keys())),
        moved=tuple(sorted(n for n in first.keys() & second.keys() if first[n] != second[n])),
    )
