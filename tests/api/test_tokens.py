"""What a token opens: its scopes, its organisation, until its end."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from refurb.core.permissions import OrganisationRole, Scope

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

    from refurb.db import Session
    from refurb.organisations.models import Organisation
    from tests.conftest import Clock
    from tests.factories import MakeDevice, MakeOrganisation

    Bearer = Callable[..., dict[str, str]]


@pytest.fixture
def workshop(make_organisation: MakeOrganisation) -> Organisation:
    return make_organisation(OrganisationRole.REFURBISHER, name="Atelier du Port")


@pytest.fixture
def bearer(session: Session, workshop: Organisation, clock: Clock) -> Bearer:
    """Make a token with these scopes, as the header that bears it."""
    from refurb.accounts.services import create_station
    from refurb.security import Actor

    def make(*scopes: Scope, days: int = 10) -> dict[str, str]:
        _row, token = create_station(
            session,
            name="Tableau de bord",
            organisation_id=workshop.id,
            scopes=scopes,
            expires_at=clock() + timedelta(days=days),
            by=Actor.system(),
            at=clock(),
        )
        session.commit()
        return {"Authorization": f"Bearer {token}"}

    return make


def test_a_scope_opens_what_it_says(
    client: FlaskClient, bearer: Bearer, workshop: Organisation, make_device: MakeDevice
) -> None:
    device = make_device(holder=workshop)
    reads, writes = bearer(Scope.DEVICES_READ), bearer(Scope.REPORTS_WRITE)
    answer = client.get(f"/api/v1/devices/{device.code}", headers=reads)
    assert answer.status_code == 200
    assert answer.json is not None
    assert (answer.json["code"], answer.json["status"]) == (device.code, "received")
    for headers, method, address in (
        (writes, "GET", f"/api/v1/devices/{device.code}"),
        (reads, "POST", "/api/v1/reports"),
    ):
        answer = client.open(address, method=method, headers=headers, data=b"{}" if method == "POST" else None)
        assert answer.status_code == 403, address
        assert answer.json is not None
        assert answer.json["type"].endswith("scope-missing")
    assert client.get(f"/api/v1/devices/{device.code}").status_code == 401


def test_a_token_sees_the_machines_of_its_organisation(
    client: FlaskClient, bearer: Bearer, make_device: MakeDevice
) -> None:
    other = make_device()
    reads = bearer(Scope.DEVICES_READ)
    for code in (other.code, "R4900000000", "nonsense"):
        assert client.get(f"/api/v1/devices/{code}", headers=reads).status_code == 404, code


def test_a_token_ends(
    client: FlaskClient, bearer: Bearer, workshop: Organisation, make_device: MakeDevice, clock: Clock
) -> None:
    device, reads = make_device(holder=workshop), bearer(Scope.DEVICES_READ, days=10)
    clock.move(days=9)
    assert client.get(f"/api/v1/devices/{device.code}", headers=reads).status_code == 200
    clock.move(days=2)
    assert client.get(f"/api/v1/devices/{device.code}", headers=reads).status_code == 401


def test_its_use_is_seen(
    client: FlaskClient, bearer: Bearer, workshop: Organisation, make_device: MakeDevice, session: Session, clock: Clock
) -> None:
    from refurb.accounts.queries import stations_of

    device, reads = make_device(holder=workshop), bearer(Scope.DEVICES_READ)
    (row,) = stations_of(session, workshop.id)
    assert row.last_used_at is None
    client.get(f"/api/v1/devices/{device.code}", headers=reads)
    session.expire_all()
    (row,) = stations_of(session, workshop.id)
    assert row.last_used_at == clock()
