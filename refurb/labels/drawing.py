"""Composing a label: what stands where, before anybody asks whether it is for a PDF, a screen or a printer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from refurb.canvas import string_width
from refurb.core.identity import check, display
from refurb.labels import symbols
from refurb.labels.layouts import Layout

MM = 72 / 25.4
#: The coarsest printer a workshop has; its dot decides how fine a bar may be.
DPI = 203
#: What an ordinary gun still reads, in millimetres.
FINEST_BAR = 0.19
WIDEST_BAR = 0.45
#: The largest module of the square, and the finest that a phone's camera still tells apart.
QR_MODULE = 0.72
FINEST_MODULE = 0.25
#: What a gun held by hand needs of a bar, and what the square leaves it where there is room.
LEAST_BAR_HEIGHT = 6.0
WANTED_BAR_HEIGHT = 8.0
#: Bars this high are high enough: the text above may push them down to it.
ENOUGH_HEIGHT = 10.0
#: What the line under the bars takes.
FOOT = 3.3
#: Below this a square costs a phone a second look: the bars rather give way.
COMFORTABLE_MODULE = 0.36
#: Lines of text: the baseline of the first under the code, from one to the next, and what hangs below the last.
FIRST_LINE = 8.4
STEP = 3.5
DESCENT = 1.4
#: In points: an address that would be smaller is left out.
SMALLEST_TEXT = 5.0
#: Beyond this column the lines grow, up to this many times.
WIDE_COLUMN = 45.0
LARGEST_TEXT = 1.5
#: A shorter rest of the foot says no place.
LEAST_PLACE = 9.0
#: What even a well led label may lose at its edge.
SAFE = 0.5


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
    # The quiet zones may reach the label's edges: nothing is printed there, and the next label begins with white too.
    fits = min(WIDEST_BAR, (layout.width - 1) / (modules + 2 * symbols.BARS_QUIET), _inside(layout) / modules)
    width = _whole_dots(fits, dpi)
    if width < max(25.4 / dpi, FINEST_BAR):
        raise LabelRefused("bars-too-fine")
    return width


def square_module(layout: Layout, side: int, foot: bool, dpi: int) -> float:
    """Return the module of a square of `side` modules, in whole printer's dots, as large as what stands below lets it.

    Raises LabelRefused: "square-too-fine" when its modules or its quiet zone fall under the printer's dot or under what
    a camera tells apart, "label-too-small" when it leaves too little to the bars.
    """
    finest = max(25.4 / dpi, FINEST_MODULE)
    if not layout.bars:
        fits = min((layout.height - 2 * SAFE) / side, layout.height / (side + 2 * symbols.QR_QUIET))
        module = _whole_dots(min(QR_MODULE, fits), dpi)
        if module < finest:
            raise LabelRefused("square-too-fine")
        return module
    rest = layout.height - 2 * layout.inset - (FOOT if foot else 0)
    for wanted in (WANTED_BAR_HEIGHT, LEAST_BAR_HEIGHT):
        module = _whole_dots(min(QR_MODULE, (rest - wanted) / (side + symbols.QR_QUIET)), dpi)
        if module >= max(finest, COMFORTABLE_MODULE if wanted == WANTED_BAR_HEIGHT else 0):
            return module
    raise LabelRefused("label-too-small")


def compose(label: Label, layout: Layout, dpi: int = DPI) -> Drawing:
    """Lay out one label for a printer of `dpi` dots an inch.

    Raises LabelRefused: "not-a-code", "bars-too-fine", "square-too-fine", "label-too-small".
    """
    if not check(label.code):
        raise LabelRefused("not-a-code", label.code)
    try:
        return _with_bars(label, layout, dpi) if layout.bars else _square_alone(label, layout, dpi)
    except LabelRefused as refusal:
        raise LabelRefused(refusal.code, label.code) from refusal


def _with_bars(label: Label, layout: Layout, dpi: int) -> Drawing:
    modules, rows = symbols.bars(label.code), symbols.matrix(label.code)
    width = bar_width(layout, len(modules), dpi)
    foot = bool(label.place or label.address)
    module = square_module(layout, len(rows), foot, dpi)
    side, quiet = len(rows) * module, symbols.QR_QUIET * module
    square = _square(layout.width - layout.inset - side, layout.inset, module, rows)
    bottom = layout.height - layout.inset - (FOOT if foot else 0)
    # Three lines of text under the code may push the bars down, as long as these stay high enough.
    column = square.x - quiet - layout.inset
    lines = _scale(column) * (FIRST_LINE + 2 * STEP + DESCENT)
    top = max(layout.inset + side + quiet, min(layout.inset + lines, bottom - ENOUGH_HEIGHT))
    height = bottom - top
    bars = Symbol(
        x=(layout.width - len(modules) * width) / 2,
        y=top,
        width=width,
        height=height,
        rectangles=tuple((x, 0, run, 1) for x, run in symbols.runs(modules)),
    )
    return Drawing((square, bars), tuple(_texts(label, layout, column, top - DESCENT)))


def _square_alone(label: Label, layout: Layout, dpi: int) -> Drawing:
    """Set the square at the left, its quiet zone reaching the edges, and beside it the code on two lines."""
    rows = symbols.matrix(label.code)
    module = square_module(layout, len(rows), False, dpi)
    side, quiet = len(rows) * module, symbols.QR_QUIET * module
    left = max(layout.inset, quiet)
    x = left + side + quiet
    column = layout.width - layout.inset - x
    code = display(label.code)
    halves = (code[:6], code[7:])
    size = min(9.0, *(9.0 * column / text_width(half, "code", 9.0) for half in halves))
    texts = [Text(x, layout.inset + 2.4 + 3.0 * i, size, "code", half) for i, half in enumerate(halves)]
    if named := label.title or label.detail or label.place:
        texts.append(Text(x, layout.height - layout.inset - 0.2, 5, "title", shorten(named, "title", 5, column)))
    return Drawing((_square(left, (layout.height - side) / 2, module, rows),), tuple(texts))


def _square(x: float, y: float, module: float, rows: Sequence[str]) -> Symbol:
    return Symbol(
        x=x,
        y=y,
        width=module,
        height=module,
        rectangles=tuple((at, line, run, 1) for line, row in enumerate(rows) for at, run in symbols.runs(row)),
    )


def _whole_dots(length: float, dpi: int) -> float:
    dot = 25.4 / dpi
    return int(length / dot + 1e-9) * dot


def _texts(label: Label, layout: Layout, column: float, bottom: float) -> list[Text]:
    """Set the code large, then maker and model, the profile, as far as `bottom` lets them, and a foot under the bars.

    Where lines are missing, the second one of maker and model goes first.
    """
    left = layout.inset
    code = display(label.code)
    scale = _scale(column)
    line_size, step = 8.5 * scale, STEP * scale
    size = min(13.0 * scale, 13.0 * column / text_width(code, "code", 13.0))
    first = layout.inset + 3.6 * scale
    texts = [Text(left, first, size, "code", code)]
    y = first + max(3.6, size / 13 * (FIRST_LINE - 3.6))
    room = max(0, int((bottom - y) / step + 1e-9) + 1)
    lines = wrap(label.title, "title", line_size, column, lines=max(1, min(2, room - bool(label.detail))))
    texts += [Text(left, y + step * i, line_size, "title", line) for i, line in enumerate(lines[:room])]
    if label.detail and len(lines) < room:
        detail = shorten(label.detail, "plain", line_size, column)
        texts.append(Text(left, y + step * len(lines), line_size, "plain", detail))
    return texts + list(_foot(label, layout))


def _scale(column: float) -> float:
    """Return how many times larger the text is: a wide label is for a machine seen from further."""
    return max(1.0, min(LARGEST_TEXT, column / WIDE_COLUMN))


def _foot(label: Label, layout: Layout) -> Iterator[Text]:
    """Set the address whole or not at all, for half of one leads nowhere; the place has what it leaves."""
    baseline, whole = layout.height - layout.inset - 0.3, _inside(layout)
    if label.address:
        size = min(7.0, 7.0 * whole / text_width(label.address, "plain", 7))
        if size >= SMALLEST_TEXT:
            yield Text(layout.inset, baseline, size, "plain", label.address)
            whole -= text_width(label.address, "plain", size) + 2
    if label.place and whole >= LEAST_PLACE:
        place = shorten(label.place, "title", 7, whole)
        yield Text(layout.width - layout.inset - text_width(place, "title", 7), baseline, 7, "title", place)


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
    """Return `text`, cut with an ellipsis where it is wider than `width` millimetres."""
    text = " ".join(text.split())
    if text_width(text, font, size) <= width:
        return text
    while text and text_width(text + "…", font, size) > width:
        text = text[:-1].rstrip()
    return text + "…"


@lru_cache(maxsize=8192)
def text_width(text: str, font: str, size: float) -> float:
    """Return the width of a line in millimetres."""
    return string_width(text, font, size) / MM


def _inside(layout: Layout) -> float:
    return layout.width - 2 * layout.inset
