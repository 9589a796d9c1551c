"""The report of this project's own agent, `scripts/refurb-agent`: lshw and smartctl as they are, and what it saw."""

from dataclasses import replace
from typing import Any

from refurb.core.media import Outcome
from refurb.devices.readings import facts, lshw, nwipe, smartctl
from refurb.devices.readings.document import Document
from refurb.devices.readings.facts import node, number, rows, whole, words
from refurb.devices.readings.reading import Battery, Medium, MediumType, Reading, Unreadable, Wipe
from refurb.devices.readings.registry import Format
from refurb.devices.readings.workbench import merge_media

NAME = "refurb"
_WORST = (Outcome.OK, Outcome.OK_WITH_RESERVATION, Outcome.FAILED)
_TYPES = {kind.value: kind for kind in MediumType}
#: What a command that could not answer leaves unknown.
_UNANSWERED = frozenset({"absent", "refused", "failed", "timeout"})


def recognises(document: Document) -> bool:
    """An object that names the agent and its schema."""
    return isinstance(node(document.json).get("refurb_agent"), dict)


def reads(document: Document) -> Reading:
    """Return what the agent says of the machine and of the wipes it ran."""
    top = node(document.json)
    agent = node(top.get("refurb_agent"))
    if (whole(agent.get("schema")) or 0) != 1:
        raise Unreadable("newer-schema")
    tree = top.get("lshw")
    base = lshw.read_tree(tree) if isinstance(tree, dict | list) and tree else Reading(NAME)
    disks, warnings = smartctl.read_reports(top.get("smartctl"))
    told = [*(base.media or ()), *_disks(top.get("disks"))]
    wipes = tuple(_wipe(row) for row in rows(top.get("wipes")) if isinstance(row, dict))
    tests = node(top.get("tests"))
    return replace(
        base,
        format=NAME,
        media=merge_media(disks, told) if disks or told or base.media is not None else None,
        batteries=_batteries(top) or base.batteries,
        webcam=_tested(tests, "camera", base.webcam),
        wifi=_tested(tests, "wifi", base.wifi),
        wipes=wipes,
        sender_id=words(agent.get("report")),
        extra={**base.extra, **_extra(top, tests)},
    ).warn(*warnings, *_unanswered(top), *_tests_failed(tests), *_locks(top))


def _disks(found: Any) -> list[Medium]:
    """Return the disks as the kernel named them: what a broken smartctl or lshw leaves is still a disk."""
    return [
        Medium(
            type=_TYPES.get(words(row.get("kind")) or ""),
            model=words(row.get("model")),
            serial=words(row.get("serial")),
            size_gb=facts.size_gb(row.get("size_bytes")),
            device=words(row.get("device")),
        )
        for row in rows(found)
        if isinstance(row, dict)
        and not row.get("usb")
        and row.get("guarded") not in ("live", "stick")
        and not str(row.get("device")).startswith("/dev/loop")
    ]


def _batteries(top: dict[str, Any]) -> tuple[Battery, ...]:
    return tuple(
        Battery(whole(row.get("health_pct"), most=100), whole(row.get("cycles"), least=1))
        for row in rows(top.get("batteries"))
        if isinstance(row, dict) and row.get("present") is not False
    )


def _wipe(row: dict[str, Any]) -> Wipe:
    """Return one wipe. nwipe's own log has the last word where it is worse than what the agent made of it."""
    outcome = next((o for o in _WORST if o.value == row.get("outcome")), Outcome.FAILED)
    reasons = [text for reason in rows(row.get("reasons")) if (text := words(reason))]
    device, log = words(row.get("device")), row.get("log")
    if isinstance(log, str) and log.strip():
        try:
            told = [w for w in nwipe.reads(Document(log.encode())).wipes if w.device == device]
        except Unreadable:
            told = []
            reasons.append("log-not-read")
            outcome = max(outcome, Outcome.OK_WITH_RESERVATION, key=_WORST.index)
        for wipe in told[-1:]:
            outcome = max(outcome, wipe.outcome, key=_WORST.index)
            reasons += wipe.reasons
    return Wipe(
        device=device,
        model=words(row.get("model")),
        serial=words(row.get("serial")),
        method=words(row.get("method")),
        outcome=outcome,
        reasons=tuple(dict.fromkeys(reasons)),
        size_gb=facts.size_gb(row.get("size_bytes")),
        tool=words(row.get("tool_version")),
        verify=words(row.get("verify")),
        hidden_area=words(row.get("hidden_area")),
        started_at=words(row.get("started_at")),
        ended_at=words(row.get("ended_at")),
    )


def _tested(tests: dict[str, Any], name: str, seen: bool | None) -> bool | None:
    """A person's answer counts before what the bus shows: a webcam that is there may be dark."""
    answer = words(tests.get(name))
    return {"ok": True, "failed": False}.get(answer or "", seen)


def _tests_failed(tests: dict[str, Any]) -> list[str]:
    return [f"test-failed: {name}" for name, answer in sorted(tests.items()) if answer == "failed"]


def _unanswered(top: dict[str, Any]) -> list[str]:
    return [
        f"command-{row['status']}: {words(row.get('name'))}"
        for row in rows(top.get("commands"))
        if isinstance(row, dict) and row.get("status") in _UNANSWERED
    ]


def _locks(top: dict[str, Any]) -> list[str]:
    firmware = node(top.get("firmware"))
    locks = [row for row in rows(firmware.get("locks")) if isinstance(row, dict)]
    held = [words(row.get("lock")) for row in locks if row.get("enabled")]
    if firmware.get("absolute") == "active":
        held.append("Absolute")
    return [f"firmware-lock: {name}" for name in held if name]


def _speeds(found: Any) -> str | None:
    """Return speeds in the order of their names, as one writes them: "520, 96"."""
    told = [number(speed) for _name, speed in sorted(node(found).items())]
    return ", ".join(f"{speed:g}" for speed in told if speed is not None) or None


def _extra(top: dict[str, Any], tests: dict[str, Any]) -> dict[str, str]:
    """Return what has no field of its own, as short texts."""
    firmware, measured = node(top.get("firmware")), node(top.get("measures"))
    told: dict[str, Any] = {
        "code": top.get("code"),
        "station": top.get("station"),
        "secure_boot": firmware.get("secure_boot"),
        "tpm": node(firmware.get("tpm")).get("present"),
        "tpm_version": node(firmware.get("tpm")).get("version"),
        "amt": {"active": True, "inactive": False}.get(words(firmware.get("amt")) or ""),
        "cpu_mb_s": _speeds({"cpu": measured.get("cpu_sha256_mb_s")}),
        "memory_mb_s": _speeds({"memory": measured.get("memory_copy_mb_s")}),
        "disk_mb_s": _speeds(measured.get("disk_read_mb_s")),
        **{f"test_{name}": words(answer) for name, answer in tests.items()},
    }
    for row in rows(top.get("systems"))[:1]:
        told |= {f"system_{key}": node(row).get(key) for key in ("pretty", "machine_id_sha256", "hostname_sha256")}
    return {key: str(value) for key, value in told.items() if value is not None}


FORMAT = Format(NAME, recognises, reads)
