"""The pages of needs: my list, the coordination's list by code, and one case with what is done to it."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext
from sqlalchemy.orm import Session

from refurb.accounts import queries as accounts
from refurb.audit import queries as audit
from refurb.audit.access import record_access
from refurb.core import needs as core
from refurb.core import points
from refurb.core.equipment import Recipient
from refurb.core.identity import CodeKind, read
from refurb.core.need_life import (
    ALIVE,
    AMENDABLE,
    MOTIVES,
    OPEN,
    STANDSTILL,
    Act,
    NeedRefused,
    State,
    acts,
    rank_kept_until,
)
from refurb.core.permissions import OrganisationRole, Permission
from refurb.db import get_session
from refurb.handover import queries as handovers
from refurb.matching import papers as match_papers
from refurb.matching import queries as matching
from refurb.matching import services as reservations
from refurb.matching import words as match_words
from refurb.needs import bundles, digest, estimates, followup, papers, queries, services, substitutes, words
from refurb.needs.models import Need
from refurb.organisations import queries as organisations
from refurb.security import actor, requires
from refurb.territory import queries as territory
from refurb.web import now, page_number, paginate, today, zone

bp = Blueprint("needs", __name__, url_prefix="/needs")

#: What the service does on its own need, and what the coordination does; matching and hand-over do the rest.
OWN_ACTS = (Act.RECONFIRM, Act.RESUME, Act.SUSPEND, Act.CANCEL, Act.CLOSE, Act.REOPEN)
#: Of the motives to take a case up again, the one that a service gives; the others come with a return.
OWN_REOPENING = ("served-in-part",)
ARBITRATION = (Act.VALIDATE, Act.RETURN, Act.REFUSE, Act.MARK_DUPLICATE, Act.NOT_DUPLICATE)


# -- Lists -------------------------------------------------------------------------------------------------------------
@bp.get("/")
@requires(Permission.NEED_ARBITRATE)
def index() -> ResponseReturnValue:
    """The coordination's list: by code and points, nothing social."""
    session = get_session()
    states = [State(value) for value in request.args.getlist("state") if value in set(State)]
    profile = request.args.get("profile")
    dated = request.args.get("show") == "dated"
    page = queries.board(
        session,
        actor(),
        page=page_number(),
        states=states,
        epci=request.args.get("epci") or None,
        profile=core.Profile(profile) if profile in set(core.Profile) else None,
        dated=dated,
    )
    return render_template(
        "needs/index.html",
        page=page,
        state_options=[(state.value, words.STATES[state]) for state in State if state is not State.DRAFT],
        epci_options=[(epci.code, epci.name) for epci in territory.all_epci(session)],
        profile_options=[(each.value, words.PROFILES[each]) for each in core.Profile],
        open_states=OPEN,
        dated=dated,
        load=core.load,
        epci_name=lambda code: territory.epci_name(session, code),
        words=words,
    )


@bp.get("/mine")
@requires(Permission.NEED_READ_CASE)
def mine() -> ResponseReturnValue:
    """The needs of my service, what waits for me first."""
    session = get_session()
    asked = request.args.get("state")
    show = "state" if asked in set(State) else request.args.get("show", "alive")
    states: dict[str, frozenset[State]] = {
        "alive": ALIVE | {State.HANDED_OVER},
        "closed": frozenset(State) - ALIVE - {State.HANDED_OVER},
    }
    if asked in set(State):
        states["state"] = frozenset({State(asked)})
    query = queries.mine(actor(), states=states.get(show, ()), waiting_for_me=show == "waiting")
    counts = queries.counts_by_state(session, actor())
    return render_template(
        "needs/mine.html",
        page=paginate(session, query, page_number()),
        show=show,
        waiting=queries.waiting_for_me(session, actor()),
        alive=sum(count for state, count in counts.items() if state in states["alive"]),
        closed=sum(count for state, count in counts.items() if state in states["closed"]),
        commune_name=lambda code: territory.commune_name(session, code),
        words=words,
        may_ask_for_structure=may_be(Recipient.STRUCTURE),
        may_ask_for_household=may_be(Recipient.HOUSEHOLD),
        to_confirm=len(queries.to_confirm(session, actor(), today())),
        follow_ups=followup.waiting(session, actor().organisation_id or 0, today()),
        digest_on=digest.is_on(session, actor().id),
    )


def may_be(recipient: Recipient) -> bool:
    """Whether the organisation acted for may ask for a household, or for itself."""
    roles = actor().organisation_roles
    if recipient is Recipient.STRUCTURE:
        return OrganisationRole.STRUCTURE in roles
    return OrganisationRole.PRESCRIBER in roles or OrganisationRole.STRUCTURE not in roles


