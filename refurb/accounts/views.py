"""Sign in and out, one's own account, invitations answered."""

from typing import Any

from flask import abort, current_app, flash, g, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeTimedSerializer

from refurb import outbox
from refurb.accounts import (
    join_views,
    mail_views,
    oidc,
    oidc_views,
    passwords,
    queries,
    second_factor,
    second_factor_views,
    services,
    throttle,
)
from refurb.accounts.cookies import clear_cookie
from refurb.accounts.forms import (
    AnswerForm,
    ChangePasswordForm,
    ForgottenForm,
    JoinForm,
    NewPasswordForm,
    ProfileForm,
    SignInForm,
)
from refurb.accounts.mailed_codes import may_receive
from refurb.accounts.models import Account
from refurb.accounts.pages import WINDOW, bp, forget_tries, half_signed_in, may_try, own_id, welcome
from refurb.accounts.words import browser_name
from refurb.core.permissions import Permission
from refurb.db import Session, get_session
from refurb.security import actor, public, requires, safe_next, signed_in
from refurb.web import absolute_url, now

# These put their routes on the blueprint when they were imported.
__all__ = ["WINDOW", "bp", "join_views", "mail_views", "oidc_views", "second_factor_views"]

#: A link to choose a new password holds for two hours, in seconds.
RESET_LIFETIME = 2 * 3600


@bp.route("/sign-in", methods=["GET", "POST"])
@public("one signs in here")
def sign_in() -> ResponseReturnValue:
    """Open a session. The same sentence for an unknown account and a wrong password."""
    form = SignInForm(next=request.args.get("next"))
    if actor().is_signed_in and request.method == "GET":
        return redirect(safe_next(form.next.data) or url_for("home.index"), 303)
    if half_signed_in() is not None and request.method == "GET":
        return redirect(url_for(".second_step", next=safe_next(form.next.data)), 303)
    if form.validate_on_submit():
        session, email = get_session(), str(form.email.data).strip().lower()
        if not may_try(session, "sign-in", email):
            form.form_errors.append(_("Trop d'essais. Attendez un quart d'heure, ou demandez un nouveau mot de passe."))
            return _sign_in_page(form), 429
        account = queries.by_email(session, email)
        # Argon2 takes its time, and SQLite has one writer: not inside a transaction.
        session.commit()
        right = passwords.is_right(account.password_hash if account else None, form.password.data)
        if account is not None and right and account.disabled_at is None:
            return _welcome(session, account, form.password.data, safe_next(form.next.data))
        form.form_errors.append(_("Cette adresse et ce mot de passe ne vont pas ensemble."))
    return _sign_in_page(form), 422 if form.errors else 200


def _sign_in_page(form: SignInForm) -> str:
    provider = oidc.settings()
    return render_template("accounts/sign_in.html", form=form, oidc_name=provider.name if provider else None)


def _welcome(session: Session, account: Account, password: str, target: str | None) -> ResponseReturnValue:
    """Let in who gave the right password; hash it anew where it was hashed with weaker settings than today's."""
    fresh = passwords.hash_password(password) if passwords.is_outdated(account.password_hash or "") else None
    if fresh:
        account.password_hash = fresh
        session.add(account)
    forget_tries(session, "sign-in", account.email)
    return welcome(session, account, target, at=now())


@bp.post("/sign-out")
@requires(Permission.ACCOUNT_PROVE, Permission.SCAN)
def sign_out() -> ResponseReturnValue:
    """Close the session here, whoever has the browser: the bearer of a badge may too."""
    session = get_session()
    services.close_session(session, g.account_session_id, account_id=signed_in().id or own_id(), at=now())
    session.commit()
    cookie.clear()
    response = redirect(url_for("accounts.sign_in"), 303)
    clear_cookie(response)
    return response


