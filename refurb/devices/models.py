"""Machines, their media and reports, and the stock that is only counted."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from refurb.core.equipment import DiskWish, Form, Origin, Regime
from refurb.core.media import Outcome, WipeSource
from refurb.core.workflow import Status, TriageOutcome
from refurb.db import Base, Code, enum_type, pk
from refurb.organisations.models import Organisation, Place


class Grade(StrEnum):
    """How a machine looks, A best."""

    A = "A"
    B = "B"
    C = "C"


class Device(Base):
    """One physical machine. `status` repeats its last event that carries one; only `services.move` writes it."""

    __tablename__ = "device"
    __table_args__ = (
        sa.Index(
            "uq_device_serial",
            "maker_key",
            "serial_key",
            unique=True,
            sqlite_where=sa.text("serial_trusted = 1 AND serial_key IS NOT NULL"),
            postgresql_where=sa.text("serial_trusted AND serial_key IS NOT NULL"),
        ),
        # Lists, newest first or oldest first: of one holder or of everybody, in one status or in all.
        sa.Index("ix_device_since", "status_since", "id"),
        sa.Index("ix_device_holder_since", "holder_id", "status_since", "id"),
        sa.Index("ix_device_status_since", "status", "status_since", "id"),
        sa.Index("ix_device_holder_status_since", "holder_id", "status", "status_since", "id"),
        sa.Index("ix_device_cpu_class", "cpu_class", "id"),
        # What machines are called, for search and for the sort.
        sa.Index("ix_device_model", "model", "id"),
        sa.Index("ix_device_maker", "maker", "id"),
        sa.Index(
            "ix_device_unlabelled",
            "status",
            "holder_id",
            "created_at",
            "id",
            sqlite_where=sa.text("labelled_at IS NULL"),
            postgresql_where=sa.text("labelled_at IS NULL"),
        ),
        sa.CheckConstraint("cpu_class IS NULL OR cpu_class BETWEEN 0 AND 5", name="cpu_class_range"),
        sa.CheckConstraint("battery_pct IS NULL OR battery_pct BETWEEN 0 AND 100", name="battery_pct_range"),
    )
    id: Mapped[pk]
    code: Mapped[Code] = mapped_column(unique=True)
    form: Mapped[Form] = mapped_column(enum_type(Form))
    maker: Mapped[str | None] = mapped_column(sa.String(100))
    model: Mapped[str | None] = mapped_column(sa.String(200))
    serial: Mapped[str | None] = mapped_column(sa.String(100))
    #: Folded forms for search and uniqueness: upper case, no separators.
    maker_key: Mapped[str | None] = mapped_column(sa.String(100))
    serial_key: Mapped[str | None] = mapped_column(sa.String(100), index=True)
    serial_trusted: Mapped[bool] = mapped_column(default=False)

    #: Copied from the lot at birth (style.md section 1): only a lot's line relates to a device.
    origin: Mapped[Origin] = mapped_column(enum_type(Origin))
    regime: Mapped[Regime] = mapped_column(enum_type(Regime))
    disk_wish: Mapped[DiskWish] = mapped_column(enum_type(DiskWish), default=DiskWish.WIPE)

    holder_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    place_id: Mapped[int | None] = mapped_column(sa.ForeignKey("place.id"), index=True)
    status: Mapped[Status] = mapped_column(enum_type(Status), default=Status.RECEIVED)
    status_since: Mapped[datetime]
    #: Where `unlock` leads back to.
    status_before_lock: Mapped[Status | None] = mapped_column(enum_type(Status))
    triage_outcome: Mapped[TriageOutcome | None] = mapped_column(enum_type(TriageOutcome))

    cpu_model: Mapped[str | None] = mapped_column(sa.String(200))
    cpu_cores: Mapped[int | None]
    #: Performance class 0 to 5 (design.md section 5); None before diagnosis or under the least class.
    cpu_class: Mapped[int | None]
    #: Installed memory in MiB; None before diagnosis.
    ram_mb: Mapped[int | None]
    #: Solid-state storage in GB (10⁹ bytes); hard disks do not count here.
    storage_gb: Mapped[int | None]
    screen_in: Mapped[float | None]
    #: Tested and works, tested and fails, or None: not tested.
    webcam: Mapped[bool | None]
    wifi: Mapped[bool | None]
    has_battery: Mapped[bool | None]
    battery_pct: Mapped[int | None]
    #: Profiles served and what is missing for the others, with the version of the table that says so.
    profiles: Mapped[list[str] | None]
    missing: Mapped[list[dict[str, Any]] | None]
    grading_version: Mapped[str | None] = mapped_column(sa.String(60))

    cosmetic_grade: Mapped[Grade | None] = mapped_column(enum_type(Grade))
    defects: Mapped[str | None]
    #: The connector and power of its charger once one is with it, as "USB-C 65 W"; None: incomplete.
    charger: Mapped[str | None] = mapped_column(sa.String(60))
    labelled_at: Mapped[datetime | None]
    #: Since when the machine stands in stock, for "oldest first"; None when it does not.
    in_stock_since: Mapped[datetime | None]
    #: Somebody listed its media, or attested that it holds none.
    media_known: Mapped[bool] = mapped_column(default=False)
    #: Since when reports and checklists count: arrival, or the last time it came back or was opened up.
    opened_at: Mapped[datetime]
    #: The status it last left us for; the same user may have it back.
    left_as: Mapped[Status | None] = mapped_column(enum_type(Status))
    #: The user refused wiping and signed so, at this return.
    refusal_signed_at: Mapped[datetime | None]

    os_name: Mapped[str | None] = mapped_column(sa.String(100))
    os_version: Mapped[str | None] = mapped_column(sa.String(40))
    os_end_of_support: Mapped[date | None]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    holder: Mapped[Organisation] = relationship(lazy="raise")
    place: Mapped[Place | None] = relationship(lazy="raise")
    media: Mapped[list["StorageMedium"]] = relationship(
        back_populates="device", foreign_keys="StorageMedium.device_id", lazy="raise"
    )
    aliases: Mapped[list["DeviceAlias"]] = relationship(back_populates="device", lazy="raise")

    __mapper_args__ = {"version_id_col": version}


class DeviceAlias(Base):
    """Another text that a scan may name the device by: the giver's inventory number, an old label."""

    __tablename__ = "device_alias"
    __table_args__ = (sa.UniqueConstraint("device_id", "text_key"),)
    id: Mapped[pk]
    device_id: Mapped[int] = mapped_column(sa.ForeignKey("device.id"))
    #: What is printed there, and its folded form.
    text: Mapped[str] = mapped_column(sa.String(100))
    text_key: Mapped[str] = mapped_column(sa.String(100), index=True)
    device: Mapped[Device] = relationship(back_populates="aliases", lazy="raise")


