"""What nwipe's word on a drive is worth: the three outcomes of domain.md D.3, from what one run said of it."""

import re
from dataclasses import dataclass, field

from refurb.core.media import Outcome
from refurb.devices.readings import facts
from refurb.devices.readings.facts import name, words
from refurb.devices.readings.reading import Wipe

#: What `--quiet` writes for a serial.
MASKED = re.compile(r"^[X?]{6,}$")
#: Hidden areas are an ATA matter: these buses have none, or hide them behind a bridge (domain.md D.3).
_NO_HIDDEN_AREA = frozenset({"NVME", "USB", "USB-S", "VIRT", "MMC", "SCSI", "SAS", "1394", "UFS"})


@dataclass(slots=True)
class Drive:
    """What one run says of one drive, as it is being gathered."""

    device: str
    bus: str | None = None
    model: str | None = None
    serial: str | None = None
    size: float | None = None
    method: str | None = None
    started_at: str | None = None
    ended_at: str | None = None
    finished: bool = False
    blank_started: bool = False
    blanked: bool = False
    verified: bool = False
    written: list[float] = field(default_factory=list)
    errors: tuple[int, int, int] | None = None
    shortfall: bool = False
    status: str | None = None
    hidden: str | None = None
    hidden_was_present: bool = False
    remarks: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def touched(self) -> bool:
        """Whether a wipe of this drive was begun or is spoken of in a summary."""
        return bool(self.started_at or self.status or self.errors)


@dataclass(slots=True)
class Run:
    """One start of the tool."""

    drives: dict[str, Drive] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)
    version: str | None = None
    summary: bool = False
    ended: bool = False
    aborted: bool = False
    at: str | None = None
    verify_abbreviation: str | None = None
    host_notes: list[str] = field(default_factory=list)

    def drive(self, device: str) -> Drive:
        return self.drives.setdefault(device, Drive(device))

    def by_short_name(self, short: str) -> Drive:
        """The tables keep the last eight signs of the name, without /dev/."""
        exact = next((drive for drive in self.drives.values() if drive.device.rsplit("/", 1)[-1] == short), None)
        if exact is None and len(short) >= 8:
            exact = next((drive for drive in self.drives.values() if drive.device.endswith(short)), None)
        return exact or self.drive(f"/dev/{short}")


def wipe_of(drive: Drive, run: Run) -> Wipe:
    failures = _failures(drive, run)
    reservations = [] if failures else _reservations(drive, run)
    outcome = Outcome.FAILED if failures else Outcome.OK_WITH_RESERVATION if reservations else Outcome.OK
    hidden = _hidden_area(drive)
    serial = None if drive.serial and MASKED.match(drive.serial) else name(drive.serial)
    return Wipe(
        device=drive.device,
        model=drive.model,
        serial=serial,
        method=drive.method or words(run.options.get("method")),
        outcome=outcome,
        reasons=tuple(dict.fromkeys(failures or reservations)),
        size_gb=facts.size_gb(drive.size),
        tool=f"nwipe {run.version}" if run.version else "nwipe",
        verify=_verify(run),
        hidden_area=hidden,
        started_at=drive.started_at,
        ended_at=drive.ended_at or run.at,
    )


def _verify(run: Run) -> str | None:
    """none, last or all; None where the log does not say."""
    said = run.options.get("verify", "")
    if run.verify_abbreviation:
        return {"NV": "none", "VL": "last", "VA": "all"}[run.verify_abbreviation]
    if not said:
        return None
    return (
        "none" if said.startswith("0") or "off" in said else "all" if said.startswith("2") or "all" in said else "last"
    )


def _hidden_area(drive: Drive) -> str:
    if drive.hidden in ("present", "reset", "none"):
        return drive.hidden
    if drive.hidden == "not_applicable" or (drive.bus or "").upper() in _NO_HIDDEN_AREA:
        return "not_applicable"
    if re.match(r"/dev/(nvme|mmcblk|loop|vd|xvd|zram)", drive.device):
        return "not_applicable"
    return "not_checked"


def _failures(drive: Drive, run: Run) -> list[str]:
    found = []
    if drive.status in ("FAILED", "FAIL", "UABORTED", "ABORTED", "INSANITY"):
        found.append("aborted" if "ABORT" in drive.status else "failed")
    elif drive.status not in (None, "ERASED", ""):
        found.append(f"status: {drive.status.lower()[:20]}")
    if drive.errors and any(drive.errors):
        found.append("errors: pass {}, verify {}, sync {}".format(*drive.errors))
    if drive.faults:
        found.append("error-in-log: " + " ".join(drive.faults[0].split())[:160])
    complete = (drive.finished and (drive.blanked or not drive.blank_started)) or drive.blanked
    if drive.status != "ERASED" and not complete and not _verify_only(drive, run):
        found.append("aborted" if run.aborted else "not-finished")
    elif run.aborted and not complete:
        found.append("aborted")
    if drive.size and drive.written and max(drive.written) < drive.size:
        found.append("not-all-bytes-written")
    return found


def _verify_only(drive: Drive, run: Run) -> bool:
    return (drive.method or run.options.get("method") or "").lower().startswith("verify")


def _reservations(drive: Drive, run: Run) -> list[str]:
    found = []
    hidden = _hidden_area(drive)
    if hidden == "present":
        found.append("hidden-area")
    elif hidden == "not_checked":
        found.append("hidden-area-not-checked")
    if drive.shortfall:
        found.append("bytes-not-reached")
    if _verify_only(drive, run):
        found.append("verified-only")
    elif _verify(run) == "none" or (drive.started_at and not drive.verified):
        found.append("not-verified")
    elif _verify(run) is None:
        found.append("verify-unknown")
    found += ["warning: " + " ".join(remark.split())[:160] for remark in drive.remarks]
    if drive.started_at and not drive.finished and not _verify_only(drive, run):
        found.append("log-incomplete")
    elif drive.status is None:
        found.append("no-summary" if not run.ended else "")
    elif drive.started_at is None:
        found.append("summary-only")
    return [reason for reason in found if reason]