@bp.route("/account", methods=["GET", "POST"])
@requires(Permission.ACCOUNT_OWN)
def profile() -> ResponseReturnValue:
    """One's name, language, organisations and open sessions."""
    session = get_session()
    account = session.get_one(Account, own_id())
    form = ProfileForm(obj=account)
    if form.validate_on_submit():
        account.name, account.language = form.name.data.strip(), form.language.data
        session.commit()
        flash(_("Votre compte est à jour."), "done")
        return redirect(url_for(".profile"), 303)
    rows = queries.live_sessions(session, account.id, now=now())
    sessions = [
        {"row": row, "name": browser_name(row.user_agent), "here": row.id == g.account_session_id} for row in rows
    ]
    proven = second_factor.in_force(session, account.id)
    page = render_template("accounts/profile.html", form=form, account=account, sessions=sessions, proven=proven)
    return page, 422 if form.errors else 200


@bp.route("/account/password", methods=["GET", "POST"])
@requires(Permission.ACCOUNT_OWN)
def password() -> ResponseReturnValue:
    """Change one's password; the other sessions close."""
    session = get_session()
    account = session.get_one(Account, own_id())
    form = ChangePasswordForm()
    form.known = (account.email, account.name)
    if form.is_submitted() and not may_try(session, "sign-in", account.email):
        form.form_errors.append(_("Trop d'essais. Attendez un quart d'heure."))
        return render_template("accounts/password.html", form=form), 429
    if form.validate_on_submit():
        session.commit()
        if passwords.is_right(account.password_hash, form.current.data):
            hashed = passwords.hash_password(form.password.data)
            services.set_password(session, account, hashed, by=actor(), at=now(), keep=g.account_session_id)
            session.commit()
            flash(_("Votre mot de passe est changé ; vos autres sessions sont fermées."), "done")
            return redirect(url_for(".profile"), 303)
        form.current.errors = [_("Ce n'est pas votre mot de passe actuel.")]
    return render_template("accounts/password.html", form=form), 422 if form.errors else 200


@bp.post("/account/sessions/<int:session_id>/close")
@requires(Permission.ACCOUNT_OWN)
def close_session(session_id: int) -> ResponseReturnValue:
    """Close one of one's sessions."""
    session = get_session()
    if not services.close_session(session, session_id, account_id=own_id(), at=now()):
        abort(404)
    session.commit()
    flash(_("Cette session est fermée."), "done")
    return redirect(url_for(".profile"), 303)


@bp.post("/account/sessions/close-others")
@requires(Permission.ACCOUNT_OWN)
def close_others() -> ResponseReturnValue:
    """Close every session but this one."""
    session = get_session()
    services.close_other_sessions(session, own_id(), keep=g.account_session_id, at=now())
    session.commit()
    flash(_("Vos autres sessions sont fermées."), "done")
    return redirect(url_for(".profile"), 303)


@bp.post("/account/organisation")
@requires(Permission.ACCOUNT_OWN)
def switch() -> ResponseReturnValue:
    """Act for another of one's organisations from now on, in this browser."""
    session, wanted = get_session(), request.form.get("organisation", "")
    known = wanted.isdecimal() and len(wanted) < 16
    if not known or not services.act_for(session, g.account_session_id, int(wanted), account_id=own_id()):
        abort(404)
    session.commit()
    return redirect(safe_next(request.form.get("next")) or url_for("home.index"), 303)


@bp.route("/invitation/<token>", methods=["GET", "POST"])
@public("the link itself is the right, and the page has one button: a mail filter that follows it joins nothing")
def invitation(token: str) -> ResponseReturnValue:
    """Join an organisation: by one button when signed in, else with a name and a password, or one's own account's."""
    session = get_session()
    invited = queries.open_invitation(session, token, now=now())
    if invited is None:
        return render_template("accounts/invitation_gone.html"), 410
    account = queries.by_email(session, invited.email)
    signed_in = actor().is_signed_in
    if signed_in and (account is None or account.id != actor().id):
        # The link was sent to an address; whoever else is signed in here must not take the place by a slip.
        return render_template("accounts/invitation_other.html", invitation=invited), 409
    if account is not None and account.password_hash is not None:
        if not signed_in:
            return redirect(url_for(".sign_in", next=request.path), 303)
        form: Any = AnswerForm()
        if form.validate_on_submit():
            services.accept(session, invited, account, by=actor(), at=now())
            services.act_for(session, g.account_session_id, invited.organisation_id, account_id=account.id)
            session.commit()
            flash(_("Vous agissez maintenant pour %(name)s.", name=invited.organisation.name), "done")
            return redirect(url_for("home.index"), 303)
        return render_template("accounts/invitation.html", form=form, invitation=invited, known=True)
    form = JoinForm()
    form.known = (invited.email, form.name.data or "")
    if form.validate_on_submit():
        session.commit()
        hashed = passwords.hash_password(form.password.data)
        return _join(session, token, form, hashed)
    page = render_template("accounts/invitation.html", form=form, invitation=invited, known=False)
    return page, 422 if form.errors else 200


