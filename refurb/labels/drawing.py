"""Composing a label: what stands where, before anybody asks whether it is for a PDF, a screen or a printer."""

from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from refurb.core.identity import check, display
from refurb.labels import symbols
from refurb.labels.layouts import Layout
from refurb.paths import PACKAGE

FONTS = {
    "code": "AtkinsonHyperlegibleMono-Bold",
    "title": "AtkinsonHyperlegibleNext-SemiBold",
    "plain": "AtkinsonHyperlegibleNext-Regular",
}
MM = 72 / 25.4
#: The coarsest printer a workshop has; its dot decides how fine a bar may be.
DPI = 203
#: What an ordinary gun still reads, in millimetres.
FINEST_BAR = 0.19
WIDEST_BAR = 0.45
QR_MODULE = 0.72
LEAST_BAR_HEIGHT = 6.0


class LabelRefused(ValueError):
    """A label or a sheet that cannot be printed; `code` is stable, `about` says which label."""

    def __init__(self, code: str, about: str = "") -> None:
        super().__init__(f"{code} {about}".strip())
        self.code, self.about = code, about


@dataclass(frozen=True)
class Label:
    """What a label says: `title` maker and model, `detail` the profile, `place` the shelf, `address` a short link."""

    code: str
    title: str = ""
    detail: str = ""
    place: str = ""
    address: str = ""


@dataclass(frozen=True)
class Text:
    """A line of text: left end of its baseline in millimetres from the label's top left, size in points."""

    x: float
    y: float
    size: float
    font: str
    text: str


@dataclass(frozen=True)
class Symbol:
    """Black rectangles in modules, drawn from (x, y), each module `width` by `height` millimetres."""

    x: float
    y: float
    width: float
    height: float
    rectangles: tuple[tuple[int, int, int, int], ...]


@dataclass(frozen=True)
class Drawing:
    """A label ready to be drawn."""

    symbols: tuple[Symbol, ...]
    texts: tuple[Text, ...]


def bar_width(layout: Layout, modules: int, dpi: int) -> float:
    """Return the width of a bar: as wide as fits, in whole printer's dots; raises LabelRefused, "bars-too-fine"."""
    dot = 25.4 / dpi
    # The quiet zones may reach the label's edges: nothing is printed there, and the next label begins with white too.
    fits = min(WIDEST_BAR, (layout.width - 1) / (modules + 2 * symbols.BARS_QUIET), _inside(layout) / modules)
    width = int(fits / dot + 1e-9) * dot
    if width < max(dot, FINEST_BAR):
        raise LabelRefused("bars-too-fine")
    return width


def compose(label: Label, layout: Layout, dpi: int = DPI) -> Drawing:
    """Lay out one label; raises LabelRefused: "not-a-code", or "bars-too-fine" under the dot of a `dpi` printer."""
    if not check(label.code):
        raise LabelRefused("not-a-code", label.code)
    modules = symbols.bars(label.code)
    try:
        width = bar_width(layout, len(modules), dpi)
    except LabelRefused as refusal:
        raise LabelRefused(refusal.code, label.code) from refusal
    rows = symbols.matrix(label.code)
    side = len(rows) * QR_MODULE
    right, bottom = layout.width - layout.inset, layout.height - layout.inset
    square = Symbol(
        x=right - side,
        y=layout.inset,
        width=QR_MODULE,
        height=QR_MODULE,
        rectangles=tuple((x, y, run, 1) for y, row in enumerate(rows) for x, run in symbols.runs(row)),
    )
    top = layout.inset + side + symbols.QR_QUIET * QR_MODULE
    foot = label.place or label.address
    height = bottom - top - (3.3 if foot else 0)
    if height < LEAST_BAR_HEIGHT:
        raise LabelRefused("label-too-small", label.code)
    bars = Symbol(
        x=(layout.width - len(modules) * width) / 2,
        y=top,
        width=width,
        height=height,
        rectangles=tuple((x, 0, run, 1) for x, run in symbols.runs(modules)),
    )
    column = square.x - symbols.QR_QUIET * QR_MODULE - layout.inset
    return Drawing((square, bars), tuple(_texts(label, layout, column)))


def _texts(label: Label, layout: Layout, column: float) -> list[Text]:
    """Set the code large, then maker and model on two lines at most, the profile, and a foot under the bars."""
    left = layout.inset
    code = display(label.code)
    size = min(13.0, 13.0 * column / text_width(code, "code", 13.0))
    texts = [Text(left, layout.inset + 3.6, size, "code", code)]
    y = layout.inset + 8.4
    for line in wrap(label.title, "title", 8.5, column, lines=2):
        texts.append(Text(left, y, 8.5, "title", line))
        y += 3.5
    if label.detail:
        texts.append(Text(left, y + 0.3, 8.5, "plain", shorten(label.detail, "plain", 8.5, column)))
    baseline, whole = layout.height - layout.inset - 0.3, _inside(layout)
    if label.address:
        address = shorten(label.address, "plain", 7, whole * (0.6 if label.place else 1))
        texts.append(Text(left, baseline, 7, "plain", address))
        whole -= text_width(address, "plain", 7) + 2
    if label.place:
        place = shorten(label.place, "title", 7, whole)
        texts.append(Text(layout.width - layout.inset - text_width(place, "title", 7), baseline, 7, "title", place))
    return texts


def wrap(text: str, font: str, size: float, width: float, *, lines: int) -> list[str]:
    """Break `text` between words into at most `lines` lines, the last one shortened."""
    words, done = text.split(), list[str]()
    while words and len(done) < lines - 1:
        line = words.pop(0)
        while words and text_width(f"{line} {words[0]}", font, size) <= width:
            line = f"{line} {words.pop(0)}"
        done.append(shorten(line, font, size, width))
    return [*done, shorten(" ".join(words), font, size, width)] if words else done


@lru_cache(maxsize=8192)
def shorten(text: str, font: str, size: float, width: float) -> str:
    """Cut `text` with an ellipsis where it is wider than `width` millimetres."""
    text = " ".join(text.split())
    if text_width(text, font, size) <= width:
        return text
    while text and text_width(text + "…", font, size) > width:
        text = text[:-1].rstrip()
    return text + "…"


@lru_cache(maxsize=8192)
def text_width(text: str, font: str, size: float) -> float:
    """Return the width of a line in millimetres."""
    register_fonts()
    return float(pdfmetrics.stringWidth(text, FONTS[font], size)) / MM


@cache
def register_fonts() -> None:
    """Give reportlab our fonts, which it then embeds."""
    for name in FONTS.values():
        pdfmetrics.registerFont(TTFont(name, str(Path(PACKAGE, "documents", "fonts", f"{name}.ttf"))))


def _inside(layout: Layout) -> float:
    return layout.width - 2 * layout.inset
