"""A browser before a served desk; and the people of a workshop at theirs, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from refurb.core.permissions import Role
from refurb.organisations.models import PlaceKind
from tests.desk.browsing import CHROMIUM, FLAGS, PATIENCE
from tests.desk.served import Desk, furnish

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Flask
    from playwright.sync_api import Browser, BrowserContext, Playwright

    from refurb.accounts.models import Account
    from refurb.organisations.models import Organisation, Place
    from tests.factories import MakeAccount, MakePlace
    from tests.visitor import Visitor


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """One browser for the tests that need none of their own: each takes a profile in it."""
    started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    yield started
    started.close()


@pytest.fixture
def make_desk(fresh_app: Flask, socket_enabled: None) -> Iterator[Callable[[int], Desk]]:
    made: list[Desk] = []

    def make(machines: int) -> Desk:
        desk = furnish(fresh_app, machines)
        desk.start()
        made.append(desk)
        return desk

    yield make
    for desk in made:
        desk.stop()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    made = chromium.new_context(locale="fr-FR")
    made.set_default_timeout(PATIENCE)
    yield made
    made.close()


@pytest.fixture
def technician(visitor: Visitor, workshop: Organisation, make_account: MakeAccount) -> Visitor:
    return visitor.sign_in(make_account({workshop: [Role.TECHNICIAN]}), workshop)


@pytest.fixture
def volunteer(visitor: Visitor, workshop: Organisation, make_account: MakeAccount) -> Visitor:
    return visitor.sign_in(make_account({workshop: [Role.VOLUNTEER]}), workshop)


@pytest.fixture
def person(workshop: Organisation, make_account: MakeAccount) -> Account:
    """A controller."""
    return make_account({workshop: [Role.CONTROLLER]})


@pytest.fixture
def controller(visitor: Visitor, workshop: Organisation, person: Account) -> Visitor:
    return visitor.sign_in(person, workshop)


@pytest.fixture
def shelves(workshop: Organisation, make_place: MakePlace) -> tuple[Place, Place]:
    first, second = (make_place(workshop, PlaceKind.SHELF, name=name) for name in ("Étagère A1", "Étagère B2"))
    return first, second
