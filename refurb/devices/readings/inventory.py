"""What FusionInventory, OCS and GLPI share: sections of rows, named alike in XML and in JSON. No format of its own."""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from typing import Any

from refurb.core.equipment import Form
from refurb.core.serials import serial_trusted
from refurb.devices.readings import facts
from refurb.devices.readings.document import Document, Element
from refurb.devices.readings.facts import name, node, number, rows, words
from refurb.devices.readings.names import cpu_name, machine_model
from refurb.devices.readings.reading import Battery, Cpu, Medium, MediumType, Reading

Row = Mapping[str, Any]
Sections = Mapping[str, list[Row]]

#: Sizes that disks are sold in, in GB: they tell MB from MiB, which agents both call MB.
_SOLD = (
    *(16, 20, 30, 32, 40, 60, 64, 80, 100, 120, 128, 160, 180, 200, 240, 250, 256, 300, 320, 360, 400, 480, 500, 512),
    *(600, 640, 750, 800, 900, 960, 1000, 1024, 1200, 1500, 1920, 2000, 2048, 3000, 3840, 4000, 4096, 5000, 6000, 8000),
)
#: Makers of panels by the three letters of an EDID: theirs are the screens of laptops, not monitors on a desk.
_PANELS = frozenset(
    (
        *("AUO", "BOE", "LGD", "CMN", "SDC", "SHP", "CMO", "IVO", "INL", "HSD", "APP"),
        *("LPL", "SEC", "CPT", "QDS", "KDB", "NCP", "CSO", "INX", "LEN", "BOL"),
    )
)


def sections_of(document: Document) -> tuple[str, Sections]:
    """Return the client's own name and the sections of an inventory, from XML or JSON; empty for anything else."""
    root, data = document.xml, document.json
    if root is not None and root.name == "REQUEST":
        content = next(iter(root.all("CONTENT")), None)
        if content is None or (root.get("QUERY") or "").upper() not in ("INVENTORY", ""):
            return "", {}
        found: dict[str, list[Row]] = {}
        for element in content.children:
            found.setdefault(element.name.lower(), []).append(_row(element))
        client = content.get("VERSIONCLIENT") or root.get("VERSIONCLIENT") or ""
        return client or "inventory", {**found, "deviceid": [{"": root.get("DEVICEID")}]}
    content = node(data).get("content")
    if isinstance(content, dict) and ("deviceid" in node(data) or node(data).get("action") == "inventory"):
        lower = {
            str(key).lower(): [_lowered(row) for row in rows(value) if isinstance(row, dict)]
            for key, value in content.items()
        }
        client = words(content.get("versionclient")) or "GLPI"
        return client, {**lower, "deviceid": [{"": node(data).get("deviceid")}]}
    return "", {}


def family_of(client: str) -> str | None:
    """Return which family of agents a client belongs to, by the name it gives itself."""
    if not client:
        return None
    if re.search("(?i)glpi", client):
        return "glpi"
    return "ocs" if re.search("(?i)ocs", client) else "fusioninventory"


def _row(element: Element) -> Row:
    return {child.name.lower(): child.text.strip() for child in element.children} or {"": element.text.strip()}


def _lowered(row: Mapping[Any, Any]) -> Row:
    return {str(key).lower(): value for key, value in row.items()}


def read_inventory(sections: Sections, *, format: str) -> Reading:
    """Return what an inventory says of the machine. Users, software and processes are not looked at."""
    bios, hardware = _first(sections, "bios"), _first(sections, "hardware")
    maker = name(bios.get("smanufacturer")) or name(bios.get("mmanufacturer"))
    model = machine_model(
        maker,
        bios.get("smodel") or bios.get("mmodel"),
        version=bios.get("sversion"),
        family=bios.get("family"),
        sku=bios.get("skunumber"),
    )
    serial = words(bios.get("ssn"))
    virtual = facts.is_virtual(maker, model, hardware.get("vmsystem"))
    batteries = tuple(_battery(row) for row in sections.get("batteries", []) if any(map(name, row.values())))
    chassis = (hardware.get("chassis_type"), bios.get("chassis_type"), bios.get("type"))
    form = None if virtual else facts.form_of(chassis, model, battery=bool(batteries))
    media, warnings = _media(sections)
    trusted = serial_trusted(maker, serial)
    if virtual:
        warnings.append("virtual-machine")
    if serial and not trusted:
        warnings.append(f"serial-placeholder: {serial}")
    return Reading(
        format=format,
        form=form,
        manufacturer=maker,
        model=model,
        serial=serial,
        serial_trusted=trusted,
        cpu=_cpu(sections, hardware),
        ram_gb=_ram(sections, hardware),
        media=media,
        batteries=() if form in (Form.DESKTOP, Form.SERVER) else batteries,
        screen_in=_screen(sections, form),
        webcam=_webcam(sections),
        wifi=_wifi(sections),
        gpu=facts.best_gpu(_gpu(row) for row in sections.get("videos", [])),
        warnings=tuple(dict.fromkeys(warnings)),
        uuid=words(hardware.get("uuid")),
        board_serial=name(bios.get("msn")),
        macs=_macs(sections),
        sender_id=words(_first(sections, "deviceid").get("")),
        virtual=virtual,
    )


