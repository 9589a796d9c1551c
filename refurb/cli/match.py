"""`refurb match`: solve a scenario from a file, without a database."""

import gc
import json
from pathlib import Path
from typing import Any

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
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        detail = f"{type(error).__name__}: {error}"
        raise click.ClickException(
            _("%(file)s n'est pas un scénario que l'on sait lire (%(detail)s).", file=str(scenario), detail=detail)
        ) from error
    text = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    if output is None:
        click.echo(text)
    else:
        output.write_text(text + "\n", encoding="utf-8")


@match.command(
    "run",
    help=_(
        "Lancer la règle sur la base : un essai, ou avec --real un calcul dont la coordination décide ensuite les "
        "propositions. Rien n'est mis de côté par cette commande."
    ),
)
@click.option("--real", is_flag=True, help=_("Un calcul pour de bon, qui remplace celui qui est ouvert."))
@click.option("--seed", default="", help=_("Graine du tirage ; sinon, elle est tirée."))
@click.option("--json", "as_json", is_flag=True, help=_("Répondre en JSON."))
def run_command(real: bool, seed: str, as_json: bool) -> None:
    """Make a run and say what it proposes."""
    from refurb.cli.application import load_app
    from refurb.db import get_session
    from refurb.matching import planner
    from refurb.matching.services import MatchRefused
    from refurb.security import Actor
    from refurb.web import now

    app = load_app()
    with app.app_context():
        session = get_session()
        try:
            made = planner.make_run(session, dry=not real, by=Actor.system(), at=now(), seed=seed[:80])
        except MatchRefused as refusal:
            raise click.ClickException(_("Quelqu'un lance un calcul en ce moment : réessayez.")) from refusal
        session.commit()
        told: dict[str, Any] = {
            "run": made.id,
            "dry": made.dry,
            "seed": made.seed,
            "digest": made.digest,
            "devices": made.devices,
            "needs": made.needs,
            "objective": made.objective,
            "method": made.method,
        }
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
    else:
        click.echo(
            _(
                "%(served)s demandes servies sur %(needs)s, %(devices)s machines en stock. Graine : %(seed)s.",
                served=told["objective"]["served"],
                needs=told["needs"],
                devices=told["devices"],
                seed=told["seed"],
            )
        )
