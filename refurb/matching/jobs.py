"""What the worker does by itself for matching."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.blobs import Blob
from refurb.core.permissions import Role, permissions_of
from refurb.matching import estimates, planner, proposals, reminders, services
from refurb.matching.models import Run
from refurb.matching.services import MatchRefused
from refurb.security import Actor, ActorKind
from refurb.web import now, zone

#: A trial is looked at and forgotten; the data of a run is kept as long as its cases are, to try changes on.
TRIALS_KEPT, DATA_KEPT = timedelta(days=30), timedelta(days=730)


def lapse(session: Session, at: datetime) -> int:
    """End the reservations whose time is over; return how many."""
    return services.lapse(session, by=Actor.system(), at=at)


def remind(session: Session, at: datetime) -> int:
    """Remind services, then colleagues, of what they did not answer; return how many mails were asked for."""
    return reminders.send(session, by=Actor.system(), at=at)


def estimate(session: Session, at: datetime) -> int:
    """Estimate the waits that were not estimated these days; return how many."""
    return estimates.estimate_all(session, at)


def estimate_new(session: Session, at: datetime) -> int:
    """Estimate at once where a need came that has no estimate; return how many were written."""
    new = estimates.some_wait_for_one(session, at.astimezone(zone()).date())
    return estimates.estimate_all(session, at) if new else 0


def tidy(session: Session, at: datetime) -> int:
    """Forget old trial runs, and the data of runs older than their cases; return how many."""
    old = session.execute(sa.delete(Run).where(Run.dry, Run.made_at < at - TRIALS_KEPT))
    done = session.execute(
        sa.update(Run)
        .where(Run.scenario_sha256.is_not(None), Run.made_at < at - DATA_KEPT)
        .values(scenario_sha256=None)
        .execution_options(synchronize_session=False)
    )
    named = sa.select(Run.scenario_sha256).where(Run.scenario_sha256.is_not(None))
    session.execute(sa.delete(Blob).where(Blob.media_type == planner.MEDIA_TYPE, Blob.sha256.not_in(named)))
    return int(old.rowcount) + int(done.rowcount)  # type: ignore[attr-defined]  # both give CursorResults


def accept_one(session: Session, payload: dict[str, Any]) -> None:
    """Carry out one outbox row "matching.accept": what a coordinator accepted with many others."""
    by = Actor(
        kind=ActorKind.PERSON,
        id=payload["account_id"],
        organisation_id=payload["organisation_id"],
        roles=frozenset({Role.COORDINATOR}),
        permissions=permissions_of(frozenset({Role.COORDINATOR})),
    )
    for proposal in proposals.by_ids(session, [payload["proposal_id"]]):
        try:
            with session.begin_nested():
                proposals.accept(session, proposal, by=by, at=now())
        except MatchRefused:
            # Taken, withdrawn or decided meanwhile: the board shows which.
            continue
