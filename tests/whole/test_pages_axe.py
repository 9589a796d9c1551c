"""Every page that each role can reach, looked at by axe in light and in dark, on a phone and on a desktop.

The walk starts at the home page of each demo account and follows links, one page for each endpoint and each role. What
it does not reach must be listed here with the reason, so that a new page is looked at or named. Every page of every
role is fetched and read; the browser opens it when it holds a kind of element that this page did not show to an
earlier role (axe judges kinds: a tag, its classes, its type and its ARIA), or when a role's page is one of its own.
There: axe, and no scrolling sideways on a phone of 360 pixels nor at 200 % on a screen of 1280.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup

from tests.web_server import serve
from tests.whole.doors import doors, readers_of_figures

if TYPE_CHECKING:
    from flask import Flask
    from playwright.sync_api import Browser, BrowserContext, Page, Request

    from tests.conftest import Databases

AXE = (Path(__file__).parent.parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
ROLES = (
    "", "fournisseur", "atelier", "controle", "prescripteur", "structure", "remise", "coordination", "admin",
    "partenaire", "auditeur",
)  # fmt: skip
PASSWORD = "refurb-demo"

#: Pages that no link leads to, and why.
NOT_WALKED: dict[str, str] = {
    "desk.open_code": "leads on to what the code names",
    "handover.find": "leads on to what was scanned",
    "setup.first_run": "opens on an empty database alone; tests/setup visits it",
    "donations.deposited": "follows a deposit; tests/donations visits it",
    "needs.communes": "a part of a page",
    "donations.sent": "answers who reopens a form already sent; tests/donations visits it",
    "desk.pile": "follows a pile of scans; tests/desk visits it",
    "desk.pile_now": "leads on to the open pile",
    "desk.unknown": "follows an unknown scan; tests/desk visits it",
    "desk.badge": "follows a badge that was given; tests/desk visits it",
    "desk.leave_operator": "leads on, but while the bearer of a badge has the browser; tests/desk visits it",
    "desk.stocktake": "follows a stocktake; tests/desk visits it",
    "accounts.second_step": "follows a password; tests/accounts visits it",
    "accounts.enrol": "follows the relating of a telephone; tests/accounts visits it",
    "accounts.mailed_code": "follows the asking for a code; tests/accounts visits it",
    "accounts.oidc_start": "leads on to a provider, which the demo has not; tests/accounts visits it",
    "accounts.oidc_back": "a provider leads to it; tests/accounts visits it",
    "accounts.oidc_confirm": "a provider leads to it; tests/accounts visits it",
    "needs.stop_digest": "a link of the weekly mail; tests/needs visits it",
    "organisations.confirm": "opens once a year; tests/organisations visits it",
    "matching.trial": "follows a trial; tests/matching visits it",
    "reports.brought": "follows the sending of a key's reports; tests/devices visits it",
    "reports.evidence": "leads on to the machine that a bench shows",
    "needs.offline": "what the browser keeps of the form, which is walked; tests/needs visits it",
    "desk.offline": "what the browser keeps of the desk, which is walked; tests/desk visits it",
}
#: What is no page: files, JSON, health, the part of a page that htmx asks for.
DOWNLOADS = {
    "static",
    "home.favicon",
    "needs.communes",
    "desk.service_worker",
    "desk.manifest",
    "desk.token",
    "desk.after",
    "needs.pulse",
    "matching.for_whom_fragment",
    "workshop.agent",
    "workshop.bench_agent",
    "workshop.photo",
}
FILES = (".pdf", ".pem", ".csv", ".json", ".zpl", ".xlsx", "/file", "healthz", "readyz", "metrics")

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.long]


@dataclass(frozen=True)
class Site:
    """The demo, served to the browser of the test."""

    app: Flask
    address: str

    def is_file(self, endpoint: str) -> bool:
        """Whether an endpoint answers with something that is no page."""
        rules = [rule.rule for rule in self.app.url_map.iter_rules(endpoint)]
        # "…/devices.<any(csv,xlsx):form>" is a file too, whichever it gives.
        return (
            endpoint in DOWNLOADS or endpoint.startswith(("api_", "protocol")) or rules[0].endswith((*FILES, ":form>"))
        )

    def endpoint(self, address: str) -> str | None:
        """Return the endpoint behind an address of this site, None for what is no page."""
        from werkzeug.exceptions import HTTPException
        from werkzeug.routing import RequestRedirect

        parts = urlsplit(address)
        adapter = self.app.url_map.bind(urlsplit(self.address).netloc)
        try:
            found: str = adapter.match(parts.path, method="GET")[0]
        except (HTTPException, RequestRedirect):
            return None
        return found


@pytest.fixture(scope="module")
def site(told_demo: Path, databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    from refurb.app import create_app
    from refurb.db import db, get_session

    folder = tmp_path_factory.mktemp("demo")
    url = sa.URL.create("sqlite", database=str(shutil.copy(told_demo, folder / "demo.sqlite")))
    # As an instance runs, with the keys that the demo was written with.
    app = create_app(replace(databases.settings("sqlite", url), instance=folder, testing=False))
    server = serve(app)
    with app.test_request_context(base_url=f"http://127.0.0.1:{server.server_port}"):
        readers_of_figures(get_session())
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Site(app, f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    thread.join()
    server.server_close()
    with app.app_context():
        db.engine.dispose()


LOOK = """async (rules) => {
  const options = rules ? {runOnly: {type: "rule", values: rules}} : {};
  const found = await axe.run(document, {...options, resultTypes: ["violations"]});
  return found.violations.flatMap(
    v => v.nodes.map(n => `${v.id}: ${n.target.join(" ")} ${n.failureSummary}`.slice(0, 400)));
}"""
WIDTH = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
#: What is a target of its own and is smaller than a finger: a link inside a sentence may be.
SMALL = """() => [
  ...document.querySelectorAll("main a.btn, main button, main .form-control, main .form-select, main summary")]
  .filter(e => e.checkVisibility({visibilityProperty: true}) && !e.closest(".visually-hidden") && !e.hidden)
  .map(e => [e, e.getBoundingClientRect()]).filter(([e, r]) => r.height > 0 && r.height < 43.5)
  .map(([e, r]) => `${e.outerHTML.slice(0, 90)} is ${r.height.toFixed(0)} px high`)"""


#: A screen of 1280 pixels at 200 %.
DOUBLE = 640


def too_wide(page: Page, width: int) -> list[str]:
    """Return whether the page scrolls sideways in the window as it stands."""
    over = page.evaluate(WIDTH)
    return [f"at {width} px the page is {over} px wider than the screen"] if over > 0 else []


def look(page: Page, rules: list[str] | None = None) -> list[str]:
    """Return what axe finds on the page as it stands; `walk` gave it axe."""
    found: list[str] = page.evaluate(LOOK, rules)
    return found


def look_thrice(page: Page) -> list[str]:
    """Look at a page in light, in dark, and on a phone; return what is wrong, in words."""
    found = look(page)
    page.emulate_media(color_scheme="dark")
    found += [f"dark, {fault}" for fault in look(page, ["color-contrast", "link-in-text-block"])]
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": DOUBLE, "height": 740})
    found += too_wide(page, DOUBLE)
    page.set_viewport_size({"width": 360, "height": 740})
    found += too_wide(page, 360)
    found += [f"phone: {fault}" for fault in page.evaluate(SMALL)]
    found += [f"phone, {fault}" for fault in look(page, ["color-contrast", "scrollable-region-focusable"])]
    page.set_viewport_size({"width": 1280, "height": 900})
    return found


def kinds(soup: BeautifulSoup) -> set[str]:
    """Return the kinds of element of a page: what axe's rules and the style sheets tell apart, without the text."""
    told = ("type", "role", "data-module", "scope")
    return {
        " ".join(
            (
                element.parent.name if element.parent else "",
                element.name,
                *sorted(element.get_attribute_list("class")),
                *(f"{name}={element.attrs[name]}" for name in told if name in element.attrs),
                *sorted(name for name in element.attrs if name.startswith("aria-")),
            )
        )
        for element in soup.find_all(True)
    }


