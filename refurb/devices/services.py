"""What happens to machines: they are received, moved, put right, renamed, labelled, placed.

`move` is the only writer of `Device.status`, whatever the entry point: it locks the row, asks every area for its
facts, lets `core.workflow` decide, writes one event a step, and lets the other areas follow.
"""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.audit.models import Event
from refurb.audit.queries import by_client_uuid
from refurb.audit.services import record
from refurb.core.equipment import NEEDS_SET, DiskWish, Form, Origin, Regime
from refurb.core.identity import CodeKind
from refurb.core.media import MediaState
from refurb.core.steps import Step, path
from refurb.core.undo import Since, undo_refusal
from refurb.core.workflow import (
    AFTER_WIPED,
    HELD,
    OUT,
    Action,
    HandoverMode,
    Status,
    TransitionRefused,
    may,
    same_person,
)
from refurb.devices import facts, queries, registry
from refurb.devices.identity import identity_columns, serial_key
from refurb.devices.models import Device, DeviceAlias, Report
from refurb.devices.registry import Moved
from refurb.devices.steps import STOCKED, change, from_plain, group_of, lock, plain, repeated, write
from refurb.documents.models import Document
from refurb.organisations.codes import next_code
from refurb.security import Actor

#: Moves that evidence makes by itself, whoever brings it.
BY_EVIDENCE = frozenset({Action.RECORD_WIPE, Action.DIAGNOSE})
#: Moves of a base unit that its screen makes with it.
WITH_THE_SET = frozenset(
    {
        Action.STOCK,
        Action.RESERVE,
        Action.RELEASE,
        Action.PREPARE,
        Action.HAND_OVER,
        Action.RETURN,
        Action.GIVE_BACK_TO_USER,
    }
)


class DeviceRefused(Exception):
    """A deed on a machine, its media or its set that is refused; `code` is stable, the sentence chosen at the edge."""

    def __init__(self, code: str, device: Device | None = None) -> None:
        super().__init__(code)
        self.code, self.device = code, device


def receive(
    session: Session,
    *,
    form: Form,
    maker: str | None,
    model: str | None,
    serial: str | None,
    origin: Origin,
    regime: Regime,
    holder_id: int,
    place_id: int | None,
    by: Actor,
    at: datetime,
    lot_line_id: int | None = None,
    disk_wish: DiskWish = DiskWish.WIPE,
    aliases: Sequence[str] = (),
    code: str | None = None,
    client_uuid: str | None = None,
    client_at: datetime | None = None,
    payload: Mapping[str, Any] | None = None,
) -> Device:
    """Bring a machine into the world, with its code and its first event.

    `code` links a blank label printed beforehand. Raises DeviceRefused "serial-known" with the machine that already
    has this maker and trusted serial, "code-taken", and what came before when the client's deed is repeated.
    """
    if (earlier := _same_deed(session, client_uuid, by, refused=DeviceRefused)) is not None:
        return session.get_one(Device, earlier.subject_id)
    identity = identity_columns(maker, model, serial)
    if twin := _twin(session, identity):
        raise DeviceRefused("serial-known", twin)
    if code is not None and queries.exists(session, code):
        raise DeviceRefused("code-taken")
    device = Device(
        code=code or next_code(session, CodeKind.DEVICE),
        form=form,
        **identity,
        origin=origin,
        regime=regime,
        disk_wish=disk_wish,
        holder_id=holder_id,
        place_id=place_id,
        status=Status.RECEIVED,
        status_since=at,
        opened_at=at,
        created_at=at,
        media_known=False,
        # A blank label is on the machine already: that is how its code was read.
        labelled_at=at if code is not None else None,
    )
    session.add(device)
    session.flush()
    for text in dict.fromkeys(text.strip() for text in aliases if text and text.strip()):
        _add_alias(session, device, text)
    told = {"form": form.value, "origin": origin.value, "regime": regime.value, "holder_id": holder_id}
    record(
        session,
        "device",
        device.id,
        "device.received",
        by=by,
        at=at,
        payload={**told, "lot_line_id": lot_line_id, "place_id": place_id, **(payload or {})},
        after=Status.RECEIVED.value,
        client_uuid=client_uuid,
        client_at=client_at,
    )
    return device


