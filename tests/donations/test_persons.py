"""What names or reaches a person in a supplier's list is noticed and taken out."""

from __future__ import annotations

import pytest

from refurb.donations.persons import is_person, scrub


@pytest.mark.parametrize(
    "text", ["camille@example.org", "02 41 00 00 00", "Mme Durand", "DURAND Camille", "Jean-Paul Le Goff"]
)
def test_a_person_is_noticed(text: str) -> None:
    assert is_person(text)


@pytest.mark.parametrize(
    "text", ["Latitude 5480", "Service RH", "bon", "Hôtel de ville", "Stock", "HP EliteBook", "PC-0042"]
)
def test_a_thing_is_no_person(text: str) -> None:
    assert not is_person(text)


def test_a_free_text_loses_what_names_or_reaches_somebody() -> None:
    assert scrub("rendu par Mme Durand le 3") == ("rendu par … le 3", True)
    assert scrub("appeler 06 12 34 56 78 ou a.b@example.org") == ("appeler … ou …", True)
    assert scrub("PC de Sophie, batterie HS") == ("PC de …, batterie HS", True)
    assert scrub("batterie HS, manque le capot") == ("batterie HS, manque le capot", False)
