"""What a report says of a machine, whatever the format that said it. Pure data: unknown is None, never a guess."""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from refurb.core.equipment import Form
from refurb.core.media import Outcome


class MediumType(StrEnum):
    """How a storage medium keeps its bytes."""

    HDD = "hdd"
    SSD = "ssd"
    NVME = "nvme"
    EMMC = "emmc"


class Health(StrEnum):
    """The verdict on a medium; no verdict at all is None."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Medium:
    """One storage medium of the machine; a live stick, a card reader or a disc drive is none."""

    type: MediumType | None = None
    model: str | None = None
    serial: str | None = None
    #: Bytes / 10^9, rounded, as makers count.
    size_gb: int | None = None
    health: Health | None = None
    #: Why the health is not ok, as codes ("reallocated-sectors: 12").
    reasons: tuple[str, ...] = ()
    #: Where the tool saw it ("/dev/sda"): ties a wipe to a medium within one report, never across reports.
    device: str | None = None


@dataclass(frozen=True, slots=True)
class Battery:
    """One battery: what is left of its design capacity, in per cent, and its charge cycles."""

    health_pct: int | None = None
    cycles: int | None = None


@dataclass(frozen=True, slots=True)
class Wipe:
    """What a tool did to one medium. `reasons` are codes, and say why the outcome is not ok."""

    device: str | None
    model: str | None
    serial: str | None
    method: str | None
    outcome: Outcome
    reasons: tuple[str, ...] = ()
    size_gb: int | None = None
    tool: str | None = None
    verify: str | None = None
    #: none, reset, present, not_applicable, not_checked (domain.md D.3).
    hidden_area: str | None = None
    #: As the tool wrote them: the local time of the bench, ISO without a zone.
    started_at: str | None = None
    ended_at: str | None = None


@dataclass(frozen=True, slots=True)
class Cpu:
    """The processor as people name it; `cores` are physical ones, all sockets together."""

    model: str
    cores: int | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything one report says.

    `serial` is what the firmware says, `serial_trusted` whether it may identify the machine. `media` is None where the
    format says nothing of disks, empty where the machine was looked at and has none. `warnings` are codes, some with a
    detail after a colon; the sentence is chosen where a person reads it.
    """

    format: str
    form: Form | None = None
    manufacturer: str | None = None
    model: str | None = None
    serial: str | None = None
    serial_trusted: bool = False
    cpu: Cpu | None = None
    ram_gb: int | float | None = None
    media: tuple[Medium, ...] | None = None
    batteries: tuple[Battery, ...] = ()
    screen_in: float | None = None
    webcam: bool | None = None
    wifi: bool | None = None
    gpu: str | None = None
    wipes: tuple[Wipe, ...] = ()
    warnings: tuple[str, ...] = ()
    #: Further keys of identity: they help to find a machine, none of them decides alone.
    uuid: str | None = None
    board_serial: str | None = None
    macs: tuple[str, ...] = ()
    #: The name that the sender gave to this report (Workbench's UUID, an agent's device id).
    sender_id: str | None = None
    virtual: bool = False
    #: What one format alone says, by its own words.
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def describes_machine(self) -> bool:
        """Whether the report is about a machine: a wipe's log names the bench it ran on, which may be another one."""
        return self.ram_gb is not None or (self.cpu is not None and not self.wipes)

    def warn(self, *codes: str) -> "Reading":
        """Return the same reading with more warnings, each said once."""
        return replace(self, warnings=tuple(dict.fromkeys((*self.warnings, *codes))))


class Unreadable(Exception):
    """No format can read these bytes; `code` says why and the sentence is chosen at the edge."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
