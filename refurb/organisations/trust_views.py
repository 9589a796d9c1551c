"""Trust: the yearly confirmation, and how many open needs a service may have."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from refurb import tables
from refurb.accounts.forms import AnswerForm
from refurb.accounts.queries import members
from refurb.core import trust
from refurb.core.permissions import Permission
from refurb.db import get_session
from refurb.organisations import limits, recertification
from refurb.organisations.forms import LimitForm
from refurb.organisations.models import Suspension
from refurb.organisations.pages import WORDS, bp, organisation_or_404
from refurb.organisations.recertification import ConfirmationRefused
from refurb.security import actor, requires
from refurb.web import now, today

REFUSALS = {
    "suspended": _l("La coordination a suspendu cette organisation : voyez avec elle."),
    "too-early": _l("Il n'y a rien à confirmer pour l'instant."),
}


@bp.route("/<int:organisation_id>/confirm", methods=["GET", "POST"])
@requires(Permission.ACCOUNT_OWN)
def confirm(organisation_id: int) -> ResponseReturnValue:
    """Say, once a year and with one button, that the organisation one acts for still takes part."""
    session, form = get_session(), AnswerForm()
    if organisation_id != actor().organisation_id:
        # The mailed link may open while one acts for another of one's organisations.
        if organisation_id in {key for key, _name in actor().memberships}:
            organisation = organisation_or_404(session, organisation_id)
            return render_template("organisations/confirm_other.html", organisation=organisation), 409
        abort(404)
    organisation = organisation_or_404(session, organisation_id)
    if not recertification.is_asked(organisation):
        abort(404)
    if form.validate_on_submit():
        try:
            recertification.confirm(session, organisation, by=actor(), at=now(), today=today())
        except ConfirmationRefused as refusal:
            session.rollback()
            flash(REFUSALS[refusal.code], "refused")
        else:
            session.commit()
            flash(_("Merci : %(name)s participe pour une année encore.", name=organisation.name), "done")
        return redirect(url_for("home.index"), 303)
    since = recertification.confirmed_on(organisation)
    lapsed = organisation.suspension is Suspension.LAPSED
    return render_template(
        "organisations/confirm.html",
        form=form,
        organisation=organisation,
        members=[member for member in members(session, organisation_id) if member.ended_at is None],
        lapsed=lapsed,
        open=lapsed or (organisation.suspension is None and trust.may_confirm(since, today())),
        suspended=organisation.suspension is Suspension.COORDINATION,
        until=trust.ends_on(since),
        **WORDS,
    )


@bp.route("/limits", methods=["GET", "POST"])
@requires(Permission.ORGANISATION_MANAGE)
def edit_limits() -> ResponseReturnValue:
    """Change how many open needs a service may have where nothing else was agreed with it."""
    session = get_session()
    in_force = limits.default(session)
    form = LimitForm(open_needs=in_force.content["open_needs"], after=in_force.number)
    if form.validate_on_submit():
        try:
            limits.adopt(
                session,
                form.open_needs.data,
                after=int(form.after.data),
                motive=form.motive.data.strip(),
                by=actor(),
                at=now(),
            )
        except (tables.TableRefused, ValueError):
            session.rollback()
            form.form_errors.append(_("Quelqu'un a changé cette limite pendant ce temps : relisez-la."))
        else:
            session.commit()
            flash(_("C'est enregistré."), "done")
            return redirect(url_for(".edit_limits"), 303)
    page = render_template(
        "organisations/limits.html", form=form, versions=tables.versions(session, limits.KIND, limits.FIRST)
    )
    return page, 422 if form.errors or (request.method == "POST" and form.form_errors) else 200
