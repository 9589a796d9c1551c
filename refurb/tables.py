"""The editable tables of domain.md (points, policy, profiles, classes, caps, factors), with their versions.

Version 1 of a table is in the code that reads it; what a coordination adopts afterwards is a row, never changed again,
so that every result can name the version that gave it and be computed once more.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from refurb.audit.services import record
from refurb.db import Base, pk
from refurb.security import Actor


class AdoptedTable(Base):
    """One version of one table, from 2 on."""

    __tablename__ = "adopted_table"
    __table_args__ = (sa.UniqueConstraint("kind", "version"),)
    id: Mapped[pk]
    kind: Mapped[str] = mapped_column(sa.String(40))
    version: Mapped[int]
    content: Mapped[dict[str, Any]]
    #: Why it was changed, in the words of whoever adopted it: the minutes of the board name it.
    motive: Mapped[str] = mapped_column(sa.String(1000))
    adopted_at: Mapped[datetime]
    #: The account, by number; accounts hold the names.
    adopted_by: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))


class TableRefused(Exception):
    """A version that cannot be adopted; `code` is "not-the-latest": somebody adopted another one meanwhile."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Version:
    """One version as its readers get it; the first has neither author nor date."""

    number: int
    content: dict[str, Any]
    motive: str = ""
    adopted_at: datetime | None = None
    adopted_by: int | None = None


def versions(session: Session, kind: str, first: dict[str, Any]) -> list[Version]:
    """Return every version of a table, the latest first; `first` is what the code ships as version 1."""
    rows = session.scalars(
        sa.select(AdoptedTable).where(AdoptedTable.kind == kind).order_by(AdoptedTable.version.desc())
    )
    return [*(_read(row) for row in rows), Version(1, first)]


def current(session: Session, kind: str, first: dict[str, Any]) -> Version:
    """Return the version in force, which is the latest."""
    row = session.scalar(
        sa.select(AdoptedTable).where(AdoptedTable.kind == kind).order_by(AdoptedTable.version.desc()).limit(1)
    )
    return Version(1, first) if row is None else _read(row)


def at_version(session: Session, kind: str, number: int, first: dict[str, Any]) -> Version:
    """Return the version of that number; raises LookupError when there is none."""
    if number == 1:
        return Version(1, first)
    row = session.scalar(sa.select(AdoptedTable).where(AdoptedTable.kind == kind, AdoptedTable.version == number))
    if row is None:
        raise LookupError(f"{kind} {number}")
    return _read(row)


def adopt(
    session: Session, kind: str, content: dict[str, Any], *, after: int, motive: str, by: Actor, at: datetime
) -> Version:
    """Put a new version in force; `after` is the one its author started from. Raises TableRefused("not-the-latest").

    The content is checked by whoever reads it, before this is called.
    """
    row = AdoptedTable(kind=kind, version=after + 1, content=content, motive=motive, adopted_at=at, adopted_by=by.id)
    latest = session.scalar(sa.select(sa.func.max(AdoptedTable.version)).where(AdoptedTable.kind == kind)) or 1
    if latest != after:
        raise TableRefused("not-the-latest")
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError as error:
        raise TableRefused("not-the-latest") from error
    record(session, "table", row.id, "table.adopted", by=by, at=at, payload={"table": kind, "version": row.version})
    return _read(row)


def _read(row: AdoptedTable) -> Version:
    return Version(row.version, row.content, row.motive, row.adopted_at, row.adopted_by)
