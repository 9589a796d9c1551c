"""The desk without JavaScript: one scan a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from refurb.core.permissions import OrganisationRole, Role
from refurb.core.scanning import COMMANDS

if TYPE_CHECKING:
    from refurb.organisations.models import Organisation
    from tests.factories import MakeAccount, MakeDevice, MakeOrganisation
    from tests.visitor import Page, Visitor


@pytest.fixture
def workshop(make_organisation: MakeOrganisation) -> Organisation:
    return make_organisation(OrganisationRole.REFURBISHER, name="Atelier du Layon")


@pytest.fixture
def technician(visitor: Visitor, workshop: Organisation, make_account: MakeAccount) -> Visitor:
    return visitor.sign_in(make_account({workshop: [Role.TECHNICIAN]}), workshop)


def scan(visitor: Visitor, text: str) -> Page:
    visitor.get("/scan")
    return visitor.submit(".desk-box", text=text)


def answer(page: Page) -> str:
    return str(page.one("#desk-last .desk-answer").get("data-answer"))


def said(page: Page) -> str:
    return " ".join(page.one("#desk-last").get_text(" ").split())


def test_an_empty_desk_says_what_to_do(technician: Visitor) -> None:
    page = technician.get("/scan")
    assert page.heading == "Scanner"
    assert page.one("#desk-text").has_attr("autofocus")
    assert "Scannez une machine" in said(page)


def test_a_machine_opens_with_what_to_do_next(
    technician: Visitor, workshop: Organisation, make_device: MakeDevice
) -> None:
    device = make_device(holder=workshop, maker="Lenovo", model="ThinkPad T470", serial="PF0XK9AM")
    page = scan(technician, device.code)
    assert answer(page) == "done"
    assert "Trouvé" in said(page)
    assert "Lenovo ThinkPad T470" in said(page)
    assert "À faire : inventorier" in said(page)


def test_a_card_sets_what_each_machine_undergoes(
    technician: Visitor, workshop: Organisation, make_device: MakeDevice
) -> None:
    device = make_device(holder=workshop)
    page = scan(technician, COMMANDS["inventory"].code)
    assert "Réglé" in said(page)
    assert page.one("#desk-command option[selected]")["value"] == "inventory"
    page = scan(technician, device.code)
    assert answer(page) == "done"
    assert "Reçu → Inventorié" in said(page)
    page = scan(technician, device.code)
    assert answer(page) == "already"


def test_the_key_does_what_the_card_does(technician: Visitor, workshop: Organisation, make_device: MakeDevice) -> None:
    device = make_device(holder=workshop)
    technician.get("/scan")
    page = technician.submit(".desk-command", command="triage:repair")
    assert page.one("#desk-command option[selected]")["value"] == "triage:repair"
    page = scan(technician, device.code)
    assert answer(page) in ("done", "refused")
