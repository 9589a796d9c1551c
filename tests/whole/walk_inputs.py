"""What the walk carries: a messy workbook, the report of one of its machines, and the log of its wipe. Made here."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from tests.devices.readings.makers import ata_disk, lshw_tree, nwipe_log

SERIAL, MODEL, DISK = "PF49WALK", "CT240BX500SSD1", "1927E2000001"


@dataclass(frozen=True)
class Inputs:
    """The files, the lines that the workbook declares with a serial, and the serial of the machine followed."""

    workbook: Path
    lines: list[dict[str, str]]
    followed: str
    #: The serial of a machine that arrives and nobody declared.
    extra: str
    report: Path
    disks: list[tuple[str, str]]
    folder: Path

    def wipe_log(self) -> Path:
        """Write the log of a wipe that ended just now: an older one would be the giver's."""
        path = self.folder / "nwipe.log"
        drives = [(f"/dev/sd{'abcd'[i]}", "ATA", model, serial) for i, (model, serial) in enumerate(self.disks)]
        # A bench writes its own local time, without a zone.
        ended = datetime.now().astimezone().strftime("[%Y/%m/%d %H:%M:%S]")
        path.write_text(re.sub(r"\[[\d/]+ [\d:]+\]", ended, nwipe_log(*drives)))
        return path


def make(folder: Path) -> Inputs:
    """Write the files into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [{"serial": serial} for serial in (SERIAL, "5CG49WALK1", "5CG49WALK2", "5CG49WALK3")]
    return Inputs(_workbook(folder, lines), lines, SERIAL, "XTRA49INCONNU", _report(folder), [(MODEL, DISK)], folder)


def from_samples(samples: Path, folder: Path) -> Inputs:
    """Carry the suppliers' messy workbook, and follow the laptop of a Workbench snapshot, which no line declares."""
    from refurb.devices.readings import registry
    from refurb.donations.lists import read_list
    from refurb.sheets import read

    folder.mkdir(parents=True, exist_ok=True)
    workbook = samples / "lists" / "dsi-deux-feuilles.xlsx"
    report = samples / "ereuse" / "latitude-e7240.json"
    reading = registry.read(report.read_bytes())
    assert reading.serial
    understood = read_list(read(workbook.read_bytes()), today=date(2026, 11, 21))
    lines = [{"serial": line.serial} for line in understood.lines if line.serial][:5]
    disks = [(medium.model or "", medium.serial or "") for medium in reading.media or ()]
    return Inputs(workbook, lines, reading.serial, reading.serial, report, disks, folder)


def _workbook(folder: Path, lines: list[dict[str, str]]) -> Path:
    """Title rows above the header, a column about a person, a formula for a serial, a total under the lines."""
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Portables"
    sheet.append(["Réforme du parc – direction informatique"])
    sheet.append([])
    sheet.append(["Type", "Marque", "Modèle", "N° de série", "N° inventaire", "Date d'achat", "Utilisateur"])
    for number, line in enumerate(lines, start=1):
        bought = date(2019, 3, number)
        row = ["PC portable", "LENOVO", "ThinkPad T480", line["serial"], f"INV-{number}", bought, "Jeanne Exemple"]
        sheet.append(row)
    sheet.append(["TOTAL", None, None, None, len(lines), None, None])
    other = book.create_sheet("Divers")
    other.append(["Désignation", "Quantité"])
    other.append(["Écran 22 pouces", 2])
    path = folder / "parc-reforme.xlsx"
    book.save(path)
    return path


def _report(folder: Path) -> Path:
    tree = lshw_tree(serial=SERIAL, vendor="LENOVO", product="20L6S1A200", disks=[ata_disk(serial=DISK, product=MODEL)])
    path = folder / "lshw.json"
    path.write_text(json.dumps(tree))
    return path
