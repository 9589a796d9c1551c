"""The bench: what waits, the installation, the control, and what the workshop chooses."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from refurb.core import checklist
from refurb.core.locks import WAIT_DAYS, is_over
from refurb.core.permissions import Permission
from refurb.core.steps import OPTIONAL_STEPS
from refurb.core.workflow import Action, SecondPerson, TransitionRefused
from refurb.db import get_session
from refurb.devices import queries as devices
from refurb.devices.forms import options
from refurb.devices.models import Device, Grade
from refurb.devices.views import found, page_of, sentence
from refurb.devices.words import MEDIUM_STATES
from refurb.organisations import queries as organisations
from refurb.organisations.models import PlaceKind
from refurb.security import actor, requires
from refurb.web import now, today
from refurb.workshop import bench, locks, photos, queries, services
from refurb.workshop.forms import InstallForm, PlaceForm, SettingsForm, SystemForm, control_form
from refurb.workshop.models import DevicePhoto, OperatingSystem
from refurb.workshop.refusals import WorkshopRefused
from refurb.workshop.words import POINTS, QUEUES, REFUSALS

bp = Blueprint("workshop", __name__, url_prefix="/workshop")

#: A system whose updates end within half a year is a poor gift.
SOON = timedelta(days=180)


def own() -> int:
    """Return the workshop that the actor acts for."""
    organisation_id = actor().organisation_id
    if organisation_id is None:
        abort(404)
    return organisation_id


@bp.get("")
@requires(Permission.DEVICE_CHANGE_STATUS)
def todo() -> ResponseReturnValue:
    """What waits at each step of the workshop, the fullest first in the order of the line."""
    session = get_session()
    waiting = [queue for queue in queries.queues(session, own()) if queue.count]
    to_settle = queries.for_a_controller(session, own()) if actor().can(Permission.MEDIUM_ACCEPT) else []
    copies = bench.copied(session, own())
    return render_template(
        "workshop/todo.html",
        queues=waiting,
        QUEUES=QUEUES,
        to_settle=to_settle,
        copies=copies,
        MEDIUM_STATES=MEDIUM_STATES,
    )


@bp.route("/<code>/install", methods=["GET", "POST"])
@requires(Permission.DEVICE_CHANGE_STATUS)
def install(code: str) -> ResponseReturnValue:
    """Note the system put on a machine."""
    session = get_session()
    device, form = found(session, code), InstallForm()
    systems = queries.systems(session)
    form.os_id.choices = options((system.id, f"{system.name} {system.release}") for system in systems)
    if request.method == "GET":
        settings = queries.settings_of(session, device.holder_id)
        form.os_id.data = settings.default_os_id if settings is not None else None
    if form.validate_on_submit():
        system = session.get_one(OperatingSystem, form.os_id.data)
        try:
            services.install(session, device, system, first_boot=form.first_boot.data, by=actor(), at=now())
        except TransitionRefused as refused:
            session.rollback()
            return page_of(found(session, code), refusal=sentence(refused))
        session.commit()
        flash(_("Le système est noté : %(system)s.", system=f"{system.name} {system.release}"), "done")
        return redirect(url_for("devices.show", code=code), 303)
    ending = {system.id: system.end_of_support for system in systems if system.end_of_support}
    body = render_template(
        "workshop/install.html", device=device, form=form, ending=ending, soon=today() + SOON, systems=systems
    )
    return body, 422 if form.errors else 200


@bp.route("/<code>/control", methods=["GET", "POST"])
@requires(Permission.DEVICE_CONTROL)
def control(code: str) -> ResponseReturnValue:
    """The control's one page, ticked with the machine in hand."""
    session = get_session()
    device = found(session, code)
    ticks = bench.ticks_of(session, device)
    form = control_form(
        device.form, charger=device.charger, ticks={code: row.tick.value for code, row in ticks.items()}
    )
    if request.method == "GET":
        form.grade.data = device.cosmetic_grade.value if device.cosmetic_grade else None
        form.defects.data = device.defects
    if form.validate_on_submit():
        told = {point.code: form[f"tick_{point.code}"].data for point in checklist.points_for(device.form)}
        try:
            page, _moved = services.control(
                session,
                device,
                ticks=told,
                grade=Grade(form.grade.data),
                charger=form["charger"].data if "charger" in form else None,
                defects=form.defects.data,
                by=actor(),
                at=now(),
            )
        except TransitionRefused as refused:
            session.rollback()
            return page_of(found(session, code), refusal=sentence(refused))
        session.commit()
        if page.passed:
            flash(_("Contrôle réussi."), "done")
        else:
            failed = [str(POINTS[point]) for point, tick in told.items() if tick == checklist.Tick.FAILED]
            flash(_("Le contrôle n'est pas réussi ; à reprendre : %(points)s.", points=" ; ".join(failed)), "refused")
        return redirect(url_for("devices.show", code=code), 303)
    points = [form[f"tick_{point.code}"] for point in checklist.points_for(device.form)]
    body = render_template("workshop/control.html", device=device, form=form, points=points, ticked=len(ticks))
    return body, 422 if form.errors else 200


