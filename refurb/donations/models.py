"""Lots: what is offered, accepted line by line, collected, and counted at arrival."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from refurb.core.equipment import DiskWish, Form, Origin, Regime
from refurb.db import Base, Code, Name, enum_type, pk
from refurb.devices.models import Device
from refurb.organisations.models import LegalType, Organisation


class LineState(StrEnum):
    """How far one line of a lot has come. Lines have states, devices have theirs."""

    DECLARED = "declared"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    COLLECTED = "collected"
    RECEIVED = "received"


class DonationDraft(Base):
    """A form begun and not sent, found again by its link for 30 days."""

    __tablename__ = "donation_draft"
    id: Mapped[pk]
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    data: Mapped[dict[str, Any]]
    #: What was read from the uploaded list, as JSON without the columns about persons; the file itself is not kept.
    file_sha256: Mapped[str | None] = mapped_column(sa.ForeignKey("blob.sha256"))
    file_name: Mapped[str | None] = mapped_column(sa.String(200))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Lot(Base):
    """One gift, under a `D` code. Never deleted."""

    __tablename__ = "lot"
    id: Mapped[pk]
    code: Mapped[Code] = mapped_column(unique=True)
    supplier_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    #: As typed in the form; the coordination ties the lot to an organisation.
    supplier_name: Mapped[Name]
    siret: Mapped[str | None] = mapped_column(sa.String(14), index=True)
    legal_type: Mapped[LegalType] = mapped_column(enum_type(LegalType))
    origin: Mapped[Origin] = mapped_column(enum_type(Origin))
    regime: Mapped[Regime] = mapped_column(enum_type(Regime))
    #: Two contacts and the signatory: {"name", "role", "email", "phone"} each.
    contacts: Mapped[list[dict[str, Any]]]
    signatory: Mapped[dict[str, Any] | None]
    disk_wish: Mapped[DiskWish] = mapped_column(enum_type(DiskWish), default=DiskWish.WIPE)
    locks: Mapped[str | None]
    address: Mapped[str | None]
    postcode: Mapped[str | None] = mapped_column(sa.String(10))
    commune_code: Mapped[str | None] = mapped_column(sa.String(5))
    epci_code: Mapped[str | None] = mapped_column(sa.String(9), index=True)
    slots: Mapped[str | None]
    comment: Mapped[str | None]
    conditions_version: Mapped[int | None]
    conditions_accepted_at: Mapped[datetime | None]
    #: A machine brought to the counter by a private person: no name is kept.
    is_counter_deposit: Mapped[bool] = mapped_column(default=False)
    language: Mapped[str] = mapped_column(sa.String(2), default="fr")
    declared_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    supplier: Mapped[Organisation | None] = relationship(lazy="raise")
    lines: Mapped[list["LotLine"]] = relationship(back_populates="lot", lazy="raise", order_by="LotLine.position")
    shares: Mapped[list["LotShare"]] = relationship(back_populates="lot", lazy="raise")

    __mapper_args__ = {"version_id_col": version}


class LotShare(Base):
    """The part of a lot offered to one workshop: the whole, or some of its lines."""

    __tablename__ = "lot_share"
    id: Mapped[pk]
    lot_id: Mapped[int] = mapped_column(sa.ForeignKey("lot.id"), index=True)
    workshop_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    offered_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    accepted: Mapped[bool | None]
    motive: Mapped[str | None]
    pickup_on: Mapped[date | None]
    #: Hours, and what was agreed about the door, in plain words.
    pickup_window: Mapped[str | None] = mapped_column(sa.String(200))
    #: Pieces counted when the lot was loaded, and chargers with them.
    collected_count: Mapped[int | None]
    chargers_received: Mapped[int | None]
    collected_at: Mapped[datetime | None]
    counted_at: Mapped[datetime | None]
    #: The reuse statement in force, and whether it tells the end of every machine.
    statement_id: Mapped[int | None] = mapped_column(sa.ForeignKey("document.id"))
    is_statement_final: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
    lot: Mapped[Lot] = relationship(back_populates="shares", lazy="raise")
    workshop: Mapped[Organisation] = relationship(lazy="raise")
    lines: Mapped[list["LotLine"]] = relationship(back_populates="share", lazy="raise", order_by="LotLine.position")
    finds: Mapped[list["ArrivalFind"]] = relationship(back_populates="share", lazy="raise")

    __mapper_args__ = {"version_id_col": version}


class LotLine(Base):
    """One machine, or several alike without serials, as the giver declared it and as it arrived."""

    __tablename__ = "lot_line"
    __table_args__ = (
        sa.UniqueConstraint("lot_id", "position"),
        sa.Index("ix_lot_line_lot_state", "lot_id", "state", "share_id"),
        sa.CheckConstraint("quantity >= 1", name="quantity_positive"),
    )
    id: Mapped[pk]
    lot_id: Mapped[int] = mapped_column(sa.ForeignKey("lot.id"))
    share_id: Mapped[int | None] = mapped_column(sa.ForeignKey("lot_share.id"), index=True)
    position: Mapped[int]
    state: Mapped[LineState] = mapped_column(enum_type(LineState), default=LineState.DECLARED)
    refusal: Mapped[str | None] = mapped_column(sa.String(60))
    #: Added at arrival: nobody had declared it.
    is_extra: Mapped[bool] = mapped_column(default=False)
    quantity: Mapped[int] = mapped_column(default=1)
    #: How many arrived of what gets no code of its own (keyboards, cables); machines are counted by their arrivals.
    counted: Mapped[int] = mapped_column(default=0)
    #: How many were looked for at the count and not found; set when the count is finished.
    missing: Mapped[int] = mapped_column(default=0)
    form: Mapped[Form] = mapped_column(enum_type(Form))
    #: What the list called it, for what has no form of its own: "keyboard", "cable".
    kind: Mapped[str | None] = mapped_column(sa.String(40))
    maker: Mapped[str | None] = mapped_column(sa.String(100))
    model: Mapped[str | None] = mapped_column(sa.String(200))
    serial: Mapped[str | None] = mapped_column(sa.String(100))
    #: The folded serial, as devices fold it: what finds a line by a scan, or a double by a list.
    serial_key: Mapped[str | None] = mapped_column(sa.String(100), index=True)
    #: The giver's own inventory number, in which every answer to them is written.
    inventory_number: Mapped[str | None] = mapped_column(sa.String(100))
    year: Mapped[int | None]
    has_charger: Mapped[bool | None]
    is_wiped: Mapped[bool | None]
    has_disk: Mapped[bool | None]
    lock: Mapped[str | None] = mapped_column(sa.String(60))
    book_value_cents: Mapped[int | None]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    lot: Mapped[Lot] = relationship(back_populates="lines", lazy="raise")
    share: Mapped[LotShare | None] = relationship(back_populates="lines", lazy="raise")
    arrivals: Mapped[list["Arrival"]] = relationship(back_populates="line", lazy="raise")


class ArrivalFind(Base):
    """What the count met and no line explains: a serial that nobody declared. Settled by a scan or a click."""

    __tablename__ = "arrival_find"
    id: Mapped[pk]
    share_id: Mapped[int] = mapped_column(sa.ForeignKey("lot_share.id"), index=True)
    text: Mapped[str] = mapped_column(sa.String(120))
    key: Mapped[str] = mapped_column(sa.String(100))
    #: The blank label that was in hand when it was scanned.
    label: Mapped[str | None] = mapped_column(sa.String(40))
    found_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    #: "line", "extra", "ignored".
    how: Mapped[str | None] = mapped_column(sa.String(20))
    device_id: Mapped[int | None] = mapped_column(sa.ForeignKey("device.id"))
    share: Mapped[LotShare] = relationship(back_populates="finds", lazy="raise")


class Arrival(Base):
    """The birth of one device from one line."""

    __tablename__ = "arrival"
    line_id: Mapped[int] = mapped_column(sa.ForeignKey("lot_line.id"), index=True)
    device_id: Mapped[int] = mapped_column(sa.ForeignKey("device.id"), primary_key=True)
    at: Mapped[datetime]
    line: Mapped[LotLine] = relationship(back_populates="arrivals", lazy="raise")
    device: Mapped[Device] = relationship(lazy="raise")


class LotLink(Base):
    """A link that follows a gift without an account: forwarded, renewed, revoked."""

    __tablename__ = "lot_link"
    id: Mapped[pk]
    lot_id: Mapped[int] = mapped_column(sa.ForeignKey("lot.id"), index=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    #: How it came to be: "giver", "forwarded", "renewed", "found".
    origin: Mapped[str] = mapped_column(sa.String(20), default="giver")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    lot: Mapped[Lot] = relationship(lazy="raise")
