"""The real agents and eight benches at once, against four web processes, on both databases.

Debian's fusioninventory-agent is run as it is (scripts/test installs it). eReuse's workbench-script is spoken for by
a stand-in that sends its very bytes; where REFURB_WORKBENCH names the real one, the same test runs that instead.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from tests.api.live import PATIENCE, Live, serving
from tests.devices.readings.makers import as_bytes, inventory_xml, lshw_tree, snapshot

if TYPE_CHECKING:
    from refurb.devices.models import Report
    from tests.conftest import Databases

pytestmark = pytest.mark.slow
WORKBENCH = os.environ.get("REFURB_WORKBENCH")


@pytest.fixture(scope="module")
def servers(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Live]]:
    """One server a database, started when first asked for."""
    with ExitStack() as stack:
        running: dict[str, Live] = {}

        def start(database: str) -> Live:
            if database not in running:
                folder = tmp_path_factory.mktemp(f"live-{database}")
                running[database] = stack.enter_context(serving(databases, database, folder))
            return running[database]

        yield start


@pytest.fixture
def live(servers: Callable[[str], Live], database: str) -> Iterator[Live]:
    """A running server; what it logged of errors fails the test that made it."""
    server = servers(database)
    before = len(server.log.read_text())
    yield server
    said = server.log.read_text()[before:]
    assert "Traceback" not in said, said
    assert '"level": "error"' not in said, said


def reports(live: Live, **where: Any) -> list[Report]:
    from refurb.db import get_session
    from refurb.devices.models import Report

    with live.app.app_context():
        return list(get_session().scalars(sa.select(Report).filter_by(**where).order_by(Report.id)))


# -- Many at once


def test_eight_benches_at_once_lose_nothing(live: Live) -> None:
    """Each its own machines over every door, and one report that they all bring: all are taken, and all are read."""
    doors: tuple[tuple[str, Callable[[str], bytes]], ...] = (
        ("/api/v1/reports", lambda name: as_bytes(lshw_tree(serial=f"LSHW{name}", disks=[]))),
        ("/inventory", lambda name: inventory_xml().replace(b"TOUR55K21", f"XML{name}".encode())),
        ("/api/v1/snapshot/", lambda name: as_bytes({**snapshot(), "uuid": f"eight-{name}"})),
    )
    shared = as_bytes(lshw_tree(serial="SHARED77A1", disks=[], n="eight"))
    before = {report.id for report in reports(live)}
    gate, answers, broken = threading.Barrier(8), list[int](), list[BaseException]()

    def bench(n: int) -> None:
        try:
            gate.wait(PATIENCE)
            for turn in range(2):
                for path, make in doors:
                    answers.append(live.post(path, make(f"{n}7K{turn}"))[0])
            answers.append(live.post("/api/v1/reports", shared)[0])
        except BaseException as error:
            broken.append(error)

    benches = [threading.Thread(target=bench, args=(n,)) for n in range(8)]
    for thread in benches:
        thread.start()
    for thread in benches:
        thread.join()
    assert broken == []
    assert set(answers) <= {200, 201}, sorted(answers)
    assert len(answers) == 8 * 7
    brought = [report for report in reports(live) if report.id not in before]
    assert len(brought) == 8 * 6 + 1
    assert {report.format for report in brought} == {"lshw", "fusioninventory", "workbench"}


# -- What a server sees that a test client does not


def raw_request(live: Live, head: str, body: bytes = b"") -> bytes:
    """Send bytes as they are, and return all that comes back."""
    with socket.create_connection(("127.0.0.1", live.port), timeout=PATIENCE) as connection:
        connection.sendall(head.replace("\n", "\r\n").encode("latin-1") + b"\r\n\r\n" + body)
        connection.shutdown(socket.SHUT_WR)
        found = b""
        while piece := connection.recv(65536):
            found += piece
        return found


@pytest.mark.parametrize("path", ["/api/v1/reports", "/inventory", "/api/v1/snapshot/"])
@pytest.mark.parametrize(
    "token", ["", "Bearer", "Bearer " + "x" * 10_000, "Bearer é\xff", "Basic !", "Nonsense \x80 x"], ids=range(6)
)
def test_a_wrong_token_is_heard_over_the_wire(live: Live, path: str, token: str) -> None:
    """The whole of a body of 2 MB is on its way when the answer is known: the client hears it all the same."""
    body = b"x" * 2_000_000
    answer = raw_request(
        live,
        f"POST {path} HTTP/1.1\nHost: bench\nConnection: close\nContent-Length: {len(body)}\nAuthorization: {token}",
        body,
    )
    head, _blank, text = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 401 "), answer[:300]
    assert "Ce poste n'a pas de jeton valable" in text.decode()


def test_fifty_megabytes_are_kept_and_more_is_refused(live: Live) -> None:
    status, answer = live.post("/api/v1/reports", b"{" * 50_000_000)
    assert status == 201
    told = json.loads(answer)
    assert (told["format"], told["warnings"]) == ("unreadable", ["too-large"])
    status, answer = live.post("/api/v1/reports", b"{" * 70_000_000)
    assert status == 413
    assert json.loads(answer)["title"].endswith(".")


# -- FusionInventory


def run_agent(live: Live, folder: Path, *options: str) -> str:
    """Run Debian's agent in the foreground, its state in a folder of the test; return what it says."""
    where = shutil.which("fusioninventory-agent")
    assert where, "fusioninventory-agent is not installed (Debian: apt install fusioninventory-agent)"
    settings = folder / "agent.cfg"
    settings.write_text(f"vardir = {folder}\nlogger = stderr\nno-httpd = 1\n")
    # What it says of persons and of this machine's software is not wanted, and takes long to gather.
    quiet = "--no-category=software,process,environment,user,local_user,local_group,printer,license_infos"
    command = [where, f"--conf-file={settings}", "--force", "--debug", quiet, *options]
    done = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False, cwd=folder)
    return (done.stdout + done.stderr).decode(errors="replace")


