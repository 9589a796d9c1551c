"""What is set aside for whom."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from refurb.core.equipment import Mode
from refurb.db import Base, enum_type, pk
from refurb.devices.models import Device
from refurb.needs.models import Need


class Ending(StrEnum):
    """How a reservation ended."""

    HANDED_OVER = "handed_over"
    RELEASED = "released"
    EXPIRED = "expired"
    DECLINED = "declined"
    DEVICE_LEFT = "device_left"


class Reservation(Base):
    """One machine set aside for one need. Open while `ended_at` is empty: at most one on either side, by index."""

    __tablename__ = "reservation"
    __table_args__ = (
        sa.Index(
            "uq_reservation_open_device",
            "device_id",
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
        sa.Index(
            "uq_reservation_open_need",
            "need_id",
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
        sa.CheckConstraint("(ended_at IS NULL) = (ending IS NULL)", name="ending_with_end"),
    )
    id: Mapped[pk]
    need_id: Mapped[int] = mapped_column(sa.ForeignKey("need.id"), index=True)
    device_id: Mapped[int] = mapped_column(sa.ForeignKey("device.id"), index=True)
    mode: Mapped[Mode] = mapped_column(enum_type(Mode))
    made_at: Mapped[datetime]
    made_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    #: 23:59 of the tenth working day, where the instance is.
    expires_at: Mapped[datetime] = mapped_column(index=True)
    #: What the service answered; None while it has not.
    accepted_at: Mapped[datetime | None]
    picked_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ending: Mapped[Ending | None] = mapped_column(enum_type(Ending))
    motive: Mapped[str | None]
    need: Mapped[Need] = relationship(lazy="raise")
    device: Mapped[Device] = relationship(lazy="raise")
