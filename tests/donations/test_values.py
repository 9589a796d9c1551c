"""One cell of a supplier's list: read, mended or doubted."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from refurb.donations.notes import Note
from refurb.donations.values import acquired, cents, disk, gigabytes, lock, quantity, ram_gb, serial
from refurb.sheets import Cell


@pytest.mark.parametrize(
    ("cell", "year", "notes"),
    [
        (2018, 2018, ()),
        (2018.0, 2018, ()),
        ("2018", 2018, ()),
        (date(2019, 5, 6), 2019, ()),
        (datetime(2019, 5, 6), 2019, ()),  # noqa: DTZ001 - as a spreadsheet gives it
        ("12/08/2017", 2017, ()),
        ("2017-08-12", 2017, ()),
        ("12.08.17", 2017, ()),
        ("08/25/2017", 2017, (Note.DATE_MENDED,)),
        (42959, 2017, (Note.DATE_MENDED,)),
        ("42959", 2017, (Note.DATE_MENDED,)),
        ("août 2017", 2017, (Note.DATE_MENDED,)),
        ("env. 2015", 2015, (Note.DATE_MENDED,)),
        ("03/17", 2017, (Note.DATE_MENDED,)),
        ("8 ans", 2018, (Note.DATE_MENDED,)),
        (None, None, ()),
        ("", None, ()),
        ("?", None, ()),
        ("31/02/2017", None, (Note.YEAR_UNREADABLE,)),
        ("2087", None, (Note.YEAR_UNREADABLE,)),
        (1066, None, (Note.YEAR_UNREADABLE,)),
        ("vieux", None, (Note.YEAR_UNREADABLE,)),
    ],
)
def test_a_purchase_date_is_read_or_doubted(cell: Cell, year: int | None, notes: tuple[Note, ...]) -> None:
    found = acquired(cell, date(2026, 11, 17))
    assert (found.year, found.notes) == (year, notes)


@pytest.mark.parametrize(
    ("cell", "count", "notes"),
    [
        (12.0, 12, ()),
        ("12", 12, ()),
        ("x3", 3, ()),
        ("12 pcs", 12, ()),
        ("1 200", 1200, ()),
        ("~30", 30, (Note.QUANTITY_APPROXIMATE,)),
        ("env. 30", 30, (Note.QUANTITY_APPROXIMATE,)),
        ("20 à 25", 25, (Note.QUANTITY_APPROXIMATE,)),
        ("une dizaine", 10, (Note.QUANTITY_APPROXIMATE,)),
        ("deux", 2, ()),
        (None, 1, ()),
        ("?", 1, (Note.UNCOUNTED,)),
        ("plein", 1, (Note.QUANTITY_UNREADABLE,)),
        (0, 0, (Note.QUANTITY_ZERO,)),
        (-3, 0, (Note.QUANTITY_ZERO,)),
        (10**9, 1, (Note.QUANTITY_UNREADABLE,)),
        ("9" * 400, 1, (Note.QUANTITY_UNREADABLE,)),
    ],
)
def test_a_count_is_read_or_doubted(cell: Cell, count: int, notes: tuple[Note, ...]) -> None:
    assert quantity(cell) == (count, notes)


@pytest.mark.parametrize(
    ("cell", "value", "notes"),
    [
        ("5cg123abc", "5CG123ABC", ()),
        ("S/N: 5CG123ABC", "5CG123ABC", (Note.SERIAL_MENDED,)),
        (8234567012.0, "8234567012", (Note.SERIAL_FROM_NUMBER,)),
        ("8234567012.0", "8234567012", (Note.SERIAL_FROM_NUMBER,)),
        (1.2345678901234568e19, None, (Note.SERIAL_ROUNDED,)),
        ("3,56E+14", None, (Note.SERIAL_ROUNDED,)),
        ("'0123456A", "0123456A", ()),
        ("To be filled by O.E.M.", None, (Note.SERIAL_PLACEHOLDER,)),
        ("System Serial Number", None, (Note.SERIAL_PLACEHOLDER,)),
        (123456789.0, None, (Note.SERIAL_PLACEHOLDER,)),
        ("0", None, (Note.SERIAL_PLACEHOLDER,)),
        ("n/a", None, ()),
        ("-", None, ()),
        (None, None, ()),
    ],
)
def test_a_serial_is_mended_or_counts_for_none(cell: Cell, value: str | None, notes: tuple[Note, ...]) -> None:
    found = serial(cell, "HP")
    assert found.value == value
    assert [note for note in found.notes if note is not Note.SERIAL_FROM_NUMBER or value] == list(notes)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SSD 256", (True, "ssd", 256)),
        ("HDD 500 Go", (True, "hdd", 500)),
        ("256", (True, None, 256)),
        ("1 To", (True, None, 1000)),
        ("NVMe 512 Go", (True, "nvme", 512)),
        ("retiré", (False, None, None)),
        ("sans", (False, None, None)),
        ("oui", (True, None, None)),
        ("non", (False, None, None)),
        ("", (None, None, None)),
    ],
)
def test_a_disk_is_there_or_taken_out(text: str, expected: tuple[bool | None, str | None, int | None]) -> None:
    found = disk(text)
    assert (found.present, found.kind, found.size_gb) == expected


def test_sizes_amounts_and_locks() -> None:
    assert [ram_gb(text) for text in ("8", "8 Go", "8192", "2x4 Go", "16384 Mo", "")] == [8, 8, 8, 8, 16, None]
    assert [gigabytes(text) for text in ("120", "0,5 To", "7", "")] == [120, 500, None, None]
    assert [cents(cell) for cell in (12.5, "1 234,56 €", "1,234.56", "0", "rien", -5, None)] == [
        1250, 123456, 123456, 0, None, None, None,
    ]  # fmt: skip
    assert [lock(text) for text in ("mdp BIOS", "Autopilot", "iCloud actif", "oui", "non", "déverrouillé", "")] == [
        "bios", "autopilot", "account", "unknown", "none", "none", None,
    ]  # fmt: skip