def move(
    session: Session,
    device: Device,
    action: Action,
    *,
    by: Actor,
    at: datetime,
    payload: Mapping[str, Any] | None = None,
    mode: HandoverMode | str | None = None,
    evidence: bool = False,
    client_uuid: str | None = None,
    client_at: datetime | None = None,
) -> Moved:
    """Apply `action` and what it implies; raises TransitionRefused and then changes nothing.

    `payload` goes into the event (`outcome` for a triage, `motive`, `place_id`...). `mode` says how a hand-over is
    made, a Mode or "kit". `evidence`: a report makes the move, whoever brought it. The same `client_uuid` twice is one
    move. Codes: those of core.steps.path, and "number-taken", "not-allowed", "in-a-set", "motive-missing".
    """
    if (earlier := _same_deed(session, client_uuid, by, device.id)) is not None:
        return repeated(device, action, earlier)
    if not (may(action, by.permissions) or (evidence and action in BY_EVIDENCE)):
        raise TransitionRefused("not-allowed")
    device = lock(session, device)
    told = dict(payload or {})
    known = facts.known(session, device, by=by, mode=HandoverMode(mode) if mode is not None else None)
    if known.base_id is not None and action in WITH_THE_SET and action is not Action.STOCK:
        # A screen of a set is set aside and handed over with its base unit, not by itself.
        raise TransitionRefused("in-a-set")
    if action is Action.GIVE_BACK and not str(told.get("motive", "")).strip():
        raise TransitionRefused("motive-missing")
    try:
        steps = path(device.status, action, known.facts, known.scanned)
    except TransitionRefused as refused:
        refused.known = known.facts, known.scanned
        raise
    flags = ("same-person",) if _controls(steps) and same_person(known.facts) else ()
    followers = [after for after in registry.AFTER_MOVE.values() if after.follows(steps)]
    # A savepoint: the screen of a set, or another area, may refuse the whole.
    with session.begin_nested() if followers or known.in_set else nullcontext():
        moved = write(
            session,
            device,
            action,
            steps,
            by=by,
            at=at,
            told=told,
            flags=flags,
            evidence=evidence,
            client_uuid=client_uuid,
            client_at=client_at,
        )
        if known.in_set:
            _move_the_screen(session, moved, by=by, at=at, told=told, mode=mode)
        for after in followers:
            after.do(session, moved, by)
        session.flush()
    return moved


def _same_deed(
    session: Session,
    client_uuid: str | None,
    by: Actor,
    device_id: int | None = None,
    *,
    refused: type[Exception] = TransitionRefused,
) -> Event | None:
    """Return what a client's deed did the first time; refuses another actor's number, or another machine's."""
    if client_uuid is None or (event := by_client_uuid(session, client_uuid)) is None:
        return None
    own = (event.account_id, event.organisation_id) == (by.id, by.organisation_id)
    if own and event.subject_kind == "device" and device_id in (None, event.subject_id):
        return event
    raise refused("number-taken")


def _controls(steps: Sequence[Step]) -> bool:
    return any(step.action is Action.CONTROL for step in steps)


# -- Sets -------------------------------------------------------------------------------------------------------------
def _move_the_screen(
    session: Session, moved: Moved, *, by: Actor, at: datetime, told: dict[str, Any], mode: HandoverMode | str | None
) -> None:
    """Let the screen of a set follow its base, and the base its screen when the set breaks."""
    found = queries.set_of(session, moved.device.id)
    if found is None or found.monitor is None:
        return
    if found.base_id == moved.device.id:
        screen = lock(session, found.monitor)
        if moved.action in WITH_THE_SET:
            _follow(session, screen, moved.action, by=by, at=at, told=told, mode=mode)
        elif screen.status in HELD and moved.after not in HELD:
            _follow(session, screen, Action.RELEASE, by=by, at=at, told={"reason": "set-broken"}, mode=None)
        return
    base = lock(session, found.base)
    if moved.after in queries.MONITOR_READY or base.status not in STOCKED:
        return
    # The screen has left a set that stood in stock: what is incomplete is never in stock.
    system = Actor.system()
    if base.status in HELD:
        move(session, base, Action.RELEASE, by=system, at=at, payload={"reason": "set-broken"})
    move(session, base, Action.REOPEN, by=system, at=at, payload={"reason": "set-broken"})


def _follow(
    session: Session,
    screen: Device,
    action: Action,
    *,
    by: Actor,
    at: datetime,
    told: dict[str, Any],
    mode: HandoverMode | str | None,
) -> None:
    if action is Action.STOCK and screen.status is Status.IN_STOCK:
        return
    known = facts.known(session, screen, by=by, mode=HandoverMode(mode) if mode is not None else None)
    # The reservation is the base's; it may be closed by now, in this same transaction.
    held = action in (Action.RELEASE, Action.HAND_OVER, Action.PREPARE)
    asked = replace(known.facts, reservation_open=True) if held else known.facts
    steps = path(screen.status, action, asked, known.scanned)
    write(session, screen, action, steps, by=by, at=at, told={**told, "with_set": True})


