"""`refurb keys`: the keys that close what the database holds in confidence (labels of cases, servers' passwords)."""

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from refurb.cli.words import _

if TYPE_CHECKING:
    from refurb.config import Settings

NAME = "REFURB_FIELD_KEYS"


@click.group(
    name="keys",
    help=_("Les clés des champs chiffrés : en faire une, savoir lesquelles servent, en changer."),
    epilog=_("Les clés vivent hors de la base : dans le dossier de l'instance, ou dans REFURB_FIELD_KEYS."),
)
def keys() -> None:
    """Hold the commands."""


@keys.command(help=_("Faire une clé et l'écrire à l'écran ; rien n'est changé."))
def new() -> None:
    """Print a key."""
    click.echo(make())


@keys.command(help=_("Dire combien de valeurs chaque clé ferme ; code de sortie 1 si une valeur ne s'ouvre plus."))
@click.option("--json", "as_json", is_flag=True, help=_("Écrire du JSON."))
def status(as_json: bool) -> None:
    """Count what each key closes."""
    from refurb import sealed
    from refurb.cli.application import load_app
    from refurb.db import Base, get_session

    app = load_app()
    with app.app_context():
        found = sealed.counts(get_session(), Base.metadata, app.extensions["refurb.settings"])
    if as_json:
        click.echo(json.dumps({"keys": found.by_key, "lost": found.lost}))
    else:
        for number, count in enumerate(found.by_key, start=1):
            click.echo(_("Clé %(number)s : %(count)s valeurs.", number=number, count=count))
        if found.lost:
            click.echo(_("Sans clé : %(count)s valeurs ne s'ouvrent plus.", count=found.lost))
    if found.lost:
        raise SystemExit(1)


@keys.command(
    help=_("Changer de clé : en ajouter une, fermer de nouveau toutes les valeurs, puis retirer l'ancienne."),
    epilog=_("Arrêtée au milieu, la commande se relance : rien n'est perdu, les deux clés ouvrent jusqu'à la fin."),
)
def rotate() -> None:
    """Go on to a new key; what a stopped rotation left is finished first."""
    from refurb.cli.application import read_settings

    settings = read_settings()
    if settings.keys_file is None:
        _rotate_environment(settings)
    else:
        with _alone(settings.keys_file):
            _rotate_file(settings.keys_file)


def make() -> str:
    """Return a new key: 32 bytes in the base64 that Fernet reads."""
    return secrets.token_urlsafe(32) + "="


def _rotate_file(path: Path) -> None:
    held = _held(path)
    if len(held) == 1:
        held = [make(), *held]
        _write(path, held)
    done = _reseal()
    _write(path, held[:1])
    click.echo(_("%(count)s valeurs fermées par la nouvelle clé ; l'ancienne est retirée.", count=done))
    click.echo(_("Les sauvegardes d'avant ne s'ouvrent qu'avec l'ancienne clé, gardée avec elles."))


def _rotate_environment(settings: "Settings") -> None:
    if len(settings.field_keys) == 1:
        click.echo(_("Les clés sont dans l'environnement, qui n'en a qu'une. Dans l'ordre :"))
        click.echo(_("1. mettez une nouvelle clé devant : %(name)s=%(key)s,<clé actuelle>", name=NAME, key=make()))
        click.echo(_("2. relancez tous les processus (web, worker), puis « refurb keys rotate » ;"))
        click.echo(_("3. retirez l'ancienne clé et relancez une dernière fois."))
        raise SystemExit(1)
    done = _reseal()
    click.echo(_("%(count)s valeurs fermées par la première clé de %(name)s.", count=done, name=NAME))
    click.echo(_("Retirez les autres clés de l'environnement et relancez les processus."))


def _reseal() -> int:
    """Close everything by the first key, in one transaction; a value that no key opens ends the command before it."""
    from refurb import sealed
    from refurb.cli.application import load_app
    from refurb.db import Base, get_session

    app = load_app()
    with app.app_context():
        session = get_session()
        done, lost = sealed.reseal(session, Base.metadata, app.extensions["refurb.settings"])
        session.commit()
    if lost:
        raise click.ClickException(
            _(
                "%(count)s valeurs ne s'ouvrent avec aucune clé : retrouvez leur clé, ajoutez-la à la fin, relancez. "
                "Aucune clé n'est retirée.",
                count=lost,
            )
        )
    return done


def _held(path: Path) -> list[str]:
    return str(json.loads(path.read_text())[NAME]).split(",")


def _write(path: Path, held: list[str]) -> None:
    """Put the keys in their file in one step: whoever reads it sees the old list or the new one, even after a kill."""
    content = {**json.loads(path.read_text()), NAME: ",".join(held)}
    draft = path.with_suffix(f".{os.getpid()}.tmp")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(content, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Let one rotation run at a time; the lock goes with the process, however it ends."""
    with path.with_suffix(".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise click.ClickException(_("Un autre changement de clé est en cours.")) from error
        yield
