"""What a pile keeps for later, who scans, what is counted: the desk beyond one scan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from refurb.accounts.passwords import hash_password
from refurb.core.gun import trial
from refurb.core.permissions import OrganisationRole, Role
from refurb.core.scanning import COMMANDS, TEST_CODE
from refurb.core.workflow import Status
from refurb.desk import finding
from refurb.desk.models import Badge, Scan, ScanPile
from refurb.organisations.models import PlaceKind
from tests.desk.visiting import begin, figures, scan, send, setting, the_count

if TYPE_CHECKING:
    from refurb.accounts.models import Account
    from refurb.db import Session
    from refurb.organisations.models import Organisation
    from tests.conftest import Clock
    from tests.factories import MakeAccount, MakeDevice, MakeOrganisation, MakePlace
    from tests.visitor import Page, Visitor

PASSWORD = "ornithorynque du matin"


def note(visitor: Visitor) -> str:
    told: str = visitor.client.get("/scan/token").get_json()["note"]
    return told


# -- What stands in the way -------------------------------------------------------------------------------------------
def test_what_is_not_taken_back_lightly_waits_for_one_confirmation(
    controller: Visitor, workshop: Organisation, make_device: MakeDevice
) -> None:
    devices = [make_device(holder=workshop, status=Status.INVENTORIED) for _ in range(2)]
    scan(controller, COMMANDS["lose"].code)
    for device in devices:
        page = scan(controller, device.code)
    assert page.one("#desk-last .desk-answer")["data-answer"] == "waiting"
    assert [device.status for device in devices] == [Status.INVENTORIED] * 2
    assert "Confirmer pour 2 machines" in page.one(".desk-standing").text
    page = controller.submit('form[action="/scan/confirm"]')
    assert [device.status for device in devices] == [Status.MISSING] * 2
    assert not page.select_one(".desk-standing")


def test_a_blocker_is_set_aside_by_one_tap_and_stays_in_the_ledger(
    controller: Visitor, workshop: Organisation, make_device: MakeDevice
) -> None:
    device = make_device(holder=workshop)
    scan(controller, COMMANDS["stock"].code)
    page = scan(controller, device.code)
    assert page.one("#desk-last .desk-answer")["data-answer"] == "refused"
    assert "1 scan à régler" in page.one(".desk-standing").text
    page = controller.submit('.desk-standing li form[action="/scan/set-aside"]')
    assert not page.select_one(".desk-standing")
    assert len(page.select("#desk-rows .desk-row")) == 2


def test_an_unknown_one_is_found_by_a_search_that_forgives(
    controller: Visitor, workshop: Organisation, make_device: MakeDevice, session: Session
) -> None:
    wanted = make_device(holder=workshop, maker="Lenovo", model="ThinkPad T470", serial="PF0XK9AM")
    make_device(holder=workshop, maker="Dell", model="Latitude E7240", serial="8H2JQ72")
    page = scan(controller, "PFOXK9AN")
    assert page.one("#desk-last .desk-answer")["data-answer"] == "unknown"
    page = controller.get(str(page.one('.desk-standing a[href*="/scan/unknown/"]')["href"]))
    assert page.select("tbody tr")[0].select_one("th") is not None
    assert "ThinkPad T470" in page.select("tbody tr")[0].text
    page = controller.submit(f'form:has(input[value="{wanted.code}"])')
    assert not page.select_one(".desk-standing")
    assert session.scalars(sa.select(Scan.device_id)).all() == [wanted.id]


@pytest.mark.parametrize("text", ["R4900001208", "PF0XK9AM"])
def test_an_unknown_one_that_came_in_since_is_in_nobodys_way(
    controller: Visitor, workshop: Organisation, make_device: MakeDevice, text: str
) -> None:
    """Created from the pile, by the deposit or by a colleague: nothing is left to settle, another one still is."""
    page = scan(controller, text)
    assert "1 scan à régler" in page.one(".desk-standing").text
    scan(controller, "AUTRE77XYZ")
    make_device(holder=workshop, **({"code": text} if text.startswith("R49") else {"maker": "Lenovo", "serial": text}))
    page = controller.get("/scan")
    assert "1 scan à régler" in page.one(".desk-standing").text
    assert "AUTRE77XYZ" in page.one(".desk-standing").text


def test_an_unknown_one_once_found_undergoes_what_the_pile_set(
    controller: Visitor, workshop: Organisation, make_device: MakeDevice, make_place: MakePlace
) -> None:
    first, second = (make_device(holder=workshop, maker="Lenovo", model=f"T47{n}", serial=f"PF0XK9{n}M") for n in "03")
    shelf = make_place(workshop, PlaceKind.SHELF, name="Étagère C1")
    scan(controller, shelf.code)
    scan(controller, COMMANDS["inventory"].code)
    scan(controller, "PF0XK90N")
    page = scan(controller, "PF0XK93N")
    controller.get(str(page.select(".desk-standing a")[0]["href"]))
    page = controller.submit(f'form:has(input[value="{first.code}"])')
    assert (first.status, first.place_id) == (Status.INVENTORIED, shelf.id)
    assert "Reçu → Inventorié" in page.words()
    scan(controller, COMMANDS["anywhere"].code)
    page = controller.get(str(controller.get("/scan").one(".desk-standing a")["href"]))
    controller.submit(f'form:has(input[value="{second.code}"])')
    assert second.status == Status.RECEIVED, "the place was left since: nothing is guessed"
    controller.submit('form[action="/scan/undo-pile"]')
    assert first.status == Status.RECEIVED


@pytest.mark.parametrize("card", ["", "label", "scrap"])
def test_an_unknown_one_once_found_is_put_away_labelled_or_waits_as_its_pile_asked(
    controller: Visitor, workshop: Organisation, make_device: MakeDevice, make_place: MakePlace, card: str
) -> None:
    device = make_device(holder=workshop, maker="Lenovo", model="T470", serial="PF0XK90M")
    shelf = make_place(workshop, PlaceKind.SHELF, name="Étagère C1")
    scan(controller, shelf.code)
    if card:
        scan(controller, COMMANDS[card].code)
    page = scan(controller, "PF0XK90N")
    controller.get(str(page.one('.desk-standing a[href*="/scan/unknown/"]')["href"]))
    page = controller.submit(f'form:has(input[value="{device.code}"])')
    assert device.place_id == (None if card else shelf.id)
    told = {"": "Rangée à Étagère C1", "label": "Son étiquette s'imprimera", "scrap": "confirmez une fois"}[card]
    assert told in page.one("#desk-rows").text
    assert bool(page.select_one('.desk-standing form[action$="/confirm"]')) is (card == "scrap")


def test_the_search_knows_makers_models_and_codes_and_only_the_workshops(
    controller: Visitor,
    workshop: Organisation,
    person: Account,
    make_device: MakeDevice,
    make_organisation: MakeOrganisation,
    session: Session,
) -> None:
    from refurb.security import Actor, ActorKind

    mine = make_device(holder=workshop, maker="Fujitsu", model="Lifebook E736", serial="YL9X003311")
    make_device(holder=make_organisation(OrganisationRole.REFURBISHER), maker="Fujitsu", model="Lifebook E736")
    by = Actor(kind=ActorKind.PERSON, id=person.id, organisation_id=workshop.id)
    for text in ("lifebok e736", "YL9XOO3311", "9X0033", mine.code, "fujitsu"):
        assert [device.id for device in finding.find(session, text, by=by).devices] == [mine.id], text
    assert finding.find(session, "zzzzzzzz", by=by).devices == ()


# -- Late scans -------------------------------------------------------------------------------------------------------
def test_a_late_scan_shows_both_truths(
    controller: Visitor,
    workshop: Organisation,
    make_device: MakeDevice,
    make_place: MakePlace,
    session: Session,
    clock: Clock,
) -> None:
    from refurb.devices import services as devices
    from refurb.security import Actor

    device, shelf = make_device(holder=workshop), make_place(workshop, PlaceKind.SHELF, name="Étagère C1")
    scanned_at = clock.at
    devices.put_at(session, device, shelf.id, by=Actor.system(), at=clock.move(minutes=30))
    session.commit()
    clock.move(hours=2)
    told = send(controller, COMMANDS["inventory"].code, client_at=scanned_at.isoformat())
    assert told["conflict"] is False
    told = send(controller, device.code, client_at=scanned_at.isoformat())
    assert (told["answer"], told["conflict"]) == ("done", True)
    assert "rangée à Étagère C1" in told["last"]
    told = send(controller, make_device(holder=workshop).code, client_at=scanned_at.isoformat())
    assert told["conflict"] is False


def test_a_machine_picked_by_mistake_is_said_to_be_nobodys(
    controller: Visitor, workshop: Organisation, make_device: MakeDevice
) -> None:
    from refurb.devices.words import REFUSALS

    device = make_device(holder=workshop, status=Status.IN_STOCK)
    scan(controller, COMMANDS["prepare"].code)
    page = scan(controller, device.code)
    assert page.one("#desk-last .desk-answer")["data-answer"] == "refused"
    assert str(REFUSALS["no-reservation"]) in page.one("#desk-last").text


def test_what_comes_next_is_done_by_one_tap(
    controller: Visitor, workshop: Organisation, make_device: MakeDevice
) -> None:
    device = make_device(holder=workshop)
    scan(controller, device.code)
    page = controller.submit(".desk-steps", command="inventory")
    assert (device.status, page.one("#desk-last .desk-answer")["data-answer"]) == (Status.INVENTORIED, "done")
    scan(controller, device.code)
    opened = str(controller.get("/scan").one(".desk-steps")["action"])
    controller.submit(".desk-steps", command="triage:install")
    assert device.triage_outcome == "install"
    controller.post(opened, {"command": "stock"}, status=400)
    page = controller.post(opened, {"command": "triage:parts"})
    assert page.one("#desk-last .desk-answer")["data-answer"] == "refused", "somebody said otherwise since"
    assert "inventorié" in scan(controller, COMMANDS["undo"].code).one("#desk-last").text


# -- Who scans --------------------------------------------------------------------------------------------------------
def badge_of(visitor: Visitor, name: str, pin: str) -> str:
    visitor.get("/scan/badges")
    page = visitor.submit('form[action="/scan/badges"]', name=name, pin=pin)
    assert page.heading == f"Badge de {name}"
    return page.one(".scan-card .code").text.replace(" ", "").replace("\u00a0", "")


def test_a_newcomer_scans_by_badge_and_pin_without_anybody_signing_out(
    controller: Visitor, workshop: Organisation, person: Account, make_device: MakeDevice, session: Session
) -> None:
    device = make_device(holder=workshop)
    code = badge_of(controller, "Amina", "4821")
    scan(controller, code)
    page = controller.submit(".desk-link", pin="1111")
    assert "pas le code de ce badge" in page.words()
    scan(controller, code)
    page = controller.submit(".desk-link", pin="4821")
    assert "Amina scanne" in setting(page)
    scan(controller, COMMANDS["inventory"].code)
    scan(controller, device.code)
    bearer = session.scalars(sa.select(Badge.account_id)).one()
    mover = session.scalars(sa.select(ScanPile.account_id).join(Scan).where(Scan.device_id == device.id)).one()
    assert mover == bearer != person.id
    page = give_back(controller, session, person)
    assert "Amina scanne" not in setting(page)
    assert "Amina a pris le poste" in page.one("#desk-last").text
    assert not page.select_one("#desk-pin"), "what was asked is answered"


def give_back(visitor: Visitor, session: Session, person: Account) -> Page:
    """Return the desk's page once whoever signed in has the browser again."""
    person.password_hash = hash_password(PASSWORD)
    session.commit()
    visitor.get("/scan/operator/leave")
    page = visitor.submit(password=PASSWORD)
    assert page.heading == "Scanner"
    return page


