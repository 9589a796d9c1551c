"""Today's appointments, the desk where a machine changes hands, and what follows."""

from datetime import datetime, time, timedelta
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from wtforms import SelectChoice

from refurb.core.documents import RULES, add_months, price_cap_cents
from refurb.core.equipment import NEEDS_CHARGER, NEEDS_SET, Mode, Recipient
from refurb.core.handover import Accessory, ReturnMotive, Signature, refusals
from refurb.core.identity import CodeKind, display
from refurb.core.identity import read as read_code
from refurb.core.needs import load
from refurb.core.permissions import Permission
from refurb.core.workflow import Status, TransitionRefused
from refurb.db import get_session
from refurb.devices import queries as devices
from refurb.devices.identity import serial_key
from refurb.devices.models import Device
from refurb.documents import queries as documents
from refurb.documents.words import kind_word
from refurb.handover import queries, services, words
from refurb.handover.forms import DeskForm, PlanForm, ReturnForm
from refurb.handover.models import Handover
from refurb.handover.papers import title
from refurb.handover.queries import Case
from refurb.handover.services import HandoverRefused, Terms
from refurb.matching.services import MatchRefused
from refurb.needs.papers import place_line
from refurb.organisations import queries as organisations
from refurb.organisations.models import Organisation, Place
from refurb.security import actor, requires
from refurb.web import local_date, money, now, today, zone

bp = Blueprint("handover", __name__, url_prefix="/handover")

#: How far the agenda looks.
AHEAD = timedelta(days=14)
#: How far back the last hand-overs are listed.
BEHIND = timedelta(days=90)


def sentence(code: str, *, cap_cents: int | None = None, until: Any = None) -> str:
    """Return the sentence of a refusal."""
    text = str(words.REFUSALS.get(code, words.REFUSALS["no-such-move"]))
    if "%(cap)s" in text:
        text = text.replace("%(cap)s", money(cap_cents or 0))
    return text.replace("%(day)s", local_date(until)) if "%(day)s" in text else text


@bp.get("/", endpoint="today")
@requires(Permission.HANDOVER_READ)
def today_page() -> ResponseReturnValue:
    """Who comes when, the overdue first; what has no date yet; the box that opens anything."""
    session = get_session()
    cases = queries.agenda(session, seen_by=actor(), until=now() + AHEAD)
    midnight = datetime.combine(today(), time(), zone())
    tomorrow = midnight + timedelta(days=1)
    return render_template(
        "handover/today.html",
        overdue=[case for case in cases if case.appointment and case.appointment.starts_at < midnight],
        due=[case for case in cases if case.appointment and midnight <= case.appointment.starts_at < tomorrow],
        coming=[case for case in cases if case.appointment and case.appointment.starts_at >= tomorrow],
        undated=queries.without_date(session, seen_by=actor()),
        recent=queries.recent(session, seen_by=actor(), since=now() - BEHIND),
        may_plan=actor().can(Permission.HANDOVER_PLAN),
        title=title,
        Status=Status,
        listed=queries.LISTED,
    )


@bp.get("/find")
@requires(Permission.HANDOVER_READ)
def find() -> ResponseReturnValue:
    """Open what a scan names: a case, a machine, a hand-over."""
    session, typed = get_session(), request.args.get("code", "").strip()
    reading = read_code(typed)
    code = reading.code or ""
    if code.startswith(CodeKind.NEED):
        if queries.case_by_need(session, code, seen_by=actor()):
            return redirect(url_for(".show", code=code), 303)
        if done := queries.last_of_need(session, code, seen_by=actor()):
            return redirect(url_for(".performed", code=done), 303)
    elif code.startswith(CodeKind.HANDOVER):
        if queries.by_code(session, code, seen_by=actor()):
            return redirect(url_for(".performed", code=code), 303)
    elif code.startswith(CodeKind.DEVICE):
        need = queries.need_code_of_device(session, code, seen_by=actor())
        if need:
            return redirect(url_for(".show", code=need, device=code), 303)
    if code:
        flash(_("%(code)s n'est mis de côté pour aucune remise que vous suivez.", code=display(code)), "waits")
    else:
        flash(
            _("« %(text)s » n'est pas un code lisible. Scannez l'étiquette ou le papier.", text=typed[:60]), "refused"
        )
    return redirect(url_for(".today"), 303)


@bp.get("/<code>")
@requires(Permission.HANDOVER_READ)
def show(code: str) -> ResponseReturnValue:
    """The desk for one case: the machine on the counter, then the terms."""
    session = get_session()
    if code.startswith(CodeKind.HANDOVER):
        return redirect(url_for(".performed", code=code), 302)
    if done := _gone_out(session, code):
        return redirect(url_for(".performed", code=done), 302)
    case = _case(session, code)
    scanned = _scanned(case, request.args.get("device"))
    return _desk(session, case, _desk_form(session, case, scanned), scanned)


