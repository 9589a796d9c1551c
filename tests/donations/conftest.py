"""What the tests of gifts share: a coordination, workshops near and far, a gift of messy lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from refurb.core.permissions import OrganisationRole, Role

if TYPE_CHECKING:
    from refurb.accounts.models import Account
    from refurb.db import Session
    from refurb.organisations.models import Organisation
    from refurb.security import Actor
    from tests.factories import MakeAccount, MakeActor, MakeOrganisation


@dataclass
class House:
    """The organisations of a small département, and somebody in each."""

    coordination: Organisation
    near: Organisation
    far: Organisation
    coordinator: Account
    technician: Account
    controller: Account
    stranger: Account


@pytest.fixture
def house(make_organisation: MakeOrganisation, make_account: MakeAccount) -> House:
    """A coordination, a workshop in Angers with room for ten, one in Saumur that only serves its own EPCI."""
    coordination = make_organisation(OrganisationRole.COORDINATION, name="Coordination")
    near = make_organisation(OrganisationRole.REFURBISHER, name="Atelier d'Angers", capacity_per_month=10)
    far = make_organisation(
        OrganisationRole.REFURBISHER, name="Atelier de Saumur", capacity_per_month=100, perimeter=["200071876"],
        epci_code="200071876",
    )  # fmt: skip
    return House(
        coordination,
        near,
        far,
        make_account({coordination: [Role.COORDINATOR]}),
        make_account({near: [Role.TECHNICIAN]}),
        make_account({near: [Role.CONTROLLER]}),
        make_account({far: [Role.CONTROLLER]}),
    )


@pytest.fixture
def coordinator(house: House, make_actor: MakeActor) -> Actor:
    """Somebody of the coordination, for services."""
    return make_actor(house.coordination, Role.COORDINATOR)


@pytest.fixture
def controller(house: House, make_actor: MakeActor) -> Actor:
    """Somebody of the workshop nearby, for services."""
    return make_actor(house.near, Role.CONTROLLER)


@pytest.fixture
def count_queries(session: Session) -> Callable[[], AbstractContextManager[list[str]]]:
    """Count what is asked of the database: `with count_queries() as asked: ...; len(asked)`."""
    import sqlalchemy as sa

    @contextmanager
    def counting() -> Iterator[list[str]]:
        asked: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK", "PRAGMA", "BEGIN")):
                asked.append(statement)

        engine = session.connection().engine
        sa.event.listen(engine, "before_cursor_execute", note)
        try:
            yield asked
        finally:
            sa.event.remove(engine, "before_cursor_execute", note)

    return counting
