"""`smartctl --json`: one disk, or an array of them, with a verdict on its health and the reasons of it."""

import re
from typing import Any

from refurb.devices.readings import facts
from refurb.devices.readings.document import Document
from refurb.devices.readings.facts import name, node, number, rows, words
from refurb.devices.readings.reading import Health, Medium, MediumType, Reading
from refurb.devices.readings.registry import Format

#: Attributes of ATA disks whose raw count is of damaged sectors: (id, code of the reason).
_DAMAGE = {5: "reallocated-sectors", 187: "uncorrectable-errors", 197: "pending-sectors", 198: "unreadable-sectors"}
#: Attributes that only a disk which turns has.
_TURNING = frozenset({3, 7, 10})
_WEARING = frozenset({173, 177, 179, 180, 202, 231, 232, 233})
#: Share of an SSD's rated life that is used up, from which it is worth saying.
_WORN_PCT = 90


def recognises(document: Document) -> bool:
    """An object, or an array of objects, each with smartctl's own section."""
    tops = rows(document.json)
    return bool(tops) and all(_is_report(top) for top in tops)


def _is_report(value: Any) -> bool:
    section = value.get("smartctl") if isinstance(value, dict) else None
    return isinstance(section, dict) and ("argv" in section or "version" in section or "exit_status" in section)


def reads(document: Document) -> Reading:
    """Return the disks."""
    media, warnings = read_reports(document.json)
    return Reading("smartctl", media=tuple(media), warnings=tuple(warnings))


def read_reports(reports: Any) -> tuple[list[Medium], list[str]]:
    """Return the media of some reports, already parsed, and what is worth saying of them."""
    media: list[Medium] = []
    warnings: list[str] = []
    for report in rows(reports):
        if not isinstance(report, dict):
            continue
        device = words(node(report.get("device")).get("name")) or _argument(report)
        if device and re.match(r"/dev/(zram|loop|zd|dm-|md|ram|nbd)\d", device):
            continue
        if (why := _not_a_medium(report)) is not None:
            warnings.append(f"{why}: {device or '?'}")
            continue
        medium = _medium(report, device)
        media.append(medium)
        warnings += [f"{device or '?'}: {reason}" for reason in medium.reasons]
        if medium.health is Health.OK and _errors_logged(report):
            warnings.append(f"{device or '?'}: old-errors-logged")
    return media, list(dict.fromkeys(warnings))


def _argument(report: dict[str, Any]) -> str | None:
    arguments = [words(part) for part in rows(node(report.get("smartctl")).get("argv"))]
    return next((part for part in arguments if part and part.startswith("/dev/")), None)


def _not_a_medium(report: dict[str, Any]) -> str | None:
    """Return why a report is of no disk: the tool could not open it, or it is a stick or a reader."""
    model = _model(report)
    if model is None and number(_bytes(report)) is None and not report.get("serial_number"):
        return "disk-not-read"
    kind = node(report.get("device"))
    usb = "usb" in f"{kind.get('info_name')} {kind.get('type')}".lower()
    if usb and str(kind.get("protocol", "")).upper() == "SCSI":
        return "usb-disk-ignored"
    if re.search(r"(?i)card ?reader|multi-?card|dvd|cd-?rom|\bbd-re\b|flash disk|datatraveler|cruzer", model or ""):
        return "usb-disk-ignored"
    return None


def _model(report: dict[str, Any]) -> str | None:
    scsi = " ".join(filter(None, (name(report.get("scsi_vendor")), name(report.get("scsi_product")))))
    return (
        name(report.get("model_name"))
        or name(report.get("scsi_model_name"))
        or name(report.get("product"))
        or name(scsi)
    )


def _bytes(report: dict[str, Any]) -> Any:
    capacity = node(report.get("user_capacity"))
    spaces = [node(space) for space in rows(report.get("nvme_namespaces"))]
    said = (
        capacity.get("bytes"),
        capacity.get("bytes_s"),
        report.get("nvme_total_capacity"),
        *(node(space.get("size")).get("bytes") for space in spaces),
    )
    return next((value for value in said if number(value)), None)


def _medium(report: dict[str, Any], device: str | None) -> Medium:
    health, reasons = _health(report)
    return Medium(
        type=_type(report),
        model=_model(report),
        serial=name(report.get("serial_number")),
        size_gb=facts.size_gb(_bytes(report)),
        health=health,
        reasons=tuple(reasons),
        device=device,
    )


def _attributes(report: dict[str, Any]) -> list[dict[str, Any]]:
    return [row for row in rows(node(report.get("ata_smart_attributes")).get("table")) if isinstance(row, dict)]


def _type(report: dict[str, Any]) -> MediumType | None:
    kind = node(report.get("device"))
    if str(kind.get("protocol", "")).upper() == "NVME" or str(kind.get("type", "")).startswith(("nvme", "sntjmicron")):
        return MediumType.NVME
    if "nvme_smart_health_information_log" in report:
        return MediumType.NVME
    said = facts.medium_type(_model(report), report.get("model_family"), rotation=report.get("rotation_rate"))
    if said is not None:
        return said
    present = {row.get("id") for row in _attributes(report) if isinstance(row.get("id"), int)}
    if present & _TURNING and not present & _WEARING:
        return MediumType.HDD
    trim = node(report.get("trim")).get("supported") is True
    return MediumType.SSD if trim or present & _WEARING else None


