"""The two networks of one exact solution: what decides who is served, then from which device.

`Coarse` settles floors, points and served, then balance, on kinds alone: location and class say nothing there. `Fine`
settles the fit with them, held to what `Coarse` left open. A band is the layer at which the flow enters: commune,
EPCI, département or anywhere, at 0, 1, 2 or 3. From the wider the flow may go on into the narrower: that costs more
than entering there, so it never makes a pair look nearer than it is.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from refurb.core.flow import Network
from refurb.core.kinds import Kinds
from refurb.core.layers import Layer
from refurb.core.matching import shares

LEVELS = ("commune", "epci", "departement")


def _reach(device: Mapping[str, Any], asked: Iterable[Any]) -> tuple[Any, ...] | None:
    """Return the EPCI among those that ask which the device's site serves; None is all of them."""
    reach = device.get("reach")
    if reach is None:
        return None
    within = set(reach)
    near = tuple(epci for epci in asked if epci in within)
    return None if len(near) == len(tuple(asked)) else near


class Coarse:
    """Floors, points and served, balance: rows and columns only, with the tree of shares behind."""

    def __init__(
        self, scenario: Mapping[str, Any], devices: list[Any], needs: list[Any], kinds: Kinds, forced: set[str]
    ) -> None:
        self.kinds = kinds
        self.net = net = Network()
        self.policy = scenario["policy"]
        #: Needs by (column, epci, prescriber's share, points, forced): alike for this stage.
        self.needs_of: dict[tuple[int, Any, str, int, bool], list[Any]] = defaultdict(list)
        for need, column in zip(needs, kinds.column_of, strict=True):
            if column >= 0:
                key = (column, need["epci"], shares(need)[2], need["points"], need["id"] in forced)
                self.needs_of[key].append(need)
        self.layers: dict[Any, Layer] = {}
        for column, epci, *_ in self.needs_of:
            self.layer(epci).node(column)
        #: Devices by (row, reach): alike for this stage.
        self.devices_of: dict[tuple[int, Any], list[Any]] = defaultdict(list)
        for device, row in zip(devices, kinds.row_of, strict=True):
            if row >= 0 and (reach := _reach(device, self.layers)) != ():
                self.devices_of[row, reach].append(device)
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
            tail, head = self.layers[epci].node(column), net.node(("share", share))
            if is_forced:
                net.supply(tail, -len(members))
                net.supply(head, len(members))
            else:
                self.need_arcs[key] = net.arc(tail, head, len(members))
        self.share_arcs, self.tree_arcs = grow_shares(net, self.needs_of, self.policy)
        self.floor_arcs = [arc for (_, is_floor), arc in self.tree_arcs.items() if is_floor]

    def layer(self, name: Any) -> Layer:
        """Return the layer of an EPCI, or the one of that name, made at first use."""
        if name not in self.layers:
            self.layers[name] = Layer(name, self.net, self.kinds, lambda t, h: self.net.arc(t, h, self.total))
        return self.layers[name]

    def _join(self) -> None:
        """Join rows to columns; who is reached everywhere passes by a layer of all the columns."""
        net, asking = self.net, list(self.layers.values())
        anywhere = Layer("anywhere", net, self.kinds, lambda t, h: net.arc(t, h, self.total))
        if any(reach is None for _, reach in self.devices_of):
            for layer in asking:
                for column in layer:
                    net.arc(anywhere.node(column), layer.node(column), self.total)
        for layer in (anywhere, *asking):
            layer.close()
        for row, reach in self.devices_of:
            tail = net.node(("row", (row, reach)))
            for layer in (anywhere,) if reach is None else [self.layers[epci] for epci in reach]:
                head = layer.enter(row)
                if head is not None:
                    net.arc(tail, head, self.total)

    def settle(self) -> None:
        """Solve floors, then points and served, then balance, and hold the network to the optimum of each."""
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
        costs = self._balance()
        self.net.narrow(self.net.solve(costs), costs)

    def _balance(self) -> Any:
        """Return the costs of the balance: squares grow by odd numbers, the k-th unit out of a share by 2k - 1.

        Alone, because its weight over the fit would make the larger network slow: the solver scales its costs.
        """
        import numpy as np

        taken: Mapping[str, int] = self.policy.get("taken") or {}
        costs = np.zeros(len(self.net), dtype=np.int64)
        for share, arcs in self.share_arcs.items():
            for k, arc in enumerate(arcs):
                # What was served there before this plan (core.change) counts in the square as well.
                costs[arc] = 2 * (k + taken.get(share, 0)) + 1
        return costs

    def state(self, arc: int) -> tuple[int, int]:
        """Return what is left open of an arc."""
        return int(self.net.low[arc]), int(self.net.high[arc])


