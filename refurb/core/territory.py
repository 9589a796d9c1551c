"""Finding a commune whatever way it is said, adding up by territory, and masking small counts.

A postcode is not a commune (49260 covers eleven), and people go on saying the name their commune had before it was
merged: every search therefore answers with candidates, each with the way by which it was found.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any, NamedTuple

#: Below this many, a count of persons is masked in whatever leaves the coordination (design.md section 7).
SMALL = 5

_WORDS = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes", "s": "sur", "ss": "sous"}
_ARTICLES = ("le ", "la ", "les ", "l ")


def fold(text: str) -> str:
    """Return `text` in small letters without accents, hyphens or apostrophes, saints and sur written out."""
    text = text.replace("œ", "oe").replace("Œ", "Oe").replace("æ", "ae").replace("Æ", "Ae")
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).casefold()
    words = re.findall(r"[a-z0-9]+", re.sub(r"\bs/", "sur ", text))
    return " ".join(_WORDS.get(word, word) for word in words if word != "cedex")


def key(text: str) -> str:
    """Return the folded name less its leading article: "Le Fresne" and "Fresne (le)" begin alike."""
    folded = fold(text)
    for article in _ARTICLES:
        if folded.startswith(article) and len(folded) > len(article):
            return folded[len(article) :]
    return folded


def departement_of(commune: str) -> str:
    """Return the département that an INSEE code begins with: three characters overseas, two elsewhere."""
    return commune[:3] if commune.startswith("97") else commune[:2]


class Kind(StrEnum):
    """What an old name was."""

    DELEGATED = "delegated"
    ASSOCIATED = "associated"
    OLD_CODE = "old_code"


class How(StrEnum):
    """By which way a commune was found, best first."""

    NAME = "name"
    CODE = "code"
    FORMER = "former"
    POSTCODE = "postcode"
    PART = "part"
    CLOSE = "close"


class Commune(NamedTuple):
    """A commune of today. `epci` is the code of the EPCI it belongs to, None for the few that belong to none."""

    code: str
    name: str
    postcodes: tuple[str, ...]
    population: int
    arrondissement: str
    epci: str | None
    departement: str


class Former(NamedTuple):
    """A commune that was merged: its code, its name (None where only the code lives on), and where it is today."""

    code: str
    name: str | None
    kind: Kind
    current: str


class Epci(NamedTuple):
    """A grouping of communes; `members` lists all of them, those of other départements included."""

    code: str
    name: str
    kind: str
    members: tuple[str, ...]


class Found(NamedTuple):
    """One candidate; `via` is the former name that led to it, when one did."""

    commune: Commune
    how: How
    via: str | None = None


@dataclass(frozen=True)
class Gazetteer:
    """The communes of one département or several, with their former names, ready to be searched."""

    communes: Mapping[str, Commune]
    former: Sequence[Former]
    epci: Mapping[str, Epci]
    arrondissements: Mapping[str, str]
    _spellings: list[tuple[str, str, str | None]] = field(default_factory=list, init=False, repr=False)
    _postcodes: dict[str, list[str]] = field(default_factory=dict, init=False, repr=False)
    _codes: dict[str, set[str]] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        for commune in self.communes.values():
            self._spellings.append((key(commune.name), commune.code, None))
            for postcode in commune.postcodes:
                self._postcodes.setdefault(postcode, []).append(commune.code)
        for old in self.former:
            self._codes.setdefault(old.code, set()).add(old.current)
            if old.name and old.current in self.communes and key(old.name) != key(self.communes[old.current].name):
                self._spellings.append((key(old.name), old.current, old.name))

    @classmethod
    def of(cls, extract: Mapping[str, Any]) -> "Gazetteer":
        """Build from the shape that scripts/extract-territory writes."""
        departement = extract["departement"]["code"]
        communes = [
            Commune(code, name, tuple(postcodes), population, arrondissement, epci, departement)
            for code, name, postcodes, population, arrondissement, epci in extract["communes"]
        ]
        return cls(
            {commune.code: commune for commune in communes},
            [Former(code, name, Kind(kind), current) for code, name, kind, current in extract["former"]],
            {
                row["code"]: Epci(row["code"], row["name"], row["kind"], tuple(row["members"]))
                for row in extract["epci"]
            },
            dict(extract["arrondissements"]),
        )

    def today(self, code: str) -> Commune | None:
        """Return the commune that an INSEE code of any vintage stands for, None when unknown or when it was split."""
        if commune := self.communes.get(code):
            return commune
        heirs = self._codes.get(code, set())
        return self.communes.get(next(iter(heirs))) if len(heirs) == 1 else None

    def find(self, text: str, limit: int = 12) -> list[Found]:
        """Return the communes that `text` may mean, best first: a name, a part of one, a former name, a postcode.

        An exact name hides parts and near spellings; a postcode gives all its communes, a name beside it chooses
        among them ("49100 Angers"). Five digits are an INSEE code only where they are no postcode.
        """
        folded = fold(text)
        digits = re.search(r"\b(?:\d{5}|2[ab]\d{3})\b", folded)
        words = key(folded.replace(digits.group(), " ") if digits else folded)
        if not digits:
            return self._named(words, self._spellings)[:limit] if words else []
        number = digits.group()
        inside = self._postcodes.get(number, [])
        if words:
            chosen = self._named(words, [row for row in self._spellings if row[1] in set(inside)])
            return (chosen or self._named(words, self._spellings))[:limit]
        found = [Found(self.communes[code], How.POSTCODE) for code in inside]
        found.sort(key=lambda row: -row.commune.population)
        if not inside and (known := self.today(number.upper())):
            found.append(Found(known, How.CODE))
        return found

    def resolve(self, text: str) -> Commune | None:
        """Return the one commune that `text` means beyond doubt, else None: then show `find`'s candidates."""
        found = self.find(text)
        sure = {row.commune.code for row in found if row.how in (How.NAME, How.CODE, How.FORMER)}
        if not sure and len(found) == 1 and found[0].how is How.POSTCODE:
            return found[0].commune
        return self.communes[sure.pop()] if len(sure) == 1 else None

    def _named(self, words: str, spellings: Iterable[tuple[str, str, str | None]]) -> list[Found]:
        rows = list(spellings)
        exact = [row for row in rows if row[0] == words]
        if exact:
            return self._rows(exact, None)
        asked = words.split()
        part = [row for row in rows if _begins(asked, row[0].split())]
        if part:
            part.sort(key=lambda row: (not row[0].startswith(words), row[2] is not None, row[0]))
            return self._rows(part, How.PART)
        scored = [(SequenceMatcher(None, words, row[0]).ratio(), row) for row in rows]
        close = sorted((item for item in scored if item[0] >= 0.78), key=lambda item: (-item[0], item[1][0]))
        return self._rows([row for _, row in close[:6]], How.CLOSE)

    def _rows(self, rows: Iterable[tuple[str, str, str | None]], how: How | None) -> list[Found]:
        found: dict[str, Found] = {}
        for _, code, via in rows:
            found.setdefault(code, Found(self.communes[code], how or (How.FORMER if via else How.NAME), via))
        return list(found.values())


