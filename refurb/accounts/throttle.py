"""Count tries in the database: a limit kept in memory multiplies by the number of processes."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from refurb.accounts.models import Attempt


def hit(session: Session, key: str, *, limit: int, window: timedelta, now: datetime) -> bool:
    """Count one try against `key`; return whether it is within `limit` tries a `window`. The caller commits."""
    insert = pg_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    fresh = Attempt.window_started_at > now - window
    statement = insert(Attempt).values(key=key[:200], window_started_at=now, count=1)
    statement = statement.on_conflict_do_update(
        index_elements=[Attempt.key],
        set_={
            "count": sa.case((fresh, Attempt.count + 1), else_=1),
            "window_started_at": sa.case((fresh, Attempt.window_started_at), else_=now),
        },
    )
    count: int | None = session.scalar(statement.returning(Attempt.count))
    assert count is not None
    return count <= limit


def forget(session: Session, key: str) -> None:
    """Drop the count of `key`, after a success."""
    session.execute(sa.delete(Attempt).where(Attempt.key == key[:200]))
