"""The scan desk: one text comes in, one answer goes out, and a refusal never blocks the next scan."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from refurb.core.guidance import doer, next_step
from refurb.core.identity import CodeKind, Reading, WhyNot, clean, kind_of, read
from refurb.core.permissions import Permission
from refurb.core.scanning import COMMANDS, TEST_CODE, Answer, Command, Deed, command_of
from refurb.core.serials import is_placeholder
from refurb.core.workflow import Action, Status, TransitionRefused, may
from refurb.desk import lateness, ledger, operators, queries, undoing
from refurb.desk.models import Scan, ScanPile
from refurb.desk.registry import CONTEXTS, OFFERS, OPENERS, STARTS, Context, DeskRefused, Outcome
from refurb.devices import queries as device_queries
from refurb.devices import services as devices
from refurb.devices.facts import known
from refurb.devices.models import Device
from refurb.devices.services import DeviceRefused
from refurb.matching import beside as matching
from refurb.organisations import queries as organisation_queries
from refurb.security import Actor

#: Misreadings that are worth a second scan; anything else that is no code may be a serial we do not know.
MISREAD = frozenset({WhyNot.WRONG_CHECK, WhyNot.INSIDE_LONGER, WhyNot.SEVERAL_READINGS, WhyNot.EMPTY, WhyNot.TOO_LONG})
#: Who may say where a machine stands.
PLACES = frozenset({Permission.DEVICE_CHANGE_STATUS, Permission.HANDOVER_PERFORM})


def pile_of(session: Session, *, by: Actor, at: datetime, client: str = "") -> ScanPile:
    """Return the actor's open pile in this browser, opened now if there is none."""
    pile = queries.open_pile(session, by, client)
    if pile is None:
        assert by.id is not None
        assert by.organisation_id is not None
        pile = ScanPile(account_id=by.id, organisation_id=by.organisation_id, client=client, opened_at=at)
        pile.place = None
        session.add(pile)
        session.flush()
    return pile


def scan(
    session: Session,
    pile: ScanPile,
    text: str,
    *,
    by: Actor,
    at: datetime,
    client_uuid: str,
    client_at: datetime | None = None,
    prefix: str = "",
    suffix: str = "",
) -> Sequence[Scan]:
    """Answer one scan, or one each for codes glued together; the same `client_uuid` twice is one scan.

    The number of another person's scan, or of another text, is refused as "number-taken".

    Never raises for what was scanned: what is refused says why, and has changed nothing but the ledger.
    """
    reading = read(text, prefix=prefix, suffix=suffix)
    uuids = [client_uuid, *(str(uuid.uuid5(uuid.UUID(client_uuid), str(i))) for i in range(1, len(reading.codes)))]
    if not queries.is_new(session, client_uuid):
        earlier = queries.scans_of_uuids(session, uuids)
        if earlier[0].text == clean(text)[:400] and queries.is_author(session, earlier[0], by):
            return earlier
        # Another's number, or another machine's: refused under a number of its own, so that a queue goes on.
        uuids = [str(uuid.uuid5(uuid.UUID(client_uuid), f"{by.id} {by.organisation_id} {clean(text)}"))]
        if earlier := queries.scans_of_uuids(session, uuids):
            return earlier
        taken = Outcome(Answer.REFUSED, "number-taken")
    else:
        taken = None
    made = []
    for i, one in enumerate(uuids):
        code = reading.codes[i] if reading.codes else None
        counting = pile.context
        outcome = taken or _answer(session, pile, code, reading, by=by, at=at, client_uuid=one, client_at=client_at)
        if counting and pile.context is None and outcome.reason != "command-set":
            outcome.detail["left"] = True
        if outcome.device is not None and lateness.is_late(client_at, at):
            assert client_at is not None
            told = lateness.meanwhile(session, outcome.device, outcome.event_id, since=client_at, by=by)
            if told:
                outcome.detail["meanwhile"] = told
        made.append(
            ledger.write(session, pile, outcome, number=one, text=clean(text), code=code, at=at, client_at=client_at)
        )
    session.flush()
    return made


