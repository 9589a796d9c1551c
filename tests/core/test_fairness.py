"""Rates, waits, gaps and what is masked, in the report on fairness."""

from hypothesis import given
from hypothesis import strategies as st

from refurb.core.fairness import (
    Case,
    Line,
    decisions,
    gap,
    lines,
    masked,
    masked_decisions,
    quantile,
    silence,
    told_whole,
)


def case(key: str | None, *, served: bool = False, waited: int | None = None) -> Case:
    return Case((key,), served, not served, waited)


def test_a_line_for_each_even_those_who_asked_nothing() -> None:
    rows = lines([case("A", served=True, waited=10), case("A"), case(None)], 0, keys=["B", "A"])
    assert [row.key for row in rows] == ["B", "A", None]
    assert (rows[1].needs, rows[1].served, rows[1].waiting, rows[1].median, rows[1].rate) == (2, 1, 1, 10, 50.0)
    assert rows[0].rate is None


@given(st.lists(st.integers(0, 400), min_size=1))
def test_a_quantile_is_a_value_that_so_many_do_not_pass(days: list[int]) -> None:
    for part in (0.5, 0.9):
        found = quantile(days, part)
        assert found in days
        assert sum(day <= (found or 0) for day in days) >= part * len(days)
        assert sum(day < (found or 0) for day in days) < part * len(days)


def test_the_gap_is_between_those_who_asked_enough() -> None:
    rows = [
        Line("few", 2, 2, 0, 1, 1),
        Line("low", 10, 2, 8, 9, 9),
        Line("high", 10, 8, 2, 9, 9),
        Line("none", 0, 0, 0, None, None),
    ]
    found = gap(rows)
    assert found is not None
    assert (found.least.key, found.best.key) == ("low", "high")
    assert round(found.gini, 3) == 0.3
    assert gap(rows[:2]) is None


def test_equal_rates_have_no_gap() -> None:
    found = gap([Line("a", 10, 5, 5, 1, 1), Line("b", 20, 10, 10, 1, 1)])
    assert found is not None
    assert found.gini == 0


counts = st.integers(0, 12)


@given(st.lists(st.tuples(counts, counts, counts), min_size=1, max_size=8))
def test_nothing_small_leaves(rows: list[tuple[int, int, int]]) -> None:
    given_rows = [Line(str(n), a + b + c, a, b, 7, 9) for n, (a, b, c) in enumerate(rows)]
    for row, source in zip(masked(given_rows), given_rows, strict=True):
        for told in (row.needs, row.served, row.waiting):
            assert told is None or told == 0 or told >= 5
        if row.needs is not None and row.served is not None and row.waiting is not None:
            withdrawn = row.needs - row.served - row.waiting
            assert withdrawn == (source.needs or 0) - (source.served or 0) - (source.waiting or 0)
        if (source.served or 0) < 5:
            assert row.median is None


def test_what_a_table_beside_tells_whole_is_no_secret_of_this_one() -> None:
    """Eight asked, all of one territory: of two profiles with four each, the two fours would add up to it."""
    one = [Line("49", 8, 0, 8, None, None), Line("50", 0, 0, 0, None, None)]
    other = [Line("P1", 3, 0, 3, None, None), Line("P2", 5, 0, 5, None, None), Line("P3", 0, 0, 0, None, None)]
    assert told_whole([one, other]) == {"needs", "served", "waiting"}
    assert told_whole([other]) == {"served"}
    assert told_whole([[]]) == frozenset()
    alone = [Line("P1", 4, 0, 4, None, None), Line("P2", 0, 0, 0, None, None)]
    assert [row.needs for row in masked(alone)] == [None, 0]
    assert [row.needs for row in masked(alone, told={"needs"})] == [None, None]


@given(st.dictionaries(st.sampled_from("abc"), st.integers(1, 9)), st.integers(0, 9))
def test_no_small_number_of_decisions_leaves(by_motive: dict[str, int], ruled: int) -> None:
    others = sum(by_motive.values())
    told = masked_decisions(others + ruled, by_motive)
    plain = decisions(others + ruled, by_motive)
    assert plain.rate is None or round(plain.rate) == round(100 * others / (others + ruled))
    for count in (told.decided, told.others, *told.by_motive.values()):
        assert count is None or count == 0 or count >= 5
    # What is told together tells nothing small by a subtraction.
    if told.decided is not None and told.others is not None:
        assert not 0 < told.decided - told.others < 5
    masked_ones = [motive for motive, count in told.by_motive.items() if count is None]
    if told.others is not None and masked_ones:
        assert len(masked_ones) > 1
    assert told.rate is None or told.rate == plain.rate


def test_the_quietest_come_first_and_the_silent_say_so() -> None:
    rows = [Line("a", 10, 0, 10, None, None), Line("b", 0, 0, 0, None, None), Line(None, 3, 0, 3, None, None)]
    found = silence(rows, {"a": 5000, "b": 1000})
    assert [(one.key, one.per_thousand, one.is_silent) for one in found] == [("b", 0.0, True), ("a", 2.0, False)]
