"""The disks of a machine: noted, wiped, accepted, destroyed, taken out, put in."""

from datetime import UTC
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from refurb.core.identity import CodeKind
from refurb.core.identity import read as read_code
from refurb.core.media import CLEAR_STATES, DOOMED_STATES, MediaRefused, MediumState, Outcome, WipeSource
from refurb.core.permissions import Permission
from refurb.core.workflow import TransitionRefused
from refurb.db import get_session
from refurb.devices import media, queries, report_words, wipes
from refurb.devices.forms import INTERRUPTED, MediumForm, PutInForm, ReasonForm, WipeForm
from refurb.devices.models import MediumKind, StorageMedium
from refurb.devices.services import DeviceRefused
from refurb.devices.views import bp, found, page_of, sentence
from refurb.devices.words import MEDIUM_KINDS, MEDIUM_STATES, METHODS, OUTCOMES, WIPE_SOURCES
from refurb.security import actor, requires
from refurb.web import now, zone


@bp.get("/media")
@requires(Permission.DEVICE_READ)
def loose_media() -> ResponseReturnValue:
    """The disks that were taken out of a machine and wait for another, or for the drill."""
    session = get_session()
    disks = [(disk, queries.medium_state(disk)) for disk in queries.loose_media(session, seen_by=actor())]
    return render_template(
        "devices/loose_media.html", disks=disks, MEDIUM_STATES=MEDIUM_STATES, MEDIUM_KINDS=MEDIUM_KINDS
    )


@bp.route("/<code>/media/new", methods=["GET", "POST"])
@requires(Permission.MEDIUM_RECORD)
def add_medium(code: str) -> ResponseReturnValue:
    """Note a disk found in the machine."""
    session = get_session()
    device, form = found(session, code), MediumForm()
    if form.validate_on_submit():
        try:
            medium = media.add(
                session,
                device,
                kind=MediumKind(form.kind.data),
                maker=form.maker.data,
                model=form.model.data,
                serial=form.serial.data,
                size_gb=form.size_gb.data,
                by=actor(),
                at=now(),
            )
        except DeviceRefused as refused:
            session.rollback()
            return page_of(found(session, code), refusal=sentence(refused))
        session.commit()
        flash(_("Le disque est noté : il reste à l'effacer."), "done")
        return redirect(url_for(".medium", medium_id=medium.id), 303)
    return render_template("devices/add_medium.html", device=device, form=form), 422 if form.errors else 200


@bp.post("/<code>/media/attest")
@requires(Permission.MEDIUM_RECORD)
def attest_media(code: str) -> ResponseReturnValue:
    """Attest that the disks noted, be it none, are all there is in the machine."""
    session = get_session()
    device = found(session, code)
    try:
        media.attest_media(session, device, by=actor(), at=now())
    except (DeviceRefused, TransitionRefused) as refused:
        session.rollback()
        return page_of(found(session, code), refusal=sentence(refused))
    session.commit()
    flash(_("C'est attesté : l'atelier a vu ce que contient la machine."), "done")
    return redirect(url_for(".show", code=code), 303)


@bp.get("/media/<int:medium_id>")
@requires(Permission.DEVICE_READ)
def medium(medium_id: int) -> ResponseReturnValue:
    """One disk: where it stands, its outcomes, and what may be done with it."""
    return _page(_found(get_session(), medium_id))


def _found(session: Session, medium_id: int) -> StorageMedium:
    return queries.medium_by_id(session, medium_id, seen_by=actor()) or abort(404)


def _page(disk: StorageMedium, *, refusal: str | None = None, **forms: Any) -> ResponseReturnValue:
    state = queries.medium_state(disk)
    given: dict[str, Any] = {
        "wipe_form": WipeForm(prefix="wipe"),
        "accept_form": ReasonForm(prefix="accept"),
        "destroy_form": ReasonForm(prefix="destroy"),
        "absent_form": ReasonForm(prefix="absent"),
        "put_in_form": PutInForm(prefix="into"),
    } | forms
    doubts = [wipe for wipe in disk.wipes if wipe.doubtful and "rejected" not in wipe.reasons]
    body = render_template(
        "devices/medium.html",
        medium=disk,
        device=disk.device,
        state=state,
        is_clear=state in CLEAR_STATES,
        acceptable=state is MediumState.RESERVATION,
        doomed=state in DOOMED_STATES,
        failed=state is MediumState.FAILED,
        reasons={
            w.id: " ".join(report_words.reason(code) for code in w.reasons if code != "rejected") for w in disk.wipes
        },
        doubts=doubts,
        wipes=sorted(disk.wipes, key=lambda wipe: (wipe.ended_at or wipe.recorded_at, wipe.id), reverse=True),
        refusal=refusal,
        MEDIUM_STATES=MEDIUM_STATES,
        MEDIUM_KINDS=MEDIUM_KINDS,
        METHODS=METHODS,
        OUTCOMES=OUTCOMES,
        WIPE_SOURCES=WIPE_SOURCES,
        **given,
    )
    wrong = refusal or any(form.errors for form in given.values())
    return body, 422 if wrong else 200


