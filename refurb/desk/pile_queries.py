"""Piles as a whole: that of a day, and what may still be done to all that a pile holds, by slices."""

from datetime import date, datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from refurb.desk.models import Scan, ScanPile
from refurb.desk.queries import UNDOABLE
from refurb.security import Actor
from refurb.web import zone


def of_day(session: Session, on: date, *, by: Actor, client: str) -> ScanPile | None:
    """Return the last pile that the actor began on a day in this browser, with its place."""
    start, end = (datetime.combine(day, time(), zone()) for day in (on, on + timedelta(days=1)))
    query = sa.select(ScanPile).where(
        ScanPile.account_id == by.id,
        ScanPile.organisation_id == by.organisation_id,
        ScanPile.client == client,
        ScanPile.opened_at >= start,
        ScanPile.opened_at < end,
    )
    return session.scalar(query.options(joinedload(ScanPile.place)).order_by(ScanPile.id.desc()).limit(1))


def undoable(session: Session, pile_id: int) -> int:
    """Return how many scans of a pile did what can be taken back."""
    return session.scalar(sa.select(sa.func.count()).where(Scan.pile_id == pile_id, *UNDOABLE)) or 0
