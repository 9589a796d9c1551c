"""What a station's gun adds around a code: known without network, and kept with each scan that waits."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from refurb.core.identity import CodeKind, mint
from refurb.core.scanning import COMMANDS
from tests.desk.browsing import COUNT, KEPT, PATIENCE, kept, ready, scan, sign_in, state, until
from tests.desk.served import Desk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, BrowserContext

pytestmark = [pytest.mark.browser, pytest.mark.slow]

expect.set_options(timeout=PATIENCE)

#: As a page of an older release kept a scan.
OLD = """(scan) => import("/static/js/scan-queue.mjs")
  .then((module) => module.openQueue())
  .then((queue) => queue.add(scan))"""


@pytest.fixture
def desk(make_desk: Callable[[int], Desk]) -> Desk:
    return make_desk(3)


@pytest.fixture
def abroad(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser whose clock is of another zone than the instance."""
    made = chromium.new_context(locale="fr-FR", timezone_id="Asia/Tokyo")
    made.set_default_timeout(PATIENCE)
    yield made
    made.close()


def test_what_the_gun_adds_is_known_without_network_and_kept_with_each_scan(desk: Desk, abroad: BrowserContext) -> None:
    from refurb.desk.models import Scan

    sign_in(abroad, desk)
    page, gun = abroad.new_page(), abroad.new_page()
    ready(page, desk)
    until(page, f"{KEPT}.then((text) => text.length > 0)")
    gun.goto(f"{desk.address}/scan/gun")
    gun.locator("details:has(#prefix) summary").click()
    gun.fill("#prefix", "*/")
    gun.fill("#suffix", "#")
    gun.press("#suffix", "Enter")
    # The desk that is open, and the one that starts without network, learn of it.
    expect(page.locator(".desk")).to_have_attribute("data-prefix", "*/")
    until(page, f"""{KEPT}.then((text) => text.includes('data-prefix="*/" data-suffix="#"'))""")

    desk.stop()
    page.goto(f"{desk.address}/scan")
    page.locator(".desk[data-kept] [data-state=offline]:not([hidden])").wait_for()
    page.locator(".desk-filter:not([hidden])").wait_for()
    badge = mint(CodeKind.BADGE, 49_000_001)
    for text in (f"*/{badge}#", f"*/{badge}{badge}#", f"*{badge}*", f"*/https://refurb.example.org/c/{badge}#"):
        scan(page, desk.codes[0])
        expect(page.locator("[data-state=badge]")).to_be_hidden()
        scan(page, text)
        state(page, "badge")
    waiting = page.locator("#desk-waiting .desk-row")
    expect(waiting).to_have_count(4)
    card, long = COMMANDS["inventory"].code, "WM1" * 100
    scan(page, f"*/{card}#")
    expect(page.locator("#desk-pending")).to_contain_text("Inventorier")
    scan(page, f"*/{desk.codes[1]}#", long)
    expect(waiting.first.locator(".code")).to_have_text(f"{long[:60]}…")
    expect(waiting.first.locator(".code")).to_have_attribute("title", long)
    # One list, one clock: the instance's.
    zone = desk.app.extensions["refurb.settings"].timezone
    moment = datetime.fromisoformat(str(waiting.first.locator("time").get_attribute("datetime")))
    expect(waiting.first.locator("time")).to_have_text(f"{moment.astimezone(zone):%H:%M}")
    old = {
        "text": desk.codes[2],
        "client_uuid": "7a0f6a52-7a4e-4a3b-9d53-0d8a3a1f0001",
        "client_at": moment.isoformat(),
    }
    page.evaluate(OLD, old)

    # Whatever the station adds by then: the scans are read as they were made.
    page.goto("about:blank")
    abroad.clear_cookies()
    sign_in(abroad, desk)
    desk.start()
    ready(page, desk)
    until(page, f"{COUNT}.then((n) => n === 0)")
    assert page.locator(".desk").get_attribute("data-prefix") == ""
    told = kept(desk, Scan.text, Scan.answer)[4:]
    assert [(text, answer.value) for text, answer in told] == [
        (f"*/{card}#", "done"),
        (f"*/{desk.codes[1]}#", "done"),
        (long, "unknown"),
        (desk.codes[2], "done"),
    ]
