"""How the instance is: the database, the schema, the storage, the age of what waits."""

import os
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session

from refurb.db import get_session
from refurb.migrations import schema
from refurb.outbox import OutboxRow
from refurb.web import now

#: What waits longer than this means that no worker runs.
LATE = timedelta(minutes=10)


def examine() -> dict[str, dict[str, Any]]:
    """Return each check by name: `ok`, and for the queue its `age_s`. A database out of reach fails what needs it."""
    checks: dict[str, dict[str, Any]] = {"storage": {"ok": os.access(current_app.instance_path, os.W_OK)}}
    if not current_app.extensions["refurb.settings"].embedded:
        # With PostgreSQL the processes keep nothing on the disk; only mail without a server would.
        checks["storage"] = {"ok": True}
    try:
        session = get_session()
        session.execute(sa.select(1))
        checks["database"] = {"ok": True}
        checks["migrations"] = {"ok": schema.is_current()}
        age = queue_age(session)
        checks["queue"] = {"ok": age < LATE, "age_s": int(age.total_seconds())}
    except sa.exc.SQLAlchemyError:
        get_session().rollback()
        checks.setdefault("database", {"ok": False})
        checks.setdefault("migrations", {"ok": False})
        checks.setdefault("queue", {"ok": False, "age_s": None})
    return checks


def queue_age(session: Session) -> timedelta:
    """Return for how long the oldest due row of the outbox has waited."""
    oldest = session.scalar(
        sa.select(sa.func.min(OutboxRow.due_at)).where(OutboxRow.done_at.is_(None), OutboxRow.failed_at.is_(None))
    )
    return max(timedelta(), now() - oldest) if oldest is not None else timedelta()


def failed_rows(session: Session, limit: int = 50) -> Sequence[OutboxRow]:
    """Return what was given up, the latest first."""
    query = sa.select(OutboxRow).where(OutboxRow.failed_at.is_not(None)).order_by(OutboxRow.failed_at.desc())
    return session.scalars(query.limit(limit)).all()
