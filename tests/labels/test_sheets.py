"""Sheets of labels: what is printed can be read, by a gun and by a phone."""

import dataclasses
import random
from io import BytesIO

import pikepdf
import pytest
import zxingcpp
from pyzbar.pyzbar import ZBarSymbol

from refurb.core.identity import CodeKind, display, mint
from refurb.labels import symbols
from refurb.labels.drawing import Label, LabelRefused, bar_width, compose, shorten, text_width, wrap
from refurb.labels.layouts import L4731, L7160, LAYOUTS
from refurb.labels.sentences import sentences
from refurb.labels.sheets import pdf
from refurb.labels.zpl import zpl
from tests.labels.reader import cut, render, worn, zbar, zpl_formats, zxing

CODE128, QR = zxingcpp.BarcodeFormat.Code128, zxingcpp.BarcodeFormat.QRCode
DRAW = random.Random(49)
CODES = sorted(mint(DRAW.choice(list(CodeKind)), DRAW.randrange(100_000_000)) for _ in range(39))
LABELS = [
    Label(code, "Hewlett-Packard EliteBook 840 G3", "P2 · PC pour collège-lycée", "Étagère B3", "exemple.fr/c")
    for code in CODES
]


@pytest.mark.parametrize("dpi", [203, 300])
def test_every_label_is_read_by_two_decoders(dpi: int) -> None:
    """Two pages, the first one begun at 4: 18 labels, then 21."""
    pages = render(pdf(LABELS, "L7160", 4), dpi)
    assert len(pages) == 2
    for page, codes, first in zip(pages, (CODES[:18], CODES[18:]), (3, 0), strict=True):
        assert zxing(page.image, CODE128) == codes
        assert zxing(page.image, QR) == codes
        assert zbar(page.image, ZBarSymbol.CODE128) == codes
        # A phone looks at one label; zbar loses count of twenty QR codes on one picture.
        for position, code in enumerate(codes, first):
            left, top = L7160.place(position)
            dots = dpi / 25.4
            box = (left * dots, top * dots, (left + L7160.width) * dots, (top + L7160.height) * dots)
            assert zbar(page.image.crop(box), ZBarSymbol.QRCODE) == [code]


def test_the_label_says_the_code_and_what_the_thing_is() -> None:
    label = Label("R4900001208", "Lenovo ThinkPad T470", "P2 · PC pour collège-lycée", "Étagère B3", "exemple.fr/c")
    (page,) = render(pdf([label], "L7160"), 72)
    for text in (display("R4900001208"), "Lenovo ThinkPad T470", "collège-lycée", "Étagère B3", "exemple.fr/c"):
        assert text in page.text


def test_a_label_without_details_bears_its_code_alone() -> None:
    (page,) = render(pdf([Label("R4900001208")], "L7160"), 203)
    assert page.text.strip() == "R 4900 0012 08"
    assert zxing(page.image, CODE128, QR) == ["R4900001208", "R4900001208"]


@pytest.mark.parametrize("start", [1, 4, 21])
def test_the_first_label_is_where_it_was_asked(start: int) -> None:
    """And nothing is printed outside its own label: the others of a used sheet are gone or still to come."""
    (page,) = render(pdf([LABELS[0]], "L7160", start), 203)
    dots = 203 / 25.4
    column, row = (start - 1) % 3, (start - 1) // 3
    left, top = 7.25 + 66 * column, 15.15 + 38.1 * row
    black = page.image.point(lambda grey: 255 if grey < 200 else 0).getbbox()
    assert black is not None
    assert left * dots <= black[0] < black[2] <= (left + 63.5) * dots
    assert top * dots <= black[1] < black[3] <= (top + 38.1) * dots


def test_a_shifted_printer_still_prints_on_the_label() -> None:
    for label in LABELS:
        drawing = compose(label, L7160)
        for symbol in drawing.symbols:
            right = symbol.x + symbol.width * max(x + width for x, _, width, _ in symbol.rectangles)
            assert symbol.x >= L7160.inset
            assert right <= L7160.width - L7160.inset + 1e-6
        for text in drawing.texts:
            assert text.x + text_width(text.text, text.font, text.size) <= L7160.width - L7160.inset + 1e-6
            assert L7160.inset < text.y <= L7160.height - L7160.inset


def test_symbols_keep_their_quiet_zones() -> None:
    for layout in LAYOUTS.values():
        drawing = compose(LABELS[0], layout)
        if not layout.bars:
            continue
        square, bars = drawing.symbols
        modules = len(symbols.bars(LABELS[0].code))
        assert bars.x >= symbols.BARS_QUIET * bars.width
        assert layout.width - bars.x - modules * bars.width >= symbols.BARS_QUIET * bars.width
        assert bars.y - square.y >= (len(symbols.matrix(LABELS[0].code)) + symbols.QR_QUIET) * square.width - 1e-9
        quiet = square.x - symbols.QR_QUIET * square.width
        beside = [text for text in drawing.texts if text.y < bars.y]
        assert all(text.x + text_width(text.text, text.font, text.size) <= quiet + 1e-6 for text in beside)