def _begins(asked: Sequence[str], words: Sequence[str]) -> bool:
    """Say whether each word asked begins a word of the name, in the same order."""
    rest = iter(words)
    return all(any(word.startswith(part) for word in rest) for part in asked)


class Masked(NamedTuple):
    """A row of counts as it may leave: None where masked, and its total, None when it would unmask a cell."""

    cells: list[int | None]
    total: int | None


def mask(counts: Sequence[int], small: int = SMALL, *, total_told: bool = False) -> Masked:
    """Mask the counts from 1 to `small` - 1, and as many more as keep each of them from being worked out.

    A zero says nothing about a person and stays (silence must show). A masked cell could be read off the total
    when it is alone, or when the masked ones together have their least or their largest sum: the smallest count
    still shown is then masked too; when there is none left, the total goes. Where the total is told elsewhere
    (`total_told`: it can be counted on the same paper, or worked out) it cannot go: the zeros are masked instead, and
    only a cell that is alone in its row is then as good as told.
    """
    hidden = {i for i, n in enumerate(counts) if 0 < n < small}
    total = sum(counts)
    if not hidden:
        return Masked(list(counts), total)
    shown = sorted((i for i, n in enumerate(counts) if n >= small), key=lambda i: (counts[i], i))
    gone = sum(counts[i] for i in hidden)
    told = len(hidden) == 1 or gone in (len(hidden), (small - 1) * len(hidden))
    if told and shown:
        # Cells that are equal to the one masked in second place go with it: which one went must not be a hint.
        hidden |= {i for i in shown if counts[i] == counts[shown[0]]}
    elif told and total_told:
        hidden = set(range(len(counts)))
    keeps_total = total_told or not told or bool(shown)
    return Masked([None if i in hidden else n for i, n in enumerate(counts)], total if keeps_total else None)


class MaskedRows(NamedTuple):
    """A table of counts as it may leave: cells, the total of each row, the whole; None where masked."""

    rows: list[list[int | None]]
    totals: list[int | None]
    total: int | None


def mask_rows(table: Sequence[Sequence[int]], small: int = SMALL) -> MaskedRows:
    """Mask a table that leaves with the totals of its rows, and the whole where no total is masked.

    Each row by itself as `mask` does, its total too where that is small; the totals of the columns do not leave, and
    the whole does only when it says no more than the totals: what is masked in one row is then safe from the others.
    """
    alone = [mask(row, small) for row in table]
    totals = [None if row.total is None or 0 < row.total < small else row.total for row in alone]
    whole = None if None in totals else sum(sum(row) for row in table)
    return MaskedRows([row.cells for row in alone], totals, whole)
