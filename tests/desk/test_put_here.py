"""A count of a shelf puts what stands there and is noted elsewhere where it was found, by one tap."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refurb.audit.queries import of_subject
from refurb.core.permissions import OrganisationRole
from tests.desk.visiting import begin, figures, scan, the_count

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.organisations.models import Organisation, Place
    from tests.factories import MakeDevice, MakeOrganisation
    from tests.visitor import Visitor

HERE = 'form[action$="/here"]'


def test_the_desk_puts_what_it_meets_where_it_is_and_takes_it_back(
    volunteer: Visitor, session: Session, workshop: Organisation, shelves: tuple[Place, Place], make_device: MakeDevice
) -> None:
    shelf, other = shelves
    device, expected = make_device(holder=workshop, place=other), make_device(holder=workshop, place=shelf)
    begin(volunteer, place=shelf.code)
    for _twice in range(2):
        assert not scan(volunteer, expected.code).select(HERE), "it stands where it is noted"
    page = scan(volunteer, device.code)
    assert "notée à Étagère B2" in page.one("#desk-last").text
    assert page.select(f".desk-standing {HERE}")
    page = volunteer.submit(f"#desk-last {HERE}")
    assert "Rangée à Étagère A1." in page.one("#desk-last").text
    assert not page.select(".desk-standing"), "it stands in nobody's way any more"
    assert "Inventaire" in page.one("#desk-setting").text, "the count goes on"
    session.refresh(device)
    assert device.place_id == shelf.id
    event = of_subject(session, "device", device.id, limit=1)[0]
    assert (event.kind, (event.payload or {})["was"]) == ("device.placed", other.id)
    assert "Rangée" in page.select("#desk-rows .desk-row")[0].text
    volunteer.submit('#desk-rows .desk-row:first-child form[action*="/scan/undo/"]')
    session.refresh(device)
    assert device.place_id == other.id


def test_the_page_of_a_count_puts_one_or_all(
    volunteer: Visitor, session: Session, workshop: Organisation, shelves: tuple[Place, Place], make_device: MakeDevice
) -> None:
    shelf, other = shelves
    nowhere = make_device(holder=workshop)
    noted = [make_device(holder=workshop, place=other) for _ in range(3)]
    begin(volunteer, place=shelf.code)
    for device in (nowhere, *noted):
        scan(volunteer, device.code)
    the_count(volunteer)
    page = volunteer.submit(f'main tr {HERE}:has(input[value="{nowhere.code}"])')
    assert "1 machine rangée à Étagère A1" in page.words()
    assert "Rangée ici" in page.words()
    all_of_them = f'{HERE}:has(input[value="{noted[0].code}"]):has(input[value="{noted[2].code}"])'
    given = [str(tag["value"]) for tag in page.select(f'{all_of_them} [name="device"]')]
    assert given == [device.code for device in noted]
    page = volunteer.submit(all_of_them, device=given)
    assert "3 machines rangées à Étagère A1" in page.words()
    assert not page.select(HERE), "nothing is left to put"
    for device in (nowhere, *noted):
        session.refresh(device)
        assert device.place_id == shelf.id
    # What was met away stays told: the count says what it found.
    assert figures(page) == ["0", "0", "0", "1", "3"]


def test_only_what_the_count_met_and_the_workshop_holds_is_put(
    volunteer: Visitor,
    session: Session,
    workshop: Organisation,
    shelves: tuple[Place, Place],
    make_device: MakeDevice,
    make_organisation: MakeOrganisation,
) -> None:
    shelf, other = shelves
    unseen = make_device(holder=workshop, place=other)
    theirs = make_device(holder=make_organisation(OrganisationRole.REFURBISHER, name="Un autre atelier"))
    begin(volunteer, place=shelf.code)
    page = scan(volunteer, theirs.code)
    assert not page.select(HERE)
    action = str(volunteer.get(str(the_count(volunteer).response.request.path)).response.request.path) + "/here"
    volunteer.post(action, {"device": unseen.code}, status=400)
    page = volunteer.post(action, {"device": theirs.code})
    assert "reste comme elle est" in page.words()
    for device in (unseen, theirs):
        session.refresh(device)
    assert (unseen.place_id, theirs.place_id) == (other.id, None)