def sign_in(page: Page, site: Site, role: str) -> None:
    page.goto(f"{site.address}/sign-in")
    page.fill("#email", f"{role}@demo.example")
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url(f"{site.address}/")


def walk(
    context: BrowserContext, site: Site, role: str, seen: dict[str, set[str]], more: Sequence[str] = ()
) -> dict[str, list[str]]:
    """Visit `more` and one page for each endpoint that links lead to; return what is wrong by address.

    `seen` is the kinds of element looked at so far on the pages of each endpoint; it grows.
    """
    # Kept by the browser: sent anew with each page, its half megabyte cost a tenth of the walk.
    context.add_init_script(AXE)
    page = context.new_page()
    faults: dict[str, list[str]] = {}
    page.on("pageerror", lambda error: faults.setdefault(page.url, []).append(f"script: {error}"))

    def within(request: Request) -> None:
        if not request.url.startswith((site.address, "data:", "blob:")):
            faults.setdefault(page.url, []).append(f"asks another host: {request.url}")

    page.on("request", within)
    if role:
        sign_in(page, site, role)
    asked = {site.address + path for path in more}
    queue, mine = [f"{site.address}/", *sorted(asked)], set[str]()
    while queue:
        address = queue.pop(0)
        endpoint = site.endpoint(address)
        if endpoint is None or site.is_file(endpoint) or (endpoint in mine and address not in asked):
            continue
        asked.discard(address)
        mine.add(endpoint)
        answer = context.request.get(address)
        if answer.status != 200:
            faults[address] = [f"answers {answer.status}"]
            continue
        # What one was led to may be another page than asked.
        endpoint = site.endpoint(answer.url) or endpoint
        mine.add(endpoint)
        soup = BeautifulSoup(answer.text(), "lxml")
        queue += [
            link.partition("#")[0]
            for anchor in soup.select("a[href]")
            if (link := urljoin(answer.url, str(anchor["href"]))).startswith(site.address)
        ]
        known, shown = seen.setdefault(endpoint, set()), kinds(soup)
        if known and shown <= known:
            continue
        known |= shown
        page.goto(address)
        if found := look_thrice(page):
            faults.setdefault(page.url, []).extend(found)
    page.close()
    return faults


