"""How long a need may wait, from what was seen to arrive and who stands before it.

Machines that suit it arrive so many a week; those before it take some of them first. The sum of so many weeks is
taken as normal, with the mean and the variance that were observed and the doubt of a short observation:

    reached after t weeks, nine times in ten  <=>  t·m − z·sqrt(t·v + t²·v/n) >= ahead + 1,  z = 1.2816

with m the weekly mean, v the weekly variance (never under m: a Poisson arrival, the least that chance does), n the
weeks observed. The median leaves the doubt out. Source: Cox and Lewis, The Statistical Analysis of Series of Events,
1966, for the counts; the rest is plain arithmetic, so that it can be told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from typing import NamedTuple

#: Quantile of the normal law at nine in ten.
NINE_IN_TEN = 1.2816
#: Fewer weeks, or fewer machines, than this say nothing.
LEAST_WEEKS, LEAST_ARRIVALS = 4, 3
#: Beyond this a number of weeks would be a number made up.
FURTHEST = 156


@dataclass(frozen=True)
class Wait:
    """Weeks, or `why` there is no figure: "free" (a machine is there), "nothing-comes", "too-few", "too-far"."""

    median: int | None = None
    most: int | None = None
    why: str | None = None


def estimate(arrivals: Sequence[int], ahead: float, free: int) -> Wait:
    """Return the wait from weekly counts of machines that suit, oldest first, those before it, and those free today.

    `ahead` is how many of these machines those before it are expected to take, which fractions share out.
    """
    if ahead < free:
        return Wait(0, 0, "free")
    wanted = ahead - free + 1
    weeks, total = len(arrivals), sum(arrivals)
    if total == 0 and weeks >= LEAST_WEEKS:
        return Wait(why="nothing-comes")
    if weeks < LEAST_WEEKS or total < LEAST_ARRIVALS:
        return Wait(why="too-few")
    mean = total / weeks
    variance = max(mean, sum((count - mean) ** 2 for count in arrivals) / (weeks - 1))
    median = ceil(wanted / mean)
    if median > FURTHEST:
        return Wait(why="too-far")
    most = next((t for t in range(median, FURTHEST + 1) if _surely(t, mean, variance, weeks) >= wanted), None)
    return Wait(median, most)


def _surely(weeks: int, mean: float, variance: float, observed: int) -> float:
    """Return how many machines come within so many weeks, nine times in ten."""
    return weeks * mean - NINE_IN_TEN * sqrt(weeks * variance + weeks**2 * variance / observed)


def ahead_of(mine: frozenset[int], before: Sequence[tuple[frozenset[int], int]], rates: Mapping[int, float]) -> float:
    """Return how many of the kinds of machines in `mine` those before are expected to take.

    `before`: (kinds that suit, how many such needs). One that may also receive other kinds takes mine in the share
    that mine have of what comes for it.
    """
    taken = 0.0
    for kinds, count in before:
        common = kinds & mine
        if not common:
            continue
        all_of = sum(rates.get(kind, 0.0) for kind in kinds)
        taken += count * (sum(rates.get(kind, 0.0) for kind in common) / all_of if all_of else 1.0)
    return taken


class Outcome(NamedTuple):
    """A past estimate and what came: `waited` is None while it still waits, `elapsed` the weeks since it was told."""

    median: int | None
    most: int | None
    waited: float | None
    elapsed: float


@dataclass(frozen=True)
class Score:
    """How good past estimates were: of those whose time has come, how many were served within it.

    An honest median is kept about half the time, an honest nine-in-ten about nine times in ten.
    """

    medians: int
    within_median: int
    mosts: int
    within_most: int
    #: Weeks between the median told and the wait that was, in the middle of those served; None where none was.
    error: float | None


def score(outcomes: Sequence[Outcome]) -> Score:
    """Return how good past estimates were, those still running left aside.

    One counts once its own time has come, whether it was served or not: counting only those served would flatter.
    """
    medians = within_median = mosts = within_most = 0
    errors = []
    for median, most, waited, elapsed in outcomes:
        if median is not None:
            if elapsed >= median:
                medians += 1
                within_median += waited is not None and waited <= median
            if waited is not None:
                errors.append(abs(waited - median))
        if most is not None and elapsed >= most:
            mosts += 1
            within_most += waited is not None and waited <= most
    errors.sort()
    return Score(medians, within_median, mosts, within_most, errors[len(errors) // 2] if errors else None)
