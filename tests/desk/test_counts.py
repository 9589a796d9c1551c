"""A count only looks: what it expects, what it says of what it meets, what it leaves behind, and its paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from refurb.core.identity import CodeKind, mint
from refurb.core.permissions import OrganisationRole, Role
from refurb.core.scanning import COMMANDS
from refurb.core.workflow import Status
from refurb.desk import stocktakes
from refurb.desk.models import Stocktake, StocktakeItem
from refurb.desk.words import lower
from refurb.devices.words import STATUSES
from refurb.donations.models import Lot
from refurb.security import Actor, ActorKind
from tests.conftest import NOON
from tests.desk.visiting import answer, begin, figures, said, scan, the_count
from tests.visitor import Visitor as AVisitor

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.devices.models import Device
    from refurb.organisations.models import Organisation, Place
    from tests.factories import MakeAccount, MakeDevice, MakeOrganisation
    from tests.visitor import Page, Visitor


def rows(page: Page) -> list[str]:
    """What the tables of a count say, the deeds apart."""
    cells = page.select("main tbody :is(th, td[data-label])")
    return [*figures(page), *(" ".join(cell.text.split()) for cell in cells)]


@pytest.mark.parametrize("ended_by", ["colleague", "card", "cross", "hand"])
def test_a_place_card_in_a_count_moves_nothing_now_or_later(
    volunteer: Visitor,
    session: Session,
    workshop: Organisation,
    shelves: tuple[Place, Place],
    make_device: MakeDevice,
    make_account: MakeAccount,
    ended_by: str,
) -> None:
    shelf, other = shelves
    device = make_device(holder=workshop, place=shelf)
    begin(volunteer, place=shelf.code)
    page = scan(volunteer, other.code)
    assert answer(page) == "refused"
    assert "On compte en ce moment" in said(page)
    assert answer(scan(volunteer, shelf.code)) == "already", "that is what is counted"
    assert "Compté" in said(scan(volunteer, device.code))
    if ended_by == "colleague":
        colleague = AVisitor(volunteer.app).sign_in(make_account({workshop: [Role.CONTROLLER]}), workshop)
        the_count(colleague)
        colleague.submit('form[action$="/finish"]')
    elif ended_by == "card":
        scan(volunteer, COMMANDS["open"].code)
    elif ended_by == "cross":
        volunteer.get("/scan")
        volunteer.submit('#desk-setting form[action="/scan/context/end"]')
    else:
        volunteer.post("/scan/command", {"command": "open"})
    page = scan(volunteer, device.code)
    assert "Trouvé" in said(page), "it opens, and no more"
    session.refresh(device)
    assert device.place_id == shelf.id


def test_what_a_card_sets_after_a_count_holds(
    volunteer: Visitor,
    session: Session,
    workshop: Organisation,
    shelves: tuple[Place, Place],
    make_device: MakeDevice,
) -> None:
    """The count ended under somebody who only scans: their next cards are for what comes after it."""
    device = make_device(holder=workshop)
    begin(volunteer, place=shelves[0].code)
    the_count(volunteer)
    volunteer.submit('form[action$="/finish"]')
    scan(volunteer, shelves[1].code)
    page = scan(volunteer, COMMANDS["inventory"].code)
    assert "cette machine n'y est pas comptée" not in said(page)
    assert answer(scan(volunteer, device.code)) == "done"
    session.refresh(device)
    assert (device.status, device.place_id) == (Status.INVENTORIED, shelves[1].id)


def test_a_count_leaves_no_place_that_was_set_under_it(
    volunteer: Visitor, session: Session, workshop: Organisation, shelves: tuple[Place, Place], make_device: MakeDevice
) -> None:
    """As a pile of before stands, where a place's card was taken while it counted."""
    import sqlalchemy as sa

    from refurb.desk.models import ScanPile

    shelf, other = shelves
    device = make_device(holder=workshop, place=shelf)
    begin(volunteer, place=shelf.code)
    session.execute(sa.update(ScanPile).values(place_id=other.id))
    the_count(volunteer)
    volunteer.submit('form[action$="/finish"]')
    scan(volunteer, device.code)
    assert session.scalars(sa.select(ScanPile.place_id)).all() == [None]
    session.refresh(device)
    assert device.place_id == shelf.id