# -- Undo -------------------------------------------------------------------------------------------------------------
def undo(
    session: Session,
    event: Event,
    *,
    by: Actor,
    at: datetime,
    client_uuid: str | None = None,
    client_at: datetime | None = None,
) -> Event:
    """Take back one move, with its implied steps, by a compensating event.

    Raises TransitionRefused with the code of core.undo.undo_refusal, "not-a-move", "not-allowed", "not-clear",
    "in-a-set", "set-incomplete" or "charger-missing".
    """
    if (earlier := _same_deed(session, client_uuid, by, event.subject_id)) is not None:
        return earlier
    if event.subject_kind != "device" or event.kind != "device.moved" or event.payload is None:
        raise TransitionRefused("not-a-move")
    device = lock(session, session.get_one(Device, event.subject_id))
    group = group_of(session, event)
    main = next(e for e in group if e.payload is not None and "implied_by" not in e.payload)
    assert main.payload is not None
    action = Action(main.payload["action"])
    if not may(action, by.permissions):
        raise TransitionRefused("not-allowed")
    if main.payload.get("with_set"):
        raise TransitionRefused("in-a-set")
    if code := undo_refusal(action, _since(session, device, group)):
        raise TransitionRefused(code)
    target = Status(group[0].before or device.status)
    if target in AFTER_WIPED and queries.media_state(session, device) is not MediaState.CLEAR:
        raise TransitionRefused("not-clear")
    if target in STOCKED and not queries.is_complete(session, device):
        raise TransitionRefused("set-incomplete" if device.form in NEEDS_SET else "charger-missing")
    screen = queries.set_of(session, device.id) if action in WITH_THE_SET else None
    if screen is not None and screen.monitor is not None:
        # The screen came along: the way back is the opposite move, which takes both.
        raise TransitionRefused("in-a-set")
    before = device.status
    for undone in reversed(group):
        for name, value in ((undone.payload or {}).get("was") or {}).items():
            setattr(device, name, from_plain(name, value))
    device.status = target
    made = record(
        session,
        "device",
        device.id,
        "device.undone",
        by=by,
        at=at,
        payload={"action": action.value, "move": main.payload["move"]},
        before=before.value,
        after=target.value,
        undo_of=main,
        client_uuid=client_uuid,
        client_at=client_at,
    )
    session.flush()
    return made


def undo_last(session: Session, device: Device, *, by: Actor, at: datetime, **scan: Any) -> Event:
    """Take back the latest move of a machine; raises as `undo`, and "not-a-move" when there is none to take back."""
    last = queries.last_move(session, device.id)
    if last is None:
        raise TransitionRefused("not-a-move")
    return undo(session, last, by=by, at=at, **scan)


def _since(session: Session, device: Device, group: Sequence[Event]) -> Since:
    last = group[-1]
    later = session.scalars(
        sa.select(Event).where(
            Event.subject_kind == "device",
            Event.subject_id == device.id,
            Event.seq > last.seq,
            Event.after.is_not(None),
        )
    ).all()
    # A move that was taken back, and the taking back, are as if they had not been: a whole pile is undone backwards.
    taken_back = {(e.payload or {}).get("move") for e in later if e.kind == "device.undone"}
    undone = sa.select(Event.id).where(Event.undo_of_id.in_([event.id for event in group]))
    codes: set[str] = set()
    for area in registry.LATER.values():
        codes |= area(session, device, last.at)
    paper = sa.select(Document.id).where(
        Document.subject_kind == "device", Document.subject_id == device.id, Document.issued_at > last.at
    )
    report = sa.select(Report.id).where(Report.device_id == device.id, Report.received_at > last.at)
    return Since(
        later_status=any((e.payload or {}).get("move", "") not in taken_back for e in later),
        later_reservation="later-reservation" in codes,
        later_document="later-document" in codes or session.scalar(paper.limit(1)) is not None,
        later_report=session.scalar(report.limit(1)) is not None,
        already_undone=session.scalar(undone.limit(1)) is not None,
        released=any(e.before in HELD and e.after not in HELD | OUT for e in group),
    )


