"""The desk's JSON: what the page's script sends, once or again."""

from __future__ import annotations

import json
import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from refurb.core.permissions import OrganisationRole, Role
from refurb.core.scanning import COMMANDS
from refurb.desk import queries
from refurb.desk.models import Scan, ScanPile
from refurb.organisations.models import PlaceKind
from tests.desk.visiting import send

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.organisations.models import Organisation
    from tests.factories import MakeAccount, MakeDevice, MakeOrganisation, MakePlace
    from tests.visitor import Visitor

HOUR = timedelta(hours=1)


def rows(answer: dict[str, Any]) -> list[str]:
    """Return the lines of an answer without their form tokens, which carry the second they were signed in."""
    return [re.sub(r'name="csrf_token" value="[^"]*"', "", row) for row in answer["rows"]]


def test_an_answer_says_what_to_show_and_to_play(
    technician: Visitor, workshop: Organisation, make_device: MakeDevice
) -> None:
    device = make_device(holder=workshop)
    answer = send(technician, device.code)
    assert (answer["answer"], answer["sound"]) == ("done", "done")
    assert "À faire" in answer["last"]
    assert len(answer["rows"]) == 1
    assert answer["setting"] is None, "nothing was set"
    assert "Chaque machine" in send(technician, COMMANDS["open"].code)["setting"]
    assert send(technician, "INCONNU99")["sound"] == "unknown"
    assert send(technician, "R4900001209")["sound"] == "refused"


def test_a_scan_sent_again_is_one(
    technician: Visitor, workshop: Organisation, make_device: MakeDevice, session: Session
) -> None:
    """The answer was lost on the way, the browser sends the same scan: one deed, one line, the same answer."""
    device = make_device(holder=workshop)
    send(technician, COMMANDS["inventory"].code)
    again = str(uuid.uuid4())
    first = send(technician, device.code, client_uuid=again)
    second = send(technician, device.code, client_uuid=again)
    assert first["answer"] == second["answer"] == "done"
    assert rows(first) == rows(second)
    assert session.scalar(sa.select(sa.func.count()).select_from(Scan).where(Scan.device_id == device.id)) == 1
    assert send(technician, device.code)["answer"] == "already"


def test_two_glued_codes_sent_again_are_still_two(
    technician: Visitor, workshop: Organisation, make_device: MakeDevice, session: Session
) -> None:
    codes = "".join(make_device(holder=workshop).code for _ in range(2))
    again = str(uuid.uuid4())
    for _ in range(2):
        assert len(send(technician, codes, client_uuid=again)["rows"]) == 2
    assert session.scalar(sa.select(sa.func.count()).select_from(Scan)) == 2


def test_the_browsers_clock_is_kept_when_it_is_one(
    technician: Visitor, workshop: Organisation, make_device: MakeDevice, session: Session
) -> None:
    send(technician, make_device(holder=workshop).code, client_at="2026-11-17T10:59:58.120Z")
    send(technician, "AUTRE999", client_at="hier")
    kept = session.scalars(sa.select(Scan.client_at).order_by(Scan.id)).all()
    assert kept[0] is not None
    assert kept[0].isoformat() == "2026-11-17T10:59:58.120000+00:00"
    assert kept[1] is None


def test_a_station_with_a_wrong_clock_is_told_and_its_hours_are_mended(
    technician: Visitor, workshop: Organisation, make_device: MakeDevice, session: Session
) -> None:
    clock = datetime(1980, 1, 1, tzinfo=UTC)
    note = technician.client.get("/scan/token").get_json()["note"]
    told = send(
        technician,
        make_device(holder=workshop).code,
        operator=note,
        client_at=(clock - timedelta(milliseconds=400)).isoformat(),
        sent_at=clock.isoformat(),
    )
    assert told["clock"] is True
    kept = session.scalars(sa.select(Scan.client_at)).one()
    assert kept is not None
    assert datetime.now(UTC) - kept < timedelta(minutes=1)
    now = datetime.now(UTC).isoformat()
    assert send(technician, "X9", operator=note, client_at=now, sent_at=now)["clock"] is False


