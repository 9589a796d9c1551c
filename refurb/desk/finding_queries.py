"""What the search of the desk looks through, and what it shows."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from refurb.core.workflow import OUT, TERMINAL
from refurb.devices.models import Device, DeviceAlias
from refurb.donations.models import Arrival, Lot, LotLine
from refurb.security import Actor


def searchable(
    session: Session, *, by: Actor, limit: int
) -> Sequence[sa.Row[int, str, str | None, str | None, str | None, str, str]]:
    """Return what names the machines of the actor's workshop that are there, the latest first.

    Rows of id, code, folded serial, maker, model, and the code and the giver of the gift they came with.
    """
    query = (
        sa.select(Device.id, Device.code, Device.serial_key, Device.maker, Device.model, Lot.code, Lot.supplier_name)
        .join(Arrival, Arrival.device_id == Device.id, isouter=True)
        .join(LotLine, LotLine.id == Arrival.line_id, isouter=True)
        .join(Lot, Lot.id == LotLine.lot_id, isouter=True)
        .where(Device.holder_id == by.organisation_id, Device.status.not_in(OUT | TERMINAL))
    )
    return session.execute(query.order_by(Device.id.desc()).limit(limit)).all()


def aliases_searchable(session: Session, *, by: Actor, limit: int) -> Sequence[sa.Row[int, str]]:
    """Return the other texts that name those machines, of the latest first: rows of device id and folded text."""
    query = (
        sa.select(DeviceAlias.device_id, DeviceAlias.text_key)
        .join(Device)
        .where(Device.holder_id == by.organisation_id, Device.status.not_in(OUT | TERMINAL))
    )
    return session.execute(query.order_by(Device.id.desc(), DeviceAlias.text_key).limit(limit)).all()


def in_order(session: Session, device_ids: Sequence[int]) -> list[Device]:
    """Return machines with place and holder, in the order of these numbers."""
    query = sa.select(Device).where(Device.id.in_(device_ids))
    found = {
        device.id: device
        for device in session.scalars(query.options(joinedload(Device.place), joinedload(Device.holder)))
    }
    return [found[id] for id in device_ids if id in found]
