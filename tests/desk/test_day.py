"""The day of a workshop: each scan counts for the day it was made, and a day before can be read."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from refurb.audit.models import Event
from refurb.core.lateness import counts_on
from refurb.core.permissions import Role
from refurb.core.scanning import COMMANDS, Answer
from refurb.desk import day
from refurb.desk.models import Scan, ScanPile
from tests.conftest import NOON
from tests.desk.visiting import send

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.organisations.models import Organisation
    from tests.conftest import Clock
    from tests.factories import MakeActor, MakeDevice
    from tests.visitor import Visitor

PARIS = ZoneInfo("Europe/Paris")

pytestmark = pytest.mark.usefixtures("clock")


def counts(visitor: Visitor, text: str, made: datetime | None = None) -> None:
    assert send(visitor, text, client_at=made and made.isoformat())["answer"] == "done"


@pytest.mark.parametrize("days", [None, 0, 1, 30, 31, 32, 400])
def test_a_scan_sent_late_counts_for_the_day_it_was_made_if_that_can_be(
    technician: Visitor, workshop: Organisation, make_device: MakeDevice, days: int | None
) -> None:
    made = None if days is None else NOON - timedelta(days=days)
    counts(technician, COMMANDS["inventory"].code, made)
    counts(technician, make_device(holder=workshop).code, made)
    asked = {NOON.date(), (NOON - timedelta(days=days or 1)).date()}
    with_it = {on for on in asked if technician.get(f"/scan/day?on={on}").select(".day-sum")}
    assert with_it == {counts_on(made and made.date(), NOON.date())}


#: Around midnight in Paris, on the day its clocks are set back too, and as far as a scan can be believed.
MOMENTS = [
    datetime(2026, 9, 24, 12, tzinfo=PARIS),
    datetime(2026, 9, 24, 23, 59, 59, tzinfo=PARIS),
    datetime(2026, 9, 25, tzinfo=PARIS),
    datetime(2026, 10, 24, 23, 59, 59, tzinfo=PARIS),
    datetime(2026, 10, 25, tzinfo=PARIS),
    datetime(2026, 10, 25, 2, 30, tzinfo=PARIS, fold=1),
    datetime(2026, 10, 25, 23, 30, tzinfo=PARIS),
    datetime(2026, 10, 26, tzinfo=PARIS),
    datetime(2026, 10, 26, 12, tzinfo=PARIS),
]


def test_the_day_counts_what_the_rule_says_and_nothing_else(
    session: Session, workshop: Organisation, make_device: MakeDevice, make_actor: MakeActor
) -> None:
    by, device = make_actor(workshop, Role.TECHNICIAN), make_device(holder=workshop)
    event_id = session.scalars(sa.select(Event.id)).first()
    pile = ScanPile(account_id=by.id, organisation_id=workshop.id, opened_at=MOMENTS[0])
    session.add(pile)
    session.flush()
    cases = [(made, arrived) for made in (None, *MOMENTS) for arrived in MOMENTS]
    for number, (made, arrived) in enumerate(cases):
        session.add(
            Scan(
                pile_id=pile.id,
                client_uuid=f"{number:032d}",
                text=device.code,
                device_id=device.id,
                command=f"case {number}",
                answer=Answer.DONE,
                reason="moved",
                event_id=event_id,
                at=arrived,
                client_at=made,
            )
        )
    session.flush()
    for on in {moment.date() + timedelta(days=days) for moment in MOMENTS for days in (-1, 0, 1)}:
        wanted = {
            f"case {number}"
            for number, (made, arrived) in enumerate(cases)
            if counts_on(made and made.date(), arrived.date()) == on
        }
        assert set(day.of(session, on, by=by).steps) == wanted, on


def test_a_day_before_is_read_and_led_back_from(
    technician: Visitor, workshop: Organisation, make_device: MakeDevice, clock: Clock
) -> None:
    counts(technician, COMMANDS["inventory"].code)
    counts(technician, make_device(holder=workshop).code)
    clock.move(days=1)
    page = technician.get("/scan/day")
    assert "Rien encore aujourd'hui" in page.words()
    assert len(page.select(".day-nav a")) == 1, "no day after today"
    page = technician.get(str(page.one(".day-nav a")["href"]))
    assert page.one(".day-sum").text == "1 machine"
    page = technician.get(str(page.select(".day-nav a")[1]["href"]))
    assert "Rien encore aujourd'hui" in page.words()
    assert "Rien encore aujourd'hui" in technician.get("/scan/day?on=2999-01-01").words()
    for odd in ("hier", "1066-10-14"):
        technician.get(f"/scan/day?on={odd}", status=404)