@pytest.mark.parametrize(("ahead", "answer"), [("inventory", "already"), ("lose", "refused")])
def test_a_late_scan_that_changes_nothing_shows_both_truths_too(
    technician: Visitor,
    workshop: Organisation,
    make_device: MakeDevice,
    session: Session,
    ahead: str,
    answer: str,
) -> None:
    """Somebody did the same meanwhile, or reported the machine missing."""
    from refurb.devices import services as devices
    from refurb.security import Actor

    device = make_device(holder=workshop)
    scanned_at = datetime.now(UTC) - HOUR
    send(technician, COMMANDS["inventory"].code)
    action = COMMANDS[ahead].action
    assert action is not None
    devices.move(session, device, action, by=Actor.system(), at=datetime.now(UTC) - HOUR / 2)
    session.commit()
    told = send(technician, device.code, client_at=scanned_at.isoformat())
    assert (told["answer"], told["conflict"]) == (answer, True)
    assert "sans réseau" in told["last"]
    assert "data-conflict" in told["rows"][0]
    assert "sans réseau" in technician.get("/scan").one("#desk-rows [data-conflict]").text


@pytest.mark.parametrize("odd", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", 12, None, "nan"])
def test_an_impossible_hour_stops_no_queue(technician: Visitor, odd: Any) -> None:
    assert send(technician, "X9", client_at=odd, sent_at=odd)["answer"] == "unknown"
    assert send(technician, "X8", client_at=odd)["answer"] == "unknown"


def test_the_same_scan_twice_at_once_is_one(
    technician: Visitor,
    workshop: Organisation,
    make_device: MakeDevice,
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two pages send one queue: both asked whether the scan was known before either had written it."""
    send(technician, COMMANDS["inventory"].code)
    one, is_new = str(uuid.uuid4()), queries.is_new
    code = make_device(holder=workshop).code
    first = send(technician, code, client_uuid=one)
    session.commit()
    blind = iter([True])

    def too_early(session: Session, client_uuid: str) -> bool:
        return next(blind, False) or is_new(session, client_uuid)

    monkeypatch.setattr(queries, "is_new", too_early)
    second = send(technician, code, client_uuid=one)
    assert next(blind, None) is None, "it was asked"
    assert rows(second) == rows(first)
    assert session.scalar(sa.select(sa.func.count()).select_from(Scan).where(Scan.client_uuid == one)) == 1


def test_a_note_of_ones_other_organisation_holds_and_a_strangers_does_not(
    visitor: Visitor, workshop: Organisation, make_account: MakeAccount, make_organisation: MakeOrganisation
) -> None:
    """Scanned for one organisation without network, sent when one acts for another, or when another signs in."""
    other = make_organisation(OrganisationRole.REFURBISHER)
    account = make_account({workshop: [Role.TECHNICIAN], other: [Role.TECHNICIAN]})
    visitor.sign_in(account, workshop)
    note = visitor.client.get("/scan/token").get_json()["note"]
    visitor.sign_in(account, other)
    assert send(visitor, "X9", operator=note)["answer"] == "unknown"
    visitor.sign_in(make_account({other: [Role.TECHNICIAN]}), other)
    assert send(visitor, "X9", operator=note, status=409) == {"code": "operator-unknown"}


def test_the_kept_page_shows_what_is_set_and_nothing_that_was_scanned(
    technician: Visitor, workshop: Organisation, make_device: MakeDevice
) -> None:
    device = make_device(holder=workshop)
    send(technician, COMMANDS["inventory"].code)
    send(technician, device.code)
    page = technician.get("/scan/offline")
    assert page.one("#desk-command option[selected]")["value"] == "inventory"
    assert page.select("#desk-rows li") == []
    assert device.code[1:5] not in page.one("#desk-last").text
    assert page.one("#desk-counts").text.startswith("0 fait")


def test_the_kept_page_is_of_one_release_with_its_files(technician: Visitor) -> None:
    worker = technician.client.get("/sw.js")
    assert worker.headers["Cache-Control"] == "no-cache"
    release = technician.client.get("/scan/offline").headers["Refurb-Release"]
    assert f'"version": "{release}"' in worker.get_data(as_text=True)
    assert "Refurb-Release" not in technician.client.get("/scan").headers


def test_the_page_knows_whose_the_scans_are(technician: Visitor, workshop: Organisation) -> None:
    page = technician.get("/scan")
    desk, told = page.one(".desk"), technician.client.get("/scan/token").get_json()
    assert (desk["data-account"], desk["data-organisation"]) == (str(told["account"]), str(workshop.id))
    assert told["organisation"] == workshop.id
    for form in page.select("form[data-module=sign-out]"):
        assert (form["data-account"], form["data-organisation"]) == (desk["data-account"], desk["data-organisation"])
        assert "{n}" in str(form["data-many"])
    assert page.one("body")["data-who"] == f"{told['account']} {told['organisation']}"


def test_an_answer_says_whose_pile_it_is_of(
    technician: Visitor, workshop: Organisation, make_account: MakeAccount, session: Session
) -> None:
    """What a colleague scanned here leaves by my page, and is none of what it shows."""
    own = technician.client.get("/scan/token").get_json()
    told = send(technician, "X9", operator=own["note"])["of"]
    assert (told["account"], told["organisation"]) == (own["operator"], workshop.id)
    technician.sign_in(make_account({workshop: [Role.TECHNICIAN]}, name="Sacha"), workshop)
    mine = technician.client.get("/scan/token").get_json()
    assert mine["operator"] != own["operator"]
    theirs = send(technician, "X8", operator=own["note"])["of"]
    assert theirs == told
    after = send(technician, "X7", operator=mine["note"])["of"]
    assert (after["account"], after["name"]) == (mine["operator"], "Sacha")
    assert after["pile"] != told["pile"]
    page = technician.get("/scan").one(".desk")
    assert (page["data-operator-id"], page["data-pile"]) == (str(after["account"]), str(after["pile"]))


def test_the_page_knows_the_places_that_its_cards_name(
    technician: Visitor, workshop: Organisation, make_place: MakePlace
) -> None:
    place = make_place(workshop, PlaceKind.SHELF, name="Étagère B1")
    assert json.loads(str(technician.get("/scan/offline").one(".desk")["data-places"])) == {place.code: "Étagère B1"}


@pytest.mark.parametrize(("text", "offered"), [("ZZ9PLURAL", True), (".", False), ("ABC", False)])
def test_a_machine_is_made_of_a_serial_and_not_of_a_dot(
    visitor: Visitor, workshop: Organisation, make_account: MakeAccount, text: str, offered: bool
) -> None:
    visitor.sign_in(make_account({workshop: [Role.CONTROLLER]}), workshop)
    last = send(visitor, text)["last"]
    assert ("Créer la machine" in last) == offered
    assert offered or "Chercher parmi" in last or 'data-answer="refused"' in last


def test_a_scan_is_read_by_what_the_gun_added_when_it_was_made(
    technician: Visitor, workshop: Organisation, make_device: MakeDevice, session: Session
) -> None:
    code = make_device(holder=workshop).code
    technician.get("/scan/gun")
    technician.submit(".desk-affixes", prefix="S7", suffix="#")
    for prefix, suffix, more in (
        ("*/", "!", {"prefix": "*/", "suffix": "!"}),
        ("", "", {"prefix": "", "suffix": ""}),
        # A page of before says nothing of it, nor does what is no text: then it is the station's.
        ("S7", "#", {}),
        ("S7", "#", {"prefix": ["S7"], "suffix": None}),
        ("S7", "#", {"prefix": "S7"}),
    ):
        text = f"{prefix}{code}{suffix}"
        assert send(technician, text, **more)["answer"] == "done", more
    assert send(technician, f"{'x' * 13}{code}", prefix="x" * 13, suffix="")["answer"] == "refused", "no gun adds more"
    assert session.scalars(sa.select(Scan.text).order_by(Scan.id)).all()[0] == f"*/{code}!", "as it came"


@pytest.mark.parametrize("body", [None, [], {}, {"text": 3}, {"text": None}])
def test_what_is_no_scan_is_refused(technician: Visitor, body: Any) -> None:
    answer = technician.client.post("/scan/send", json=body, headers={"X-CSRFToken": technician.csrf()})
    assert (answer.status_code, answer.get_json()) == (422, {"code": "not-a-scan"})


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '{"text":' * 100_000, "[" * 100_000 + "]" * 100_000])
def test_what_is_no_json_is_no_scan(technician: Visitor, text: str) -> None:
    headers = {"X-CSRFToken": technician.csrf(), "Content-Type": "application/json"}
    answer = technician.client.post("/scan/send", data=text, headers=headers)
    assert (answer.status_code, answer.get_json()) == (422, {"code": "not-a-scan"})


def test_odd_values_beside_a_text_are_not_taken(technician: Visitor, session: Session) -> None:
    deep: Any = "2026-11-17T10:59:58Z"
    for _ in range(300):
        deep = [deep]
    body = {"text": "X99", "client_uuid": deep, "client_at": deep, "sent_at": deep, "operator": deep}
    answer = technician.client.post("/scan/send", json=body, headers={"X-CSRFToken": technician.csrf()})
    assert answer.status_code == 200
    assert session.scalars(sa.select(Scan.client_at)).all() == [None]


def test_a_scan_needs_a_session_and_a_token(technician: Visitor, visitor: Visitor) -> None:
    send(technician, "X1", token="", status=400)
    technician.client.delete_cookie("refurb_session")
    send(technician, "X1", status=401)


def test_long_or_odd_texts_are_answered(technician: Visitor, session: Session) -> None:
    for text in ("9" * 5_000, "\x00\x1d", "\ud800A9", "   ", "'; drop table device; --", "<script>alert(1)</script>"):
        answer = send(technician, text)
        assert answer["answer"] in ("refused", "unknown")
        assert "<script>" not in answer["last"]
    assert session.scalar(sa.select(sa.func.max(sa.func.length(Scan.text)))) <= 400


def test_one_person_has_one_open_pile(technician: Visitor, session: Session) -> None:
    for _ in range(3):
        send(technician, "X99")
    assert session.scalar(sa.select(sa.func.count()).select_from(ScanPile)) == 1


def test_a_scan_takes_few_statements_however_long_the_pile(
    technician: Visitor, workshop: Organisation, make_device: MakeDevice, session: Session
) -> None:
    from refurb.db import db

    statements: list[str] = []

    def count(_c: Any, _u: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    def measured(text: str) -> int:
        statements.clear()
        send(technician, text)
        return len([s for s in statements if not s.startswith(("SAVEPOINT", "RELEASE", "PRAGMA"))])

    send(technician, COMMANDS["inventory"].code)
    devices = [make_device(holder=workshop) for _ in range(25)]
    session.commit()
    sa.event.listen(db.engine, "before_cursor_execute", count)
    try:
        first = measured(devices[0].code)
        for device in devices[1:-1]:
            send(technician, device.code)
        last = measured(devices[-1].code)
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", count)
    assert last == first
    assert last <= 40


def test_a_list_of_what_stands_is_drawn_while_it_changes(technician: Visitor) -> None:
    """The latest are listed, and all are counted: what changes nothing of it draws nothing again."""
    misread = "R4900001209"
    for number in range(1, 15):
        assert f"{number} scan" in send(technician, misread)["standing"]
    assert send(technician, COMMANDS["inventory"].code)["standing"] is None
    assert "14 scans à régler" in technician.get("/scan").one(".desk-standing").text
