"""Needs as the pages ask for them; each query narrows to what the actor may see (access matrix, domain.md C)."""

import hmac
from collections.abc import Collection, Generator, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from refurb.core import needs as core
from refurb.core.equipment import Recipient
from refurb.core.need_life import ALIVE, OPEN, State
from refurb.core.permissions import Permission
from refurb.needs.models import Need
from refurb.organisations.models import Place
from refurb.security import Actor, ActorKind
from refurb.web import COUNTED, PER_PAGE, Page


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
        query = query.where(sa.or_(Need.state.in_(WAITING_FOR_SERVICE), substitute_asked()))
    order = sa.case({state.value: rank for rank, state in enumerate(_ORDER)}, value=Need.state, else_=len(_ORDER))
    return query.options(selectinload(Need.handover_place)).order_by(order, Need.changed_at.desc(), Need.id.desc())


def substitute_asked() -> sa.ColumnElement[bool]:
    """Return the condition that the coordination asked whether another machine would do, and waits for the answer."""
    return sa.cast(Need.substitutes_asked, sa.Text) != "[]"


def waiting_for_me(session: Session, actor: Actor) -> int:
    """Return how many needs of the actor's organisation wait for its answer, as `mine` lists them."""
    waits = sa.or_(Need.state.in_(WAITING_FOR_SERVICE), substitute_asked())
    query = sa.select(sa.func.count()).select_from(Need).where(Need.organisation_id == actor.organisation_id, waits)
    return session.scalar(query) or 0


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
    session: Session,
    actor: Actor,
    *,
    page: int,
    states: Collection[State] = (),
    epci: str | None = None,
    profile: core.Profile | None = None,
    dated: bool = False,
) -> Page[Need]:
    """Return a page of the needs that the coordination sees, by points and then the earliest validated first.

    The ids are put in order first and the rows of one page loaded after: a whole row is too wide to sort thousands of.
    """
    where = [visible(actor), Need.state != State.DRAFT, Need.state.in_(states or (ALIVE - {State.DRAFT}))]
    if epci:
        where.append(Need.epci_code == epci)
    if profile is not None:
        where.append(Need.profile == profile)
    if dated:
        # What structures want for a date waits for the lending pools: listed by itself, the earliest date first.
        where += [Need.recipient == Recipient.STRUCTURE, Need.answers["term"].as_string() == core.Term.DATE.value]
    first: list[Any] = [Need.answers["wanted_by"].as_string()] if dated else []
    some = sa.select(Need.id).where(*where).limit(COUNTED + 1).subquery()
    total = session.scalar(sa.select(sa.func.count()).select_from(some)) or 0
    ids = session.scalars(
        sa.select(Need.id)
        .where(*where)
        .order_by(*first, Need.points.desc(), sa.func.coalesce(Need.validated_on, date.max), Need.id)
        .limit(PER_PAGE + 1)
        .offset((page - 1) * PER_PAGE)
    ).all()
    beyond = len(ids) > PER_PAGE if total > COUNTED else None
    ids = ids[:PER_PAGE]
    rows = session.scalars(sa.select(Need).where(Need.id.in_(ids)).options(selectinload(Need.organisation)))
    found = {need.id: need for need in rows}
    return Page([found[key] for key in ids], page, min(total, COUNTED), beyond=beyond)


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


def to_confirm(session: Session, actor: Actor, today: date) -> Sequence[Need]:
    """Return the needs of the actor's service to be confirmed, and those that soon will be, the oldest first."""
    soon = today - timedelta(days=core.FRESH_DAYS - CONFIRM_AHEAD)
    return session.scalars(
        sa.select(Need)
        .where(
            Need.organisation_id == actor.organisation_id,
            sa.or_(Need.state == State.EXPIRED, sa.and_(Need.state.in_(OPEN), Need.confirmed_on <= soon)),
        )
        .order_by(Need.confirmed_on, Need.id)
        .limit(CONFIRMED_AT_ONCE)
    ).all()


#: How many days before its end a need is proposed to be confirmed with the others.
CONFIRM_AHEAD = 30
CONFIRMED_AT_ONCE = 200


def by_client_uuid(session: Session, uuid: str, *, seen_by: Actor) -> Need | None:
    """Return the need that a browser numbered so, of the actor's service."""
    return session.scalar(
        sa.select(Need).where(Need.client_uuid == uuid, Need.organisation_id == seen_by.organisation_id)
    )


