"""What a workshop did in a day: machines and families, never a figure for a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.core.lateness import MOST_DAYS_AWAY
from refurb.desk.models import Scan, ScanPile
from refurb.matching.models import Reservation
from refurb.security import Actor
from refurb.web import zone


@dataclass(frozen=True)
class Day:
    """`machines` that something was done to, `families` whose machine was among them, `steps` by command.

    Two steps are no command: "place", a machine put where a card says, and "arrival", one counted out of a gift.
    """

    on: date
    machines: int
    families: int
    steps: Mapping[str, int]


def of(session: Session, on: date, *, by: Actor) -> Day:
    """Return the day of the actor's organisation, whoever scanned; what was taken back does not count.

    A scan counts for the day that core.lateness.counts_on says.
    """
    start, end = _midnight(on), _midnight(on + timedelta(days=1))
    made = sa.and_(Scan.client_at >= start, Scan.client_at < end)
    unsaid = sa.or_(Scan.client_at.is_(None), Scan.client_at < _midnight(on - timedelta(days=MOST_DAYS_AWAY)))
    step = sa.case((Scan.reason == "placed", "place"), (Scan.reason == "moved", Scan.command), else_="arrival")
    deeds = (
        sa.select(Scan.device_id, step.label("step"))
        .join(ScanPile)
        .where(
            ScanPile.organisation_id == by.organisation_id,
            Scan.at >= start,
            Scan.at < _midnight(on + timedelta(days=MOST_DAYS_AWAY + 1)),
            sa.or_(made, sa.and_(unsaid, Scan.at < end)),
            Scan.device_id.is_not(None),
            Scan.event_id.is_not(None),
            Scan.undone_at.is_(None),
        )
    ).subquery()
    rows = session.execute(
        sa.select(deeds.c.step, sa.func.count(deeds.c.device_id.distinct())).group_by(deeds.c.step)
    ).all()
    machines = session.scalar(sa.select(sa.func.count(deeds.c.device_id.distinct()))) or 0
    families = session.scalar(
        sa.select(sa.func.count(Reservation.need_id.distinct())).where(
            Reservation.device_id.in_(sa.select(deeds.c.device_id)),
            Reservation.made_at < end,
            sa.or_(Reservation.ended_at.is_(None), Reservation.ended_at >= start),
        )
    )
    return Day(on, machines, families or 0, {row[0]: row[1] for row in rows})


def _midnight(on: date) -> datetime:
    return datetime.combine(on, time(), zone())