def grow_shares(
    net: Network,
    needs_of: Mapping[Any, list[Any]],
    policy: Mapping[str, Any],
    served: Mapping[str, int] | None = None,
) -> tuple[dict[str, list[int]], dict[tuple[Any, bool], int]]:
    """Add the tree of shares; return the arcs out of the narrowest ones, and the others by (edge, is floor).

    Out of a narrowest share an arc carries one need each, for the balance; where that is settled, one arc carries the
    most that are `served`.
    """
    caps, floors = policy.get("caps") or {}, policy.get("floors") or {}
    sizes: dict[str, int] = defaultdict(int)
    parents: dict[str, tuple[str, str]] = {}
    for (_, _, share, *_), members in needs_of.items():
        sizes[share] += len(members)
        parents[share] = shares(members[0])[:2]
    share_arcs: dict[str, list[int]] = {}
    tree_arcs: dict[tuple[Any, bool], int] = {}
    wide: dict[str, int] = defaultdict(int)
    tops: dict[str, int] = defaultdict(int)
    top_of: dict[str, str] = {}
    for share in sorted(sizes):
        recipient, territory = parents[share]
        room = min(sizes[share], caps.get(share, sizes[share]))
        tail, head = net.node(("share", share)), net.node(("share", territory))
        rooms = [1] * room if served is None else [served[share]]
        share_arcs[share] = [net.arc(tail, head, capacity) for capacity in rooms]
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
    """Fit: kinds with their class and place, held to what the coarse network left open."""

    def __init__(self, scenario: Mapping[str, Any], devices: list[Any], needs: list[Any], coarse: Coarse) -> None:
        self.coarse, self.net, self.seed = coarse, Network(), str(scenario.get("seed", ""))
        self.costs: list[int] = []
        self.held: list[tuple[int, tuple[int, int]]] = []
        self.device_kinds: dict[int, list[Any]] = {}
        self.need_kinds: dict[int, list[Any]] = {}
        self.kind_nodes: list[int] = []
        self.group_nodes: set[int] = set()
        #: What is asked, by place (commune, EPCI, département), by zone (EPCI, département), then by price.
        self.places: dict[tuple[Any, ...], dict[Any, Layer]] = defaultdict(dict)
        self.zones: dict[tuple[Any, ...], dict[Any, Layer]] = defaultdict(dict)
        self._places_of: dict[Any, list[tuple[Any, ...]]] = defaultdict(list)
        self._zones_of: dict[Any, list[tuple[Any, ...]]] = defaultdict(list)
        #: What is asked in a département or anywhere, for machines whose site serves everywhere.
        self.wide: dict[Any, Layer] = {}
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
        self._needs()
        for by_price in (*self.zones.values(), *self.places.values()):
            for layer in by_price.values():
                layer.close()
        self._devices()
        self._shares()

    def _layer(self, name: Any) -> Layer:
        return Layer(name, self.net, self.coarse.kinds, lambda t, h: self._arc(t, h, self.coarse.total, 0))

    def _needs(self) -> None:
        """Add the need kinds, the layers of the places where they are asked, and those of the zones before them."""
        coarse = self.coarse
        for key, members in coarse.needs_of.items():
            column, epci, share, _points, is_forced = key
            low, high = (len(members),) * 2 if is_forced else coarse.state(coarse.need_arcs[key])
            if not high:
                continue
            price = coarse.net.price(coarse.layers[epci].node(column))
            alike: dict[Any, list[Any]] = defaultdict(list)
            for need in members:
                place = tuple(need[name] for name in LEVELS)
                alike[place, need.get("min", {}).get("class") or 0].append(need)
            for place, least in sorted(alike, key=str):
                group_of = alike[place, least]
                node = self.net.node(("group", column, place, share))
                if node not in self.group_nodes:
                    self.group_nodes.add(node)
                    self._arc(self._asked(column, place, price), node, coarse.total, 0)
                state = (len(group_of), len(group_of)) if low else None
                arc = self._arc(node, self.net.node(("share", share)), len(group_of), -4 * least, state)
                self.need_kinds[arc] = group_of

    def _asked(self, column: int, place: tuple[Any, ...], price: Any) -> int:
        """Return the node of what is asked at a place, behind that of its zone."""
        near, around = self.places[place], self.zones[place[1:]]
        if price not in near:
            near[price] = self._layer((place, price))
            around.setdefault(price, self._layer((place[1:], price)))
        if not near[price].asked >> column & 1:
            self._arc(around[price].node(column), near[price].node(column), self.coarse.total, 0)
        return near[price].node(column)

    def _devices(self) -> None:
        """Add the device kinds: those of one class that enter by the same nodes at the same cost are one."""
        coarse, net = self.coarse, self.net
        for at in self.places:
            self._places_of[at[0]].append(at)
        for at in self.zones:
            self._zones_of[at[0]].append(at)
        kinds: dict[Any, dict[int, list[Any]]] = {}
        for key, members in coarse.devices_of.items():
            low, high = coarse.state(coarse.supply_arcs[key])
            if not high:
                continue
            price = coarse.net.price(coarse.net.node(("row", key)))
            by_place: dict[Any, list[Any]] = defaultdict(list)
            for device in members:
                by_place[tuple(device[name] for name in LEVELS)].append(device)
            for place in sorted(by_place, key=str):
                ways = tuple(self._ways(*key, place, price))
                by_class = kinds.setdefault((ways, bool(low)), defaultdict(list))
                for device in by_place[place]:
                    by_class[device["class"]].append(device)
        for (ways, full), by_class in kinds.items():
            node = net.node(("kind", ways, full))
            self.kind_nodes.append(node)
            for head, distance in ways:
                self._arc(node, head, coarse.total, distance)
            for cpu_class, alike in sorted(by_class.items()):
                state = (len(alike), len(alike)) if full else None
                self.device_kinds[self._arc(0, node, len(alike), 4 * cpu_class, state)] = alike

    def _ways(self, row: int, reach: Any, place: tuple[Any, ...], price: Any) -> Iterator[tuple[int, int]]:
        """Yield where a row that stands at `place` enters what is asked, and at which distance."""
        commune, epci, departement = place
        layers = [(self.places[at], 0) for at in self._places_of[commune] if reach is None or at[1] in reach]
        for asking in (epci,) if reach is None else reach:
            for at in self._zones_of[asking]:
                layers.append((self.zones[at], 1 if asking == epci else 2 if at[1] == departement else 3))
        if reach is None:
            layers.append(({price: self._wide(departement, price)}, 2))
            if any(at[1] != departement for at in self.zones):
                layers.append(({price: self._wide("anywhere", price)}, 3))
        for by_price, distance in layers:
            head = by_price[price].enter(row) if price in by_price else None
            if head is not None:
                yield head, distance

    def _wide(self, departement: Any, price: Any) -> Layer:
        """Return the layer of what is asked in a département or, as "anywhere", in all, before those of its zones."""
        if (departement, price) not in self.wide:
            self.wide[departement, price] = layer = self._layer(("wide", departement, price))
            for at, by_price in self.zones.items():
                if departement in (at[1], "anywhere") and price in by_price:
                    for column in by_price[price]:
                        self._arc(layer.node(column), by_price[price].node(column), self.coarse.total, 0)
            layer.close()
        return self.wide[departement, price]

    def _shares(self) -> None:
        """Add the tree of shares, of which each lets through what the balance left open."""
        coarse = self.coarse
        open_to = {}
        for share, units in coarse.share_arcs.items():
            states = [coarse.state(arc) for arc in units]
            open_to[share] = (sum(low for low, _ in states), sum(high for _, high in states))
        most = {share: high for share, (_, high) in open_to.items()}
        share_arcs, tree_arcs = grow_shares(self.net, coarse.needs_of, coarse.policy, most)
        # grow_shares adds arcs without a cost: make room for theirs.
        self.costs.extend([0] * (len(self.net) - len(self.costs)))
        self.held.extend((arc, open_to[share]) for share, (arc,) in share_arcs.items())
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
