"""What the report counts is made by the tests of matching and of needs: their machines, their services."""

from __future__ import annotations

from tests.matching.conftest import shelf, stock_device, workshop  # noqa: F401 - fixtures
from tests.needs.conftest import (  # noqa: F401 - fixtures
    coordination,
    coordinator,
    make_need,
    place,
    prescriber,
    service,
    territory,
)