def _answer(
    session: Session, pile: ScanPile, code: str | None, reading: Reading, *, by: Actor, at: datetime, **client: Any
) -> Outcome:
    """Answer what a reading means: a command, a place, a machine, another area's thing, or a text that is no code."""
    kind = kind_of(code) if code else None
    if code and kind is CodeKind.COMMAND:
        return _command(session, pile, code, by=by, at=at)
    if code and kind is CodeKind.PLACE:
        return _place(session, pile, code, by=by)
    if code and kind is CodeKind.BADGE:
        return _badge(session, code, by=by)
    device: Device | None = None
    detail: dict[str, Any] = {}
    if code and kind is CodeKind.DEVICE:
        # A context takes what it takes first; else the machine's row is the first one this transaction holds.
        deed = pile.context is None and (pile.command is not None or pile.place_id is not None)
        device = queries.device_of_code(session, code, lock=deed)
        if device is not None and device.code != code:
            detail["linked"] = code
    elif code and kind is CodeKind.KIT and (found_set := device_queries.set_by_code(session, code, seen_by=by)):
        # A set is moved by its base unit, which takes the screen along.
        device, detail["set"] = queries.device_of_code(session, found_set.base.code), code
    elif code:
        return _opened_elsewhere(session, pile, code, by=by)
    elif reading.why not in MISREAD:
        read_as, found = queries.devices_of_text(session, reading.candidates, seen_by=by)
        if len(found) > 1 and is_placeholder(read_as):
            return Outcome(Answer.REFUSED, "placeholder", {"text": read_as})
        if len(found) > 1:
            return Outcome(Answer.REFUSED, "several", {"text": read_as, "codes": [d.code for d in found]})
        if found:
            device, detail["serial"] = found[0], read_as
            detail["mended"] = read_as != reading.candidates[0]
    context, reference = context_of(pile)
    if context is not None and (device is not None or reading.why not in MISREAD):
        outcome = _by_context(session, pile, context, reference, code, reading, device, by=by, at=at, **client)
        if outcome is not None:
            return outcome
    if device is not None:
        return _device(session, pile, device, detail, by=by, at=at, **client)
    if code:
        return Outcome(Answer.UNKNOWN, "blank-label", {"code": code})
    if reading.why in MISREAD:
        return Outcome(Answer.REFUSED, str(reading.why), {"misread": list(reading.misread)} if reading.misread else {})
    text = reading.candidates[0] if reading.candidates else reading.text
    if is_placeholder(text):
        return Outcome(Answer.REFUSED, "placeholder", {"text": text})
    return Outcome(Answer.UNKNOWN, "unknown-text", {"text": text, "why": str(reading.why)})


# -- What is set by a card or a key -----------------------------------------------------------------------------------
def _badge(session: Session, code: str, *, by: Actor) -> Outcome:
    badge = operators.badge_by_code(session, code, by.organisation_id)
    if badge is None:
        return Outcome(Answer.UNKNOWN, "unknown-badge", {"code": code})
    if badge.account_id == by.id:
        return Outcome(Answer.ALREADY, "badge-same")
    return Outcome(Answer.WAITING, "badge-pin", {"badge": code, "title": badge.account.name})


def _command(session: Session, pile: ScanPile, code: str, *, by: Actor, at: datetime) -> Outcome:
    if code == TEST_CODE:
        return Outcome(Answer.DONE, "gun-works")
    command = command_of(code)
    if command is None:
        return Outcome(Answer.UNKNOWN, "unknown-command")
    if command.deed is Deed.UNDO:
        return _undo_last(session, pile, by=by, at=at)
    context, reference = context_of(pile)
    if context is not None and context.title(session, reference, by) is not None:
        # What is counted is counted first: a card of action would look obeyed and be ignored.
        if command.deed is Deed.OPEN:
            pile.context = pile.command = None
            return Outcome(Answer.DONE, "command-set", {"command": command.key})
        if command.deed is not Deed.ANYWHERE:
            return Outcome(Answer.REFUSED, "context-first")
    return set_command(pile, command, by=by)


