"""Why each need received its device, or none, and what giving up a criterion would open (matching/README.md).

Codes and numbers only; sentences are made where a person reads them. What a plan says here is checked against the
definition one device at a time in the tests; the work itself is done on kinds, a table of criteria for all of them.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from refurb.core.assignment import Scenario, objective, solve
from refurb.core.kinds import BITS, Kinds, group, in_order, members
from refurb.core.matching import CRITERIA, band, failing, fit, mode, shares

_FAR = 1 << 40


def plan(scenario: Scenario) -> dict[str, Any]:
    """Return the whole plan: assignments, objective, unmatched with reasons and relaxations, method."""
    kinds = group(*in_order(scenario), {})
    solution = solve(scenario, kinds)
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
        "unmatched": unmatched(scenario, solution.pairs, kinds),
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


def unmatched(scenario: Scenario, pairs: Iterable[tuple[str, str]], kinds: Kinds | None = None) -> list[dict[str, Any]]:
    """Return, for each need not served, in the order of ids: `need`, `reason`, `relaxations`."""
    return _Unmatched(scenario, dict(pairs), kinds).rows()


class _Unmatched:
    """One plan looked at from the side of those it leaves waiting."""

    def __init__(self, scenario: Scenario, given: Mapping[str, str], kinds: Kinds | None) -> None:
        self.scenario, self.given = scenario, given
        self.caps: Mapping[str, int] = scenario["policy"].get("caps") or {}
        self.devices, needs = in_order(scenario)
        self.kinds = group(self.devices, needs, {}) if kinds is None else kinds
        #: The needs that wait, each with its column and the number of what it asks.
        self.waiting = [
            row
            for row in zip(needs, self.kinds.column_of, self.kinds.asked_of, strict=True)
            if row[0]["id"] not in given
        ]
        by_id = {need["id"]: need for need in needs}
        self.served = Counter(share for n in given for share in shares(by_id[n]))
        used = set(given.values())
        self.left = [device for device in self.devices if device["id"] not in used]

        reaches = [None if d.get("reach") is None else frozenset(d["reach"]) for d in self.devices]
        seen = {d["id"]: at for d, at in zip(self.devices, zip(self.kinds.row_of, reaches, strict=True), strict=True)}
        #: Of each served need: the row and the reach of the device it received, its points, and its shares.
        self.seated = [(seen[d], by_id[n]["points"], shares(by_id[n])) for n, d in given.items()]
        #: The rows of which the stock has one that serves an EPCI, and those that suit each column: sets.
        self.present: dict[Any, int] = dict.fromkeys((need["epci"] for need, *_ in self.waiting), 0)
        for row, reach in set(seen.values()):
            for epci in self.present if row >= 0 else ():
                if reach is None or epci in reach:
                    self.present[epci] |= 1 << row
        self.suited_by: dict[int, int] = defaultdict(int)
        for row, columns in enumerate(self.kinds.suits):
            for column in members(columns):
                self.suited_by[column] |= 1 << row
        #: What is left over: how many, by what the devices show and their reach.
        self.over = Counter(
            (shown, reach)
            for device, shown, reach in zip(self.devices, self.kinds.shown_of, reaches, strict=True)
            if device["id"] not in used
        )
        self._lowest: dict[Any, dict[Any, int]] = {}
        self._memo: dict[tuple[int, Any, str | None], int] = {}

    def rows(self) -> list[dict[str, Any]]:
        """Return the row of each need that waits."""
        opened, bundles = self._opened(), self._bundles()
        rows = []
        for need, column, asked in self.waiting:
            full = [share for share in shares(need) if share in self.caps and self.served[share] >= self.caps[share]]
            ways = opened[asked, need["epci"]]
            if not self.suited_by[column] & self.present[need["epci"]]:
                # A column is what something suits, reach left aside.
                reason = "out_of_reach" if column >= 0 else "no_suitable_device"
            elif need.get("bundle"):
                reason = bundles[need["bundle"]]
            else:
                below = self._cheapest(column, need["epci"], None) < need["points"]
                # The narrowest full share: who lies within it lies within the wider ones too.
                if full and (None in ways or self._cheapest(column, need["epci"], full[-1]) < need["points"]):
                    reason = "cap_reached"
                else:
                    reason = "rule_first" if below else "outranked"
            told = () if full or need.get("bundle") else [name for name in CRITERIA if name in ways]
            relaxations = [{"criterion": name, "devices": ways[name]} for name in told]
            rows.append({"need": need["id"], "reason": reason, "relaxations": relaxations})
        return rows

    def _opened(self) -> dict[tuple[int, Any], dict[str | None, int]]:
        """Return, by what is asked and the EPCI, how many left over fail on one criterion alone; None: on nothing."""
        import numpy as np

        asked = sorted({asked for _, _, asked in self.waiting})
        shown = sorted({shown for shown, _ in self.over})
        place = {number: i for i, number in enumerate(shown)}
        zones = {epci: i for i, epci in enumerate(self.present)}
        within = np.zeros((len(zones), len(shown)), dtype=np.int64)
        beyond = np.zeros_like(within)
        for (number, reach), count in self.over.items():
            for epci, i in zones.items():
                (within if reach is None or epci in reach else beyond)[i, place[number]] += count
        fails = self.kinds.fails[np.ix_(shown, asked)]
        # Few pairs fail on one criterion or none: only those are counted, by (what is asked, criterion).
        rows, columns = np.nonzero((fails & (fails - np.uint16(1))) == 0)
        names = (None, *BITS)
        number_of = np.zeros(1 << len(BITS), dtype=np.int64)
        number_of[list(BITS.values())] = range(1, len(names))
        ask, fault = columns * len(names), fails[rows, columns]
        near, suits = ask + number_of[fault], fault == 0
        far, stood = ask[suits] + number_of[BITS["reach"]], rows[suits]
        totals = np.zeros((len(zones), len(asked) * len(names)))
        for i in zones.values():
            totals[i] = np.bincount(near, within[i, rows], totals.shape[1])
            totals[i] += np.bincount(far, beyond[i, stood], totals.shape[1])
        by_ask = totals.reshape(len(zones), len(asked), len(names))
        column = {number: j for j, number in enumerate(asked)}
        return {
            (number, epci): {
                name: int(count)
                for name, count in zip(names, by_ask[zones[epci], column[number]].tolist(), strict=True)
                if count
            }
            for number, epci in {(number, need["epci"]) for need, _, number in self.waiting}
        }

    def _cheapest(self, column: int, epci: Any, outside: str | None) -> int:
        """Return the fewest points served by a device that suits, outside a share where one is named."""
        if (epci, outside) not in self._lowest:
            if outside not in self._lowest:
                by_kind = self._lowest[outside] = {}
                for kind, points, within in self.seated:
                    if outside not in within and points < by_kind.get(kind, _FAR):
                        by_kind[kind] = points
            by_row = self._lowest[epci, outside] = {}
            for (row, reach), points in self._lowest[outside].items():
                if (reach is None or epci in reach) and points < by_row.get(row, _FAR):
                    by_row[row] = points
        known = self._lowest[epci, outside]
        if (column, epci, outside) not in self._memo:
            rows = members(self.suited_by[column])
            self._memo[column, epci, outside] = min((known[row] for row in rows if row in known), default=_FAR)
        return self._memo[column, epci, outside]

    def _bundles(self) -> dict[str, str]:
        """Return the reason of each bundle that waits, for those of its needs that something suits."""
        teams: dict[str, list[Any]] = defaultdict(list)
        for need, *_ in self.waiting:
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
