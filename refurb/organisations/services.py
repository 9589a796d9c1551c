"""Bring an organisation in, change it, give it places."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from refurb.audit.services import Author, record
from refurb.core.identity import CodeKind
from refurb.core.permissions import OrganisationRole
from refurb.organisations.codes import next_code
from refurb.organisations.models import Organisation, OrganisationRoleRow, Place, PlaceKind, Suspension, Trust

#: What a form may change; anything else is decided by a verb of its own.
FIELDS = frozenset(
    (
        "name", "short_name", "legal_type", "siret", "rna", "email", "phone", "address", "postcode", "commune_code",
        "epci_code", "perimeter", "capacity_per_month", "skills", "certifications", "can_issue_tax_receipt",
        "certified_until", "max_open_needs",
    )
)  # fmt: skip


def create(
    session: Session,
    *,
    roles: Iterable[OrganisationRole],
    values: Mapping[str, Any],
    by: Author,
    at: datetime,
    trust: Trust = Trust.APPROVED,
) -> Organisation:
    """Create an organisation from the columns in `values`; raises KeyError on one that a form may not set."""
    _only_known(values)
    wanted = sorted(set(roles))
    organisation = Organisation(
        **{"skills": [], "certifications": [], **values},
        trust=trust,
        created_at=at,
        role_rows=[OrganisationRoleRow(role=role) for role in wanted],
        places=[],
    )
    session.add(organisation)
    session.flush()
    payload = {"roles": [role.value for role in wanted]}
    record(session, "organisation", organisation.id, "organisation.created", by=by, at=at, payload=payload)
    return organisation


def change(
    session: Session,
    organisation: Organisation,
    *,
    values: Mapping[str, Any],
    roles: Iterable[OrganisationRole] | None = None,
    by: Author,
    at: datetime,
) -> list[str]:
    """Change the columns in `values` and, where given, the roles (then loaded); return what really changed."""
    _only_known(values)
    changed = [key for key, value in values.items() if getattr(organisation, key) != value]
    for key in changed:
        setattr(organisation, key, values[key])
    if roles is not None and set(roles) != organisation.roles:
        wanted = set(roles)
        organisation.role_rows = [row for row in organisation.role_rows if row.role in wanted] + [
            OrganisationRoleRow(role=role) for role in sorted(wanted - organisation.roles)
        ]
        changed.append("roles")
    if changed:
        record(
            session, "organisation", organisation.id, "organisation.changed", by=by, at=at, payload={"fields": changed}
        )
    return changed


def approve(session: Session, organisation: Organisation, *, by: Author, at: datetime) -> None:
    """Let the organisation act in the chain, for a year from now."""
    organisation.trust, organisation.suspension = Trust.APPROVED, None
    organisation.confirmed_on, organisation.reminded_on = at.date(), None
    record(session, "organisation", organisation.id, "organisation.approved", by=by, at=at)


def suspend(session: Session, organisation: Organisation, *, reason: Suspension, by: Author, at: datetime) -> None:
    """Keep the organisation, and offer it nothing more."""
    organisation.trust, organisation.suspension = Trust.SUSPENDED, reason
    payload = {"reason": reason.value}
    record(session, "organisation", organisation.id, "organisation.suspended", by=by, at=at, payload=payload)


def add_place(
    session: Session,
    organisation: Organisation,
    kind: PlaceKind,
    *,
    values: Mapping[str, Any],
    by: Author,
    at: datetime,
) -> Place:
    """Give the organisation a place, with its code; the organisation's own commune where none is given."""
    given = {"commune_code": organisation.commune_code, "epci_code": organisation.epci_code, **values}
    place = Place(code=next_code(session, CodeKind.PLACE), organisation_id=organisation.id, kind=kind, **given)
    session.add(place)
    session.flush()
    record(session, "place", place.id, "place.created", by=by, at=at, payload={"code": place.code})
    return place


def change_place(session: Session, place: Place, *, values: Mapping[str, Any], by: Author, at: datetime) -> list[str]:
    """Change a place; return what really changed."""
    changed = [key for key, value in values.items() if getattr(place, key) != value]
    for key in changed:
        setattr(place, key, values[key])
    if changed:
        record(session, "place", place.id, "place.changed", by=by, at=at, payload={"fields": changed})
    return changed


def _only_known(values: Mapping[str, Any]) -> None:
    if unknown := values.keys() - FIELDS:
        raise KeyError(", ".join(sorted(unknown)))
