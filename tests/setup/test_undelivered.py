"""Mail that did not leave: the page that lists it, with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from refurb.core.permissions import OrganisationRole, Role

if TYPE_CHECKING:
    from refurb.db import Session
    from tests.factories import MakeAccount, MakeOrganisation
    from tests.mail_server import Inbox
    from tests.visitor import Visitor


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
    administrator: Visitor, inbox: Inbox, session: Session
) -> None:
    from refurb import outbox
    from refurb.outbox import OutboxRow

    inbox.refused_at = {
        "gone@example.org": "550 5.1.1 <gone@example.org> no such user",
        "late@example.org": "451 4.3.0 try again later",
    }
    for name in ("ada", "gone", "late"):
        send(session, f"{name}@example.org")
    assert outbox.drain(session) == 1
    assert inbox.recipients == ["ada@example.org"]
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
    del inbox.refused_at["gone@example.org"]
    administrator.submit("tbody tr:first-child form[action$='/retry']")
    assert outbox.drain(session) == 1
    assert inbox.recipients == ["ada@example.org", "gone@example.org"]
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


def test_a_message_that_left_is_not_sent_again(administrator: Visitor, inbox: Inbox, session: Session) -> None:
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
