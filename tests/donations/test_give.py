"""The public form, step by step, as a giver on a phone walks it; and everything one may do wrong in it."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from refurb.core.equipment import DiskWish, Form, Origin, Regime
from refurb.donations.models import DonationDraft, LineState, Lot, LotLine
from refurb.outbox import OutboxRow
from tests.donations.test_sheets import workbook
from tests.factories import siret

if TYPE_CHECKING:
    from refurb.db import Session
    from tests.visitor import Page, Visitor

WHO: dict[str, Any] = {
    "legal_type": "company",
    "name": "Menuiserie des Ponts-de-Cé",
    "siret": siret(777),
    "first_name": "Camille Exemple",
    "first_email": "camille@menuiserie.example.org",
    "second_email": "accueil@menuiserie.example.org",
}
CARE: dict[str, Any] = {"wiped": "none", "disk_wish": "wipe", "chargers": "some", "locks": ["bios", "autopilot"]}
CARE["unlock"] = "y"
WHERE: dict[str, Any] = {"address": "3 rue des Copeaux", "postcode": "49130", "commune": "Les Ponts-de-Cé"}
WHERE["slots"] = "mardi matin"
LIST = (
    "Type;Marque;Modèle;N° de série;N° inventaire;Année;Utilisateur\n"
    "Portable;HP;EliteBook 840;5CG123ABC;INV-1;2019;Mme Durand\n"
    "Portable;HP;EliteBook 840;5CG123ABC;INV-2;2019;M. Martin\n"
    "Imprimante;HP;LaserJet;CNB12345;INV-3;2019;\n"
    "Portable;Dell;Latitude;To be filled by O.E.M.;INV-4;2012;\n"
)


def upload(content: bytes | str, name: str = "liste.csv") -> dict[str, Any]:
    """Return the field of a file."""
    return {"file": (io.BytesIO(content.encode() if isinstance(content, str) else content), name)}


def token_of(page: Page) -> str:
    """Return the draft's token from the address one ended on."""
    found = re.match(r"/give/([\w-]+)/", page.response.request.path)
    assert found, page.response.request.path
    return found[1]


@pytest.fixture
def token(visitor: Visitor) -> str:
    """A draft whose first step is done."""
    return token_of(visitor.post("/give/who", WHO))


def mails(session: Session) -> list[dict[str, Any]]:
    """Return the messages that wait to leave."""
    rows = session.scalars(sa.select(OutboxRow).where(OutboxRow.kind == "mail.send").order_by(OutboxRow.id)).all()
    return [row.payload for row in rows]


def the_lot(session: Session) -> tuple[Lot, list[LotLine]]:
    """Return the only lot there is, with its lines."""
    lot = session.scalars(sa.select(Lot)).one()
    return lot, list(session.scalars(sa.select(LotLine).where(LotLine.lot_id == lot.id).order_by(LotLine.position)))


@pytest.fixture
def sent(visitor: Visitor, token: str) -> Page:
    """The giver's page after a gift of two typed lines."""
    lines = {"lines-0-form": "laptop", "lines-0-quantity": "3", "lines-1-form": "monitor", "lines-1-maker": "Dell"}
    visitor.post(f"/give/{token}/what", {**lines, "do": "next"})
    visitor.post(f"/give/{token}/care", CARE)
    visitor.post(f"/give/{token}/where", WHERE)
    return visitor.post(f"/give/{token}/check", {"conditions": "y", "signatory_name": "Camille Exemple"})


def test_the_walk_from_start_to_reference(visitor: Visitor, session: Session) -> None:
    page = visitor.get("/give")
    assert page.select_one('a[href="/give/who"]')
    visitor.get("/give/who")
    page = visitor.submit(**WHO)
    token = token_of(page)
    typed: dict[str, Any] = {"lines-0-form": "laptop", "lines-0-serial": "5CG123ABC", "lines-0-maker": "HP"}
    page = visitor.submit(button="next", **typed)
    assert page.response.request.path.endswith("/care")
    page = visitor.submit(**CARE)
    assert page.response.request.path.endswith("/where")
    page = visitor.submit(**WHERE)
    assert page.response.request.path.endswith("/check")
    assert "5CG123ABC" in page.words()
    page = visitor.submit(conditions="y")
    lot, (line,) = the_lot(session)
    assert page.response.request.path.startswith("/gift/")
    assert (lot.siret, lot.origin, lot.regime) == (WHO["siret"], Origin.PRIVATE, Regime.GIFT)
    assert [contact["email"] for contact in lot.contacts] == [WHO["first_email"], WHO["second_email"]]
    assert (lot.disk_wish, line.form, line.serial, line.state) == (
        DiskWish.WIPE, Form.LAPTOP, "5CG123ABC", LineState.DECLARED,
    )  # fmt: skip
    assert lot.locks is not None
    assert "BIOS" in lot.locks
    page = visitor.get(f"/give/{token}/what")
    assert "déjà envoyé" in page.words()


