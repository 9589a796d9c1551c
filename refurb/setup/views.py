"""The first run, the settings, and how the instance is."""

from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from refurb import outbox
from refurb.accounts import passwords, throttle
from refurb.accounts.pages import WINDOW, welcome
from refurb.config import MailSettings
from refurb.core.permissions import Permission
from refurb.db import get_session
from refurb.jobs import mail as mailer
from refurb.organisations.forms import folded_siret
from refurb.security import actor, public, requires
from refurb.setup import health, hooks, queries, services, undelivered
from refurb.setup.forms import FirstRunForm, GeneralForm, MailForm, TestMailForm
from refurb.setup.services import SetupRefused
from refurb.territory.services import load as load_territory
from refurb.territory.services import shipped
from refurb.web import now
from refurb.workshop import catalogue

bp = Blueprint("setup", __name__)


@bp.get("/healthz")
@public("a process answers for itself; nothing is said")
def healthz() -> ResponseReturnValue:
    """Say that this process answers."""
    return {"status": "ok"}


@bp.get("/readyz")
@public("what a load balancer asks: states, no data")
def readyz() -> ResponseReturnValue:
    """Say whether this process can serve: database, migrations, storage, age of the queue."""
    checks = health.examine()
    ready = all(check["ok"] for check in checks.values())
    return {"status": "ok" if ready else "wrong", "checks": checks}, 200 if ready else 503


@bp.route("/setup", methods=["GET", "POST"])
@public("open until somebody administers the instance, to who reads the code in the terminal")
def first_run() -> ResponseReturnValue:
    """Make the first administrator and the coordinating body."""
    session = get_session()
    if queries.has_administrator(session):
        return redirect(url_for("home.index"), 303)
    settings = current_app.extensions["refurb.settings"]
    form = FirstRunForm(territory=settings.territory, timezone=settings.timezone.key, kept_zone=settings.timezone.key)
    form.known = (form.email.data or "", form.name.data or "")
    if form.is_submitted():
        tried = throttle.hit(session, f"setup:{request.remote_addr}", limit=20, window=WINDOW, now=now())
        session.commit()
        if not tried:
            form.form_errors.append(_("Trop d'essais. Attendez un quart d'heure."))
            return render_template("setup/first_run.html", form=form), 429
    if form.validate_on_submit():
        # Argon2 outside the transaction; the code is looked at again inside.
        hashed = passwords.hash_password(form.password.data)
        try:
            account = services.first_run(
                session,
                code=form.code.data,
                name=form.name.data,
                email=form.email.data,
                password_hash=hashed,
                body={
                    "name": form.body.data.strip(),
                    "legal_type": form.legal_type.data,
                    "siret": folded_siret(form.siret.data),
                },
                territory=form.territory.data,
                timezone=form.timezone.data,
                by=actor(),
                at=now(),
            )
        except SetupRefused as refusal:
            session.rollback()
            if refusal.code == "already-done":
                return redirect(url_for("home.index"), 303)
            form.code.errors = [_("Ce n'est pas le code du terminal. Chaque démarrage en affiche un nouveau.")]
        else:
            if form.territory.data in shipped():
                load_territory(session, form.territory.data, at=now())
            catalogue.begin(session, by=actor(), at=now())
            services.put(session, queries.ADDRESS, request.host_url.rstrip("/"), at=now())
            response = welcome(session, account, url_for(".settings"), at=now())
            hooks.refresh(force=True)
            flash(_("Refurb est à vous. Réglez l'envoi du courriel, puis invitez les organisations."), "done")
            return response
    return render_template("setup/first_run.html", form=form), 422 if form.errors else 200


@bp.route("/settings", methods=["GET", "POST"])
@requires(Permission.SETTINGS_EDIT)
def settings() -> ResponseReturnValue:
    """Change what the instance follows; see how it is."""
    session = get_session()
    in_force = current_app.extensions["refurb.settings"]
    form = GeneralForm(territory=in_force.territory, timezone=in_force.timezone.key, kept_zone=in_force.timezone.key)
    if form.validate_on_submit():
        services.set_general(session, timezone=form.timezone.data, territory=form.territory.data, by=actor(), at=now())
        if form.territory.data in shipped():
            load_territory(session, form.territory.data, at=now())
        session.commit()
        hooks.refresh(force=True)
        flash(_("C'est enregistré."), "done")
        return redirect(url_for(".settings"), 303)
    return render_template("setup/settings.html", form=form, **_state()), 422 if form.errors else 200


