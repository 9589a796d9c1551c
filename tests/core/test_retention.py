"""Durations: each kind has its rule, and months end where months end."""

from datetime import UTC, datetime

import pytest

from refurb.core import retention
from refurb.core.retention import Kept


def test_each_kind_has_one_rule_and_a_duration() -> None:
    assert [rule.kept for rule in retention.RULES] == list(Kept)
    assert all(bool(rule.months) != bool(rule.days) for rule in retention.RULES)


def test_a_case_is_kept_two_years_after_the_last_contact_and_the_log_no_more_than_one() -> None:
    assert retention.OF[Kept.CASE].months == 24
    assert 6 <= retention.OF[Kept.ACCESS].months <= 12
    assert 6 <= retention.OF[Kept.SIGN_IN].months <= 12


@pytest.mark.parametrize(
    ("at", "before"),
    [
        (datetime(2026, 11, 17, 11, tzinfo=UTC), datetime(2024, 11, 17, 11, tzinfo=UTC)),
        (datetime(2028, 2, 29, tzinfo=UTC), datetime(2026, 2, 28, tzinfo=UTC)),
        (datetime(2026, 1, 31, tzinfo=UTC), datetime(2024, 1, 31, tzinfo=UTC)),
    ],
)
def test_the_limit_is_the_same_day_of_its_month(at: datetime, before: datetime) -> None:
    assert retention.limit(Kept.CASE, at) == before
