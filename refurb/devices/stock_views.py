"""Sets, chargers and parts: what goes with a machine, and what is only counted."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from refurb.core.equipment import NEEDS_SET
from refurb.core.identity import CodeKind
from refurb.core.identity import read as read_code
from refurb.core.permissions import Permission
from refurb.db import get_session
from refurb.devices import queries, sets, stock
from refurb.devices.forms import MovePartForm, PartForm, SetForm, StockForm, options
from refurb.devices.models import CountedStock, Device, DeviceSet
from refurb.devices.services import DeviceRefused
from refurb.devices.views import bp, found, page_of, place_choices, sentence
from refurb.devices.words import STATUSES, STOCK_KINDS
from refurb.security import actor, requires
from refurb.web import now


@bp.route("/<code>/set", methods=["GET", "POST"])
@requires(Permission.DEVICE_EDIT)
def assemble(code: str) -> ResponseReturnValue:
    """Put a base unit, its screen and what goes with them under one code."""
    session = get_session()
    device = found(session, code)
    if device.form not in NEEDS_SET:
        abort(404)
    current = queries.set_of(session, device.id)
    form = SetForm(data=_told(current))
    if request.method == "GET" and current is None:
        form.has_keyboard.data = form.has_mouse.data = form.has_cables.data = True
    if form.validate_on_submit():
        monitor, wrong = _monitor(session, form.monitor.data or "")
        if wrong:
            form.monitor.errors = [wrong]
        else:
            try:
                sets.assemble(
                    session,
                    device,
                    monitor=monitor,
                    has_monitor=form.has_monitor.data,
                    has_keyboard=form.has_keyboard.data,
                    has_mouse=form.has_mouse.data,
                    has_cables=form.has_cables.data,
                    by=actor(),
                    at=now(),
                )
            except DeviceRefused as refused:
                session.rollback()
                form.monitor.errors = [sentence(refused)]
                device = found(session, code)
                current = queries.set_of(session, device.id)
            else:
                session.commit()
                if queries.set_is_complete(session, device.id):
                    flash(_("Le poste est complet."), "done")
                else:
                    flash(_("Le poste est noté ; il n'est pas encore complet."), "waits")
                return redirect(url_for(".show", code=code), 303)
    body = render_template("devices/assemble.html", device=device, assembled=current, form=form, STATUSES=STATUSES)
    return body, 422 if form.errors else 200


def _told(current: DeviceSet | None) -> dict[str, object]:
    """Return what the form shows of a set that was put together already."""
    if current is None:
        return {}
    screen = current.monitor
    return {
        "monitor": screen.code if screen is not None else "",
        "has_monitor": current.has_monitor and screen is None,
        "has_keyboard": current.has_keyboard,
        "has_mouse": current.has_mouse,
        "has_cables": current.has_cables,
    }


def _monitor(session: Session, text: str) -> tuple[Device | None, str | None]:
    """Return the screen that was scanned or typed, or why there is none."""
    if not text:
        return None, None
    reading = read_code(text)
    if reading.code is None or reading.code[0] != CodeKind.DEVICE.value:
        return None, _("Ce n'est pas le code d'une machine.")
    monitor = queries.by_code(session, reading.code, seen_by=actor())
    return monitor, None if monitor else _("Aucune de vos machines ne porte ce code.")


@bp.post("/<code>/set/dissolve")
@requires(Permission.DEVICE_EDIT)
def dissolve(code: str) -> ResponseReturnValue:
    """Take a set apart."""
    session = get_session()
    device = found(session, code)
    current = queries.set_of(session, device.id) or abort(404)
    try:
        sets.dissolve(session, current, by=actor(), at=now())
    except DeviceRefused as refused:
        session.rollback()
        return page_of(found(session, code), refusal=sentence(refused))
    session.commit()
    flash(_("Le poste est défait."), "done")
    return redirect(url_for(".show", code=code), 303)


@bp.route("/<code>/parts", methods=["GET", "POST"])
@requires(Permission.STOCK_COUNT)
def parts(code: str) -> ResponseReturnValue:
    """Move parts between the shelf and a machine."""
    session = get_session()
    device, form = found(session, code), PartForm()
    lines = _part_lines(session, device, form)
    if form.validate_on_submit():
        line = queries.stock_by_id(session, form.stock_id.data, seen_by=actor()) or abort(404)
        deed = stock.fit if form.way.data == "fit" else stock.salvage
        try:
            deed(session, line, device, quantity=form.quantity.data, by=actor(), at=now())
        except DeviceRefused as refused:
            session.rollback()
            form.stock_id.errors = [sentence(refused)]
            device = found(session, code)
        else:
            session.commit()
            flash(_("La pièce est notée."), "done")
            return redirect(url_for(".show", code=code), 303)
    return _parts_page(device, form, MovePartForm(formdata=None, prefix="from"), lines)


def _part_lines(session: Session, device: Device, form: PartForm) -> list[CountedStock]:
    lines = [line for line in queries.stock_of(session, device.holder_id) if line.kind in stock.PARTS]
    form.stock_id.choices = options(
        (line.id, f"{STOCK_KINDS[line.kind]} {line.detail} ({line.quantity})".replace("  ", " ")) for line in lines
    )
    return lines


def _parts_page(
    device: Device, form: PartForm, move_form: MovePartForm, lines: list[CountedStock]
) -> ResponseReturnValue:
    body = render_template("devices/parts.html", device=device, form=form, move_form=move_form, lines=lines)
    return body, 422 if form.errors or move_form.errors else 200


@bp.post("/<code>/parts/from")
@requires(Permission.STOCK_COUNT)
def part_from(code: str) -> ResponseReturnValue:
    """Put a part taken from another machine into this one."""
    session = get_session()
    device, form = found(session, code), MovePartForm(prefix="from")
    shelf = PartForm(formdata=None)
    lines = _part_lines(session, device, shelf)
    if not form.validate():
        return _parts_page(device, shelf, form, lines)
    reading = read_code(form.code.data)
    source = None
    if reading.code is not None and reading.code[0] == CodeKind.DEVICE.value:
        source = queries.by_code(session, reading.code, seen_by=actor())
    if source is None:
        form.code.errors = [_("Aucune de vos machines ne porte ce code.")]
        return _parts_page(device, shelf, form, lines)
    try:
        stock.move_between(
            session,
            source,
            device,
            form.kind.data,
            detail=form.detail.data or "",
            serial=form.serial.data,
            quantity=form.quantity.data,
            by=actor(),
            at=now(),
        )
    except DeviceRefused as refused:
        session.rollback()
        form.code.errors = [sentence(refused)]
        device = found(session, code)
        return _parts_page(device, shelf, form, _part_lines(session, device, shelf))
    session.commit()
    flash(_("La pièce est notée dans l'histoire des deux machines."), "done")
    return redirect(url_for(".show", code=code), 303)


@bp.get("/stock")
@requires(Permission.STOCK_COUNT)
def counted() -> ResponseReturnValue:
    """What is only counted: how many of what, where."""
    return _stock_page(get_session(), StockForm())


def _stock_page(session: Session, form: StockForm, *, refusal: str | None = None) -> ResponseReturnValue:
    organisation_id = actor().organisation_id
    if organisation_id is None:
        abort(404)
    form.place_id.choices = options(place_choices(session, organisation_id), _("Sans place"))
    body = render_template(
        "devices/counted.html",
        lines=queries.stock_of(session, organisation_id),
        form=form,
        STOCK_KINDS=STOCK_KINDS,
        refusal=refusal,
    )
    return body, 422 if refusal or form.errors else 200


@bp.post("/stock")
@requires(Permission.STOCK_COUNT)
def add_stock() -> ResponseReturnValue:
    """Count a line that is new, or count one again."""
    session, form, who = get_session(), StockForm(), actor()
    if who.organisation_id is None:
        abort(404)
    form.place_id.choices = options(place_choices(session, who.organisation_id), _("Sans place"))
    if not form.validate():
        return _stock_page(session, form)
    if form.kind.data == "charger" and not (form.connector.data or form.watts.data):
        form.connector.errors = [_("Dites le connecteur, les watts, ou les deux.")]
        return _stock_page(session, form)
    line = stock.line(
        session,
        who.organisation_id,
        form.kind.data,
        detail=form.detail.data or "",
        connector=form.connector.data or None,
        watts=form.watts.data,
        place_id=form.place_id.data,
    )
    stock.count(session, line, form.quantity.data, by=who, at=now())
    session.commit()
    flash(_("C'est compté."), "done")
    return redirect(url_for(".counted"), 303)


@bp.post("/stock/<int:stock_id>")
@requires(Permission.STOCK_COUNT)
def change_stock(stock_id: int) -> ResponseReturnValue:
    """Add one, take one, or write what was counted."""
    session = get_session()
    line = queries.stock_by_id(session, stock_id, seen_by=actor()) or abort(404)
    text = request.form.get("quantity", "").strip()
    try:
        if request.form.get("step") in ("1", "-1"):
            stock.change(session, line, int(request.form["step"]), reason="by-hand", by=actor(), at=now())
        elif text.isdecimal() and len(text) < 6:
            stock.count(session, line, int(text), by=actor(), at=now())
        else:
            return _stock_page(session, StockForm(formdata=None), refusal=_("Donnez un nombre, zéro ou plus."))
    except DeviceRefused as refused:
        session.rollback()
        return _stock_page(session, StockForm(formdata=None), refusal=sentence(refused))
    session.commit()
    flash(_("C'est compté."), "done")
    return redirect(url_for(".counted"), 303)
