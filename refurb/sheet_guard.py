"""What an uploaded table really is, and whether opening it is safe; `sheets` reads nothing before this has looked.

A workbook is a zip: a few kilobytes may unfold to gigabytes, two far cells may ask for a rectangle of billions, one
long text may be pointed at by a million cells. Each is measured on the stream, with bounded memory.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What one file may weigh; the defaults serve a list of machines, and 100,000 rows pass."""

    file_bytes: int = 20_000_000
    unzipped_bytes: int = 150_000_000
    #: Of one entry of the archive, when it unfolds to more than a megabyte.
    ratio: int = 150
    rows: int = 120_000
    columns: int = 300
    cells: int = 6_000_000
    text_bytes: int = 60_000_000
    cell_chars: int = 32_767


class SheetRefused(Exception):
    """The file cannot be read as a table. `code` is one of CODES; the sentence is chosen at the edge."""

    def __init__(self, code: str) -> None:
        assert code in CODES, code
        super().__init__(code)
        self.code = code


CODES = (
    "empty",
    "too-big",
    "too-many-rows",
    "too-many-columns",
    "swells",
    "password",
    "damaged",
    "is-pdf",
    "is-document",
    "is-image",
    "is-web-page",
    "is-archive",
    "is-other",
)


# -- what a file is ---------------------------------------------------------------------------------------------

_SIGNATURES = (
    (b"%PDF", "is-pdf"),
    (b"\x89PNG", "is-image"),
    (b"\xff\xd8\xff", "is-image"),
    (b"GIF8", "is-image"),
    (b"BM", "is-image"),
    (b"II*\0", "is-image"),
    (b"MM\0*", "is-image"),
    (b"{\\rtf", "is-document"),
    (b"Rar!", "is-archive"),
    (b"7z\xbc\xaf", "is-archive"),
    (b"\x1f\x8b", "is-archive"),
    (b"BZh", "is-archive"),
    (b"\xfd7zXZ", "is-archive"),
    (b"\x7fELF", "is-other"),
    (b"MZ", "is-other"),
    (b"SQLite format 3", "is-other"),
)


