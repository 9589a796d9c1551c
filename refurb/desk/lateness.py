"""A scan that arrives late, from a browser that had no network: when it was made, and what befell the machine since."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.audit.models import Event
from refurb.devices.models import Device
from refurb.organisations.models import Place
from refurb.security import Actor

#: Less is the way of the network, or two clocks that disagree.
LATE = timedelta(minutes=2)
#: What others do to a machine that a scan may contradict.
TOLD = ("device.moved", "device.undone", "device.placed", "device.transferred")


def when(
    client_at: datetime | None, sent_at: datetime | None, *, at: datetime, not_before: datetime | None
) -> datetime | None:
    """Return when a scan was made, by the server's clock; None if the browser does not say.

    Many a station's clock is wrong, by years where the battery is flat. What it was wrong by when it sent, it was when
    it scanned: only the time between the two counts. A clock that was set right in between gives nonsense, but no scan
    is older than the page it was made on (`not_before`), nor younger than its arrival `at`.
    """
    if client_at is None:
        return None
    made = client_at
    if sent_at is not None:
        waited = sent_at - client_at
        if waited < -LATE:
            return not_before or at
        if is_wrong(sent_at, at):
            made = at - max(waited, timedelta())
    if not_before is not None:
        made = max(made, not_before)
    return min(made, at)


def is_wrong(sent_at: datetime | None, at: datetime) -> bool:
    """Tell whether a station's clock said something else than ours as it sent."""
    return sent_at is not None and abs(at - sent_at) > LATE


def is_late(client_at: datetime | None, at: datetime) -> bool:
    """Tell whether a scan was made so long before it arrived that others may have acted in between."""
    return client_at is not None and at - client_at > LATE


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
