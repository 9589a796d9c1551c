"""Workbooks and text tables: read under guard whatever their name says, written so that no cell becomes a formula.

Reading: XLSX, XLS, ODS by calamine (formulas give their stored value), CSV and TSV in the encodings that French park
tools write. The content decides the type, never the name. Everything that could swell in memory is measured before a
reader sees it, because neither calamine nor openpyxl refuses a bomb (dependencies.md, role 14).
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import python_calamine as calamine
import xlsxwriter

from refurb.sheet_guard import CODES, Limits, SheetRefused, guard_ole, guard_zip, refuse_known

__all__ = [
    "CODES",
    "Book",
    "Cell",
    "Limits",
    "Row",
    "Sheet",
    "SheetRefused",
    "decode",
    "delimiter_of",
    "harmless",
    "read",
    "write_csv",
    "write_xlsx",
]

DEFAULT_LIMITS = Limits()
Cell = str | int | float | bool | date | datetime | time | timedelta | None


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a sheet; `number` counts from 1 as the spreadsheet (or a text editor) shows it."""

    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Sheet:
    """One sheet; `rows` is consumed once, gives only rows that hold something."""

    name: str
    hidden: bool
    rows: Iterator[Row]


@dataclass(frozen=True)
class Book:
    """A file understood as tables. `sheets` loads one sheet at a time, so read each before asking for the next."""

    format: str
    encoding: str | None
    delimiter: str | None
    sheets: Iterator[Sheet]


