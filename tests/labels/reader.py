"""Read printed labels back, with two decoders that share no code."""

from io import BytesIO
from typing import NamedTuple

import pypdfium2
import zxingcpp
from PIL import Image
from pyzbar import pyzbar


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
