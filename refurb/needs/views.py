"""The pages of needs: the form, my list, the case, the slip; the coordination's list by code."""

import base64
import io
from datetime import date
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from refurb.accounts import queries as accounts
from refurb.audit import queries as audit
from refurb.audit.access import record_access
from refurb.core import needs as core
from refurb.core.documents import DocumentKind
from refurb.core.equipment import Recipient
from refurb.core.identity import CodeKind, read
from refurb.core.need_life import ALIVE, AMENDABLE, MOTIVES, OPEN, Act, NeedRefused, State, acts
from refurb.core.needs import Answers
from refurb.core.permissions import OrganisationRole, Permission
from refurb.db import get_session
from refurb.documents.rendering import qr_svg
from refurb.documents.services import working_paper
from refurb.matching import papers as match_papers
from refurb.matching import queries as matching
from refurb.matching import services as reservations
from refurb.matching import words as match_words
from refurb.needs import papers, queries, services, words
from refurb.needs.forms import HouseholdForm, NeedForm, StructureForm
from refurb.needs.models import Need
from refurb.organisations import queries as organisations
from refurb.security import actor, requires
from refurb.territory import queries as territory
from refurb.web import now, page_number, paginate, today

bp = Blueprint("needs", __name__, url_prefix="/needs")

SEND, SAVE = "send", "save"

#: What the service does on its own need, and what the coordination does; matching and hand-over do the rest.
OWN_ACTS = (Act.RECONFIRM, Act.RESUME, Act.SUSPEND, Act.CANCEL, Act.CLOSE)
ARBITRATION = (Act.VALIDATE, Act.RETURN, Act.REFUSE, Act.MARK_DUPLICATE, Act.NOT_DUPLICATE)


# -- Lists -------------------------------------------------------------------------------------------------------------
@bp.get("/")
@requires(Permission.NEED_ARBITRATE)
def index() -> ResponseReturnValue:
    """The coordination's list: by code and points, nothing social."""
    session = get_session()
    states = [State(value) for value in request.args.getlist("state") if value in set(State)]
    profile = request.args.get("profile")
    page = queries.board(
        session,
        actor(),
        page=page_number(),
        states=states,
        epci=request.args.get("epci") or None,
        profile=core.Profile(profile) if profile in set(core.Profile) else None,
    )
    return render_template(
        "needs/index.html",
        page=page,
        state_options=[(state.value, words.STATES[state]) for state in State if state is not State.DRAFT],
        epci_options=[(epci.code, epci.name) for epci in territory.all_epci(session)],
        profile_options=[(each.value, words.PROFILES[each]) for each in core.Profile],
        open_states=OPEN,
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
        waiting=sum(counts.get(state, 0) for state in queries.WAITING_FOR_SERVICE),
        alive=sum(count for state, count in counts.items() if state in states["alive"]),
        closed=sum(count for state, count in counts.items() if state in states["closed"]),
        commune_name=lambda code: territory.commune_name(session, code),
        words=words,
        may_ask_for_structure=_may_be(Recipient.STRUCTURE),
        may_ask_for_household=_may_be(Recipient.HOUSEHOLD),
    )


# -- The form ----------------------------------------------------------------------------------------------------------
@bp.route("/new", methods=["GET", "POST"])
@requires(Permission.NEED_CREATE)
def new() -> ResponseReturnValue:
    """Express a need; what is not collected is said first."""
    session = get_session()
    recipient = _recipient(request.args.get("for"))
    if request.method == "GET":
        return _form_page(_form(session, recipient, _prefilled(session, recipient)), None)
    form = _form(session, recipient)
    sent = request.form.get("do") != SAVE
    answers = _answers(session, form)
    if _is_good(form, answers, sent):
        need = services.draft(session, answers, by=actor(), at=now())
        return _send(session, need, answers) if sent else _saved(session, need)
    return _form_page(form, None), 422


@bp.route("/<code>/edit", methods=["GET", "POST"])
@requires(Permission.NEED_CREATE)
def edit(code: str) -> ResponseReturnValue:
    """Go on with a draft, or amend what was sent."""
    session = get_session()
    need = _own(session, code, lock=request.method == "POST")
    if need.state not in AMENDABLE:
        flash(_("Cette demande ne se modifie plus : une machine lui est destinée, ou elle est close."), "waits")
        return redirect(url_for(".show", code=code), 303)
    if request.method == "GET":
        return _form_page(_form(session, need.recipient, core.load(need.answers)), need)
    form = _form(session, need.recipient)
    drafting = need.state in (State.DRAFT, State.TO_COMPLETE)
    sent = not drafting or request.form.get("do") != SAVE
    answers = _answers(session, form)
    if _is_good(form, answers, sent):
        if not sent:
            services.save_draft(session, need, answers, at=now())
            return _saved(session, need)
        if need.state is State.DRAFT:
            return _send(session, need, answers)
        services.amend(session, need, answers, by=actor(), at=now(), today=today())
        session.commit()
        flash(_("La demande est modifiée ; elle garde son rang."), "done")
        return redirect(url_for(".show", code=need.code), 303)
    return _form_page(form, need), 422


