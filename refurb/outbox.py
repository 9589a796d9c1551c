"""What is to be done after a deed, as a row in the transaction of the deed; the worker drains it.

Neither mail nor a document is made inside a request's transaction: the row is there exactly when the deed is. What a
person has just asked for passes before what the worker asked of itself: a night's statements delay nobody's paper.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from refurb.db import Base, Code, pk

#: After so many tries a row is left for a person to look at.
MAX_ATTEMPTS = 8
#: How long a claimed row stays out of reach of another worker: longer than any handler runs.
CLAIM = timedelta(minutes=10)

#: Key in `session.info` while what is asked is asked by the worker itself, and nobody waits for it.
_BACKGROUND = "outbox.background"

Handler = Callable[[Session, dict[str, Any]], None]
#: Filled by create_app() from each area's jobs: what to do with a row of that kind.
HANDLERS: dict[str, Handler] = {}


class OutboxRow(Base):
    """One thing to do. Done when `done_at` is set; left to a person when `failed_at` is."""

    __tablename__ = "outbox"
    __table_args__ = (
        sa.Index(
            "ix_outbox_waiting",
            "is_background",
            "due_at",
            sqlite_where=sa.text("done_at IS NULL AND failed_at IS NULL"),
            postgresql_where=sa.text("done_at IS NULL AND failed_at IS NULL"),
        ),
    )
    id: Mapped[pk]
    kind: Mapped[Code]
    payload: Mapped[dict[str, Any]]
    #: Nobody waits for it at a page: it gives way to what somebody does wait for.
    is_background: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    claimed_until: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    error: Mapped[str | None]
    #: The `code` of the error, where it has one: what its sentence is chosen by.
    error_code: Mapped[str | None] = mapped_column(sa.String(40))


def enqueue(session: Session, kind: str, payload: dict[str, Any], *, due_at: datetime | None = None) -> OutboxRow:
    """Add a row to the running transaction; raises KeyError for a kind that nobody handles."""
    if kind not in HANDLERS:
        raise KeyError(kind)
    now = datetime.now(UTC)
    row = OutboxRow(
        kind=kind,
        payload=payload,
        is_background=session.info.get(_BACKGROUND, False),
        created_at=now,
        due_at=due_at or now,
        attempts=0,
    )
    session.add(row)
    return row


@contextmanager
def in_background(session: Session) -> Iterator[None]:
    """Let what is enqueued meanwhile give way to what persons ask: the calendar's tasks, and what rows lead to."""
    before = session.info.get(_BACKGROUND, False)
    session.info[_BACKGROUND] = True
    try:
        yield
    finally:
        session.info[_BACKGROUND] = before


def background_row(session: Session, kind: str, key: str, value: int) -> OutboxRow | None:
    """Return the row of this kind and payload that waits behind what persons ask, if there is one."""
    return session.scalars(
        sa.select(OutboxRow)
        .where(
            OutboxRow.done_at.is_(None),
            OutboxRow.failed_at.is_(None),
            OutboxRow.is_background,
            OutboxRow.kind == kind,
            OutboxRow.payload[key].as_integer() == value,
        )
        .limit(1)
    ).first()


def hasten(session: Session, row_id: int) -> None:
    """Let a row pass before all that nobody waits for."""
    session.execute(sa.update(OutboxRow).where(OutboxRow.id == row_id).values(is_background=False))


def claim(session: Session, *, now: datetime) -> OutboxRow | None:
    """Take the next due row for this worker and commit, so that no other takes it; None when nothing waits.

    What persons wait for first, in the order of asking; then the rest.
    """
    query = (
        sa.select(OutboxRow)
        .where(
            OutboxRow.done_at.is_(None),
            OutboxRow.failed_at.is_(None),
            OutboxRow.due_at <= now,
            sa.or_(OutboxRow.claimed_until.is_(None), OutboxRow.claimed_until < now),
        )
        .order_by(OutboxRow.is_background, OutboxRow.due_at, OutboxRow.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = session.scalars(query).first()
    if row is not None:
        row.claimed_until, row.attempts = now + CLAIM, row.attempts + 1
    session.commit()
    return row


def drain(session: Session, *, limit: int = 1000) -> int:
    """Carry out what waits, each row in a transaction of its own; return how many were done."""
    done = 0
    for _ in range(limit):
        now = datetime.now(UTC)
        row = claim(session, now=now)
        if row is None:
            break
        row_id, kind, payload, attempts = row.id, row.kind, dict(row.payload), row.attempts
        try:
            with in_background(session):
                HANDLERS[kind](session, payload)
        except Exception as error:
            session.rollback()
            row = session.get_one(OutboxRow, row_id)
            row.error, row.claimed_until = f"{type(error).__name__}: {error}"[:2000], None
            code = getattr(error, "code", None)
            row.error_code = code[:40] if isinstance(code, str) else None
            if attempts >= MAX_ATTEMPTS or getattr(error, "is_final", False):
                row.failed_at = now
            else:
                row.due_at = now + timedelta(seconds=15 * 4 ** (attempts - 1))
        else:
            row = session.get_one(OutboxRow, row_id)
            row.done_at, row.error, row.error_code = datetime.now(UTC), None, None
            # A message's context holds the links it carries, whose tokens are stored hashed and nowhere else.
            row.payload = {key: value for key, value in payload.items() if key != "context"}
            done += 1
        session.commit()
    return done
