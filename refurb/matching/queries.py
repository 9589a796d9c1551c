"""What suits what, what is set aside, what is to be fetched from which shelf."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import date, datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from refurb.core import matching as core
from refurb.core.matching import Candidate, Unsuitable, Wanted
from refurb.core.permissions import Permission
from refurb.core.workflow import HELD, Status
from refurb.devices.models import Device
from refurb.devices.registry import Asked
from refurb.matching import scenario
from refurb.matching.models import Reservation
from refurb.matching.narrowing import Choice, choose
from refurb.needs import queries as needs
from refurb.needs.models import Need
from refurb.ordering import naturally
from refurb.organisations.models import Organisation, Place
from refurb.security import Actor, ActorKind


def suits(session: Session, need: Need) -> tuple[list[Candidate], list[Unsuitable]]:
    """Return all the machines in stock that suit a need, best fit first, and the others with what they fail on.

    Both are empty while the need has no commune. A page that shows a few asks `narrowing.choose`.
    """
    if need.commune_code is None:
        return [], []
    stock, asked = scenario.stock(session), scenario.need_row(need)
    return core.suitable(stock, asked), core.unsuitable(stock, asked)


def choice(session: Session, need: Need, *, limit: int, criterion: str | None = None) -> Choice:
    """Return what a page shows of the stock for a need; nothing while it has no commune."""
    if need.commune_code is None:
        return Choice([], 0, [], 0, {})
    return choose(session, scenario.need_row(need), limit=limit, criterion=criterion)


def wanted_by(session: Session, device: Device, today: date, *, limit: int) -> tuple[list[Wanted], int]:
    """Return the open needs that a machine suits, in the order in which they are served, and how many there are.

    Needs alike in what they ask are compared once, and the reading stops at the last one shown.
    """
    row = scenario.one_device(session, device)
    if row is None:
        return [], 0
    good, count = set(), 0
    for kind, number in needs.kinds_for_matching(session, today):
        if not core.failing(row, scenario.kind_row(kind)):
            good.add(kind)
            count += number
    found: list[scenario.Row] = []
    if count:
        with closing(needs.rows_for_matching(session, today)) as rows:
            suited = (scenario.need_shape(need) for need in rows if needs.kind_of(need) in good)
            found = list(islice(suited, min(limit, count)))
    return core.wanting(row, found), count


def devices(session: Session, rows: Sequence[Mapping[str, Any]]) -> dict[int, Device]:
    """Return the machines of some rows with their holder and shelf, by id, for the page that shows them."""
    keys = [row["key"] for row in rows]
    query = sa.select(Device).where(Device.id.in_(keys)).options(joinedload(Device.holder), joinedload(Device.place))
    return {device.id: device for device in session.scalars(query)}


def needs_by_id(session: Session, rows: Sequence[Mapping[str, Any]]) -> dict[int, Need]:
    """Return the needs of some rows with their hand-over place, by id."""
    keys = [row["key"] for row in rows]
    query = sa.select(Need).where(Need.id.in_(keys)).options(joinedload(Need.handover_place))
    return {need.id: need for need in session.scalars(query)}


# -- Reservations ------------------------------------------------------------------------------------------------------
def open_reservation(session: Session, device_id: int) -> Reservation | None:
    """Return what a machine is set aside for, with its need and its hand-over place."""
    return session.scalar(whole().where(Reservation.device_id == device_id, Reservation.ended_at.is_(None)))


def open_for_need(session: Session, need_id: int) -> Reservation | None:
    """Return the machine set aside for a need, with its holder and its shelf."""
    return session.scalar(whole().where(Reservation.need_id == need_id, Reservation.ended_at.is_(None)))


def by_id(session: Session, reservation_id: int, *, seen_by: Actor) -> Reservation | None:
    """Return a reservation: the coordination any, a service its own needs', a workshop its own machines'."""
    query = whole().where(Reservation.id == reservation_id)
    if seen_by.kind is ActorKind.SYSTEM or seen_by.can(Permission.MATCH_RESERVE):
        return session.scalar(query)
    seen: list[sa.ColumnElement[bool]] = []
    if seen_by.can(Permission.MATCH_ANSWER):
        seen.append(Reservation.need.has(Need.organisation_id == seen_by.organisation_id))
    if seen_by.can(Permission.PICKING_READ):
        seen.append(Reservation.device.has(Device.holder_id == seen_by.organisation_id))
    return session.scalar(query.where(sa.or_(sa.false(), *seen)))


#: Whether a machine is set aside: what the moves of devices ask for.
SET_ASIDE = Asked(
    {"open": sa.exists().where(Reservation.device_id == Device.id, Reservation.ended_at.is_(None))},
    lambda values: {"reservation_open": values["open"]},
)


def made_since(session: Session, device_id: int, since: datetime) -> bool:
    """Whether a reservation was made or ended for the machine since a moment."""
    later = sa.or_(Reservation.made_at >= since, Reservation.ended_at >= since)
    found = sa.select(Reservation.id).where(Reservation.device_id == device_id, later).limit(1)
    return session.scalar(found) is not None


def expired(session: Session, at: datetime) -> Sequence[int]:
    """Return the open reservations whose time is over."""
    return session.scalars(
        sa.select(Reservation.id)
        .where(Reservation.ended_at.is_(None), Reservation.expires_at < at)
        .order_by(Reservation.expires_at, Reservation.id)
    ).all()


def history_of_need(session: Session, need_id: int) -> Sequence[Reservation]:
    """Return what was set aside for a need in the past, latest first."""
    return session.scalars(
        whole()
        .where(Reservation.need_id == need_id, Reservation.ended_at.is_not(None))
        .order_by(Reservation.made_at.desc())
    ).all()


# -- Picking -----------------------------------------------------------------------------------------------------------
def picking(*, seen_by: Actor) -> sa.Select[Reservation]:
    """Return the query of what is to be fetched and prepared, by shelf: a workshop's own, the coordination all."""
    query = (
        listed()
        .join(Device, Device.id == Reservation.device_id)
        .outerjoin(Place, Place.id == Device.place_id)
        .where(Reservation.ended_at.is_(None), Device.status.in_(HELD))
        .order_by(
            sa.case((Device.status == Status.RESERVED, 0), else_=1),
            Device.holder_id,
            Place.id.is_(None),
            naturally(Place.name),
            Device.code,
        )
    )
    if not (seen_by.kind is ActorKind.SYSTEM or seen_by.can(Permission.MATCH_RESERVE)):
        query = query.where(Device.holder_id == seen_by.organisation_id)
    return query


