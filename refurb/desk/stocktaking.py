"""The pages of stocktakes: begin, scan into, read, print."""

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from refurb.core.identity import CodeKind, kind_of, read
from refurb.core.permissions import Permission
from refurb.core.scanning import Answer
from refurb.db import get_session
from refurb.desk import settling, stocktake_paper, stocktakes
from refurb.desk import stocktake_queries as queries
from refurb.desk.models import Stocktake
from refurb.desk.pages import bp, pile_now
from refurb.desk.told import told
from refurb.devices.words import STATUSES
from refurb.donations import queries as donations
from refurb.organisations import queries as organisations
from refurb.security import actor, requires
from refurb.web import local_datetime, now

#: A shelf holds fewer.
MOST_PUT = 500


@bp.get("/scan/stocktakes")
@requires(Permission.STOCK_COUNT)
def stocktake_list() -> ResponseReturnValue:
    """The counts that run and those that are over."""
    return _listed(None)


@bp.post("/scan/stocktakes")
@requires(Permission.STOCK_COUNT)
def begin_stocktake() -> ResponseReturnValue:
    """Open a count of one place or of one gift, and go to the box."""
    session, by = get_session(), actor()
    place = lot = None
    if wanted := request.form.get("place", ""):
        place = next((p for p in organisations.places_of(session, by.organisation_id or 0) if p.code == wanted), None)
        if place is None:
            abort(400)
    elif typed := request.form.get("lot", "").strip():
        code = read(typed).code
        lot = donations.by_code(session, code, seen_by=by) if code and kind_of(code) is CodeKind.LOT else None
        if lot is None:
            return _listed(_("Ce n'est pas le code d'un don que vous pouvez voir."))
    else:
        return _listed(_("Choisissez un emplacement, ou donnez le code d'un don."))
    made = queries.running(session, place=place, lot=lot, by=by)
    if made is not None:
        flash(_("Cet inventaire est déjà en cours : vous scannez dedans."), "neutral")
    else:
        made = stocktakes.begin(session, place=place, lot=lot, by=by, at=now())
    _count_into(made)
    session.commit()
    return redirect(url_for(".scan"), 303)


@bp.get("/scan/stocktakes/<int:stocktake_id>")
@requires(Permission.STOCK_COUNT)
def stocktake(stocktake_id: int) -> ResponseReturnValue:
    """Where a count is: expected, found, missing, unexpected, elsewhere."""
    found = _found(stocktake_id)
    return render_template(
        "desk/stocktake.html",
        stocktake=found,
        counted=queries.counted(get_session(), found),
        to_put=lambda lines: [line for line in lines if stocktakes.may_be_put_here(found, line)],
        noted=lambda line: STATUSES[line.noted],
    )


@bp.post("/scan/stocktakes/<int:stocktake_id>/here")
@requires(Permission.STOCK_COUNT)
def put_here(stocktake_id: int) -> ResponseReturnValue:
    """Put what a count met and did not expect where it was found: one machine, or all that are ticked off."""
    session, found = get_session(), _found(stocktake_id)
    codes = [code for text in request.form.getlist("device")[:MOST_PUT] if (code := read(text).code)]
    machines = queries.strangers(session, found, codes)
    if found.place_id is None or not machines:
        abort(400)
    written = settling.put_here(session, pile_now(), found, machines, by=actor(), at=now())
    shown = [told(entry) for entry in written]
    session.commit()
    if request.form.get("back") == "desk":
        return redirect(url_for(".scan"), 303)
    if done := sum(one.answer in (Answer.DONE, Answer.ALREADY) for one in shown):
        told_done = ngettext(
            "%(num)s machine rangée à %(place)s.", "%(num)s machines rangées à %(place)s.", done, place=found.title
        )
        flash(told_done, "done")
    for one in shown:
        if one.answer is Answer.REFUSED:
            flash(_("%(name)s reste comme elle est. %(why)s", name=one.code, why=one.sentence), "refused")
    return redirect(url_for(".stocktake", stocktake_id=found.id), 303)


@bp.post("/scan/stocktakes/<int:stocktake_id>/join")
@requires(Permission.STOCK_COUNT)
def join_stocktake(stocktake_id: int) -> ResponseReturnValue:
    """Scan into a count that somebody began."""
    found = _found(stocktake_id)
    if found.closed_at is not None:
        abort(409)
    _count_into(found)
    get_session().commit()
    return redirect(url_for(".scan"), 303)


@bp.post("/scan/stocktakes/<int:stocktake_id>/finish")
@requires(Permission.STOCK_COUNT)
def finish_stocktake(stocktake_id: int) -> ResponseReturnValue:
    """Close a count; its paper can be printed."""
    found = _found(stocktake_id)
    stocktakes.finish(get_session(), found, by=actor(), at=now())
    get_session().commit()
    flash(_("L'inventaire est terminé."), "done")
    return redirect(url_for(".stocktake", stocktake_id=found.id), 303)


@bp.post("/scan/stocktakes/<int:stocktake_id>/forget")
@requires(Permission.STOCK_COUNT)
def forget_text(stocktake_id: int) -> ResponseReturnValue:
    """Take a text that was read by mistake out of a count."""
    session, found = get_session(), _found(stocktake_id)
    wanted = request.form.get("item", "")
    item = int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 16 else 0
    if stocktakes.forget(session, found, item):
        session.commit()
        flash(_("C'est retiré de l'inventaire."), "done")
    return redirect(url_for(".stocktake", stocktake_id=found.id), 303)


@bp.get("/scan/stocktakes/<int:stocktake_id>.pdf")
@requires(Permission.STOCK_COUNT)
def stocktake_pdf(stocktake_id: int) -> ResponseReturnValue:
    """The paper of a count that is over."""
    found = _found(stocktake_id)
    if found.closed_at is None:
        abort(409)
    counted = queries.counted(get_session(), found)
    organisation = counted.organisation or actor().organisation_name
    data = stocktake_paper.render(found, counted, organisation, local_datetime(found.closed_at))
    name = f"{_('inventaire')}-{found.id}.pdf"
    return Response(data, mimetype="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'})


def _count_into(found: Stocktake) -> None:
    """Let the pile count: what it did to machines before, it does no more."""
    pile = pile_now()
    pile.context, pile.command, pile.place, pile.place_id = f"{stocktakes.AREA}:{found.id}", None, None, None


def _found(stocktake_id: int) -> Stocktake:
    return queries.by_id(get_session(), stocktake_id, seen_by=actor()) or abort(404)


def _listed(problem: str | None) -> ResponseReturnValue:
    session, by = get_session(), actor()
    rows = [(one, *queries.progress(session, one.id)) for one in queries.of_organisation(session, by)]
    places = [("", _("Choisir un emplacement"))]
    places += [(p.code, p.name) for p in organisations.places_of(session, by.organisation_id or 0)]
    page = render_template("desk/stocktakes.html", rows=rows, places=places, problem=problem)
    return page, 422 if problem else 200
