"""What may be labelled: machines, places and command cards, as a label says them."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from refurb.audit.models import Event
from refurb.core.workflow import WORKSHOP
from refurb.devices.models import Device
from refurb.devices.queries import visible
from refurb.organisations.models import Place
from refurb.security import Actor, ActorKind


def to_be_labelled(seen_by: Actor) -> sa.Select[tuple[Device]]:
    """Return the query of the machines of the workshop whose label was never printed, oldest first."""
    query: sa.Select[tuple[Device]] = visible(sa.select(Device), seen_by).where(
        Device.labelled_at.is_(None), Device.status.in_(WORKSHOP)
    )
    return query.options(joinedload(Device.place)).order_by(Device.created_at, Device.id)


def devices_of(session: Session, codes: Sequence[str], *, seen_by: Actor) -> dict[str, Device]:
    """Return the machines of these codes that the actor may see, by code, with their places."""
    query = visible(sa.select(Device).where(Device.code.in_(codes)), seen_by).options(joinedload(Device.place))
    return {device.code: device for device in session.scalars(query)}


def places_of(session: Session, codes: Sequence[str], *, seen_by: Actor) -> dict[str, Place]:
    """Return the places of these codes that are the actor's organisation's, by code; the system sees everybody's."""
    query = sa.select(Place).where(Place.code.in_(codes))
    if seen_by.kind is not ActorKind.SYSTEM:
        query = query.where(Place.organisation_id == seen_by.organisation_id)
    return {place.code: place for place in session.scalars(query)}


def times_printed(session: Session, devices: Sequence[Device]) -> dict[str, int]:
    """Return how often the label of each machine was printed, by code; those never printed are absent."""
    query = (
        sa.select(Event.subject_id, sa.func.count())
        .where(
            Event.subject_kind == "device",
            Event.subject_id.in_([device.id for device in devices]),
            Event.kind == "device.labelled",
        )
        .group_by(Event.subject_id)
    )
    counted = {row[0]: row[1] for row in session.execute(query)}
    return {device.code: counted[device.id] for device in devices if device.id in counted}