@bp.post("/<code>")
@requires(Permission.HANDOVER_PERFORM)
def perform(code: str) -> ResponseReturnValue:
    """Hand over, or say in sentences why not."""
    session = get_session()
    if done := _gone_out(session, code):
        return redirect(url_for(".performed", code=done), 303)
    case = _case(session, code, lock=True)
    scanned = _scanned(case, request.form.get("scanned"))
    form = _desk_form(session, case, scanned)
    if not form.validate():
        return _desk(session, case, form, scanned), 422
    place = case.place
    try:
        handover = services.perform(session, case, scanned=scanned, terms=form.terms, place=place, by=actor(), at=now())
    except HandoverRefused as refusal:
        reasons = [sentence(each, cap_cents=refusal.cap_cents) for each in refusal.codes]
    except (TransitionRefused, MatchRefused) as refusal:
        reasons = [sentence(refusal.code)]
    else:
        session.commit()
        flash(_("La machine est remise. Les papiers sont prêts à imprimer."), "done")
        return redirect(url_for(".performed", code=handover.code), 303)
    session.rollback()
    case = _case(session, code)
    return _desk(session, case, form, scanned, reasons), 422


@bp.route("/<code>/plan", methods=["GET", "POST"])
@requires(Permission.HANDOVER_PLAN)
def plan(code: str) -> ResponseReturnValue:
    """Agree on a place, a day and an hour."""
    session, form = get_session(), PlanForm()
    case = _case(session, code, lock=request.method == "POST")
    places = organisations.handover_places(session)
    form.place.choices = [SelectChoice(place.id, place_line(session, place)) for place in places]
    if form.validate_on_submit():
        place = next(place for place in places if place.id == form.place.data)
        try:
            services.plan(session, case, place, form.starts_at, by=actor(), at=now())
        except HandoverRefused as refusal:
            field = form.place if refusal.code == "place-closed" else form.day
            field.errors = [sentence(refusal.code, until=refusal.until)]
        else:
            session.commit()
            flash(_("Le rendez-vous est noté. Le point de remise et l'atelier sont prévenus."), "done")
            return redirect(url_for(".show", code=code), 303)
    if request.method == "GET":
        form.propose(now())
        if case.appointment is not None:
            local = case.appointment.starts_at.astimezone(zone())
            form.day.data, form.hour.data = local.date(), local.time().replace(second=0, microsecond=0)
        form.place.data = case.place.id if case.place else None
    busy = 0
    if form.day.data and form.hour.data and form.place.data:
        busy = queries.agreed_at(session, form.place.data, form.starts_at, form.starts_at + services.DURATION)
        busy -= int(case.appointment is not None and busy > 0)
    hours = [(place.name, place.hours) for place in places if place.hours]
    page = render_template("handover/plan.html", case=case, form=form, hours=hours, title=title, busy=busy)
    return page, 422 if form.errors else 200


@bp.post("/<code>/prepare")
@requires(Permission.HANDOVER_PREPARE, Permission.DEVICE_CHANGE_STATUS)
def prepare(code: str) -> ResponseReturnValue:
    """Say that the machine stands ready."""
    session = get_session()
    case = _case(session, code, lock=True)
    try:
        services.prepare(session, case, by=actor(), at=now())
    except TransitionRefused as refusal:
        session.rollback()
        flash(sentence(refusal.code), "refused")
    else:
        session.commit()
        flash(_("La machine est prête à remettre."), "done")
    return redirect(url_for(".show", code=code), 303)


@bp.post("/<code>/missed")
@requires(Permission.HANDOVER_PERFORM, Permission.HANDOVER_PLAN)
def missed(code: str) -> ResponseReturnValue:
    """Record that nobody came."""
    session = get_session()
    case = _case(session, code, lock=True)
    try:
        given_back = services.miss(session, case, by=actor(), at=now())
    except HandoverRefused as refusal:
        session.rollback()
        flash(sentence(refusal.code), "refused")
        return redirect(url_for(".show", code=code), 303)
    session.commit()
    if given_back:
        flash(_("Second rendez-vous manqué : la machine retourne en stock, la demande garde son rang."), "waits")
        return redirect(url_for(".today"), 303)
    flash(_("Le rendez-vous manqué est noté. Convenez d'une nouvelle date avec le service."), "waits")
    return redirect(url_for(".show", code=code), 303)


@bp.get("/done/<code>")
@requires(Permission.HANDOVER_READ, Permission.TICKET_OPEN)
def performed(code: str) -> ResponseReturnValue:
    """One hand-over: its papers to print, whom to call, and how to put it right."""
    return _performed(get_session(), _handover(code), ReturnForm())


@bp.post("/done/<code>/return")
@requires(Permission.HANDOVER_PERFORM, Permission.DEVICE_CHANGE_STATUS)
def take_back(code: str) -> ResponseReturnValue:
    """Take the machine back, with the reason."""
    session, form = get_session(), ReturnForm()
    handover = _handover(code, lock=True)
    if not form.validate_on_submit():
        return _performed(session, handover, form), 422
    try:
        services.take_back(session, handover, ReturnMotive(form.motive.data), by=actor(), at=now())
    except (HandoverRefused, TransitionRefused) as refusal:
        session.rollback()
        flash(sentence(refusal.code), "refused")
    else:
        session.commit()
        flash(_("Le retour est noté. La machine passe par l'effacement avant de ressortir."), "done")
    return redirect(url_for(".performed", code=code), 303)


