"""The two sides of a doubt, line by line: what is known of the machine, what the report says."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from refurb.core.serials import fold_serial
from refurb.devices import queries, report_queries
from refurb.devices.identity import maker_key
from refurb.devices.models import Device, Report, StorageMedium
from refurb.devices.report_matching import Doubt


@dataclass(frozen=True)
class Line:
    """One line: both texts, and whether they say the same; None where one of them says nothing."""

    what: str
    machine: str | None
    report: str | None
    same: bool | None


@dataclass(frozen=True)
class Question:
    """A report that asks something of a machine: `other` is a machine that bears the report's serial already."""

    report: Report
    machine: Device
    lines: tuple[Line, ...]
    inside: tuple[StorageMedium, ...]
    other: Device | None = None


def question(session: Session, report: Report) -> Question | None:
    """Return the question of a report with both its sides; None where it names no machine, or asks nothing."""
    machine = report.asked_of or report.device
    if report.doubt is None or machine is None:
        return None
    media = tuple(queries.media_of(session, machine.id))
    other = None
    if report.doubt == Doubt.SERIAL_TAKEN.value:
        serial = (report.reading or {}).get("serial")
        other = report_queries.bearer(session, serial, but=machine, organisation_id=report.organisation_id)
    return Question(report, machine, tuple(_lines(machine, media, report.reading or {})), media, other)


def _lines(machine: Device, media: Iterable[StorageMedium], reading: dict[str, Any]) -> Iterable[Line]:
    maker, serial = reading.get("manufacturer"), reading.get("serial")
    yield Line(_("Fabricant"), machine.maker, maker, _same(maker_key(machine.maker), maker_key(maker)))
    yield Line(_("Modèle"), machine.model, reading.get("model"), _alike(machine.model, reading.get("model")))
    yield Line(
        _("Numéro de série"),
        machine.serial,
        serial,
        _same(fold_serial(machine.serial or ""), fold_serial(serial or "")),
    )
    cpu = (reading.get("cpu") or {}).get("model")
    yield Line(_("Processeur"), machine.cpu_model, cpu, _same(machine.cpu_model, cpu))
    ours, theirs = machine.ram_mb and machine.ram_mb / 1024, reading.get("ram_gb")
    yield Line(_("Mémoire"), _gb(ours), _gb(theirs), _same(ours, theirs))
    disks = [row for row in [*(reading.get("media") or ()), *(reading.get("wipes") or ())] if isinstance(row, dict)]
    known = {fold_serial(medium.serial) for medium in media if medium.serial}
    seen = {fold_serial(row["serial"]) for row in disks if row.get("serial")}
    yield Line(
        _("Disques"),
        _listed((medium.model, medium.serial) for medium in media),
        _listed((row.get("model"), row.get("serial")) for row in disks),
        bool(known & seen) if known and seen else None,
    )


def _same(one: Any, other: Any) -> bool | None:
    return one == other if one and other else None


def _alike(one: str | None, other: str | None) -> bool | None:
    """Models are written with or without their maker: one within the other is the same."""
    if not one or not other:
        return None
    one, other = one.casefold(), other.casefold()
    return one in other or other in one


def _gb(size: Any) -> str | None:
    return _("%(size)s Go", size=f"{size:g}") if size else None


def _listed(disks: Iterable[tuple[str | None, str | None]]) -> str | None:
    found = dict.fromkeys(" ".join(filter(None, disk)) or _("un disque sans nom") for disk in disks)
    if len(found) > 4:
        left = len(found) - 4
        rest = ngettext("et un autre", "et %(num)d autres", left)
        return ", ".join([*list(found)[:4], rest])
    return ", ".join(found) or None
