"""eReuse Workbench's snapshots, in four shapes.

Current: `data` holds smartctl, dmidecode and inxi, each as a text. Legacy: `data` holds lshw (a text or an object),
hwinfo and smart. Workbench 11: `device` and `components`, with or without the raw output beside. A current snapshot
that was signed on its way is a credential: `credentialSubject` names it, `evidence` lists the tools and their output.
"""

import re
from dataclasses import replace
from typing import Any

from refurb.core.equipment import Form
from refurb.core.media import Outcome
from refurb.core.serials import fold_serial, serial_trusted
from refurb.devices.readings import facts, inxi, lshw, smartctl
from refurb.devices.readings.dmi import Firmware, read_dmi
from refurb.devices.readings.document import Document, parse_json
from refurb.devices.readings.facts import name, node, number, rows, words
from refurb.devices.readings.inventory import disk_gb
from refurb.devices.readings.names import cpu_name, machine_model
from refurb.devices.readings.reading import Battery, Cpu, Health, Medium, MediumType, Reading, Wipe
from refurb.devices.readings.registry import Format

_TYPES = {
    "Laptop": Form.LAPTOP,
    "Netbook": Form.LAPTOP,
    "Tablet": Form.TABLET,
    "Smartphone": Form.SMARTPHONE,
    "Server": Form.SERVER,
}
_DRIVES = {"SolidStateDrive": MediumType.SSD, "HardDrive": MediumType.HDD}


def recognises(document: Document) -> bool:
    """A snapshot, by its type or its software, with what it holds."""
    top = _unsigned(node(document.json))
    said = str(top.get("software") or top.get("snapshotSoftware") or "").lower()
    named = top.get("type") == "Snapshot" or top.get("@type") == "devices:Snapshot" or "workbench" in said
    return named and (isinstance(top.get("data"), dict) or isinstance(top.get("device"), dict))


def reads(document: Document) -> Reading:
    """Return what the snapshot says of the machine."""
    top = _unsigned(node(document.json))
    reading = _from_components(top) if isinstance(top.get("device"), dict) else _from_data(node(top.get("data")))
    reading = replace(reading, format="workbench", sender_id=words(top.get("uuid") or top.get("_uuid")))
    if rows(top.get("erase")):
        reading = reading.warn("erase-not-read")
    return reading


def _unsigned(top: dict[str, Any]) -> dict[str, Any]:
    """Return a signed snapshot as it was before; any other as it is. Who signed it is not looked at."""
    subject, tools = node(top.get("credentialSubject")), [row for row in rows(top.get("evidence")) if node(row)]
    if not subject or not any("operation" in row for row in tools):
        return top
    data = {str(row.get("operation")): row.get("output") for row in tools}
    return {"type": "Snapshot", "software": "workbench-script", "uuid": subject.get("uuid"), "data": data}


def _parsed(value: Any) -> Any:
    """Return a value that is JSON, or JSON in a string."""
    return parse_json(value) if isinstance(value, str) else value


def _from_data(data: dict[str, Any]) -> Reading:
    tree, shown = _parsed(data.get("lshw")), inxi.sections(_parsed(data.get("inxi")))
    firmware = read_dmi(data.get("dmidecode"))
    base = lshw.read_tree(tree) if isinstance(tree, dict) and tree else Reading("workbench")
    smart = _parsed(data["smart"] if "smart" in data else data.get("smartctl"))
    disks, warnings = smartctl.read_reports(smart)
    told = [*(base.media or ()), *inxi.media(shown)]
    base = replace(base, media=merge_media(disks, told) if disks or told or base.media is not None else None)
    base = _with_firmware(base, firmware)
    base = _with_inxi(base, shown)
    base = _with_hwinfo(base, words_of(data.get("hwinfo")))
    if base.virtual:
        base = replace(base, form=None).warn("virtual-machine")
    trusted = serial_trusted(base.manufacturer, base.serial)
    if base.serial and not trusted:
        warnings.append(f"serial-placeholder: {base.serial}")
    return replace(base, serial_trusted=trusted).warn(*warnings)


def words_of(value: Any) -> str:
    """Return a long text as it is, or an empty one."""
    return value if isinstance(value, str) else ""


