"""What a workshop does on its bench: installs, controls, chooses its settings, keeps its catalogue and its places."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.audit.services import record
from refurb.core import checklist
from refurb.core.identity import CodeKind
from refurb.core.locks import WAIT_DAYS
from refurb.core.steps import OPTIONAL_STEPS
from refurb.core.workflow import Action, SecondPerson, Status, TransitionRefused
from refurb.devices import services as devices
from refurb.devices.media import AWAY
from refurb.devices.models import Device, Grade
from refurb.devices.registry import Moved
from refurb.devices.steps import STOCKED, lock
from refurb.organisations.codes import next_code
from refurb.organisations.models import Place, PlaceKind
from refurb.security import Actor
from refurb.workshop import queries
from refurb.workshop.models import Control, Installation, OperatingSystem, WorkshopSettings
from refurb.workshop.refusals import WorkshopRefused

#: How the first start behaves: the household makes its account, a guest session, or prepared with the user.
FIRST_BOOTS = ("oem", "guest", "prepared")


def install(
    session: Session,
    device: Device,
    system: OperatingSystem,
    *,
    first_boot: str = "oem",
    by: Actor,
    at: datetime,
    evidence: bool = False,
    installed_by_id: int | None = None,
    **scan: Any,
) -> Moved | None:
    """Record the system put on a machine, and move it to installed; a machine that is there is only put right.

    Raises TransitionRefused, and then nothing is written.
    """
    with session.begin_nested():
        device = lock(session, device)
        _add_installation(session, device, system, first_boot, by=by, at=at, installed_by_id=installed_by_id)
        if device.status is Status.INSTALLED:
            return None
        payload = {"system": system.name, "version": system.release, "first_boot": first_boot}
        return devices.move(session, device, Action.INSTALL, by=by, at=at, payload=payload, evidence=evidence, **scan)


def _add_installation(
    session: Session,
    device: Device,
    system: OperatingSystem,
    first_boot: str,
    *,
    by: Actor,
    at: datetime,
    installed_by_id: int | None = None,
) -> Installation:
    installation = Installation(
        device_id=device.id,
        os_id=system.id,
        first_boot=first_boot,
        installed_at=at,
        installed_by_id=installed_by_id if installed_by_id is not None else by.id,
    )
    session.add(installation)
    device.os_name, device.os_version = system.name, system.release
    device.os_end_of_support = system.end_of_support
    session.flush()
    payload = {
        "system": system.name,
        "version": system.release,
        "end_of_support": system.end_of_support.isoformat() if system.end_of_support else None,
        "first_boot": first_boot,
    }
    record(session, "device", device.id, "device.installed", by=by, at=at, payload=payload)
    return installation


def control(
    session: Session,
    device: Device,
    *,
    ticks: Mapping[str, str],
    grade: Grade,
    charger: str | None = None,
    defects: str | None = None,
    by: Actor,
    at: datetime,
    **scan: Any,
) -> tuple[Control, Moved | None]:
    """Keep one page of the checklist; when it passes, the machine is controlled. Returns the page and the move.

    A page that does not pass is kept too, and moves nothing. Raises ChecklistRefused for a page that is not whole, and
    TransitionRefused; then nothing is written.
    """
    passed = checklist.passes(device.form, ticks)
    with session.begin_nested():
        device = lock(session, device)
        # What stands in stock was controlled: a new page begins by opening it up again.
        if device.status in STOCKED or device.status in AWAY:
            raise TransitionRefused("reopen-first" if device.status in STOCKED else "away")
        page = Control(
            device_id=device.id,
            checklist_version=checklist.VERSION,
            items=dict(ticks),
            passed=passed,
            note=(defects or "").strip() or None,
            controlled_at=at,
            controlled_by_id=by.id,
        )
        session.add(page)
        session.flush()
        device.cosmetic_grade = grade
        device.defects = (defects or "").strip() or None
        for code in ("webcam", "wifi"):
            found = checklist.tested(ticks, code)
            if found is not None:
                setattr(device, code, found)
        failed = [code for code, tick in ticks.items() if tick == checklist.Tick.FAILED]
        payload: dict[str, Any] = {"passed": passed, "checklist_id": page.id, "grade": grade.value, "failed": failed}
        record(session, "device", device.id, "device.checked", by=by, at=at, payload=payload)
        if charger is not None:
            devices.set_charger(session, device, charger, by=by, at=at)
        if not passed or device.status is Status.QUALITY_CHECKED:
            return page, None
        return page, devices.move(session, device, Action.CONTROL, by=by, at=at, **scan)


def after_move(session: Session, moved: Moved, by: Actor) -> None:
    """Write the workshop's usual system where an installation was implied, or scanned without saying which."""
    if queries.installation_of(session, moved.device.id) is not None:
        return
    settings = queries.settings_of(session, moved.device.holder_id)
    assert settings is not None  # or the guard "system-unknown" had refused
    assert settings.default_os_id is not None
    system = session.get_one(OperatingSystem, settings.default_os_id)
    _add_installation(session, moved.device, system, "oem", by=by, at=moved.at)