def _first(sections: Sections, key: str) -> Row:
    return next(iter(sections.get(key, [])), {})


def _cpu(sections: Sections, hardware: Row) -> Cpu | None:
    found = []
    for row in sections.get("cpus", []):
        said = (row.get("name"), row.get("type"), row.get("description"))
        if model := next((text for text in map(cpu_name, said) if text and re.search("[0-9A-Za-z]{3}", text)), None):
            found.append((model, facts.whole(row.get("core") or row.get("cores"), least=1, most=1024)))
    if not found:
        model = cpu_name(hardware.get("processort"))
        return Cpu(model) if model else None
    counts = [cores for _, cores in found]
    return Cpu(found[0][0], sum(n for n in counts if n) if all(counts) else None)


def _ram(sections: Sections, hardware: Row) -> int | float | None:
    sizes = []
    for row in sections.get("memories", []):
        said = " ".join(filter(None, (words(row.get(key)) for key in ("type", "caption", "description"))))
        if not re.search(r"(?i)flash|\brom\b|system rom|video", said) and (size := number(row.get("capacity"))):
            sizes.append(size * 2**20)
    total = number(hardware.get("memory"))
    return facts.installed_gib(sizes) or facts.usual_gib(total * 2**20 if total else None)


def disk_gb(megabytes: Any) -> int | None:
    """Return a size given in MB or in MiB as the gigabytes a disk is sold with."""
    size = number(megabytes)
    if size is None or not 0 < size < 1e10:
        return None
    decimal, binary = size / 1000, size * 1.048576 / 1000
    if _off(binary) < min(_off(decimal), 0.008):
        return round(binary)
    return round(decimal)


def _off(size: float) -> float:
    """Return how far a size is from the nearest that disks are sold in, as a share of it."""
    return min(abs(size - sold) / sold for sold in _SOLD)


def _media(sections: Sections) -> tuple[tuple[Medium, ...] | None, list[str]]:
    if "storages" not in sections:
        return None, []
    media, notes = [], []
    for row in sections["storages"]:
        said = " ".join(
            filter(
                None,
                (words(row.get(key)) for key in ("type", "description", "interface", "name", "model", "manufacturer")),
            )
        )
        if re.search(r"(?i)\b(dvd|cd-?rom|cd-?rw|blu-?ray|optical|floppy|tape|disquette|lecteur de cd)", said):
            continue
        if re.search(r"(?i)controller|contr[oô]leur|\bsata ahci\b", said) and not number(row.get("disksize")):
            continue
        bus = f"{row.get('interface') or ''} {row.get('description') or ''} {row.get('type') or ''}"
        if re.search(
            r"(?i)\busb\b|1394|removable|amovible|card ?reader|\bsd card\b|thumb|flash disk",
            f"{bus} {row.get('model') or ''}",
        ):
            notes.append(f"usb-disk-ignored: {said}"[:120])
            continue
        if re.match(r"(loop|zram|ram|dm-|md\d|sr\d|fd\d)", (words(row.get("name")) or "").removeprefix("/dev/")):
            continue
        media.append(_medium(row, said))
    return tuple(media), notes


def _medium(row: Row, said: str) -> Medium:
    shown = words(row.get("name"))
    short = (shown or "").removeprefix("/dev/").removeprefix("\\\\.\\").lower()
    model = name(row.get("model")) or (
        None if re.match(r"[a-z]+\d*(n\d+)?$|physicaldrive|/dev/", short) else name(shown)
    )
    kind = (words(row.get("type")) or "").lower()
    rotation = row.get("rpm") or row.get("rotation")
    type_: MediumType | None
    if short.startswith("mmcblk"):
        type_ = MediumType.EMMC
    elif short.startswith("nvme") or "nvme" in said.lower():
        type_ = MediumType.NVME
    elif kind in ("ssd", "hdd"):
        type_ = MediumType(kind)
    else:
        type_ = facts.medium_type(
            model, f"{words(row.get('manufacturer')) or ''} {model or ''}".strip(), rotation=rotation
        )
    return Medium(
        type_,
        model,
        name(row.get("serialnumber") or row.get("serial")),
        disk_gb(row.get("disksize")),
        device=f"/dev/{short}" if re.match(r"(sd|hd|vd|nvme|mmcblk)", short) else None,
    )


