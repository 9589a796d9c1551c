"""What a page shows where several people share a station, and without network: its own pile, and how it is set."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from refurb.core.scanning import COMMANDS
from tests.desk.browsing import (
    COUNT,
    KEPT,
    PATIENCE,
    kept,
    network_returns,
    ready,
    scan,
    sign_in,
    state,
    until,
)
from tests.desk.served import Desk, another

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

expect.set_options(timeout=PATIENCE)

#: What the page says of its card.
INVENTORY = "Inventorier"


@pytest.fixture
def desk(make_desk: Callable[[int], Desk]) -> Desk:
    return make_desk(4)


def badge(desk: Desk, name: str, pin: str) -> str:
    """Give a volunteer of the desk's workshop a badge; return its code."""
    from refurb.db import get_session
    from refurb.desk import operators
    from refurb.security import Actor, ActorKind
    from refurb.web import now

    with desk.app.app_context():
        session = get_session()
        by = Actor(kind=ActorKind.PERSON, organisation_id=desk.workshop_id, language="fr")
        made = operators.newcomer(session, name, operators.hashed(pin), by=by, at=now()).code
        session.commit()
        return made


def take_over(page: Page, code: str, pin: str) -> None:
    scan(page, code)
    page.locator("#desk-pin").fill(pin)
    page.keyboard.press("Enter")


def test_a_colleagues_scans_leave_quietly_and_the_cards_that_wait_say_what_is_set(
    desk: Desk, context: BrowserContext
) -> None:
    from refurb.desk.models import Scan, ScanPile

    sign_in(context, desk)
    page = context.new_page()
    ready(page, desk)
    until(page, f"{KEPT}.then((text) => text.length > 0)")
    desk.stop()
    scan(page, COMMANDS["inventory"].code, *desk.codes[:2])
    state(page, "offline")
    for _ in range(2):
        # What it will be is shown, and still is when the page starts again.
        expect(page.locator("#desk-pending:not([hidden])")).to_contain_text(INVENTORY)
        expect(page.locator("#desk-command")).to_have_value("inventory")
        page.goto(f"{desk.address}/scan")
        page.locator(".desk[data-kept]").wait_for()
    # Left before the network is back, or it would send some by itself.
    page.goto("about:blank")
    sign_in(context, desk, another(desk, "Sacha"))
    desk.start()
    ready(page, desk)
    until(page, f"{COUNT}.then((n) => n === 0)")
    state(page, "others")
    expect(page.locator("[data-state=others]")).to_have_text("3 scans de T sont partis.")
    assert page.locator("#desk-rows .desk-row").count() == 0
    assert page.locator("#desk-last .tone-none").count() == 1
    expect(page.locator("#desk-pending")).to_be_hidden()
    assert page.input_value("#desk-command") == "open"
    assert page.inner_text("#desk-counts").startswith("0 fait")
    # The next scan means what the page shows.
    scan(page, desk.codes[2])
    expect(page.locator("#desk-rows .desk-row-word")).to_have_text("Trouvé")
    expect(page.locator("[data-state=others]")).to_be_hidden()
    authors = dict(kept(desk, Scan.text, ScanPile.account_id))
    assert authors[desk.codes[0]] == authors[desk.codes[1]] != authors[desk.codes[2]]


def test_a_badge_read_in_one_tab_changes_the_other_and_no_button_leads_out_without_network(
    desk: Desk, context: BrowserContext
) -> None:
    from refurb.desk.models import Scan, ScanPile

    code = badge(desk, "Zoé", "4561")
    sign_in(context, desk)
    first, second = context.new_page(), context.new_page()
    for page in (first, second):
        ready(page, desk)
    take_over(first, code, "4561")
    expect(first.locator(".desk-chip")).to_contain_text("Zoé scanne")
    # The other page says so, and is hers as well.
    expect(second.locator("[data-state=renewed]:not([hidden])")).to_contain_text("Zoé")
    expect(second.locator(".desk-chip")).to_contain_text("Zoé scanne")
    scan(first, COMMANDS["inventory"].code)
    expect(second.locator("#desk-command option[selected]")).to_have_attribute("value", "inventory")
    scan(second, desk.codes[0])
    expect(second.locator("#desk-rows .desk-row-word").first).to_have_text("Fait")
    authors = dict(kept(desk, Scan.text, ScanPile.account_id))
    assert authors[desk.codes[0]] == authors[COMMANDS["inventory"].code] != authors[code]
    # Without network and with nothing that waits, a deed is not tried, and a link leads back.
    until(second, f"{KEPT}.then((text) => text.includes('Zoé scanne'))")
    until(second, "navigator.serviceWorker.controller !== null")
    desk.stop()
    second.evaluate("dispatchEvent(new Event('offline')) && null")
    state(second, "offline")
    second.locator("#desk-rows .desk-row form button").first.click()
    state(second, "unreached")
    assert second.url == f"{desk.address}/scan"
    second.locator('.desk-more a[href="/scan/cards"]').click()
    expect(second.locator("h1")).to_have_text("Pas de réseau")
    second.locator("[data-kept]:not([hidden]) a").click()
    second.locator(".desk[data-kept] [data-state=offline]:not([hidden])").wait_for()
    # Back, the kept page becomes the desk as it is.
    network_returns(desk, second, first)
    expect(second.locator("#desk-rows .desk-row", has_text="Fait")).to_have_count(1)
    second.locator(".desk:not([data-kept])").wait_for()
    take_over(second, badge(desk, "Amina", "7812"), "7812")
    expect(second.locator(".desk-chip")).to_contain_text("Amina scanne")
    expect(first.locator("[data-state=renewed]:not([hidden])")).to_contain_text("Amina qui scanne")
    expect(first.locator(".desk-chip")).to_contain_text("Amina scanne")
    expect(first.locator("#desk-command")).to_have_value("open")
    assert first.locator("#desk-rows .desk-row").count() == 0
