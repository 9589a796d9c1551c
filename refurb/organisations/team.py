"""The people of an organisation, whom it invites, and the tokens of its stations."""

from datetime import timedelta

from flask import abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectChoice

from refurb import outbox
from refurb.accounts import queries, services
from refurb.accounts.forms import InviteForm, RolesForm, StationForm
from refurb.accounts.models import Invitation, Membership, StationToken
from refurb.accounts.services import AccountRefused
from refurb.accounts.words import ROLES, SCOPES
from refurb.core.permissions import ROLES_IN, Permission, Role, Scope
from refurb.db import get_session
from refurb.organisations.models import Organisation
from refurb.organisations.pages import bp, manages, organisation_or_404
from refurb.security import actor, requires
from refurb.web import absolute_url, now

REFUSALS = {
    "already-member": _l("Cette personne est déjà membre."),
    "no-role": _l("Choisissez au moins un rôle."),
    "last-administrator": _l("C'est la dernière personne qui administre : nommez-en une autre d'abord."),
}


def offered(organisation: Organisation) -> list[Role]:
    """Return the roles that the actor may give here: those it has a use for; administration, by an administrator."""
    wanted: set[Role] = set().union(*(ROLES_IN[role] for role in organisation.roles))
    if not actor().can(Permission.SETTINGS_EDIT):
        wanted -= {Role.ADMINISTRATOR, Role.AUDITOR}
    return [role for role in Role if role in wanted]


@bp.route("/<int:organisation_id>/invite", methods=["GET", "POST"])
@requires(Permission.MEMBER_INVITE)
def invite(organisation_id: int) -> ResponseReturnValue:
    """Send somebody the link by which they join; it is shown too, for who has no mail at hand."""
    session = get_session()
    organisation = organisation_or_404(session, organisation_id)
    if not manages(organisation_id, Permission.MEMBER_INVITE):
        abort(404)
    form = InviteForm()
    form.roles.choices = [SelectChoice(role.value, ROLES[role]) for role in offered(organisation)]
    if request.method == "GET" and len(form.roles.choices) == 1:
        form.roles.data = [form.roles.choices[0].value]
    if form.validate_on_submit():
        try:
            invitation, token = services.invite(
                session,
                email=form.email.data,
                organisation_id=organisation.id,
                roles=[Role(code) for code in form.roles.data],
                by=actor(),
                at=now(),
            )
        except AccountRefused as refusal:
            form.email.errors = [REFUSALS[refusal.code]]
        else:
            link = absolute_url("accounts.invitation", token=token)
            payload = {
                "to": invitation.email,
                "subject": _("Invitation à rejoindre %(name)s", name=organisation.name),
                "template": "invitation",
                "context": {"link": link, "organisation": organisation.name, "inviter": actor().name},
            }
            outbox.enqueue(session, "mail.send", payload)
            session.commit()
            page = render_template(
                "organisations/invited.html", organisation=organisation, invitation=invitation, address=link
            )
            return _unstored(page)
    page = render_template("organisations/invite.html", form=form, organisation=organisation)
    return page, 422 if form.errors else 200


@bp.post("/invitations/<int:invitation_id>/revoke")
@requires(Permission.MEMBER_INVITE)
def revoke_invitation(invitation_id: int) -> ResponseReturnValue:
    """Take an invitation back: its link opens nothing any more."""
    session = get_session()
    invitation = session.get(Invitation, invitation_id) or abort(404)
    if not manages(invitation.organisation_id, Permission.MEMBER_INVITE):
        abort(404)
    if invitation.accepted_at is None and invitation.revoked_at is None:
        services.revoke_invitation(session, invitation, by=actor(), at=now())
        session.commit()
    flash(_("L'invitation est retirée."), "done")
    return redirect(url_for(".show", organisation_id=invitation.organisation_id), 303)


