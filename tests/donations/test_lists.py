"""Suppliers' lists read by meaning: every line kept, mended or refused, with its reason and where it stands."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from datetime import date, datetime
from pathlib import Path

import pytest

from refurb.core.equipment import Form
from refurb.donations.lines import ListLine, Outcome, Policy
from refurb.donations.lists import Reading, nothing_known, read_list
from refurb.donations.notes import Note
from refurb.sheets import read
from tests.donations.test_sheets import workbook

TODAY = date(2026, 11, 17)
SAMPLES = Path(os.environ["REFURB_SAMPLES"]) / "lists" if os.environ.get("REFURB_SAMPLES") else None


def understood(data: bytes | str, **options: object) -> Reading:
    """Read a list as of TODAY."""
    book = read(data.encode() if isinstance(data, str) else data)
    return read_list(book, today=TODAY, **options)  # type: ignore[arg-type]


def by_number(reading: Reading) -> dict[int, ListLine]:
    """Return the lines by their number in the file."""
    return {line.number: line for line in reading.lines}


def test_a_plain_list_is_kept_line_by_line() -> None:
    reading = understood(
        "Type;Marque;Modèle;N° de série;N° inventaire;Année;Chargeur;RAM;Disque;VNC;État\n"
        "Portable;Hewlett-Packard;HP EliteBook 840 G3;5cg6213abc;INV-1;2018;oui;8 Go;SSD 256;12,50;bon\n"
    )
    (line,) = reading.lines
    assert (line.outcome, line.notes, line.number) == (Outcome.KEPT, (), 2)
    assert (line.form, line.maker, line.model) == (Form.LAPTOP, "HP", "EliteBook 840 G3")
    assert (line.serial, line.inventory, line.year, line.value_cents) == ("5CG6213ABC", "INV-1", 2018, 1250)
    assert (line.has_charger, line.ram_gb, line.has_disk, line.storage_kind, line.storage_gb) == (
        True,
        8,
        True,
        "ssd",
        256,
    )
    assert line.condition == "bon"


def test_a_messy_workbook_is_understood_sheet_by_sheet() -> None:
    data = workbook(
        ["Direction des systèmes d'information"],
        ["Mise à jour :", datetime(2026, 10, 2)],  # noqa: DTZ001
        [],
        ["N° inventaire", "Désignation", "Constructeur", "S/N", "Date d'achat", "Observations"],
        ["A1", "Portable Latitude 5480", "Dell", "B5BTWLO", datetime(2019, 8, 12), "bon"],  # noqa: DTZ001
        ["A2", "Portable Latitude 5480", "Dell", "B5BTWL0", datetime(2019, 8, 12), "bon"],  # noqa: DTZ001
        ["A3", "UC HP ProDesk 600 G2 SFF", "HP", "5CG123ABC", 2014, ""],
        ["A4", "UC HP ProDesk 600 G2 SFF", "HP", "5CG123ABC", 2018, "doublon ?"],
        ["A5", "Portable", "HP", "To be filled by O.E.M.", None, ""],
        ["A6", "UC", "Dell", 8234567012, 2018, ""],
        ["TOTAL", None, None, None, None, None],
        Divers=[["Quantité", "Désignation"], [12, "Écrans 22 pouces Dell"], ["~30", "claviers / souris"]],
        Notes=[["ne pas diffuser"]],
    )
    reading = understood(data)
    assert [(sheet.name, sheet.header, sheet.lines) for sheet in reading.sheets] == [
        ("Sheet", 4, 6),
        ("Divers", 1, 2),
        ("Notes", None, 0),
    ]
    lines = {(line.sheet, line.number): line for line in reading.lines}
    assert lines["Sheet", 5].notes == (Note.SIMILAR_IN_FILE,)
    assert lines["Sheet", 5].same_as == ("Sheet", 6)
    assert lines["Sheet", 6].same_as == ("Sheet", 5)
    assert lines["Sheet", 7].notes == (Note.OLD,)
    assert lines["Sheet", 7].model == "ProDesk 600 G2 SFF"
    assert lines["Sheet", 8].outcome is Outcome.REFUSED
    assert lines["Sheet", 8].notes == (Note.DUPLICATE,)
    assert lines["Sheet", 8].same_as == ("Sheet", 7)
    assert (lines["Sheet", 9].serial, lines["Sheet", 9].notes) == (None, (Note.SERIAL_PLACEHOLDER,))
    assert (lines["Sheet", 10].serial, lines["Sheet", 10].notes) == ("8234567012", (Note.SERIAL_FROM_NUMBER,))
    assert (lines["Divers", 2].form, lines["Divers", 2].quantity, lines["Divers", 2].maker) == (
        Form.MONITOR,
        12,
        "Dell",
    )
    assert lines["Divers", 2].notes == ()
    assert (lines["Divers", 3].kind, lines["Divers", 3].quantity) == ("keyboard", 30)
    assert [(skipped.number, skipped.why) for skipped in reading.sheets[0].skipped] == [
        (1, "title"), (2, "title"), (11, "total"),
    ]  # fmt: skip


def test_a_park_tool_s_export_names_machines_by_their_name() -> None:
    reading = understood(
        '\ufeff"Nom";"Entité";"Statut";"Fabricant";"Numéro de série";"Type";"Modèle";"Usager";'
        '"Dernière modification"\r\n'
        '"PC-0001";"Ville > Technique";"À réformer";"HP";"5CGWPK94GV";"Notebook";"ProBook";"jdurand";"2026-09-13"\r\n'
    )
    (line,) = reading.lines
    assert (line.inventory, line.form, line.year, line.condition) == ("PC-0001", Form.LAPTOP, None, None)
    assert reading.person_columns == [("", "Usager")]


def test_columns_about_persons_are_dropped_by_header_and_by_content() -> None:
    reading = understood(
        "Modèle;Numéro de série;Affectation;Nom;Tel;Commentaire\n"
        "Latitude 5480;ABC1234;Camille Durand;Durand;0241000000;à rendre à Mme Durand\n"
        "Latitude 5480;ABC1235;Jean-Paul Le Goff;Le Goff;0241000001;\n"
        "Latitude 5480;ABC1236;Stock;;;\n"
    )
    assert [header for _, header in reading.person_columns] == ["Affectation", "Nom", "Tel"]
    said = " ".join(str(line) for line in reading.lines)
    assert "Durand" not in said
    assert "Goff" not in said
    assert "0241" not in said
    assert reading.lines[0].notes == (Note.PERSON_REMOVED,)


def test_a_person_who_strays_into_a_machine_s_column_is_taken_out() -> None:
    reading = understood(
        "N° inventaire;Type;Marque;S/N;Commentaire\n0612345678;Portable;HP de Mme Durand;ABC1234;\n"
        "0612345679;Portable;HP;ABC1235;PC de Sophie\n"
    )
    assert reading.person_columns == []
    assert [line.inventory for line in reading.lines] == ["0612345678", "0612345679"]
    assert [line.notes for line in reading.lines] == [(Note.PERSON_REMOVED,), (Note.PERSON_REMOVED,)]
    assert "Durand" not in str(reading.lines)
    assert "Sophie" not in str(reading.lines)


def test_a_machine_named_after_its_user_loses_that_name_alone() -> None:
    reading = understood(
        "Nom;Modèle;Série\nPC-0001;Latitude 5480;ABC1234\nPC-0002;Latitude 5480;ABC1235\n"
        "PC-DURAND;Latitude 5480;ABC1236\n"
        "SOPHIE-PC2;Latitude 5480;ABC1237\n"
    )
    assert [line.inventory for line in reading.lines] == ["PC-0001", "PC-0002", None, None]


def test_subtitles_give_the_form_of_what_follows_and_are_no_lines() -> None:
    reading = understood(
        "Désignation;Marque;Modèle;Série\nPORTABLES;;;\n;HP;X1;AAA1111\n;HP;X2;AAA2222\n"
        "Unités centrales;;;\n;HP;X3;AAA3333\n"
    )
    assert [(line.number, line.form) for line in reading.lines] == [
        (3, Form.LAPTOP), (4, Form.LAPTOP), (6, Form.DESKTOP),
    ]  # fmt: skip


def test_a_header_repeated_at_a_page_break_is_no_machine() -> None:
    reading = understood("Type;Marque;Série\nPortable;HP;AAA1111\nType;Marque;Série\nPortable;HP;AAA2222\n")
    assert [line.number for line in reading.lines] == [2, 4]


def test_a_second_table_under_the_first_has_its_own_columns() -> None:
    reading = understood(
        "Type;Marque;Modèle;Série\nPortable;HP;X1;AAA1111\n;;;\nQuantité;Désignation;État;\n12;Écrans Dell;bon;\n"
    )
    assert [(line.number, line.form, line.quantity) for line in reading.lines] == [
        (2, Form.LAPTOP, 1), (5, Form.MONITOR, 12),
    ]  # fmt: skip


def test_a_list_without_header_speaks_through_its_cells() -> None:
    reading = understood("Portable;HP;EliteBook 840 G3;5CGW3XMZJL;2018\nUC;Dell;OptiPlex 7050;8S2PZGT;2019\n")
    assert [(line.number, line.form, line.maker, line.serial, line.year) for line in reading.lines] == [
        (1, Form.LAPTOP, "HP", "5CGW3XMZJL", 2018),
        (2, Form.DESKTOP, "Dell", "8S2PZGT", 2019),
    ]


def test_a_bare_list_of_serials_is_a_list() -> None:
    assert [line.serial for line in understood("Numéro de série\nABC1234\nABD1234\n").lines] == ["ABC1234", "ABD1234"]


def test_a_letter_is_no_list() -> None:
    assert understood("Bonjour,\nvoici la liste, merci de passer demain.\nCordialement\n").lines == []


def test_several_serials_in_a_cell_are_several_machines() -> None:
    reading = understood("Type;Modèle;Série;Quantité\nUC;M710q;PC0ABCDE / PC0ABCDF;2\n")
    assert [(line.serial, line.quantity, line.notes) for line in reading.lines] == [
        ("PC0ABCDE", 1, (Note.SERIALS_SPLIT,)),
        ("PC0ABCDF", 1, (Note.SERIALS_SPLIT,)),
    ]


@pytest.mark.parametrize(
    ("cells", "note"),
    [
        ("Imprimante;HP;LaserJet;CNB12345;2020", Note.PRINTER),
        ("Écran cathodique;Philips;107;PH12345;2020", Note.CRT),
        ("Vidéoprojecteur;Epson;EB;EP12345;2020", Note.NOT_COMPUTER),
    ],
)
def test_what_the_chain_does_not_take_is_refused_with_its_reason(cells: str, note: Note) -> None:
    (line,) = understood(f"Type;Marque;Modèle;Série;Année\n{cells}\n").lines
    assert (line.outcome, line.notes) == (Outcome.REFUSED, (note,))


def test_what_is_refused_is_the_coordination_s_choice() -> None:
    (line,) = understood("Type;Série\nImprimante;CNB12345\n", policy=Policy(refused=frozenset())).lines
    assert line.outcome is Outcome.KEPT


def test_a_zero_quantity_is_refused_and_a_line_that_says_nothing_too() -> None:
    lines = by_number(understood("Quantité;Type;Commentaire;État\n0;Portable;;\n;;rien à voir;bon\n"))
    assert lines[2].notes[0] is Note.QUANTITY_ZERO
    assert Note.NOTHING_SAID in lines[3].notes
    assert {line.outcome for line in lines.values()} == {Outcome.REFUSED}


def test_more_than_ten_years_is_shown_to_the_day() -> None:
    lines = by_number(
        understood("Type;Modèle;Date d'achat\nUC;a1;16/11/2016\nUC;a2;18/11/2016\nUC;a3;2016\nUC;a4;2015\n")
    )
    assert [number for number, line in lines.items() if Note.OLD in line.notes] == [2, 5]


def test_what_the_stock_knows_is_shown_the_same_and_alike() -> None:
    asked: list[Collection[str]] = []

    def known(keys: Collection[str]) -> Mapping[str, str]:
        asked.append(keys)
        return {"ABC1234": "ABC1234", "XYZ0012": "XYZOO12"}

    lines = understood("Type;Série\nPortable;ABC1234\nPortable;XYZ0012\nPortable;NEW12345\n", known=known).lines
    assert [line.notes for line in lines] == [(Note.IN_STOCK,), (Note.SIMILAR_IN_STOCK,), ()]
    assert len(asked) == 1
    assert nothing_known(asked[0]) == {}


def test_one_serial_of_two_makers_is_a_doubt_not_a_double() -> None:
    lines = understood("Type;Marque;Série\nPortable;HP;ABC1234\nÉcran;Dell;ABC1234\n").lines
    assert [line.outcome for line in lines] == [Outcome.KEPT, Outcome.KEPT]
    assert lines[1].notes == (Note.SIMILAR_IN_FILE,)


def test_text_is_kept_as_text_and_cut_where_too_long() -> None:
    lines = understood(
        "Type;Modèle;Série;Commentaire\n"
        f'Portable;"=cmd|\' /C calc\'!A0";ABC1234;"<script>alert(1)</script>"\nPortable;{"x" * 300};ABC1235;\n'
    ).lines
    assert lines[0].model == "=cmd|' /C calc'!A0"
    assert lines[0].comment == "<script>alert(1)</script>"
    assert len(lines[1].model or "") == 200
    assert lines[1].notes == (Note.TEXT_CUT,)


if SAMPLES:  # an empty list of cases would count as a skipped test

    @pytest.mark.parametrize("path", sorted(SAMPLES.iterdir()), ids=lambda path: path.name)
    def test_the_samples_read(path: Path) -> None:
        reading = understood(path.read_bytes())
        assert reading.counts[Outcome.KEPT] > 0.7 * len(reading.lines) > 0