def test_the_reference_and_the_link_are_mailed_to_both_contacts(sent: Page, session: Session) -> None:
    received = [mail for mail in mails(session) if mail["template"] == "gift_received"]
    assert [mail["to"] for mail in received] == [WHO["first_email"], WHO["second_email"]]
    assert sent.response.request.path in received[0]["context"]["link"]
    lot, _lines = the_lot(session)
    assert received[0]["context"]["code"].replace(" ", "") == lot.code


def test_a_draft_is_found_again_by_its_link_for_thirty_days(
    visitor: Visitor, session: Session, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.post(f"/give/{token}/what", {"lines-0-form": "laptop", "lines-0-model": "X1", "do": "next"})
    draft = session.scalars(sa.select(DonationDraft)).one()
    assert (draft.expires_at - draft.changed_at).days == 30
    (mail,) = mails(session)
    assert (mail["to"], mail["template"]) == (WHO["first_email"], "gift_draft")
    assert token in mail["context"]["link"]
    assert token not in (draft.token_hash, str(draft.data))
    page = visitor.get(f"/give/{token}/what")
    assert page.one('input[name="lines-0-model"]')["value"] == "X1"
    draft.expires_at = draft.created_at
    session.flush()
    visitor.get(f"/give/{token}/what", status=404)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"siret": "12345678901234"}, "mal recopié"),
        ({"siret": "123"}, "14 chiffres"),
        ({"siret": ""}, "Donnez le SIRET"),
        ({"name": ""}, "Donnez le nom de l'organisation"),
        ({"legal_type": ""}, "Dites qui donne"),
        ({"first_email": "camille"}, "nom@domaine.fr"),
        ({"first_name": ""}, "à joindre"),
        ({"first_name": "x" * 300}, "120 caractères"),
    ],
)
def test_a_refused_first_step_keeps_what_was_typed(visitor: Visitor, changed: dict[str, str], said: str) -> None:
    page = visitor.post("/give/who", {**WHO, **changed}, status=422)
    assert said in page.words()
    kept = visitor.fields(page.one("main form"))
    assert {name: kept.get(name, "") for name in WHO} == {**WHO, **changed}


@pytest.mark.parametrize("kind", ["private_person", "association"])
def test_some_givers_have_no_siret(visitor: Visitor, kind: str) -> None:
    visitor.post("/give/who", {**WHO, "legal_type": kind, "siret": ""})


def test_a_script_in_a_name_is_shown_as_text(visitor: Visitor, token: str) -> None:
    visitor.post(f"/give/{token}/who", {**WHO, "name": "<script>alert(1)</script>"})
    visitor.post(f"/give/{token}/what", {"lines-0-form": "laptop", "lines-0-model": "=cmd()", "do": "next"})
    visitor.post(f"/give/{token}/care", CARE)
    page = visitor.post(f"/give/{token}/where", WHERE)
    assert not page.select("main script")
    assert "<script>alert(1)</script>" in page.words()
    page = visitor.post(f"/give/{token}/check", {"conditions": "y"})
    follow = page.response.request.path
    table = visitor.client.get(f"{follow}.csv").get_data(as_text=True)
    assert "'=cmd()" in table


