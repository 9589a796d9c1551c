"""Makers of things, as fixtures: each gives what a test does not care about, and takes what it does.

A thing is made as the application makes it, through its service where there is one, and flushed, not committed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from refurb.accounts.models import Account
    from refurb.core.permissions import OrganisationRole, Role
    from refurb.db import Session
    from refurb.devices.models import Device
    from refurb.organisations.models import Organisation, Place, PlaceKind
    from refurb.security import Actor

    MakeOrganisation = Callable[..., Organisation]
    MakeAccount = Callable[..., Account]
    MakePlace = Callable[..., Place]
    MakeActor = Callable[..., Actor]
    MakeDevice = Callable[..., Device]

#: Angers and its EPCI, Angers Loire Métropole: real codes, so that the territory's tables know them.
ANGERS = "49007"
ANGERS_EPCI = "244900015"

#: Valid by its key, of no known body: 49 for the territory, then the number of the organisation.
_numbers = count(1)


def siret(number: int) -> str:
    """Return a SIRET with a right key (Luhn over 14 digits), the `number`-th of our own."""
    siren = _luhn(f"49{number:06d}")
    return _luhn(f"{siren}0001")


def _luhn(digits: str) -> str:
    total = sum(sum(divmod(int(d) * (2 if i % 2 == 0 else 1), 10)) for i, d in enumerate(reversed(digits)))
    return digits + str(-total % 10)


def sign_in(session: Session, account_id: int, *, at: datetime, membership_id: int | None = None) -> str:
    """Sign an account in without the form (which has tests of its own); return what its cookie holds.

    The second factor counts as given: tests/accounts/test_second_factor.py has those who owe it.
    """
    from refurb.accounts.cookies import LIFETIME
    from refurb.accounts.models import AccountSession
    from refurb.accounts.tokens import new_token, token_hash

    token = new_token()
    session.add(
        AccountSession(
            token_hash=token_hash(token),
            account_id=account_id,
            membership_id=membership_id,
            created_at=at,
            last_seen_at=at,
            proven_at=at,
            expires_at=at + timedelta(seconds=LIFETIME),
        )
    )
    session.flush()
    return token


def sign_in_as(session: Session, account_id: int, organisation_id: int, role: Role, *, at: datetime) -> str:
    """Give an account this role in an organisation and sign it in; return what its cookie holds."""
    from refurb.accounts.models import Membership

    session.add(
        Membership(account_id=account_id, organisation_id=organisation_id, role_codes=[role.value], created_at=at)
    )
    return sign_in(session, account_id, at=at)


@pytest.fixture
def make_organisation(session: Session) -> MakeOrganisation:
    """Make an organisation: `make_organisation(OrganisationRole.REFURBISHER, name="…")`."""
    from refurb.organisations.models import LegalType, Organisation, OrganisationRoleRow
    from refurb.web import now

    def make(*roles: OrganisationRole, **values: Any) -> Organisation:
        number = next(_numbers)
        given = {
            "name": f"Organisation {number}",
            "legal_type": LegalType.ASSOCIATION,
            "siret": siret(number),
            "email": f"organisation{number}@example.org",
            "commune_code": ANGERS,
            "epci_code": ANGERS_EPCI,
            "created_at": now(),
        } | values
        organisation = Organisation(**given, role_rows=[OrganisationRoleRow(role=role) for role in roles])
        session.add(organisation)
        session.flush()
        return organisation

    return make


@pytest.fixture
def make_place(session: Session) -> MakePlace:
    """Make a place of an organisation: `make_place(organisation, PlaceKind.SHELF, name="A1")`."""
    from refurb.core.identity import CodeKind
    from refurb.organisations.codes import next_code
    from refurb.organisations.models import Place

    def make(organisation: Organisation, kind: PlaceKind, **values: Any) -> Place:
        given = {
            "name": f"Lieu {next(_numbers)}",
            "commune_code": organisation.commune_code,
            "epci_code": organisation.epci_code,
        } | values
        place = Place(code=next_code(session, CodeKind.PLACE), organisation_id=organisation.id, kind=kind, **given)
        session.add(place)
        session.flush()
        return place

    return make


@pytest.fixture
def make_account(session: Session) -> MakeAccount:
    """Make a person: `make_account({organisation: [Role.TECHNICIAN]})`, with a password only where one is given."""
    from refurb.accounts.models import Account, Membership
    from refurb.web import now

    def make(
        memberships: dict[Organisation, Iterable[Role]] | None = None, *, password: str | None = None, **values: Any
    ) -> Account:
        number = next(_numbers)
        password_hash = None
        if password is not None:
            from refurb.accounts.passwords import hash_password

            password_hash = hash_password(password)
        given = {"email": f"personne{number}@example.org", "name": f"Personne {number}", "language": "fr"} | values
        account = Account(**given, password_hash=password_hash, created_at=now())
        session.add(account)
        session.flush()
        for organisation, roles in (memberships or {}).items():
            codes = [role.value for role in roles]
            session.add(
                Membership(account_id=account.id, organisation_id=organisation.id, role_codes=codes, created_at=now())
            )
        session.flush()
        return account

    return make


@pytest.fixture
def make_actor(make_account: MakeAccount) -> MakeActor:
    """Make somebody who acts, for services: `make_actor(organisation, Role.TECHNICIAN)`."""
    from refurb.accounts.queries import actor_in

    def make(organisation: Organisation, *roles: Role, **values: Any) -> Actor:
        return actor_in(make_account({organisation: roles}, **values), organisation, frozenset(roles))

    return make


@pytest.fixture
def make_device(session: Session, make_organisation: MakeOrganisation) -> MakeDevice:
    """Make a machine that was just received: `make_device(holder=workshop, form=Form.DESKTOP)`.

    What its birth does not ask (`cpu_class=3`, `media_known=True`) is written on it afterwards; a status is reached by
    `refurb.devices.services.move`, not given.
    """
    from refurb.core.equipment import Form, Origin, Regime
    from refurb.core.permissions import OrganisationRole
    from refurb.devices.services import receive
    from refurb.security import Actor
    from refurb.web import now

    def make(*, holder: Organisation | None = None, by: Actor | None = None, **values: Any) -> Device:
        holder = holder or make_organisation(OrganisationRole.REFURBISHER)
        birth: dict[str, Any] = {
            "form": Form.LAPTOP,
            "maker": "Lenovo",
            "model": "ThinkPad T480",
            "serial": f"PF{next(_numbers):06d}X",
            "origin": Origin.PRIVATE,
            "regime": Regime.GIFT,
            "place_id": None,
            "at": now(),
        }
        birth |= {name: values.pop(name) for name in list(values) if name in birth or name == "lot_line_id"}
        device = receive(session, **birth, holder_id=holder.id, by=by or Actor.system())
        for name, value in values.items():
            setattr(device, name, value)
        session.flush()
        return device

    return make
