"""The way from a workshop's shelf to a hand-over point: what is ready to leave, what is expected, what came."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.audit.services import record
from refurb.core.permissions import Permission
from refurb.core.workflow import Status
from refurb.devices.models import Device
from refurb.matching.models import Reservation
from refurb.matching.queries import listed
from refurb.needs.models import Need
from refurb.ordering import naturally
from refurb.organisations.models import Place
from refurb.security import Actor

ByPlace = list[tuple[Place, list[Reservation]]]


def leaving(*, seen_by: Actor, place_id: int | None = None) -> sa.Select[Reservation]:
    """Return the query of what is prepared and did not arrive yet, by hand-over point: a workshop's own machines, the
    coordination's all."""
    query = _on_the_way(place_id)
    if not seen_by.can(Permission.PICKING_READ):
        return query.where(sa.false())
    return query if seen_by.can(Permission.MATCH_RESERVE) else query.where(Device.holder_id == seen_by.organisation_id)


def expected(*, seen_by: Actor, place_id: int | None = None) -> sa.Select[Reservation]:
    """Return the query of what the points of the actor's organisation still expect, by point."""
    query = _on_the_way(place_id)
    if not seen_by.can(Permission.HANDOVER_PERFORM):
        return query.where(sa.false())
    return query.where(Place.organisation_id == seen_by.organisation_id)


def by_place(rows: Sequence[Reservation]) -> ByPlace:
    """Return these rows, which are in that order, with the hand-over point that they go to."""
    found: ByPlace = []
    for _key, group in groupby(rows, key=lambda row: row.need.handover_place_id):
        members = list(group)
        place = members[0].need.handover_place
        assert place is not None  # the query joins it
        found.append((place, members))
    return found


def receive(session: Session, rows: Sequence[Reservation], *, by: Actor, at: datetime) -> int:
    """Note that machines came to their hand-over point; return how many were not noted before."""
    count = 0
    for row in rows:
        session.refresh(row, ["delivered_at", "ended_at"], with_for_update=True)
        if row.delivered_at is None and row.ended_at is None:
            row.delivered_at = at
            pair = {"need_id": row.need_id, "device_id": row.device_id}
            record(session, "reservation", row.id, "reservation.delivered", by=by, at=at, payload=pair)
            count += 1
    return count


def _on_the_way(place_id: int | None) -> sa.Select[Reservation]:
    query = (
        listed()
        .join(Device, Device.id == Reservation.device_id)
        .join(Need, Need.id == Reservation.need_id)
        .join(Place, Place.id == Need.handover_place_id)
        .where(
            Reservation.ended_at.is_(None),
            Reservation.delivered_at.is_(None),
            Device.status == Status.READY_FOR_PICKUP,
        )
        .order_by(naturally(Place.name), Place.id, Device.code)
    )
    return query if place_id is None else query.where(Place.id == place_id)
