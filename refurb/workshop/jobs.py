"""What the worker does by itself for workshops."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.security import Actor
from refurb.workshop import letters
from refurb.workshop.models import AgentRun

#: A question of an agent is answered within the hour, or asked anew.
RUN_KEPT = timedelta(days=7)


def write_to_givers(session: Session, at: datetime) -> int:
    """Ask, and remind, the givers of locked machines; return how many letters left."""
    return letters.round_of_letters(session, at, by=Actor.system())


def tidy(session: Session, at: datetime) -> int:
    """Forget the agents that were at work a week ago; what they found is in their reports."""
    statement = sa.delete(AgentRun).where(AgentRun.seen_at < at - RUN_KEPT)
    return int(session.execute(statement).rowcount)  # type: ignore[attr-defined]  # a DELETE gives a CursorResult
