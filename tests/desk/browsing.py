"""What tests of the desk do in a browser: sign in, open it, scan, wait for what it says."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from playwright.sync_api import Error

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

    from tests.desk.served import Desk

#: Generous: two hundred scans go through a machine that may be busy with everything else.
PATIENCE = 240_000
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
CHROMIUM = "/usr/bin/chromium"


def sign_in(context: BrowserContext, desk: Desk, cookie: str | None = None) -> None:
    context.add_cookies([{"name": "refurb_session", "value": cookie or desk.cookie, "url": desk.address}])


#: How many scans the browser's own database holds, and whose page is kept to start without network.
COUNT = "import('/static/js/scan-queue.mjs').then((m) => m.openQueue()).then((q) => q.count())"
KEPT = "caches.match('/scan/offline').then((answer) => answer ? answer.text() : '')"


def until(page: Page, truth: str) -> None:
    """Wait until an expression holds. Not Playwright's own wait, which evaluates in the page and the CSP forbids."""
    deadline = time.monotonic() + PATIENCE / 1000
    while True:
        # A page that is left answers nothing.
        with suppress(Error):
            if page.evaluate(truth):
                return
        assert time.monotonic() < deadline, truth
        page.wait_for_timeout(50)


def ready(page: Page, desk: Desk) -> None:
    """Open the desk and wait until its script runs."""
    page.goto(f"{desk.address}/scan")
    page.locator(".desk-filter:not([hidden])").wait_for(timeout=PATIENCE)
    # The button that signs out has a script of its own.
    page.locator("html[data-started]").wait_for(state="attached", timeout=PATIENCE)


def scan(page: Page, *texts: str) -> None:
    for text in texts:
        page.locator("#desk-text").fill(text)
        page.keyboard.press("Enter")


def state(page: Page, name: str) -> None:
    """Wait until the desk says this of itself."""
    page.locator(f"[data-state={name}]:not([hidden])").wait_for(timeout=PATIENCE)


def network_returns(desk: Desk, *pages: Page) -> None:
    """Answer again, and let the browser say so: the pages would notice by themselves, some seconds later."""
    desk.start()
    for page in pages:
        page.evaluate("dispatchEvent(new Event('online')) && null")


def kept(desk: Desk, *columns: Any) -> list[Any]:
    """Return what the server has of each scan, in its order."""
    from refurb.db import get_session
    from refurb.desk.models import Scan, ScanPile

    with desk.app.app_context():
        query = sa.select(*(columns or (Scan.text,))).join(ScanPile, ScanPile.id == Scan.pile_id)
        found = get_session().execute(query.order_by(Scan.id)).all()
        return [row[0] for row in found] if not columns else list(found)
