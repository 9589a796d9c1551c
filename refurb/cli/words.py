"""The command line's language: French is the source, English by REFURB_LANG or LANG.

The catalogue is the one of the pages, read with the standard library so that `refurb codes read` starts at once.
"""

import gettext
import os

from refurb.paths import PACKAGE


def language() -> str:
    """Return "en" where the environment asks for English, "fr" otherwise."""
    asked = os.environ.get("REFURB_LANG") or os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return "en" if asked.lower().startswith("en") else "fr"


_catalogue: gettext.NullTranslations = gettext.NullTranslations()
if language() != "fr":
    _catalogue = gettext.translation("messages", PACKAGE / "translations", [language()], fallback=True)


def _(text: str, **values: object) -> str:
    """Translate `text`, then fill its `%(name)s` placeholders, as flask-babel's gettext does."""
    translated = _catalogue.gettext(text)
    return translated % values if values else translated