class DeviceKey(Base):
    """A key that reports gave a machine beside its serial: its UUID, its board's serial, an address of a card.

    None decides alone; two of different kinds that agree do (devices.report_keys).
    """

    __tablename__ = "device_key"
    __table_args__ = (
        sa.UniqueConstraint("device_id", "kind", "value"),
        sa.Index("ix_device_key_value", "kind", "value"),
    )
    id: Mapped[pk]
    device_id: Mapped[int] = mapped_column(sa.ForeignKey("device.id"))
    #: "uuid", "board" or "mac".
    kind: Mapped[str] = mapped_column(sa.String(10))
    value: Mapped[str] = mapped_column(sa.String(100))


class DeviceSet(Base):
    """A base unit, its screen, and what goes with them, under one `K` code; matched and reserved as one."""

    __tablename__ = "device_set"
    id: Mapped[pk]
    code: Mapped[Code] = mapped_column(unique=True)
    base_id: Mapped[int] = mapped_column(sa.ForeignKey("device.id"), unique=True)
    #: None where the screen carries no code of its own; `has_monitor` then says whether there is one.
    monitor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("device.id"), unique=True)
    has_monitor: Mapped[bool] = mapped_column(default=False)
    has_keyboard: Mapped[bool] = mapped_column(default=False)
    has_mouse: Mapped[bool] = mapped_column(default=False)
    has_cables: Mapped[bool] = mapped_column(default=False)
    made_at: Mapped[datetime]
    base: Mapped[Device] = relationship(foreign_keys=[base_id], lazy="raise")
    monitor: Mapped[Device | None] = relationship(foreign_keys=[monitor_id], lazy="raise")


