"""What was scanned: the pile is an object, with a ledger that can be counted, undone and printed; and who may scan."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from refurb.accounts.models import Account
from refurb.audit.models import Event
from refurb.core.scanning import Answer
from refurb.core.workflow import Status
from refurb.db import Base, Code, Name, enum_type, pk
from refurb.devices.models import Device
from refurb.organisations.models import Place


class ScanPile(Base):
    """The scans one person made in a row, for one organisation, in one browser; at most one is open, by index.

    Of one browser, because a telephone that was away sends its scans late, and they mean what was set on it.

    `command` is what the next machines will undergo (a key of core.scanning.COMMANDS), `place_id` where they are put,
    `context` what another area wants done with each scan, as "area:reference".
    """

    __tablename__ = "scan_pile"
    __table_args__ = (
        sa.Index(
            "uq_scan_pile_open",
            "account_id",
            "organisation_id",
            "client",
            unique=True,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        ),
    )
    id: Mapped[pk]
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    #: Drawn by the browser and kept in its cookie; empty without one.
    client: Mapped[str] = mapped_column(sa.String(36), default="")
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    command: Mapped[str | None] = mapped_column(sa.String(40))
    place_id: Mapped[int | None] = mapped_column(sa.ForeignKey("place.id"))
    context: Mapped[str | None] = mapped_column(sa.String(80))
    place: Mapped[Place | None] = relationship(lazy="raise")


class Scan(Base):
    """One scan and its answer, kept as codes: the sentence is chosen when it is read."""

    __tablename__ = "scan"
    #: The counts of a pile are answered from its index alone.
    __table_args__ = (
        sa.Index(
            "ix_scan_of_pile",
            *("pile_id", "id", "answer", "reason", "event_id", "device_id", "undone_at", "settled_at"),
        ),
    )
    id: Mapped[pk]
    pile_id: Mapped[int] = mapped_column(sa.ForeignKey("scan_pile.id"))
    #: Given by the browser, so that a scan sent twice is one.
    client_uuid: Mapped[str] = mapped_column(sa.String(36), unique=True)
    #: As it came, cut to a length; and what it was read as.
    text: Mapped[str] = mapped_column(sa.String(400))
    code: Mapped[Code | None]
    device_id: Mapped[int | None] = mapped_column(sa.ForeignKey("device.id"), index=True)
    command: Mapped[str | None] = mapped_column(sa.String(40))
    answer: Mapped[Answer] = mapped_column(enum_type(Answer))
    #: What was done, or why nothing was: a code of desk.words.
    reason: Mapped[str] = mapped_column(sa.String(60))
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    #: What the scan made, and what an undo takes back.
    event_id: Mapped[int | None] = mapped_column(sa.ForeignKey("event.id"))
    at: Mapped[datetime]
    client_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]
    #: When somebody dealt with what was refused, unknown or waiting: set aside, linked, confirmed.
    settled_at: Mapped[datetime | None]
    device: Mapped[Device | None] = relationship(lazy="raise")
    event: Mapped[Event | None] = relationship(lazy="raise")


class Badge(Base):
    """A card with a `U` code that says who scans, with a PIN: its bearer needs neither address nor password."""

    __tablename__ = "badge"
    id: Mapped[pk]
    code: Mapped[Code] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    #: Argon2id, like a password.
    pin_hash: Mapped[str]
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    account: Mapped[Account] = relationship(lazy="raise")


class Stocktake(Base):
    """A count of what stands at a place or came with a gift; several people may scan into one."""

    __tablename__ = "stocktake"
    id: Mapped[pk]
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    #: What is counted, as it is called: a shelf's name, a gift's.
    title: Mapped[Name]
    place_id: Mapped[int | None] = mapped_column(sa.ForeignKey("place.id"))
    lot_id: Mapped[int | None] = mapped_column(sa.ForeignKey("lot.id"))
    opened_at: Mapped[datetime]
    opened_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    closed_at: Mapped[datetime | None]


class StocktakeItem(Base):
    """One machine that a count expected or met, or a text that no machine answers to."""

    __tablename__ = "stocktake_item"
    __table_args__ = (sa.UniqueConstraint("stocktake_id", "device_id"),)
    id: Mapped[pk]
    stocktake_id: Mapped[int] = mapped_column(sa.ForeignKey("stocktake.id"), index=True)
    device_id: Mapped[int | None] = mapped_column(sa.ForeignKey("device.id"), index=True)
    text: Mapped[str | None] = mapped_column(sa.String(400))
    #: Expected when the count was opened.
    expected: Mapped[bool]
    found_at: Mapped[datetime | None]
    #: What it stood at when it was found, by name: where the record said it was, when that was elsewhere.
    recorded_at: Mapped[str | None] = mapped_column(sa.String(300))
    #: The status it was noted with when it was met, where the record had it gone or lost.
    noted: Mapped[Status | None] = mapped_column(enum_type(Status))
    device: Mapped[Device | None] = relationship(lazy="raise")
