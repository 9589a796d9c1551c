"""A count that closes while something is taken out of it: its paper and its lines say the same, whoever came first."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from refurb.desk import stocktakes
from refurb.desk.models import Stocktake, StocktakeItem
from refurb.desk.registry import DeskRefused
from refurb.security import Actor, ActorKind
from tests.conftest import NOON
from tests.desk.served import furnish

if TYPE_CHECKING:
    from flask import Flask

PATIENCE = 30.0
#: Another connection of this database waits for a lock.
WAITS = sa.text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


@pytest.mark.parametrize("deed", ["undo", "forget"])
def test_nothing_is_taken_out_of_a_count_that_closes(fresh_app: Flask, deed: str) -> None:
    from refurb.audit.queries import of_subject
    from refurb.db import get_session

    desk = furnish(fresh_app, 1)
    by = Actor(kind=ActorKind.PERSON, organisation_id=desk.workshop_id, organisation_name="Atelier", language="fr")
    with fresh_app.app_context():
        session = get_session()
        count = Stocktake(organisation_id=desk.workshop_id, title="Étagère A1", opened_at=NOON)
        session.add(count)
        session.flush()
        ticked = StocktakeItem(stocktake_id=count.id, device_id=1, expected=True, found_at=NOON)
        text = StocktakeItem(stocktake_id=count.id, text="INCONNU9", expected=False, found_at=NOON)
        session.add_all([ticked, text])
        session.commit()
        number, item = count.id, text.id
    came_to: list[Any] = []
    begun = threading.Event()

    def take_out() -> None:
        with fresh_app.app_context():
            session = get_session()
            begun.set()
            found = session.get_one(Stocktake, number)
            try:
                if deed == "forget":
                    came_to.append(stocktakes.forget(session, found, item))
                else:
                    stocktakes.Counting().undo(session, str(number), {"device_id": 1}, by=by, at=NOON)
                    came_to.append(True)
            except DeskRefused as refused:
                came_to.append(refused.code)
            session.commit()

    other = threading.Thread(target=take_out)
    with fresh_app.test_request_context():
        session = get_session()
        session.read_only = False
        stocktakes.finish(session, session.get_one(Stocktake, number), by=by, at=NOON)
        session.flush()
        other.start()
        assert begun.wait(PATIENCE)
        if session.get_bind().dialect.name == "postgresql":
            # Either it waits for the count, or it went past it, as it did once: then the two disagree below.
            until = time.monotonic() + PATIENCE
            while not came_to and not session.scalar(WAITS) and time.monotonic() < until:
                time.sleep(0.01)
        session.commit()
    other.join(PATIENCE)
    assert not other.is_alive()
    assert came_to == [False if deed == "forget" else "stocktake-closed"]
    with fresh_app.app_context():
        session = get_session()
        kept = of_subject(session, "stocktake", number, limit=1)[0].payload
        assert kept is not None
        lines = session.scalars(sa.select(StocktakeItem).order_by(StocktakeItem.id)).all()
        assert (
            [line.found_at is not None for line in lines if line.device_id] == [bool(kept["groups"]["found"])] == [True]
        )
        assert [line.text for line in lines if not line.device_id] == kept["texts"] == ["INCONNU9"]
        session.rollback()
