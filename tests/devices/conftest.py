"""The people of a workshop, for the tests of machines."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from refurb.core.permissions import Role
from tests.conftest import NOON
from tests.devices.reported import PARIS, SERIAL

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.devices.models import Device
    from refurb.devices.reports import Arrival
    from refurb.organisations.models import Organisation
    from refurb.security import Actor
    from tests.conftest import Clock
    from tests.devices.reported import Bring, MakeDevice


@pytest.fixture(autouse=True)
def noon(clock: Clock) -> Clock:
    return clock


@pytest.fixture
def technician(make_actor: Callable[..., Actor], workshop: Organisation) -> Actor:
    return make_actor(workshop, Role.TECHNICIAN)


@pytest.fixture
def controller(make_actor: Callable[..., Actor], workshop: Organisation) -> Actor:
    return make_actor(workshop, Role.CONTROLLER)


@pytest.fixture
def laptop(make_device: MakeDevice, workshop: Organisation) -> Device:
    """A laptop whose maker and serial were written at arrival, an hour ago."""
    return make_device(holder=workshop, maker="Fabricant", model=None, serial=SERIAL, at=NOON - timedelta(hours=1))


@pytest.fixture
def bring(session: Session, technician: Actor) -> Bring:
    """Bring bytes, as the technician: `bring(raw, device=laptop)`."""
    from refurb.devices.reports import arrive

    def deed(raw: bytes, *, at: datetime = NOON, by: Actor | None = None, **more: Any) -> Arrival:
        return arrive(session, raw, by=by or technician, at=at, zone=PARIS, **more)

    return deed