@bp.post("/media/<int:medium_id>/wipe")
@requires(Permission.MEDIUM_RECORD)
def record_wipe(medium_id: int) -> ResponseReturnValue:
    """Enter the outcome of a wipe by hand."""
    session = get_session()
    disk, form = _found(session, medium_id), WipeForm(prefix="wipe")
    if not form.validate():
        return _page(disk, wipe_form=form)
    at, ended_at = now(), form.ended_at.data
    if ended_at is not None:
        ended_at = ended_at.replace(tzinfo=zone()).astimezone(UTC)
        if ended_at > at or ended_at < disk.held_since:
            form.ended_at.errors = [_("Cette heure est dans l'avenir, ou d'avant l'arrivée de la machine.")]
            return _page(disk, wipe_form=form)
    interrupted = form.outcome.data == INTERRUPTED
    outcome = Outcome.FAILED if interrupted else Outcome(form.outcome.data)
    if form.method.data == wipes.NEW and disk.to_destroy and not actor().can(Permission.MEDIUM_ACCEPT):
        form.method.errors = [_("Le donateur demande la destruction : seul un contrôleur dit qu'un disque est à vous.")]
        return _page(disk, wipe_form=form)
    if outcome is not Outcome.OK and not interrupted and not form.reason.data:
        form.reason.errors = [_("Dites en quelques mots ce qui n'a pas été atteint.")]
        return _page(disk, wipe_form=form)
    back = _back(disk)
    wipes.record_wipe(
        session,
        disk,
        outcome=outcome,
        source=WipeSource.MANUAL,
        method=form.method.data,
        tool=form.tool.data,
        reasons=["aborted"] if interrupted else [form.reason.data] if form.reason.data else [],
        ended_at=ended_at,
        by=actor(),
        at=at,
    )
    session.commit()
    flash(_("Le résultat est enregistré."), "done")
    return redirect(back, 303)


@bp.post("/media/<int:medium_id>/accept")
@requires(Permission.MEDIUM_ACCEPT)
def accept_reservation(medium_id: int) -> ResponseReturnValue:
    """Accept a reservation, with a reason, as another person than the operator."""
    return _with_reason(medium_id, "accept")


@bp.post("/media/<int:medium_id>/destroy")
@requires(Permission.MEDIUM_ACCEPT)
def destroy_medium(medium_id: int) -> ResponseReturnValue:
    """Note that a disk was destroyed, and how: a controller's word, for nothing can be checked afterwards."""
    return _with_reason(medium_id, "destroy")


@bp.post("/media/<int:medium_id>/absent")
@requires(Permission.MEDIUM_ACCEPT)
def attest_absent(medium_id: int) -> ResponseReturnValue:
    """Attest that a disk that was noted is not there: a controller's word too."""
    return _with_reason(medium_id, "absent")


def _with_reason(medium_id: int, deed: str) -> ResponseReturnValue:
    session = get_session()
    disk, form = _found(session, medium_id), ReasonForm(prefix=deed)
    if not form.validate():
        return _page(disk, **{f"{deed}_form": form})
    reason, who, at, back = form.reason.data or "", actor(), now(), _back(disk)
    try:
        if deed == "accept":
            wipes.accept_reservation(session, disk, reason=reason, by=who, at=at)
        elif deed == "destroy":
            wipes.destroy(session, disk, method=reason, by=who, at=at)
        else:
            wipes.attest_absent(session, disk, reason=reason, by=who, at=at)
    except MediaRefused as refused:
        session.rollback()
        form.reason.errors = [sentence(refused)]
        return _page(_found(session, medium_id), **{f"{deed}_form": form})
    session.commit()
    flash(_("C'est noté."), "done")
    return redirect(back, 303)


@bp.post("/media/<int:medium_id>/settle/<int:wipe_id>")
@requires(Permission.MEDIUM_ACCEPT)
def settle_doubt(medium_id: int, wipe_id: int) -> ResponseReturnValue:
    """Say whether an outcome whose clock was wrong is believed."""
    session = get_session()
    disk = _found(session, medium_id)
    wipe, back = next((wipe for wipe in disk.wipes if wipe.id == wipe_id), None) or abort(404), _back(disk)
    try:
        wipes.settle_doubt(session, wipe, counts=request.form.get("counts") == "yes", by=actor(), at=now())
    except MediaRefused as refused:
        session.rollback()
        return _page(_found(session, medium_id), refusal=sentence(refused))
    session.commit()
    flash(_("C'est noté."), "done")
    return redirect(back, 303)


@bp.post("/media/<int:medium_id>/take-out")
@requires(Permission.MEDIUM_RECORD)
def take_out(medium_id: int) -> ResponseReturnValue:
    """Take a disk out of its machine."""
    session = get_session()
    disk = _found(session, medium_id)
    try:
        media.take_out(session, disk, by=actor(), at=now())
    except DeviceRefused as refused:
        session.rollback()
        return _page(_found(session, medium_id), refusal=sentence(refused))
    session.commit()
    flash(_("Le disque est sorti de la machine : il garde sa propre histoire."), "done")
    return redirect(url_for(".medium", medium_id=medium_id), 303)


@bp.post("/media/<int:medium_id>/put-in")
@requires(Permission.MEDIUM_RECORD)
def put_in(medium_id: int) -> ResponseReturnValue:
    """Put a loose disk into a machine, scanned or typed."""
    session = get_session()
    disk, form = _found(session, medium_id), PutInForm(prefix="into")
    if not form.validate():
        return _page(disk, put_in_form=form)
    reading = read_code(form.code.data)
    device = None
    if reading.code is not None and reading.code[0] == CodeKind.DEVICE.value:
        device = queries.by_code(session, reading.code, seen_by=actor())
    if device is None:
        form.code.errors = [_("Aucune de vos machines ne porte ce code.")]
        return _page(disk, put_in_form=form)
    try:
        media.put_in(session, disk, device, by=actor(), at=now())
    except DeviceRefused as refused:
        session.rollback()
        return _page(_found(session, medium_id), refusal=sentence(refused))
    session.commit()
    flash(_("Le disque est dans la machine."), "done")
    return redirect(url_for(".show", code=device.code), 303)


def _back(disk: StorageMedium) -> str:
    if disk.device is not None:
        return url_for(".show", code=disk.device.code, _anchor="media")
    return url_for(".medium", medium_id=disk.id)
