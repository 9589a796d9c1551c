"""Badges: who may scan without an address or a password, and the PIN that changes the person at a bench."""

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from refurb.accounts import queries as accounts
from refurb.accounts import services as accounts_services
from refurb.accounts.models import Account
from refurb.accounts.pages import forget_tries, may_try
from refurb.accounts.passwords import is_right
from refurb.core.permissions import PROVEN_ROLES, Permission
from refurb.db import get_session
from refurb.desk import badge_queries, operators
from refurb.desk.forms import GiveBackForm
from refurb.desk.models import Badge
from refurb.desk.pages import bp, open_pile
from refurb.desk.registry import DeskRefused
from refurb.desk.words import refusal
from refurb.labels.svg import symbols_of
from refurb.security import Actor, actor, requires, signed_in
from refurb.web import now

LONGEST_NAME = 120


@bp.post("/scan/operator")
@requires(Permission.SCAN)
def operator() -> ResponseReturnValue:
    """Change who scans: the badge was read, here is its PIN."""
    session = get_session()
    badge = badge_queries.badge_by_code(session, request.form.get("badge", ""), actor().organisation_id)
    back = redirect(url_for(".scan"), 303)
    if badge is None:
        flash(_("Ce badge ne compte plus ici."), "refused")
        return back
    if not operators.may_try(session, badge, at=now()):
        session.commit()
        flash(_("Trop d'essais : attendez dix minutes, ou demandez un autre badge."), "refused")
        return back
    # A PIN takes the time of a password, and SQLite has one writer: not inside a transaction.
    session.commit()
    if not operators.pin_is_right(badge, request.form.get("pin", "")):
        flash(_("Ce n'est pas le code de ce badge."), "refused")
        return back
    operators.forget_tries(session, badge)
    person = signed_in()
    if badge.account_id == person.id and person.roles & PROVEN_ROLES:
        # Four figures do not open what asks for a second factor.
        session.commit()
        return redirect(url_for(".leave_operator"), 303)
    own = badge.account_id == person.id
    accounts_services.hand_browser(session, g.account_session_id, None if own else badge.id, at=now())
    if pile := open_pile():
        operators.note_taken(session, pile.id, badge.code, badge.account.name, at=now())
    session.commit()
    flash(_("%(name)s scanne maintenant.", name=badge.account.name), "done")
    return back


@bp.route("/scan/operator/leave", methods=["GET", "POST"])
@requires(Permission.SCAN)
def leave_operator() -> ResponseReturnValue:
    """Give the browser back to whoever signed in there, who says so: what they may do is not their volunteers'."""
    session, person, form = get_session(), signed_in(), GiveBackForm()
    assert person.id is not None
    account = session.get_one(Account, person.id)
    if person.id == actor().id:
        return redirect(url_for(".scan"), 303)
    if form.is_submitted() and not may_try(session, "sign-in", account.email):
        form.form_errors.append(_("Trop d'essais. Attendez un quart d'heure, ou déconnectez-vous."))
        return _leave_page(form, person), 429
    if form.validate_on_submit():
        known = account.password_hash
        session.commit()
        if is_right(known, str(form.password.data)):
            forget_tries(session, "sign-in", account.email)
            accounts_services.hand_browser(session, g.account_session_id, None, at=now())
            session.commit()
            flash(_("%(name)s a de nouveau ce poste.", name=person.name), "done")
            return redirect(url_for(".scan"), 303)
        form.password.errors = [_("Ce n'est pas le mot de passe de %(name)s.", name=person.name)]
    return _leave_page(form, person), 422 if form.errors else 200


def _leave_page(form: GiveBackForm, person: Actor) -> str:
    return render_template("desk/leave.html", form=form, person=person)


@bp.get("/scan/badges")
@requires(Permission.WORKSHOP_SETTINGS)
def badges() -> ResponseReturnValue:
    """The badges of the workshop, and the members who have none."""
    return _page(None)


@bp.post("/scan/badges")
@requires(Permission.WORKSHOP_SETTINGS)
def give_badge() -> ResponseReturnValue:
    """Give a badge to a member, or to a newcomer who needs nothing else."""
    session = get_session()
    name, member = request.form.get("name", "").strip()[:LONGEST_NAME], request.form.get("member", "")
    if not name and not member.isdecimal():
        return _page(_("Choisissez une personne, ou donnez le prénom d'une nouvelle."))
    # A PIN takes the time of a password, and SQLite has one writer: not inside a transaction.
    session.commit()
    try:
        pin_hash = operators.hashed(request.form.get("pin", ""))
        if member.isdecimal() and not name:
            badge = operators.give(session, int(member), pin_hash, by=actor(), at=now())
        else:
            badge = operators.newcomer(session, name, pin_hash, by=actor(), at=now())
    except DeskRefused as refused:
        return _page(refusal(refused.code))
    session.commit()
    return redirect(url_for(".badge", badge_id=badge.id), 303)


@bp.get("/scan/badges/<int:badge_id>")
@requires(Permission.WORKSHOP_SETTINGS)
def badge(badge_id: int) -> ResponseReturnValue:
    """One badge, to print and cut."""
    found = _found(badge_id)
    if found.revoked_at is not None:
        abort(410)
    return render_template("desk/badge.html", badge=found, symbols=symbols_of(found.code))


@bp.post("/scan/badges/<int:badge_id>/revoke")
@requires(Permission.WORKSHOP_SETTINGS)
def revoke_badge(badge_id: int) -> ResponseReturnValue:
    """Let a badge no longer count."""
    found = _found(badge_id)
    found.revoked_at = found.revoked_at or now()
    get_session().commit()
    flash(_("Ce badge ne compte plus."), "done")
    return redirect(url_for(".badges"), 303)


def _found(badge_id: int) -> Badge:
    found = [b for b in badge_queries.badges_of(get_session(), actor().organisation_id or 0) if b.id == badge_id]
    return found[0] if found else abort(404)


def _page(problem: str | None) -> ResponseReturnValue:
    session, organisation_id = get_session(), actor().organisation_id or 0
    given = badge_queries.badges_of(session, organisation_id)
    members = [m.account for m in accounts.members(session, organisation_id) if m.ended_at is None]
    page = render_template(
        "desk/badges.html",
        badges=given,
        members=[("", _("Choisir une personne")), *((account.id, account.name) for account in members)],
        problem=problem,
        name=request.form.get("name", ""),
    )
    return page, 422 if problem else 200
