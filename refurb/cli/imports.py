"""`refurb import`: existing stock, organisations and needs, from a file, looked at line by line first."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from refurb.cli.application import load_app
from refurb.cli.words import _, language

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from refurb.security import Actor


@click.command(
    name="import",
    help=_("Importer ce qui existe : le stock d'un atelier, les organisations, les demandes en cours."),
    epilog=_(
        "Le même fichier deux fois ne crée rien deux fois. Un import ne se défait pas d'un geste : --dry-run d'abord."
    ),
)
@click.argument("kind", metavar="stock|organisations|needs", type=click.Choice(["stock", "organisations", "needs"]))
@click.argument("file", metavar=_("FICHIER"), type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help=_("Dire ce que chaque ligne deviendrait, sans rien écrire."))
@click.option("--organisation", help=_("L'organisation dont c'est le stock ou les demandes : nom, SIRET ou numéro."))
@click.option(
    "--attested-by", metavar=_("COURRIEL"), help=_("Le contrôleur de l'atelier qui atteste les effacements du fichier.")
)
@click.option("--json", "as_json", is_flag=True, help=_("Écrire du JSON, une entrée par ligne du fichier."))
def import_(
    kind: str, file: Path, dry_run: bool, organisation: str | None, attested_by: str | None, as_json: bool
) -> None:
    """Read, say, and write unless told not to."""
    from flask_babel import force_locale

    from refurb.db import get_session
    from refurb.donations.sentences import FILE_REFUSALS
    from refurb.exchange import files, words
    from refurb.exchange.cases import PAST_LIMIT
    from refurb.exchange.reading import ImportRefused
    from refurb.sheets import SheetRefused
    from refurb.web import now, today

    with load_app().app_context(), force_locale(language()):
        session = get_session()
        by, holder = _who(session, kind, organisation, attested_by)
        data = file.read_bytes()
        try:
            table, lines = files.look(
                session, kind, data, by=by, today=today(), holder_id=holder, attested=attested_by is not None
            )
        except (ImportRefused, SheetRefused) as refusal:
            sentence = str(words.REFUSALS.get(refusal.code) or FILE_REFUSALS[refusal.code])
            raise click.ClickException(sentence) from refusal
        again = files.before(session, kind, data, by=by)
        done = {"made": 0, "held": sum(PAST_LIMIT in line.notes for line in lines)}
        if not dry_run:
            preview = files.keep(session, kind, data, table, lines, name=file.name, by=by, at=now())
            done |= files.apply_preview(session, preview, by=by, at=now(), today=today(), holder_id=holder)
            session.commit()
        else:
            session.rollback()
        counts = files.counts(lines)
        told = files.columns_told(table)
        if as_json:
            rows = [
                {"sheet": line.sheet, "line": line.number, "outcome": line.outcome, "notes": line.notes}
                for line in lines
            ]
            click.echo(
                json.dumps(
                    {"dry_run": dry_run, **done, "counts": counts, "columns": told, "lines": rows,
                     "applied_before": again.applied_at.isoformat() if again and again.applied_at else None},
                    ensure_ascii=False,
                    indent=1,
                )
            )  # fmt: skip
            return
        if told["person"]:
            click.echo(_("Colonnes sur des personnes, refusées : %(columns)s.", columns=", ".join(told["person"])))
        for line in lines:
            if line.notes or line.outcome != "new":
                notes = " ".join(str(words.note(code)) for code in line.notes)
                click.echo(f"{line.number} · {words.OUTCOMES[line.outcome]} · {line.shown} {notes}".rstrip())
        if again is not None:
            click.echo(_("Ce même fichier a déjà été importé."))
        click.echo(", ".join(f"{words.OUTCOMES[outcome]} : {count}" for outcome, count in counts.items()))
        if done["held"]:
            click.echo(_("Demandes en brouillon, leur service étant à son maximum : %(count)s.", count=done["held"]))
        if dry_run:
            click.echo(_("Essai : rien n'a été écrit."))
        else:
            click.echo(_("Fait. Fiches créées : %(count)s.", count=done["made"]))


def _who(
    session: "Session", kind: str, organisation: str | None, attested_by: str | None
) -> tuple["Actor", int | None]:
    """Return who imports, for which organisation: the system, or the controller who answers for the media."""
    from dataclasses import replace

    from refurb.accounts import queries as accounts
    from refurb.core.permissions import Permission, permissions_of
    from refurb.organisations import queries as organisations
    from refurb.security import Actor

    by = Actor.system()
    if kind == "organisations":
        return by, None
    if organisation is None:
        if kind == "needs":
            # Each line names its service; the system opens no need of its own.
            return replace(by, permissions=by.permissions - {Permission.NEED_CREATE}), None
        raise click.UsageError(_("Dites de quel atelier c'est le stock : --organisation."))
    found = organisations.find(session, organisation)
    if found is None:
        raise click.ClickException(_("Aucune organisation de ce nom, de ce SIRET ou de ce numéro."))
    by = replace(by, organisation_id=found.id)
    if attested_by is not None:
        account = accounts.by_email(session, attested_by)
        member = accounts.membership_in(session, account.id, found.id) if account is not None else None
        if member is None or Permission.MEDIUM_ACCEPT not in permissions_of(member.roles):
            raise click.ClickException(_("%(who)s n'est pas contrôleur de cet atelier.", who=attested_by))
        by = replace(by, id=member.account_id)
    return by, found.id
