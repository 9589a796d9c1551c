"""Mail that did not leave, with its reason; addresses are shown as far as needed to know whom to call."""

import re
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.outbox import OutboxRow

MAIL = "mail.send"
_ADDRESS = re.compile(r"([\w.+-])[\w.+-]*@([\w-]+(?:\.[\w-]+)+)")


def rows(session: Session, limit: int = 200) -> Sequence[OutboxRow]:
    """Return what was given up, then what is tried again later, the latest first."""
    query = sa.select(OutboxRow).where(
        OutboxRow.kind == MAIL,
        OutboxRow.done_at.is_(None),
        sa.or_(OutboxRow.failed_at.is_not(None), OutboxRow.attempts > 0),
    )
    given_up = sa.case((OutboxRow.failed_at.is_not(None), 0), else_=1)
    return session.scalars(query.order_by(given_up, OutboxRow.id.desc()).limit(limit)).all()


def given_up(session: Session) -> int:
    """Return how many messages wait for a person."""
    query = sa.select(sa.func.count()).where(OutboxRow.kind == MAIL, OutboxRow.failed_at.is_not(None))
    return session.scalar(query) or 0


def masked(text: str) -> str:
    """Return the text with each address cut to its first letter and its domain: `n•••@ccas.example`."""
    return _ADDRESS.sub(r"\1•••@\2", text)


def recipient(row: OutboxRow) -> str:
    """Return to whom the message goes, masked."""
    to = row.payload.get("to") or ""
    return masked(to if isinstance(to, str) else ", ".join(to))
