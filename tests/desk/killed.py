"""A server of its own processes that is killed while people scan, and what they must find afterwards."""

from __future__ import annotations

import http.client
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
import uuid
import weakref
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tests.guard import Guard
from tests.web_server import keep_port

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.desk.served import Desk
    from tests.postgres import Server as Postgres

ROOT = Path(__file__).parents[2]
#: How long one waits for something to happen at all, in seconds: generous, for a machine may have much else to do.
PATIENCE = 300.0


class Server:
    """`refurb serve`'s gunicorn on the database of an application, in a process group that can be killed at once."""

    def __init__(self, desk: Desk, folder: Path, workers: int = 2) -> None:
        from refurb.cli.serve import gunicorn

        settings = desk.app.extensions["refurb.settings"]
        kept = keep_port()
        self.port = int(kept.getsockname()[1])
        # Between its death and its return, nobody else is given its port.
        weakref.finalize(self, os.close, kept.detach())
        self.command = [
            sys.executable,
            "-m",
            "gunicorn",
            *gunicorn(f"127.0.0.1:{self.port}", workers=workers, threads=4),
        ]
        self.log = folder / "server.log"
        self.environment = os.environ | {
            "REFURB_INSTANCE": str(folder),
            "DATABASE_URL": settings.database_url.render_as_string(hide_password=False),
            "REFURB_SECRET_KEY": settings.secret_key,
            "REFURB_FIELD_KEYS": ",".join(settings.field_keys),
            "PYTHONPATH": str(ROOT),
        }
        self.process: subprocess.Popen[bytes] | None = None
        self.guard: Guard | None = None

    def start(self) -> None:
        """Start it; who asks before it answers is refused, and asks again."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, env=self.environment, cwd=ROOT, start_new_session=True, stdout=log, stderr=log
            )
        self.guard = Guard(f"kill -9 -{self.process.pid}")

    def words(self) -> str:
        """Return what it said last, and whether it is there at all: for who waits for it in vain."""
        code = self.process.poll() if self.process is not None else "killed"
        return f"process: {'running' if code is None else code}; log: {self.log.read_text()[-3000:]}"

    def kill(self) -> None:
        """End every process of it, as a power cut does."""
        if self.process is not None and self.guard is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.guard.release()
            self.process = None


@dataclass
class Crowd:
    """People who scan until each of their scans is acknowledged, sending it again under its identifier."""

    server: Server
    cookie: str
    #: What was answered, and when, by identifier, in the order of the answers.
    acknowledged: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    #: What each person scanned, in order, as identifiers.
    scanned: list[list[str]] = field(default_factory=list)
    #: Scans sent more than once, and when the server said that it was broken.
    sent_again: set[str] = field(default_factory=set)
    broken: list[datetime] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)
    _counted: threading.Condition = field(default_factory=threading.Condition)

    def scan(self, texts: Sequence[str]) -> None:
        """Scan these, one after the other, in a browser of one's own."""
        browser, mine = _Browser(self.server.port, self.cookie), list[str]()
        self.scanned.append(mine)
        try:
            for text in texts:
                body = {"text": text, "client_uuid": str(uuid.uuid4())}
                mine.append(body["client_uuid"])
                answer = self._insist(browser, body)
                with self._counted:
                    self.acknowledged[body["client_uuid"]] = (answer, datetime.now(UTC))
                    self._counted.notify_all()
        except BaseException as error:
            with self._counted:
                self.failures.append(error)
                self._counted.notify_all()
            raise
        finally:
            browser.close()

    def _insist(self, browser: _Browser, body: dict[str, Any]) -> str:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return browser.send(body)
            except (OSError, http.client.HTTPException) as error:
                if time.monotonic() > deadline:
                    raise AssertionError(f"the server did not come back; {self.server.words()}") from error
                browser.close()
                with self._counted:
                    # A refused connection is no sending: nobody heard it.
                    if not isinstance(error, ConnectionRefusedError):
                        self.sent_again.add(body["client_uuid"])
                    if isinstance(error, Broken):
                        self.broken.append(datetime.now(UTC))
                time.sleep(0.05)

    def wait_for(self, count: int) -> int:
        """Wait until so many scans are acknowledged; return how many are."""
        with self._counted:
            done = self._counted.wait_for(lambda: self.failures or len(self.acknowledged) >= count, timeout=PATIENCE)
            assert done, f"{len(self.acknowledged)} of {count}; {self.server.words()}"
            assert not self.failures, self.failures
            return len(self.acknowledged)


