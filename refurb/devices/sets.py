"""A base unit, its screen and what goes with them, under one `K` code: what is incomplete is never in stock."""

from datetime import datetime

from sqlalchemy.orm import Session

from refurb.audit.services import record
from refurb.core.equipment import NEEDS_SET, Form
from refurb.core.identity import CodeKind
from refurb.core.workflow import OUT, TERMINAL, Status
from refurb.devices import queries
from refurb.devices.models import Device, DeviceSet
from refurb.devices.services import DeviceRefused
from refurb.devices.steps import STOCKED, lock
from refurb.organisations.codes import next_code
from refurb.security import Actor


def assemble(
    session: Session,
    base: Device,
    *,
    monitor: Device | None = None,
    has_monitor: bool = False,
    has_keyboard: bool = False,
    has_mouse: bool = False,
    has_cables: bool = False,
    by: Actor,
    at: datetime,
) -> DeviceSet:
    """Put a base unit and what goes with it under one code, or change what goes with it.

    `has_monitor` says that there is a screen where it carries no code of its own. Raises DeviceRefused "not-a-base",
    "not-a-monitor", "other-holder", "in-a-set" (with the other machine), "away", "reopen-first".
    """
    base = lock(session, base)
    if base.form not in NEEDS_SET:
        raise DeviceRefused("not-a-base", base)
    _check_here(base)
    found = queries.set_of(session, base.id)
    if monitor is not None and (found is None or found.monitor_id != monitor.id):
        monitor = lock(session, monitor)
        if monitor.form is not Form.MONITOR:
            raise DeviceRefused("not-a-monitor", monitor)
        if monitor.holder_id != base.holder_id:
            raise DeviceRefused("other-holder", monitor)
        if queries.set_of(session, monitor.id) is not None:
            raise DeviceRefused("in-a-set", monitor)
        if monitor.status in OUT | TERMINAL | {Status.MISSING, Status.STOLEN, Status.LOCKED, Status.RESERVED}:
            raise DeviceRefused("away", monitor)
    is_new = found is None
    if found is None:
        found = DeviceSet(code=next_code(session, CodeKind.KIT), base_id=base.id, made_at=at)
        session.add(found)
    found.monitor_id = monitor.id if monitor is not None else None
    found.has_monitor = has_monitor or monitor is not None
    found.has_keyboard, found.has_mouse, found.has_cables = has_keyboard, has_mouse, has_cables
    session.flush()
    members = [device.code for device in (base, monitor) if device is not None]
    record(
        session,
        "device",
        base.id,
        "set.assembled" if is_new else "set.member-added",
        by=by,
        at=at,
        payload={
            "base_id": base.id,
            "device_id": found.monitor_id,
            "members": members,
            "set": found.code,
            "keyboard": has_keyboard,
            "mouse": has_mouse,
            "cables": has_cables,
            "monitor": found.has_monitor,
        },
    )
    return found


def dissolve(session: Session, found: DeviceSet, *, by: Actor, at: datetime) -> None:
    """Take a set apart; raises DeviceRefused "reopen-first" for one that stands in stock or is meant for somebody."""
    base = lock(session, session.get_one(Device, found.base_id))
    _check_here(base)
    members = [base.id, *([found.monitor_id] if found.monitor_id is not None else [])]
    for device_id in members:
        payload = {"members": members, "set": found.code}
        record(session, "device", device_id, "set.dissolved", by=by, at=at, payload=payload)
    session.delete(found)
    session.flush()


def _check_here(base: Device) -> None:
    if base.status in STOCKED:
        raise DeviceRefused("reopen-first", base)
    if base.status in OUT | TERMINAL | {Status.MISSING, Status.STOLEN}:
        raise DeviceRefused("away", base)
