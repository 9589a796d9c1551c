"""nwipe's text log: what was done to each drive, with the three outcomes of domain.md D.3.

The log is appended to, so one file may hold several runs, and the same /dev name two drives. The tool's word is a
beginning: "Erased" with a warning about that drive is a reservation, "0 errors" of a run that was stopped is a failure.
Formats met: 0.24 (no summary), 0.27 to 0.34 (summary tables), 0.35 and later (hidden sectors, erasure summary).
"""

import re
from collections.abc import Iterator

from refurb.core.serials import serial_trusted
from refurb.devices.readings import facts
from refurb.devices.readings.document import Document
from refurb.devices.readings.facts import name, words
from refurb.devices.readings.names import cpu_name, machine_model
from refurb.devices.readings.nwipe_verdict import MASKED, Drive, Run, wipe_of
from refurb.devices.readings.reading import Cpu, Reading, Unreadable
from refurb.devices.readings.registry import Format

_LINE = re.compile(
    r"^\s*\[(\d{4})/(\d\d)/(\d\d) (\d\d:\d\d:\d\d)\]\s*(?:nwipe:\s*)?(debug|info|notice|warning|error|fatal"
    r"|sanity):\s?(.*)$"
)
_FOUND = re.compile(r"^\s*Found (/dev/\S+?), *([A-Z0-9 -]*?), *(.*), *([\d.]+ ?[KMGTP]?B), *S/N=(.*)$")
_FOUND_OLD = re.compile(
    r'^\s*Found drive model="(.*?)", device path="(/dev/\S+?)", size="(.*?)", serial number="(.*?)"'
)
_OPTION = re.compile(r"^\s*(banner|method|verify|rounds|prng|noblank)\s*=\s*(.*)$")
_SIZE = re.compile(r"^\s*(/dev/\S+?), sect/blk/dev \d+/\d+/(\d+)")
_ERRORS = re.compile(r"^!?\s*(\S+) \|\s*(\d+) \|\s*(\d+) \|\s*(\d+)\s*$")
_STATUS = re.compile(r"^!?\s*(\S+) \|([^|]{4,12})\|\s*([^|]*)\|\s*(\d+:\d\d:\d\d) \| ?(.*)$")
_ERASED_BYTES = re.compile(r"^!?\s*(\S+) \|\s*(\d+) \|\s*(\d+) \|\s*([\d.]+) ?%?\s*$")
_TOTAL = re.compile(r"Total Throughput .*, ([^,]+), (\d+)R\+(N?B)\+(NV|VL|VA)\s*$")
_DMI = re.compile(r"^\s*(system|chassis|baseboard|processor|bios)-([a-z-]+) = (.*)$")
_DEV = re.compile(r"/dev/[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)*")
_HIDDEN_BAD = re.compile(
    r"HIDDEN (SECTORS|AREA) DETECTED|host protected area is enabled|hdparm reports invalid output|HPA is enabled",
    re.IGNORECASE,
)
_HIDDEN_NONE = re.compile(r"No hidden (sectors|areas?) on|host protected area is disabled", re.IGNORECASE)
_HIDDEN_UNKNOWN = re.compile(
    r"HIDDEN (SECTORS|AREA) INDETERMINATE|can't find the HPA line|SG_IO bad/missing sense data|Unrecognised HPA_status",
    re.IGNORECASE,
)
_HIDDEN_NOT = re.compile(r"may not support HPA/DCO|does not support HPA", re.IGNORECASE)
_HIDDEN_RESET = re.compile(r"(HPA|DCO|hidden \w+).*\b(reset|restored|removed|re-?configured)\b", re.IGNORECASE)
#: Warnings that speak of the bench and not of the drive's passes: notes, never a reservation.
_HOST = re.compile(
    r"dmidecode|hwmon|drivetemp|temperature|USB bridge|pass-?through support|serial number|smartctl|hdparm"
    r"|readlink|kernel|"
    r"entropy|modprobe|PDF|locale|libata|I/O scheduler|mailbox|direct I/O|cached I/O",
    re.IGNORECASE,
)
_ENDED = re.compile(
    r"nwipe (successfully (completed|exited)|exited with|was aborted)|no drives? selected|nwipe was aborted",
    re.IGNORECASE,
)
_ABORTED = re.compile(
    r"aborted by the user|user abort|terminated by signal|\bSIG(TERM|INT|QUIT)\b|shutdown", re.IGNORECASE
)


