"""What looks like a person in a supplier's list, so that it is dropped before anything is stored (design.md section 7).

A header may say it ("Utilisateur"), or the cells may: addresses, phone numbers, social-security numbers, "Mme Durand",
"DURAND Camille". The list of given names is short and common: a column of people shows several of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from refurb.core.privacy import is_given_name
from refurb.donations.words import fold

EMAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
PHONE = re.compile(r"(?<![\w.-])(?:\+|00)?(?:33|0)[\s.()-]*(?:0[\s.)-]*)?[1-9](?:[\s.-]*\d{2}){4}(?![\w-])")
NIR = re.compile(r"(?<!\w)[12]\s?\d{2}\s?(?:0[1-9]|1[0-2])\s?(?:\d{2}|2[AB])\s?\d{3}\s?\d{3}(?:\s?\d{2})?(?!\w)")
_UPPER = r"[A-ZÀÂÄÇÉÈÊËÎÏÔÖÙÛÜ]"
_NAME = rf"{_UPPER}[\w'’.-]+"
#: A title and what follows it: "Mme Durand", "M. DUPONT Jean", "Dr Le Goff".
TITLED = re.compile(
    rf"(?<!\w)(?:(?:[Mm]me|[Mm]lle|MME|MLLE|[Mm]adame|[Mm]onsieur|[Dd]r|[Mm]aître|[Mm]rs|Mr|MR|mr|Ms)\.?|M\.|M(?=\s{_UPPER}))\s*"
    rf"{_NAME}(?:\s+(?:(?:de|du|des|la|le|van|von)\s+)*{_NAME})?"
)
_PART = re.compile(r"^[A-Za-zÀ-ÿ'’-]+\.?$")


def is_person(text: str) -> bool:
    """Tell whether a whole cell is about a person: an address, a phone number, a title and a name, a full name."""
    text = text.strip()
    if EMAIL.search(text) or PHONE.fullmatch(text) or NIR.fullmatch(text) or TITLED.match(text):
        return True
    words = text.replace(",", " ").split()
    if not 1 < len(words) < 5 or not all(_PART.match(word) for word in words):
        return False
    parts = {part for word in words for part in fold(word).split()}
    return any(map(is_given_name, parts)) and any(word[0].isupper() for word in words)


def is_login(text: str) -> bool:
    """Tell whether a cell could be somebody's login: "jdurand", "camille.durand", "DOMAINE\\cdurand"."""
    text = text.strip()
    if "\\" in text and re.fullmatch(r"[\w.-]+\\[\w.-]+", text):
        return True
    if re.fullmatch(r"[a-z]+[._][a-z]+\d?", text):
        return True
    return is_given_name(text)


def share_of_persons(values: Sequence[str]) -> float:
    """Return the share of cells, 0 to 1, that are about persons."""
    filled = [value for value in values if value]
    if not filled:
        return 0.0
    return sum(is_person(value) or is_login(value) for value in filled) / len(filled)


def untitled(text: str, mark: str = "…") -> tuple[str, bool]:
    """Return a maker, a model or a number without an address or a titled name that strayed into it."""
    cleaned = TITLED.sub(mark, EMAIL.sub(mark, text))
    return cleaned, cleaned != text


_OF_SOMEBODY = re.compile(rf"\b(?:de|d['’]|à|pour|par|chez)\s*({_NAME})(\s+{_NAME})?")


@lru_cache(maxsize=16_384)
def scrub(text: str, mark: str = "…") -> tuple[str, bool]:
    """Return a free text without what names or reaches a person, and whether anything was taken out."""
    cleaned = text
    for pattern in (EMAIL, NIR, PHONE, TITLED):
        cleaned = pattern.sub(mark, cleaned)

    def of_somebody(match: re.Match[str]) -> str:
        named = fold(match[1]).split()
        if not (named and is_given_name(named[0])):
            return match[0]
        return match[0][: match.start(1) - match.start(0)] + mark

    cleaned = _OF_SOMEBODY.sub(of_somebody, cleaned)
    if is_person(cleaned):
        cleaned = mark
    return cleaned, cleaned != text
