"""The papers of a gift made on demand: its regime, the agreement that both sign, the statement of reuse."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from refurb.core.equipment import Origin, Regime
from refurb.core.identity import display
from refurb.core.permissions import Permission
from refurb.db import get_session
from refurb.donations import pages, papers, queries, sentences, services, statements
from refurb.donations.pages import bp
from refurb.donations.reception_forms import AgreementForm
from refurb.donations.services import GiftRefused
from refurb.security import actor, requires
from refurb.web import now


@bp.post("/donations/<code>/regime")
@requires(Permission.LOT_ACCEPT)
def regime(code: str) -> ResponseReturnValue:
    """Say under which law the lot is given, before anything of it leaves its giver."""
    session = get_session()
    lot = queries.by_code(session, code, seen_by=actor()) or abort(404)
    asked = request.form.get("regime", "")
    try:
        chosen = Regime(asked) if asked in set(Regime) else lot.regime
        services.change_regime(session, lot, chosen, by=actor(), at=now())
    except GiftRefused as refusal:
        flash(str(sentences.DEEDS[refusal.code]), "refused")
        return redirect(url_for(".show", code=code), 303)
    session.commit()
    flash(_("Le régime du don est noté."), "done")
    return redirect(url_for(".show", code=code), 303)


@bp.route("/donations/<code>/shares/<int:share_id>/agreement", methods=["GET", "POST"])
@requires(Permission.LOT_COLLECT)
def agreement(code: str, share_id: int) -> ResponseReturnValue:
    """Make the agreement that both sign before the goods leave; the giver finds it on the gift's page."""
    session = get_session()
    share = queries.share_by_id(session, code, share_id, seen_by=actor()) or abort(404)
    if share.accepted is not True or share.collected_at is not None or share.lot.is_counter_deposit:
        return redirect(url_for(".show", code=code), 303)
    form = AgreementForm(data={"collect_before": share.pickup_on})
    is_public = share.lot.origin is Origin.PUBLIC
    if form.validate_on_submit():
        lines = session.scalars(queries.lines(share.lot_id, share_id=share.id)).all()
        papers.donation_agreement(
            session, share, lines, by=actor(), at=now(),
            collect_before=form.collect_before.data,
            act_reference=form.act_reference.data if is_public else None,
            act_on=form.act_on.data if is_public else None,
        )  # fmt: skip
        subject = _l("Convention pour votre don %(code)s", code=display(share.lot.code))
        pages.tell_giver(
            session, share.lot, "gift_agreement", subject, by=actor(), workshop=share.workshop.name,
        )  # fmt: skip
        session.commit()
        flash(_("La convention est faite ; le donateur est prévenu. Imprimez-la en deux exemplaires."), "done")
        return redirect(url_for(".show", code=code), 303)
    page = render_template(
        "donations/agreement.html", lot=share.lot, share=share, form=form, is_public=is_public, words=sentences
    )
    return page, 422 if form.errors else 200


@bp.post("/donations/<code>/shares/<int:share_id>/statement")
@requires(Permission.LOT_COUNT)
def statement(code: str, share_id: int) -> ResponseReturnValue:
    """Make the reuse statement as it stands today, for a giver who asks before it comes by itself."""
    session = get_session()
    share = queries.share_by_id(session, code, share_id, seen_by=actor()) or abort(404)
    try:
        statements.state(session, share, by=actor(), at=now())
    except GiftRefused as refusal:
        flash(str(sentences.DEEDS[refusal.code]), "refused")
        return redirect(url_for(".show", code=code), 303)
    session.commit()
    flash(_("Le bilan de réemploi est fait ; le donateur le trouve sur la page de son don."), "done")
    return redirect(url_for(".show", code=code), 303)
