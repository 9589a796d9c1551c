"""Counting a share of a lot as it arrives: what was declared becomes machines, one scan or one click at a time.

A machine is born the moment it is counted, so that the bench may begin before the last box is open. What no line
explains is a find (`finds`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from refurb.audit.services import record
from refurb.core.equipment import Form
from refurb.core.identity import CodeKind, kind_of
from refurb.core.identity import read as read_code
from refurb.core.serials import fold_serial
from refurb.core.workflow import Action, Status
from refurb.devices import queries as devices
from refurb.devices import services as device_services
from refurb.devices import stock
from refurb.devices.models import Device
from refurb.devices.services import DeviceRefused
from refurb.donations import words
from refurb.donations.models import Arrival, ArrivalFind, LineState, Lot, LotLine, LotShare
from refurb.donations.services import GiftRefused, close_if_over, lock_row
from refurb.security import Actor


@dataclass(frozen=True)
class Scanned:
    """What a scan came to: `kind` is done, already, refused, unknown or label; `reason` a code with a sentence."""

    kind: str
    reason: str
    line: LotLine | None = None
    device: Device | None = None
    find: ArrivalFind | None = None
    label: str | None = None


def is_counted(line: LotLine) -> bool:
    """Whether a line is only counted: keyboards and cables get no code of their own."""
    return line.form is Form.OTHER and line.kind in words.ACCESSORIES


def received(session: Session, lines: Sequence[LotLine]) -> dict[int, int]:
    """Return how many arrived of each line, by its id."""
    ids = [line.id for line in lines]
    born: dict[int, int] = {}
    for start in range(0, len(ids), 900):
        rows = session.execute(
            sa.select(Arrival.line_id, sa.func.count())
            .where(Arrival.line_id.in_(ids[start : start + 900]))
            .group_by(Arrival.line_id)
        )
        born.update((line_id, count) for line_id, count in rows)
    return {line.id: born.get(line.id, 0) + line.counted for line in lines}


def scan(
    session: Session, share: LotShare, text: str, *, label: str | None, place_id: int | None, by: Actor, at: datetime
) -> Scanned:
    """Settle one scan: a blank label (kept in hand for the next), a serial, or the giver's own number."""
    lock(session, share)
    reading = read_code(text[:200])
    if not reading.text.strip():
        return Scanned("refused", "empty", label=label)
    if reading.code:
        return _scan_code(session, share, reading.code)
    wanted = [candidate for candidate in (reading.candidates or (reading.text,)) if candidate]
    lines = _lines_named(session, share, wanted)
    counts = received(session, lines)
    waiting = [line for line in lines if counts[line.id] < line.quantity]
    if len(waiting) > 1:
        return Scanned("refused", "several-lines", label=label)
    if waiting:
        return _receive_scanned(session, share, waiting[0], label, place_id, by, at)
    if lines:
        device = session.scalar(
            sa.select(Device).join(Arrival).where(Arrival.line_id == lines[0].id).order_by(Device.id)
        )
        return Scanned("already", "already-counted", line=lines[0], device=device, label=label)
    key = fold_serial(wanted[0])[:100]
    known = session.scalar(
        sa.select(ArrivalFind).where(
            ArrivalFind.share_id == share.id, ArrivalFind.key == key, ArrivalFind.settled_at.is_(None)
        )
    )
    if known is not None:
        return Scanned("already", "find-open", find=known, label=label)
    if born := _born_here(session, share, key):
        return Scanned("already", "already-counted", device=born, label=label)
    find = ArrivalFind(share_id=share.id, text=wanted[0][:120], key=key, label=label, found_at=at)
    session.add(find)
    session.flush()
    return Scanned("unknown", "not-declared", find=find)


def _scan_code(session: Session, share: LotShare, code: str) -> Scanned:
    if kind_of(code) is not CodeKind.DEVICE:
        return Scanned("refused", "not-a-label")
    device = session.scalar(sa.select(Device).where(Device.code == code))
    if device is None:
        return Scanned("label", "label-in-hand", label=code)
    here = session.scalar(
        sa.select(Arrival.device_id).join(LotLine).where(LotLine.share_id == share.id, Arrival.device_id == device.id)
    )
    return Scanned("already", "already-counted", device=device) if here else Scanned("refused", "label-elsewhere")


