"""Makers' serials and French SIRET numbers: what can be trusted, and what two spellings have in common."""

import re
import unicodedata

from refurb.core.keyboards import LAYOUTS, LETTERS

#: What firmware says when nobody gave it a serial, folded as `_placeholder_key` folds (domain.md D.2, and what agents
#: and inventories met in the field report).
PLACEHOLDERS = frozenset(
    word
    for line in (
        "tobefilledbyoem tobefilledbyoemcom tobefilled filledbyoem tobedefinedbyoem oem oemstring defaultstring",
        "default systemserialnumber systemserialnumb systemserial chassisserialnumber baseboardserialnumber",
        "boardserialnumber productserialnumber serialnumber serialnum serialno serial assetserialnumber notspecified",
        "notavailable notapplicable notdefined notpresent notprovided notset notsettable nonspecified nonrenseigne",
        "inconnu aucun sansnumero sans nonlisible illisible none na nil null nul no void empty blank unknown",
        "undefined unspecified unavailable invalid badindex outofspec test testing sample evaluation",
        "engineeringsample prototype xxxx changeme tbd type1productconfigid type1family type2boardserialnumber",
        "sernum0 serial0 ssn sn ssn12345678901234567 bsn12345678901234567 csn12345678901234567 mb1234567890",
        "basesn1234567890 mbsn1234567890 msn12345678901234567 nb1234567890 eval a123456789 123456789abc",
        "1234567890abcdef abc123 ab123456 abcdefgh vmware virtualbox qemu bochs xen parallels kvm",
        "removed redacted filter filtered hidden masked anonymized anonymised",
    )
    for word in line.split()
)
_FEWEST = 4
_COUNTING = "0123456789" * 4
_LABELS = re.compile(
    r"^(?:S ?/ ?N ?[:#.]* ?|(?:SN|SERIAL(?: ?(?:NO|NUMBER|NUM))?|N° ?(?:DE )?S[ÉE]RIE|SERVICE TAG)(?: ?[:#.]+ ?| ))"
    r"(?=\S)"
)
_AIM = re.compile(r"^\][A-Z][0-9A-Z]")


def normalise_serial(text: str) -> str:
    """Return the serial as it is stored and compared: upper case, one space at most, without "S/N:" nor the ends."""
    text = " ".join(unicodedata.normalize("NFKC", text).upper().split())
    stripped = _LABELS.sub("", text).strip(" .,;:'\"*")
    return stripped or text


def fold_serial(text: str) -> str:
    """Return what two spellings of one serial share: letters and digits only, O as 0. To find doubles only."""
    return re.sub(r"[^0-9A-Z]", "", normalise_serial(text)).replace("O", "0")


def is_placeholder(text: str) -> bool:
    """Tell whether a text is what firmware says when nobody gave it a serial: a known phrase, or one character."""
    return _placeholder_key(text) in PLACEHOLDERS or len(set(fold_serial(text))) == 1


def serial_trusted(maker: str | None, serial: str | None) -> bool:
    """Tell whether a serial may identify a machine of this maker; a placeholder or a pattern may not."""
    if not serial:
        return False
    key, folded = _placeholder_key(serial), fold_serial(serial)
    if len(folded) < _FEWEST or is_placeholder(serial) or (maker and key == _placeholder_key(maker)):
        return False
    if len(folded) > 8 and not re.search("[0-9]", key):
        return False  # a long word without one digit is a sentence, not a serial
    if len(set(folded) - {"0"}) < 2 and len(folded) > 5:
        return False  # 00000001
    return not (folded in _COUNTING or folded[::-1] in _COUNTING)


def candidates(text: str) -> tuple[str, ...]:
    """Return what a scanned text may be as a serial, the text itself first, then mended; only a known one counts.

    Mended are the digits and letters of a gun on the wrong keyboard, the letters alone (A/Q, Z/W, M) where the digits
    came out right, the digits alone where a person forgot the shift key, and the identifiers that makers print
    before a serial: Lenovo's 1S and machine type, and the S of ANSI MH10.8.2.
    """
    spellings = [text, text.translate(LETTERS)]
    if not re.search("[0-9]", text):
        spellings += [layout.mend(text) for layout in LAYOUTS] + [layout.mend_digits(text) for layout in LAYOUTS]
    found = dict.fromkeys(filter(None, (_AIM.sub("", normalise_serial(spelling)) for spelling in spellings)))
    for spelling in list(found):
        if re.fullmatch("1S[0-9A-Z]{18}", spelling):
            found[spelling[-8:]] = None
        elif re.fullmatch("S[0-9A-Z]{7,}", spelling):
            found[spelling[1:]] = None
    return tuple(found)


def normalise_siret(text: str) -> str:
    """Return the digits of a SIRET, without the spaces and dots it is written with."""
    return re.sub(r"[\s.\-]", "", unicodedata.normalize("NFKC", text))


def siret_valid(text: str) -> bool:
    """Tell whether a text is a SIRET: 14 digits, Luhn (ISO 7812); La Poste's branches sum to a multiple of five."""
    siret = normalise_siret(text)
    if not re.fullmatch("[0-9]{14}", siret) or not _luhn(siret[:9]):
        return False
    if siret.startswith("356000000") and sum(map(int, siret)) % 5 == 0:
        return True
    return _luhn(siret)


def _luhn(digits: str) -> bool:
    doubled = (int(d) * (2 if i % 2 else 1) for i, d in enumerate(reversed(digits)))
    return sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0


def _placeholder_key(text: str) -> str:
    return re.sub(r"[^0-9a-z]", "", unicodedata.normalize("NFKD", text).casefold())
