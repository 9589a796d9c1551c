"""The people of an organisation, whom it invites, and the tokens of its stations."""

from datetime import timedelta

from flask import abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectChoice

from refurb import outbox
from refurb.accounts import queries, second_factor, services
from refurb.accounts.forms import InviteForm, LeaveForm, RolesForm, StationForm
from refurb.accounts.models import Invitation, Membership, StationToken
from refurb.accounts.services import AccountRefused
from refurb.accounts.words import ROLES, SCOPES
from refurb.core.permissions import ROLES_IN, Permission, Role, Scope, permissions_of
from refurb.db import get_session
from refurb.needs import referents
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
    page = render_template(
        "organisations/member.html",
        form=form,
        organisation=organisation,
        membership=membership,
        may_reset=_may_reset(membership),
    )
    return page, 422 if form.errors else 200


@bp.post("/members/<int:membership_id>/reset-second-factor")
@requires(Permission.SETTINGS_EDIT)
def reset_second_factor(membership_id: int) -> ResponseReturnValue:
    """Take away the telephone of who lost it; one's own is changed on one's own page, against a code."""
    session = get_session()
    membership = _membership_or_404(membership_id)
    if not _may_reset(membership):
        abort(404)
    second_factor.reset(session, membership.account, by=actor(), at=now())
    session.commit()
    flash(_("Le téléphone n'est plus relié ; les sessions de ce compte sont fermées."), "done")
    return redirect(url_for(".member", membership_id=membership.id), 303)


def _may_reset(membership: Membership) -> bool:
    return (
        actor().can(Permission.SETTINGS_EDIT)
        and membership.account_id != actor().id
        and second_factor.of(get_session(), membership.account_id) is not None
    )


@bp.route("/members/<int:membership_id>/end", methods=["GET", "POST"])
@requires(Permission.MEMBER_INVITE)
def end_member(membership_id: int) -> ResponseReturnValue:
    """Somebody leaves the organisation; the cases they follow pass to a colleague, who is named first."""
    session = get_session()
    membership = _membership_or_404(membership_id)
    organisation = organisation_or_404(session, membership.organisation_id)
    if Role.ADMINISTRATOR in membership.roles and not actor().can(Permission.SETTINGS_EDIT):
        abort(403)
    cases = referents.count(session, organisation.id, membership.account_id)
    colleagues = [
        (member.account_id, member.account.name)
        for member in queries.members(session, organisation.id)
        if member.ended_at is None
        and member.id != membership.id
        and Permission.NEED_READ_CASE in permissions_of(member.roles)
    ]
    form = LeaveForm()
    form.to.choices = [SelectChoice(str(key), name) for key, name in colleagues]
    if not cases:
        del form.to
    if form.validate_on_submit() and (not cases or colleagues):
        try:
            if cases:
                referents.pass_on(
                    session, organisation.id, membership.account_id, int(form.to.data), by=actor(), at=now()
                )
            services.leave(session, membership, by=actor(), at=now())
        except AccountRefused as refusal:
            session.rollback()
            flash(REFUSALS[refusal.code], "refused")
        else:
            session.commit()
            flash(_("%(name)s n'agit plus pour cette organisation.", name=membership.account.name), "done")
        return redirect(url_for(".show", organisation_id=organisation.id), 303)
    page = render_template(
        "organisations/leave.html",
        form=form,
        organisation=organisation,
        membership=membership,
        cases=cases,
        colleagues=colleagues,
    )
    return page, 422 if request.method == "POST" else 200


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
            "organisations/station.html",
            organisation=organisation,
            station=station,
            token=token,
            SCOPES=SCOPES,
            agents=_addresses() if Scope.REPORTS_WRITE in station.scopes else None,
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


def _addresses() -> dict[str, str]:
    """Return where the agents of other projects post, for the page that shows their token."""
    return {
        "inventory": absolute_url("protocols.inventory_0"),
        "glpi": absolute_url("protocols.inventory_2"),
        "snapshot": absolute_url("protocols.snapshot_0") + "/",
    }


def _unstored(page: str) -> ResponseReturnValue:
    """Answer with a page that holds a secret: no cache keeps it."""
    response = make_response(page)
    response.headers["Cache-Control"] = "no-store"
    return response
