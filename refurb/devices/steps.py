"""How a move is written: the row locked, one event a step, and what the columns were, for an undo."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.audit.models import Event
from refurb.audit.services import lock_of_chain, note_locked_chain, record
from refurb.core.steps import FRESH_STARTS, Step
from refurb.core.workflow import HELD, OUT, Action, Status, TriageOutcome
from refurb.db import write_columns
from refurb.devices.models import Device, StorageMedium
from refurb.devices.registry import Moved
from refurb.security import Actor

#: In stock or on the way out: a set that breaks here is no longer complete.
STOCKED = frozenset({Status.IN_STOCK, *HELD})


#: Key in `session.info` of the machine whose row this transaction has just taken, so that it is read once.
LOCKED = "devices.locked"


def note_locked(session: Session, device: Device) -> None:
    """Say that the row of `device` was read with its lock in the transaction that runs."""
    session.info[LOCKED] = (session.get_transaction(), device.id)


def lock(session: Session, device: Device) -> Device:
    """Take the row for this transaction and read it again: what another writer did meanwhile is seen."""
    session.flush()
    if session.info.get(LOCKED) == (session.get_transaction(), device.id):
        return device
    return session.scalars(
        sa.select(Device)
        .where(Device.id == device.id)
        .with_for_update(of=Device)
        .execution_options(populate_existing=True)
    ).one()


#: The lock of the machine's chain of events, which its event needs next.
_CHAIN = lock_of_chain("device", Device.__table__.c.id)


def change(session: Session, device: Device, values: Mapping[str, Any]) -> None:
    """Write columns of a machine whose row this transaction holds, before the event that says so."""
    postgresql = session.get_bind().dialect.name == "postgresql"
    if write_columns(session, device, values, along=_CHAIN if postgresql else None):
        note_locked_chain(session, "device", device.id)


def repeated(device: Device, action: Action, earlier: Event) -> Moved:
    """Return what the same deed of the same client did the first time."""
    before, after = Status(earlier.before or device.status), Status(earlier.after or device.status)
    return Moved(device, action, (Step(action, before, after),), earlier, earlier.at, repeated=True)


def write(
    session: Session,
    device: Device,
    action: Action,
    steps: Sequence[Step],
    *,
    by: Actor,
    at: datetime,
    told: dict[str, Any],
    flags: tuple[str, ...] = (),
    evidence: bool = False,
    client_uuid: str | None = None,
    client_at: datetime | None = None,
) -> Moved:
    """Write the steps of one move, each as an event; they share `move`, by which an undo finds them again."""
    group = uuid.uuid4().hex
    main: Event | None = None
    for step in steps:
        scanned = step.action is action and not step.implied
        was = _apply(session, device, step, at=at, told=told if scanned else {})
        content: dict[str, Any] = {"action": step.action.value, "move": group, "was": was}
        if step.implied:
            content["implied_by"] = action.value
        if evidence:
            content["evidence"] = True
        if scanned:
            content |= {key: plain(value) for key, value in told.items()}
            if flags:
                content["flags"] = list(flags)
        event = record(
            session,
            "device",
            device.id,
            "device.moved",
            by=by,
            at=at,
            payload=content,
            before=step.before.value,
            after=step.after.value,
            client_uuid=client_uuid if scanned else None,
            client_at=client_at,
        )
        main = event if scanned else main
    assert main is not None  # `path` holds the action that was asked for
    return Moved(device, action, tuple(steps), main, at, payload=told, flags=flags)


def _apply(session: Session, device: Device, step: Step, *, at: datetime, told: Mapping[str, Any]) -> dict[str, Any]:
    """Change the machine's columns for one step; return what they were, as JSON, for an undo."""
    changes: dict[str, Any] = {"status_since": at}
    match step.action:
        case Action.TRIAGE:
            outcome = told.get("outcome")
            changes["triage_outcome"] = TriageOutcome(outcome) if outcome else device.triage_outcome
        case Action.LOCK:
            changes["status_before_lock"] = step.before
        case Action.UNLOCK:
            changes["status_before_lock"] = None
        case Action.REOPEN:
            changes["triage_outcome"] = TriageOutcome(told["outcome"]) if told.get("outcome") else None
        case Action.FIND | Action.RECOVER:
            changes |= {"media_known": False, "triage_outcome": None}
        case Action.RETURN:
            changes |= {"left_as": step.before, "refusal_signed_at": None, "triage_outcome": None}
        case Action.HAND_OVER | Action.GIVE_BACK_TO_USER:
            changes |= {"left_as": None, "refusal_signed_at": None}
    if step.action in FRESH_STARTS:
        changes["opened_at"] = at
    if step.action in (Action.RETURN, Action.RECOVER) or (step.action is Action.FIND and _was_out(session, device)):
        # What was in somebody else's hands is to be wiped again, whatever was proved before.
        session.execute(
            sa.update(StorageMedium).where(StorageMedium.device_id == device.id).values(held_since=at),
            execution_options={"synchronize_session": "fetch"},
        )
    if step.after is Status.IN_STOCK and device.in_stock_since is None:
        changes["in_stock_since"] = at
    elif step.after not in STOCKED:
        changes["in_stock_since"] = None
    if "place_id" in told:
        changes["place_id"] = told["place_id"]
    elif step.after in OUT or step.after in (Status.RETURNED_TO_SUPPLIER, Status.DESTROYED, Status.WEEE):
        changes["place_id"] = None
    was = {name: plain(getattr(device, name)) for name, value in changes.items() if getattr(device, name) != value}
    change(session, device, changes | {"status": step.after})
    return was


def _was_out(session: Session, device: Device) -> bool:
    """Tell whether a missing machine went missing from its user's hands, not from a workshop's shelf."""
    before = session.scalar(
        sa.select(Event.before)
        .where(
            Event.subject_kind == "device",
            Event.subject_id == device.id,
            Event.kind == "device.moved",
            Event.after == Status.MISSING.value,
        )
        .order_by(Event.seq.desc())
        .limit(1)
    )
    return before in OUT


def plain(value: Any) -> Any:
    """Return a column's value as JSON keeps it."""
    if isinstance(value, datetime):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


def group_of(session: Session, event: Event) -> list[Event]:
    """Return the events of one move, oldest first: they were written in one go, so they stand around it."""
    assert event.payload is not None
    near = session.scalars(
        sa.select(Event)
        .where(
            Event.subject_kind == "device",
            Event.subject_id == event.subject_id,
            Event.kind == "device.moved",
            Event.seq.between(event.seq - 10, event.seq + 10),
        )
        .order_by(Event.seq)
    )
    return [e for e in near if e.payload is not None and e.payload.get("move") == event.payload["move"]]


_STATUSES = frozenset({"status_before_lock", "left_as"})
_MOMENTS = frozenset({"status_since", "opened_at", "in_stock_since", "refusal_signed_at"})


def from_plain(name: str, value: Any) -> Any:
    """Return what `plain` made of the column `name`, as the column holds it."""
    if value is None:
        return None
    if name in _MOMENTS:
        return datetime.fromisoformat(value)
    if name in _STATUSES:
        return Status(value)
    return TriageOutcome(value) if name == "triage_outcome" else value