def _receive_scanned(
    session: Session,
    share: LotShare,
    line: LotLine,
    label: str | None,
    place_id: int | None,
    by: Actor,
    at: datetime,
) -> Scanned:
    try:
        device = bear(session, share, line, serial=line.serial, label=label, place_id=place_id, by=by, at=at)
    except DeviceRefused as refusal:
        return Scanned("refused", refusal.code, line=line, device=refusal.device, label=label)
    return Scanned("done", "received", line=line, device=device)


def receive_line(
    session: Session,
    share: LotShare,
    line_id: int,
    *,
    count: int = 1,
    label: str | None = None,
    keep_serial: bool = True,
    place_id: int | None,
    by: Actor,
    at: datetime,
) -> list[Device]:
    """Count `count` pieces of a line by a click; machines are born, accessories only counted.

    Without `keep_serial` the machine comes without the declared one, which another machine bears. Raises GiftRefused
    "all-counted", "unknown-line", "one-label"; DeviceRefused.
    """
    lock(session, share)
    line = line_of(session, share, line_id)
    left = line.quantity - received(session, [line])[line.id]
    if count < 1 or count > left:
        raise GiftRefused("all-counted" if left <= 0 else "too-many")
    if is_counted(line):
        line.counted += count
        return []
    if label and count > 1:
        raise GiftRefused("one-label")
    serial = line.serial if keep_serial else None
    return [
        bear(session, share, line, serial=serial, label=label, place_id=place_id, by=by, at=at) for _ in range(count)
    ]


def take_back(session: Session, share: LotShare, device_id: int, *, by: Actor, at: datetime) -> None:
    """Undo a count made by mistake, while nothing else happened to the machine; it goes back to its giver.

    Raises GiftRefused "moved-on" or "not-here", and TransitionRefused where the actor may not.
    """
    lock(session, share)
    arrival = session.scalar(
        sa.select(Arrival)
        .join(LotLine)
        .where(LotLine.share_id == share.id, Arrival.device_id == device_id)
        .options(joinedload(Arrival.device), joinedload(Arrival.line))
    )
    if arrival is None:
        raise GiftRefused("not-here")
    if arrival.device.status is not Status.RECEIVED:
        raise GiftRefused("moved-on")
    line = arrival.line
    device_services.move(session, arrival.device, Action.GIVE_BACK, by=by, at=at, payload={"motive": "counting-error"})
    session.delete(arrival)
    session.flush()
    payload = {"line_id": line.id, "how": "taken-back", "device_id": device_id}
    record(session, "lot", share.lot_id, "lot.discrepancy-settled", by=by, at=at, payload=payload)


def finish(session: Session, share: LotShare, *, chargers: int | None, by: Actor, at: datetime) -> tuple[int, int]:
    """Close the count; return how many were declared and how many received. Raises GiftRefused "finds-open"."""
    lock(session, share)
    # Of two workshops that finish together the second sees that the first has; and before the event, as all others do.
    lock_row(session, session.get_one(Lot, share.lot_id))
    open_finds = session.scalar(
        sa.select(sa.func.count()).where(ArrivalFind.share_id == share.id, ArrivalFind.settled_at.is_(None))
    )
    if open_finds:
        raise GiftRefused("finds-open")
    lines = session.scalars(sa.select(LotLine).where(LotLine.share_id == share.id)).all()
    counts = received(session, lines)
    declared = sum(line.quantity for line in lines if not line.is_extra)
    arrived = sum(counts.values())
    if arrived == 0:
        raise GiftRefused("nothing-counted")
    for line in lines:
        line.missing = max(0, line.quantity - counts[line.id])
        if counts[line.id]:
            line.state = LineState.RECEIVED
    share.counted_at, share.chargers_received = at, chargers
    session.flush()
    record(
        session, "lot", share.lot_id, "lot.counted", by=by, at=at,
        payload={"declared": declared, "received": arrived, "share_id": share.id, "chargers": chargers},
        before=LineState.COLLECTED.value, after=LineState.RECEIVED.value,
    )  # fmt: skip
    _shelve(session, share, lines, chargers or 0, by=by, at=at)
    close_if_over(session, session.get_one(Lot, share.lot_id), at=at)
    return declared, arrived


