"""The yearly confirmation, day by day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from refurb.core.trust import Step, ends_on, may_confirm, step

BEGAN = date(2026, 1, 10)
END = ends_on(BEGAN)


def year(days: range, *, works: Callable[[date], bool] = lambda _day: True) -> dict[date, Step]:
    """Run each day of `days` from the beginning, on those when the worker runs; return what was done, by day."""
    reminded: date | None = None
    done: dict[date, Step] = {}
    for number in days:
        today = BEGAN + timedelta(days=number)
        if not works(today):
            continue
        found = step(BEGAN, reminded, today)
        if found is Step.NOTHING:
            continue
        done[today] = found
        if found is Step.REMIND:
            reminded = today
        else:
            break
    return done


def test_two_reminders_then_it_lapses() -> None:
    assert year(range(400)) == {
        END - timedelta(days=30): Step.REMIND,
        END - timedelta(days=7): Step.REMIND,
        END + timedelta(days=1): Step.LAPSE,
    }


def test_nobody_lapses_unwarned_whenever_the_worker_ran() -> None:
    """Whatever the day it comes back, a reminder stands at least a week before the end."""
    for back in range(330, 420):
        done = year(range(500), works=(BEGAN + timedelta(days=back)).__le__)
        reminders = [day for day, what in done.items() if what is Step.REMIND]
        (lapse,) = [day for day, what in done.items() if what is Step.LAPSE]
        assert reminders, back
        assert lapse - reminders[0] >= timedelta(days=7), back
        assert lapse > END, back


def test_last_years_reminder_does_not_count() -> None:
    assert step(BEGAN, BEGAN - timedelta(days=7), END - timedelta(days=30)) is Step.REMIND


def test_it_may_be_confirmed_from_the_first_reminder_on() -> None:
    assert not may_confirm(BEGAN, END - timedelta(days=31))
    assert may_confirm(BEGAN, END - timedelta(days=30))
    assert may_confirm(BEGAN, END + timedelta(days=100))