def _battery(row: Row) -> Battery:
    design = number(row.get("capacity") or row.get("designcapacity"))
    full = number(row.get("real_capacity") or row.get("fullchargecapacity"))
    level = round(100 * full / design) if design and full and design > 0 else None
    cycles = facts.whole(row.get("cycles") or row.get("cyclecount"), most=100_000)
    return Battery(min(level, 100) if level is not None and level >= 0 else None, cycles)


def _screen(sections: Sections, form: Form | None) -> float | None:
    if form not in (Form.LAPTOP, Form.ALL_IN_ONE, Form.TABLET):
        return None
    found = [edid for row in sections.get("monitors", []) if (edid := edid_size(row.get("base64") or row.get("edid")))]
    panels = [size for maker, size in found if maker in _PANELS and (form is not Form.LAPTOP or size < 19)]
    if panels:
        return panels[0]
    return found[0][1] if len(found) == 1 and (form is not Form.LAPTOP or found[0][1] < 18) else None


def edid_size(text: Any) -> tuple[str, float] | None:
    """Return the maker's three letters and the diagonal in inches of an EDID in base 64."""
    if not isinstance(text, str):
        return None
    try:
        raw = base64.b64decode("".join(text.split())[:2000], validate=False)
    except (binascii.Error, ValueError):
        return None
    if len(raw) < 72 or raw[:8] != b"\0\xff\xff\xff\xff\xff\xff\0":
        return None
    code = raw[8] << 8 | raw[9]
    maker = "".join(chr(64 + (code >> shift & 31)) for shift in (10, 5, 0))
    width, height = raw[66] | (raw[68] & 0xF0) << 4, raw[67] | (raw[68] & 0x0F) << 8
    if not (width and height):
        width, height = raw[21] * 10, raw[22] * 10
    inches = (width**2 + height**2) ** 0.5 / 25.4
    return (maker, round(inches, 1)) if 3 < inches < 100 else None


def _texts(sections: Sections, *keys: str) -> Iterable[Row]:
    return (row for key in keys for row in sections.get(key, []))


def _webcam(sections: Sections) -> bool | None:
    for row in _texts(sections, "usbdevices", "cameras", "sounds"):
        said = (row.get("name"), row.get("caption"), row.get("designation"), row.get("model"))
        if facts.is_camera(*said, "webcam" if str(row.get("class")).lower() in ("0e", "14") else None):
            return True
    return False if sections.get("usbdevices") else None


def _wifi(sections: Sections) -> bool | None:
    networks = [row for row in sections.get("networks", []) if str(row.get("virtualdev")) not in ("1", "true", "True")]
    for row in networks:
        if str(row.get("type") or "").lower() in ("wifi", "wireless") or facts.is_wifi(
            row.get("description"), row.get("model")
        ):
            return True
        if re.match(r"wl[a-z]*\d", str(row.get("description") or "")):
            return True
    for row in sections.get("controllers", []):
        kind = str(row.get("type") or row.get("pciclass") or "").lower()
        if ("network" in kind or kind.startswith("0280")) and facts.is_wifi(
            row.get("name"), row.get("caption"), row.get("type")
        ):
            return True
    return False if networks else None


def _gpu(row: Row) -> str | None:
    return (
        name(row.get("chipset"))
        if (name(row.get("chipset")) or "").count(" ") > 1
        else name(row.get("name")) or name(row.get("chipset"))
    )


def _macs(sections: Sections) -> tuple[str, ...]:
    found = []
    for row in sections.get("networks", []):
        mac = str(row.get("macaddr") or row.get("mac") or "").lower()
        if (
            re.fullmatch(r"([0-9a-f]{2}:){5}[0-9a-f]{2}", mac)
            and mac != "00:00:00:00:00:00"
            and str(row.get("virtualdev")) not in ("1", "true", "True")
        ):
            found.append(mac)
    return tuple(dict.fromkeys(found))
