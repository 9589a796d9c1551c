"""A flow network solved in stages: each stage keeps every optimum of the one before, and only those.

Lexicographic weights in one sum overflow the solver at the size of a département. So each objective is solved alone,
and the arcs are then held to its optimal face: an arc of positive reduced cost stays empty, one of negative reduced
cost stays full, the others stay free. Complementary slackness makes this exact (Ahuja, Magnanti, Orlin, Network Flows,
1993, section 9.4); the potentials are shortest distances in the residual network.
"""

from collections.abc import Iterable
from typing import Any


class Infeasible(Exception):
    """No flow meets what is asked of the network."""


class Network:
    """Arcs with bounds and a cost; node 0 is the source, node 1 the sink.

    Arcs are added by `arc`, then the network is frozen by the first `solve`. `low` and `high` narrow as stages go by.
    """

    def __init__(self) -> None:
        self._tails: list[int] = []
        self._heads: list[int] = []
        self._highs: list[int] = []
        self._supply: dict[int, int] = {}
        self._nodes: dict[Any, int] = {"source": 0, "sink": 1}
        self.low: Any = None
        self.high: Any = None
        #: The potentials of each stage narrowed so far, an array of a number a node each.
        self.potentials: list[Any] = []

    def node(self, key: Any) -> int:
        """Return the number of the node named `key`, made at first use."""
        return self._nodes.setdefault(key, len(self._nodes))

    def has(self, key: Any) -> bool:
        """Whether a node of that name was made."""
        return key in self._nodes

    def arc(self, tail: int, head: int, capacity: int) -> int:
        """Add an arc and return its number."""
        self._tails.append(tail)
        self._heads.append(head)
        self._highs.append(capacity)
        return len(self._tails) - 1

    def supply(self, node: int, amount: int) -> None:
        """Add to what flows into the network at `node`; negative for what leaves it there."""
        self._supply[node] = self._supply.get(node, 0) + amount

    def __len__(self) -> int:
        return len(self._tails)

    def _freeze(self) -> None:
        import numpy as np

        if self.low is None:
            self.tails = np.array(self._tails, dtype=np.int32)
            self.heads = np.array(self._heads, dtype=np.int32)
            self.high = np.array(self._highs, dtype=np.int64)
            self.low = np.zeros(len(self._highs), dtype=np.int64)

    def price(self, node: int) -> tuple[int, ...]:
        """Return the potentials of a node. An arc without cost is open just where its two ends are of one price."""
        return tuple(int(stage[node]) for stage in self.potentials)

    def hold(self, arcs: Iterable[int], state: Iterable[tuple[int, int]]) -> None:
        """Bound some arcs as an earlier network decided them."""
        self._freeze()
        for arc, (low, high) in zip(arcs, state, strict=True):
            self.low[arc], self.high[arc] = low, high

    def solve(self, costs: Any) -> Any:
        """Return the flow of least cost, an array of a number an arc; raises Infeasible."""
        import numpy as np
        from ortools.graph.python import min_cost_flow

        self._freeze()
        open_arcs = np.flatnonzero(self.high > self.low)
        supplies = np.zeros(len(self._nodes), dtype=np.int64)
        for node, amount in self._supply.items():
            supplies[node] += amount
        # What an arc must carry is taken out of the problem and given to its ends.
        np.subtract.at(supplies, self.tails, self.low)
        np.add.at(supplies, self.heads, self.low)
        solver = min_cost_flow.SimpleMinCostFlow()
        solver.add_arcs_with_capacity_and_unit_cost(
            self.tails[open_arcs], self.heads[open_arcs], (self.high - self.low)[open_arcs], costs[open_arcs]
        )
        solver.set_nodes_supplies(np.arange(len(supplies), dtype=np.int32), supplies)
        status = solver.solve()
        if status == solver.INFEASIBLE:
            raise Infeasible
        if status != solver.OPTIMAL:
            raise ArithmeticError(f"the solver answered {status}")
        flow = self.low.copy()
        flow[open_arcs] += np.asarray(solver.flows(np.arange(len(open_arcs), dtype=np.int32)), dtype=np.int64)
        return flow

    def narrow(self, flow: Any, costs: Any) -> None:
        """Hold every arc to the optimal face of `costs`, of which `flow` is one optimum."""
        import numpy as np

        forward, backward = flow < self.high, flow > self.low
        tails = np.concatenate([self.tails[forward], self.heads[backward]])
        heads = np.concatenate([self.heads[forward], self.tails[backward]])
        lengths = np.concatenate([costs[forward], -costs[backward]])
        distance = np.zeros(len(self._nodes), dtype=np.int64)
        # Bellman and Ford's shortest paths from a node that reaches all others for nothing; an optimum leaves no
        # negative cycle, so it settles within as many rounds as there are nodes.
        for _ in range(len(self._nodes) + 1):
            shorter = distance.copy()
            np.minimum.at(shorter, heads, distance[tails] + lengths)
            if np.array_equal(shorter, distance):
                break
            distance = shorter
        else:
            raise ArithmeticError("a negative cycle is left: the flow was no optimum")
        self.potentials.append(distance)
        reduced = costs + distance[self.tails] - distance[self.heads]
        self.high = np.where(reduced > 0, self.low, self.high)
        self.low = np.where(reduced < 0, self.high, self.low)
