"""Piles and scans, and the machine that a scan means: few statements, for a gun does not wait."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from refurb.audit.models import Event
from refurb.audit.queries import note_unseen
from refurb.core.scanning import Answer
from refurb.desk.models import Scan, ScanPile
from refurb.devices.identity import serial_key
from refurb.devices.models import Device, DeviceAlias
from refurb.devices.queries import Reach, reach_of, visible
from refurb.devices.steps import note_locked
from refurb.organisations.models import Organisation, Place
from refurb.security import Actor

#: More machines than this under one serial are not listed.
SEVERAL = 10
#: What waits in the pile for somebody to deal with it, save what only the moment asked.
STANDING = (Answer.REFUSED, Answer.UNKNOWN, Answer.WAITING)
#: The latest of them; more are told by their number, and stand on the page of the pile.
STANDING_SHOWN = 5
#: What a stocktake ticks: no move of a machine, so that no event tells of it.
TICKED = ("counted", "counted-unexpected", "counted-elsewhere", "counted-lost", "counted-left")
#: What a scan did that can be taken back.
UNDOABLE = (sa.or_(Scan.event_id.is_not(None), Scan.reason.in_(TICKED)), Scan.undone_at.is_(None))
NOT_STANDING = ("badge-pin", "unknown-badge", "nothing-to-undo", "unknown-command", "context-first")


class Standing(NamedTuple):
    """What stands in the way of a pile: the latest first, of how many, and how many machines wait for one tap."""

    entries: Sequence[Scan]
    many: int
    asked: int


def _one_of(column: Any, values: Iterable[str]) -> sa.ColumnElement[bool]:
    """Return what `in_` does, without its text being made anew at each execution."""
    return sa.or_(*(column == value for value in values))


#: What every scan asks, built once: building a statement costs as much as running it.
_SCANNED = sa.exists().where(Scan.client_uuid == sa.bindparam("uuid"))
_DONE = sa.exists().where(Event.client_uuid == sa.bindparam("uuid"))
_SEEN = sa.select(_SCANNED, _DONE)
_OPEN_PILE = (
    sa.select(ScanPile)
    .where(
        ScanPile.account_id == sa.bindparam("account"),
        ScanPile.organisation_id == sa.bindparam("organisation"),
        ScanPile.client == sa.bindparam("client"),
        ScanPile.closed_at.is_(None),
    )
    .options(joinedload(ScanPile.place))
)
#: What a scan asks of its pile and of its number, together.
_OPEN_PILE_AND_SEEN = _OPEN_PILE.add_columns(_SCANNED, _DONE)
#: Key in `session.info` of the browser's number that this transaction found on no scan, so that it is asked once.
NEW = "desk.new"
_COUNTED = (
    Scan.undone_at.is_(None),
    sa.or_(
        sa.and_(_one_of(Scan.answer, (Answer.REFUSED, Answer.UNKNOWN)), Scan.reason != "badge-pin"),
        sa.and_(Scan.answer == Answer.WAITING, Scan.reason != "badge-pin", Scan.settled_at.is_(None)),
        Scan.event_id.is_not(None),
        sa.and_(Scan.answer == Answer.ALREADY, Scan.device_id.is_not(None)),
        _one_of(Scan.reason, ("to-label", *TICKED)),
    ),
)
#: A scan counts the latest of its pile, so many: a pile lasts a day, and few days of one person have more.
COUNTED = 2000
_LATEST = (
    sa.select(Scan.answer, sa.case((sa.and_(*_COUNTED), 1), else_=0).label("counts"))
    .where(Scan.pile_id == sa.bindparam("pile"))
    .order_by(Scan.id.desc())
    .limit(sa.bindparam("many"))
    .subquery()
)
_COUNTS = sa.select(_LATEST.c.answer, sa.func.sum(_LATEST.c.counts), sa.func.count()).group_by(_LATEST.c.answer)
#: A line of a list names its machine and no more: reading the other forty columns takes longer than the database does.
WITH_NAME = joinedload(Scan.device).load_only(Device.code, Device.maker, Device.model)
_STANDS = (
    Scan.pile_id == sa.bindparam("pile"),
    _one_of(Scan.answer, STANDING),
    *(Scan.reason != reason for reason in NOT_STANDING),
    Scan.settled_at.is_(None),
)
#: The latest, each with how many there are, how many wait for a confirmation and how many are unknown.
_STANDING = (
    sa.select(
        Scan,
        sa.func.count().over(),
        sa.func.sum(sa.case((Scan.reason == "to-confirm", 1), else_=0)).over(),
        sa.func.sum(sa.case((Scan.answer == Answer.UNKNOWN, 1), else_=0)).over(),
    )
    .where(*_STANDS)
    .options(WITH_NAME)
    .order_by(Scan.id.desc())
    .limit(sa.bindparam("many"))
)
_UNKNOWN = (
    sa.select(Scan.id, Scan.code, Scan.text)
    .where(*_STANDS, Scan.answer == Answer.UNKNOWN)
    .order_by(Scan.id.desc())
    .limit(sa.bindparam("many"))
)
_KEYS: sa.BindParameter[Any] = sa.bindparam("keys", expanding=True)
_OF_THE_PILE = (
    Device.holder_id == sa.select(ScanPile.organisation_id).where(ScanPile.id == sa.bindparam("pile")).scalar_subquery()
)
_DEVICE_OF_CODE = sa.select(Device).where(Device.code == sa.bindparam("code"))
_LOCKED_OF_CODE = _DEVICE_OF_CODE.with_for_update(of=Device).execution_options(populate_existing=True)


def open_pile(session: Session, by: Actor, client: str = "", *, number: str | None = None) -> ScanPile | None:
    """Return the actor's open pile in this browser, with its place.

    With the `number` of a scan to come, whether it is new is asked along, for `is_new`.
    """
    whose = {"account": by.id, "organisation": by.organisation_id, "client": client}
    if number is None:
        return session.scalar(_OPEN_PILE, whose)
    row = session.execute(_OPEN_PILE_AND_SEEN, {**whose, "uuid": number}).first()
    if row is None:
        return None
    pile: ScanPile
    pile, scanned, done = row
    if _is_new(session, number, scanned, done):
        session.info[NEW] = (session.get_transaction(), number)
    return pile


def pile_by_id(session: Session, pile_id: int, *, seen_by: Actor) -> ScanPile | None:
    """Return a pile of the actor's organisation, with its place."""
    query = sa.select(ScanPile).where(ScanPile.id == pile_id, ScanPile.organisation_id == seen_by.organisation_id)
    return session.scalar(query.options(joinedload(ScanPile.place)))


