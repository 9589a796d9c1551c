"""A supplier's list, read line by line: each kept, mended or refused, with its reasons and where it stands.

Pure but for the callable that says which serials are known: it takes a `sheets.Book` and gives a `Reading`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from itertools import chain, islice

from refurb.core.equipment import Form
from refurb.donations import columns, persons, values, words
from refurb.donations.columns import Column, text_of
from refurb.donations.headers import Fate, Field
from refurb.donations.values import MENDS, REFUSALS, Note
from refurb.donations.words import fold
from refurb.sheets import Book, Cell, Row

#: Given the folded serials of a file, the ones that are known: folded serial -> the serial as it is known.
Known = Callable[[Collection[str]], Mapping[str, str]]


class Outcome(StrEnum):
    """What becomes of one line of a list."""

    KEPT = "kept"
    MENDED = "mended"
    REFUSED = "refused"


@dataclass(frozen=True)
class Policy:
    """What a coordination takes; a table of settings may change it (domain.md A, step 2)."""

    refused: frozenset[str] = frozenset({"printer", "crt", "network", "projector"})
    oldest_years: int = 10


@dataclass(frozen=True, slots=True)
class ListLine:
    """One line of the file, or one machine of it, as it would be declared. `sheet`, `number`: where it stands."""

    sheet: str
    number: int
    form: Form
    #: What the list called it, for what has no form of its own: "keyboard", "cable".
    kind: str
    quantity: int = 1
    maker: str | None = None
    model: str | None = None
    serial: str | None = None
    serial_key: str | None = None
    inventory: str | None = None
    year: int | None = None
    bought_on: date | None = None
    has_charger: bool | None = None
    is_wiped: bool | None = None
    has_disk: bool | None = None
    lock: str | None = None
    cpu: str | None = None
    ram_gb: float | None = None
    storage_gb: int | None = None
    storage_kind: str | None = None
    value_cents: int | None = None
    condition: str | None = None
    comment: str | None = None
    location: str | None = None
    notes: tuple[Note, ...] = ()
    #: The other line that this one repeats or resembles, as (sheet, number).
    same_as: tuple[str, int] | None = None

    @property
    def outcome(self) -> Outcome:
        """Refused when one reason refuses it, mended when anything was changed, else kept."""
        if any(note in REFUSALS for note in self.notes):
            return Outcome.REFUSED
        return Outcome.MENDED if any(note in MENDS for note in self.notes) else Outcome.KEPT

    @property
    def doubts(self) -> tuple[Note, ...]:
        """What a person should look at, although the line is kept."""
        return tuple(note for note in self.notes if note not in REFUSALS and note not in MENDS)


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
            yield from _lines(seen.name, row, used, today, policy, context)


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


_LONGEST = {"maker": 100, "model": 200, "inventory": 100, "cpu": 100, "condition": 120, "comment": 300, "location": 120}


def _lines(
    sheet: str, row: Row, used: Mapping[Field, int], today: date, policy: Policy, context: str | None
) -> Iterator[ListLine]:
    def cell(wanted: Field) -> Cell:
        index = used.get(wanted)
        return row.cells[index] if index is not None and index < len(row.cells) else None

    notes: list[Note] = []

    def text(wanted: Field, longest: str, *, free: bool = False) -> str | None:
        value = text_of(cell(wanted))
        if not value or (fold(value) in words.EMPTY and not free) or value.strip("-_ ") == "":
            return None
        value, removed = persons.scrub(value) if free else persons.untitled(value)
        if removed:
            notes.append(Note.PERSON_REMOVED)
            if value.strip("… ") == "":
                return None
        if len(value) > _LONGEST[longest]:
            notes.append(Note.TEXT_CUT)
            value = value[: _LONGEST[longest] - 1] + "…"
        return value

    kind, maker, model = _identify(
        form=text(Field.FORM, "model"),
        designation=text(Field.DESIGNATION, "model"),
        maker=text(Field.MAKER, "maker"),
        model=text(Field.MODEL, "model"),
    )
    if kind is None and context is not None:
        kind = context
        notes.append(Note.FORM_FROM_TITLE)
    quantity, said = values.quantity(cell(Field.QUANTITY))
    notes.extend(said)
    bought = values.acquired(cell(Field.ACQUIRED), today)
    notes.extend(bought.notes)
    storage = values.disk(text_of(cell(Field.DISK)))
    told_lock = values.lock(text_of(cell(Field.LOCK)))
    inventory = text(Field.INVENTORY, "inventory")
    if inventory and not columns.is_inventory(inventory):
        # "PC-DURAND": a machine named after who uses it.
        inventory = None
        notes.append(Note.PERSON_REMOVED)
    comment, condition = text(Field.COMMENT, "comment", free=True), text(Field.STATE, "condition", free=True)
    wiped = words.yes_no(text_of(cell(Field.WIPED)))
    if wiped is None and re.search(
        r"\b(efface|wiped|erased|dban|blancco"
        r"|formate)",
        fold(text_of(cell(Field.WIPED))),
    ):
        wiped = True
    charger = _charger(text_of(cell(Field.CHARGER)), comment)
    line = ListLine(
        sheet=sheet,
        number=row.number,
        form=_form(kind),
        kind=kind or "unknown",
        quantity=max(quantity, 1),
        maker=maker,
        model=model,
        inventory=inventory,
        year=bought.year,
        bought_on=bought.day,
        has_charger=charger,
        is_wiped=wiped if wiped is not None else storage.wiped,
        has_disk=storage.present,
        lock=told_lock if told_lock is not None else _lock_in(comment),
        cpu=text(Field.CPU, "cpu"),
        ram_gb=values.ram_gb(text_of(cell(Field.RAM))),
        storage_gb=values.gigabytes(text_of(cell(Field.STORAGE))) or storage.size_gb,
        storage_kind=storage.kind or values.disk(text_of(cell(Field.STORAGE))).kind,
        value_cents=values.cents(cell(Field.VALUE)),
        condition=condition,
        comment=comment,
        location=text(Field.LOCATION, "location", free=True),
    )
    notes.extend(_judge(line, today, policy))
    yield from _with_serials(line, cell(Field.SERIAL), notes)


def _with_serials(line: ListLine, cell: Cell, notes: list[Note]) -> Iterator[ListLine]:
    several = values.serials(cell)
    if several:
        for one in several:
            serial = values.serial(one, line.maker)
            yield replace(
                line,
                quantity=1,
                serial=serial.value,
                serial_key=serial.key,
                notes=_once([*notes, Note.SERIALS_SPLIT, *serial.notes]),
            )
        return
    serial = values.serial(cell, line.maker)
    notes.extend(serial.notes)
    if serial.value and line.quantity > 1:
        notes.append(Note.QUANTITY_WITH_SERIAL)
    if not (serial.value or serial.notes or line.quantity > 1 or line.kind in words.ACCESSORIES):
        notes.append(Note.NO_SERIAL)
    if not (serial.value or line.maker or line.model or line.inventory or line.kind != "unknown"):
        notes = [*(note for note in notes if note not in (Note.FORM_UNKNOWN, Note.NO_SERIAL)), Note.NOTHING_SAID]
    yield replace(line, serial=serial.value, serial_key=serial.key, notes=_once(notes))


def _once(notes: Sequence[Note]) -> tuple[Note, ...]:
    return tuple(dict.fromkeys(notes))


def _identify(
    *, form: str | None, designation: str | None, maker: str | None, model: str | None
) -> tuple[str | None, str | None, str | None]:
    """Return (kind, maker, model) from the up to four cells that may name the machine, the barest first."""
    kind = words.form_of(form) if form else None
    for source in (designation, model):
        if source and (kind is None or (kind == "monitor" and words.form_of(source) == "crt")):
            kind = words.form_of(source) or kind
    if model is None and designation is not None:
        model = designation
        named = words.form_of(designation)
        if named and named not in words.ACCESSORIES:
            model = words.without_form(designation, named)
    if model is None and form is not None and kind is not None:
        rest = words.without_form(form, kind)
        model = rest if rest != form and re.search(r"\w", rest) else None
    usual = words.maker_of(maker) if maker else None
    if maker is None:
        usual = next(
            (found for source in (designation, model, form) if source and (found := words.maker_of(source))), None
        )
    maker = usual if usual and (not maker or words.is_maker(maker) or len(maker) > 40) else maker
    if model and maker:
        model = words.without_maker(model, maker)
    if (
        model
        and kind
        and kind not in words.ACCESSORIES
        and fold(model) == fold(designation or "")
        and words.form_of(model)
        and not re.search(r"\d", model)
    ):
        model = words.without_form(model, kind) or None
    if model and re.match(r"^(avec|sans|\+|et)\b", fold(model)):
        model = None
    return kind, maker, model or None


def _form(kind: str | None) -> Form:
    return Form(kind) if kind in {form.value for form in Form} else Form.OTHER


def _charger(text: str, comment: str | None) -> bool | None:
    answer = words.yes_no(text)
    if answer is None and re.search(r"\d+ ?w\b|usb ?c|embout|universel", fold(text)):
        return True
    if answer is None and comment:
        folded = fold(comment)
        if re.search(r"\b(sans|pas de|manque( le)?|no) (chargeur|alim|charger)", folded):
            return False
        if re.search(r"\b(avec|with|\+) (chargeur|alim|charger)", folded):
            return True
    return answer


def _lock_in(comment: str | None) -> str | None:
    if comment and re.search(r"verrou|bios|autopilot|intune|\bmdm\b|bloqu|icloud|absolute", fold(comment)):
        told = values.lock(comment)
        return told if told != "none" else None
    return None


def _judge(line: ListLine, today: date, policy: Policy) -> Iterator[Note]:
    if line.kind in policy.refused:
        yield {"printer": Note.PRINTER, "crt": Note.CRT}.get(line.kind, Note.NOT_COMPUTER)
    elif line.kind in words.ACCESSORIES:
        yield Note.ACCESSORY
    elif line.kind == "unknown":
        yield Note.FORM_UNKNOWN
    too_old = line.year is not None and today.year - line.year > policy.oldest_years
    if too_old or (line.bought_on is not None and _years_before(today, policy.oldest_years) > line.bought_on):
        yield Note.OLD
    if line.lock not in (None, "none"):
        yield Note.LOCKED


def _years_before(today: date, years: int) -> date:
    return today.replace(year=today.year - years, day=min(today.day, 28))


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
    return replace(line, notes=_once([*line.notes, note]), same_as=line.same_as or (other.sheet, other.number))


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
            lines[index] = replace(line, notes=_once([*line.notes, note]))
