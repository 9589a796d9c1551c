"""The same service, place and family as the tests of needs."""

from tests.needs.conftest import coordination, coordinator, make_need, place, prescriber, service, territory

__all__ = ["coordination", "coordinator", "make_need", "place", "prescriber", "service", "territory"]
