"""A workshop with a bench and its token, for whoever brings reports over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from refurb.core.permissions import OrganisationRole

if TYPE_CHECKING:
    from refurb.accounts.models import StationToken
    from refurb.db import Session
    from refurb.organisations.models import Organisation


@pytest.fixture
def workshop(make_organisation: Callable[..., Organisation]) -> Organisation:
    return make_organisation(OrganisationRole.REFURBISHER)


@pytest.fixture
def station(session: Session, workshop: Organisation) -> tuple[StationToken, str]:
    from refurb.accounts.services import create_station
    from refurb.security import Actor
    from refurb.web import now

    return create_station(session, name="Banc 1", organisation_id=workshop.id, by=Actor.system(), at=now())


@pytest.fixture
def bearer(station: tuple[StationToken, str]) -> dict[str, str]:
    return {"Authorization": f"Bearer {station[1]}"}