def set_command(pile: ScanPile, command: Command, *, by: Actor) -> Outcome:
    """Let `command` apply to the machines scanned next; a card and a key do the same."""
    told = {"command": command.key}
    if command.deed is Deed.ANYWHERE:
        was, pile.place, pile.place_id = pile.place_id, None, None
        return Outcome(Answer.DONE if was else Answer.ALREADY, "no-place")
    if command.action is not None and not may(command.action, by.permissions):
        return Outcome(Answer.REFUSED, "not-allowed", told)
    wanted = None if command.deed is Deed.OPEN else command.key
    if pile.command == wanted:
        return Outcome(Answer.ALREADY, "command-set", told)
    pile.command = wanted
    return Outcome(Answer.DONE, "command-set", told)


def _place(session: Session, pile: ScanPile, code: str, *, by: Actor) -> Outcome:
    place = organisation_queries.place_by_code(session, code)
    if place is None:
        return Outcome(Answer.UNKNOWN, "unknown-place", {"code": code})
    told = {"place": place.name}
    if place.organisation_id != by.organisation_id:
        return Outcome(Answer.REFUSED, "place-elsewhere", told | {"holder": place.organisation.name})
    if pile.place_id == place.id:
        return Outcome(Answer.ALREADY, "place-set", told)
    pile.place, pile.place_id = place, place.id
    return Outcome(Answer.DONE, "place-set", told)


def _opened_elsewhere(session: Session, pile: ScanPile, code: str, *, by: Actor) -> Outcome:
    starter = STARTS.get(kind_of(code))
    if starter and (started := starter(session, code, by)):
        if pile.context == started:
            return Outcome(Answer.ALREADY, "context-set")
        pile.context = started
        return Outcome(Answer.DONE, "context-set")
    opener = OPENERS.get(kind_of(code))
    found = opener(session, code, by) if opener else None
    if found is None:
        return Outcome(Answer.UNKNOWN, "unknown-code", {"code": code})
    return Outcome(Answer.DONE, "opened-page", {"title": found.title, "detail": found.detail, "url": found.url})


def context_of(pile: ScanPile) -> tuple[Context | None, str]:
    """Return what an area wants done with each scan, and its reference."""
    area, _, reference = (pile.context or "").partition(":")
    return CONTEXTS.get(area), reference


def _by_context(
    session: Session,
    pile: ScanPile,
    context: Context,
    reference: str,
    code: str | None,
    reading: Reading,
    device: Device | None,
    **deed: Any,
) -> Outcome | None:
    """Let the area answer; a context that is over is left, and the desk goes on by its own rules."""
    if context.title(session, reference, deed["by"]) is None:
        pile.context = None
        return None
    try:
        with session.begin_nested():
            outcome = context.scan(session, reference, code, reading, device, place_id=pile.place_id, **deed)
    except DeskRefused as refusal:
        return Outcome(Answer.REFUSED, refusal.code, {}, device)
    if outcome is not None and outcome.context is not None:
        pile.context = outcome.context
    return outcome


# -- A machine --------------------------------------------------------------------------------------------------------
def _device(
    session: Session, pile: ScanPile, device: Device, detail: dict[str, Any], *, by: Actor, at: datetime, **client: Any
) -> Outcome:
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
            return Outcome(Answer.WAITING, "to-confirm", detail | {"command": command.key}, device)
        return carry_out(session, pile, device, command, detail, by=by, at=at, **client)
    if command is not None and command.deed is Deed.LABEL:
        return Outcome(Answer.DONE, "to-label", detail, device)
    if pile.place_id is not None:
        return put(session, pile.place_id, _shelf(pile), device, detail, by=by, at=at, **client)
    return Outcome(Answer.DONE, "opened", detail | opened(session, device, by=by), device)


def opened(session: Session, device: Device, *, by: Actor) -> dict[str, Any]:
    """Return what a machine that opens says: what to do next, what stands in the way, and what else it leads to."""
    found = known(session, device, by=by)
    step = next_step(device.status, found.facts, found.scanned)
    told: dict[str, Any] = {
        "next": step.action.value if step.action else None,
        "missing": list(step.missing),
        "waits": step.waits,
    }
    if step.action is Action.RESERVE and found.base_id is None and not matching.is_matched(device):
        what = matching.at_hand(session, device)
        told |= {"next": None, "waits": None, "purpose": what.purpose.value, "bases": what.bases, "count": what.count}
    elif step.action and (who := doer(step.action, by.permissions)):
        told["who"] = who.value
    if found.base_id is not None:
        told["base"] = session.get_one(Device, found.base_id).code
    if offers := _offers(session, device, by):
        told["offers"] = offers
    return told


