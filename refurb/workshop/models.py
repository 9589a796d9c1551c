"""What a workshop chooses, installs and ticks."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from refurb.core.workflow import SecondPerson
from refurb.db import Base, enum_type, pk
from refurb.devices.models import Device


class WorkshopSettings(Base):
    """Which steps a workshop scans (the others are written as implied), and who controls. No row means the defaults."""

    __tablename__ = "workshop_settings"
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"), primary_key=True)
    #: Values of core.workflow.Action; None: every step.
    scanned_steps: Mapped[list[str] | None]
    #: What it installs when a scan does not say; None: the system is always asked.
    default_os_id: Mapped[int | None] = mapped_column(sa.ForeignKey("operating_system.id"))
    second_person: Mapped[SecondPerson] = mapped_column(enum_type(SecondPerson), default=SecondPerson.PREFERRED)
    changed_at: Mapped[datetime]


class OperatingSystem(Base):
    """One system that is installed, with the date after which it must be replaced."""

    __tablename__ = "operating_system"
    __table_args__ = (sa.UniqueConstraint("name", "release"),)
    id: Mapped[pk]
    name: Mapped[str] = mapped_column(sa.String(100))
    release: Mapped[str] = mapped_column(sa.String(40))
    #: "linux" or "windows", as the matching reads it.
    family: Mapped[str] = mapped_column(sa.String(10), default="linux")
    end_of_support: Mapped[date | None]
    is_offered: Mapped[bool] = mapped_column(default=True)


class Installation(Base):
    """A system put on a machine: which, by whom, and how the first start behaves."""

    __tablename__ = "installation"
    id: Mapped[pk]
    device_id: Mapped[int] = mapped_column(sa.ForeignKey("device.id"), index=True)
    os_id: Mapped[int] = mapped_column(sa.ForeignKey("operating_system.id"))
    #: "oem": the household makes its own account at first start; "guest": a shared post; "prepared": made beforehand.
    first_boot: Mapped[str] = mapped_column(sa.String(20))
    installed_at: Mapped[datetime]
    installed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    device: Mapped[Device] = relationship(lazy="raise")
    os: Mapped[OperatingSystem] = relationship(lazy="raise")


class Control(Base):
    """One page of ticks before stock: `items` maps each point of the checklist to ok, failed or not_applicable."""

    __tablename__ = "control"
    id: Mapped[pk]
    device_id: Mapped[int] = mapped_column(sa.ForeignKey("device.id"), index=True)
    checklist_version: Mapped[int]
    items: Mapped[dict[str, Any]]
    passed: Mapped[bool]
    note: Mapped[str | None]
    controlled_at: Mapped[datetime]
    controlled_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    device: Mapped[Device] = relationship(lazy="raise")
