"""Once a year somebody of each organisation says that it still takes part; else it is suspended until they do."""

from collections.abc import Sequence
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from refurb.audit.services import Author, record
from refurb.core import trust
from refurb.core.permissions import OrganisationRole
from refurb.core.trust import Step
from refurb.organisations import services
from refurb.organisations.models import Organisation, OrganisationRoleRow, Suspension, Trust

#: Who answers once a year: whoever sees cases or holds machines. A giver has nothing to confirm; who coordinates asks.
ASKED = frozenset(
    {
        OrganisationRole.PRESCRIBER,
        OrganisationRole.STRUCTURE,
        OrganisationRole.HANDOVER_POINT,
        OrganisationRole.REFURBISHER,
        OrganisationRole.PARTNER,
    }
)


class ConfirmationRefused(Exception):
    """A confirmation that nobody asks for; `code` is "suspended" (by the coordination) or "too-early"."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def is_asked(organisation: Organisation) -> bool:
    """Whether the organisation confirms every year."""
    return bool(organisation.roles & ASKED) and OrganisationRole.COORDINATION not in organisation.roles


def confirmed_on(organisation: Organisation) -> date:
    """Return the day from which the year counts."""
    return organisation.confirmed_on or organisation.created_at.date()


def confirm(session: Session, organisation: Organisation, *, by: Author, at: datetime, today: date) -> None:
    """Note that the organisation still takes part; one that had lapsed acts again. Raises ConfirmationRefused."""
    lapsed = organisation.suspension is Suspension.LAPSED
    if organisation.trust is not Trust.APPROVED and not lapsed:
        raise ConfirmationRefused("suspended")
    if not lapsed and not trust.may_confirm(confirmed_on(organisation), today):
        raise ConfirmationRefused("too-early")
    organisation.trust, organisation.suspension = Trust.APPROVED, None
    organisation.confirmed_on, organisation.reminded_on = today, None
    record(session, "organisation", organisation.id, "organisation.confirmed", by=by, at=at)


def due(session: Session, today: date) -> Sequence[Organisation]:
    """Return the approved organisations that may have something to hear today, locked."""
    near = today - trust.YEAR + trust.REMINDERS[0]
    return session.scalars(
        sa.select(Organisation)
        .where(
            Organisation.trust == Trust.APPROVED,
            Organisation.role_rows.any(OrganisationRoleRow.role.in_(ASKED)),
            sa.or_(Organisation.confirmed_on.is_(None), Organisation.confirmed_on <= near),
        )
        .options(selectinload(Organisation.role_rows))
        .order_by(Organisation.id)
        .with_for_update(of=Organisation, skip_locked=True)
    ).all()


def advance(session: Session, organisation: Organisation, *, by: Author, at: datetime, today: date) -> Step:
    """Do what the day asks of one organisation, and say what it was; who is to be written to is the caller's."""
    if not is_asked(organisation):
        return Step.NOTHING
    found = trust.step(confirmed_on(organisation), organisation.reminded_on, today)
    if found is Step.REMIND:
        organisation.reminded_on = today
    elif found is Step.LAPSE:
        services.suspend(session, organisation, reason=Suspension.LAPSED, by=by, at=at)
    return found
