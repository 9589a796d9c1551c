"""Names in the order in which people count: shelf 2 before shelf 10, whatever the accents and the capitals."""

import re
import unicodedata

#: A number is compared by its value: its digits, filled up to this many.
WIDTH = 10
#: What an accent is once it is parted from its letter.
ACCENTS = "\u0300-\u036f"


def natural(name: str) -> str:
    """Return the text by which a name is sorted.

    "Étagère 2" gives "etagere 0000000002": texts compare then as numbers do, number by number.
    """
    plain = re.sub(f"[{ACCENTS}]", "", unicodedata.normalize("NFKD", name)).lower()
    return re.sub("[0-9]+", lambda digits: digits[0].lstrip("0").zfill(WIDTH), plain)
