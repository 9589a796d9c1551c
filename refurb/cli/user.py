"""`refurb user`: accounts, for who has the machine and not yet the pages."""

import json
import sys
from datetime import datetime
from typing import TYPE_CHECKING

import click

from refurb.cli.application import load_app
from refurb.cli.words import _

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.security import Actor


@click.group(help=_("Créer des comptes, les lister, changer un mot de passe."))
def user() -> None:
    """Hold the commands."""


@user.command(help=_("Créer un compte ; avec --admin, il administre l'instance."))
@click.argument("email")
@click.option("--name", help=_("Nom de la personne ; son adresse, sinon."))
@click.option("--admin", is_flag=True, help=_("Administrer l'instance et coordonner."))
@click.option("--password-stdin", is_flag=True, help=_("Lire le mot de passe sur l'entrée standard."))
def create(email: str, name: str | None, admin: bool, password_stdin: bool) -> None:
    """Create an account; asks for the password, never takes it as an argument (others read those)."""
    from email_validator import EmailNotValidError, validate_email

    try:
        address = validate_email(email, check_deliverability=False).normalized.lower()
    except EmailNotValidError as error:
        raise click.BadParameter(_("« %(email)s » n'est pas une adresse de courriel.", email=email)) from error
    app = load_app()
    with app.app_context():
        from refurb.accounts import queries, services
        from refurb.accounts.passwords import hash_password
        from refurb.db import get_session
        from refurb.security import Actor
        from refurb.setup.services import administrator
        from refurb.web import now

        session = get_session()
        known = queries.by_email(session, address)
        if known is not None and not admin:
            raise click.ClickException(_("%(email)s a déjà un compte.", email=address))
        session.commit()
        hashed = None
        if known is None or known.password_hash is None:
            hashed = hash_password(_ask_password(address, name, from_stdin=password_stdin))
        by, at = Actor.system(), now()
        if admin:
            account = administrator(session, name=name or address, email=address, password_hash=hashed, by=by, at=at)
            if account.password_hash is None:
                account.password_hash = hashed
            _begin(session, app.extensions["refurb.settings"].territory, by=by, at=at)
        else:
            services.create(session, name=name or address, email=address, password_hash=hashed, by=by, at=at)
        session.commit()
    click.echo(_("%(email)s peut se connecter.", email=address))


def _begin(session: "Session", territory: str, *, by: "Actor", at: datetime) -> None:
    """Give a new instance what the first-run page gives it: the communes of its département, the systems installed."""
    from refurb.territory.services import load, shipped
    from refurb.workshop import catalogue

    if territory in shipped():
        load(session, territory, at=at)
    catalogue.begin(session, by=by, at=at)


@user.command("list", help=_("Lister les comptes."))
@click.option("--json", "as_json", is_flag=True, help=_("Écrire du JSON."))
def list_accounts(as_json: bool) -> None:
    """List accounts with their organisations and roles."""
    with load_app().app_context():
        from refurb.accounts.queries import all_accounts
        from refurb.db import get_session

        accounts = all_accounts(get_session())
        joined = {account.id: [m for m in account.memberships if m.ended_at is None] for account in accounts}
        if as_json:
            rows = [
                {
                    "email": account.email,
                    "name": account.name,
                    "active": account.disabled_at is None and account.password_hash is not None,
                    "memberships": [
                        {"organisation": m.organisation.name, "roles": sorted(m.role_codes)} for m in joined[account.id]
                    ],
                }
                for account in accounts
            ]
            click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
            return
        for account in accounts:
            places = "; ".join(f"{m.organisation.name} ({', '.join(sorted(m.role_codes))})" for m in joined[account.id])
            click.echo(f"{account.email}  {account.name}  {places or '–'}")


@user.command("reset-password", help=_("Choisir un nouveau mot de passe pour un compte ; ses sessions se ferment."))
@click.argument("email")
@click.option("--password-stdin", is_flag=True, help=_("Lire le mot de passe sur l'entrée standard."))
def reset_password(email: str, password_stdin: bool) -> None:
    """Set a password and close every session of the account."""
    with load_app().app_context():
        from refurb.accounts import queries, services
        from refurb.accounts.passwords import hash_password
        from refurb.db import get_session
        from refurb.security import Actor
        from refurb.web import now

        session = get_session()
        account = queries.by_email(session, email)
        if account is None:
            raise click.ClickException(_("%(email)s n'a pas de compte.", email=email))
        session.commit()
        hashed = hash_password(_ask_password(account.email, account.name, from_stdin=password_stdin))
        services.set_password(session, account, hashed, by=Actor.system(), at=now(), keep=None)
        session.commit()
    click.echo(_("Le mot de passe de %(email)s est changé.", email=email))


@user.command(
    "reset-2fa", help=_("Remettre à zéro le code du téléphone d'un compte, perdu ou volé ; ses sessions se ferment.")
)
@click.argument("email")
def reset_second_factor(email: str) -> None:
    """Take the second factor away and close every session; who needs one relates a telephone at the next sign-in."""
    with load_app().app_context():
        from refurb.accounts import queries, second_factor
        from refurb.db import get_session
        from refurb.security import Actor
        from refurb.web import now

        session = get_session()
        account = queries.by_email(session, email)
        if account is None:
            raise click.ClickException(_("%(email)s n'a pas de compte.", email=email))
        had = second_factor.reset(session, account, by=Actor.system(), at=now())
        session.commit()
    if had:
        click.echo(_("Le téléphone de %(email)s n'est plus relié ; ses sessions sont fermées.", email=email))
    else:
        click.echo(_("%(email)s n'avait pas relié de téléphone ; ses sessions sont fermées.", email=email))


def _ask_password(email: str, name: str | None, *, from_stdin: bool) -> str:
    """Return a password that is good enough; ends the command with the reason otherwise."""
    from refurb.core.passwords import weakness

    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = str(click.prompt(_("Mot de passe"), hide_input=True, confirmation_prompt=_("Encore une fois")))
    sentences = {
        "too-short": _("Prenez au moins dix caractères : trois mots font l'affaire."),
        "too-long": _("Prenez moins de deux cents caractères."),
        "too-simple": _("Ce mot de passe est parmi les premiers qu'on essaie : prenez-en un autre."),
        "too-close": _("Ce mot de passe ressemble à votre nom ou à votre adresse : prenez-en un autre."),
    }
    why = weakness(password, known=(email, name or ""))
    if why is not None:
        raise click.ClickException(sentences[why])
    return password