def by_slip(session: Session, code: str, letters: str) -> Need | None:
    """Return the need that a slip names, with its service; None for wrong letters as for an unknown code."""
    need = session.scalar(
        sa.select(Need).where(Need.code == code, Need.state != State.DRAFT).options(selectinload(Need.organisation))
    )
    typed = "".join(letters.split()).upper()
    # Compared whole whatever is found, so that the time of the answer says nothing.
    known = need.letters if need is not None and need.letters else "-" * 4
    return need if hmac.compare_digest(typed.encode(), known.encode()) else None


def possible_twins(session: Session, need: Need) -> Sequence[Need]:
    """Return the needs that may be of the same person, asked by whoever: the coordination alone is shown them."""
    if need.twin_hash is None:
        return []
    query = sa.select(Need).where(Need.twin_hash == need.twin_hash, Need.id != need.id, Need.state != State.DRAFT)
    if need.household_key is not None:
        query = query.where(sa.or_(Need.household_key.is_(None), Need.household_key != need.household_key))
    return session.scalars(query.options(selectinload(Need.organisation)).order_by(Need.id)).all()


def forget_twins(session: Session) -> None:
    """Drop every hash that told two needs of one person."""
    session.execute(sa.update(Need).where(Need.twin_hash.is_not(None)).values(twin_hash=None))


class Kind(NamedTuple):
    """What a machine must answer to suit a need; the lists as their JSON text, so that the database groups by them."""

    forms: str
    minima: str
    modes: str
    os: str
    recipient: Recipient
    epci_code: str | None


_KIND = (
    sa.cast(Need.forms, sa.Text).label("forms_text"),
    sa.cast(Need.minima, sa.Text).label("minima_text"),
    sa.cast(Need.modes, sa.Text).label("modes_text"),
    Need.os,
    Need.recipient,
    Need.epci_code,
)


def is_open() -> sa.ColumnElement[bool]:
    """Return the condition that a need waits for a machine, in the words of its index: its states, not parameters."""
    states = sa.bindparam("open", sorted(OPEN), Need.state.type, expanding=True, literal_execute=True)
    return Need.state.in_(states)


def _waiting(today: date) -> tuple[sa.ColumnElement[bool], ...]:
    """Return what a need must be for a machine to be set aside: validated, fresh, with a hand-over place."""
    return (
        is_open(),
        Need.confirmed_on >= core.oldest_fresh(today),
        Need.handover_place_id.is_not(None),
        Need.commune_code.is_not(None),
    )


def kinds_for_matching(session: Session, today: date) -> list[tuple[Kind, int]]:
    """Return the open needs as kinds that no machine tells apart, with how many there are of each."""
    rows = session.execute(sa.select(*_KIND, sa.func.count()).where(*_waiting(today)).group_by(*_KIND))
    return [(Kind(*row[:-1]), row[-1]) for row in rows]


def rows_for_matching(session: Session, today: date) -> Generator[Any, None, None]:
    """Yield the columns that matching reads of the open needs, in the order in which they are served."""
    query = (
        sa.select(
            Need.id,
            Need.code,
            Need.forms,
            Need.minima,
            Need.modes,
            Need.commune_code,
            Need.organisation_id,
            Need.points,
            Need.validated_on,
            Need.created_at,
            *_KIND,
        )
        .where(*_waiting(today))
        .order_by(Need.points.desc(), Need.validated_on, Need.code)
        .execution_options(yield_per=100)
    )
    with session.execute(query) as result:
        yield from result


def kind_of(row: Any) -> Kind:
    """Return the kind of one of these rows."""
    return Kind(row.forms_text, row.minima_text, row.modes_text, row.os, row.recipient, row.epci_code)


def last_eligibility(session: Session, organisation_id: int) -> str | None:
    """Return the eligibility criterion that the service attested last, to propose it again."""
    answers: dict[str, Any] | None = session.scalar(
        sa.select(Need.answers)
        .where(Need.organisation_id == organisation_id, Need.submitted_at.is_not(None))
        .order_by(Need.submitted_at.desc())
        .limit(1)
    )
    return answers.get("eligibility") if answers else None