@pytest.mark.parametrize("path", ["/inventory", "/plugins/fusioninventory/"])
def test_debian_s_agent_sends_its_inventory(live: Live, tmp_path: Path, path: str) -> None:
    before = {report.id for report in reports(live)}
    said = run_agent(live, tmp_path, f"--server={live.address}{path}", "--user=banc", f"--password={live.token}")
    assert "[error]" not in said, said
    brought = [report for report in reports(live) if report.id not in before]
    assert [(report.format, report.station) for report in brought] == [("fusioninventory", "Banc")]
    reading = brought[0].reading or {}
    assert reading["cpu"]["model"]
    assert reading["ram_gb"]
    # Users, software and addresses of this machine were never kept.
    from refurb import blobs
    from refurb.db import get_session

    with live.app.app_context():
        kept = blobs.get(get_session(), brought[0].kept_sha256)
    assert not re.search(rb"<(USERID|IPADDRESS|SOFTWARES|PROCESSES|LASTLOGGEDUSER)>", kept)


def test_debian_s_agent_is_told_that_its_token_is_wrong(live: Live, tmp_path: Path) -> None:
    before = len(reports(live))
    said = run_agent(live, tmp_path, f"--server={live.address}/inventory", "--user=banc", "--password=wrong")
    assert "authentication required, wrong credentials" in said, said
    assert len(reports(live)) == before


# -- Workbench

#: What workbench-script does with a snapshot, to the byte: urllib, these headers in this order, JSON as json.dumps
#: writes it; then the address of the evidence, or what the server said.
STAND_IN = """
import json, sys, time, urllib.error, urllib.parse, urllib.request
address, token, legacy, path = sys.argv[1:5]
text = open(path).read()
snapshot = json.loads(text)
parts = urllib.parse.urlparse(address)
page = urllib.parse.urlunparse((parts.scheme, parts.netloc, "evidence/" + snapshot["uuid"], "", "", ""))
headers = {"Authorization": "Bearer " + token, "Content-Type": "application/json"}
try:
    with urllib.request.urlopen(urllib.request.Request(address, data=text.encode("utf-8"), headers=headers)) as answer:
        status, said = answer.getcode(), answer.read().decode("utf-8")
except urllib.error.HTTPError as refusal:
    status, said = refusal.code, refusal.read().decode("utf-8")
if not 200 <= status < 300:
    print("Server responded with error:", said)
elif legacy == "yes":
    told = json.loads(said)
    print("url:", told.get("public_url"))
    print("dhid:", told.get("dhid"))
else:
    print("url:", page)
"""


def run_workbench(live: Live, folder: Path, token: str, *, legacy: bool) -> str:
    """Run the real script where REFURB_WORKBENCH names it, its stand-in elsewhere; return what the operator reads."""
    address = f"{live.address}/api/v1/snapshot/"
    environment = {**os.environ, "NO_PROXY": "127.0.0.1", "LANG": "C.UTF-8"}
    if WORKBENCH:
        lines = [f"url = {address}", f"token = {token}", f"path = {folder}", "disable_qr = True"]
        settings = folder / "settings.ini"
        settings.write_text("\n".join(["[settings]", *lines, *(["legacy = True"] if legacy else [])]))
        command = [sys.executable, WORKBENCH, "--config", str(settings)]
    else:
        taken = {**snapshot(), "uuid": f"bench-{folder.name}"}
        if legacy:
            data = {"lshw": json.dumps(lshw_tree()), "dmidecode": "", "hwinfo": "", "lspci": "", "smart": []}
            taken = {**taken, "data": data, "schema_api": "1.0.0", "sid": "abcd"}
        path = folder / "snapshot.json"
        path.write_text(json.dumps(taken))
        command = [sys.executable, "-c", STAND_IN, address, token, "yes" if legacy else "no", str(path)]
    done = subprocess.run(
        command, capture_output=True, timeout=PATIENCE, check=False, cwd=folder, env=environment, text=True
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("legacy", [False, True], ids=["current", "legacy"])
def test_workbench_sends_its_snapshot(live: Live, tmp_path: Path, legacy: bool) -> None:
    before = {report.id for report in reports(live)}
    said = run_workbench(live, tmp_path, live.token, legacy=legacy)
    brought = [report for report in reports(live) if report.id not in before]
    assert [report.format for report in brought] == ["workbench"], said
    assert f"url: {live.address}/evidence/{brought[0].sender_id}" in said


def test_workbench_shows_what_the_server_says(live: Live, tmp_path: Path) -> None:
    assert "Ce poste n'a pas de jeton valable" in run_workbench(live, tmp_path, "wrong", legacy=False)
