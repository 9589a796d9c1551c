"""A pile lasts a day: the first scan of another ends it and begins one with nothing set, and the person is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from refurb.core.scanning import COMMANDS
from refurb.core.workflow import Status
from refurb.desk.models import Scan, ScanPile
from tests.conftest import NOON
from tests.desk.visiting import answer, begin, said, scan, send

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.organisations.models import Organisation, Place
    from tests.conftest import Clock
    from tests.factories import MakeDevice
    from tests.visitor import Visitor

pytestmark = pytest.mark.usefixtures("clock")

OVER = "La pile d'hier est terminée : choisissez ce que vous faites."


def piles(session: Session) -> list[ScanPile]:
    session.expire_all()
    return list(session.scalars(sa.select(ScanPile).order_by(ScanPile.id)))


def pile_of(session: Session, text: str) -> int:
    return session.scalars(sa.select(Scan.pile_id).where(Scan.text == text)).one()


def test_what_was_set_yesterday_is_asked_of_nobody_today(
    technician: Visitor,
    session: Session,
    clock: Clock,
    workshop: Organisation,
    shelves: tuple[Place, Place],
    make_device: MakeDevice,
) -> None:
    device = make_device(holder=workshop)
    for text in (COMMANDS["inventory"].code, shelves[0].code, "INCONNU99"):
        scan(technician, text)
    clock.move(days=1)
    page = technician.get("/scan")
    assert OVER in said(page)
    assert page.one("#desk-command option[selected]")["value"] == "open"
    assert "rangée" not in page.one("#desk-setting").text
    assert not page.select(".desk-standing, #desk-rows .desk-row")
    assert [pile.closed_at for pile in piles(session)] == [None], "a page that is only read ends nothing"
    page = scan(technician, device.code)
    assert "Trouvé" in said(page)
    assert OVER in said(page)
    old, new = piles(session)
    assert (old.closed_at, new.closed_at) == (clock(), None)
    assert (new.command, new.place_id, new.context) == (None, None, None)
    session.refresh(device)
    assert (device.status, device.place_id) == (Status.RECEIVED, None)
    # What is said once is not said of the next.
    assert "est terminée" not in said(scan(technician, device.code))
    # The pile of before is listed, and what stood in its way is settled there.
    assert "1 à régler" in technician.get("/scan/piles").words().replace("\u00a0", " ")
    technician.get(f"/scan/piles/{old.id}")
    technician.submit('.desk-standing form[action="/scan/set-aside"]:has(input[name="scan"])')
    assert not technician.get(f"/scan/piles/{old.id}").select(".desk-standing")


def test_a_pile_of_friday_is_called_by_its_day(technician: Visitor, clock: Clock) -> None:
    scan(technician, "INCONNU99")
    clock.move(days=3)
    assert "La pile du mardi 17 novembre est terminée" in said(scan(technician, "INCONNU98"))


def test_the_day_changes_at_midnight_where_the_instance_is(technician: Visitor, session: Session, clock: Clock) -> None:
    clock.at = datetime(2026, 11, 17, 22, 59, 59, tzinfo=UTC)
    scan(technician, "INCONNU97")
    made = clock()
    clock.move(seconds=2)
    # Scanned before midnight, arrived after it.
    told = send(technician, "INCONNU98", client_at=made.isoformat(), sent_at=clock().isoformat())
    assert told["ended"] is False
    told = send(technician, "INCONNU99", client_at=clock().isoformat(), sent_at=clock().isoformat())
    assert told["ended"] is True
    assert "Chaque machine scannée" in told["setting"]
    assert pile_of(session, "INCONNU97") == pile_of(session, "INCONNU98") != pile_of(session, "INCONNU99")


def late(visitor: Visitor, text: str, made: datetime) -> dict[str, Any]:
    return send(visitor, text, client_at=made.isoformat())


def test_scans_of_yesterday_that_arrive_today_mean_what_was_set_yesterday(
    technician: Visitor, session: Session, clock: Clock, workshop: Organisation, make_device: MakeDevice
) -> None:
    yesterdays, todays = make_device(holder=workshop), make_device(holder=workshop)
    scan(technician, COMMANDS["inventory"].code)
    clock.move(days=1)
    made = clock() - timedelta(hours=20)
    # Before anything was scanned today, and after.
    assert late(technician, yesterdays.code, made)["ended"] is False
    assert send(technician, todays.code)["ended"] is True
    told = late(technician, "INCONNU99", made)
    assert (told["ended"], told["setting"]) == (False, None), "what holds on the page is today's"
    session.refresh(yesterdays)
    session.refresh(todays)
    assert (yesterdays.status, todays.status) == (Status.INVENTORIED, Status.RECEIVED)
    first, second = piles(session)
    assert pile_of(session, yesterdays.code) == pile_of(session, "INCONNU99") == first.id == told["of"]["pile"]
    assert pile_of(session, todays.code) == second.id


def test_scans_of_a_day_without_a_pile_have_one_of_their_own(
    technician: Visitor, session: Session, clock: Clock, workshop: Organisation, make_device: MakeDevice
) -> None:
    """A telephone came back after its station went on."""
    device = make_device(holder=workshop)
    scan(technician, "INCONNU99")
    made = clock() - timedelta(days=2)
    late(technician, COMMANDS["inventory"].code, made)
    assert late(technician, device.code, made + timedelta(minutes=1))["answer"] == "done"
    session.refresh(device)
    assert device.status is Status.INVENTORIED
    todays, theirs = piles(session)
    assert (todays.closed_at, theirs.closed_at, theirs.opened_at) == (None, NOON, made)
    assert todays.command is None


def test_a_first_scan_that_arrives_a_day_late_begins_the_pile_of_its_day(
    technician: Visitor, session: Session, clock: Clock
) -> None:
    late(technician, COMMANDS["inventory"].code, clock() - timedelta(days=1))
    assert [pile.opened_at for pile in piles(session)] == [NOON - timedelta(days=1)]
    assert "La pile d" in said(technician.get("/scan"))
    assert send(technician, "INCONNU99")["ended"] is True


def test_a_count_of_yesterday_is_left_and_can_be_joined_again(
    technician: Visitor, session: Session, clock: Clock, workshop: Organisation, shelves: tuple[Place, Place],
    make_device: MakeDevice,
) -> None:  # fmt: skip
    device = make_device(holder=workshop, place=shelves[0])
    begin(technician, place=shelves[0].code)
    clock.move(days=1)
    assert "Trouvé" in said(scan(technician, device.code)), "nobody counts yet"
    begin(technician, place=shelves[0].code)
    assert answer(scan(technician, device.code)) == "done"
    assert "Compté" in said(technician.get("/scan"))


def test_what_is_chosen_by_hand_in_the_morning_is_for_today(
    technician: Visitor, session: Session, clock: Clock, workshop: Organisation, make_device: MakeDevice
) -> None:
    device = make_device(holder=workshop)
    scan(technician, COMMANDS["triage:repair"].code)
    clock.move(days=1)
    technician.get("/scan")
    technician.submit(".desk-command", command="inventory")
    assert "est terminée" not in said(scan(technician, device.code))
    session.refresh(device)
    assert device.status is Status.INVENTORIED
    old, new = piles(session)
    assert (old.command, new.command) == ("triage:repair", "inventory")
