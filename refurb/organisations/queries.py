"""Organisations and places, as the pages and the other areas ask for them."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from refurb.core.permissions import OrganisationRole
from refurb.ordering import naturally
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
        .order_by(naturally(Place.name), Place.id)
    )
    if epci is not None:
        query = query.where(Place.epci_code == epci)
    return session.scalars(query).all()


def places_of(session: Session, organisation_id: int, *, kind: PlaceKind | None = None) -> Sequence[Place]:
    """Return the places of one organisation, by name."""
    query = sa.select(Place).where(Place.organisation_id == organisation_id).order_by(naturally(Place.name))
    if kind is not None:
        query = query.where(Place.kind == kind)
    return session.scalars(query).all()


def place_by_code(session: Session, code: str) -> Place | None:
    """Return the place a card names, with its organisation; who may use it is the caller's question."""
    return session.scalar(sa.select(Place).where(Place.code == code).options(selectinload(Place.organisation)))


def place_by_id(session: Session, place_id: int) -> Place | None:
    """Return one place with its organisation and what that does."""
    return session.scalar(
        sa.select(Place)
        .where(Place.id == place_id)
        .options(selectinload(Place.organisation).selectinload(Organisation.role_rows))
    )


def by_siret(session: Session, siret: str) -> Organisation | None:
    """Return the organisation of a SIRET, the oldest where imports made two."""
    return session.scalar(sa.select(Organisation).where(Organisation.siret == siret).order_by(Organisation.id).limit(1))


def search(*, text: str = "", role: OrganisationRole | None = None, epci: str | None = None) -> sa.Select[Organisation]:
    """Return the query of the list: by name, with their roles."""
    query = sa.select(Organisation).options(selectinload(Organisation.role_rows)).order_by(Organisation.name)
    if text.strip():
        pattern = "%{}%".format(text.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_"))
        digits = "".join(c for c in text if c.isdecimal())
        found: list[sa.ColumnElement[bool]] = [
            column.ilike(pattern, escape="\\") for column in (Organisation.name, Organisation.short_name)
        ]
        if len(digits) >= 9:
            found.append(Organisation.siret.startswith(digits))
        query = query.where(sa.or_(*found))
    if role is not None:
        query = query.where(Organisation.role_rows.any(OrganisationRoleRow.role == role))
    if epci is not None:
        query = query.where(Organisation.epci_code == epci)
    return query


def find(session: Session, text: str) -> Organisation | None:
    """Return the one organisation that a name, a SIRET or a number means, as a command is given it."""
    digits = "".join(c for c in text if c.isdecimal())
    for condition in (
        Organisation.siret == digits if len(digits) == 14 else None,
        sa.func.lower(Organisation.name) == text.strip().lower(),
        Organisation.id == int(digits) if text.strip().isdecimal() and len(digits) < 10 else None,
    ):
        if condition is None:
            continue
        found = session.scalars(sa.select(Organisation).where(condition).limit(2)).all()
        if len(found) == 1:
            return found[0]
    return None


def names(session: Session, organisation_ids: set[int]) -> dict[int, str]:
    """Return the names of organisations, for a history that shows who acted."""
    if not organisation_ids:
        return {}
    rows = session.execute(sa.select(Organisation.id, Organisation.name).where(Organisation.id.in_(organisation_ids)))
    return {row.id: row.name for row in rows}
