"""What befell a machine between a scan made without network and its arrival."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.audit.models import Event
from refurb.devices.models import Device
from refurb.organisations.models import Place
from refurb.security import Actor

#: What others do to a machine that a scan may contradict.
TOLD = ("device.moved", "device.undone", "device.placed", "device.transferred")


def meanwhile(
    session: Session, device: Device, event_id: int | None, *, since: datetime, by: Actor
) -> dict[str, Any] | None:
    """Return the latest thing that befell the machine between the scan and its arrival, as JSON; None if nothing did.

    What the same person did there is no surprise, and what this scan itself made is not counted.
    """
    query = (
        sa.select(Event)
        .where(
            Event.subject_kind == "device",
            Event.subject_id == device.id,
            Event.kind.in_(TOLD),
            sa.or_(Event.client_at.is_(None), Event.client_at > since),
            Event.at > since,
            sa.or_(Event.account_id.is_(None), Event.account_id != by.id),
        )
        .order_by(Event.seq.desc())
        .limit(1)
    )
    if event_id is not None:
        query = query.where(Event.id != event_id)
    found = session.scalar(query)
    if found is None:
        return None
    told = {"at": found.at.isoformat(), "kind": found.kind, "status": found.after}
    place_id = (found.payload or {}).get("place_id")
    if found.kind == "device.placed":
        told["place"] = session.scalar(sa.select(Place.name).where(Place.id == place_id)) if place_id else None
    return told
