"""The form of a need: typed on a phone, kept as a draft, sent once whatever the network does, printed on paper."""

import uuid
from dataclasses import replace
from datetime import timedelta

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from refurb.accounts import throttle
from refurb.core import duplicates
from refurb.core import needs as core
from refurb.core.equipment import Recipient
from refurb.core.machine_asked import split
from refurb.core.natural import natural
from refurb.core.need_life import AMENDABLE, State
from refurb.core.needs import Answers
from refurb.core.permissions import Permission
from refurb.db import get_session
from refurb.needs import bundles, limits, queries, scoring, services, words
from refurb.needs.forms import HouseholdForm, NeedForm, StructureForm
from refurb.needs.models import Need
from refurb.needs.views import bp, may_be, own
from refurb.organisations import queries as organisations
from refurb.security import actor, requires
from refurb.setup import queries as setup
from refurb.territory import queries as territory
from refurb.web import now, today

SEND, SAVE = "send", "save"
#: The setting that tells two needs of one person: {"campaign": ...} where it is on, None where it is off.
DUPLICATES = "needs.duplicates"
#: How many birth dates one person may type in an hour: enough to work, too few to try them all.
TWINS_AN_HOUR = 30


@bp.route("/new", methods=["GET", "POST"])
@requires(Permission.NEED_CREATE)
def new() -> ResponseReturnValue:
    """Express a need; what is not collected is said first."""
    session = get_session()
    recipient = _recipient(request.args.get("for"))
    if request.method == "GET":
        if (own_room := _room(session)) is not None and own_room.left == 0:
            return render_template("needs/full.html", room=own_room)
        return _form_page(_form(session, recipient, _prefilled(session, recipient)), None)
    form = _form(session, recipient)
    if (known := _known(session, form)) is not None:
        return _already(known)
    sent = request.form.get("do") != SAVE
    answers = _answers(session, form)
    if _is_good(form, answers, sent) and (not sent or _fits(session, form, answers)):
        try:
            with session.begin_nested():
                need = services.draft(session, answers, by=actor(), at=now(), client_uuid=form.client_uuid.data or None)
        except IntegrityError:
            # The same demand, sent twice at once: the other one won.
            if (known := _known(session, form)) is None:
                raise
            return _already(known)
        return _send(session, need, answers, _twin(session, form)) if sent else _saved(session, need)
    return _refused(form, None)


@bp.route("/<code>/edit", methods=["GET", "POST"])
@requires(Permission.NEED_CREATE)
def edit(code: str) -> ResponseReturnValue:
    """Go on with a draft, or amend what was sent."""
    session = get_session()
    need = own(session, code, lock=request.method == "POST")
    if need.state not in AMENDABLE:
        flash(_("Cette demande ne se modifie plus : une machine lui est destinée, ou elle est close."), "waits")
        return redirect(url_for(".show", code=code), 303)
    if request.method == "GET":
        return _form_page(_form(session, need.recipient, core.load(need.answers), need), need)
    form = _form(session, need.recipient, need=need)
    drafting = need.state in (State.DRAFT, State.TO_COMPLETE)
    sent = not drafting or request.form.get("do") != SAVE
    answers = _settled(need, _answers(session, form))
    if _is_good(form, answers, sent):
        if not sent:
            services.save_draft(session, need, answers, at=now())
            return _saved(session, need)
        if need.state is State.DRAFT:
            if not _fits(session, form, answers):
                return _refused(form, need)
            return _send(session, need, answers, _twin(session, form))
        changed = bundles.amend(session, need, answers, by=actor(), at=now(), today=today())
        session.commit()
        if len(changed) > 1:
            flash(_("Les machines demandées ensemble sont modifiées ; elles gardent leur rang."), "done")
        else:
            flash(_("La demande est modifiée ; elle garde son rang."), "done")
        return redirect(url_for(".show", code=need.code), 303)
    return _refused(form, need)


@bp.get("/offline")
@requires(Permission.NEED_CREATE)
def offline() -> ResponseReturnValue:
    """The form as the browser keeps it for when there is no network (desk.offline): what the service itself typed."""
    session = get_session()
    recipient = _recipient(None)
    return _form_page(_form(session, recipient, _prefilled(session, recipient)), None)


