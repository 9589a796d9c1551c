"""A workshop and its people, for the tests of the bench."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from refurb.core.permissions import OrganisationRole, Role

if TYPE_CHECKING:
    from refurb.organisations.models import Organisation
    from refurb.security import Actor
    from tests.conftest import Clock


@pytest.fixture(autouse=True)
def noon(clock: Clock) -> Clock:
    return clock


@pytest.fixture
def workshop(make_organisation: Callable[..., Organisation]) -> Organisation:
    return make_organisation(OrganisationRole.REFURBISHER, name="Atelier du Lac")


@pytest.fixture
def technician(make_actor: Callable[..., Actor], workshop: Organisation) -> Actor:
    return make_actor(workshop, Role.TECHNICIAN)


@pytest.fixture
def controller(make_actor: Callable[..., Actor], workshop: Organisation) -> Actor:
    return make_actor(workshop, Role.CONTROLLER)