@bp.route("/members/<int:membership_id>", methods=["GET", "POST"])
@requires(Permission.MEMBER_INVITE)
def member(membership_id: int) -> ResponseReturnValue:
    """Change what somebody does here."""
    session = get_session()
    membership = _membership_or_404(membership_id)
    organisation = organisation_or_404(session, membership.organisation_id)
    form = RolesForm()
    form.roles.choices = [SelectChoice(role.value, ROLES[role]) for role in offered(organisation)]
    if request.method == "GET":
        form.roles.data = list(membership.role_codes)
    if form.validate_on_submit():
        # What the actor may not give they do not take either.
        untouched = membership.roles - set(offered(organisation))
        roles = {Role(code) for code in form.roles.data} | untouched
        try:
            services.join(session, membership.account_id, organisation.id, roles, by=actor(), at=now())
        except AccountRefused as refusal:
            form.roles.errors = [REFUSALS[refusal.code]]
        else:
            session.commit()
            flash(_("C'est enregistré."), "done")
            return redirect(url_for(".show", organisation_id=organisation.id), 303)
    page = render_template("organisations/member.html", form=form, organisation=organisation, membership=membership)
    return page, 422 if form.errors else 200


@bp.post("/members/<int:membership_id>/end")
@requires(Permission.MEMBER_INVITE)
def end_member(membership_id: int) -> ResponseReturnValue:
    """Somebody leaves the organisation."""
    session = get_session()
    membership = _membership_or_404(membership_id)
    back = redirect(url_for(".show", organisation_id=membership.organisation_id), 303)
    if Role.ADMINISTRATOR in membership.roles and not actor().can(Permission.SETTINGS_EDIT):
        abort(403)
    try:
        services.leave(session, membership, by=actor(), at=now())
    except AccountRefused as refusal:
        flash(REFUSALS[refusal.code], "refused")
        return back
    session.commit()
    flash(_("%(name)s n'agit plus pour cette organisation.", name=membership.account.name), "done")
    return back


def _membership_or_404(membership_id: int) -> Membership:
    membership = queries.membership_by_id(get_session(), membership_id) or abort(404)
    if membership.ended_at is not None or not manages(membership.organisation_id, Permission.MEMBER_INVITE):
        abort(404)
    return membership


@bp.route("/<int:organisation_id>/stations/new", methods=["GET", "POST"])
@requires(Permission.TOKEN_MANAGE)
def create_station(organisation_id: int) -> ResponseReturnValue:
    """Make the token of a bench; the page that answers is the only one that ever shows it."""
    session = get_session()
    organisation = organisation_or_404(session, organisation_id)
    if not manages(organisation_id, Permission.TOKEN_MANAGE):
        abort(404)
    form = StationForm()
    if form.validate_on_submit():
        days = int(form.lasts.data)
        station, token = services.create_station(
            session,
            name=form.name.data,
            organisation_id=organisation.id,
            scopes=[Scope(code) for code in form.scopes.data],
            expires_at=now() + timedelta(days=days) if days else None,
            by=actor(),
            at=now(),
        )
        session.commit()
        page = render_template(
            "organisations/station.html", organisation=organisation, station=station, token=token, SCOPES=SCOPES
        )
        return _unstored(page)
    page = render_template("organisations/new_station.html", form=form, organisation=organisation)
    return page, 422 if form.errors else 200


@bp.post("/stations/<int:station_id>/revoke")
@requires(Permission.TOKEN_MANAGE)
def revoke_station(station_id: int) -> ResponseReturnValue:
    """Close a station's token for ever."""
    session = get_session()
    station = session.get(StationToken, station_id) or abort(404)
    if not manages(station.organisation_id, Permission.TOKEN_MANAGE):
        abort(404)
    if station.revoked_at is None:
        services.revoke_station(session, station, by=actor(), at=now())
        session.commit()
    flash(_("Ce jeton n'ouvre plus rien."), "done")
    return redirect(url_for(".show", organisation_id=station.organisation_id), 303)


def _unstored(page: str) -> ResponseReturnValue:
    """Answer with a page that holds a secret: no cache keeps it."""
    response = make_response(page)
    response.headers["Cache-Control"] = "no-store"
    return response
