"""What a workshop chose, installs and ticked, and what waits for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, joinedload

from refurb.accounts.models import Membership
from refurb.core import workflow
from refurb.core.media import Outcome, WipeSource
from refurb.core.permissions import Role
from refurb.core.workflow import OPTIONAL_STEPS, Action, SecondPerson, Status
from refurb.devices.models import Device, MediumWipe, StorageMedium
from refurb.security import Actor
from refurb.workshop.models import Control, Installation, OperatingSystem, WorkshopSettings

#: What every move asks, built once: building a statement costs as much as running it.
_MEMBERS = sa.select(Membership.role_codes).where(
    Membership.organisation_id == sa.bindparam("organisation"), Membership.ended_at.is_(None)
)
_INSTALLATION = (
    sa.select(Installation)
    .where(Installation.device_id == sa.bindparam("device"))
    .options(joinedload(Installation.os))
    .order_by(Installation.installed_at.desc(), Installation.id.desc())
    .limit(1)
)
_CONTROL = (
    sa.select(Control)
    .where(Control.device_id == sa.bindparam("device"), Control.controlled_at >= sa.bindparam("opened_at"))
    .order_by(Control.controlled_at.desc(), Control.id.desc())
    .limit(1)
)


def settings_of(session: Session, organisation_id: int) -> WorkshopSettings | None:
    """Return what a workshop chose, None when it keeps the defaults."""
    return session.get(WorkshopSettings, organisation_id)


def scanned_steps(session: Session, organisation_id: int) -> Sequence[Action] | None:
    """Return the steps a workshop scans, None for all of them."""
    settings = settings_of(session, organisation_id)
    if settings is None or settings.scanned_steps is None:
        return None
    return [action for action in OPTIONAL_STEPS if action.value in settings.scanned_steps]


def active_technicians(session: Session, organisation_id: int) -> int:
    """Return how many people of the workshop install and control."""
    codes = session.scalars(_MEMBERS, {"organisation": organisation_id})
    wanted = {Role.TECHNICIAN.value, Role.CONTROLLER.value}
    return sum(1 for held in codes if wanted & set(held))


def installation_of(session: Session, device_id: int) -> Installation | None:
    """Return the system that is on a machine: the last one installed, unless a wipe came after it."""
    installation = session.scalar(_INSTALLATION, {"device": device_id})
    if installation is None:
        return None
    wiped = session.scalar(
        sa.select(sa.func.max(MediumWipe.recorded_at)).join(StorageMedium).where(StorageMedium.device_id == device_id)
    )
    return None if wiped is not None and wiped > installation.installed_at else installation


def control_of(session: Session, device: Device) -> Control | None:
    """Return the last checklist ticked since the machine was last opened up."""
    return session.scalar(_CONTROL, {"device": device.id, "opened_at": device.opened_at})


def systems(session: Session, *, offered: bool = True) -> Sequence[OperatingSystem]:
    """Return the systems of the catalogue by name and release; the offered ones only, unless asked."""
    query = sa.select(OperatingSystem).order_by(OperatingSystem.name, OperatingSystem.release)
    return session.scalars(query.where(OperatingSystem.is_offered) if offered else query).all()


def facts(session: Session, device: Device, by: Actor | None) -> dict[str, Any]:
    """Return what the workshop knows of a machine, for the guards."""
    settings = settings_of(session, device.holder_id)
    installation = installation_of(session, device.id)
    control = control_of(session, device)
    known: dict[str, Any] = {
        "system_known": installation is not None or (settings is not None and settings.default_os_id is not None),
        "installer_id": installation.installed_by_id if installation is not None else None,
        "second_person": settings.second_person if settings is not None else SecondPerson.PREFERRED,
        "technicians": active_technicians(session, device.holder_id),
        "control": workflow.Control.NONE,
    }
    if control is not None:
        known["control"] = workflow.Control.PASSED if control.passed else workflow.Control.FAILED
        known["controller_id"] = control.controlled_by_id
    return known


# -- What waits -------------------------------------------------------------------------------------------------------
#: The queues of a workshop, in the order of the line, and the statuses that wait in each.
QUEUES: dict[str, tuple[Status, ...]] = {
    "receive": (Status.RECEIVED,),
    "triage": (Status.INVENTORIED,),
    "wipe": (Status.TRIAGED, Status.WIPING, Status.WIPE_FAILED),
    "after_sales": (Status.AFTER_SALES,),
    "diagnose": (Status.WIPED,),
    "repair": (Status.IN_REPAIR, Status.WAITING_PART),
    "install": (Status.DIAGNOSED,),
    "control": (Status.INSTALLED,),
    "stock": (Status.QUALITY_CHECKED,),
    "prepare": (Status.RESERVED,),
    "hand_over": (Status.READY_FOR_PICKUP,),
    "locked": (Status.LOCKED,),
}


@dataclass(frozen=True)
class Queue:
    """How many machines wait at one step, and since when the oldest does."""

    name: str
    statuses: tuple[Status, ...]
    count: int
    oldest: datetime | None


def queues(session: Session, organisation_id: int) -> list[Queue]:
    """Return what waits in a workshop, step by step, in one statement whatever the volume."""
    rows = session.execute(
        sa.select(Device.status, sa.func.count(), sa.func.min(Device.status_since))
        .where(Device.holder_id == organisation_id)
        .group_by(Device.status)
    )
    found = {status: (count, oldest) for status, count, oldest in rows}
    result = []
    for name, statuses in QUEUES.items():
        here = [found[status] for status in statuses if status in found]
        oldest = min((moment for _, moment in here if moment is not None), default=None)
        result.append(Queue(name, statuses, sum(count for count, _ in here), oldest))
    return result


def reservations_to_accept(session: Session, organisation_id: int, *, limit: int = 20) -> Sequence[StorageMedium]:
    """Return the media whose latest outcome has a reservation that nobody accepted, with their machines."""
    later = aliased(MediumWipe)
    return session.scalars(
        sa.select(StorageMedium)
        .join(MediumWipe, MediumWipe.medium_id == StorageMedium.id)
        .where(
            StorageMedium.holder_id == organisation_id,
            StorageMedium.destroyed_at.is_(None),
            StorageMedium.absence_attested.is_(None),
            MediumWipe.outcome == Outcome.OK_WITH_RESERVATION,
            MediumWipe.accepted_at.is_(None),
            MediumWipe.source != WipeSource.DONOR,
            ~sa.exists().where(later.medium_id == MediumWipe.medium_id, later.id > MediumWipe.id),
        )
        .options(joinedload(StorageMedium.device))
        .order_by(StorageMedium.id)
        .limit(limit)
    ).all()