class Broken(OSError):
    """The server answered that it could not: the browser sends again."""


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
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        cookies = "; ".join(f"{name}={value}" for name, value in self.jar.items())
        self.connection.request(method, path, body, {"Cookie": cookies, **headers})
        answer = self.connection.getresponse()
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, rest = line.partition("=")
            self.jar[name] = rest.partition(";")[0]
        text = answer.read().decode()
        if answer.status >= 500:
            raise Broken(f"{answer.status} {text[:300]}")
        return answer.status, text

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
        if status == 409 and "operator" not in text:
            raise ConnectionError(text[:100])  # two writers that met: again
        assert status == 200, f"{status} {text[:300]}"
        answer: str = json.loads(text)["answer"]
        return answer


@dataclass(frozen=True)
class Kill:
    """One power cut: what fell, after how many acknowledged scans, and how long until the next one was (seconds)."""

    what: str
    after: int
    at: datetime
    back: float

    def explains(self, broken_at: datetime) -> bool:
        """Whether the server may say that it is broken: without its database, or holding dead connections to it."""
        return self.what != "web" and self.at <= broken_at <= self.at + timedelta(seconds=self.back + 10)


def scan_through_kills(
    desk: Desk,
    server: Server,
    texts: Sequence[Sequence[str]],
    moments: Sequence[int],
    *,
    chance: random.Random,
    database: Postgres | None = None,
    tell: Callable[[str], None] = lambda text: None,
) -> tuple[Crowd, list[Kill]]:
    """Let each list be scanned by somebody, killing the server each time so many scans are acknowledged.

    With a `database` of our own, what falls is the web server, the database or both, as chance has it.
    """
    server.start()
    crowd, kills = Crowd(server, desk.cookie), list[Kill]()
    people = [threading.Thread(target=crowd.scan, args=(one,), daemon=True) for one in texts]
    try:
        for one in people:
            one.start()
        for moment in moments:
            crowd.wait_for(moment)
            # Not always just after an answer: anywhere in the next transaction.
            time.sleep(chance.uniform(0, 0.03))
            what = chance.choice(["web", "database", "both"]) if database else "web"
            at, began = datetime.now(UTC), time.monotonic()
            if what != "database":
                server.kill()
            if database and what != "web":
                database.kill()
                database.start()
            count = len(crowd.acknowledged)
            if what != "database":
                server.start()
            crowd.wait_for(count + 1)
            kills.append(Kill(what, count, at, time.monotonic() - began))
            tell(f"{what} killed at {count} acknowledged, answering again after {kills[-1].back:.1f} s")
        crowd.wait_for(sum(map(len, texts)))
        for one in people:
            one.join(PATIENCE)
    finally:
        server.kill()
    return crowd, kills


def check(desk: Desk, crowd: Crowd, kills: Sequence[Kill] = ()) -> int:
    """Compare what was acknowledged with what the database holds: nothing lost, nothing twice, every chain true.

    Returns how many scans were written before a kill and answered only after it: those that only their number saved.
    """
    from refurb.audit.models import Event
    from refurb.audit.services import broken
    from refurb.core.workflow import Status
    from refurb.db import get_session
    from refurb.desk.models import Scan
    from refurb.devices.models import Device

    strays = [at for at in crowd.broken if not any(kill.explains(at) for kill in kills)]
    assert not strays, f"the server broke by itself: {crowd.server.words()}"
    with desk.app.app_context():
        session = get_session()
        columns = (Scan.client_uuid, Scan.answer, Scan.event_id, Scan.at)
        kept = session.execute(sa.select(*columns).order_by(Scan.id)).all()
        told = {number: answer for number, (answer, _at) in crowd.acknowledged.items()}
        lost = told.keys() - {row.client_uuid for row in kept}
        assert not lost, f"{len(lost)} acknowledged scans are lost"
        assert {row.client_uuid: row.answer.value for row in kept} == told
        assert len(kept) == len(told)
        place = {row.client_uuid: n for n, row in enumerate(kept)}
        for mine in crowd.scanned:
            assert all(place[one] < place[next_one] for one, next_one in pairwise(mine)), "somebody's order was lost"
        moved = session.execute(
            sa.select(Event.client_uuid, Event.subject_id).where(Event.kind == "device.moved")
        ).all()
        assert len(moved) == len({row.client_uuid for row in moved})
        assert {row.client_uuid for row in moved} == {row.client_uuid for row in kept if row.event_id is not None}
        assert max(Counter(row.subject_id for row in moved).values()) == 1
        assert len(moved) == len(desk.codes)
        assert session.scalars(sa.select(Device.status).distinct()).all() == [Status.INVENTORIED]
        assert list(broken(session)) == []
        return sum(
            any(row.at < kill.at < crowd.acknowledged[row.client_uuid][1] for kill in kills)
            for row in kept
            if row.client_uuid in crowd.sent_again
        )


def shares(codes: Sequence[str], people: int, first: str, chance: random.Random) -> list[list[str]]:
    """Return what each of so many people scans: the card first, then their part of the machines, shuffled."""
    shuffled = list(codes)
    chance.shuffle(shuffled)
    return [[first, *shuffled[n::people]] for n in range(people)]
