"""The grade that stands on a machine: recomputed from what is known of it whenever that changes."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb import tables
from refurb.core.equipment import Form
from refurb.core.grading import CpuTable, Facts, Grade, ProfileTable, grade
from refurb.core.grading_tables import CPU_KIND, FIRST, PROFILE_KIND, read_cpus, read_profiles, version_name
from refurb.devices.models import Device, MediumKind, StorageMedium
from refurb.devices.registry import Moved
from refurb.security import Actor

SOLID = frozenset({MediumKind.SSD, MediumKind.NVME, MediumKind.EMMC})
#: What grading has nothing to say of.
UNGRADED = frozenset({Form.MONITOR, Form.PRINTER, Form.OTHER})


@dataclass(frozen=True, slots=True)
class Tables:
    """The two tables that a grade is computed with."""

    cpus: CpuTable
    profiles: ProfileTable


def in_force(session: Session) -> Tables:
    """Return the tables in force, each with the name of its version."""
    cpus = tables.current(session, CPU_KIND, FIRST[CPU_KIND])
    profiles = tables.current(session, PROFILE_KIND, FIRST[PROFILE_KIND])
    return Tables(
        read_cpus(cpus.content, version_name(CPU_KIND, cpus.number)),
        read_profiles(profiles.content, version_name(PROFILE_KIND, profiles.number)),
    )


def regrade(session: Session, device: Device, using: Tables | None = None) -> Grade:
    """Write class, profiles, what is missing and the version of the tables on the machine; return the grade.

    `using`: the tables in force, where the caller grades many machines and has read them.
    """
    session.flush()
    using = using or in_force(session)
    if device.media_known:
        device.storage_gb = _solid_gb(session, device)
    graded = grade(
        Facts(
            form=device.form.value,
            cpu=device.cpu_model,
            cores=device.cpu_cores,
            ram_gb=gib(device.ram_mb),
            storage_gb=device.storage_gb,
            screen_in=device.screen_in,
            webcam=device.webcam,
            battery_pct=device.battery_pct,
            has_battery=device.has_battery,
        ),
        cpus=using.cpus,
        profiles=using.profiles,
    )
    if device.form in UNGRADED:
        return graded
    device.cpu_class = graded.cls
    device.profiles = list(graded.profiles)
    device.missing = [
        {"profile": lack.profile, "criterion": lack.criterion, "have": lack.have, "need": lack.need}
        for lack in graded.missing
    ]
    device.grading_version = ", ".join(f"{name} {version}" for name, version in sorted(graded.versions.items()))
    session.flush()
    return graded


def after_move(session: Session, moved: Moved, by: Actor) -> None:
    """Grade again: the checklist tells what works."""
    regrade(session, moved.device)


def _solid_gb(session: Session, device: Device) -> int:
    return int(
        session.scalar(
            sa.select(sa.func.coalesce(sa.func.sum(StorageMedium.size_gb), 0)).where(
                StorageMedium.device_id == device.id,
                StorageMedium.kind.in_(SOLID),
                StorageMedium.destroyed_at.is_(None),
                StorageMedium.absence_attested.is_(None),
            )
        )
        or 0
    )


def gib(mebibytes: int | None) -> int | float | None:
    """Return the memory as people count it."""
    if mebibytes is None:
        return None
    return mebibytes // 1024 if mebibytes % 1024 == 0 else round(mebibytes / 1024, 2)
