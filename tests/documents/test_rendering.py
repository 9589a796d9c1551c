"""Papers: readable by everybody and by machines, and the same bytes every time."""

import io
import re
import shutil
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest
import zxingcpp

from refurb.core.documents import UNNUMBERED, DocumentKind
from refurb.documents.checking import BadPaper, as_data, checked
from refurb.documents.rendering import LANGUAGES, render
from tests.documents.samples import papers

DAY = date(2026, 11, 21)
PAPERS = {kind: as_data(paper) for kind, paper in papers().items()}


def text_of(pdf: bytes, tmp_path: Path) -> str:
    """Return what a reader gets when copying the text out, spaces flattened."""
    file = tmp_path / "paper.pdf"
    file.write_bytes(pdf)
    tool = shutil.which("pdftotext")
    assert tool is not None, "poppler-utils is missing"
    out = subprocess.run([tool, "-layout", str(file), "-"], capture_output=True, check=True)
    return re.sub(r"\s+", " ", out.stdout.decode())


def tags(pdf: pikepdf.Pdf) -> list[pikepdf.Dictionary]:
    """Return every element of the structure tree."""
    found: list[pikepdf.Dictionary] = []

    def walk(node: Any) -> None:
        if isinstance(node, pikepdf.Array):
            for child in node:
                walk(child)
        elif isinstance(node, pikepdf.Dictionary):
            if "/S" in node:
                found.append(node)
            if "/K" in node:
                walk(node.K)

    walk(pdf.Root.StructTreeRoot.K)
    return found


def test_every_kind_has_a_sample_and_a_shape() -> None:
    assert set(PAPERS) == set(DocumentKind)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", DocumentKind)
def test_a_paper_is_tagged_for_those_who_listen(kind: DocumentKind, language: str) -> None:
    with pikepdf.open(io.BytesIO(render(kind, PAPERS[kind], language, DAY))) as pdf:
        assert str(pdf.Root.Lang).startswith(language)
        assert bool(pdf.Root.MarkInfo.Marked)
        assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)
        names = [str(tag.S) for tag in tags(pdf)]
        assert names.count("/H1") == 1
        for figure in (tag for tag in tags(pdf) if str(tag.S) == "/Figure"):
            assert len(str(figure.Alt)) > 10
        if kind not in {DocumentKind.BENEFICIARY_SHEET, DocumentKind.PICKING_LIST, DocumentKind.ROUND_SLIP}:
            assert "/Figure" in names, "the QR code"
        metadata = pdf.open_metadata()
        assert metadata["pdfuaid:part"] == "1"
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("2", "A")


@pytest.mark.parametrize("kind", [DocumentKind.INTAKE_CERTIFICATE, DocumentKind.REUSE_STATEMENT])
def test_a_list_is_a_table_with_heads(kind: DocumentKind) -> None:
    with pikepdf.open(io.BytesIO(render(kind, PAPERS[kind], "fr", DAY))) as pdf:
        names = [str(tag.S) for tag in tags(pdf)]
    assert "/Table" in names
    assert names.count("/TH") == len([1 for name in names if name == "/TH"]) >= 4
    assert names.count("/TD") >= 12


def test_the_leaflet_describes_its_pictures() -> None:
    pdf_bytes = render(DocumentKind.BENEFICIARY_SHEET, PAPERS[DocumentKind.BENEFICIARY_SHEET], "fr", DAY)
    with pikepdf.open(io.BytesIO(pdf_bytes)) as pdf:
        told = [str(tag.Alt) for tag in tags(pdf) if str(tag.S) == "/Figure"]
        assert len(pdf.pages) == 2, "one sheet, both sides"
    assert any("poumons" in alt and "cerveau" in alt and "matière grise" in alt for alt in told)


def test_accents_and_the_euro_are_text(tmp_path: Path) -> None:
    kind = DocumentKind.SOLIDARITY_SALE_RECEIPT
    said = text_of(render(kind, PAPERS[kind], "fr", DAY), tmp_path)
    assert "Atelier Éloïse" in said
    assert "42,00 €" in said
    assert "4 décembre 2028" in said
    said = text_of(render(kind, PAPERS[kind], "en", DAY), tmp_path)
    assert "€42.00" in said
    assert "4 December 2028" in said