def read(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Book:
    """Return the tables of a file; raises SheetRefused here or, for what only the rows show, while they are read."""
    if not data.strip(b"\0 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise SheetRefused("empty")
    if len(data) > limits.file_bytes:
        raise SheetRefused("too-big")
    if data[:4] == b"PK\x03\x04" or data[:4] == b"PK\x05\x06":
        return _workbook(data, guard_zip(data, limits), limits)
    if data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        return _workbook(data, guard_ole(data, limits), limits)
    refuse_known(data)
    return _text(data, limits)


# -- workbooks --------------------------------------------------------------------------------------------------


def _workbook(data: bytes, form: str, limits: Limits) -> Book:
    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    except calamine.PasswordError as error:
        raise SheetRefused("password") from error
    except calamine.CalamineError as error:
        raise SheetRefused("password" if "password" in str(error).lower() else "damaged") from error
    return Book(form, None, None, _workbook_sheets(book, limits))


def _workbook_sheets(book: calamine.CalamineWorkbook, limits: Limits) -> Iterator[Sheet]:
    left = limits.rows
    for meta in book.sheets_metadata:
        if meta.typ is not calamine.SheetTypeEnum.WorkSheet:
            continue
        try:
            sheet = book.get_sheet_by_name(meta.name)
        except calamine.CalamineError as error:
            raise SheetRefused("damaged") from error
        left -= sheet.total_height
        if left < 0:
            raise SheetRefused("too-many-rows")
        if sheet.total_width > limits.columns * 4:
            raise SheetRefused("too-many-columns")
        yield Sheet(meta.name, meta.visible is not calamine.SheetVisibleEnum.Visible, _sheet_rows(sheet))


def _sheet_rows(sheet: calamine.CalamineSheet) -> Iterator[Row]:
    """Give the rows with their own numbers; a cell merged downwards counts for every row it covers."""
    if sheet.start is None:
        return
    left = sheet.start[1]
    margin: tuple[Cell, ...] = (None,) * left
    merged = {
        row: (top[0], top[1])
        for top, bottom in (sheet.merged_cell_ranges or [])[:5_000]
        if top[1] == bottom[1] and 0 < bottom[0] - top[0] < 2_000
        for row in range(top[0] + 1, bottom[0] + 1)
    }
    held: dict[tuple[int, int], Cell] = {}
    sources = set(merged.values())
    for index, values in enumerate(sheet.iter_rows()):
        if not any(value != "" for value in values):
            continue
        cells: list[Cell] = [None if value == "" else value for value in values]
        if sources:
            for source in [source for source in sources if source[0] == index]:
                held[source] = cells[source[1] - left]
            if index in merged and (source := merged[index]) in held:
                cells[source[1] - left] = held[source]
        yield Row(index + 1, margin + tuple(cells))


# -- text -------------------------------------------------------------------------------------------------------

_FRENCH = "éèêàâçùûôîïëÉÈÀÇÊ°€’«»œ"


def decode(data: bytes) -> tuple[str, str]:
    """Return the text and its encoding: what the mark says, else UTF-8, else the old page that reads best in French."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding, "replace"), encoding
    sample = data[:4_000]
    if sample.count(0) > len(sample) // 4:
        even, odd = sample[::2].count(0), sample[1::2].count(0)
        encoding = "utf-16-le" if odd > even else "utf-16-be"
        if min(even, odd) * 4 < max(even, odd):
            return data.decode(encoding, "replace"), encoding
    if b"\0" in data[:65_536]:
        raise SheetRefused("is-other")
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        start = data[:200_000]
        best = max(
            ("cp1252", "mac_roman", "cp850"),
            key=lambda page: sum(map(start.decode(page, "replace").count, _FRENCH)),
        )
        return data.decode(best, "replace"), best


def _text(data: bytes, limits: Limits) -> Book:
    if len(data) > limits.text_bytes:
        raise SheetRefused("too-big")
    text, encoding = decode(data)
    control = sum(text.count(chr(code)) for code in range(1, 32) if code not in (9, 10, 11, 12, 13, 26))
    if control > 5 + len(text) // 500:
        raise SheetRefused("is-other")
    lines = text.count("\n") or text.count("\r")
    # Two lines of the file to one row: machines whose comment holds line breaks.
    if lines > limits.rows * 2:
        raise SheetRefused("too-many-rows")
    first, _, after = text.partition("\n")
    skipped = 0
    if first.strip().lower().startswith("sep=") and len(first.strip()) == 5:
        delimiter, text, skipped = first.strip()[4], after, 1
    else:
        delimiter = delimiter_of(text)
    rows = _text_rows(text, delimiter, skipped, limits)
    return Book("tsv" if delimiter == "\t" else "csv", encoding, delimiter, iter([Sheet("", False, rows)]))


def delimiter_of(text: str) -> str:
    """Return what separates the cells; a table of one column gives `;`, which then splits nothing."""
    sample = "\n".join(text.splitlines()[:40])[:12_000]
    counts: dict[str, list[int]] = {}
    for candidate in (";", "\t", ",", "|"):
        widths = [len(row) for row in csv.reader(io.StringIO(sample), delimiter=candidate) if any(row)]
        counts[candidate] = widths[:-1] or widths
    steady = {c: w for c, w in counts.items() if w and min(w) == max(w) > 1}
    if len(steady) == 1:
        return next(iter(steady))
    # Loaded here: it goes through the whole of Unicode as it is imported, which every start would pay.
    import clevercsv

    try:
        dialect = clevercsv.Sniffer().sniff(sample[:6_000], delimiters=[";", "\t", ",", "|"])
        if dialect is not None and dialect.delimiter:
            return str(dialect.delimiter)
    except clevercsv.Error:
        pass
    return max(counts, key=lambda c: sum(1 for width in counts[c] if width > 2)) if any(counts.values()) else ";"


def _text_rows(text: str, delimiter: str, skipped: int, limits: Limits) -> Iterator[Row]:
    csv.field_size_limit(max(csv.field_size_limit(), 1_000_000))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    read_rows, start = 0, 1
    try:
        for values in reader:
            number, start = start, reader.line_num + 1
            if not any(value.strip() for value in values):
                continue
            read_rows += 1
            if read_rows > limits.rows:
                raise SheetRefused("too-many-rows")
            if len(values) > limits.columns:
                raise SheetRefused("too-many-columns")
            cells = tuple((value[: limits.cell_chars].strip() or None) for value in values)
            yield Row(number + skipped, cells)
    except csv.Error as error:
        raise SheetRefused("damaged") from error


# -- writing ----------------------------------------------------------------------------------------------------

_FORMULA = re.compile(r"^[\s\x00-\x1f]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]")
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def harmless(value: Cell) -> Cell:
    """Return a cell that no spreadsheet takes for a formula: such a text gets the apostrophe that means "text"."""
    if not isinstance(value, str):
        return value
    value = _ILLEGAL.sub("", value)
    return "'" + value if _FORMULA.match(value) else value


def write_csv(header: Sequence[str], rows: Iterable[Sequence[Cell]], delimiter: str = ";") -> bytes:
    """Return UTF-8 with its mark and `;`, which a French spreadsheet opens by a double click."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter, lineterminator="\r\n")
    for row in itertools.chain([header], rows):
        writer.writerow(["" if cell is None else harmless(cell) for cell in row])
    return stream.getvalue().encode("utf-8-sig")


def write_xlsx(sheets: Iterable[tuple[str, Sequence[str], Iterable[Sequence[Cell]]]]) -> bytes:
    """Return a workbook, a sheet per (name, header, rows); text is written as text, addresses are no links."""
    stream = io.BytesIO()
    options = {
        "in_memory": True,
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": True,
        "remove_timezone": True,
    }
    book = xlsxwriter.Workbook(stream, options)
    bold = book.add_format({"bold": True, "bottom": 1})
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    moment = book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
    for index, (name, header, rows) in enumerate(sheets, start=1):
        title = re.sub(r"[\[\]:*?/\\]", " ", name).strip("' ")[:31] or f"{index}"
        sheet = book.add_worksheet(title)
        sheet.freeze_panes(1, 0)
        for column, text in enumerate(header):
            sheet.write_string(0, column, text, bold)
            sheet.set_column(column, column, min(max(len(text) + 2, 10), 40))
        for number, row in enumerate(rows, start=1):
            for column, cell in enumerate(row):
                safe = harmless(cell)
                if safe is None:
                    continue
                if isinstance(safe, str):
                    sheet.write_string(number, column, safe[:32_767])
                elif isinstance(safe, datetime):
                    sheet.write_datetime(number, column, safe, moment)
                elif isinstance(safe, date):
                    sheet.write_datetime(number, column, safe, day)
                else:
                    sheet.write(number, column, safe)
    book.close()
    return stream.getvalue()
