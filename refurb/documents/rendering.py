"""A paper from its frozen data: one template a kind, tagged for screen readers (PDF/UA-1) and kept for long (PDF/A-2a).

Pure: the same kind, data, language and day give the same bytes on every machine, for the fonts are ours and typst is
told to ignore the system's, its clock and the network. Data reaches the template as JSON and is never read as markup.
"""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from importlib import resources
from pathlib import Path
from typing import Any

import typst
import zxingcpp

from refurb.core.documents import DocumentKind
from refurb.documents import checking

LANGUAGES = ("fr", "en")
#: Template version by kind: raised when what a paper says changes, not when its look does.
VERSIONS: dict[DocumentKind, int] = dict.fromkeys(DocumentKind, 1)


def _here() -> Path:
    return Path(str(resources.files("refurb.documents")))


def render(kind: DocumentKind, data: Mapping[str, Any], language: str, issued_on: date) -> bytes:
    """Return the PDF; raises checking.BadPaper when the data is not what this kind says, ValueError on the language."""
    made = _compile(
        kind,
        data,
        language,
        issued_on,
        format="pdf",
        pdf_standards=["ua-1", "a-2a"],
        timestamp=int(datetime.combine(issued_on, time(), UTC).timestamp()),
    )
    return bytes(made)


def picture(kind: DocumentKind, data: Mapping[str, Any], language: str, issued_on: date) -> bytes:
    """Return the first page as a PNG, to be shown on a phone; raises as `render` does."""
    made = _compile(kind, data, language, issued_on, format="png", ppi=120)
    # One page is bytes, several are a list of them.
    return bytes(made[0] if isinstance(made, list) else made)


def _compile(kind: DocumentKind, data: Mapping[str, Any], language: str, issued_on: date, **options: Any) -> Any:
    if language not in LANGUAGES:
        raise ValueError(f"no paper is written in {language!r}")
    checked = checking.checked(kind, dict(data))
    payload = {
        "data": checked,
        "language": language,
        "issued_on": issued_on.isoformat(),
        "qr": _qr_codes(kind, checked),
    }
    folder = _here() / "templates"
    return typst.compile(
        folder / f"{kind.value}.typ",
        root=folder,
        font_paths=[_here() / "fonts"],
        ignore_system_fonts=True,
        sys_inputs={"payload": json.dumps(payload, ensure_ascii=False)},
        **options,
    )


def qr_svg(text: str) -> str:
    """Return the QR code of `text` as SVG, medium error correction, no margin (the paper around it is white)."""
    symbol = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    return str(zxingcpp.write_barcode_to_svg(symbol, add_quiet_zones=False))


def _qr_codes(kind: DocumentKind, data: dict[str, Any]) -> dict[str, str]:
    """Return the drawings a template may place: the paper's own address, and the code of the case it is about."""
    codes = {}
    if data["document"]["verify_link"]:
        codes["verify"] = qr_svg(data["document"]["verify_link"])
    if kind is DocumentKind.NEED_SLIP:
        codes["case"] = qr_svg(data["need_code"])
    return codes
