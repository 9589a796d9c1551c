"""What a count met and no line explains: it is a line after all, an extra, or none of ours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.audit.services import record
from refurb.core.equipment import Form
from refurb.core.serials import fold_serial
from refurb.devices.models import Device
from refurb.donations import arrivals
from refurb.donations.models import ArrivalFind, LineState, Lot, LotLine, LotShare
from refurb.donations.services import GiftRefused, lock_row
from refurb.donations.values import alike
from refurb.security import Actor


def settle_as_line(
    session: Session, share: LotShare, find: ArrivalFind, line_id: int, *, place_id: int | None, by: Actor, at: datetime
) -> Device:
    """Say that a find is this line, whose serial was missing or misread; the serial scanned is the one kept."""
    arrivals.lock(session, share)
    _must_be_open(find)
    line = arrivals.line_of(session, share, line_id)
    if arrivals.received(session, [line])[line.id] >= line.quantity:
        raise GiftRefused("all-counted")
    if line.quantity == 1:
        declared = line.serial
        line.serial, line.serial_key = find.text[:100], find.key
        line.details = {**line.details, **({"declared_serial": declared} if declared else {})}
    device = arrivals.bear(session, share, line, serial=find.text, label=find.label, place_id=place_id, by=by, at=at)
    _settled(session, share, find, "line", line, device, by, at)
    return device


def settle_as_extra(
    session: Session,
    share: LotShare,
    find: ArrivalFind | None,
    *,
    form: Form,
    maker: str | None,
    model: str | None,
    serial: str | None = None,
    label: str | None = None,
    place_id: int | None,
    by: Actor,
    at: datetime,
) -> Device:
    """Take a machine that nobody declared: the lot gets a line for it, marked as an extra."""
    arrivals.lock(session, share)
    if find is not None:
        _must_be_open(find)
        serial, label = find.text, find.label or label
    # Two workshops counting two shares of a lot would take the same position.
    lock_row(session, session.get_one(Lot, share.lot_id))
    last = session.scalar(sa.select(sa.func.max(LotLine.position)).where(LotLine.lot_id == share.lot_id)) or 0
    line = LotLine(
        lot_id=share.lot_id,
        share_id=share.id,
        position=last + 1,
        state=LineState.COLLECTED,
        is_extra=True,
        quantity=1,
        form=form,
        maker=maker,
        model=model,
        serial=serial[:100] if serial else None,
        serial_key=fold_serial(serial)[:100] if serial else None,
        details={},
    )
    session.add(line)
    session.flush()
    device = arrivals.bear(session, share, line, serial=serial, label=label, place_id=place_id, by=by, at=at)
    if find is not None:
        _settled(session, share, find, "extra", line, device, by, at)
    else:
        payload = {"line_id": line.id, "how": "extra"}
        record(session, "lot", share.lot_id, "lot.discrepancy-settled", by=by, at=at, payload=payload)
    return device


def ignore(session: Session, share: LotShare, find: ArrivalFind, *, by: Actor, at: datetime) -> None:
    """Say that a scan meant nothing: another box's label, a battery's number."""
    arrivals.lock(session, share)
    _must_be_open(find)
    _settled(session, share, find, "ignored", None, None, by, at)


def _settled(
    session: Session,
    share: LotShare,
    find: ArrivalFind,
    how: str,
    line: LotLine | None,
    device: Device | None,
    by: Actor,
    at: datetime,
) -> None:
    find.settled_at, find.how, find.device_id = at, how, device.id if device else None
    payload = {"line_id": line.id if line else None, "how": how, "find_id": find.id}
    record(session, "lot", share.lot_id, "lot.discrepancy-settled", by=by, at=at, payload=payload)


def _must_be_open(find: ArrivalFind) -> None:
    if find.settled_at is not None:
        raise GiftRefused("find-settled")


def resembling(finds: Sequence[ArrivalFind], lines: Sequence[LotLine], counts: dict[int, int]) -> dict[int, LotLine]:
    """Return the line still missing that each find may be: O read for 0, I for 1, one letter wrong, an end only."""
    missing = {alike(line.serial_key): line for line in lines if line.serial_key and counts[line.id] < line.quantity}
    found: dict[int, LotLine] = {}
    for find in finds:
        key = alike(find.key)
        near = missing.get(key) or next((line for other, line in missing.items() if _one_letter(key, other)), None)
        if near is not None:
            found[find.id] = near
    return found


def _one_letter(a: str, b: str) -> bool:
    """Whether two serials of one length differ by one character only, or one ends with the other."""
    if len(a) == len(b) and len(a) >= 6:
        return sum(x != y for x, y in zip(a, b, strict=True)) == 1
    shorter, longer = sorted((a, b), key=len)
    return len(shorter) >= 6 and longer.endswith(shorter)
