"""The scan desk: one text comes in, one answer goes out, and a refusal never blocks the next scan."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from refurb.core.identity import CodeKind, Reading, WhyNot, clean, kind_of, read
from refurb.core.lateness import counts_on, is_late
from refurb.core.scanning import Answer, Lands, lands
from refurb.core.serials import is_placeholder
from refurb.desk import cards, contexts, lateness, ledger, machines, pile_queries, queries
from refurb.desk.models import Scan, ScanPile
from refurb.desk.registry import DeskRefused, Outcome, Scanned
from refurb.devices import queries as device_queries
from refurb.devices import services as devices
from refurb.devices.models import Device
from refurb.security import Actor
from refurb.web import zone

#: Key in `session.info` of the pile that was begun and the one that it ended, for the scan to come to say.
ENDED = "desk.ended"
#: What a card sets, after what was counted as well: it is no machine that the count did not take.
SETTINGS = frozenset({"command-set", "place-set", "context-set", "no-place"})
#: Misreadings that are worth a second scan; anything else that is no code may be a serial we do not know.
MISREAD = frozenset({WhyNot.WRONG_CHECK, WhyNot.INSIDE_LONGER, WhyNot.SEVERAL_READINGS, WhyNot.EMPTY, WhyNot.TOO_LONG})


def pile_of(
    session: Session,
    *,
    by: Actor,
    at: datetime,
    client: str = "",
    number: str | None = None,
    made_at: datetime | None = None,
) -> ScanPile:
    """Return the pile in this browser of what the actor does, begun if there is none; that of another day ends.

    Of a scan to come, `number` is the browser's and `made_at` when it was made, where that is known. One that comes
    late goes to the pile of its day, which is over.
    """
    on = counts_on(made_at and _day(made_at), _day(at))
    since = made_at if made_at and _day(made_at) == on else at
    pile = queries.open_pile(session, by, client, number=number)
    if pile is None:
        return _begin(session, by, client, since)
    match lands(_day(pile.opened_at), on):
        case Lands.OPEN:
            return pile
        case Lands.EARLIER:
            of_then = pile_queries.of_day(session, on, by=by, client=client)
            return of_then or _begin(session, by, client, since, closed_at=at)
        case Lands.ANEW:
            close(pile, at=at)
            session.flush()
            begun = _begin(session, by, client, since)
            session.info[ENDED] = (begun.id, {"pile": pile.id, "begun": pile.opened_at.isoformat()})
            return begun


def is_over(pile: ScanPile, *, at: datetime) -> bool:
    """Tell whether the next scan ends an open pile, for it is of another day."""
    return lands(_day(pile.opened_at), _day(at)) is Lands.ANEW


def _begin(
    session: Session, by: Actor, client: str, opened_at: datetime, *, closed_at: datetime | None = None
) -> ScanPile:
    assert by.id is not None
    assert by.organisation_id is not None
    begun = {"account_id": by.id, "organisation_id": by.organisation_id, "client": client, "opened_at": opened_at}
    pile = ScanPile(**begun, closed_at=closed_at)
    pile.place = None
    session.add(pile)
    session.flush()
    return pile


def _day(at: datetime) -> date:
    return at.astimezone(zone()).date()


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
    made: list[Scan] = []
    begun, ended = session.info.pop(ENDED, (None, None))
    for i, one in enumerate(uuids):
        code = reading.codes[i] if reading.codes else None
        counting = pile.context
        outcome = taken or _answer(session, pile, code, reading, by=by, at=at, client_uuid=one, client_at=client_at)
        if counting and pile.context is None and outcome.reason not in SETTINGS:
            outcome.detail["left"] = True
        if begun == pile.id and not made:
            outcome.detail["ended"] = ended
        if outcome.device is not None and is_late(client_at, at):
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
        return cards.command(session, pile, code, by=by, at=at)
    if code and kind is CodeKind.PLACE:
        return cards.place(session, pile, code, by=by)
    if code and kind is CodeKind.BADGE:
        return cards.badge(session, code, by=by)
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
        return cards.another_thing(session, pile, code, by=by)
    elif reading.why not in MISREAD:
        read_as, found = queries.devices_of_text(session, reading.candidates, seen_by=by)
        if len(found) > 1 and is_placeholder(read_as):
            return Outcome(Answer.REFUSED, "placeholder", {"text": read_as})
        if len(found) > 1:
            return Outcome(Answer.REFUSED, "several", {"text": read_as, "codes": [d.code for d in found]})
        if found:
            device, detail["serial"] = found[0], read_as
            detail["mended"] = read_as != reading.candidates[0]
    if device is not None or reading.why not in MISREAD:
        scanned = Scanned(code, reading, device, pile.place_id, by=by, at=at, **client)
        if (outcome := contexts.answer(session, pile, scanned)) is not None:
            return outcome
    if device is not None:
        return machines.answer(session, pile, device, detail, by=by, at=at, **client)
    if code:
        return Outcome(Answer.UNKNOWN, "blank-label", {"code": code})
    if reading.why in MISREAD:
        return Outcome(Answer.REFUSED, str(reading.why), {"misread": list(reading.misread)} if reading.misread else {})
    text = reading.candidates[0] if reading.candidates else reading.text
    if is_placeholder(text):
        return Outcome(Answer.REFUSED, "placeholder", {"text": text})
    return Outcome(Answer.UNKNOWN, "unknown-text", {"text": text, "why": str(reading.why)})


def close(pile: ScanPile, *, at: datetime) -> None:
    """End a pile: its ledger stays, the next scan opens another."""
    pile.closed_at = at


def link_label(session: Session, label: str, device: Device, *, by: Actor, at: datetime) -> None:
    """Let a blank printed label name a machine that is known; raises DeskRefused "not-blank"."""
    if queries.device_of_code(session, label) is not None:
        raise DeskRefused("not-blank")
    devices.add_alias(session, device, label, by=by, at=at)
    devices.mark_labelled(session, device, layout="blank", by=by, at=at)
