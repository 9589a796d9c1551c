"""Which modes are open, at what price, with which papers."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refurb.core.documents import (
    RULES,
    DocumentKind,
    RuleRefused,
    Sold,
    add_months,
    check_loan,
    check_price,
    mode_verdicts,
    modes_allowed,
    papers_for,
    price_cap_cents,
    warranty_end,
)
from refurb.core.equipment import Form, Mode, Origin, Recipient, Regime

ALL = (Mode.GIFT, Mode.LOAN, Mode.SOLIDARITY_SALE)


@pytest.mark.parametrize("regime", Regime)
@pytest.mark.parametrize("legal_type", ["company", "association", "association_general_interest"])
def test_a_private_gift_may_leave_in_any_mode(regime: Regime, legal_type: str) -> None:
    assert modes_allowed(Origin.PRIVATE, regime, legal_type) == ALL


@pytest.mark.parametrize("legal_type", ["association_general_interest", "association_public_utility"])
def test_a_public_gift_is_resold_by_eligible_associations_to_households_only(legal_type: str) -> None:
    origin, regime = Origin.PUBLIC, Regime.PUBLIC_ASSOCIATION
    assert modes_allowed(origin, regime, legal_type) == ALL
    assert mode_verdicts(origin, regime, legal_type, Recipient.STRUCTURE)[Mode.SOLIDARITY_SALE] == (
        "public-resale-to-households"
    )
    assert modes_allowed(origin, regime, legal_type, Recipient.STRUCTURE) == (Mode.GIFT, Mode.LOAN)


def test_a_social_enterprise_takes_but_does_not_resell_what_a_public_body_gave() -> None:
    verdicts = mode_verdicts(Origin.PUBLIC, Regime.PUBLIC_ASSOCIATION, "social_enterprise")
    assert verdicts == {Mode.GIFT: "", Mode.LOAN: "", Mode.SOLIDARITY_SALE: "public-no-resale"}


@pytest.mark.parametrize(
    ("regime", "legal_type"),
    [
        (Regime.PUBLIC_ASSOCIATION, "company"),
        (Regime.PUBLIC_ASSOCIATION, "association"),
        (Regime.PUBLIC_BODY, "association_general_interest"),
        (Regime.PATRONAGE, "association_general_interest"),
        (Regime.GIFT, "association_general_interest"),
    ],
)
def test_a_public_machine_in_the_wrong_hands_leaves_in_no_mode(regime: Regime, legal_type: str) -> None:
    assert modes_allowed(Origin.PUBLIC, regime, legal_type) == ()
    assert set(mode_verdicts(Origin.PUBLIC, regime, legal_type).values()) == {"taker-not-eligible"}


def test_a_public_body_lends_and_gives_what_another_passed_on_and_never_sells_it() -> None:
    assert modes_allowed(Origin.PUBLIC, Regime.PUBLIC_BODY, "local_authority") == (Mode.GIFT, Mode.LOAN)


def sold(origin: Origin = Origin.PUBLIC, form: Form = Form.LAPTOP, **missing: bool) -> Sold:
    whole = {"has_charger": True, "has_disk": True, "has_system": True, "battery_works": True}
    return Sold(origin=origin, form=form, **{**whole, **missing})


@pytest.mark.parametrize(("mode", "code"), [(Mode.LOAN, "loan-has-no-price"), (Mode.GIFT, "gift-has-no-price")])
def test_only_a_sale_has_a_price(mode: Mode, code: str) -> None:
    check_price(mode, None, [sold()])
    check_price(mode, 0, [sold()])
    with pytest.raises(RuleRefused) as refused:
        check_price(mode, 1, [sold()])
    assert refused.value.code == code


@pytest.mark.parametrize("price", [None, 0, -1])
def test_a_sale_has_a_price(price: int | None) -> None:
    with pytest.raises(RuleRefused, match="price-missing"):
        check_price(Mode.SOLIDARITY_SALE, price, [sold()])


@pytest.mark.parametrize(
    ("form", "cap"),
    [(Form.LAPTOP, 18000), (Form.DESKTOP, 15000), (Form.TABLET, 10000), (Form.SMARTPHONE, 10000), (Form.MONITOR, 3000)],
)
def test_the_cap_of_the_decree_holds_to_the_cent(form: Form, cap: int) -> None:
    assert price_cap_cents(Origin.PUBLIC, form) == cap
    check_price(Mode.SOLIDARITY_SALE, cap, [sold(form=form)])
    with pytest.raises(RuleRefused) as refused:
        check_price(Mode.SOLIDARITY_SALE, cap + 1, [sold(form=form)])
    assert (refused.value.code, refused.value.cap_cents) == ("price-over-cap", cap)


def test_what_the_table_does_not_name_is_not_sold() -> None:
    with pytest.raises(RuleRefused, match="price-over-cap"):
        check_price(Mode.SOLIDARITY_SALE, 100, [sold(form=Form.SERVER)])


@pytest.mark.parametrize("part", ["has_charger", "has_disk", "has_system", "battery_works"])
def test_a_public_machine_is_sold_whole_and_working(part: str) -> None:
    lacking: dict[str, Any] = {part: False}
    with pytest.raises(RuleRefused, match="sale-incomplete"):
        check_price(Mode.SOLIDARITY_SALE, 5000, [sold(), replace(sold(), **lacking)])
    check_price(Mode.SOLIDARITY_SALE, 5000, [replace(sold(Origin.PRIVATE), **lacking)])


def test_a_loan_has_an_end_after_its_start() -> None:
    today = date(2026, 11, 17)
    check_loan(Mode.LOAN, today, date(2027, 11, 17), 5000)
    check_loan(Mode.GIFT, today, None, None)
    for mode, until, deposit, code in [
        (Mode.LOAN, None, None, "loan-needs-end"),
        (Mode.LOAN, today, None, "loan-ends-before"),
        (Mode.GIFT, date(2027, 1, 1), None, "deposit-not-a-loan"),
        (Mode.SOLIDARITY_SALE, None, 1000, "deposit-not-a-loan"),
    ]:
        with pytest.raises(RuleRefused, match=code):
            check_loan(mode, today, until, deposit)


@pytest.mark.parametrize(
    ("mode", "paper"),
    [
        (Mode.GIFT, DocumentKind.GIFT_DEED),
        (Mode.LOAN, DocumentKind.LOAN_AGREEMENT),
        (Mode.SOLIDARITY_SALE, DocumentKind.SOLIDARITY_SALE_RECEIPT),
    ],
)
def test_each_mode_has_its_paper_beside_the_two_sheets(mode: Mode, paper: DocumentKind) -> None:
    assert papers_for(mode) == (DocumentKind.HANDOVER_SHEET, DocumentKind.BENEFICIARY_SHEET, paper)


def test_the_warranty_of_a_loan_is_the_loan_and_of_a_sale_the_law() -> None:
    day = date(2026, 8, 31)
    assert warranty_end(Mode.GIFT, day) == date(2027, 2, 28)
    assert warranty_end(Mode.SOLIDARITY_SALE, day) == date(2028, 8, 31)
    assert warranty_end(Mode.LOAN, day, date(2026, 9, 30)) == date(2026, 9, 30)
    with pytest.raises(RuleRefused, match="loan-needs-end"):
        warranty_end(Mode.LOAN, day)


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.integers(0, 120))
def test_months_land_in_the_month_they_say(day: date, months: int) -> None:
    later = add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day <= day.day
    assert later.day == day.day or add_months(later, 0).day >= 28


def test_the_tables_say_which_version_they_are() -> None:
    assert RULES.version == "2026-1"
    assert set(RULES.resellers) <= RULES.takers[Regime.PUBLIC_ASSOCIATION]
