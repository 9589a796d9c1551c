"""French working days: a reservation expires at 23:59 of the tenth one."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache

RESERVATION_DAYS = 10


def easter(year: int) -> date:
    """Return Easter Sunday; the anonymous Gregorian algorithm (Nature, 1876; Meeus, Astronomical Algorithms, ch. 8)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    f = (b + 8) // 25
    g = (b - f + 1) // 3
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


@cache
def public_holidays(year: int) -> frozenset[date]:
    """Return the eleven days of article L3133-1 of the Code du travail."""
    sunday = easter(year)
    moving = {sunday + timedelta(days=days) for days in (1, 39, 50)}
    fixed = {(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)}
    return frozenset(moving | {date(year, month, day) for month, day in fixed})


def is_working_day(day: date) -> bool:
    return day.weekday() < 5 and day not in public_holidays(day.year)


def add_working_days(day: date, count: int) -> date:
    """Return the `count`-th working day after `day`."""
    while count > 0:
        day += timedelta(days=1)
        count -= is_working_day(day)
    return day


def expiry(at: datetime, zone: tzinfo, days: int = RESERVATION_DAYS) -> datetime:
    """Return, in UTC, 23:59 in `zone` of the `days`-th working day after the day it is there at `at`."""
    last = add_working_days(at.astimezone(zone).date(), days)
    return datetime.combine(last, time(23, 59), zone).astimezone(UTC)