# -- Identity, label, place -------------------------------------------------------------------------------------------
def edit(session: Session, device: Device, *, by: Actor, at: datetime, **fields: Any) -> bool:
    """Put right what is written of a machine (form, maker, model, serial, grade, defects, screen...).

    Returns whether anything changed. Raises DeviceRefused "serial-known" with the other machine.
    """
    device = lock(session, device)
    if fields.keys() & {"maker", "model", "serial"}:
        told = {name: fields.pop(name, getattr(device, name)) for name in ("maker", "model", "serial")}
        identity = identity_columns(**told)
        if twin := _twin(session, identity, other_than=device.id):
            raise DeviceRefused("serial-known", twin)
        fields |= identity
    changed = {name: value for name, value in fields.items() if getattr(device, name) != value}
    if not changed:
        return False
    was = {name: plain(getattr(device, name)) for name in changed}
    for name, value in changed.items():
        setattr(device, name, value)
    now_is = {name: plain(value) for name, value in changed.items()}
    record(session, "device", device.id, "device.edited", by=by, at=at, payload={"fields": now_is, "was": was})
    session.flush()
    return True


def _twin(session: Session, identity: Mapping[str, object], *, other_than: int | None = None) -> Device | None:
    if not identity["serial_trusted"]:
        return None
    query = sa.select(Device).where(
        Device.maker_key == identity["maker_key"],
        Device.serial_key == identity["serial_key"],
        Device.serial_trusted,
    )
    if other_than is not None:
        query = query.where(Device.id != other_than)
    return session.scalar(query)


def add_alias(session: Session, device: Device, text: str, *, by: Actor, at: datetime) -> bool:
    """Let another text name the machine: an old label, the giver's number. Returns whether it is new."""
    device = lock(session, device)
    if not serial_key(text) or not _add_alias(session, device, text.strip()):
        return False
    record(session, "device", device.id, "device.alias-added", by=by, at=at, payload={"alias": text.strip()[:100]})
    return True


def _add_alias(session: Session, device: Device, text: str) -> bool:
    key = serial_key(text)
    query = sa.select(DeviceAlias.id).where(DeviceAlias.device_id == device.id, DeviceAlias.text_key == key)
    if key is None or session.scalar(query) is not None:
        return False
    session.add(DeviceAlias(device_id=device.id, text=text[:100], text_key=key))
    session.flush()
    return True


def mark_labelled(session: Session, device: Device, *, layout: str, by: Actor, at: datetime) -> None:
    """Note that the machine's label was printed; again is fine, the code stays."""
    device = lock(session, device)
    device.labelled_at = at
    record(session, "device", device.id, "device.labelled", by=by, at=at, payload={"layout": layout})
    session.flush()


def put_at(
    session: Session,
    device: Device,
    place_id: int | None,
    *,
    by: Actor,
    at: datetime,
    client_uuid: str | None = None,
    client_at: datetime | None = None,
) -> Event | None:
    """Put the machine on a shelf; returns the event, None when it stood there already."""
    if _same_deed(session, client_uuid, by, device.id) is not None:
        return None
    device = lock(session, device)
    if device.place_id == place_id:
        return None
    was = device.place_id
    change(session, device, {"place_id": place_id})
    return record(
        session,
        "device",
        device.id,
        "device.placed",
        by=by,
        at=at,
        payload={"place_id": place_id, "was": was},
        client_uuid=client_uuid,
        client_at=client_at,
    )


def set_charger(session: Session, device: Device, charger: str | None, *, by: Actor, at: datetime) -> bool:
    """Say which charger goes with the machine, or that none does; returns whether that is new."""
    device = lock(session, device)
    charger = (charger or "").strip()[:60] or None
    if device.charger == charger:
        return False
    was, device.charger = device.charger, charger
    kind = "device.charger-set" if charger else "device.charger-removed"
    record(session, "device", device.id, kind, by=by, at=at, payload={"charger": charger, "was": was})
    session.flush()
    return True


def sign_refusal(session: Session, device: Device, *, document: str | None, by: Actor, at: datetime) -> None:
    """Note that the user, who brought the machine back, refused in writing that it be wiped.

    Raises DeviceRefused "not-returned" for a machine that nobody brought back.
    """
    device = lock(session, device)
    if device.left_as is None:
        raise DeviceRefused("not-returned")
    device.refusal_signed_at = at
    record(session, "device", device.id, "device.refusal-signed", by=by, at=at, payload={"document": document})
    session.flush()
