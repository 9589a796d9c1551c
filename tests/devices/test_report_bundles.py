"""A whole folder of reports, or a zip of it: what is taken, asked and unreadable, and nothing lost by the way."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from refurb.core.permissions import OrganisationRole, Role
from refurb.devices import report_bundles
from refurb.devices.report_bundles import TooMany, as_ranges, from_ranges, unfolded
from tests.devices.readings.makers import as_bytes, lshw_tree, nwipe_log

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.devices.models import Device
    from refurb.organisations.models import Organisation
    from tests.visitor import Page, Visitor

KNOWN = as_bytes(lshw_tree(vendor="Fabricant"))
STRANGER = as_bytes(lshw_tree(vendor="Fabricant", serial="STRANGE7A1", disks=[])).replace(b"4c4c4544", b"8a1c77de")
STRANGER = STRANGER.replace(b"BOARD77120", b"BOARD-9Z9")
LETTER = b"Bonjour, voici une lettre."


def packed(files: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how) as bundle:
        for name, content in files.items():
            bundle.writestr(name, content)
    return out.getvalue()


# -- Unfolding


def test_a_zip_is_its_files_and_a_file_is_itself() -> None:
    raw = packed({"cle/banc/machine.json": KNOWN, "cle/": b"", "autre.log": LETTER})
    assert list(unfolded([("cle.zip", raw), ("seul.json", STRANGER)])) == [
        ("machine.json", KNOWN),
        ("autre.log", LETTER),
        ("seul.json", STRANGER),
    ]


@pytest.mark.parametrize(
    "name", [".DS_Store", "cle/.Trash-1000/x.json", "__MACOSX/._machine.json", "dossier/Thumbs.db", "desktop.ini"]
)
def test_what_systems_leave_behind_is_not_brought(name: str) -> None:
    assert list(unfolded([(name, b"x"), ("machine.json", KNOWN)])) == [("machine.json", KNOWN)]
    assert list(unfolded([("cle.zip", packed({name: b"x", "machine.json": KNOWN}))])) == [("machine.json", KNOWN)]


@pytest.mark.parametrize(
    "raw",
    [
        packed({"machine.json": KNOWN})[:-40],
        b"PK\x03\x04" + b"\0" * 100,
        packed({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<x/>"}),
        packed({"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>"}),
        packed({"big.json": b"\0" * 70_000_000}),
        packed({"empty/": b""}),
    ],
    ids=["cut", "no zip", "text document", "word document", "bomb", "empty"],
)
def test_a_zip_that_cannot_be_unfolded_is_one_file_kept_whole(raw: bytes) -> None:
    assert list(unfolded([("lot.zip", raw)])) == [("lot.zip", raw)]


def test_a_zip_of_more_bytes_than_a_bringing_holds_is_kept_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = packed({f"{n}.json": b"x" * 1000 for n in range(5)})
    monkeypatch.setattr(report_bundles, "MAX_BYTES", 4500)
    assert list(unfolded([("lot.zip", raw)])) == [("lot.zip", raw)]


def test_a_bringing_has_an_end() -> None:
    with pytest.raises(TooMany):
        list(unfolded((f"{n}.json", b"x") for n in range(report_bundles.MAX_FILES + 1)))


@given(st.sets(st.integers(1, 10**9), max_size=60))
def test_numbers_come_back_from_their_short_text(numbers: set[int]) -> None:
    assert from_ranges(as_ranges(numbers)) == sorted(numbers)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("", []), ("a,b", []), ("3,5-7,x", [3, 5, 6, 7]), ("7-5", []), ("9" * 40, []), ("1-999999999", None)],
)
def test_a_text_that_is_none_names_nothing(text: str, numbers: list[int] | None) -> None:
    found = from_ranges(text)
    assert found == numbers if numbers is not None else len(found) == report_bundles.MAX_FILES


# -- On the pages


@pytest.fixture
def bench(visitor: Visitor, make_account: Callable[..., Any], workshop: Organisation) -> Visitor:
    visitor.sign_in(make_account({workshop: [Role.TECHNICIAN]}))
    return visitor


@pytest.fixture
def laptop(make_device: Callable[..., Device], workshop: Organisation) -> Device:
    return make_device(holder=workshop, maker="Fabricant", serial="FAB7K2M9Q1")


def bring(visitor: Visitor, field: str, *files: tuple[str, bytes], status: int = 200) -> Page:
    return visitor.post("/reports", {field: [(io.BytesIO(raw), name) for name, raw in files]}, status=status)


FILES = {"machine.json": KNOWN, "inconnue.json": STRANGER, "lettre.txt": LETTER, ".DS_Store": b"x"}


def test_a_folder_is_brought_whole_and_only_doubts_are_asked(
    bench: Visitor, session: Session, laptop: Device, make_account: Callable[..., Any], workshop: Organisation
) -> None:
    from refurb.devices.models import Report

    page = bring(bench, "folder", *((f"cle/releves/{name}", raw) for name, raw in FILES.items()))
    assert page.heading == "3 fichiers apportés"
    assert [cell.get_text() for cell in page.select("dl.figures dd")] == ["1", "1", "1", "0"]
    assert "Fabricant Modele 14, Intel Core i5-8250U, 8 Go de mémoire, 1 disque" in page.words()
    tables = {table.select("caption")[0].get_text(strip=True): table for table in page.select("table")}
    assert list(tables) == ["À trancher", "Illisibles", "Lus et rangés"]
    assert "inconnue.json" in tables["À trancher"].get_text()
    assert "On ne sait pas de quelle machine il parle" in tables["À trancher"].get_text()
    # Who brought it is told which file it was; what is in it is for controllers.
    assert "lettre.txt" in tables["Illisibles"].get_text()
    assert tables["Illisibles"].select("a") == []
    assert "machine.json" in tables["Lus et rangés"].get_text()
    assert session.scalar(sa.select(sa.func.count()).select_from(Report)) == 3
    again = bring(bench, "files", *FILES.items())
    assert [cell.get_text() for cell in again.select("dl.figures dd")] == ["1", "1", "1", "3"]
    assert "Déjà reçu." in again.words()
    assert session.scalar(sa.select(sa.func.count()).select_from(Report)) == 3


def test_a_zip_is_brought_as_a_folder(bench: Visitor, laptop: Device) -> None:
    page = bring(bench, "files", ("cle.zip", packed(FILES)))
    assert page.heading == "3 fichiers apportés"


def test_the_summary_is_of_one_s_own(
    bench: Visitor,
    session: Session,
    laptop: Device,
    visitor: Visitor,
    make_account: Callable[..., Any],
    make_organisation: Callable[..., Organisation],
) -> None:
    from refurb.devices.models import Report

    bring(bench, "files", *FILES.items())
    ids = as_ranges(session.scalars(sa.select(Report.id)))
    visitor.sign_in(make_account({make_organisation(OrganisationRole.REFURBISHER): [Role.CONTROLLER]}))
    page = visitor.get(f"/reports/brought?new={ids}")
    assert page.heading == "0 fichier apporté"
    for name in ("machine.json", "inconnue.json", "lettre.txt"):
        assert name not in page.words()


def test_too_many_files_are_refused_before_any_is_taken(
    bench: Visitor, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    from refurb.devices.models import Report

    monkeypatch.setattr(report_bundles, "MAX_FILES", 2)
    page = bring(bench, "files", ("cle.zip", packed({"a": b"1", "b": b"2"})), ("c.json", KNOWN), status=422)
    assert "Plus de 2 fichiers à la fois" in page.words()
    assert session.scalar(sa.select(sa.func.count()).select_from(Report)) == 0


def test_a_folder_of_nothing_says_so(bench: Visitor) -> None:
    assert "aucun relevé dans ce dossier" in bring(bench, "folder", ("cle/.DS_Store", b"x"), status=422).words()


def test_more_than_a_form_holds_elsewhere_comes_in_here(bench: Visitor, app: Any, laptop: Device) -> None:
    app.config["MAX_CONTENT_LENGTH"], before = 1000, app.config["MAX_CONTENT_LENGTH"]
    try:
        assert bring(bench, "files", *FILES.items()).heading == "3 fichiers apportés"
    finally:
        app.config["MAX_CONTENT_LENGTH"] = before


def test_without_a_script_the_page_takes_several_files_and_a_folder(bench: Visitor) -> None:
    page = bench.get("/reports")
    files, folder = page.one('input[name="files"]'), page.one('input[name="folder"]')
    assert files.has_attr("multiple")
    assert folder.has_attr("webkitdirectory")


def test_a_log_and_a_machine_in_one_bringing(bench: Visitor, session: Session, laptop: Device) -> None:
    log = nwipe_log(("/dev/sda", "ATA", "Crucial_CT240BX5", "1927E2000001"))
    log = log.replace("2026/03/04 10:15:", "2026/11/17 10:45:")
    page = bring(bench, "files", ("machine.json", KNOWN), ("nwipe.log", log.encode()))
    assert page.heading == "2 fichiers apportés"
    rows = page.select("tbody tr")
    assert ["8 Go de mémoire, 1 disque" in rows[0].get_text(), "1 effacement" in rows[1].get_text()] == [True, True]