def merge_media(first: list[Medium], second: list[Medium]) -> tuple[Medium, ...]:
    """Return the disks of two tools, one each: the same serial, else the same place on the bus where a serial lacks.

    The first tool is believed; the second fills what it does not know.
    """
    found = list(first)
    for other in second:
        at = next((index for index, medium in enumerate(found) if _same(medium, other)), None)
        if at is None:
            found.append(other)
            continue
        mine = found[at]
        found[at] = Medium(
            mine.type or other.type,
            mine.model or other.model,
            mine.serial or other.serial,
            mine.size_gb or other.size_gb,
            mine.health or other.health,
            mine.reasons or other.reasons,
            mine.device or other.device,
        )
    return tuple(found)


def _same(one: Medium, other: Medium) -> bool:
    if one.serial and other.serial:
        return fold_serial(one.serial) == fold_serial(other.serial)
    return one.device is not None and one.device == other.device


def _with_firmware(base: Reading, firmware: Firmware) -> Reading:
    maker = base.manufacturer or firmware.manufacturer
    model = base.model or machine_model(
        maker, firmware.product, version=firmware.version, family=firmware.family, sku=firmware.sku
    )
    processor = cpu_name(firmware.cpu)
    virtual = base.virtual or facts.is_virtual(maker, model)
    return replace(
        base,
        manufacturer=maker,
        model=model,
        serial=base.serial or firmware.serial,
        form=base.form or facts.form_of((firmware.chassis,), model, battery=bool(firmware.batteries)),
        cpu=base.cpu or (Cpu(processor, firmware.cores) if processor else None),
        ram_gb=firmware.ram_gb or base.ram_gb,
        uuid=base.uuid or firmware.uuid,
        board_serial=base.board_serial or firmware.board_serial,
        virtual=virtual,
    )


def _with_inxi(base: Reading, shown: dict[str, inxi.Rows]) -> Reading:
    if not shown:
        return base
    machine, (model, cores) = inxi.machine(shown), inxi.cpu(shown)
    maker = base.manufacturer or machine["manufacturer"]
    product = base.model or machine_model(maker, machine["product"])
    processor = cpu_name(model)
    cpu = base.cpu or (Cpu(processor, cores) if processor else None)
    if cpu and cpu.cores is None:
        cpu = replace(cpu, cores=cores)
    batteries = (
        base.batteries
        if any(battery.health_pct for battery in base.batteries)
        else inxi.batteries(shown) or base.batteries
    )
    return replace(
        base,
        manufacturer=maker,
        model=product,
        serial=base.serial or machine["serial"],
        form=base.form or facts.form_of((machine["chassis"], machine["type"]), product, battery=bool(batteries)),
        cpu=cpu,
        ram_gb=base.ram_gb or inxi.ram_gb(shown),
        batteries=batteries,
        screen_in=base.screen_in or inxi.screen_in(shown),
        webcam=base.webcam or inxi.webcam(shown) if base.webcam is not True else True,
        wifi=True if base.wifi else _either(inxi.wifi(shown), base.wifi),
        gpu=base.gpu or inxi.gpu(shown),
        virtual=base.virtual or inxi.is_virtual(shown),
    )


def _either(one: bool | None, other: bool | None) -> bool | None:
    return other if one is None else one


def _with_hwinfo(base: Reading, text: str) -> Reading:
    """hwinfo alone gives the size of the panel, among the texts of a legacy snapshot."""
    if base.screen_in is None and base.form in (Form.LAPTOP, Form.ALL_IN_ONE, Form.TABLET):
        for part in re.split(r"\n(?=\d+: )", text[:4_000_000]):
            size = re.search(r"^\s*Size: (\d{2,4})x(\d{2,4}) mm", part, re.MULTILINE)
            if "Hardware Class: monitor" in part and size:
                inches = (int(size[1]) ** 2 + int(size[2]) ** 2) ** 0.5 / 25.4
                if base.form is not Form.LAPTOP or inches < 18.5:
                    base = replace(base, screen_in=round(inches, 1))
                    break
    if base.webcam is None and re.search(r"Hardware Class: camera", text):
        return replace(base, webcam=True)
    return base


# -- Workbench 11 -----------------------------------------------------------------------------------------------------


