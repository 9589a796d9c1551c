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
from refurb.matching.queries import whole
from refurb.needs.models import Need
from refurb.organisations.models import Place
from refurb.security import Actor

ByPlace = list[tuple[Place, list[Reservation]]]


def leaving(session: Session, *, seen_by: Actor) -> ByPlace:
    """Return what is prepared and did not arrive yet, by hand-over point: a workshop's own machines, the
    coordination's all."""
    if not seen_by.can(Permission.PICKING_READ):
        return []
    query = _on_the_way()
    if not seen_by.can(Permission.MATCH_RESERVE):
        query = query.where(Device.holder_id == seen_by.organisation_id)
    return _by_place(session.scalars(query).all())


def expected(session: Session, *, seen_by: Actor) -> ByPlace:
    """Return what the points of the actor's organisation still expect."""
    if not seen_by.can(Permission.HANDOVER_PERFORM):
        return []
    return _by_place(session.scalars(_on_the_way().where(Place.organisation_id == seen_by.organisation_id)).all())


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


def _on_the_way() -> sa.Select[Reservation]:
    return (
        whole()
        .join(Device, Device.id == Reservation.device_id)
        .join(Need, Need.id == Reservation.need_id)
        .join(Place, Place.id == Need.handover_place_id)
        .where(
            Reservation.ended_at.is_(None),
            Reservation.delivered_at.is_(None),
            Device.status == Status.READY_FOR_PICKUP,
        )
        .order_by(Place.name, Place.id, Device.code)
    )


def _by_place(rows: Sequence[Reservation]) -> ByPlace:
    found: ByPlace = []
    for _key, group in groupby(rows, key=lambda row: row.need.handover_place_id):
        members = list(group)
        place = members[0].need.handover_place
        assert place is not None  # the query joins it
        found.append((place, members))
    return found