def test_while_a_badge_is_on_the_browser_is_its_bearers(
    controller: Visitor, workshop: Organisation, person: Account, session: Session
) -> None:
    """On every page, and whatever cookies are thrown away: what a browser may do is kept with its sign-in."""
    code = badge_of(controller, "Amina", "4821")
    assert controller.get("/workshop/settings").heading
    scan(controller, code)
    page = controller.submit(".desk-link", pin="4821")
    assert not page.select('a[href="/scan/badges"], a[href="/workshop/settings"], a[href="/account"]')
    assert page.select('.account a[href="/scan/operator/leave"]')
    for name in ("refurb_desk", "refurb_scanner", "session"):
        controller.client.delete_cookie(name)
    assert "Amina scanne" in setting(controller.get("/scan"))
    for address in ("/scan/badges", "/workshop/settings", "/account", "/account/password", "/account/second-factor"):
        controller.get(address, status=403)
    controller.post("/scan/badges", {"member": str(person.id), "pin": "4821"}, status=403)
    assert session.scalars(sa.select(Badge.account_id)).all() != [person.id]
    # She goes about as a volunteer does.
    assert "Amina" in controller.get("/").select(".account")[0].text
    controller.get("/scan/operator/leave")
    assert "pas le mot de passe" in controller.submit(status=422, password="4821").words()
    controller.get("/scan/badges", status=403)
    give_back(controller, session, person)
    controller.get("/scan/badges")


