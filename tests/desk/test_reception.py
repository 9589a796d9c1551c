"""Counting a gift from the desk: the lot's code starts the count, each scan is a machine that arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from refurb.core.equipment import Form
from refurb.core.identity import CodeKind, mint
from refurb.core.permissions import OrganisationRole, Role
from refurb.devices.models import Device
from refurb.donations.models import LotLine
from tests.desk.visiting import answer, said, scan

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.donations.models import Lot
    from refurb.organisations.models import Organisation
    from tests.factories import MakeAccount, MakeActor, MakeOrganisation
    from tests.visitor import Visitor

LABEL = mint(CodeKind.DEVICE, 49_700_001)


@pytest.fixture
def lot(session: Session, workshop: Organisation, make_organisation: MakeOrganisation, make_actor: MakeActor) -> Lot:
    """A gift of two laptops, taken and collected by the workshop."""
    from refurb.donations import offers, services
    from refurb.donations.services import Declared, Gift
    from refurb.organisations.models import LegalType
    from refurb.security import Actor
    from refurb.web import now

    gift = Gift(
        supplier_name="Menuiserie des Ponts-de-Cé",
        legal_type=LegalType.COMPANY,
        contacts=[{"name": "", "role": "", "email": "c@example.org", "phone": ""}],
    )
    rows = [Declared(form=Form.LAPTOP, maker="HP", model="ProBook", serial=s) for s in ("5CG1230ABC", "5CG1234ABD")]
    made, _token = services.submit(session, gift, rows, by=Actor.public(), at=now(), language="fr")
    coordinator = make_actor(make_organisation(OrganisationRole.COORDINATION), Role.COORDINATOR)
    controller = make_actor(workshop, Role.CONTROLLER)
    lines = session.scalars(sa.select(LotLine).where(LotLine.lot_id == made.id)).all()
    services.accept_lines(session, made, [line.id for line in lines], by=coordinator, at=now())
    share = offers.offer(session, made, workshop, {line.id: 1 for line in lines}, by=coordinator, at=now())
    offers.answer(session, share, accepted=True, by=controller, at=now())
    offers.collect(session, share, count=2, by=controller, at=now())
    session.flush()
    return made


@pytest.fixture
def counting(visitor: Visitor, workshop: Organisation, lot: Lot, make_account: MakeAccount) -> Visitor:
    """A controller at the desk who has just scanned the lot."""
    visitor.sign_in(make_account({workshop: [Role.CONTROLLER]}), workshop)
    page = scan(visitor, lot.code)
    assert "Chaque scan compte maintenant" in page.words()
    assert "Comptage du don\xa0: Menuiserie" in page.one("#desk-setting").text
    return visitor


def test_a_declared_serial_is_a_machine_that_arrives(counting: Visitor, session: Session) -> None:
    page = scan(counting, "5cg1230abc")
    assert answer(page) == "done"
    assert "HP ProBook" in said(page)
    device = session.scalars(sa.select(Device)).one()
    assert (device.serial, device.status) == ("5CG1230ABC", "received")
    assert answer(scan(counting, "5CG1230ABC")) == "already"
    (step,) = counting.get("/scan/day").select("tbody tr")
    assert "Compter à l'arrivée" in step.text


def test_a_blank_label_goes_on_the_next_machine(counting: Visitor, session: Session) -> None:
    page = scan(counting, LABEL)
    assert "Étiquette en main" in said(page)
    scan(counting, "5CG1234ABD")
    assert session.scalars(sa.select(Device.code)).one() == LABEL
    scan(counting, "5CG1230ABC")
    assert session.scalar(sa.select(sa.func.count()).select_from(Device).where(Device.code == LABEL)) == 1


def test_what_nobody_declared_is_left_to_be_settled(counting: Visitor, lot: Lot, session: Session) -> None:
    page = scan(counting, "ZZ9PLURAL")
    assert answer(page) == "unknown"
    assert page.select_one(f'#desk-last a[href^="/donations/{lot.code}/shares/"]'), "the page where it is settled"
    assert session.scalars(sa.select(Device)).all() == []


def test_a_count_by_mistake_is_taken_back(counting: Visitor, session: Session) -> None:
    scan(counting, "5CG1230ABC")
    counting.get("/scan")
    page = counting.submit(".desk-row form")
    assert "C'est annulé" in page.words()
    assert session.scalars(sa.select(Device.status)).one() == "returned_to_supplier"
    assert answer(scan(counting, "5CG1230ABC")) in ("done", "refused")


def test_a_counted_machine_is_found_by_who_gave_it(counting: Visitor, lot: Lot) -> None:
    scan(counting, "5CG1230ABC")
    counting.post("/scan/context/end")
    unknown = str(scan(counting, "INCONNU9").one(".desk-standing a")["href"])
    for text in ("menuisserie", lot.code):
        (row,) = counting.get(f"{unknown}?q={text}").select("tbody tr")
        assert "HP ProBook" in row.text


def test_leaving_the_count_makes_scans_open_again(counting: Visitor) -> None:
    scan(counting, "5CG1230ABC")
    counting.post("/scan/context/end")
    assert "À faire" in said(scan(counting, "5CG1230ABC"))


def test_a_count_that_was_closed_elsewhere_is_left_by_itself(counting: Visitor, lot: Lot, session: Session) -> None:
    from refurb.donations import arrivals
    from refurb.donations.models import LotShare
    from refurb.security import Actor
    from refurb.web import now

    scan(counting, "5CG1230ABC")
    share = session.scalars(sa.select(LotShare).where(LotShare.lot_id == lot.id)).one()
    arrivals.finish(session, share, chargers=0, by=Actor.system(), at=now())
    session.flush()
    page = scan(counting, "5CG1230ABC")
    assert "À faire" in said(page)
    assert not page.select(".desk-chip")


def test_another_workshop_does_not_count_it(
    visitor: Visitor, lot: Lot, make_organisation: MakeOrganisation, make_account: MakeAccount
) -> None:
    other = make_organisation(OrganisationRole.REFURBISHER)
    visitor.sign_in(make_account({other: [Role.CONTROLLER]}), other)
    page = scan(visitor, lot.code)
    assert answer(page) == "unknown"
    assert not page.select(".desk-chip")


@pytest.mark.parametrize("reference", ["", "²", "٣", "12x", "-1", "9" * 30])
def test_a_reference_that_names_no_gift_is_over(
    session: Session, workshop: Organisation, make_actor: MakeActor, reference: str
) -> None:
    from refurb.desk.reception import Reception

    assert Reception().title(session, reference, make_actor(workshop, Role.CONTROLLER)) is None