def test_typed_lines_are_asked_for_their_type_and_kept(visitor: Visitor, token: str) -> None:
    page = visitor.post(
        f"/give/{token}/what", {"lines-0-model": "Latitude", "lines-1-form": "laptop", "do": "next"}, status=422
    )
    assert "Choisissez le type" in page.one("#lines-0-form-error").get_text()
    said = [" ".join(item.get_text().split()) for item in page.select(".notice-refused li")]
    assert said == ["Ligne 1 – Type : Choisissez le type de cette ligne."]
    assert page.one('input[name="lines-0-model"]')["value"] == "Latitude"
    page = visitor.post(
        f"/give/{token}/what", {"lines-0-form": "laptop", "lines-0-quantity": "-1", "do": "next"}, status=422
    )
    assert page.one('input[name="lines-0-quantity"]')["value"] == "-1"
    page = visitor.post(f"/give/{token}/what", {"do": "next"}, status=422)
    assert "au moins une machine" in page.words()


def test_more_lines_come_without_javascript(visitor: Visitor, token: str) -> None:
    page = visitor.post(f"/give/{token}/what", {"lines-0-form": "laptop", "lines-0-model": "X1", "do": "more"})
    assert len(page.select('select[name$="-form"]')) > 3
    assert page.one('input[name="lines-0-model"]')["value"] == "X1"


def test_a_file_is_previewed_line_by_line(visitor: Visitor, session: Session, token: str) -> None:
    page = visitor.post(f"/give/{token}/file", upload(LIST))
    assert page.response.request.path.endswith("/preview")
    said = page.words()
    assert "Utilisateur" in said
    assert "Durand" not in said
    assert "déjà sur une autre ligne" in said
    assert "imprimantes" in said
    assert [row.th.get_text() for row in page.select("main tbody tr") if row.th] == ["2", "3", "4", "5"]
    ticks = {str(tag["value"]): tag.has_attr("checked") for tag in page.select('input[name="given"]')}
    assert ticks == {"0": True, "1": False, "3": True}
    draft = session.scalars(sa.select(DonationDraft)).one()
    assert draft.file_sha256 is not None
    from refurb import blobs

    kept = blobs.get(session, draft.file_sha256).decode()
    assert "Durand" not in kept + str(draft.data)
    assert "5CG123ABC" in kept


def test_ticks_decide_and_the_gift_has_the_lines_kept(visitor: Visitor, session: Session, token: str) -> None:
    visitor.post(f"/give/{token}/what", {"lines-0-form": "tablet", "lines-0-quantity": "2", "do": "file"})
    visitor.post(f"/give/{token}/file", upload(LIST))
    shown = ["0", "1", "2", "3"]
    page = visitor.post(f"/give/{token}/preview", {"shown": shown, "given": ["0", "1", "2"], "go": "²"})
    assert page.response.request.path.endswith("/care")
    visitor.post(f"/give/{token}/care", CARE)
    visitor.post(f"/give/{token}/where", WHERE)
    visitor.post(f"/give/{token}/check", {"conditions": "y"})
    _lot, lines = the_lot(session)
    # The duplicate may be ticked back, the printer may not, the last one was unticked.
    assert [(line.inventory_number, line.quantity) for line in lines] == [(None, 2), ("INV-1", 1), ("INV-2", 1)]
    assert lines[1].details["number"] == 2


def test_a_workbook_with_a_hidden_sheet_says_so(visitor: Visitor, token: str) -> None:
    import openpyxl

    book = openpyxl.load_workbook(
        io.BytesIO(workbook(["Type", "Série"], ["Portable", "ABC1234"], Cache=[["Type"], ["UC"]]))
    )
    book["Cache"].sheet_state = "hidden"
    stream = io.BytesIO()
    book.save(stream)
    page = visitor.post(f"/give/{token}/file", upload(stream.getvalue(), "parc.xlsx"))
    assert "masquée" in page.words()


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "vide.xlsx", "vide"),
        (b"%PDF-1.7", "liste.xlsx", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "liste.csv", "image"),
        (b"Bonjour,\nvoici\n", "lettre.csv", "Aucune machine"),
        (b"a\n" * 245_000, "grand.csv", "lignes"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le") * 40,
            "secret.xlsx",
            "mot de passe",
        ),
    ],
)
def test_a_bad_file_gets_a_sentence_and_nothing_typed_is_lost(
    visitor: Visitor, session: Session, token: str, content: bytes, name: str, said: str
) -> None:
    visitor.post(f"/give/{token}/what", {"lines-0-form": "laptop", "lines-0-model": "Gardé", "do": "file"})
    page = visitor.post(f"/give/{token}/file", upload(content, name), status=422)
    assert said in page.one(".error").get_text()
    assert visitor.get(f"/give/{token}/what").one('input[name="lines-0-model"]')["value"] == "Gardé"
    assert session.scalars(sa.select(DonationDraft)).one().file_sha256 is None


