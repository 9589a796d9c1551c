"""What a workshop chooses, installs and ticks."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from refurb.core.checklist import Tick
from refurb.core.locks import WAIT_DAYS, Letter, LockKind
from refurb.core.workflow import SecondPerson
from refurb.db import Base, enum_type, pk
from refurb.devices.models import Device
from refurb.donations.models import Lot


class WorkshopSettings(Base):
    """Which steps a workshop scans (the others are written as implied), and who controls. No row means the defaults."""

    __tablename__ = "workshop_settings"
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"), primary_key=True)
    #: Values of core.workflow.Action; None: every step.
    scanned_steps: Mapped[list[str] | None]
    #: What it installs when a scan does not say; None: the system is always asked.
    default_os_id: Mapped[int | None] = mapped_column(sa.ForeignKey("operating_system.id"))
    second_person: Mapped[SecondPerson] = mapped_column(enum_type(SecondPerson), default=SecondPerson.PREFERRED)
    #: How many days a locked machine waits for its giver before it goes to parts.
    lock_days: Mapped[int] = mapped_column(default=WAIT_DAYS)
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


# -- On the bench -----------------------------------------------------------------------------------------------------
class BenchTick(Base):
    """What somebody found at one point of the checklist while working, by hand or through the agent's questions.

    The latest since the machine was opened up counts; the control, which is another person's, begins from these.
    """

    __tablename__ = "bench_tick"
    __table_args__ = (sa.Index("ix_bench_tick_device_id_point", "device_id", "point"),)
    id: Mapped[pk]
    device_id: Mapped[int] = mapped_column(sa.ForeignKey("device.id"))
    #: A code of core.checklist.
    point: Mapped[str] = mapped_column(sa.String(40))
    tick: Mapped[Tick] = mapped_column(enum_type(Tick))
    ticked_at: Mapped[datetime]
    ticked_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    #: The bench whose agent brought it; None for a person's own tick on a page.
    station: Mapped[str | None] = mapped_column(sa.String(100))


class AgentRun(Base):
    """An agent at work on a machine, and the question it stands at: the bench page answers it from a phone."""

    __tablename__ = "agent_run"
    __table_args__ = (sa.UniqueConstraint("organisation_id", "report_key"),)
    id: Mapped[pk]
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    #: The number that the agent gave its report.
    report_key: Mapped[str] = mapped_column(sa.String(64))
    device_id: Mapped[int] = mapped_column(sa.ForeignKey("device.id"), index=True)
    station: Mapped[str] = mapped_column(sa.String(100))
    #: The point of the checklist it asks about now; None: it asks nothing.
    question: Mapped[str | None] = mapped_column(sa.String(40))
    asked_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class PhotoPurpose(StrEnum):
    """What a photo shows."""

    DEFECT = "defect"
    RESET = "reset"


class DevicePhoto(Base):
    """A photo of a machine, cut to 2,000 pixels and without the telephone's data; `sha256` goes when it is removed."""

    __tablename__ = "device_photo"
    id: Mapped[pk]
    device_id: Mapped[int] = mapped_column(sa.ForeignKey("device.id"), index=True)
    purpose: Mapped[PhotoPurpose] = mapped_column(enum_type(PhotoPurpose), default=PhotoPurpose.DEFECT)
    sha256: Mapped[str | None] = mapped_column(sa.ForeignKey("blob.sha256"), index=True)
    width: Mapped[int]
    height: Mapped[int]
    note: Mapped[str | None] = mapped_column(sa.String(200))
    taken_at: Mapped[datetime]
    taken_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    removed_at: Mapped[datetime | None]


class PocketCheck(Base):
    """What is looked at on a tablet or a telephone only. None: nobody has looked yet."""

    __tablename__ = "pocket_check"
    device_id: Mapped[int] = mapped_column(sa.ForeignKey("device.id"), primary_key=True)
    imei: Mapped[str | None] = mapped_column(sa.String(15), index=True)
    imei2: Mapped[str | None] = mapped_column(sa.String(15), index=True)
    #: "none", "apple", "google" (Samsung and Xiaomi accounts too): what still holds it.
    account: Mapped[str | None] = mapped_column(sa.String(20))
    #: Whether an operator still holds it to its network.
    operator_locked: Mapped[bool | None]
    cards_removed: Mapped[bool | None]
    changed_at: Mapped[datetime]


class ResetAttestation(Base):
    """Somebody reset a tablet or a telephone, saw it begin anew, and photographed it: evidence of its one medium."""

    __tablename__ = "reset_attestation"
    wipe_id: Mapped[int] = mapped_column(sa.ForeignKey("medium_wipe.id"), primary_key=True)
    device_id: Mapped[int] = mapped_column(sa.ForeignKey("device.id"), index=True)
    photo_id: Mapped[int] = mapped_column(sa.ForeignKey("device_photo.id"))
    method: Mapped[str] = mapped_column(sa.String(40))
    attested_at: Mapped[datetime]


class AgentSeen(Base):
    """What the last report of the agent told, by its own words, and the marks of the system: two alike are a copy."""

    __tablename__ = "agent_seen"
    device_id: Mapped[int] = mapped_column(sa.ForeignKey("device.id"), primary_key=True)
    machine_id_sha256: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    hostname_sha256: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    #: devices.readings.reading.Reading.extra, less the marks: firmware, measures, the system's name.
    told: Mapped[dict[str, Any]] = mapped_column(default=dict)
    seen_at: Mapped[datetime]
    report_id: Mapped[int] = mapped_column(sa.ForeignKey("report.id"))


# -- Locked -----------------------------------------------------------------------------------------------------------
class DeviceLock(Base):
    """One lock on one machine, until it is lifted."""

    __tablename__ = "device_lock"
    __table_args__ = (
        sa.Index(
            "uq_device_lock_open",
            "device_id",
            "kind",
            unique=True,
            sqlite_where=sa.text("released_at IS NULL"),
            postgresql_where=sa.text("released_at IS NULL"),
        ),
    )
    id: Mapped[pk]
    device_id: Mapped[int] = mapped_column(sa.ForeignKey("device.id"), index=True)
    kind: Mapped[LockKind] = mapped_column(enum_type(LockKind))
    noted_at: Mapped[datetime]
    #: When a letter first named it to the giver.
    told_at: Mapped[datetime | None]
    released_at: Mapped[datetime | None]
    device: Mapped[Device] = relationship(lazy="raise")


class ReleaseRequest(Base):
    """What a workshop asks of the giver of a lot: to lift the locks of its machines, before a date."""

    __tablename__ = "release_request"
    __table_args__ = (sa.UniqueConstraint("lot_id", "holder_id"),)
    id: Mapped[pk]
    lot_id: Mapped[int] = mapped_column(sa.ForeignKey("lot.id"))
    holder_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    #: From this day on the machines still locked are for parts.
    parts_on: Mapped[date]
    opened_at: Mapped[datetime]
    mailed_at: Mapped[datetime | None]
    mails: Mapped[int] = mapped_column(default=0)
    last_letter: Mapped[Letter | None] = mapped_column(enum_type(Letter))
    lot: Mapped[Lot] = relationship(lazy="raise")
