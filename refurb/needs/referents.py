"""Who of the service follows a need. It belongs to the service: any colleague may act, and a leaver's pass on."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.audit.services import Author, record
from refurb.core.need_life import ALIVE, State
from refurb.needs.models import Need

#: Those that somebody should still look after: the service asks three months later whether the machine is used.
FOLLOWED = ALIVE | {State.HANDED_OVER}


def count(session: Session, organisation_id: int, account_id: int) -> int:
    """Return how many needs of the service somebody follows."""
    return session.scalar(sa.select(sa.func.count()).where(*_of(organisation_id, account_id))) or 0


def pass_on(session: Session, organisation_id: int, from_id: int, to_id: int, *, by: Author, at: datetime) -> int:
    """Pass all that one person follows here to a colleague; return how many needs."""
    needs = session.scalars(
        sa.select(Need).where(*_of(organisation_id, from_id)).order_by(Need.id).with_for_update()
    ).all()
    for need in needs:
        follow(session, need, to_id, by=by, at=at)
    return len(needs)


def follow(session: Session, need: Need, to_id: int, *, by: Author, at: datetime) -> None:
    """Let another colleague follow the need; nothing where it is theirs already."""
    if need.referent_id != to_id:
        need.referent_id = to_id
        record(session, "need", need.id, "need.transferred", by=by, at=at, payload={"to_id": to_id})


def _of(organisation_id: int, account_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        Need.organisation_id == organisation_id,
        Need.referent_id == account_id,
        Need.state.in_(FOLLOWED),
    )
