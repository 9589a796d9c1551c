from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refurb.core.workdays import add_working_days, easter, expiry, is_working_day, public_holidays

PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("year", "sunday"),
    [
        (1961, date(1961, 4, 2)),
        (2000, date(2000, 4, 23)),
        (2008, date(2008, 3, 23)),
        (2024, date(2024, 3, 31)),
        (2025, date(2025, 4, 20)),
        (2026, date(2026, 4, 5)),
        (2027, date(2027, 3, 28)),
        (2038, date(2038, 4, 25)),
    ],
)
def test_easter(year: int, sunday: date) -> None:
    assert easter(year) == sunday


def test_the_holidays_of_2026() -> None:
    assert sorted(public_holidays(2026)) == [
        date(2026, 1, 1),
        date(2026, 4, 6),
        date(2026, 5, 1),
        date(2026, 5, 8),
        date(2026, 5, 14),
        date(2026, 5, 25),
        date(2026, 7, 14),
        date(2026, 8, 15),
        date(2026, 11, 1),
        date(2026, 11, 11),
        date(2026, 12, 25),
    ]


def test_a_reservation_of_friday_21_november_expires_on_friday_4_december() -> None:
    # In UTC it is one hour earlier in winter.
    assert expiry(datetime(2026, 11, 20, 9, 0, tzinfo=UTC), PARIS) == datetime(2026, 12, 4, 22, 59, tzinfo=UTC)
    # Past midnight in Paris the day counted from is the next one.
    assert expiry(datetime(2026, 11, 19, 23, 30, tzinfo=UTC), PARIS) == datetime(2026, 12, 4, 22, 59, tzinfo=UTC)


def test_may_has_holes() -> None:
    # 1, 8, 14 and 25 May 2026 do not count, nor do the weekends.
    assert add_working_days(date(2026, 4, 30), 10) == date(2026, 5, 19)


def test_summer_time_is_the_zone_s_own_affair() -> None:
    assert expiry(datetime(2026, 3, 23, 12, 0, tzinfo=UTC), PARIS) == datetime(2026, 4, 7, 21, 59, tzinfo=UTC)


@given(st.dates(date(2020, 1, 1), date(2060, 1, 1)), st.integers(1, 30))
def test_so_many_working_days_lie_between(day: date, count: int) -> None:
    last = add_working_days(day, count)
    between = [day + timedelta(days=n) for n in range(1, (last - day).days + 1)]
    assert is_working_day(last)
    assert sum(is_working_day(each) for each in between) == count
