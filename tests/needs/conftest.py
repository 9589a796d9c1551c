"""What the tests of needs share: the communes, somebody of the service, and forms as typed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from refurb.core.permissions import Role

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.organisations.models import Organisation, Place
    from tests.factories import MakeAccount
    from tests.visitor import Visitor

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


@pytest.fixture(autouse=True)
def in_the_territory(territory: None) -> None:
    """Each test knows the communes and stands at NOON."""


@pytest.fixture
def at_the_service(visitor: Visitor, make_account: MakeAccount, service: Organisation) -> Visitor:
    """Somebody of the service, signed in."""
    return visitor.sign_in(make_account({service: [Role.PRESCRIBER]}))


@pytest.fixture
def filled(place: Place) -> dict[str, Any]:
    """The form of a family with three pupils, as typed."""
    return {
        "usage_1": "secondary_school",
        "usage_2": "procedures",
        "commune": "st florent le vieil",
        "persons": "5",
        "pupils": "3",
        "equipment": "phone_only",
        "format": "laptop",
        "can_pay": "yes",
        "contribution": "40",
        "loan_suits": "yes",
        "eligibility": "income_quotient",
        "not_equipped": "yes",
        "handover_place": str(place.id),
        "informed_on": "2026-11-17",
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