@bp.get("/communes")
@requires(Permission.NEED_CREATE)
def communes() -> ResponseReturnValue:
    """The communes that a text may mean, for the page that asks while one types."""
    session = get_session()
    text = request.args.get("commune", "")[:100]
    found = territory.search(session, text)
    sure = territory.resolve(session, text)
    return render_template("needs/_communes.html", candidates=found, sure=sure.code if sure else None, text=text)


def _send(session: Session, need: Need, answers: Answers) -> ResponseReturnValue:
    needs = services.submit(session, need, answers, by=actor(), at=now(), today=today())
    session.commit()
    if len(needs) > 1:
        flash(_("%(count)s demandes liées sont envoyées, une par machine.", count=len(needs)), "done")
    elif need.state is State.VALIDATED:
        flash(_("La demande est envoyée et validée. Donnez la fiche à la personne."), "done")
    else:
        flash(_("La demande est envoyée ; la coordination la regarde avant de la valider."), "done")
    return redirect(url_for(".show", code=need.code), 303)


def _saved(session: Session, need: Need) -> ResponseReturnValue:
    session.commit()
    flash(_("Le brouillon est gardé. Vous le retrouvez dans vos demandes."), "done")
    return redirect(url_for(".show", code=need.code), 303)


def _may_be(recipient: Recipient) -> bool:
    roles = actor().organisation_roles
    if recipient is Recipient.STRUCTURE:
        return OrganisationRole.STRUCTURE in roles
    return OrganisationRole.PRESCRIBER in roles or OrganisationRole.STRUCTURE not in roles


def _recipient(asked: str | None) -> Recipient:
    """Return whom the need is for: what was asked when the organisation may, else what it is."""
    wanted = Recipient.STRUCTURE if asked == Recipient.STRUCTURE else Recipient.HOUSEHOLD
    return wanted if _may_be(wanted) else next(each for each in Recipient if _may_be(each))


def _prefilled(session: Session, recipient: Recipient) -> Answers:
    """Return what can be guessed for a new need: the service's commune, its place, what it attested last, today."""
    who = actor()
    places = organisations.handover_places(session, epci=who.epci_code)
    nearest = next((p for p in places if p.commune_code == who.commune_code), places[0] if len(places) == 1 else None)
    guessed = Answers(recipient=recipient, commune=who.commune_code, handover_place=nearest.id if nearest else None)
    if recipient is Recipient.STRUCTURE or who.organisation_id is None:
        return guessed
    eligibility = queries.last_eligibility(session, who.organisation_id)
    known = {**core.dump(guessed), "informed_on": today().isoformat(), "eligibility": eligibility}
    return core.load({key: value for key, value in known.items() if value is not None})


def _form(session: Session, recipient: Recipient, answers: Answers | None = None) -> NeedForm:
    form = StructureForm() if recipient is Recipient.STRUCTURE else HouseholdForm()
    if answers is not None:
        form.take_answers(answers, territory.commune_name(session, answers.commune))
    places = sorted(
        organisations.handover_places(session), key=lambda place: (place.epci_code != actor().epci_code, place.name)
    )
    form.take_places(
        [(place.id, f"{place.name}, {territory.commune_name(session, place.commune_code)}") for place in places]
    )
    return form


def _answers(session: Session, form: NeedForm) -> Answers:
    text = form.commune.data or ""
    sure = territory.resolve(session, text)
    found = territory.search(session, text)
    return form.answers(form.commune_found(found, sure.code if sure else None))


def _is_good(form: NeedForm, answers: Answers, sent: bool) -> bool:
    """Whether what was typed may be sent, or kept as a draft; every error is told at once."""
    typed_well = form.validate()
    return (form.complete(answers, today()) if sent else form.without_persons()) and typed_well


def _form_page(form: NeedForm, need: Need | None) -> str:
    structure = form.recipient is Recipient.STRUCTURE
    return render_template("needs/form.html", form=form, need=need, structure=structure, State=State)


