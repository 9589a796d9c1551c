"""French is set with its no-break spaces and counts as French does; other languages come as their catalogue says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from flask_babel import force_locale, gettext, ngettext

from refurb.typography import typeset

if TYPE_CHECKING:
    from flask import Flask

NBSP = "\u00a0"


@pytest.mark.parametrize(
    ("plain", "printed"),
    [
        ("Qui donne ?", "Qui donne_?"),
        ("Disponibilités : %(slots)s", "Disponibilités_: %(slots)s"),
        ("« reçu » ou non", "«_reçu_» ou non"),
        ("batterie 60 %%", "batterie 60_%%"),
        ("%(n)s %(unit)s", "%(n)s %(unit)s"),
        ("https://example.org/a ?b=c", "https://example.org/a ?b=c"),
        ("", ""),
    ],
)
def test_spaces_that_must_not_break(plain: str, printed: str) -> None:
    assert typeset(plain) == printed.replace("_", NBSP)


@pytest.mark.parametrize(("count", "said"), [(0, "0 machine"), (1, "1 machine"), (2, "2 machines")])
def test_french_counts_from_two(app: Flask, count: int, said: str) -> None:
    with app.test_request_context(), force_locale("fr"):
        assert ngettext("%(num)s machine", "%(num)s machines", count) == said


@pytest.mark.parametrize(
    ("language", "count", "said"),
    [
        ("fr", 999, "999 lignes"),
        ("fr", 3995, "3\u202f995 lignes"),
        ("fr", -3995, "-3\u202f995 lignes"),
        ("en", 3995, "3,995 lines"),
    ],
)
def test_a_sentence_writes_the_number_that_it_counts_as_its_reader_does(
    app: Flask, language: str, count: int, said: str
) -> None:
    drawn = app.jinja_env.from_string('{{ ngettext("%(num)s ligne", "%(num)s lignes", count) }}')
    with app.test_request_context(), force_locale(language):
        assert ngettext("%(num)s ligne", "%(num)s lignes", count) == said
        assert drawn.render(count=count) == said


def test_english_is_not_set_as_french(app: Flask) -> None:
    with app.test_request_context(), force_locale("en"):
        assert NBSP not in gettext("Mot de passe oublié ?")
