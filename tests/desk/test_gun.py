"""The desk with a gun, in a browser: keys arrive fast, none is lost, and the box keeps the focus."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from refurb.core.equipment import Form, Origin, Regime
from refurb.core.permissions import OrganisationRole
from refurb.core.scanning import COMMANDS

if TYPE_CHECKING:
    from flask import Flask
    from playwright.sync_api import Browser, Page, Route

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@dataclass(frozen=True)
class Bench:
    """A workshop's desk, served: its address, a signed-in cookie, and the codes of its machines."""

    address: str
    cookie: str
    codes: list[str]
    badge: str
    database: str


@pytest.fixture
def bench(fresh_app: Flask) -> Iterator[Bench]:
    from tests.web_server import serve

    cookie, codes, badge = _workshop(fresh_app)
    server = serve(fresh_app)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    url = fresh_app.config["SQLALCHEMY_ENGINES"]["default"]["url"].render_as_string(hide_password=False)
    yield Bench(f"http://127.0.0.1:{server.server_port}", cookie, codes, badge, url)
    server.shutdown()
    thread.join()
    server.server_close()


def _workshop(app: Flask) -> tuple[str, list[str], str]:
    from refurb.accounts.models import Account, AccountSession, Membership
    from refurb.accounts.passwords import hash_password
    from refurb.accounts.tokens import new_token, token_hash
    from refurb.db import get_session
    from refurb.desk import operators
    from refurb.devices.services import receive
    from refurb.organisations.models import LegalType, Organisation, OrganisationRoleRow
    from refurb.security import Actor, ActorKind
    from refurb.web import now

    with app.app_context():
        session = get_session()
        roles = [OrganisationRoleRow(role=OrganisationRole.REFURBISHER)]
        kind = LegalType.ASSOCIATION
        workshop = Organisation(name="Atelier", legal_type=kind, created_at=now(), role_rows=roles)
        hashed = hash_password("trois mots faciles")
        account = Account(email="t@example.org", name="T", language="fr", created_at=now(), password_hash=hashed)
        session.add_all([workshop, account])
        session.flush()
        joined = {"account_id": account.id, "organisation_id": workshop.id, "created_at": now()}
        session.add(Membership(role_codes=["technician"], **joined))
        token, times = new_token(), {"created_at": now(), "last_seen_at": now(), "expires_at": now() + timedelta(1)}
        session.add(AccountSession(token_hash=token_hash(token), account_id=account.id, **times))
        birth: dict[str, Any] = {"form": Form.LAPTOP, "origin": Origin.PRIVATE, "regime": Regime.GIFT, "place_id": None}
        birth |= {"holder_id": workshop.id, "by": Actor.system(), "at": now(), "maker": "Lenovo", "model": "T470"}
        codes = [receive(session, serial=f"PF0XK{n:02d}M", **birth).code for n in range(15)]
        by = Actor(kind=ActorKind.PERSON, id=account.id, organisation_id=workshop.id, language="fr")
        badge = operators.newcomer(session, "Amina", "-", by=by, at=now()).code
        session.commit()
        return token, codes, badge


@pytest.fixture
def desk(bench: Bench, browser: Browser, socket_enabled: None) -> Iterator[Page]:
    context = browser.new_context(locale="fr-FR")
    context.add_cookies([{"name": "refurb_session", "value": bench.cookie, "url": bench.address}])
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{bench.address}/scan")
    page.wait_for_selector(".desk-sound:not([hidden])")
    yield page
    context.close()
    assert errors == []


def pull(page: Page, text: str) -> None:
    """Pull the trigger: the gun types into whatever has the focus, and presses Enter."""
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def rows(page: Page, count: int) -> list[str]:
    """Wait for so many lines in the ledger; return their words, newest first."""
    page.locator("#desk-rows .desk-row").nth(count - 1).wait_for(timeout=60_000)
    return [" ".join(row.split()) for row in page.locator("#desk-rows .desk-row-word").all_inner_texts()]


def test_fast_scans_are_all_answered_in_their_order_on_one_page(bench: Bench, desk: Page) -> None:
    pull(desk, COMMANDS["inventory"].code)
    for code in bench.codes:
        pull(desk, code)
    pull(desk, bench.codes[0])
    said = rows(desk, 17)
    assert said == ["Déjà fait", *["Fait"] * 15, "Réglé"]
    assert desk.evaluate("document.activeElement.id") == "desk-text"
    assert desk.url == f"{bench.address}/scan"
    assert "15 faits" in desk.inner_text("#desk-counts")


ALT_GR = """document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {
  key: "#", ctrlKey: true, altKey: true, modifierAltGraph: true, bubbles: true, cancelable: true,
})) && null"""


def test_keys_come_back_to_the_box_wherever_one_clicked(bench: Bench, desk: Page) -> None:
    pull(desk, bench.codes[0])
    rows(desk, 1)
    desk.click("#desk-ledger-title")
    desk.evaluate("document.activeElement.blur()")
    pull(desk, bench.codes[1])
    assert len(rows(desk, 2)) == 2
    # What is pressed, opened or chosen keeps its space bar, and none of what a gun types.
    help_ = desk.locator(".desk-help summary")
    help_.focus()
    desk.keyboard.press("Space")
    desk.locator(".desk-help[open]").wait_for()
    places = (".desk-help summary", ".desk-sound button", ".desk-more a", "#desk-filter", "#desk-actions form button")
    for place, code in enumerate(bench.codes[2:7]):
        desk.locator(places[place]).first.focus()
        pull(desk, code)
        assert len(rows(desk, 3 + place)) == 3 + place, places[place]
    assert desk.locator(".desk-help[open]").count() == 1
    # A sign that takes AltGr, which Windows tells as Ctrl and Alt.
    help_.focus()
    desk.evaluate(ALT_GR)
    assert desk.evaluate("document.activeElement.id") == "desk-text"


