"""Appointments and hand-overs."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from refurb.core.equipment import Mode
from refurb.core.handover import Signature
from refurb.db import Base, Code, enum_type, pk
from refurb.devices.models import Device
from refurb.matching.models import Reservation
from refurb.needs.models import Need
from refurb.organisations.models import Place


class Appointment(Base):
    """Where and when a reserved machine is to be handed over. A new one replaces the last of its reservation."""

    __tablename__ = "appointment"
    id: Mapped[pk]
    reservation_id: Mapped[int] = mapped_column(sa.ForeignKey("reservation.id"), index=True)
    place_id: Mapped[int] = mapped_column(sa.ForeignKey("place.id"))
    starts_at: Mapped[datetime] = mapped_column(index=True)
    ends_at: Mapped[datetime]
    agreed_at: Mapped[datetime]
    agreed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    missed_at: Mapped[datetime | None]
    #: Replaced by another, or its reservation released.
    cancelled_at: Mapped[datetime | None]
    reservation: Mapped[Reservation] = relationship(lazy="raise")
    place: Mapped[Place] = relationship(lazy="raise")


class Handover(Base):
    """A machine in its household's hands, under an `H` code; what was given with it, on which terms."""

    __tablename__ = "handover"
    __table_args__ = (
        sa.CheckConstraint("mode <> 'loan' OR price_cents = 0", name="loan_without_price"),
        sa.CheckConstraint("price_cents >= 0", name="price_not_negative"),
    )
    id: Mapped[pk]
    code: Mapped[Code] = mapped_column(unique=True)
    need_id: Mapped[int] = mapped_column(sa.ForeignKey("need.id"), index=True)
    device_id: Mapped[int] = mapped_column(sa.ForeignKey("device.id"), index=True)
    reservation_id: Mapped[int] = mapped_column(sa.ForeignKey("reservation.id"), unique=True)
    place_id: Mapped[int | None] = mapped_column(sa.ForeignKey("place.id"))
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    mode: Mapped[Mode] = mapped_column(enum_type(Mode))
    price_cents: Mapped[int] = mapped_column(default=0)
    accessories: Mapped[list[str]] = mapped_column(default=list)
    #: How it was signed for; no name is kept, the detail says in whose presence, as a function.
    signature: Mapped[Signature] = mapped_column(enum_type(Signature))
    signature_detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    warranty_until: Mapped[date | None]
    loan_until: Mapped[date | None]
    deposit_cents: Mapped[int | None]
    #: The version of the legal tables that opened this mode at this price.
    rules_version: Mapped[str] = mapped_column(sa.String(20))
    after_sales_contact: Mapped[str]
    handed_over_at: Mapped[datetime] = mapped_column(index=True)
    handed_over_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    returned_at: Mapped[datetime | None]
    return_motive: Mapped[str | None] = mapped_column(sa.String(60))
    need: Mapped[Need] = relationship(lazy="raise")
    device: Mapped[Device] = relationship(lazy="raise")
    place: Mapped[Place | None] = relationship(lazy="raise")
    reservation: Mapped[Reservation] = relationship(lazy="raise")
