"""Where storage media are: found in a machine, taken out, put in; and their machine with them.

Every deed ends in `follow_media`: a change in the media may move the machine, forward when all are clear, to
wipe_failed after a failure, never otherwise. What is proved of a medium is in `wipes`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from refurb.audit.services import record
from refurb.core.equipment import DiskWish
from refurb.core.steps import status_after_media
from refurb.core.workflow import BEFORE_WIPED, OUT, TERMINAL, Action, Status, TransitionRefused
from refurb.devices import queries, services
from refurb.devices.facts import facts
from refurb.devices.identity import serial_key
from refurb.devices.models import Device, MediumKind, StorageMedium
from refurb.devices.registry import Moved
from refurb.devices.services import DeviceRefused
from refurb.devices.steps import STOCKED, lock
from refurb.security import Actor

#: A machine that is not in a workshop's hands: nobody can put a disk in it or take one out.
AWAY = OUT | TERMINAL | {Status.MISSING, Status.STOLEN}


def follow_media(
    session: Session, device: Device, *, by: Actor, at: datetime, payload: Mapping[str, Any] | None = None
) -> Moved | None:
    """Move the machine where its media lead, or leave it; returns the move, None when there is none to make."""
    device = lock(session, device)
    if status_after_media(device.status, facts(session, device, by=by)) is None:
        return None
    return services.move(session, device, Action.RECORD_WIPE, by=by, at=at, payload=payload, evidence=True)


def add(
    session: Session,
    device: Device,
    *,
    kind: MediumKind = MediumKind.UNKNOWN,
    maker: str | None = None,
    model: str | None = None,
    serial: str | None = None,
    size_gb: int | None = None,
    health: str | None = None,
    evidence: bool = False,
    by: Actor,
    at: datetime,
) -> StorageMedium:
    """Note a medium found in the machine: it is not clear until it is proved.

    By a person, refused as "away" when the machine is not here and as "reopen-first" when it stands in stock; a report
    (`evidence`) is believed whatever the status, and the exit guard holds.
    """
    device = lock(session, device)
    if not evidence:
        _check_open(device)
    medium = StorageMedium(
        device_id=device.id,
        holder_id=device.holder_id,
        kind=kind,
        maker=(maker or "").strip()[:100] or None,
        model=(model or "").strip()[:200] or None,
        serial=(serial or "").strip()[:100] or None,
        serial_key=serial_key(serial),
        size_gb=size_gb,
        health=health,
        # What it proved in this machine counts from when the machine last came in, a wipe on the bench before now too.
        held_since=device_held_since(session, device),
        # Before the wipe is settled, what is found in the machine is the giver's; later it is the workshop's own.
        to_destroy=device.disk_wish is DiskWish.DESTROY and device.status in BEFORE_WIPED,
        created_at=at,
        wipes=[],
    )
    session.add(medium)
    device.media_known = True
    session.flush()
    told = {"medium_id": medium.id, "kind": kind.value, "model": medium.model, "serial": medium.serial}
    record(session, "device", device.id, "medium.added", by=by, at=at, payload={**told, "size_gb": size_gb})
    return medium


def device_held_since(session: Session, device: Device) -> datetime:
    """Return when the machine last left a donor's or a user's hands: its arrival, or when it came back from being out
    or stolen."""
    from refurb.audit.models import Event

    back = session.scalar(
        sa.select(sa.func.max(Event.at)).where(
            Event.subject_kind == "device",
            Event.subject_id == device.id,
            Event.kind == "device.moved",
            sa.or_(
                Event.before.in_([s.value for s in OUT]),
                sa.and_(Event.before == Status.STOLEN.value, Event.after == Status.TRIAGED.value),
            ),
        )
    )
    return max(back, device.created_at) if back is not None else device.created_at


def see(
    session: Session,
    device: Device,
    *,
    kind: MediumKind = MediumKind.UNKNOWN,
    maker: str | None = None,
    model: str | None = None,
    serial: str | None = None,
    size_gb: int | None = None,
    health: str | None = None,
    again: bool = False,
    by: Actor,
    at: datetime,
) -> StorageMedium:
    """Return the medium that a report saw in the machine: known by its serial, moved here if need be, or new.

    `again`: the report was read before. What it saw then may have been taken out or destroyed since, and stays so.
    """
    key = serial_key(serial)
    here = queries.media_of(session, device.id)
    found = next((m for m in here if key is not None and m.serial_key == key), None)
    if found is None and key is not None:
        known = queries.medium_by_serial(session, serial or "", holder_id=device.holder_id)
        elsewhere = next((m for m in known if model is None or m.model is None or m.model == model), None)
        if elsewhere is not None and again:
            return elsewhere
        if elsewhere is not None:
            found = _put_in(session, elsewhere, device, by=by, at=at)
    if found is None and key is None:
        # Without a serial, one of the same kind and size that has none either is taken for the same.
        found = next((m for m in here if m.serial_key is None and m.size_gb in (None, size_gb)), None)
    if found is None:
        # A medium noted by hand without a serial is the one that the report now names.
        found = next((m for m in here if m.serial_key is None and m.size_gb in (None, size_gb) and not m.wipes), None)
    if found is None:
        return add(
            session,
            device,
            kind=kind,
            maker=maker,
            model=model,
            serial=serial,
            size_gb=size_gb,
            health=health,
            evidence=True,
            by=by,
            at=at,
        )
    if found.kind is MediumKind.UNKNOWN:
        found.kind = kind
    found.maker, found.model = found.maker or maker, found.model or model
    found.serial, found.serial_key = found.serial or serial, found.serial_key or key
    found.size_gb, found.health = found.size_gb or size_gb, health or found.health
    if not again and (found.absence_attested is not None or found.destroyed_at is not None):
        # It is there, whatever somebody attested: a disk that a tool reads is neither absent nor destroyed.
        found.absence_attested = found.destroyed_at = found.destroyed_how = None
        found.absence_attested_at = found.attested_by_id = None
        told = {"medium_id": found.id, "kind": found.kind.value, "model": found.model, "serial": found.serial}
        record(session, "device", device.id, "medium.added", by=by, at=at, payload={**told, "seen_again": True})
    device.media_known = True
    session.flush()
    return found


def attest_media(session: Session, device: Device, *, by: Actor, at: datetime) -> Moved | None:
    """Attest that the media noted are all there is in the machine, be it none: they are known from now on."""
    device = lock(session, device)
    if device.status in AWAY:
        raise DeviceRefused("away", device)
    device.media_known = True
    session.flush()
    count = session.scalar(
        sa.select(sa.func.count())
        .select_from(StorageMedium)
        .where(StorageMedium.device_id == device.id, StorageMedium.absence_attested.is_(None))
    )
    record(session, "device", device.id, "device.media-attested", by=by, at=at, payload={"count": count})
    return follow_media(session, device, by=by, at=at)


def take_out(session: Session, medium: StorageMedium, *, by: Actor, at: datetime) -> None:
    """Take a medium out of its machine: it keeps its own guard. Raises DeviceRefused "not-inside", "reopen-first"."""
    medium = reload(session, medium.id)
    if medium.device_id is None:
        raise DeviceRefused("not-inside")
    device = lock(session, session.get_one(Device, medium.device_id))
    _check_open(device)
    medium.device_id, medium.removed_from_id = None, device.id
    session.flush()
    record(session, "device", device.id, "medium.removed", by=by, at=at, payload=_named(medium) | {"to": "stock"})
    follow_media(session, device, by=by, at=at)


def put_in(session: Session, medium: StorageMedium, device: Device, *, by: Actor, at: datetime) -> None:
    """Put a loose medium into a machine, with all that was proved of it.

    Raises DeviceRefused "not-loose" (it sits in a machine, or is destroyed), "away", "reopen-first".
    """
    medium = reload(session, medium.id)
    if medium.device_id is not None or medium.destroyed_at is not None:
        raise DeviceRefused("not-loose")
    device = lock(session, device)
    _check_open(device)
    _put_in(session, medium, device, by=by, at=at)
    follow_media(session, device, by=by, at=at)


def _put_in(session: Session, medium: StorageMedium, device: Device, *, by: Actor, at: datetime) -> StorageMedium:
    was = medium.device_id
    left = session.get_one(Device, was) if was is not None else None
    if left is not None and (left.status in OUT or left.status is Status.STOLEN):
        # It comes from a machine in a user's hands, so what was proved before that machine left is proved no more.
        medium.held_since = max(left.status_since, device_held_since(session, device))
    # Where it comes from, be it by the shelf: the histories of both machines tell it.
    came_from = was if was is not None else medium.removed_from_id
    origin = session.get_one(Device, came_from) if came_from not in (None, device.id) else None
    medium.device_id, medium.removed_from_id, medium.holder_id = device.id, came_from, device.holder_id
    device.media_known = True
    session.flush()
    told = _named(medium) | {"moved": True}
    if origin is not None:
        record(session, "device", origin.id, "medium.removed", by=by, at=at, payload=told | {"to": device.code})
        told |= {"from": origin.code}
    record(session, "device", device.id, "medium.added", by=by, at=at, payload=told)
    return medium


def _named(medium: StorageMedium) -> dict[str, Any]:
    """Return what a history says of a medium."""
    return {"medium_id": medium.id, "kind": medium.kind.value, "model": medium.model, "serial": medium.serial}


def _check_open(device: Device) -> None:
    """Nobody opens a machine that is not here, nor one that was closed and controlled: it is reopened first."""
    if device.status in AWAY:
        raise DeviceRefused("away", device)
    if device.status in STOCKED or device.status is Status.QUALITY_CHECKED:
        raise DeviceRefused("reopen-first", device)


def reload(session: Session, medium_id: int) -> StorageMedium:
    """Lock the machine that holds the medium, then read the medium and its wipes as they are now."""
    session.flush()
    device_id = session.scalar(sa.select(StorageMedium.device_id).where(StorageMedium.id == medium_id))
    if device_id is not None:
        lock(session, session.get_one(Device, device_id))
    return session.scalars(
        sa.select(StorageMedium)
        .where(StorageMedium.id == medium_id)
        .options(selectinload(StorageMedium.wipes))
        .execution_options(populate_existing=True)
    ).one()


def tell(
    session: Session, medium: StorageMedium, kind: str, *, by: Actor, at: datetime, payload: Mapping[str, Any]
) -> None:
    """Tell it on the machine that holds the medium or held it last; on the medium itself when none does."""
    device_id = medium.device_id or medium.removed_from_id
    subject = ("device", device_id) if device_id is not None else ("storage_medium", medium.id)
    record(session, *subject, kind, by=by, at=at, payload=payload)


def follow(session: Session, medium: StorageMedium, *, by: Actor, at: datetime) -> None:
    if medium.device_id is None:
        return
    device = session.get_one(Device, medium.device_id)
    try:
        follow_media(session, device, by=by, at=at, payload={"medium_id": medium.id})
    except TransitionRefused:
        # The outcome is kept whatever becomes of the machine; its guards see it.
        return
