"""The pages of matching by hand, as visits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from refurb.core.need_life import State
from refurb.core.needs import Usage
from refurb.core.permissions import OrganisationRole, Role
from refurb.core.workflow import Status
from tests.conftest import NOON

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.organisations.models import Organisation
    from refurb.security import Actor
    from tests.department import MakeNeed, StockDevice
    from tests.factories import MakeAccount, MakeOrganisation
    from tests.visitor import Visitor


@pytest.fixture
def desk(visitor: Visitor, make_account: MakeAccount, coordination: Organisation) -> Visitor:
    """Somebody of the coordination, signed in."""
    return visitor.sign_in(make_account({coordination: [Role.COORDINATOR]}))


def test_what_suits_comes_first_and_the_rest_says_why(
    desk: Visitor, stock_device: StockDevice, make_need: MakeNeed
) -> None:
    need = make_need()
    strong, fit, weak = stock_device(cpu_class=5), stock_device(cpu_class=2), stock_device(ram_mb=4096)
    unknown = stock_device(webcam=None, has_battery=True, battery_pct=None)
    page = desk.get(f"/matching/needs/{need.code}")
    tables = page.select("table")
    codes = [cell.get_text(strip=True).replace(" ", "") for cell in tables[0].select("tbody th .code")]
    assert codes == [fit.code, strong.code]
    others = [row.get_text(" ", strip=True) for row in tables[1].select("tbody tr")]
    texts = " ".join(" ".join(others).split())
    assert "Mémoire de 4 Go ; il faut 8 Go." in texts
    assert "Webcam non testée." in texts
    assert "Batterie non mesurée ; il faut 60 %." in texts
    assert len(others) == 2
    page = desk.get(f"/matching/needs/{need.code}?fails=ram_gb")
    assert len(page.select("table")[1].select("tbody tr")) == 1
    assert weak.status is unknown.status is Status.IN_STOCK


def test_a_person_sets_aside_the_service_accepts(
    desk: Visitor,
    session: Session,
    stock_device: StockDevice,
    make_need: MakeNeed,
    make_account: MakeAccount,
    service: Organisation,
) -> None:
    need, device = make_need(), stock_device()
    desk.get(f"/matching/needs/{need.code}")
    page = desk.submit("main td form")
    assert page.response.request.path == f"/needs/{need.code}"
    assert "Proposition à examiner" in page.words()
    session.refresh(need)
    session.refresh(device)
    assert (need.state, device.status) == (State.PROPOSED, Status.RESERVED)
    # The coordination does not answer in the service's place.
    assert "Cette machine convient-elle ?" not in page.words()
    desk.sign_in(make_account({service: [Role.PRESCRIBER]}))
    page = desk.get(f"/needs/{need.code}")
    assert "Cette machine convient-elle ?" in page.words()
    page = desk.submit(".next form")
    assert "Mis de côté, accepté" in page.words()


def test_the_second_person_gets_a_sentence(desk: Visitor, stock_device: StockDevice, make_need: MakeNeed) -> None:
    first, second, device = make_need(), make_need(), stock_device()
    desk.post("/matching/reserve", {"need": first.code, "device": device.code})
    page = desk.post("/matching/reserve", {"need": second.code, "device": device.code})
    assert page.response.request.path == f"/matching/needs/{second.code}"
    assert "Quelqu'un vient de mettre cette machine de côté pour un autre dossier." in page.words()


def test_a_service_declines_with_a_motive_of_the_list(
    visitor: Visitor,
    session: Session,
    stock_device: StockDevice,
    make_need: MakeNeed,
    make_account: MakeAccount,
    service: Organisation,
    coordinator: Actor,
) -> None:
    from refurb.matching.services import reserve

    need, device = make_need(), stock_device()
    reservation = reserve(session, need, device, by=coordinator, at=NOON)
    visitor.sign_in(make_account({service: [Role.PRESCRIBER]}))
    page = visitor.post(f"/matching/reservations/{reservation.id}/decline", {"motive": "elle n'en veut pas"})
    assert "Choisissez un motif de la liste." in page.words()
    page = visitor.post(f"/matching/reservations/{reservation.id}/decline", {"motive": "too-far"})
    assert "En attente" in page.words()
    assert "déclinée par le service" in page.words()
    visitor.post(f"/matching/reservations/{reservation.id}/release", {"motive": "mistake"}, status=403)


def test_nobody_answers_for_another_service(
    visitor: Visitor,
    session: Session,
    stock_device: StockDevice,
    make_need: MakeNeed,
    make_account: MakeAccount,
    make_organisation: MakeOrganisation,
    coordinator: Actor,
) -> None:
    from refurb.matching.services import reserve

    reservation = reserve(session, make_need(), stock_device(), by=coordinator, at=NOON)
    visitor.sign_in(make_account({make_organisation(OrganisationRole.PRESCRIBER): [Role.PRESCRIBER]}))
    visitor.post(f"/matching/reservations/{reservation.id}/accept", {}, status=404)
    visitor.get("/matching/picking", status=403)


def test_a_workshop_sees_for_whom_as_a_code_a_profile_and_a_place(
    visitor: Visitor,
    stock_device: StockDevice,
    make_need: MakeNeed,
    make_account: MakeAccount,
    make_organisation: MakeOrganisation,
    workshop: Organisation,
) -> None:
    from refurb.core.identity import display

    need, device = make_need(), stock_device()
    visitor.sign_in(make_account({workshop: [Role.TECHNICIAN]}))
    page = visitor.get(f"/matching/devices/{device.code}")
    row = page.one("tbody tr").get_text(" ", strip=True)
    assert display(need.code) in row
    assert "PC pour collège-lycée" in row
    assert "Centre social du Lac" in row
    assert not page.select("main td form, main tbody a")
    for social in ("Angers", "élève", "téléphone", "Quotient", "CCAS"):
        assert social not in row
    visitor.get(f"/matching/needs/{need.code}", status=403)
    visitor.post("/matching/reserve", {"need": need.code, "device": device.code}, status=403)
    visitor.sign_in(make_account({make_organisation(OrganisationRole.REFURBISHER): [Role.TECHNICIAN]}))
    visitor.get(f"/matching/devices/{device.code}", status=404)


def test_the_picking_list_goes_by_shelf_and_is_ticked_by_the_scan(
    visitor: Visitor,
    session: Session,
    stock_device: StockDevice,
    make_need: MakeNeed,
    make_account: MakeAccount,
    make_place: Any,
    make_organisation: MakeOrganisation,
    workshop: Organisation,
    coordinator: Actor,
) -> None:
    from refurb.core.workflow import Action
    from refurb.devices import services as devices
    from refurb.matching.services import reserve
    from refurb.organisations.models import PlaceKind
    from refurb.security import Actor

    far = make_place(workshop, PlaceKind.SHELF, name="Z-09")
    second = stock_device(place_id=far.id)
    first = stock_device()
    elsewhere = stock_device(holder=make_organisation(OrganisationRole.REFURBISHER), place_id=None)
    for device in (second, first, elsewhere):
        reserve(session, make_need(usages=(Usage.PROCEDURES,)), device, by=coordinator, at=NOON)
    visitor.sign_in(make_account({workshop: [Role.VOLUNTEER]}))
    page = visitor.get("/matching/picking")
    shelves = [cell.get_text(" ", strip=True) for cell in page.select('td[data-label="Étagère"]')]
    assert shelves == ["A-03", "Z-09"]
    assert "chargeur USB-C 65 W" in page.words()
    devices.move(session, first, Action.PREPARE, by=Actor.system(), at=NOON)
    page = visitor.get("/matching/picking")
    assert [len(table.select("tbody tr")) for table in page.select("table")] == [1, 1]
    answer = visitor.client.get("/matching/picking.pdf")
    assert answer.mimetype == "application/pdf"
    import pypdfium2

    document = pypdfium2.PdfDocument(answer.data)
    text = document[0].get_textpage().get_text_range()
    document.close()
    assert "Z-09" in text
    assert "A-03" not in text


def test_an_empty_stock_and_an_empty_list_say_so(
    desk: Visitor, make_need: MakeNeed, stock_device: StockDevice, make_account: MakeAccount, workshop: Organisation
) -> None:
    assert "Aucune machine en stock ne convient" in desk.get(f"/matching/needs/{make_need().code}").words()
    device = stock_device(cpu_class=0, ram_mb=2048)
    assert "Aucune demande ouverte pour cette machine" in desk.get(f"/matching/devices/{device.code}").words()
    assert "Rien à préparer" in desk.get("/matching/picking").words()
    desk.get("/matching/needs/xyz", status=404)
    desk.get("/matching/devices/N4900000000", status=404)


def test_a_list_asks_as_much_for_ten_as_for_one(
    desk: Visitor, make_need: MakeNeed, stock_device: StockDevice, count_queries: Any
) -> None:
    need = make_need()
    device = stock_device()
    counts = []
    for more in (0, 5):
        for _ in range(more):
            stock_device()
            stock_device(ram_mb=4096)
            make_need()
        for path in (f"/matching/needs/{need.code}", f"/matching/devices/{device.code}"):
            with count_queries() as asked:
                desk.get(path)
            counts.append(len(asked))
    assert counts[:2] == counts[2:]
