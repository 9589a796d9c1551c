"""Dealing with what stands in the way of a pile: confirm it, set it aside, say what an unknown one is."""

import uuid
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from rapidfuzz import fuzz, process, utils
from sqlalchemy.orm import Session, joinedload

from refurb.core.identity import CodeKind, kind_of, read
from refurb.core.scanning import COMMANDS, Answer, Command
from refurb.core.serials import fold_serial
from refurb.core.workflow import OUT, may
from refurb.desk import ledger, queries, stocktakes
from refurb.desk.models import Scan, ScanPile, Stocktake
from refurb.desk.registry import DeskRefused, Outcome
from refurb.desk.services import carry_out, link_label, put
from refurb.devices.models import Device, DeviceAlias
from refurb.donations.models import Arrival, Lot, LotLine
from refurb.organisations.models import Place
from refurb.security import Actor

#: Machines of one workshop that a forgiving search goes through, the latest first.
MOST_SEARCHED = 20_000
#: Below this likeness (0 to 100) nobody would take one text for the other.
LIKE = 72.0
SHOWN = 12


def confirm(session: Session, pile: ScanPile, *, by: Actor, at: datetime) -> tuple[int, int]:
    """Carry out what waited for one confirmation; return how many machines moved and how many were refused."""
    done = refused = 0
    for entry in queries.unsettled(session, pile.id, limit=10_000):
        command = COMMANDS.get(entry.command or "")
        if entry.reason != "to-confirm" or entry.device is None or command is None:
            continue
        detail = {key: value for key, value in entry.detail.items() if key != "command"}
        outcome = carry_out(
            session,
            pile,
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
            done += 1
        else:
            refused += 1
    session.flush()
    return done, refused


def do(session: Session, pile: ScanPile, opened: Scan, command: Command, *, by: Actor, at: datetime) -> Scan:
    """Write in the pile that the machine which `opened` underwent `command`, as if it had been scanned again."""
    device, number = opened.device, str(uuid.uuid4())
    assert device is not None
    deed = {"client_uuid": number, "client_at": None}
    if command.action is None or not may(command.action, by.permissions):
        outcome = Outcome(Answer.REFUSED, "not-allowed", {"command": command.key}, device)
    elif command.asks:
        outcome = Outcome(Answer.WAITING, "to-confirm", {"command": command.key}, device)
    else:
        outcome = carry_out(session, pile, device, command, {}, by=by, at=at, **deed)
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
    place = session.scalar(sa.select(Place.name).where(Place.id == found.place_id))
    written = []
    for device in devices:
        number = str(uuid.uuid4())
        if device.holder_id != by.organisation_id:
            holder = queries.holder_name(session, device)
            outcome = Outcome(Answer.REFUSED, "held-elsewhere", {"holder": holder}, device)
        else:
            outcome = put(session, found.place_id, place, device, {}, by=by, at=at, client_uuid=number)
        written.append(ledger.write(session, pile, outcome, number=number, text=device.code, code=device.code, at=at))
    done = [entry.device_id for entry in written if entry.answer in (Answer.DONE, Answer.ALREADY)]
    asked = sa.select(Scan).where(
        Scan.pile_id == pile.id,
        Scan.reason.in_(("counted-elsewhere", "counted-unexpected")),
        Scan.device_id.in_(done),
        Scan.settled_at.is_(None),
    )
    set_aside(session.scalars(asked).all(), at=at)
    session.flush()
    return written


def set_aside(entries: Sequence[Scan], *, at: datetime) -> int:
    """Take what was refused, unknown or waiting out of the way; the ledger keeps it. Returns how many."""
    aside = [entry for entry in entries if entry.settled_at is None]
    for entry in aside:
        entry.settled_at = at
    return len(aside)


def say(session: Session, pile: ScanPile, entry: Scan, device: Device, *, by: Actor, at: datetime) -> None:
    """Say which machine an unknown scan of `pile` was: a blank label becomes its own, and it undergoes what the scan
    would have made it undergo, had it been known. Raises DeskRefused "not-blank".

    A place that was set or left since is not guessed: then the machine is found and no more.
    """
    if entry.answer is not Answer.UNKNOWN or entry.settled_at is not None:
        raise DeskRefused("already-settled")
    if entry.code and kind_of(entry.code) is CodeKind.DEVICE:
        link_label(session, entry.code, device, by=by, at=at)
    _settle(session, pile, entry, device, by=by, at=at)


def linked(session: Session, pile: ScanPile, code: str, device: Device, *, by: Actor, at: datetime) -> None:
    """Settle the scans of a blank label in a pile, now that it is a machine's."""
    query = sa.select(Scan).where(Scan.pile_id == pile.id, Scan.code == code, Scan.settled_at.is_(None))
    for entry in session.scalars(query.where(Scan.answer == Answer.UNKNOWN).order_by(Scan.id)).all():
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
    if area == stocktakes.AREA:
        return stocktakes.recognise(session, pile.context or "", entry.code or entry.text, device, by=by, at=at)
    if area or command is None or command.action is None or command.asks or device.holder_id != by.organisation_id:
        return None
    moved_on = sa.select(Scan.id).where(
        Scan.pile_id == pile.id, Scan.id > entry.id, Scan.reason.in_(("place-set", "no-place"))
    )
    if session.scalar(moved_on.limit(1)) is not None:
        return None
    deed = {"client_uuid": entry.client_uuid, "client_at": entry.client_at}
    return carry_out(session, pile, device, command, {}, by=by, at=at, **deed)


def find(session: Session, text: str, *, by: Actor) -> list[Device]:
    """Return the workshop's machines that a text may mean, the likeliest first: by code, serial, old number, maker,
    model, gift or who gave it, forgiving O for 0 and a typing error or two."""
    text = " ".join(text.split())
    if not text or by.organisation_id is None:
        return []
    reading = read(text)
    rows = session.execute(
        sa.select(
            Device.id,
            Device.code,
            Device.serial_key,
            Device.maker,
            Device.model,
            Lot.code,
            Lot.supplier_name,
        )
        .join(Arrival, Arrival.device_id == Device.id, isouter=True)
        .join(LotLine, LotLine.id == Arrival.line_id, isouter=True)
        .join(Lot, Lot.id == LotLine.lot_id, isouter=True)
        .where(Device.holder_id == by.organisation_id, Device.status.not_in(OUT))
        .order_by(Device.id.desc())
        .limit(MOST_SEARCHED)
    ).all()
    scores: dict[int, float] = {}
    folded, words = fold_serial(text), utils.default_process(text)
    codes = set(reading.codes)
    for row in rows:
        if row[1] in codes or row[5] in codes:
            scores[row[0]] = 101.0
    serials = {row[0]: row[2] for row in rows if row[2]}
    aliases = session.execute(
        sa.select(DeviceAlias.device_id, DeviceAlias.text_key)
        .join(Device)
        .where(Device.holder_id == by.organisation_id, Device.status.not_in(OUT))
        .limit(MOST_SEARCHED)
    ).all()
    names = {row[0]: utils.default_process(" ".join(filter(None, row[3:5]))) for row in rows}
    plain = {row[0]: fold_serial(row[1]) for row in rows}
    if len(folded) >= 3:
        alias_keys = {-number: key for number, (_device, key) in enumerate(aliases, 1)}
        for choices in (serials, plain, alias_keys):
            scorer = fuzz.partial_ratio if len(folded) < 6 else fuzz.ratio
            for _text, score, key in process.extract(folded, choices, scorer=scorer, score_cutoff=LIKE, limit=SHOWN):
                device_id = aliases[-key - 1][0] if key < 0 else key
                scores[device_id] = max(score, scores.get(device_id, 0))
            for key, value in choices.items():
                if value and folded in value:
                    device_id = aliases[-key - 1][0] if key < 0 else key
                    scores[device_id] = max(95.0, scores.get(device_id, 0))
    donors = {row[0]: utils.default_process(row[6]) for row in rows if row[6]}
    for _text, score, key in process.extract(words, donors, scorer=fuzz.WRatio, score_cutoff=LIKE + 10, limit=SHOWN):
        scores[key] = max(score - 2, scores.get(key, 0))
    for _text, score, key in process.extract(words, names, scorer=fuzz.WRatio, score_cutoff=LIKE + 10, limit=SHOWN):
        scores[key] = max(score - 1, scores.get(key, 0))
    best = sorted(scores, key=lambda id: (-scores[id], -id))[:SHOWN]
    if not best:
        return []
    query = sa.select(Device).where(Device.id.in_(best)).options(joinedload(Device.place), joinedload(Device.holder))
    found = {device.id: device for device in session.scalars(query)}
    return [found[id] for id in best if id in found]