# -- One need ----------------------------------------------------------------------------------------------------------
@bp.get("/<code>")
@requires(Permission.NEED_READ_CASE, Permission.NEED_ARBITRATE)
def show(code: str) -> ResponseReturnValue:
    """One case: where it stands, what to do, its history. Opening it is an event."""
    session = get_session()
    need = queries.by_code(session, canonical(code), seen_by=actor()) or abort(404)
    mine = queries.is_own(need, actor())
    record_access("need", need.id, "need.read", by=actor(), at=now())
    allowed = [act for act in acts(need.state) if act in (OWN_ACTS if mine else ()) or act in _arbitration()]
    answers = core.load(need.answers)
    since = need.state_since.astimezone(zone()).date()
    reservation = matching.open_for_need(session, need.id)
    return render_template(
        "needs/show.html",
        need=need,
        own=mine,
        referent=accounts.names(session, {need.referent_id}).get(need.referent_id)
        if mine and need.referent_id is not None
        else None,
        answers=answers,
        doubts=core.doubtful(answers),
        terms=points.load(need.points_terms),
        term_value=term_value,
        estimate=estimates.of(session, need, today()) if need.state in OPEN else None,
        rank_kept_until=rank_kept_until(since) if need.state in STANDSTILL else None,
        together=len(bundles.members(session, need)) if need.bundle else 0,
        possible=substitutes.possible(answers) if need.state in OPEN else [],
        asked=[core.Substitute(code) for code in need.substitutes_asked],
        follow_up=followup.is_due(need, today()),
        twins=queries.possible_twins(session, need) if _arbitration() else [],
        reservation=reservation,
        appointment=handovers.open_appointment(session, reservation.id) if reservation is not None else None,
        now=now(),
        linked=[each for each in queries.linked(session, need) if mine or each.state is not State.DRAFT],
        history=_history(session, need),
        acts=allowed,
        motives={**MOTIVES, Act.REOPEN: OWN_REOPENING},
        open_states=OPEN,
        past=matching.history_of_need(session, need.id),
        match_words=match_words,
        papers=match_papers,
        amendable=mine and need.state in AMENDABLE,
        place=papers.place_line(session, need.handover_place),
        commune=territory.commune_name(session, need.commune_code),
        epci=territory.epci_name(session, need.epci_code),
        fresh_until=core.fresh_until(need.confirmed_on) if need.confirmed_on else None,
        words=words,
        Act=Act,
        State=State,
    )


@bp.post("/<code>/act")
@requires(Permission.NEED_READ_CASE, Permission.NEED_ARBITRATE)
def act(code: str) -> ResponseReturnValue:
    """Withdraw, suspend, confirm; validate, return, refuse."""
    session = get_session()
    need = queries.by_code(session, canonical(code), seen_by=actor()) or abort(404)
    reservations.hold(session, need)
    wanted = request.form.get("act", "")
    permitted = {*(OWN_ACTS if queries.is_own(need, actor()) else ()), *_arbitration()}
    motive = request.form.get("motive") or None
    if wanted not in permitted or (wanted == Act.REOPEN and motive not in (None, *OWN_REOPENING)):
        abort(403)
    try:
        bundles.change_state(
            session,
            need,
            Act(wanted),
            by=actor(),
            at=now(),
            today=today(),
            motive=motive,
            reserved=matching.open_for_need(session, need.id) is not None,
        )
    except NeedRefused as refusal:
        session.rollback()
        flash(words.REFUSALS[refusal.code], "refused")
        if refusal.code in ("motive-missing", "unknown-motive"):
            # The question stays open where it was asked.
            return redirect(url_for(".show", code=code, ask=wanted, _anchor=f"{wanted}-motive"), 303)
    else:
        session.commit()
        flash(words.ACTS[Act(wanted)], "done")
    return redirect(url_for(".show", code=code), 303)


@bp.post("/<code>/another")
@requires(Permission.NEED_CREATE)
def another(code: str) -> ResponseReturnValue:
    """Open a draft for another machine of the same household."""
    session = get_session()
    need = own(session, code, lock=True)
    made = services.another_for_household(session, need, by=actor(), at=now())
    session.commit()
    return redirect(url_for(".edit", code=made.code), 303)


def term_value(term: points.Term) -> str:
    """Return what gave a term its points, in words; an empty text where the number says it all."""
    value = term.value
    if value is None or term.code in (points.Code.BASE, points.Code.SMALL_COMMUNE):
        return ""
    if term.code is points.Code.WAITING:
        return str(ngettext("%(num)s semaine", "%(num)s semaines", int(value)))
    if term.code is points.Code.HOUSEHOLD:
        return str(ngettext("%(num)s élève", "%(num)s élèves", int(value))) if value else ""
    return str(words.VALUES.get(term.code, {}).get(value, ""))


def own(session: Session, code: str, *, lock: bool = False) -> Need:
    """Return a need of the actor's own service, or answer 404."""
    need = queries.by_code(session, canonical(code), seen_by=actor(), lock=lock)
    if need is None or not queries.is_own(need, actor()):
        abort(404)
    return need


def canonical(code: str) -> str:
    """Return the case number that an address means, whatever its spaces; 404 for anything else."""
    found = read(code).code
    if found is None or found[0] != CodeKind.NEED:
        abort(404)
    return found


def _arbitration() -> tuple[Act, ...]:
    return ARBITRATION if actor().can(Permission.NEED_ARBITRATE) else ()


def _history(session: Session, need: Need) -> list[dict[str, Any]]:
    """Return what happened, newest first; colleagues are named, others by their organisation."""
    events = [event for event in audit.of_subject(session, "need", need.id) if event.kind != "need.read"]
    mates = {event.account_id for event in events if event.organisation_id == actor().organisation_id}
    names = accounts.names(session, {key for key in mates if key is not None})
    others = organisations.names(session, {e.organisation_id for e in events if e.organisation_id is not None})
    rows = []
    for event in events:
        payload = event.payload or {}
        done = payload.get("act")
        motive = payload.get("motive")
        rows.append(
            {
                "title": words.ACTS[Act(done)] if done in set(Act) else words.EVENTS.get(event.kind, event.kind),
                "detail": words.MOTIVES.get(motive) if motive else None,
                "at": event.at,
                "by": names.get(event.account_id or 0) or others.get(event.organisation_id or 0) or "Refurb",
            }
        )
    return rows


from refurb.needs import form_views, life_views, slip_views  # noqa: E402, F401 - they add their routes to `bp`