@bp.route("/settings", methods=["GET", "POST"])
@requires(Permission.WORKSHOP_SETTINGS)
def settings() -> ResponseReturnValue:
    """What the workshop chooses: the steps it scans, who controls, what it installs."""
    session = get_session()
    form, chosen = SettingsForm(), queries.settings_of(session, own())
    form.default_os_id.choices = options(
        ((system.id, f"{system.name} {system.release}") for system in queries.systems(session)),
        _("Aucun : le système est toujours demandé"),
    )
    if request.method == "GET":
        steps = queries.scanned_steps(session, own())
        form.scanned_steps.data = [action.value for action in (OPTIONAL_STEPS if steps is None else steps)]
        form.second_person.data = (chosen.second_person if chosen else SecondPerson.PREFERRED).value
        form.default_os_id.data = chosen.default_os_id if chosen else None
        form.lock_days.data = chosen.lock_days if chosen else WAIT_DAYS
    if form.validate_on_submit():
        services.choose(
            session,
            own(),
            scanned_steps=[Action(value) for value in form.scanned_steps.data],
            second_person=SecondPerson(form.second_person.data),
            default_os_id=form.default_os_id.data,
            lock_days=form.lock_days.data,
            by=actor(),
            at=now(),
        )
        session.commit()
        flash(_("Les choix de l'atelier sont enregistrés."), "done")
        return redirect(url_for(".settings"), 303)
    return render_template("workshop/settings.html", form=form), 422 if form.errors else 200


@bp.get("/systems")
@requires(Permission.WORKSHOP_SETTINGS, Permission.SETTINGS_EDIT)
def systems() -> ResponseReturnValue:
    """The catalogue of systems, with the end of their updates."""
    found_systems = queries.systems(get_session(), offered=False)
    return render_template("workshop/systems.html", systems=found_systems, soon=today() + SOON)


@bp.route("/systems/new", methods=["GET", "POST"])
@bp.route("/systems/<int:system_id>", methods=["GET", "POST"])
@requires(Permission.WORKSHOP_SETTINGS, Permission.SETTINGS_EDIT)
def edit_system(system_id: int | None = None) -> ResponseReturnValue:
    """Add a system to the catalogue, or put one right."""
    session = get_session()
    system = None
    if system_id is not None:
        system = session.get(OperatingSystem, system_id) or abort(404)
    form = SystemForm(obj=system)
    if form.validate_on_submit():
        try:
            services.save_system(
                session,
                name=form.name.data,
                release=form.release.data,
                family=form.family.data,
                end_of_support=form.end_of_support.data,
                is_offered=form.is_offered.data,
                by=actor(),
                at=now(),
                system=system,
            )
        except WorkshopRefused as refused:
            form.release.errors = [str(REFUSALS[refused.code])]
        else:
            session.commit()
            flash(_("Le catalogue est à jour."), "done")
            return redirect(url_for(".systems"), 303)
    return render_template("workshop/edit_system.html", form=form, system=system), 422 if form.errors else 200


@bp.route("/places", methods=["GET", "POST"])
@requires(Permission.PLACE_EDIT)
def places() -> ResponseReturnValue:
    """The shelves of one's organisation, with what stands on each."""
    session, form = get_session(), PlaceForm()
    if form.validate_on_submit():
        wrong = _add_places(session, form.names.data.splitlines())
        if not wrong:
            session.commit()
            flash(_("Les places sont créées : imprimez leurs cartes et collez-les."), "done")
            return redirect(url_for(".places"), 303)
        session.rollback()
        form.names.errors = wrong
    body = render_template(
        "workshop/places.html",
        places=organisations.places_of(session, own()),
        counts=devices.counts_by_place(session, own()),
        form=form,
    )
    return body, 422 if form.errors else 200


def _add_places(session: Session, names: list[str]) -> list[str]:
    """Add the places; return a sentence for each name that is taken."""
    wrong = []
    for name in dict.fromkeys(name.strip()[:300] for name in names if name.strip()):
        try:
            services.save_place(session, name=name, kind=PlaceKind.SHELF, by=actor(), at=now())
        except WorkshopRefused as refused:
            wrong.append(f"{name} : {REFUSALS[refused.code]}")
    return wrong


@bp.app_context_processor
def bench_words() -> dict[str, Any]:
    """The photos of a machine and the copies of its system, wherever its page is shown."""
    return {"photos_of": _photos_of, "copies_of": _copies_of, "lock_of": _lock_of}


def _photos_of(device: Device) -> Sequence[DevicePhoto]:
    return photos.of_device(get_session(), device.id)


def _lock_of(device: Device) -> dict[str, Any] | None:
    """Return until when a locked machine waits for its giver, and whether that is over; None where nobody is asked."""
    request = locks.request_of(get_session(), device)
    return {"parts_on": request.parts_on, "over": is_over(today(), request.parts_on)} if request is not None else None


def _copies_of(device: Device) -> list[bench.Clone]:
    return bench.clones(get_session(), device)


# The bench page, the locked machines and the sticks are on the same blueprint, in modules of their own.
from refurb.workshop import bench_views, lock_views, stick_views  # noqa: E402, F401 - they add their routes to `bp`
