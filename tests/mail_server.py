"""A mail server on this machine, for the tests: it keeps what it was given, and refuses what it is told to refuse."""

from __future__ import annotations

import email
import email.policy
import socket
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from refurb.config import MailSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

    from refurb.db import Session
    from tests.conftest import Clock


class Inbox:
    """What the server was given. `refuse` is its answer to any message, `refused_at` to a single address."""

    def __init__(self) -> None:
        self.messages: list[Any] = []
        self.recipients: list[str] = []
        self.refuse = ""
        self.refused_at: dict[str, str] = {}

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if address in self.refused_at:
            return self.refused_at[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if self.refuse:
            return self.refuse
        self.messages.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        self.recipients += envelope.rcpt_tos
        return "250 taken"


@pytest.fixture
def inbox(app: Flask, session: Session, clock: Clock) -> Iterator[Inbox]:
    """The inbox of a mail server that is the instance's."""
    from aiosmtpd.controller import Controller

    from refurb.security import Actor
    from refurb.setup.services import set_mail

    made = Inbox()
    with closing(socket.create_server(("127.0.0.1", 0))) as bound:
        port = bound.getsockname()[1]
        server: Any = Controller(made, hostname="127.0.0.1", port=port, ready_timeout=30)
        # On a socket that is bound already: nobody takes the port between its choice and its use.
        server._create_server = lambda: server.loop.create_server(server._factory_invoker, sock=bound)
        server.start()
        settings = MailSettings(host="127.0.0.1", port=port, security="none", sender="refurb@example.org")
        set_mail(session, settings, by=Actor.system(), at=clock())
        session.flush()
        yield made
        server.stop()
