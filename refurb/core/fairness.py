"""Who was served, beside who asked: rates, waits, and the gap between territories; small counts masked where it leaves.

Sources: domain.md G; Gini, Variabilità e mutabilità, 1912, weighted by those who ask.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import NamedTuple

from refurb.core.territory import SMALL, mask


class Case(NamedTuple):
    """One need as the report counts it; `waited` in days, for those served only."""

    keys: tuple[str | None, ...]
    served: bool
    waiting: bool
    waited: int | None = None


@dataclass(frozen=True)
class Line:
    """One territory, service or profile. None: masked, or nothing to say."""

    key: str | None
    needs: int | None
    served: int | None
    waiting: int | None
    median: int | None
    most: int | None

    @property
    def rate(self) -> float | None:
        """Served of a hundred that asked; None where nobody did, or where it is masked."""
        if not self.needs or self.served is None:
            return None
        return 100 * self.served / self.needs


def quantile(days: Sequence[int], part: float) -> int | None:
    """Return the least value that so large a part does not pass; None for nothing."""
    ordered = sorted(days)
    return ordered[max(0, ceil(part * len(ordered)) - 1)] if ordered else None


def lines(cases: Iterable[Case], place: int, *, keys: Iterable[str | None] = ()) -> list[Line]:
    """Return a line for each value of `keys[place]`, in their order; `keys` names those that must show even empty."""
    found: dict[str | None, list[Case]] = {key: [] for key in keys}
    for case in cases:
        key = case.keys[place]
        # Not setdefault, which makes a list for each of ten thousand cases.
        if key in found:
            found[key].append(case)
        else:
            found[key] = [case]
    return [line(key, rows) for key, rows in found.items()]


def line(key: str | None, rows: Sequence[Case]) -> Line:
    """Return one line."""
    served = waiting = 0
    days = []
    for _keys, is_served, is_waiting, waited in rows:
        served += is_served
        waiting += is_waiting
        if waited is not None:
            days.append(waited)
    days.sort()
    return Line(key, len(rows), served, waiting, quantile(days, 0.5), quantile(days, 0.9))


_COUNTS = ("needs", "served", "waiting")


def told_whole(tables: Iterable[Sequence[Line]]) -> frozenset[str]:
    """Return the counts that some table shows without masking any: their sum is then known for the other tables."""
    return frozenset(
        name
        for table in tables
        for name in _COUNTS
        if table and not any(0 < (getattr(row, name) or 0) < SMALL for row in table)
    )


def masked(rows: Sequence[Line], *, told: Collection[str] = ()) -> list[Line]:
    """Return the lines as they may leave: counts under five masked, and what would tell them; rates and waits too.

    `told` names the counts whose sum a table beside it tells.
    """
    columns = [mask([getattr(row, name) or 0 for row in rows], total_told=name in told).cells for name in _COUNTS]
    out = []
    for row, needs, served, waiting in zip(rows, *columns, strict=True):
        few = served is None or served < SMALL
        # What was neither served nor waits was withdrawn: two of three told would tell the third.
        hidden = needs is None or served is None or waiting is None
        out.append(
            replace(
                row,
                needs=needs,
                served=None if hidden and served else served,
                waiting=None if hidden and waiting else waiting,
                median=None if few else row.median,
                most=None if few else row.most,
            )
        )
    return out


@dataclass(frozen=True)
class Decisions:
    """What persons decided on proposals, and how many of it was not the rule's, by motive. None: masked."""

    decided: int | None
    others: int | None
    by_motive: dict[str, int | None]

    @property
    def rate(self) -> float | None:
        """Decisions that were not the rule's, of a hundred; None where none was taken, or where it is masked."""
        return 100 * self.others / self.decided if self.decided and self.others is not None else None


def decisions(decided: int, by_motive: dict[str, int]) -> Decisions:
    """Return them as they are."""
    return Decisions(decided, sum(by_motive.values()), {**by_motive})


def masked_decisions(decided: int, by_motive: dict[str, int]) -> Decisions:
    """Return them as they may leave: each stands for a case, so small numbers go, and what would tell them."""
    motives = sorted(by_motive)
    cells = mask([by_motive[motive] for motive in motives])
    others = sum(by_motive.values())
    few = 0 < decided < SMALL or 0 < decided - others < SMALL
    return Decisions(
        None if few else decided,
        None if cells.total is None or 0 < others < SMALL else others,
        dict(zip(motives, cells.cells, strict=True)),
    )


@dataclass(frozen=True)
class Gap:
    """The rates of the least and the best served, and how unequal all of them are: Gini, 0 when all are alike."""

    least: Line
    best: Line
    gini: float


def gap(rows: Sequence[Line]) -> Gap | None:
    """Return the gap between the lines that enough people ask in; None where there are not two of them."""
    told = [row for row in rows if row.rate is not None and (row.needs or 0) >= SMALL]
    if len(told) < 2:
        return None
    ordered = sorted(told, key=lambda row: (row.rate or 0, str(row.key)))
    return Gap(ordered[0], ordered[-1], _gini([(row.rate or 0, row.needs or 0) for row in ordered]))


def _gini(rated: Sequence[tuple[float, int]]) -> float:
    """Return half the mean difference between two persons' rates, over the mean rate."""
    people = sum(weight for _, weight in rated)
    mean = sum(rate * weight for rate, weight in rated) / people
    if not mean:
        return 0.0
    apart = sum(abs(one - other) * here * there for one, here in rated for other, there in rated)
    return apart / (2 * people * people * mean)


@dataclass(frozen=True)
class Silence:
    """How much a territory asks, for its inhabitants; None where its inhabitants are not known, or it is masked."""

    key: str
    needs: int | None
    population: int
    per_thousand: float | None

    @property
    def is_silent(self) -> bool:
        """Whether nobody asked: services are missing there, not needs."""
        return self.needs == 0


def silence(rows: Sequence[Line], populations: dict[str, int]) -> list[Silence]:
    """Return the territories from the quietest."""
    found = []
    for row in rows:
        if row.key is None:
            continue
        population = populations.get(row.key, 0)
        rate = None if row.needs is None or not population else 1000 * row.needs / population
        found.append(Silence(row.key, row.needs, population, rate))
    return sorted(found, key=lambda one: (one.per_thousand is None, one.per_thousand or 0, one.key))