class MediumKind(StrEnum):
    """What a storage medium is made of."""

    HDD = "hdd"
    SSD = "ssd"
    NVME = "nvme"
    EMMC = "emmc"
    UNKNOWN = "unknown"


class StorageMedium(Base):
    """A disk with an identity of its own, in a machine or taken from one."""

    __tablename__ = "storage_medium"
    id: Mapped[pk]
    #: Where it sits; None once taken out. `removed_from_id` then says whose it was.
    device_id: Mapped[int | None] = mapped_column(sa.ForeignKey("device.id"), index=True)
    removed_from_id: Mapped[int | None] = mapped_column(sa.ForeignKey("device.id"), index=True)
    holder_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    kind: Mapped[MediumKind] = mapped_column(enum_type(MediumKind), default=MediumKind.UNKNOWN)
    maker: Mapped[str | None] = mapped_column(sa.String(100))
    model: Mapped[str | None] = mapped_column(sa.String(200))
    serial: Mapped[str | None] = mapped_column(sa.String(100))
    serial_key: Mapped[str | None] = mapped_column(sa.String(100), index=True)
    size_gb: Mapped[int | None]
    #: What SMART says: ok, warning, failed, or None.
    health: Mapped[str | None] = mapped_column(sa.String(10))
    #: When it last left a donor's or a user's hands: an outcome before that does not count.
    held_since: Mapped[datetime]
    #: It came with a gift whose giver chose destruction: nothing else clears it.
    to_destroy: Mapped[bool] = mapped_column(default=False)
    destroyed_at: Mapped[datetime | None]
    destroyed_how: Mapped[str | None] = mapped_column(sa.String(300))
    #: Why it is certain that there is no such medium, by a controller.
    absence_attested: Mapped[str | None]
    absence_attested_at: Mapped[datetime | None]
    #: Who saw it destroyed, or attested its absence.
    attested_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    created_at: Mapped[datetime]
    device: Mapped[Device | None] = relationship(back_populates="media", foreign_keys=[device_id], lazy="raise")
    wipes: Mapped[list["MediumWipe"]] = relationship(back_populates="medium", lazy="raise")


class MediumWipe(Base):
    """One outcome of wiping one medium, and what a controller said of its reservation."""

    __tablename__ = "medium_wipe"
    id: Mapped[pk]
    medium_id: Mapped[int] = mapped_column(sa.ForeignKey("storage_medium.id"), index=True)
    source: Mapped[WipeSource] = mapped_column(enum_type(WipeSource))
    outcome: Mapped[Outcome] = mapped_column(enum_type(Outcome))
    method: Mapped[str | None] = mapped_column(sa.String(100))
    tool: Mapped[str | None] = mapped_column(sa.String(100))
    #: none, last, all, sampled; None where nobody says. Hidden areas in the words of domain.md D.3.
    verify: Mapped[str | None] = mapped_column(sa.String(20))
    hidden_area: Mapped[str | None] = mapped_column(sa.String(20))
    #: Why it is a reservation or a failure, as stable codes.
    reasons: Mapped[list[str]] = mapped_column(default=list)
    started_at: Mapped[datetime | None]
    #: The tool's own end time where it is plausible, else when it was recorded.
    ended_at: Mapped[datetime | None]
    recorded_at: Mapped[datetime]
    #: The tool's clock was wrong: proves nothing until a person settles it.
    doubtful: Mapped[bool] = mapped_column(default=False)
    operator_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    report_id: Mapped[int | None] = mapped_column(sa.ForeignKey("report.id"))
    accepted_at: Mapped[datetime | None]
    accepted_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    acceptance_reason: Mapped[str | None]
    medium: Mapped[StorageMedium] = relationship(back_populates="wipes", lazy="raise")


