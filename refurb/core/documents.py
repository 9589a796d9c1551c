"""Which papers a hand-over needs, which modes the law leaves open, at what price, and until when it is guaranteed.

Source: domain.md A. Texts and thresholds change, so they stand here as dated tables with a version; what applies one
keeps the version it used.
"""

import calendar
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from refurb.core.equipment import Form, Mode, Origin, Recipient, Regime


class DocumentKind(StrEnum):
    """A kind of paper; each has one template and one shape of data."""

    PICKUP_SLIP = "pickup_slip"
    RECEIPT_SLIP = "receipt_slip"
    INTAKE_CERTIFICATE = "intake_certificate"
    WIPE_CERTIFICATE = "wipe_certificate"
    DONATION_AGREEMENT = "donation_agreement"
    NEED_SLIP = "need_slip"
    PICKING_LIST = "picking_list"
    HANDOVER_SHEET = "handover_sheet"
    BENEFICIARY_SHEET = "beneficiary_sheet"
    LOAN_AGREEMENT = "loan_agreement"
    GIFT_DEED = "gift_deed"
    SOLIDARITY_SALE_RECEIPT = "solidarity_sale_receipt"
    TRANSFER_CERTIFICATE = "transfer_certificate"
    REUSE_STATEMENT = "reuse_statement"
    DEPOSIT_RECEIPT = "deposit_receipt"
    RETURN_SLIP = "return_slip"
    MATCH_MINUTES = "match_minutes"
    ROUND_SLIP = "round_slip"


#: Working papers: printed and thrown away, so they take no number and are not kept.
UNNUMBERED = frozenset({DocumentKind.NEED_SLIP, DocumentKind.PICKING_LIST, DocumentKind.ROUND_SLIP})