def test_axe_finds_nothing_on_any_page(site: Site, browser: Browser) -> None:
    seen: dict[str, set[str]] = {}
    faults: dict[str, list[str]] = {}
    further = doors(site.app)
    for role in ROLES:
        context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="fr-FR", reduced_motion="reduce")
        for address, found in walk(context, site, role, seen, further.get(role, ())).items():
            faults[f"{role or 'public'} {address.removeprefix(site.address)}"] = found
        context.close()
    assert not faults, "\n\n".join(f"{where}\n  " + "\n  ".join(found) for where, found in faults.items())
    pages = {rule.endpoint for rule in site.app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    assert {page for page in pages - set(seen) - set(NOT_WALKED) if not site.is_file(page)} == set()
    assert not set(NOT_WALKED) & set(seen)


PATIENCE = 120_000
#: What the script of a page does last.
LAST = {"/scan": ".desk-camera-open:not([hidden])", "/needs/new": "[data-module=need-draft][data-ready]"}
FOCUS = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  const card = e.closest(".choice-card, .desk-line") || e;
  const shown = [e, card].some(x => { const s = getComputedStyle(x);
    return (s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2) || s.boxShadow !== "none"; });
  const r = e.getBoundingClientRect();
  return {what: e.outerHTML.slice(0, 100), shown, inside: r.bottom > 0 && r.top < innerHeight};
}"""


@pytest.mark.parametrize(
    ("role", "path"),
    [("", "/"), ("", "/sign-in"), ("atelier", "/"), ("atelier", "/scan"), ("prescripteur", "/needs/new")],
)
def test_the_keyboard_reaches_everything_and_shows_where_it_is(
    site: Site, browser: Browser, role: str, path: str
) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="fr-FR", reduced_motion="reduce")
    page = context.new_page()
    if role:
        sign_in(page, site, role)
    page.goto(site.address + path, wait_until="networkidle")
    # What scripts add is there before it is walked through: a button that came meanwhile would be missing.
    page.wait_for_selector("html[data-started]", state="attached", timeout=PATIENCE)
    if path in LAST:
        page.wait_for_selector(LAST[path], state="attached", timeout=PATIENCE)
    # From the top, wherever the page put the focus by itself.
    page.evaluate("document.body.tabIndex = -1; document.body.focus()")
    stops: list[str] = []
    for _ in range(200):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUS)
        if stop is None or (stops and stop["what"] == stops[0]):
            break
        assert stop["shown"], f"no focus to be seen on {stop['what']}"
        assert stop["inside"], f"focus out of the screen on {stop['what']}"
        stops.append(stop["what"])
    else:
        pytest.fail("the keyboard never comes out of the page")
    assert 'class="skip"' in stops[0]
    expected = page.evaluate(
        """() => [...document.querySelectorAll("main :is(a[href], button, input, select, textarea, summary)")]
          .filter(e => e.checkVisibility({visibilityProperty: true}) && !e.disabled && e.type !== "hidden")
          .filter(e => e.tabIndex >= 0 && !(e.type === "radio" && !e.checked)).map(e => e.outerHTML.slice(0, 100))"""
    )
    assert set(expected) <= set(stops)
    context.close()
