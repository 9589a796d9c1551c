"""The page reads what is scanned as the server does: offline, it must know a badge, and what a card will set."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from refurb.core.keyboards import LAYOUTS
from refurb.paths import asset_dir
from tests.core.readings import CASES

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.slow]

READ = """async (cases) => {
  const { LAYOUTS, codesOf } = await import("/scan-read.mjs");
  return [LAYOUTS.map((layout) => [...layout]), cases.map((told) => codesOf(...told))];
}"""


def test_the_page_and_the_server_read_alike(browser: Browser, socket_enabled: None) -> None:
    page = browser.new_page()
    script = (asset_dir("static") / "js" / "scan-read.mjs").read_text(encoding="utf-8")
    page.route("**/*", lambda route: route.fulfill(body="<title>-</title>", content_type="text/html"))
    page.route("**/*.mjs", lambda route: route.fulfill(body=script, content_type="text/javascript"))
    page.goto("http://desk.test/")
    layouts, read = page.evaluate(READ, [[case.text, case.prefix, case.suffix] for case in CASES])
    page.close()
    assert [(case.text, tuple(codes)) for case, codes in zip(CASES, read, strict=True)] == [
        (case.text, case.codes) for case in CASES
    ]
    assert [dict(layout) for layout in layouts] == [
        {chr(key): meant for key, meant in layout.table.items()} for layout in LAYOUTS
    ]
