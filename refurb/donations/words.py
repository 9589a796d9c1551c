"""The words of suppliers' lists, French and English: what a machine, a maker, a yes and a person look like.

Pure data and small readers. Everything compares folded text: lower case, no accents, single spaces.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_SPACES = re.compile(r"[\s\u00a0\u202f]+")
_NOT_WORD = re.compile(r"[^a-z0-9°/#+@.%]+")


@lru_cache(maxsize=65_536)
def fold(text: str) -> str:
    """Return lower case without accents, punctuation as single spaces: "N° de Série" gives "n° de serie"."""
    plain = unicodedata.normalize("NFKD", text.replace("°", "\ue000").replace("º", "\ue000")).replace("\ue000", "°")
    plain = "".join(char for char in plain if not unicodedata.combining(char)).lower().replace("œ", "oe")
    return _SPACES.sub(" ", _NOT_WORD.sub(" ", plain)).strip()


def tidy(text: str) -> str:
    """Return the text on one line, without odd spaces around or within."""
    return _SPACES.sub(" ", text).strip()


#: Longest and most telling first: "mini pc" before "pc", "ecran crt" before "ecran".
FORMS: tuple[tuple[str, str], ...] = (
    ("crt", r"\b(crt|cathodiques?|tube cathodique)\b"),
    (
        "printer",
        (
            r"\b(imprimantes?|printers?|multifonctions?|mfp|copieurs?|photocopieurs?|traceurs?|laserjet|officejet"
            r"|deskjet"
            r"|fax|scanners?|ecotank|workforce pro)\b"
        ),
    ),
    ("server", r"\b(serveurs?|servers?|poweredge|proliant)\b"),
    (
        "network",
        (
            r"\b(switch(s|es)?|commutateurs?|routeurs?|routers?|firewalls?|pare feu|onduleurs?"
            r"|bornes? wifi)\b"
        ),
    ),
    ("projector", r"\b(video ?projecteurs?|videoproj|projectors?|tni|tbi|tableaux? (blancs? )?interactifs?)\b"),
    ("dock", r"\b(stations? d ?accueil|docks?|docking( stations?)?|replicateurs? de ports?)\b"),
    ("charger", r"\b(chargeurs?|blocs? d ?alim(entation)?s?|alim(entation)?s?|chargers?|power adapters?)\b"),
    ("cable", r"\b(cables?|cordons?|adaptateurs?|divers cables)\b"),
    ("keyboard", r"\b(claviers?|keyboards?)\b"),
    ("mouse", r"\b(souris|mouse|mice)\b"),
    ("headset", r"\b(casques?|headsets?|micro casques?|ecouteurs?|enceintes?|webcams?)\b"),
    (
        "all_in_one",
        (
            r"\b(tout en un|tout en 1|all in one|aio|all in 1|imacs?|proone|eliteone|ideacentre aio"
            r"|optiplex \w+ aio)\b"
        ),
    ),
    (
        "mini_pc",
        (
            r"\b(mini ?pcs?|mini ?ordinateurs?|micro ?pcs?|nuc|usff|tiny|mini tower|clients? legers?|thin clients?"
            r"|mac ?minis?"
            r"|raspberry|low profile desktop|lunch ?box)\b"
        ),
    ),
    (
        "laptop",
        (
            r"\b((ordi(nateur)?s? |pcs? |postes? )?portables?|ultra ?portables?|ultra ?books?|laptops?|note ?books?"
            r"|portable computers?|net ?books?|macbooks?( pro| air)?|chrome ?books?|sub notebooks?|latitude"
            r"|elitebook|probook|thinkpad"
            r"|lifebook|toughbook|zbook|convertibles?|2 en 1|2 in 1)\b"
        ),
    ),
    ("tablet", r"\b(tablettes?|tablets?|ipads?|galaxy tab)\b"),
    (
        "smartphone",
        r"\b(smart ?phones?|telephones? (portables?|mobiles?)|mobiles?|gsm|iphones?|cell ?phones?|handheld)\b",
    ),
    ("monitor", r"\b(ecrans?|moniteurs?|monitors?|displays?|lcd|tft)\b"),
    (
        "desktop",
        (
            r"\b(unites? centrales?|u\.?c\.?s?|ordinateurs? (fixes?|de bureau)|ordis? fixes?|(pcs?|postes?"
            r"|stations?) "
            r"(fixes?|de bureau|de travail)|fixes?|tours?|towers?|mini ?tours?|desktops?|workstations?"
            r"|stations? de travail|sff"
            r"|small form factor|optiplex|prodesk|elitedesk|thinkcentre|esprimo|pc bureau|bureautique fixe)\b"
        ),
    ),
)
_FORMS = tuple((form, re.compile(pattern)) for form, pattern in FORMS)
#: Not a family name: only the word for the thing itself counts when it is looked for inside a designation.
_FAMILIES = re.compile(
    r"^(latitude|elitebook|probook|thinkpad|lifebook|toughbook|zbook|optiplex|prodesk|elitedesk|thinkcentre"
    r"|esprimo|proone"
    r"|eliteone|macbook|imac|ipad|iphone|poweredge|proliant|laserjet|officejet|deskjet|ecotank|nuc|raspberry"
    r"|galaxy tab"
    r"|mac ?mini|chrome ?book|workforce|aio|sff|tiny|usff|optiplex \w+ aio|mac ?book)"
)
#: Counted, never labelled one by one.
ACCESSORIES = frozenset({"dock", "charger", "cable", "keyboard", "mouse", "headset"})


@lru_cache(maxsize=16_384)
def form_of(text: str) -> str | None:
    """Return the form that a cell or a designation names, None when it names none."""
    folded = fold(text)
    if not folded:
        return None
    found = [(match.start(), form) for form, pattern in _FORMS if (match := pattern.search(folded))]
    if not found:
        return None
    forms = [form for _, form in found]
    for first in ("crt", "printer", "server", "network", "projector", "dock", "charger"):
        if first in forms and not (first == "charger" and re.search(r"\b(avec|sans|with|without|et|\+)\b", folded)):
            return first
    if "all_in_one" in forms or "mini_pc" in forms:
        return "all_in_one" if "all_in_one" in forms else "mini_pc"
    if "smartphone" in forms and "laptop" in forms and re.search(r"\b(telephone|smartphone)", folded):
        return "smartphone"
    if re.match(r"(pc|poste|ordinateur|portable)\b", folded) and "laptop" in forms:
        return "laptop"
    return min(found)[1]


@lru_cache(maxsize=16_384)
def without_form(text: str, form: str) -> str:
    """Return a designation without the word for the thing: "Portable Latitude 5480" gives "Latitude 5480"."""
    words = text.split()
    pattern = dict(_FORMS)[form]
    for length in (4, 3, 2, 1):
        head = " ".join(words[:length])
        if (
            len(words) >= length
            and (match := pattern.fullmatch(fold(head).removeprefix("pc ").removeprefix("ordinateur ")))
            and not _FAMILIES.match(match[0])
        ):
            return " ".join(words[length:]).strip(" -:,/")
    return text


MAKERS: dict[str, str] = {
    "hp": "HP",
    "hewlett packard": "HP",
    "hewlett packard enterprise": "HPE",
    "hp inc": "HP",
    "hp inc.": "HP",
    "hpe": "HPE",
    "hewlett packard company": "HP",
    "compaq": "Compaq",
    "dell": "Dell",
    "dell inc": "Dell",
    "dell inc.": "Dell",
    "dell computer": "Dell",
    "dell computer corporation": "Dell",
    "lenovo": "Lenovo",
    "lenovo group": "Lenovo",
    "ibm": "IBM",
    "fujitsu": "Fujitsu",
    "fujitsu siemens": "Fujitsu",
    "fujitsu client computing limited": "Fujitsu",
    "acer": "Acer",
    "acer inc.": "Acer",
    "packard bell": "Packard Bell",
    "asus": "Asus",
    "asustek": "Asus",
    "asustek computer inc.": "Asus",
    "apple": "Apple",
    "apple inc.": "Apple",
    "samsung": "Samsung",
    "samsung electronics": "Samsung",
    "toshiba": "Toshiba",
    "dynabook": "Dynabook",
    "sony": "Sony",
    "msi": "MSI",
    "micro star": "MSI",
    "microsoft": "Microsoft",
    "microsoft corporation": "Microsoft",
    "panasonic": "Panasonic",
    "huawei": "Huawei",
    "xiaomi": "Xiaomi",
    "google": "Google",
    "nec": "NEC",
    "iiyama": "Iiyama",
    "philips": "Philips",
    "aoc": "AOC",
    "benq": "BenQ",
    "viewsonic": "ViewSonic",
    "lg": "LG",
    "lg electronics": "LG",
    "eizo": "Eizo",
    "intel": "Intel",
    "gigabyte": "Gigabyte",
    "medion": "Medion",
    "terra": "Terra",
    "wortmann": "Wortmann",
    "getac": "Getac",
    "crosscall": "Crosscall",
    "wiko": "Wiko",
    "nokia": "Nokia",
    "motorola": "Motorola",
    "oppo": "Oppo",
    "oneplus": "OnePlus",
    "honor": "Honor",
    "archos": "Archos",
    "thomson": "Thomson",
    "epson": "Epson",
    "canon": "Canon",
    "brother": "Brother",
    "lexmark": "Lexmark",
    "kyocera": "Kyocera",
    "ricoh": "Ricoh",
    "xerox": "Xerox",
    "konica minolta": "Konica Minolta",
    "logitech": "Logitech",
    "cisco": "Cisco",
    "unowhy": "Unowhy",
    "sqool": "Unowhy",
    "tulip": "Tulip",
    "zotac": "Zotac",
    "shuttle": "Shuttle",
}
_MAKER_WORDS = sorted(MAKERS, key=len, reverse=True)
_MAKER_FIND = re.compile(r"(?<![\w.])(" + "|".join(re.escape(word) for word in _MAKER_WORDS) + r")(?!\w)")
#: A family names its maker when the list has no column for it.
FAMILIES: tuple[tuple[str, str], ...] = (
    (r"\b(latitude|optiplex|precision|inspiron|vostro|poweredge|xps)\b", "Dell"),
    (
        (
            r"\b(elitebook|probook|prodesk|elitedesk|proone|eliteone|zbook|pavilion|laserjet|proliant"
            r"|elitedisplay)\b"
        ),
        "HP",
    ),
    (r"\b(thinkpad|thinkcentre|ideapad|ideacentre|thinkstation|thinkvision|yoga)\b", "Lenovo"),
    (r"\b(macbook|imac|ipad|iphone|mac ?mini)\b", "Apple"),
    (r"\b(lifebook|esprimo|celsius)\b", "Fujitsu"),
    (r"\b(travelmate|aspire|veriton|extensa)\b", "Acer"),
    (r"\b(galaxy|sm [a-z]\d{3})\b", "Samsung"),
    (r"\b(toughbook)\b", "Panasonic"),
    (r"\b(tecra|portege|satellite)\b", "Toshiba"),
    (r"\b(surface)\b", "Microsoft"),
)
_FAMILY_MAKERS = tuple((re.compile(pattern), maker) for pattern, maker in FAMILIES)


@lru_cache(maxsize=16_384)
def maker_of(text: str) -> str | None:
    """Return the usual name of a maker that the text is or contains, None when it is not one we know."""
    folded = fold(text)
    if folded in MAKERS:
        return MAKERS[folded]
    if match := _MAKER_FIND.search(folded):
        return MAKERS[match[1]]
    return next((maker for pattern, maker in _FAMILY_MAKERS if pattern.search(folded)), None)


def is_maker(text: str) -> bool:
    """Tell whether a whole cell is the name of a maker."""
    return fold(text) in MAKERS


@lru_cache(maxsize=16_384)
def without_maker(text: str, maker: str) -> str:
    """Return a model without its maker in front or behind: "HP ProDesk 600" gives "ProDesk 600"."""
    names = [name for name, usual in MAKERS.items() if usual == maker]
    words = text.split()
    for length in (3, 2, 1):
        if len(words) > length and fold(" ".join(words[:length])) in names:
            return " ".join(words[length:])
        if len(words) > length and fold(" ".join(words[-length:])) in names:
            return " ".join(words[:-length])
    return text


YES = frozenset({
    "oui", "o", "y", "yes", "x", "ok", "vrai", "true", "1", "avec", "present", "fourni", "inclus", "included",
    "ja", "si", "v", "complet", "1.0", "original", "d origine", "oui fourni",
})  # fmt: skip
NO = frozenset({
    "non", "n", "no", "faux", "false", "0", "sans", "absent", "manquant", "manque", "perdu", "aucun", "aucune",
    "none", "missing", "without", "0.0", "nein", "ko", "pas", "/", "n a", "non fourni", "pas fourni",
})  # fmt: skip
EMPTY = frozenset({
    "", "?", "??", "???", "na", "n/a", "nc", "n.c.", "inconnu", "inconnue", "unknown", "non renseigne", "nsp",
    "ne sait pas", "a verifier", "neant", "null", "#n/a", "...", "vide", "non communique", "nr", ".", "//",
})  # fmt: skip


def yes_no(text: str) -> bool | None:
    """Return what a short answer says, None when it says neither."""
    if text.strip() in {"✓", "✔", "☑"}:
        return True
    if text.strip() in {"✗", "✘", "☐", "-"}:
        return False
    folded = fold(text)
    if folded in YES:
        return True
    if folded in NO:
        return False
    words = folded.split()
    if words and words[0] in {"non", "no", "sans", "pas", "manquant", "absent", "perdu"}:
        return False
    if words and words[0] in {"oui", "yes", "avec", "ok", "present", "fourni"}:
        return True
    return None
