"""Locked machines: which lock, what their giver is asked and when, and when they have waited long enough.

The letter of a gift names every machine that is still locked; it goes to the contacts of the gift, with the steps.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from refurb.audit.services import record
from refurb.core import locks
from refurb.core.locks import Letter, LockKind
from refurb.core.steps import Step
from refurb.core.workflow import Action, Status, TransitionRefused
from refurb.devices import services as devices
from refurb.devices.models import Device
from refurb.devices.registry import Moved, did
from refurb.donations.models import Arrival, Lot, LotLine
from refurb.security import Actor
from refurb.workshop import queries
from refurb.workshop.models import DeviceLock, ReleaseRequest
from refurb.workshop.refusals import WorkshopRefused


@dataclass(frozen=True)
class Locked:
    """A machine that is locked now, its open locks, and the line of the gift it came with."""

    device: Device
    locks: Sequence[DeviceLock]
    line: LotLine | None

    @property
    def kinds(self) -> list[LockKind]:
        """Return what holds it, in a fixed order; a kind that is known hides the one that says nothing."""
        found = [kind for kind in LockKind if any(lock.kind is kind for lock in self.locks)]
        return [kind for kind in found if kind is not LockKind.UNKNOWN] or [LockKind.UNKNOWN]


@dataclass
class Gift:
    """The locked machines of one lot in one workshop, and what was asked; `lot` None: nobody can be asked."""

    lot: Lot | None
    request: ReleaseRequest | None
    machines: list[Locked] = field(default_factory=list)


# -- What is locked ---------------------------------------------------------------------------------------------------
def locked(session: Session, *, holder_id: int | None = None, lot_id: int | None = None) -> list[Locked]:
    """Return the locked machines of a workshop, or of a lot, in three statements whatever their number."""
    query = (
        sa.select(Device, LotLine)
        .outerjoin(Arrival, Arrival.device_id == Device.id)
        .outerjoin(LotLine, LotLine.id == Arrival.line_id)
        .where(Device.status == Status.LOCKED)
        .options(joinedload(LotLine.lot))
        .order_by(Device.status_since, Device.id)
    )
    if holder_id is not None:
        query = query.where(Device.holder_id == holder_id)
    if lot_id is not None:
        query = query.where(LotLine.lot_id == lot_id)
    rows = session.execute(query).all()
    held: dict[int, list[DeviceLock]] = {}
    wanted = sa.select(Device.id).where(Device.status == Status.LOCKED)
    if holder_id is not None:
        wanted = wanted.where(Device.holder_id == holder_id)
    open_locks = sa.select(DeviceLock).where(DeviceLock.released_at.is_(None), DeviceLock.device_id.in_(wanted))
    for lock in session.scalars(open_locks.order_by(DeviceLock.id)):
        held.setdefault(lock.device_id, []).append(lock)
    return [Locked(device, held.get(device.id, []), line) for device, line in rows]


def gifts(session: Session, holder_id: int) -> list[Gift]:
    """Return the locked machines of a workshop by gift, the one whose date comes first on top; last, those of none."""
    requests = {
        request.lot_id: request
        for request in session.scalars(sa.select(ReleaseRequest).where(ReleaseRequest.holder_id == holder_id))
    }
    found: dict[int | None, Gift] = {}
    for machine in locked(session, holder_id=holder_id):
        lot = machine.line.lot if machine.line is not None else None
        lot_id = lot.id if lot is not None else None
        found.setdefault(lot_id, Gift(lot, requests.get(lot_id or 0))).machines.append(machine)
    return sorted(
        found.values(),
        key=lambda gift: (
            gift.lot is None,
            gift.request.parts_on if gift.request else date.max,
            gift.machines[0].device.id,
        ),
    )


def open_locks(session: Session, device_id: int) -> Sequence[DeviceLock]:
    """Return what holds a machine now."""
    return session.scalars(
        sa.select(DeviceLock)
        .where(DeviceLock.device_id == device_id, DeviceLock.released_at.is_(None))
        .order_by(DeviceLock.id)
    ).all()


def request_of(session: Session, device: Device) -> ReleaseRequest | None:
    """Return what the giver of a machine was asked for its workshop."""
    return session.scalar(
        sa.select(ReleaseRequest)
        .join(LotLine, LotLine.lot_id == ReleaseRequest.lot_id)
        .join(Arrival, Arrival.line_id == LotLine.id)
        .where(Arrival.device_id == device.id, ReleaseRequest.holder_id == device.holder_id)
        .limit(1)
    )


def request_by_id(session: Session, request_id: int, *, holder_id: int) -> ReleaseRequest | None:
    """Return a workshop's own request with its lot."""
    return session.scalar(
        sa.select(ReleaseRequest)
        .where(ReleaseRequest.id == request_id, ReleaseRequest.holder_id == holder_id)
        .options(joinedload(ReleaseRequest.lot))
    )


