"""The voted minimums and maximums, as shares of a scenario."""

from typing import Any

import pytest

from refurb.core.policy import FIRST, PolicyFault, check, shares_of

NEEDS: list[dict[str, Any]] = [
    {"recipient": "household", "epci": "A", "prescriber": "1"},
    {"recipient": "household", "epci": "B", "prescriber": "2"},
    {"recipient": "household", "epci": None, "prescriber": "2"},
    {"recipient": "structure", "epci": "A", "prescriber": "3"},
]


def test_the_first_policy_gives_each_territory_that_asks_one_machine() -> None:
    check(FIRST)
    assert shares_of(FIRST, NEEDS) == {"floors": {"household/epci:A": 1, "household/epci:B": 1}, "caps": {}}
    assert shares_of(FIRST, []) == {"floors": {}, "caps": {}}


def test_every_part_has_its_share() -> None:
    policy = {
        **FIRST,
        "structures": {"least": 2, "most": 5},
        "territories": {"A": {"least": 0, "most": 9}, "C": {"least": 4, "most": None}},
        "prescriber_most": 3,
    }
    check(policy)
    found = shares_of(policy, NEEDS)
    assert found["floors"] == {"structure": 2, "household/epci:B": 1}
    assert found["caps"] == {
        "structure": 5,
        "household/epci:A": 9,
        "household/epci:A/prescriber:1": 3,
        "household/epci:B/prescriber:2": 3,
        "household/epci:None/prescriber:2": 3,
    }


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"territory_least": -1}, "out-of-range", "territory_least"),
        ({"territory_least": "3"}, "not-a-number", "territory_least"),
        ({"territory_least": True}, "not-a-number", "territory_least"),
        ({"structures": {"least": 6, "most": 5}}, "least-over-most", "structures.least"),
        ({"structures": {"least": 6}}, "unknown-part", "structures"),
        ({"territories": {"A": {"least": 0, "most": 10**9}}}, "out-of-range", "territories.A.most"),
        ({"desk": "give"}, "unknown-part", "desk"),
        ({"more": 1}, "unknown-part", "more"),
    ],
)
def test_what_cannot_be_read_is_refused(change: dict[str, Any], code: str, path: str) -> None:
    with pytest.raises(PolicyFault) as refused:
        check({**FIRST, **change})
    assert (refused.value.code, refused.value.path) == (code, path)
