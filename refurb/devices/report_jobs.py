"""What the worker does with reports: those that came in while the database was too busy to take them."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.devices import report_queries, reports
from refurb.devices.models import Report
from refurb.security import Actor
from refurb.web import zone

#: A report that came a moment ago is being read by whoever brought it.
_PATIENCE = timedelta(minutes=2)
_AT_ONCE = 50


def read_waiting(session: Session, at: datetime) -> int:
    """Read what was kept and never read, the oldest first; return how many were."""
    waiting = sa.select(Report.id).where(Report.read_at.is_(None), Report.received_at < at - _PATIENCE)
    done = 0
    for report_id in session.scalars(waiting.order_by(Report.id).limit(_AT_ONCE)).all():
        report = report_queries.by_id(session, report_id, seen_by=Actor.system())
        if report is not None:
            reports.read_again(session, report, by=Actor.system(), at=at, zone=zone())
            done += 1
    return done