def _join(session: Session, token: str, form: JoinForm, hashed: str) -> ResponseReturnValue:
    """Create the account and sign it in; the invitation is read again, for two buttons may have been pressed."""
    invited = queries.open_invitation(session, token, now=now())
    if invited is None:
        return render_template("accounts/invitation_gone.html"), 410
    account = queries.by_email(session, invited.email)
    if account is None:
        account = services.create(
            session, email=invited.email, name=form.name.data, password_hash=hashed, by=actor(), at=now()
        )
    else:
        account.name, account.password_hash = form.name.data.strip(), hashed
    services.accept(session, invited, account, by=actor(), at=now())
    return welcome(session, account, None, at=now())


@bp.route("/password/forgotten", methods=["GET", "POST"])
@public("who forgot a password is not signed in")
def forgotten() -> ResponseReturnValue:
    """Send a link to choose a new password; the page says the same whether the address is known or not."""
    form = ForgottenForm()
    if not form.validate_on_submit():
        return render_template("accounts/forgotten.html", form=form), 422 if form.errors else 200
    session, email = get_session(), str(form.email.data).strip().lower()
    key = f"forgotten:{email}"
    allowed = throttle.hit(session, key, limit=3, window=WINDOW, now=now())
    account = queries.by_email(session, email)
    known = account is not None and account.disabled_at is None
    # Who came in through the provider of identities has no password yet, and may choose a first one.
    if allowed and account is not None and known and (account.password_hash or may_receive(session, account)):
        link = absolute_url("accounts.new_password", token=reset_token(account))
        payload = {
            "to": account.email,
            "subject": _("Votre nouveau mot de passe"),
            "template": "new_password",
            "context": {"link": link},
            "language": account.language,
        }
        outbox.enqueue(session, "mail.send", payload)
    session.commit()
    return render_template("accounts/forgotten_sent.html", email=email)


@bp.route("/password/new/<token>", methods=["GET", "POST"])
@public("the link that was mailed is the right")
def new_password(token: str) -> ResponseReturnValue:
    """Choose a password by a mailed link; the link dies with the password it was made under."""
    session = get_session()
    account = account_of(session, token)
    if account is None:
        return render_template("accounts/reset_gone.html"), 410
    form = NewPasswordForm()
    form.known = (account.email, account.name)
    if form.validate_on_submit():
        session.commit()
        hashed = passwords.hash_password(form.password.data)
        services.set_password(session, account, hashed, by=actor(), at=now(), keep=None)
        session.commit()
        flash(_("Votre mot de passe est changé : connectez-vous."), "done")
        return redirect(url_for(".sign_in"), 303)
    return render_template("accounts/new_password.html", form=form, account=account), 422 if form.errors else 200


def reset_token(account: Account) -> str:
    """Return the token of a link that lets its reader choose a new password for the account."""
    return _serializer().dumps([account.id, (account.password_hash or "")[-12:]])


def account_of(session: Session, token: str) -> Account | None:
    """Return the account that a token was made for, None for one that is old, used or false."""
    try:
        account_id, tail = _serializer().loads(token, max_age=RESET_LIFETIME)
    except (BadSignature, ValueError):
        return None
    account = session.get(Account, account_id)
    if account is None or account.disabled_at is not None or (account.password_hash or "")[-12:] != tail:
        return None
    return account


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="refurb-new-password")
