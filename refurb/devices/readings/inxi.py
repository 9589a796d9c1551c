"""inxi's JSON, whose keys carry their order ("003#0#3#serial"). No format of its own; Workbench carries one."""

import re
from typing import Any

from refurb.devices.readings import facts
from refurb.devices.readings.facts import name, node, number, rows, words
from refurb.devices.readings.reading import Battery, Medium, MediumType

Rows = list[dict[str, Any]]


def sections(value: Any) -> dict[str, Rows]:
    """Return the rows of each section, in the order of their keys, by plain names."""
    found: dict[str, Rows] = {}
    for part in rows(value):
        for key, content in node(part).items():
            found[_plain(key)] = [_row(row) for row in rows(content) if isinstance(row, dict)]
    return found


def _plain(key: Any) -> str:
    return str(key).rsplit("#", 1)[-1].strip()


def _row(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row by plain names; a name met twice keeps its first value, which is of the device and not of a part."""
    result: dict[str, Any] = {}
    for key in sorted(row, key=str):
        result.setdefault(_plain(key), row[key])
    return result


def batteries(inxi: dict[str, Rows]) -> tuple[Battery, ...]:
    """Return the machine's own batteries: a mouse's is one too for inxi, under another name."""
    found = []
    for row in inxi.get("Battery", []):
        if not any(key.startswith("ID") for key in row):
            continue
        level = re.search(r"\(([\d.,]+) ?%\)", words(row.get("condition")) or "")
        share = number(level[1]) if level else None
        found.append(
            Battery(min(round(share), 100) if share is not None else None, facts.whole(row.get("cycles"), most=100_000))
        )
    return tuple(found)


def screen_in(inxi: dict[str, Rows]) -> float | None:
    """Return the diagonal of the machine's own panel."""
    for row in inxi.get("Graphics", []):
        if re.match(r"(?i)e?dp-?\d*$|lvds|dsi", words(row.get("Monitor")) or "") and not re.match(
            r"(?i)dp-", words(row.get("Monitor")) or ""
        ):
            found = re.search(r"\(([\d.,]+)\"", words(row.get("diag")) or "")
            return number(found[1]) if found else None
    return None


def webcam(inxi: dict[str, Rows]) -> bool | None:
    """Tell whether a camera of the machine's own is listed."""
    graphics = inxi.get("Graphics", [])
    for row in graphics:
        if facts.is_camera(row.get("Device"), "webcam" if "uvcvideo" in str(row.get("driver")) else None):
            return True
    return False if any("Device" in row for row in graphics) else None


def gpu(inxi: dict[str, Rows]) -> str | None:
    """Return the graphics that count."""
    found = (name(row.get("Device")) for row in inxi.get("Graphics", []) if "uvcvideo" not in str(row.get("driver")))
    return facts.best_gpu(found)


def wifi(inxi: dict[str, Rows]) -> bool | None:
    """Tell whether one of the network devices is wireless."""
    network = inxi.get("Network", [])
    if any(facts.is_wifi(row.get("Device")) or re.match(r"wl", words(row.get("IF")) or "") for row in network):
        return True
    return False if any("Device" in row for row in network) else None


def cpu(inxi: dict[str, Rows]) -> tuple[str | None, int | None]:
    """Return the model and the number of cores."""
    model = cores = sockets = None
    for row in inxi.get("CPU", []):
        model = model or name(row.get("model"))
        if "Topology" in row or "cores" in row:
            cores = cores or facts.whole(row.get("cores"), least=1, most=1024)
            sockets = sockets or facts.whole(row.get("cpus"), least=1, most=64)
    return model, cores * (sockets or 1) if cores else None


def ram_gb(inxi: dict[str, Rows]) -> int | float | None:
    """Return the memory: its modules, else the total that the system sees."""
    sizes, total = [], None
    for row in inxi.get("Memory", []):
        if "Device" in row:
            sizes.append(_bytes(row.get("size")))
        elif "total" in row:
            total = total or _bytes(row.get("total"))
    return facts.installed_gib(sizes) or facts.usual_gib(total)


def _bytes(text: Any) -> float | None:
    found = re.match(r"\s*([\d.,]{1,12}) ?([KMGT])i?B", words(text) or "")
    value = number(found[1]) if found else None
    return value * {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}[found[2]] if found and value else None


def machine(inxi: dict[str, Rows]) -> dict[str, str | None]:
    """Return maker, product, serial and kind of the machine."""
    row = next(iter(inxi.get("Machine", [])), {})
    return {
        "manufacturer": name(row.get("System")),
        "product": name(row.get("product")),
        "serial": None if re.search("(?i)superuser|root|filter", str(row.get("serial"))) else words(row.get("serial")),
        "type": name(row.get("Type")),
        "chassis": name(row.get("type")),
    }


def is_virtual(inxi: dict[str, Rows]) -> bool:
    """Tell whether the processor says that a hypervisor holds it, or inxi itself that the machine is virtual."""
    kind = machine(inxi)["type"] or ""
    flags = any("hypervisor" in str(row.get("Flags", "")).split() for row in inxi.get("CPU", []))
    return flags or kind.lower() in ("kvm", "vmware", "virtualbox", "xen", "docker", "qemu")


def media(inxi: dict[str, Rows]) -> list[Medium]:
    """Return the disks that are neither on USB nor in memory."""
    found = []
    for row in inxi.get("Drives", []):
        device = words(row.get("ID"))
        if not device or not device.startswith("/dev/") or re.match(r"/dev/(loop|zram|sr|md|dm)", device):
            continue
        if re.search(r"(?i)\busb\b", str(row.get("type"))) or re.search(r"(?i)usb|removable", str(row.get("tech"))):
            continue
        vendor, model = name(row.get("vendor")), name(row.get("model"))
        size = _bytes(row.get("size"))
        said = str(row.get("type") or row.get("tech") or "").upper()
        kind = {"SSD": MediumType.SSD, "HDD": MediumType.HDD}.get(said.split()[0] if said.split() else "")
        if device.startswith("/dev/nvme"):
            kind = MediumType.NVME
        elif device.startswith("/dev/mmcblk"):
            kind = MediumType.EMMC
        known = " ".join(filter(None, (vendor if model and vendor and not model.startswith(vendor) else None, model)))
        found.append(
            Medium(
                kind or facts.medium_type(known),
                known or None,
                name(row.get("serial")),
                facts.size_gb(size),
                device=device,
            )
        )
    return found
