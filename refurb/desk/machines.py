"""What a scan does to a machine: it opens with what comes next, makes the move that the pile asks, is put away."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from refurb.core.guidance import NextStep, doer, next_instead, next_step
from refurb.core.permissions import Permission
from refurb.core.scanning import COMMANDS, Answer, Command, Confirmation, Deed, confirmation
from refurb.core.workflow import Action, Status, TransitionRefused
from refurb.desk import queries
from refurb.desk.models import ScanPile
from refurb.desk.registry import OFFERS, Outcome
from refurb.devices import services as devices
from refurb.devices.facts import known
from refurb.devices.models import Device
from refurb.devices.services import DeviceRefused
from refurb.matching import beside as matching
from refurb.security import Actor

#: Who may say where a machine stands.
PLACES = frozenset({Permission.DEVICE_CHANGE_STATUS, Permission.HANDOVER_PERFORM})


@dataclass(frozen=True)
class Where:
    """A place that machines are put at: its number, and its name."""

    id: int
    name: str | None


def answer(
    session: Session, pile: ScanPile, device: Device, detail: dict[str, Any], *, by: Actor, at: datetime, **client: Any
) -> Outcome:
    """Return what a scan of a machine comes to: what the pile asks of it, or it opens."""
    command = COMMANDS.get(pile.command or "")
    sets_nothing = command is None and pile.place_id is None
    if device.holder_id != by.organisation_id and not (sets_nothing and queries.may_see(session, device, by)):
        # Who holds it acts on it: the coordination reads every machine, others recognise one and no more.
        told = detail | {"holder": queries.holder_name(session, device), "offers": _offers(session, device, by)}
        if sets_nothing:
            return Outcome(Answer.DONE, "opened-elsewhere", told, device)
        return Outcome(Answer.REFUSED, "held-elsewhere", told, device)
    if command is not None and command.action is not None:
        if command.asks:
            return ask(session, pile, device, command, detail, where=where_of(pile), at=at)
        return carry_out(session, where_of(pile), device, command, detail, by=by, at=at, **client)
    if command is not None and command.deed is Deed.LABEL:
        return Outcome(Answer.DONE, "to-label", detail, device)
    if (where := where_of(pile)) is not None:
        return put(session, where, device, detail, by=by, at=at, **client)
    return Outcome(Answer.DONE, "opened", detail | opened(session, device, by=by), device)


def opened(session: Session, device: Device, *, by: Actor) -> dict[str, Any]:
    """Return what a machine that opens says: what to do next, what stands in the way, and what else it leads to."""
    found = known(session, device, by=by)
    step = next_step(device.status, found.facts, found.scanned)
    told = _said(step, by=by)
    if step.action is Action.RESERVE and found.base_id is None and not matching.is_matched(device):
        what = matching.at_hand(session, device)
        told |= {"next": None, "waits": None, "purpose": what.purpose.value, "bases": what.bases, "count": what.count}
        told.pop("who", None)
    if found.base_id is not None:
        told["base"] = session.get_one(Device, found.base_id).code
    if offers := _offers(session, device, by):
        told["offers"] = offers
    return told


def _said(step: NextStep, *, by: Actor) -> dict[str, Any]:
    """Return a next step as the ledger keeps it: what is missing for it, and who does it where that is not `by`."""
    told: dict[str, Any] = {
        "next": step.action.value if step.action else None,
        "missing": list(step.missing),
        "waits": step.waits,
    }
    if step.action and (who := doer(step.action, by.permissions)):
        told["who"] = who.value
    return told


def _offers(session: Session, device: Device, by: Actor) -> list[dict[str, str]]:
    """Return what other areas lead to from a machine: for whom it is, its hand-over."""
    offers = [found for offer in OFFERS.values() if (found := offer(session, device, by))]
    return [{"title": offer.title, "detail": offer.detail, "url": offer.url} for offer in offers]


def where_of(pile: ScanPile) -> Where | None:
    """Return where a pile puts machines now, None where it puts them nowhere."""
    return None if pile.place_id is None else Where(pile.place_id, pile.place.name if pile.place else None)


def ask(
    session: Session,
    pile: ScanPile,
    device: Device,
    command: Command,
    detail: dict[str, Any],
    *,
    where: Where | None,
    at: datetime,
) -> Outcome:
    """Let a machine wait in the pile for one confirmation, which will put it where the pile says now."""
    told = {"place_id": where.id, "place": where.name} if where else {}
    waiting = queries.waiting(session, pile.id, device.id)
    match confirmation(command, [entry.command or "" for entry in waiting]):
        case Confirmation.ALREADY_ASKED:
            for entry in waiting:
                kept = {key: value for key, value in entry.detail.items() if key not in ("place_id", "place")}
                entry.detail = kept | told
            return Outcome(Answer.ALREADY, "asked", detail | {"command": command.key}, device)
        case Confirmation.REPLACES:
            for entry in waiting:
                entry.settled_at = at
    return Outcome(Answer.WAITING, "to-confirm", detail | {"command": command.key} | told, device)


def carry_out(
    session: Session,
    where: Where | None,
    device: Device,
    command: Command,
    detail: dict[str, Any],
    *,
    by: Actor,
    at: datetime,
    **client: Any,
) -> Outcome:
    """Make the move of a command, and put the machine there; a refusal is an answer too."""
    assert command.action is not None
    payload: dict[str, Any] = dict(command.payload)
    if where is not None:
        payload["place_id"] = where.id
        detail["place"] = where.name
    try:
        moved = devices.move(session, device, command.action, by=by, at=at, payload=payload, **client)
    except (TransitionRefused, DeviceRefused) as refusal:
        detail |= {"status": device.status.value, "command": command.key}
        if refusal.code == "already":
            return _already(session, where, device, command, detail, by=by, at=at, **client)
        if isinstance(refusal, TransitionRefused):
            if refusal.step:
                detail["step"] = refusal.step.value
            instead = next_instead(refusal, device.status)
            # What needs do not ask for by itself is set aside by nobody.
            if instead and (instead.action is not Action.RESERVE or matching.is_matched(device)):
                detail |= _said(instead, by=by)
        # Picked from the wrong place of a shelf: it is not that it may not move, nobody waits for it.
        unasked = command.action is Action.PREPARE and device.status is Status.IN_STOCK
        return Outcome(Answer.REFUSED, "no-reservation" if unasked else refusal.code, detail, device)
    detail |= {
        "command": command.key,
        "before": moved.before.value,
        "after": moved.after.value,
        "implied": [step.action.value for step in moved.implied],
        "flags": list(moved.flags),
    }
    if command.action is Action.PREPARE and (offers := _offers(session, moved.device, by)):
        detail["offers"] = offers  # what is put beside the machine is the case it goes to
    if moved.repeated:
        return Outcome(Answer.ALREADY, "moved", detail, moved.device)
    return Outcome(Answer.DONE, "moved", detail, moved.device, event_id=moved.event.id)


def _already(
    session: Session, where: Where | None, device: Device, command: Command, detail: dict[str, Any], **deed: Any
) -> Outcome:
    """The machine stands there already: its place may still change, and a triage may have come out otherwise."""
    outcome = command.payload.get("outcome")
    if command.action is Action.TRIAGE and outcome and device.triage_outcome != outcome:
        return Outcome(Answer.REFUSED, "triaged-otherwise", detail | {"outcome": device.triage_outcome}, device)
    if where is not None and device.place_id != where.id:
        return put(session, where, device, detail, **deed)
    return Outcome(Answer.ALREADY, "already", detail, device)


def put(
    session: Session, where: Where, device: Device, detail: dict[str, Any], *, by: Actor, at: datetime, **client: Any
) -> Outcome:
    """Put a machine of the actor's workshop at a place."""
    detail["place"] = where.name
    if not by.permissions & PLACES:
        return Outcome(Answer.REFUSED, "not-allowed", detail, device)
    event = devices.put_at(session, device, where.id, by=by, at=at, **client)
    if event is None:
        return Outcome(Answer.ALREADY, "placed", detail, device)
    return Outcome(Answer.DONE, "placed", detail, device, event_id=event.id)
