"""The two networks of one exact solution: what decides who is served, then from which device.

`Coarse` settles floors, then points and served, on kinds alone: location and class say nothing there. `Fine` settles
balance and fit with them, held to what `Coarse` left open. A band is the hub that the flow passes through: commune,
EPCI, département or anywhere, at 0, 1, 2 or 3.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from refurb.core.flow import Network
from refurb.core.kinds import Kinds
from refurb.core.matching import shares

LEVELS = ("commune", "epci", "departement")


def _reach(device: Mapping[str, Any]) -> tuple[str, ...] | None:
    reach = device.get("reach")
    return None if reach is None else tuple(sorted(reach))


class Coarse:
    """Floors, points and served: rows and columns only, with the tree of shares behind."""

    def __init__(
        self, scenario: Mapping[str, Any], devices: list[Any], needs: list[Any], kinds: Kinds, forced: set[str]
    ) -> None:
        self.kinds = kinds
        self.net = net = Network()
        self.policy = scenario["policy"]
        self.devices_of: dict[tuple[int, Any], list[Any]] = defaultdict(list)
        for device, row in zip(devices, kinds.row_of, strict=True):
            if row >= 0:
                self.devices_of[row, _reach(device)].append(device)
        #: Needs by (column, epci, prescriber's share, points, forced): alike for this stage.
        self.needs_of: dict[tuple[int, Any, str, int, bool], list[Any]] = defaultdict(list)
        for need, column in zip(needs, kinds.column_of, strict=True):
            if column >= 0:
                key = (column, need["epci"], shares(need)[2], need["points"], need["id"] in forced)
                self.needs_of[key].append(need)
        total = sum(map(len, self.devices_of.values()))
        self.total = total
        net.supply(0, total)
        net.supply(1, -total)
        self.floor_arcs: list[int] = []
        self.bypass = net.arc(0, 1, total)
        self.supply_arcs = {
            key: net.arc(0, net.node(("row", key)), len(members)) for key, members in self.devices_of.items()
        }
        self._join()
        self.need_arcs: dict[Any, int] = {}
        for key, members in self.needs_of.items():
            column, epci, share, _points, is_forced = key
            tail, head = net.node(("column", column, epci)), net.node(("share", share))
            if is_forced:
                net.supply(tail, -len(members))
                net.supply(head, len(members))
            else:
                self.need_arcs[key] = net.arc(tail, head, len(members))
        self.share_arcs, self.tree_arcs = grow_shares(net, self.needs_of, self.policy)
        self.floor_arcs = [arc for (_, is_floor), arc in self.tree_arcs.items() if is_floor]

    def _join(self) -> None:
        """Join rows to columns through one hub for each reach, so that arcs add up instead of multiplying."""
        import numpy as np

        net, columns_in = self.net, defaultdict(set)
        for column, epci, *_ in self.needs_of:
            columns_in[epci].add(column)
        reaches = dict.fromkeys(reach for _, reach in self.devices_of)
        for reach in reaches:
            for epci in sorted(columns_in, key=str) if reach is None else [e for e in reach if e in columns_in]:
                for column in sorted(columns_in[epci]):
                    hub = net.node(("hub", column, reach))
                    net.arc(hub, net.node(("column", column, epci)), self.total)
        for row, reach in self.devices_of:
            for column in np.flatnonzero(self.kinds.suits[row]).tolist():
                if net.has(("hub", column, reach)):
                    net.arc(net.node(("row", (row, reach))), net.node(("hub", column, reach)), self.total)

    def settle(self) -> None:
        """Solve floors, then points and served, and hold the network to their optimum."""
        import numpy as np

        served_weight = self.total + 1
        if self.floor_arcs:
            costs = np.zeros(len(self.net), dtype=np.int64)
            costs[self.floor_arcs] = -1
            self.net.narrow(self.net.solve(costs), costs)
        costs = np.zeros(len(self.net), dtype=np.int64)
        for (*_, points, _forced), arc in self.need_arcs.items():
            costs[arc] = -(points * served_weight + 1)
        self.net.narrow(self.net.solve(costs), costs)

    def state(self, arc: int) -> tuple[int, int]:
        """Return what is left open of an arc."""
        return int(self.net.low[arc]), int(self.net.high[arc])


def grow_shares(
    net: Network, needs_of: Mapping[Any, list[Any]], policy: Mapping[str, Any], *, units: bool = False
) -> tuple[dict[Any, int], dict[tuple[Any, bool], int]]:
    """Add the tree of shares; return the arcs out of the narrowest ones, and the others by (edge, is floor).

    With `units` an arc of the narrowest shares carries one need each, so that the k-th can cost 2k - 1.
    """
    caps, floors = policy.get("caps") or {}, policy.get("floors") or {}
    sizes: dict[str, int] = defaultdict(int)
    parents: dict[str, tuple[str, str]] = {}
    for (_, _, share, *_), members in needs_of.items():
        sizes[share] += len(members)
        parents[share] = shares(members[0])[:2]
    share_arcs: dict[Any, int] = {}
    tree_arcs: dict[tuple[Any, bool], int] = {}
    wide: dict[str, int] = defaultdict(int)
    tops: dict[str, int] = defaultdict(int)
    top_of: dict[str, str] = {}
    for share in sorted(sizes):
        recipient, territory = parents[share]
        room = min(sizes[share], caps.get(share, sizes[share]))
        tail, head = net.node(("share", share)), net.node(("share", territory))
        if units:
            for k in range(room):
                share_arcs[share, k] = net.arc(tail, head, 1)
        else:
            share_arcs[share] = net.arc(tail, head, room)
        wide[territory] += sizes[share]
        top_of[territory] = recipient
    for territory in sorted(wide):
        tops[top_of[territory]] += wide[territory]
        _floored(net, tree_arcs, territory, top_of[territory], wide[territory], caps, floors)
    for recipient in sorted(tops):
        _floored(net, tree_arcs, recipient, None, tops[recipient], caps, floors)
    return share_arcs, tree_arcs


def _floored(
    net: Network,
    arcs: dict[tuple[Any, bool], int],
    share: str,
    parent: str | None,
    size: int,
    caps: Mapping[str, int],
    floors: Mapping[str, int],
) -> None:
    """Add the way out of a share: as much as its floor asks on one arc, the rest up to its cap on another."""
    room = min(size, caps.get(share, size))
    floor = min(floors.get(share, 0), room)
    tail, head = net.node(("share", share)), 1 if parent is None else net.node(("share", parent))
    if floor:
        arcs[share, True] = net.arc(tail, head, floor)
    arcs[share, False] = net.arc(tail, head, room - floor)


class Fine:
    """Balance and fit: kinds with their class and place, held to what the coarse network left open."""

    def __init__(self, scenario: Mapping[str, Any], devices: list[Any], needs: list[Any], coarse: Coarse) -> None:
        self.coarse, self.net, self.seed = coarse, Network(), str(scenario.get("seed", ""))
        self.costs: list[int] = []
        self.held: list[tuple[int, tuple[int, int]]] = []
        #: More than any plan's fit can differ from another's: one step of balance outweighs it.
        self.step = 48 * (len(needs) + 1)
        self.device_kinds: dict[int, list[Any]] = {}
        self.need_kinds: dict[int, list[Any]] = {}
        self.kind_nodes: list[int] = []
        #: The EPCI of the needs that are asked at each (level, place).
        self.asked_from: dict[tuple[int, Any], set[Any]] = defaultdict(set)
        self.group_nodes: set[int] = set()
        self._build()

    def _arc(self, tail: int, head: int, capacity: int, cost: int, state: tuple[int, int] | None = None) -> int:
        arc = self.net.arc(tail, head, capacity)
        self.costs.append(cost)
        if state is not None:
            self.held.append((arc, state))
        return arc

    def _build(self) -> None:
        net, coarse = self.net, self.coarse
        net.supply(0, coarse.total)
        net.supply(1, -coarse.total)
        self._arc(0, 1, coarse.total, 0, coarse.state(coarse.bypass))
        asks = self._needs()
        stands = self._devices()
        for level, value in sorted(stands.keys() & asks.keys(), key=str):
            self._join(level, value, stands[level, value], asks[level, value])
        self._shares()

    def _devices(self) -> dict[tuple[int, Any], dict[Any, int]]:
        """Add the device kinds; return, by (level, place), the hub of each (row, reach, price) that has devices there.

        Within a commune or an EPCI a reach says yes or no: the hub is that of the EPCI reached, whatever else is.
        """
        stands: dict[tuple[int, Any], dict[Any, int]] = defaultdict(dict)
        for key, members in self.coarse.devices_of.items():
            low, high = self.coarse.state(self.coarse.supply_arcs[key])
            if not high:
                continue
            row, reach = key
            price = self.coarse.net.price(self.coarse.net.node(("row", key)))
            places: dict[Any, dict[int, list[Any]]] = defaultdict(lambda: defaultdict(list))
            for device in members:
                places[tuple(device[name] for name in LEVELS)][device["class"]].append(device)
            for place in sorted(places, key=str):
                node = self.net.node(("kind", key, place))
                self.kind_nodes.append(node)
                for cpu_class, alike in sorted(places[place].items()):
                    state = (len(alike), len(alike)) if low else None
                    self.device_kinds[self._arc(0, node, len(alike), 4 * cpu_class, state)] = alike
                for level, value in enumerate((*place, None)):
                    within = self.asked_from[level, value]
                    near = reach if level > 1 or reach is None else tuple(e for e in reach if e in within)
                    near = None if near is not None and within <= set(near) else near
                    if near == ():
                        continue
                    hubs = stands[level, value]
                    if (row, near, price) not in hubs:
                        hubs[row, near, price] = self.net.node(("stand", level, value, row, near, price))
                    self._arc(node, hubs[row, near, price], self.coarse.total, level)
        return stands

    def _needs(self) -> dict[tuple[int, Any], dict[tuple[int, Any], int]]:
        """Add the need kinds; return, by (level, place), the hub of each (column, epci) that asks there."""
        asks: dict[tuple[int, Any], dict[tuple[int, Any], int]] = defaultdict(dict)
        for key, members in self.coarse.needs_of.items():
            column, epci, share, _points, is_forced = key
            low, high = (0, 1) if is_forced else self.coarse.state(self.coarse.need_arcs[key])
            if not high:
                continue
            alike: dict[Any, list[Any]] = defaultdict(list)
            for need in members:
                place = tuple(need[name] for name in LEVELS)
                alike[place, need.get("min", {}).get("class") or 0].append(need)
            for place, least in sorted(alike, key=str):
                group_of = alike[place, least]
                node = self.net.node(("group", column, epci, place, share))
                if node not in self.group_nodes:
                    self.group_nodes.add(node)
                    for level, value in enumerate((*place, None)):
                        self.asked_from[level, value].add(epci)
                        hubs = asks[level, value]
                        if (column, epci) not in hubs:
                            hubs[column, epci] = self.net.node(("ask", level, value, column, epci))
                        self._arc(hubs[column, epci], node, self.coarse.total, 0)
                state = (len(group_of), len(group_of)) if low or is_forced else None
                arc = self._arc(node, self.net.node(("share", share)), len(group_of), -4 * least, state)
                self.need_kinds[arc] = group_of
        return asks

    def _join(self, level: int, value: Any, stand: Mapping[Any, int], ask: Mapping[Any, int]) -> None:
        """Let what stands at one place serve what is asked there, through one hub for each reach and price."""
        import numpy as np

        coarse, suits = self.coarse, self.coarse.kinds.suits
        by_price: dict[Any, list[tuple[int, Any, int]]] = defaultdict(list)
        for (column, epci), node in ask.items():
            price = coarse.net.price(coarse.net.node(("column", column, epci)))
            by_price[price].append((column, epci, node))
        hubs: dict[Any, dict[int, int]] = {}
        for reach, price in dict.fromkeys((reach, price) for _, reach, price in stand):
            through = hubs[reach, price] = {}
            for column, epci, node in by_price.get(price, ()):
                if reach is not None and epci not in reach:
                    continue
                if len(self.asked_from[level, value]) == 1:
                    # One EPCI asks here: a hub would stand before one node.
                    through[column] = node
                else:
                    if column not in through:
                        through[column] = self.net.node(("via", level, value, column, reach, price))
                    self._arc(through[column], node, coarse.total, 0)
        for (row, reach, price), node in stand.items():
            through = hubs[reach, price]
            if through:
                columns = np.fromiter(through, dtype=np.int64)
                for column in columns[suits[row, columns]].tolist():
                    self._arc(node, through[column], coarse.total, 0)

    def _shares(self) -> None:
        """Add the tree of shares, each unit out of a narrowest share dearer than the one before."""
        coarse = self.coarse
        taken: Mapping[str, int] = coarse.policy.get("taken") or {}
        share_arcs, tree_arcs = grow_shares(self.net, coarse.needs_of, coarse.policy, units=True)
        # grow_shares adds arcs without a cost: make room for theirs.
        self.costs.extend([0] * (len(self.net) - len(self.costs)))
        for (share, k), arc in share_arcs.items():
            low, high = coarse.state(coarse.share_arcs[share])
            # What was served there before this plan (core.change) counts in the square as well.
            self.costs[arc] = (2 * (k + taken.get(share, 0)) + 1) * self.step
            if not high or low:
                self.held.append((arc, (1, 1) if low else (0, 0)))
        for name, arc in tree_arcs.items():
            self.held.append((arc, coarse.state(coarse.tree_arcs[name])))

    def pairs(self) -> list[tuple[str, str]]:
        """Solve, then read the pairs off the flow."""
        import numpy as np

        self.net.hold([arc for arc, _ in self.held], [state for _, state in self.held])
        flow = self.net.solve(np.array(self.costs, dtype=np.int64))
        given: dict[int, list[Any]] = defaultdict(list)
        for arc, alike in self.device_kinds.items():
            oldest = sorted(alike, key=lambda d: (d["in_stock_since"], self._draw("", d["id"])))
            given[int(self.net.heads[arc])].extend(oldest[: int(flow[arc])])
        taken: dict[int, list[Any]] = defaultdict(list)
        for arc, alike in self.need_kinds.items():
            earliest = sorted(alike, key=lambda n: (n["validated_on"], self._draw(n["id"], "")))
            taken[int(self.net.tails[arc])].extend(earliest[: int(flow[arc])])
        found: list[tuple[str, str]] = []
        for kind, groups in self._routes(flow).items():
            for node, count in groups.items():
                seats = sorted(taken[node][:count], key=lambda n: (n["validated_on"], str(n["id"])))
                stock = sorted(given[kind][:count], key=lambda d: (d["in_stock_since"], str(d["id"])))
                del taken[node][:count], given[kind][:count]
                found.extend(self._seat(seats, stock))
        return found

    def _routes(self, flow: Any) -> dict[int, dict[int, int]]:
        """Follow the flow, a unit at a time, from each device kind to the need kind it reaches."""
        import numpy as np

        out: dict[int, list[list[int]]] = defaultdict(list)
        for arc in np.flatnonzero(flow > 0).tolist():
            out[int(self.net.tails[arc])].append([int(self.net.heads[arc]), int(flow[arc])])
        routes: dict[int, dict[int, int]] = {}
        for kind in self.kind_nodes:
            reached: dict[int, int] = defaultdict(int)
            while out[kind]:
                path, node = [], kind
                while node not in self.group_nodes:
                    path.append((node, out[node][0]))
                    node = out[node][0][0]
                amount = min(edge[1] for _, edge in path)
                for tail, edge in path:
                    edge[1] -= amount
                    if not edge[1]:
                        out[tail].pop(0)
                reached[node] += amount
            routes[kind] = reached
        return routes

    def _seat(self, seats: list[Any], stock: list[Any]) -> Iterator[tuple[str, str]]:
        """Pair needs and devices alike: the earliest with the oldest, what ties by the lowest draw."""
        for need in seats:
            oldest = stock[0]["in_stock_since"]
            ties = [device for device in stock if device["in_stock_since"] == oldest]
            chosen = min(ties, key=lambda d: self._draw(need["id"], d["id"])) if len(ties) > 1 else ties[0]
            stock.remove(chosen)
            yield need["id"], chosen["id"]

    def _draw(self, need: str, device: str) -> str:
        return hashlib.sha256(f"{self.seed}|{need}|{device}".encode()).hexdigest()
