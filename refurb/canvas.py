"""reportlab, one thread at a time: labels by the thousand, and the sheet in the place of an erased paper.

A font of reportlab's is one object for the whole process, and a page is saved by walking through it with one cursor:
of two threads that save at once, each may read the other's letters, or fall. Nobody else imports reportlab.
"""

from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import Any

from reportlab import rl_config
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from refurb.paths import PACKAGE

__all__ = ["FONTS", "ONE_AT_A_TIME", "Canvas", "draw", "register_fonts", "string_width"]

#: Our fonts that reportlab sets, by what they are for.
FONTS = {
    "code": "AtkinsonHyperlegibleMono-Bold",
    "title": "AtkinsonHyperlegibleNext-SemiBold",
    "plain": "AtkinsonHyperlegibleNext-Regular",
}
#: Held wherever reportlab changes what it keeps; measuring a text only reads.
ONE_AT_A_TIME = Lock()
#: Streams as bytes and not as text: a fifth smaller, and nobody mails a PDF through a seven-bit relay any more.
rl_config.useA85 = 0


def draw(paint: Callable[[Canvas], None], size: tuple[float, float], **options: Any) -> bytes:
    """Return the PDF that `paint` draws on pages of `size` points; `options` are the canvas's own."""
    register_fonts()
    file = BytesIO()
    with ONE_AT_A_TIME:
        canvas = Canvas(file, pagesize=size, **options)
        paint(canvas)
        canvas.save()
    return file.getvalue()


def string_width(text: str, font: str, size: float) -> float:
    """Return the width of a line in points."""
    register_fonts()
    return float(pdfmetrics.stringWidth(text, FONTS[font], size))


@cache
def register_fonts() -> None:
    """Give reportlab our fonts, which it then embeds; those who come first together do it one after the other."""
    with ONE_AT_A_TIME:
        known = pdfmetrics.getRegisteredFontNames()
        for name in FONTS.values():
            if name not in known:
                pdfmetrics.registerFont(TTFont(name, str(Path(PACKAGE, "documents", "fonts", f"{name}.ttf"))))