def test_the_smallest_label_keeps_its_square_white_around() -> None:
    """Sideways inside the label; above and below, the next label begins with the same white."""
    for dpi in (203, 300, 600):
        drawing = compose(LABELS[0], L4731, dpi)
        (square,) = drawing.symbols
        side = len(symbols.matrix(LABELS[0].code)) * square.width
        quiet = symbols.QR_QUIET * square.width
        assert square.x >= quiet
        assert side + 2 * quiet <= L4731.height + 1e-9
        assert all(text.x >= square.x + side + quiet - 1e-9 for text in drawing.texts)
        assert max(text.x + text_width(text.text, text.font, text.size) for text in drawing.texts) <= 25.4 - 1.2 + 1e-6


@pytest.mark.parametrize("dpi", [203, 300])
@pytest.mark.parametrize("name", list(LAYOUTS))
def test_every_layout_is_read_blurred_and_turned(name: str, dpi: int) -> None:
    """A label as a gun or a phone sees it: half a dot of blur, a few degrees off; by decoders that did not write it."""
    layout, labels = LAYOUTS[name], LABELS[:4]
    pages = render(pdf(labels, name, dpi=dpi), dpi)
    for position, label in enumerate(labels):
        seen = worn(cut(pages[position // layout.per_page].image, layout, position, dpi))
        if layout.bars:
            assert zxing(seen, CODE128) == [label.code]
            assert zbar(seen, ZBarSymbol.CODE128) == [label.code]
        assert zbar(seen, ZBarSymbol.QRCODE) == [label.code]


@pytest.mark.parametrize("dpi", [203, 300])
@pytest.mark.parametrize("name", list(LAYOUTS))
def test_what_a_thermal_printer_draws_is_read(name: str, dpi: int) -> None:
    """The dots that ^GF carries, drawn by a reader of our own that knows nothing of how they were written.

    What is proved is these dots and where they lie; the printer's own font is not drawn here.
    """
    layout = LAYOUTS[name]
    formats = zpl_formats(zpl(LABELS[:3], name, dpi=dpi))
    assert len(formats) == 3
    for label, drawn in zip(LABELS, formats, strict=False):
        assert drawn.image.size == (round(layout.width * dpi / 25.4), round(layout.height * dpi / 25.4))
        assert display(label.code) == " ".join(drawn.texts[: 1 if layout.bars else 2])
        seen = drawn.image.resize((drawn.image.width * 2, drawn.image.height * 2))
        if layout.bars:
            assert zxing(seen, CODE128) == [label.code]
            assert zbar(seen, ZBarSymbol.CODE128) == [label.code]
        assert zbar(seen, ZBarSymbol.QRCODE) == [label.code]


def test_no_text_is_a_command_to_the_printer() -> None:
    (drawn,) = zpl_formats(zpl([Label("R4900001208", "HP ^XZ ~JA _20 É")], "57x32"))
    assert drawn.texts == ["R 4900 0012 08", "HP ^XZ ~JA _20 É"]


def test_a_printer_whose_dots_are_too_coarse_is_refused() -> None:
    for name, dpi, code in (("50x25", 60, "bars-too-fine"), ("L4731", 72, "square-too-fine")):
        with pytest.raises(LabelRefused) as refused:
            zpl([LABELS[0]], name, dpi=dpi)
        assert refused.value.code == code
        assert code in sentences(str)


@pytest.mark.parametrize("dpi", [203, 240, 300, 600])
def test_bars_are_whole_dots_of_the_printer(dpi: int) -> None:
    dots = bar_width(L7160, 112, dpi) / (25.4 / dpi)
    assert dots == pytest.approx(round(dots))
    assert dots >= 1


def test_bars_under_the_printers_dot_are_refused() -> None:
    narrow = dataclasses.replace(L7160, width=25.4, inset=1)  # as wide as an L4731
    with pytest.raises(LabelRefused) as refused:
        compose(Label("R4900001208"), narrow, dpi=203)
    assert (refused.value.code, refused.value.about) == ("bars-too-fine", "R4900001208")
    with pytest.raises(LabelRefused):
        pdf([Label("R4900001208")], "L7160", dpi=50)


def test_a_label_too_low_for_both_symbols_is_refused() -> None:
    with pytest.raises(LabelRefused) as refused:
        compose(Label("R4900001208"), dataclasses.replace(L7160, height=15))
    assert refused.value.code == "label-too-small"


@pytest.mark.parametrize(
    ("labels", "layout", "start", "code"),
    [
        ([], "L7160", 1, "nothing-to-print"),
        (LABELS[:1], "L9999", 1, "no-such-layout"),
        (LABELS[:1], "L7160", 0, "no-such-position"),
        (LABELS[:1], "L7160", 22, "no-such-position"),
        ([Label("R4900001209")], "L7160", 1, "not-a-code"),
        ([Label("PF0XK9AM")], "L7160", 1, "not-a-code"),
    ],
)
def test_what_cannot_be_printed_is_refused(labels: list[Label], layout: str, start: int, code: str) -> None:
    with pytest.raises(LabelRefused) as refused:
        pdf(labels, layout, start)
    assert refused.value.code == code
    assert code in sentences(str)


def test_sheets_fill_row_by_row_and_fit_their_page() -> None:
    for layout in LAYOUTS.values():
        if layout.is_roll:
            assert layout.place(0) == layout.place(1) == (0, 0)
            continue
        assert layout.place(1)[0] - layout.place(0)[0] == pytest.approx(layout.across)
        assert layout.place(layout.columns)[1] - layout.place(0)[1] == pytest.approx(layout.down)
        x, y = layout.place(layout.per_page - 1)
        assert x + layout.width <= layout.page_width
        assert y + layout.height <= layout.page_height
        assert layout.place(layout.per_page) == layout.place(0)


def test_a_wide_label_is_read_from_further_and_loses_nothing() -> None:
    label = Label(
        "R4900001208", "Lenovo ThinkPad T470", "P2 · PC pour collège-lycée", "Étagère A1", "refurb.exemple.fr/c/R"
    )
    sizes = {}
    for name in ("L7160", "L7163"):
        drawing = compose(label, LAYOUTS[name])
        sizes[name] = {text.text: text.size for text in drawing.texts}
        bars = drawing.symbols[1]
        above = [text for text in drawing.texts if text.y < bars.y]
        assert len(above) == 3, name
        assert all(text.y + text.size / 4 / 72 * 25.4 < bars.y for text in above), "no line hangs into the bars"
    assert sizes["L7163"]["Lenovo ThinkPad T470"] > 1.4 * sizes["L7160"]["Lenovo ThinkPad T470"]


def test_long_names_are_wrapped_then_cut() -> None:
    lines = wrap("Hewlett-Packard HP EliteBook 840 G3 Notebook PC (énergie étoile)", "title", 8.5, 38, lines=2)
    assert len(lines) == 2
    assert lines[0] == "Hewlett-Packard HP"
    assert lines[1].endswith("…")
    assert all(text_width(line, "title", 8.5) <= 38 for line in lines)
    assert wrap("", "title", 8.5, 38, lines=2) == []
    assert shorten("  Dell   Latitude ", "title", 8.5, 38) == "Dell Latitude"


@pytest.mark.parametrize("name", list(LAYOUTS))
@pytest.mark.parametrize("text", ["W" * 300, "Hewlett-Packard EliteBook " * 11, "É" * 300, "iiii " * 60])
def test_no_name_is_too_long_for_a_label(name: str, text: str) -> None:
    """Whatever a machine and its place are called: inside the label, beside the square, above the bars."""
    layout = LAYOUTS[name]
    for label in (
        Label("R4900001208", text, f"P2 · {text}", text, "refurb.exemple.fr/c/R4900001208"),
        Label("R4900001208", text, text),
        Label("R4900001208", place=text, address="exemple.fr/" + text),
    ):
        drawing = compose(label, layout)
        square, bottom = drawing.symbols[0], drawing.symbols[1].y if layout.bars else layout.height
        for line in drawing.texts:
            right = line.x + text_width(line.text, line.font, line.size)
            assert layout.inset - 1e-6 <= line.x
            assert right <= layout.width - layout.inset + 1e-6
            assert line.y <= layout.height - layout.inset + 1e-6
            if layout.bars and line.y < bottom:
                assert right <= square.x - symbols.QR_QUIET * square.width + 1e-6


def test_symbols_are_vectors_and_fonts_are_embedded() -> None:
    with pikepdf.open(BytesIO(pdf(LABELS[:2], "L7160"))) as document:
        resources = document.pages[0].Resources
        assert "/XObject" not in resources or not resources.XObject
        for font in resources.Font.values():
            if "Atkinson" in str(font.BaseFont):
                assert "/FontFile2" in font.FontDescriptor
        assert sum("Atkinson" in str(font.BaseFont) for font in resources.Font.values()) >= 3
        assert document.Root.Lang == "fr-FR"
