"""One cell at a time: years, counts, amounts, disks, locks and serials as people type them.

Each reader returns what it understood and the codes of what it mended or doubts; it never guesses in silence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from refurb.core.serials import fold_serial, normalise_serial, serial_trusted
from refurb.donations import words
from refurb.donations.notes import Note
from refurb.donations.words import fold
from refurb.sheets import Cell

EARLIEST = 1985
_EXCEL_EPOCH = date(1899, 12, 30)
_YEAR = re.compile(r"(?<!\d)(19[89]\d|20[0-4]\d)(?!\d)")
_DAY = re.compile(r"(?<!\d)(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4}|\d{2})(?!\d)")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_MONTH_YEAR = re.compile(r"(?<!\d)(0?[1-9]|1[0-2])[/.\-](\d{2})(?!\d)")
_AGE = re.compile(r"^(\d{1,2}) ?(ans?|years?|annees?)( old)?$")


@dataclass(frozen=True, slots=True)
class Acquired:
    """When a machine was bought: a year, and the day where the list gives one."""

    year: int | None = None
    day: date | None = None
    notes: tuple[Note, ...] = ()


def acquired(cell: Cell, today: date) -> Acquired:
    """Read a purchase date: a date, a year, a French or ISO day, an age, or a spreadsheet's bare day number."""
    if cell is None:
        return Acquired()
    if isinstance(cell, datetime):
        cell = cell.date()
    if isinstance(cell, date):
        return _plausible(cell.year, cell, today)
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        whole = int(cell)
        if EARLIEST <= whole <= today.year + 1:
            return Acquired(whole)
        if 31_000 <= whole <= 60_000:
            day = _EXCEL_EPOCH + timedelta(days=whole)
            return _plausible(day.year, day, today, Note.DATE_MENDED)
        if 0 < whole < 30:
            return Acquired(today.year - whole, None, (Note.DATE_MENDED,))
        return Acquired(notes=(Note.YEAR_UNREADABLE,))
    if not isinstance(cell, str):
        return Acquired(notes=(Note.YEAR_UNREADABLE,))
    return _acquired_text(words.tidy(cell), today)


@lru_cache(maxsize=16_384)
def _acquired_text(text: str, today: date) -> Acquired:
    folded = fold(text)
    if folded in words.EMPTY or text in {"-", "--", "/"}:
        return Acquired()
    if re.fullmatch(r"(19[89]\d|20[0-4]\d)(\.0)?", folded):
        return _plausible(int(folded[:4]), None, today)
    if match := _ISO.match(text):
        return _day(int(match[1]), int(match[2]), int(match[3]), today)
    if match := _DAY.search(text):
        year = int(match[3])
        year += 0 if year > 99 else 2000 if year <= today.year % 100 + 1 else 1900
        first, second = int(match[1]), int(match[2])
        if second > 12 >= first:  # month first, as American tools write it
            return _day(year, first, second, today, Note.DATE_MENDED)
        return _day(year, second, first, today)
    if re.fullmatch(r"\d{5}([.,]\d+)?", text):
        return acquired(float(text.replace(",", ".")), today)
    if match := _YEAR.search(text):
        return _plausible(int(match[1]), None, today, Note.DATE_MENDED)
    if match := _AGE.match(folded):
        return Acquired(today.year - int(match[1]), None, (Note.DATE_MENDED,))
    if match := _MONTH_YEAR.search(text):
        return _plausible(2000 + int(match[2]), None, today, Note.DATE_MENDED)
    return Acquired(notes=(Note.YEAR_UNREADABLE,))


def _day(year: int, month: int, day: int, today: date, *notes: Note) -> Acquired:
    try:
        return _plausible(year, date(year, month, day), today, *notes)
    except ValueError:
        return Acquired(notes=(Note.YEAR_UNREADABLE,))


def _plausible(year: int, day: date | None, today: date, *notes: Note) -> Acquired:
    if not EARLIEST <= year <= today.year + 1:
        return Acquired(notes=(Note.YEAR_UNREADABLE,))
    return Acquired(year, day, notes)


_COUNT_WORDS = {
    "un": 1, "une": 1, "one": 1, "deux": 2, "two": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "sept": 7,
    "huit": 8, "neuf": 9, "dix": 10,
}  # fmt: skip
_ABOUT_WORDS = {
    "dizaine": 10,
    "douzaine": 12,
    "quinzaine": 15,
    "vingtaine": 20,
    "trentaine": 30,
    "cinquantaine": 50,
    "centaine": 100,
}
MOST = 5_000


