"""The bench page on a telephone: the question appears by itself, a thumb answers it, a photo is kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from tests.desk.served import Desk, furnish
from tests.workshop.conftest import picture

if TYPE_CHECKING:
    from flask import Flask
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PATIENCE = 60_000


@pytest.fixture(autouse=True)
def noon() -> None:
    """The browser's cookies and the server's sessions live in the real time."""


@pytest.fixture
def desk(fresh_app: Flask) -> Iterator[Desk]:
    made = furnish(fresh_app, 1)
    made.start()
    yield made
    made.stop()


def ask(desk: Desk, question: str | None) -> str | None:
    """Ask as the agent does; return what was answered since."""
    from refurb.db import get_session
    from refurb.devices.models import Device
    from refurb.security import Actor
    from refurb.web import now
    from refurb.workshop import bench

    with desk.app.app_context():
        session = get_session()
        device = session.scalars(sa.select(Device)).one()
        station = Actor.for_station("Clé 1", device.holder_id)
        answer = bench.ask(session, device, "run-1", question, by=station, at=now())
        session.commit()
        return answer


def test_a_question_comes_to_the_telephone_and_the_answer_goes_back(
    desk: Desk, browser: Browser, socket_enabled: None, tmp_path: Path
) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, locale="fr-FR")
    context.set_default_timeout(PATIENCE)
    context.add_cookies([{"name": "refurb_session", "value": desk.cookie, "url": desk.address}])
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{desk.address}/workshop/bench/{desk.codes[0]}")
    next_step = page.locator("main > .next")
    next_step.wait_for()
    assert ask(desk, "panel") is None
    page.get_by_text("L'image est-elle entière").wait_for()
    next_step.wait_for(state="hidden")
    page.get_by_role("button", name="Oui").click()
    page.locator(".bench-ask").wait_for(state="detached")
    assert ask(desk, "panel") == "ok"
    assert ask(desk, None) is None
    photo = tmp_path / "coin.jpg"
    photo.write_bytes(picture(3000, 2000))
    page.goto(f"{desk.address}/workshop/bench/{desk.codes[0]}")
    page.set_input_files("#photos input[type=file]", str(photo))
    page.fill("#photos input[type=text]", "Coin fêlé")
    page.get_by_role("button", name="Garder les photos").click()
    page.get_by_text("photo(s) gardée(s)").wait_for()
    shown = page.locator("#photos img")
    shown.wait_for()
    assert shown.get_attribute("alt") == "Coin fêlé"
    assert shown.get_attribute("width") == "2000"
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    assert errors == []
    context.close()


#: The module alone, its clock and its server in hand: it asks twice, and the first answer comes last.
ASKED_TWICE = """async () => {
  const { default: begin } = await import("/static/js/bench.mjs");
  const [looks, answers, every] = [[], [], window.setInterval];
  window.setInterval = (look) => looks.push(look);
  window.fetch = () => new Promise((go) => answers.push((html) => go(new Response(html))));
  const place = document.createElement("div");
  place.dataset.from = "/";
  document.body.append(place);
  begin(place);
  window.setInterval = every;
  const [first, second] = [looks[0](), looks[0]()];
  answers[1]("<form><input name='answer'></form>");
  await second;
  answers[0]("<p>before</p>");
  await first;
  const late = place.innerHTML;
  const third = looks[0]();
  place.querySelector("input").focus();
  answers[2]("<p>after</p>");
  await third;
  return [late, place.innerHTML].map((html) => html.includes("answer"));
}"""


def test_a_late_answer_takes_no_question_away(desk: Desk, browser: Browser, socket_enabled: None) -> None:
    context = browser.new_context(locale="fr-FR")
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(f"{desk.address}/sign-in")
    assert page.evaluate(ASKED_TWICE) == [True, True]
    context.close()