def test_a_file_of_fifty_megabytes_is_refused_with_a_sentence(visitor: Visitor, token: str) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n' + b"x" * 50_000_000
    answer = visitor.client.post(
        f"/give/{token}/file",
        input_stream=io.BytesIO(body),
        content_length=len(body),
        content_type="multipart/form-data; boundary=x",
    )
    assert answer.status_code == 422
    assert "20 Mo" in answer.get_data(as_text=True)


def test_no_file_at_all_is_said(visitor: Visitor, token: str) -> None:
    assert "Choisissez d'abord" in visitor.post(f"/give/{token}/file", {}, status=422).one(".error").get_text()


def test_a_file_may_be_replaced_or_taken_out(visitor: Visitor, session: Session, token: str) -> None:
    from refurb.blobs import Blob

    visitor.post(f"/give/{token}/file", upload(LIST))
    visitor.post(f"/give/{token}/file", upload("Type;Série\nPortable;ZZZ9999\n"))
    assert session.scalar(sa.select(sa.func.count()).select_from(Blob)) == 1
    visitor.post(f"/give/{token}/preview", {"do": "forget"})
    assert session.scalar(sa.select(sa.func.count()).select_from(Blob)) == 0


def test_what_is_known_already_is_shown(visitor: Visitor, session: Session, sent: Page) -> None:
    _lot, lines = the_lot(session)
    lines[0].serial, lines[0].serial_key = "5CG123ABC", "5CG123ABC"
    session.flush()
    token = token_of(visitor.post("/give/who", WHO))
    page = visitor.post(f"/give/{token}/file", upload("Type;Série\nPortable;5CGI23ABC\nPortable;5CG123ABC\n"))
    assert "déjà connue" in page.words()
    assert "presque identique" in page.words()


def test_steps_cannot_be_jumped(visitor: Visitor, token: str) -> None:
    assert visitor.get(f"/give/{token}/check").response.request.path.endswith("/what")
    visitor.get("/give/not-a-token-at-all-xxxx/what", status=404)


def test_the_conditions_must_be_accepted(visitor: Visitor, session: Session, token: str) -> None:
    visitor.post(f"/give/{token}/what", {"lines-0-form": "laptop", "do": "next"})
    visitor.post(f"/give/{token}/care", CARE)
    visitor.post(f"/give/{token}/where", WHERE)
    page = visitor.post(f"/give/{token}/check", {"signatory_name": "Camille"}, status=422)
    assert "conditions" in page.one(".notice-refused").get_text()
    assert page.one('input[name="signatory_name"]')["value"] == "Camille"
    assert session.scalars(sa.select(Lot)).all() == []


def test_a_public_body_gives_under_its_own_regime(visitor: Visitor, session: Session) -> None:
    token = token_of(visitor.post("/give/who", {**WHO, "legal_type": "local_authority", "patronage": "y"}))
    visitor.post(f"/give/{token}/what", {"lines-0-form": "laptop", "do": "next"})
    visitor.post(f"/give/{token}/care", {**CARE, "disk_wish": "destroy"})
    visitor.post(f"/give/{token}/where", WHERE)
    visitor.post(f"/give/{token}/check", {"conditions": "y"})
    lot, _lines = the_lot(session)
    assert (lot.origin, lot.regime, lot.disk_wish) == (Origin.PUBLIC, Regime.PUBLIC_ASSOCIATION, DiskWish.DESTROY)


def test_drafts_are_throttled(visitor: Visitor) -> None:
    for _ in range(30):
        visitor.post("/give/who", WHO, follow=False, status=303)
    assert "Attendez" in visitor.post("/give/who", WHO, status=429).words()


def test_a_sent_form_left_open_sends_nothing_twice(visitor: Visitor, session: Session, sent: Page, token: str) -> None:
    page = visitor.post(f"/give/{token}/check", {"conditions": "y"})
    assert "déjà envoyé" in page.words()
    assert len(session.scalars(sa.select(Lot)).all()) == 1
