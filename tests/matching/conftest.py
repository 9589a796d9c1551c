"""A machine in stock, brought there by the moves of the workshop; a need that waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import NOON
from tests.needs.conftest import (  # noqa: F401 - fixtures
    coordination,
    coordinator,
    count_queries,
    make_need,
    place,
    prescriber,
    service,
    territory,
)

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.devices.models import Device
    from refurb.organisations.models import Organisation, Place
    from tests.factories import MakeOrganisation, MakePlace

    StockDevice = Callable[..., Device]


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