def refuse_known(data: bytes) -> None:
    for signature, code in _SIGNATURES:
        # Two letters are too little: a CSV may begin with them.
        if data.startswith(signature) and (len(signature) > 2 or b"\0" in data[:512]):
            raise SheetRefused(code)
    if data[:4] == b"RIFF" or data[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypavif"):
        raise SheetRefused("is-image")
    start = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<table", b"<meta", b"<head")) or b"<html" in start[:600]:
        raise SheetRefused("is-web-page")
    if start.startswith((b"<?xml", b"{", b"[{")):
        raise SheetRefused("is-other")


def guard_zip(data: bytes, limits: Limits) -> str:
    """Return xlsx or ods, having measured what the archive would unfold to and what its cells span."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            names = {entry.filename for entry in entries}
            mimetype = archive.read("mimetype")[:100].decode("ascii", "replace") if "mimetype" in names else ""
            form = _zip_form(names, mimetype)
            if any(entry.flag_bits & 0x1 for entry in entries):
                raise SheetRefused("password")
            if len(entries) > 5_000 or sum(entry.file_size for entry in entries) > limits.unzipped_bytes:
                raise SheetRefused("too-many-rows" if _is_honest(entries, limits) else "swells")
            if any(_ratio(entry) > limits.ratio for entry in entries if entry.file_size > 1_000_000):
                raise SheetRefused("swells")
            if form == "xlsx":
                _guard_xlsx(archive, entries, limits)
            else:
                _guard_ods(archive, names, limits)
            return form
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        KeyError,
        NotImplementedError,
        EOFError,
        OSError,
        zlib.error,
    ) as error:
        raise SheetRefused("damaged") from error


def _zip_form(names: set[str], mimetype: str) -> str:
    if any(name.startswith("xl/") for name in names):
        if "xl/workbook.bin" in names:
            raise SheetRefused("is-other")
        return "xlsx"
    if "opendocument.spreadsheet" in mimetype:
        return "ods"
    if any(name.startswith(("word/", "ppt/")) for name in names) or "opendocument" in mimetype:
        raise SheetRefused("is-document")
    if "content.xml" in names and "META-INF/manifest.xml" in names:
        return "ods"
    raise SheetRefused("is-archive")


def _ratio(entry: zipfile.ZipInfo) -> float:
    return entry.file_size / max(entry.compress_size, 1)


def _is_honest(entries: Sequence[zipfile.ZipInfo], limits: Limits) -> bool:
    """A long list compresses like text; a bomb compresses like nothing that a person typed."""
    return all(_ratio(entry) <= limits.ratio for entry in entries if entry.file_size > 1_000_000)


_XLSX_CELL = re.compile(rb'<(?:\w+:)?c\s[^<>]*?\br="([A-Z]{1,3})([0-9]{1,7})"[^<>]*?(/?)>')
_XLSX_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml$")
_XLSX_SHARED = re.compile(rb't="s"[^<>]*>\s*<(?:\w+:)?v>(\d{1,9})<')
_XLSX_ANY = re.compile(rb"<(?:\w+:)?c[\s>]")
_XLSX_STRING = re.compile(rb"<(?:\w+:)?si>.*?</(?:\w+:)?si>", re.DOTALL)


def _chunks(archive: zipfile.ZipFile, name: str, limit: int, size: int = 1 << 20) -> Iterator[bytes]:
    """Give an entry in pieces that cut no cell, and stop at what it said it would weigh."""
    rest, total = b"", 0
    with archive.open(name) as stream:
        while piece := stream.read(size):
            total += len(piece)
            if total > limit:
                raise SheetRefused("swells")
            rest += piece
            # Never between a cell and its value; where there is no cell, anywhere after a tag.
            end = (rest.rfind(b"</c>") + 4) if b"</c>" in rest else rest.rfind(b">") + 1
            yield rest[:end]
            rest = rest[end:]
    yield rest


def _column(letters: bytes) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + letter - 64
    return index


def _guard_xlsx(archive: zipfile.ZipFile, entries: Sequence[zipfile.ZipInfo], limits: Limits) -> None:
    """Calamine lays a sheet out as a full rectangle: two far cells would ask for gigabytes, so span it first."""
    references, rows = 0, 0
    for entry in entries:
        if not _XLSX_SHEET.match(entry.filename):
            continue
        last_row, widest, seen = 0, 0, 0
        for chunk in _chunks(archive, entry.filename, limits.unzipped_bytes):
            filled = [cell for cell in _XLSX_CELL.findall(chunk) if not cell[2]]
            seen += len(filled)
            if filled:
                last_row = max(last_row, *(int(row) for _, row, _ in filled))
                widest = max(widest, *(_column(column) for column in {column for column, _, _ in filled}))
            else:
                seen += len(_XLSX_ANY.findall(chunk))
        rows += last_row
        if rows > limits.rows:
            raise SheetRefused("too-many-rows")
        if widest > limits.columns:
            raise SheetRefused("too-many-columns")
        if last_row * widest > limits.cells or seen > limits.cells:
            raise SheetRefused("too-many-rows")
        references += seen
    if "xl/sharedStrings.xml" in {entry.filename for entry in entries}:
        _guard_strings(archive, entries, references, limits)


def _guard_strings(
    archive: zipfile.ZipFile, entries: Sequence[zipfile.ZipInfo], references: int, limits: Limits
) -> None:
    """Each cell gets its own copy of a shared text: one long text that every cell points at needs no compression."""
    lengths = array("L")
    rest = b""
    for chunk in _chunks(archive, "xl/sharedStrings.xml", limits.unzipped_bytes):
        rest += chunk
        end = rest.rfind(b"si>") + 3
        lengths.extend(len(match[0]) for match in _XLSX_STRING.finditer(rest[:end]))
        rest = rest[end:]
    if not lengths or max(lengths) * references <= limits.unzipped_bytes:
        return
    total = 0
    for entry in entries:
        if not _XLSX_SHEET.match(entry.filename):
            continue
        for chunk in _chunks(archive, entry.filename, limits.unzipped_bytes):
            total += sum(lengths[int(i)] for i in _XLSX_SHARED.findall(chunk) if int(i) < len(lengths))
            if total > 2 * limits.unzipped_bytes:
                raise SheetRefused("swells")


_ODS_ROWS = re.compile(rb'number-rows-repeated="(\d{1,9})')
_ODS_COLUMNS = re.compile(rb'number-columns-repeated="(\d{1,9})')
_ODS_ROW = re.compile(rb"<table:table-row\b([^>]*?)(?:/>|>(.*?)</table:table-row>)", re.DOTALL)
_ODS_CELL = re.compile(rb"<table:(?:covered-)?table-cell\b([^>]*?)(/?)>")


def _guard_ods(archive: zipfile.ZipFile, names: set[str], limits: Limits) -> None:
    """An ODS says "this cell a million times": count what its repeats unfold to, up to the last thing said.

    Empty rows at the end are how a spreadsheet writes "and nothing more"; the reader drops them, and so do we.
    """
    if "META-INF/manifest.xml" in names and b"encryption-data" in archive.read("META-INF/manifest.xml")[:2_000_000]:
        raise SheetRefused("password")
    rows = waiting = swollen = 0
    for match in _ODS_ROW.finditer(archive.read("content.xml")):
        body = match[2] or b""
        times = max((int(n) for n in _ODS_ROWS.findall(match[1])), default=1)
        if b"<text:p" not in body and b"office:value" not in body:
            waiting += times
            continue
        rows, waiting = rows + waiting + times, 0
        if rows > limits.rows:
            raise SheetRefused("too-many-rows")
        wide = last = 0
        for cell in _ODS_CELL.finditer(body):
            repeats = _ODS_COLUMNS.search(cell[1])
            wide += int(repeats[1]) if repeats else 1
            last = last if cell[2] else wide
        if last > limits.columns:
            raise SheetRefused("too-many-columns")
        swollen += times * len(body)
        if swollen > 2 * limits.unzipped_bytes:
            raise SheetRefused("swells")


def guard_ole(data: bytes, limits: Limits) -> str:
    """The old Microsoft container: a workbook of before 2007, or a newer one behind a password."""
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise SheetRefused("password")
    if "WordDocument".encode("utf-16-le") in data or "PowerPoint".encode("utf-16-le") in data:
        raise SheetRefused("is-document")
    if "Workbook".encode("utf-16-le") in data or "Book".encode("utf-16-le") in data:
        return "xls"
    raise SheetRefused("is-other")
