"""Dealing with what stands in the way of a pile: confirm it, set it aside, say what an unknown one is."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from refurb.core.identity import CodeKind, WhyNot, kind_of
from refurb.core.scanning import COMMANDS, Answer, Belated, Command, catch_up
from refurb.core.workflow import may
from refurb.desk import ledger, queries, slices, stocktakes
from refurb.desk.machines import Where, ask, carry_out, put, where_of
from refurb.desk.models import Scan, ScanPile, Stocktake
from refurb.desk.registry import DeskRefused, Outcome
from refurb.desk.services import link_label
from refurb.desk.slices import Slice
from refurb.devices.models import Device
from refurb.security import Actor


def confirm_slice(session: Session, pile: ScanPile, after: int | None, *, by: Actor, at: datetime) -> Slice | None:
    """Carry out what waited for one confirmation: a slice of those `after` a scan's number, None where none is left.

    Each goes where the pile put machines when it was scanned.
    """
    entries = queries.to_confirm(session, pile.id, limit=slices.SLICE, after=after)
    if not entries:
        return None
    done, refused = set(), []
    for entry in entries:
        command = COMMANDS.get(entry.command or "")
        if entry.device is None or command is None:
            continue
        place_id, place = entry.detail.get("place_id"), entry.detail.get("place")
        detail = {key: value for key, value in entry.detail.items() if key not in ("command", "place_id", "place")}
        outcome = carry_out(
            session,
            Where(place_id, place) if place_id else None,
            entry.device,
            command,
            detail,
            by=by,
            at=at,
            client_uuid=entry.client_uuid,
            client_at=entry.client_at,
        )
        entry.answer, entry.reason, entry.detail = outcome.answer, outcome.reason, outcome.detail
        entry.event_id = outcome.event_id
        if outcome.answer in (Answer.DONE, Answer.ALREADY):
            entry.settled_at = at
            done.add(entry.device_id)
        else:
            refused.append((entry, outcome.reason))
    session.flush()
    return Slice(len(done), refused, entries[-1].id)


def do(session: Session, pile: ScanPile, opened: Scan, command: Command, *, by: Actor, at: datetime) -> Scan:
    """Write in the pile that the machine which `opened` underwent `command`, as if it had been scanned again."""
    device, number = opened.device, str(uuid.uuid4())
    assert device is not None
    # What a count found is put right where it stands.
    counted_at = opened.detail.get("at_place_id")
    where = Where(counted_at, queries.name_of_place(session, counted_at)) if counted_at else where_of(pile)
    deed = {"client_uuid": number, "client_at": None}
    if command.action is None or not may(command.action, by.permissions):
        outcome = Outcome(Answer.REFUSED, "not-allowed", {"command": command.key}, device)
    elif command.asks:
        outcome = ask(session, pile, device, command, {}, where=where, at=at)
    else:
        outcome = carry_out(session, where, device, command, {}, by=by, at=at, **deed)
    if outcome.answer is not Answer.REFUSED and opened.answer in queries.STANDING:
        opened.settled_at = opened.settled_at or at
    entry = ledger.write(
        session, pile, outcome, number=number, text=device.code, code=device.code, at=at, command=command.key
    )
    session.flush()
    return entry


def put_here(
    session: Session, pile: ScanPile, found: Stocktake, devices: Sequence[Device], *, by: Actor, at: datetime
) -> list[Scan]:
    """Put machines that a count met where it counts; each is a line of the pile, taken back as any other.

    Raises DeskRefused "nothing-to-count" for a count of no place.
    """
    if found.place_id is None:
        raise DeskRefused("nothing-to-count")
    where = Where(found.place_id, queries.name_of_place(session, found.place_id))
    written = []
    for device in devices:
        number = str(uuid.uuid4())
        if device.holder_id != by.organisation_id:
            holder = queries.holder_name(session, device)
            outcome = Outcome(Answer.REFUSED, "held-elsewhere", {"holder": holder}, device)
        else:
            outcome = put(session, where, device, {}, by=by, at=at, client_uuid=number)
        written.append(ledger.write(session, pile, outcome, number=number, text=device.code, code=device.code, at=at))
    done = [entry.device_id for entry in written if entry.answer in (Answer.DONE, Answer.ALREADY)]
    set_aside(queries.met_away(session, pile.id, done), at=at)
    session.flush()
    return written


def set_aside_one(session: Session, pile: ScanPile, scan_id: int, *, at: datetime) -> int:
    """Take one scan out of the way; a machine that waits for a confirmation waits no more, however often scanned."""
    entry = queries.standing_one(session, pile.id, scan_id)
    if entry is None:
        return 0
    with_it = queries.waiting(session, pile.id, entry.device_id) if entry.reason == "to-confirm" else ()
    return set_aside([entry, *with_it], at=at)


def set_aside(entries: Sequence[Scan], *, at: datetime) -> int:
    """Take what was refused, unknown or waiting out of the way; the ledger keeps it. Returns how many."""
    aside = [entry for entry in entries if entry.settled_at is None]
    for entry in aside:
        entry.settled_at = at
    return len(aside)


def is_nameless(entry: Scan) -> bool:
    """Whether somebody may still say which machine a scan was: nothing answers to its text, or its code was misread."""
    return (entry.answer is Answer.UNKNOWN or entry.reason == WhyNot.WRONG_CHECK) and entry.settled_at is None


def say(session: Session, pile: ScanPile, entry: Scan, device: Device, *, by: Actor, at: datetime) -> None:
    """Say which machine an unknown scan of `pile` was: a blank label becomes its own, and it undergoes what the scan
    would have made it undergo, had it been known. Raises DeskRefused "not-blank".

    A place that was set or left since is not guessed: then the machine is found and no more.
    """
    if not is_nameless(entry):
        raise DeskRefused("already-settled")
    if entry.code and kind_of(entry.code) is CodeKind.DEVICE:
        link_label(session, entry.code, device, by=by, at=at)
    _settle(session, pile, entry, device, by=by, at=at)


def linked(session: Session, pile: ScanPile, code: str, device: Device, *, by: Actor, at: datetime) -> None:
    """Settle the scans of a blank label in a pile, now that it is a machine's."""
    for entry in queries.unknown_of_code(session, pile.id, code):
        _settle(session, pile, entry, device, by=by, at=at)


