"""Three months after a hand-over: is the machine used? Asked of the service, answered with one button."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from refurb import outbox
from refurb.audit.services import record
from refurb.core.identity import display
from refurb.core.need_life import FOLLOW_UP_DAYS, NeedRefused, State, follow_up_due
from refurb.core.needs import FollowUp
from refurb.documents.services import address
from refurb.needs.models import Need
from refurb.organisations.models import Organisation
from refurb.security import Actor

#: Those of which a machine is out.
SERVED = (State.HANDED_OVER, State.CLOSED)
#: How many a list shows.
LISTED = 100
#: How many are asked in one night: an import of last year's hand-overs must not flood a service.
MOST_A_NIGHT = 200


def due(today: date) -> tuple[sa.ColumnElement[bool], ...]:
    """Return what makes a need one to be asked about today."""
    return (
        Need.state.in_(SERVED),
        Need.handed_over_on <= today - timedelta(days=FOLLOW_UP_DAYS),
        Need.follow_up_at.is_(None),
    )


def waiting(session: Session, organisation_id: int, today: date) -> Sequence[Need]:
    """Return the needs of a service whose machine nobody has spoken of since three months, the oldest first."""
    return session.scalars(
        sa.select(Need)
        .where(Need.organisation_id == organisation_id, *due(today))
        .order_by(Need.handed_over_on, Need.id)
        .limit(LISTED)
    ).all()


def is_due(need: Need, today: date) -> bool:
    """Whether the service may say now what became of the machine."""
    served = need.state in SERVED and need.handed_over_on is not None
    return served and need.follow_up_at is None and follow_up_due(need.handed_over_on or today, today)


def ask(session: Session, *, by: Actor, at: datetime, today: date) -> int:
    """Mail each service once about each machine handed over three months ago; return how many needs were asked of."""
    late = session.scalars(
        sa.select(Need)
        .where(*due(today), Need.follow_up_asked_at.is_(None))
        .order_by(Need.handed_over_on, Need.id)
        .limit(MOST_A_NIGHT)
        .with_for_update(skip_locked=True)
    ).all()
    for need in late:
        need.follow_up_asked_at = at
        record(session, "need", need.id, "need.follow-up-asked", by=by, at=at)
        if (message := _message(session, need)) is not None:
            outbox.enqueue(session, "mail.send", message)
    return len(late)


def answer(session: Session, need: Need, said: FollowUp, *, by: Actor, at: datetime, today: date) -> None:
    """Keep what the service says of the machine; raises NeedRefused "no-such-move" where it is not asked."""
    if not is_due(need, today):
        raise NeedRefused("no-such-move")
    need.follow_up, need.follow_up_at = said, at
    record(session, "need", need.id, "need.followed-up", by=by, at=at, payload={"answer": said.value})


def _message(session: Session, need: Need) -> dict[str, Any] | None:
    service = session.get_one(Organisation, need.organisation_id)
    if not service.email:
        return None
    with force_locale("fr"):
        code = display(need.code)
        return {
            "to": service.email,
            "subject": _("Dossier %(code)s : l'ordinateur sert-il ?", code=code),
            "template": "need_follow_up",
            "language": "fr",
            "context": {"code": code, "link": address(f"/needs/{need.code}/follow-up")},
        }