# -- Locking and releasing --------------------------------------------------------------------------------------------
def put_under(
    session: Session, device: Device, kinds: Sequence[LockKind], *, by: Actor, at: datetime, motive: str | None = None
) -> None:
    """Say what holds a machine, and set it aside; one that is locked already is only told more of.

    Raises WorkshopRefused "kind-missing", and TransitionRefused; then nothing is written.
    """
    if not kinds:
        raise WorkshopRefused("kind-missing")
    payload: dict[str, Any] = {"locks": [kind.value for kind in kinds]}
    if device.status is Status.LOCKED:
        _note(session, device, kinds, by=by, at=at)
        return
    if motive:
        payload["motive"] = motive
    devices.move(session, device, Action.LOCK, by=by, at=at, payload=payload)


def concerned(steps: Sequence[Step]) -> bool:
    """Whether a lock opens or closes with these steps."""
    return did(steps, Action.LOCK) or steps[0].before is Status.LOCKED


def after_move(session: Session, moved: Moved, by: Actor) -> None:
    """Open and close locks with the machine, whoever moved it: a card at the desk locks and unlocks too."""
    device = moved.device
    if moved.did(Action.LOCK):
        told = [LockKind(kind) for kind in moved.payload.get("locks") or () if kind in set(LockKind)]
        if not told:
            announced = locks.of_declared(declared(session, device.id), device.maker)
            told = [announced or LockKind.UNKNOWN]
        _note(session, device, told, by=by, at=moved.at)
    else:
        _release(session, device, by=by, at=moved.at)


def was_locked(session: Session, device_id: int) -> bool:
    """Tell whether a lock was ever noted on the machine: what its giver announced is then dealt with."""
    return bool(session.scalar(sa.select(sa.exists().where(DeviceLock.device_id == device_id))))


def declared(session: Session, device_id: int) -> str | None:
    """Return the lock that the giver's list names for a machine, as the list is read; None when it names none."""
    return session.scalar(
        sa.select(LotLine.lock).join(Arrival, Arrival.line_id == LotLine.id).where(Arrival.device_id == device_id)
    )


def _note(session: Session, device: Device, kinds: Sequence[LockKind], *, by: Actor, at: datetime) -> None:
    known = {lock.kind for lock in open_locks(session, device.id)}
    fresh = [kind for kind in dict.fromkeys(kinds) if kind not in known]
    for kind in fresh:
        session.add(DeviceLock(device_id=device.id, kind=kind, noted_at=at))
    session.flush()
    if fresh:
        payload = {"kinds": [kind.value for kind in fresh]}
        record(session, "device", device.id, "device.lock-noted", by=by, at=at, payload=payload)
    _open_request(session, device, at=at)


def _open_request(session: Session, device: Device, *, at: datetime) -> None:
    """Make the request of the machine's gift, once; a lock noted after the date gives the full time again."""
    lot_id = session.scalar(
        sa.select(LotLine.lot_id).join(Arrival, Arrival.line_id == LotLine.id).where(Arrival.device_id == device.id)
    )
    if lot_id is None:
        return
    settings = queries.settings_of(session, device.holder_id)
    parts_on = at.date() + timedelta(days=settings.lock_days if settings is not None else locks.WAIT_DAYS)
    request = session.scalar(
        sa.select(ReleaseRequest)
        .where(ReleaseRequest.lot_id == lot_id, ReleaseRequest.holder_id == device.holder_id)
        .with_for_update(of=ReleaseRequest)
    )
    if request is None:
        request = ReleaseRequest(lot_id=lot_id, holder_id=device.holder_id, parts_on=parts_on, opened_at=at, mails=0)
        session.add(request)
    elif locks.is_over(at.date(), request.parts_on):
        request.parts_on, request.last_letter = parts_on, None
    session.flush()