def _state() -> dict[str, Any]:
    """Return what the page shows besides its form."""
    session = get_session()
    return {
        "server": queries.mail(session),
        "from_environment": queries.mail_comes_from_environment(),
        "folder": queries.mail_folder(),
        "checks": health.examine(),
        "failed": [row for row in health.failed_rows(session) if row.kind != undelivered.MAIL],
        "undelivered": undelivered.given_up(session),
        "is_demo": bool(queries.setting(session, queries.DEMO, False)),
    }


@bp.route("/settings/mail", methods=["GET", "POST"])
@requires(Permission.SETTINGS_EDIT)
def mail() -> ResponseReturnValue:
    """Choose the server that takes the mail."""
    session = get_session()
    in_force = queries.mail(session)
    if queries.mail_comes_from_environment():
        flash(_("Le courriel est réglé par l'environnement (REFURB_MAIL_HOST) : changez-le là."), "info")
        return redirect(url_for(".settings"), 303)
    form = MailForm(obj=in_force)
    if form.validate_on_submit():
        server = MailSettings(
            host=(form.host.data or "").strip() or None,
            port=form.port.data or 587,
            user=(form.user.data or "").strip() or None,
            password=form.password.data or (in_force.password if form.user.data else None),
            security=form.security.data,
            sender=form.sender.data.strip(),
        )
        services.set_mail(session, server, by=actor(), at=now())
        session.commit()
        hooks.refresh(force=True)
        flash(_("C'est enregistré. Envoyez un message d'essai pour en être sûr."), "done")
        return redirect(url_for(".mail_test"), 303)
    return render_template("setup/mail.html", form=form, server=in_force), 422 if form.errors else 200


@bp.route("/settings/mail/test", methods=["GET", "POST"])
@requires(Permission.SETTINGS_EDIT)
def mail_test() -> ResponseReturnValue:
    """Send one message now, and say what the server answered."""
    session, form = get_session(), TestMailForm()
    sent = fault = detail = None
    if form.validate_on_submit():
        # The server may take its time: no transaction waits for it.
        server_name = queries.mail(session).host
        session.commit()
        try:
            sent = mailer.send(
                session, to=form.to.data, subject=_("Message d'essai de Refurb"), body=render_template("mail/test.txt")
            )
        except mailer.MailRefused as refusal:
            fault, detail = mail_fault(refusal.code, server_name or ""), refusal.detail
        session.commit()
    page = render_template(
        "setup/mail_test.html", form=form, sent=sent, fault=fault, detail=detail, server=queries.mail(session),
        folder=queries.mail_folder(),
    )  # fmt: skip
    return page, 422 if form.errors or fault else 200


def mail_fault(code: str, server: str) -> str:
    """Return the sentence for a message that did not leave."""
    sentences = {
        "wrong-password": _("Le serveur %(server)s refuse ce nom d'utilisateur ou ce mot de passe.", server=server),
        "recipient-refused": _("Le serveur %(server)s refuse cette adresse de destination.", server=server),
        "unreachable": _(
            "Le serveur %(server)s ne répond pas : vérifiez son nom, le port et le chiffrement.", server=server
        ),
    }
    return str(sentences.get(code) or _("Le serveur %(server)s refuse le message.", server=server))


@bp.post("/settings/outbox/<int:row_id>/retry")
@requires(Permission.SETTINGS_EDIT)
def retry(row_id: int) -> ResponseReturnValue:
    """Try again what was given up."""
    session = get_session()
    row = session.get(outbox.OutboxRow, row_id) or abort(404)
    if row.failed_at is not None:
        row.failed_at, row.attempts, row.due_at = None, 0, now()
        session.commit()
    flash(_("C'est relancé."), "done")
    return redirect(url_for(".settings"), 303)


from refurb.setup import undelivered_views  # noqa: E402, F401 - it adds its routes to `bp`