# -- One need ----------------------------------------------------------------------------------------------------------
@bp.get("/<code>")
@requires(Permission.NEED_READ_CASE, Permission.NEED_ARBITRATE)
def show(code: str) -> ResponseReturnValue:
    """One case: where it stands, what to do, its history. Opening it is an event."""
    session = get_session()
    need = queries.by_code(session, _canonical(code), seen_by=actor()) or abort(404)
    own = queries.is_own(need, actor())
    record_access("need", need.id, "need.read", by=actor(), at=now())
    allowed = [act for act in acts(need.state) if act in (OWN_ACTS if own else ()) or act in _arbitration()]
    return render_template(
        "needs/show.html",
        need=need,
        own=own,
        answers=core.load(need.answers),
        doubts=core.doubtful(core.load(need.answers)),
        reservation=matching.open_for_need(session, need.id),
        linked=[each for each in queries.linked(session, need) if own or each.state is not State.DRAFT],
        history=_history(session, need),
        acts=allowed,
        motives=MOTIVES,
        open_states=OPEN,
        past=matching.history_of_need(session, need.id),
        match_words=match_words,
        papers=match_papers,
        amendable=own and need.state in AMENDABLE,
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
    need = queries.by_code(session, _canonical(code), seen_by=actor()) or abort(404)
    reservations.hold(session, need)
    wanted = request.form.get("act", "")
    permitted = {*(OWN_ACTS if queries.is_own(need, actor()) else ()), *_arbitration()}
    if wanted not in permitted:
        abort(403)
    try:
        services.change_state(
            session,
            need,
            Act(wanted),
            by=actor(),
            at=now(),
            today=today(),
            motive=request.form.get("motive") or None,
            reserved=matching.open_for_need(session, need.id) is not None,
        )
    except NeedRefused as refusal:
        session.rollback()
        flash(words.REFUSALS[refusal.code], "refused")
    else:
        session.commit()
        flash(words.ACTS[Act(wanted)], "done")
    return redirect(url_for(".show", code=code), 303)


@bp.post("/<code>/another")
@requires(Permission.NEED_CREATE)
def another(code: str) -> ResponseReturnValue:
    """Open a draft for another machine of the same household."""
    session = get_session()
    need = _own(session, code, lock=True)
    made = services.another_for_household(session, need, by=actor(), at=now())
    session.commit()
    return redirect(url_for(".edit", code=made.code), 303)


@bp.get("/<code>/slip")
@requires(Permission.NEED_READ_CASE)
def slip(code: str) -> ResponseReturnValue:
    """The household's slip as a page to print."""
    session = get_session()
    need = _own(session, code)
    data = papers.slip(session, need, language=_language(), today=today())
    drawing = base64.b64encode(qr_svg(need.code).encode()).decode()
    return render_template(
        "needs/slip.html",
        need=need,
        slip=data,
        asked_on=date.fromisoformat(data.asked_on),
        fresh_until=date.fromisoformat(data.fresh_until) if data.fresh_until else None,
        qr=f"data:image/svg+xml;base64,{drawing}",
    )


@bp.get("/<code>/slip.pdf")
@requires(Permission.NEED_READ_CASE)
def slip_pdf(code: str) -> ResponseReturnValue:
    """The same slip as a PDF; printing it is an event."""
    session = get_session()
    need = _own(session, code)
    language = request.args.get("lang") if request.args.get("lang") in ("fr", "en") else _language()
    data = papers.slip(session, need, language=str(language), today=today())
    pdf = working_paper(
        session,
        DocumentKind.NEED_SLIP,
        issuer_id=need.organisation_id,
        data=data,
        language=str(language),
        on=today(),
    )
    record_access("need", need.id, "need.slip-printed", by=actor(), at=now())
    return send_file(io.BytesIO(pdf), mimetype="application/pdf", download_name=f"{need.code}.pdf", max_age=0)


def _own(session: Session, code: str, *, lock: bool = False) -> Need:
    """Return a need of the actor's own service, or answer 404."""
    need = queries.by_code(session, _canonical(code), seen_by=actor(), lock=lock)
    if need is None or not queries.is_own(need, actor()):
        abort(404)
    return need


def _canonical(code: str) -> str:
    """Return the case number that an address means, whatever its spaces; 404 for anything else."""
    found = read(code).code
    if found is None or found[0] != CodeKind.NEED:
        abort(404)
    return found


def _arbitration() -> tuple[Act, ...]:
    return ARBITRATION if actor().can(Permission.NEED_ARBITRATE) else ()


def _language() -> str:
    return str(get_locale() or "fr")[:2]


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
