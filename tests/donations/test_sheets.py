"""Files as they come: what they are, whether they are safe, and what they say. The tests make every file."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime

import openpyxl
import pytest
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

from refurb.sheets import Limits, Row, SheetRefused, harmless, read, write_csv, write_xlsx


def workbook(*rows: list[object], **sheets: list[list[object]]) -> bytes:
    """Return an XLSX: the rows of its first sheet, then others by name."""
    book = openpyxl.Workbook()
    first = book.active
    assert first is not None
    for row in rows:
        first.append(row)
    for name, lines in sheets.items():
        sheet = book.create_sheet(name)
        for line in lines:
            sheet.append(line)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def rows_of(data: bytes, limits: Limits | None = None) -> list[Row]:
    """Read a file to the end and return the rows of all its sheets."""
    book = read(data, limits or Limits())
    return [row for sheet in book.sheets for row in sheet.rows]


def rezipped(data: bytes, **replaced: bytes) -> bytes:
    """Return the archive with some entries replaced; "/" and "." of their names are written "__" and "_dot_"."""
    stream = io.BytesIO()
    wanted = {name.replace("__", "/").replace("_dot_", "."): content for name, content in replaced.items()}
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            new.writestr(entry.filename, wanted.pop(entry.filename, old.read(entry.filename)))
        for name, content in wanted.items():
            new.writestr(name, content)
    return stream.getvalue()


def refused(data: bytes, limits: Limits | None = None) -> str:
    """Return the code with which a file is refused."""
    with pytest.raises(SheetRefused) as refusal:
        rows_of(data, limits)
    return refusal.value.code


def test_rows_keep_the_numbers_that_the_spreadsheet_shows() -> None:
    read_rows = rows_of(workbook([], ["Type", "Année"], [], ["Portable", 2018]))
    assert [(row.number, row.cells[0]) for row in read_rows] == [(2, "Type"), (4, "Portable")]


def test_dates_figures_and_hidden_sheets_come_through() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([datetime(2019, 3, 4), 12.5, True])  # noqa: DTZ001 - a spreadsheet knows no zone
    hidden = book.create_sheet("Secret")
    hidden.append(["x"])
    hidden.sheet_state = "hidden"
    stream = io.BytesIO()
    book.save(stream)
    seen = [(sheet.name, sheet.hidden, list(sheet.rows)) for sheet in read(stream.getvalue()).sheets]
    assert seen[0][2][0].cells in [
        (date(2019, 3, 4), 12.5, True),
        (datetime(2019, 3, 4), 12.5, True),  # noqa: DTZ001
    ]
    assert [(name, is_hidden) for name, is_hidden, _ in seen] == [("Sheet", False), ("Secret", True)]


def test_a_formula_gives_its_stored_value_and_is_never_computed() -> None:
    plain = workbook(["Quantité"], [0])
    with zipfile.ZipFile(io.BytesIO(plain)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    stored = sheet.replace(b"<v>0</v>", b"<f>SUM(A1:A9)+40</f><v>7</v>")
    assert stored != sheet
    assert rows_of(rezipped(plain, xl__worksheets__sheet1_dot_xml=stored))[1].cells == (7.0,)


def test_a_cell_merged_downwards_counts_for_every_row_it_covers() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for line in (["Type", "S/N"], ["Portable", "A1"], [None, "A2"], ["UC", "A3"]):
        sheet.append(line)
    sheet.merge_cells("A2:A3")
    stream = io.BytesIO()
    book.save(stream)
    assert [row.cells[0] for row in rows_of(stream.getvalue())] == ["Type", "Portable", "Portable", "UC"]


def test_an_ods_is_read() -> None:
    document = OpenDocumentSpreadsheet()
    table = Table(name="Feuille")
    for line in (["Type", "Série"], ["Portable", "ABC123"]):
        row = TableRow()
        for text in line:
            cell = TableCell(valuetype="string")
            cell.addElement(P(text=text))
            row.addElement(cell)
        table.addElement(row)
    document.spreadsheet.addElement(table)
    stream = io.BytesIO()
    document.save(stream)
    book = read(stream.getvalue())
    assert book.format == "ods"
    assert [row.cells for sheet in book.sheets for row in sheet.rows] == [("Type", "Série"), ("Portable", "ABC123")]


@pytest.mark.parametrize(
    ("encoding", "named"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("cp1252", "cp1252"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("mac_roman", "mac_roman"),
        ("cp850", "cp850"),
    ],
)
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_french_letters_come_through_every_usual_encoding(encoding: str, named: str, delimiter: str) -> None:
    text = "\r\n".join(
        delimiter.join(line) for line in (["Modèle", "État", "Désignation"], ["Élite", "abîmé", "à réparer"])
    )
    book = read(text.encode(encoding))
    assert (book.encoding, book.delimiter) == (named, delimiter)
    assert next(book.sheets).rows.__next__().cells == ("Modèle", "État", "Désignation")


def test_line_numbers_of_a_text_file_are_those_of_an_editor() -> None:
    data = b'sep=;\nType;Note\nPortable;"deux\nlignes"\n\nUC;rien\n'
    assert [(row.number, row.cells[0]) for row in rows_of(data)] == [(2, "Type"), (3, "Portable"), (6, "UC")]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b" \r\n\t ", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"%PDF-1.7 x", "is-pdf"),
        (b"\x89PNG\r\n\x1a\n....", "is-image"),
        (b"\xff\xd8\xff\xe0....", "is-image"),
        (b"{\\rtf1 x}", "is-document"),
        (b"<html><table><tr><td>Type</td></tr></table></html>", "is-web-page"),
        (b"PK\x03\x04 not really", "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "is-other"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le") + b"\0" * 600, "password"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le") + b"\0" * 600, "is-document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook".encode("utf-16-le") + b"\0" * 600, "damaged"),
        (bytes(range(256)) * 20, "is-other"),
        (b"\x7fELF" + b"\0" * 200, "is-other"),
        (b'{"type": "Portable"}', "is-other"),
    ],
)
def test_what_is_no_list_is_named_by_its_content(data: bytes, code: str) -> None:
    assert refused(data) == code


def test_a_text_document_is_told_from_a_workbook() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("word/document.xml", "<w:document/>")
    assert refused(stream.getvalue()) == "is-document"
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("photo.jpg", "x")
    assert refused(stream.getvalue()) == "is-archive"


def test_a_file_too_heavy_is_refused_before_it_is_read() -> None:
    assert refused(b"a;b\n" * 1000, Limits(file_bytes=1000)) == "too-big"


def test_a_bomb_is_refused_before_it_unfolds() -> None:
    plain = workbook(["Type"])
    bomb = b"<worksheet><sheetData>" + b'<row><c t="inlineStr"><is><t>a</t></is></c></row>' * 500_000
    assert refused(rezipped(plain, xl__worksheets__sheet1_dot_xml=bomb)) == "swells"


def test_a_million_rows_are_too_many_rows() -> None:
    text = "Type;Marque\n" + "Portable;HP\n" * 1_000_000
    assert refused(text.encode()) == "too-many-rows"


def test_one_long_text_that_every_cell_points_at_is_refused() -> None:
    plain = workbook(["Type"])
    space = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    cells = b"".join(b'<c r="%c%d" t="s"><v>0</v></c>' % (65 + n % 5, n // 5 + 1) for n in range(40_000))
    sheet = b"<worksheet %s><sheetData><row>%s</row></sheetData></worksheet>" % (space, cells)
    texts = b"<sst %s><si><t>%s</t></si></sst>" % (space, b"a" * 32_000)
    swollen = rezipped(plain, xl__worksheets__sheet1_dot_xml=sheet, xl__sharedStrings_dot_xml=texts)
    assert refused(swollen) == "swells"


def test_two_far_cells_do_not_ask_for_a_rectangle_of_billions() -> None:
    plain = workbook(["Type"])
    far = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
        b"</sheetData></worksheet>"
    )
    assert refused(rezipped(plain, xl__worksheets__sheet1_dot_xml=far)) in {"too-many-rows", "too-many-columns"}


def test_a_styled_empty_cell_at_the_end_of_the_sheet_is_nothing() -> None:
    plain = workbook(["Type"])
    styled = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576" s="1"/></row>'
        b"</sheetData></worksheet>"
    )
    assert [row.number for row in rows_of(rezipped(plain, xl__worksheets__sheet1_dot_xml=styled))] == [1]


ODS = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
    '<table:table table:name="F">%s</table:table></office:spreadsheet></office:body></office:document-content>'
)
CELL = '<table:table-cell office:value-type="string"><text:p>x</text:p></table:table-cell>'
REPEATED_ROW = '<table:table-row table:number-rows-repeated="1000000">%s</table:table-row>'
REPEATED_CELL = '<table:table-cell table:number-columns-repeated="16000"/>'


def ods(rows: str) -> bytes:
    """Return an ODS made of rows written by hand."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr("content.xml", ODS % rows)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        (REPEATED_ROW % CELL, "too-many-rows"),
        (REPEATED_ROW % "<table:table-cell/>" + f"<table:table-row>{CELL}</table:table-row>", "too-many-rows"),
        (f"<table:table-row>{REPEATED_CELL}{CELL}</table:table-row>", "too-many-columns"),
    ],
)
def test_an_ods_that_repeats_beyond_measure_is_refused(rows: str, code: str) -> None:
    assert refused(ods(rows)) == code