def test_a_badge_that_counts_no_more_gives_the_browser_to_nobody(
    controller: Visitor, session: Session, clock: Clock
) -> None:
    scan(controller, badge_of(controller, "Amina", "4821"))
    controller.submit(".desk-link", pin="4821")
    clock.move(hours=13)
    assert controller.client.get("/scan").location.startswith("/sign-in")
    clock.move(hours=-13)
    controller.get("/scan")
    session.execute(sa.update(Badge).values(revoked_at=clock.at))
    session.commit()
    assert controller.client.get("/scan").location.startswith("/sign-in")
    assert controller.client.get("/scan/badges").location.startswith("/sign-in")


def test_a_badge_ends_with_the_sign_in_it_was_read_under(
    controller: Visitor, workshop: Organisation, person: Account
) -> None:
    scan(controller, badge_of(controller, "Amina", "4821"))
    controller.submit(".desk-link", pin="4821")
    controller.post("/sign-out")
    assert controller.client.get("/scan").location.startswith("/sign-in")
    controller.sign_in(person, workshop)
    assert "Amina scanne" not in setting(controller.get("/scan"))


def test_whose_own_badge_it_is_has_the_browser_back_by_its_pin(
    controller: Visitor, workshop: Organisation, person: Account, session: Session
) -> None:
    hers = badge_of(controller, "Amina", "4821")
    controller.get("/scan/badges")
    page = controller.submit('form[action="/scan/badges"]', member=str(person.id), pin="7410")
    own = page.one(".scan-card .code").text.replace(" ", "").replace("\u00a0", "")
    for code, pin, status in ((hers, "4821", 403), (own, "7410", 200)):
        scan(controller, code)
        controller.submit(".desk-link", pin=pin)
        controller.get("/scan/badges", status=status)


