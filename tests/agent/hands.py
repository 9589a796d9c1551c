"""Where the agent is, and what its tests put into its hands: disks, commands, a keyboard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

AGENT = Path(__file__).resolve().parents[2] / "scripts" / "refurb-agent"


def make_disk(
    sys_folder: Path, name: str, *, usb: bool = False, removable: bool = False, part: str | None = None
) -> None:
    """Lay a disk as sysfs shows it: the real folder under devices, links from block and class."""
    real = sys_folder / "devices" / ("usb1" if usb else "pci0") / "block" / name
    (real / "device").mkdir(parents=True)
    (real / "queue").mkdir()
    (real / "slaves").mkdir()
    (real / "device" / "model").write_text("DISK " + name)
    (real / "device" / "serial").write_text("SER-" + name)
    (real / "size").write_text("2000000")
    (real / "removable").write_text("1" if removable else "0")
    (real / "queue" / "rotational").write_text("0")
    for folder in ("block", "class/block"):
        (sys_folder / folder).mkdir(parents=True, exist_ok=True)
        (sys_folder / folder / name).symlink_to(real)
    if part:
        (real / part).mkdir()
        (real / part / "partition").write_text("1")
        (sys_folder / "class" / "block" / part).symlink_to(real / part)


class Scripted:
    """Commands whose answers are written down: by the first words of each, (status, exit, text)."""

    def __init__(self, **answers: tuple[str, int, str]) -> None:
        self.answers = {name.replace("_", " "): answer for name, answer in answers.items()}
        self.asked: list[str] = []
        self.rows: list[dict[str, Any]] = []

    def run(self, argv: list[str], **_: Any) -> tuple[dict[str, Any], str]:
        line = " ".join(argv)
        self.asked.append(line)
        name = max((n for n in self.answers if line.startswith(n)), key=len, default=None)
        status, code, text = self.answers[name] if name else ("ok", 0, "")
        row = {"name": argv[0], "argv": argv, "status": status, "exit": code, "seconds": 0.0, "version": None}
        self.rows.append(row)
        return row, text

    def version(self, name: str) -> str:
        return name + " 1.0"


class Sitting:
    """A keyboard somebody sits at."""

    def __init__(self, file: Any) -> None:
        self.file = file

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return int(self.file.fileno())

    def readline(self) -> str:
        return str(self.file.readline())
