"""A supplier's list, read line by line: each kept, mended or refused, with its reasons and where it stands.

Pure but for the callable that says which serials are known: it takes a `sheets.Book` and gives a `Reading`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import chain, islice

from refurb.donations import columns, values, words
from refurb.donations.columns import Column, text_of
from refurb.donations.headers import Fate, Field
from refurb.donations.lines import ListLine, Policy, once, read_row
from refurb.donations.notes import Note
from refurb.donations.words import fold
from refurb.sheets import Book, Row

#: Given the folded serials of a file, the ones that are known: folded serial -> the serial as it is known.
Known = Callable[[Collection[str]], Mapping[str, str]]


@dataclass(frozen=True)
class Skipped:
    """A line that is no machine: "empty-table", "title", "subtitle", "total", "header"."""

    number: int
    why: str


@dataclass
class SheetReading:
    """How one sheet was understood."""

    name: str
    hidden: bool
    header: int | None = None
    columns: tuple[Column, ...] = ()
    skipped: list[Skipped] = field(default_factory=list)
    lines: int = 0


@dataclass
class Reading:
    """What a whole file says."""

    sheets: list[SheetReading]
    lines: list[ListLine]

    @property
    def counts(self) -> Counter[str]:
        """How many lines were kept, mended and refused."""
        return Counter(line.outcome.value for line in self.lines)

    @property
    def person_columns(self) -> list[tuple[str, str]]:
        """The columns about persons that were dropped, as (sheet, header)."""
        return [
            (sheet.name, column.header or column.letter)
            for sheet in self.sheets
            for column in sheet.columns
            if column.fate is Fate.PERSON
        ]


def nothing_known(_: Collection[str]) -> Mapping[str, str]:
    """Stand for a stock where no serial is known."""
    return {}


def read_list(book: Book, *, today: date, known: Known = nothing_known, policy: Policy | None = None) -> Reading:
    """Return every line of every sheet, hidden ones included; raises SheetRefused as the rows come."""
    reading = Reading([], [])
    for sheet in book.sheets:
        seen = SheetReading(sheet.name, sheet.hidden)
        reading.sheets.append(seen)
        before = len(reading.lines)
        reading.lines.extend(_sheet_lines(seen, sheet.rows, today, policy or Policy()))
        seen.lines = len(reading.lines) - before
    _find_doubles(reading.lines)
    _find_known(reading.lines, known)
    return reading


_LOOK = 40
_SAMPLE = 200


def _sheet_lines(seen: SheetReading, rows: Iterator[Row], today: date, policy: Policy) -> Iterator[ListLine]:
    top = list(islice(rows, _LOOK + _SAMPLE))
    if not top:
        return
    head = columns.find_header(top[:_LOOK])
    header = top[head] if head is not None else None
    body = top[head + 1 :] if head is not None else top
    chosen = columns.choose(header, body[:_SAMPLE])
    if header is None and not _is_table(chosen):
        seen.skipped.extend(Skipped(row.number, "no-table") for row in chain(top, rows))
        return
    if header is not None:
        seen.header = header.number
        seen.skipped.extend(Skipped(row.number, "title") for row in top[:head])
    seen.columns = chosen
    used = {column.field: column.index for column in chosen if column.field}
    context: str | None = None
    for row in chain(body, rows):
        why = _no_machine(row, used, header)
        if why == "header" and columns.header_score(row) >= 2:
            # A second table under the first: its own columns from here on.
            if header is None or [text_of(c) for c in row.cells] != [text_of(c) for c in header.cells]:
                header = row
                again = columns.choose(row, ())
                used = {column.field: column.index for column in again if column.field} or used
                seen.columns = seen.columns + tuple(c for c in again if c.fate is Fate.PERSON and c not in seen.columns)
            seen.skipped.append(Skipped(row.number, "header"))
            context = None
        elif why:
            seen.skipped.append(Skipped(row.number, why))
            if why == "subtitle":
                context = next(
                    (form for cell in row.cells if isinstance(cell, str) and (form := words.form_of(cell))), None
                )
        else:
            yield from read_row(seen.name, row, used, today, policy, context)


def _is_table(chosen: Sequence[Column]) -> bool:
    """Without a header, only cells that speak for themselves make a list."""
    told = {column.field for column in chosen if column.field}
    return bool(told & {Field.SERIAL, Field.FORM, Field.DESIGNATION})


_TOTAL = re.compile(r"^(sous )?tota(l|ux)\b|^(sub ?)?total\b|^somme\b|^nombre total\b|^grand total\b|^moyenne\b")


def _no_machine(row: Row, used: Mapping[Field, int], header: Row | None) -> str | None:
    """Return why a row is no machine: a total, a subtitle, a header repeated, a note under the table."""
    filled = [(index, cell) for index, cell in enumerate(row.cells) if cell is not None and cell != ""]
    texts = [(index, cell) for index, cell in filled if isinstance(cell, str)]
    if any(_TOTAL.match(fold(cell)) for _, cell in texts[:2]) and not (
        len(filled) > 3
        and Field.SERIAL in used
        and used[Field.SERIAL] < len(row.cells)
        and row.cells[used[Field.SERIAL]]
    ):
        return "total"
    if len(texts) >= 2 and len(texts) == len(filled) and header is not None and columns.header_score(row) >= 2:
        same = sum(
            1 for index, cell in texts if index < len(header.cells) and fold(cell) == fold(text_of(header.cells[index]))
        )
        if same >= 2 or columns.header_score(row) >= max(3, len(texts) - 1):
            return "header"
    if len(filled) == 1 and len(used) > 2:
        index, cell = filled[0]
        at = {position: told for told, position in used.items()}
        if at.get(index) is Field.SERIAL:
            return None
        if isinstance(cell, str) and Field.SERIAL in used and _names_a_group(cell):
            return "subtitle"
        if isinstance(cell, str) and (words.form_of(cell) or index == 0) and at.get(index) not in (Field.DESIGNATION,):
            return "subtitle"
        return "note" if at.get(index) not in (Field.DESIGNATION, Field.FORM, Field.MODEL, Field.INVENTORY) else None
    if not any(index in used.values() for index, _ in filled):
        return "note"
    return None


def _names_a_group(text: str) -> bool:
    """Tell a subtitle, "PORTABLES" or "Unités centrales :", from a line that says little more than "Portable"."""
    plural = re.search(r"s\b", fold(text)) or text.isupper() or text.rstrip().endswith(":")
    return bool(plural and words.form_of(text) and not any(map(str.isdigit, text)) and len(text.split()) < 5)


def _find_doubles(lines: list[ListLine]) -> None:
    """Mark a serial met twice as a double, and serials that differ by O and 0 or I and 1 as a doubt, both ways."""
    exact: dict[str, int] = {}
    near: dict[str, int] = {}
    inventory: dict[str, int] = {}
    for index, line in enumerate(lines):
        if line.serial is not None and line.serial_key is not None:
            plain = re.sub(r"[^0-9A-Z]", "", line.serial)
            folded = values.alike(line.serial_key)
            if plain in exact:
                first = lines[exact[plain]]
                other = bool(line.maker and first.maker and fold(line.maker) != fold(first.maker))
                note = Note.SIMILAR_IN_FILE if other else Note.DUPLICATE
                lines[index] = _noted(line, note, first)
            elif folded in near:
                first_index = near[folded]
                lines[index] = _noted(line, Note.SIMILAR_IN_FILE, lines[first_index])
                lines[first_index] = _noted(lines[first_index], Note.SIMILAR_IN_FILE, line)
            exact.setdefault(plain, index)
            near.setdefault(folded, index)
        if line.inventory is not None and re.search(r"\d", line.inventory):
            key = fold(line.inventory)
            if key in inventory and Note.DUPLICATE not in lines[index].notes and Note.SERIALS_SPLIT not in line.notes:
                lines[index] = _noted(lines[index], Note.SAME_INVENTORY, lines[inventory[key]])
            inventory.setdefault(key, index)


def _noted(line: ListLine, note: Note, other: ListLine) -> ListLine:
    return replace(line, notes=once([*line.notes, note]), same_as=line.same_as or (other.sheet, other.number))


def _find_known(lines: list[ListLine], known: Known) -> None:
    """Mark the serials that the stock knows already: the same, or alike."""
    keys = {values.alike(line.serial_key) for line in lines if line.serial_key}
    found = known(keys) if keys else {}
    if not found:
        return
    for index, line in enumerate(lines):
        if line.serial is None or line.serial_key is None:
            continue
        there = found.get(values.alike(line.serial_key))
        if there is not None:
            same = re.sub(r"[^0-9A-Z]", "", there.upper()) == re.sub(r"[^0-9A-Z]", "", line.serial)
            note = Note.IN_STOCK if same else Note.SIMILAR_IN_STOCK
            lines[index] = replace(line, notes=once([*line.notes, note]))