def test_a_scan_over_the_list_of_actions_chooses_none(bench: Bench, desk: Page) -> None:
    desk.focus("#desk-command")
    pull(desk, bench.codes[0])
    assert rows(desk, 1) == ["Trouvé"]
    assert desk.input_value("#desk-command") == "open"


def test_a_gun_that_ends_with_tab_scans_and_a_finger_goes_on(bench: Bench, desk: Page) -> None:
    # The pace of keys is the matter: each says when it was pressed, however busy the machine is.
    keys = """([text, pause]) => {
      const box = document.querySelector("#desk-text");
      let at = performance.now();
      const press = (key) => {
        const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
        Object.defineProperty(event, "timeStamp", { value: (at += pause) });
        return box.dispatchEvent(event);
      };
      box.value = text;
      for (const letter of text) press(letter);
      return !press("Tab");
    }"""
    assert desk.evaluate(keys, [bench.codes[0], 60]) is False, "a finger: the key goes to the next control"
    assert desk.evaluate(keys, [bench.codes[0], 4]) is True
    assert rows(desk, 1) == ["Trouvé"]


def test_the_pin_of_a_badge_is_typed_where_it_is_asked_on_any_keyboard(bench: Bench, desk: Page) -> None:
    pull(desk, bench.badge)
    desk.locator("#desk-pin:focus").wait_for()
    desk.keyboard.type("4(-1")  # 4561 on AZERTY, the first digit and the last with shift, the others without
    assert desk.input_value("#desk-pin") == "4561"
    pull(desk, bench.codes[0])
    assert rows(desk, 2)[0] == "Trouvé", "no PIN begins with a letter: it was a scan"
    assert desk.evaluate("document.activeElement.id") == "desk-text"
    # What the gun puts before the code goes with it.
    desk.evaluate("Object.assign(document.querySelector('.desk').dataset, { prefix: '-/', suffix: '#' }) && null")
    for at, begun in enumerate(("", "45"), 1):
        pull(desk, bench.badge)
        desk.locator("#desk-pin:focus").wait_for()
        desk.keyboard.type(begun)
        pull(desk, f"-/]C1{bench.codes[at]}#")
        assert rows(desk, 2 + 2 * at)[0] == "Trouvé", begun


def test_a_choice_in_the_list_is_sent_at_once(bench: Bench, desk: Page) -> None:
    desk.select_option("#desk-command", "inventory")
    desk.wait_for_selector("#desk-setting option[value=inventory][selected]", state="attached")
    pull(desk, bench.codes[0])
    assert rows(desk, 2) == ["Fait", "Réglé"]


def test_a_scan_whose_answer_was_lost_is_sent_again_and_counts_once(bench: Bench, desk: Page) -> None:
    pull(desk, COMMANDS["inventory"].code)
    rows(desk, 1)
    lost: list[str] = []

    def lose(route: Route) -> None:
        lost.append(route.fetch().text())  # the server has done it, the browser never hears of it
        route.abort()

    desk.route("**/scan/send", lose, times=1)
    pull(desk, bench.codes[0])
    desk.wait_for_selector('[data-state="offline"]:not([hidden])')
    pull(desk, bench.codes[1])
    assert rows(desk, 3) == ["Fait", "Fait", "Réglé"]
    assert len(lost) == 1
    assert "2 faits" in desk.inner_text("#desk-counts")


#: Holds what is written to the queue, and notes each look at it once the page knows of it.
HOLD = """() => import("/static/js/scan-queue.mjs").then((module) => module.openQueue()).then((queue) => {
  const [add, all] = [queue.add.bind(queue), queue.all.bind(queue)];
  Object.assign(window, { held: [], looked: [] });
  queue.add = (scan) => new Promise((go) => held.push(go)).then(() => add(scan));
  queue.all = async (store = "queue") => {
    const found = await all(store);
    setTimeout(() => looked.push(store));
    return found;
  };
})"""


def test_a_scan_on_its_way_to_the_disk_is_waited_for(bench: Bench, desk: Page) -> None:
    pull(desk, bench.codes[0])
    rows(desk, 1)
    desk.evaluate(HOLD)
    pull(desk, bench.codes[1])
    desk.wait_for_function("() => held.length")
    # The queue is counted meanwhile, and this scan is not in it yet; the pile is not to end without it.
    desk.evaluate("dispatchEvent(new Event('online')) && null")
    desk.wait_for_function("() => looked.includes('held')")
    desk.locator("#desk-actions form button").first.click()
    desk.wait_for_selector("[data-state=after]:not([hidden])")
    desk.evaluate("held[0]()")
    assert rows(desk, 2) == ["Trouvé", "Trouvé"]
    assert desk.url == f"{bench.address}/scan"
