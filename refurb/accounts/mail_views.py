"""Sign-in by a code or a link sent to the professional address."""

from flask import current_app, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from flask_babel import gettext as _

from refurb import outbox
from refurb.accounts import mailed_codes, queries, throttle
from refurb.accounts.forms import AnswerForm, MailedCodeForm, MailMeForm
from refurb.accounts.models import Account
from refurb.accounts.pages import WINDOW, bp, may_try, welcome
from refurb.db import Session, get_session
from refurb.security import public, safe_next
from refurb.web import absolute_url, now

#: Messages to one address, and tries of the codes they carry, a quarter of an hour.
MESSAGES, TRIES = 3, 5
#: What the signed cookie remembers between the two pages: the address that was typed, and where one was going.
KEPT = "mailed_code"


@bp.route("/sign-in/mail", methods=["GET", "POST"])
@public("who comes twice a month signs in with a code by mail")
def mail_me() -> ResponseReturnValue:
    """Send a code; what follows is the same whether the address is known or not."""
    form = MailMeForm(next=request.args.get("next"))
    if not form.validate_on_submit():
        return render_template("accounts/mail_me.html", form=form), 422 if form.errors else 200
    session, email = get_session(), str(form.email.data).strip().lower()
    if not may_try(session, "mail-me", email):
        form.form_errors.append(_("Trop de demandes. Attendez un quart d'heure."))
        return render_template("accounts/mail_me.html", form=form), 429
    allowed = throttle.hit(session, f"mailed-code:{email}", limit=MESSAGES, window=WINDOW, now=now())
    account = queries.by_email(session, email)
    if allowed and account is not None and mailed_codes.may_receive(session, account):
        _send(session, account)
    session.commit()
    cookie[KEPT] = {"email": email, "next": safe_next(form.next.data)}
    return redirect(url_for(".mailed_code"), 303)


def _send(session: Session, account: Account) -> None:
    code, link = mailed_codes.make(session, account, secret=_secret(), at=now())
    with force_locale(account.language):
        subject = _("Votre code pour entrer dans Refurb")
    context = {"code": f"{code[:4]} {code[4:]}", "link": absolute_url("accounts.mailed_link", token=link)}
    payload = {
        "to": account.email,
        "subject": subject,
        "template": "sign_in_code",
        "context": context,
        "language": account.language,
    }
    outbox.enqueue(session, "mail.send", payload)


@bp.route("/sign-in/mail/code", methods=["GET", "POST"])
@public("the code that was mailed is the right")
def mailed_code() -> ResponseReturnValue:
    """Take the code, in the browser that asked for it."""
    kept = cookie.get(KEPT)
    if not kept:
        return redirect(url_for(".mail_me"), 303)
    session, form, email = get_session(), MailedCodeForm(), str(kept["email"])
    if form.validate_on_submit():
        key = f"mailed-code-try:{email}"
        within = throttle.hit(session, key, limit=TRIES * MESSAGES, window=WINDOW, now=now())
        if not within or not may_try(session, "mailed-code", email):
            session.commit()
            form.form_errors.append(_("Trop d'essais. Attendez un quart d'heure, puis demandez un autre code."))
            return render_template("accounts/mailed_code.html", form=form, email=email), 429
        session.commit()
        account = queries.by_email(session, email)
        if (
            account is not None
            and account.disabled_at is None
            and mailed_codes.take_code(session, account, form.code.data, secret=_secret(), at=now())
        ):
            throttle.forget(session, key)
            return welcome(session, account, safe_next(kept.get("next")), at=now())
        form.code.errors = [_("Ce code n'est pas le bon, ou il a plus d'un quart d'heure.")]
    return render_template("accounts/mailed_code.html", form=form, email=email), 422 if form.errors else 200


@bp.route("/sign-in/mail/<token>", methods=["GET", "POST"])
@public("the mailed link is the right, and the page has one button: a mail filter that follows it signs nobody in")
def mailed_link(token: str) -> ResponseReturnValue:
    """Sign in by the link, with one button."""
    session = get_session()
    found = mailed_codes.by_link(session, token, at=now())
    if found is None:
        return render_template("accounts/mailed_link_gone.html"), 410
    row, account = found
    form = AnswerForm()
    if form.validate_on_submit():
        if not mailed_codes.take_link(session, row, at=now()):
            session.rollback()
            return render_template("accounts/mailed_link_gone.html"), 410
        target = safe_next((cookie.get(KEPT) or {}).get("next"))
        return welcome(session, account, target, at=now())
    return render_template("accounts/mailed_link.html", form=form, account=account)


def _secret() -> str:
    return str(current_app.config["SECRET_KEY"])