@bp.get("/communes")
@requires(Permission.NEED_CREATE)
def communes() -> ResponseReturnValue:
    """The communes that a text may mean, for the page that asks while one types."""
    session = get_session()
    text = request.args.get("commune", "")[:100]
    found = territory.search(session, text)
    sure = territory.resolve(session, text)
    return render_template("needs/_communes.html", candidates=found, sure=sure.code if sure else None, text=text)


@bp.get("/pulse")
@requires(Permission.NEED_CREATE)
def pulse() -> ResponseReturnValue:
    """Who is signed in and a fresh form token, for demands that waited on a device to leave."""
    answer = {"account": actor().id, "organisation": actor().organisation_id, "csrf": generate_csrf()}
    return answer, 200, {"Cache-Control": "no-store"}


@bp.get("/paper")
@requires(Permission.NEED_CREATE)
def paper() -> ResponseReturnValue:
    """The same questions in the same order on one sheet, for a home visit with a pen."""
    session = get_session()
    form = _form(session, _recipient(request.args.get("for")), Answers())
    return render_template("needs/paper.html", form=form, structure=form.recipient is Recipient.STRUCTURE, words=words)


# -- After the form ----------------------------------------------------------------------------------------------------
def _send(session: Session, need: Need, answers: Answers, twin_hash: str | None = None) -> ResponseReturnValue:
    needs = services.submit(session, need, answers, by=actor(), at=now(), today=today(), twin_hash=twin_hash)
    session.commit()
    if len(needs) > 1 and needs[0].bundle:
        together = sum(each.bundle is not None for each in needs)
        flash(
            _(
                "%(count)s demandes liées sont envoyées, une par machine ; %(together)s seront servies ensemble.",
                count=len(needs),
                together=together,
            ),
            "done",
        )
    elif len(needs) > 1:
        flash(_("%(count)s demandes liées sont envoyées, une par machine.", count=len(needs)), "done")
    elif need.state is State.VALIDATED and need.recipient is Recipient.HOUSEHOLD:
        flash(_("La demande est envoyée et validée. Donnez la fiche à la personne."), "done")
    elif need.state is State.VALIDATED:
        flash(_("La demande est envoyée et validée."), "done")
    else:
        flash(_("La demande est envoyée ; la coordination la regarde avant de la valider."), "done")
    return _gone(need)


def _saved(session: Session, need: Need) -> ResponseReturnValue:
    session.commit()
    flash(_("Le brouillon est gardé. Vous le retrouvez dans vos demandes."), "done")
    return _gone(need)


def _known(session: Session, form: NeedForm) -> Need | None:
    number = form.client_uuid.data
    return queries.by_client_uuid(session, number, seen_by=actor()) if number else None


def _already(need: Need) -> ResponseReturnValue:
    """Answer a demand that came before: a second press, or one that left a device twice."""
    flash(_("Cette demande est déjà arrivée : la voici."), "done")
    return _gone(need)


def _gone(need: Need) -> ResponseReturnValue:
    if _for_a_program():
        return {"url": url_for(".show", code=need.code)}, 201
    return redirect(url_for(".show", code=need.code), 303)


def _refused(form: NeedForm, need: Need | None) -> ResponseReturnValue:
    if _for_a_program():
        return {"fields": sorted(name or "form" for name in form.errors)}, 422
    return _form_page(form, need), 422


def _for_a_program() -> bool:
    """Whether the page's own script sends, which asks for JSON by name."""
    return request.headers.get("Accept", "") == "application/json"


# -- What the form shows -----------------------------------------------------------------------------------------------
def _recipient(asked: str | None) -> Recipient:
    """Return whom the need is for: what was asked when the organisation may, else what it is."""
    wanted = Recipient.STRUCTURE if asked == Recipient.STRUCTURE else Recipient.HOUSEHOLD
    return wanted if may_be(wanted) else next(each for each in Recipient if may_be(each))


