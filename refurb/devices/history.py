"""A machine's history, told: each event as a line with its word, its detail, who, when."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from refurb.accounts.models import Account
from refurb.audit import queries as audit
from refurb.audit.models import Event
from refurb.core.identity import display
from refurb.core.workflow import Action, Status
from refurb.devices.models import MediumKind
from refurb.devices.report_words import DOUBTS
from refurb.devices.words import ACTIONS, EVENTS, MEDIUM_KINDS, OUTCOMES, STATUSES, STOCK_KINDS, TRIAGES
from refurb.organisations.models import Organisation, Place
from refurb.security import Actor

#: The icon and tone of what stands out; the rest is neutral.
_LOOKS = {
    "device.received": ("box-arrow-in-down", "going"),
    "device.moved": ("arrow-right-circle", "going"),
    "device.undone": ("arrow-counterclockwise", "waits"),
    "medium.wiped": ("shield-check", "neutral"),
    "device.checked": ("clipboard-check", "neutral"),
}
#: Motives that Refurb writes itself.
_MOTIVES: dict[Any, Any] = {"not-released-in-time": _l("son donateur ne l'a pas libérée à temps")}


def lines(session: Session, device_id: int, *, seen_by: Actor, limit: int = 200) -> list[dict[str, Any]]:
    """Return the history for `ui.timeline`, newest first, in four statements whatever its length.

    Names of people are told within their organisation only; others read the organisation's.
    """
    events = audit.of_subject(session, "device", device_id, limit=limit)
    names = _names(session, events, seen_by)
    places = _places(session, events)
    told = []
    for event in events:
        icon, tone = _LOOKS.get(event.kind, (None, "neutral"))
        told.append(
            {
                "title": _title(event),
                "detail": _detail(event, places),
                "at": event.at,
                "by": names.get((event.account_id, event.organisation_id)) or event.station,
                "tone": tone,
                "icon": icon,
            }
        )
    return told


def _title(event: Event) -> str:
    payload = event.payload or {}
    if event.kind in ("device.moved", "device.undone") and payload.get("action"):
        word = str(ACTIONS[Action(payload["action"])])
        return word if event.kind == "device.moved" else _("Annulé : %(action)s", action=word)
    return str(EVENTS.get(event.kind, event.kind))


def _detail(event: Event, places: dict[int, str]) -> str:
    payload, said = event.payload or {}, []
    if event.after and event.before and event.after != event.before:
        said.append(f"{STATUSES[Status(event.before)]} → {STATUSES[Status(event.after)]}")
    if payload.get("implied_by"):
        said.append(_("déduit de « %(action)s »", action=str(ACTIONS[Action(payload["implied_by"])])))
    if payload.get("evidence"):
        said.append(_("d'après un relevé ou l'état des disques"))
    if payload.get("outcome") in {outcome.value for outcome in OUTCOMES}:
        said.append(str(next(word for outcome, word in OUTCOMES.items() if outcome.value == payload["outcome"])))
    elif payload.get("outcome") in {outcome.value for outcome in TRIAGES}:
        said.append(str(next(word for outcome, word in TRIAGES.items() if outcome.value == payload["outcome"])))
    if event.kind == "device.placed" or (event.kind == "device.moved" and payload.get("place_id")):
        said.append(places.get(payload.get("place_id") or 0) or _("sans place"))
    if payload.get("kind") in {kind.value for kind in MediumKind} and event.kind.startswith("medium."):
        said.append(str(MEDIUM_KINDS[MediumKind(payload["kind"])]))
    if payload.get("part"):
        said.append(_part(payload))
    if event.kind in ("device.part-moved", "medium.removed") and payload.get("to"):
        stored = payload["to"] == "stock"
        said.append(_("gardé à part") if stored else _("pour %(code)s", code=display(str(payload["to"]))))
    if payload.get("from") and event.kind in ("device.part-moved", "medium.added"):
        said.append(_("venu de %(code)s", code=display(str(payload["from"]))))
    if payload.get("of") and event.kind == "device.clone-seen":
        said.append(_("le même que sur %(code)s", code=display(str(payload["of"]))))
    if event.kind == "device.checked":
        said.append(_("tout va bien") if payload.get("passed") else _("un défaut au moins"))
    if payload.get("set"):
        said.append(display(payload["set"]))
    if "same-person" in (payload.get("flags") or []):
        said.append(_("installée et contrôlée par la même personne"))
    meanings = DOUBTS if event.kind == "device.report-doubted" else _MOTIVES
    said += [
        str(meanings.get(payload[key], payload[key]))
        for key in ("motive", "reason", "alias", "charger", "system", "version", "method", "layout", "serial", "model")
        if payload.get(key) and isinstance(payload[key], str)
    ]
    return " · ".join(dict.fromkeys(said))


def _part(payload: dict[str, Any]) -> str:
    count = payload.get("quantity") or 0
    word = f"{abs(count)} × {STOCK_KINDS.get(payload['part'], payload['part'])} {payload.get('detail') or ''}".strip()
    return str(_("monté : %(part)s", part=word) if count > 0 else _("démonté : %(part)s", part=word))


def _names(session: Session, events: Sequence[Event], seen_by: Actor) -> dict[tuple[int | None, int | None], str]:
    accounts = {event.account_id for event in events if event.account_id is not None}
    organisations = {event.organisation_id for event in events if event.organisation_id is not None}
    people: dict[int, str] = {
        row[0]: row[1] for row in session.execute(sa.select(Account.id, Account.name).where(Account.id.in_(accounts)))
    }
    bodies: dict[int, str] = {
        row[0]: row[1]
        for row in session.execute(
            sa.select(Organisation.id, Organisation.name).where(Organisation.id.in_(organisations))
        )
    }
    found: dict[tuple[int | None, int | None], str] = {}
    for event in events:
        body = bodies.get(event.organisation_id or 0, "")
        person = people.get(event.account_id or 0, "")
        own = event.organisation_id == seen_by.organisation_id
        found[(event.account_id, event.organisation_id)] = person if own and person else body or person
    return found


def _places(session: Session, events: Sequence[Event]) -> dict[int, str]:
    wanted = {(event.payload or {}).get("place_id") for event in events} - {None}
    if not wanted:
        return {}
    return {row[0]: row[1] for row in session.execute(sa.select(Place.id, Place.name).where(Place.id.in_(wanted)))}
