"""One line of a supplier's list: the machine that a row says, or its several machines, and what is said of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from refurb.core.equipment import Form
from refurb.donations import columns, persons, values, words
from refurb.donations.columns import text_of
from refurb.donations.headers import Field
from refurb.donations.notes import MENDS, REFUSALS, Note
from refurb.donations.words import fold
from refurb.sheets import Cell, Row


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


_LONGEST = {"maker": 100, "model": 200, "inventory": 100, "cpu": 100, "condition": 120, "comment": 300, "location": 120}


def read_row(
    sheet: str, row: Row, used: Mapping[Field, int], today: date, policy: Policy, context: str | None
) -> Iterator[ListLine]:
    """Yield the machine of a row, or its several.

    `used` says where each column stands, `context` the form that the subtitle above gave.
    """

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
                notes=once([*notes, Note.SERIALS_SPLIT, *serial.notes]),
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
    yield replace(line, serial=serial.value, serial_key=serial.key, notes=once(notes))


def once(notes: Sequence[Note]) -> tuple[Note, ...]:
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
