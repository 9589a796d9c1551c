"""What was read of a report and the grade it gives, as the JSON that `refurb ingest --json` prints and reports keep."""

from typing import Any

from refurb.core.grading import Facts, Grade, grade
from refurb.devices.readings.reading import Medium, MediumType, Reading

_SOLID = frozenset({MediumType.SSD, MediumType.NVME, MediumType.EMMC})


def grading_facts(reading: Reading) -> Facts:
    """Return what grading asks of a reading. Several batteries are one: what they hold together of what they should."""
    levels = [battery.health_pct for battery in reading.batteries if battery.health_pct is not None]
    known = bool(levels) and len(levels) == len(reading.batteries)
    return Facts(
        form=reading.form,
        cpu=reading.cpu.model if reading.cpu else None,
        cores=reading.cpu.cores if reading.cpu else None,
        ram_gb=reading.ram_gb,
        storage_gb=solid_state_gb(reading.media),
        screen_in=reading.screen_in,
        webcam=reading.webcam,
        battery_pct=sum(levels) // len(levels) if known else None,
        has_battery=bool(reading.batteries),
    )


def solid_state_gb(media: tuple[Medium, ...] | None) -> int | None:
    """Return the solid-state capacity; None where the disks, or the kind or size of one that may count, are unknown."""
    if media is None:
        return None
    sizes = [medium.size_gb for medium in media if medium.type in _SOLID]
    if not any(sizes) and any(medium.type is None or medium.type in _SOLID for medium in media):
        return None
    return sum(size or 0 for size in sizes)


def grade_reading(reading: Reading) -> Grade:
    """Return the grade of a reading; nothing is served nor missing where the report is not about a machine."""
    return grade(grading_facts(reading)) if reading.describes_machine else Grade(None)


def as_json(reading: Reading, *, file: str | None = None) -> dict[str, Any]:
    """Return a reading in the order and the words of the interface; unknown is null."""
    graded = grade_reading(reading)
    return {
        "file": file,
        "format": reading.format,
        "form": reading.form,
        "manufacturer": reading.manufacturer,
        "model": reading.model,
        "serial": reading.serial,
        "serial_trusted": reading.serial_trusted,
        "cpu": {"model": reading.cpu.model, "cores": reading.cpu.cores, "class": graded.cls} if reading.cpu else None,
        "ram_gb": reading.ram_gb,
        "media": [
            {
                "type": medium.type,
                "model": medium.model,
                "serial": medium.serial,
                "size_gb": medium.size_gb,
                "health": medium.health,
            }
            for medium in reading.media or ()
        ],
        "batteries": [{"health_pct": battery.health_pct, "cycles": battery.cycles} for battery in reading.batteries],
        "screen_in": reading.screen_in,
        "webcam": reading.webcam,
        "wifi": reading.wifi,
        "gpu": reading.gpu,
        "wipes": [
            {
                "device": wipe.device,
                "model": wipe.model,
                "serial": wipe.serial,
                "method": wipe.method,
                "outcome": wipe.outcome,
            }
            for wipe in reading.wipes
        ],
        "profiles": list(graded.profiles),
        "missing": [
            {"profile": lack.profile, "criterion": lack.criterion, "have": lack.have, "need": lack.need}
            for lack in graded.missing
        ],
        "warnings": list(reading.warnings),
    }


def unreadable_json(code: str, *, file: str | None = None) -> dict[str, Any]:
    """Return the same object for bytes that nobody can read: every fact unknown, the reason as a warning."""
    blank = as_json(Reading("unreadable"), file=file)
    return {**blank, "warnings": [code]}
