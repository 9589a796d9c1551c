"""The bench page, made for a phone held beside the machine: what it is, what to look at, what to do next."""

from collections.abc import Iterable
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from refurb import blobs
from refurb.core import checklist, guidance
from refurb.core.checklist import ChecklistRefused
from refurb.core.identity import CodeKind, kind_of
from refurb.core.identity import read as read_code
from refurb.core.imei import ImeiRefused
from refurb.core.permissions import Permission
from refurb.core.pocket import ResetRefused
from refurb.core.workflow import Action, TransitionRefused
from refurb.db import get_session
from refurb.devices import queries as devices
from refurb.devices.facts import known
from refurb.devices.media import AWAY
from refurb.devices.models import Device
from refurb.devices.report_words import next_step as lacks
from refurb.devices.services import DeviceRefused
from refurb.devices.views import ASKING, ELSEWHERE, found, sentence
from refurb.devices.words import ACTIONS, WAITS
from refurb.devices.words import REFUSALS as DEVICE_REFUSALS
from refurb.matching import queries as matching
from refurb.security import actor, requires
from refurb.web import now
from refurb.workshop import bench as services
from refurb.workshop import diagnosis, locks, photos, pocket, words
from refurb.workshop.bench_forms import PHOTOS, CodeForm, PhotosForm, PocketForm, ResetForm, ticks_form
from refurb.workshop.letters import NAMES
from refurb.workshop.refusals import WorkshopRefused
from refurb.workshop.views import bp

Refused = (TransitionRefused, DeviceRefused, WorkshopRefused, ResetRefused, ImeiRefused, ChecklistRefused)


def told(refused: Any) -> str:
    """Return the sentence of a refusal of the bench, or of the machines' area."""
    return str(words.REFUSALS[refused.code]) if refused.code in words.REFUSALS else sentence(refused)


def by_text(session: Session, text: str) -> Device | None:
    """Return the one machine that a scan names: by its code, its serial, an old number or an IMEI."""
    reading = read_code(text)
    if reading.code is not None and kind_of(reading.code) is CodeKind.DEVICE:
        return devices.by_code(session, reading.code, seen_by=actor())
    by_serial = devices.by_serial(session, text, seen_by=actor())
    alike = {device.id: device for device in (*by_serial, *devices.by_alias(session, text, seen_by=actor()))}
    return next(iter(alike.values())) if len(alike) == 1 else None


@bp.route("/bench", methods=["GET", "POST"])
@requires(Permission.DEVICE_CHANGE_STATUS)
def bench_index() -> ResponseReturnValue:
    """Scan a machine to see it on the bench."""
    form = CodeForm()
    if form.validate_on_submit():
        device = by_text(get_session(), form.code.data or "")
        if device is not None:
            return redirect(url_for(".bench", code=device.code), 303)
        form.code.errors = [_("Aucune machine de l'atelier ne porte ce code, ou plusieurs : scannez son étiquette.")]
    return render_template("workshop/bench_index.html", form=form), 422 if form.errors else 200


@bp.get("/bench/<code>")
@requires(Permission.DEVICE_CHANGE_STATUS)
def bench(code: str) -> ResponseReturnValue:
    """One machine, as one works on it."""
    return page(found(get_session(), code))


