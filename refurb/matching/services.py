"""Set a machine aside for a need, answer, give it back. The indexes of the table have the last word on doubles.

The order of the locks is always the machine, the need, the reservation, so that two writers wait for each other and
never for ever.
"""

from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from refurb import outbox
from refurb.audit.services import record
from refurb.core import matching as core
from refurb.core.equipment import Mode
from refurb.core.need_life import Act, NeedRefused, State
from refurb.core.workdays import expiry
from refurb.core.workflow import HELD, Action, Status, TransitionRefused
from refurb.devices import services as devices
from refurb.devices.models import Device
from refurb.devices.steps import lock
from refurb.matching import queries, scenario
from refurb.matching.models import Ending, Reservation
from refurb.needs import services as needs
from refurb.needs.models import Need
from refurb.security import Actor
from refurb.web import zone


class MatchRefused(Exception):
    """A reservation that cannot be; `criteria` names what does not suit.

    Codes: "device-taken", "need-taken", "device-not-in-stock", "not-suitable", "not-matched", "ended",
    "already-answered", "later-only", "already-decided", "run-meanwhile", "run-closed", "over-cap", "bundle-whole",
    "unknown-motive", "cost-changed", and those of core.need_life.NeedRefused.
    """

    def __init__(self, code: str, criteria: frozenset[str] = frozenset()) -> None:
        super().__init__(code)
        self.code, self.criteria = code, criteria


def reserve(
    session: Session, need: Need, device: Device, *, by: Actor, at: datetime, run_id: int | None = None
) -> Reservation:
    """Set `device` aside for `need` until 23:59 of the tenth working day; raises MatchRefused and changes nothing.

    The need is proposed to its service, the machine leaves the free stock. Two persons on the same machine, or on the
    same need: one wins, the other gets "device-taken" or "need-taken".
    """
    device = lock(session, device)
    need = _lock(session, need)
    if device.status is not Status.IN_STOCK:
        raise MatchRefused("device-taken" if device.status in HELD else "device-not-in-stock")
    if queries.open_for_need(session, need.id) is not None:
        raise MatchRefused("need-taken")
    row = scenario.one_device(session, device)
    if row is None or need.commune_code is None:
        raise MatchRefused("not-matched")
    asked = scenario.need_row(need)
    if criteria := core.failing(row, asked):
        raise MatchRefused("not-suitable", criteria)
    mode = core.mode(row, asked)
    assert mode is not None  # or it would fail on its modes
    reservation = Reservation(
        need=need,
        device=device,
        mode=Mode(mode),
        made_at=at,
        made_by_id=by.id,
        expires_at=expiry(at, zone()),
        run_id=run_id,
    )
    pair = {"need_id": need.id, "device_id": device.id}
    try:
        with session.begin_nested():
            session.add(reservation)
            session.flush()
            _act(session, need, Act.PROPOSE, by=by, at=at, payload={"reservation_id": reservation.id})
            devices.move(session, device, Action.RESERVE, by=by, at=at, payload={"reservation_id": reservation.id})
            told = {**pair, "expires_at": reservation.expires_at.isoformat(), "mode": mode, "terms": _terms(row, asked)}
            record(session, "reservation", reservation.id, "reservation.opened", by=by, at=at, payload=told)
            record(session, "reservation", reservation.id, "proposal.made", by=by, at=at, payload=pair)
    except IntegrityError as error:
        raise MatchRefused("need-taken" if "need" in str(error.orig) else "device-taken") from error
    except NeedRefused as refusal:
        raise MatchRefused(refusal.code) from refusal
    except TransitionRefused as refusal:
        raise MatchRefused("device-not-in-stock") from refusal
    _tell_service(session, reservation, need, "proposal")
    return reservation


def accept(session: Session, reservation: Reservation, *, by: Actor, at: datetime) -> None:
    """The service says that the machine suits; raises MatchRefused "ended" or "already-answered"."""
    need = _lock(session, reservation.need)
    _open(session, reservation)
    if reservation.accepted_at is not None:
        raise MatchRefused("already-answered")
    try:
        _act(session, need, Act.ACCEPT, by=by, at=at, payload={"reservation_id": reservation.id})
    except NeedRefused as refusal:
        raise MatchRefused(refusal.code) from refusal
    reservation.accepted_at = at
    _tell(session, reservation, "proposal.accepted", by=by, at=at)


def decline(session: Session, reservation: Reservation, *, motive: str, by: Actor, at: datetime) -> None:
    """The service says that the machine does not suit, and why; the need keeps its rank, the machine is free."""
    _end(session, reservation, Ending.DECLINED, Act.DECLINE, motive=motive, by=by, at=at)
    _tell(session, reservation, "proposal.declined", by=by, at=at, motive=motive)


def release(session: Session, reservation: Reservation, *, motive: str, by: Actor, at: datetime) -> None:
    """Give a machine back to the free stock, with a motive of need_life.MOTIVES; the need keeps its rank."""
    _end(session, reservation, Ending.RELEASED, Act.RELEASE, motive=motive, by=by, at=at)
    _tell(session, reservation, "reservation.released", by=by, at=at, motive=motive)


def extend(session: Session, reservation: Reservation, until: datetime, *, by: Actor, at: datetime) -> None:
    """Keep a machine aside until a later moment, as when an appointment is fixed; never an earlier one."""
    _open(session, reservation)
    if until <= reservation.expires_at:
        raise MatchRefused("later-only")
    reservation.expires_at = until
    _tell(session, reservation, "reservation.extended", by=by, at=at, expires_at=until.isoformat())


