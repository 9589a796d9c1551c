"""Columns recognised by meaning: what a header says, checked against what its cells hold."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from refurb.core.privacy import is_given_name
from refurb.donations import persons, words
from refurb.donations.headers import Fate, Field, meaning
from refurb.donations.words import fold
from refurb.sheets import Cell, Row

#: The same thing of something else: "N° de série écran", "Marque écran" beside the machine's own.
_OF_THE_SCREEN = re.compile(r"\b(ecrans?|moniteurs?|monitors?)\b")
_ROOM = re.compile(r"\b(lieux?|sites?|localisations?|locations?|emplacements?|batiments?|salles?|rooms?|buildings?)\b")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a sheet, by its index from 0, with the header as the supplier wrote it."""

    index: int
    header: str
    fate: Fate
    field: Field | None

    @property
    def letter(self) -> str:
        """Return A, B … AA, as a spreadsheet names it."""
        text, number = "", self.index + 1
        while number:
            number, rest = divmod(number - 1, 26)
            text = chr(65 + rest) + text
        return text


def text_of(cell: Cell) -> str:
    """Return a cell as a person would type it: no ".0", no exponent, dates as ISO."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return words.tidy(cell)
    if isinstance(cell, bool):
        return "oui" if cell else "non"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e21 else f"{cell:.10f}".rstrip("0").rstrip(".")
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell)


def header_score(row: Row) -> int:
    """Return how many cells of a row read as headers; a title or a line of data gives little or nothing.

    Cells that hold figures or dates are evidence against: nobody heads a column with 2017.
    """
    known: set[object] = set()
    against = 0
    for index, cell in enumerate(row.cells):
        if cell is None:
            continue
        if not isinstance(cell, str):
            against += 1
            continue
        said = meaning(cell)
        if said is None or len(cell) > 60:
            continue
        # "Portable", "Écran" or "Dell" head nothing when their neighbours are data.
        if words.is_maker(cell) or (
            words.form_of(cell) and said[1] not in (Field.SERIAL, Field.CHARGER, Field.DESIGNATION)
        ):
            against += 1
            continue
        known.add(said[1] or index)
    return len(known) - against


def find_header(rows: Sequence[Row]) -> int | None:
    """Return the index, within the first rows of a sheet, of the row that heads it; None when none does."""
    best, best_score = None, 1
    for index, row in enumerate(rows):
        score = header_score(row)
        if score > best_score:
            best, best_score = index, score
    if best is None and len(rows) > 1 and header_score(rows[0]) == 1:
        # One telling word on the first line, over at least one line of data: a list of serials and little else.
        filled = [cell for cell in rows[0].cells if cell is not None]
        if all(isinstance(cell, str) and not any(map(str.isdigit, cell)) for cell in filled):
            return 0
    return best


_SERIAL_LIKE = re.compile(r"^(?=.*\d)[A-Z0-9][A-Z0-9/-]{4,24}$")


def by_content(values: Sequence[str]) -> Field | None:
    """Return what the cells of a column without a telling header hold, when most of them agree."""
    filled = [value for value in values if value]
    if not filled:
        return None

    def share(test: object) -> float:
        assert callable(test)
        return sum(bool(test(value)) for value in filled) / len(filled)

    if share(words.is_maker) > 0.6:
        return Field.MAKER
    if share(lambda value: len(value) < 25 and words.form_of(value) and not any(map(str.isdigit, value))) > 0.6:
        return Field.FORM
    if (
        share(lambda value: re.fullmatch(r"(19[89]|20[0-4])\d", value) or re.fullmatch(r"20\d\d-\d\d-\d\d", value))
        > 0.7
    ):
        return Field.ACQUIRED
    if (
        share(
            lambda value: re.search(
                r"\b(i[3579][- ]\d{3,5}|ryzen|celeron|pentium|xeon"
                r"|core\W+2)",
                value,
                re.IGNORECASE,
            )
        )
        > 0.6
    ):
        return Field.CPU
    if share(lambda value: words.form_of(value) or words.maker_of(value)) > 0.6:
        return Field.DESIGNATION
    upper = [value.upper().replace(" ", "") for value in filled]
    if (
        share(lambda value: _SERIAL_LIKE.match(value.upper().replace(" ", ""))) > 0.7
        and len(set(upper)) > len(upper) * 0.8
    ):
        return Field.SERIAL
    return None


_MACHINE_NAME = re.compile(r"^[A-Za-z]{0,12}[-_ ]?[A-Za-z0-9]{0,12}[-_ ]?\d+[A-Za-z0-9_-]*$|^\d+$")


def is_machine_name(text: str) -> bool:
    """Tell whether a name is a machine's: "PC-0042", "SRV12", "INV-2017-04"; "PC-DURAND" might be somebody's."""
    return bool(_MACHINE_NAME.match(text)) and not persons.is_person(text)


def is_inventory(text: str) -> bool:
    """Tell whether a number may be kept as the supplier's own: it holds a figure, and nobody's name."""
    named = any(map(is_given_name, fold(text).split()))
    return any(map(str.isdigit, text)) and not named and not persons.untitled(text)[1]


def choose(header: Row | None, sample: Sequence[Row]) -> tuple[Column, ...]:
    """Return every column of a table with its fate; one column at most serves each field.

    `sample`: the first lines under the header. Cells about persons outweigh any header but a serial number's.
    """
    width = max((len(row.cells) for row in ([header] if header else []) + list(sample)), default=0)
    columns: list[Column] = []
    taken: dict[Field, int] = {}
    for index in range(width):
        title = text_of(header.cells[index]) if header and index < len(header.cells) else ""
        values = [text_of(row.cells[index]) for row in sample if index < len(row.cells)]
        filled = [value for value in values if value]
        if not title and not filled:
            continue
        fate, field = _one(title, filled)
        if field is not None and field in taken and fate is Fate.USED:
            fate, field = _second(columns, taken, field, title, filled)
        if field is not None and fate is Fate.USED:
            taken.setdefault(field, len(columns))
        columns.append(Column(index, title[:120], fate, field if fate is Fate.USED else None))
    return tuple(columns)


#: Columns whose header settles what they are, whatever their cells resemble: a ten-figure number is no telephone there.
_OF_MACHINES = frozenset(
    {Field.SERIAL, Field.INVENTORY, Field.MODEL, Field.MAKER, Field.FORM, Field.DESIGNATION, Field.CPU}
)


def _one(title: str, filled: Sequence[str]) -> tuple[Fate, Field | None]:
    said = meaning(title) if title else None
    if said == (Fate.IGNORED, Field.INVENTORY):
        # A bare "Nom": a park tool's name of the machine, or somebody's.
        if filled and sum(map(is_machine_name, filled)) >= 0.5 * len(filled):
            return Fate.USED, Field.INVENTORY
        guessed = by_content(filled)
        return (Fate.USED, guessed) if guessed in (Field.DESIGNATION, Field.FORM) else (Fate.PERSON, None)
    if said and said[0] is Fate.PERSON and fold(title) in {"portable", "mobile", "fixe"}:
        yes = [value for value in filled if words.yes_no(value) is not None]
        return (Fate.IGNORED, None) if filled and len(yes) > len(filled) / 2 else said
    if said and said[0] is Fate.PERSON:
        return said
    persons_here = persons.share_of_persons(filled) if filled else 0.0
    machine = said and said[1] in _OF_MACHINES
    # A comment is scrubbed cell by cell; only a column of people under that name goes whole.
    remark = said and said[1] is Field.COMMENT and (persons_here < 0.6 or len(filled) < 3)
    if persons_here >= 0.3 and not machine and not remark:
        return Fate.PERSON, None
    if said is not None:
        fate, field = said
        if field is Field.STATE and filled and not title_is_state(title):
            physical = sum(bool(_PHYSICAL.search(fold(value))) for value in filled)
            return (fate, field) if physical > len(filled) / 2 else (Fate.IGNORED, None)
        if field is Field.INVENTORY and filled and not any(any(map(str.isdigit, value)) for value in filled):
            # Names of machines without a figure are often names of people: "PC-DURAND".
            return Fate.PERSON, None
        return fate, field
    guessed = by_content(filled)
    return (Fate.USED, guessed) if guessed else (Fate.IGNORED, None)


_PHYSICAL = re.compile(
    r"\b(bon\w*|moyen|mauvais|hs|neuf|use|usage|casse\w*|fissure\w*|fonction\w*|ok|ko|panne|working|broken|good|fair|poor|grade"
    r"|abime\w*|correct|tres bon|as is|dead|faulty)\b"
    r"|^[abcd]$"
)


def title_is_state(title: str) -> bool:
    """Tell a physical state from an administrative one: GLPI's "Statut" says "À réformer"."""
    return not re.search(r"\b(statuts?|status)\b", fold(title))


