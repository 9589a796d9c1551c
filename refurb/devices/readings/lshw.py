"""`lshw -json`: the tree of a whole machine, or the array that `-class` gives."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from refurb.core.equipment import Form
from refurb.core.serials import serial_trusted
from refurb.devices.readings import facts
from refurb.devices.readings.document import Document
from refurb.devices.readings.facts import name, node, number, rows, words
from refurb.devices.readings.names import cpu_name, machine_model
from refurb.devices.readings.reading import Battery, Cpu, Medium, MediumType, Reading
from refurb.devices.readings.registry import Format

_LIVE = re.compile(
    r"^(/usr)?(/lib/live/|/run/(live|archiso|initramfs/(live|isoscan))|/cdrom|/isodevice|/media/cdrom"
    r"|/live/(image|medium))"
)
_NOT_DISK = re.compile(r"(?i)\b(dvd|cd-?(rom|r|rw)|blu-?ray|bd-re|optical|floppy|tape)\b")
_CARD = re.compile(
    r"(?i)card ?reader|multi-?card|multiple card|\bsd/mmc\b|memory ?stick|compact ?flash|smart ?media|\bsd card\b"
)
_ROM = re.compile(r"(?i)flash|eeprom|\brom\b|bios|video memory|cache")


@dataclass(frozen=True, slots=True)
class Place:
    """One node of the tree, with those that hold it, the nearest last."""

    data: dict[str, Any]
    above: tuple[dict[str, Any], ...]

    def get(self, key: str) -> Any:
        return self.data.get(key)

    @property
    def kind(self) -> str:
        return str(self.data.get("class", ""))

    @property
    def id(self) -> str:
        return str(self.data.get("id", ""))

    @property
    def config(self) -> dict[str, Any]:
        return node(self.data.get("configuration"))

    @property
    def capable(self) -> dict[str, Any]:
        return node(self.data.get("capabilities"))

    @property
    def said(self) -> str:
        """What the node says of itself, in one text."""
        return " ".join(filter(None, (words(self.data.get(key)) for key in ("description", "product", "vendor"))))

    @property
    def logical(self) -> list[str]:
        return [text for text in map(words, rows(self.data.get("logicalname"))) if text]


def recognises(document: Document) -> bool:
    """An object, or an array of objects, each with a class and an id of lshw's."""
    tops = rows(document.json)
    return bool(tops) and all(_is_node(top) for top in tops)


def _is_node(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("class"), str)
        and isinstance(value.get("id"), str)
        and not {"components", "smartctl", "data", "deviceid"} & set(value)
    )


def reads(document: Document) -> Reading:
    """Return what the tree says."""
    return read_tree(document.json)


def read_tree(tree: Any) -> Reading:
    """Return what a tree, already parsed, says: Workbench's snapshots carry one."""
    places = [place for top in rows(tree) if isinstance(top, dict) for place in _walk(top, ())]
    system = next((place for place in places if place.kind == "system" and not place.above), Place({}, ()))
    board = next((place for place in places if place.kind == "bus" and place.id == "core"), Place({}, ()))
    maker = name(system.get("vendor"))
    model = machine_model(
        maker,
        system.get("product"),
        version=system.get("version"),
        family=system.config.get("family"),
        sku=system.config.get("sku"),
    )
    virtual = facts.is_virtual(maker, model, system.config.get("family"), board.get("vendor"), board.get("product"))
    virtual = virtual or any("hypervisor" in place.capable for place in places if place.kind == "processor")
    virtual = virtual or (maker is None and any("virtio" in place.said.lower() for place in places))
    batteries = tuple(Battery() for place in places if _is_battery(place))
    chassis = (system.config.get("chassis"), system.get("description"))
    form = facts.form_of(chassis, model, battery=bool(batteries))
    serial = words(system.get("serial"))
    media, warnings = _media(places)
    whole = bool(system.data) and any(place.kind in ("bridge", "bus") and place.above for place in places)
    usb = any(str(place.get("businfo")).startswith("usb@") for place in places)
    if virtual:
        form, warnings = None, [*warnings, "virtual-machine"]
    trusted = serial_trusted(maker, serial)
    if serial and not trusted:
        warnings.append(f"serial-placeholder: {serial}")
    return Reading(
        format="lshw",
        form=form,
        manufacturer=maker,
        model=model,
        serial=serial,
        serial_trusted=trusted,
        cpu=_cpu(places),
        ram_gb=_ram(places),
        media=tuple(media) if whole or media else None,
        batteries=() if form in (Form.DESKTOP, Form.SERVER) else batteries,
        webcam=True
        if any(_is_camera(place) for place in places)
        else (False if whole and usb and not virtual else None),
        wifi=_wifi(places, whole),
        gpu=facts.best_gpu(_gpu(place) for place in places if place.kind == "display"),
        warnings=tuple(dict.fromkeys(warnings)),
        uuid=words(system.config.get("uuid")),
        board_serial=name(board.get("serial")),
        macs=_macs(places),
        virtual=virtual,
    )


