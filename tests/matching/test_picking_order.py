"""The picking list goes from shelf to shelf in the order in which people count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refurb.matching import queries, services
from refurb.organisations.models import PlaceKind
from tests.conftest import NOON

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.organisations.models import Organisation
    from refurb.security import Actor
    from tests.department import MakeNeed, StockDevice
    from tests.factories import MakePlace


def test_shelf_two_comes_before_shelf_ten_and_what_stands_nowhere_last(
    session: Session,
    workshop: Organisation,
    make_place: MakePlace,
    make_need: MakeNeed,
    stock_device: StockDevice,
    coordinator: Actor,
) -> None:
    for name in ("Étagère 10", None, "Étagère 2", "étagère 1"):
        place = make_place(workshop, PlaceKind.SHELF, name=name) if name else None
        device = stock_device(place_id=place.id if place else None)
        services.reserve(session, make_need(), device, by=coordinator, at=NOON)
    session.flush()
    rows = session.scalars(queries.picking(seen_by=coordinator)).all()
    shelves = [row.device.place.name if row.device.place else None for row in rows]
    assert shelves == ["étagère 1", "Étagère 2", "Étagère 10", None]
