"""What is done to a need: drafted, sent, amended, moved on. Each deed is an event; none of them names a person."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.audit.services import record
from refurb.core import machine_asked
from refurb.core import needs as core
from refurb.core.identity import CodeKind
from refurb.core.need_life import (
    ALIVE,
    AMENDABLE,
    MOTIVES,
    OPEN,
    Act,
    Facts,
    Life,
    NeedRefused,
    State,
    live,
    next_state,
)
from refurb.core.needs import Answers
from refurb.needs import scoring
from refurb.needs.models import Need
from refurb.organisations import queries as organisations
from refurb.organisations.codes import random_code
from refurb.organisations.models import Trust
from refurb.security import Actor
from refurb.territory import queries as territory
from refurb.web import zone

#: The event that each act writes; the others change the state and say so.
_EVENTS = {
    Act.SUBMIT: "need.submitted",
    Act.VALIDATE: "need.validated",
    Act.RETURN: "need.returned",
    Act.AMEND: "need.amended",
    Act.CANCEL: "need.withdrawn",
    Act.REFUSE: "need.refused",
    Act.SUSPEND: "need.suspended",
    Act.RECONFIRM: "need.refreshed",
}

#: What is printed on slips: no letter that reads as another or as a digit, and no vowel, so that no word comes out.
LETTERS = "BCDFGHJKLMNPQRSTVWXZ"

#: What later areas do when a need changes state: (session, need, act, before, by, at). `hooks.register` fills it.
Changed = Callable[[Session, Need, Act, State, Actor, datetime], None]
#: Keyed by area, so that two applications in one process do not register twice.
AFTER_CHANGE: dict[str, Changed] = {}


def draft(
    session: Session,
    answers: Answers,
    *,
    by: Actor,
    at: datetime,
    household_key: str | None = None,
    rank: int = 1,
    client_uuid: str | None = None,
) -> Need:
    """Open a draft for the actor's organisation; the code is drawn at random and says nothing of its neighbours.

    `client_uuid` is what the browser numbered it with: the caller has looked whether it is known already.
    """
    assert by.organisation_id is not None
    need = Need(
        code=_new_code(session),
        recipient=answers.recipient,
        organisation_id=by.organisation_id,
        created_by_id=by.id,
        referent_id=by.id,
        state=State.DRAFT,
        state_since=at,
        answers={},
        household_key=household_key,
        rank_in_household=rank,
        client_uuid=client_uuid,
        letters="".join(secrets.choice(LETTERS) for _ in range(4)),
        created_at=at,
        changed_at=at,
    )
    _fill(session, need, answers, at)
    session.add(need)
    session.flush()
    record(session, "need", need.id, "need.drafted", by=by, at=at, after=State.DRAFT)
    return need


def save_draft(session: Session, need: Need, answers: Answers, *, at: datetime) -> None:
    """Keep what was typed so far; raises NeedRefused "no-such-move" once the need was sent."""
    if need.state not in (State.DRAFT, State.TO_COMPLETE):
        raise NeedRefused("no-such-move")
    _fill(session, need, answers, at)


def submit(
    session: Session,
    need: Need,
    answers: Answers,
    *,
    by: Actor,
    at: datetime,
    today: date,
    twin_hash: str | None = None,
) -> list[Need]:
    """Send a need; a structure that wants several gets as many linked needs, those it cannot do without in one bundle.

    Returns all of them. Raises NeedRefused: "incomplete", "wrong" when an answer contradicts another.
    """
    if core.wrong(answers, today):
        raise NeedRefused("wrong")
    parts = machine_asked.split(answers)
    several = parts.together + parts.alone > 1
    _fill(session, need, replace(answers, quantity=1, least=None) if several else answers, at)
    need.twin_hash = twin_hash
    if several and need.household_key is None:
        need.household_key = _new_key()
    twins = [
        draft(session, core.load(need.answers), by=by, at=at, household_key=need.household_key, rank=rank)
        for rank in range(2, parts.together + parts.alone + 1)
    ]
    bundle = _new_key() if parts.together else None
    for number, each in enumerate((need, *twins)):
        if bundle is not None and number < parts.together:
            each.bundle, each.bundle_same = bundle, parts.same
        if each.submitted_at is None:
            each.submitted_at = at
        each.confirmed_on = today
        change_state(session, each, Act.SUBMIT, by=by, at=at, today=today)
    return [need, *twins]


def amend(session: Session, need: Need, answers: Answers, *, by: Actor, at: datetime, today: date) -> None:
    """Change what is asked; the need is checked anew, keeps its rank, and counts as confirmed today."""
    if need.state not in AMENDABLE:
        raise NeedRefused("no-such-move")
    if core.wrong(answers, today):
        raise NeedRefused("wrong")
    before = dict(need.answers)
    kept = core.load(before)
    if need.state is not State.DRAFT:
        # How many and for how long was settled when it was sent: each machine is a need of its own since.
        answers = replace(answers, quantity=kept.quantity, least=kept.least, term=kept.term)
    _fill(session, need, answers, at)
    need.confirmed_on = today
    changed = sorted(key for key in before.keys() | need.answers.keys() if before.get(key) != need.answers.get(key))
    act = Act.SUBMIT if need.state in (State.DRAFT, State.TO_COMPLETE) else Act.AMEND
    change_state(session, need, act, by=by, at=at, today=today, payload={"fields": changed})


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
    payload: dict[str, Any] | None = None,
) -> None:
    """Apply `act` and record it; raises NeedRefused and then changes nothing.

    `motive` is one of MOTIVES[act] ("unknown-motive" otherwise); `reserved` tells that a reservation is open.
    """
    before, facts = need.state, _facts(session, need, today, motive, reserved)
    _check_motive(act, motive)
    life = live(_life(need), act, facts, today, motive)
    after = life.state
    content: dict[str, Any] = {"act": act.value, **(payload or {})}
    if need.validated_on is not None and life.validated_on != need.validated_on:
        content["rank"] = "anew"
    need.validated_on, need.confirmed_on, need.handed_over_on = (
        life.validated_on,
        life.confirmed_on,
        life.handed_over_on,
    )
    need.warranty_return, need.rank_in_household = life.warranty, life.rank
    need.changed_at = at
    if after is not before:
        need.state, need.state_since = after, at
    if act is Act.REOPEN:
        need.follow_up = need.follow_up_at = need.follow_up_asked_at = None
    elif act in (Act.CANCEL, Act.REFUSE):
        need.twin_hash = None
    if after not in ALIVE:
        need.substitutes_asked = []
    if after in ALIVE - {State.DRAFT}:
        scoring.rescore(session, need, today)
    need.closed_at = at if after in (State.CLOSED, State.REFUSED, State.CANCELLED, State.DUPLICATE) else None
    if act in MOTIVES or motive is not None:
        content |= {"motive": motive, "reason": motive}
    kind = _EVENTS.get(act, "need.state-changed")
    record(session, "need", need.id, kind, by=by, at=at, payload=content, before=before, after=after)
    for hook in AFTER_CHANGE.values():
        hook(session, need, act, before, by, at)


def foresee(
    session: Session, need: Need, act: Act, *, today: date, motive: str | None = None, reserved: bool = False
) -> State:
    """Return where `act` would lead, and change nothing; raises as `change_state` does."""
    _check_motive(act, motive)
    return next_state(need.state, act, _facts(session, need, today, motive, reserved))


def _check_motive(act: Act, motive: str | None) -> None:
    if motive is not None and motive not in MOTIVES.get(act, ()):
        raise NeedRefused("unknown-motive")


def _facts(session: Session, need: Need, today: date, motive: str | None, reserved: bool) -> Facts:
    organisation = organisations.by_id(session, need.organisation_id)
    answers = core.load(need.answers)
    return Facts(
        missing=bool(core.missing(answers, scoring.asked(session, need.recipient))),
        doubtful=bool(core.doubtful(answers)),
        service_approved=organisation is not None and organisation.trust is Trust.APPROVED,
        fresh=need.confirmed_on is not None and core.is_fresh(need.confirmed_on, today),
        reserved=reserved,
        has_motive=motive is not None,
    )


def _life(need: Need) -> Life:
    return Life(
        state=need.state,
        since=_day(need.state_since),
        validated_on=need.validated_on,
        confirmed_on=need.confirmed_on,
        handed_over_on=need.handed_over_on,
        warranty=need.warranty_return,
        rank=need.rank_in_household,
    )


def another_for_household(session: Session, need: Need, *, by: Actor, at: datetime) -> Need:
    """Open a draft for another machine of the same household: what describes the household is taken over."""
    if need.household_key is None:
        need.household_key = _new_key()
    rank = 1 + (
        session.scalar(sa.select(sa.func.max(Need.rank_in_household)).where(Need.household_key == need.household_key))
        or 1
    )
    same = core.load(need.answers)
    made = draft(
        session,
        replace(same, usages=(), motive=None, wanted_by=None, note="", quantity=1),
        by=by,
        at=at,
        household_key=need.household_key,
        rank=rank,
    )
    for one, other in ((need, made), (made, need)):
        record(session, "need", one.id, "need.linked", by=by, at=at, payload={"need_id": other.id})
    return made


def expire(session: Session, *, by: Actor, at: datetime, today: date) -> int:
    """Ask for every open need that nobody confirmed in 90 days to be confirmed; return how many."""
    stale = session.scalars(
        sa.select(Need)
        .where(Need.state.in_(OPEN), Need.confirmed_on < core.oldest_fresh(today))
        .order_by(Need.id)
        .with_for_update(skip_locked=True)
    ).all()
    for need in stale:
        change_state(session, need, Act.EXPIRE, by=by, at=at, today=today)
    return len(stale)


def _fill(session: Session, need: Need, answers: Answers, at: datetime) -> None:
    """Write the answers and all that follows from them."""
    need.recipient = answers.recipient
    need.answers = core.dump(answers)
    found = territory.commune(session, answers.commune)
    need.commune_code = answers.commune
    need.epci_code = found.epci if found else None
    need.profile = machine_asked.profile(answers.usages)
    need.forms = machine_asked.forms(answers)
    need.minima = machine_asked.minima(answers)
    need.modes = [mode.value for mode in machine_asked.modes(answers)]
    need.os = answers.system.value
    need.handover_place_id = answers.handover_place
    need.changed_at = at


def _new_code(session: Session) -> str:
    """Draw until the code is free: the unique constraint has the last word."""
    while True:
        code = random_code(CodeKind.NEED)
        if session.scalar(sa.select(Need.id).where(Need.code == code)) is None:
            return code


def _day(moment: datetime) -> date:
    return moment.astimezone(zone()).date()


def _new_key() -> str:
    return secrets.token_hex(16)