def recognises(document: Document) -> bool:
    """Lines in nwipe's manner, and its name or one of its tables."""
    text = document.text
    if text is None or text.lstrip().startswith(("{", "<")):
        return False
    stamped = sum(1 for line in text[:200_000].splitlines() if _LINE.match(line))
    return (stamped >= 1 and "nwipe" in text.lower()) or ("Drive Status" in text and "Thru-put" in text)


def reads(document: Document) -> Reading:
    """Return the wipes of every run in the log, and what it says of the machine."""
    runs, dmi = _gather(document.text or "")
    wipes = [(drive, run) for run in runs for drive in run.drives.values() if drive.touched]
    if not wipes and not any(run.drives for run in runs):
        raise Unreadable("no-drive")
    results = tuple(wipe_of(drive, run) for drive, run in wipes)
    warnings = [f"{wipe.device}: {reason}" for wipe in results for reason in wipe.reasons]
    warnings += [f"host: {note}" for run in runs for note in run.host_notes]
    if any(drive.serial and MASKED.match(drive.serial) for drive, _ in wipes):
        warnings.append("serials-hidden")
    if not wipes:
        warnings.append("no-wipe-started")
    maker, model = name(dmi.get("system-manufacturer")), dmi.get("system-product-name")
    serial = words(dmi.get("system-serial-number"))
    if serial and MASKED.match(serial):
        serial = None
    product = machine_model(maker, model, version=dmi.get("system-version"))
    processor = cpu_name(dmi.get("processor-version"))
    virtual = facts.is_virtual(maker, product)
    return Reading(
        format="nwipe",
        form=None if virtual else facts.form_of((dmi.get("chassis-type"),), product),
        manufacturer=maker,
        model=product,
        serial=serial,
        serial_trusted=serial_trusted(maker, serial),
        cpu=Cpu(processor) if processor else None,
        wipes=results,
        warnings=tuple(dict.fromkeys(warnings)),
        uuid=None if MASKED.match(dmi.get("system-uuid", "")) else words(dmi.get("system-uuid")),
        board_serial=name(dmi.get("baseboard-serial-number")),
        virtual=virtual,
    )


def _gather(text: str) -> tuple[list[Run], dict[str, str]]:
    runs = [Run()]
    dmi: dict[str, str] = {}
    table = None
    for level, at, message in _lines(text):
        run = runs[-1]
        if at:
            run.at = at
            table = None
        if level is None:
            table = _table_row(run, table, message)
            continue
        found = _FOUND.match(message) or _FOUND_OLD.match(message)
        begins = bool(found) or "Program options are set" in message
        if begins and (
            run.ended or run.summary or (found and _path(found) in run.drives and run.drives[_path(found)].touched)
        ):
            run = Run(at=at)
            runs.append(run)
        if found:
            _found(run, found)
        elif option := _OPTION.match(message):
            run.options[option[1]] = option[2].strip()
            if option[1] == "banner" and (banner := re.search(r"nwipe\s+(\S+)", option[2])):
                run.version = banner[1]
        elif system := _DMI.match(message):
            dmi.setdefault(f"{system[1]}-{system[2]}", system[3].strip())
        else:
            _event(run, level, at, message)
    return runs, dmi


def _lines(text: str) -> Iterator[tuple[str | None, str | None, str]]:
    for line in text.splitlines():
        if stamped := _LINE.match(line):
            year, month, day, clock, level, message = stamped.groups()
            yield level, f"{year}-{month}-{day}T{clock}", message
        elif line.strip():
            yield None, None, line


def _path(found: re.Match[str]) -> str:
    return found[1] if found.re is _FOUND else found[2]


def _found(run: Run, found: re.Match[str]) -> None:
    drive = run.drive(_path(found))
    if found.re is _FOUND:
        drive.bus, drive.model, size, drive.serial = found[2].strip() or None, name(found[3]), found[4], words(found[5])
    else:
        drive.model, size, drive.serial = name(found[1]), found[3], words(found[4])
    drive.size = drive.size or _bytes(size)


def _bytes(text: str) -> float | None:
    units = {"": 1e0, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15}
    found = re.search(r"([\d.]+) ?([KMGTP]?)i?B", text)
    value = facts.number(found[1]) if found else None
    return value * units[found[2]] if found and value else None


