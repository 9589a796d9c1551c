"""`refurb codes`: what a scan means, without a database."""

import json

import click

from refurb.cli.words import _
from refurb.core.identity import display, kind_of, read
from refurb.desk.readings import sentences


@click.group(help=_("Lire les codes que portent les étiquettes."))
def codes() -> None:
    """Hold the commands about codes."""


@codes.command(
    "read",
    # A gun on the wrong keyboard may begin with a dash: that is text, not an option.
    context_settings={"ignore_unknown_options": True},
    help=_(
        "Dire le code que signifie TEXTE, tel qu'un scanner l'a tapé, même sur un clavier d'une autre langue ; un code "
        "par ligne. S'il n'y en a pas, dire pourquoi, avec le code de sortie 1."
    ),
)
@click.argument("words", metavar=_("TEXTE"), nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help=_("Écrire du JSON."))
@click.option("--prefix", default="", help=_("Ce que le scanner de ce poste ajoute devant."))
@click.option("--suffix", default="", help=_("Ce que le scanner de ce poste ajoute derrière."))
@click.pass_context
def read_command(ctx: click.Context, words: tuple[str, ...], as_json: bool, prefix: str, suffix: str) -> None:
    """Read one scan."""
    reading = read(" ".join(words), prefix=prefix, suffix=suffix)
    sentence = sentences(_)[reading.why] if reading.why else None
    if as_json:
        found = [{"code": code, "display": display(code), "kind": kind_of(code).name.lower()} for code in reading.codes]
        answer = {"codes": found, "keyboard": reading.layout, "why": reading.why, "sentence": sentence}
        click.echo(json.dumps(answer, ensure_ascii=False))
    elif sentence:
        click.echo(sentence, err=True)
    else:
        click.echo("\n".join(reading.codes))
    ctx.exit(1 if reading.why else 0)
