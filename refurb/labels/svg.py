"""Labels and symbols on a screen: the same drawing as the PDF, as paths of an SVG."""

from collections.abc import Iterable
from dataclasses import dataclass

from refurb.labels import symbols
from refurb.labels.drawing import DPI, MM, Drawing, Label, compose
from refurb.labels.layouts import Layout


@dataclass(frozen=True)
class Symbols:
    """The two symbols of a code, in modules, quiet zones included."""

    bars: str
    bars_width: int
    square: str
    square_side: int


@dataclass(frozen=True)
class Line:
    """A line of text of a preview; `size` in millimetres like the rest."""

    x: float
    y: float
    size: float
    font: str
    text: str


@dataclass(frozen=True)
class Preview:
    """A label as it will be printed, in millimetres."""

    width: float
    height: float
    #: Each symbol as (path, transform).
    shapes: tuple[tuple[str, str], ...]
    lines: tuple[Line, ...]


def symbols_of(code: str) -> Symbols:
    """Return the symbols of one of our codes, to be scanned from a screen or a card."""
    modules, rows = symbols.bars(code), symbols.matrix(code)
    bars, square = symbols.BARS_QUIET, symbols.QR_QUIET
    return Symbols(
        bars=_path((bars + x, 0, run, 40) for x, run in symbols.runs(modules)),
        bars_width=len(modules) + 2 * bars,
        square=_path((square + x, square + y, run, 1) for y, row in enumerate(rows) for x, run in symbols.runs(row)),
        square_side=len(rows) + 2 * square,
    )


def preview(label: Label, layout: Layout, dpi: int = DPI) -> Preview:
    """Return a label as it will be printed; raises LabelRefused as the sheet does."""
    drawing: Drawing = compose(label, layout, dpi)
    return Preview(
        width=layout.width,
        height=layout.height,
        shapes=tuple(
            (
                _path(shape.rectangles),
                f"translate({shape.x:.3f} {shape.y:.3f}) scale({shape.width:.5f} {shape.height:.5f})",
            )
            for shape in drawing.symbols
        ),
        lines=tuple(Line(text.x, text.y, text.size / MM, text.font, text.text) for text in drawing.texts),
    )


def _path(rectangles: Iterable[tuple[int, int, int, int]]) -> str:
    return "".join(f"M{x} {y}h{width}v{height}h-{width}z" for x, y, width, height in rectangles)
