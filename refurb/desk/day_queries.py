"""The deeds of a workshop's days, and the families behind its machines."""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.core.lateness import arrivals, counts_on
from refurb.desk.models import Scan, ScanPile
from refurb.matching.models import Reservation
from refurb.security import Actor
from refurb.web import zone


class Deed(NamedTuple):
    """What a scan did to a machine: `step` is a command, "place" or "arrival"."""

    device_id: int
    step: str


def deeds(session: Session, on: date, *, by: Actor) -> list[Deed]:
    """Return what the actor's organisation did that counts for a day, whoever scanned, less what was taken back.

    The database gives what was made or arrived that day, core.lateness.counts_on says of each which day it counts for.
    """
    start, end = _midnight(on), _midnight(on + timedelta(days=1))
    first, last = arrivals(on)
    step = sa.case((Scan.reason == "placed", "place"), (Scan.reason == "moved", Scan.command), else_="arrival")
    rows = session.execute(
        sa.select(Scan.client_at, Scan.at, Scan.device_id, step)
        .join(ScanPile)
        .where(
            ScanPile.organisation_id == by.organisation_id,
            Scan.at >= _midnight(first),
            Scan.at < _midnight(last + timedelta(days=1)),
            sa.or_(sa.and_(Scan.client_at >= start, Scan.client_at < end), Scan.at < end),
            Scan.device_id.is_not(None),
            Scan.event_id.is_not(None),
            Scan.undone_at.is_(None),
        )
    )
    return [Deed(device_id, did) for made, at, device_id, did in rows if counts_on(made and _day(made), _day(at)) == on]


def families(session: Session, on: date, device_ids: Collection[int]) -> int:
    """Return how many needs some machines were set aside for on a day."""
    if not device_ids:
        return 0
    start, end = _midnight(on), _midnight(on + timedelta(days=1))
    query = sa.select(sa.func.count(Reservation.need_id.distinct())).where(
        Reservation.device_id.in_(device_ids),
        Reservation.made_at < end,
        sa.or_(Reservation.ended_at.is_(None), Reservation.ended_at >= start),
    )
    return session.scalar(query) or 0


def _midnight(on: date) -> datetime:
    return datetime.combine(on, time(), zone())


def _day(at: datetime) -> date:
    return at.astimezone(zone()).date()
