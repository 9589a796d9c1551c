"""Names in the order in which people count."""

import random

import pytest

from refurb.core.natural import natural

NAMES = [
    "A2-3",
    "A2-10",
    "a10-2",
    "B-03",
    "B-3 bis",
    "Bureau",
    "Étage 1, étagère 9",
    "étage 1, étagère 10",
    "Etage 2, étagère 1",
    "Étagère",
    "Étagère 2",
    "Étagère 10",
    "Étagère 010 bis",
    "Étagère 49000001",
    "Étagère 490000010000",
    "Réserve",
    "Zone",
]


def test_names_come_as_people_count() -> None:
    mixed = random.Random(7).sample(NAMES, len(NAMES))
    assert sorted(mixed, key=natural) == NAMES


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Étagère 2", "etagere 0000000002"),
        ("A-03", "a-0000000003"),
        ("000", "0000000000"),
        ("Cœur de ville", "cœur de ville"),
        ("", ""),
    ],
)
def test_a_number_is_as_wide_as_any(name: str, key: str) -> None:
    assert natural(name) == key
