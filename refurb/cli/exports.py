"""`refurb export`: machines, needs, counts and organisations as a table."""

from pathlib import Path

import click

from refurb.cli.application import load_app
from refurb.cli.words import _, language


@click.command(
    name="export",
    help=_("Exporter les machines, les demandes d'un service, les comptes masqués ou les organisations."),
    epilog=_("Aucune case ne devient une formule ; l'étiquette privée n'est dans aucun export."),
)
@click.argument(
    "kind",
    metavar="devices|needs|counts|organisations",
    type=click.Choice(["devices", "needs", "counts", "organisations"]),
)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help=_("Le fichier à écrire."))
@click.option("--format", "form", type=click.Choice(["csv", "xlsx"]), help=_("csv par défaut, ou d'après le fichier."))
@click.option("--organisation", help=_("Pour les demandes : le service dont ce sont les dossiers."))
def export(kind: str, output: Path | None, form: str | None, organisation: str | None) -> None:
    """Write one table to a file, or to the terminal."""
    from dataclasses import replace

    from flask_babel import force_locale

    from refurb.audit.access import record_accesses
    from refurb.core.permissions import Permission, Role, permissions_of
    from refurb.db import get_session
    from refurb.exchange import exports
    from refurb.organisations import queries as organisations
    from refurb.security import Actor, ActorKind
    from refurb.web import now

    form = form or (output.suffix.removeprefix(".") if output and output.suffix in (".csv", ".xlsx") else "csv")
    if form == "xlsx" and output is None:
        raise click.UsageError(_("Un tableur s'écrit dans un fichier : --output."))
    with load_app().app_context(), force_locale(language()):
        session, by = get_session(), Actor.system()
        if kind == "needs":
            if organisation is None:
                raise click.UsageError(_("Dites de quel service : --organisation."))
            found = organisations.find(session, organisation)
            if found is None:
                raise click.ClickException(_("Aucune organisation de ce nom, de ce SIRET ou de ce numéro."))
            # As the service itself would take them away: its own cases, and no other.
            held = permissions_of(frozenset({Role.PRESCRIBER})) & {Permission.NEED_READ_CASE}
            by = replace(by, kind=ActorKind.PERSON, organisation_id=found.id, permissions=held)
        sheet = exports.make(session, kind, seen_by=by)
        record_accesses("need", sheet.needs, "need.exported", by=by, at=now())
        content = exports.write(sheet, form)
    if output is None:
        click.echo(content.decode("utf-8-sig"), nl=False)
    else:
        output.write_bytes(content)
        click.echo(_("%(count)s lignes dans %(file)s.", count=len(sheet.rows), file=output))
