"""What the tests of gifts share: a coordination, workshops near and far, a gift of messy lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from refurb.core.permissions import OrganisationRole, Role
from tests.factories import siret

if TYPE_CHECKING:
    from refurb.accounts.models import Account
    from refurb.db import Session
    from refurb.donations.models import Lot
    from refurb.organisations.models import Organisation
    from refurb.security import Actor
    from tests.factories import MakeAccount, MakeActor, MakeOrganisation

    MakeLot = Callable[..., tuple[Lot, str]]


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
def make_lot(session: Session) -> MakeLot:
    """Make a gift: `make_lot([{"form": Form.LAPTOP, "serial": "ABC1234"}])`; three lines of two kinds by default."""
    from refurb.core.equipment import Form
    from refurb.donations.services import Declared, Gift, submit
    from refurb.organisations.models import LegalType
    from refurb.security import Actor
    from refurb.web import now

    def make(lines: list[dict[str, Any]] | None = None, **values: Any) -> tuple[Lot, str]:
        given = lines or [
            {
                "form": Form.LAPTOP,
                "maker": "HP",
                "model": "ProBook",
                "serial": "5CG1230ABC",
                "inventory_number": "INV-1",
            },
            {
                "form": Form.LAPTOP,
                "maker": "HP",
                "model": "ProBook",
                "serial": "5CG1234ABD",
                "inventory_number": "INV-2",
            },
            {"form": Form.MONITOR, "maker": "Dell", "model": "P2217H", "quantity": 4},
            {"form": Form.OTHER, "kind": "keyboard", "quantity": 6},
        ]
        gift = {
            "supplier_name": "Menuiserie des Ponts-de-Cé",
            "legal_type": LegalType.COMPANY,
            "contacts": [{"name": "Camille Exemple", "role": "", "email": "camille@example.org", "phone": ""}],
            "siret": siret(4242),
            "address": "3 rue des Copeaux",
            "postcode": "49130",
            "commune_code": "49007",
            "epci_code": "244900015",
            "slots": "mardi matin",
        } | values
        rows = [Declared(**line) for line in given]
        lot, token = submit(session, Gift(**gift), rows, by=Actor.public(), at=now(), language="fr")
        session.flush()
        return lot, token

    return make


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
