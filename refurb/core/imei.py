"""The number of a telephone or of a tablet with a SIM, checked by its last digit (3GPP TS 23.003, Luhn 1954)."""

import re


class ImeiRefused(ValueError):
    """A text that is no IMEI; `code` is "imei-length", "imei-check" or "imei-placeholder"."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def luhn(digits: str) -> bool:
    """Tell whether the last digit is the one that the others ask for."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def read_imei(text: str) -> str:
    """Return the fifteen digits of an IMEI as typed, scanned or copied from the screen; raises ImeiRefused.

    The word before it, blanks, hyphens and slashes go; a sixteenth digit is the software version of an IMEISV, which
    has no check digit and so is none.
    """
    digits = re.sub(r"[\s./-]", "", re.sub(r"(?i)^\s*imei\s*\d?\s*[:=]", "", text))
    if not re.fullmatch(r"[0-9]{15}", digits):
        raise ImeiRefused("imei-length")
    if len(set(digits[:-1])) == 1 or digits.startswith(("012345678901234", "004999")):
        raise ImeiRefused("imei-placeholder")
    if not luhn(digits):
        raise ImeiRefused("imei-check")
    return digits