def _plain(value: Any) -> dict[str, Any]:
    """Return a part by the names of Workbench 11; version 10 has `@type` and an erasure beside the tests."""
    part: dict[str, Any] = dict(node(value))
    part.setdefault("type", part.get("@type"))
    part.setdefault("cores", part.get("numberOfCores"))
    erasure = node(part.get("erasure"))
    if erasure:
        failed = erasure.get("success") is not True
        action = {**erasure, "type": erasure.get("@type"), "severity": "Error" if failed else "Info"}
        action |= {"startTime": erasure.get("startingTime"), "endTime": erasure.get("endingTime")}
        part["actions"] = [*rows(part.get("actions")), action]
    return part


def _from_components(top: dict[str, Any]) -> Reading:
    device = node(top.get("device"))
    parts = [_plain(part) for part in rows(top.get("components")) if isinstance(part, dict)]
    maker = name(device.get("manufacturer"))
    model = machine_model(maker, device.get("model"), version=device.get("version"), sku=device.get("sku"))
    serial = words(device.get("serialNumber"))
    virtual = facts.is_virtual(maker, model)
    batteries = tuple(_battery(part) for part in parts if part.get("type") == "Battery")
    media = [medium for part in parts if (medium := _drive(part)) is not None]
    form = _TYPES.get(str(device.get("type"))) or facts.form_of((device.get("chassis"), device.get("type")), model)
    reading = Reading(
        "workbench",
        form=None if virtual else form,
        manufacturer=maker,
        model=model,
        serial=serial,
        serial_trusted=serial_trusted(maker, serial),
        cpu=_cpu(parts),
        ram_gb=facts.installed_gib(_mebibytes(part) for part in parts if part.get("type") == "RamModule"),
        media=tuple(media),
        batteries=batteries,
        screen_in=_display(parts) if form in (Form.LAPTOP, Form.ALL_IN_ONE, Form.TABLET) else None,
        webcam=any(_camera(part) for part in parts) if parts else None,
        wifi=_wireless(parts),
        gpu=facts.best_gpu(_gpu(part) for part in parts if part.get("type") == "GraphicCard"),
        wipes=tuple(wipe for part in parts for wipe in _wipes(part)),
        board_serial=next(
            (name(part.get("serialNumber")) for part in parts if part.get("type") == "Motherboard"), None
        ),
        macs=tuple(
            (words(part.get("serialNumber")) or "").lower()
            for part in parts
            if part.get("type") == "NetworkAdapter" and ":" in str(part.get("serialNumber"))
        ),
        virtual=virtual,
    )
    tree = node(top.get("debug")).get("lshw")
    if isinstance(tree, dict) and tree:
        reading = _completed(reading, lshw.read_tree(tree))
    notes = [f"{medium.model or '?'}: {reason}" for medium in reading.media or () for reason in medium.reasons]
    notes += [f"{wipe.model or wipe.serial or '?'}: {reason}" for wipe in reading.wipes for reason in wipe.reasons]
    if serial and not reading.serial_trusted:
        notes.append(f"serial-placeholder: {serial}")
    return reading.warn(*notes, *(["virtual-machine"] if virtual else []))


def _completed(reading: Reading, other: Reading) -> Reading:
    """Fill what the components do not say from the raw tree that travels beside them."""
    return replace(
        reading,
        form=reading.form or other.form,
        cpu=reading.cpu or other.cpu,
        ram_gb=reading.ram_gb or other.ram_gb,
        webcam=True if reading.webcam else _either(other.webcam, reading.webcam),
        wifi=True if reading.wifi else _either(other.wifi, reading.wifi),
        gpu=reading.gpu or other.gpu,
        uuid=other.uuid,
        media=merge_media(list(reading.media or ()), list(other.media or ())),
    )


def _mebibytes(part: dict[str, Any]) -> float | None:
    size = number(part.get("size"))
    return size * 2**20 if size else None


def _cpu(parts: list[dict[str, Any]]) -> Cpu | None:
    found = [
        (model, facts.whole(part.get("cores"), least=1, most=1024))
        for part in parts
        if part.get("type") == "Processor" and (model := cpu_name(part.get("model")))
    ]
    if not found:
        return None
    counts = [cores for _, cores in found]
    return Cpu(found[0][0], sum(n for n in counts if n) if all(counts) else None)


