"""The front page, help, the legal page, and the choices of language and colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from markupsafe import Markup

from refurb.home.words import HELP
from tests.visitor import Page, Visitor

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient


def attribute(page: Page, name: str) -> str:
    """Return an attribute of the page's html element."""
    return str(page.one("html")[name])


def test_the_front_page_leads_to_the_form_and_the_sign_in(visitor: Visitor) -> None:
    page = visitor.get("/")
    assert "famille" in page.heading
    assert page.select('a[href="/sign-in"]')


@pytest.mark.parametrize("chapter", HELP)
def test_each_chapter_of_help_opens_in_both_languages(visitor: Visitor, chapter: str) -> None:
    french = visitor.get(f"/help/{chapter}")
    assert attribute(french, "lang") == "fr"
    assert len(french.select("main h2")) >= 2
    assert attribute(visitor.get(f"/help/{chapter}", headers={"Accept-Language": "en"}), "lang") == "en"


def test_help_is_listed_and_an_unknown_chapter_is_not_found(visitor: Visitor) -> None:
    page = visitor.get("/help")
    assert {a["href"] for a in page.select("main a")} == {f"/help/{key}" for key in HELP}
    assert visitor.get("/help/cooking", status=404).heading == "Cette page n'existe pas, ou ne vous est pas visible"


def test_the_legal_page_links_the_source(visitor: Visitor, app: Flask) -> None:
    page = visitor.get("/about")
    assert page.select(f'main a[href="{app.extensions["refurb.settings"].source_url}"]')


def test_a_chosen_language_holds_and_leads_back(visitor: Visitor) -> None:
    visitor.get("/about")
    page = visitor.post("/language", {"language": "en", "next": "/help"})
    assert attribute(page, "lang") == "en"
    assert page.response.request.path == "/help"
    assert attribute(visitor.get("/"), "lang") == "en"


def test_a_chosen_theme_is_in_the_page(visitor: Visitor) -> None:
    visitor.get("/about")
    page = visitor.post("/theme", {"theme": "dark", "next": "/about"})
    assert attribute(page, "data-theme") == "dark"


@pytest.mark.parametrize(("address", "field"), [("/language", "language"), ("/theme", "theme")])
def test_a_choice_that_does_not_exist_is_refused(visitor: Visitor, address: str, field: str) -> None:
    visitor.get("/about")
    visitor.post(address, {field: "<script>"}, status=400)


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example", ""])
def test_a_choice_never_leads_elsewhere(visitor: Visitor, target: str) -> None:
    visitor.get("/about")
    page = visitor.post("/theme", {"theme": "light", "next": target})
    assert page.response.request.path == "/"


def test_a_file_is_kept_for_ever_only_under_its_fingerprint(client: FlaskClient) -> None:
    named = client.get("/static/js/app.mjs?v=0123456789ab")
    plain = client.get("/static/js/copy.mjs")
    assert named.cache_control.max_age == 365 * 24 * 3600
    assert plain.cache_control.max_age is None
    assert plain.cache_control.no_cache
    named.close()
    plain.close()


def test_the_icon_is_where_browsers_look_for_it(client: FlaskClient) -> None:
    answer = client.get("/favicon.ico")
    assert answer.status_code == 200
    assert answer.mimetype in ("image/x-icon", "image/vnd.microsoft.icon")
    assert answer.data.startswith(b"\0\0\1\0")
    answer.close()


def test_a_code_in_a_title_stays_on_one_line(app: Flask) -> None:
    whole = app.jinja_env.filters["whole_codes"]
    assert whole(Markup("Pour qui est R 4900 0012 08 ?")) == (
        'Pour qui est <span class="whole">R 4900 0012 08</span> ?'
    )
    told = Markup('<b title="R 4900 0012 08">&lt;D 4900 0001 48&gt;</b>')
    assert whole(told) == '<b title="R 4900 0012 08">&lt;<span class="whole">D 4900 0001 48</span>&gt;</b>'
    assert whole(Markup("PR 4900 0012 08 12, R49000012")) == "PR 4900 0012 08 12, R49000012"
