"""dmidecode's text: what the firmware says. No report of its own; Workbench's snapshots carry one."""

import re
from dataclasses import dataclass, field

from refurb.devices.readings import facts
from refurb.devices.readings.facts import name, words

_HANDLE = re.compile(r"^Handle 0x[0-9A-Fa-f]+, DMI type (\d+)")


@dataclass(slots=True)
class Section:
    """One structure: its type, and the lines "key: value" of its first level."""

    type: int
    values: dict[str, str] = field(default_factory=dict)

    def get(self, key: str) -> str | None:
        return name(self.values.get(key))


@dataclass(slots=True)
class Firmware:
    """What is taken from all structures; every field may be missing."""

    manufacturer: str | None = None
    product: str | None = None
    version: str | None = None
    family: str | None = None
    sku: str | None = None
    serial: str | None = None
    uuid: str | None = None
    board_serial: str | None = None
    chassis: str | None = None
    cpu: str | None = None
    cores: int | None = None
    ram_gb: int | float | None = None
    batteries: int = 0


def read_dmi(text: object) -> Firmware:
    """Return what dmidecode printed; an empty Firmware for the few lines it prints where it may not look."""
    found = Firmware()
    if not isinstance(text, str):
        return found
    sizes: list[float | None] = []
    counts: list[int | None] = []
    for section in _sections(text[:4_000_000]):
        match section.type:
            case 1 if found.manufacturer is None and found.product is None:
                found.manufacturer, found.product = section.get("Manufacturer"), section.get("Product Name")
                found.version, found.family = section.get("Version"), section.get("Family")
                found.sku, found.uuid = section.get("SKU Number"), words(section.values.get("UUID"))
                found.serial = words(section.values.get("Serial Number"))
            case 2:
                found.board_serial = found.board_serial or section.get("Serial Number")
            case 3:
                found.chassis = found.chassis or section.get("Type")
            case 4 if "unpopulated" not in (section.values.get("Status") or "").lower():
                if section.get("Version"):
                    found.cpu = found.cpu or section.get("Version")
                    counts.append(facts.whole(section.values.get("Core Count"), least=1, most=1024))
            case 17 if not re.search("(?i)flash|rom", section.values.get("Type") or ""):
                sizes.append(_size(section.values.get("Size")))
            case 22 if section.get("Manufacturer") or section.get("Name") or section.get("Design Capacity"):
                found.batteries += 1
    found.cores = sum(n for n in counts if n) if counts and all(counts) else None
    found.ram_gb = facts.installed_gib(sizes)
    return found


def _sections(text: str) -> list[Section]:
    sections: list[Section] = []
    for line in text.splitlines():
        if handle := _HANDLE.match(line):
            sections.append(Section(int(handle[1][:4])))
        elif sections and (pair := re.match(r"^\t([^\t:][^:]*):\s*(.*)$", line)):
            sections[-1].values.setdefault(pair[1].strip(), pair[2].strip())
    return sections


def _size(text: str | None) -> float | None:
    found = re.match(r"\s*(\d{1,9}) ?([kMGT]?)i?B", text or "")
    return float(found[1]) * {"": 1, "k": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}[found[2]] if found else None
