"""`refurb ingest`: reports from files, as a machine or a person brings them."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from refurb.cli.words import _
from refurb.devices.readings.reading import Unreadable
from refurb.devices.readings.registry import READER_VERSION, read
from refurb.devices.readings.summary import as_json, unreadable_json
from refurb.devices.report_bundles import is_left_behind

if TYPE_CHECKING:
    from refurb.devices.models import Report

#: The largest file that is kept; from readings.document.MAX_BYTES on it is kept and not read.
LARGEST = 64 * 1024 * 1024


@click.command(
    help=_("Lire des relevés de machines : matériel, disques, effacements, quel que soit l'outil."),
    epilog=_("Un fichier illisible n'arrête pas les autres ; la commande finit alors avec le code 1."),
)
@click.argument("files", metavar=_("[FICHIER...]"), nargs=-1, type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help=_("Dire ce qui est lu, sans rien enregistrer ni demander de base."))
@click.option(
    "--again", is_flag=True, help=_("Relire ce qui est gardé et qu'un lecteur plus récent lirait mieux ; sans fichier.")
)
@click.option("--json", "as_data", is_flag=True, help=_("Écrire du JSON, un objet par fichier."))
def ingest(files: tuple[Path, ...], dry_run: bool, again: bool, as_data: bool) -> None:
    """Read every file, then end with 1 if one of them could not be read."""
    if again and (files or dry_run):
        raise click.UsageError(_("--again relit ce qui est gardé : ne donnez ni fichier ni --dry-run."))
    if not again and not files:
        raise click.UsageError(_("Donnez au moins un fichier, ou --again."))
    if again:
        results = list(_again())
    elif dry_run:
        results = [_look(path) for path in _each(files)]
    else:
        results = list(_bring(_each(files)))
    if as_data:
        click.echo(json.dumps(results, ensure_ascii=False, indent=2))
    else:
        for result in results:
            click.echo(_told(result))
    sys.exit(1 if any(result["format"] == "unreadable" for result in results) else 0)


def _each(files: tuple[Path, ...]) -> list[Path]:
    """Return the files, and for a folder those in it and under it: a stick is given whole."""
    found: list[Path] = []
    for path in files:
        if path.is_dir():
            inside = (each for each in path.rglob("*") if each.is_file())
            found += sorted(each for each in inside if not is_left_behind(str(each.relative_to(path))))
        else:
            found.append(path)
    return found


def _bytes(path: Path) -> bytes:
    """Read a file whole, or not at all: half a report is not kept."""
    try:
        with click.open_file(str(path), "rb") as stream:
            content: bytes = stream.read(LARGEST + 1)
    except OSError as error:
        raise Unreadable("not-found" if isinstance(error, FileNotFoundError) else "not-opened") from error
    if len(content) > LARGEST:
        raise Unreadable("too-large")
    return content


def _look(path: Path) -> dict[str, Any]:
    try:
        return as_json(read(_bytes(path)), file=str(path))
    except Unreadable as error:
        return unreadable_json(error.code, file=str(path))


def _bring(paths: list[Path]) -> Iterator[dict[str, Any]]:
    """Keep and take each file, for the house: its machine is looked for among all workshops'."""
    from refurb.cli.application import load_app
    from refurb.db import get_session
    from refurb.devices import reports
    from refurb.security import Actor
    from refurb.web import now, zone

    with load_app().app_context():
        for path in paths:
            try:
                raw = _bytes(path)
            except Unreadable as error:
                yield unreadable_json(error.code, file=str(path))
                continue
            arrival = reports.arrive(get_session(), raw, by=Actor.system(), at=now(), zone=zone(), file_name=path.name)
            yield _kept(arrival.report, str(path)) | {"known": arrival.known}


def _again() -> Iterator[dict[str, Any]]:
    """Read the older and the unreadable once more, each in its own transaction."""
    from refurb.cli.application import load_app
    from refurb.db import get_session
    from refurb.devices import report_queries, reports
    from refurb.security import Actor
    from refurb.web import now, zone

    with load_app().app_context():
        session, system = get_session(), Actor.system()
        for report_id in report_queries.to_read_again(session, READER_VERSION):
            report = report_queries.by_id(session, report_id, seen_by=system)
            if report is None:
                continue
            reports.read_again(session, report, by=system, at=now(), zone=zone())
            session.commit()
            yield _kept(report, report.file_name)


def _kept(report: "Report", file: str | None) -> dict[str, Any]:
    """Return what was read of a report that is kept, and what became of it."""
    return {
        "file": file,
        **(report.reading or {}),
        "format": report.format,
        "report": report.id,
        "machine": report.device.code if report.device is not None else None,
        "doubt": report.doubt,
    }


def _told(result: dict[str, Any]) -> str:
    """One paragraph a file, for a person."""
    lines = [f"{result['file'] or _('sans nom')}: {result['format']}"]
    if result["format"] == "unreadable":
        return f"{lines[0]} ({WHY_NOT.get(result['warnings'][0], result['warnings'][0])})"
    machine = " ".join(str(result[key]) for key in ("form", "manufacturer", "model", "serial") if result[key])
    cpu = result["cpu"] and f"{result['cpu']['model']} ({_('classe')} {_shown(result['cpu']['class'])})"
    memory = result["ram_gb"] and _("%(size)s Gio de mémoire", size=result["ram_gb"])
    lines.append("  " + ", ".join(str(part) for part in (machine, cpu, memory) if part))
    for medium in result["media"]:
        said = [medium[key] for key in ("type", "model", "serial", "health") if medium[key]]
        lines.append("  " + " ".join([*said, _("%(size)s Go", size=_shown(medium["size_gb"]))]))
    for wipe in result["wipes"]:
        drive = " ".join(filter(None, (wipe["device"], wipe["model"], wipe["serial"])))
        lines.append(f"  {drive}: {wipe['method']}, {WIPES[wipe['outcome']]}")
    if result["profiles"]:
        lines.append("  " + _("Profils : %(profiles)s", profiles=", ".join(result["profiles"])))
    lines += [f"  ! {warning}" for warning in result["warnings"]]
    if result.get("machine"):
        lines.append("  " + _("Rangé avec la machine %(code)s", code=result["machine"]))
    elif result.get("doubt"):
        lines.append("  " + _("Une question attend une réponse sur la page des relevés."))
    return "\n".join(line for line in lines if line.strip())


def _shown(value: Any) -> str:
    return "?" if value is None else str(value)


#: Why bytes are unreadable, in the reader's words.
WHY_NOT = {
    "empty": _("le fichier est vide"),
    "too-large": _("le fichier est trop gros pour un relevé"),
    "broken-compression": _("la compression est abîmée"),
    "truncated": _("le fichier est coupé"),
    "unknown-format": _("aucun outil connu n'écrit ainsi"),
    "unexpected-shape": _("le contenu n'a pas la forme attendue"),
    "no-drive": _("le journal ne parle d'aucun disque"),
    "newer-schema": _("la clé est plus récente que Refurb"),
    "not-found": _("ce fichier n'existe pas"),
    "not-opened": _("ce fichier ne s'ouvre pas"),
}
WIPES = {
    "ok": _("effacé"),
    "ok_with_reservation": _("effacé avec réserve"),
    "failed": _("échec"),
}