def page(device: Device, *, refusal: str | None = None, **forms: FlaskForm) -> ResponseReturnValue:
    """Show the bench page; with the sentence of a refused deed, or with a form to put right, as 422."""
    session, who = get_session(), actor()
    asked = known(session, device, by=who)
    facts, scanned = asked.facts, asked.scanned
    step = guidance.next_step(device.status, facts, scanned)
    ticks = services.ticks_of(session, device)
    values = {code: row.tick.value for code, row in ticks.items()}
    form = forms.get("ticks_form") or ticks_form(device.form, values)
    run = services.running(session, device, at=now())
    given: dict[str, Any] = {
        "photos_form": PhotosForm(formdata=None, prefix="photos"),
        "reset_form": ResetForm(formdata=None, prefix="reset"),
        "pocket_form": _pocket_form(session, device),
    } | forms
    points = checklist.points_for(device.form)
    body = render_template(
        "workshop/bench.html",
        device=device,
        facts=facts,
        step=step,
        decider=guidance.decider(step, who.permissions),
        offered=[
            action
            for action in guidance.allowed_actions(device.status, facts, scanned, who.permissions)
            if action not in ELSEWHERE
        ],
        asking=ASKING,
        reservation=matching.open_reservation(session, device.id),
        back="bench",
        refusal=refusal,
        here=device.status not in AWAY,
        said=diagnosis.diagnosis(session, device),
        serves=diagnosis.serves(device),
        lacks=lacks(device.missing),
        seen_locks=diagnosis.lock_kinds(session, device),
        open_locks=locks.open_locks(session, device.id) if device.status == "locked" else [],
        request_to_giver=locks.request_of(session, device) if device.status == "locked" else None,
        LOCKS=NAMES,
        run=run,
        question=services.open_question(session, run),
        ticks=ticks,
        ticked=len(values),
        points=[form[f"tick_{point.code}"] for point in points],
        pictures=photos.of_device(session, device.id),
        is_pocket=device.form in pocket.POCKET,
        pocket=pocket.check_of(session, device.id),
        attestation=pocket.attestation_of(session, device.id),
        PHOTOS=PHOTOS,
        QUESTIONS=words.QUESTIONS,
        ACTIONS=ACTIONS,
        WAITS=WAITS,
        REFUSALS=DEVICE_REFUSALS,
        Action=Action,
        **(given | {"ticks_form": form}),
    )
    return body, 422 if refusal or any(form.errors for form in given.values()) else 200


def _pocket_form(session: Session, device: Device) -> PocketForm:
    form = PocketForm(formdata=None, prefix="pocket")
    check = pocket.check_of(session, device.id)
    if check is not None:
        form.imei.data, form.imei2.data, form.account.data = check.imei, check.imei2, check.account
        form.operator_locked.data, form.cards_removed.data = _three(check.operator_locked), _three(check.cards_removed)
    return form


def _three(value: bool | None) -> str:
    return {True: "yes", False: "no"}.get(value, "") if value is not None else ""


def _known(text: str | None) -> bool | None:
    return {"yes": True, "no": False}.get(text or "")


def _refused(code: str, refused: Any, **forms: FlaskForm) -> ResponseReturnValue:
    get_session().rollback()
    return page(found(get_session(), code), refusal=told(refused), **forms)


def _back(code: str, anchor: str | None = None) -> ResponseReturnValue:
    return redirect(url_for(".bench", code=code, _anchor=anchor), 303)


# -- Ticks and the agent's questions ----------------------------------------------------------------------------------
@bp.post("/bench/<code>/ticks")
@requires(Permission.DEVICE_CHANGE_STATUS)
def bench_ticks(code: str) -> ResponseReturnValue:
    """Keep the points that were looked at; the others wait."""
    session = get_session()
    device = found(session, code)
    form = ticks_form(device.form, {})
    given = {point.code: form[f"tick_{point.code}"].data for point in checklist.points_for(device.form)}
    ticks = {point: value for point, value in given.items() if value not in (None, "", "None")}
    form.validate()
    try:
        services.tick(session, device, ticks, by=actor(), at=now(), again=False)
    except Refused as refused:
        return _refused(code, refused)
    session.commit()
    flash(_("Les essais sont notés."), "done")
    return _back(code)


@bp.post("/bench/<code>/answer")
@requires(Permission.DEVICE_CHANGE_STATUS)
def bench_answer(code: str) -> ResponseReturnValue:
    """Answer the question that the agent stands at on the machine's own screen."""
    session = get_session()
    device = found(session, code)
    try:
        services.tick(
            session,
            device,
            {request.form.get("point", ""): request.form.get("tick", "")},
            by=actor(),
            at=now(),
        )
    except Refused as refused:
        return _refused(code, refused)
    session.commit()
    return _back(code)


@bp.get("/bench/<code>/agent")
@requires(Permission.DEVICE_CHANGE_STATUS)
def bench_agent(code: str) -> ResponseReturnValue:
    """Give the question of the agent alone, for a page that waits for it."""
    session = get_session()
    device = found(session, code)
    run = services.running(session, device, at=now())
    return render_template(
        "workshop/_agent.html",
        device=device,
        run=run,
        question=services.open_question(session, run),
        QUESTIONS=words.QUESTIONS,
    )


