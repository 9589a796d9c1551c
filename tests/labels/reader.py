"""Read printed labels back, with two decoders that share no code."""

import re
from io import BytesIO
from typing import NamedTuple

import pypdfium2
import zxingcpp
from PIL import Image, ImageFilter
from pyzbar import pyzbar

from refurb.labels.layouts import Layout


class Page(NamedTuple):
    """One rendered page, and what its text says."""

    image: Image.Image
    text: str


def render(pdf: bytes, dpi: int) -> list[Page]:
    """Return the pages of a PDF as a printer of `dpi` dots an inch would draw them."""
    document = pypdfium2.PdfDocument(BytesIO(pdf))
    return [
        Page(page.render(scale=dpi / 72, grayscale=True).to_pil(), page.get_textpage().get_text_range())
        for page in document
    ]


def zxing(image: Image.Image, *kinds: zxingcpp.BarcodeFormat) -> list[str]:
    """Return what zxing-cpp reads."""
    return sorted(
        found.text for kind in kinds for found in zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormats(kind))
    )


def zbar(image: Image.Image, symbol: pyzbar.ZBarSymbol) -> list[str]:
    """Return what zbar reads."""
    return sorted(found.data.decode() for found in pyzbar.decode(image, symbols=[symbol]))


def cut(page: Image.Image, layout: Layout, position: int, dpi: int) -> Image.Image:
    """Return one label of a rendered page, with the white that its neighbours begin with."""
    (left, top), dots = layout.place(position), dpi / 25.4
    right, bottom = (left + layout.width) * dots, (top + layout.height) * dots
    label = page.crop((round(left * dots), round(top * dots), round(right), round(bottom)))
    seen = Image.new("L", (label.width + 40, label.height + 40), 255)
    seen.paste(label, (20, 20))
    return seen


def worn(label: Image.Image, *, blur: float = 0.5, turned: float = 3) -> Image.Image:
    """Return a label as a lens sees it: twice as large, out of focus by `blur` dots, turned by some degrees."""
    larger = label.resize((label.width * 2, label.height * 2), Image.Resampling.BICUBIC)
    out_of_focus = larger.filter(ImageFilter.GaussianBlur(2 * blur))
    return out_of_focus.rotate(turned, Image.Resampling.BICUBIC, expand=True, fillcolor=255)


class Drawn(NamedTuple):
    """A ZPL format: the dots of its graphics, and what its text fields say."""

    image: Image.Image
    texts: list[str]


_LETTERS = {c: n for n, c in enumerate("GHIJKLMNOPQRSTUVWXY", 1)} | {
    c: n * 20 for n, c in enumerate("ghijklmnopqrstuvwxyz", 1)
}


def zpl_formats(text: str) -> list[Drawn]:
    """Draw the commands that our labels use: ^PW, ^LL, ^FO with ^GFA, ^FD with ^FH; any other is an error."""
    made = []
    for one in re.findall(r"\^XA(.*?)\^XZ", text, re.S):
        width, height, at, texts, hexadecimal = 0, 0, (0, 0), list[str](), False
        image = Image.new("L", (1, 1), 255)
        for name, told in re.findall(r"\^([A-Z][A-Z0-9@])([^^]*)", one):
            value = told.rstrip("\n")
            if name in ("PW", "LL"):
                width, height = (int(value), height) if name == "PW" else (width, int(value))
                image = Image.new("L", (width or 1, height or 1), 255)
            elif name in ("FO", "FT"):
                at = (int(value.split(",")[0]), int(value.split(",")[1]))
            elif name == "GF":
                form, total, _again, row, data = value.split(",", 4)
                assert form == "A"
                image.paste(0, at, _graphic(data, int(total), int(row)))
            elif name == "FD":
                raw = value.encode()
                texts.append(re.sub(rb"_([0-9A-F]{2})", lambda m: bytes([int(m[1], 16)]), raw).decode())
                assert hexadecimal
            elif name == "FH":
                hexadecimal = True
            elif name == "FS":
                hexadecimal = False
            else:
                assert name in ("CI", "LH", "A0", "PQ"), name
        made.append(Drawn(image, texts))
    return made


def _graphic(data: str, total: int, row: int) -> Image.Image:
    """Unfold the data of ^GFA: repeats, the rest of a row, the row before."""
    rows, digits, times = list[str](), "", 0
    for c in data:
        if c in _LETTERS:
            times += _LETTERS[c]
        elif c == ":":
            assert not digits
            rows.append(rows[-1])
        elif c in ",!":
            rows.append(digits.ljust(row * 2, "0" if c == "," else "F"))
            digits = ""
        else:
            digits, times = digits + c * (times or 1), 0
            if len(digits) == row * 2:
                rows.append(digits)
                digits = ""
    assert not digits
    assert len(rows) * row == total
    assert all(len(one) == row * 2 for one in rows)
    return Image.frombytes("1", (row * 8, len(rows)), bytes.fromhex("".join(rows)))
