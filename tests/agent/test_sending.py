"""How reports leave: kept on the stick, sent when there is a server, received once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.agent.hands import AGENT

if TYPE_CHECKING:
    from flask.testing import FlaskClient


class Receiver(BaseHTTPRequestHandler):
    """A server that remembers what came, and answers as told."""

    seen: list[tuple[str, str, bytes]] = []
    status = 201
    answer: dict[str, Any] = {"device": {"code": "R4900001208"}, "detail": "jeton révoqué"}

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).seen.append((self.headers["Idempotency-Key"], self.headers["Authorization"], body))
        answer = json.dumps(self.answer).encode()
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        """Say nothing on the terminal of the tests."""


@pytest.fixture
def receiver() -> Iterator[tuple[type[Receiver], str]]:
    class Fresh(Receiver):
        seen: list[tuple[str, str, bytes]] = []
        status = 201

    server = HTTPServer(("127.0.0.1", 0), Fresh)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Fresh, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_report_waits_on_the_stick_and_leaves_later(
    agent: Any, tmp_path: Path, receiver: tuple[type[Receiver], str]
) -> None:
    folder = tmp_path / "refurb-reports"
    (folder / "sent").mkdir(parents=True)
    report = {"refurb_agent": {"report": "11111111-2222"}}
    path = Path(agent.keep(report, str(folder)))
    dead = {"server": "http://127.0.0.1:9", "token": "t"}
    assert agent.send_waiting(str(folder), dead) is None
    assert path.exists()
    kind, address = receiver
    kind.status = 401
    assert agent.send_waiting(str(folder), {"server": address, "token": "t"}) is None
    assert path.exists()
    kind.status = 201
    answer = agent.send_waiting(str(folder), {"server": address, "token": "t"})
    assert agent.find_code(answer) == "R4900001208"
    assert not path.exists()
    assert (folder / "sent" / path.name).exists()
    assert agent.send_waiting(str(folder), {"server": address, "token": "t"}) is None
    # The same number each time: what was received and not acknowledged is known again.
    assert {key for key, *_ in kind.seen} == {"11111111-2222"}
    assert kind.seen[-1][1] == "Bearer t"


def test_a_report_that_is_refused_holds_no_other_back(
    agent: Any, tmp_path: Path, receiver: tuple[type[Receiver], str]
) -> None:
    folder = tmp_path / "refurb-reports"
    (folder / "sent").mkdir(parents=True)
    for number in ("a-1", "b-2"):
        agent.keep({"refurb_agent": {"report": number}}, str(folder))
    kind, address = receiver
    config = {"server": address, "token": "t"}
    kind.status = 413
    assert agent.send_waiting(str(folder), config) is None
    assert len(kind.seen) == 2
    kind.status = 401
    assert agent.send_waiting(str(folder), config) is None
    assert len(kind.seen) == 3, "a token that is refused is refused for all"
    kind.status = 201
    assert agent.send_only(str(folder), config) == 0
    assert len(list((folder / "sent").iterdir())) == 2


def test_a_telephone_that_is_not_there_is_asked_no_more(agent: Any, receiver: tuple[type[Receiver], str]) -> None:
    kind, address = receiver
    kind.status = 404
    phone = agent.Phone({"server": address, "token": "t"}, "r", "R4900001208")
    assert [phone("screen") for _ in range(5)] == [None] * 5
    assert len(kind.seen) == 3
    kind.status = 200
    kind.answer = {"answer": "ok", "url": "http://x/"}
    phone = agent.Phone({"server": address, "token": "t"}, "r", "R4900001208")
    assert (phone("screen"), phone.url) == ("ok", "http://x/")
    assert json.loads(kind.seen[-1][2]) == {"report": "r", "code": "R4900001208", "question": "screen"}


def test_what_it_sends_from_here_is_received_once(
    tmp_path: Path, receiver: tuple[type[Receiver], str], client: FlaskClient, make_organisation: Any, session: Any
) -> None:
    """The real agent, on this machine, from its stick: offline first, then sent, then sent again to the real server."""
    from refurb.accounts.services import create_station
    from refurb.core.permissions import OrganisationRole
    from refurb.security import Actor
    from refurb.web import now

    stick = tmp_path / "stick"
    stick.mkdir()
    (stick / "refurb-agent").write_bytes(AGENT.read_bytes())
    kind, address = receiver
    run = [sys.executable, "-I", str(stick / "refurb-agent"), "--no-measures", "--tests", "none"]

    def agent_run(*more: str, server: str) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, "LANG": "C.UTF-8", "REFURB_AGENT_SERVER": server, "REFURB_AGENT_TOKEN": "t"}
        return subprocess.run(
            [*run, *more], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=240, env=env
        )

    done = agent_run(server="http://127.0.0.1:9")
    assert done.returncode == 1, done.stderr
    assert len(list((stick / "refurb-reports").glob("*-*.json"))) == 1
    done = agent_run("--send", server=address)
    assert done.returncode == 0, done.stderr
    (sent,) = kind.seen
    workshop = make_organisation(OrganisationRole.REFURBISHER)
    _row, token = create_station(session, name="Clé", organisation_id=workshop.id, by=Actor.system(), at=now())
    session.flush()
    answers = [
        client.post("/api/v1/reports", data=sent[2], headers={"Authorization": f"Bearer {token}"}) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert len({answer.json["id"] for answer in answers if answer.json}) == 1
    assert answers[0].json is not None
    assert answers[0].json["format"] == "refurb"
