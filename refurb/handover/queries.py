"""Hand-overs as the pages ask for them, and what became of machines as their givers ask.

Who sees a reservation here: the service whose need it is, the point where it will be handed over, the workshop that
holds the machine, and the coordination.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload, load_only

from refurb.core.permissions import Permission
from refurb.core.workflow import OUT, Status
from refurb.db import shared_alias
from refurb.devices.models import Device
from refurb.handover.models import Appointment, Handover
from refurb.matching.models import Reservation
from refurb.needs.models import Need
from refurb.organisations.models import Place
from refurb.security import Actor, ActorKind

#: Where it was agreed to meet, and where the need asks to.
AgreedPlace, AskedPlace = shared_alias(Place), shared_alias(Place)

#: How many cases a list of the day shows; who has more works down from the earliest.
LISTED = 50


@dataclass(frozen=True)
class Case:
    """One machine set aside for one need, with where and when it is to be handed over, if that was agreed."""

    reservation: Reservation
    need: Need
    device: Device
    appointment: Appointment | None
    place: Place | None
    missed: int = 0


def _agreed() -> sa.ColumnElement[bool]:
    return sa.and_(Appointment.missed_at.is_(None), Appointment.cancelled_at.is_(None))


def seen(query: sa.Select[Any], actor: Actor) -> sa.Select[Any]:
    """Narrow a query on Reservation joined with Need and Device to what the actor may see."""
    if actor.kind is ActorKind.SYSTEM or actor.can(Permission.NEED_ARBITRATE):
        return query
    if actor.organisation_id is None or not actor.can(Permission.HANDOVER_READ):
        return query.where(sa.false())
    ways: list[sa.ColumnElement[bool]] = [Device.holder_id == actor.organisation_id]
    if actor.can(Permission.NEED_READ_CASE):
        ways.append(Need.organisation_id == actor.organisation_id)
    if actor.can(Permission.HANDOVER_PERFORM):
        own = sa.select(Place.id).where(Place.organisation_id == actor.organisation_id)
        there = sa.select(Appointment.reservation_id).where(Appointment.place_id.in_(own), _agreed())
        ways += [Need.handover_place_id.in_(own), Reservation.id.in_(there)]
    return query.where(sa.or_(*ways))


def _joined() -> sa.Select[Any]:
    """Return the query of what is set aside, with what was agreed of it."""
    query: Any = (
        sa.select(Reservation, Appointment, AgreedPlace, AskedPlace)
        .join(Need, Need.id == Reservation.need_id)
        .join(Device, Device.id == Reservation.device_id)
        .outerjoin(Appointment, sa.and_(Appointment.reservation_id == Reservation.id, _agreed()))
        .outerjoin(AgreedPlace, AgreedPlace.id == Appointment.place_id)
        .outerjoin(AskedPlace, AskedPlace.id == Need.handover_place_id)
        .where(Reservation.ended_at.is_(None))
    )
    joined: sa.Select[Any] = query
    return joined


def _cases() -> sa.Select[Any]:
    return _joined().options(
        contains_eager(Reservation.need).joinedload(Need.organisation),
        contains_eager(Reservation.need).contains_eager(Need.handover_place.of_type(AskedPlace)),
        contains_eager(Reservation.device).joinedload(Device.holder),
        contains_eager(Reservation.device).joinedload(Device.place),
    )


def _listed() -> sa.Select[Any]:
    """Load what a line of the day says of a case, and nothing else: three whole rows of each cost most of the page."""
    return _joined().options(
        load_only(Reservation.expires_at, Reservation.need_id, Reservation.device_id),
        contains_eager(Reservation.need).load_only(Need.code, raiseload=True),
        contains_eager(Reservation.device).load_only(
            Device.code, Device.form, Device.maker, Device.model, Device.status, raiseload=True
        ),
        load_only(Appointment.starts_at),
        load_only(AgreedPlace.name),
        load_only(AskedPlace.name),
    )


def _case(row: Any, missed: int = 0) -> Case:
    reservation, appointment, agreed_place, asked_place = row
    return Case(
        reservation, reservation.need, reservation.device, appointment, agreed_place or asked_place, missed=missed
    )


def agenda(session: Session, *, seen_by: Actor, until: datetime) -> Sequence[Case]:
    """Return what was agreed up to `until` and is not handed over yet, the earliest first: the overdue lead."""
    query = seen(_listed(), seen_by).where(Appointment.starts_at < until)
    return [_case(row) for row in session.execute(query.order_by(Appointment.starts_at, Appointment.id).limit(LISTED))]


def without_date(session: Session, *, seen_by: Actor) -> Sequence[Case]:
    """Return what is set aside and has no appointment, what lapses first leading."""
    query = seen(_listed(), seen_by).where(Appointment.id.is_(None))
    return [_case(row) for row in session.execute(query.order_by(Reservation.expires_at, Reservation.id).limit(LISTED))]


def case_by_need(session: Session, need_code: str, *, seen_by: Actor, lock: bool = False) -> Case | None:
    """Return the open reservation of a need, if the actor may see it; `lock` holds machine, need and reservation."""
    query = seen(_cases(), seen_by).where(Need.code == need_code)
    if lock:
        _lock_case(session, query)
    row = session.execute(query.execution_options(populate_existing=True)).first()
    if row is None:
        return None
    missed = session.scalar(
        sa.select(sa.func.count())
        .select_from(Appointment)
        .where(Appointment.reservation_id == row[0].id, Appointment.missed_at.is_not(None))
    )
    return _case(row, missed or 0)


def _lock_case(session: Session, query: sa.Select[Any]) -> None:
    """Hold the rows of a case in the order of every deed on a reservation (matching.services): who takes the
    reservation first waits for ever for who holds the machine."""
    for table in (Device, Need, Reservation):
        session.execute(query.with_only_columns(table.id).with_for_update(of=table))


def need_code_of_device(session: Session, device_code: str, *, seen_by: Actor) -> str | None:
    """Return the case for which a machine is set aside, if the actor may see it."""
    found: str | None = session.scalar(
        seen(_cases(), seen_by).with_only_columns(Need.code).where(Device.code == device_code)
    )
    return found


def by_code(session: Session, code: str, *, seen_by: Actor, lock: bool = False) -> Handover | None:
    """Return one hand-over with its need, its machine and its place, if the actor may see it."""
    query = (
        sa.select(Handover)
        .join(Need, Need.id == Handover.need_id)
        .join(Device, Device.id == Handover.device_id)
        .where(Handover.code == code)
        .options(
            contains_eager(Handover.need).joinedload(Need.organisation),
            contains_eager(Handover.device).joinedload(Device.holder),
            joinedload(Handover.place),
        )
    )
    if lock:
        query = query.with_for_update(of=Handover)
    return session.scalar(query.where(_sees(seen_by)).execution_options(populate_existing=True))


def _sees(actor: Actor) -> sa.ColumnElement[bool]:
    if actor.kind is ActorKind.SYSTEM or actor.can(Permission.NEED_ARBITRATE):
        return sa.true()
    if actor.organisation_id is None:
        return sa.false()
    ways: list[sa.ColumnElement[bool]] = []
    if actor.can(Permission.HANDOVER_READ) or actor.can(Permission.TICKET_OPEN):
        ways += [Device.holder_id == actor.organisation_id, Handover.organisation_id == actor.organisation_id]
    if actor.can(Permission.NEED_READ_CASE):
        ways.append(Need.organisation_id == actor.organisation_id)
    return sa.or_(sa.false(), *ways)


def may_see(session: Session, handover_id: int, actor: Actor) -> bool:
    """Whether the actor may see a hand-over, and so its papers."""
    query = (
        sa.select(Handover.id)
        .join(Need, Need.id == Handover.need_id)
        .join(Device, Device.id == Handover.device_id)
        .where(Handover.id == handover_id, _sees(actor))
    )
    return session.scalar(query) is not None


def last_of_device(session: Session, device_id: int) -> Handover | None:
    """Return the latest hand-over of a machine that was not put right, returned or not."""
    return session.scalar(
        sa.select(Handover)
        .where(Handover.device_id == device_id)
        .options(joinedload(Handover.need), joinedload(Handover.place))
        .order_by(Handover.handed_over_at.desc(), Handover.id.desc())
        .limit(1)
    )


def last_of_need(session: Session, need_code: str, *, seen_by: Actor) -> str | None:
    """Return the code of the latest hand-over of a case, if the actor may see it."""
    found: str | None = session.scalar(
        sa.select(Handover.code)
        .join(Need, Need.id == Handover.need_id)
        .join(Device, Device.id == Handover.device_id)
        .where(Need.code == need_code, _sees(seen_by))
        .order_by(Handover.handed_over_at.desc(), Handover.id.desc())
        .limit(1)
    )
    return found


def recent(session: Session, *, seen_by: Actor, since: datetime, limit: int = 10) -> Sequence[Handover]:
    """Return the latest hand-overs since a moment that the actor may see."""
    return session.scalars(
        sa.select(Handover)
        .join(Need, Need.id == Handover.need_id)
        .join(Device, Device.id == Handover.device_id)
        .where(_sees(seen_by), Handover.handed_over_at >= since)
        .options(
            load_only(Handover.code, Handover.handed_over_at, Handover.device_id),
            contains_eager(Handover.device).load_only(Device.form, Device.maker, Device.model, raiseload=True),
        )
        .order_by(Handover.handed_over_at.desc(), Handover.id.desc())
        .limit(limit)
    ).all()


def agreed_at(session: Session, place_id: int, starts_at: datetime, ends_at: datetime) -> int:
    """Return how many appointments of a place overlap a time."""
    return (
        session.scalar(
            sa.select(sa.func.count())
            .select_from(Appointment)
            .join(Reservation)
            .where(
                Appointment.place_id == place_id,
                _agreed(),
                Reservation.ended_at.is_(None),
                Appointment.starts_at < ends_at,
                Appointment.ends_at > starts_at,
            )
        )
        or 0
    )


def open_appointment(session: Session, reservation_id: int) -> Appointment | None:
    """Return the appointment in force of a reservation, with its place."""
    return session.scalar(
        sa.select(Appointment)
        .where(Appointment.reservation_id == reservation_id, _agreed())
        .options(joinedload(Appointment.place))
    )


# -- What became of machines, for who gave them -----------------------------------------------------------------------
class Fate(StrEnum):
    """What a giver is told of one machine."""

    IN_PROGRESS = "in_progress"
    REUSE = "reuse"
    PARTS = "parts"
    WEEE = "weee"
    RETURNED = "returned"


@dataclass(frozen=True)
class Outcome:
    """The fate of one machine and the month it was settled (its first day); never a commune, a place or a person."""

    fate: Fate
    month: date | None = None


_SETTLED = {
    Status.PARTS: Fate.PARTS,
    Status.WEEE: Fate.WEEE,
    Status.DESTROYED: Fate.WEEE,
    Status.RETURNED_TO_SUPPLIER: Fate.RETURNED,
}


def outcome(session: Session, device_ids: Collection[int], *, zone: ZoneInfo) -> dict[int, Outcome]:
    """Return what became of each machine, in two statements; a machine that came back for repair was reused.

    One put right after a wrong hand-over never counted: its mistaken hand-over is left out.
    """
    handed = sa.select(Handover.device_id, sa.func.min(Handover.handed_over_at)).where(
        Handover.device_id.in_(device_ids),
        sa.or_(Handover.return_motive.is_(None), Handover.return_motive != "handover-mistake"),
    )
    first: dict[int, datetime] = {row[0]: row[1] for row in session.execute(handed.group_by(Handover.device_id))}
    found: dict[int, Outcome] = {}
    rows = session.execute(sa.select(Device.id, Device.status, Device.status_since).where(Device.id.in_(device_ids)))
    for device_id, status, since in rows:
        if status in _SETTLED:
            found[device_id] = Outcome(_SETTLED[status], _month(since, zone))
        elif device_id in first:
            found[device_id] = Outcome(Fate.REUSE, _month(first[device_id], zone))
        elif status in OUT:
            found[device_id] = Outcome(Fate.REUSE, _month(since, zone))
        else:
            found[device_id] = Outcome(Fate.IN_PROGRESS)
    return found


def _month(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date().replace(day=1)
