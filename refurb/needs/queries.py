"""Needs as the pages ask for them; each query narrows to what the actor may see (access matrix, domain.md C)."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from refurb.core import needs as core
from refurb.core.need_life import ALIVE, OPEN, State
from refurb.core.permissions import Permission
from refurb.needs.models import Need
from refurb.organisations.models import Place
from refurb.security import Actor, ActorKind


def visible(actor: Actor) -> sa.ColumnElement[bool]:
    """Return the condition under which `actor` may open a need: a service its own, the coordination what was sent.

    Drafts are the service's alone. A workshop opens none: it sees the profile through its reservations.
    """
    if actor.kind is ActorKind.SYSTEM:
        return sa.true()
    seen: list[sa.ColumnElement[bool]] = []
    if actor.can(Permission.NEED_READ_CASE) and actor.organisation_id is not None:
        seen.append(Need.organisation_id == actor.organisation_id)
    if actor.can(Permission.NEED_ARBITRATE):
        seen.append(Need.state != State.DRAFT)
    return sa.or_(sa.false(), *seen)


def by_code(session: Session, code: str, *, seen_by: Actor, lock: bool = False) -> Need | None:
    """Return the need that a code names, with its service and its hand-over place, if the actor may open it."""
    query = (
        sa.select(Need)
        .where(Need.code == code, visible(seen_by))
        .options(selectinload(Need.organisation), selectinload(Need.handover_place).selectinload(Place.organisation))
    )
    return session.scalar(query.with_for_update() if lock else query)


def is_own(need: Need, actor: Actor) -> bool:
    """Whether the actor acts for the service that the need belongs to."""
    return actor.can(Permission.NEED_READ_CASE) and need.organisation_id == actor.organisation_id


def mine(actor: Actor, *, states: Collection[State] = (), waiting_for_me: bool = False) -> sa.Select[Need]:
    """Return the needs of the actor's organisation, what waits for its answer first."""
    query = sa.select(Need).where(Need.organisation_id == actor.organisation_id)
    if states:
        query = query.where(Need.state.in_(states))
    if waiting_for_me:
        query = query.where(Need.state.in_(WAITING_FOR_SERVICE))
    order = sa.case({state.value: rank for rank, state in enumerate(_ORDER)}, value=Need.state, else_=len(_ORDER))
    return query.options(selectinload(Need.handover_place)).order_by(order, Need.changed_at.desc(), Need.id.desc())


#: What a service is asked to do something about.
WAITING_FOR_SERVICE = (State.PROPOSED, State.TO_COMPLETE, State.EXPIRED, State.DRAFT, State.SUSPENDED)
_ORDER = (
    State.PROPOSED,
    State.TO_COMPLETE,
    State.EXPIRED,
    State.SUSPENDED,
    State.DRAFT,
    State.ACCEPTED,
    State.SUBMITTED,
    State.VALIDATED,
    State.WAITING,
    State.HANDED_OVER,
)


def board(
    actor: Actor,
    *,
    states: Collection[State] = (),
    epci: str | None = None,
    profile: core.Profile | None = None,
) -> sa.Select[Need]:
    """Return the needs that the coordination sees, by points and then the earliest validated first."""
    query = sa.select(Need).where(visible(actor), Need.state != State.DRAFT)
    query = query.where(Need.state.in_(states or (ALIVE - {State.DRAFT})))
    if epci:
        query = query.where(Need.epci_code == epci)
    if profile is not None:
        query = query.where(Need.profile == profile)
    return query.options(selectinload(Need.organisation), selectinload(Need.handover_place)).order_by(
        Need.points.desc(), sa.func.coalesce(Need.validated_on, date.max), Need.id
    )


def counts_by_state(session: Session, actor: Actor) -> dict[State, int]:
    """Return how many needs of the actor's organisation, or of all for the coordination, stand in each state."""
    rows = session.execute(sa.select(Need.state, sa.func.count()).where(visible(actor)).group_by(Need.state))
    return {row[0]: row[1] for row in rows}


def linked(session: Session, need: Need) -> Sequence[Need]:
    """Return the other needs of the same household or of the same demand of a structure, in their order."""
    if need.household_key is None:
        return []
    return session.scalars(
        sa.select(Need)
        .where(Need.household_key == need.household_key, Need.id != need.id)
        .order_by(Need.rank_in_household, Need.id)
    ).all()


def open_for_matching(session: Session, today: date) -> Sequence[Need]:
    """Return the needs that a machine may be set aside for: validated, fresh, with a hand-over place."""
    return session.scalars(
        sa.select(Need)
        .where(
            Need.state.in_(OPEN),
            Need.confirmed_on >= core.oldest_fresh(today),
            Need.handover_place_id.is_not(None),
            Need.commune_code.is_not(None),
        )
        .order_by(Need.validated_on, Need.id)
    ).all()


def last_eligibility(session: Session, organisation_id: int) -> str | None:
    """Return the eligibility criterion that the service attested last, to propose it again."""
    answers: dict[str, Any] | None = session.scalar(
        sa.select(Need.answers)
        .where(Need.organisation_id == organisation_id, Need.submitted_at.is_not(None))
        .order_by(Need.submitted_at.desc())
        .limit(1)
    )
    return answers.get("eligibility") if answers else None
