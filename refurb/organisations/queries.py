"""Organisations and places, as the pages and the other areas ask for them."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from refurb.core.permissions import OrganisationRole
from refurb.organisations.models import Organisation, OrganisationRoleRow, Place, PlaceKind, Trust


def by_id(session: Session, organisation_id: int) -> Organisation | None:
    """Return one organisation with its roles."""
    return session.scalar(
        sa.select(Organisation).where(Organisation.id == organisation_id).options(selectinload(Organisation.role_rows))
    )


def with_role(session: Session, role: OrganisationRole, *, epci: str | None = None) -> Sequence[Organisation]:
    """Return the approved organisations that play a role, by name; of one EPCI where it is named."""
    query = (
        sa.select(Organisation)
        .join(OrganisationRoleRow)
        .where(OrganisationRoleRow.role == role, Organisation.trust == Trust.APPROVED)
        .options(selectinload(Organisation.role_rows))
        .order_by(Organisation.name)
    )
    if epci is not None:
        query = query.where(Organisation.epci_code == epci)
    return session.scalars(query).all()


def handover_places(session: Session, *, epci: str | None = None) -> Sequence[Place]:
    """Return the open hand-over points with their organisation, by name."""
    query = (
        sa.select(Place)
        .where(Place.kind == PlaceKind.HANDOVER, Place.is_open)
        .options(selectinload(Place.organisation))
        .order_by(Place.name)
    )
    if epci is not None:
        query = query.where(Place.epci_code == epci)
    return session.scalars(query).all()


def places_of(session: Session, organisation_id: int, *, kind: PlaceKind | None = None) -> Sequence[Place]:
    """Return the places of one organisation, by name."""
    query = sa.select(Place).where(Place.organisation_id == organisation_id).order_by(Place.name)
    if kind is not None:
        query = query.where(Place.kind == kind)
    return session.scalars(query).all()


def place_by_code(session: Session, code: str) -> Place | None:
    """Return the place a card names, with its organisation; who may use it is the caller's question."""
    return session.scalar(sa.select(Place).where(Place.code == code).options(selectinload(Place.organisation)))
