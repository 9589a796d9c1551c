"""reportlab is one for all threads: whatever changes what it keeps holds the lock."""

from __future__ import annotations

import gc
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont, TTFontFile
from reportlab.pdfgen.canvas import Canvas

from refurb import canvas
from refurb.labels.drawing import Label
from refurb.labels.sheets import pdf
from refurb.paths import PACKAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Flask

LABELS = [Label("R4900001208", "Émile Zola", "P2 · PC pour collège-lycée", "Étagère B3", "exemple.fr/c")]


def watched(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str) -> list[bool]:
    """Return whether the lock is held, for each call of `owner.name` to come."""
    own: Callable[..., Any] = getattr(owner, name)
    held: list[bool] = []

    def call(*args: Any, **kwargs: Any) -> Any:
        held.append(canvas.ONE_AT_A_TIME.locked())
        return own(*args, **kwargs)

    monkeypatch.setattr(owner, name, call)
    return held


def test_a_font_is_walked_by_one_thread_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    held = watched(monkeypatch, TTFontFile, "makeSubset")
    assert pdf(LABELS, "L7160").startswith(b"%PDF")
    assert len(held) >= 3
    assert all(held)
    assert not canvas.ONE_AT_A_TIME.locked()


def test_whatever_is_drawn_is_begun_and_saved_alone(monkeypatch: pytest.MonkeyPatch, app: Flask) -> None:
    from refurb.privacy.erased import erased_paper

    begun, saved = watched(monkeypatch, Canvas, "__init__"), watched(monkeypatch, Canvas, "save")
    pdf(LABELS, "62x29")
    with app.test_request_context():
        assert erased_paper("F4900000001", "fr", datetime(2026, 11, 17, tzinfo=UTC)).startswith(b"%PDF")
    assert begun == saved == [True, True]


def test_a_drawing_that_fails_lets_the_next_one_through() -> None:
    def paint(page: Canvas) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        canvas.draw(paint, (100, 100))
    assert pdf(LABELS, "L7160").startswith(b"%PDF")


@pytest.fixture
def first_caller(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As in a process that has drawn nothing yet."""
    monkeypatch.setattr(pdfmetrics, "_fonts", {})
    monkeypatch.setattr(pdfmetrics, "_dynFaceNames", {})
    canvas.register_fonts.cache_clear()
    yield
    # Who had drawn nothing before has our fonts no more.
    canvas.register_fonts.cache_clear()


@pytest.mark.usefixtures("first_caller")
def test_fonts_are_read_once_by_those_who_come_first_together(monkeypatch: pytest.MonkeyPatch) -> None:
    held = watched(monkeypatch, canvas, "TTFont")
    # A cache alone lets both in: the second one comes here when the first has not returned yet.
    canvas.register_fonts.__wrapped__()
    fonts = [pdfmetrics.getFont(name) for name in canvas.FONTS.values()]
    canvas.register_fonts.__wrapped__()
    assert held == [True] * len(canvas.FONTS)
    assert all(isinstance(font, TTFont) for font in fonts)
    assert fonts == [pdfmetrics.getFont(name) for name in canvas.FONTS.values()]


@pytest.mark.usefixtures("first_caller")
def test_the_fonts_are_there_before_the_processes_part(monkeypatch: pytest.MonkeyPatch, app: Flask) -> None:
    monkeypatch.setattr("refurb.app.create_app", lambda: app)
    known: list[bool] = []
    monkeypatch.setattr(
        gc, "freeze", lambda: known.append({*canvas.FONTS.values()} <= {*pdfmetrics.getRegisteredFontNames()})
    )
    from refurb.app import served

    assert served() is app
    assert known == [True]


def test_reportlab_is_reached_in_one_place() -> None:
    reaching = re.compile(r"^\s*(from|import) reportlab\b", re.MULTILINE)
    found = {
        path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py") if reaching.search(path.read_text())
    }
    assert found == {"canvas.py"}
