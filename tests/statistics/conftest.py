"""The communes, as the tests of needs have them."""

from tests.needs.conftest import in_the_territory

__all__ = ["in_the_territory"]