def _battery(part: dict[str, Any]) -> Battery:
    """Size and size when new, in mAh, and cycles, from the tests that were run."""
    tests = [node(action) for action in rows(part.get("actions"))]
    cycles = next(
        (
            count
            for test in tests
            if (count := facts.whole(test.get("cycles") or test.get("cycleCount"), most=100_000)) is not None
        ),
        None,
    )
    design = number(part.get("size"))
    full = next((value for test in tests if (value := number(test.get("size"))) is not None), None)
    level = round(100 * full / design) if design and full and design > 0 else None
    return Battery(min(level, 100) if level is not None and level >= 0 else None, cycles)


def _drive(part: dict[str, Any]) -> Medium | None:
    kind = str(part.get("type"))
    if kind not in _DRIVES or "usb" in str(part.get("interface", "")).lower():
        return None
    model, interface = name(part.get("model")), str(part.get("interface", "")).lower()
    tests = [node(action) for action in rows(part.get("actions")) if node(action).get("type") == "TestDataStorage"]
    health, reasons = _health(tests[-1]) if tests else (None, ())
    return Medium(
        MediumType.NVME if "nvme" in interface or "nvme" in (model or "").lower() else _DRIVES[kind],
        model,
        name(part.get("serialNumber")),
        disk_gb(part.get("size")),
        health,
        reasons,
    )


def _health(test: dict[str, Any]) -> tuple[Health | None, tuple[str, ...]]:
    if test.get("assessment") is False or str(test.get("severity")).lower() == "error":
        return Health.FAILED, ("smart-failed",)
    counts = {
        "reallocated-sectors": test.get("reallocatedSectorCount"),
        "pending-sectors": test.get("currentPendingSectorCount"),
        "unreadable-sectors": test.get("offlineUncorrectable"),
        "uncorrectable-errors": test.get("reportedUncorrectableErrors"),
    }
    reasons = tuple(f"{code}: {count}" for code, value in counts.items() if (count := facts.whole(value)))
    if reasons:
        return Health.WARNING, reasons
    return (Health.OK if test.get("assessment") is True else None), ()


def _wipes(part: dict[str, Any]) -> list[Wipe]:
    """The erasures of one drive; the tool's own word, with the verification it does not make as a reservation."""
    found = []
    for action in map(node, rows(part.get("actions"))):
        kind = str(action.get("type"))
        if kind not in ("EraseBasic", "EraseSectors", "ErasePhysical", "EraseDataWipe"):
            continue
        steps = [node(step) for step in rows(action.get("steps"))]
        bad = any(str(step.get("severity")).lower() == "error" for step in [action, *steps])
        reasons = (
            ["failed"] if bad else [*(["not-verified"] if kind == "EraseBasic" else []), "hidden-area-not-checked"]
        )
        found.append(
            Wipe(
                device=None,
                model=name(part.get("model")),
                serial=name(part.get("serialNumber")),
                method=kind,
                outcome=Outcome.FAILED if bad else Outcome.OK_WITH_RESERVATION,
                reasons=tuple(reasons),
                tool="Workbench",
                hidden_area="not_checked",
                started_at=words(action.get("startTime")),
                ended_at=words(action.get("endTime")),
            )
        )
    return found


def _display(parts: list[dict[str, Any]]) -> float | None:
    sizes = [number(part.get("size")) for part in parts if part.get("type") == "Display"]
    return next((round(size, 1) for size in sizes if size and 3 < size < 100), None)


def _camera(part: dict[str, Any]) -> bool:
    return part.get("type") in ("SoundCard", "Camera", "Webcam") and facts.is_camera(
        part.get("model"), part.get("manufacturer")
    )


def _wireless(parts: list[dict[str, Any]]) -> bool | None:
    adapters = [part for part in parts if part.get("type") == "NetworkAdapter"]
    if any(part.get("wireless") is True or facts.is_wifi(part.get("model")) for part in adapters):
        return True
    return False if adapters else None


def _gpu(part: dict[str, Any]) -> str | None:
    product, vendor = name(part.get("model")), name(part.get("manufacturer"))
    return f"{vendor} {product}" if product and vendor and not product.startswith(vendor.split(" ")[0]) else product


FORMAT = Format("workbench", recognises, reads)
