"""Reception: the lots that come, line by line, offered to workshops, answered, collected."""

from __future__ import annotations

from collections.abc import Collection

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from refurb.audit import queries as audit
from refurb.core.equipment import Regime
from refurb.core.identity import display
from refurb.core.permissions import OrganisationRole, Permission
from refurb.db import get_session
from refurb.documents import queries as documents
from refurb.donations import offers, pages, papers, queries, sentences, services
from refurb.donations.arrivals import is_counted
from refurb.donations.models import LineState, Lot, LotShare
from refurb.donations.pages import bp
from refurb.donations.reception_forms import AnswerForm, CollectForm, PickupForm
from refurb.donations.services import GiftRefused
from refurb.organisations import queries as organisations
from refurb.security import actor, requires
from refurb.territory import queries as territory
from refurb.web import local_date, now, page_number, paginate, zone

PER_PAGE = 100
#: Lines whose quantities one page lets choose; a longer lot is offered whole, or in several goes.
MOST_SHOWN = 500
STATES = (LineState.DECLARED, LineState.ACCEPTED, LineState.REFUSED, LineState.COLLECTED, LineState.RECEIVED)


@bp.get("/donations/")
@requires(Permission.LOT_READ)
def index() -> ResponseReturnValue:
    """List the lots, by the work they wait for."""
    session = get_session()
    tabs = queries.tabs_for(actor())
    counts = queries.counts_by_tab(session, actor())
    asked = request.args.get("tab", "")
    tab = asked if asked in tabs else next((name for name in tabs[:-2] if counts[name]), "all")
    text = request.args.get("q", "").strip()[:100]
    page = paginate(session, queries.listing(seen_by=actor(), tab=tab, text=text), page_number())
    return render_template(
        "donations/index.html",
        page=page,
        tab=tab,
        tabs=tabs,
        counts=counts,
        text=text,
        totals=queries.totals(session, [lot.id for lot in page.items]),
        commune_name=lambda code: territory.commune_name(session, code),
    )


@bp.get("/donations/<code>")
@requires(Permission.LOT_READ, Permission.LOT_FOLLOW)
def show(code: str) -> ResponseReturnValue:
    """One lot: what it is, its lines, who has it, and what to do next."""
    if not actor().can(Permission.LOT_READ):
        return redirect(url_for(".my_gift", code=code), 302)
    session = get_session()
    lot = _lot(session, code)
    return _shown(session, lot)


def _shown(session: Session, lot: Lot, answer: AnswerForm | None = None, ticked: Collection[int] = ()) -> str:
    asked = request.values.get("state", "")
    state = LineState(asked) if asked in set(LineState) else None
    totals = queries.totals(session, [lot.id])[lot.id]
    own = None if actor().can(Permission.LOT_OFFER) else actor().organisation_id
    shares = [share for share in lot.shares if own is None or share.workshop_id == own]
    query = queries.lines(lot.id, state=state)
    if own is not None:
        # A workshop sees what it was offered, not what others were.
        query = queries.of_shares(query, [share.id for share in shares])
    history = audit.of_subject(session, "lot", lot.id, limit=30)
    issued = documents.of_subject(session, "lot", lot.id)
    return render_template(
        "donations/show.html",
        lot=lot,
        shares=shares,
        totals=totals,
        state=state,
        states=STATES,
        page=paginate(session, query, page_number(), per_page=PER_PAGE),
        epci=territory.epci_name(session, lot.epci_code),
        commune=territory.commune_name(session, lot.commune_code),
        documents=[paper for paper in issued if own is None or paper.issuer_id == own],
        history=history,
        LineState=LineState,
        ticked=set(ticked),
        reason=request.form.get("reason", ""),
        answer=answer or AnswerForm(formdata=None),
        collect_form=CollectForm(formdata=None),
        regimes=_regimes(lot, totals),
        suppliers=organisations.with_role(session, OrganisationRole.SUPPLIER)
        if actor().can(Permission.LOT_OFFER) and lot.supplier_id is None and not lot.is_counter_deposit
        else [],
    )


def _regimes(lot: Lot, totals: queries.Totals) -> tuple[Regime, ...]:
    """Return the regimes to choose from; none once something has left, and none to those who do not decide."""
    if totals.collected or totals.received or not actor().can(Permission.LOT_ACCEPT):
        return ()
    return services.regimes_open_to(lot.origin)


