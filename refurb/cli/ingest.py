"""`refurb ingest`: reports from files, as a machine or a person brings them."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from refurb.cli.words import _
from refurb.devices.readings.document import MAX_BYTES
from refurb.devices.readings.reading import Unreadable
from refurb.devices.readings.registry import read
from refurb.devices.readings.summary import as_json, unreadable_json


@click.command(help=_("Lire des relevés de machines : matériel, disques, effacements, quel que soit l'outil."))
@click.argument("files", metavar=_("FICHIER..."), nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help=_("Dire ce qui est lu, sans rien enregistrer ni demander de base."))
@click.option("--json", "as_data", is_flag=True, help=_("Écrire du JSON, un objet par fichier."))
def ingest(files: tuple[Path, ...], dry_run: bool, as_data: bool) -> None:
    """Read every file, then end with 1 if one of them could not be read."""
    results = [_look(path) for path in _each(files)]
    if as_data:
        click.echo(json.dumps(results, ensure_ascii=False, indent=2))
    else:
        for result in results:
            click.echo(_told(result))
    sys.exit(1 if any(result["format"] == "unreadable" for result in results) else 0)


def _each(files: tuple[Path, ...]) -> list[Path]:
    """Return the files, and for a folder those in it: a stick is given whole."""
    found: list[Path] = []
    for path in files:
        found += sorted(inside for inside in path.iterdir() if inside.is_file()) if path.is_dir() else [path]
    return found


def _bytes(path: Path) -> bytes:
    """Read a file, no further than a report may go."""
    try:
        with click.open_file(str(path), "rb") as stream:
            content: bytes = stream.read(MAX_BYTES + 1)
            return content
    except OSError as error:
        raise Unreadable("not-found" if isinstance(error, FileNotFoundError) else "not-opened") from error


def _look(path: Path) -> dict[str, Any]:
    try:
        return as_json(read(_bytes(path)), file=str(path))
    except Unreadable as error:
        return unreadable_json(error.code, file=str(path))


def _told(result: dict[str, Any]) -> str:
    """One paragraph a file, for a person."""
    lines = [f"{result['file']}: {result['format']}"]
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
    "not-found": _("ce fichier n'existe pas"),
    "not-opened": _("ce fichier ne s'ouvre pas"),
}
WIPES = {
    "ok": _("effacé"),
    "ok_with_reservation": _("effacé avec réserve"),
    "failed": _("échec"),
}
