"""A machine's diagnosis in the words of the bench: what it is good for, what to look at, what holds it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from refurb.core.identity import display
from refurb.core.locks import LockKind, of_declared
from refurb.core.needs import Profile
from refurb.devices import report_words
from refurb.devices.models import Device, Report, StorageMedium
from refurb.devices.words import MEDIUM_KINDS
from refurb.needs.words import PROFILES
from refurb.workshop import bench, locks
from refurb.workshop.models import AgentSeen

#: Below this share of what it held when new a battery is worth changing, and worth saying (domain.md D.5).
WEAK, WORN = 50, 65
_PROFILES = {profile.value for profile in Profile}


@dataclass(frozen=True)
class Said:
    """One sentence of the diagnosis, with its tone and icon; `code` names another machine that it speaks of."""

    text: str
    tone: str = "neutral"
    icon: str = "info-circle"
    code: str | None = None


def diagnosis(session: Session, device: Device) -> list[Said]:
    """Return what is known of a machine, what is wrong first; empty before any report."""
    report = session.scalar(
        sa.select(Report)
        .where(Report.device_id == device.id, Report.reading.is_not(None))
        .order_by(Report.received_at.desc(), Report.id.desc())
        .limit(1)
    )
    seen = session.get(AgentSeen, device.id)
    said = [
        *_copies(session, device),
        *_firmware_locks(report),
        *_disks(session, device, report),
        *_batteries(device, report),
        *_hardware(device),
        *_firmware(seen.told if seen is not None else {}),
        *_unanswered(report),
    ]
    order = {"refused": 0, "waits": 1, "done": 2, "neutral": 3}
    return sorted(said, key=lambda one: order.get(one.tone, 3))


def serves(device: Device) -> list[str]:
    """Return what the machine is good for, in the words of who asks for it."""
    return [str(PROFILES[Profile(code)]) for code in device.profiles or () if code in _PROFILES]


def lock_kinds(session: Session, device: Device) -> list[LockKind]:
    """Return the locks that the giver announced or the last report saw, to be ticked where somebody notes a lock."""
    report = session.scalar(
        sa.select(Report)
        .where(Report.device_id == device.id, Report.reading.is_not(None))
        .order_by(Report.received_at.desc(), Report.id.desc())
        .limit(1)
    )
    found = {_lock_kind(name) for name in _details(report, "firmware-lock")}
    if not locks.was_locked(session, device.id):
        announced = of_declared(locks.declared(session, device.id), device.maker)
        found |= {announced} if announced is not None else set()
    return [kind for kind in LockKind if kind in found]


def _lock_kind(name: str) -> LockKind:
    return LockKind.ABSOLUTE if name.casefold().startswith(("absolute", "computrace")) else LockKind.BIOS


def _warnings(report: Report | None) -> list[str]:
    found = (report.reading or {}).get("warnings") if report is not None else None
    return [code for code in found if isinstance(code, str)] if isinstance(found, list) else []


def _details(report: Report | None, code: str) -> list[str]:
    prefix = f"{code}: "
    return [warning.removeprefix(prefix) for warning in _warnings(report) if warning.startswith(prefix)]


def _copies(session: Session, device: Device) -> Iterator[Said]:
    for clone in bench.clones(session, device):
        code = display(clone.device.code)
        if clone.what == "machine-id":
            text = _(
                "Son système est une copie de celui de %(code)s : réinstallez-le, ou changez son identifiant "
                "(machine-id) et ses clés.",
                code=code,
            )
            yield Said(text, "refused", "copy", clone.device.code)
        else:
            text = _("Elle porte le même nom sur le réseau que %(code)s : donnez-lui-en un autre.", code=code)
            yield Said(text, "waits", "copy", clone.device.code)


def _firmware_locks(report: Report | None) -> Iterator[Said]:
    for name in _details(report, "firmware-lock"):
        if _lock_kind(name) is LockKind.ABSOLUTE:
            yield Said(_("Absolute (Computrace) est actif : le donateur doit la désenrôler."), "refused", "lock")
        else:
            yield Said(_("Le BIOS demande un mot de passe (%(name)s).", name=name), "refused", "lock")


def _disks(session: Session, device: Device, report: Report | None) -> Iterator[Said]:
    media = session.scalars(
        sa.select(StorageMedium)
        .where(
            StorageMedium.device_id == device.id,
            StorageMedium.destroyed_at.is_(None),
            StorageMedium.absence_attested.is_(None),
        )
        .order_by(StorageMedium.id)
    ).all()
    why = [report_words.reason(code) for code in _warnings(report) if code.startswith("/dev/")]
    for medium in media:
        name = _disk_name(medium)
        if medium.health == "failed":
            yield Said(_("%(disk)s : en panne, à remplacer.", disk=name), "refused", "device-hdd")
        elif medium.health == "warning":
            yield Said(_("%(disk)s : à surveiller.", disk=name), "waits", "device-hdd")
        elif medium.health == "ok":
            yield Said(_("%(disk)s : en bon état.", disk=name), "done", "device-hdd")
        else:
            yield Said(_("%(disk)s : état inconnu.", disk=name), "neutral", "device-hdd")
    for reason in why:
        yield Said(reason, "waits", "device-hdd")


def _disk_name(medium: StorageMedium) -> str:
    """Return a disk as one says it: its kind and size, then its maker's words."""
    kind = str(MEDIUM_KINDS[medium.kind])
    if medium.size_gb:
        kind = _("%(kind)s de %(size)s Go", kind=kind, size=medium.size_gb)
    return ", ".join(word for word in (kind, " ".join(w for w in (medium.maker, medium.model) if w)) if word)


