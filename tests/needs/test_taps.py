"""A need on a phone, in a real browser: what it costs in taps, and a home visit without network.

The walk prints its taps, keystrokes and fields: `pytest -s tests/needs/test_taps.py`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from refurb.core.permissions import OrganisationRole, Role
from tests.desk.served import Desk
from tests.factories import sign_in_as

if TYPE_CHECKING:
    from flask import Flask
    from playwright.sync_api import Browser, Page, Route

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MOST_TAPS = 40
PATIENCE = 60_000
#: What the device holds, as a copy of its files would show it.
KEPT = """async () => {
  const ask = (request) => new Promise((y, n) => { request.onsuccess = () => y(request.result); request.onerror = n; });
  const database = await ask(indexedDB.open("refurb-needs", 1));
  const rows = await ask(database.transaction("drafts").objectStore("drafts").getAll());
  const keys = await ask(database.transaction("keys").objectStore("keys").getAll());
  const text = (row) => new TextDecoder("latin1").decode(row.box) + JSON.stringify({ ...row, box: null, iv: null });
  database.close();
  const secret = keys.every((each) => !each.key.extractable);
  return { states: rows.map((row) => row.state), text: rows.map(text).join(), secret };
}"""

STATES = f"async () => (await ({KEPT})()).states"


@pytest.fixture(autouse=True)
def territory() -> None:
    """In place of the folder's: the isolation that it asks for would bind this server's sessions too."""


@pytest.fixture
def office(fresh_app: Flask) -> Iterator[Desk]:
    """A service of Angers with its hand-over point, served; the cookie of somebody who prescribes."""
    made = Desk(fresh_app, _furnish(fresh_app), [], 0)
    made.start()
    yield made
    made.stop()


def _furnish(app: Flask) -> str:
    from refurb.accounts.models import Account
    from refurb.db import get_session
    from refurb.organisations.models import LegalType, Organisation, OrganisationRoleRow, Place, PlaceKind, Trust
    from refurb.territory import services
    from refurb.web import now

    with app.app_context():
        session = get_session()
        services.load(session, "49", at=now())
        where = {"commune_code": "49007", "epci_code": "244900015"}
        kinds = (OrganisationRole.PRESCRIBER, OrganisationRole.HANDOVER_POINT)
        service, point = (
            Organisation(
                name=f"Maison {role.value}",
                legal_type=LegalType.ASSOCIATION,
                trust=Trust.APPROVED,
                created_at=now(),
                role_rows=[OrganisationRoleRow(role=role)],
                **where,
            )
            for role in kinds
        )
        account = Account(email="p@example.org", name="P", language="fr", created_at=now(), password_hash="-")
        session.add_all([service, point, account])
        session.flush()
        place = {"kind": PlaceKind.HANDOVER, "name": "Centre du lac", "code": "L4900000137", "is_open": True}
        session.add(Place(organisation_id=point.id, **place, **where))
        token = sign_in_as(session, account.id, service.id, Role.PRESCRIBER, at=now())
        session.commit()
        return token


@dataclass
class Phone:
    """A thumb on a phone, which counts what it does."""

    page: Page
    taps: int = 0
    keys: int = 0
    fields: list[str] = field(default_factory=list)

    def tap(self, selector: str) -> None:
        self.page.locator(selector).first.tap()
        self.taps += 1

    def choose(self, name: str, value: str) -> None:
        """Tap the card or the words of a choice."""
        control = self.page.locator(f"input[name={name}][value={value}]")
        self.tap(f"label[for='{control.get_attribute('id')}']")
        # A tap is over before the click that the browser makes of it.
        expect(control).to_be_checked(timeout=PATIENCE)
        self.fields.append(name)

    def pick(self, name: str, value: str) -> None:
        """Choose in a list: one tap opens it, another one chooses."""
        self.page.locator(f"select[name={name}]").select_option(value)
        self.taps += 2
        self.fields.append(name)

    def type(self, name: str, text: str) -> None:
        self.tap(f"[name={name}]")
        box = self.page.locator(f"[name={name}]")
        expect(box).to_be_focused(timeout=PATIENCE)
        box.fill("")
        box.press_sequentially(text)
        self.keys += len(text)
        self.fields.append(name)


@pytest.fixture
def phone(office: Desk, browser: Browser, socket_enabled: None) -> Iterator[Phone]:
    context = browser.new_context(
        locale="fr-FR", viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True
    )
    context.set_default_timeout(PATIENCE)
    context.add_cookies([{"name": "refurb_session", "value": office.cookie, "url": office.address}])
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{office.address}/needs/new")
    page.wait_for_selector("[data-module=need-draft][data-ready]", state="attached")
    yield Phone(page)
    context.close()
    assert errors == []


def until(page: Page, question: str, wanted: Any) -> None:
    """Wait for the answer of a question to the page: what a promise says cannot be waited for by a selector."""
    last = time.monotonic() + PATIENCE / 1000
    while (said := page.evaluate(question)) != wanted:
        assert time.monotonic() < last, said
        page.wait_for_timeout(50)


def family(phone: Phone) -> None:
    """Three pupils and a telephone, in a commune that was merged."""
    phone.choose("usage_1", "secondary_school")
    phone.type("persons", "5")
    phone.type("pupils", "3")
    phone.choose("equipment", "phone_only")
    phone.choose("format", "laptop")
    phone.choose("can_pay", "yes")
    phone.type("contribution", "40")
    phone.choose("loan_suits", "yes")
    phone.choose("not_equipped", "yes")
    phone.choose("eligibility", "income_quotient")
    phone.type("commune", "st florent le vieil")
    phone.choose("informed_how", "in_person")


def needs(office: Desk) -> list[tuple[str, str, int]]:
    """Return what the server has: state, commune, points."""
    url = office.app.config["SQLALCHEMY_ENGINES"]["default"]["url"]
    engine = sa.create_engine(url)
    try:
        with engine.connect() as connection:
            rows = connection.execute(sa.text("SELECT state, commune_code, points FROM need ORDER BY id")).all()
            return [(row[0], row[1], row[2]) for row in rows]
    finally:
        engine.dispose()


def test_a_need_costs_at_most_forty_taps(office: Desk, phone: Phone) -> None:
    page = phone.page
    assert "Ni nom, ni rue" in page.locator("main").inner_text()
    phone.tap("summary:has-text('Un deuxième')")
    phone.pick("usage_2", "procedures")
    family(phone)
    phone.tap("button[value=send]")
    page.wait_for_url("**/needs/N*")
    assert "Validée" in page.locator("main").inner_text()
    assert [row[:2] for row in needs(office)] == [("validated", "49244")]
    prefilled = ["handover_place", "informed_on"]
    print(
        f"\na need at 360 px: {phone.taps} taps, {phone.keys} keystrokes, {len(phone.fields)} fields answered "
        f"({', '.join(phone.fields)}), {len(prefilled)} proposed and left as they were"
    )
    assert phone.taps <= MOST_TAPS
    # What the server has is kept nowhere else.
    until(page, STATES, [])


def test_without_network_it_stays_encrypted_and_leaves_once(office: Desk, phone: Phone) -> None:
    page = phone.page
    # The page and its files are kept for a place without network.
    until(page, "caches.match('/needs/offline').then(Boolean)", True)
    until(page, "caches.match('/static/js/need-store.mjs').then(Boolean)", True)
    office.stop()
    page.goto(f"{office.address}/needs/new")
    page.wait_for_selector("[data-module=need-draft][data-ready]", state="attached")
    family(phone)
    page.locator("#need-form textarea[name=note]").evaluate("box => box.value = 'Charnière solide'")
    page.locator("button[value=send]").tap()
    page.wait_for_selector("[data-module=need-draft][data-waiting]", state="attached")
    assert "Pas de réseau" in page.locator("#kept-drafts").inner_text()
    kept = page.evaluate(KEPT)
    assert kept["states"] == ["waiting"]
    assert kept["secret"]
    for clear in ("secondary_school", "florent", "Charni", "income_quotient"):
        assert clear not in kept["text"]

    # The network is back, and the first answer is lost on the way: the demand is sent again, and is one.
    lost: list[str] = []

    def lose(route: Route) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(str(route.fetch().status))
            route.abort()
        else:
            route.continue_()

    office.start()
    page.route("**/needs/new", lose)
    page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_selector("[data-module=need-draft][data-tried='1']", state="attached")
    page.evaluate("dispatchEvent(new Event('online'))")
    until(page, STATES, [])
    assert lost == ["201"]
    assert [row[:2] for row in needs(office)] == [("validated", "49244")]
    page.goto(f"{office.address}/needs/mine")
    page.wait_for_selector("tbody tr")
    assert page.locator("tbody tr").count() == 1


def test_what_was_begun_is_offered_again(office: Desk, phone: Phone) -> None:
    page = phone.page
    phone.choose("usage_1", "procedures")
    phone.type("persons", "2")
    page.wait_for_selector("[data-module=need-draft][data-saved]", state="attached")
    page.goto(f"{office.address}/needs/new")
    page.locator("#kept-drafts button", has_text="La reprendre").tap()
    expect(page.locator("input[name=usage_1][value=procedures]")).to_be_checked(timeout=PATIENCE)
    expect(page.locator("[name=persons]")).to_have_value("2", timeout=PATIENCE)
    assert needs(office) == []


HOLD = """() => {
  window.held = [];
  const encrypt = crypto.subtle.encrypt.bind(crypto.subtle);
  crypto.subtle.encrypt = async (...asked) => {
    await new Promise((go) => held.push(go));
    return encrypt(...asked);
  };
}"""
FULL = """() => {
  crypto.subtle.encrypt = () => Promise.reject(new DOMException("full", "QuotaExceededError"));
}"""
NOT_SAVED = "document.querySelector('[data-module=need-draft]:not([data-saved])') !== null"


def test_what_is_typed_while_the_device_writes_is_kept_too(office: Desk, phone: Phone) -> None:
    page = phone.page
    page.evaluate(HOLD)
    phone.choose("usage_1", "procedures")
    until(page, "held.length", 1)
    phone.type("persons", "2")
    page.evaluate("held[0]()")
    until(page, "held.length", 2)
    assert page.evaluate(NOT_SAVED)
    # A slow hand had more than one of its keys kept: none is held any more.
    page.evaluate("held.push = (go) => go(), held.forEach((go) => go())")
    page.wait_for_selector("[data-module=need-draft][data-saved]", state="attached")
    page.goto(f"{office.address}/needs/new")
    page.locator("#kept-drafts button", has_text="La reprendre").tap()
    expect(page.locator("[name=persons]")).to_have_value("2", timeout=PATIENCE)


def test_a_device_without_room_sends_what_it_cannot_keep(office: Desk, phone: Phone) -> None:
    page = phone.page
    page.evaluate(FULL)
    family(phone)
    phone.tap("button[value=send]")
    page.wait_for_url("**/needs/N*")
    assert [row[:2] for row in needs(office)] == [("validated", "49244")]


def test_the_paper_form_is_one_sheet(office: Desk, phone: Phone) -> None:
    import pypdfium2

    phone.page.goto(f"{office.address}/needs/paper")
    document = pypdfium2.PdfDocument(phone.page.pdf(prefer_css_page_size=True))
    sheets = len(document)
    document.close()
    assert sheets == 1
