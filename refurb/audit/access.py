"""The access record: who opened what, written before the page is sent."""

from collections.abc import Iterable
from datetime import datetime

from refurb.audit.services import Author, record
from refurb.db import db


def record_access(subject_kind: str, subject_id: int, kind: str, *, by: Author, at: datetime) -> None:
    """Record that `by` opened the subject, in a short transaction of its own.

    A GET reads in a read-only transaction; this is its one permitted write (design.md section 7).
    """
    with db.sessionmaker() as session:
        record(session, subject_kind, subject_id, kind, by=by, at=at)
        session.commit()


def record_accesses(subject_kind: str, subject_ids: Iterable[int], kind: str, *, by: Author, at: datetime) -> None:
    """Record that `by` opened several subjects on one page, in one such transaction."""
    wanted = sorted(subject_ids)
    if not wanted:
        return
    with db.sessionmaker() as session:
        for subject_id in wanted:
            record(session, subject_kind, subject_id, kind, by=by, at=at)
        session.commit()
