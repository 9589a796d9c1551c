"""The board walked in a browser by two coordinators at once."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from refurb.core.permissions import Role
from tests.conftest import NOON, Clock
from tests.factories import sign_in_as
from tests.matching.test_concurrency import WRITERS, house, territory  # noqa: F401 - fixtures

if TYPE_CHECKING:
    from flask import Flask
    from playwright.sync_api import Browser, Page

    from refurb.security import Actor

pytestmark = [pytest.mark.browser, pytest.mark.slow]

#: Generous: a loaded machine is slow, and only a fault waits so long.
PATIENCE = 60_000


@dataclass(frozen=True)
class Served:
    """Where the board answers, a cookie for each coordinator, and how its database is reached."""

    address: str
    cookies: list[str]
    database: str


@pytest.fixture
def served(house: tuple[Flask, Actor, list[int], list[int]]) -> Iterator[Served]:  # noqa: F811
    """As many needs as machines in stock, two coordinators signed in, the pages served."""
    from refurb.accounts.models import Account
    from refurb.db import get_session
    from tests.web_server import serve

    app, coordinator, _needs, _devices = house
    app.extensions["refurb.clock"] = Clock(NOON)
    cookies = []
    with app.app_context():
        session = get_session()
        for name in ("Une", "Deux"):
            account = Account(email=f"{name}@example.org", name=name, language="fr", created_at=NOON)
            session.add(account)
            session.flush()
            assert coordinator.organisation_id
            cookies.append(sign_in_as(session, account.id, coordinator.organisation_id, Role.COORDINATOR, at=NOON))
        session.commit()
    server = serve(app)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    url = app.config["SQLALCHEMY_ENGINES"]["default"]["url"].render_as_string(hide_password=False)
    yield Served(f"http://127.0.0.1:{server.server_port}", cookies, url)
    server.shutdown()
    thread.join()
    server.server_close()


def coordinator_at(browser: Browser, served: Served, place: int) -> Page:
    """Return a page of one coordinator's own browser, signed in."""
    from refurb.accounts.cookies import COOKIE

    context = browser.new_context(locale="fr-FR")
    context.set_default_timeout(PATIENCE)
    context.add_cookies([{"name": COOKIE, "value": served.cookies[place], "url": served.address}])
    return context.new_page()


def accept_first(page: Page) -> str:
    """Accept the first proposal that is still offered; return the case's number."""
    row = page.locator("main tbody tr").filter(has=page.get_by_role("button", name="Accepter")).first
    code = row.locator("th .code").inner_text()
    # What the answer says may be said already, of the one before.
    with page.expect_navigation():
        row.get_by_role("button", name="Accepter").click()
    return code


def test_two_coordinators_walk_the_board_at_once(served: Served, browser: Browser) -> None:
    one, two = coordinator_at(browser, served, 0), coordinator_at(browser, served, 1)
    one.goto(f"{served.address}/matching/")
    one.get_by_role("button", name="Calculer pour de bon").click()
    one.wait_for_url(re.compile(r"/matching/runs/\d+$"))
    two.goto(one.url)
    # Both look at the same first line; the second one is told that it is decided.
    first = accept_first(one)
    one.get_by_text("La machine est mise de côté ; le service est prévenu.").wait_for()
    assert accept_first(two) == first
    two.get_by_text(re.compile("Quelqu.un vient de décider de cette proposition")).wait_for()
    # The second one chooses another case for a machine, and sees the cost; the first one decides it meanwhile.
    row = two.locator("main tbody tr").filter(has=two.get_by_role("button", name="Accepter")).first
    row.locator("summary").click()
    row.get_by_role("link", name=re.compile("Un autre dossier pour cette machine")).click()
    two.get_by_role("link", name=re.compile("Voir ce qu.il en coûte")).first.click()
    two.get_by_role("heading", name=re.compile("Ce qu.il en coûte")).wait_for()
    two.get_by_label("Motif de cette décision").select_option("more-urgent")
    accept_first(one)
    one.get_by_text("La machine est mise de côté ; le service est prévenu.").wait_for()
    two.get_by_role("button", name="Confirmer ce choix").click()
    two.get_by_text(re.compile("Quelqu.un vient de décider|Le coût a changé")).first.wait_for()
    # What is left is accepted whole, by both at once.
    for page in (one, two):
        page.goto(re.sub(r"(/runs/\d+).*", r"\1", one.url))
        page.on("dialog", lambda dialog: dialog.accept())
    for page in (one, two):
        page.get_by_role("button", name=re.compile("Accepter ces")).click(no_wait_after=True)
    for page in (one, two):
        page.get_by_text(re.compile(r"mises? de côté\.")).first.wait_for()
    for page in (one, two):
        page.context.close()
    engine = sa.create_engine(served.database)
    with engine.connect() as connection:
        pairs = connection.execute(sa.text("SELECT need_id, device_id FROM reservation WHERE ended_at IS NULL")).all()
    engine.dispose()
    assert len(pairs) == len({pair[0] for pair in pairs}) == len({pair[1] for pair in pairs}) == WRITERS
