"""The minutes of a run against a reader who holds the whole paper and knows how it was masked."""

import itertools
from collections.abc import Callable, Sequence

from hypothesis import given
from hypothesis import strategies as st

from refurb.core.minutes import Counts, as_they_leave

Mask = Callable[[list[int]], Sequence[int | None]]
CELLS = st.lists(st.integers(0, 8), min_size=2, max_size=3)


def counts(
    *,
    served: int = 20,
    floors: int = 0,
    left: Sequence[int] = (12, 9),
    territories: Sequence[int] | None = None,
    decisions: Sequence[int] | None = None,
    kept_out: Sequence[int] = (),
) -> Counts:
    return Counts(
        needs=served + sum(left),
        served=served,
        points=50 * served,
        floors=floors,
        decisions=[served, 0, 0, 0] if decisions is None else decisions,
        territories=[served, 0] if territories is None else territories,
        left=left,
        kept_out=kept_out,
    )


def test_large_numbers_are_told_as_they_are() -> None:
    told = as_they_leave(counts(kept_out=[6]))
    assert (told.needs, told.served, told.points, told.floors) == (41, 20, 1000, 0)
    assert (told.decisions, told.territories, told.left, told.kept_out) == ([20, 0, 0, 0], [20, 0], [12, 9], [6])


def test_no_figure_under_five_leaves_nor_what_tells_it() -> None:
    few = as_they_leave(counts(served=3))
    assert (few.needs, few.served, few.points) == (None, None, None)
    assert few.territories == [None, None]
    assert few.decisions == [None] * 4
    # Few were left: the needs counted, less the served, would tell how many.
    assert as_they_leave(counts(left=[2])).needs is None
    assert as_they_leave(counts(left=[2])).left == [None]
    # Two beyond the minimums; none beyond; the minimums unmet.
    assert as_they_leave(counts(floors=18)).floors is None
    assert as_they_leave(counts(floors=20)).floors == 20
    assert as_they_leave(counts(floors=3)).floors is None
    # One refused: the set aside go with it, for the lines of the list can be counted.
    assert as_they_leave(counts(decisions=[19, 1, 0, 0])).decisions == [None, None, 0, 0]
    assert as_they_leave(counts(kept_out=[4, 4])).kept_out == [None, None]


def nobody_learns(true: list[int], shown: Sequence[int | None], total: int | None, mask: Mask) -> None:
    """Try every row of counts that the paper leaves possible: each masked cell keeps two values or more."""
    top = sum(true) if total is None else total
    worlds = [
        world
        for world in itertools.product(*(range(top + 1) if cell is None else [cell] for cell in shown))
        if total in (None, sum(world)) and mask(list(world)) == shown
    ]
    assert tuple(true) in worlds
    assert all(len({world[i] for world in worlds}) > 1 for i, cell in enumerate(shown) if cell is None)


@given(CELLS, CELLS, st.integers(0, 12))
def test_who_counts_the_lines_learns_no_masked_count(territories: list[int], left: list[int], served: int) -> None:
    told = as_they_leave(counts(served=served, left=left, territories=territories))
    assert all(cell is None or cell == 0 or cell >= 5 for cell in (*told.territories, *told.left))
    # The lines set aside or to decide can be counted, and so can those that the rule served.
    nobody_learns(
        territories,
        told.territories,
        sum(territories),
        lambda world: as_they_leave(counts(territories=world)).territories,
    )
    nobody_learns(
        left,
        told.left,
        None if told.needs is None else told.needs - served,
        lambda world: as_they_leave(counts(served=served, left=world)).left,
    )