def fulfil(session: Session, reservation: Reservation, *, by: Actor, at: datetime) -> None:
    """End a reservation by its hand-over; the machine's own move is the hand-over's to make."""
    need = _lock(session, reservation.need)
    _open(session, reservation)
    try:
        _act(session, need, Act.HAND_OVER, by=by, at=at, payload={"reservation_id": reservation.id})
    except NeedRefused as refusal:
        raise MatchRefused(refusal.code) from refusal
    reservation.ended_at, reservation.ending = at, Ending.HANDED_OVER
    _tell(session, reservation, "reservation.fulfilled", by=by, at=at)


def lapse(session: Session, *, by: Actor, at: datetime) -> int:
    """End every reservation whose time is over: the need is suspended with its rank, never closed. Returns how many."""
    count = 0
    for key in queries.expired(session, at):
        found = queries.by_id(session, key, seen_by=Actor.system())
        assert found is not None
        lock(session, found.device)
        _lock(session, found.need)
        try:
            _open(session, found)
        except MatchRefused:
            continue
        if found.expires_at >= at:
            continue
        _end(session, found, Ending.EXPIRED, Act.LAPSE, motive=None, by=by, at=at)
        _tell(session, found, "reservation.lapsed", by=by, at=at)
        _tell_service(session, found, found.need, "lapsed")
        count += 1
    return count


def close_after_leaving(session: Session, device: Device, *, by: Actor, at: datetime) -> Reservation | None:
    """End the open reservation of a machine that left reserved by another way: locked, lost, failed, reopened."""
    reservation = queries.open_reservation(session, device.id)
    if reservation is None:
        return None
    need = _lock(session, reservation.need)
    reservation.ended_at, reservation.ending, reservation.motive = at, Ending.DEVICE_LEFT, "machine-left"
    session.flush()
    _act(session, need, Act.RELEASE, motive="machine-left", by=by, at=at)
    _tell(session, reservation, "reservation.released", by=by, at=at, motive="machine-left")
    _tell_service(session, reservation, need, "machine_left")
    return reservation


def close_after_need(session: Session, need: Need, act: Act, *, by: Actor, at: datetime) -> None:
    """Free the machine of a need that no longer waits for one: withdrawn while something was set aside for it."""
    reservation = queries.open_for_need(session, need.id)
    if reservation is None or need.state in (State.PROPOSED, State.ACCEPTED, State.HANDED_OVER):
        return
    reservation.ended_at, reservation.ending, reservation.motive = at, Ending.RELEASED, f"need-{act.value}"
    session.flush()
    _free(session, reservation.device, reservation, by=by, at=at)
    _tell(session, reservation, "reservation.released", by=by, at=at, motive=reservation.motive)


def _end(
    session: Session,
    reservation: Reservation,
    ending: Ending,
    act: Act,
    *,
    motive: str | None,
    by: Actor,
    at: datetime,
) -> None:
    device = lock(session, reservation.device)
    need = _lock(session, reservation.need)
    _open(session, reservation)
    try:
        needs.foresee(session, need, act, today=at.astimezone(zone()).date(), motive=motive)
    except NeedRefused as refusal:
        raise MatchRefused(refusal.code) from refusal
    # Closed before the need and the machine move: what follows their moves must find nothing left to close.
    reservation.ended_at, reservation.ending, reservation.motive = at, ending, motive
    session.flush()
    _act(session, need, act, motive=motive, by=by, at=at, payload={"reservation_id": reservation.id})
    _free(session, device, reservation, by=by, at=at)


def _free(session: Session, device: Device, reservation: Reservation, *, by: Actor, at: datetime) -> None:
    if device.status in HELD:
        devices.move(session, device, Action.RELEASE, by=by, at=at, payload={"reservation_id": reservation.id})


def _open(session: Session, reservation: Reservation) -> None:
    """Lock a reservation that must still be open; raises MatchRefused "ended"."""
    session.refresh(reservation, ["ended_at", "ending", "accepted_at", "expires_at"], with_for_update=True)
    if reservation.ended_at is not None:
        raise MatchRefused("ended")


def hold(session: Session, need: Need) -> Need:
    """Lock the machine set aside for a need, if there is one, and then the need: for a deed on a need that frees it."""
    reservation = queries.open_for_need(session, need.id)
    if reservation is not None:
        lock(session, reservation.device)
    return _lock(session, need)


def _lock(session: Session, need: Need) -> Need:
    """Lock a need and read its columns anew; what was loaded beside it stays."""
    session.refresh(need, [column.key for column in Need.__mapper__.column_attrs], with_for_update=True)
    return need


def _act(
    session: Session,
    need: Need,
    act: Act,
    *,
    by: Actor,
    at: datetime,
    motive: str | None = None,
    payload: dict[str, object] | None = None,
) -> None:
    today = at.astimezone(zone()).date()
    needs.change_state(session, need, act, by=by, at=at, today=today, motive=motive, payload=payload)


def _terms(device: scenario.Row, need: scenario.Row) -> dict[str, object]:
    """Return the terms of the choice, for who asks later why this machine: codes and numbers, no sentence."""
    return {"fit": core.fit(device, need), "band": core.band(device, need), "points": need["points"]}


def _tell(session: Session, reservation: Reservation, kind: str, *, by: Actor, at: datetime, **more: object) -> None:
    payload = {"need_id": reservation.need_id, "device_id": reservation.device_id, **more}
    record(session, "reservation", reservation.id, kind, by=by, at=at, payload=payload)


def _tell_service(session: Session, reservation: Reservation, need: Need, template: str) -> None:
    """Mail the service, by its own address; the message says the case number and nothing else of the case."""
    from refurb.matching import mails

    message = mails.message(session, reservation, need, template)
    if message is not None:
        outbox.enqueue(session, "mail.send", message)
