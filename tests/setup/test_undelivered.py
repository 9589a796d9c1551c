"""Mail that did not leave: the page that lists it, with its reason."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

from refurb.config import MailSettings
from refurb.core.permissions import OrganisationRole, Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

    from refurb.db import Session
    from tests.conftest import Clock
    from tests.factories import MakeAccount, MakeOrganisation
    from tests.visitor import Visitor


class Choosy:
    """A mail server that knows everybody at example.org but nobody called Gone, and is late for Late."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.knows_gone = False

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if address.startswith("gone@") and not self.knows_gone:
            return f"550 5.1.1 <{address}> no such user"
        if address.startswith("late@"):
            return "451 4.3.0 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.taken += envelope.rcpt_tos
        return "250 taken"


@pytest.fixture
def inbox(app: Flask, session: Session, clock: Clock) -> Iterator[Choosy]:
    from aiosmtpd.controller import Controller

    from refurb.security import Actor
    from refurb.setup.services import set_mail

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    made = Choosy()
    controller = Controller(made, hostname="127.0.0.1", port=port)
    controller.start()
    server = MailSettings(host="127.0.0.1", port=port, security="none", sender="refurb@example.org")
    set_mail(session, server, by=Actor.system(), at=clock())
    session.flush()
    yield made
    controller.stop()


@pytest.fixture
def administrator(visitor: Visitor, make_organisation: MakeOrganisation, make_account: MakeAccount) -> Visitor:
    body = make_organisation(OrganisationRole.COORDINATION)
    return visitor.sign_in(make_account({body: [Role.ADMINISTRATOR]}))


def send(session: Session, to: str) -> None:
    from refurb import outbox

    payload = {"to": to, "subject": f"Pour {to.partition('@')[0]}", "template": "test", "context": {"link": "secret"}}
    outbox.enqueue(session, "mail.send", payload)
    session.commit()


def test_what_the_server_refused_for_good_waits_for_a_person(
    administrator: Visitor, inbox: Choosy, session: Session
) -> None:
    from refurb import outbox
    from refurb.outbox import OutboxRow

    for name in ("ada", "gone", "late"):
        send(session, f"{name}@example.org")
    assert outbox.drain(session) == 1
    assert inbox.taken == ["ada@example.org"]
    page = administrator.get("/settings")
    assert "1 message n'est pas parti" in page.words().replace("\u2019", "'").replace("\u00a0", " ")
    page = administrator.get("/settings/mail/undelivered")
    rows = [row.get_text(" ", strip=True).replace("\u2019", "'") for row in page.select("tbody tr")]
    assert len(rows) == 2
    gone, late = rows
    assert "abandonné" in gone
    assert "refuse cette adresse" in gone
    assert "550 5.1.1" in gone
    assert "réessayé" in late
    # The address is cut, in the server's own words too, and no link of a message is shown.
    assert "g•••@example.org" in gone
    assert "gone@" not in page.words()
    assert "secret" not in page.words()
    # Once put right at the server, it leaves.
    inbox.knows_gone = True
    administrator.submit("tbody tr:first-child form[action$='/retry']")
    assert outbox.drain(session) == 1
    assert inbox.taken == ["ada@example.org", "gone@example.org"]
    page = administrator.get("/settings/mail/undelivered")
    assert len(page.select("tbody tr")) == 1
    administrator.submit("tbody form[action$='/drop']")
    assert "Tout est parti" in administrator.get("/settings/mail/undelivered").words()
    assert {row.payload["to"] for row in session.query(OutboxRow)} == {"ada@example.org", "gone@example.org"}


def test_it_is_for_administrators(
    visitor: Visitor, make_organisation: MakeOrganisation, make_account: MakeAccount
) -> None:
    body = make_organisation(OrganisationRole.COORDINATION)
    visitor.sign_in(make_account({body: [Role.COORDINATOR]}))
    visitor.get("/settings/mail/undelivered", status=403)
    visitor.post("/settings/mail/undelivered/1/retry", status=403)


def test_a_message_that_left_is_not_sent_again(administrator: Visitor, inbox: Choosy, session: Session) -> None:
    from refurb import outbox
    from refurb.outbox import OutboxRow

    send(session, "ada@example.org")
    outbox.drain(session)
    row = session.query(OutboxRow).one()
    administrator.post(f"/settings/mail/undelivered/{row.id}/retry", status=404)
    administrator.post(f"/settings/mail/undelivered/{row.id}/drop", status=404)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("550 <nadia.neuve@ccas-vallee.example> unknown", "550 <n•••@ccas-vallee.example> unknown"),
        ("a@b.fr, cd@e.f.fr", "a•••@b.fr, c•••@e.f.fr"),
        ("nobody here", "nobody here"),
    ],
)
def test_addresses_are_cut(text: str, masked: str) -> None:
    from refurb.setup.undelivered import masked as cut

    assert cut(text) == masked