def latest_piles(session: Session, by: Actor, *, limit: int = 30) -> Sequence[ScanPile]:
    """Return the actor's last closed piles, newest first."""
    query = sa.select(ScanPile).where(
        ScanPile.account_id == by.id,
        ScanPile.organisation_id == by.organisation_id,
        ScanPile.closed_at.is_not(None),
    )
    return session.scalars(query.order_by(ScanPile.id.desc()).limit(limit)).all()


def scan_by_id(session: Session, scan_id: int, *, by: Actor) -> Scan | None:
    """Return one scan of the actor's own piles, with its event and its machine."""
    query = (
        sa.select(Scan)
        .join(ScanPile)
        .where(Scan.id == scan_id, ScanPile.account_id == by.id, ScanPile.organisation_id == by.organisation_id)
        .options(joinedload(Scan.event), joinedload(Scan.device))
    )
    return session.scalar(query)


def scans_of_uuids(session: Session, uuids: Sequence[str]) -> Sequence[Scan]:
    """Return what these browser's scans made, if they came before, in order."""
    query = sa.select(Scan).where(Scan.client_uuid.in_(uuids)).options(joinedload(Scan.device)).order_by(Scan.id)
    return session.scalars(query).all()


def is_new(session: Session, client_uuid: str) -> bool:
    """Tell whether no scan bears this browser's number; that no event does either is noted for the deed to come."""
    if session.info.pop(NEW, None) == (session.get_transaction(), client_uuid):
        return True
    return _is_new(session, client_uuid, *session.execute(_SEEN, {"uuid": client_uuid}).one())


