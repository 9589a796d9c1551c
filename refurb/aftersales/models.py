"""Tickets: a fault after the hand-over, and what was done about it."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from refurb.db import Base, Code, pk
from refurb.devices.models import Device
from refurb.handover.models import Handover


class Ticket(Base):
    """One fault, under a `T` code."""

    __tablename__ = "ticket"
    id: Mapped[pk]
    code: Mapped[Code] = mapped_column(unique=True)
    device_id: Mapped[int] = mapped_column(sa.ForeignKey("device.id"), index=True)
    handover_id: Mapped[int | None] = mapped_column(sa.ForeignKey("handover.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    fault: Mapped[str] = mapped_column(sa.String(60))
    description: Mapped[str | None]
    opened_at: Mapped[datetime]
    opened_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    #: What was done, as a code; None while open.
    outcome: Mapped[str | None] = mapped_column(sa.String(60))
    part: Mapped[str | None] = mapped_column(sa.String(100))
    closed_at: Mapped[datetime | None]
    device: Mapped[Device] = relationship(lazy="raise")
    handover: Mapped[Handover | None] = relationship(lazy="raise")
