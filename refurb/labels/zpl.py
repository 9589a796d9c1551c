"""Labels for thermal printers that speak ZPL: one format a label, the symbols as dots, the text in the printer's font.

The two symbols are sent as graphics (^GF), each dot decided here: what comes out does not depend on how a firmware
draws bars, and the tests can read it back. Source: Zebra's programming guide for ZPL II.
"""

from collections.abc import Sequence

from refurb.labels.drawing import DPI, Drawing, Label, LabelRefused, Symbol, Text, compose
from refurb.labels.layouts import LAYOUTS, Layout

#: What ZPL reads as the beginning of a command, and its own escape once ^FH is on.
_SPECIAL = frozenset("^~_")
#: Its letters for repeated digits, in the "alternative data compression" of ^GF: G to Y are 1 to 19, g to z 20 to 400.
_ONES = " GHIJKLMNOPQRSTUVWXY"
_TWENTIES = " ghijklmnopqrstuvwxyz"


def zpl(labels: Sequence[Label], layout: str, *, dpi: int = DPI) -> str:
    """Return the formats of `labels`, each of the layout's size, for a printer of `dpi` dots an inch.

    A printer has no sheet that was begun: there is no start position. Raises LabelRefused as `sheets.pdf` does.
    """
    if not labels:
        raise LabelRefused("nothing-to-print")
    if layout not in LAYOUTS:
        raise LabelRefused("no-such-layout", layout)
    size = LAYOUTS[layout]
    return "".join(_format(compose(label, size, dpi), size, dpi) for label in labels)


def _format(drawing: Drawing, layout: Layout, dpi: int) -> str:
    """Return one label: its size in dots, UTF-8 text, its symbols, its lines."""
    dots = dpi / 25.4
    head = f"^XA\n^CI28\n^LH0,0\n^PW{round(layout.width * dots)}\n^LL{round(layout.height * dots)}\n"
    body = [_graphic(symbol, dots) for symbol in drawing.symbols] + [_line(text, dots) for text in drawing.texts]
    return head + "\n".join(body) + "\n^PQ1\n^XZ\n"


def _graphic(symbol: Symbol, dots: float) -> str:
    """Return a symbol as ^GFA: its modules are whole dots wide, and whole dots high where they are square."""
    across, down = round(symbol.width * dots), max(1, round(symbol.height * dots))
    width = max(x + wide for x, _, wide, _ in symbol.rectangles) * across
    height = max(y + high for _, y, _, high in symbol.rectangles) * down
    row_bytes = (width + 7) // 8
    rows = [0] * height
    for x, y, wide, high in symbol.rectangles:
        black = ((1 << wide * across) - 1) << (row_bytes * 8 - (x + wide) * across)
        for row in range(y * down, (y + high) * down):
            rows[row] |= black
    data, before = [], None
    for row in rows:
        data.append(":" if row == before else _squeeze(f"{row:0{row_bytes * 2}X}"))
        before = row
    place = f"^FO{round(symbol.x * dots)},{round(symbol.y * dots)}"
    return f"{place}^GFA,{row_bytes * height},{row_bytes * height},{row_bytes},{''.join(data)}^FS"


def _squeeze(digits: str) -> str:
    """Return a row of hexadecimal digits with what repeats said once, and the white at its end as a comma."""
    kept, told = digits.rstrip("0"), []
    # A comma stands for at least one digit: a row that fills its bytes has none.
    at = 0
    while at < len(kept):
        run = 1
        while at + run < len(kept) and kept[at + run] == kept[at] and run < 400:
            run += 1
        told.append((_repeat(run) if run > 2 else "") + kept[at] * (1 if run > 2 else run))
        at += run
    return "".join(told) + ("," if len(kept) < len(digits) else "")


def _repeat(count: int) -> str:
    twenties, ones = divmod(count, 20)
    return (_TWENTIES[twenties] if twenties else "") + (_ONES[ones] if ones else "")


def _line(text: Text, dots: float) -> str:
    """Return a line in the printer's scalable font, set from its baseline (^FT)."""
    height = round(text.size / 72 * 25.4 * dots)
    # The printer's font is narrower than ours: set at its natural width, it stays inside the same column.
    return f"^FT{round(text.x * dots)},{round(text.y * dots)}^A0N,{height},{height}^FH^FD{_escape(text.text)}^FS"


def _escape(text: str) -> str:
    """Return field data in which nothing is a command: what ZPL reserves as the hexadecimal that ^FH reads."""
    return "".join(f"_{ord(c):02X}" if c in _SPECIAL else c for c in text if c.isprintable())
