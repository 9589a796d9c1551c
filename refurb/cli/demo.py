"""`refurb demo`: a believable département, always the same, dated back from today."""

import time

import click

from refurb.cli.application import load_app
from refurb.cli.words import _


@click.command(help=_("Construire la démonstration dans une base vide, et dire ses comptes."))
@click.option("--seed", type=int, default=49, show_default=True, help=_("Graine du tirage : la même donne la même."))
@click.option("--again", is_flag=True, help=_("Effacer une démonstration et la reconstruire, datée d'aujourd'hui."))
def demo(seed: int, again: bool) -> None:
    """Build it, or say that it is there; a database that is neither empty nor a demo is not touched."""
    from refurb.migrations import schema

    app = load_app()
    with app.test_request_context(base_url=base_url(app)):
        if again:
            _erase()
        if not schema.is_current():
            schema.upgrade()
        click.echo(ensure(seed))


def base_url(app: "object") -> str:
    """Return the address that the demo's papers carry."""
    settings = app.extensions["refurb.settings"]  # type: ignore[attr-defined]  # Flask's, imported late
    return settings.public_url or "http://localhost:8000"


def ensure(seed: int = 49) -> str:
    """Build the demo unless it is there; return its table of accounts. Ends the command on a database in use."""
    from flask import has_request_context

    from refurb.db import get_session
    from refurb.demo import build
    from refurb.demo.names import PASSWORD
    from refurb.migrations import schema

    session = get_session()
    if build.is_half_built(session):
        _erase()
        schema.upgrade()
    if not build.is_demo(session):
        assert has_request_context(), "papers and messages carry addresses"
        if not build.is_empty(session):
            raise click.ClickException(
                _("Cette base n'est ni vide ni une démonstration : rien n'a été touché. Choisissez une autre base.")
            )
        click.echo(_("Construction de la démonstration, une minute environ…"), err=True)
        started = time.monotonic()
        build.build(session, seed=seed)
        seconds = f"{time.monotonic() - started:.0f}"
        click.echo(_("Démonstration construite en %(seconds)s s.", seconds=seconds), err=True)
    return table(build.accounts(session), PASSWORD)


def table(rows: list[tuple[str, str, str]], password: str) -> str:
    """Return the accounts as a table for a terminal."""
    width = max((len(email) for email, _name, _body in rows), default=0)
    lines = [f"  {email.ljust(width)}  {body}" for email, _name, body in rows]
    return "\n".join([_("Comptes (mot de passe : %(password)s) :", password=password), *lines, ""])


def _erase() -> None:
    """Take a demo away, and nothing else."""
    from refurb.db import get_session
    from refurb.demo import build
    from refurb.migrations import schema

    if schema.current() is None:
        return
    if not build.is_demo(get_session()):
        raise click.ClickException(_("Cette base n'est pas une démonstration : rien n'a été touché."))
    # Objects of the old rows must not be taken for the new ones'.
    get_session().close()
    schema.downgrade("base")
