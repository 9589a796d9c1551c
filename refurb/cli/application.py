"""The application as a command needs it: loaded late, and a fault in its settings said in a sentence."""

from typing import TYPE_CHECKING

import click

from refurb.cli.words import _

if TYPE_CHECKING:
    from flask import Flask

    from refurb.config import ConfigError, Settings


def explain(error: "ConfigError") -> str:
    """Say what is wrong with a setting and how to mend it."""
    if error.name == "REFURB_FIELD_KEYS" and error.code in ("missing-secret", "weak-secret"):
        return _("%(name)s manque ou n'est pas une clé : « refurb keys new » en fait une.", name=error.name)
    sentences = {
        "missing-secret": _(
            "%(name)s manque. Donnez-le dans l'environnement : « openssl rand -base64 48 » en fait un.",
            name=error.name,
        ),
        "weak-secret": _(
            "%(name)s est trop court ou trop simple. « openssl rand -base64 48 » en fait un bon.", name=error.name
        ),
        "not-a-field-key": _(
            "%(name)s : chaque clé a 32 octets en base64 pour adresses ; « refurb keys new » en fait une.",
            name=error.name,
        ),
        "not-an-address": _(
            "%(name)s n'est pas une adresse de base de données, comme postgresql://utilisateur:secret@hôte/base.",
            name=error.name,
        ),
        "unknown-database": _("%(name)s : Refurb parle à SQLite et à PostgreSQL.", name=error.name),
        "unknown-timezone": _("%(name)s n'est pas un fuseau horaire, comme Europe/Paris.", name=error.name),
        "not-two-digits": _("%(name)s doit avoir deux chiffres, comme 49.", name=error.name),
        "not-a-number": _("%(name)s doit être un nombre.", name=error.name),
        "not-a-boolean": _("%(name)s doit être « oui » ou « non ».", name=error.name),
        "not-https": _(
            "%(name)s doit commencer par https:// : un fournisseur d'identité se joint chiffré.", name=error.name
        ),
        "missing-beside-issuer": _("%(name)s manque : REFURB_OIDC_ISSUER le demande avec lui.", name=error.name),
        "unknown-value": _("%(name)s : valeur inconnue, voyez docs/settings.md.", name=error.name),
    }
    return sentences.get(error.code, str(error))


def read_settings() -> "Settings":
    """Return the settings; a fault ends the command with its sentence, exit code 1."""
    from refurb.config import ConfigError, Settings

    try:
        return Settings.from_environment()
    except ConfigError as error:
        raise click.ClickException(explain(error)) from error


def warn_of_seal(settings: "Settings") -> None:
    """Say at start-up that papers leave without a seal, or soon will, and how to mend it; silent when all is well."""
    from refurb.cli.doctor import seal_finding

    found = seal_finding(settings)
    if found.state != "ok":
        click.echo(f"! {found.subject} : {found.said}\n    → {found.mend}", err=True)


def load_app() -> "Flask":
    """Return the application with the environment's settings."""
    from refurb.app import create_app

    return create_app(read_settings())