def _walk(top: dict[str, Any], above: tuple[dict[str, Any], ...]) -> Iterator[Place]:
    yield Place(top, above)
    for child in rows(top.get("children")):
        if isinstance(child, dict):
            yield from _walk(child, (*above, top))


def _cpu(places: list[Place]) -> Cpu | None:
    """The processors with a name; old lshw lists a nameless one for each further thread."""
    found = []
    for place in places:
        if place.kind != "processor" or place.get("disabled") is True or place.id.startswith("logicalcpu"):
            continue
        if (model := cpu_name(place.get("product") or place.get("version"))) and re.search("[A-Za-z]", model):
            found.append((model, facts.whole(place.config.get("cores"), least=1, most=1024)))
    if not found:
        return None
    counts = [cores for _, cores in found]
    return Cpu(found[0][0], sum(n for n in counts if n) if all(counts) else None)


def _ram(places: list[Place]) -> int | float | None:
    modules: dict[str, float | None] = {}
    total: float | None = None
    for at, place in enumerate(places):
        if place.kind != "memory":
            continue
        if place.id.split(":")[0] == "bank":
            if not _ROM.search(f"{place.said} {words(place.get('slot')) or ''}".replace("[empty]", "")):
                modules[str(place.get("handle") or at)] = number(place.get("size"))
        elif place.id.split(":")[0] == "memory" and "system memory" in place.said.lower():
            total = number(place.get("size")) or total
    return facts.installed_gib(modules.values()) or facts.usual_gib(total)


def _media(places: list[Place]) -> tuple[list[Medium], list[str]]:
    media: list[Medium] = []
    notes: list[str] = []
    namespaces = {id(place.above[-1]) for place in places if place.above and _is_namespace(place)}
    for place in places:
        if _is_nvme(place):
            if id(place.data) not in namespaces:
                # Old lshw names the controller and not the disk: that there is one still counts.
                media.append(
                    Medium(MediumType.NVME, _nvme_model(place), name(place.get("serial")), device=_device(place))
                )
        elif _is_namespace(place):
            holder = Place(place.above[-1], place.above[:-1])
            media.append(
                Medium(
                    MediumType.NVME,
                    name(holder.get("product")),
                    name(holder.get("serial")),
                    facts.size_gb(place.get("size")),
                    device=_device(place),
                )
            )
        elif _is_emmc(place):
            card = next((above for above in reversed(place.above) if above.get("product")), place.data)
            media.append(
                Medium(
                    MediumType.EMMC,
                    name(card.get("product")),
                    name(card.get("serial")),
                    facts.size_gb(place.get("size")),
                    device=_device(place),
                )
            )
        elif place.kind == "disk" and not _is_part_of_disk(place):
            if (why := _not_ours(place)) is None:
                media.append(_disk(place))
            elif why == "usb-disk-ignored":
                notes.append(f"{why}: {place.said}"[:120])
    return media, notes


def _nvme_model(place: Place) -> str | None:
    """Return the disk's model, not the controller's: old lshw knows the latter alone, or its maker."""
    product = name(place.get("product"))
    named = any(text.startswith("/dev/nvme") for text in place.logical)
    if product is None or (not named and (product == name(place.get("vendor")) or "ontroller" in product)):
        return None
    return product


def _disk(place: Place) -> Medium:
    model = name(place.get("product"))
    turns = next((cap for cap in place.capable if re.fullmatch(r"\d{4,5}rpm", cap)), None)
    said = (model, place.get("description"), place.get("vendor") if model is None else None)
    return Medium(
        facts.medium_type(*said, rotation=turns and turns[:-3]),
        model,
        name(place.get("serial")),
        facts.size_gb(place.get("size")),
        device=_device(place),
    )


def _device(place: Place) -> str | None:
    return next((text for text in place.logical if text.startswith("/dev/")), None)


def _is_nvme(place: Place) -> bool:
    if place.kind != "storage":
        return False
    driver = words(place.config.get("driver")) or ""
    return (
        driver == "nvme"
        or any(re.fullmatch(r"/dev/nvme\d+", text) for text in place.logical)
        or "nvme" in place.capable
    )


