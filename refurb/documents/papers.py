"""What each kind of paper says: the shape of its data, which `checking` holds it to before it is frozen.

The areas build these from their rows (their own `papers.py`); the templates read nothing else. Everything is plain
JSON: dates are ISO text, money is in cents, words are already in the reader's language.
"""

from dataclasses import dataclass, field

from refurb.core.documents import DocumentKind
from refurb.documents.parts import (
    BARE,
    CertifiedMachine,
    Contact,
    Counted,
    DeviceLine,
    Envelope,
    Feature,
    Goods,
    Handed,
    Party,
)


@dataclass(frozen=True, kw_only=True)
class PickupSlip:
    """Bon d'enlèvement: what is expected, with room to write what was taken."""

    document: Envelope = BARE
    lot_code: str
    supplier: Party
    collector: Party
    place: str
    planned_on: str = ""
    window: str = ""
    contact: Contact | None = None
    access: str = ""
    lines: list[Goods]
    chargers: int | None = None


@dataclass(frozen=True, kw_only=True)
class ReceiptSlip:
    """Bon de réception: declared against received, and each difference."""

    document: Envelope = BARE
    lot_code: str
    supplier: Party
    receiver: Party
    received_on: str
    lines: list[Counted]
    differences: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class IntakeCertificate:
    """Attestation de prise en charge: every machine with its serial, early."""

    document: Envelope = BARE
    lot_code: str
    supplier: Party
    holder: Party
    received_on: str
    devices: list[DeviceLine]


@dataclass(frozen=True, kw_only=True)
class WipeCertificate:
    """Attestation d'effacement, of one machine or of a whole lot. `uncovered`: machines of the lot not in it."""

    document: Envelope = BARE
    lot_code: str = ""
    former_owner: Party | None = None
    holder: Party
    sensitivity: str  # wipe: ordinary, to be wiped; destroy: its giver asked for destruction
    reviewer: str
    reviewed_on: str
    machines: list[CertifiedMachine]
    uncovered: int = 0


@dataclass(frozen=True, kw_only=True)
class DonationAgreement:
    """Convention de don ou de cession (domain.md A)."""

    document: Envelope = BARE
    lot_code: str
    donor: Party
    taker: Party
    origin: str  # private, public
    regime: str  # patronage, public_association, public_body, free_sale
    lines: list[Goods]
    place: str
    collect_before: str = ""
    disks: str  # wipe, destroy, wiped_by_donor
    resale: str  # none, solidarity
    act_reference: str = ""
    act_on: str = ""


@dataclass(frozen=True, kw_only=True)
class NeedSlip:
    """The household's slip, in plain words; the QR code is the case number."""

    document: Envelope = BARE
    need_code: str
    shown_need_code: str
    service: str
    contact: Contact
    asked_on: str
    wanted: list[str]
    #: With the code they open the page that says where the demand stands; `follow_at` is its address, to be typed.
    letters: str = ""
    follow_at: str = ""
    #: How long it may take, as a sentence; then when and what to bring, once that is agreed.
    estimate: str = ""
    appointment: str = ""
    bring: list[str] = field(default_factory=list)
    handover_place: str = ""
    opening: str = ""
    fresh_until: str = ""


@dataclass(frozen=True, kw_only=True)
class Pick:
    """One machine to fetch from a shelf."""

    shelf: str
    code: str
    title: str
    accessories: str = ""
    need_code: str = ""
    handover_place: str = ""


@dataclass(frozen=True, kw_only=True)
class PickingList:
    """Liste de préparation, by shelf."""

    document: Envelope = BARE
    workshop: str
    rows: list[Pick]


@dataclass(frozen=True, kw_only=True)
class HandoverSheet:
    """Fiche de remise: the case number stands for the person, whose name is written by hand on one copy only."""

    document: Envelope = BARE
    handover_code: str
    need_code: str
    mode: str  # gift, loan, solidarity_sale
    place: str
    handed_over_on: str
    agent: str
    devices: list[Handed]
    price_cents: int | None = None
    loan_until: str = ""
    warranty_until: str = ""
    contact: Contact
    accompaniment: str = ""
    signature: str  # signed, in_presence, mark
    witness: str = ""
    recipient: Party | None = None


@dataclass(frozen=True, kw_only=True)
class BeneficiarySheet:
    """The leaflet, in plain French."""

    document: Envelope = BARE
    code: str
    shown_code: str
    form: str  # laptop, desktop, mini_pc, all_in_one, tablet, smartphone
    title: str
    system: str = ""
    first_boot: str = "own_account"  # own_account, guest, prepared
    processor: str = ""
    memory: str = ""
    storage: str = ""
    features: list[Feature] = field(default_factory=list)
    accessories: list[str] = field(default_factory=list)
    mode: str
    loan_until: str = ""
    warranty_until: str = ""
    contact: Contact
    accompaniment: str = ""


