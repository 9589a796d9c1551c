"""Free text that should hold no person: what must be noticed, and what must not cry wolf."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refurb.core.privacy import Hint, find


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("Rappeler au 06 12 34 56 78 le soir", Hint.PHONE),
        ("tel 0241000000", Hint.PHONE),
        ("+33 6 12 34 56 78", Hint.PHONE),
        ("écrire à quelqu.un@exemple.fr", Hint.EMAIL),
        ("n° 2 85 05 49 588 157 80", Hint.NIR),
        ("285054958815780", Hint.NIR),
        ("1 99 12 2A 004 012", Hint.NIR),
        ("Mme Durand passera", Hint.NAME),
        ("pour madame De Vigny", Hint.NAME),
        ("la famille Martin", Hint.NAME),
        ("M. et Mme Petit", Hint.NAME),
        ("voir avec Sandrine", Hint.NAME),
        ("Voir avec Jean Dupont", Hint.NAME),
        ("dossier DUPONT", Hint.NAME),
        ("née le 12/05/1985", Hint.BIRTH_DATE),
        ("habite 12 bis rue des Lilas", Hint.ADDRESS),
        ("3, avenue Pasteur", Hint.ADDRESS),
    ],
)
def test_what_looks_like_a_person_is_noticed(text: str, hint: Hint) -> None:
    assert hint in {finding.hint for finding in find(text)}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Grand écran si possible, clavier AZERTY contrasté",
        "Bénéficiaire du RSA, suivi par le CCAS et la CAF",
        "Examen le 12 juin 2027, BTS en alternance au GRETA",
        "2 enfants au collège, 1 au lycée",
        "Besoin d'un PC portable de 14 pouces avec port USB-C et HDMI",
        "Code N4900001234 et lot D4900000123",
        "Budget 50 à 60 €, prêt possible 3 mois",
        "Pierre tombale, claire voie",
        "URGENT BESOIN AVANT LA RENTREE",
    ],
)
def test_plain_needs_raise_nothing(text: str) -> None:
    assert find(text) == []


@given(st.text())
def test_findings_are_pieces_of_the_text_in_order(text: str) -> None:
    findings = find(text)
    assert all(text[f.start : f.end] == f.text for f in findings)
    assert all(a.end <= b.start for a, b in itertools.pairwise(findings))


@given(st.text(alphabet=st.characters(blacklist_categories=["Nd"]), max_size=20), st.integers(1, 9), st.data())
def test_a_phone_number_never_passes(text: str, kind: int, data: st.DataObject) -> None:
    digits = data.draw(st.lists(st.integers(0, 9), min_size=8, max_size=8))
    separator = data.draw(st.sampled_from(["", " ", ".", "-"]))
    pairs = [f"0{kind}", *(f"{a}{b}" for a, b in zip(digits[::2], digits[1::2], strict=True))]
    assert find(f"{text} {separator.join(pairs)} {text}")
