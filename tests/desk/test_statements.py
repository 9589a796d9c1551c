"""What a scan asks of the database: few statements, as many with ten things in the pile as with one."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from refurb.core.scanning import COMMANDS
from refurb.organisations.models import PlaceKind

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.organisations.models import Organisation
    from tests.factories import MakeDevice, MakePlace
    from tests.visitor import Visitor

#: What begins and ends a transaction, and the lock of a chain, which only PostgreSQL takes.
APART = ("SAVEPOINT", "RELEASE", "BEGIN", "PRAGMA", "SELECT pg_advisory")
#: The sign-in, the pile with whether the scan came before; at the end its line in the ledger and the pile's counts.
EACH = 4
#: What each kind of scan adds. Its own are told: a statement more is half a millisecond that everybody waits for.
KINDS = {
    # the machine, and all that is known of it
    "opens": EACH + 2,
    # the machine by its serial, and what is known
    "serial": EACH + 2,
    # the machine locked, the end of its chain, its place, its event
    "placed": EACH + 4,
    "already": EACH + 1,
    # the machine locked, what is known, the end of its chain, its status, its event
    "moved": EACH + 5,
    # the machine locked, what is known, and what is left to settle in the pile
    "refused": EACH + 3,
    # who answers to the text, what is left to settle, all that is unknown, and whether that came in since
    "unknown": EACH + 4,
    # what the pile does from now on
    "card": EACH + 1,
}


@pytest.fixture
def sent(session: Session) -> Iterator[list[str]]:
    """What is sent to the database while the test runs."""
    from refurb.db import db

    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(APART):
            found.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    yield found
    sa.event.remove(db.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("kind", KINDS)
def test_a_scan_asks_as_much_with_ten_in_the_pile_as_with_one(
    technician: Visitor,
    workshop: Organisation,
    make_device: MakeDevice,
    make_place: MakePlace,
    session: Session,
    sent: list[str],
    kind: str,
) -> None:
    shelf = make_place(workshop, PlaceKind.SHELF, name="A1")
    devices = [
        make_device(holder=workshop, serial=f"PF0X{n:04d}M", place_id=shelf.id if kind == "already" else None)
        for n in range(12)
    ]
    session.commit()
    cards = {"placed": shelf.code, "already": shelf.code, "moved": COMMANDS["inventory"].code,
             "refused": COMMANDS["install"].code}  # fmt: skip
    switches = [COMMANDS["inventory"].code, COMMANDS["triage:repair"].code] * 6
    others: dict[str, list[str | None]] = {
        "serial": [device.serial for device in devices],
        "unknown": [f"INCONNU{n:04d}Z" for n in range(12)],
        "card": [*switches],
    }
    texts: list[str | None] = others.get(kind, [device.code for device in devices])

    def scan(text: str | None) -> str:
        body = {"text": text, "client_uuid": str(uuid.uuid4())}
        answer = technician.client.post("/scan/send", json=body, headers={"X-CSRFToken": token})
        assert answer.status_code == 200
        return str(answer.get_json()["answer"])

    token = technician.csrf()
    scan(cards.get(kind, COMMANDS["open"].code))
    asked = []
    for text in texts:
        sent.clear()
        answer = scan(text)
        asked.append(len(sent))
    wanted = {"already": "already", "refused": "refused", "unknown": "unknown"}.get(kind, "done")
    assert answer == wanted
    assert asked == [KINDS[kind]] * 12, "\n".join(sent)
