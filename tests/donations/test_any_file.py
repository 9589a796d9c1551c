"""Whatever the bytes or the cells, a file is read or refused with a code; nothing else comes out."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from refurb.donations.lines import Outcome, Policy
from refurb.donations.lists import read_list
from refurb.sheets import Book, Cell, Limits, Row, Sheet, SheetRefused, read

TODAY = date(2026, 11, 17)
STARTS = (b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\xff\xfe", b"sep=;\n", b'Type;S/N\n"', b"%PDF")
HEADERS = st.sampled_from(
    ["Type", "Marque", "Modèle", "S/N", "Année", "Qté", "VNC", "Disque", "Nom", "Commentaire", "RAM"]
)
CELLS = st.one_of(
    st.none(),
    st.text(max_size=30),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.dates(),
    st.sampled_from(
        ["Portable", "UC", "HP", "5CG123ABC", "5CGI23ABC", "total", "~30", "12/08/2017", "Mme Durand", "?", "oui"]
    ),
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(STARTS), st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(start: bytes, rest: bytes) -> None:
    with suppress(SheetRefused):
        read_list(read(start + rest, Limits(file_bytes=10_000)), today=TODAY)


@settings(max_examples=150, deadline=None)
@given(st.lists(HEADERS, min_size=1, max_size=8), st.lists(st.lists(CELLS, max_size=9), max_size=12))
def test_any_cells_make_lines_that_can_be_declared(headers: list[str], body: list[list[Cell]]) -> None:
    rows = [Row(1, tuple(headers)), *(Row(number, tuple(cells)) for number, cells in enumerate(body, start=2))]
    filled = [row for row in rows if any(cell is not None for cell in row.cells)]
    reading = read_list(Book("xlsx", None, None, iter([Sheet("F", False, iter(filled))])), today=TODAY, policy=Policy())
    for line in reading.lines:
        assert line.outcome in Outcome
        assert line.quantity >= 1
        assert len(line.maker or "") <= 100
        assert len(line.model or "") <= 200
        assert len(line.serial or "") <= 100
        assert line.value_cents is None or line.value_cents >= 0
        assert "Durand" not in str(line)
