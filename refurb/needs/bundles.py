"""What is done to machines that are wanted together: one deed for all of them."""

from collections.abc import Sequence
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.core.need_life import ALIVE, Act, NeedRefused
from refurb.core.needs import Answers
from refurb.needs import services
from refurb.needs.models import Need
from refurb.security import Actor

#: What is done to one of a bundle is done to all: fewer than the least would be of no use.
TOGETHER = frozenset(
    {Act.VALIDATE, Act.RETURN, Act.REFUSE, Act.SUSPEND, Act.RESUME, Act.RECONFIRM, Act.CANCEL, Act.MARK_DUPLICATE}
)


def members(session: Session, need: Need, *, lock: bool = False) -> Sequence[Need]:
    """Return the living needs of the same bundle, this one included; only itself where it is in none."""
    if need.bundle is None:
        return [need]
    query = sa.select(Need).where(Need.bundle == need.bundle, Need.state.in_(ALIVE)).order_by(Need.id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return session.scalars(query).all() or [need]


def change_state(
    session: Session,
    need: Need,
    act: Act,
    *,
    by: Actor,
    at: datetime,
    today: date,
    motive: str | None = None,
    reserved: bool = False,
) -> list[Need]:
    """Apply `act` to the need, and to the others of its bundle where they can take it; returns those it changed.

    Raises NeedRefused as services.change_state does for the need itself, and then changes nothing.
    """
    services.change_state(session, need, act, by=by, at=at, today=today, motive=motive, reserved=reserved)
    changed = [need]
    if need.bundle is None or act not in TOGETHER:
        return changed
    for other in members(session, need, lock=True):
        if other.id == need.id:
            continue
        try:
            services.change_state(session, other, act, by=by, at=at, today=today, motive=motive)
        except NeedRefused:
            # One that was proposed or withdrawn meanwhile goes its own way.
            continue
        changed.append(other)
    return changed


def amend(session: Session, need: Need, answers: Answers, *, by: Actor, at: datetime, today: date) -> list[Need]:
    """Change what is asked, for the whole bundle; raises NeedRefused and then changes nothing."""
    services.amend(session, need, answers, by=by, at=at, today=today)
    changed = [need]
    for other in members(session, need, lock=True):
        if other.id == need.id:
            continue
        try:
            services.amend(session, other, answers, by=by, at=at, today=today)
        except NeedRefused:
            continue
        changed.append(other)
    return changed
