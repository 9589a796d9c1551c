"""`refurb labels`: labels on a sheet or for a roll; a database is read only where it is asked what codes name."""

from pathlib import Path

import click

from refurb.cli.words import _
from refurb.core.identity import read
from refurb.desk.readings import sentences as why_not
from refurb.labels.drawing import DPI, Label, LabelRefused
from refurb.labels.layouts import LAYOUTS
from refurb.labels.sentences import sentences as refusals


@click.command(
    help=_(
        "Imprimer des étiquettes dans un PDF, ou en ZPL pour une imprimante thermique : le code en barres, en QR et "
        "en clair. Les codes se donnent comme ils se scannent ; s'il y en a un faux, rien n'est écrit et le code de "
        "sortie est 1. Sans --known, aucune base n'est lue et l'étiquette ne porte que son code."
    )
)
@click.argument("texts", metavar=_("CODE…"), nargs=-1, required=True)
@click.option(
    "--layout",
    type=click.Choice(list(LAYOUTS)),
    default="L7160",
    show_default=True,
    help=_("La planche ou le rouleau."),
)
@click.option(
    "--zpl",
    "as_zpl",
    is_flag=True,
    help=_("Écrire du ZPL, une étiquette après l'autre, à envoyer tel quel à une imprimante thermique."),
)
@click.option(
    "--start",
    type=int,
    default=1,
    show_default=True,
    help=_("La première étiquette libre d'une planche entamée, comptée de gauche à droite puis de haut en bas."),
)
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help=_("Le fichier à écrire.")
)
@click.option(
    "--known",
    is_flag=True,
    help=_(
        "Lire dans la base de l'instance ce que chaque code nomme, et l'imprimer : marque et modèle, profil, "
        "emplacement, adresse courte. Un code qui n'y nomme rien est refusé."
    ),
)
@click.option("--title", default="", help=_("Marque et modèle, les mêmes sur toutes."))
@click.option("--detail", default="", help=_("Le profil, le même sur toutes."))
@click.option(
    "--dpi", type=click.IntRange(1, 4800), default=DPI, show_default=True, help=_("La finesse de l'imprimante.")
)
def labels(
    texts: tuple[str, ...],
    layout: str,
    as_zpl: bool,
    start: int,
    output: Path,
    known: bool,
    title: str,
    detail: str,
    dpi: int,
) -> None:
    """Write the sheet, or say every code that is wrong."""
    if as_zpl and start != 1:
        raise click.UsageError(_("--start est pour les planches : avec --zpl, les étiquettes sortent une à une."))
    if LAYOUTS[layout].is_roll and start != 1:
        raise click.UsageError(_("--start est pour les planches : celles d'un rouleau sortent une à une."))
    if known and (title or detail):
        raise click.UsageError(_("--title et --detail ne vont pas avec --known, qui les lit dans la base."))
    codes: list[str] = []
    wrong: list[str] = []
    for text in texts:
        reading = read(text)
        codes += reading.codes
        if reading.why:
            wrong.append(f"{text} : {why_not(_)[reading.why]}")
    if wrong:
        raise click.ClickException("\n".join(wrong))
    # Loaded last: a wrong code is told at once, without reportlab.
    from refurb.labels.sheets import pdf
    from refurb.labels.zpl import zpl

    try:
        asked = _known(codes) if known else [Label(code, title=title, detail=detail) for code in codes]
        sheet = zpl(asked, layout, dpi=dpi).encode() if as_zpl else pdf(asked, layout, start, dpi=dpi)
    except LabelRefused as refusal:
        raise click.ClickException(refusals(_)[refusal.code] % {"about": refusal.about}) from refusal
    try:
        output.write_bytes(sheet)
    except OSError as error:
        raise click.ClickException(_("%(file)s ne peut pas être écrit.", file=output)) from error
    if len(codes) == 1:
        click.echo(_("Une étiquette dans %(file)s.", file=output))
    else:
        click.echo(_("%(count)s étiquettes dans %(file)s.", count=len(codes), file=output))


def _known(codes: list[str]) -> list[Label]:
    """Return the labels of what the codes name in this instance; raises LabelRefused."""
    from flask_babel import force_locale

    from refurb.cli.application import load_app
    from refurb.cli.words import language
    from refurb.db import get_session
    from refurb.labels.services import labels_of
    from refurb.labels.words import words_of
    from refurb.security import Actor

    app = load_app()
    with app.app_context(), force_locale(language()):
        words = words_of(app.extensions["refurb.settings"].public_url)
        found, _devices = labels_of(get_session(), codes, words, seen_by=Actor.system())
    return found