def _batteries(device: Device, report: Report | None) -> Iterator[Said]:
    rows = (report.reading or {}).get("batteries") if report is not None else None
    levels = [row.get("health_pct") for row in rows or () if isinstance(row, dict)]
    if not levels and device.battery_pct is not None:
        levels = [device.battery_pct]
    for number, level in enumerate(levels, start=1):
        which = _("Batterie %(number)s", number=number) if len(levels) > 1 else _("Batterie")
        if not isinstance(level, int):
            yield Said(_("%(which)s : usure inconnue.", which=which), "neutral", "battery-half")
        elif level < WEAK:
            text = _("%(which)s à %(level)s %% de sa capacité : à changer.", which=which, level=level)
            yield Said(text, "refused", "battery-half")
        elif level < WORN:
            text = _("%(which)s à %(level)s %% de sa capacité : fatiguée.", which=which, level=level)
            yield Said(text, "waits", "battery-half")
        else:
            yield Said(_("%(which)s à %(level)s %% de sa capacité.", which=which, level=level), "done", "battery-half")


def _hardware(device: Device) -> Iterator[Said]:
    told = [
        device.cpu_model,
        _("%(n)s Go de mémoire", n=round(device.ram_mb / 1024)) if device.ram_mb else None,
        _("écran de %(n)s pouces", n=f"{device.screen_in:g}".replace(".", ",")) if device.screen_in else None,
    ]
    if any(told):
        yield Said(" · ".join(word for word in told if word), "neutral", "cpu")


def _firmware(told: dict[str, Any]) -> Iterator[Said]:
    words = []
    if told.get("secure_boot") in ("True", "False"):
        words.append(_("Secure Boot actif") if told["secure_boot"] == "True" else _("Secure Boot inactif"))
    if told.get("tpm") in ("True", "False"):
        words.append(_("puce TPM présente") if told["tpm"] == "True" else _("pas de puce TPM"))
    if told.get("amt") == "True":
        words.append(_("gestion à distance Intel AMT présente : à désactiver dans le BIOS"))
    if words:
        yield Said(" · ".join(words), "waits" if told.get("amt") == "True" else "neutral", "shield-lock")
    measured = [
        _("processeur %(n)s Mo/s", n=told["cpu_mb_s"]) if told.get("cpu_mb_s") else None,
        _("mémoire %(n)s Mo/s", n=told["memory_mb_s"]) if told.get("memory_mb_s") else None,
        _("disque %(n)s Mo/s", n=told["disk_mb_s"]) if told.get("disk_mb_s") else None,
    ]
    if any(measured):
        text = _("Mesuré : %(figures)s", figures=", ".join(word for word in measured if word))
        yield Said(text, "neutral", "speedometer2")
    if told.get("system_pretty"):
        yield Said(_("Système trouvé : %(name)s", name=told["system_pretty"]), "neutral", "window")


def _unanswered(report: Report | None) -> Iterator[Said]:
    """Tell which tools said nothing, and why: what they would have told is unknown, not absent."""
    for code in ("command-refused", "command-failed", "command-timeout", "command-absent"):
        names = list(dict.fromkeys(_details(report, code)))
        if names:
            tone = "waits" if code == "command-refused" else "neutral"
            yield Said(_silence(code, len(names), ", ".join(names)), tone, "question-circle")


def _silence(code: str, count: int, names: str) -> str:
    said: str
    if code == "command-absent":
        said = ngettext("La clé n'a pas l'outil %(names)s.", "La clé n'a pas les outils %(names)s.", count, names=names)
    elif code == "command-refused":
        said = ngettext(
            "L'outil %(names)s a été refusé : relancez l'agent avec sudo.",
            "Les outils %(names)s ont été refusés : relancez l'agent avec sudo.",
            count,
            names=names,
        )
    elif code == "command-failed":
        said = ngettext(
            "L'outil %(names)s n'a pas abouti.", "Les outils %(names)s n'ont pas abouti.", count, names=names
        )
    else:
        said = ngettext(
            "L'outil %(names)s n'a pas répondu à temps.",
            "Les outils %(names)s n'ont pas répondu à temps.",
            count,
            names=names,
        )
    return said