@bp.post("/donations/<code>/lines")
@requires(Permission.LOT_ACCEPT)
def decide(code: str) -> ResponseReturnValue:
    """Accept, refuse with a reason, or examine again the ticked lines, or all that wait."""
    session = get_session()
    lot = _lot(session, code)
    todo, by, at = request.form.get("do", ""), actor(), now()
    ticked = [int(value) for value in request.form.getlist("line") if value.isdecimal() and len(value) < 16]
    if todo == "accept-all":
        ticked = queries.ids_in_state(session, lot.id, LineState.DECLARED)
    waited = queries.totals(session, [lot.id])[lot.id].declared
    try:
        if todo in ("accept", "accept-all"):
            changed = services.accept_lines(session, lot, ticked, by=by, at=at)
        elif todo == "refuse":
            reason = request.form.get("reason", "")
            changed = services.refuse_lines(session, lot, ticked, reason=reason, by=by, at=at)
        elif todo == "reconsider":
            changed = services.reconsider_lines(session, lot, ticked, by=by, at=at)
        else:
            abort(400)
    except GiftRefused as refusal:
        session.rollback()
        flash(str(sentences.DEEDS[refusal.code]), "refused")
        return _shown(session, _lot(session, code), ticked=ticked), 422
    session.flush()
    totals = queries.totals(session, [lot.id])[lot.id]
    if waited and not totals.declared:
        subject = _l("Votre don %(code)s est examiné", code=display(lot.code))
        pages.tell_giver(
            session, lot, "gift_examined", subject, by=by,
            accepted=totals.accepted + totals.collected + totals.received, refused=totals.refused,
        )  # fmt: skip
    session.commit()
    flash(ngettext("%(num)s ligne changée.", "%(num)s lignes changées.", changed), "done")
    if waited and not totals.declared:
        flash(_("Tout est examiné : le donateur vient d'être prévenu."), "done")
    return redirect(url_for(".show", code=code, state=request.form.get("state") or None), 303)


@bp.route("/donations/<code>/offer", methods=["GET", "POST"])
@requires(Permission.LOT_OFFER)
def offer(code: str) -> ResponseReturnValue:
    """Offer the accepted lines to a workshop, whole or some pieces of some lines."""
    session = get_session()
    lot = _lot(session, code)
    lines = queries.free_lines(session, lot.id)
    machines = sum(line.quantity for line in lines if not is_counted(line))
    chosen, problem = request.form.get("workshop", ""), None
    if request.method == "POST":
        workshop = organisations.by_id(session, int(chosen)) if chosen.isdecimal() and len(chosen) < 16 else None
        if workshop is None:
            problem = _("Choisissez un atelier.")
        else:
            whole = request.form.get("part") != "some"
            quantities = {line.id: line.quantity if whole else _quantity(line.id) for line in lines}
            try:
                offers.offer(session, lot, workshop, quantities, by=actor(), at=now())
            except GiftRefused as refusal:
                problem = str(sentences.DEEDS[refusal.code])
            else:
                session.commit()
                flash(_("Proposé à %(name)s : l'atelier le voit dans sa liste.", name=workshop.name), "done")
                return redirect(url_for(".show", code=code), 303)
    month = now().astimezone(zone()).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    page = render_template(
        "donations/offer.html",
        lot=lot,
        lines=lines[:MOST_SHOWN],
        hidden=max(0, len(lines) - MOST_SHOWN),
        machines=machines,
        pieces=sum(line.quantity for line in lines),
        suggestions=queries.suggestions(session, lot, machines, month_start=month),
        chosen=chosen,
        problem=problem,
        epci=territory.epci_name(session, lot.epci_code),
        epci_name=lambda one: territory.epci_name(session, one),
        typed=request.form,
    )
    return page, 422 if problem else 200


def _quantity(line_id: int) -> int:
    text = request.form.get(f"quantity-{line_id}", "")
    return int(text) if text.isdecimal() and len(text) < 7 else 0


@bp.post("/donations/<code>/supplier")
@requires(Permission.LOT_OFFER)
def tie(code: str) -> ResponseReturnValue:
    """Say which known organisation gave this lot."""
    session = get_session()
    lot = _lot(session, code)
    chosen = request.form.get("supplier", "")
    supplier = organisations.by_id(session, int(chosen)) if chosen.isdecimal() and len(chosen) < 16 else None
    if supplier is None or OrganisationRole.SUPPLIER not in supplier.roles:
        return _refused(lot, "unknown-supplier")
    services.tie(session, lot, supplier, by=actor(), at=now())
    session.commit()
    flash(_("Ce don est rattaché à %(name)s, qui le suit depuis son compte.", name=supplier.name), "done")
    return redirect(url_for(".show", code=code), 303)


# -- a workshop's share -------------------------------------------------------------------------------------------


