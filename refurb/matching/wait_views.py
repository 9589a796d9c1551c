"""Waiting: how good our estimates were, the needs that nothing in sight can serve, and the appeal to suppliers."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from refurb import outbox
from refurb.audit.services import record
from refurb.core.permissions import Permission
from refurb.db import get_session
from refurb.matching import appeal, estimates, words
from refurb.matching.pages import bp
from refurb.needs import words as need_words
from refurb.security import actor, requires
from refurb.territory import queries as territory
from refurb.web import now, page_number, today


@bp.get("/waiting")
@requires(Permission.MATCH_RESERVE, Permission.NEED_READ_CASE, Permission.STATISTICS_READ)
def waiting_scores() -> ResponseReturnValue:
    """How good the estimates were that people were given, month by month."""
    session = get_session()
    whole, months = estimates.scores(session, today())
    return render_template("matching/waiting_scores.html", whole=whole, months=months, weeks=estimates.WEEKS)


@bp.get("/hopeless")
@requires(Permission.MATCH_RESERVE)
def hopeless() -> ResponseReturnValue:
    """The needs that nothing in sight can serve, and what would unlock them."""
    session = get_session()
    return render_template(
        "matching/hopeless.html",
        page=estimates.hopeless(session, page_number()),
        weeks=estimates.WEEKS,
        text=appeal.text(session),
        suppliers=appeal.suppliers(session),
        epci_name=lambda code: territory.epci_name(session, code),
        words=words,
        need_words=need_words,
    )


@bp.get("/hopeless/appeal")
@requires(Permission.MATCH_RESERVE)
def appeal_page() -> ResponseReturnValue:
    """The same appeal as a page to print."""
    return render_template("matching/appeal.html", text=appeal.text(get_session()))


@bp.post("/hopeless/appeal")
@requires(Permission.MATCH_RESERVE)
def send_appeal() -> ResponseReturnValue:
    """Mail the appeal to the suppliers that were ticked, in the words that were left in the box."""
    session = get_session()
    text = request.form.get("text", "").strip()[:5000]
    chosen = {int(key) for key in request.form.getlist("supplier") if key.isdecimal() and len(key) < 10}
    suppliers = [row for row in appeal.suppliers(session) if row.id in chosen]
    if not text or not suppliers:
        flash(_("Choisissez à qui l'envoyer, et laissez un texte."), "refused")
        return redirect(url_for(".hopeless"), 303)
    for row in suppliers:
        outbox.enqueue(session, "mail.send", appeal.message(row, text))
        record(session, "organisation", row.id, "appeal.sent", by=actor(), at=now(), payload={"count": len(suppliers)})
    session.commit()
    flash(
        ngettext("L'appel part à %(num)s fournisseur.", "L'appel part à %(num)s fournisseurs.", len(suppliers)), "done"
    )
    return redirect(url_for(".hopeless"), 303)