def _prefilled(session: Session, recipient: Recipient) -> Answers:
    """Return what can be guessed for a new need: the service's commune, its place, what it attested last, today."""
    who = actor()
    places = organisations.handover_places(session, epci=who.epci_code)
    nearest = next((p for p in places if p.commune_code == who.commune_code), places[0] if len(places) == 1 else None)
    guessed = Answers(recipient=recipient, commune=who.commune_code, handover_place=nearest.id if nearest else None)
    if recipient is Recipient.STRUCTURE:
        return replace(guessed, owner=who.organisation_name or None)
    if who.organisation_id is None:
        return guessed
    eligibility = queries.last_eligibility(session, who.organisation_id)
    known = {**core.dump(guessed), "informed_on": today().isoformat(), "eligibility": eligibility}
    return core.load({key: value for key, value in known.items() if value is not None})


def _form(session: Session, recipient: Recipient, answers: Answers | None = None, need: Need | None = None) -> NeedForm:
    form = StructureForm() if recipient is Recipient.STRUCTURE else HouseholdForm()
    if answers is not None:
        form.take_answers(answers, territory.commune_name(session, answers.commune))
    form.ask_only(scoring.asked(session, recipient))
    drafting = need is None or need.state is State.DRAFT
    if isinstance(form, HouseholdForm) and (not drafting or setup.setting(session, DUPLICATES) is None):
        form.without_twins()
    if isinstance(form, StructureForm) and not drafting:
        form.was_sent()
    places = sorted(
        organisations.handover_places(session),
        key=lambda place: (place.epci_code != actor().epci_code, natural(place.name)),
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


def _settled(need: Need, answers: Answers) -> Answers:
    """Return the answers with what the page no longer asks: how many and how long, what was accepted by a question."""
    kept = core.load(need.answers)
    if need.recipient is Recipient.HOUSEHOLD:
        return answers
    answers = replace(answers, substitutes=kept.substitutes)
    if need.state is State.DRAFT:
        return answers
    return replace(answers, quantity=kept.quantity, least=kept.least, alike=kept.alike, term=kept.term)


def _is_good(form: NeedForm, answers: Answers, sent: bool) -> bool:
    """Whether what was typed may be sent, or kept as a draft; every error is told at once."""
    typed_well = form.validate()
    return (form.complete(answers, today()) if sent else form.without_persons()) and typed_well


def _room(session: Session, *, lock: bool = False) -> limits.Room | None:
    """Return how many more needs the service may send."""
    organisation_id = actor().organisation_id
    return limits.room(session, organisation_id, lock=lock) if organisation_id is not None else None


def _fits(session: Session, form: NeedForm, answers: Answers) -> bool:
    """Whether the service may send as many; writes the error otherwise. What was typed may still be kept as a draft."""
    parts, left = split(answers), _room(session, lock=True)
    if left is None or max(1, parts.together + parts.alone) <= left.left:
        return True
    form.form_errors.append(
        _(
            "Votre service a %(open)s demandes ouvertes, pour %(limit)s au plus : gardez celle-ci en brouillon, et "
            "clôturez ou retirez celles qui n'ont plus lieu d'être.",
            open=left.open,
            limit=left.limit,
        )
    )
    return False


def _twin(session: Session, form: NeedForm) -> str | None:
    """Return what two needs of one person share; what was typed for it is forgotten with the request."""
    setting = setup.setting(session, DUPLICATES)
    if setting is None or not isinstance(form, HouseholdForm) or "twin_birth" not in form:
        return None
    birth, surname = form.twin_birth.data, form.twin_surname.data
    if birth is None or not surname:
        return None
    within = throttle.hit(session, f"twins:{actor().id}", limit=TWINS_AN_HOUR, window=timedelta(hours=1), now=now())
    if not within:
        abort(429)
    secret = current_app.extensions["refurb.settings"].secret_key
    return duplicates.digest(birth, surname, duplicates.key(secret, setting["campaign"], today().year))


def _form_page(form: NeedForm, need: Need | None) -> str:
    structure = form.recipient is Recipient.STRUCTURE
    # A demand begun here takes a number of its own; one that comes back with faults keeps the one it has.
    fresh = need is None and request.method == "GET"
    if fresh:
        form.client_uuid.data = str(uuid.uuid4())
    return render_template(
        "needs/form.html",
        form=form,
        need=need,
        structure=structure,
        fresh=fresh,
        State=State,
        words=words,
        room=_room(get_session()) if need is None or need.state is State.DRAFT else None,
    )
