from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from flask import Flask

    from refurb.db import Session
    from tests.conftest import Clock
    from tests.mail_server import Inbox

MESSAGE = {
    "to": "ada@example.org",
    "subject": "Votre nouveau mot de passe",
    "template": "new_password",
    "context": {"link": "https://refurb.example.org/password/new/x"},
}


def enqueue(session: Session, **changes: Any) -> Any:
    from refurb import outbox

    row = outbox.enqueue(session, "mail.send", MESSAGE | changes)
    session.commit()
    return row


def test_a_message_leaves_once(inbox: Inbox, session: Session) -> None:
    from refurb import outbox

    row = enqueue(session)
    assert outbox.drain(session) == 1
    assert outbox.drain(session) == 0
    (message,) = inbox.messages
    assert message["To"] == "ada@example.org"
    assert message["From"] == "Refurb <refurb@example.org>"
    assert message["Subject"] == "Votre nouveau mot de passe"
    assert "https://refurb.example.org/password/new/x" in message.get_content()
    assert message["Auto-Submitted"] == "auto-generated"
    session.refresh(row)
    assert row.done_at is not None


def test_a_refusal_is_kept_with_its_reason_and_tried_again(inbox: Inbox, session: Session) -> None:
    from datetime import UTC, datetime, timedelta

    from refurb import outbox

    row = enqueue(session)
    inbox.refuse = "451 the disk is full"
    assert outbox.drain(session) == 0
    session.refresh(row)
    assert row.done_at is None
    assert row.failed_at is None
    assert "disk is full" in (row.error or "")
    assert row.due_at > datetime.now(UTC)
    inbox.refuse = ""
    row.due_at = datetime.now(UTC) - timedelta(seconds=1)
    session.commit()
    assert outbox.drain(session) == 1
    assert len(inbox.messages) == 1


def test_after_the_last_try_it_waits_for_a_person(inbox: Inbox, session: Session) -> None:
    from datetime import UTC, datetime, timedelta

    from refurb import outbox
    from refurb.setup.health import failed_rows

    inbox.refuse = "550 nobody here"
    row = enqueue(session)
    for _ in range(outbox.MAX_ATTEMPTS):
        row.due_at = datetime.now(UTC) - timedelta(seconds=1)
        session.commit()
        outbox.drain(session)
        session.refresh(row)
    assert row.failed_at is not None
    assert [found.id for found in failed_rows(session)] == [row.id]
    assert outbox.drain(session) == 0


def test_one_that_fails_does_not_hold_the_others(inbox: Inbox, session: Session) -> None:
    from refurb import outbox

    enqueue(session, template="no-such-template")
    enqueue(session, to="ben@example.org")
    assert outbox.drain(session) == 1
    assert [message["To"] for message in inbox.messages] == ["ben@example.org"]


def test_the_language_is_the_readers(inbox: Inbox, session: Session) -> None:
    from refurb import outbox

    enqueue(session, language="en")
    enqueue(session)
    outbox.drain(session)
    english, french = inbox.messages
    assert "Bonjour" in french.get_content()
    assert english["Subject"] == french["Subject"]


def test_a_subject_on_two_lines_cannot_add_a_header(inbox: Inbox, session: Session) -> None:
    from refurb import outbox

    enqueue(session, subject="Bonjour\nBcc: everybody@example.org")
    outbox.drain(session)
    (message,) = inbox.messages
    assert message["Bcc"] is None


def test_a_demo_sends_nothing(inbox: Inbox, app: Flask, session: Session, clock: Clock) -> None:
    from refurb import outbox
    from refurb.setup.queries import DEMO, mail_folder
    from refurb.setup.services import put

    put(session, DEMO, True, at=clock())
    before = set(mail_folder().glob("*.eml"))
    enqueue(session)
    assert outbox.drain(session) == 1
    assert inbox.messages == []
    assert len(set(mail_folder().glob("*.eml")) - before) == 1


def test_an_unknown_kind_is_refused_at_once(session: Session) -> None:
    from refurb import outbox

    with pytest.raises(KeyError):
        outbox.enqueue(session, "nobody.does", {})
