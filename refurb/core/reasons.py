"""Why each need received its device, or none, and what giving up a criterion would open (matching/README.md).

Codes and numbers only; sentences are made where a person reads them. What a plan says here is checked against the
definition one device at a time in the tests; the work itself is done on kinds, a table of criteria for all of them.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from refurb.core.assignment import Scenario, objective, solve
from refurb.core.kinds import MINIMA, device_spec, need_spec, thresholds_of
from refurb.core.matching import CRITERIA, RECIPIENT, band, failing, fit, mode, shares

#: Criteria by the bit that stands for each in the table.
_BITS = {name: 1 << i for i, name in enumerate((*CRITERIA, RECIPIENT))}
_FAR = 1 << 40


def plan(scenario: Scenario) -> dict[str, Any]:
    """Return the whole plan: assignments, objective, unmatched with reasons and relaxations, method."""
    solution = solve(scenario)
    needs = {need["id"]: need for need in scenario["needs"]}
    devices = {device["id"]: device for device in scenario["devices"]}
    return {
        "assignments": [
            {
                "need": n,
                "device": d,
                "mode": mode(devices[d], needs[n]),
                "explanation": explanation(devices[d], needs[n]),
            }
            for n, d in solution.pairs
        ],
        "objective": objective(scenario, solution.pairs),
        "unmatched": unmatched(scenario, solution.pairs),
        "method": solution.method,
    }


def explanation(device: Mapping[str, Any], need: Mapping[str, Any]) -> dict[str, int]:
    """Return the terms of one assignment: what the need weighs, and what the pair costs."""
    least: int = need.get("min", {}).get("class") or 0
    return {
        "points": need["points"],
        "class_asked": least,
        "class_given": device["class"],
        "band": band(device, need),
        "fit": fit(device, need),
    }


def unmatched(scenario: Scenario, pairs: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """Return, for each need not served, in the order of ids: `need`, `reason`, `relaxations`."""
    return _Unmatched(scenario, dict(pairs)).rows()


class _Unmatched:
    """One plan looked at from the side of those it leaves waiting."""

    def __init__(self, scenario: Scenario, given: Mapping[str, str]) -> None:
        import numpy as np

        self.scenario, self.given = scenario, given
        self.caps: Mapping[str, int] = scenario["policy"].get("caps") or {}
        self.devices = sorted(scenario["devices"], key=lambda d: str(d["id"]))
        self.waiting = sorted((n for n in scenario["needs"] if n["id"] not in given), key=lambda n: str(n["id"]))
        self.by_id = {need["id"]: need for need in scenario["needs"]}
        self.served = Counter(share for n in given for share in shares(self.by_id[n]))
        used = set(given.values())
        self.left = [device for device in self.devices if device["id"] not in used]

        limits = thresholds_of(scenario["needs"])
        kinds: dict[Any, int] = {}
        kind_of = {}
        for device in self.devices:
            reach = device.get("reach")
            spec = (*device_spec(device, limits, ()), None if reach is None else frozenset(reach))
            kind_of[device["id"]] = kinds.setdefault(spec, len(kinds))
        asks: dict[Any, int] = {}
        self.ask_of = [asks.setdefault((*need_spec(n, limits, None), n["epci"]), len(asks)) for n in self.waiting]
        self.fails = _criteria(list(kinds), list(asks))
        self.left_of = np.zeros(len(kinds), dtype=np.int64)
        for device in self.left:
            self.left_of[kind_of[device["id"]]] += 1
        #: Of each served need: the kind of device it received, its points, and its shares.
        self.seated = [(kind_of[d], self.by_id[n]["points"], shares(self.by_id[n])) for n, d in given.items()]
        self.kinds = len(kinds)

    def rows(self) -> list[dict[str, Any]]:
        """Return the row of each need that waits."""
        import numpy as np

        suits = self.fails == 0
        anything = suits.any(axis=0)
        by_reach = (self.fails == _BITS["reach"]).any(axis=0)
        # What is left over is of few kinds: only their rows count.
        over = np.flatnonzero(self.left_of)
        fails_left, counts = self.fails[over], self.left_of[over]
        free = (fails_left == 0).any(axis=0)
        ways = {name: counts @ (fails_left == bit) for name, bit in _BITS.items() if name != RECIPIENT}
        cheapest: dict[str | None, Any] = {}
        bundles = self._bundles()
        rows = []
        for need, ask in zip(self.waiting, self.ask_of, strict=True):
            full = [share for share in shares(need) if share in self.caps and self.served[share] >= self.caps[share]]
            if not anything[ask]:
                reason = "out_of_reach" if by_reach[ask] else "no_suitable_device"
            elif need.get("bundle"):
                reason = bundles[need["bundle"]]
            else:
                column = suits[:, ask]
                below = self._cheapest(None, cheapest)[column].min() < need["points"]
                # The narrowest full share: who lies within it lies within the wider ones too.
                if full and (free[ask] or self._cheapest(full[-1], cheapest)[column].min() < need["points"]):
                    reason = "cap_reached"
                else:
                    reason = "rule_first" if below else "outranked"
            opened = [] if full or need.get("bundle") else [(name, int(ways[name][ask])) for name in CRITERIA]
            relaxations = [{"criterion": name, "devices": count} for name, count in opened if count]
            rows.append({"need": need["id"], "reason": reason, "relaxations": relaxations})
        return rows

    def _cheapest(self, outside: str | None, known: dict[str | None, Any]) -> Any:
        """Return, by kind of device, the fewest points that one of them serves, outside a share where one is named."""
        import numpy as np

        if outside not in known:
            least = np.full(self.kinds, _FAR, dtype=np.int64)
            for kind, points, within in self.seated:
                if outside not in within and points < least[kind]:
                    least[kind] = points
            known[outside] = least
        return known[outside]

    def _bundles(self) -> dict[str, str]:
        """Return the reason of each bundle that waits, for those of its needs that something suits."""
        teams: dict[str, list[Any]] = defaultdict(list)
        for need in self.waiting:
            if need.get("bundle"):
                teams[need["bundle"]].append(need)
        reasons = {}
        for name, team in teams.items():
            same = (self.scenario.get("bundles", {}).get(name) or {}).get("same")
            asked = Counter(share for need in team for share in shares(need))
            if not seats_all(team, self.devices, same):
                reasons[name] = "bundle_incomplete"
            elif any(share in self.caps and count > self.caps[share] for share, count in asked.items()):
                reasons[name] = "cap_reached"
            else:
                reasons[name] = "cap_reached" if seats_all(team, self.left, same) else "bundle_outranked"
        return reasons


def seats_all(team: Sequence[Mapping[str, Any]], stock: Sequence[Mapping[str, Any]], same: str | None) -> bool:
    """Whether `stock` could serve every need of `team`, with one `same` (model, charger) where it is named.

    Kuhn's augmenting paths, 1955.
    """
    fitting = [[device for device in stock if not failing(device, need)] for need in team]
    values = {device[same] for row in fitting for device in row} - {None} if same else {None}
    return any(_seat([[d["id"] for d in row if not same or d[same] == value] for row in fitting]) for value in values)


def _seat(choices: Sequence[Sequence[str]]) -> bool:
    holder: dict[str, int] = {}

    def place(i: int, seen: set[str]) -> bool:
        for device in choices[i]:
            if device not in seen:
                seen.add(device)
                if device not in holder or place(holder[device], seen):
                    holder[device] = i
                    return True
        return False

    return all(place(i, set()) for i in range(len(choices)))


def _criteria(kinds: Sequence[Any], asks: Sequence[Any]) -> Any:
    """Return which criteria each kind of device fails for each kind of need, as a table of bits."""
    import numpy as np

    from refurb.core.kinds import table

    fails = np.zeros((len(kinds), len(asks)), dtype=np.int32)
    if not kinds or not asks:
        return fails
    for i, name in enumerate(MINIMA):
        have, asked = np.array([kind[i] for kind in kinds]), np.array([ask[i] for ask in asks])
        fails |= np.where(have[:, None] < asked[None, :], _BITS[name], 0).astype(np.int32)
    at = len(MINIMA)
    columns: list[tuple[str, int, int, Any]] = [
        ("forms", at, at, lambda have, asked: have not in asked),
        ("os", at + 1, at + 1, lambda have, asked: asked not in ("any", have)),
        ("webcam", at + 2, at + 2, lambda have, asked: asked and not have),
        ("modes", at + 3, at + 3, lambda have, asked: not have & asked),
        (RECIPIENT, at + 4, at + 4, lambda have, asked: asked not in have),
        ("reach", -1, -1, lambda have, asked: have is not None and asked not in have),
    ]
    for name, ours, theirs, wrong in columns:
        found = table([kind[ours] for kind in kinds], [ask[theirs] for ask in asks], wrong)
        fails |= np.where(found, _BITS[name], 0).astype(np.int32)
    return fails
