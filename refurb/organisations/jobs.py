"""What the calendar does about organisations."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from refurb import outbox
from refurb.accounts.models import Account, Membership
from refurb.core import trust
from refurb.core.trust import Step
from refurb.organisations import recertification
from refurb.organisations.models import JoinRequest, Organisation, RequestState
from refurb.security import Actor
from refurb.web import local_date, public_address, zone

#: How long the name and address of who asked to join are kept after the answer.
KEPT = timedelta(days=90)


def recertify(session: Session, at: datetime) -> dict[str, int]:
    """Write to whom it is time to confirm, suspend who did not; return how many of each."""
    today = at.astimezone(zone()).date()
    done = {step.value: 0 for step in (Step.REMIND, Step.LAPSE)}
    for organisation in recertification.due(session, today):
        step = recertification.advance(session, organisation, by=Actor.system(), at=at, today=today)
        if step is Step.NOTHING:
            continue
        done[step.value] += 1
        until = trust.ends_on(recertification.confirmed_on(organisation))
        for account in _people(session, organisation):
            with force_locale(account.language):
                subject = (
                    _("%(name)s est suspendue dans Refurb", name=organisation.name)
                    if step is Step.LAPSE
                    else _("Confirmez que %(name)s participe toujours", name=organisation.name)
                )
                context = {
                    "organisation": organisation.name,
                    "until": local_date(until),
                    "lapsed": step is Step.LAPSE,
                    "link": public_address(f"/organisations/{organisation.id}/confirm"),
                }
            payload = {
                "to": account.email,
                "subject": subject,
                "template": "organisation_confirm",
                "context": context,
                "language": account.language,
            }
            outbox.enqueue(session, "mail.send", payload)
    return done


def tidy(session: Session, at: datetime) -> int:
    """Forget the requests to join that were answered some time ago; the organisation's history keeps the deed."""
    statement = sa.delete(JoinRequest).where(
        JoinRequest.state != RequestState.WAITING, JoinRequest.decided_at < at - KEPT
    )
    return int(session.execute(statement).rowcount)  # type: ignore[attr-defined]  # a DELETE gives a CursorResult


def _people(session: Session, organisation: Organisation) -> Iterator[Account]:
    """Yield who acts for the organisation."""
    yield from session.scalars(
        sa.select(Account)
        .join(Membership, Membership.account_id == Account.id)
        .where(
            Membership.organisation_id == organisation.id,
            Membership.ended_at.is_(None),
            Account.disabled_at.is_(None),
        )
        .order_by(Account.id)
    )