def _second(
    columns: list[Column], taken: dict[Field, int], field: Field, title: str, filled: Sequence[str]
) -> tuple[Fate, Field | None]:
    """Settle two columns that claim one field: the machine's own before its screen's, else the first."""
    if field is Field.MODEL and Field.DESIGNATION not in taken:
        return Fate.USED, Field.DESIGNATION
    if field is Field.DESIGNATION and Field.MODEL not in taken:
        return Fate.USED, Field.MODEL
    if field in (Field.DESIGNATION, Field.MODEL, Field.STATE) and Field.COMMENT not in taken:
        return Fate.USED, Field.COMMENT
    if field is Field.DISK and Field.STORAGE not in taken:
        return Fate.USED, Field.STORAGE
    first = taken[field]
    if field is Field.LOCATION and _ROOM.search(fold(title)) and not _ROOM.search(fold(columns[first].header)):
        before = columns[first]
        columns[first] = Column(before.index, before.header, Fate.IGNORED, None)
        del taken[field]
        return Fate.USED, field
    if _OF_THE_SCREEN.search(fold(columns[first].header)) and not _OF_THE_SCREEN.search(fold(title)):
        before = columns[first]
        columns[first] = Column(before.index, before.header, Fate.IGNORED, None)
        del taken[field]
        return Fate.USED, field
    return Fate.IGNORED, None
