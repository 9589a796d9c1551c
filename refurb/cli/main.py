"""`refurb`: one command, a module per group; each is loaded when it is called for.

Exit codes: 0 done, 1 refused or found wanting (said in a sentence), 2 the command line itself is wrong.
"""

import importlib
import sys
from typing import Any

import click

from refurb.cli.words import _

#: Name of the command, then where it is. Listing them needs no import beyond the one asked for.
COMMANDS: dict[str, str] = {
    "codes": "refurb.cli.codes:codes",
    "db": "refurb.cli.db:db_group",
    "demo": "refurb.cli.demo:demo",
    "documents": "refurb.cli.documents:documents",
    "doctor": "refurb.cli.doctor:doctor",
    "export": "refurb.cli.exports:export",
    "import": "refurb.cli.imports:import_",
    "ingest": "refurb.cli.ingest:ingest",
    "keys": "refurb.cli.keys:keys",
    "labels": "refurb.cli.labels:labels",
    "match": "refurb.cli.match:match",
    "purge": "refurb.cli.purge:purge",
    "serve": "refurb.cli.serve:serve",
    "user": "refurb.cli.user:user",
    "verify": "refurb.cli.verify:verify",
    "version": "refurb.cli.version:version",
    "worker": "refurb.cli.worker:worker",
}

CONTEXT_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class LazyGroup(click.Group):
    """A group whose commands are imported one by one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        where = COMMANDS.get(cmd_name)
        if where is None:
            return None
        module, attribute = where.split(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command


@click.group(
    cls=LazyGroup,
    context_settings=CONTEXT_SETTINGS,
    help=_("Refurb : des ordinateurs donnés, du fournisseur au foyer."),
    epilog=_("« refurb COMMANDE --help » explique chaque commande."),
)
def cli() -> None:
    """Hold the commands."""


def main(arguments: list[str] | None = None) -> Any:
    """Run the command line; a fault in the settings is a sentence, not a traceback."""
    # Broken pipes (`refurb … | head`) and Ctrl-C are ends like others; click already handles both.
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            # A machine without a UTF-8 locale still gets its sentence.
            reconfigure(encoding="utf-8", errors="replace")
    return cli.main(args=arguments, prog_name="refurb")
