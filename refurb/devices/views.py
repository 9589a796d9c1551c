"""The list of machines, one machine's page, and the deeds on it."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from refurb.core import guidance
from refurb.core.equipment import NEEDS_CHARGER, NEEDS_SET, Form
from refurb.core.needs import Profile
from refurb.core.permissions import Permission
from refurb.core.refurbished import may_be_called_refurbished
from refurb.core.workflow import Action, Status, TransitionRefused, TriageOutcome
from refurb.db import get_session
from refurb.devices import history, queries, services, stock
from refurb.devices.facts import known
from refurb.devices.forms import ChargerForm, EditForm, MoveForm, options
from refurb.devices.models import Device, Grade
from refurb.devices.names import naming
from refurb.devices.services import DeviceRefused
from refurb.devices.words import (
    ACTIONS,
    FORMS,
    GRADES,
    MEDIUM_KINDS,
    MEDIUM_STATES,
    METHODS,
    ORIGINS,
    OUTCOMES,
    REFUSALS,
    REGIMES,
    STATUSES,
    TRIAGES,
    WAITS,
    WIPE_SOURCES,
)
from refurb.documents import queries as documents
from refurb.matching import queries as matching
from refurb.needs.words import PROFILES
from refurb.organisations import queries as organisations
from refurb.security import actor, requires
from refurb.web import now, page_number, paginate
from refurb.workshop import queries as workshop

bp = Blueprint("devices", __name__, url_prefix="/devices")

#: Deeds with a page of their own, or that evidence makes: not among the buttons.
ELSEWHERE = frozenset({Action.RECORD_WIPE, Action.RESERVE, Action.HAND_OVER, Action.RETURN})
#: Deeds that ask something before they are done.
ASKING = frozenset({Action.TRIAGE, Action.REOPEN, Action.LOCK, Action.GIVE_BACK, Action.STEAL, Action.DESTROY})
MOTIVE_REQUIRED = frozenset({Action.GIVE_BACK})


@bp.app_context_processor
def words() -> dict[str, Any]:
    """The words of machines, wherever one is shown."""
    return {"STATUS": STATUSES, "FORM": FORMS, "PROFILES": PROFILES}


@bp.get("")
@requires(Permission.DEVICE_READ)
def index() -> ResponseReturnValue:
    """List the machines of one's organisation, or of everybody for the coordination."""
    session, args = get_session(), request.args
    statuses = [status for status in Status if status.value in args.getlist("status")]
    form = next((form for form in Form if form.value == args.get("form")), None)
    profile = next((profile.value for profile in Profile if profile.value == args.get("profile")), None)
    place = args.get("place", "")
    sort, text = args.get("sort", "-since"), args.get("q", "").strip()[:100]
    query = queries.listing(
        seen_by=actor(),
        named=naming(session, text, seen_by=actor()) if text else None,
        statuses=statuses,
        form=form,
        profile=profile,
        place_id=int(place) if place.isdecimal() and len(place) < 10 else None,
        sort=sort,
    )
    page = paginate(session, queries.lines(query), page_number())
    own = actor().organisation_id
    places = organisations.places_of(session, own) if own is not None else []
    return render_template(
        "devices/index.html",
        page=page,
        statuses=statuses,
        sort=sort,
        places=places,
        narrowed=any(args.get(name) for name in ("q", "status", "form", "profile", "place")),
        shows_holder=actor().can(Permission.NEED_ARBITRATE),
    )


@bp.get("/<code>")
@requires(Permission.DEVICE_READ)
def show(code: str) -> ResponseReturnValue:
    """One machine: what to do next, what it is, its disks, its history."""
    return page_of(found(get_session(), code))


def found(session: Session, code: str) -> Device:
    """Return the machine of a code that the actor may see, or 404."""
    return queries.by_code(session, code, seen_by=actor()) or abort(404)


