"""A service, a hand-over point, and a family's answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from refurb.core import needs as core
from refurb.core.needs import Answers, Usage
from tests.conftest import NOON, Clock

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.needs.models import Need
    from refurb.organisations.models import Organisation, Place
    from refurb.security import Actor
    from tests.factories import MakeActor, MakeOrganisation, MakePlace

    MakeNeed = Callable[..., Need]

TODAY = date(2026, 11, 17)

FAMILY = Answers(
    commune="49007",
    usages=(Usage.SECONDARY_SCHOOL, Usage.PROCEDURES),
    persons=5,
    pupils=3,
    equipment=core.Equipment.PHONE_ONLY,
    connectivity=core.Connectivity.MOBILE_BOX,
    format=core.Format.ANY,
    contribution_cents=0,
    loan_suits=False,
    eligibility=core.Eligibility.INCOME_QUOTIENT,
    not_equipped=True,
    informed_on=TODAY,
    informed_how=core.Informed.IN_PERSON,
)

#: The form of a person alone, as typed; the place and the day of the information are each test's own.
TYPED = {
    "usage_1": "procedures",
    "commune": "Angers",
    "persons": "2",
    "pupils": "0",
    "equipment": "none",
    "format": "laptop",
    "can_pay": "no",
    "loan_suits": "no",
    "eligibility": "income_quotient",
    "not_equipped": "yes",
    "informed_how": "in_person",
    "system": "any",
}


@pytest.fixture
def count_queries(session: Session) -> Callable[[], AbstractContextManager[list[str]]]:
    """Count what is asked of the database: `with count_queries() as asked: ...; len(asked)`."""
    import sqlalchemy as sa

    @contextmanager
    def counted() -> Iterator[list[str]]:
        asked: list[str] = []

        def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
            if statement.startswith("SELECT"):
                asked.append(statement)

        bind = session.get_bind()
        sa.event.listen(bind, "before_cursor_execute", note)
        try:
            yield asked
        finally:
            sa.event.remove(bind, "before_cursor_execute", note)

    return counted


@pytest.fixture(autouse=True)
def territory(session: Session, clock: Clock) -> None:
    """The communes of the département, and the clock at NOON."""
    from refurb.territory import services

    services.load(session, "49", at=NOON)


@pytest.fixture
def service(make_organisation: MakeOrganisation) -> Organisation:
    """A prescribing service of Angers."""
    from refurb.core.permissions import OrganisationRole

    return make_organisation(OrganisationRole.PRESCRIBER, name="CCAS d'Angers", phone="02 41 00 00 02")


@pytest.fixture
def coordination(make_organisation: MakeOrganisation) -> Organisation:
    """The coordinating body."""
    from refurb.core.permissions import OrganisationRole

    return make_organisation(OrganisationRole.COORDINATION, name="Coordination 49")


@pytest.fixture
def place(make_organisation: MakeOrganisation, make_place: MakePlace) -> Place:
    """A hand-over point of Angers."""
    from refurb.core.permissions import OrganisationRole
    from refurb.organisations.models import PlaceKind

    point = make_organisation(OrganisationRole.HANDOVER_POINT, name="Centre social du Lac")
    return make_place(point, PlaceKind.HANDOVER, name="Centre social du Lac")


@pytest.fixture
def prescriber(make_actor: MakeActor, service: Organisation) -> Actor:
    """Somebody of the service."""
    from refurb.core.permissions import Role

    return make_actor(service, Role.PRESCRIBER)


@pytest.fixture
def coordinator(make_actor: MakeActor, coordination: Organisation) -> Actor:
    """Somebody of the coordination."""
    from refurb.core.permissions import Role

    return make_actor(coordination, Role.COORDINATOR)


@pytest.fixture
def make_need(session: Session, prescriber: Actor, place: Place) -> MakeNeed:
    """Make a need that was sent: `make_need(usages=(Usage.PROCEDURES,), by=other)`; `sent=False` leaves a draft."""
    from refurb.needs import services

    def make(*, by: Actor | None = None, sent: bool = True, **changes: Any) -> Need:
        answers = replace(FAMILY, handover_place=place.id, **changes)
        need = services.draft(session, answers, by=by or prescriber, at=NOON)
        if sent:
            services.submit(session, need, answers, by=by or prescriber, at=NOON, today=TODAY)
        return need

    return make