def _health(report: dict[str, Any]) -> tuple[Health | None, list[str]]:
    """Return the verdict and its reasons: what the disk says of itself, then the damage that it still bears with."""
    failed: list[str] = []
    warned: list[str] = []
    passed = node(report.get("smart_status")).get("passed")
    # Bit 3 of the tool's own exit status says the same, where the disk gave no verdict in words (smartctl(8)).
    if passed is False or (passed is None and (facts.whole(node(report.get("smartctl")).get("exit_status")) or 0) & 8):
        failed.append("smart-failed")
    for row in _attributes(report):
        label = words(row.get("name")) or str(row.get("id"))
        when = str(row.get("when_failed") or "").lower()
        if when in ("now", "failing_now"):
            failing = node(row.get("flags")).get("prefailure") is True
            (failed if failing else warned).append(f"attribute-failing: {label}")
        elif when in ("past", "in_the_past"):
            warned.append(f"attribute-failed-before: {label}")
        code, count = _DAMAGE.get(facts.whole(row.get("id")) or 0), _raw(row)
        if code and count:
            warned.append(f"{code}: {count}")
    _nvme_health(report, failed, warned)
    _wear(report, warned)
    _scsi_errors(report, warned)
    if number(grown := report.get("scsi_grown_defect_list")):
        warned.append(f"grown-defects: {facts.whole(grown)}")
    if _self_test_failed(report):
        warned.append("self-test-failed")
    if failed:
        return Health.FAILED, [*failed, *warned]
    if warned:
        return Health.WARNING, warned
    return (Health.OK if passed is True else None), []


def _raw(row: dict[str, Any]) -> int:
    """The count in a raw value: makers keep other counts in its upper half, so the text's first number is the one."""
    raw = node(row.get("raw"))
    found = re.match(r"\s*(\d{1,15})", words(raw.get("string")) or "")
    value = int(found[1]) if found else facts.whole(raw.get("value"), most=2**62) or 0
    return value & 0xFFFF_FFFF


def _nvme_health(report: dict[str, Any], failed: list[str], warned: list[str]) -> None:
    log = node(report.get("nvme_smart_health_information_log"))
    critical = facts.whole(log.get("critical_warning"), most=255) or 0
    for bit, code in ((0, "spare-exhausted"), (2, "reliability-degraded"), (3, "read-only"), (4, "backup-failed")):
        if critical >> bit & 1:
            failed.append(code)
    if critical >> 1 & 1:
        warned.append("temperature")
    spare, threshold = number(log.get("available_spare")), number(log.get("available_spare_threshold"))
    if spare is not None and threshold is not None and spare < threshold:
        failed.append("spare-exhausted")
    if (used := facts.whole(log.get("percentage_used"), most=255)) is not None and used >= _WORN_PCT:
        warned.append(f"worn: {used} %")
    if errors := facts.whole(log.get("media_errors"), most=2**62):
        warned.append(f"media-errors: {errors}")
    failed[:] = dict.fromkeys(failed)


#: What is left of an SSD's life, in per cent, by the names that makers give the attribute.
_LIFE_LEFT = re.compile(
    r"(?i)percent_?life(time)?_?remain|ssd_life_left|media_wearout_ind|remaining_life|life_?left|wear_leveling_count"
)


def _wear(report: dict[str, Any], warned: list[str]) -> None:
    """How much of an SSD's rated life is used up: by the standard's own page, else by its maker's attribute."""
    used = facts.whole(node(report.get("endurance_used")).get("current_percent"), most=255)
    if used is None:
        used = facts.whole(report.get("scsi_percentage_used_endurance_indicator"), most=255)
    if used is None:
        left = [
            value
            for row in _attributes(report)
            if _LIFE_LEFT.search(words(row.get("name")) or "")
            and (value := facts.whole(row.get("value"), most=100)) is not None
        ]
        used = 100 - min(left) if left else None
    if used is not None and used >= _WORN_PCT:
        warned.append(f"worn: {used} %")


def _scsi_errors(report: dict[str, Any], warned: list[str]) -> None:
    """What a SAS disk could not correct, reading, writing and verifying together."""
    log = node(report.get("scsi_error_counter_log"))
    counts = [facts.whole(node(part).get("total_uncorrected_errors"), most=2**62) or 0 for part in log.values()]
    if any(counts):
        warned.append(f"uncorrectable-errors: {sum(counts)}")
    if pending := facts.whole(node(report.get("scsi_pending_defects")).get("count")):
        warned.append(f"pending-sectors: {pending}")


def _self_test_failed(report: dict[str, Any]) -> bool:
    """Whether the disk's latest test of itself, that was not broken off, found a fault."""
    log = node(report.get("ata_smart_self_test_log"))
    for table in (node(log.get(kind)).get("table") for kind in ("extended", "standard")):
        for entry in rows(table):
            status = node(node(entry).get("status"))
            if isinstance(status.get("passed"), bool):
                return status["passed"] is False
    return False


def _errors_logged(report: dict[str, Any]) -> bool:
    log = node(report.get("ata_smart_error_log"))
    return any(number(node(log.get(kind)).get("count")) for kind in ("summary", "extended"))


FORMAT = Format("smartctl", recognises, reads, agent=False)
