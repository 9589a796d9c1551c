"""Estimates over rows, their score, and the reminders before a reservation lapses."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from refurb.core.needs import Motive
from refurb.core.permissions import Role
from refurb.matching import estimates, jobs, planner
from refurb.matching.models import Run, WaitEstimate
from refurb.outbox import OutboxRow
from tests.conftest import NOON
from tests.department import TODAY

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.organisations.models import Organisation
    from refurb.security import Actor
    from tests.department import MakeNeed, StockDevice
    from tests.factories import MakeAccount


def test_who_stands_before_waits_less(
    session: Session, stock_device: StockDevice, make_need: MakeNeed, coordinator: Actor
) -> None:
    from refurb.matching.services import reserve

    served = [make_need() for _ in range(4)]
    for need in served:
        reserve(session, need, stock_device(), by=coordinator, at=NOON)
    first = make_need(motive=Motive.LOSS_OF_RIGHTS)
    others = [make_need() for _ in range(30)]
    assert jobs.estimate_new(session, NOON) == 31
    told = estimates.of_need(session, first.id)
    rows = [estimates.of_need(session, need.id) for need in others]
    assert told is not None
    last = max((row for row in rows if row is not None), key=lambda row: row.ahead)
    # Four machines came in twenty-six weeks: the first in the queue waits for the fifth.
    assert (told.ahead, told.free, told.median_weeks) == (0, 0, 7)
    assert last.ahead == 30
    assert last.why == "too-far"
    assert jobs.estimate_new(session, NOON) == 0
    assert jobs.estimate(session, NOON + timedelta(days=1)) == 0
    assert jobs.estimate(session, NOON + timedelta(days=8)) == 31


def test_past_estimates_are_compared_with_what_came(
    session: Session, stock_device: StockDevice, make_need: MakeNeed, coordinator: Actor
) -> None:
    from refurb.matching.services import reserve

    kept, late, waiting = make_need(), make_need(), make_need()
    for need, weeks in ((kept, 3), (late, 9), (waiting, 5)):
        session.add(
            WaitEstimate(
                need_id=need.id,
                made_on=TODAY - timedelta(weeks=weeks),
                ahead=1,
                weekly=1,
                free=0,
                median_weeks=4,
                most_weeks=8,
            )
        )
    session.flush()
    for need in (kept, late):
        reserve(session, need, stock_device(), by=coordinator, at=NOON)
    whole, months = estimates.scores(session, TODAY)
    # The first was served within its four weeks, which are not over: it does not count yet.
    assert (whole.medians, whole.within_median, whole.mosts, whole.within_most) == (2, 0, 1, 0)
    assert len(months) >= 1


def test_the_service_is_reminded_then_its_colleagues(
    session: Session,
    stock_device: StockDevice,
    make_need: MakeNeed,
    coordinator: Actor,
    service: Organisation,
    make_account: MakeAccount,
) -> None:
    from refurb.matching.services import accept, reserve

    colleague = make_account({service: [Role.PRESCRIBER]})
    quiet = reserve(session, make_need(), stock_device(), by=coordinator, at=NOON)
    answered = reserve(session, make_need(), stock_device(), by=coordinator, at=NOON)
    accept(session, answered, by=coordinator, at=NOON)
    session.execute(sa.delete(OutboxRow))

    def mailed(days: int) -> list[tuple[str, str]]:
        session.execute(sa.delete(OutboxRow))
        jobs.remind(session, NOON + timedelta(days=days))
        session.flush()
        rows = session.scalars(sa.select(OutboxRow).where(OutboxRow.kind == "mail.send")).all()
        return [(row.payload["template"], row.payload["to"]) for row in rows]

    # Made on Tuesday the 17th, it ends on Tuesday the 1st: five working days before is the 24th, two the 27th.
    assert mailed(6) == []
    assert mailed(7) == [("match_reminder", service.email)]
    assert mailed(8) == []
    assert mailed(10) == [("match_raised", colleague.email)]
    assert mailed(11) == []
    session.refresh(quiet)
    assert quiet.reminded_at is not None
    assert quiet.raised_at is not None


def test_trials_and_old_data_are_tidied(
    session: Session, stock_device: StockDevice, make_need: MakeNeed, coordinator: Actor
) -> None:
    make_need()
    stock_device()
    dry = planner.make_run(session, dry=True, by=coordinator, at=NOON)
    real = planner.make_run(session, dry=False, by=coordinator, at=NOON)
    trial, kept = dry.id, real.id
    assert jobs.tidy(session, NOON + timedelta(days=29)) == 0
    assert jobs.tidy(session, NOON + timedelta(days=31)) == 1
    session.expire_all()
    assert session.scalars(sa.select(Run.id)).all() == [kept]
    assert trial != kept
    assert planner.scenario_of(session, session.get_one(Run, kept)) is not None
    assert jobs.tidy(session, NOON + timedelta(days=731)) == 1
    session.expire_all()
    assert planner.scenario_of(session, session.get_one(Run, kept)) is None
