"""What the pages of organisations share: the blueprint, and who may act on which organisation."""

from typing import Any

from flask import Blueprint, abort

from refurb.accounts.words import ROLES as ACCOUNT_ROLES
from refurb.accounts.words import SCOPES
from refurb.core.permissions import Permission
from refurb.core.territory import Commune
from refurb.db import Session
from refurb.organisations import queries
from refurb.organisations.forms import WithCommune
from refurb.organisations.models import Organisation
from refurb.organisations.words import LEGAL_TYPES, PLACE_KINDS, REQUESTS, ROLES, SUSPENSIONS, TRUST, TRUST_TONES
from refurb.security import actor
from refurb.territory import queries as territory

bp = Blueprint("organisations", __name__, url_prefix="/organisations")

WORDS: dict[str, Any] = {
    "ROLES": ROLES,
    "LEGAL_TYPES": LEGAL_TYPES,
    "TRUST": TRUST,
    "TRUST_TONES": TRUST_TONES,
    "PLACE_KINDS": PLACE_KINDS,
    "SUSPENSIONS": SUSPENSIONS,
    "REQUESTS": REQUESTS,
    "ACCOUNT_ROLES": ACCOUNT_ROLES,
    "SCOPES": SCOPES,
}


def manages(organisation_id: int, own: Permission) -> bool:
    """Whether the actor may act on this organisation: on every one, or on their own with the permission `own`."""
    who = actor()
    return who.can(Permission.ORGANISATION_MANAGE) or (who.organisation_id == organisation_id and who.can(own))


def organisation_or_404(session: Session, organisation_id: int) -> Organisation:
    """Return the organisation with its roles, or end with 404."""
    return queries.by_id(session, organisation_id) or abort(404)


def prepare_commune(session: Session, form: WithCommune) -> None:
    """Give the form what it must look up."""

    def candidates(text: str) -> list[str]:
        return [found.commune.name for found in territory.search(session, text, limit=5)]

    def find(text: str) -> Commune | None:
        return territory.resolve(session, text)

    form.find, form.candidates = find, candidates