# -- What is expected, and what is said of the rest --------------------------------------------------------------------
@pytest.fixture
def gift(session: Session, workshop: Organisation, make_device: MakeDevice) -> tuple[Lot, dict[str, Device]]:
    """A gift, and its machines by where each stands today."""
    from refurb.core.equipment import Form, Origin, Regime
    from refurb.donations.models import Arrival, LineState, LotLine
    from refurb.organisations.models import LegalType

    lot = Lot(
        code=mint(CodeKind.LOT, 49000001),
        supplier_name="Menuiserie du Lac",
        legal_type=LegalType.COMPANY,
        origin=Origin.PRIVATE,
        regime=Regime.GIFT,
        contacts=[],
        declared_at=NOON,
    )
    session.add(lot)
    session.flush()
    statuses = {
        "here": Status.TRIAGED,
        "gone": Status.INVENTORIED,
        "handed": Status.HANDED_OVER,
        "destroyed": Status.DESTROYED,
        "missing": Status.MISSING,
        "parts": Status.PARTS,
    }
    machines = {name: make_device(holder=workshop, status=status) for name, status in statuses.items()}
    for number, device in enumerate(machines.values(), 1):
        line = LotLine(lot_id=lot.id, position=number, state=LineState.RECEIVED, form=Form.LAPTOP)
        session.add(line)
        session.flush()
        session.add(Arrival(line_id=line.id, device_id=device.id, at=NOON))
    session.flush()
    return lot, machines


def test_a_count_of_a_gift_expects_what_can_still_be_here_and_speaks_of_the_gift(
    volunteer: Visitor,
    session: Session,
    workshop: Organisation,
    shelves: tuple[Place, Place],
    gift: tuple[Lot, dict[str, Device]],
    make_device: MakeDevice,
    make_account: MakeAccount,
) -> None:
    lot, machines = gift
    another = make_device(holder=workshop, place=shelves[0])
    by = Actor(ActorKind.PERSON, make_account({workshop: [Role.CONTROLLER]}).id, workshop.id, workshop.name)
    stocktakes.begin(session, place=None, lot=lot, by=by, at=NOON)
    session.commit()
    the_count(volunteer)
    volunteer.submit('form[action$="/join"]')
    assert answer(scan(volunteer, machines["here"].code)) == "done"
    assert "n'est pas de ce don" in said(scan(volunteer, another.code))
    page = scan(volunteer, machines["handed"].code)
    assert "Notée partie" in said(page)
    assert "son état est « remis »" in said(page)
    assert "son état est « détruit »" in said(scan(volunteer, machines["destroyed"].code))
    page = the_count(volunteer)
    assert figures(page) == ["2", "1", "1", "1", "2"]
    assert "pas de ce don" in page.one(".figures").text


@pytest.mark.parametrize("status", [Status.MISSING, Status.ON_LOAN, Status.STOLEN])
def test_what_the_record_had_gone_is_said_first_with_what_puts_it_right(
    visitor: Visitor,
    session: Session,
    workshop: Organisation,
    shelves: tuple[Place, Place],
    make_device: MakeDevice,
    make_account: MakeAccount,
    status: Status,
) -> None:
    technician = visitor.sign_in(make_account({workshop: [Role.TECHNICIAN]}), workshop)
    shelf, _other = shelves
    device = make_device(holder=workshop, status=status)
    begin(technician, place=shelf.code)
    page = scan(technician, device.code)
    assert answer(page) == "refused", "somebody has to settle it"
    assert f"son état est « {lower(STATUSES[status])} »" in said(page)
    if status is Status.STOLEN:
        assert "À faire par la coordination : noter récupérée" in said(page)
        assert not page.select(".desk-steps, .desk-standing form[action*='/scan/step/']")
        return
    wanted, after = {
        Status.MISSING: ("Noter retrouvée", Status.TRIAGED),
        Status.ON_LOAN: ("Noter le retour", Status.AFTER_SALES),
    }[status]
    assert wanted in page.one(".desk-standing form[action*='/scan/step/']").text
    button = page.one("#desk-last .desk-steps button")
    page = technician.submit("#desk-last .desk-steps", command=str(button["value"]))
    session.refresh(device)
    assert (device.status, device.place_id) == (after, shelf.id), "put where it was found"
    assert not page.select(".desk-standing")
    page = the_count(technician)
    assert str(STATUSES[status]) in page.one("tbody").text, "the count keeps what the record said"
    assert figures(page) == ["0", "0", "0", "0", "1"]


