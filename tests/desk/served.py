"""A workshop's desk, served for a browser: on a port that stays the same when the server goes and returns."""

from __future__ import annotations

import os
import threading
import weakref
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from refurb.core.equipment import Form, Origin, Regime
from refurb.core.permissions import OrganisationRole

if TYPE_CHECKING:
    from flask import Flask

    from refurb.db import Session
    from tests.web_server import Server


@dataclass
class Desk:
    """The desk of one technician: its address, a signed-in cookie, and the codes of its machines."""

    app: Flask
    cookie: str
    codes: list[str]
    workshop_id: int
    port: int = 0
    _server: Server | None = field(default=None, repr=False)
    _thread: threading.Thread | None = field(default=None, repr=False)

    @property
    def address(self) -> str:
        """Where it answers, or would."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Answer, on the port of before if there was one."""
        from tests.web_server import keep_port, serve

        if not self.port:
            kept = keep_port()
            self.port = kept.getsockname()[1]
            # While it does not answer, nobody else is given its port.
            weakref.finalize(self, os.close, kept.detach())
        self._server = serve(self.app, self.port)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Cut the network: whoever asks is refused."""
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            self._server = None


def furnish(app: Flask, machines: int) -> Desk:
    """Write a workshop with one signed-in technician and so many machines."""
    from refurb.db import get_session
    from refurb.devices.services import receive
    from refurb.security import Actor
    from refurb.web import now

    with app.app_context():
        session = get_session()
        workshop_id = _workshop(session, "Atelier")
        token = _technician(session, "T", workshop_id)
        birth: dict[str, Any] = {"form": Form.LAPTOP, "origin": Origin.PRIVATE, "regime": Regime.GIFT, "place_id": None}
        birth |= {"holder_id": workshop_id, "by": Actor.system(), "at": now(), "maker": "Lenovo", "model": "T470"}
        codes = [receive(session, serial=f"PF0XK{n:05d}M", **birth).code for n in range(machines)]
        session.commit()
        return Desk(app, token, codes, workshop_id)


def another(desk: Desk, name: str, *, elsewhere: bool = False) -> str:
    """Sign another technician in, of the same workshop or of one of their own; return their cookie."""
    from refurb.db import get_session

    with desk.app.app_context():
        session = get_session()
        workshop_id = _workshop(session, f"Atelier de {name}") if elsewhere else desk.workshop_id
        token = _technician(session, name, workshop_id)
        session.commit()
        return token


def _workshop(session: Session, name: str) -> int:
    from refurb.organisations.models import LegalType, Organisation, OrganisationRoleRow
    from refurb.web import now

    roles = [OrganisationRoleRow(role=OrganisationRole.REFURBISHER)]
    made = Organisation(name=name, legal_type=LegalType.ASSOCIATION, created_at=now(), role_rows=roles)
    session.add(made)
    session.flush()
    return made.id


def _technician(session: Session, name: str, workshop_id: int) -> str:
    from refurb.accounts.models import Account, AccountSession, Membership
    from refurb.accounts.tokens import new_token, token_hash
    from refurb.web import now

    email = f"{name.lower()}@example.org"
    account = Account(email=email, name=name, language="fr", created_at=now(), password_hash="-")
    session.add(account)
    session.flush()
    joined = {"account_id": account.id, "organisation_id": workshop_id, "created_at": now()}
    session.add(Membership(role_codes=["technician"], **joined))
    token, times = new_token(), {"created_at": now(), "last_seen_at": now(), "expires_at": now() + timedelta(3)}
    session.add(AccountSession(token_hash=token_hash(token), account_id=account.id, **times))
    return token
