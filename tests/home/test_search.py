"""One box finds a machine by code, serial or old number, and an organisation; it hides what is not the reader's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from refurb.core.identity import CodeKind, display, mint, number_in
from refurb.core.permissions import OrganisationRole, Role
from refurb.devices.models import DeviceAlias
from refurb.home.search import Found, find

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.devices.models import Device
    from refurb.organisations.models import Organisation
    from refurb.security import Actor
    from tests.factories import MakeActor, MakeDevice, MakeOrganisation

AZERTY = str.maketrans("1234567890", "&é\"'(-è_çà")


@pytest.fixture
def workshop(make_organisation: MakeOrganisation) -> Organisation:
    return make_organisation(OrganisationRole.REFURBISHER, name="Atelier du Layon")


@pytest.fixture
def technician(workshop: Organisation, make_actor: MakeActor) -> Actor:
    return make_actor(workshop, Role.TECHNICIAN)


@pytest.fixture
def device(session: Session, workshop: Organisation, make_device: MakeDevice) -> Device:
    made = make_device(holder=workshop, serial="PF3X9K2Q")
    session.add(DeviceAlias(device_id=made.id, text="INV-2019/044", text_key="INV2019044"))
    session.flush()
    return made


def opens(found: Found, device: Device) -> bool:
    return found.exact is not None and found.exact.code == device.code


def test_a_code_in_any_spelling_opens_the_machine(session: Session, device: Device, technician: Actor) -> None:
    for text in (device.code, device.code.lower(), display(device.code), device.code.translate(AZERTY)):
        assert opens(find(session, text, seen_by=technician), device), text


@pytest.mark.parametrize("text", ["PF3X9K2Q", "pf3x9k2q", "S/N: PF3X9K2Q", "INV-2019/044", "inv 2019 044"])
def test_a_serial_or_an_old_number_finds_the_machine(
    session: Session, device: Device, technician: Actor, text: str
) -> None:
    assert [hit.code for hit in find(session, text, seen_by=technician).devices] == [device.code]


def test_words_find_machines_by_maker_and_model(session: Session, device: Device, technician: Actor) -> None:
    found = find(session, "thinkpad lenovo", seen_by=technician)
    assert [hit.code for hit in found.devices] == [device.code]
    assert found.exact is None


def test_another_workshop_finds_nothing(
    session: Session, device: Device, make_organisation: MakeOrganisation, make_actor: MakeActor
) -> None:
    stranger = make_actor(make_organisation(OrganisationRole.REFURBISHER), Role.TECHNICIAN)
    assert find(session, "PF3X9K2Q", seen_by=stranger).total == 0
    found = find(session, device.code, seen_by=stranger)
    assert found.exact is None
    assert found.unknown_code == device.code


def test_a_supplier_finds_no_machine(
    session: Session, device: Device, make_organisation: MakeOrganisation, make_actor: MakeActor
) -> None:
    giver = make_actor(make_organisation(OrganisationRole.SUPPLIER), Role.SUPPLIER)
    for text in (device.code, "PF3X9K2Q", "Lenovo", "Atelier"):
        assert find(session, text, seen_by=giver).total == 0


def test_a_right_code_that_names_nothing_is_said_so(session: Session, technician: Actor) -> None:
    code = mint(CodeKind.DEVICE, number_in("49", 999_000))
    assert find(session, code, seen_by=technician).unknown_code == code


def test_organisations_are_found_by_name_and_siret(session: Session, workshop: Organisation, technician: Actor) -> None:
    assert [hit.name for hit in find(session, "layon", seen_by=technician).organisations] == ["Atelier du Layon"]
    siret = workshop.siret or ""
    found = find(session, f"{siret[:3]} {siret[3:6]} {siret[6:9]} {siret[9:]}", seen_by=technician)
    assert [hit.name for hit in found.organisations] == ["Atelier du Layon"]


@pytest.mark.parametrize("text", ["", "   ", "%", "_", "'; drop table device; --", "x" * 200])
def test_odd_texts_find_nothing_and_break_nothing(
    session: Session, device: Device, technician: Actor, text: str
) -> None:
    assert find(session, text.strip(), seen_by=technician).total == 0