def page_of(device: Device, *, refusal: str | None = None, charger: ChargerForm | None = None) -> ResponseReturnValue:
    """Show a machine; with the sentence of a refused deed, as 422."""
    session, who = get_session(), actor()
    found = known(session, device, by=who)
    step = guidance.next_step(device.status, found.facts, found.scanned)
    offered = guidance.allowed_actions(device.status, found.facts, found.scanned, who.permissions)
    body = render_template(
        "devices/show.html",
        device=device,
        facts=found.facts,
        step=step,
        decider=guidance.decider(step, who.permissions),
        offered=[action for action in offered if action not in ELSEWHERE],
        asking=ASKING,
        Action=Action,
        media=[(m, queries.medium_state(m), queries.latest_wipe(m)) for m in sorted(device.media, key=lambda m: m.id)],
        assembled=queries.set_of(session, device.id),
        needs_set=device.form in NEEDS_SET,
        needs_charger=device.form in NEEDS_CHARGER,
        charger_form=charger or charger_form(session, device),
        installation=workshop.installation_of(session, device.id),
        control=workshop.control_of(session, device),
        reservation=matching.open_reservation(session, device.id),
        refurbished=may_be_called_refurbished(device.status, found.facts),
        papers=documents.of_subject(session, "device", device.id),
        lines=history.lines(session, device.id, seen_by=who),
        undoable=queries.last_move(session, device.id),
        refusal=refusal,
        ACTIONS=ACTIONS,
        REFUSALS=REFUSALS,
        WAITS=WAITS,
        TRIAGES=TRIAGES,
        GRADES=GRADES,
        ORIGINS=ORIGINS,
        REGIMES=REGIMES,
        MEDIUM_STATES=MEDIUM_STATES,
        MEDIUM_KINDS=MEDIUM_KINDS,
        OUTCOMES=OUTCOMES,
        METHODS=METHODS,
        WIPE_SOURCES=WIPE_SOURCES,
    )
    return body, 422 if refusal else 200


def sentence(refused: TransitionRefused | DeviceRefused | Any) -> str:
    """Return the sentence of a refusal, with the step that is missing where one is."""
    text = str(REFUSALS.get(refused.code, REFUSALS["no-such-move"]))
    step = getattr(refused, "step", None)
    if step is not None:
        text += " " + _("D'abord : %(step)s.", step=str(ACTIONS[step]).lower())
    twin = getattr(refused, "device", None)
    if refused.code == "serial-known" and twin is not None:
        text += " " + _("C'est la machine %(code)s.", code=twin.code)
    return text


@bp.route("/<code>/move", methods=["GET", "POST"])
@requires(Permission.DEVICE_CHANGE_STATUS, Permission.DEVICE_CONTROL, Permission.DEVICE_RECOVER_STOLEN)
def move(code: str) -> ResponseReturnValue:
    """Make one move; what asks an outcome or a motive has a page for it."""
    session = get_session()
    device = found(session, code)
    form = MoveForm(request.values) if request.method == "GET" else MoveForm()
    action = form.wanted()
    if action is None:
        abort(400)
    if request.method == "GET":
        return _ask(device, form, action)
    if not form.validate_on_submit():
        return _ask(device, form, action)
    if action in MOTIVE_REQUIRED and not form.motive.data:
        form.motive.errors = [str(REFUSALS["motive-missing"])]
        return _ask(device, form, action)
    if action is Action.TRIAGE and form.outcome.data not in set(TriageOutcome):
        form.outcome.errors = [_("Choisissez ce qu'on en fait.")]
        return _ask(device, form, action)
    payload = {"outcome": form.outcome.data, "motive": form.motive.data}
    try:
        moved = services.move(
            session, device, action, by=actor(), at=now(), payload={k: v for k, v in payload.items() if v}
        )
    except TransitionRefused as refused:
        session.rollback()
        return page_of(found(session, code), refusal=sentence(refused))
    session.commit()
    flash(_("C'est noté : %(status)s.", status=str(STATUSES[moved.after]).lower()), "done")
    if moved.frees_reservation:
        flash(_("La machine n'est plus mise de côté : le service concerné est prévenu."), "waits")
    # Who works at the bench goes on there.
    back = "workshop.bench" if request.form.get("back") == "bench" else ".show"
    return redirect(url_for(back, code=code), 303)


def _ask(device: Device, form: MoveForm, action: Action) -> ResponseReturnValue:
    body = render_template(
        "devices/move.html",
        device=device,
        form=form,
        action=action,
        ACTIONS=ACTIONS,
        asks_outcome=action in (Action.TRIAGE, Action.REOPEN),
        motive_required=action in MOTIVE_REQUIRED,
    )
    return body, 422 if form.errors else 200


@bp.post("/<code>/undo")
@requires(Permission.DEVICE_CHANGE_STATUS)
def undo(code: str) -> ResponseReturnValue:
    """Take back the latest move."""
    session = get_session()
    device = found(session, code)
    try:
        services.undo_last(session, device, by=actor(), at=now())
    except TransitionRefused as refused:
        session.rollback()
        return page_of(found(session, code), refusal=sentence(refused))
    session.commit()
    flash(_("C'est annulé : la machine est de nouveau « %(status)s ».", status=str(STATUSES[device.status])), "done")
    return redirect(url_for(".show", code=code), 303)


