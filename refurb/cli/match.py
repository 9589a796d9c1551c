"""`refurb match`: solve a scenario from a file, without a database."""

import gc
import json
from pathlib import Path

import click

from refurb.cli.words import _


@click.group(help=_("Rapprocher les machines et les demandes."))
def match() -> None:
    """Hold the commands about the matching."""


@match.command(
    "solve",
    help=_(
        "Calculer le plan d'un scénario : qui reçoit quelle machine, et pour les autres, pourquoi. SCÉNARIO est un "
        "fichier JSON ; aucune base de données n'est nécessaire."
    ),
)
@click.argument("scenario", metavar=_("SCÉNARIO"), type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help=_("Où écrire le plan ; sinon, à l'écran.")
)
def solve_command(scenario: Path, output: Path | None) -> None:
    """Write the plan of a scenario."""
    from refurb.core.reasons import plan

    # The process lives for one plan: walking its objects for cycles would only cost a quarter of the time.
    gc.disable()
    try:
        given = json.loads(scenario.read_bytes())
        found = plan(given)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        detail = f"{type(error).__name__}: {error}"
        raise click.ClickException(
            _("%(file)s n'est pas un scénario que l'on sait lire (%(detail)s).", file=str(scenario), detail=detail)
        ) from error
    text = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    if output is None:
        click.echo(text)
    else:
        output.write_text(text + "\n", encoding="utf-8")
