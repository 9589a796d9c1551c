"""Locks that only the giver can lift, when one writes to them, and when a machine stops waiting.

Source: design.md section 2 ("locks asked" in the form), domain.md 9 and D.1: one letter with the serials and the steps,
reminders, and a date after which the machine goes to parts. The giver is told that date from the first letter.
"""

from datetime import date, timedelta
from enum import StrEnum


class LockKind(StrEnum):
    """What holds a machine; the giver does something else for each."""

    BIOS = "bios"
    AUTOPILOT = "autopilot"
    MDM = "mdm"
    APPLE = "apple"
    GOOGLE = "google"
    ABSOLUTE = "absolute"
    OPERATOR = "operator"
    UNKNOWN = "unknown"


class Letter(StrEnum):
    """What one writes to the giver."""

    ASK = "ask"
    REMIND = "remind"
    LAST = "last"


#: How long a machine waits for its giver, unless the workshop chose otherwise.
WAIT_DAYS = 60
#: Machines of a gift are locked one after the other at the bench: one letter for all, once the day is over.
GATHER = timedelta(days=1)
REMIND_EVERY = timedelta(days=14)
#: The last letter goes out this long before the date.
LAST_NOTICE = timedelta(days=7)


def of_declared(text: str | None, maker: str | None = None) -> LockKind | None:
    """Return the lock that a giver's list names; an account is Apple's on Apple's machines and Google's elsewhere."""
    if text is None or text == "none":
        return None
    if text == "account":
        return LockKind.APPLE if (maker or "").strip().casefold() == "apple" else LockKind.GOOGLE
    return LockKind(text) if text in set(LockKind) else LockKind.UNKNOWN


def next_letter(
    today: date, *, parts_on: date, mailed_on: date | None, last_sent: bool, untold_since: date | None
) -> Letter | None:
    """Return the letter that is due today, None when none is.

    `untold_since`: the day the oldest lock was noted that no letter has named; `last_sent`: the giver has had the last
    letter. After the date nothing more is written: the machines go to parts.
    """
    if today >= parts_on:
        return None
    if untold_since is not None and today - untold_since >= GATHER:
        return Letter.ASK
    if mailed_on is None:
        return None
    if today >= parts_on - LAST_NOTICE:
        return None if last_sent else Letter.LAST
    return Letter.REMIND if today - mailed_on >= REMIND_EVERY else None


def is_over(today: date, parts_on: date | None) -> bool:
    """Tell whether a machine has waited long enough: from the date on it is for parts."""
    return parts_on is not None and today >= parts_on