def _table_row(run: Run, table: str | None, line: str) -> str | None:
    """Read one line of the summary, which carries no time; return the table that the next line belongs to."""
    for title in ("Error Summary", "Erasure Summary", "Drive Status"):
        if title in line:
            run.summary = True
            return title
    if table == "Error Summary" and (row := _ERRORS.match(line)):
        run.by_short_name(row[1]).errors = (int(row[2][:15]), int(row[3][:15]), int(row[4][:15]))
    elif table == "Erasure Summary" and (row := _ERASED_BYTES.match(line)):
        run.by_short_name(row[1]).shortfall = int(row[2][:20]) < int(row[3][:20])
    elif table == "Drive Status" and (row := _STATUS.match(line)):
        drive = run.by_short_name(row[1])
        drive.status = row[2].strip().strip("-").upper()
        model, _, serial = row[5].rpartition("/")
        drive.model = drive.model or name(model)
        drive.serial = drive.serial or words(serial)
    if (total := _TOTAL.search(line)) is not None:
        run.options.setdefault("method", total[1].strip())
        run.verify_abbreviation = total[4]
        if stamp := re.match(r"\[(\d{4})/(\d\d)/(\d\d) (\d\d:\d\d:\d\d)\]", line):
            run.at = f"{stamp[1]}-{stamp[2]}-{stamp[3]}T{stamp[4]}"
    if set(line.strip()) == {"*"}:
        return None
    return table


def _event(run: Run, level: str, at: str | None, message: str) -> None:
    if _ENDED.search(message):
        run.ended = run.ended or not _DEV.search(message)
    if _ABORTED.search(message):
        run.aborted = True
    devices = [device.rstrip(".,'") for device in _DEV.findall(message)]
    if (size := _SIZE.match(message)) is not None:
        run.drive(size[1]).size = float(size[2][:18])
        return
    if not devices:
        if level in ("warning", "error", "fatal") and not re.match(r"\s*\*+\s*$", message):
            run.host_notes.append(" ".join(message.split())[:160])
        return
    drive = run.drive(devices[-1])
    if begun := re.search(r"Invoking method '(.*?)' on|Invoking (?:the )?(.+?) method on", message):
        drive.method = words(begun[1] or begun[2])
    if re.search(r"Invoking method|Starting (round|pass)", message):
        drive.started_at = drive.started_at or at
    elif written := re.search(r"(\d+) bytes written to", message):
        drive.written.append(float(written[1][:18]))
    elif re.search(r"Finished final round", message):
        drive.finished, drive.ended_at = True, at
    elif re.search(r"^\s*Blanking device", message):
        drive.blank_started, drive.started_at = True, drive.started_at or at
    elif re.search(r"Blanked device", message) and "FAILURE" not in message:
        drive.blanked, drive.ended_at = True, at
    elif re.search(r"\bVerifying\b", message):
        drive.started_at = drive.started_at or at
    elif re.search(r"\bVerified\b", message) and "FAILURE" not in message:
        drive.verified, drive.ended_at = True, at
    if _is_hidden(message):
        # Whatever the level: 0.35 calls an area it could not look for a loss of sanity.
        _hidden(drive, message)
    elif "[FAILURE]" in message or ">>> FAILURE" in message:
        drive.faults.append(message)
    elif level in ("error", "fatal", "sanity"):
        (drive.remarks if _HOST.search(message) else drive.faults).append(message)
    elif level == "warning" and _HOST.search(message):
        run.host_notes.append(" ".join(message.split())[:160])
    elif level == "warning":
        drive.remarks.append(message)


def _is_hidden(message: str) -> bool:
    return any(
        pattern.search(message) for pattern in (_HIDDEN_BAD, _HIDDEN_NONE, _HIDDEN_UNKNOWN, _HIDDEN_NOT, _HIDDEN_RESET)
    )


def _hidden(drive: Drive, message: str) -> None:
    """Follow what is said of a hidden area; the last word counts, and one taken away after being found is `reset`."""
    if _HIDDEN_BAD.search(message):
        drive.hidden, drive.hidden_was_present = "present", True
    elif _HIDDEN_NOT.search(message):
        drive.hidden = "not_applicable"
    elif _HIDDEN_NONE.search(message) or _HIDDEN_RESET.search(message):
        drive.hidden = "reset" if drive.hidden_was_present else "none"
    elif _HIDDEN_UNKNOWN.search(message) and drive.hidden is None:
        drive.hidden = "not_checked"


FORMAT = Format("nwipe", recognises, reads, agent=False)
