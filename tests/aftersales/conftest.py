"""The chain around a ticket, as a fixture; the clock stands at noon."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.handover.chain import make_chain

if TYPE_CHECKING:
    from refurb.db import Session
    from tests.conftest import Clock
    from tests.handover.chain import Chain


@pytest.fixture
def chain(
    clock: Clock, session: Session, make_organisation: Any, make_place: Any, make_actor: Any, make_device: Any
) -> Chain:
    return make_chain(session, make_organisation, make_place, make_actor, make_device)
