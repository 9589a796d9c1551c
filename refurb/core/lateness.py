"""When a scan was made that arrives late, from a browser that had no network, and which day it counts for."""

from datetime import date, datetime, timedelta

#: Less is the way of the network, or two clocks that disagree.
LATE = timedelta(minutes=2)
#: Longer than this, a clock is taken to be wrong rather than a telephone to have been away.
MOST_DAYS_AWAY = 31


def when(
    client_at: datetime | None, sent_at: datetime | None, *, at: datetime, not_before: datetime | None
) -> datetime | None:
    """Return when a scan was made, by the server's clock; None if the browser does not say.

    Many a station's clock is wrong, by years where the battery is flat. What it was wrong by when it sent, it was when
    it scanned: only the time between the two counts. A clock that was set right in between gives nonsense, but no scan
    is older than the page it was made on (`not_before`), nor younger than its arrival `at`.
    """
    if client_at is None:
        return None
    made = client_at
    if sent_at is not None:
        waited = sent_at - client_at
        if waited < -LATE:
            return not_before or at
        if is_wrong(sent_at, at):
            made = at - max(waited, timedelta())
    if not_before is not None:
        made = max(made, not_before)
    return min(made, at)


def is_wrong(sent_at: datetime | None, at: datetime) -> bool:
    """Tell whether a station's clock said something else than ours as it sent."""
    return sent_at is not None and abs(at - sent_at) > LATE


def is_late(client_at: datetime | None, at: datetime) -> bool:
    """Tell whether a scan was made so long before it arrived that others may have acted in between."""
    return client_at is not None and at - client_at > LATE


def counts_on(made: date | None, arrived: date) -> date:
    """Return the day a scan counts for: when it was made, unless that is unknown, to come, or too long ago to believe.

    Both are dates where the instance is.
    """
    if made is None or made > arrived or (arrived - made).days > MOST_DAYS_AWAY:
        return arrived
    return made


def arrivals(on: date) -> tuple[date, date]:
    """Return the first and the last day on which a scan that counts for a day can have arrived."""
    return on, on + timedelta(days=MOST_DAYS_AWAY)
