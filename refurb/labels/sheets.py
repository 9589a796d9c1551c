"""Sheets of labels as vector PDF."""

from collections.abc import Sequence
from io import BytesIO

from reportlab import rl_config
from reportlab.pdfgen.canvas import Canvas

from refurb.labels.drawing import DPI, FONTS, MM, Drawing, Label, LabelRefused, Symbol, compose, register_fonts
from refurb.labels.layouts import LAYOUTS, Layout

#: Streams as bytes and not as text: a fifth smaller, and nobody mails a PDF through a seven-bit relay any more.
rl_config.useA85 = 0
__all__ = ["Label", "LabelRefused", "pdf"]


def pdf(labels: Sequence[Label], layout: str, start: int = 1, *, dpi: int = DPI, title: str = "Étiquettes") -> bytes:
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
    register_fonts()
    file = BytesIO()
    canvas = Canvas(file, pagesize=(sheet.page_width * MM, sheet.page_height * MM), lang="fr-FR", pageCompression=1)
    canvas.setTitle(title)
    canvas.setCreator("Refurb")
    for position, drawing in enumerate(drawings, start - 1):
        if position % sheet.per_page == 0 and position >= sheet.per_page:
            canvas.showPage()
        _draw(canvas, sheet, position, drawing)
    canvas.save()
    return file.getvalue()


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