@pytest.mark.parametrize("kind", DocumentKind)
def test_twice_gives_the_same_bytes(kind: DocumentKind) -> None:
    assert render(kind, PAPERS[kind], "fr", DAY) == render(kind, PAPERS[kind], "fr", DAY)


@pytest.mark.parametrize("kind", DocumentKind)
def test_what_is_typed_is_never_read_as_markup(kind: DocumentKind, tmp_path: Path) -> None:
    hostile = '#panic("in") $ * _ ` = <tag> @ref \\ [ ] // "'

    def poisoned(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: poisoned(each, name) for name, each in value.items()}
        if isinstance(value, list):
            return [poisoned(each, key) for each in value]
        free = {"title", "name", "label", "place", "note", "hours", "accompaniment", "service", "signatory"}
        return hostile if isinstance(value, str) and key in free else value

    said = text_of(render(kind, poisoned(PAPERS[kind]), "fr", DAY), tmp_path)
    assert '#panic("in")' in said.replace("“", '"').replace("”", '"')


@pytest.mark.parametrize("kind", sorted(set(DocumentKind) - UNNUMBERED))
def test_the_qr_code_of_a_numbered_paper_is_its_checking_address(kind: DocumentKind) -> None:
    if kind is DocumentKind.BENEFICIARY_SHEET:  # a leaflet for the household: nothing to check, no square to wonder at
        return
    assert "https://refurb.example/verify/5mG0cT1wQx8bZr2LkVn4Hg" in qr_texts(render(kind, PAPERS[kind], "fr", DAY))


def test_the_slip_of_a_household_carries_its_case_number() -> None:
    kind = DocumentKind.NEED_SLIP
    assert qr_texts(render(kind, PAPERS[kind], "fr", DAY)) == ["N4947301281"]


def qr_texts(pdf_bytes: bytes) -> list[str]:
    pdf = pypdfium2.PdfDocument(pdf_bytes)
    image = pdf[0].render(scale=200 / 72).to_pil()
    pdf.close()
    return [
        each.text
        for each in zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    ]


def test_a_cancelled_number_is_said(tmp_path: Path) -> None:
    data = checked(DocumentKind.GIFT_DEED, PAPERS[DocumentKind.GIFT_DEED])
    data["document"]["replaces"] = "ELOISE-2026-00041"
    assert "annule et remplace le n° ELOISE-2026-00041" in text_of(
        render(DocumentKind.GIFT_DEED, data, "fr", DAY), tmp_path
    )


def test_a_loan_says_it_is_free_and_knows_no_price(tmp_path: Path) -> None:
    said = text_of(render(DocumentKind.LOAN_AGREEMENT, PAPERS[DocumentKind.LOAN_AGREEMENT], "fr", DAY), tmp_path)
    assert "Le prêt est gratuit" in said
    assert "1875" in said
    with pytest.raises(BadPaper):
        checked(DocumentKind.LOAN_AGREEMENT, {**PAPERS[DocumentKind.LOAN_AGREEMENT], "price_cents": 1000})


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"total_cents": "12"}, "solidarity_sale_receipt.total_cents"),
        ({"total_cents": True}, "solidarity_sale_receipt.total_cents"),
        ({"devices": {}}, "solidarity_sale_receipt.devices"),
        ({"devices": [{"code": "R"}]}, "solidarity_sale_receipt.devices[0].form"),
        ({"beneficiary_name": "X"}, "solidarity_sale_receipt.beneficiary_name"),
        ({"place": "x" * 2001}, "solidarity_sale_receipt.place"),
        ({"contact": None}, "solidarity_sale_receipt.contact"),
    ],
)
def test_data_of_another_shape_is_refused_where_it_is_wrong(change: dict[str, Any], path: str) -> None:
    kind = DocumentKind.SOLIDARITY_SALE_RECEIPT
    with pytest.raises(BadPaper) as refused:
        checked(kind, {**PAPERS[kind], **change})
    assert refused.value.path == path


def test_a_missing_key_is_named() -> None:
    kind = DocumentKind.GIFT_DEED
    data = dict(PAPERS[kind])
    del data["origin"]
    with pytest.raises(BadPaper, match=r"gift_deed\.origin: is missing"):
        checked(kind, data)


def test_no_paper_is_written_in_a_third_language() -> None:
    with pytest.raises(ValueError, match="de"):
        render(DocumentKind.PICKING_LIST, PAPERS[DocumentKind.PICKING_LIST], "de", DAY)
