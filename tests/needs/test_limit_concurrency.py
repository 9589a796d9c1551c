"""Two colleagues who send at once, with real commits: a service never has more open needs than it may."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import pytest
import sqlalchemy as sa

from refurb.core.permissions import Role
from tests.conftest import NOON
from tests.department import FAMILY, TODAY
from tests.factories import sign_in_as
from tests.matching.test_concurrency import people, ready, territory  # noqa: F401 - `territory` is a fixture
from tests.needs.conftest import TYPED

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

    from refurb.security import Actor

COLLEAGUES = 4


class Office(NamedTuple):
    """A service that may have so many open needs, with somebody signed in."""

    app: Flask
    who: Actor
    token: str
    place_id: int

    def client(self) -> FlaskClient:
        """Return a browser of this person."""
        from refurb.accounts.cookies import COOKIE

        client = self.app.test_client()
        client.set_cookie(COOKIE, self.token)
        return client

    def send(self) -> int:
        """Send a need as the page's script does; return the answer's status."""
        client = self.client()
        csrf = client.get("/needs/pulse").get_json()["csrf"]
        told = {"handover_place": str(self.place_id), "informed_on": datetime.now(UTC).date().isoformat()}
        fields = TYPED | told | {"csrf_token": csrf, "do": "send"}
        headers = {"Accept": "application/json"}
        return client.post("/needs/new", data=fields, headers=headers).status_code

    def open(self) -> int:
        """Return how many needs the service has open."""
        from refurb.db import get_session
        from refurb.needs import limits

        with self.app.app_context():
            return limits.room(get_session(), self.who.organisation_id or 0).open


@pytest.fixture
def office(fresh_app: Flask) -> Office:
    from refurb.db import get_session
    from refurb.organisations.models import Organisation, Place

    with fresh_app.app_context():
        session = get_session()
        _, prescriber, workshop_id = people(session)
        session.get_one(Organisation, prescriber.organisation_id).max_open_needs = 2
        assert prescriber.id
        assert prescriber.organisation_id
        at = datetime.now(UTC)
        token = sign_in_as(session, prescriber.id, prescriber.organisation_id, Role.PRESCRIBER, at=at)
        ready(session, prescriber, workshop_id, 0, 0)
        place_id = session.scalars(sa.select(Place.id)).one()
    return Office(fresh_app, prescriber, token, place_id)


def test_who_comes_second_waits_and_is_told(office: Office) -> None:
    from dataclasses import replace

    from refurb.db import get_session
    from refurb.needs import limits, services

    assert office.send() == 201
    answers: list[int] = []
    second = threading.Thread(target=lambda: answers.append(office.send()))
    with office.app.app_context():
        session = get_session()
        assert limits.room(session, office.who.organisation_id or 0, lock=True).left == 1
        asked = replace(FAMILY, handover_place=office.place_id)
        need = services.draft(session, asked, by=office.who, at=NOON)
        services.submit(session, need, asked, by=office.who, at=NOON, today=TODAY)
        second.start()
        # Time enough to be let through, were it not for the lock; with it, no time changes what follows.
        second.join(1)
        session.commit()
    second.join(300)
    assert answers == [422]
    assert office.open() == 2


def test_everybody_at_once_stops_at_the_limit(office: Office) -> None:
    barrier, answers = threading.Barrier(COLLEAGUES), [0] * COLLEAGUES

    def send(number: int) -> None:
        barrier.wait()
        answers[number] = office.send()

    threads = [threading.Thread(target=send, args=(number,)) for number in range(COLLEAGUES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    assert sorted(answers) == [201, 201, 422, 422]
    assert office.open() == 2
