"""A server of its own processes that is killed while people scan, and what they must find afterwards."""

from __future__ import annotations

import http.client
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.desk.served import Desk

ROOT = Path(__file__).parents[2]
PATIENCE = 120.0


class Server:
    """Gunicorn on the database of an application, in a process group that can be killed at once."""

    def __init__(self, desk: Desk, folder: Path, workers: int = 2) -> None:
        settings = desk.app.extensions["refurb.settings"]
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.command = [
            sys.executable, "-m", "gunicorn", "--worker-class", "gthread", "--workers", str(workers), "--threads", "4",
            "--bind", f"127.0.0.1:{self.port}", "--log-level", "critical", "refurb.app:create_app()",
        ]  # fmt: skip
        self.environment = os.environ | {
            "REFURB_INSTANCE": str(folder),
            "DATABASE_URL": settings.database_url.render_as_string(hide_password=False),
            "REFURB_SECRET_KEY": settings.secret_key,
            "REFURB_FIELD_KEYS": ",".join(settings.field_keys),
            "PYTHONPATH": str(ROOT),
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; who asks before it answers is refused, and asks again."""
        self.process = subprocess.Popen(
            self.command, env=self.environment, cwd=ROOT, start_new_session=True, stderr=subprocess.DEVNULL
        )

    def kill(self) -> None:
        """End every process of it, as a power cut does."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


@dataclass
class Crowd:
    """People who scan until each of their scans is acknowledged, sending it again under its identifier."""

    server: Server
    cookie: str
    #: What was answered, by identifier, in the order of each person.
    acknowledged: dict[str, str] = field(default_factory=dict)
    sent_again: int = 0
    failures: list[BaseException] = field(default_factory=list)
    _counted: threading.Condition = field(default_factory=threading.Condition)

    def scan(self, texts: Sequence[str]) -> None:
        """Scan these, one after the other, in a browser of one's own."""
        connect = _Browser(self.server.port, self.cookie)
        try:
            for text in texts:
                body = {"text": text, "client_uuid": str(uuid.uuid4())}
                answer = self._insist(connect, body)
                with self._counted:
                    self.acknowledged[body["client_uuid"]] = answer
                    self._counted.notify_all()
        except BaseException as error:
            with self._counted:
                self.failures.append(error)
                self._counted.notify_all()
            raise
        finally:
            connect.close()

    def _insist(self, browser: _Browser, body: dict[str, Any]) -> str:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return browser.send(body)
            except (OSError, http.client.HTTPException):
                assert time.monotonic() < deadline, "the server did not come back"
                browser.close()
                self.sent_again += 1
                time.sleep(0.05)

    def wait_for(self, count: int) -> None:
        """Wait until so many scans are acknowledged."""
        with self._counted:
            done = self._counted.wait_for(
                lambda: self.failures or len(self.acknowledged) >= count, timeout=PATIENCE * 2
            )
        assert done, f"{len(self.acknowledged)} of {count}"
        assert not self.failures, self.failures


class _Browser:
    def __init__(self, port: int, cookie: str) -> None:
        self.port, self.jar = port, {"refurb_session": cookie}
        self.connection: http.client.HTTPConnection | None = None
        self.token = ""

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def _ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> tuple[int, str]:
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        cookies = "; ".join(f"{name}={value}" for name, value in self.jar.items())
        self.connection.request(method, path, body, {"Cookie": cookies, **headers})
        answer = self.connection.getresponse()
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, rest = line.partition("=")
            self.jar[name] = rest.partition(";")[0]
        return answer.status, answer.read().decode()

    def send(self, body: dict[str, Any]) -> str:
        """Send one scan; raises OSError or HTTPException when there was no answer."""
        if not self.token:
            status, page = self._ask("GET", "/scan", None, {"Accept": "text/html"})
            assert status == 200, page[:300]
            found = re.search(r'data-token="([^"]+)"', page)
            assert found
            self.token = found[1]
        headers = {"Content-Type": "application/json", "X-CSRFToken": self.token}
        status, text = self._ask("POST", "/scan/send", json.dumps(body), headers)
        if status in (409, 503) and "operator" not in text:
            raise ConnectionError(text[:100])  # two writers that met: again
        assert status == 200, f"{status} {text[:300]}"
        answer: str = json.loads(text)["answer"]
        return answer


def scan_through_kills(
    desk: Desk,
    server: Server,
    texts: Sequence[Sequence[str]],
    kills: Sequence[int],
    *,
    tell: Callable[[str], None] | None = None,
) -> Crowd:
    """Let each list be scanned by somebody, killing the server each time so many scans are acknowledged."""
    server.start()
    crowd = Crowd(server, desk.cookie)
    people = [threading.Thread(target=crowd.scan, args=(one,), daemon=True) for one in texts]
    try:
        for one in people:
            one.start()
        for count in kills:
            crowd.wait_for(count)
            server.kill()
            if tell:
                tell(f"killed at {len(crowd.acknowledged)} acknowledged")
            server.start()
        crowd.wait_for(sum(map(len, texts)))
        for one in people:
            one.join(PATIENCE)
    finally:
        server.kill()
    return crowd


def check(desk: Desk, crowd: Crowd) -> None:
    """Compare what was acknowledged with what the database holds: nothing lost, nothing twice, every chain true."""
    from refurb.audit.models import Event
    from refurb.audit.services import broken
    from refurb.db import get_session
    from refurb.desk.models import Scan

    with desk.app.app_context():
        session = get_session()
        kept = session.execute(sa.select(Scan.client_uuid, Scan.answer, Scan.event_id, Scan.device_id)).all()
        assert {row.client_uuid: row.answer.value for row in kept} == crowd.acknowledged
        moved = session.execute(
            sa.select(Event.client_uuid, Event.subject_id).where(Event.kind == "device.moved")
        ).all()
        assert len(moved) == len({row.client_uuid for row in moved})
        done = {row.client_uuid for row in kept if row.event_id is not None}
        assert {row.client_uuid for row in moved} == done
        assert max(Counter(row.subject_id for row in moved).values()) == 1
        assert list(broken(session)) == []


def shares(codes: Sequence[str], people: int, first: str) -> list[list[str]]:
    """Return what each of so many people scans: the card first, then their part of the machines, shuffled."""
    shuffled = list(codes)
    random.Random(49).shuffle(shuffled)
    return [[first, *shuffled[n::people]] for n in range(people)]