# -- Settings, catalogue, places --------------------------------------------------------------------------------------
def choose(
    session: Session,
    organisation_id: int,
    *,
    scanned_steps: Sequence[Action],
    second_person: SecondPerson,
    default_os_id: int | None,
    lock_days: int | None = None,
    by: Actor,
    at: datetime,
) -> WorkshopSettings:
    """Keep what a workshop chooses: which steps it scans, who controls, what it usually installs."""
    settings = queries.settings_of(session, organisation_id)
    if settings is None:
        settings = WorkshopSettings(organisation_id=organisation_id, lock_days=WAIT_DAYS, changed_at=at)
        session.add(settings)
    steps = [action.value for action in OPTIONAL_STEPS if action in scanned_steps]
    settings.scanned_steps = None if len(steps) == len(OPTIONAL_STEPS) else steps
    settings.second_person = second_person
    settings.default_os_id = default_os_id
    if lock_days is not None:
        settings.lock_days = lock_days
    settings.changed_at = at
    session.flush()
    fields = {
        "scanned_steps": steps,
        "second_person": second_person.value,
        "default_os_id": default_os_id,
        "lock_days": settings.lock_days,
    }
    record(
        session, "organisation", organisation_id, "workshop.settings-changed", by=by, at=at, payload={"fields": fields}
    )
    return settings


def save_system(
    session: Session,
    *,
    name: str,
    release: str,
    family: str,
    end_of_support: date | None,
    is_offered: bool,
    by: Actor,
    at: datetime,
    system: OperatingSystem | None = None,
) -> OperatingSystem:
    """Add a system to the catalogue, or put one right; raises WorkshopRefused "known-system"."""
    name, release = name.strip(), release.strip()
    query = sa.select(OperatingSystem).where(OperatingSystem.name == name, OperatingSystem.release == release)
    known = session.scalar(query)
    if known is not None and known is not system:
        raise WorkshopRefused("known-system")
    if system is None:
        system = OperatingSystem(name=name, release=release)
        session.add(system)
    system.name, system.release, system.family = name, release, family
    system.end_of_support, system.is_offered = end_of_support, is_offered
    session.flush()
    fields = {
        "name": name,
        "release": release,
        "family": family,
        "end_of_support": end_of_support.isoformat() if end_of_support else None,
        "is_offered": is_offered,
    }
    record(session, "operating_system", system.id, "system.changed", by=by, at=at, payload={"fields": fields})
    return system


def save_place(
    session: Session,
    *,
    name: str,
    kind: PlaceKind,
    by: Actor,
    at: datetime,
    parent_id: int | None = None,
    place: Place | None = None,
    is_open: bool = True,
) -> Place:
    """Add a shelf or a site to the actor's organisation, or put one right; raises WorkshopRefused "known-place"."""
    name = name.strip()
    assert by.organisation_id is not None
    known = session.scalar(sa.select(Place).where(Place.organisation_id == by.organisation_id, Place.name == name))
    if known is not None and known is not place:
        raise WorkshopRefused("known-place")
    is_new = place is None
    if place is None:
        place = Place(code=next_code(session, CodeKind.PLACE), organisation_id=by.organisation_id, kind=kind, name=name)
        session.add(place)
    place.name, place.parent_id, place.is_open = name, parent_id, is_open
    session.flush()
    if is_new:
        record(session, "place", place.id, "place.created", by=by, at=at, payload={"code": place.code, "name": name})
    else:
        fields = {"name": name, "parent_id": parent_id, "is_open": is_open}
        record(session, "place", place.id, "place.changed", by=by, at=at, payload={"fields": fields})
    return place
