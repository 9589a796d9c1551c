"""A day without network, in a real browser: what was scanned is kept, sent once, in its order."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from playwright.sync_api import Error

from refurb.core.scanning import COMMANDS
from tests.desk.served import Desk, furnish

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask
    from playwright.sync_api import BrowserContext, Page, Playwright

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SCANS = 200
#: Generous: two hundred scans go through a machine that may be busy with everything else.
PATIENCE = 240_000
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture
def desk(fresh_app: Flask) -> Iterator[Desk]:
    made = furnish(fresh_app, SCANS - 1)
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        yield started


def launch(playwright: Playwright, folder: Path) -> BrowserContext:
    """Start a browser on a profile of its own, which outlives it."""
    return playwright.chromium.launch_persistent_context(
        str(folder), executable_path="/usr/bin/chromium", args=FLAGS, locale="fr-FR"
    )


def sign_in(context: BrowserContext, desk: Desk) -> None:
    context.add_cookies([{"name": "refurb_session", "value": desk.cookie, "url": desk.address}])


#: How many scans the browser's own database holds.
COUNT = "import('/static/js/scan-queue.mjs').then((m) => m.openQueue()).then((q) => q.count())"


def until(page: Page, truth: str) -> None:
    """Wait until an expression holds. Not Playwright's own wait, which evaluates in the page and the CSP forbids."""
    deadline = time.monotonic() + PATIENCE / 1000
    while not page.evaluate(truth):
        assert time.monotonic() < deadline, truth
        page.wait_for_timeout(50)


def test_two_hundred_scans_without_network_outlive_the_browser_and_count_once(
    desk: Desk, playwright: Playwright, tmp_path: Path, socket_enabled: None
) -> None:
    from refurb.core.workflow import Status
    from refurb.db import get_session
    from refurb.desk.models import Scan
    from refurb.devices.models import Device

    context = launch(playwright, tmp_path / "profile")
    sign_in(context, desk)
    page = context.new_page()
    page.goto(f"{desk.address}/scan")
    page.locator(".desk[data-installed]").wait_for(timeout=PATIENCE)
    until(page, "caches.open('refurb-pages').then((c) => c.keys()).then((k) => k.length > 0)")

    desk.stop()
    # The page starts without network, for whoever opens it in the morning.
    page.goto(f"{desk.address}/scan")
    page.locator(".desk[data-kept] [data-state=offline]:not([hidden])").wait_for(timeout=PATIENCE)
    page.locator("#desk-text").wait_for(timeout=PATIENCE)
    page.locator(".desk-filter:not([hidden])").wait_for(timeout=PATIENCE)
    for text in [COMMANDS["inventory"].code, *desk.codes]:
        page.locator("#desk-text").fill(text)
        page.keyboard.press("Enter")
    page.locator("[data-state=queue]", has_text=f"{SCANS} ").wait_for(timeout=PATIENCE)
    assert page.locator("#desk-last .desk-answer[data-answer=waiting]").count() == 1
    # Signing out would leave them behind: refused, and said.
    page.evaluate("document.querySelector('form[data-module=sign-out]').requestSubmit()")
    until(page, "document.querySelector('form[data-module=sign-out] [role=alert]')?.textContent.includes('200')")

    kill(tmp_path / "profile")
    # The browser is gone: whatever closing says of it.
    with suppress(Error):
        context.close()

    desk.start()
    context = launch(playwright, tmp_path / "profile")
    sign_in(context, desk)
    page = context.new_page()
    page.goto(f"{desk.address}/scan")
    page.locator(".desk[data-installed]").wait_for(timeout=PATIENCE)
    until(page, f"{COUNT}.then((n) => n === 0)")
    context.close()

    with desk.app.app_context():
        session = get_session()
        kept = session.execute(sa.select(Scan.text, Scan.client_at, Scan.answer).order_by(Scan.id)).all()
        assert [row.text for row in kept] == [COMMANDS["inventory"].code, *desk.codes]
        assert {row.answer.value for row in kept} == {"done"}
        moments = [row.client_at for row in kept]
        assert moments == sorted(moments)
        statuses = session.scalars(sa.select(Device.status).distinct()).all()
        assert statuses == [Status.INVENTORIED]


def test_an_ended_session_keeps_the_queue_and_asks_to_sign_in(
    desk: Desk, playwright: Playwright, tmp_path: Path, socket_enabled: None
) -> None:
    from refurb.db import get_session
    from refurb.desk.models import Scan

    context = launch(playwright, tmp_path / "profile")
    sign_in(context, desk)
    page = context.new_page()
    page.goto(f"{desk.address}/scan")
    page.locator(".desk-filter:not([hidden])").wait_for(timeout=PATIENCE)
    context.clear_cookies()
    page.locator("#desk-text").fill(desk.codes[0])
    page.keyboard.press("Enter")
    page.locator("[data-state=signed-out]:not([hidden])").wait_for(timeout=PATIENCE)
    assert page.evaluate(COUNT) == 1
    page.reload()
    page.wait_for_url("**/sign-in**", timeout=PATIENCE)
    # Signed in again: another form token, the same queue.
    sign_in(context, desk)
    page.goto(f"{desk.address}/scan")
    page.locator("#desk-rows .desk-row").wait_for(timeout=PATIENCE)
    until(page, f"{COUNT}.then((n) => n === 0)")
    context.close()
    with desk.app.app_context():
        assert get_session().scalars(sa.select(Scan.text)).all() == [desk.codes[0]]


def kill(profile: Path) -> None:
    """End the browser of a profile as a crash does: not asked, and at once."""
    killed = 0
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        # A process may end while it is looked at.
        with suppress(OSError):
            if f"--user-data-dir={profile}" in (entry / "cmdline").read_bytes().decode(errors="replace"):
                os.kill(int(entry.name), signal.SIGKILL)
                killed += 1
    assert killed
