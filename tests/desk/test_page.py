"""The desk without JavaScript: one scan a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from refurb.core.permissions import OrganisationRole, Role
from refurb.core.scanning import COMMANDS
from refurb.organisations.models import PlaceKind
from tests.desk.visiting import answer, said, scan
from tests.documents.test_numbers import issue

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.organisations.models import Organisation
    from tests.factories import MakeAccount, MakeDevice, MakeOrganisation, MakePlace
    from tests.visitor import Visitor


def test_an_empty_desk_says_what_to_do(technician: Visitor) -> None:
    page = technician.get("/scan")
    assert page.heading == "Scanner"
    assert page.one("#desk-text").has_attr("autofocus")
    assert "Scannez une machine" in said(page)
    assert {"/scan/cards", "/labels/"} <= {str(link["href"]) for link in page.select(".desk-more a")}


def test_a_machine_opens_with_what_to_do_next(
    technician: Visitor, workshop: Organisation, make_device: MakeDevice
) -> None:
    device = make_device(holder=workshop, maker="Lenovo", model="ThinkPad T470", serial="PF0XK9AM")
    page = scan(technician, device.code)
    assert answer(page) == "done"
    assert "Trouvé" in said(page)
    assert "Lenovo ThinkPad T470" in said(page)
    assert "À faire : inventorier" in said(page)
    assert page.select_one(f'#desk-last a[href="/devices/{device.code}"]')


def test_a_card_sets_what_each_machine_undergoes(
    technician: Visitor, workshop: Organisation, make_device: MakeDevice
) -> None:
    device = make_device(holder=workshop)
    page = scan(technician, COMMANDS["inventory"].code)
    assert "Réglé" in said(page)
    assert page.one("#desk-command option[selected]")["value"] == "inventory"
    page = scan(technician, device.code)
    assert answer(page) == "done"
    assert "Reçu → Inventorié" in said(page)
    page = scan(technician, device.code)
    assert answer(page) == "already"
    assert page.one("#desk-counts").text.startswith("1 fait · 1 déjà fait · 0 refusé")


def test_the_list_does_what_the_card_does(technician: Visitor, workshop: Organisation, make_device: MakeDevice) -> None:
    device = make_device(holder=workshop)
    technician.get("/scan")
    page = technician.submit(".desk-command", command="inventory")
    assert page.one("#desk-command option[selected]")["value"] == "inventory"
    assert "Reçu → Inventorié" in said(scan(technician, device.code))
    technician.get("/scan")
    page = technician.submit(".desk-command", command="open")
    assert page.one("#desk-command option[selected]")["value"] == "open"
    assert "Trouvé" in said(scan(technician, device.code))


def test_a_gun_on_the_wrong_keyboard_is_read(
    technician: Visitor, workshop: Organisation, make_device: MakeDevice
) -> None:
    device = make_device(holder=workshop)
    mangled = device.code.translate(str.maketrans("0123456789", "à&é\"'(-è_ç"))
    assert "Trouvé" in said(scan(technician, mangled))


def test_a_serial_is_as_good_as_a_label_and_a_mended_one_says_so(
    technician: Visitor, workshop: Organisation, make_device: MakeDevice
) -> None:
    make_device(holder=workshop, serial="PF0XK9AM", model="ThinkPad X1")
    assert "ThinkPad X1" in said(scan(technician, "pf0xk9am"))
    page = scan(technician, "PFàXKçQ?")
    assert "ThinkPad X1" in said(page)
    assert "compris « PF0XK9AM »" in said(page)


def test_one_serial_on_two_machines_is_never_guessed(
    technician: Visitor, workshop: Organisation, make_device: MakeDevice
) -> None:
    first = make_device(holder=workshop, maker="Lenovo", serial="MP1234X9")
    make_device(holder=workshop, maker="HP", serial="MP1234X9")
    page = scan(technician, "MP1234X9")
    assert answer(page) == "refused"
    assert "Plusieurs machines" in said(page)
    assert first.code[1:5] in said(page)


def test_a_placeholder_serial_is_refused(technician: Visitor, workshop: Organisation, make_device: MakeDevice) -> None:
    make_device(holder=workshop, serial="To be filled by O.E.M.")
    make_device(holder=workshop, serial="To be filled by O.E.M.")
    page = scan(technician, "To be filled by O.E.M.")
    assert answer(page) == "refused"
    assert "pas un vrai numéro de série" in said(page)


def test_an_unknown_text_gives_ways_out(technician: Visitor) -> None:
    page = scan(technician, "ZZ9PLURAL")
    assert answer(page) == "unknown"
    assert "ZZ9PLURAL" in said(page)
    assert page.select_one('#desk-last a[href*="q=ZZ9PLURAL"]'), "search among the machines"


@pytest.mark.parametrize("text", ["R4900001209", "xx R4900001208"])
def test_a_misread_code_is_refused_and_says_why(technician: Visitor, text: str) -> None:
    page = scan(technician, text)
    assert answer(page) == "refused"
    assert "Scannez" in said(page)


def test_a_blank_label_is_linked_to_a_known_machine(
    technician: Visitor, workshop: Organisation, make_device: MakeDevice
) -> None:
    device = make_device(holder=workshop, serial="5CG1234XYZ", model="ProBook")
    page = scan(technician, _blank())
    assert answer(page) == "unknown"
    page = technician.submit(".desk-link", machine="5cg1234xyz")
    assert "est celle de" in page.words()
    page = scan(technician, _blank())
    assert "ProBook" in said(page)
    assert device.labelled_at is not None
    page = technician.post("/scan/link", {"label": _blank(), "machine": device.code})
    assert "déjà celle d'une machine" in page.words()


def _blank() -> str:
    from refurb.core.identity import CodeKind, mint

    return mint(CodeKind.DEVICE, 49_777_777)


def test_a_label_is_not_linked_to_what_is_not_known(technician: Visitor) -> None:
    page = technician.post("/scan/link", {"label": _blank(), "machine": "NOSUCH99"})
    assert "Aucune machine n'est connue" in page.words()


def test_a_place_card_sets_where_and_can_be_undone(
    technician: Visitor, workshop: Organisation, make_device: MakeDevice, make_place: MakePlace, session: Session
) -> None:
    shelf = make_place(workshop, PlaceKind.SHELF, name="Étagère B3")
    device = make_device(holder=workshop)
    page = scan(technician, shelf.code)
    assert "Étagère B3" in said(page)
    assert page.one("#desk-command option[value=open]").text == "S'ouvre et se range"
    page = scan(technician, device.code)
    assert "Rangée à Étagère B3" in said(page)
    assert device.place_id == shelf.id
    assert answer(scan(technician, device.code)) == "already"
    technician.get("/scan")
    page = technician.submit(".desk-row form")
    assert "C'est annulé" in page.words()
    assert device.place_id is None
    assert page.select_one(".desk-undone")
    scan(technician, COMMANDS["anywhere"].code)
    assert "Trouvé" in said(scan(technician, device.code))


def test_a_move_carries_the_place_and_its_undo_brings_both_back(
    technician: Visitor, workshop: Organisation, make_device: MakeDevice, make_place: MakePlace
) -> None:
    shelf = make_place(workshop, PlaceKind.SHELF, name="Étagère B3")
    device = make_device(holder=workshop)
    scan(technician, shelf.code)
    scan(technician, COMMANDS["inventory"].code)
    page = scan(technician, device.code)
    assert "Reçu → Inventorié" in said(page)
    assert "Rangée à Étagère B3" in said(page)
    assert (device.status, device.place_id) == ("inventoried", shelf.id)
    page = scan(technician, COMMANDS["undo"].code)
    assert "Annulé" in said(page)
    assert (device.status, device.place_id) == ("received", None)
    assert answer(scan(technician, COMMANDS["undo"].code)) == "refused"


def test_someone_elses_place_is_refused(
    technician: Visitor, make_organisation: MakeOrganisation, make_place: MakePlace
) -> None:
    other = make_organisation(OrganisationRole.REFURBISHER, name="Ailleurs")
    page = scan(technician, make_place(other, PlaceKind.SHELF, name="Chez eux").code)
    assert answer(page) == "refused"
    assert "Ailleurs" in said(page)


def test_a_machine_of_another_workshop_is_recognised_and_not_touched(
    technician: Visitor, make_organisation: MakeOrganisation, make_device: MakeDevice
) -> None:
    other = make_organisation(OrganisationRole.REFURBISHER, name="Atelier des Mauges")
    device = make_device(holder=other, model="Latitude", serial="SECRET123X")
    page = scan(technician, device.code)
    assert answer(page) == "done"
    assert "chez Atelier des Mauges" in said(page)
    assert "Latitude" in said(page)
    assert "SECRET123X" not in page.words()
    assert not page.select("#desk-last a")
    scan(technician, COMMANDS["inventory"].code)
    page = scan(technician, device.code)
    assert answer(page) == "refused"
    assert device.status == "received"
    assert answer(scan(technician, "SECRET123X")) == "unknown", "its serial opens nothing here"


def test_the_coordination_opens_every_machine_and_puts_none_away(
    visitor: Visitor,
    workshop: Organisation,
    make_organisation: MakeOrganisation,
    make_account: MakeAccount,
    make_device: MakeDevice,
    make_place: MakePlace,
) -> None:
    coordination = make_organisation(OrganisationRole.COORDINATION)
    visitor.sign_in(make_account({coordination: [Role.COORDINATOR]}), coordination)
    device, cupboard = make_device(holder=workshop), make_place(coordination, PlaceKind.SHELF, name="Placard")
    assert "À faire" in said(scan(visitor, device.code))
    assert answer(scan(visitor, COMMANDS["inventory"].code)) == "refused"
    scan(visitor, cupboard.code)
    page = scan(visitor, device.code)
    assert answer(page) == "refused"
    assert "chez Atelier du Lac" in said(page)
    assert device.place_id is None


def test_a_refusal_says_why_and_blocks_nothing(
    technician: Visitor, workshop: Organisation, make_device: MakeDevice
) -> None:
    first, second = make_device(holder=workshop), make_device(holder=workshop)
    scan(technician, COMMANDS["resume"].code)
    page = scan(technician, first.code)
    assert answer(page) == "refused"
    assert "reçu" in said(page)
    scan(technician, COMMANDS["inventory"].code)
    assert answer(scan(technician, second.code)) == "done"


def test_what_the_role_may_not_do_is_refused_on_the_card(technician: Visitor) -> None:
    page = scan(technician, COMMANDS["stock"].code)
    assert answer(page) == "refused"
    assert "Votre rôle" in said(page)
    assert not page.select('#desk-command option[value="stock"]')


def test_a_triage_that_came_out_otherwise_is_not_called_done(
    technician: Visitor, workshop: Organisation, make_device: MakeDevice
) -> None:
    device = make_device(holder=workshop)
    scan(technician, COMMANDS["inventory"].code)
    scan(technician, device.code)
    scan(technician, COMMANDS["triage:repair"].code)
    assert answer(scan(technician, device.code)) == "done"
    scan(technician, COMMANDS["triage:parts"].code)
    page = scan(technician, device.code)
    assert answer(page) == "refused"
    assert "à réparer" in said(page)


def test_two_codes_glued_together_are_two_scans(
    technician: Visitor, workshop: Organisation, make_device: MakeDevice
) -> None:
    first, second = make_device(holder=workshop), make_device(holder=workshop)
    scan(technician, COMMANDS["inventory"].code)
    page = scan(technician, first.code + second.code)
    assert (first.status, second.status) == ("inventoried", "inventoried")
    assert len(page.select(".desk-row")) == 3


def test_the_same_page_sent_twice_is_one_scan(
    technician: Visitor, workshop: Organisation, make_device: MakeDevice
) -> None:
    device = make_device(holder=workshop)
    scan(technician, COMMANDS["inventory"].code)
    technician.get("/scan")
    assert technician.page is not None
    form = technician.fields(technician.page.one(".desk-box"))
    technician.post("/scan", form | {"text": device.code})
    page = technician.post("/scan", form | {"text": device.code})
    assert answer(page) == "done", "the answer of the first time"
    assert len(page.select(".desk-row")) == 2


def test_a_page_sent_again_for_another_machine_is_refused_once(
    technician: Visitor, workshop: Organisation, make_device: MakeDevice
) -> None:
    first, second = make_device(holder=workshop), make_device(holder=workshop)
    scan(technician, COMMANDS["inventory"].code)
    technician.get("/scan")
    assert technician.page is not None
    form = technician.fields(technician.page.one(".desk-box"))
    technician.post("/scan", form | {"text": first.code})
    rows = set()
    for _ in range(2):
        page = technician.post("/scan", form | {"text": second.code})
        assert answer(page) == "refused"
        assert "rescannez" in page.words()
        rows.add(len(page.select(".desk-row")))
    assert len(rows) == 1
    assert (first.status, second.status) == ("inventoried", "received")


def test_the_whole_pile_is_taken_back(technician: Visitor, workshop: Organisation, make_device: MakeDevice) -> None:
    devices = [make_device(holder=workshop) for _ in range(3)]
    scan(technician, COMMANDS["inventory"].code)
    for device in devices:
        scan(technician, device.code)
    scan(technician, COMMANDS["triage:repair"].code)
    scan(technician, devices[0].code)
    page = technician.post("/scan/undo-pile")
    assert "4 gestes annulés" in page.words()
    assert [device.status for device in devices] == ["received"] * 3
    assert "0 fait" in page.one("#desk-counts").text


def test_what_went_on_since_stays_and_says_why(
    technician: Visitor, workshop: Organisation, make_device: MakeDevice, session: Session
) -> None:
    from refurb.core.workflow import Action
    from refurb.devices.services import move
    from refurb.security import Actor
    from refurb.web import now

    first, second = make_device(holder=workshop), make_device(holder=workshop)
    scan(technician, COMMANDS["inventory"].code)
    scan(technician, first.code)
    scan(technician, second.code)
    move(session, first, Action.TRIAGE, by=Actor.system(), at=now(), payload={"outcome": "install"})
    page = technician.post("/scan/undo-pile")
    assert "1 geste annulé" in page.words()
    assert "Elle a bougé depuis" in page.words()
    assert (first.status, second.status) == ("triaged", "received")


def test_a_closed_pile_is_kept_to_be_read_and_printed(
    technician: Visitor, workshop: Organisation, make_device: MakeDevice
) -> None:
    device = make_device(holder=workshop)
    scan(technician, COMMANDS["inventory"].code)
    scan(technician, device.code)
    page = technician.post("/scan/close")
    assert page.heading.startswith("Pile du")
    assert "Reçu → Inventorié" in page.words()
    assert len(page.select("tbody tr")) == 2
    page = technician.get("/scan")
    assert "Scannez une machine" in said(page), "the next pile begins empty"


def test_nobody_reads_or_undoes_another_organisations_pile(
    visitor: Visitor,
    workshop: Organisation,
    make_organisation: MakeOrganisation,
    make_account: MakeAccount,
    make_device: MakeDevice,
) -> None:
    from tests.visitor import Visitor

    mine = Visitor(visitor.app).sign_in(make_account({workshop: [Role.TECHNICIAN]}), workshop)
    device = make_device(holder=workshop)
    scan(mine, COMMANDS["inventory"].code)
    scan(mine, device.code)
    page = mine.get("/scan")
    undo = str(page.one(".desk-row form")["action"])
    pile = mine.get("/scan/piles/now").response.request.path
    other = make_organisation(OrganisationRole.REFURBISHER)
    theirs = Visitor(visitor.app).sign_in(make_account({other: [Role.TECHNICIAN]}), other)
    theirs.get(pile, status=404)
    theirs.post(undo, status=404)
    colleague = Visitor(visitor.app).sign_in(make_account({workshop: [Role.TECHNICIAN]}), workshop)
    colleague.get(pile)
    colleague.post(undo, status=404)
    assert device.status == "inventoried"


def test_the_guns_own_affixes_are_remembered_on_the_station(
    technician: Visitor, workshop: Organisation, make_device: MakeDevice
) -> None:
    device = make_device(holder=workshop)
    assert answer(scan(technician, f"S7{device.code}#")) == "refused"
    technician.get("/scan/gun")
    page = technician.submit(".desk-affixes", prefix="S7", suffix="#")
    assert page.one("#prefix")["value"] == "S7"
    assert "Trouvé" in said(scan(technician, f"S7{device.code}#"))


def test_the_short_address_of_a_label_opens_its_machine(
    technician: Visitor, workshop: Organisation, make_device: MakeDevice
) -> None:
    device = make_device(holder=workshop)
    answer = technician.client.get(f"/c/{device.code}")
    assert (answer.status_code, answer.location) == (302, f"/devices/{device.code}")
    technician.get("/c/R4900001209", status=404)
    technician.get(f"/c/{_blank()}", status=404)


def test_a_paper_scanned_at_the_desk_opens_and_another_workshops_does_not(
    technician: Visitor, workshop: Organisation, make_organisation: MakeOrganisation, session: Session
) -> None:
    own, foreign = (
        issue(session, number) for number in (workshop.id, make_organisation(OrganisationRole.REFURBISHER).id)
    )
    session.commit()
    page = scan(technician, own.code)
    assert own.number in said(page)
    assert page.one(f'#desk-last a[href="/documents/{own.code}"]')
    assert technician.client.get(f"/c/{own.code}").location == f"/documents/{own.code}"
    assert answer(scan(technician, f"https://refurb.exemple.fr/c/{own.code}")) == "done"
    assert answer(scan(technician, foreign.code)) == "unknown"
    technician.get(f"/c/{foreign.code}", status=404)


def test_cards_can_be_printed_and_their_symbols_are_those_of_their_codes(
    technician: Visitor, workshop: Organisation, make_place: MakePlace
) -> None:
    from refurb.labels.svg import symbols_of

    shelf = make_place(workshop, PlaceKind.SHELF, name="Étagère B3")
    page = technician.get("/scan/cards")
    assert "Étagère B3" in page.words()
    paths = {str(path["d"]) for path in page.select(".scan-card path")}
    assert {symbols_of(shelf.code).bars, symbols_of(COMMANDS["inventory"].code).square} <= paths
    assert "Entrer en stock" not in page.words(), "a technician has no card of what only a controller may do"


def test_a_prescriber_has_no_desk(
    visitor: Visitor, make_organisation: MakeOrganisation, make_account: MakeAccount
) -> None:
    service = make_organisation(OrganisationRole.PRESCRIBER)
    visitor.sign_in(make_account({service: [Role.PRESCRIBER]}), service)
    visitor.get("/scan", status=403)
    visitor.post("/scan", {"text": "R4900001208"}, status=403)