def test_the_empty_end_of_an_ods_is_nothing() -> None:
    rows = f"<table:table-row>{CELL}{REPEATED_CELL}</table:table-row>" + REPEATED_ROW % REPEATED_CELL
    assert [row.cells[0] for row in rows_of(ods(rows))] == ["x"]


def test_a_locked_zip_asks_for_its_password() -> None:
    data = bytearray(workbook(["Type"]))
    # The flag of encryption, in the central directory's first entry.
    at = data.find(b"PK\x01\x02")
    data[at + 8] |= 1
    assert refused(bytes(data)) == "password"


@pytest.mark.parametrize("text", ["=cmd()", "+1", "-1+2", "@SUM(A1)", "\t=1", " =1", "\uff1d1"])
def test_no_text_leaves_as_a_formula(text: str) -> None:
    assert harmless(text) == "'" + text
    assert write_csv(["a"], [[text]]).decode("utf-8-sig").splitlines()[1].strip('"').startswith("'")
    sheet = openpyxl.load_workbook(io.BytesIO(write_xlsx([("F", ["a"], [[text]])]))).active
    assert sheet is not None
    cell = sheet["A2"]
    assert cell.data_type == "s"
    assert str(cell.value).startswith("'")


def test_what_is_written_is_read_back() -> None:
    line: list[object] = ["Élite", 12, date(2020, 1, 2), None, "https://example.org"]
    written = write_xlsx([("Feuille [1]/:*", ["a", "b", "c", "d", "e"], [line])])  # type: ignore[list-item]
    assert rows_of(written)[1].cells[:3] in [("Élite", 12.0, date(2020, 1, 2)), ("Élite", 12, date(2020, 1, 2))]
    assert rows_of(write_csv(["a"], [["Élite"]]))[1].cells == ("Élite",)