def _is_new(session: Session, client_uuid: str, scanned: bool, done: bool) -> bool:
    if not (scanned or done):
        note_unseen(session, client_uuid)
    return not scanned


def is_author(session: Session, scan: Scan, by: Actor) -> bool:
    """Whether the actor made this scan, for the organisation it was made for."""
    query = sa.select(ScanPile.account_id, ScanPile.organisation_id).where(ScanPile.id == scan.pile_id)
    return tuple(session.execute(query).one()) == (by.id, by.organisation_id)


def ledger(session: Session, pile_id: int, *, limit: int = 50) -> Sequence[Scan]:
    """Return the latest scans of a pile with their machines, newest first."""
    query = sa.select(Scan).where(Scan.pile_id == pile_id).options(WITH_NAME).order_by(Scan.id.desc())
    return session.scalars(query.limit(limit)).all()


def to_undo(session: Session, pile_id: int, *, limit: int, before: int | None = None) -> Sequence[Scan]:
    """Return what can be taken back in a pile, newest first, with events and machines; `before` a scan's number."""
    query = (
        sa.select(Scan)
        .where(Scan.pile_id == pile_id, *UNDOABLE)
        .options(joinedload(Scan.event), joinedload(Scan.device))
        .order_by(Scan.id.desc())
    )
    return session.scalars((query if before is None else query.where(Scan.id < before)).limit(limit)).all()


def standing(session: Session, pile_id: int, *, limit: int = 10_000) -> Standing:
    """Return what stands in the way in a pile: refused, unknown or waiting, and not dealt with.

    An unknown one that names a machine by now, however that came in, stands in nobody's way: it is looked for among
    ten times as many of the latest as are shown, for a pile of hundreds would cost each of its scans as many.
    """
    rows = session.execute(_STANDING, {"pile": pile_id, "many": limit}).all()
    if not rows:
        return Standing([], 0, 0)
    entries, many, asked, unknown = [row[0] for row in rows], *map(int, rows[0][1:])
    if not unknown:
        return Standing(entries, many, asked)
    unread = session.execute(_UNKNOWN, {"pile": pile_id, "many": 10 * limit}).all()
    known = _known_since(session, pile_id, unread)
    kept = [entry for entry in entries if entry.id not in known]
    if len(kept) < len(entries) < many:
        rows = session.execute(_STANDING, {"pile": pile_id, "many": limit + len(known)}).all()
        kept = [row[0] for row in rows if row[0].id not in known][:limit]
    return Standing(kept, many - len(known), asked)


def to_confirm(session: Session, pile_id: int, *, limit: int, after: int | None = None) -> Sequence[Scan]:
    """Return what waits for a confirmation in a pile, oldest first, with its machines; `after` a scan's number."""
    query = sa.select(Scan).where(*_STANDS, Scan.reason == "to-confirm", Scan.id > (after or 0))
    ordered = query.options(WITH_NAME).order_by(Scan.id).limit(limit)
    return session.scalars(ordered, {"pile": pile_id}).all()


def standing_one(session: Session, pile_id: int, scan_id: int) -> Scan | None:
    """Return one scan of a pile that stands in its way."""
    return session.scalar(sa.select(Scan).where(*_STANDS, Scan.id == scan_id), {"pile": pile_id})


def waiting(session: Session, pile_id: int, device_id: int | None) -> Sequence[Scan]:
    """Return the scans by which a machine waits for a confirmation in a pile."""
    query = sa.select(Scan).where(Scan.reason == "to-confirm", Scan.device_id == device_id, *_STANDS)
    return session.scalars(query, {"pile": pile_id}).all()


