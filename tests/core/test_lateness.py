"""When a scan that arrives late was made, and which day it counts for."""

from datetime import UTC, date, datetime, timedelta

import pytest

from refurb.core import lateness

AT = datetime(2026, 11, 17, 11, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("client_at", "sent_at", "not_before", "made"),
    [
        (None, AT, None, None),
        # A right clock is believed, to the millisecond, its second of difference too.
        (AT - 7 * HOUR, AT + timedelta(seconds=1), AT - DAY, AT - 7 * HOUR),
        (AT - 7 * HOUR, None, None, AT - 7 * HOUR),
        # Three days fast, forty years slow: the time between scan and sending is what counts.
        (AT + 3 * DAY - HOUR, AT + 3 * DAY, AT - DAY, AT - HOUR),
        (AT - 15_000 * DAY - HOUR, AT - 15_000 * DAY, AT - DAY, AT - HOUR),
        # Set right, or wrong, between the two: no older than the page, no younger than its arrival.
        (AT - 15_000 * DAY, AT, AT - DAY, AT - DAY),
        (AT + 3 * DAY, AT, AT - DAY, AT - DAY),
        (AT + 3 * DAY, AT, None, AT),
        (AT + timedelta(seconds=20), AT + timedelta(seconds=19), AT - DAY, AT),
        (AT - timedelta(seconds=90), AT - timedelta(seconds=80), AT - timedelta(seconds=5), AT - timedelta(seconds=5)),
    ],
)
def test_a_wrong_clock_is_seen_through(
    client_at: datetime | None, sent_at: datetime | None, not_before: datetime | None, made: datetime | None
) -> None:
    assert lateness.when(client_at, sent_at, at=AT, not_before=not_before) == made


ARRIVED = date(2026, 11, 17)


@pytest.mark.parametrize(
    ("made", "day"),
    [
        (None, ARRIVED),
        (ARRIVED, ARRIVED),
        (date(2026, 11, 16), date(2026, 11, 16)),
        (date(2026, 10, 17), date(2026, 10, 17)),
        (date(2026, 10, 16), ARRIVED),  # a clock, rather than a month in a drawer
        (date(1980, 1, 1), ARRIVED),
        (date(2026, 11, 18), ARRIVED),
    ],
)
def test_a_scan_counts_for_the_day_it_was_made_if_that_can_be(made: date | None, day: date) -> None:
    assert lateness.counts_on(made, ARRIVED) == day


def test_what_counts_for_a_day_arrived_in_its_window() -> None:
    """Whoever looks for the scans of a day need look no further, and misses none."""
    days = [ARRIVED + timedelta(days=n) for n in range(-35, 3)]
    made = [None, *days]
    for on in days:
        first, last = lateness.arrivals(on)
        arrived = {came for came in days for one in made if lateness.counts_on(one, came) == on}
        assert arrived == {day for day in days if first <= day <= last}