@bp.route("/<code>/edit", methods=["GET", "POST"])
@requires(Permission.DEVICE_EDIT)
def edit(code: str) -> ResponseReturnValue:
    """Put right what is written of a machine."""
    session = get_session()
    device = found(session, code)
    form = EditForm(obj=device)
    form.place_id.choices = options(place_choices(session, device.holder_id), _("Sans place"))
    if form.validate_on_submit():
        fields = {name: form[name].data or None for name in ("maker", "model", "serial", "defects")}
        try:
            services.edit(
                session,
                device,
                by=actor(),
                at=now(),
                form=Form(form.form.data),
                screen_in=form.screen_in.data,
                cosmetic_grade=Grade(form.cosmetic_grade.data) if form.cosmetic_grade.data else None,
                **fields,
            )
        except DeviceRefused as refused:
            session.rollback()
            form.serial.errors = [*form.serial.errors, sentence(refused)]
            device = found(session, code)
        else:
            services.put_at(session, device, form.place_id.data, by=actor(), at=now())
            if form.alias.data:
                services.add_alias(session, device, form.alias.data, by=actor(), at=now())
            session.commit()
            flash(_("La fiche est à jour."), "done")
            return redirect(url_for(".show", code=code), 303)
    return render_template("devices/edit.html", device=device, form=form), 422 if form.errors else 200


def place_choices(session: Session, organisation_id: int) -> list[tuple[int, str]]:
    """Return the places of an organisation as a form offers them."""
    return [(place.id, place.name) for place in organisations.places_of(session, organisation_id)]


@bp.post("/<code>/charger")
@requires(Permission.DEVICE_EDIT)
def charger(code: str) -> ResponseReturnValue:
    """Say which charger goes with the machine, from the shelf or with it; or take it back."""
    session = get_session()
    device = found(session, code)
    form = charger_form(session, device)
    try:
        if "remove" in request.form:
            stock.take_charger(session, device, place_id=None, by=actor(), at=now())
        elif not form.validate():
            return page_of(
                device, refusal=_("Choisissez un chargeur, ou dites son connecteur et ses watts."), charger=form
            )
        elif form.stock_id.data:
            line = queries.stock_by_id(session, form.stock_id.data, seen_by=actor()) or abort(404)
            stock.give_charger(session, line, device, by=actor(), at=now())
        elif form.connector.data:
            detail = stock.charger_detail(form.connector.data, form.watts.data)
            services.set_charger(session, device, detail, by=actor(), at=now())
        else:
            return page_of(
                device, refusal=_("Choisissez un chargeur, ou dites son connecteur et ses watts."), charger=form
            )
    except DeviceRefused as refused:
        session.rollback()
        return page_of(found(session, code), refusal=sentence(refused))
    session.commit()
    flash(_("Le chargeur est noté."), "done")
    return redirect(url_for(".show", code=code), 303)


def charger_form(session: Session, device: Device) -> ChargerForm:
    """Return the form with the chargers that stand on the shelf."""
    form = ChargerForm(prefix="charger")
    lines = [line for line in queries.stock_of(session, device.holder_id, kind="charger") if line.quantity > 0]
    form.stock_id.choices = options(
        (
            (line.id, _("%(charger)s (%(count)s sur l'étagère)", charger=line.detail, count=line.quantity))
            for line in lines
        ),
        _("Il est venu avec la machine"),
    )
    return form


@bp.post("/<code>/refusal")
@requires(Permission.DEVICE_CHANGE_STATUS, Permission.HANDOVER_PERFORM)
def refusal(code: str) -> ResponseReturnValue:
    """Note that the user signed a refusal to have the machine wiped."""
    session = get_session()
    device = found(session, code)
    try:
        services.sign_refusal(session, device, document=None, by=actor(), at=now())
    except DeviceRefused as refused:
        session.rollback()
        return page_of(found(session, code), refusal=sentence(refused))
    session.commit()
    flash(_("Le refus signé est noté : la machine peut être rendue au même utilisateur."), "done")
    return redirect(url_for(".show", code=code), 303)


# The routes of disks, sets and counted stock are on the same blueprint, in modules of their own.
from refurb.devices import media_views, stock_views  # noqa: E402, F401 - they add their routes to `bp`
