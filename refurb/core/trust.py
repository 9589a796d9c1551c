"""How long an organisation's place in the chain holds before somebody there says that it still stands."""

from datetime import date, timedelta
from enum import StrEnum

#: A confirmation holds a year.
YEAR = timedelta(days=365)
#: How long before its end its people are written to, first and last.
REMINDERS = (timedelta(days=30), timedelta(days=7))


class Step(StrEnum):
    """What a day asks of an organisation that acts."""

    NOTHING = "nothing"
    REMIND = "remind"
    LAPSE = "lapse"


def ends_on(confirmed_on: date) -> date:
    """Return the last day that a confirmation covers."""
    return confirmed_on + YEAR


def may_confirm(confirmed_on: date, today: date) -> bool:
    """Whether a confirmation is asked for: from the first reminder on."""
    return today >= ends_on(confirmed_on) - REMINDERS[0]


def step(confirmed_on: date, reminded_on: date | None, today: date) -> Step:
    """Return what is due today; a worker that was stopped for a month still writes once before it lapses anything.

    Nobody lapses unwarned: the last day moves until the last reminder is as old as it should be.
    """
    end = ends_on(confirmed_on)
    if not may_confirm(confirmed_on, today):
        return Step.NOTHING
    if reminded_on is None or reminded_on < end - REMINDERS[0]:
        return Step.REMIND
    if today > end and today >= reminded_on + REMINDERS[1]:
        return Step.LAPSE
    if today >= end - REMINDERS[1] and reminded_on < end - REMINDERS[1]:
        return Step.REMIND
    return Step.NOTHING
