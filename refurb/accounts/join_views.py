"""The public page by which a service asks to join, and drafts its first need meanwhile."""

from datetime import timedelta
from typing import Any

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from refurb import outbox
from refurb.accounts import throttle
from refurb.accounts.pages import bp
from refurb.accounts.tokens import new_token, token_hash
from refurb.core import needs as core
from refurb.core.equipment import Recipient
from refurb.core.natural import natural
from refurb.core.permissions import OrganisationRole
from refurb.db import get_session
from refurb.needs import scoring
from refurb.needs.forms import HouseholdForm, NeedForm, StructureForm
from refurb.organisations import joining
from refurb.organisations import queries as organisations
from refurb.organisations.forms import JoinRequestForm, folded_siret
from refurb.organisations.joining import RequestRefused
from refurb.organisations.models import JoinRequest, RequestState
from refurb.organisations.pages import prepare_commune
from refurb.security import actor, public
from refurb.territory import queries as territory
from refurb.web import absolute_url, now, today

WHY = "a service that does not take part yet has no account"
#: Requests from one address an hour, and saves of their first needs: a town hall, not a machine.
REQUESTS, SAVES = 5, 60
HOUR = timedelta(hours=1)

REFUSALS = {
    "known": _l(
        "Une organisation de ce SIRET participe déjà : demandez une invitation à un collègue ou à la coordination."
    ),
    "waiting": _l("Une demande attend déjà pour ce SIRET : la coordination va y répondre."),
}


@bp.route("/join", methods=["GET", "POST"])
@public(WHY)
def join() -> ResponseReturnValue:
    """Say who one is; the first need may be drafted at once."""
    session, form = get_session(), JoinRequestForm()
    prepare_commune(session, form)
    if form.validate_on_submit():
        within = throttle.hit(session, f"join:{request.remote_addr}", limit=REQUESTS, window=HOUR, now=now())
        session.commit()
        if not within:
            form.form_errors.append(_("Trop de demandes d'ici. Attendez une heure, ou écrivez à la coordination."))
            return render_template("accounts/join.html", form=form), 429
        token = new_token()
        try:
            made = joining.ask(session, _values(form), token_hash=token_hash(token), by=actor(), at=now())
        except RequestRefused as refusal:
            form.siret.errors = [REFUSALS[refusal.code]]
        else:
            _tell(session, made, absolute_url("accounts.join_need", token=token))
            session.commit()
            return redirect(url_for(".join_need", token=token), 303)
    return render_template("accounts/join.html", form=form), 422 if form.errors else 200


@bp.route("/join/<token>", methods=["GET", "POST"])
@public("the link that the request was answered with is the right")
def join_need(token: str) -> ResponseReturnValue:
    """Draft the first need, which leaves when the service is approved; see where the request stands."""
    session = get_session()
    made = joining.by_token(session, token_hash(token)) or abort(404)
    if made.state is not RequestState.WAITING:
        return render_template("accounts/join_answered.html", asked=made, RequestState=RequestState)
    form, kept = _form(session, made), request.args.get("kept") is not None
    if request.method == "POST":
        within = throttle.hit(session, f"join-need:{made.id}", limit=SAVES, window=HOUR, now=now())
        session.commit()
        if not within:
            abort(429)
        text = form.commune.data or ""
        sure = territory.resolve(session, text)
        answers = form.answers(form.commune_found(territory.search(session, text), sure.code if sure else None))
        if form.validate() and form.complete(answers, today()):
            joining.draft(session, made, core.dump(answers), by=actor(), at=now())
            session.commit()
            return redirect(url_for(".join_need", token=token, kept=1), 303)
    questions = sorted((field for field in form if field.name not in NOT_ASKED), key=lambda field: _rank(field.name))
    page = render_template("accounts/join_need.html", form=form, asked=made, kept=kept, MUST=MUST, questions=questions)
    return page, 422 if request.method == "POST" else 200


#: The questions without which a need cannot be sent: they do not say that they are optional.
MUST = frozenset(
    (
        "usage_1", "commune", "format", "handover_place", "persons", "pupils", "equipment", "connectivity", "can_pay",
        "loan_suits", "not_equipped", "eligibility", "informed_on", "informed_how", "term", "quantity", "owner",
        "maintainer", "system",
    )
)  # fmt: skip


#: Drawn beside another field, or not at all.
NOT_ASKED = frozenset({"csrf_token", "client_uuid", "commune_pick", "note_confirmed"})
#: The order of the form that services know; what is not named here comes last.
ORDER = (
    "term", "usage_1", "usage_2", "usage_3", "quantity", "least", "alike", "persons", "pupils", "equipment",
    "connectivity", "format", "no_stable_power", "tablet_suits", "ergonomics", "substitutes", "system", "note", "owner",
    "maintainer", "can_pay", "contribution", "loan_suits", "not_equipped", "eligibility", "district", "motive",
    "wanted_by", "wanted_until", "accompaniment", "commune", "handover_place", "informed_how", "informed_on",
)  # fmt: skip


def _rank(name: str) -> int:
    return ORDER.index(name) if name in ORDER else len(ORDER)


def _form(session: Session, made: JoinRequest) -> NeedForm:
    """Return the form of a first need: as drafted so far, else with what can be guessed."""
    structure = made.role is OrganisationRole.STRUCTURE
    recipient = Recipient.STRUCTURE if structure else Recipient.HOUSEHOLD
    form: NeedForm = StructureForm() if structure else HouseholdForm()
    if request.method == "GET":
        guessed: dict[str, Any] = {"recipient": recipient.value, "commune": made.commune_code}
        if structure:
            guessed["owner"] = made.name
        else:
            guessed["informed_on"] = today().isoformat()
        answers = core.load(made.answers or guessed)
        form.take_answers(answers, territory.commune_name(session, answers.commune))
    form.ask_only(scoring.asked(session, recipient))
    if isinstance(form, HouseholdForm):
        form.without_twins()
    places = sorted(
        organisations.handover_places(session),
        key=lambda place: (place.epci_code != made.epci_code, natural(place.name)),
    )
    form.take_places(
        [(place.id, f"{place.name}, {territory.commune_name(session, place.commune_code)}") for place in places]
    )
    return form


def _values(form: JoinRequestForm) -> dict[str, Any]:
    assert form.found is not None
    return {
        "name": form.name.data.strip(),
        "role": OrganisationRole(form.role.data),
        "legal_type": form.legal_type.data,
        "siret": folded_siret(form.siret.data),
        "commune_code": form.found.code,
        "epci_code": form.found.epci,
        "phone": (form.phone.data or "").strip() or None,
        "person_name": form.person_name.data.strip(),
        "person_email": form.person_email.data.strip().lower(),
    }


def _tell(session: Session, made: JoinRequest, link: str) -> None:
    """Give the person the link back, and tell the coordination."""
    payload = {
        "to": made.person_email,
        "subject": _("Votre demande pour rejoindre Refurb"),
        "template": "join_asked",
        "context": {"name": made.name, "link": link},
    }
    outbox.enqueue(session, "mail.send", payload)
    for body in organisations.with_role(session, OrganisationRole.COORDINATION):
        if body.email:
            payload = {
                "to": body.email,
                "subject": _("%(name)s demande à rejoindre Refurb", name=made.name),
                "template": "join_waits",
                "context": {
                    "name": made.name,
                    "link": absolute_url("organisations.show_request", request_id=made.id),
                },
            }
            outbox.enqueue(session, "mail.send", payload)
