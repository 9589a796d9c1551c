"""The hand-over itself: what is looked at, what is written, what it refuses."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from refurb.core.documents import DocumentKind
from refurb.core.equipment import Form, Mode, Origin, Regime
from refurb.core.handover import Accessory, ReturnMotive, Signature, Witness
from refurb.core.need_life import State
from refurb.core.workflow import Status
from tests.conftest import NOON
from tests.handover.chain import terms

if TYPE_CHECKING:
    from collections.abc import Callable

    from refurb.db import Session
    from refurb.handover.models import Handover
    from refurb.matching.models import Reservation
    from tests.handover.chain import Chain


def hand_over(chain: Chain, reservation: Reservation, *, scanned: str | None = "", **values: Any) -> Handover:
    from refurb.handover import services

    case = chain.case(reservation)
    code = case.device.code if scanned == "" else scanned
    return services.perform(
        chain.session, case, scanned=code, terms=terms(**values), place=case.place, by=chain.agent, at=NOON
    )


def refused(deed: Callable[[], object]) -> tuple[str, ...]:
    from refurb.handover.services import HandoverRefused

    with pytest.raises(HandoverRefused) as caught:
        deed()
    return caught.value.codes


def papers_of(session: Session, handover: Handover) -> dict[str, dict[str, Any]]:
    from refurb.documents.queries import of_subject

    return {document.kind: document.data for document in of_subject(session, "handover", handover.id)}


def test_a_gift_moves_the_machine_serves_the_need_and_freezes_its_papers(chain: Chain, session: Session) -> None:
    from refurb.devices.models import Device
    from refurb.needs.models import Need

    reservation = chain.reserved()
    handover = hand_over(chain, reservation)
    session.commit()
    device, need = session.get_one(Device, reservation.device_id), session.get_one(Need, reservation.need_id)
    assert device.status is Status.HANDED_OVER
    assert need.state is State.HANDED_OVER
    assert reservation.ended_at == NOON
    assert handover.warranty_until == date(2027, 5, 17)
    papers = papers_of(session, handover)
    assert set(papers) == {"handover_sheet", "beneficiary_sheet", "gift_deed"}
    sheet = papers["handover_sheet"]
    assert sheet["need_code"] == need.code
    assert sheet["agent"] == "Centre social du Bourg"
    assert sheet["devices"][0]["accessories"] == ["chargeur USB-C 65 W", "souris"]
    # Wiped and wholly controlled: the regulated word may be printed.
    assert any("reconditionné" in feature["value"] for feature in sheet["devices"][0]["features"])
    leaflet = papers["beneficiary_sheet"]
    assert leaflet["memory"] == "8 Go"
    assert "30 avril 2029" in leaflet["system"]
    assert leaflet["contact"]["phone"] == "02 41 00 00 01"
    assert leaflet["document"]["issuer"]["name"] == "Atelier Éloïse"


def test_a_loan_leaves_on_loan_without_a_price_and_with_its_end(chain: Chain, session: Session) -> None:
    from refurb.devices.models import Device

    reservation = chain.reserved()
    until = date(2027, 11, 17)
    handover = hand_over(chain, reservation, mode=Mode.LOAN, loan_until=until, deposit_cents=3000)
    assert session.get_one(Device, reservation.device_id).status is Status.ON_LOAN
    assert handover.warranty_until == until
    agreement = papers_of(session, handover)["loan_agreement"]
    assert (agreement["ends_on"], agreement["deposit_cents"]) == ("2027-11-17", 3000)
    assert "price_cents" not in agreement


def test_a_sale_says_its_price_and_two_years_of_warranty(chain: Chain, session: Session) -> None:
    reservation = chain.reserved()
    handover = hand_over(chain, reservation, mode=Mode.SOLIDARITY_SALE, price_cents=4000)
    receipt = papers_of(session, handover)["solidarity_sale_receipt"]
    assert receipt["paid_cents"] == 4000
    assert receipt["warranty_until"] == "2028-11-17"
    assert handover.rules_version == "2026-1"


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        ({"mode": None}, ("mode-closed",)),
        ({"signature": None}, ("not-signed",)),
        ({"accessories": [Accessory.MOUSE]}, ("charger-not-given",)),
        ({"price_cents": 100}, ("gift-has-no-price",)),
        ({"mode": Mode.LOAN}, ("loan-needs-end",)),
        ({"mode": Mode.LOAN, "loan_until": date(2027, 1, 1), "price_cents": 1}, ("loan-has-no-price",)),
        ({"mode": Mode.LOAN, "loan_until": NOON.date()}, ("loan-ends-before",)),
        ({"mode": Mode.SOLIDARITY_SALE}, ("price-missing",)),
        ({"mode": Mode.SOLIDARITY_SALE, "price_cents": 18001}, ("price-over-cap",)),
        ({"mode": Mode.SOLIDARITY_SALE, "price_cents": 4001}, ("price-over-accepted",)),
        ({"signature": Signature.IN_PRESENCE}, ("witness-missing",)),
        ({"contact_phone": ""}, ("contact-missing",)),
        ({"scanned": None}, ("not-scanned",)),
        ({"scanned": "R4900099979"}, ("wrong-machine",)),
        ({"scanned": None, "signature": None, "contact_name": ""}, ("not-scanned", "not-signed", "contact-missing")),
    ],
)
def test_what_is_wrong_is_said_all_at_once_and_nothing_happens(
    chain: Chain, session: Session, values: dict[str, Any], codes: tuple[str, ...]
) -> None:
    from refurb.devices.models import Device
    from refurb.documents.models import Document, DocumentCounter
    from refurb.handover.models import Handover

    reservation = chain.reserved()
    assert refused(lambda: hand_over(chain, reservation, **values)) == codes
    session.rollback()
    assert session.get_one(Device, reservation.device_id).status is Status.RESERVED
    assert session.get_one(type(reservation), reservation.id).ended_at is None
    for table in (Handover, Document, DocumentCounter):
        assert session.scalar(sa.select(sa.func.count()).select_from(table)) == 0


def test_a_disk_put_in_since_stops_the_hand_over(chain: Chain, session: Session) -> None:
    from refurb.devices.models import Device, StorageMedium

    reservation = chain.reserved()
    device = session.get_one(Device, reservation.device_id)
    # Written behind the services' back: even so, the last look finds it.
    session.add(StorageMedium(device_id=device.id, holder_id=device.holder_id, held_since=NOON, created_at=NOON))
    session.flush()
    assert refused(lambda: hand_over(chain, reservation)) == ("not-clear",)


def test_a_charger_taken_away_stops_the_hand_over(chain: Chain, session: Session) -> None:
    from refurb.devices.models import Device

    reservation = chain.reserved()
    session.get_one(Device, reservation.device_id).charger = None
    session.flush()
    assert refused(lambda: hand_over(chain, reservation)) == ("charger-missing",)


def test_a_public_machine_is_not_sold_by_who_may_not(chain: Chain, session: Session) -> None:
    from refurb.organisations.models import LegalType

    device = chain.stocked(origin=Origin.PUBLIC, regime=Regime.PUBLIC_ASSOCIATION)
    reservation = chain.reserved(device=device)
    chain.workshop.legal_type = LegalType.SOCIAL_ENTERPRISE
    session.flush()
    assert refused(lambda: hand_over(chain, reservation, mode=Mode.SOLIDARITY_SALE, price_cents=3000)) == (
        "mode-closed",
    )
    assert hand_over(chain, reservation).mode is Mode.GIFT


def test_a_mode_that_the_person_did_not_accept_is_closed(chain: Chain) -> None:
    reservation = chain.reserved(need=chain.need(loan_suits=False, contribution_cents=0))
    deed: Any = {"mode": Mode.LOAN, "loan_until": date(2027, 11, 17)}
    assert refused(lambda: hand_over(chain, reservation, **deed)) == ("mode-closed",)


def test_in_presence_of_somebody_keeps_a_function_and_no_name(chain: Chain, session: Session) -> None:
    reservation = chain.reserved()
    handover = hand_over(chain, reservation, signature=Signature.IN_PRESENCE, witness=Witness.SERVICE)
    assert handover.signature_detail == {"witness": "service"}
    assert papers_of(session, handover)["handover_sheet"]["witness"] == "la personne du service qui suit le dossier"


def test_once_handed_over_the_case_is_closed_to_a_second_time(chain: Chain, session: Session) -> None:
    from refurb.handover import services

    reservation = chain.reserved()
    case = chain.case(reservation)
    hand_over(chain, reservation)
    session.commit()
    again = refused(
        lambda: services.perform(
            session, case, scanned=case.device.code, terms=terms(), place=case.place, by=chain.agent, at=NOON
        )
    )
    assert "no-reservation" in again
    assert "not-ready" in again


def test_a_wrong_machine_is_put_right_by_a_return_and_its_papers_are_void(chain: Chain, session: Session) -> None:
    from refurb.devices.models import Device
    from refurb.documents.queries import of_subject
    from refurb.handover import queries, services
    from refurb.needs.models import Need

    reservation = chain.reserved()
    code = hand_over(chain, reservation).code
    session.commit()
    found = queries.by_code(session, code, seen_by=chain.agent)
    assert found is not None
    later = NOON + timedelta(hours=1)
    services.take_back(session, found, ReturnMotive.HANDOVER_MISTAKE, by=chain.agent, at=later)
    session.commit()
    assert session.get_one(Device, reservation.device_id).status is Status.AFTER_SALES
    assert session.get_one(Need, reservation.need_id).state is State.VALIDATED
    assert of_subject(session, "handover", found.id) == []
    voided = of_subject(session, "handover", found.id, with_void=True)
    assert len(voided) == 3
    assert {document.void_motive for document in voided} == {"handover-mistake"}
    with pytest.raises(services.HandoverRefused, match="returned-already"):
        services.take_back(session, found, ReturnMotive.HANDOVER_MISTAKE, by=chain.agent, at=later)


def test_the_end_of_a_loan_closes_the_case_and_keeps_the_papers(chain: Chain, session: Session) -> None:
    from refurb.documents.queries import of_subject
    from refurb.handover import queries, services
    from refurb.needs.models import Need

    reservation = chain.reserved()
    code = hand_over(chain, reservation, mode=Mode.LOAN, loan_until=date(2027, 1, 17)).code
    found = queries.by_code(session, code, seen_by=chain.agent)
    assert found is not None
    services.take_back(session, found, ReturnMotive.LOAN_ENDED, by=chain.agent, at=NOON + timedelta(days=60))
    assert session.get_one(Need, reservation.need_id).state is State.CLOSED
    assert len(of_subject(session, "handover", found.id)) == 3


def test_a_machine_brought_back_at_the_scan_desk_ends_its_hand_over(chain: Chain, session: Session) -> None:
    from refurb.core.workflow import Action
    from refurb.devices import queries, services

    found = hand_over(chain, chain.reserved())
    session.commit()
    device = queries.by_id(session, found.device_id)
    assert device is not None
    services.move(session, device, Action.RETURN, by=chain.technician, at=NOON + timedelta(days=1))
    session.refresh(found)
    assert found.returned_at == NOON + timedelta(days=1)


def test_a_machine_given_back_to_its_user_is_out_again(chain: Chain, session: Session) -> None:
    from refurb.core.workflow import Action
    from refurb.devices import queries, services

    found = hand_over(chain, chain.reserved())
    device = queries.by_id(session, found.device_id)
    assert device is not None
    services.move(session, device, Action.RETURN, by=chain.technician, at=NOON + timedelta(days=1))
    services.sign_refusal(session, device, document=None, by=chain.technician, at=NOON + timedelta(days=1))
    services.move(session, device, Action.GIVE_BACK_TO_USER, by=chain.technician, at=NOON + timedelta(days=2))
    session.refresh(found)
    assert found.returned_at is None


def test_every_paper_of_a_hand_over_is_typeset(chain: Chain, session: Session) -> None:
    from refurb import outbox
    from refurb.documents.models import Document

    hand_over(chain, chain.reserved(), mode=Mode.SOLIDARITY_SALE, price_cents=3000)
    hand_over(chain, chain.reserved(), mode=Mode.LOAN, loan_until=date(2027, 1, 17), language="en")
    hand_over(chain, chain.reserved())
    session.commit()
    outbox.drain(session)
    made = session.scalars(sa.select(Document)).all()
    assert len(made) == 9
    assert all(document.sha256 for document in made)
    assert {DocumentKind(document.kind) for document in made} == {
        DocumentKind.HANDOVER_SHEET,
        DocumentKind.BENEFICIARY_SHEET,
        DocumentKind.GIFT_DEED,
        DocumentKind.LOAN_AGREEMENT,
        DocumentKind.SOLIDARITY_SALE_RECEIPT,
    }


def test_a_desktop_leaves_with_its_screen_and_both_are_written(chain: Chain, session: Session) -> None:
    from refurb.core.needs import Format
    from refurb.devices.models import Device
    from refurb.devices.queries import set_of

    device = chain.stocked(form=Form.DESKTOP)
    reservation = chain.reserved(need=chain.need(format=Format.ANY), device=device)
    given = [Accessory.SCREEN, Accessory.KEYBOARD, Accessory.MOUSE, Accessory.CABLES]
    handover = hand_over(chain, reservation, accessories=given)
    whole = set_of(session, device.id)
    assert whole is not None
    assert whole.monitor is not None
    for machine in (device, whole.monitor):
        assert session.get_one(Device, machine.id).status is Status.HANDED_OVER
    written = papers_of(session, handover)["gift_deed"]["devices"]
    assert [each["code"] for each in written] == [device.code, whole.monitor.code]


def test_a_set_that_lost_its_mouse_stays(chain: Chain, session: Session) -> None:
    from refurb.core.needs import Format
    from refurb.devices.queries import set_of

    device = chain.stocked(form=Form.DESKTOP)
    reservation = chain.reserved(need=chain.need(format=Format.ANY), device=device)
    whole = set_of(session, device.id)
    assert whole is not None
    whole.has_mouse = False
    session.flush()
    assert refused(lambda: hand_over(chain, reservation, accessories=[])) == ("set-incomplete",)


def test_a_structure_is_named_on_its_papers_and_signs_as_one(
    chain: Chain, session: Session, make_organisation: Any, make_actor: Any
) -> None:
    from dataclasses import replace

    from refurb.core.equipment import Recipient
    from refurb.core.needs import Format, Term, Usage
    from refurb.core.permissions import OrganisationRole, Role

    structure = make_organisation(OrganisationRole.STRUCTURE, name="Espace numérique de Beaufort")
    asking = replace(chain, service=structure, prescriber=make_actor(structure, Role.STRUCTURE))
    need = asking.need(
        recipient=Recipient.STRUCTURE,
        usages=(Usage.OFFICE_WORK,),
        format=Format.LAPTOP,
        term=Term.KEEP,
        owner="la structure",
        maintainer="l'atelier",
    )
    handover = hand_over(asking, asking.reserved(need=need))
    papers = papers_of(session, handover)
    assert papers["gift_deed"]["recipient"]["name"] == "Espace numérique de Beaufort"
    assert papers["handover_sheet"]["recipient"]["legal_type"] == "association"
