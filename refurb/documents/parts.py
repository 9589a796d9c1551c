"""What several kinds of paper are made of: who issues, whom to call, machines and goods in a list."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Party:
    """An organisation as a paper names it; a household is never one."""

    name: str
    legal_type: str = ""
    address: str = ""
    siret: str = ""
    rna: str = ""
    phone: str = ""
    email: str = ""
    signatory: str = ""
    quality: str = ""


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """What stands around every paper; the service fills it when it freezes. No number: a working paper, not kept.

    `verify_address` is the page where the code is typed; `verify_link` leads straight to this paper, in the QR code.
    """

    issuer: Party
    number: str = ""
    code: str = ""
    shown_code: str = ""
    verify_address: str = ""
    verify_link: str = ""
    template_version: int = 1
    replaces: str = ""
    sample: bool = False


#: What an area leaves for the service to fill.
BARE = Envelope(issuer=Party(name=""))


@dataclass(frozen=True, kw_only=True)
class Contact:
    """Whom to call: a named person or desk, never a household."""

    name: str
    phone: str = ""
    email: str = ""
    place: str = ""
    hours: str = ""


@dataclass(frozen=True, kw_only=True)
class DeviceLine:
    """One machine in a list."""

    code: str
    form: str
    title: str
    serial: str = ""
    inventory_number: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Goods:
    """One line of what is given, before machines have codes."""

    label: str
    quantity: int
    year: str = ""
    value_cents: int | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Counted:
    """One line of a count at arrival."""

    label: str
    declared: int
    received: int
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Feature:
    """One named fact about a machine, in words: ("Mémoire", "8 Go")."""

    label: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Handed:
    """A machine as it is handed over."""

    code: str
    form: str
    title: str
    serial: str = ""
    features: list[Feature] = field(default_factory=list)
    accessories: list[str] = field(default_factory=list)
    grade: str = ""
    defects: list[str] = field(default_factory=list)
    price_cents: int | None = None


@dataclass(frozen=True, kw_only=True)
class CertifiedMedium:
    """One medium on a wipe certificate: what was found, what was done, and what may be said of it (domain.md D.3).

    Times are ISO text in the time of the place, words in the reader's language; an empty one was not recorded.
    """

    number: int
    kind: str
    model: str = ""
    serial: str = ""
    size_gb: int | None = None
    outcome: str  # ok, reservation_accepted, destroyed, absent
    level: str  # none, clear, purge, destroy
    method: str = ""
    tool: str = ""
    verify: str = ""
    hidden_area: str = ""
    started_at: str = ""
    ended_at: str = ""
    source: str = ""  # log, manual
    remarks: list[str] = field(default_factory=list)
    operator: str = ""
    acceptance: str = ""
    accepted_by: str = ""
    evidence_sha256: str = ""
    attested: str = ""
    attested_on: str = ""
    attested_by: str = ""
    taken_out: bool = False
    donor_wiped: bool = False


@dataclass(frozen=True, kw_only=True)
class CertifiedMachine:
    """One machine with all its media; none: somebody looked and attested that it holds none."""

    code: str
    form: str
    title: str
    serial: str = ""
    inventory_number: str = ""
    media: list[CertifiedMedium] = field(default_factory=list)
