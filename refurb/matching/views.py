"""Matching by hand: the machines for a need, the needs for a machine, what is set aside, and what to fetch."""

import io
from collections.abc import Sequence
from typing import Any

from flask import abort, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from sqlalchemy.orm import Session

from refurb.core.documents import DocumentKind
from refurb.core.identity import read
from refurb.core.matching import CRITERIA
from refurb.core.need_life import MOTIVES, Act
from refurb.core.needs import is_fresh
from refurb.core.permissions import Permission
from refurb.core.workflow import Status
from refurb.db import get_session
from refurb.devices import queries as devices
from refurb.devices.models import Device
from refurb.documents.services import working_paper
from refurb.matching import (
    board_views,
    minutes_views,
    papers,
    queries,
    round_views,
    rule_views,
    scenario,
    services,
    wait_views,
    whom,
    whom_views,
    words,
)
from refurb.matching.beside import stands_for
from refurb.matching.models import Reservation
from refurb.matching.pages import bp
from refurb.matching.services import MatchRefused
from refurb.needs import queries as needs
from refurb.needs import words as need_words
from refurb.needs.models import Need
from refurb.security import actor, requires, safe_next
from refurb.territory import queries as territory
from refurb.web import now, page_number, paginate, today

#: What the application loads besides this module: each adds its pages to `bp`.
__all__ = ["board_views", "bp", "minutes_views", "round_views", "rule_views", "wait_views", "whom_views"]

#: Machines shown of each kind; the rest are counted.
SHOWN = 20


@bp.get("/needs/<code>")
@requires(Permission.MATCH_RESERVE)
def for_need(code: str) -> ResponseReturnValue:
    """The machines in stock for one need: those that suit, best fit first; the others, and what they fail on."""
    session = get_session()
    need = _need(session, code)
    reservation = queries.open_for_need(session, need.id)
    criterion = request.args.get("fails")
    criterion = criterion if criterion in CRITERIA else None
    choice = queries.choice(session, need, limit=SHOWN, criterion=criterion)
    loaded = queries.devices(session, [row.device for row in choice.good] + [row.device for row in choice.bad])
    return render_template(
        "matching/for_need.html",
        need=need,
        reservation=reservation,
        choice=choice,
        criterion=criterion,
        loaded=loaded,
        fresh=need.confirmed_on is not None and is_fresh(need.confirmed_on, today()),
        epci=territory.epci_name(session, need.epci_code),
        commune=territory.commune_name(session, need.commune_code),
        commune_name=lambda key: territory.commune_name(session, key),
        words=words,
        need_words=need_words,
    )


@bp.get("/devices/<code>")
@requires(Permission.MATCH_RESERVE, Permission.NEED_READ_PROFILE)
def for_device(code: str) -> ResponseReturnValue:
    """The needs that one machine suits, as a code, a profile and a place: workshops see no more."""
    session = get_session()
    device = _device(session, code)
    machine = stands_for(session, device, seen_by=actor())
    if machine is not device:
        return redirect(url_for(".for_device", code=machine.code))
    rows, count = queries.wanted_by(session, device, today(), limit=SHOWN)
    return render_template(
        "matching/for_device.html",
        device=device,
        answer=None if rows or scenario.one_device(session, device) else whom.for_whom(session, device, today()),
        reservation=queries.open_reservation(session, device.id),
        rows=rows,
        count=count,
        loaded=queries.needs_by_id(session, [row.need for row in rows]),
        epci_name=lambda key: territory.epci_name(session, key),
        free=device.status is Status.IN_STOCK,
        words=words,
        need_words=need_words,
    )


@bp.post("/reserve")
@requires(Permission.MATCH_RESERVE)
def reserve() -> ResponseReturnValue:
    """Set a machine aside for a need; whoever comes second gets a sentence."""
    session = get_session()
    need = _need(session, request.form.get("need", ""))
    device = _device(session, request.form.get("device", ""))
    try:
        services.reserve(session, need, device, by=actor(), at=now())
    except MatchRefused as refusal:
        session.rollback()
        flash(words.REFUSALS[refusal.code], "refused")
        return redirect(url_for(".for_need", code=need.code), 303)
    session.commit()
    flash(need_words.ACTS[Act.PROPOSE], "done")
    return redirect(url_for("needs.show", code=need.code), 303)


@bp.post("/reservations/<int:key>/<any(accept, decline, release):deed>")
@requires(Permission.MATCH_ANSWER, Permission.MATCH_RESERVE)
def answer(key: int, deed: str) -> ResponseReturnValue:
    """The service accepts or declines; the coordination gives the machine back to the stock."""
    session = get_session()
    reservation = queries.by_id(session, key, seen_by=actor()) or abort(404)
    own = needs.is_own(reservation.need, actor()) and actor().can(Permission.MATCH_ANSWER)
    if not (own if deed in ("accept", "decline") else actor().can(Permission.MATCH_RESERVE)):
        abort(403)
    motive = request.form.get("motive", "")
    back = safe_next(request.form.get("next")) or url_for("needs.show", code=reservation.need.code)
    try:
        if deed == "accept":
            services.accept(session, reservation, by=actor(), at=now())
        elif deed == "decline":
            services.decline(session, reservation, motive=motive, by=actor(), at=now())
        else:
            services.release(session, reservation, motive=motive, by=actor(), at=now())
    except MatchRefused as refusal:
        session.rollback()
        flash(words.REFUSALS[refusal.code], "refused")
    else:
        session.commit()
        flash(need_words.ACTS[{"accept": Act.ACCEPT, "decline": Act.DECLINE, "release": Act.RELEASE}[deed]], "done")
    return redirect(back, 303)


@bp.get("/picking")
@requires(Permission.PICKING_READ)
def picking() -> ResponseReturnValue:
    """What to fetch, by shelf; scanning a machine at the desk prepares it and ticks it here."""
    session = get_session()
    page = paginate(session, queries.picking(seen_by=actor()), page_number())
    rows: Sequence[Reservation] = page.items
    return render_template(
        "matching/picking.html",
        page=page,
        todo=[row for row in rows if row.device.status is Status.RESERVED],
        ready=[row for row in rows if row.device.status is Status.READY_FOR_PICKUP],
        several=len({row.device.holder_id for row in rows}) > 1,
        accessories=papers.accessories,
        place_line=lambda place: papers.place_line(session, place),
        motives=MOTIVES[Act.RELEASE],
        need_words=need_words,
    )


@bp.get("/picking.pdf")
@requires(Permission.PICKING_READ)
def picking_pdf() -> ResponseReturnValue:
    """The same list on paper."""
    session, who = get_session(), actor()
    rows: list[Reservation] = [
        row for row in session.scalars(queries.picking(seen_by=who)) if row.device.status is Status.RESERVED
    ]
    if who.organisation_id is None:
        abort(404)
    language = str(get_locale() or "fr")[:2]
    data: Any = papers.picking_list(session, rows, workshop=who.organisation_name)
    pdf = working_paper(
        session, DocumentKind.PICKING_LIST, issuer_id=who.organisation_id, data=data, language=language, on=today()
    )
    return send_file(io.BytesIO(pdf), mimetype="application/pdf", download_name="preparation.pdf", max_age=0)


def _need(session: Session, code: str) -> Need:
    found = read(code).code
    need = needs.by_code(session, found, seen_by=actor()) if found else None
    return need or abort(404)


def _device(session: Session, code: str) -> Device:
    found = read(code).code
    device = devices.by_code(session, found, seen_by=actor()) if found else None
    return device or abort(404)
