"""A count only looks: what it expects, what it says of what it meets, what it leaves behind, and its paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from refurb.core.permissions import OrganisationRole, Role
from refurb.core.scanning import COMMANDS
from refurb.organisations.models import PlaceKind
from tests.visitor import Visitor as AVisitor

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.organisations.models import Organisation, Place
    from tests.factories import MakeAccount, MakeDevice, MakeOrganisation, MakePlace
    from tests.visitor import Page, Visitor


@pytest.fixture
def workshop(make_organisation: MakeOrganisation) -> Organisation:
    return make_organisation(OrganisationRole.REFURBISHER, name="Atelier du Layon")


@pytest.fixture
def shelves(workshop: Organisation, make_place: MakePlace) -> tuple[Place, Place]:
    first, second = (make_place(workshop, PlaceKind.SHELF, name=name) for name in ("Étagère A1", "Étagère B2"))
    return first, second


@pytest.fixture
def volunteer(visitor: Visitor, workshop: Organisation, make_account: MakeAccount) -> Visitor:
    return visitor.sign_in(make_account({workshop: [Role.VOLUNTEER]}), workshop)


def begin(visitor: Visitor, **what: Any) -> Page:
    visitor.get("/scan/stocktakes")
    return visitor.submit('form[action="/scan/stocktakes"]', **what)


def scan(visitor: Visitor, text: str) -> Page:
    visitor.get("/scan")
    return visitor.submit(".desk-box", text=text)


def last(page: Page) -> str:
    return " ".join(page.one("#desk-last").get_text(" ").split())


def answer(page: Page) -> str:
    return str(page.one("#desk-last .desk-answer")["data-answer"])


def the_count(visitor: Visitor) -> Page:
    return visitor.get(str(visitor.get("/scan/stocktakes").one("tbody th a")["href"]))


def figures(page: Page) -> list[str]:
    return [dd.text for dd in page.select(".figures dd")]


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
    assert "On compte en ce moment" in last(page)
    assert answer(scan(volunteer, shelf.code)) == "already", "that is what is counted"
    assert "Compté" in last(scan(volunteer, device.code))
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
    assert "Trouvé" in last(page), "it opens, and no more"
    session.refresh(device)
    assert device.place_id == shelf.id


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
