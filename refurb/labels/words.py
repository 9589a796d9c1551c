"""What labels say: the words of profiles and cards, and the address to type when nothing can be scanned."""

from refurb.desk.words import COMMAND_WORDS
from refurb.labels.services import Words
from refurb.needs.words import PROFILES


def words_of(public_url: str | None) -> Words:
    """Return the words of the reader's language, with the short address of an instance served at `public_url`."""
    host = (public_url or "").partition("://")[2].rstrip("/")
    return Words(
        profiles={str(code): str(name) for code, name in PROFILES.items()},
        commands={key: str(word) for key, word in COMMAND_WORDS.items()},
        address=f"{host}/c/" if host else "",
    )
