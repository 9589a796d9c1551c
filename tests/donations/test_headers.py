"""Which column of a supplier's list says what, by its header."""

from __future__ import annotations

from datetime import date

import pytest

from refurb.donations.columns import find_header
from refurb.donations.headers import Fate, Field, meaning
from refurb.sheets import Row


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Type", Field.FORM),
        ("Type de matériel", Field.FORM),
        ("Catégorie", Field.FORM),
        ("Device type", Field.FORM),
        ("Marque", Field.MAKER),
        ("Fabricant", Field.MAKER),
        ("Constructeur", Field.MAKER),
        ("Manufacturer", Field.MAKER),
        ("Modèle", Field.MODEL),
        ("Model Name", Field.MODEL),
        ("Désignation", Field.DESIGNATION),
        ("Marque / Modèle", Field.DESIGNATION),
        ("S/N", Field.SERIAL),
        ("N° de série", Field.SERIAL),
        ("Numéro de série", Field.SERIAL),
        ("N°Série", Field.SERIAL),
        ("Serial number", Field.SERIAL),
        ("Service Tag", Field.SERIAL),
        ("IMEI", Field.SERIAL),
        ("N° inventaire", Field.INVENTORY),
        ("Asset tag", Field.INVENTORY),
        ("Nom de la machine", Field.INVENTORY),
        ("Année", Field.ACQUIRED),
        ("Date d'achat", Field.ACQUIRED),
        ("Date de 1re mise en service", Field.ACQUIRED),
        ("Purchase date", Field.ACQUIRED),
        ("Chargeur (O/N)", Field.CHARGER),
        ("Alim", Field.CHARGER),
        ("Effacé ?", Field.WIPED),
        ("Disque effacé", Field.WIPED),
        ("Data wiped", Field.WIPED),
        ("Verrouillage BIOS", Field.LOCK),
        ("MDM / Autopilot", Field.LOCK),
        ("Disque", Field.DISK),
        ("Processeur", Field.CPU),
        ("RAM (Go)", Field.RAM),
        ("Mémoire vive", Field.RAM),
        ("Capacité disque", Field.DISK),
        ("Stockage", Field.STORAGE),
        ("Qté", Field.QUANTITY),
        ("Quantité", Field.QUANTITY),
        ("Nb", Field.QUANTITY),
        ("VNC (€)", Field.VALUE),
        ("Valeur nette comptable", Field.VALUE),
        ("Net book value", Field.VALUE),
        ("État", Field.STATE),
        ("Condition", Field.STATE),
        ("Observations", Field.COMMENT),
        ("Lieu", Field.LOCATION),
        ("Site", Field.LOCATION),
    ],
)
def test_a_header_is_understood_in_both_languages(header: str, field: Field) -> None:
    assert meaning(header) == (Fate.USED, field)


@pytest.mark.parametrize(
    "header",
    [
        "Utilisateur",
        "Usager",
        "Nom de l'agent",
        "Prénom",
        "E-mail",
        "Courriel",
        "Téléphone",
        "Tél.",
        "Contact",
        "Assigned to",
        "User",
        "Owner",
        "Login",
        "Nom et prénom",
        "Affecté à",
        "Responsable",
        "Dernier utilisateur",
        "Matricule agent",
    ],
)
def test_a_header_about_persons_is_told(header: str) -> None:
    assert meaning(header) == (Fate.PERSON, None)


@pytest.mark.parametrize(
    "header",
    [
        "Dernière modification",
        "Fin de garantie",
        "Système d'exploitation - Nom",
        "Adresse MAC",
        "Purchase cost",
        "Fournisseur",
    ],
)
def test_a_header_that_would_mislead_is_left_out(header: str) -> None:
    assert meaning(header) == (Fate.IGNORED, None)


@pytest.mark.parametrize("header", ["Zorglub", "12", "", "x" * 200])
def test_a_header_without_meaning_has_none(header: str) -> None:
    assert meaning(header) is None


def test_the_header_is_found_under_titles_and_not_among_the_data() -> None:
    rows = [
        Row(1, ("Matériels réformés 2026 de la direction",)),
        Row(2, ("Mise à jour :", date(2026, 1, 1))),
        Row(5, ("Désignation", "Constructeur", "S/N", "Année")),
        Row(6, ("Portable", "Dell", "ABC123", 2018)),
    ]
    assert find_header(rows) == 2
    assert (
        find_header(
            [Row(1, ("Portable", "HP", "EliteBook 840", "5CG123ABC")), Row(2, ("Écran", "Dell", "P22", "X123"))]
        )
        is None
    )