def whole() -> sa.Select[Reservation]:
    """Load with a reservation its need with service and place, its machine with shelf and holder."""
    return sa.select(Reservation).options(
        joinedload(Reservation.need).joinedload(Need.handover_place),
        joinedload(Reservation.need).joinedload(Need.organisation),
        joinedload(Reservation.device).joinedload(Device.place),
        joinedload(Reservation.device).joinedload(Device.holder),
    )


def listed() -> sa.Select[Reservation]:
    """Load with a reservation what a list says of it, and nothing else: whole rows of five tables cost most of a page.

    What is not said here raises where it is read, so a line that says more has its column added; but an organisation,
    which is the issuer of the paper too, is read again.
    """
    return sa.select(Reservation).options(
        joinedload(Reservation.need)
        .load_only(Need.code, Need.profile, Need.handover_place_id, raiseload=True)
        .joinedload(Need.handover_place)
        .load_only(Place.name, Place.address, Place.commune_code, raiseload=True),
        joinedload(Reservation.device)
        .load_only(
            Device.code,
            Device.form,
            Device.maker,
            Device.model,
            Device.charger,
            Device.status,
            Device.holder_id,
            raiseload=True,
        )
        .options(
            joinedload(Device.place).load_only(Place.name, raiseload=True),
            joinedload(Device.holder).load_only(Organisation.name),
        ),
    )
