"""The pages that print labels: which, from where, and what they will look like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
import zxingcpp

from refurb.core.permissions import OrganisationRole, Role
from refurb.core.scanning import COMMANDS
from refurb.organisations.models import PlaceKind
from tests.labels.reader import render, zpl_formats, zxing

if TYPE_CHECKING:
    from collections.abc import Callable

    from refurb.db import Session
    from refurb.labels.drawing import Label
    from refurb.organisations.models import Organisation
    from tests.factories import MakeAccount, MakeDevice, MakeOrganisation, MakePlace
    from tests.visitor import Visitor

CODE128 = zxingcpp.BarcodeFormat.Code128


@pytest.fixture
def technician(visitor: Visitor, workshop: Organisation, make_account: MakeAccount) -> Visitor:
    return visitor.sign_in(make_account({workshop: [Role.TECHNICIAN]}), workshop)


def printed(visitor: Visitor) -> tuple[list[str], str]:
    """Return the codes and the text of the sheet that just came back."""
    assert visitor.page is not None
    response = visitor.page.response
    assert response.mimetype == "application/pdf"
    pages = render(response.get_data(), 203)
    return [code for page in pages for code in zxing(page.image, CODE128)], " ".join(page.text for page in pages)


def test_a_machine_waits_for_its_label_until_it_is_printed(
    technician: Visitor, workshop: Organisation, make_device: MakeDevice, session: Session
) -> None:
    from refurb.audit.queries import of_subject

    device = make_device(holder=workshop, maker="Dell", model="Latitude E7240")
    page = technician.get("/labels/")
    assert "Latitude E7240" in page.words()
    page = technician.submit('form[action="/labels/prepare"]:has(table)')
    assert page.heading == "Préparer les étiquettes"
    assert "Dell Latitude E7240" in page.one(".label-preview").text
    technician.submit(".label-form", start="4")
    codes, text = printed(technician)
    assert codes == [device.code]
    assert "Dell Latitude E7240" in text
    assert device.labelled_at is not None
    last = of_subject(session, "device", device.id)[0]
    assert (last.kind, last.payload) == ("device.labelled", {"layout": "L7160"})
    assert "Toutes les machines sont étiquetées" in technician.get("/labels/").words()


def test_printing_again_keeps_the_code(
    technician: Visitor, workshop: Organisation, make_device: MakeDevice, session: Session
) -> None:
    from refurb.audit.queries import of_subject

    device = make_device(holder=workshop)
    for _ in range(2):
        technician.post("/labels/print", {"code": device.code, "layout": "L7160", "start": "1"})
        assert printed(technician)[0] == [device.code]
    assert [event.kind for event in of_subject(session, "device", device.id)].count("device.labelled") == 2


def test_a_reprint_is_counted_and_a_printer_may_have_its_commands(
    technician: Visitor, workshop: Organisation, make_device: MakeDevice
) -> None:
    device = make_device(holder=workshop)
    for _ in range(2):
        technician.post("/labels/print", {"code": device.code, "layout": "57x32", "dpi": "300", "format": "zpl"})
        assert technician.page is not None
        response = technician.page.response
        assert response.headers["Content-Disposition"].startswith("attachment")
        (drawn,) = zpl_formats(response.get_data(as_text=True))
        assert zxing(drawn.image.resize((drawn.image.width * 2, drawn.image.height * 2)), CODE128) == [device.code]
    page = technician.get(f"/labels/prepare?code={device.code}&layout=57x32&dpi=300")
    assert "dont 1 réimpression" in page.words()
    assert "déjà imprimée 2 fois" in page.words()
    assert not page.select_one(".cut-sheet")
    assert len(technician.get(f"/labels/prepare?code={device.code}&layout=L4731").select(".cut-label")) == 189


def test_machines_places_and_cards_share_a_sheet(
    technician: Visitor, workshop: Organisation, make_device: MakeDevice, make_place: MakePlace
) -> None:
    device = make_device(holder=workshop, profiles=["P0", "P1", "P2", "P5"])
    shelf = make_place(workshop, PlaceKind.SHELF, name="Étagère B3")
    card = COMMANDS["inventory"].code
    codes = "\n".join([device.code, shelf.code.lower(), card])
    page = technician.get(f"/labels/prepare?codes={codes.replace(chr(10), '%0A')}")
    assert "3 étiquettes" in page.words()
    technician.submit(".label-form", code=[device.code, shelf.code, card])
    found, text = printed(technician)
    assert sorted(found) == sorted([device.code, shelf.code, card])
    for word in ("Étagère B3", "Inventorier", "P2 · PC pour collège-lycée"):
        assert word in text


@pytest.mark.parametrize("start", ["0", "22", "x", "-1"])
def test_a_position_that_is_not_on_the_sheet_is_refused(
    technician: Visitor, workshop: Organisation, make_device: MakeDevice, start: str
) -> None:
    device = make_device(holder=workshop)
    page = technician.post("/labels/print", {"code": device.code, "start": start}, status=422)
    assert "n'est pas sur la planche" in page.words()
    assert device.labelled_at is None


def test_a_wrong_code_is_named_and_nothing_is_printed(
    technician: Visitor, workshop: Organisation, make_device: MakeDevice
) -> None:
    device = make_device(holder=workshop)
    page = technician.get(f"/labels/prepare?code={device.code}&code=R4900001209", status=422)
    assert "R4900001209" in page.words()
    assert "deux derniers chiffres" in page.words()
    technician.post("/labels/print", {"codes": f"{device.code}\nR4900001209"}, status=422)
    assert device.labelled_at is None
    assert "au moins un code" in technician.get("/labels/prepare?codes=", status=422).words()


def test_the_labels_of_others_are_not_printed(
    technician: Visitor, make_organisation: MakeOrganisation, make_device: MakeDevice, make_place: MakePlace
) -> None:
    other = make_organisation(OrganisationRole.REFURBISHER)
    for code in (make_device(holder=other).code, make_place(other, PlaceKind.SHELF).code):
        page = technician.post("/labels/print", {"code": code}, status=422)
        assert "de votre organisation" in page.words()


def test_the_machines_of_a_pile_are_printed_together(
    technician: Visitor, workshop: Organisation, make_device: MakeDevice
) -> None:
    devices = [make_device(holder=workshop) for _ in range(2)]
    for device in devices:
        technician.get("/scan")
        technician.submit(".desk-box", text=device.code)
    page = technician.post("/scan/close")
    page = technician.get(str(page.one('a[href*="/labels/prepare"]')["href"]))
    assert "2 étiquettes" in page.words()
    technician.submit(".label-form", code=[device.code for device in devices])
    assert sorted(printed(technician)[0]) == sorted(device.code for device in devices)


def test_blank_labels_are_new_codes_which_a_machine_to_come_takes(technician: Visitor, workshop: Organisation) -> None:
    technician.get("/labels/")
    page = technician.submit('form:has([name="blank"])', blank="3", layout="L7163")
    assert "3 étiquettes vierges" in page.words()
    assert page.one(".label-preview")
    technician.submit(".label-form", start="2")
    first = printed(technician)[0]
    assert len(set(first)) == 3
    response = technician.client.post(
        "/labels/blank", data={"csrf_token": technician.csrf(), "count": "1", "layout": "57x32", "format": "zpl"}
    )
    (drawn,) = zpl_formats(response.get_data(as_text=True))
    (another,) = zxing(drawn.image.resize((drawn.image.width * 2, drawn.image.height * 2)), CODE128)
    assert another not in first
    technician.post("/labels/blank", {"count": "2"})
    assert not set(first) & set(printed(technician)[0])
    technician.get("/scan")
    page = technician.submit(".desk-box", text=first[0])
    assert "n'est encore celle d'aucune machine" in page.words()


@pytest.mark.parametrize("count", ["0", "", "deux", "2101", "999999"])
def test_an_odd_number_of_blank_labels_is_refused(technician: Visitor, count: str) -> None:
    page = technician.post("/labels/blank", {"count": count})
    assert page.select_one(".notice-refused")
    if count:
        assert "Rien n'est imprimé" in technician.get(f"/labels/prepare?blank={count}", status=422).words()


def test_an_unknown_sheet_is_no_page(technician: Visitor, workshop: Organisation, make_device: MakeDevice) -> None:
    technician.get(f"/labels/prepare?code={make_device(holder=workshop).code}&layout=L9999", status=400)
    technician.get(f"/labels/prepare?code={make_device(holder=workshop).code}&dpi=7", status=400)
    technician.get("/labels/prepare?pile=999999", status=404)


def test_only_who_prints_labels_sees_the_page(
    visitor: Visitor, make_organisation: MakeOrganisation, make_account: MakeAccount
) -> None:
    service = make_organisation(OrganisationRole.PRESCRIBER)
    visitor.sign_in(make_account({service: [Role.PRESCRIBER]}), service)
    visitor.get("/labels/", status=403)
    visitor.post("/labels/print", {"code": "R4900001208"}, status=403)


def test_what_prints_a_long_list_stays_in_sight(
    technician: Visitor, workshop: Organisation, make_device: MakeDevice
) -> None:
    import re

    from refurb.paths import asset_dir

    make_device(holder=workshop)
    page = technician.get("/labels/")
    assert page.one("main form .label-bar button").text == "Préparer la planche"
    assert page.select('head link[href*="css/labels.css"]')
    css = (asset_dir("static") / "css" / "labels.css").read_text(encoding="utf-8")
    (rules,) = re.findall(r"^\.label-bar \{([^}]*)\}", css, re.MULTILINE)
    assert "position: sticky" in rules
    assert "bottom: 0" in rules


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, bool]]:
    """Return what was drawn: how many labels, and whether a transaction was open, which on SQLite keeps others out."""
    from refurb.db import get_session
    from refurb.labels import views

    seen: list[tuple[int, bool]] = []

    def watched(own: Callable[..., Any]) -> Callable[..., Any]:
        def draw(labels: list[Label], *args: Any, **kwargs: Any) -> Any:
            seen.append((len(labels), get_session().in_transaction()))
            return own(labels, *args, **kwargs)

        return draw

    for name in ("pdf", "zpl"):
        monkeypatch.setattr(views, name, watched(getattr(views, name)))
    return seen


@pytest.mark.parametrize("kind", ["pdf", "zpl"])
def test_nobody_waits_for_a_drawing(
    technician: Visitor, workshop: Organisation, make_device: MakeDevice, drawn: list[tuple[int, bool]], kind: str
) -> None:
    codes = [make_device(holder=workshop).code for _ in range(3)]
    technician.post("/labels/print", {"code": codes, "layout": "62x29", "format": kind})
    technician.post("/labels/blank", {"count": "5", "layout": "62x29", "format": kind})
    # A sample tells whether they can be printed, before their codes are taken.
    assert drawn == [(3, False), (1, False), (5, False)]


def test_what_cannot_be_drawn_is_not_noted_and_takes_no_code(
    technician: Visitor, workshop: Organisation, make_device: MakeDevice, session: Session
) -> None:
    from refurb.organisations.models import CodeCounter

    device = make_device(holder=workshop)
    taken = sa.select(CodeCounter.last).where(CodeCounter.kind == "R")
    before = session.scalar(taken)
    technician.post("/labels/print", {"code": device.code, "start": "22"}, status=422)
    technician.post("/labels/blank", {"count": "5", "start": "22"})
    session.expire_all()
    assert device.labelled_at is None
    assert session.scalar(taken) == before
    technician.post("/labels/blank", {"count": "5"})
    assert session.scalar(taken) == (before or 0) + 5