def _shelve(
    session: Session, share: LotShare, lines: Sequence[LotLine], chargers: int, *, by: Actor, at: datetime
) -> None:
    """Put what is only counted on the workshop's shelves: chargers that came, keyboards, cables."""
    sums = {"charger": chargers} if chargers else {}
    for line in lines:
        if line.counted:
            kind = line.kind if line.kind in stock.KINDS else "other"
            sums[kind] = sums.get(kind, 0) + line.counted
    for kind, quantity in sums.items():
        shelf = stock.line(session, share.workshop_id, kind)
        stock.change(session, shelf, quantity, reason=f"lot:{share.lot_id}", by=by, at=at)


def bear(
    session: Session,
    share: LotShare,
    line: LotLine,
    *,
    serial: str | None,
    label: str | None,
    place_id: int | None,
    by: Actor,
    at: datetime,
) -> Device:
    """Let a machine be born from a line, under the label in hand; raises DeviceRefused."""
    lot = session.get_one(Lot, share.lot_id)
    aliases = [line.inventory_number] if line.inventory_number and line.quantity == 1 else []
    if serial is None and line.serial:
        aliases.append(line.serial)
    device = device_services.receive(
        session,
        form=line.form,
        maker=line.maker,
        model=line.model,
        serial=serial,
        origin=lot.origin,
        regime=lot.regime,
        disk_wish=lot.disk_wish,
        holder_id=share.workshop_id,
        place_id=place_id,
        lot_line_id=line.id,
        aliases=aliases,
        code=label,
        by=by,
        at=at,
    )
    session.add(Arrival(line_id=line.id, device_id=device.id, at=at))
    session.flush()
    return device


def lock(session: Session, share: LotShare) -> None:
    """One count at a time, and only between the pickup and the end of the count."""
    lock_row(session, share)
    if share.accepted is not True:
        raise GiftRefused("not-accepted")
    if share.counted_at is not None:
        raise GiftRefused("count-closed")


def line_of(session: Session, share: LotShare, line_id: int) -> LotLine:
    """Return a line of the share; raises GiftRefused "unknown-line"."""
    line = session.scalar(sa.select(LotLine).where(LotLine.id == line_id, LotLine.share_id == share.id))
    if line is None:
        raise GiftRefused("unknown-line")
    return line


def _lines_named(session: Session, share: LotShare, texts: Sequence[str]) -> Sequence[LotLine]:
    """Return the lines of the share whose serial or whose giver's number is one of the readings of a scan."""
    keys = {fold_serial(text)[:100] for text in texts} - {""}
    numbers = {text.strip().upper() for text in texts}
    return session.scalars(
        sa.select(LotLine)
        .where(
            LotLine.share_id == share.id,
            sa.or_(LotLine.serial_key.in_(keys), sa.func.upper(LotLine.inventory_number).in_(numbers)),
        )
        .order_by(LotLine.position)
    ).all()


def _born_here(session: Session, share: LotShare, key: str) -> Device | None:
    """Return the machine of this share that already bears a serial, counted under another line's name."""
    query = sa.select(Device).join(Arrival).join(LotLine).where(LotLine.share_id == share.id, Device.serial_key == key)
    return session.scalars(query).first()


def blank_label(session: Session, text: str) -> str | None:
    """Return the code of a blank label that may still be stuck on a machine, None for anything else."""
    code = read_code(text[:60]).code if re.search(r"\w", text) else None
    if code is None or kind_of(code) is not CodeKind.DEVICE or devices.exists(session, code):
        return None
    return code