class Report(Base):
    """What a machine's tools said, bytes first. `format` is "unreadable" for what no reader understood."""

    __tablename__ = "report"
    __table_args__ = (
        sa.UniqueConstraint("organisation_id", "raw_sha256"),
        # The list of a workshop, and what asks something of a person: a row is wide, for it holds its reading.
        sa.Index("ix_report_organisation_received", "organisation_id", "received_at", "id"),
        sa.Index(
            "ix_report_doubted",
            "organisation_id",
            sqlite_where=sa.text("doubt IS NOT NULL"),
            postgresql_where=sa.text("doubt IS NOT NULL"),
        ),
    )
    id: Mapped[pk]
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"))
    device_id: Mapped[int | None] = mapped_column(sa.ForeignKey("device.id"), index=True)
    #: The machine it may be of, while a person is asked; nothing is taken from the report until they answer.
    asked_of_id: Mapped[int | None] = mapped_column(sa.ForeignKey("device.id"), index=True)
    format: Mapped[str | None] = mapped_column(sa.String(30))
    file_name: Mapped[str | None] = mapped_column(sa.String(200))
    #: SHA-256 of what came in, and of what is kept (less the sections about persons); the second is the blob's name.
    raw_sha256: Mapped[str] = mapped_column(sa.String(64))
    kept_sha256: Mapped[str] = mapped_column(sa.ForeignKey("blob.sha256"))
    received_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    reader_version: Mapped[int | None]
    #: The name that its sender gave it (Workbench's UUID, an agent's device id): what its QR code leads to.
    sender_id: Mapped[str | None] = mapped_column(sa.String(200), index=True)
    #: The reading as JSON; None until read.
    reading: Mapped[dict[str, Any] | None]
    #: The question a person must answer, as a code: "which-device", "wrong-clock"...; None when there is none.
    doubt: Mapped[str | None] = mapped_column(sa.String(60))
    station: Mapped[str | None] = mapped_column(sa.String(100))
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    device: Mapped[Device | None] = relationship(foreign_keys=[device_id], lazy="raise")
    asked_of: Mapped[Device | None] = relationship(foreign_keys=[asked_of_id], lazy="raise")


class CountedStock(Base):
    """Chargers, mice, keyboards, cables, modules: a kind, a place, a quantity. Moves are events."""

    __tablename__ = "counted_stock"
    __table_args__ = (
        sa.UniqueConstraint("organisation_id", "place_id", "kind", "detail"),
        # Nulls are not equal: what stands at no place has an index of its own, or two counts would make two lines.
        sa.Index(
            "uq_counted_stock_unplaced",
            "organisation_id",
            "kind",
            "detail",
            unique=True,
            sqlite_where=sa.text("place_id IS NULL"),
            postgresql_where=sa.text("place_id IS NULL"),
        ),
        sa.CheckConstraint("quantity >= 0", name="quantity_not_negative"),
    )
    id: Mapped[pk]
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    place_id: Mapped[int | None] = mapped_column(sa.ForeignKey("place.id"))
    kind: Mapped[str] = mapped_column(sa.String(40))
    #: What tells it from others of the kind, as "USB-C 65 W"; chargers have it in two columns as well.
    detail: Mapped[str] = mapped_column(sa.String(100), default="")
    connector: Mapped[str | None] = mapped_column(sa.String(40))
    watts: Mapped[int | None]
    quantity: Mapped[int] = mapped_column(default=0)
    place: Mapped[Place | None] = relationship(lazy="raise")
