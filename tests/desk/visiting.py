"""What tests of the desk do page by page, without a script: scan, read the answer, count."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.visitor import Page, Visitor


def scan(visitor: Visitor, text: str) -> Page:
    visitor.get("/scan")
    return visitor.submit(".desk-box", text=text)


def send(visitor: Visitor, text: Any, *, status: int = 200, token: str | None = None, **more: Any) -> dict[str, Any]:
    """Send a scan as the page's script does; return the answer's JSON."""
    body = {"text": text, "client_uuid": str(uuid.uuid4())} | more
    headers = {"X-CSRFToken": visitor.csrf() if token is None else token}
    answer = visitor.client.post("/scan/send", json=body, headers=headers)
    assert answer.status_code == status, answer.get_data(as_text=True)[:500]
    return answer.get_json() or {} if answer.is_json else {}


def said(page: Page) -> str:
    """Return what the last answer says."""
    return " ".join(page.one("#desk-last").get_text(" ").split())


def answer(page: Page) -> str:
    """Return the kind of the last answer."""
    return str(page.one("#desk-last .desk-answer")["data-answer"])


def setting(page: Page) -> str:
    """Return what the page says that each scan does."""
    return " ".join(page.one("#desk-setting").text.split())


def begin(visitor: Visitor, **what: Any) -> Page:
    """Begin a count: `begin(visitor, place=shelf.code)`."""
    visitor.get("/scan/stocktakes")
    return visitor.submit('form[action="/scan/stocktakes"]', **what)


def the_count(visitor: Visitor) -> Page:
    """Open the latest count."""
    return visitor.get(str(visitor.get("/scan/stocktakes").one("tbody th a")["href"]))


def figures(page: Page) -> list[str]:
    """Return the figures of a count: expected, found, missing, unexpected, noted elsewhere."""
    return [dd.text for dd in page.select(".figures dd")]