@dataclass(frozen=True, kw_only=True)
class LoanAgreement:
    """Convention de prêt à usage: no price, for a loan is free by essence (Code civil, 1875 et suivants)."""

    document: Envelope = BARE
    handover_code: str
    need_code: str
    devices: list[Handed]
    starts_on: str
    ends_on: str
    renewable: bool = True
    deposit_cents: int | None = None
    place: str
    contact: Contact
    recipient: Party | None = None


@dataclass(frozen=True, kw_only=True)
class GiftDeed:
    """Acte de don to a household or a structure."""

    document: Envelope = BARE
    handover_code: str
    need_code: str
    devices: list[Handed]
    given_on: str
    place: str
    origin: str
    warranty_until: str = ""
    contact: Contact
    recipient: Party | None = None


@dataclass(frozen=True, kw_only=True)
class SolidaritySaleReceipt:
    """Reçu de vente solidaire."""

    document: Envelope = BARE
    handover_code: str
    need_code: str
    devices: list[Handed]
    sold_on: str
    place: str
    total_cents: int
    subsidy_cents: int = 0
    paid_cents: int
    paid_by: str = ""
    origin: str
    warranty_until: str
    contact: Contact
    recipient: Party | None = None


@dataclass(frozen=True, kw_only=True)
class TransferCertificate:
    """Attestation de cession: whose the machines were, whose they are, since when."""

    document: Envelope = BARE
    lot_code: str
    donor: Party
    taker: Party
    regime: str
    transferred_on: str
    devices: list[DeviceLine]
    act_reference: str = ""
    act_on: str = ""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one machine: a month, never a commune or a person."""

    inventory_number: str = ""
    code: str
    title: str
    serial: str = ""
    outcome: str  # reuse, parts, weee, returned, lost, in_progress
    month: str = ""


@dataclass(frozen=True, kw_only=True)
class ReuseStatement:
    """Bilan de réemploi."""

    document: Envelope = BARE
    lot_code: str
    supplier: Party
    holder: Party
    stated_on: str
    rows: list[Outcome]


@dataclass(frozen=True, kw_only=True)
class DepositReceipt:
    """Reçu de dépôt: one machine brought to a counter, no name kept."""

    document: Envelope = BARE
    code: str
    shown_code: str
    form: str
    title: str
    serial: str = ""
    accessories: list[str] = field(default_factory=list)
    deposited_on: str
    place: str
    disks: str  # wipe, destroy
    contact: Contact | None = None


@dataclass(frozen=True, kw_only=True)
class ReturnSlip:
    """Bon de restitution: a machine given back to its giver, wiped or not, and why."""

    document: Envelope = BARE
    lot_code: str = ""
    supplier: Party
    holder: Party
    returned_on: str
    devices: list[DeviceLine]
    motive: str
    wiped: bool


@dataclass(frozen=True, kw_only=True)
class Served:
    """One machine for one case, by codes: what was decided of what the rule proposed."""

    need_code: str
    points: int
    device_code: str
    why: str
    decision: str
    motive: str = ""


@dataclass(frozen=True, kw_only=True)
class MatchMinutes:
    """Procès-verbal of a run of the rule: what decided it, what it proposed, what persons decided otherwise."""

    document: Envelope = BARE
    run_on: str
    seed: str
    digest: str
    method: str
    versions: list[Feature]
    rule: list[str]
    figures: list[Feature]
    #: Counts of persons under five are masked before they come here.
    territories: list[Feature]
    reasons: list[Feature]
    rows: list[Served]
    #: Decisions that are not the rule's, each beside what the rule alone would have done.
    overrides: list[Served]


@dataclass(frozen=True, kw_only=True)
class RoundSlip:
    """Bordereau de tournée: what leaves a workshop for one hand-over point, countersigned on arrival."""

    document: Envelope = BARE
    workshop: str
    place: str
    rows: list[Pick]


SHAPES: dict[DocumentKind, type] = {
    DocumentKind.PICKUP_SLIP: PickupSlip,
    DocumentKind.RECEIPT_SLIP: ReceiptSlip,
    DocumentKind.INTAKE_CERTIFICATE: IntakeCertificate,
    DocumentKind.WIPE_CERTIFICATE: WipeCertificate,
    DocumentKind.DONATION_AGREEMENT: DonationAgreement,
    DocumentKind.NEED_SLIP: NeedSlip,
    DocumentKind.PICKING_LIST: PickingList,
    DocumentKind.HANDOVER_SHEET: HandoverSheet,
    DocumentKind.BENEFICIARY_SHEET: BeneficiarySheet,
    DocumentKind.LOAN_AGREEMENT: LoanAgreement,
    DocumentKind.GIFT_DEED: GiftDeed,
    DocumentKind.SOLIDARITY_SALE_RECEIPT: SolidaritySaleReceipt,
    DocumentKind.TRANSFER_CERTIFICATE: TransferCertificate,
    DocumentKind.REUSE_STATEMENT: ReuseStatement,
    DocumentKind.DEPOSIT_RECEIPT: DepositReceipt,
    DocumentKind.RETURN_SLIP: ReturnSlip,
    DocumentKind.MATCH_MINUTES: MatchMinutes,
    DocumentKind.ROUND_SLIP: RoundSlip,
}