def quantity(cell: Cell) -> tuple[int, tuple[Note, ...]]:
    """Read a count; "~30" and "une dizaine" are counts to be checked, an unreadable one counts for one."""
    if cell is None:
        return 1, ()
    if isinstance(cell, bool):
        return 1, ()
    if isinstance(cell, (int, float)):
        whole = int(cell)
        if whole != cell:
            return max(whole, 1), (Note.QUANTITY_APPROXIMATE,)
        return _bounded(whole)
    text = fold(str(cell))
    if text in words.EMPTY or text == "x":
        return 1, () if text == "x" or not str(cell).strip() else (Note.UNCOUNTED,)
    plain = re.fullmatch(
        r"(?:x ?)?(\d{1,3}(?: \d{3})+|\d+)(?:[.,]0+)?(?: ?(?:x|u|pcs?|pieces?|unites?|ex"
        r"|units?))?",
        text,
    )
    if plain:
        exact = str(cell).strip()
        about = exact.startswith(("~", "≈", "±", "+", "<", ">"))
        count, notes = _bounded(int(plain[1].replace(" ", "")))
        return count, (Note.QUANTITY_APPROXIMATE, *notes) if about else notes
    for word, count in _ABOUT_WORDS.items():
        if word in text:
            return count, (Note.QUANTITY_APPROXIMATE,)
    for word in text.split():
        if word in _COUNT_WORDS and not re.search(r"\d", text):
            return _COUNT_WORDS[word], ()
    numbers = re.findall(r"\d+", text)
    if numbers and len(numbers) <= 2 and int(numbers[-1]) <= MOST:
        # "env. 30", "20 à 25": the larger, to be checked at arrival.
        return max(1, int(numbers[-1])), (Note.QUANTITY_APPROXIMATE,)
    return 1, (Note.QUANTITY_UNREADABLE,)


def _bounded(count: int) -> tuple[int, tuple[Note, ...]]:
    if count <= 0:
        return 0, (Note.QUANTITY_ZERO,)
    if count > MOST:
        return 1, (Note.QUANTITY_UNREADABLE,)
    return count, ()


def cents(cell: Cell) -> int | None:
    """Read an amount in euros: 12.5, "1 234,56 €", "1,234.56"; None when it is none or not plausible."""
    if isinstance(cell, bool) or cell is None:
        return None
    if isinstance(cell, (int, float)):
        return round(cell * 100) if 0 <= cell < 1_000_000 else None
    text = re.sub(r"[^\d.,-]", "", str(cell))
    if not re.search(r"\d", text) or text.startswith("-"):
        return None
    if "," in text and "." in text:
        text = text.replace("." if text.rfind(",") > text.rfind(".") else ",", "")
    text = text.replace(",", ".")
    if text.count(".") > 1:
        text = text.replace(".", "")
    try:
        value = float(text.rstrip("."))
    except ValueError:
        return None
    return round(value * 100) if value < 1_000_000 else None


@dataclass(frozen=True, slots=True)
class Disk:
    """What a cell says of the disk: there or taken out, and what it is."""

    present: bool | None = None
    kind: str | None = None
    size_gb: int | None = None
    wiped: bool | None = None


_REMOVED = re.compile(
    r"\b(retires?|retirees?|enleve\w*|sans|demonte\w*|extrait\w*|absents?|removed|no|none|aucun\w*|pas de"
    r"|ote\w*|detruits?|conserves? par"
    r"|garde\w*|missing|without)\b"
)
_DISK_KINDS = (
    ("nvme", r"nvme|m\.2 pci"),
    ("ssd", r"ssd|flash|m\.2"),
    ("emmc", "emmc"),
    ("hdd", r"hdd|sata|\bide\b|tr/min|rpm|\b(5400|7200)\b"),
)
_SIZE = re.compile(r"(?<![\w.])(\d{1,5}(?:[.,]\d+)?) ?(to|tb|go|gb|g|t|mo|mb)?(?![\w])")
_USUAL_SIZES = frozenset(
    {16, 32, 64, 80, 120, 128, 160, 180, 240, 250, 256, 320, 480, 500, 512, 750, 960, 1000, 1024, 2000, 2048, 4000}
)


@lru_cache(maxsize=8_192)
def disk(text: str) -> Disk:
    """Read "SSD 256", "retiré", "HDD 500 Go", "256", "oui", "effacé"."""
    folded = fold(text)
    if folded in words.EMPTY:
        return Disk()
    answer = words.yes_no(text)
    if answer is not None and not any(char.isdecimal() for char in folded.replace("1", "", 1)):
        return Disk(present=answer)
    wiped = True if re.search(r"\b(efface|wiped|formate|erased|blanchi)", folded) else None
    if _REMOVED.search(folded) and not re.search(r"\b(non (retire|enleve)|not removed)", folded):
        return Disk(present=False, wiped=wiped)
    kind = next((kind for kind, pattern in _DISK_KINDS if re.search(pattern, folded)), None)
    return Disk(True if kind or gigabytes(text) or wiped else None, kind, gigabytes(text), wiped)


@lru_cache(maxsize=8_192)
def gigabytes(text: str) -> int | None:
    """Read a storage size in GB; a bare number must be a usual one."""
    for number, unit in _SIZE.findall(fold(text.replace(",", "."))):
        size = float(number)
        if unit in {"to", "tb", "t"}:
            return round(size * 1000) if size < 100 else None
        if unit in {"mo", "mb"}:
            return round(size / 1000) if size > 4_000 else None
        if unit and 4 <= size <= 20_000:
            return round(size)
        if not unit and round(size) in _USUAL_SIZES:
            return round(size)
        if not unit and 1 <= size <= 8 and size == int(size) and re.search(r"\b(hdd|disque)\b", fold(text)):
            return None
    return None