@cache
def _names(*, arrays: bool) -> sa.CompoundSelect[Any]:
    """Return the statement of those of some texts that name a machine of the pile's workshop.

    With `arrays` the texts are one value: PostgreSQL would plan each number of them anew, for longer than it looks.
    """
    array: sa.BindParameter[Any] = sa.bindparam("keys", type_=sa.ARRAY(sa.Text))

    def among(column: Any) -> Any:
        return column == sa.any_(array) if arrays else column.in_(_KEYS)

    return sa.union_all(
        sa.select(Device.code).where(_OF_THE_PILE, among(Device.code)),
        sa.select(Device.serial_key).where(_OF_THE_PILE, among(Device.serial_key)),
        sa.select(DeviceAlias.text_key).join(Device).where(_OF_THE_PILE, among(DeviceAlias.text_key)),
    )


def _known_since(session: Session, pile_id: int, unread: Sequence[Any]) -> set[int]:
    """Return which unknown scans (id, code, text) name a machine of the pile's workshop today, by code, serial or old
    number."""
    names = {
        entry.id: {key for key in (entry.code, serial_key(entry.code), serial_key(entry.text)) if key}
        for entry in unread
    }
    keys: set[str] = set().union(*names.values())
    if not keys:
        return set()
    statement = _names(arrays=session.get_bind().dialect.name == "postgresql")
    found = set(session.scalars(statement, {"pile": pile_id, "keys": sorted(keys)}))
    return {number for number, its in names.items() if its & found}


def counts(session: Session, pile_id: int) -> tuple[dict[Answer, int], bool]:
    """Return how many scans of a pile came to each answer, and whether only the latest COUNTED were looked at.

    A machine that only opened and a card are no deeds, and what was taken back no longer counts.
    """
    rows = session.execute(_COUNTS, {"pile": pile_id, "many": COUNTED}).all()
    return dict.fromkeys(Answer, 0) | {row[0]: int(row[1]) for row in rows}, sum(row[2] for row in rows) >= COUNTED


def counts_of(session: Session, piles: Sequence[ScanPile]) -> dict[int, dict[Answer, int]]:
    """Return the counts of several piles, whole, by pile."""
    query = sa.select(Scan.pile_id, Scan.answer, sa.func.count()).where(Scan.pile_id.in_([pile.id for pile in piles]))
    found = {pile.id: dict.fromkeys(Answer, 0) for pile in piles}
    for pile_id, answer, count in session.execute(query.where(*_COUNTED).group_by(Scan.pile_id, Scan.answer)):
        found[pile_id][answer] = count
    return found


def device_of_code(session: Session, code: str, *, lock: bool = False) -> Device | None:
    """Return the machine that carries this code, as its own or as a blank label linked to it, whoever holds it.

    With `lock` its row is taken at once, so that the move that follows does not read it again.
    """
    found = session.scalar(_LOCKED_OF_CODE if lock else _DEVICE_OF_CODE, {"code": code})
    if found is None:
        linked = sa.select(Device).join(DeviceAlias).where(DeviceAlias.text_key == serial_key(code))
        return session.scalars(linked.limit(1)).first()
    if lock:
        note_locked(session, found)
    return found


def unknown_of_code(session: Session, pile_id: int, code: str) -> Sequence[Scan]:
    """Return the scans of a pile that read this code while it was nobody's, not dealt with, oldest first."""
    query = sa.select(Scan).where(Scan.pile_id == pile_id, Scan.code == code, Scan.settled_at.is_(None))
    return session.scalars(query.where(Scan.answer == Answer.UNKNOWN).order_by(Scan.id)).all()


def moved_on(session: Session, pile_id: int, scan_id: int) -> bool:
    """Whether a place was set or left in a pile after this scan."""
    reasons = Scan.reason.in_(("place-set", "no-place"))
    query = sa.select(sa.exists().where(Scan.pile_id == pile_id, Scan.id > scan_id, reasons))
    return bool(session.scalar(query))


def met_away(session: Session, pile_id: int, device_ids: Sequence[int | None]) -> Sequence[Scan]:
    """Return the scans of a pile by which a count met these machines where they are not noted, not dealt with, oldest
    first."""
    query = sa.select(Scan).where(
        Scan.pile_id == pile_id,
        Scan.reason.in_(("counted-elsewhere", "counted-unexpected")),
        Scan.device_id.in_(device_ids),
        Scan.settled_at.is_(None),
    )
    return session.scalars(query.order_by(Scan.id)).all()