# -- What the pages show ----------------------------------------------------------------------------------------------
def _case(session: Session, code: str, *, lock: bool = False) -> Case:
    canonical = read_code(code).code or code
    return queries.case_by_need(session, canonical, seen_by=actor(), lock=lock) or abort(404)


def _gone_out(session: Session, code: str) -> str | None:
    """Return the hand-over that closed a case in the meantime: the back button, a page left open, a second press."""
    canonical = read_code(code).code or code
    if queries.case_by_need(session, canonical, seen_by=actor()):
        return None
    return queries.last_of_need(session, canonical, seen_by=actor())


def _handover(code: str, *, lock: bool = False) -> Handover:
    canonical = read_code(code).code or code
    return queries.by_code(get_session(), canonical, seen_by=actor(), lock=lock) or abort(404)


def _scanned(case: Case, typed: str | None) -> str | None:
    """Return the code on the counter, read from our label or from the maker's serial of the machine set aside."""
    if not typed or not typed.strip():
        return None
    reading = read_code(typed)
    if reading.code:
        return reading.code
    own = case.device.serial_key
    if own and any(serial_key(text) == own for text in (typed, *reading.candidates)):
        return case.device.code
    return typed.strip()[:40]


def _desk_form(session: Session, case: Case, scanned: str | None) -> DeskForm:
    form, device = DeskForm(), case.device
    issuer = session.get_one(Organisation, device.holder_id)
    open_modes = [mode for mode, why in services.verdicts(device, case.need, issuer).items() if not why]
    form.mode.choices = [SelectChoice(mode.value, words.MODES[mode]) for mode in open_modes]
    if request.method == "GET":
        wanted = case.reservation.mode
        form.mode.data = wanted.value if wanted in open_modes else (open_modes[0].value if open_modes else None)
        form.contact_name.data = issuer.name
        form.contact_phone.data = issuer.phone or (case.place.phone if case.place else "") or ""
        form.loan_until.data = None
        form.accessories.data = _goes_with(session, device)
        form.language.data = "fr"
    form.scanned.data = scanned or ""
    return form


def _goes_with(session: Session, device: Device) -> list[str]:
    """Return what is known to go with a machine: its charger, what its set holds."""
    found = [Accessory.CHARGER] if device.form in NEEDS_CHARGER and device.charger else []
    whole = devices.set_of(session, device.id) if device.form in NEEDS_SET else None
    if whole is not None and whole.base_id == device.id:
        held = {
            Accessory.SCREEN: whole.has_monitor,
            Accessory.KEYBOARD: whole.has_keyboard,
            Accessory.MOUSE: whole.has_mouse,
            Accessory.CABLES: whole.has_cables,
        }
        found += [accessory for accessory, there in held.items() if there]
    return [accessory.value for accessory in found]


def _desk(session: Session, case: Case, form: DeskForm, scanned: str | None, reasons: list[str] | None = None) -> str:
    device = case.device
    issuer = session.get_one(Organisation, device.holder_id)
    verdicts = services.verdicts(device, case.need, issuer)
    ticked = Terms(
        mode=None, accessories=list(Accessory), signature=Signature.SIGNED, contact_name="-", contact_phone="-"
    )
    standing = refusals(services.counter(session, case, scanned, ticked))
    cap = price_cap_cents(device.origin, device.form)
    accepted = load(case.need.answers).contribution_cents if case.need.recipient is Recipient.HOUSEHOLD else None
    return render_template(
        "handover/show.html",
        case=case,
        form=form,
        scanned=scanned,
        standing=standing,
        reasons=reasons or [],
        sentence=sentence,
        closed={mode: words.MODE_REASONS[why] for mode, why in verdicts.items() if why},
        words=words,
        details={mode.value: words.MODE_DETAILS[mode] for mode in Mode},
        signature_details={each.value: words.SIGNATURE_DETAILS[each] for each in Signature},
        cap=min(cap, accepted) if accepted else cap,
        rules=RULES.version,
        title=title,
        place=place_line(session, case.place),
        year=add_months(today(), 12),
        may_perform=actor().can(Permission.HANDOVER_PERFORM),
        may_plan=actor().can(Permission.HANDOVER_PLAN),
        may_prepare=actor().can(Permission.HANDOVER_PREPARE) or actor().can(Permission.DEVICE_CHANGE_STATUS),
        Mode=Mode,
        Status=Status,
    )


def _performed(session: Session, handover: Handover, form: ReturnForm) -> str:
    device: Device = handover.device
    place: Place | None = handover.place
    return render_template(
        "handover/performed.html",
        handover=handover,
        device=device,
        title=title(device),
        place=place_line(session, place),
        papers=documents.of_subject(session, "handover", handover.id, with_void=True),
        kind_word=kind_word,
        form=form,
        words=words,
        is_out=services.is_out(device) and handover.returned_at is None,
        may_return=actor().can(Permission.HANDOVER_PERFORM) or actor().can(Permission.DEVICE_CHANGE_STATUS),
        ReturnMotive=ReturnMotive,
    )
