"""Faults after the hand-over: the list, a new one, one ticket and how it ends."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from wtforms import SelectChoice

from refurb.aftersales import queries, services, words
from refurb.aftersales.forms import ChargerForm, CloseForm, TicketForm
from refurb.aftersales.models import Ticket
from refurb.aftersales.services import TicketRefused
from refurb.core.aftersales import Fault, Outcome, outcomes
from refurb.core.identity import display
from refurb.core.identity import read as read_code
from refurb.core.permissions import Permission
from refurb.core.workflow import OUT, TransitionRefused
from refurb.db import get_session
from refurb.handover.papers import title
from refurb.handover.services import HandoverRefused
from refurb.security import actor, requires
from refurb.web import now, page_number, paginate, today

bp = Blueprint("aftersales", __name__, url_prefix="/aftersales")


def sentence(code: str) -> str:
    """Return the sentence of a refusal."""
    return str(words.REFUSALS.get(code, words.REFUSALS["no-such-move"]))


@bp.get("/")
@requires(Permission.TICKET_OPEN)
def index() -> ResponseReturnValue:
    """The open tickets, the oldest first."""
    closed = request.args.get("show") == "closed"
    page = paginate(get_session(), queries.listing(seen_by=actor(), closed=closed), page_number())
    return render_template("aftersales/index.html", page=page, closed=closed, words=words, title=title)


@bp.get("/new")
@requires(Permission.TICKET_OPEN)
def new() -> ResponseReturnValue:
    """Find the machine by its code, its case or its hand-over, then say what is wrong."""
    session, typed = get_session(), request.args.get("code", "").strip()
    code = read_code(typed).code if typed else None
    found = queries.machine(session, code, seen_by=actor()) if code else None
    if found is None:
        missing = _("Aucune machine remise que vous suivez ne porte « %(text)s ».", text=typed[:60]) if typed else ""
        return render_template("aftersales/find.html", typed=typed, missing=missing), 404 if typed else 200
    form = TicketForm()
    form.code.data = code
    return _new_page(session, str(code), form)


@bp.post("/new")
@requires(Permission.TICKET_OPEN)
def create() -> ResponseReturnValue:
    """Open the ticket."""
    session, form = get_session(), TicketForm()
    code = read_code(form.code.data or "").code or ""
    found = queries.machine(session, code, seen_by=actor()) or abort(404)
    if not form.validate():
        return _new_page(session, code, form), 422
    device, handover = found
    try:
        ticket = services.open_ticket(
            session,
            device,
            handover,
            fault=Fault(form.fault.data),
            description=form.description.data or "",
            comes_back=bool(form.comes_back.data),
            by=actor(),
            at=now(),
        )
    except (TicketRefused, TransitionRefused, HandoverRefused) as refusal:
        known = refusal.ticket.code if isinstance(refusal, TicketRefused) and refusal.ticket else None
        session.rollback()
        flash(sentence(refusal.code), "refused")
        return redirect(url_for(".show", code=known) if known else url_for(".new", code=code), 303)
    session.commit()
    flash(_("Le signalement %(code)s est ouvert. L'atelier le voit.", code=display(ticket.code)), "done")
    return redirect(url_for(".show", code=ticket.code), 303)


@bp.get("/<code>")
@requires(Permission.TICKET_OPEN)
def show(code: str) -> ResponseReturnValue:
    """One ticket: what is wrong, what to do, how to end it."""
    session, ticket = get_session(), _ticket(code)
    return _show(session, ticket, _charger_form(session, ticket), _close_form(ticket))


@bp.post("/<code>/charger")
@requires(Permission.TICKET_OPEN)
def swap_charger(code: str) -> ResponseReturnValue:
    """Exchange the charger at the counter."""
    session, ticket = get_session(), _ticket(code, lock=True)
    form = _charger_form(session, ticket)
    if not form.validate():
        return _show(session, ticket, form, _close_form(ticket)), 422
    lines = {line.id: line for line in queries.chargers(session, ticket, seen_by=actor())}
    line, given = lines.get(form.line.data), (form.charger.data or "").strip()
    try:
        services.swap_charger(session, ticket, charger=given, line=line, by=actor(), at=now())
    except TicketRefused as refusal:
        session.rollback()
        flash(sentence(refusal.code), "refused")
    else:
        session.commit()
        flash(_("Le chargeur est échangé et le signalement est clos."), "done")
    return redirect(url_for(".show", code=code), 303)


@bp.post("/<code>/close")
@requires(Permission.TICKET_OPEN)
def close(code: str) -> ResponseReturnValue:
    """End a ticket."""
    session, ticket = get_session(), _ticket(code, lock=True)
    form = _close_form(ticket)
    if not form.validate():
        return _show(session, ticket, _charger_form(session, ticket), form), 422
    try:
        services.close(session, ticket, Outcome(form.outcome.data), part=form.part.data or "", by=actor(), at=now())
    except (TicketRefused, TransitionRefused) as refusal:
        session.rollback()
        flash(sentence(refusal.code), "refused")
    else:
        session.commit()
        flash(_("Le signalement est clos."), "done")
    return redirect(url_for(".show", code=code), 303)


def _ticket(code: str, *, lock: bool = False) -> Ticket:
    canonical = read_code(code).code or code
    return queries.by_code(get_session(), canonical, seen_by=actor(), lock=lock) or abort(404)


def _new_page(session: Session, code: str, form: TicketForm) -> str:
    found = queries.machine(session, code, seen_by=actor())
    assert found is not None
    device, handover = found
    covered = handover is not None and handover.warranty_until is not None and handover.warranty_until >= today()
    return render_template(
        "aftersales/new.html",
        device=device,
        handover=handover,
        covered=covered,
        form=form,
        title=title(device),
        is_out=device.status in OUT,
        known=queries.open_ticket(session, device.id),
    )


def _charger_form(session: Session, ticket: Ticket) -> ChargerForm:
    form = ChargerForm()
    lines = queries.chargers(session, ticket, seen_by=actor())
    form.line.choices = [SelectChoice(0, _("Ailleurs que dans notre stock"))]
    form.line.choices += [SelectChoice(line.id, f"{line.detail} ({line.quantity})") for line in lines]
    if request.method == "GET":
        form.charger.data = ticket.device.charger or ""
        form.line.data = lines[0].id if lines and lines[0].detail == ticket.device.charger else 0
    return form


def _close_form(ticket: Ticket) -> CloseForm:
    form = CloseForm()
    choices = outcomes(came_back=ticket.device.status not in OUT)
    form.outcome.choices = [SelectChoice(outcome.value, words.OUTCOMES[outcome]) for outcome in choices]
    return form


def _show(session: Session, ticket: Ticket, charger: ChargerForm, form: CloseForm) -> str:
    handover = ticket.handover
    return render_template(
        "aftersales/show.html",
        ticket=ticket,
        device=ticket.device,
        handover=handover,
        charger=charger,
        form=form,
        title=title(ticket.device),
        words=words,
        is_out=ticket.device.status in OUT,
    )