def holder_name(session: Session, device: Device) -> str:
    """Return the name of who holds a machine."""
    return session.scalars(sa.select(Organisation.name).where(Organisation.id == device.holder_id)).one()


def place_name(session: Session, device: Device) -> str | None:
    """Return the name of where a machine stands, None where that is nowhere."""
    return session.scalar(sa.select(Place.name).where(Place.id == device.place_id))


def name_of_place(session: Session, place_id: int) -> str | None:
    """Return the name of a place."""
    return session.scalar(sa.select(Place.name).where(Place.id == place_id))


def may_see(session: Session, device: Device, by: Actor) -> bool:
    """Tell whether the actor may see a machine that was found by its code, whoever holds it."""
    if device.holder_id == by.organisation_id:
        return True
    return session.scalar(visible(sa.select(Device.id).where(Device.id == device.id), by)) is not None


@cache
def _named(reach: Reach) -> sa.Select[Any]:
    """Return the statement of `devices_of_text`: machines with the key that names them."""
    named = sa.union_all(
        sa.select(Device.id, Device.serial_key.label("key")).where(Device.serial_key.in_(_KEYS)),
        sa.select(DeviceAlias.device_id, DeviceAlias.text_key).where(DeviceAlias.text_key.in_(_KEYS)),
    ).subquery()
    query = sa.select(Device, named.c.key).join(named, named.c.id == Device.id)
    if reach is Reach.OWN:
        query = query.where(Device.holder_id == sa.bindparam("holder"))
    return query.order_by(Device.id).limit(sa.bindparam("many"))


def devices_of_text(session: Session, candidates: Sequence[str], *, seen_by: Actor) -> tuple[str, Sequence[Device]]:
    """Return the first of `candidates` that is a serial or an old number of machines, and those machines.

    The first candidate is the text as it came: a mended one counts only when nothing answers to that.
    """
    keys = {key: text for text in reversed(candidates) if (key := serial_key(text))}
    if not keys:
        return "", []
    if (reach := reach_of(seen_by)) is Reach.NONE:
        return "", []
    values = {"keys": list(keys), "holder": seen_by.organisation_id, "many": SEVERAL * len(keys)}
    if reach is Reach.ALL:
        del values["holder"]
    rows = session.execute(_named(reach), values).all()
    for text in candidates:
        key = serial_key(text)
        found = {device.id: device for device, named_by in rows if named_by == key}
        if found:
            return text, list(found.values())[:SEVERAL]
    return "", []


def to_label(session: Session, pile_id: int) -> Sequence[Device]:
    """Return the machines that the pile gathered for labels, in the order of their first scan.

    Those scanned to be labelled, where there are any; else all that the pile's organisation holds.
    """
    asked = sa.select(Scan.id).where(Scan.pile_id == pile_id, Scan.reason == "to-label", Scan.undone_at.is_(None))
    query = (
        sa.select(Device)
        .join(Scan, Scan.device_id == Device.id)
        .join(ScanPile, ScanPile.id == Scan.pile_id)
        .where(Scan.pile_id == pile_id, Scan.undone_at.is_(None), Device.holder_id == ScanPile.organisation_id)
        .where(sa.or_(Scan.reason == "to-label", ~asked.exists()))
        .group_by(Device.id)
        .order_by(sa.func.min(Scan.id))
    )
    return session.scalars(query).all()


def latest_by_others(
    session: Session, device: Device, kinds: Collection[str], *, since: datetime, but: int | None, by: Actor
) -> Event | None:
    """Return the latest event of these kinds that somebody else made of a machine since a moment; `but` apart."""
    query = (
        sa.select(Event)
        .where(
            Event.subject_kind == "device",
            Event.subject_id == device.id,
            Event.kind.in_(kinds),
            sa.or_(Event.client_at.is_(None), Event.client_at > since),
            Event.at > since,
            sa.or_(Event.account_id.is_(None), Event.account_id != by.id),
        )
        .order_by(Event.seq.desc())
        .limit(1)
    )
    return session.scalar(query if but is None else query.where(Event.id != but))
