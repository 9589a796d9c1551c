"""`refurb version`."""

import json
import platform

import click

from refurb import __version__
from refurb.cli.words import _


@click.command(help=_("Donner la version de Refurb et de ce qui le fait tourner."))
@click.option("--json", "as_json", is_flag=True, help=_("Écrire du JSON."))
def version(as_json: bool) -> None:
    """Print the versions an incident report needs."""
    values = {"refurb": __version__, "python": platform.python_version(), "platform": platform.platform()}
    if as_json:
        click.echo(json.dumps(values))
    else:
        click.echo("\n".join(f"{name} {value}" for name, value in values.items()))
