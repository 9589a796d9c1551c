"""Two needs of one person, told without keeping who: a keyed hash of a birth date and three letters (domain.md C).

So little is typed that anybody could try every value: the key makes the hash worthless outside the server, it changes
each year and with each campaign, and the hash goes when the case does. Off by default.
"""

import hashlib
import hmac
from datetime import date

from refurb.core.territory import fold

#: How many letters of the surname are typed.
LETTERS = 3


def letters(surname: str) -> str | None:
    """Return the first letters that count of a surname, None where there are not enough."""
    kept = "".join(c for c in fold(surname) if c.isalpha())
    return kept[:LETTERS] if len(kept) >= LETTERS else None


def key(secret: str, campaign: str, year: int) -> bytes:
    """Return the key of a campaign and a year, made of the server's secret."""
    return hmac.new(secret.encode(), f"refurb.duplicates:{campaign}:{year}".encode(), hashlib.sha256).digest()


def digest(birth: date, surname: str, key: bytes) -> str | None:
    """Return what two needs of one person share, None where the surname is too short to say anything."""
    first = letters(surname)
    if first is None:
        return None
    return hmac.new(key, f"{birth.isoformat()}:{first}".encode(), hashlib.sha256).hexdigest()
