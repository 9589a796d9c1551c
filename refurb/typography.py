"""French as it is printed: no-break spaces before high punctuation, and the plural that begins at two.

The wording's source is French and plain: people type ordinary spaces. What is shown goes through here, so that no line
begins with a colon. The number that a sentence counts is set in type as well, in every language: 3 995, 3,995.
"""

import re
from functools import cached_property, lru_cache
from typing import Any

from babel.numbers import format_decimal
from babel.support import NullTranslations
from flask import Flask
from flask_babel import Babel, Domain, get_locale
from flask_babel import get_translations as translations_of
from jinja2 import pass_context
from jinja2.runtime import Context

_BEFORE = re.compile(r" (?=[:;?!»€](?:\s|$|[^\w(])|[:;?!»€]$|%%)")
_AFTER = re.compile(r"(?<=«) ")


@lru_cache(maxsize=20_000)
def typeset(text: str) -> str:
    """Return the sentence with its no-break spaces: "Quand\\u00a0?", "«\\u00a0reçu\\u00a0»", "60\\u00a0%%"."""
    return _AFTER.sub("\u00a0", _BEFORE.sub("\u00a0", text))


class Counted(int):
    """A number that a sentence counts, written with the separators of the reader's language."""

    def __str__(self) -> str:
        return format_decimal(int(self), locale=get_locale() or "fr")


def counted(number: Any) -> Any:
    """Return how a sentence writes a number: what no separator parts is left as it is."""
    return Counted(number) if isinstance(number, int) and abs(number) >= 1000 else number


class French(NullTranslations):
    """The source language, set in type."""

    def ugettext(self, message: str) -> str:
        """Return the sentence itself."""
        return typeset(message)

    gettext = ugettext

    def ungettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Return the singular for 0 and 1, as French counts."""
        return typeset(msgid1 if abs(n) < 2 else msgid2)

    ngettext = ungettext

    def upgettext(self, context: str, message: str) -> str:
        """Return the sentence itself, whatever its context."""
        return typeset(message)

    def unpgettext(self, context: str, singular: str, plural: str, num: int) -> str:
        """Return the number that French takes, whatever the context."""
        return self.ungettext(singular, plural, num)


FRENCH = French()


class TypesetDomain(Domain):
    """The catalogues of every other language, and French as it is printed."""

    def get_translations(self) -> NullTranslations:
        """Return what translates into the reader's language."""
        locale = get_locale()
        if locale is not None and locale.language == "fr":
            return FRENCH
        translations: NullTranslations = super().get_translations()
        return translations

    def ngettext(self, singular: str, plural: str, num: int, **variables: Any) -> str:
        """Return the sentence for a number, which it writes as the reader does."""
        text: str = super().ngettext(singular, plural, counted(num), **variables)
        return text


def _in_use() -> NullTranslations:
    """Return what translates now: a page asks some hundred times, so French is known without asking whose it is."""
    if (locale := get_locale()) is not None and locale.language == "fr":
        return FRENCH
    found: NullTranslations = translations_of()
    return found


class TypesetBabel(Babel):
    """Flask-Babel whose sentences come through `TypesetDomain`."""

    def init_app(self, app: Flask, *args: Any, **kwargs: Any) -> None:
        """Give templates the shorter way to a sentence."""
        super().init_app(app, *args, **kwargs)
        # The method is the i18n extension's, which Jinja's types do not know of.
        app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
            gettext=lambda message: _in_use().ugettext(message),
            ngettext=lambda one, several, n: _in_use().ungettext(one, several, n),
            newstyle=True,
            pgettext=lambda context, message: _in_use().upgettext(context, message),
            npgettext=lambda context, one, several, n: _in_use().unpgettext(context, one, several, n),
        )
        plain: Any = app.jinja_env.globals["ngettext"]

        @pass_context
        def ngettext(context: Context, one: str, several: str, n: int, **variables: Any) -> str:
            text: str = plain(context, one, several, counted(n), **variables)
            return text

        app.jinja_env.globals["ngettext"] = ngettext

    @cached_property
    def domain_instance(self) -> TypesetDomain:
        """Return the domain of every sentence."""
        return TypesetDomain()
