"""The coordination's answer to who asks to join."""

from dataclasses import replace

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from refurb import outbox
from refurb.accounts import services as accounts
from refurb.core import needs as core
from refurb.core.identity import display
from refurb.core.need_life import NeedRefused
from refurb.core.permissions import ROLES_IN, Permission
from refurb.db import get_session
from refurb.needs import services as needs
from refurb.needs import words as need_words
from refurb.organisations import joining
from refurb.organisations.forms import DeclineForm
from refurb.organisations.joining import RequestRefused
from refurb.organisations.models import JoinRequest, Organisation, RequestState
from refurb.organisations.pages import WORDS, bp
from refurb.security import Actor, actor, requires
from refurb.territory import queries as territory
from refurb.web import absolute_url, now, page_number, paginate, today

REFUSALS = {
    "answered": _l("Quelqu'un a déjà répondu à cette demande."),
    "known": _l("Une organisation de ce SIRET participe déjà : refusez, en disant à qui demander une invitation."),
}


@bp.get("/requests")
@requires(Permission.ORGANISATION_MANAGE)
def requests() -> ResponseReturnValue:
    """Who asks to join, what waits first."""
    session = get_session()
    page = paginate(session, joining.search(), page_number())
    return render_template(
        "organisations/requests.html",
        page=page,
        commune_name=lambda code: territory.commune_name(session, code),
        RequestState=RequestState,
        **WORDS,
    )


@bp.get("/requests/<int:request_id>")
@requires(Permission.ORGANISATION_MANAGE)
def show_request(request_id: int) -> ResponseReturnValue:
    """One request, with the two answers."""
    return _page(_or_404(get_session(), request_id), DeclineForm())


@bp.post("/requests/<int:request_id>/approve")
@requires(Permission.ORGANISATION_MANAGE)
def approve_request(request_id: int) -> ResponseReturnValue:
    """Bring the service in, invite the person, send the first need."""
    session = get_session()
    asked = _or_404(session, request_id)
    try:
        organisation = joining.approve(session, asked, by=actor(), at=now())
    except RequestRefused as refusal:
        session.rollback()
        flash(REFUSALS[refusal.code], "refused")
        return redirect(url_for(".show_request", request_id=request_id), 303)
    code = _send_first_need(session, asked, organisation)
    _invite(session, asked, organisation, code)
    session.commit()
    flash(_("%(name)s participe ; son invitation est partie.", name=organisation.name), "done")
    return redirect(url_for(".show", organisation_id=organisation.id), 303)


def _send_first_need(session: Session, asked: JoinRequest, organisation: Organisation) -> str | None:
    """Send what was drafted with the request, as the new service's; one that time made wrong stays its draft."""
    if not asked.answers:
        return None
    by = replace(Actor.system(), organisation_id=organisation.id)
    answers = core.load(asked.answers)
    need = needs.draft(session, answers, by=by, at=now())
    try:
        with session.begin_nested():
            needs.submit(session, need, answers, by=by, at=now(), today=today())
    except NeedRefused:
        return None
    return need.code


def _invite(session: Session, asked: JoinRequest, organisation: Organisation, code: str | None) -> None:
    roles = ROLES_IN[asked.role]
    _invitation, token = accounts.invite(
        session, email=asked.person_email, organisation_id=organisation.id, roles=roles, by=actor(), at=now()
    )
    payload = {
        "to": asked.person_email,
        "subject": _("%(name)s participe à Refurb", name=organisation.name),
        "template": "join_approved",
        "context": {
            "name": organisation.name,
            "link": absolute_url("accounts.invitation", token=token),
            "code": display(code) if code else "",
            "drafted": bool(asked.answers),
        },
    }
    outbox.enqueue(session, "mail.send", payload)


@bp.post("/requests/<int:request_id>/decline")
@requires(Permission.ORGANISATION_MANAGE)
def decline_request(request_id: int) -> ResponseReturnValue:
    """Answer no, with the reason."""
    session, form = get_session(), DeclineForm()
    asked = _or_404(session, request_id)
    if not form.validate_on_submit():
        return _page(asked, form), 422
    try:
        joining.decline(session, asked, form.motive.data.strip(), by=actor(), at=now())
    except RequestRefused as refusal:
        session.rollback()
        flash(REFUSALS[refusal.code], "refused")
        return redirect(url_for(".show_request", request_id=request_id), 303)
    payload = {
        "to": asked.person_email,
        "subject": _("Votre demande pour rejoindre Refurb"),
        "template": "join_declined",
        "context": {"name": asked.name, "motive": asked.motive},
    }
    outbox.enqueue(session, "mail.send", payload)
    session.commit()
    flash(_("C'est répondu : %(email)s reçoit la raison.", email=asked.person_email), "done")
    return redirect(url_for(".requests"), 303)


def _page(asked: JoinRequest, form: DeclineForm) -> str:
    session = get_session()
    answers = core.load(asked.answers) if asked.answers else None
    return render_template(
        "organisations/request.html",
        asked=asked,
        form=form,
        answers=answers,
        need_words=need_words,
        commune=territory.commune_name(session, asked.commune_code),
        RequestState=RequestState,
        **WORDS,
    )


def _or_404(session: Session, request_id: int) -> JoinRequest:
    # Two of the coordination may answer at once: the second one reads what the first one wrote.
    return session.get(JoinRequest, request_id, with_for_update=request.method == "POST") or abort(404)