def _release(session: Session, device: Device, *, by: Actor, at: datetime) -> None:
    lifted = open_locks(session, device.id)
    for lock in lifted:
        lock.released_at = at
    session.flush()
    if lifted:
        payload = {"kinds": [lock.kind.value for lock in lifted]}
        record(session, "device", device.id, "device.lock-released", by=by, at=at, payload=payload)


def set_date(session: Session, request: ReleaseRequest, parts_on: date, *, by: Actor, at: datetime) -> None:
    """Give the giver another date; raises WorkshopRefused "date-past"."""
    if parts_on <= at.date():
        raise WorkshopRefused("date-past")
    if parts_on == request.parts_on:
        return
    request.parts_on = parts_on
    # Who was told a date is told the new one.
    request.last_letter = Letter.REMIND if request.last_letter is Letter.LAST else request.last_letter
    session.flush()
    payload = {"parts_on": parts_on.isoformat()}
    record(session, "lot", request.lot_id, "lot.release-date-changed", by=by, at=at, payload=payload)


def give_up(
    session: Session, request: ReleaseRequest, *, today: date, by: Actor, at: datetime
) -> tuple[list[Device], dict[str, str]]:
    """Send the machines of a request whose date has come to parts; return them, and the refusals by code of machine.

    The exit guard holds here as everywhere: a machine whose disks are not clear stays, and says so. Raises
    WorkshopRefused "not-yet" before the date.
    """
    if not locks.is_over(today, request.parts_on):
        raise WorkshopRefused("not-yet")
    gone: list[Device] = []
    kept: dict[str, str] = {}
    for machine in locked(session, holder_id=request.holder_id, lot_id=request.lot_id):
        try:
            with session.begin_nested():
                devices.move(
                    session, machine.device, Action.DISMANTLE, by=by, at=at, payload={"motive": "not-released-in-time"}
                )
        except TransitionRefused as refused:
            kept[machine.device.code] = refused.code
        else:
            gone.append(machine.device)
    return gone, kept


# -- Letters ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Due:
    """A letter to write: to whom, which, and the machines it names."""

    request: ReleaseRequest
    letter: Letter
    machines: Sequence[Locked]


def due(
    session: Session, request: ReleaseRequest, machines: Sequence[Locked], *, today: date, zone: ZoneInfo
) -> Due | None:
    """Return the letter that is due for a request, None when none is, or when nothing is locked any more."""
    if not machines:
        return None
    untold = [lock.noted_at for machine in machines for lock in machine.locks if lock.told_at is None]
    letter = locks.next_letter(
        today,
        parts_on=request.parts_on,
        mailed_on=request.mailed_at.astimezone(zone).date() if request.mailed_at else None,
        last_sent=request.last_letter is Letter.LAST,
        untold_since=min(untold).astimezone(zone).date() if untold else None,
    )
    return Due(request, letter, machines) if letter is not None else None


def open_requests(session: Session) -> Sequence[ReleaseRequest]:
    """Return every request with its lot whose gift still has a locked machine, for the daily round."""
    still = (
        sa.select(sa.literal(1))
        .select_from(Device)
        .join(Arrival, Arrival.device_id == Device.id)
        .join(LotLine, LotLine.id == Arrival.line_id)
        .where(
            LotLine.lot_id == ReleaseRequest.lot_id,
            Device.holder_id == ReleaseRequest.holder_id,
            Device.status == Status.LOCKED,
        )
    )
    return session.scalars(
        sa.select(ReleaseRequest)
        .where(still.exists())
        .options(joinedload(ReleaseRequest.lot))
        .order_by(ReleaseRequest.id)
        .with_for_update(of=ReleaseRequest, skip_locked=True)
    ).all()


def mark_sent(session: Session, letter: Due, *, by: Actor, at: datetime) -> None:
    """Note that a letter left: which, and the machines it named."""
    request = letter.request
    request.mailed_at, request.last_letter, request.mails = at, letter.letter, request.mails + 1
    for machine in letter.machines:
        for lock in machine.locks:
            lock.told_at = lock.told_at or at
    session.flush()
    payload: Mapping[str, Any] = {
        "letter": letter.letter.value,
        "devices": [machine.device.code for machine in letter.machines],
        "parts_on": request.parts_on.isoformat(),
    }
    record(session, "lot", request.lot_id, "lot.release-asked", by=by, at=at, payload=payload)
