"""Counting a gift from the desk: each scan is a machine that arrives (donations.arrivals decides what it is)."""

from datetime import datetime
from typing import Any

from flask import current_app, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from refurb.audit.queries import of_subject
from refurb.core.permissions import Permission
from refurb.core.scanning import Answer, Doing
from refurb.desk import reception_queries as queries
from refurb.desk.registry import DeskRefused, Outcome, Scanned
from refurb.devices.services import DeviceRefused
from refurb.donations import arrivals
from refurb.donations.models import LotShare
from refurb.donations.sentences import DEEDS, SCANS
from refurb.donations.services import GiftRefused
from refurb.security import Actor

AREA = "lot"
_ANSWERS = {
    "done": Answer.DONE,
    "label": Answer.DONE,
    "already": Answer.ALREADY,
    "refused": Answer.REFUSED,
    "unknown": Answer.UNKNOWN,
}


def start(session: Session, code: str, by: Actor) -> str | None:
    """Return the context of counting this lot, when the actor's workshop has collected it and not counted it."""
    if not by.can(Permission.LOT_COUNT):
        return None
    share_id = queries.to_count(session, code, by=by)
    return f"{AREA}:{share_id}" if share_id is not None else None


class Reception:
    """The desk's context "lot": its reference is the share, and the blank label in hand if there is one."""

    doing = Doing.RECEIVING

    def title(self, session: Session, reference: str, by: Actor) -> str | None:
        """Name the gift being counted; None once the count is closed."""
        share = _share(session, reference, by)
        return None if share is None else _("Comptage du don : %(name)s", name=share.lot.supplier_name)

    def is_of(self, session: Session, reference: str, code: str, by: Actor) -> bool:
        """Tell whether a code is the gift's."""
        share = _share(session, reference, by)
        return share is not None and share.lot.code == code

    def scan(self, session: Session, reference: str, scanned: Scanned) -> Outcome | None:
        """Count one scan; the machine is born there and then."""
        by = scanned.by
        share, (share_id, _colon, label) = _share(session, reference, by), reference.partition(":")
        if share is None:
            return None
        try:
            came = arrivals.scan(
                session,
                share,
                scanned.code or scanned.reading.text,
                label=label or None,
                place_id=scanned.place_id,
                by=by,
                at=scanned.at,
            )
        except (GiftRefused, DeviceRefused) as refusal:
            raise DeskRefused(refusal.code) from refusal
        held = f"{AREA}:{share_id}:{came.label}" if came.label else f"{AREA}:{share_id}"
        detail: dict[str, Any] = {"context": f"{AREA}:{share_id}"}
        if came.label and came.kind == "label":
            detail["label"] = came.label
        if came.kind == "unknown" and "donations.count" in current_app.view_functions:
            detail["url"] = url_for("donations.count", code=share.lot.code, share_id=share.id)
        event_id = None
        if came.kind == "done" and came.device is not None:
            detail["device_id"] = came.device.id
            event_id = of_subject(session, "device", came.device.id, limit=1)[0].id
        return Outcome(_ANSWERS[came.kind], came.reason, detail, came.device, event_id, context=held)

    def undo(self, session: Session, reference: str, detail: dict[str, Any], *, by: Actor, at: datetime) -> None:
        """Take a machine back out of the count."""
        share = _share(session, reference, by)
        if share is None:
            raise DeskRefused("count-closed")
        try:
            arrivals.take_back(session, share, int(detail["device_id"]), by=by, at=at)
        except GiftRefused as refusal:
            raise DeskRefused(refusal.code) from refusal

    def sentence(self, reason: str, detail: dict[str, Any]) -> str | None:
        """Return what donations says of one of its answers."""
        if not detail.get("context"):
            return None
        if reason in SCANS:
            return f"{SCANS[reason]}."
        return str(DEEDS[reason]) if reason in DEEDS else None


def _share(session: Session, reference: str, by: Actor) -> LotShare | None:
    share_id = reference.partition(":")[0]
    if not (share_id.isascii() and share_id.isdecimal() and len(share_id) < 16):
        return None
    return queries.share(session, int(share_id), by=by)
