"""What is asked at one place, as nodes of a network: a node a column, each leading to those that ask less.

A machine that serves the need that asks most serves those that ask less too, so it enters the layer at what asks most
and passes on from there. Arcs so follow the order of the columns (its covering relation, core.kinds) instead of the
whole table of who suits whom.
"""

from collections.abc import Callable, Iterator
from typing import Any

from refurb.core.flow import Network
from refurb.core.kinds import Kinds, members


class Layer:
    """The columns asked at the place `name`; `join(tail, head)` adds an arc without cost or bound."""

    def __init__(self, name: Any, net: Network, kinds: Kinds, join: Callable[[int, int], object]) -> None:
        self._name, self._net, self._kinds, self._join = name, net, kinds, join
        self._nodes: dict[int, int] = {}
        self._entries: dict[int, int | None] = {0: None}
        #: The set of columns asked here.
        self.asked = 0

    def node(self, column: int) -> int:
        """Return the node of a column, which is asked here from now on."""
        if column not in self._nodes:
            self._nodes[column] = self._net.node(("column", self._name, column))
            self.asked |= 1 << column
        return self._nodes[column]

    def __iter__(self) -> Iterator[int]:
        """Yield the columns asked, in the order of their numbers."""
        return members(self.asked)

    def close(self) -> None:
        """Lead each column to those that ask less, when all are known."""
        for column in self:
            for less in self._kinds.least(self._kinds.above[column] & self.asked):
                self._join(self._nodes[column], self._nodes[less])

    def enter(self, row: int) -> int | None:
        """Return a node that leads to all that the row suits here and to nothing else, None where it suits nothing."""
        suited = self._kinds.suits[row] & self.asked
        if suited not in self._entries:
            most = [self._nodes[column] for column in self._kinds.least(suited)]
            entry = self._entries[suited] = most[0] if len(most) == 1 else self._net.node(("entry", self._name, suited))
            if len(most) > 1:
                for node in most:
                    self._join(entry, node)
        return self._entries[suited]
