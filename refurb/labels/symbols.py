"""Code 128 and QR symbols of our codes, as modules: "1" is black."""

import re
from functools import lru_cache
from typing import Any

import zxingcpp
from barcode.codex import Code128

#: White modules that a reader needs beside a symbol (ISO/IEC 15417, ISO/IEC 18004).
BARS_QUIET = 10
QR_QUIET = 4
_BLACK = re.compile("1+")
_BLACK_IS_ONE = bytes.maketrans(b"\x00\xff", b"10")


@lru_cache(maxsize=4096)
def bars(code: str) -> str:
    """Return the modules of the Code 128 symbol.

    python-barcode is right for codes that begin with a letter, as ours do (dependencies.md, surprise 1): a maker's
    serial is not to be passed here.
    """
    assert code[:1].isalpha(), "python-barcode prints some digit strings wrongly"
    return str(Code128(code).build()[0])


@lru_cache(maxsize=4096)
def matrix(code: str) -> tuple[str, ...]:
    """Return the rows of the QR symbol: 21 by 21 modules for our codes, which stands a quarter of it being spoilt."""
    symbol = zxingcpp.create_barcode(code, zxingcpp.BarcodeFormat.QRCode, options="ecLevel=Q")
    image: Any = symbol.to_image(scale=1, add_quiet_zones=False)
    dots = memoryview(image).tobytes().translate(_BLACK_IS_ONE).decode()
    side = image.shape[0]
    return tuple(dots[i : i + side] for i in range(0, side * side, side))


def runs(modules: str) -> list[tuple[int, int]]:
    """Return the black runs of a row of modules: where each begins, and how long it is."""
    return [(run.start(), run.end() - run.start()) for run in _BLACK.finditer(modules)]
