"""Our codes: minted, checked, shown, and read back from what a scan gun or a person typed (design.md section 4)."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from refurb.core.keyboards import LAYOUTS
from refurb.core.serials import candidates as serial_candidates


class CodeKind(StrEnum):
    """What a code names. These letters sit on the same key on AZERTY and QWERTY keyboards."""

    DEVICE = "R"
    LOT = "D"
    NEED = "N"
    PLACE = "L"
    KIT = "K"
    PART = "P"
    HANDOVER = "H"
    TICKET = "T"
    BADGE = "U"
    COMMAND = "C"
    DOCUMENT = "F"


class WhyNot(StrEnum):
    """Why a text is no code; the nearest miss is named."""

    EMPTY = "empty"
    TOO_LONG = "too-long"
    WRONG_CHECK = "wrong-check"
    INSIDE_LONGER = "inside-longer"
    UNKNOWN_KIND = "unknown-kind"
    WRONG_LENGTH = "wrong-length"
    SEVERAL_READINGS = "several-readings"
    NOT_A_CODE = "not-a-code"


class OutOfNumbers(ValueError):
    """A number that no code can hold."""

    code = "out-of-numbers"


@dataclass(frozen=True)
class Reading:
    """What a scanned or typed text means.

    `codes` are ours, in the order read, or none and then `why` says so. `layout` is the keyboard that had to be undone,
    None for a text taken as typed. `candidates` are what the same text may be as a maker's serial or an old number, the
    text itself first; `serial` is the one of them that is known, None when nobody was asked or none is. `misread` is
    what looks like our codes and fails its check digits, each in the canonical form, where every keyboard agrees on it.
    """

    text: str
    codes: tuple[str, ...] = ()
    layout: str | None = None
    why: WhyNot | None = None
    candidates: tuple[str, ...] = ()
    serial: str | None = None
    misread: tuple[str, ...] = ()

    @property
    def code(self) -> str | None:
        """The only code of the text; None when there is none, or several."""
        return self.codes[0] if len(self.codes) == 1 else None


_LETTERS = "".join(CodeKind)
_CODE = re.compile(f"[{_LETTERS}][0-9]{{10}}")
_CODES = re.compile(f"(?:[{_LETTERS}][0-9]{{10}})+")
_AIM = re.compile(r"\][A-Za-z][0-9A-Za-z]")
#: What people and labels put between the groups of a code; `°` is the hyphen of an AZERTY keyboard in caps lock, and
#: asterisks frame a Code 39.
_SEPARATORS = re.compile(r"[\s\-‐‑‒–—−./_:·°*]+")
#: The short address that a label bears, whole or without its https: what stands after /c/ is the code.
_ADDRESS = re.compile(rf"(?:https?://)?[^\s/]+(?:/[^\s/]+)*/c/([{_LETTERS}][0-9]{{10}})/?", re.IGNORECASE)
_DIGIT = re.compile("[0-9]")
_LONGEST = 400
#: Control characters, invisible ones, and halves of characters, which no database takes.
_UNTYPED = frozenset({"Cc", "Cf", "Cs"})


def mint(kind: CodeKind, number: int) -> str:
    """Return the code of `number`, eight digits of which the first two are the territory; raises OutOfNumbers.

    Check digits by ISO 7064 MOD 97-10, as in an IBAN: letter = 10..35, check = 98 - (letter, number, 00) mod 97.
    """
    if not 0 <= number <= 99_999_999:
        raise OutOfNumbers(f"{number} does not fit in eight digits")
    return f"{kind.value}{number:08d}{98 - _value(f'{kind.value}{number:08d}00') % 97:02d}"


def number_in(territory: str, sequence: int) -> int:
    """Return the number of the `sequence`-th thing of a territory ("49"), from 0 to 999,999; raises OutOfNumbers."""
    if not re.fullmatch("[0-9]{2}", territory):
        raise OutOfNumbers("a territory is two digits")
    if not 0 <= sequence < 1_000_000:
        raise OutOfNumbers(f"{sequence} does not fit in six digits")
    return int(territory) * 1_000_000 + sequence


def random_number(territory: str, draw: Callable[[int], int]) -> int:
    """Return a number drawn at random, for needs; `draw(n)` gives 0..n-1, as secrets.randbelow does.

    Two draws may meet: the database's unique constraint decides, and the caller draws again.
    """
    return number_in(territory, draw(1_000_000))


def check(code: str) -> bool:
    """Tell whether `code` is one of ours, in its canonical form and with the right check digits."""
    return bool(_CODE.fullmatch(code)) and code == mint(CodeKind(code[0]), int(code[1:9]))


def kind_of(code: str) -> CodeKind:
    """Return the kind of a valid code."""
    return CodeKind(code[0])


def display(code: str) -> str:
    """Return the code as people read it: "R 4900 0012 08"."""
    return f"{code[0]} {code[1:5]} {code[5:9]} {code[9:]}"


def read(text: str, *, known: Callable[[str], bool] | None = None, prefix: str = "", suffix: str = "") -> Reading:
    """Read a text that came through the scan box; `known` tells a known code or serial, the affixes are the station's.

    A text with a true digit is taken as typed; else each keyboard layout is tried, and the whole pattern with its check
    digits decides. Two layouts that give two valid codes are a doubt, which only `known` may settle.
    """
    cleaned = clean(text)
    if not cleaned:
        return Reading(text="", why=WhyNot.EMPTY)
    if len(cleaned) > _LONGEST:
        return Reading(text=cleaned[:_LONGEST], why=WhyNot.TOO_LONG)
    typed = _strip(cleaned, prefix, suffix)
    if not typed:
        return Reading(text="", why=WhyNot.EMPTY)
    serials = serial_candidates(typed)
    serial = next(filter(known, serials), None) if known else None
    tries: list[tuple[str | None, str]] = [(None, typed)]
    if not _DIGIT.search(typed):
        tries += [(layout.name, _strip(cleaned, prefix, suffix, layout.mend)) for layout in LAYOUTS]
    readings: dict[tuple[str, ...], str | None] = {}
    misses = []
    misread = set()
    for layout, attempt in tries:
        codes, why = _codes(attempt)
        if why is None:
            readings.setdefault(codes, layout)
            continue
        misses.append(why)
        if why is WhyNot.WRONG_CHECK:
            misread.add(codes)
    if len(readings) > 1 and known:
        readings = {codes: layout for codes, layout in readings.items() if all(map(known, codes))} or readings
    if len(readings) == 1:
        ((codes, layout),) = readings.items()
        return Reading(typed, codes, layout, candidates=serials, serial=serial)
    order = list(WhyNot)
    why = WhyNot.SEVERAL_READINGS if readings else min(misses, key=order.index)
    shape = misread.pop() if why is WhyNot.WRONG_CHECK and len(misread) == 1 else ()
    return Reading(typed, why=why, candidates=serials, serial=serial, misread=shape)


def _value(text: str) -> int:
    """Return the number that MOD 97-10 divides: each letter as two digits, A = 10."""
    return int("".join(str(int(c, 36)) for c in text))


def clean(text: str) -> str:
    """Return `text` without what nobody typed: control and invisible characters (a gun's GS and RS), and the ends."""
    text = unicodedata.normalize("NFC", text)
    kept = (" " if c in "\t\r\n" else c for c in text if c in "\t\r\n" or unicodedata.category(c) not in _UNTYPED)
    return "".join(kept).strip()


def _strip(text: str, prefix: str, suffix: str, mend: Callable[[str], str] = str) -> str:
    """Mend a text and take off the AIM prefixes (]C1, ]Q1) and what the station's gun is set to add.

    The station remembers its affixes as they arrive there; one that was set from the gun's notice is as it was meant.
    `mend` gives a character for each.
    """
    if prefix and prefix in (text[: len(prefix)], mend(text[: len(prefix)])):
        text = text[len(prefix) :]
    if suffix and suffix in (text[-len(suffix) :], mend(text[-len(suffix) :])):
        text = text[: -len(suffix)]
    return _AIM.sub(" ", mend(text)).strip()


def _codes(text: str) -> tuple[tuple[str, ...], WhyNot | None]:
    """Return the codes that the whole of `text` is made of, or why they are none: those of wrong check digits too."""
    if address := _ADDRESS.fullmatch(text):
        text = address[1]
    text = _SEPARATORS.sub("", text).upper()
    if _CODES.fullmatch(text):
        codes = tuple(text[i : i + 11] for i in range(0, len(text), 11))
        return codes, None if all(map(check, codes)) else WhyNot.WRONG_CHECK
    if any(check(text[i : i + 11]) for i in range(len(text) - 10)):
        return (), WhyNot.INSIDE_LONGER
    if re.fullmatch("[A-Z][0-9]{10}", text):
        return (), WhyNot.UNKNOWN_KIND
    if re.fullmatch(f"[{_LETTERS}][0-9]{{6,16}}", text):
        return (), WhyNot.WRONG_LENGTH
    return (), WhyNot.NOT_A_CODE
