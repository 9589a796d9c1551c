"""Sheets of labels as vector PDF."""

from collections.abc import Sequence

from refurb.canvas import FONTS, Canvas, draw
from refurb.labels.drawing import DPI, MM, Drawing, Label, LabelRefused, Symbol, compose
from refurb.labels.layouts import LAYOUTS, Layout


def pdf(labels: Sequence[Label], layout: str, start: int = 1, *, dpi: int = DPI) -> bytes:
    """Return a PDF of `labels` from position `start` (1 = top left, row by row) of the first sheet.

    Raises LabelRefused: "nothing-to-print", "no-such-layout", "no-such-position", "not-a-code", and "bars-too-fine"
    when a printer of `dpi` dots an inch could not draw the bars of a label.
    """
    if not labels:
        raise LabelRefused("nothing-to-print")
    if layout not in LAYOUTS:
        raise LabelRefused("no-such-layout", layout)
    sheet = LAYOUTS[layout]
    if not 1 <= start <= sheet.per_page:
        raise LabelRefused("no-such-position", str(start))
    drawings = [compose(label, sheet, dpi) for label in labels]

    def paint(canvas: Canvas) -> None:
        canvas.setTitle("Étiquettes")
        canvas.setCreator("Refurb")
        for position, drawing in enumerate(drawings, start - 1):
            if position % sheet.per_page == 0 and position >= sheet.per_page:
                canvas.showPage()
            _draw(canvas, sheet, position, drawing)

    return draw(paint, (sheet.page_width * MM, sheet.page_height * MM), lang="fr-FR", pageCompression=1)


def _draw(canvas: Canvas, layout: Layout, position: int, drawing: Drawing) -> None:
    left, top = layout.place(position)
    for text in drawing.texts:
        canvas.setFont(FONTS[text.font], text.size)
        canvas.drawString((left + text.x) * MM, (layout.page_height - top - text.y) * MM, text.text)
    for symbol in drawing.symbols:
        _fill(canvas, symbol, left + symbol.x, layout.page_height - top - symbol.y)


def _fill(canvas: Canvas, symbol: Symbol, x: float, y: float) -> None:
    """Draw a symbol as one path whose coordinates are whole modules: no rounding can close the white between bars.

    The operators are written as they are, for a path object spends two thirds of a sheet's time on writing floats.
    """
    canvas.saveState()
    canvas.transform(symbol.width * MM, 0, 0, -symbol.height * MM, x * MM, y * MM)
    canvas.addLiteral(" ".join(f"{x} {y} {width} {height} re" for x, y, width, height in symbol.rectangles) + " f")
    canvas.restoreState()
