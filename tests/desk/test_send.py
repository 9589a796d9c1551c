"""The desk's JSON: what the page's script sends, once or again."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from refurb.core.permissions import OrganisationRole, Role
from refurb.core.scanning import COMMANDS
from refurb.desk.models import Scan, ScanPile

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.organisations.models import Organisation
    from tests.factories import MakeAccount, MakeDevice, MakeOrganisation
    from tests.visitor import Visitor


@pytest.fixture
def workshop(make_organisation: MakeOrganisation) -> Organisation:
    return make_organisation(OrganisationRole.REFURBISHER)


@pytest.fixture
def technician(visitor: Visitor, workshop: Organisation, make_account: MakeAccount) -> Visitor:
    return visitor.sign_in(make_account({workshop: [Role.TECHNICIAN]}), workshop)


def send(visitor: Visitor, text: Any, *, status: int = 200, token: str | None = None, **more: Any) -> dict[str, Any]:
    body = {"text": text, "client_uuid": str(uuid.uuid4())} | more
    headers = {"X-CSRFToken": visitor.csrf() if token is None else token}
    answer = visitor.client.post("/scan/send", json=body, headers=headers)
    assert answer.status_code == status, answer.get_data(as_text=True)[:500]
    return answer.get_json() or {} if answer.is_json else {}


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
    assert first["rows"] == second["rows"]
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


@pytest.mark.parametrize("body", [None, [], {}, {"text": 3}, {"text": None}])
def test_what_is_no_scan_is_refused(technician: Visitor, body: Any) -> None:
    answer = technician.client.post("/scan/send", json=body, headers={"X-CSRFToken": technician.csrf()})
    assert (answer.status_code, answer.get_json()) == (422, {"code": "not-a-scan"})


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
