"""`refurb labels`: without a database, and with what the instance knows of the codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pypdfium2
import pytest
import zxingcpp
from click.testing import CliRunner, Result

from refurb.cli.labels import labels
from tests.labels.reader import render, zpl_formats, zxing

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask

    from refurb.db import Session
    from tests.factories import MakeDevice, MakeOrganisation, MakePlace

CODE128 = zxingcpp.BarcodeFormat.Code128


def run(*arguments: str) -> Result:
    return CliRunner().invoke(labels, list(arguments))


def test_labels_are_written_to_the_file(tmp_path: Path) -> None:
    file = tmp_path / "planche.pdf"
    result = run(
        "--layout", "L7160", "--start", "20", "--output", str(file), "R4900001208", "L'çàààààà(_", "D4900000148"
    )
    assert result.exit_code == 1, "the second code is wrong"
    assert not file.exists()
    result = run(
        "--layout", "L7160", "--start", "20", "--output", str(file), "R4900001208", "d 4900 0001 48", "R'çàààà&éà_"
    )
    assert (result.exit_code, result.stdout) == (0, f"3 étiquettes dans {file}.\n")
    first, second = render(file.read_bytes(), 203)
    assert zxing(first.image, CODE128) == ["D4900000148", "R4900001208"]
    assert zxing(second.image, CODE128) == ["R4900001208"]


def test_every_wrong_code_is_named(tmp_path: Path) -> None:
    result = run("--output", str(tmp_path / "x.pdf"), "R4900001209", "R4900001208", "bonjour")
    assert result.exit_code == 1
    assert "R4900001209" in result.stderr
    assert "bonjour" in result.stderr
    assert "R4900001208 :" not in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    [
        (["--start", "0"], 1),
        (["--start", "22"], 1),
        (["--dpi", "50"], 1),
        (["--layout", "L9999"], 2),
        (["--layout", "62x29", "--start", "3"], 2),
        (["--known", "--title", "Lenovo"], 2),
    ],
)
def test_what_cannot_be_printed_is_said(tmp_path: Path, arguments: list[str], exit_code: int) -> None:
    result = run(*arguments, "--output", str(tmp_path / "x.pdf"), "R4900001208")
    assert result.exit_code == exit_code
    assert result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_thermal_printers_file_holds_one_format_a_label(tmp_path: Path) -> None:
    file = tmp_path / "rouleau.zpl"
    result = run("--layout", "50x25", "--zpl", "--output", str(file), "R4900001208", "D4900000148")
    assert result.exit_code == 0
    seen = [one.image.resize((one.image.width * 2, one.image.height * 2)) for one in zpl_formats(file.read_text())]
    assert [zxing(image, CODE128) for image in seen] == [["R4900001208"], ["D4900000148"]]
    assert run("--zpl", "--start", "2", "--output", str(file), "R4900001208").exit_code == 2


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    result = run("--output", str(tmp_path / "absent" / "x.pdf"), "R4900001208")
    assert result.exit_code == 1
    assert "ne peut pas être écrit" in result.stderr


def test_known_codes_are_printed_with_what_they_name(
    app: Flask,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    make_organisation: MakeOrganisation,
    make_device: MakeDevice,
    make_place: MakePlace,
    session: Session,
) -> None:
    from refurb.core.permissions import OrganisationRole
    from refurb.organisations.models import PlaceKind

    workshop = make_organisation(OrganisationRole.REFURBISHER)
    shelf = make_place(workshop, PlaceKind.SHELF, name="Étagère A1")
    device = make_device(holder=workshop, place=shelf, maker="Lenovo", model="ThinkPad T470", profiles=["P1", "P2"])
    session.commit()
    monkeypatch.setattr("refurb.cli.application.load_app", lambda: app)
    file = tmp_path / "planche.pdf"
    assert run("--known", "--output", str(file), device.code, shelf.code).exit_code == 0
    document = pypdfium2.PdfDocument(file.read_bytes())
    said = document[0].get_textpage().get_text_range()
    document.close()
    for text in ("Lenovo ThinkPad T470", "P2 · PC pour collège-lycée", "Étagère A1"):
        assert text in said
    result = run("--known", "--output", str(tmp_path / "x.pdf"), device.code, "R4900001208")
    assert result.exit_code == 1
    assert "R4900001208" in result.stderr
