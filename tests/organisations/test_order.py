"""Places in the order in which people count, by the database as by the rule."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import sqlalchemy as sa

from refurb.core.natural import natural
from refurb.ordering import naturally
from refurb.organisations import queries
from refurb.organisations.models import Place, PlaceKind
from tests.core.test_natural import NAMES

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.organisations.models import Organisation
    from tests.factories import MakePlace


def test_the_database_sorts_as_the_rule_says(session: Session, workshop: Organisation, make_place: MakePlace) -> None:
    for name in random.Random(7).sample(NAMES, len(NAMES)):
        make_place(workshop, PlaceKind.SHELF, name=name)
    found = session.execute(sa.select(Place.name, naturally(Place.name)).order_by(naturally(Place.name))).all()
    assert [tuple(row) for row in found] == [(name, natural(name)) for name in NAMES]
    assert [place.name for place in queries.places_of(session, workshop.id)] == NAMES
    assert session.scalar(sa.select(naturally(sa.null()))) is None