@bp.post("/donations/<code>/shares/<int:share_id>/answer")
@requires(Permission.LOT_ANSWER)
def answer(code: str, share_id: int) -> ResponseReturnValue:
    """Take what is offered, or decline it and say why."""
    session = get_session()
    share = _share(session, code, share_id)
    accepted = request.form.get("do") == "accept"
    form = AnswerForm()
    if not form.validate():
        return _shown(session, _lot(session, code), form), 422
    try:
        offers.answer(session, share, accepted=accepted, motive=form.motive.data, by=actor(), at=now())
    except GiftRefused as refusal:
        form.motive.errors = [str(sentences.DEEDS[refusal.code])]
        return _shown(session, _lot(session, code), form), 422
    session.commit()
    if not accepted:
        flash(_("C'est noté : la coordination le propose ailleurs."), "done")
        return redirect(url_for(".index"), 303)
    flash(_("C'est à vous. Convenez maintenant de l'enlèvement."), "done")
    return redirect(url_for(".pickup", code=code, share_id=share_id), 303)


@bp.post("/donations/<code>/shares/<int:share_id>/withdraw")
@requires(Permission.LOT_OFFER)
def withdraw(code: str, share_id: int) -> ResponseReturnValue:
    """Take an offer back, to offer it elsewhere."""
    session = get_session()
    share = _share(session, code, share_id)
    try:
        offers.withdraw(session, share, by=actor(), at=now())
    except GiftRefused as refusal:
        return _refused(share.lot, refusal.code)
    session.commit()
    flash(_("La proposition est retirée ; ses lignes sont à nouveau libres."), "done")
    return redirect(url_for(".show", code=code), 303)


@bp.route("/donations/<code>/shares/<int:share_id>/pickup", methods=["GET", "POST"])
@requires(Permission.LOT_COLLECT)
def pickup(code: str, share_id: int) -> ResponseReturnValue:
    """Say when the workshop goes; the giver is told, and the slip to countersign is made."""
    session = get_session()
    share = _share(session, code, share_id)
    if share.accepted is not True or share.collected_at is not None:
        return redirect(url_for(".show", code=code), 303)
    form = PickupForm(data={"on": share.pickup_on, "window": share.pickup_window})
    if form.validate_on_submit():
        offers.plan_pickup(session, share, on=form.on.data, window=form.window.data, by=actor(), at=now())
        lines = session.scalars(queries.lines(share.lot_id, share_id=share.id)).all()
        papers.pickup_slip(session, share, lines, by=actor(), at=now())
        subject = _l("Enlèvement de votre don %(code)s", code=display(share.lot.code))
        pages.tell_giver(
            session, share.lot, "gift_pickup", subject, by=actor(), day=local_date(form.on.data),
            window=share.pickup_window or share.lot.slots or "", workshop=share.workshop.name,
        )  # fmt: skip
        session.commit()
        flash(_("L'enlèvement est prévu ; le donateur est prévenu et le bon est prêt à imprimer."), "done")
        return redirect(url_for(".show", code=code), 303)
    page = render_template("donations/pickup.html", lot=share.lot, share=share, form=form)
    return page, 422 if form.errors else 200


@bp.post("/donations/<code>/shares/<int:share_id>/collect")
@requires(Permission.LOT_COLLECT)
def collect(code: str, share_id: int) -> ResponseReturnValue:
    """Say that the goods are loaded, and how many pieces."""
    session = get_session()
    share = _share(session, code, share_id)
    form = CollectForm()
    if not form.validate():
        flash(_("Donnez le nombre de pièces chargées."), "refused")
        return redirect(url_for(".show", code=code), 303)
    try:
        offers.collect(session, share, count=form.count.data, by=actor(), at=now())
    except GiftRefused as refusal:
        return _refused(share.lot, refusal.code)
    session.commit()
    flash(_("Enlevé. Il reste à compter à l'arrivée."), "done")
    if actor().can(Permission.LOT_COUNT):
        return redirect(url_for(".count", code=code, share_id=share_id), 303)
    return redirect(url_for(".show", code=code), 303)


# -- shared -------------------------------------------------------------------------------------------------------


def _lot(session: Session, code: str) -> Lot:
    return queries.by_code(session, code, seen_by=actor()) or abort(404)


def _share(session: Session, code: str, share_id: int) -> LotShare:
    return queries.share_by_id(session, code, share_id, seen_by=actor()) or abort(404)


def _refused(lot: Lot, code: str) -> Response:
    flash(str(sentences.DEEDS[code]), "refused")
    return redirect(url_for(".show", code=lot.code), 303)