def _settle(session: Session, pile: ScanPile, entry: Scan, device: Device, *, by: Actor, at: datetime) -> None:
    entry.device_id, entry.device, entry.settled_at = device.id, device, at
    outcome = _catch_up(session, pile, entry, device, by=by, at=at)
    if outcome is None:
        return
    entry.answer, entry.reason, entry.detail = outcome.answer, outcome.reason, outcome.detail
    entry.event_id = outcome.event_id
    if outcome.answer in queries.STANDING:
        entry.settled_at = None


def _catch_up(
    session: Session, pile: ScanPile, entry: Scan, device: Device, *, by: Actor, at: datetime
) -> Outcome | None:
    """Return what the scan comes to now that its machine is known; None where it only opens."""
    command, area = COMMANDS.get(entry.command or ""), (pile.context or "").partition(":")[0]
    moved_on = queries.moved_on(session, pile.id, entry.id)
    belated = catch_up(
        command,
        counting=area == stocktakes.AREA,
        receiving=bool(area) and area != stocktakes.AREA,
        held=device.holder_id == by.organisation_id,
        placed=pile.place_id is not None,
        moved_on=moved_on,
    )
    deed = {"client_uuid": entry.client_uuid, "client_at": entry.client_at}
    match belated:
        case Belated.COUNT:
            return stocktakes.recognise(session, pile.context or "", entry.code or entry.text, device, by=by, at=at)
        case Belated.MOVE:
            assert command is not None
            return carry_out(session, where_of(pile), device, command, {}, by=by, at=at, **deed)
        case Belated.ASK:
            assert command is not None
            return ask(session, pile, device, command, {}, where=None if moved_on else where_of(pile), at=at)
        case Belated.LABEL:
            return Outcome(Answer.DONE, "to-label", {}, device)
        case Belated.PUT:
            where = where_of(pile)
            assert where is not None
            return put(session, where, device, {}, by=by, at=at, **deed)
    return None