# -- Photos -----------------------------------------------------------------------------------------------------------
@bp.post("/bench/<code>/photos")
@requires(Permission.DEVICE_CHANGE_STATUS)
def add_photos(code: str) -> ResponseReturnValue:
    """Keep photos of a defect."""
    session = get_session()
    device, form = found(session, code), PhotosForm(prefix="photos")
    files = _files(form.photos.data)
    if not files:
        form.photos.errors = [_("Choisissez au moins une photo.")]
    if not form.validate() or not files:
        form.photos.errors = [*form.photos.errors] if files else [_("Choisissez au moins une photo.")]
        return page(device, photos_form=form)
    # The pictures are cut before anything is locked: on SQLite nobody's scan waits for them.
    session.commit()
    try:
        kept = photos.add(session, device, files, note=form.note.data, by=actor(), at=now())
    except Refused as refused:
        return _refused(code, refused)
    session.commit()
    flash(_("%(count)s photo(s) gardée(s).", count=len(kept)), "done")
    return _back(code, "photos")


def _files(given: Iterable[FileStorage] | FileStorage | None) -> list[bytes]:
    files = [given] if isinstance(given, FileStorage) else list(given or ())
    return [data for file in files if isinstance(file, FileStorage) and (data := file.read())]


@bp.get("/photos/<int:photo_id>")
@requires(Permission.DEVICE_READ)
def photo(photo_id: int) -> ResponseReturnValue:
    """Give a photo's bytes."""
    session = get_session()
    kept = photos.by_id(session, photo_id, seen_by=actor()) or abort(404)
    if kept.sha256 is None:
        abort(404)
    answer = Response(blobs.get(session, kept.sha256), mimetype="image/jpeg")
    answer.headers["Cache-Control"] = "private, max-age=600"
    answer.headers["Content-Disposition"] = f'inline; filename="photo-{kept.id}.jpg"'
    return answer


@bp.post("/photos/<int:photo_id>/remove")
@requires(Permission.DEVICE_CHANGE_STATUS)
def remove_photo(photo_id: int) -> ResponseReturnValue:
    """Take a photo away for good."""
    session = get_session()
    kept = photos.by_id(session, photo_id, seen_by=actor()) or abort(404)
    device = devices.by_id(session, kept.device_id) or abort(404)
    try:
        photos.remove(session, kept, by=actor(), at=now())
    except Refused as refused:
        return _refused(device.code, refused)
    session.commit()
    flash(_("La photo est retirée."), "done")
    return _back(device.code, "photos")


# -- Tablets and telephones -------------------------------------------------------------------------------------------
@bp.post("/bench/<code>/pocket")
@requires(Permission.DEVICE_CHANGE_STATUS)
def note_pocket(code: str) -> ResponseReturnValue:
    """Write the IMEI, what holds it, and whether its cards are out."""
    session = get_session()
    device, form = found(session, code), PocketForm(prefix="pocket")
    if not form.validate():
        return page(device, pocket_form=form)
    try:
        pocket.note(
            session,
            device,
            imei=form.imei.data,
            imei2=form.imei2.data,
            account=form.account.data,
            operator_locked=_known(form.operator_locked.data),
            cards_removed=_known(form.cards_removed.data),
            by=actor(),
            at=now(),
        )
    except ImeiRefused as refused:
        session.rollback()
        form.imei.errors = [told(refused)]
        return page(found(session, code), pocket_form=form)
    except Refused as refused:
        return _refused(code, refused, pocket_form=form)
    session.commit()
    flash(_("C'est noté."), "done")
    return _back(code, "pocket")


@bp.post("/bench/<code>/reset")
@requires(Permission.MEDIUM_RECORD)
def attest_reset(code: str) -> ResponseReturnValue:
    """Attest that the machine was reset, with the photo of its first screen."""
    session = get_session()
    device, form = found(session, code), ResetForm(prefix="reset")
    files = _files(form.photo.data)
    if not form.validate() or not files:
        if not files:
            form.photo.errors = [_("Joignez la photo du premier écran : sans elle, rien n'est prouvé.")]
        return page(device, reset_form=form)
    try:
        wipe = pocket.attest_reset(session, device, method=form.method.data, picture=files[0], by=actor(), at=now())
    except Refused as refused:
        return _refused(code, refused, reset_form=form)
    session.commit()
    if wipe.outcome == "ok":
        flash(_("La remise à zéro est attestée : elle compte comme effacement de sa mémoire."), "done")
    else:
        flash(_("La remise à zéro est attestée avec une réserve : un contrôleur doit l'accepter."), "waits")
    return _back(code, "pocket")
