"""What befell a machine between a scan made without network and its arrival."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from refurb.desk import queries
from refurb.devices.models import Device
from refurb.security import Actor

#: What others do to a machine that a scan may contradict.
TOLD = ("device.moved", "device.undone", "device.placed", "device.transferred")


def meanwhile(
    session: Session, device: Device, event_id: int | None, *, since: datetime, by: Actor
) -> dict[str, Any] | None:
    """Return the latest thing that befell the machine between the scan and its arrival, as JSON; None if nothing did.

    What the same person did there is no surprise, and what this scan itself made is not counted.
    """
    found = queries.latest_by_others(session, device, TOLD, since=since, but=event_id, by=by)
    if found is None:
        return None
    told = {"at": found.at.isoformat(), "kind": found.kind, "status": found.after}
    if found.kind == "device.placed":
        place_id = (found.payload or {}).get("place_id")
        told["place"] = queries.name_of_place(session, place_id) if place_id else None
    return told
