"""A visit, as tests write it: every page that comes back is looked at before the test sees it."""

from __future__ import annotations

import contextvars
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag
from flask import Flask
from werkzeug.test import TestResponse

from refurb.paths import asset_dir
from tests.factories import sign_in

if TYPE_CHECKING:
    from refurb.accounts.models import Account
    from refurb.organisations.models import Organisation

#: What has no label because it shows nothing or says itself.
UNLABELLED = {"hidden", "submit", "button", "reset", "image"}


@cache
def icons() -> frozenset[str]:
    """Return the names of the icons that the sprite holds."""
    text = (asset_dir("static") / "icons" / "sprite.svg").read_text(encoding="utf-8")
    return frozenset(re.findall(r'<symbol [^>]*id="([^"]+)"', text))


class Page(BeautifulSoup):
    """A page that came back, with the answer it came in as `response`."""

    response: TestResponse

    @property
    def heading(self) -> str:
        """The text of its one h1."""
        found = self.h1
        return re.sub(r"\s+", " ", found.get_text(" ", strip=True)) if found else ""

    def words(self) -> str:
        """All its text, blanks folded."""
        return re.sub(r"\s+", " ", self.get_text(" ")).strip()

    def one(self, selector: str) -> Tag:
        """Return the one element that the selector finds."""
        found = self.select(selector)
        assert len(found) == 1, f"{selector}: {len(found)} found in {self.response.request.path}"
        return found[0]


def problems(page: BeautifulSoup, response: TestResponse) -> list[str]:
    """Return what is wrong with a page, in words; nothing is good."""
    found: list[str] = []
    # Every page of every test comes by here: its elements are walked through once, and not once a question.
    tags = page.find_all(True)
    by_name: defaultdict[str, list[Tag]] = defaultdict(list)
    for tag in tags:
        by_name[tag.name].append(tag)
    html = page.find("html")
    if not isinstance(html, Tag) or html.get("lang") not in ("fr", "en"):
        found.append("html has no lang")
    if len(by_name["h1"]) != 1:
        found.append(f"{len(by_name['h1'])} h1")
    title = page.find("title")
    if title is None or not title.get_text(strip=True):
        found.append("no title")
    ids = Counter(str(tag["id"]) for tag in tags if "id" in tag.attrs and not tag.find_parent("svg"))
    found += [f"id {name!r} {count} times" for name, count in ids.items() if count > 1]
    for tag in tags:
        found += [problem for name in tag.attrs for problem in _wrong_attribute(tag, name, ids)]
    labelled = {str(label["for"]) for label in by_name["label"] if "for" in label.attrs}
    for control in by_name["input"] + by_name["select"] + by_name["textarea"]:
        if control.get("type") in UNLABELLED:
            continue
        named = control.get("aria-label") or control.get("aria-labelledby") or control.find_parent("label")
        if not named and control.get("id") not in labelled:
            found.append(f"{control.name} {control.get('name')!r} has no label")
    for button in by_name["button"] + [link for link in by_name["a"] if "href" in link.attrs]:
        said = button.get_text(strip=True) or button.get("aria-label") or button.select("img[alt], svg title")
        if not said:
            found.append(f"{button.name} says nothing: {str(button)[:80]}")
    for error in by_name["p"]:
        if "error" in error.get_attribute_list("class") and not error.get_text(strip=True):
            found.append(f"error {error.get('id')!r} says nothing")
    for image in by_name["img"]:
        if "alt" not in image.attrs:
            found.append(f"img without alt: {str(image)[:80]}")
    for use in by_name["use"]:
        name = str(use.get("href", "")).rpartition("#")[2]
        if "href" in use.attrs and name not in icons():
            found.append(f"icon {name!r} is not in the sprite")
    for form in by_name["form"]:
        method = str(form.get("method", "get")).lower()
        action = str(form.get("action", ""))
        if method == "post" and form.find("input", attrs={"name": "csrf_token"}) is None:
            found.append(f"form to {action!r} has no csrf_token")
        if urlsplit(action).netloc:
            found.append(f"form to another host: {action}")
    nonce = re.search(r"'nonce-([^']+)'", response.headers.get("Content-Security-Policy", ""))
    for script in by_name["script"] + by_name["style"]:
        if script.get("type") == "application/json" or script.get("src"):
            continue
        if nonce is None or script.get("nonce") != nonce[1]:
            found.append(f"inline {script.name} without the nonce")
    asking = [tag for name in ("script", "img") for tag in by_name[name] if "src" in tag.attrs]
    for tag in asking + [link for link in by_name["link"] if "href" in link.attrs]:
        address = str(tag.get("src") or tag.get("href"))
        if urlsplit(address).netloc and tag.get("rel") != ["canonical"]:
            found.append(f"{tag.name} from another host: {address}")
    return found


def _wrong_attribute(tag: Tag, name: str, ids: Mapping[str, int]) -> list[str]:
    """Return what is wrong with one attribute of an element: one that is never meant, or that points nowhere."""
    if name in ("aria-describedby", "aria-labelledby", "aria-controls", "for"):
        named = " ".join(tag.get_attribute_list(name)).split()
        return [f"{tag.name} {name} names {other!r}, which is nowhere" for other in named if other not in ids]
    if name == "style":
        return [f"inline style on {tag.name}: {tag['style']}"]
    return [f"{tag.name} {name}="] if name.startswith("on") else []


