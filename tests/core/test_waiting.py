"""The wait, from arrivals and who stands before."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refurb.core.waiting import Outcome, Wait, ahead_of, estimate, score


def test_a_machine_that_is_there_makes_no_wait() -> None:
    assert estimate([1, 2, 3, 4], 0, 1) == Wait(0, 0, "free")
    assert estimate([1, 2, 3, 4], 2.5, 3) == Wait(0, 0, "free")


def test_nothing_is_made_up() -> None:
    assert estimate([0] * 10, 0, 0).why == "nothing-comes"
    assert estimate([0] * 3, 0, 0).why == "too-few"
    assert estimate([5, 5], 0, 0).why == "too-few"
    assert estimate([1] + [0] * 10, 0, 0).why == "too-few"
    assert estimate([1] * 10, 10_000, 0).why == "too-far"


def test_a_steady_stream_is_divided() -> None:
    assert estimate([10] * 26, 99, 0).median == 10
    assert estimate([10] * 26, 99, 50).median == 5
    assert (estimate([10] * 26, 99, 0).most or 0) > 10


@given(st.lists(st.integers(0, 30), min_size=4, max_size=40), st.floats(0, 300), st.integers(0, 20))
def test_more_before_or_fewer_machines_never_wait_less(arrivals: list[int], ahead: float, free: int) -> None:
    here = estimate(arrivals, ahead, free)
    behind = estimate(arrivals, ahead + 10, free)
    if here.median is None or behind.median is None:
        return
    assert here.median <= behind.median
    assert here.most is None or here.most >= here.median
    if here.most is not None and behind.most is not None:
        assert here.most <= behind.most


@pytest.mark.parametrize(("rate", "ahead"), [(2, 20), (8, 100)])
def test_the_figures_are_kept_as_often_as_they_say(rate: int, ahead: int) -> None:
    """Arrivals by chance, many times over: the median holds about half the time, the other nine times in ten.

    Whole weeks are told, so both are kept a little more often than that.
    """
    rng = random.Random(rate)

    def week() -> int:
        return sum(rng.random() < rate / 50 for _ in range(50))

    outcomes = []
    for _ in range(600):
        told = estimate([week() for _ in range(26)], ahead, 0)
        came, weeks = 0, 0
        while came < ahead + 1:
            came, weeks = came + week(), weeks + 1
        outcomes.append(Outcome(told.median, told.most, weeks, 1000))
    kept = score(outcomes)
    assert 0.40 < kept.within_median / kept.medians < 0.75
    assert 0.86 < kept.within_most / kept.mosts < 0.98


def test_those_before_take_what_comes_for_them_in_its_share() -> None:
    rates = {1: 3.0, 2: 1.0, 3: 5.0}
    mine = frozenset({1, 2})
    before = [(frozenset({1, 2}), 4), (frozenset({2, 3}), 6), (frozenset({3}), 50)]
    assert ahead_of(mine, before, rates) == 4 + 6 * (1 / 6)
    assert ahead_of(frozenset({9}), [(frozenset({9}), 2)], rates) == 2


def test_only_what_had_its_time_counts() -> None:
    rows = [
        Outcome(4, 8, 3.0, 10),
        Outcome(4, 8, 9.0, 10),
        Outcome(4, 8, None, 5),
        Outcome(4, 8, None, 2),
        Outcome(None, None, 1.0, 9),
    ]
    found = score(rows)
    assert (found.medians, found.within_median, found.mosts, found.within_most, found.error) == (3, 1, 2, 1, 5.0)
    assert score([]).error is None