def _offers(session: Session, device: Device, by: Actor) -> list[dict[str, str]]:
    """Return what other areas lead to from a machine: for whom it is, its hand-over."""
    offers = [found for offer in OFFERS.values() if (found := offer(session, device, by))]
    return [{"title": offer.title, "detail": offer.detail, "url": offer.url} for offer in offers]


def carry_out(
    session: Session,
    pile: ScanPile,
    device: Device,
    command: Command,
    detail: dict[str, Any],
    *,
    by: Actor,
    at: datetime,
    **client: Any,
) -> Outcome:
    """Make the move of a command, and put the machine where the pile says; a refusal is an answer too."""
    assert command.action is not None
    payload: dict[str, Any] = dict(command.payload)
    if pile.place_id is not None:
        payload["place_id"] = pile.place_id
        detail["place"] = _shelf(pile)
    try:
        moved = devices.move(session, device, command.action, by=by, at=at, payload=payload, **client)
    except (TransitionRefused, DeviceRefused) as refusal:
        detail |= {"status": device.status.value, "command": command.key}
        if refusal.code == "already":
            return _already(session, pile, device, command, detail, by=by, at=at, **client)
        if isinstance(refusal, TransitionRefused) and refusal.step:
            detail["step"] = refusal.step.value
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
    session: Session, pile: ScanPile, device: Device, command: Command, detail: dict[str, Any], **deed: Any
) -> Outcome:
    """The machine stands there already: its place may still change, and a triage may have come out otherwise."""
    outcome = command.payload.get("outcome")
    if command.action is Action.TRIAGE and outcome and device.triage_outcome != outcome:
        return Outcome(Answer.REFUSED, "triaged-otherwise", detail | {"outcome": device.triage_outcome}, device)
    if pile.place_id is not None and device.place_id != pile.place_id:
        return put(session, pile.place_id, _shelf(pile), device, detail, **deed)
    return Outcome(Answer.ALREADY, "already", detail, device)


def _shelf(pile: ScanPile) -> str | None:
    return pile.place.name if pile.place else None


def put(
    session: Session,
    place_id: int,
    place: str | None,
    device: Device,
    detail: dict[str, Any],
    *,
    by: Actor,
    at: datetime,
    **client: Any,
) -> Outcome:
    """Put a machine of the actor's workshop at a place, which bears that name."""
    detail["place"] = place
    if not by.permissions & PLACES:
        return Outcome(Answer.REFUSED, "not-allowed", detail, device)
    event = devices.put_at(session, device, place_id, by=by, at=at, **client)
    if event is None:
        return Outcome(Answer.ALREADY, "placed", detail, device)
    return Outcome(Answer.DONE, "placed", detail, device, event_id=event.id)


def _undo_last(session: Session, pile: ScanPile, *, by: Actor, at: datetime) -> Outcome:
    entries = queries.to_undo(session, pile.id, limit=1)
    if not entries:
        return Outcome(Answer.REFUSED, "nothing-to-undo")
    entry = entries[0]
    try:
        undoing.undo(session, entry, by=by, at=at)
    except (DeskRefused, TransitionRefused, DeviceRefused) as refusal:
        return Outcome(Answer.REFUSED, refusal.code, {}, entry.device)
    told = {"scan": entry.id} | ({"status": entry.device.status.value} if entry.device else {})
    return Outcome(Answer.DONE, "undone", told, entry.device)


# -- The pile ---------------------------------------------------------------------------------------------------------
def close(pile: ScanPile, *, at: datetime) -> None:
    """End a pile: its ledger stays, the next scan opens another."""
    pile.closed_at = at


def link_label(session: Session, label: str, device: Device, *, by: Actor, at: datetime) -> None:
    """Let a blank printed label name a machine that is known; raises DeskRefused "not-blank"."""
    if queries.device_of_code(session, label) is not None:
        raise DeskRefused("not-blank")
    devices.add_alias(session, device, label, by=by, at=at)
    devices.mark_labelled(session, device, layout="blank", by=by, at=at)
