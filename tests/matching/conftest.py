"""The communes, and statements counted, as the tests of needs have them."""

from tests.needs.conftest import count_queries, in_the_territory

__all__ = ["count_queries", "in_the_territory"]
