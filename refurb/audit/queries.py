"""Read the log."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.audit.models import Event

#: Asked by every scan, so built once.
_BY_CLIENT_UUID = sa.select(Event).where(Event.client_uuid == sa.bindparam("uuid"))
#: Key in `session.info` of the client's number that this transaction found free, so that it is asked once.
UNSEEN = "audit.unseen"


def of_subject(session: Session, subject_kind: str, subject_id: int, *, limit: int = 200) -> Sequence[Event]:
    """Return the latest events of one subject, newest first."""
    return session.scalars(
        sa.select(Event)
        .where(Event.subject_kind == subject_kind, Event.subject_id == subject_id)
        .order_by(Event.seq.desc())
        .limit(limit)
    ).all()


def note_unseen(session: Session, client_uuid: str) -> None:
    """Say that no event bears this client's number, as the transaction that runs has read."""
    session.info[UNSEEN] = (session.get_transaction(), client_uuid)


def by_client_uuid(session: Session, client_uuid: str) -> Event | None:
    """Return the event that this client's deed made, if it was received already."""
    if session.info.get(UNSEEN) == (session.get_transaction(), client_uuid):
        return None
    return session.scalar(_BY_CLIENT_UUID, {"uuid": client_uuid})


def last_with_status(session: Session, subject_kind: str, subject_id: int) -> Event | None:
    """Return the last event of the subject that carries a status."""
    return session.scalar(
        sa.select(Event)
        .where(Event.subject_kind == subject_kind, Event.subject_id == subject_id, Event.after.is_not(None))
        .order_by(Event.seq.desc())
        .limit(1)
    )