@lru_cache(maxsize=8_192)
def ram_gb(text: str) -> float | None:
    """Read installed memory in GiB: "8 Go", "8192", "2x4 Go"."""
    folded = fold(text.replace(",", "."))
    if match := re.search(r"(\d+) ?x ?(\d+) ?(go|gb|g)?\b", folded):
        total = float(match[1]) * float(match[2])
        return total if 0 < total <= 512 else None
    match = re.search(r"(\d+(?:\.\d+)?) ?(go|gb|gib|g|mo|mb|mib|m)?\b", folded.replace(" 000", "000"))
    if not match:
        return None
    size = float(match[1])
    if (match[2] or "").startswith("m") or size >= 512:
        size = round(size / 1024 * 2) / 2
    return size if 0 < size <= 512 else None


_LOCKS = (
    ("autopilot", r"autopilot|intune|azure ad|entra"),
    ("mdm", r"\bmdm\b|airwatch|jamf|mobileiron|workspace one|knox|\babm\b|\bdep\b|enrol"),
    ("account", r"icloud|find my|localiser|compte (google|apple|samsung|microsoft)|\bfrp\b|google lock|activation"),
    ("absolute", r"absolute|computrace|lojack"),
    ("bios", r"bios|uefi|mot de passe|mdp|password"),
    ("operator", r"operateur|simlock|sim lock|desimlock"),
)


@lru_cache(maxsize=8_192)
def lock(text: str) -> str | None:
    """Return the kind of lock a cell names, "none" when it says there is none, None when it says nothing."""
    folded = fold(text)
    if folded in words.EMPTY:
        return None
    answer = words.yes_no(text)
    if answer is False or re.search(
        r"\b(deverrouill|unlocked|libre|leve|retire|supprime|desactive|rien|ras"
        r"|ok)",
        folded,
    ):
        return "none"
    for kind, pattern in _LOCKS:
        if re.search(pattern, folded):
            return kind
    if answer or re.search(r"\b(verrou|lock|bloqu)", folded):
        return "unknown"
    return None


@dataclass(frozen=True, slots=True)
class Serial:
    """A serial as it is stored, with what was mended; `value` is None where none can identify the machine."""

    value: str | None = None
    key: str | None = None
    notes: tuple[Note, ...] = ()


_EXPONENT = re.compile(r"^\d[.,]?\d*E\+?\d+$", re.IGNORECASE)


def serial(cell: Cell, maker: str | None) -> Serial:
    """Read a serial; one that a spreadsheet took for a number is mended, or doubted when digits were lost."""
    if cell is None or isinstance(cell, bool):
        return Serial()
    notes: list[Note] = []
    if isinstance(cell, (int, float)):
        if abs(cell) >= 1e15 or cell != int(cell):
            return Serial(notes=(Note.SERIAL_ROUNDED,))
        text = str(int(cell))
        notes.append(Note.SERIAL_FROM_NUMBER)
    elif isinstance(cell, str):
        text = words.tidy(cell).lstrip("'")
    else:
        return Serial(notes=(Note.SERIAL_PLACEHOLDER,))
    if fold(text) in words.EMPTY or text.strip("-_/. ") == "":
        return Serial()
    if _EXPONENT.match(text) and ("," in text or "." in text or "+" in text):
        return Serial(notes=(Note.SERIAL_ROUNDED,))
    if re.fullmatch(r"\d+\.0", text):
        text = text[:-2]
        notes.append(Note.SERIAL_FROM_NUMBER)
    clean = normalise_serial(text)
    if clean != text.upper():
        notes.append(Note.SERIAL_MENDED)
    if not serial_trusted(maker, clean):
        return Serial(notes=(Note.SERIAL_PLACEHOLDER,))
    if len(clean) > 100:
        return Serial(notes=(Note.SERIAL_PLACEHOLDER,))
    return Serial(clean, fold_serial(clean), tuple(notes))


def alike(key: str) -> str:
    """Return what serials share that a tired eye would take for one: O and 0 (folded already), I and 1."""
    return key.replace("I", "1")


_SPLIT = re.compile(r"\s*[\n\r;,|]\s*|\s+/\s+|\s+et\s+|\s{2,}")


def serials(cell: Cell) -> tuple[str, ...]:
    """Return the several serials of one cell, empty when it holds one or none."""
    if not isinstance(cell, str) or len(cell) < 11:
        return ()
    parts = [part for part in _SPLIT.split(cell.strip()) if part]
    if 1 < len(parts) <= 200 and all(re.fullmatch(r"(?=.*\d)[A-Za-z0-9-]{5,25}", part) for part in parts):
        return tuple(parts)
    return ()
