"""The day of a workshop: each scan counts for the day it was made, and a day before can be read."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from refurb.core.lateness import counts_on
from refurb.core.scanning import COMMANDS
from tests.conftest import NOON
from tests.desk.visiting import send

if TYPE_CHECKING:
    from refurb.organisations.models import Organisation
    from tests.conftest import Clock
    from tests.factories import MakeDevice
    from tests.visitor import Visitor

pytestmark = pytest.mark.usefixtures("clock")


def counts(visitor: Visitor, text: str, made: datetime | None = None) -> None:
    assert send(visitor, text, client_at=made and made.isoformat())["answer"] == "done"


@pytest.mark.parametrize("days", [None, 0, 1, 30, 31, 32, 400])
def test_a_scan_sent_late_counts_for_the_day_it_was_made_if_that_can_be(
    technician: Visitor, workshop: Organisation, make_device: MakeDevice, days: int | None
) -> None:
    made = None if days is None else NOON - timedelta(days=days)
    counts(technician, COMMANDS["inventory"].code)
    counts(technician, make_device(holder=workshop).code, made)
    asked = {NOON.date(), (NOON - timedelta(days=days or 1)).date()}
    with_it = {on for on in asked if technician.get(f"/scan/day?on={on}").select(".day-sum")}
    assert with_it == {counts_on(made and made.date(), NOON.date())}


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