def _is_namespace(place: Place) -> bool:
    """The disk that an NVMe controller shows; newer lshw lists beside it nodes without size nor block device."""
    if place.kind != "disk" or not place.above or not _is_nvme(Place(place.above[-1], ())):
        return False
    return (
        any(re.fullmatch(r"/dev/nvme\d+(c\d+)?n\d+", text) for text in place.logical)
        or number(place.get("size")) is not None
    )


def _is_emmc(place: Place) -> bool:
    """The user area of an eMMC chip: neither its boot areas nor a card in a reader, which says SD."""
    if not any(re.fullmatch(r"/dev/mmcblk\d+", text) for text in place.logical):
        return False
    chain = [*place.above, place.data]
    if any(
        "SD Card" in str(above.get("description")) or {"SD", "sd"} & set(node(above.get("capabilities")))
        for above in chain
    ):
        return False
    if any({"MMC", "mmc"} & set(node(above.get("capabilities"))) for above in chain):
        return True
    beside = [
        text
        for above in chain[-3:]
        for child in rows(above.get("children"))
        if isinstance(child, dict)
        for text in rows(child.get("logicalname"))
    ]
    return any(re.search(r"mmcblk\d+(boot|rpmb)", str(text)) for text in beside)


def _is_part_of_disk(place: Place) -> bool:
    """lshw nests a disk under a drive (its disc, its card), and beside an NVMe disk lists nodes that are none."""
    if any(above.get("class") == "disk" or _is_nvme(Place(above, ())) for above in place.above):
        return True
    return any("mmcblk" in text for text in place.logical)


def _not_ours(place: Place) -> str | None:
    """Return why a disk is no medium of the machine, or None when it is one."""
    if (
        place.id.startswith("cdrom")
        or _NOT_DISK.search(place.said)
        or any(text.startswith(("/dev/sr", "/dev/cdrom", "/dev/fd")) for text in place.logical)
    ):
        return "disc-drive"
    if any(re.match(r"/dev/(loop|ram|zram|dm-|md|nbd)", text) for text in place.logical):
        return "not-a-disk"
    holders = [place.data, *place.above]
    if any(_LIVE.match(str(text)) for part in _walk(place.data, ()) for text in part.logical):
        return "usb-disk-ignored"
    for above in holders:
        driver = str(node(above.get("configuration")).get("driver", ""))
        if (str(above.get("businfo", "")).startswith("usb@") and above.get("class") != "bridge") or driver in (
            "usb-storage",
            "uas",
        ):
            return "usb-disk-ignored" if number(place.get("size")) else "card-reader"
    if _CARD.search(place.said):
        return "card-reader"
    if "removable" in place.capable:
        return "usb-disk-ignored" if number(place.get("size")) else "card-reader"
    return None


def _is_battery(place: Place) -> bool:
    """A battery, and not the blank that some desktops' firmware declares."""
    if place.kind != "power" or place.id.split(":")[0] != "battery":
        return False
    return bool(
        name(place.get("product"))
        or name(place.get("serial"))
        or name(place.get("vendor"))
        or number(place.get("capacity"))
    )


def _is_camera(place: Place) -> bool:
    if place.kind not in ("multimedia", "generic", "input", "communication") or (
        place.kind == "input" and place.logical == []
    ):
        return False
    driver = str(place.config.get("driver", ""))
    said = (
        place.get("product"),
        place.get("vendor"),
        "webcam" if "uvcvideo" in driver or place.get("description") == "Video" else None,
    )
    return facts.is_camera(*said)


def _wifi(places: list[Place], whole: bool) -> bool | None:
    adapters = [place for place in places if place.kind == "network"]
    for place in adapters:
        if (
            "wireless" in place.capable
            or "Wireless" in str(place.get("description"))
            or any(text.startswith(("wl", "ath")) for text in place.logical)
        ):
            return True
        if "Ethernet" not in str(place.get("description")) and facts.is_wifi(
            place.get("product"), place.config.get("wireless")
        ):
            return True
    return False if whole and adapters else None


def _gpu(place: Place) -> str | None:
    product, vendor = name(place.get("product")), name(place.get("vendor"))
    if product is None or product == vendor:
        return None  # an old table of PCI names, which knows the maker alone
    first = (vendor or "").split(" ")[0]
    return product if not vendor or product.startswith(first) else f"{vendor} {product}"


def _macs(places: list[Place]) -> tuple[str, ...]:
    found = (str(place.get("serial")).lower() for place in places if place.kind == "network")
    return tuple(
        dict.fromkeys(
            mac for mac in found if re.fullmatch(r"([0-9a-f]{2}:){5}[0-9a-f]{2}", mac) and mac != "00:00:00:00:00:00"
        )
    )


FORMAT = Format("lshw", recognises, reads)
