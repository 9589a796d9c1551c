"""What stands in the way of a pile: the latest is settled by one tap, what waits is confirmed once, nothing is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from refurb.core.identity import display
from refurb.core.permissions import Permission, Role
from refurb.core.scanning import COMMANDS
from refurb.core.workflow import Status
from refurb.desk import queries, services
from refurb.desk.models import Scan, ScanPile
from refurb.desk.words import lower
from refurb.devices.models import DeviceAlias
from refurb.devices.words import STATUSES
from refurb.organisations.models import PlaceKind
from refurb.security import Actor, ActorKind
from refurb.web import now
from tests.desk.visiting import answer, scan
from tests.visitor import Visitor as AVisitor

if TYPE_CHECKING:
    from refurb.accounts.models import Account
    from refurb.db import Session
    from refurb.organisations.models import Organisation, Place
    from tests.factories import MakeAccount, MakeDevice, MakePlace
    from tests.visitor import Page, Visitor

LOSE, SCRAP = COMMANDS["lose"].code, COMMANDS["scrap"].code


@pytest.fixture
def shelf(workshop: Organisation, make_place: MakePlace) -> Place:
    return make_place(workshop, PlaceKind.SHELF, name="Étagère B1")


def standing(page: Page) -> list[str]:
    return [tag.text for tag in page.select(".desk-standing li .code")]


def test_the_latest_is_first_the_count_exact_and_confirm_there_whatever_else_stands(
    controller: Visitor, workshop: Organisation, person: Account, session: Session, make_device: MakeDevice
) -> None:
    scan(controller, "INCONNU0000")
    pile = session.scalars(sa.select(ScanPile)).one()
    by = Actor(ActorKind.PERSON, person.id, workshop.id, permissions=frozenset({Permission.SCAN}))
    devices = [make_device(holder=workshop) for _ in range(2)]
    for number in range(1, 14):
        services.scan(session, pile, f"INCONNU{number:04d}", by=by, at=now(), client_uuid=f"{number:032d}")
    session.commit()
    scan(controller, LOSE)
    for device in devices:
        page = scan(controller, device.code)
    assert "Confirmer pour 2 machines" in page.one(".desk-standing").text
    assert "16 scans à régler" in page.one(".desk-standing").text
    assert f"{16 - queries.STANDING_SHOWN} autres sont à régler aussi" in page.one(".desk-standing").text
    wanted = [display(device.code) for device in reversed(devices)]
    assert standing(page)[:3] == [*wanted, "INCONNU0013"]
    assert len(standing(page)) == queries.STANDING_SHOWN
    page = controller.submit('.desk-standing li:first-child form[action="/scan/set-aside"]')
    assert "15 scans à régler" in page.one(".desk-standing").text
    page = controller.get("/scan/piles/now")
    assert len(standing(page)) == 15, "the page of the pile has them all"
    page = controller.submit('form[action="/scan/confirm"]')
    assert page.heading.startswith("Pile du")
    assert [device.status for device in devices] == [Status.MISSING, Status.RECEIVED]
    # One that came in since is in nobody's way, though it is not among those listed.
    make_device(holder=workshop, serial="INCONNU0000")
    session.commit()
    assert "13 scans à régler" in controller.get("/scan").one(".desk-standing").text


def test_one_machine_waits_once_and_is_set_aside_as_a_machine(
    controller: Visitor, workshop: Organisation, session: Session, make_device: MakeDevice
) -> None:
    twice, other = make_device(holder=workshop), make_device(holder=workshop)
    scan(controller, LOSE)
    scan(controller, twice.code)
    page = scan(controller, twice.code)
    assert answer(page) == "already"
    assert "Confirmer pour 1 machine" in page.one(".desk-standing").text
    page = controller.submit('.desk-standing li form[action="/scan/set-aside"]')
    assert not page.select(".desk-standing")
    scan(controller, other.code)
    controller.submit('form[action="/scan/confirm"]')
    assert (twice.status, other.status) == (Status.RECEIVED, Status.MISSING)


def test_lines_of_before_are_set_aside_together(
    controller: Visitor, workshop: Organisation, session: Session, make_device: MakeDevice
) -> None:
    """As a pile of before stands, where each scan of a machine waited."""
    device = make_device(holder=workshop)
    scan(controller, LOSE)
    scan(controller, device.code)
    kept = session.scalars(sa.select(Scan).where(Scan.reason == "to-confirm")).one()
    names = ("pile_id", "text", "code", "device_id", "command", "answer", "reason", "detail", "at")
    session.add(Scan(client_uuid="0" * 32, **{name: getattr(kept, name) for name in names}))
    session.commit()
    page = controller.get("/scan")
    assert len(standing(page)) == 2
    page = controller.submit('.desk-standing li:first-child form[action="/scan/set-aside"]')
    assert not page.select(".desk-standing")


def test_the_last_card_counts_for_a_machine_that_waits(
    controller: Visitor, workshop: Organisation, session: Session, make_device: MakeDevice
) -> None:
    device = make_device(holder=workshop)
    for card in (SCRAP, LOSE):
        scan(controller, card)
        page = scan(controller, device.code)
    assert "Confirmer pour 1 machine" in page.one(".desk-standing").text
    controller.submit('form[action="/scan/confirm"]')
    assert device.status is Status.MISSING


@pytest.mark.parametrize("before", [True, False])
def test_confirming_puts_a_machine_where_the_pile_stood_when_it_was_scanned(
    controller: Visitor, workshop: Organisation, session: Session, make_device: MakeDevice, shelf: Place, before: bool
) -> None:
    device = make_device(holder=workshop)
    scan(controller, LOSE)
    if before:
        scan(controller, shelf.code)
    scan(controller, device.code)
    scan(controller, COMMANDS["anywhere"].code if before else shelf.code)
    controller.submit('form[action="/scan/confirm"]')
    session.refresh(device)
    assert (device.status, device.place_id) == (Status.MISSING, shelf.id if before else None)


def test_a_closed_pile_says_what_is_left_and_is_worked_on(
    controller: Visitor, workshop: Organisation, session: Session, make_device: MakeDevice, make_account: MakeAccount
) -> None:
    lost, moved = make_device(holder=workshop), make_device(holder=workshop)
    known = make_device(holder=workshop, serial="PF0XK9AM")
    scan(controller, COMMANDS["inventory"].code)
    scan(controller, moved.code)
    scan(controller, LOSE)
    scan(controller, lost.code)
    scan(controller, "PFOXK9AN")
    controller.get("/scan")
    page = controller.submit('form[action="/scan/close"]')
    assert page.heading.startswith("Pile du")
    assert "Il y reste 2 scans à régler" in page.words()
    assert "1 en attente" in page.words()
    assert "2 à régler" in controller.get("/scan/piles").one("tbody tr").text
    address = str(controller.get("/scan/piles").one("tbody th a")["href"])
    colleague = AVisitor(controller.app).sign_in(make_account({workshop: [Role.CONTROLLER]}), workshop)
    page = colleague.get(address)
    assert not page.select(".desk-standing"), "another's pile is read"
    pile = address.rpartition("/")[2]
    for deed in ("confirm", "set-aside", "undo-pile"):
        colleague.post(f"/scan/{deed}", {"pile": pile}, status=404)
    # Find, confirm, undo: each comes back to the pile.
    page = controller.get(str(controller.get(address).one('.desk-standing a[href*="/scan/unknown/"]')["href"]))
    page = controller.submit(f'form:has(input[value="{known.code}"])')
    assert "Confirmer pour 2 machines" in page.one(".desk-standing").text, "it waits as it would have"
    page = controller.submit('form[action="/scan/confirm"]')
    assert page.response.request.path == address
    assert not page.select(".desk-standing")
    page = controller.submit(f'tr:-soup-contains("{display(moved.code)}") form[action*="/scan/undo/"]')
    assert page.response.request.path == address
    assert (lost.status, moved.status) == (Status.MISSING, Status.RECEIVED)
    page = controller.submit('form[action="/scan/undo-pile"]')
    assert lost.status is Status.RECEIVED
    assert not page.select('form[action="/scan/undo-pile"]'), "nothing is left to take back"


def test_closing_without_a_pile_makes_none(controller: Visitor, session: Session) -> None:
    controller.get("/scan")
    page = controller.post("/scan/close")
    assert page.heading == "Scanner"
    assert session.scalars(sa.select(ScanPile.id)).all() == []


NEXT = {
    Status.RECEIVED: "À faire : inventorier.",
    Status.QUALITY_CHECKED: "À faire : entrer en stock.",
    Status.IN_STOCK: "",
    Status.LOCKED: "À faire : lever le verrou.",
    Status.HANDED_OVER: "Elle est chez son utilisateur.",
    Status.MISSING: "À faire : noter retrouvée.",
    Status.STOLEN: "À faire par la coordination : noter récupérée.",
    Status.DESTROYED: "Elle est au bout de son parcours.",
}


@pytest.mark.parametrize("status", NEXT)
def test_a_refusal_says_what_comes_next_for_that_machine_or_who_does_it(
    controller: Visitor, workshop: Organisation, make_device: MakeDevice, status: Status
) -> None:
    scan(controller, COMMANDS["resume"].code)
    page = scan(controller, make_device(holder=workshop, status=status).code)
    last = " ".join(page.one("#desk-last").get_text(" ").split())
    assert answer(page) == "refused"
    assert f"Son état : {lower(STATUSES[status])}." in last
    assert NEXT[status] in last
    page = controller.submit('#desk-last form[action="/scan/set-aside"]')
    assert not page.select(".desk-standing")


@pytest.mark.parametrize("closed", [False, True])
def test_the_next_step_of_a_refused_machine_is_one_tap_and_settles_it(
    controller: Visitor, workshop: Organisation, make_device: MakeDevice, session: Session, closed: bool
) -> None:
    device = make_device(holder=workshop)
    scan(controller, COMMANDS["resume"].code)
    page = scan(controller, device.code)
    assert "Inventorier" in page.one('.desk-standing form[action*="/scan/step/"]').text
    if closed:
        page = controller.submit('form[action="/scan/close"]')
        page = controller.submit('.desk-standing form[action*="/scan/step/"]', command="inventory")
        assert page.heading.startswith("Pile du")
        assert "Reçu → Inventorié" in page.words(), "it stands in the pile that it was scanned in"
    else:
        page = controller.submit("#desk-last .desk-steps", command="inventory")
    session.refresh(device)
    assert device.status is Status.INVENTORIED
    assert not page.select(".desk-standing")


def test_only_an_unknown_scan_is_called_unknown(
    controller: Visitor, workshop: Organisation, make_device: MakeDevice, session: Session
) -> None:
    scan(controller, "INCONNU9")
    scan(controller, COMMANDS["resume"].code)
    scan(controller, make_device(holder=workshop).code)
    unknown, _card, refused = session.scalars(sa.select(Scan.id).order_by(Scan.id)).all()
    assert "inconnu" in controller.get(f"/scan/unknown/{unknown}").heading
    assert "inconnu" not in controller.get(f"/scan/unknown/{refused}").heading


def test_a_misread_code_is_refused_and_may_be_looked_for(
    controller: Visitor, workshop: Organisation, session: Session, make_device: MakeDevice
) -> None:
    """Scanned again it would be read; where the label is torn, the machine is found as an unknown one is."""
    device, _other = make_device(holder=workshop), make_device(holder=workshop)
    wrong = device.code[:-1] + str((int(device.code[-1]) + 1) % 10)
    scan(controller, COMMANDS["inventory"].code)
    page = scan(controller, f"]C1{wrong[:5]}-{wrong[5:]}")
    assert page.one("#desk-last .desk-answer")["data-answer"] == "refused"
    link = page.one('#desk-last .desk-links a[href*="/scan/unknown/"]')["href"]
    assert page.one('.desk-standing a[href*="/scan/unknown/"]')["href"] == link
    page = controller.get(str(link))
    assert str(page.one("#q")["value"]).replace(" ", "") == wrong
    assert display(device.code) in page.one("tbody tr").text, "the other's code is as like as all codes are"
    page = controller.submit(f'form:has(input[value="{device.code}"])')
    assert not page.select(".desk-standing")
    assert page.one("#desk-last .desk-answer")["data-answer"] == "done"
    session.refresh(device)
    assert device.status is Status.INVENTORIED
    assert not session.scalars(sa.select(DeviceAlias)).all(), "it is no other name of hers"
    assert not controller.get(str(link)).select('form:has(input[name="device"])'), "it is settled"


def test_a_long_text_is_cut_where_lines_stand_together(controller: Visitor) -> None:
    text = "WM1" * 130
    page = scan(controller, text)
    page_of_it = controller.get(str(page.one('.desk-standing a[href*="/scan/unknown/"]')["href"]))
    for told in (page.one("#desk-last"), page.one("#desk-rows"), page.one("#desk-standing"), page_of_it.one("h1")):
        assert text[:60] in told.text
        assert text[:61] not in told.text
    assert page.one("#desk-rows .desk-row-what .code")["title"] == text
    assert page_of_it.one("#q")["value"] == text
    assert text in controller.get("/scan/piles/now").one("tbody th").text
