"""Locked machines: noting what holds one, the list per gift with what was asked, writing, waiting, giving up."""

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from refurb.core.locks import LockKind
from refurb.core.permissions import Permission
from refurb.core.workflow import Action, Status, TransitionRefused
from refurb.db import get_session
from refurb.devices import services as devices
from refurb.devices.views import found, sentence
from refurb.donations import links
from refurb.security import actor, requires
from refurb.web import now, today
from refurb.workshop import diagnosis, letters, locks
from refurb.workshop.bench_forms import CodeForm, LockForm, PartsDateForm
from refurb.workshop.bench_views import by_text, told
from refurb.workshop.models import ReleaseRequest
from refurb.workshop.refusals import WorkshopRefused
from refurb.workshop.views import bp, own


@bp.route("/<code>/lock", methods=["GET", "POST"])
@requires(Permission.DEVICE_CHANGE_STATUS)
def lock(code: str) -> ResponseReturnValue:
    """Say what holds a machine, and set it aside until its giver lifts it."""
    session = get_session()
    device, form = found(session, code), LockForm()
    if not form.is_submitted():
        form.kinds.data = [kind.value for kind in diagnosis.lock_kinds(session, device)]
    if form.validate_on_submit():
        kinds = [LockKind(kind) for kind in form.kinds.data or ()]
        try:
            locks.put_under(session, device, kinds, by=actor(), at=now(), motive=form.motive.data)
        except (TransitionRefused, WorkshopRefused) as refused:
            session.rollback()
            form.kinds.errors = [told(refused)]
            device = found(session, code)
        else:
            session.commit()
            flash(_("La machine est bloquée : le donateur sera prié de la libérer."), "done")
            return redirect(url_for(".bench", code=code), 303)
    body = render_template("workshop/lock.html", device=device, form=form, is_locked=device.status is Status.LOCKED)
    return body, 422 if form.errors else 200


@bp.get("/locked")
@requires(Permission.DEVICE_CHANGE_STATUS)
def locked() -> ResponseReturnValue:
    """The locked machines of the workshop, by gift, with where each request stands."""
    return _page(get_session())


def _page(
    session: Session,
    *,
    code_form: CodeForm | None = None,
    date_form: PartsDateForm | None = None,
    refusal: str | None = None,
) -> ResponseReturnValue:
    gifts = locks.gifts(session, own())
    body = render_template(
        "workshop/locked.html",
        gifts=gifts,
        count=sum(len(gift.machines) for gift in gifts),
        reachable={gift.lot.id: bool(links.addresses(session, gift.lot)) for gift in gifts if gift.lot is not None},
        steps={gift.lot.id: letters.steps_for(gift.machines) for gift in gifts if gift.lot is not None},
        NAMES=letters.NAMES,
        today=today(),
        code_form=code_form or CodeForm(formdata=None),
        refusal=refusal,
    )
    return body, 422 if refusal or (code_form is not None and code_form.errors) else 200


@bp.post("/locked/release")
@requires(Permission.DEVICE_CHANGE_STATUS)
def release() -> ResponseReturnValue:
    """Lift the lock of the machine that is scanned; the next scan follows."""
    session, form = get_session(), CodeForm()
    if not form.validate():
        return _page(session, code_form=form)
    device = by_text(session, form.code.data or "")
    if device is None:
        form.code.errors = [_("Aucune machine de l'atelier ne porte ce code, ou plusieurs : scannez son étiquette.")]
        return _page(session, code_form=form)
    if device.status is not Status.LOCKED:
        form.code.errors = [_("Cette machine n'est pas bloquée.")]
        return _page(session, code_form=form)
    try:
        devices.move(session, device, Action.UNLOCK, by=actor(), at=now())
    except TransitionRefused as refused:
        session.rollback()
        form.code.errors = [sentence(refused)]
        return _page(session, code_form=form)
    session.commit()
    flash(_("Le verrou est levé : la machine reprend où elle en était."), "done")
    return redirect(url_for(".locked"), 303)


def _request(session: Session, request_id: int) -> ReleaseRequest:
    return locks.request_by_id(session, request_id, holder_id=own()) or abort(404)


@bp.post("/locked/<int:request_id>/write")
@requires(Permission.DEVICE_CHANGE_STATUS)
def write(request_id: int) -> ResponseReturnValue:
    """Write to the giver now."""
    session = get_session()
    sent = letters.send_now(session, _request(session, request_id), by=actor(), at=now())
    if not sent:
        session.rollback()
        return _page(session, refusal=_("Personne à qui écrire : ce don n'a pas d'adresse, ou plus rien n'est bloqué."))
    session.commit()
    flash(
        ngettext(
            "Le donateur est prié de libérer ses machines.",
            "%(num)s contacts du donateur sont priés de libérer leurs machines.",
            sent,
        ),
        "done",
    )
    return redirect(url_for(".locked"), 303)


@bp.post("/locked/<int:request_id>/date")
@requires(Permission.DEVICE_CHANGE_STATUS)
def change_date(request_id: int) -> ResponseReturnValue:
    """Wait until another date."""
    session = get_session()
    request, form = _request(session, request_id), PartsDateForm(prefix=f"lot{request_id}")
    if not form.validate():
        return _page(session, refusal=" ".join(str(error) for error in form.parts_on.errors))
    try:
        locks.set_date(session, request, form.parts_on.data, by=actor(), at=now())
    except WorkshopRefused as refused:
        session.rollback()
        return _page(session, refusal=told(refused))
    session.commit()
    flash(_("La date est changée."), "done")
    return redirect(url_for(".locked"), 303)


@bp.post("/locked/<int:request_id>/parts")
@requires(Permission.DEVICE_CHANGE_STATUS)
def give_up(request_id: int) -> ResponseReturnValue:
    """Send the machines of a gift to parts, its date past."""
    session = get_session()
    try:
        gone, kept = locks.give_up(session, _request(session, request_id), today=today(), by=actor(), at=now())
    except WorkshopRefused as refused:
        session.rollback()
        return _page(session, refusal=told(refused))
    session.commit()
    if gone:
        flash(ngettext("%(num)s machine est pour pièces.", "%(num)s machines sont pour pièces.", len(gone)), "done")
    if kept:
        flash(
            ngettext(
                "%(num)s machine reste : un disque n'est pas effacé, ou pas connu. Sortez-le ou effacez-le d'abord.",
                "%(num)s machines restent : un disque n'est pas effacé, ou pas connu. Sortez-le ou effacez-le d'abord.",
                len(kept),
            ),
            "waits",
        )
    return redirect(url_for(".locked"), 303)
