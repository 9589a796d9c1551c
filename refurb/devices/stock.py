"""What is only counted: chargers by connector and power, mice, keyboards, cables, modules. Moves are events."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from refurb.audit.services import record
from refurb.core.equipment import NEEDS_CHARGER
from refurb.devices import services
from refurb.devices.media import AWAY
from refurb.devices.models import CountedStock, Device
from refurb.devices.services import DeviceRefused
from refurb.devices.steps import STOCKED, lock
from refurb.security import Actor

#: What is counted. `charger` and `memory`, `battery`... may go into a machine; the rest goes with one.
KINDS = (
    "charger",
    "mouse",
    "keyboard",
    "cable",
    "memory",
    "battery",
    "panel",
    "laptop_keyboard",
    "wifi_card",
    "headset",
    "webcam",
    "other",
)
#: Kinds that are fitted inside a machine.
PARTS = ("memory", "battery", "panel", "laptop_keyboard", "wifi_card", "webcam", "other")


def charger_detail(connector: str | None, watts: int | None) -> str:
    """Return what a charger is called: "USB-C 65 W"."""
    return " ".join(word for word in (connector, f"{watts} W" if watts else None) if word)


def line(
    session: Session,
    organisation_id: int,
    kind: str,
    *,
    detail: str = "",
    connector: str | None = None,
    watts: int | None = None,
    place_id: int | None = None,
) -> CountedStock:
    """Return the line of this kind and detail at this place, made at zero when there is none; locked."""
    if kind == "charger":
        detail = charger_detail(connector, watts)
    detail = detail.strip()[:100]
    query = sa.select(CountedStock).where(
        CountedStock.organisation_id == organisation_id,
        CountedStock.kind == kind,
        CountedStock.detail == detail,
        CountedStock.place_id == place_id if place_id is not None else CountedStock.place_id.is_(None),
    )
    query = query.with_for_update(of=CountedStock)
    found = session.scalar(query)
    if found is None:
        found = CountedStock(
            organisation_id=organisation_id,
            kind=kind,
            detail=detail,
            connector=connector if kind == "charger" else None,
            watts=watts if kind == "charger" else None,
            place_id=place_id,
            quantity=0,
        )
        try:
            with session.begin_nested():
                session.add(found)
                session.flush()
        except IntegrityError:
            # Somebody made the same line at the same moment: it is that one.
            return session.scalars(query).one()
    return found


def change(
    session: Session, stock: CountedStock, quantity: int, *, reason: str, by: Actor, at: datetime
) -> CountedStock:
    """Add to a line, or take from it; raises DeviceRefused "not-enough", and then nothing changed."""
    stock = _lock(session, stock)
    if stock.quantity + quantity < 0:
        raise DeviceRefused("not-enough")
    stock.quantity += quantity
    session.flush()
    payload = {"quantity": quantity, "reason": reason, "left": stock.quantity}
    record(session, "counted_stock", stock.id, "stock.moved", by=by, at=at, payload=payload)
    return stock


def count(session: Session, stock: CountedStock, quantity: int, *, by: Actor, at: datetime) -> CountedStock:
    """Write what was counted on the shelf, whatever the line said."""
    stock = _lock(session, stock)
    was, stock.quantity = stock.quantity, max(0, quantity)
    session.flush()
    payload = {"quantity": stock.quantity, "was": was}
    record(session, "counted_stock", stock.id, "stock.counted", by=by, at=at, payload=payload)
    return stock


def give_charger(session: Session, stock: CountedStock, device: Device, *, by: Actor, at: datetime) -> None:
    """Take one charger from the shelf for a machine; the one it had goes back to the shelf it came from, if known.

    Raises DeviceRefused "not-a-charger", "needs-no-charger", "not-enough", "away".
    """
    if stock.kind != "charger":
        raise DeviceRefused("not-a-charger")
    device = lock(session, device)
    if device.form not in NEEDS_CHARGER:
        raise DeviceRefused("needs-no-charger", device)
    if device.status in AWAY:
        raise DeviceRefused("away", device)
    change(session, stock, -1, reason=f"device:{device.code}", by=by, at=at)
    services.set_charger(session, device, stock.detail, by=by, at=at)


def take_charger(session: Session, device: Device, *, place_id: int | None, by: Actor, at: datetime) -> CountedStock:
    """Take the charger from a machine back to the shelf; raises DeviceRefused "no-charger", "reopen-first", "away"."""
    device = lock(session, device)
    if not device.charger:
        raise DeviceRefused("no-charger", device)
    if device.status in AWAY:
        raise DeviceRefused("away", device)
    if device.status in STOCKED:
        raise DeviceRefused("reopen-first", device)
    words = device.charger.removesuffix(" W").rsplit(" ", 1)
    connector, watts = device.charger, None
    if device.charger.endswith(" W") and len(words) == 2 and words[1].isdecimal():
        connector, watts = words[0], int(words[1])
    stock = line(session, device.holder_id, "charger", connector=connector, watts=watts, place_id=place_id)
    change(session, stock, 1, reason=f"device:{device.code}", by=by, at=at)
    services.set_charger(session, device, None, by=by, at=at)
    return stock


def fit(session: Session, stock: CountedStock, device: Device, *, quantity: int = 1, by: Actor, at: datetime) -> None:
    """Put parts from the shelf into a machine; raises "not-a-part", "not-enough", "reopen-first", "away"."""
    _move_part(session, stock, device, quantity, by=by, at=at)


def salvage(
    session: Session, stock: CountedStock, device: Device, *, quantity: int = 1, by: Actor, at: datetime
) -> None:
    """Take parts from a machine to the shelf; raises as `fit` does."""
    _move_part(session, stock, device, -quantity, by=by, at=at)


def move_between(
    session: Session,
    source: Device,
    target: Device,
    kind: str,
    *,
    detail: str = "",
    serial: str | None = None,
    quantity: int = 1,
    by: Actor,
    at: datetime,
) -> None:
    """Take parts from one machine and put them into another, past the shelf; the histories of both tell it.

    A module has no code of its own: what it is, and its serial where it bears one, are its trace. Raises DeviceRefused
    "not-a-part", "same-machine", "other-holder", "reopen-first", "away".
    """
    if kind not in PARTS:
        raise DeviceRefused("not-a-part")
    if source.id == target.id:
        raise DeviceRefused("same-machine", source)
    # One order for whoever moves parts between the same two.
    locked = {device.id: lock(session, device) for device in sorted((source, target), key=lambda device: device.id)}
    source, target = locked[source.id], locked[target.id]
    if source.holder_id != target.holder_id:
        raise DeviceRefused("other-holder", source)
    for device in (source, target):
        # What is dismantled is exactly where parts come from.
        if device.status in AWAY and not (device is source and device.status == "parts"):
            raise DeviceRefused("away", device)
        if device.status in STOCKED:
            raise DeviceRefused("reopen-first", device)
    told = {"part": kind, "detail": detail.strip()[:100], "serial": (serial or "").strip()[:100] or None}
    for device, sign, way in ((source, -1, {"to": target.code}), (target, 1, {"from": source.code})):
        payload = {**told, "quantity": sign * quantity, **way}
        record(session, "device", device.id, "device.part-moved", by=by, at=at, payload=payload)


def _move_part(
    session: Session, stock: CountedStock, device: Device, quantity: int, *, by: Actor, at: datetime
) -> None:
    if stock.kind not in PARTS:
        raise DeviceRefused("not-a-part")
    device = lock(session, device)
    # What is dismantled is exactly where parts come from.
    dismantled = device.status == "parts" and quantity < 0
    if device.status in AWAY and not dismantled:
        raise DeviceRefused("away", device)
    if device.status in STOCKED:
        raise DeviceRefused("reopen-first", device)
    change(session, stock, -quantity, reason=f"device:{device.code}", by=by, at=at)
    payload = {"part": stock.kind, "detail": stock.detail, "quantity": quantity, "stock_id": stock.id}
    record(session, "device", device.id, "device.part-moved", by=by, at=at, payload=payload)


def _lock(session: Session, stock: CountedStock) -> CountedStock:
    session.flush()
    return session.scalars(
        sa.select(CountedStock)
        .where(CountedStock.id == stock.id)
        .with_for_update(of=CountedStock)
        .execution_options(populate_existing=True)
    ).one()