class RuleRefused(Exception):
    """A hand-over that the rules do not allow; `code` says which one."""

    def __init__(self, code: str, *, cap_cents: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.cap_cents = cap_cents


@dataclass(frozen=True)
class Rules:
    """One dated version of the legal tables.

    `takers`: legal types that may receive from a public body, by regime; `resellers`: those among them that may sell
    on, to people in precarity only. `caps_cents`: highest price by origin and form, tax included.
    """

    version: str
    takers: Mapping[Regime, frozenset[str]]
    resellers: frozenset[str]
    caps_cents: Mapping[Origin, Mapping[Form, int]]
    warranty_months: Mapping[Mode, int]


#: CG3P L.3212-2 and its decree as read in 2026 (domain.md F1, F2, F3, F17); a social enterprise (ESUS) may take but is
#: not in the resale exception. The caps bind public-origin machines; the same figures are our own ceiling for others.
_CAPS = MappingProxyType(
    {
        Form.LAPTOP: 180_00,
        Form.DESKTOP: 150_00,
        Form.MINI_PC: 150_00,
        Form.ALL_IN_ONE: 150_00,
        Form.TABLET: 100_00,
        Form.SMARTPHONE: 100_00,
        Form.MONITOR: 30_00,
        Form.PRINTER: 30_00,
    }
)
_ASSOCIATIONS = frozenset({"association_public_utility", "association_general_interest"})
RULES_2026 = Rules(
    version="2026-1",
    takers=MappingProxyType(
        {
            Regime.PUBLIC_ASSOCIATION: _ASSOCIATIONS | {"social_enterprise"},
            Regime.PUBLIC_BODY: frozenset({"local_authority", "state", "public_establishment"}),
        }
    ),
    resellers=_ASSOCIATIONS,
    caps_cents=MappingProxyType({Origin.PUBLIC: _CAPS, Origin.PRIVATE: _CAPS}),
    warranty_months=MappingProxyType({Mode.GIFT: 6, Mode.SOLIDARITY_SALE: 24}),
)
RULES = RULES_2026


def mode_verdicts(
    origin: Origin,
    regime: Regime,
    issuer_legal_type: str,
    recipient: Recipient = Recipient.HOUSEHOLD,
    *,
    rules: Rules = RULES,
) -> dict[Mode, str]:
    """Return every mode with "" where it is open, else the code of the reason why it is not.

    Codes: "taker-not-eligible" (a public gift held by a body that could not receive it), "public-no-resale",
    "public-resale-to-households". Source: domain.md section 0 point 2 and A.
    """
    if origin is Origin.PRIVATE:
        return dict.fromkeys(Mode, "")
    takers = rules.takers.get(regime)
    if takers is None:
        # Bought from a public body (its own sale is another text): no gift happened, so nothing binds what follows.
        bound = regime is not Regime.SALE
        return dict.fromkeys(Mode, "taker-not-eligible" if bound else "")
    if issuer_legal_type not in takers:
        return dict.fromkeys(Mode, "taker-not-eligible")
    sale = ""
    if issuer_legal_type not in rules.resellers:
        sale = "public-no-resale"
    elif recipient is not Recipient.HOUSEHOLD:
        sale = "public-resale-to-households"
    return {Mode.GIFT: "", Mode.LOAN: "", Mode.SOLIDARITY_SALE: sale}


def modes_allowed(
    origin: Origin,
    regime: Regime,
    issuer_legal_type: str,
    recipient: Recipient = Recipient.HOUSEHOLD,
    *,
    rules: Rules = RULES,
) -> tuple[Mode, ...]:
    """Return the open modes, gift first."""
    verdicts = mode_verdicts(origin, regime, issuer_legal_type, recipient, rules=rules)
    return tuple(mode for mode in Mode if not verdicts[mode])


def price_cap_cents(origin: Origin, form: Form, *, rules: Rules = RULES) -> int:
    """Return the highest price of one machine, tax included; 0 where the table does not know the form."""
    return rules.caps_cents[origin].get(form, 0)


@dataclass(frozen=True)
class Sold:
    """What the price of one machine is checked against: a public one is sold whole and working, or not at all."""

    origin: Origin
    form: Form
    has_charger: bool
    has_disk: bool
    has_system: bool
    battery_works: bool


def check_price(mode: Mode, price_cents: int | None, sold: Iterable[Sold], *, rules: Rules = RULES) -> None:
    """Check what is asked for all the machines together; raises RuleRefused.

    Codes: "loan-has-no-price" (a loan for use is free by essence, Code civil 1875), "gift-has-no-price",
    "price-missing", "price-over-cap" (with `cap_cents`), "sale-incomplete".
    """
    machines = list(sold)
    if mode is not Mode.SOLIDARITY_SALE:
        if price_cents:
            raise RuleRefused("loan-has-no-price" if mode is Mode.LOAN else "gift-has-no-price")
        return
    if price_cents is None or price_cents <= 0:
        raise RuleRefused("price-missing")
    cap = sum(price_cap_cents(machine.origin, machine.form, rules=rules) for machine in machines)
    if price_cents > cap:
        raise RuleRefused("price-over-cap", cap_cents=cap)
    for machine in machines:
        whole = machine.has_charger and machine.has_disk and machine.has_system and machine.battery_works
        if machine.origin is Origin.PUBLIC and not whole:
            raise RuleRefused("sale-incomplete")


def check_loan(mode: Mode, starts_on: date, ends_on: date | None, deposit_cents: int | None) -> None:
    """Check the dates and the deposit of a loan; raises RuleRefused, "loan-needs-end", "loan-ends-before",
    "deposit-not-a-loan"."""
    if mode is not Mode.LOAN:
        if ends_on is not None or deposit_cents:
            raise RuleRefused("deposit-not-a-loan")
        return
    if ends_on is None:
        raise RuleRefused("loan-needs-end")
    if ends_on <= starts_on:
        raise RuleRefused("loan-ends-before")


_BY_MODE = {
    Mode.GIFT: DocumentKind.GIFT_DEED,
    Mode.LOAN: DocumentKind.LOAN_AGREEMENT,
    Mode.SOLIDARITY_SALE: DocumentKind.SOLIDARITY_SALE_RECEIPT,
}


def papers_for(mode: Mode) -> tuple[DocumentKind, ...]:
    """Return what a hand-over freezes, the hand-over sheet first.

    A structure receives the plain sheet as well: it is for whoever will sit before the machine.
    """
    return (DocumentKind.HANDOVER_SHEET, DocumentKind.BENEFICIARY_SHEET, _BY_MODE[mode])


def warranty_end(mode: Mode, handed_over_on: date, loan_until: date | None = None, *, rules: Rules = RULES) -> date:
    """Return the last day of the warranty: a lender answers for its machine as long as the loan runs."""
    if mode is Mode.LOAN:
        if loan_until is None:
            raise RuleRefused("loan-needs-end")
        return loan_until
    return add_months(handed_over_on, rules.warranty_months[mode])


def add_months(day: date, months: int) -> date:
    """Return the same day so many months later, or the last of that month: 31 August and 6 give 28 February."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
