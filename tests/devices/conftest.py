"""The people of a workshop, for the tests of machines."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from refurb.core.permissions import Role

if TYPE_CHECKING:
    from refurb.organisations.models import Organisation
    from refurb.security import Actor
    from tests.conftest import Clock


@pytest.fixture(autouse=True)
def noon(clock: Clock) -> Clock:
    return clock


@pytest.fixture
def technician(make_actor: Callable[..., Actor], workshop: Organisation) -> Actor:
    return make_actor(workshop, Role.TECHNICIAN)


@pytest.fixture
def controller(make_actor: Callable[..., Actor], workshop: Organisation) -> Actor:
    return make_actor(workshop, Role.CONTROLLER)
