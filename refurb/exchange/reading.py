"""A file of existing records, read by the meaning of its columns; what is about persons is dropped before storage.

Only the columns that an import knows are read at all. A known column whose cells name persons is refused as a whole;
a single cell that does is emptied, and its line says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import chain, islice
from typing import Any

from refurb.core.privacy import find
from refurb.donations import headers, persons
from refurb.donations.columns import Column, text_of
from refurb.donations.headers import Fate
from refurb.donations.words import fold
from refurb.sheets import Book, Row

#: Lines of an import; the stock of a département is well below.
MOST = 20_000
_LOOK, _SAMPLE = 40, 200
#: What a header says of persons besides what a park tool's list would say.
_PERSON = re.compile(
    r"\b(noms?( (de|du|des) \w+)?|prenoms?|civilite|ne\(?e?\)? le|naissance|ages?|sexe|genre|nationalite|pays d origine"
    r"|sante|handicap|revenus?|quotient|qf|numero (caf|allocataire|secu\w*)|allocataires?|telephones?|tel"
    r"|portable|mobile|mails?|e ?mails?|courriels?|adresses?( postale)?|rues?|domicile|logement|famille"
    r"|enfants?( prenoms?)?|travailleur social|referente?)\b"
)


@dataclass(frozen=True, slots=True)
class Known:
    """One thing that a column may hold: its headers (a pattern on the folded text), and how its cells are taken."""

    pattern: str
    #: The header settles it, whatever the cells resemble: a body's own telephone, a serial.
    sure: bool = False
    #: Free words, looked at for persons cell by cell.
    free: bool = False
    #: Characters that its place in the database takes.
    longest: int = 200


@dataclass(frozen=True, slots=True)
class Seen:
    """A column of the file and its fate: "used" as `field`, "person" or "ignored"."""

    header: str
    fate: str
    field: str | None = None


@dataclass
class Record:
    """One line of the file: where it stands, its known cells as text, and what was said of them."""

    sheet: str
    number: int
    cells: dict[str, str]
    notes: list[str] = field(default_factory=list)


@dataclass
class Table:
    """A whole file, read."""

    columns: list[Seen]
    records: list[Record]

    @property
    def fields(self) -> set[str]:
        """What the file's columns hold."""
        return {seen.field for seen in self.columns if seen.field}


class ImportRefused(Exception):
    """A file or an import that cannot be; `code` is stable."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def read_table(book: Book, known: Mapping[str, Known]) -> Table:
    """Return the lines of every sheet whose header names something known; raises ImportRefused, SheetRefused.

    "no-header": no line of any sheet heads two known columns. "too-many-rows".
    """
    table = Table([], [])
    for sheet in book.sheets:
        top = list(islice(sheet.rows, _LOOK + _SAMPLE))
        head = _header(top[:_LOOK], known)
        if head is None:
            continue
        fates = _columns(top[head], top[head + 1 :], known)
        table.columns += [seen for seen, _index in fates if seen not in table.columns]
        used: dict[str, int] = {seen.field: index for seen, index in fates if seen.field}
        for row in chain(top[head + 1 :], sheet.rows):
            record = _record(sheet.name, row, used, known)
            if record is not None:
                table.records.append(record)
            if len(table.records) > MOST:
                raise ImportRefused("too-many-rows")
    if not table.columns:
        raise ImportRefused("no-header")
    return table


def _header(rows: Sequence[Row], known: Mapping[str, Known]) -> int | None:
    best, most = None, 1
    for index, row in enumerate(rows):
        named = {field for cell in row.cells if isinstance(cell, str) and (field := _field(cell, known))}
        if len(named) > most:
            best, most = index, len(named)
    return best


def _field(header: str, known: Mapping[str, Known]) -> str | None:
    folded = fold(header)
    if not folded or len(folded) > 60:
        return None
    return next((name for name, each in known.items() if re.search(each.pattern, folded)), None)


def _columns(header: Row, sample: Sequence[Row], known: Mapping[str, Known]) -> list[tuple[Seen, int]]:
    fates: list[tuple[Seen, int]] = []
    taken: set[str] = set()
    width = max([len(header.cells), *(len(row.cells) for row in sample)])
    for index in range(width):
        title = text_of(header.cells[index])[:120] if index < len(header.cells) else ""
        values = [text_of(row.cells[index]) for row in sample if index < len(row.cells)]
        values = [value for value in values if value]
        if not title and not values:
            continue
        name = _field(title, known)
        if name is not None and name not in taken and not _of_persons(name, values, known):
            taken.add(name)
            fates.append((Seen(title, "used", name), index))
        else:
            said = headers.meaning(title) if title else None
            about = bool(_PERSON.search(fold(title))) or (said is not None and said[0] is Fate.PERSON)
            person = about or (name is not None and name not in taken) or persons.share_of_persons(values) >= 0.3
            fates.append((Seen(title or Column(index, "", Fate.IGNORED, None).letter,
                               "person" if person else "ignored"), index))  # fmt: skip
    return fates


def _of_persons(name: str, values: Sequence[str], known: Mapping[str, Known]) -> bool:
    """Whether the cells under a known header name persons all the same."""
    if known[name].sure or not values:
        return False
    if known[name].free:
        return sum(names_somebody(value) for value in values) >= 0.3 * len(values)
    return persons.share_of_persons(values) >= 0.3


def names_somebody(text: str) -> bool:
    """Whether a cell of free words names, reaches or houses a person."""
    return persons.is_person(text) or persons.is_login(text) or bool(find(text))


def _record(sheet: str, row: Row, used: Mapping[str, int], known: Mapping[str, Known]) -> Record | None:
    record = Record(sheet, row.number, {})
    for name, index in used.items():
        text = text_of(row.cells[index]).strip() if index < len(row.cells) else ""
        if not text or text in ("-", "—", "/"):
            continue
        if known[name].free and names_somebody(text):
            record.notes.append("person-removed")
            continue
        if len(text) > (longest := known[name].longest):
            text = text[: longest - 1] + "…"
            record.notes.append("text-cut")
        record.cells[name] = text
    return record if record.cells or record.notes else None


# -- what a line becomes ----------------------------------------------------------------------------------------------
#: The outcomes, in the order in which the page counts them.
OUTCOMES = ("new", "mended", "known", "refused")


@dataclass
class Line:
    """One line as it would be written: what is shown of it, what would be stored, and what is said of it."""

    sheet: str
    number: int
    outcome: str
    shown: str
    values: dict[str, Any]
    notes: list[str] = field(default_factory=list)

    def plain(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)


def settle(record: Record, shown: str, values: dict[str, Any], *, refused: Sequence[str] = (), known: bool = False,
           mended: Sequence[str] = (), said: Sequence[str] = ()) -> Line:  # fmt: skip
    """Return the line of a record: refused when a reason refuses it, known, mended when a word of it was, else new."""
    notes = [*refused, *mended, *said, *record.notes]
    outcome = "refused" if refused else "known" if known else "mended" if mended or record.notes else "new"
    return Line(record.sheet, record.number, outcome, shown, {} if refused else values, list(dict.fromkeys(notes)))
