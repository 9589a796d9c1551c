"""The names that machines, makers, yes and no go by in suppliers' lists."""

from __future__ import annotations

import pytest

from refurb.donations.words import form_of, maker_of, yes_no


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("Portable", "laptop"),
        ("PC portable", "laptop"),
        ("Notebook", "laptop"),
        ("Ordinateurs portables", "laptop"),
        ("UC", "desktop"),
        ("Unité centrale", "desktop"),
        ("PC fixe", "desktop"),
        ("Desktop", "desktop"),
        ("Mini-PC", "mini_pc"),
        ("Client léger", "mini_pc"),
        ("Tout-en-un", "all_in_one"),
        ("OptiPlex 3050 AIO", "all_in_one"),
        ("Écran", "monitor"),
        ("Moniteur 22 pouces", "monitor"),
        ("Écran cathodique", "crt"),
        ("Tablette", "tablet"),
        ("iPad Air 2", "tablet"),
        ("Smartphone", "smartphone"),
        ("Téléphone portable", "smartphone"),
        ("Imprimante multifonction", "printer"),
        ("HP LaserJet 400", "printer"),
        ("Serveur", "server"),
        ("claviers / souris", "keyboard"),
        ("Chargeur 65 W", "charger"),
        ("Portable avec chargeur", "laptop"),
        ("carton de câbles divers", "cable"),
        ("Station d'accueil", "dock"),
        ("EliteBook 840 G3", "laptop"),
        ("bidule", None),
        ("", None),
    ],
)
def test_a_thing_is_known_by_its_names(text: str, form: str | None) -> None:
    assert form_of(text) == form


@pytest.mark.parametrize(
    ("text", "maker"),
    [
        ("Hewlett-Packard", "HP"),
        ("HP Inc.", "HP"),
        ("DELL", "Dell"),
        ("Dell Inc.", "Dell"),
        ("lenovo", "Lenovo"),
        ("ThinkPad T470", "Lenovo"),
        ("Écrans 22 pouces Dell", "Dell"),
        ("Zorglub", None),
        ("shp", None),
    ],
)
def test_a_maker_has_one_name(text: str, maker: str | None) -> None:
    assert maker_of(text) == maker


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("oui", True),
        ("O", True),
        ("X", True),
        ("✓", True),
        ("Yes", True),
        ("1", True),
        ("avec", True),
        ("non", False),
        ("N", False),
        ("sans", False),
        ("-", False),
        ("0", False),
        ("manquant", False),
        ("", None),
        ("?", None),
        ("65W", None),
    ],
)
def test_yes_and_no_have_many_spellings(text: str, answer: bool | None) -> None:
    assert yes_no(text) is answer
