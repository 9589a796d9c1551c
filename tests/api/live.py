"""A server of several web processes, as `refurb serve` runs it, on a database that holds a workshop and its bench."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from tests.conftest import Databases

#: Seconds that an answer may take on a machine that does everything else at the same time.
PATIENCE = 300


@dataclass(frozen=True)
class Live:
    """Where the server answers, the bench's token, and an application on the same database to look with."""

    port: int
    token: str
    app: Flask
    log: Path

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def post(self, path: str, body: bytes, **headers: str) -> tuple[int, bytes]:
        """Post as a client that keeps nothing open; return the status and the body of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("POST", path, body, {"Authorization": f"Bearer {self.token}", **headers})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


@contextmanager
def serving(databases: Databases, database: str, folder: Path, *, processes: int = 4) -> Iterator[Live]:
    """Serve a fresh database; the socket listens before the processes start, so nobody waits to be let in."""
    from tests.conftest import dispose

    url = databases.fresh_url(database)
    app = databases.make(database, url)
    token = _bench(app)
    settings = app.extensions["refurb.settings"]
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("REFURB_", "DATABASE_URL"))}
    environment = kept | {
        "DATABASE_URL": url.render_as_string(hide_password=False),
        "REFURB_INSTANCE": str(folder),
        "REFURB_SECRET_KEY": settings.secret_key,
        "REFURB_FIELD_KEYS": ",".join(settings.field_keys),
        "PYTHONUNBUFFERED": "1",
    }
    log = folder / "log"
    with socket.socket() as door, log.open("w") as out:
        door.bind(("127.0.0.1", 0))
        door.listen(256)
        os.set_inheritable(door.fileno(), True)
        from refurb.cli.serve import gunicorn

        command = [sys.executable, "-m", "gunicorn", *gunicorn(f"fd://{door.fileno()}", workers=processes, threads=4)]
        with subprocess.Popen(
            command, stdout=out, stderr=subprocess.STDOUT, env=environment, pass_fds=[door.fileno()]
        ) as server:
            try:
                yield Live(door.getsockname()[1], token, app, log)
            finally:
                server.send_signal(signal.SIGTERM)
                try:
                    server.wait(timeout=PATIENCE)
                finally:
                    server.kill()
    dispose(app)
    if database == "postgresql" and databases.server is not None:
        databases.server.drop(str(url.database))


def _bench(app: Flask) -> str:
    from refurb.accounts.services import create_station
    from refurb.db import get_session
    from refurb.organisations.models import LegalType, Organisation
    from refurb.security import Actor
    from refurb.web import now

    with app.app_context():
        session = get_session()
        workshop = Organisation(
            name="Atelier", legal_type=LegalType.ASSOCIATION, email="a@example.org", created_at=now(), role_rows=[]
        )
        session.add(workshop)
        session.flush()
        _row, token = create_station(session, name="Banc", organisation_id=workshop.id, by=Actor.system(), at=now())
        session.commit()
    return token
