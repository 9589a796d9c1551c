"""A small département, as fixtures: who takes part in it, a need, a machine in stock, a gift.

For the tests of every area; what an area or a module calls the same is its own there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from refurb.core import needs as core
from refurb.core.needs import Answers, Usage
from tests.conftest import NOON, Clock
from tests.factories import siret

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.devices.models import Device
    from refurb.donations.models import Lot
    from refurb.needs.models import Need
    from refurb.organisations.models import Organisation, Place
    from refurb.security import Actor
    from tests.factories import MakeActor, MakeOrganisation, MakePlace

    MakeNeed = Callable[..., Need]
    StockDevice = Callable[..., Device]
    MakeLot = Callable[..., tuple[Lot, str]]

TODAY = date(2026, 11, 17)

FAMILY = Answers(
    commune="49007",
    usages=(Usage.SECONDARY_SCHOOL, Usage.PROCEDURES),
    persons=5,
    pupils=3,
    equipment=core.Equipment.PHONE_ONLY,
    connectivity=core.Connectivity.MOBILE_BOX,
    format=core.Format.ANY,
    contribution_cents=0,
    loan_suits=False,
    eligibility=core.Eligibility.INCOME_QUOTIENT,
    not_equipped=True,
    informed_on=TODAY,
    informed_how=core.Informed.IN_PERSON,
)


@pytest.fixture
def territory(session: Session, clock: Clock) -> None:
    """The communes of the département, and the clock at NOON."""
    from refurb.territory import services

    services.load(session, "49", at=NOON)


@pytest.fixture
def service(make_organisation: MakeOrganisation) -> Organisation:
    """A prescribing service of Angers."""
    from refurb.core.permissions import OrganisationRole

    return make_organisation(OrganisationRole.PRESCRIBER, name="CCAS d'Angers", phone="02 41 00 00 02")


@pytest.fixture
def coordination(make_organisation: MakeOrganisation) -> Organisation:
    """The coordinating body."""
    from refurb.core.permissions import OrganisationRole

    return make_organisation(OrganisationRole.COORDINATION, name="Coordination 49")


@pytest.fixture
def place(make_organisation: MakeOrganisation, make_place: MakePlace) -> Place:
    """A hand-over point of Angers."""
    from refurb.core.permissions import OrganisationRole
    from refurb.organisations.models import PlaceKind

    point = make_organisation(OrganisationRole.HANDOVER_POINT, name="Centre social du Lac")
    return make_place(point, PlaceKind.HANDOVER, name="Centre social du Lac")


@pytest.fixture
def prescriber(make_actor: MakeActor, service: Organisation) -> Actor:
    """Somebody of the service."""
    from refurb.core.permissions import Role

    return make_actor(service, Role.PRESCRIBER)


@pytest.fixture
def coordinator(make_actor: MakeActor, coordination: Organisation) -> Actor:
    """Somebody of the coordination."""
    from refurb.core.permissions import Role

    return make_actor(coordination, Role.COORDINATOR)


@pytest.fixture
def workshop(make_organisation: MakeOrganisation) -> Organisation:
    """A workshop of Angers."""
    from refurb.core.permissions import OrganisationRole

    return make_organisation(OrganisationRole.REFURBISHER, name="Atelier du Lac")


@pytest.fixture
def shelf(workshop: Organisation, make_place: MakePlace) -> Place:
    """One of its shelves."""
    from refurb.organisations.models import PlaceKind

    return make_place(workshop, PlaceKind.SHELF, name="A-03")


@pytest.fixture
def make_need(session: Session, prescriber: Actor, place: Place) -> MakeNeed:
    """Make a need that was sent: `make_need(usages=(Usage.PROCEDURES,), by=other)`; `sent=False` leaves a draft."""
    from refurb.needs import services

    def make(*, by: Actor | None = None, sent: bool = True, **changes: Any) -> Need:
        answers = replace(FAMILY, handover_place=place.id, **changes)
        need = services.draft(session, answers, by=by or prescriber, at=NOON)
        if sent:
            services.submit(session, need, answers, by=by or prescriber, at=NOON, today=TODAY)
        return need

    return make


def stock(session: Session, device: Device) -> Device:
    """Write a machine as standing in stock, with the event that says so: the workshop's road has tests of its own."""
    from refurb.audit.services import record
    from refurb.core.workflow import Status
    from refurb.devices.models import MediumKind, StorageMedium
    from refurb.security import Actor

    session.add(
        StorageMedium(
            device_id=device.id,
            holder_id=device.holder_id,
            kind=MediumKind.SSD,
            held_since=NOON,
            absence_attested="jamais de disque",
            created_at=NOON,
        )
    )
    before, device.status = device.status, Status.IN_STOCK
    device.media_known, device.in_stock_since, device.status_since = True, device.in_stock_since or NOON, NOON
    session.flush()
    record(
        session,
        "device",
        device.id,
        "device.moved",
        by=Actor.system(),
        at=NOON,
        payload={"action": "stock", "move": "test"},
        before=before,
        after=Status.IN_STOCK,
    )
    return device


@pytest.fixture
def stock_device(session: Session, make_device: Any, workshop: Organisation, shelf: Place) -> StockDevice:
    """Make a machine in stock that serves P2: `stock_device(ram_mb=4096)`."""

    def make(**values: Any) -> Device:
        given = {
            "holder": workshop,
            "place_id": shelf.id,
            "cpu_class": 3,
            "ram_mb": 8192,
            "storage_gb": 256,
            "screen_in": 14.0,
            "webcam": True,
            "has_battery": True,
            "battery_pct": 80,
            "charger": "USB-C 65 W",
            "os_name": "Linux Mint",
            "os_version": "22.1",
            "labelled_at": NOON,
        } | values
        device: Device = make_device(**given)
        return stock(session, device)

    return make


@pytest.fixture
def make_lot(session: Session) -> MakeLot:
    """Make a gift: `make_lot([{"form": Form.LAPTOP, "serial": "ABC1234"}])`; three lines of two kinds by default."""
    from refurb.core.equipment import Form
    from refurb.donations.services import Declared, Gift, submit
    from refurb.organisations.models import LegalType
    from refurb.security import Actor
    from refurb.web import now

    def make(lines: list[dict[str, Any]] | None = None, **values: Any) -> tuple[Lot, str]:
        given = lines or [
            {
                "form": Form.LAPTOP,
                "maker": "HP",
                "model": "ProBook",
                "serial": "5CG1230ABC",
                "inventory_number": "INV-1",
            },
            {
                "form": Form.LAPTOP,
                "maker": "HP",
                "model": "ProBook",
                "serial": "5CG1234ABD",
                "inventory_number": "INV-2",
            },
            {"form": Form.MONITOR, "maker": "Dell", "model": "P2217H", "quantity": 4},
            {"form": Form.OTHER, "kind": "keyboard", "quantity": 6},
        ]
        gift = {
            "supplier_name": "Menuiserie des Ponts-de-Cé",
            "legal_type": LegalType.COMPANY,
            "contacts": [{"name": "Camille Exemple", "role": "", "email": "camille@example.org", "phone": ""}],
            "siret": siret(4242),
            "address": "3 rue des Copeaux",
            "postcode": "49130",
            "commune_code": "49007",
            "epci_code": "244900015",
            "slots": "mardi matin",
        } | values
        rows = [Declared(**line) for line in given]
        lot, token = submit(session, Gift(**gift), rows, by=Actor.public(), at=now(), language="fr")
        session.flush()
        return lot, token

    return make