def test_the_pin_of_a_badge_is_tried_a_few_times_only(controller: Visitor) -> None:
    code = badge_of(controller, "Amina", "4821")
    for _ in range(6):
        scan(controller, code)
        controller.submit(".desk-link", pin="0000")
    scan(controller, code)
    assert "Trop d'essais" in controller.submit(".desk-link", pin="4821").words()


def test_a_pin_is_made_into_a_hash_outside_every_transaction(
    controller: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes as long as a password, and nobody else writes meanwhile."""
    from refurb.db import get_session
    from refurb.desk import operators

    open_meanwhile: list[bool] = []

    def slow(pin: str) -> str:
        open_meanwhile.append(get_session().in_transaction())
        return hash_password(pin)

    monkeypatch.setattr(operators, "hash_password", slow)
    badge_of(controller, "Amina", "4821")
    assert open_meanwhile == [False]


@pytest.mark.parametrize("pin", ["123", "1111", "abcd", "123456789", ""])
def test_a_weak_pin_is_refused(controller: Visitor, pin: str) -> None:
    controller.get("/scan/badges")
    page = controller.post("/scan/badges", {"name": "Amina", "pin": pin}, status=422)
    assert "de 4 à 8 chiffres" in page.words()


def test_a_scan_that_waited_keeps_its_author_and_a_revoked_badge_counts_no_more(
    controller: Visitor, workshop: Organisation, person: Account, make_device: MakeDevice, session: Session
) -> None:
    code = badge_of(controller, "Amina", "4821")
    scan(controller, code)
    controller.submit(".desk-link", pin="4821")
    hers = note(controller)
    give_back(controller, session, person)
    send(controller, make_device(holder=workshop).code, operator=hers)
    authors = session.scalars(sa.select(ScanPile.account_id).join(Scan).where(Scan.device_id.is_not(None))).all()
    assert authors == [session.scalars(sa.select(Badge.account_id)).one()]
    badge_id = session.scalars(sa.select(Badge.id)).one()
    controller.post(f"/scan/badges/{badge_id}/revoke")
    assert send(controller, "X", operator=hers, status=409) == {"code": "operator-unknown"}
    assert send(controller, "X", operator="forged", status=409) == {"code": "operator-unknown"}


def test_a_badges_note_of_last_week_is_too_old(
    controller: Visitor, session: Session, person: Account, clock: Clock
) -> None:
    from datetime import UTC, datetime

    clock.at = datetime.now(UTC)
    own = note(controller)
    scan(controller, badge_of(controller, "Amina", "4821"))
    controller.submit(".desk-link", pin="4821")
    hers = note(controller)
    give_back(controller, session, person)
    clock.move(days=7)
    send(controller, "X", operator=hers)
    clock.move(days=2)
    assert send(controller, "X", operator=hers, status=409) == {"code": "operator-unknown"}
    # Of who is signed in it says nothing that the sign-in does not.
    send(controller, "X", operator=own)


def test_only_who_runs_the_workshop_gives_badges(
    visitor: Visitor, workshop: Organisation, make_account: MakeAccount
) -> None:
    visitor.sign_in(make_account({workshop: [Role.TECHNICIAN]}), workshop)
    visitor.get("/scan/badges", status=403)
    visitor.post("/scan/badges", {"name": "Amina", "pin": "4821"}, status=403)


# -- Stocktakes -------------------------------------------------------------------------------------------------------
def test_a_shelf_is_counted_and_its_paper_says_what_is_missing(
    controller: Visitor, workshop: Organisation, make_device: MakeDevice, make_place: MakePlace
) -> None:
    from tests.labels.reader import render

    shelf, other = (make_place(workshop, PlaceKind.SHELF, name=name) for name in ("Étagère A1", "Étagère B2"))
    here, gone = (make_device(holder=workshop, place=shelf) for _ in range(2))
    elsewhere, nowhere = make_device(holder=workshop, place=other), make_device(holder=workshop)
    page = begin(controller, place=shelf.code)
    assert "Étagère A1, 0 sur 2" in setting(page)
    said = {d.id: scan(controller, d.code).one("#desk-last .desk-answer") for d in (here, elsewhere, nowhere)}
    assert said[here.id]["data-answer"] == "done"
    assert "notée à Étagère B2" in said[elsewhere.id].text
    assert "nulle part" in said[nowhere.id].text
    assert scan(controller, here.code).one("#desk-last .desk-answer")["data-answer"] == "already"
    assert "1 sur 2" in setting(scan(controller, "INCONNU9"))
    assert [d.place_id for d in (here, elsewhere, nowhere)] == [shelf.id, other.id, None], "a count only looks"
    page = the_count(controller)
    assert figures(page) == ["2", "1", "1", "1", "1"]
    page = controller.submit('form[action$="/finish"]')
    response = controller.client.get(str(page.one('a[href$=".pdf"]')["href"]))
    text = " ".join(one.text for one in render(response.get_data(), 72)).replace("\xa0", " ")
    for code in (gone.code, elsewhere.code, nowhere.code):
        assert f"{code[0]} {code[1:5]} {code[5:9]}" in text
    assert "INCONNU9" in text


def test_two_people_count_one_shelf_and_a_machine_is_ticked_once(
    controller: Visitor,
    workshop: Organisation,
    make_account: MakeAccount,
    make_device: MakeDevice,
    make_place: MakePlace,
) -> None:
    from tests.visitor import Visitor as Another

    shelf = make_place(workshop, PlaceKind.SHELF, name="Étagère A1")
    first, second = (make_device(holder=workshop, place=shelf) for _ in range(2))
    begin(controller, place=shelf.code)
    colleague = Another(controller.app).sign_in(make_account({workshop: [Role.VOLUNTEER]}), workshop)
    page = begin(colleague, place=shelf.code)
    assert "déjà en cours" in page.words(), "one count of one shelf"
    assert "Compté" in scan(controller, first.code).one("#desk-last").text
    assert scan(colleague, first.code).one("#desk-last .desk-answer")["data-answer"] == "already"
    assert "2 sur 2" in setting(scan(colleague, second.code))
    assert "On compte en ce moment" in scan(colleague, COMMANDS["inventory"].code).one("#desk-last").text
    page = the_count(controller)
    controller.submit('form[action$="/finish"]')
    assert "cette machine n'y est pas comptée" in scan(colleague, second.code).one("#desk-last").text
    begin(controller, place=shelf.code)
    assert "Inventaire" not in setting(scan(controller, COMMANDS["open"].code)), "a card leaves the count"


def test_a_tick_is_taken_back_until_the_count_is_over(
    controller: Visitor, workshop: Organisation, make_device: MakeDevice, make_place: MakePlace
) -> None:
    shelf = make_place(workshop, PlaceKind.SHELF, name="Étagère A1")
    here, stranger = make_device(holder=workshop, place=shelf), make_device(holder=workshop)
    begin(controller, place=shelf.code)
    scan(controller, here.code)
    page = scan(controller, stranger.code)
    assert "2 faits" in page.one("#desk-counts").text
    page = scan(controller, COMMANDS["undo"].code)
    assert "1 fait" in page.one("#desk-counts").text
    assert "0 sur 1" in setting(controller.submit('#desk-rows form[action*="/scan/undo/"]'))
    scan(controller, here.code)
    page = the_count(controller)
    assert figures(page) == ["1", "1", "0", "0", "0"]
    controller.submit('form[action$="/finish"]')
    controller.get("/scan")
    assert "L'inventaire est terminé" in controller.submit('#desk-rows form[action*="/scan/undo/"]').words()


def test_a_count_ticks_the_machine_that_an_unknown_text_turns_out_to_be(
    controller: Visitor, workshop: Organisation, make_device: MakeDevice, make_place: MakePlace
) -> None:
    shelf = make_place(workshop, PlaceKind.SHELF, name="Étagère A1")
    device = make_device(holder=workshop, place=shelf, maker="Dell", serial="8H2JQ72")
    begin(controller, place=shelf.code)
    page = controller.get(str(scan(controller, "8H2JQ7Z").one(".desk-standing a")["href"]))
    page = controller.submit(f'form:has(input[value="{device.code}"])')
    assert "1 sur 1" in setting(page)
    page = the_count(controller)
    assert "8H2JQ7Z" not in page.words()


# -- Ledger, day, gun -------------------------------------------------------------------------------------------------
def test_a_pile_is_narrowed_and_exported(
    controller: Visitor, workshop: Organisation, make_device: MakeDevice, session: Session
) -> None:
    device = make_device(holder=workshop, model="=T470")
    scan(controller, device.code)
    scan(controller, "INCONNU9")
    pile = session.scalars(sa.select(ScanPile.id)).one()
    page = controller.get(f"/scan/piles/{pile}?answer=unknown")
    assert "INCONNU9" in page.words()
    assert len(page.select("tbody tr")) == 1
    assert len(controller.get(f"/scan/piles/{pile}?q={device.code[1:5]}").select("tbody tr")) == 1
    text = controller.client.get(f"/scan/piles/{pile}?format=csv").get_data(as_text=True)
    assert "INCONNU9" in text
    assert ";=T470" not in text, "no formula leaves in an export"
    assert controller.client.get(f"/scan/piles/{pile}?format=xlsx").get_data()[:2] == b"PK"


def test_what_a_scan_took_back_is_drawn_again(
    controller: Visitor, workshop: Organisation, make_device: MakeDevice
) -> None:
    send(controller, COMMANDS["inventory"].code)
    (row,) = send(controller, make_device(holder=workshop).code)["rows"]
    told = send(controller, COMMANDS["undo"].code)
    assert "desk-undone" not in row
    assert "desk-undone" in told["changed"][0]
    assert row.split('id="')[1].split('"')[0] in told["changed"][0]


def test_machines_scanned_to_be_labelled_are_printed_and_no_other(
    controller: Visitor, workshop: Organisation, make_device: MakeDevice
) -> None:
    scan(controller, COMMANDS["inventory"].code)
    scan(controller, make_device(holder=workshop).code)
    scan(controller, COMMANDS["label"].code)
    page = scan(controller, make_device(holder=workshop).code)
    page = controller.get(str(page.one('#desk-last a[href*="/labels/prepare"]')["href"]))
    assert "1 étiquette" in page.words()


def test_piles_of_before_are_listed(controller: Visitor, workshop: Organisation, make_device: MakeDevice) -> None:
    assert "Aucune pile terminée" in controller.get("/scan/piles/now").words()
    scan(controller, make_device(holder=workshop).code)
    assert controller.get("/scan/piles/now").heading.startswith("Pile du")
    scan(controller, "INCONNU9")
    controller.post("/scan/close")
    page = controller.get("/scan/piles")
    assert "1 inconnu" in page.one("tbody tr").text
    assert "INCONNU9" in controller.get(str(page.one("tbody a")["href"])).words()


def test_the_day_counts_machines_and_never_a_person(
    controller: Visitor, workshop: Organisation, person: Account, make_device: MakeDevice
) -> None:
    assert "Rien encore" in controller.get("/scan/day").words()
    scan(controller, COMMANDS["inventory"].code)
    for _ in range(3):
        scan(controller, make_device(holder=workshop).code)
    page = controller.get("/scan/day")
    assert page.one(".day-sum").text == "3 machines"
    assert person.name not in page.one("main").text


@pytest.mark.parametrize(
    ("arrived", "layout", "prefix", "suffix"),
    [
        (TEST_CODE, None, "", ""),
        (TEST_CODE.lower(), None, "", ""),
        (f"S7{TEST_CODE}#", None, "S7", "#"),
        (f"]C1{TEST_CODE}", None, "", ""),
        (TEST_CODE.translate(str.maketrans("0123456789", "à&é\"'(-è_ç")), "azerty", "", ""),
    ],
)
def test_a_trial_says_what_the_gun_adds(arrived: str, layout: str | None, prefix: str, suffix: str) -> None:
    found = trial(arrived, TEST_CODE)
    assert found.recognised
    assert (found.layout, found.prefix, found.suffix) == (layout, prefix, suffix)
    assert found.caps_lock is (arrived == TEST_CODE.lower())


def test_a_gun_is_tried_and_what_it_adds_is_remembered(controller: Visitor) -> None:
    controller.get("/scan/gun")
    page = controller.submit('form[action="/scan/gun"]', arrived=f"S7{TEST_CODE}#")
    assert "Le code est bien lu" in page.words()
    page = controller.submit('form[action="/scan/scanner"]:has(.btn-primary)')
    assert page.one("#prefix")["value"] == "S7"
    page = scan(controller, f"S7{TEST_CODE}#")
    assert "le code d'essai" in page.one("#desk-last").text
    controller.get("/scan/gun")
    assert "Ce n'est pas le code" in controller.submit('form[action="/scan/gun"]', arrived="bonjour").words()


# -- Installed --------------------------------------------------------------------------------------------------------
def test_the_worker_keeps_files_that_exist_and_pages_that_open(controller: Visitor) -> None:
    import json
    import re

    text = controller.client.get("/sw.js").get_data(as_text=True)
    kept = json.loads(re.findall(r"const KEPT = (\{.*?\});\n", text)[0])
    for url in kept["files"]:
        assert controller.client.get(url).status_code == 200, url
    assert controller.get(kept["pages"]["/scan"]).one(".desk").has_attr("data-kept")
    manifest = controller.client.get("/manifest.webmanifest").get_json()
    assert (manifest["start_url"], manifest["scope"]) == ("/scan", "/")


def test_only_the_desk_may_compile_what_the_camera_needs(controller: Visitor) -> None:
    assert "'wasm-unsafe-eval'" in controller.get("/scan").response.headers["Content-Security-Policy"]
    assert "wasm" not in controller.get("/scan/cards").response.headers["Content-Security-Policy"]


def test_two_browsers_of_one_person_have_a_pile_each(
    controller: Visitor, workshop: Organisation, person: Account, make_device: MakeDevice
) -> None:
    from tests.visitor import Visitor as Another

    device = make_device(holder=workshop)
    scan(controller, COMMANDS["inventory"].code)
    phone = Another(controller.app).sign_in(person, workshop)
    assert "Trouvé" in scan(phone, device.code).one("#desk-last").text
    assert device.status == Status.RECEIVED
