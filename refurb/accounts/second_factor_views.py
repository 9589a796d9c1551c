"""The pages of the second factor: giving it, setting it up, its recovery codes."""

import base64

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from refurb.accounts import second_factor, throttle
from refurb.accounts.forms import CodeForm, SecondStepForm
from refurb.accounts.models import Account
from refurb.accounts.pages import WINDOW, bp, half_signed_in, own_id, unstored
from refurb.accounts.queries import memberships_of
from refurb.accounts.second_factor import Proof
from refurb.core.permissions import Permission
from refurb.db import Session, get_session
from refurb.documents.rendering import qr_svg
from refurb.security import Actor, actor, requires, safe_next
from refurb.web import now

#: Codes of six digits: few tries, counted for the account wherever they come from.
TRIES = 8


@bp.route("/sign-in/second-step", methods=["GET", "POST"])
@requires(Permission.ACCOUNT_PROVE)
def second_step() -> ResponseReturnValue:
    """Give the second factor after the first; somebody who owes none is led on."""
    session, half = get_session(), half_signed_in()
    form = SecondStepForm(next=request.args.get("next"))
    target = safe_next(form.next.data)
    if half is None:
        return redirect(target or url_for("home.index"), 303)
    account = session.get_one(Account, half.account_id)
    if not second_factor.in_force(session, account.id):
        return redirect(url_for(".enrol", next=target), 303)
    if form.validate_on_submit():
        if not _may_try(session, account):
            form.form_errors.append(_("Trop d'essais. Attendez un quart d'heure."))
            return render_template("accounts/second_step.html", form=form), 429
        by, at = _author(account), now()
        proof = second_factor.check(session, account, form.code.data, by=by, at=at)
        if proof is not None:
            second_factor.prove(session, half.id, at=at)
            throttle.forget(session, _key(account))
            left = second_factor.recovery_left(session, account.id)
            session.commit()
            if proof is Proof.RECOVERY:
                flash(_("Code de secours accepté. Il vous en reste %(left)s.", left=left), "waits")
            return redirect(target or url_for("home.index"), 303)
        session.commit()
        form.code.errors = [_("Ce code n'est pas le bon, ou il a déjà servi. Attendez le suivant.")]
    return render_template("accounts/second_step.html", form=form), 422 if form.errors else 200


@bp.get("/account/second-factor")
@requires(Permission.ACCOUNT_OWN)
def second_factor_page() -> ResponseReturnValue:
    """Say whether a code is asked, since when, and how many recovery codes are left."""
    return _page(get_session(), CodeForm())


@bp.post("/account/second-factor/begin")
@requires(Permission.ACCOUNT_PROVE)
def begin() -> ResponseReturnValue:
    """Make the secret that the next page shows."""
    session = get_session()
    second_factor.begin(session, session.get_one(Account, own_id()), at=now())
    session.commit()
    return redirect(url_for(".enrol", next=safe_next(request.form.get("next"))), 303)


@bp.route("/account/second-factor/enrol", methods=["GET", "POST"])
@requires(Permission.ACCOUNT_PROVE)
def enrol() -> ResponseReturnValue:
    """Show the secret as a drawing and as letters; a first code puts it in force and shows the recovery codes."""
    session = get_session()
    account = session.get_one(Account, own_id())
    factor = second_factor.of(session, account.id)
    target = safe_next(request.args.get("next"))
    if factor is not None and factor.confirmed_at is not None:
        return redirect(url_for(".second_step", next=target), 303)
    form, half = CodeForm(), half_signed_in() is not None
    if factor is None or not factor.secret:
        return render_template("accounts/enrol_begin.html", half=half, target=target)
    if form.validate_on_submit():
        if not _may_try(session, account):
            form.form_errors.append(_("Trop d'essais. Attendez un quart d'heure."))
        else:
            codes = second_factor.confirm(session, account, form.code.data, by=_author(account), at=now())
            if codes is not None:
                second_factor.prove(session, g.account_session_id, at=now())
                throttle.forget(session, _key(account))
                session.commit()
                return unstored("accounts/recovery_codes.html", codes=codes, account=account, target=target)
            session.commit()
            form.code.errors = [
                _("Ce code n'est pas le bon. Vérifiez que l'heure du téléphone est réglée automatiquement.")
            ]
    drawing = base64.b64encode(qr_svg(second_factor.address(factor, account)).encode()).decode()
    response = unstored(
        "accounts/enrol.html",
        form=form,
        half=half,
        target=target,
        qr=f"data:image/svg+xml;base64,{drawing}",
        key=" ".join(factor.secret[i : i + 4] for i in range(0, len(factor.secret), 4)),
    )
    response.status_code = 422 if form.errors else 200
    return response


@bp.post("/account/second-factor/codes")
@requires(Permission.ACCOUNT_OWN)
def renew_codes() -> ResponseReturnValue:
    """Make ten new recovery codes, against a code of the telephone."""
    session, form = get_session(), CodeForm()
    account = session.get_one(Account, own_id())
    if not _given(session, account, form):
        return _page(session, form), 422
    codes = second_factor.new_recovery_codes(session, account, by=actor(), at=now())
    session.commit()
    return unstored("accounts/recovery_codes.html", codes=codes, account=account, target=url_for(".profile"))


@bp.post("/account/second-factor/off")
@requires(Permission.ACCOUNT_OWN)
def turn_off() -> ResponseReturnValue:
    """Ask for no code any more, against a last one; where it is required, to begin anew with another telephone."""
    session, form = get_session(), CodeForm()
    account = session.get_one(Account, own_id())
    if not _given(session, account, form):
        return _page(session, form), 422
    required = second_factor.is_required(account, memberships_of(session, account.id))
    second_factor.turn_off(session, account, by=actor(), at=now())
    if required:
        second_factor.begin(session, account, at=now())
    session.commit()
    if required:
        return redirect(url_for(".enrol"), 303)
    flash(_("Aucun code ne vous sera plus demandé."), "done")
    return redirect(url_for(".profile"), 303)


def _page(session: Session, form: CodeForm) -> str:
    account = session.get_one(Account, own_id())
    factor = second_factor.of(session, account.id)
    return render_template(
        "accounts/second_factor.html",
        form=form,
        since=factor.confirmed_at if factor is not None else None,
        left=second_factor.recovery_left(session, account.id),
        required=second_factor.is_required(account, memberships_of(session, account.id)),
    )


def _given(session: Session, account: Account, form: CodeForm) -> bool:
    """Whether a good code came with the form; writes the error otherwise."""
    if not form.validate_on_submit():
        return False
    if not _may_try(session, account):
        form.code.errors = [_("Trop d'essais. Attendez un quart d'heure.")]
        return False
    if second_factor.check(session, account, form.code.data, by=actor(), at=now()) is None:
        session.commit()
        form.code.errors = [_("Ce code n'est pas le bon, ou il a déjà servi. Attendez le suivant.")]
        return False
    throttle.forget(session, _key(account))
    return True


def _author(account: Account) -> Actor:
    """Return who acts for the log: half signed in, the account is known though it opens nothing yet."""
    return Actor(kind=actor().kind, id=account.id, organisation_id=actor().organisation_id)


def _key(account: Account) -> str:
    return f"second-factor:{account.id}"


def _may_try(session: Session, account: Account) -> bool:
    allowed = throttle.hit(session, _key(account), limit=TRIES, window=WINDOW, now=now())
    session.commit()
    return allowed
