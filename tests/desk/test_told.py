"""What the desk says of a thing that opens: what it is for, what comes next, and who does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from refurb.core.equipment import Form
from refurb.core.identity import display
from refurb.core.permissions import OrganisationRole, Role
from refurb.core.workflow import Status
from tests.conftest import NOON
from tests.desk.visiting import said, scan

if TYPE_CHECKING:
    from refurb.devices.models import Device
    from refurb.organisations.models import Organisation
    from tests.factories import MakeAccount, MakeDevice
    from tests.visitor import Visitor

pytestmark = pytest.mark.usefixtures("territory")


@pytest.fixture
def make_beside(stock_device: Any) -> Any:
    def make(form: Form) -> Device:
        device: Device = stock_device(form=form, cpu_class=None, has_battery=False)
        return device

    return make


@pytest.mark.parametrize(
    ("form", "told"),
    [
        (Form.MONITOR, "Cet écran attend une unité centrale\xa0: aucune n'est en préparation ici sans le sien"),
        (Form.PRINTER, "Aucune demande ne porte sur ce genre de matériel\xa0: il reste en stock"),
        (Form.LAPTOP, "Sans classe de puissance, on ne peut dire pour qui\xa0: un relevé de la machine la donnera"),
    ],
)
def test_what_no_need_asks_for_says_what_it_is_for_as_its_page_does(
    technician: Visitor, make_beside: Any, form: Form, told: str
) -> None:
    device = make_beside(form)
    page = scan(technician, device.code)
    words = page.one("#desk-last").get_text(" ")
    assert f"{told}." in words
    assert "attend une demande" not in words
    assert "mettre de côté" not in words
    assert not page.select("#desk-last [data-then]")
    assert told in technician.get(f"/devices/{device.code}").one(".next").get_text(" ")


def test_a_screen_names_the_base_units_that_want_one(
    technician: Visitor,
    make_beside: Any,
    make_device: MakeDevice,
    workshop: Organisation,
) -> None:
    base = make_device(holder=workshop, form=Form.DESKTOP)
    base.status = Status.QUALITY_CHECKED
    device = make_beside(Form.MONITOR)
    page = scan(technician, device.code)
    assert "Cet écran complète un poste fixe." in said(page)
    assert display(base.code) in said(page)
    assert display(base.code) in technician.get(f"/devices/{device.code}").one(".next").get_text(" ")


def test_a_screen_of_a_set_says_where_it_belongs(
    technician: Visitor,
    session: Any,
    stock_device: Any,
    make_beside: Any,
) -> None:
    from refurb.core.identity import CodeKind
    from refurb.devices.models import DeviceSet
    from refurb.organisations.codes import next_code

    base, screen = stock_device(form=Form.DESKTOP), make_beside(Form.MONITOR)
    session.add(
        DeviceSet(
            code=next_code(session, CodeKind.KIT), base_id=base.id, monitor_id=screen.id, has_monitor=True, made_at=NOON
        )
    )
    session.flush()
    assert f"Cet écran va avec son unité centrale, {display(base.code)}." in said(scan(technician, screen.code))


def test_who_may_not_set_aside_reads_who_does(
    technician: Visitor,
    stock_device: Any,
    coordination: Organisation,
    make_account: MakeAccount,
) -> None:
    device = stock_device()
    page = scan(technician, device.code)
    assert "La coordination la met de côté. Elle attend une demande." in said(page)
    assert "À faire" not in said(page)
    # What they may do is there: see for whom it is, and propose it from there.
    assert page.one("#desk-last [data-then]")["data-then"] == f"/matching/devices/{device.code}/whom?next=/scan"
    assert page.select_one(f'#desk-last a[href="/matching/devices/{device.code}"]')
    technician.sign_in(make_account({coordination: [Role.COORDINATOR]}), coordination)
    assert "À faire : mettre de côté." in said(scan(technician, device.code)).replace("\xa0", " ")


def test_what_only_a_controller_does_is_told_so_and_not_offered(
    visitor: Visitor,
    workshop: Organisation,
    stock_device: Any,
    make_account: MakeAccount,
) -> None:
    device = stock_device()
    device.status = Status.QUALITY_CHECKED
    visitor.sign_in(make_account({workshop: [Role.VOLUNTEER]}), workshop)
    page = scan(visitor, device.code)
    assert "À faire par un contrôleur" in said(page)
    assert not page.select("#desk-last .desk-steps button")
    visitor.sign_in(make_account({workshop: [Role.CONTROLLER]}), workshop)
    assert "par un contrôleur" not in said(scan(visitor, device.code))


def test_another_workshop_is_not_sent_to_whom_a_machine_is_for(
    visitor: Visitor,
    make_organisation: Any,
    make_account: MakeAccount,
    stock_device: Any,
) -> None:
    other = make_organisation(OrganisationRole.REFURBISHER, name="Un autre atelier")
    visitor.sign_in(make_account({other: [Role.TECHNICIAN]}), other)
    page = scan(visitor, stock_device().code)
    assert "vous pouvez la reconnaître" in said(page)
    assert "Voir pour qui" not in said(page)


def test_a_gift_is_named_once(
    visitor: Visitor,
    coordination: Organisation,
    make_account: MakeAccount,
    make_lot: Any,
) -> None:
    lot, _token = make_lot(supplier_name="Ardoise Assurances")
    visitor.sign_in(make_account({coordination: [Role.COORDINATOR]}), coordination)
    page = scan(visitor, lot.code)
    assert "Don\xa0: Ardoise Assurances" in said(page).replace(" : ", "\xa0: ")
    assert said(page).count(display(lot.code)) == 1
    assert visitor.get(f"/donations/{lot.code}").heading.replace("\xa0", " ") == "Don : Ardoise Assurances"


@pytest.mark.parametrize("text", ["R4900001209", "r'çàààà&éàç"])
def test_a_code_read_wrong_is_shown_as_it_reads_with_what_to_do(technician: Visitor, text: str) -> None:
    page = scan(technician, text)
    assert page.one("#desk-last .desk-answer")["data-answer"] == "refused"
    assert page.one("#desk-last .desk-code").text == "R 4900 0012 09"
    assert "Scannez de nouveau, ou tapez-le tel qu'il est écrit sur l'étiquette." in said(page)
    assert page.one("#desk-rows .code").text == "R 4900 0012 09"


def test_what_is_refused_without_a_shape_is_shown_as_it_came(technician: Visitor) -> None:
    page = scan(technician, "voir R4900001208")
    assert page.one("#desk-last .desk-code").text == "voir R4900001208"
    assert "Scannez le code seul" in said(page)


def test_a_machine_that_moved_says_what_comes_next(
    technician: Visitor,
    workshop: Organisation,
    make_device: MakeDevice,
    make_organisation: Any,
    make_account: MakeAccount,
) -> None:
    from refurb.core.scanning import COMMANDS

    device = make_device(holder=workshop)
    scan(technician, COMMANDS["inventory"].code)
    page = scan(technician, device.code)
    assert "Reçu → Inventorié" in said(page)
    assert "À faire : trier." in said(page).replace("\xa0", " "), "drawn with the page, where no script fetches it"
    address = str(page.one("#desk-last [data-then]")["data-then"])
    assert "À faire : trier." in technician.get(address, headers={"HX-Request": "true"}).get_text().replace("\xa0", " ")
    other = make_organisation(OrganisationRole.REFURBISHER, name="Un autre atelier")
    technician.sign_in(make_account({other: [Role.TECHNICIAN]}), other)
    technician.get(address, status=404)


def test_what_only_its_doer_fills_in_is_not_asked_of_others(
    visitor: Visitor,
    workshop: Organisation,
    stock_device: Any,
    make_account: MakeAccount,
) -> None:
    device = stock_device()
    device.status = Status.INSTALLED
    for role, asked in ((Role.VOLUNTEER, False), (Role.CONTROLLER, True)):
        visitor.sign_in(make_account({workshop: [role]}), workshop)
        assert ("fiche de contrôle" in said(scan(visitor, device.code))) is asked
