"""Taking back what scans did: one, or a whole pile."""

from datetime import datetime

from sqlalchemy.orm import Session

from refurb.audit.models import Event
from refurb.core.scanning import Answer
from refurb.core.workflow import TransitionRefused
from refurb.desk import queries, slices
from refurb.desk.models import Scan, ScanPile
from refurb.desk.registry import CONTEXTS, DeskRefused, Outcome
from refurb.desk.slices import Slice
from refurb.devices import services as devices
from refurb.devices.services import DeviceRefused
from refurb.security import Actor


def undo(session: Session, entry: Scan, *, by: Actor, at: datetime) -> None:
    """Take back what one scan did; raises DeskRefused, TransitionRefused or DeviceRefused, each with a code."""
    if entry.undone_at is not None:
        raise DeskRefused("already-undone")
    event = entry.event
    if event is None and entry.reason not in queries.TICKED:
        raise DeskRefused("nothing-to-undo")
    with session.begin_nested():
        if event is not None and event.kind == "device.placed":
            _put_back(session, entry, event, by=by, at=at)
        elif event is None or entry.detail.get("context"):
            area, _, reference = str(entry.detail.get("context")).partition(":")
            if area not in CONTEXTS:
                raise DeskRefused("nothing-to-undo")
            CONTEXTS[area].undo(session, reference, entry.detail, by=by, at=at)
        else:
            devices.undo(session, event, by=by, at=at)
        entry.undone_at = at
        if entry.answer in queries.STANDING:
            entry.settled_at = entry.settled_at or at
        session.flush()


def undo_last(session: Session, pile: ScanPile, *, by: Actor, at: datetime) -> Outcome:
    """Take back the last deed of a pile that can be."""
    entries = queries.to_undo(session, pile.id, limit=1)
    if not entries:
        return Outcome(Answer.REFUSED, "nothing-to-undo")
    entry = entries[0]
    try:
        undo(session, entry, by=by, at=at)
    except (DeskRefused, TransitionRefused, DeviceRefused) as refusal:
        return Outcome(Answer.REFUSED, refusal.code, {}, entry.device)
    told = {"scan": entry.id} | ({"status": entry.device.status.value} if entry.device else {})
    return Outcome(Answer.DONE, "undone", told, entry.device)


def undo_slice(session: Session, pile: ScanPile, before: int | None, *, by: Actor, at: datetime) -> Slice | None:
    """Take back what a pile did, last scan first: a slice of those `before` a scan's number, None where none is."""
    entries = queries.to_undo(session, pile.id, limit=slices.SLICE, before=before)
    if not entries:
        return None
    done, refused = 0, []
    for entry in entries:
        try:
            undo(session, entry, by=by, at=at)
        except (DeskRefused, TransitionRefused, DeviceRefused) as refusal:
            refused.append((entry, refusal.code))
        else:
            done += 1
    return Slice(done, refused, entries[-1].id)


def _put_back(session: Session, entry: Scan, event: Event, *, by: Actor, at: datetime) -> None:
    device, payload = entry.device, event.payload or {}
    assert device is not None
    if device.place_id != payload.get("place_id"):
        raise DeskRefused("later-place")
    devices.put_at(session, device, payload.get("was"), by=by, at=at)
