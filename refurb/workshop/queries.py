"""What a workshop chose, installs and ticked, and what waits for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from refurb.accounts.models import Membership
from refurb.core import workflow
from refurb.core.media import MediumState, Outcome, WipeSource
from refurb.core.permissions import Role
from refurb.core.steps import OPTIONAL_STEPS
from refurb.core.workflow import Action, SecondPerson, Status
from refurb.devices.models import Device, MediumWipe, StorageMedium
from refurb.devices.queries import medium_state
from refurb.devices.registry import Asked
from refurb.workshop.models import Control, Installation, OperatingSystem, WorkshopSettings

#: The latest first.
_LAST_INSTALLED = (Installation.installed_at.desc(), Installation.id.desc())
_LAST_CONTROLLED = (Control.controlled_at.desc(), Control.id.desc())


def settings_of(session: Session, organisation_id: int) -> WorkshopSettings | None:
    """Return what a workshop chose, None when it keeps the defaults."""
    return session.get(WorkshopSettings, organisation_id)


def scanned_steps(session: Session, organisation_id: int) -> Sequence[Action] | None:
    """Return the steps a workshop scans, None for all of them."""
    settings = settings_of(session, organisation_id)
    return _scanned(None if settings is None else settings.scanned_steps)


def installation_of(session: Session, device_id: int) -> Installation | None:
    """Return the system that is on a machine: the last one installed, unless a wipe came after it."""
    query = (
        sa.select(Installation)
        .where(Installation.device_id == device_id)
        .options(joinedload(Installation.os))
        .order_by(*_LAST_INSTALLED)
        .limit(1)
    )
    installation = session.scalar(query)
    if installation is None:
        return None
    wiped = session.scalar(
        sa.select(sa.func.max(MediumWipe.recorded_at)).join(StorageMedium).where(StorageMedium.device_id == device_id)
    )
    return None if wiped is not None and wiped > installation.installed_at else installation


def control_of(session: Session, device: Device) -> Control | None:
    """Return the last checklist ticked since the machine was last opened up."""
    query = sa.select(Control).where(Control.device_id == device.id, Control.controlled_at >= device.opened_at)
    return session.scalar(query.order_by(*_LAST_CONTROLLED).limit(1))


def systems(session: Session, *, offered: bool = True) -> Sequence[OperatingSystem]:
    """Return the systems of the catalogue by name and release; the offered ones only, unless asked."""
    query = sa.select(OperatingSystem).order_by(OperatingSystem.name, OperatingSystem.release)
    return session.scalars(query.where(OperatingSystem.is_offered) if offered else query).all()


# -- What the guards of a move ask ------------------------------------------------------------------------------------
def _chosen(column: Any) -> sa.ColumnElement[Any]:
    return sa.select(column).where(WorkshopSettings.organisation_id == Device.holder_id).scalar_subquery()


def _installed(column: Any) -> sa.ColumnElement[Any]:
    query = sa.select(column).where(Installation.device_id == Device.id)
    return query.order_by(*_LAST_INSTALLED).limit(1).scalar_subquery()


def _controlled(column: Any) -> sa.ColumnElement[Any]:
    query = sa.select(column).where(Control.device_id == Device.id, Control.controlled_at >= Device.opened_at)
    return query.order_by(*_LAST_CONTROLLED).limit(1).scalar_subquery()


def _facts(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the workshop knows of a machine; a wipe after the installation has taken the system away."""
    installed_at, wiped_at = values["installed_at"], values["wiped_at"]
    installed = installed_at is not None and not (wiped_at is not None and wiped_at > installed_at)
    known: dict[str, Any] = {
        "system_known": installed or values["default_os_id"] is not None,
        "installer_id": values["installed_by_id"] if installed else None,
        "second_person": values["second_person"] or SecondPerson.PREFERRED,
        "technicians": values["technicians"],
        "control": workflow.Control.NONE,
    }
    if values["passed"] is not None:
        known["control"] = workflow.Control.PASSED if values["passed"] else workflow.Control.FAILED
        known["controller_id"] = values["controlled_by_id"]
    return known


def _scanned(steps: Sequence[str] | None) -> Sequence[Action] | None:
    return None if steps is None else [action for action in OPTIONAL_STEPS if action.value in steps]


_CODES = sa.cast(Membership.role_codes, sa.Text)
ASKED = Asked(
    {
        "scanned_steps": _chosen(WorkshopSettings.scanned_steps),
        "default_os_id": _chosen(WorkshopSettings.default_os_id),
        "second_person": _chosen(WorkshopSettings.second_person),
        "installed_at": _installed(Installation.installed_at),
        "installed_by_id": _installed(Installation.installed_by_id),
        "wiped_at": sa.select(sa.func.max(MediumWipe.recorded_at))
        .join(StorageMedium)
        .where(StorageMedium.device_id == Device.id)
        .scalar_subquery(),
        "passed": _controlled(Control.passed),
        "controlled_by_id": _controlled(Control.controlled_by_id),
        # How many people of the workshop install and control.
        "technicians": sa.select(sa.func.count())
        .where(
            Membership.organisation_id == Device.holder_id,
            Membership.ended_at.is_(None),
            sa.or_(*(_CODES.contains(f'"{role.value}"') for role in (Role.TECHNICIAN, Role.CONTROLLER))),
        )
        .scalar_subquery(),
    },
    _facts,
    lambda values: _scanned(values["scanned_steps"]),
)


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


def for_a_controller(
    session: Session, organisation_id: int, *, limit: int = 20
) -> list[tuple[StorageMedium, MediumState]]:
    """Return the media that wait for a controller's word, with their machines: a reservation, an impossible hour."""
    later = aliased(MediumWipe)
    found = session.scalars(
        sa.select(StorageMedium)
        .join(MediumWipe, MediumWipe.medium_id == StorageMedium.id)
        .where(
            StorageMedium.holder_id == organisation_id,
            StorageMedium.destroyed_at.is_(None),
            StorageMedium.absence_attested.is_(None),
            sa.or_(
                sa.and_(MediumWipe.outcome == Outcome.OK_WITH_RESERVATION, MediumWipe.accepted_at.is_(None)),
                MediumWipe.doubtful,
            ),
            MediumWipe.source != WipeSource.DONOR,
            ~sa.exists().where(later.medium_id == MediumWipe.medium_id, later.id > MediumWipe.id),
        )
        .options(joinedload(StorageMedium.device), selectinload(StorageMedium.wipes))
        .order_by(StorageMedium.id)
        .limit(limit)
    )
    told = [(medium, medium_state(medium)) for medium in found]
    # What is to be destroyed, or was settled already, waits for no such word.
    return [(medium, state) for medium, state in told if state in (MediumState.RESERVATION, MediumState.DOUBTFUL)]