def test_what_came_to_the_shelf_since_counts_as_found(
    volunteer: Visitor, session: Session, workshop: Organisation, shelves: tuple[Place, Place], make_device: MakeDevice
) -> None:
    begin(volunteer, place=shelves[0].code)
    device = make_device(holder=workshop, place=shelves[0])
    session.commit()
    assert "Compté" in said(scan(volunteer, device.code))
    assert figures(the_count(volunteer)) == ["1", "1", "0", "0", "0"]


def test_another_workshops_machine_leads_to_no_page(
    volunteer: Visitor, shelves: tuple[Place, Place], make_device: MakeDevice, make_organisation: MakeOrganisation
) -> None:
    theirs = make_device(holder=make_organisation(OrganisationRole.REFURBISHER, name="Un autre atelier"))
    begin(volunteer, place=shelves[0].code)
    page = scan(volunteer, theirs.code)
    assert "chez Un autre atelier" in said(page)
    assert not page.select(f'main a[href="/devices/{theirs.code}"]')
    page = scan(volunteer, theirs.code)
    assert answer(page) == "already"
    assert not page.select(f'main a[href="/devices/{theirs.code}"]')
    assert not the_count(volunteer).select(f'a[href="/devices/{theirs.code}"]')


def test_a_text_read_by_mistake_is_taken_out(volunteer: Visitor, shelves: tuple[Place, Place]) -> None:
    begin(volunteer, place=shelves[0].code)
    for text in ("INCONNU9", "AUTRE99"):
        scan(volunteer, text)
    the_count(volunteer)
    page = volunteer.submit('.stocktake-texts li:first-child form[action$="/forget"]')
    assert "INCONNU9" not in page.one("main").text
    assert "AUTRE99" in page.one("main").text
    page = volunteer.submit('form[action$="/finish"]')
    assert "AUTRE99" in page.one("main").text
    assert not page.select('form[action$="/forget"]'), "a count that is over does not change"


def test_the_paper_of_a_count_says_for_ever_what_was_seen_at_its_end(
    volunteer: Visitor, session: Session, workshop: Organisation, shelves: tuple[Place, Place], make_device: MakeDevice
) -> None:
    shelf, other = shelves
    here, gone, lost = (make_device(holder=workshop, place=place) for place in (shelf, shelf, None))
    lost.status = Status.MISSING
    begin(volunteer, place=shelf.code)
    for text in (here.code, lost.code, "INCONNU9"):
        scan(volunteer, text)
    the_count(volunteer)
    page = volunteer.submit('form[action$="/finish"]')
    address, seen = str(page.one('a[href$=".pdf"]')["href"]), rows(page)
    before = volunteer.client.get(address).get_data()
    gone.place_id, gone.maker, gone.model = other.id, "Fujitsu", "Lifebook"
    here.place_id, lost.status, shelf.name, workshop.name = None, Status.TRIAGED, "Étagère Z9", "Autre nom"
    session.commit()
    assert volunteer.client.get(address).get_data() == before
    assert rows(the_count(volunteer)) == seen
    assert any("Introuvable" in row for row in seen)


def test_a_count_that_ended_before_its_lines_were_kept_tells_no_place_of_today(
    volunteer: Visitor, session: Session, workshop: Organisation, shelves: tuple[Place, Place], make_device: MakeDevice
) -> None:
    """As an instance of before holds them: the items are there, and no event with the lines."""
    shelf, other = shelves
    device = make_device(holder=workshop, place=shelf)
    count = Stocktake(
        organisation_id=workshop.id, title="Étagère A1", place_id=shelf.id, opened_at=NOON, closed_at=NOON
    )
    session.add(count)
    session.flush()
    session.add(StocktakeItem(stocktake_id=count.id, device_id=device.id, expected=True))
    device.place_id, shelf.name = other.id, "Étagère Z9"
    session.commit()
    page = the_count(volunteer)
    assert figures(page) == ["1", "0", "1", "0", "0"]
    (missing,) = page.select("main tbody tr")
    assert "Étagère A1" in missing.text
    assert "Étagère B2" not in page.one("main").text