class Visitor:
    """Flask's client, with sight. `status` is asserted, forms get their token, each page is checked."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client = app.test_client()
        self.client.environ_base["HTTP_ACCEPT"] = "text/html"
        self.page: Page | None = None

    def get(self, address: str, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Page:
        """Open an address and follow what it redirects to."""
        return self._seen(self.client.get(address, headers=dict(headers or {}), follow_redirects=True), status)

    def post(
        self, address: str, data: Mapping[str, Any] | None = None, *, status: int = 200, follow: bool = True
    ) -> Page:
        """Send a form; the status is that of the page one ends on."""
        fields = {"csrf_token": self.csrf(), **(data or {})}
        self._forget_read()
        answer = self.client.post(address, data=fields, follow_redirects=follow)
        return self._seen(answer, status)

    def submit(
        self, selector: str = "main form", *, button: str | None = None, status: int = 200, **typed: Any
    ) -> Page:
        """Fill the form of the page one is on, as a browser would, and send it by its own address and method."""
        assert self.page is not None, "no page open"
        form = self.page.one(selector)
        fields = self.fields(form)
        unknown = [name for name in typed if name not in {str(tag.get("name")) for tag in form.select("[name]")}]
        assert not unknown, f"the form has no {unknown}"
        fields.update(typed)
        pressed = form.select_one(f'button[name][value="{button}"]') if button else None
        if pressed is not None:
            fields[str(pressed["name"])] = str(pressed["value"])
        address = str((pressed.get("formaction") if pressed else None) or form.get("action") or "")
        address = address or self.page.response.request.path
        if str(form.get("method", "get")).lower() == "get":
            self._forget_read()
            return self._seen(self.client.get(address, query_string=fields, follow_redirects=True), status)
        return self.post(address, fields, status=status)

    @staticmethod
    def fields(form: Tag) -> dict[str, Any]:
        """Return what a browser would send of a form nobody touched."""
        fields: dict[str, Any] = {}
        for tag in form.select("input[name], select[name], textarea[name]"):
            name, kind = str(tag["name"]), tag.get("type", "text")
            if tag.has_attr("disabled") or kind in ("submit", "button", "file", "image"):
                continue
            if kind in ("checkbox", "radio"):
                if tag.has_attr("checked"):
                    value = str(tag.get("value", "on"))
                    fields[name] = (
                        [*fields[name], value]
                        if isinstance(fields.get(name), list)
                        else ([fields[name], value] if name in fields and kind == "checkbox" else value)
                    )
            elif tag.name == "select":
                chosen = [str(o.get("value", o.get_text())) for o in tag.select("option[selected]")]
                first = tag.select_one("option")
                if tag.has_attr("multiple"):
                    fields[name] = chosen
                elif chosen or first is not None:
                    assert chosen or first is not None
                    fields[name] = chosen[-1] if chosen else str(first.get("value", first.get_text())) if first else ""
            elif tag.name == "textarea":
                fields[name] = tag.get_text().removeprefix("\n")
            else:
                fields[name] = str(tag.get("value", ""))
        return fields

    def csrf(self) -> str:
        """Return a token good for this visitor, without opening a page for it."""
        # In a context of its own: flask-wtf keeps the token in `g`, and the test's context outlives a sign-out.
        return contextvars.Context().run(self._csrf)

    def _csrf(self) -> str:
        from flask import session
        from flask_wtf.csrf import generate_csrf

        with self.client.session_transaction() as cookie:
            kept = cookie.get("csrf_token")
        with self.app.test_request_context():
            if kept:
                session["csrf_token"] = kept
            token = str(generate_csrf())
            made = session["csrf_token"]
        if not kept:
            with self.client.session_transaction() as cookie:
                cookie["csrf_token"] = made
        return token

    def _seen(self, response: TestResponse, status: int) -> Page:
        self._forget_read()
        page = Page(response.get_data(as_text=True) if response.mimetype == "text/html" else "", "lxml")
        page.response = response
        path = response.request.path
        assert response.status_code == status, f"{path}: {response.status_code}, {page.words()[:600]}"
        if response.mimetype == "text/html" and not response.request.headers.get("HX-Request"):
            wrong = problems(page, response)
            assert not wrong, f"{path}: " + "; ".join(wrong)
        self.page = page
        return page

    def _forget_read(self) -> None:
        """Let the test's own session see what the request wrote, and the request what the test wrote."""
        from refurb.db import get_session

        session = get_session()
        session.flush()
        session.expire_all()

    def sign_in(self, account: Account, organisation: Organisation | None = None) -> Visitor:
        """Sign in as `sign_in` of the factories, acting for `organisation`; return the visitor."""
        import sqlalchemy as sa

        from refurb.accounts.cookies import COOKIE
        from refurb.accounts.models import Membership
        from refurb.db import get_session
        from refurb.web import now

        session = get_session()
        membership = None
        if organisation is not None:
            membership = session.scalar(
                sa.select(Membership.id).where(
                    Membership.account_id == account.id, Membership.organisation_id == organisation.id
                )
            )
            assert membership is not None, f"{account.name} does not belong to {organisation.name}"
        token = sign_in(session, account.id, at=now(), membership_id=membership)
        self.client.set_cookie(COOKIE, token)
        return self
