"""The agent: one file of the standard library, read here as a module and run here for real."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zxingcpp

from refurb.core.media import Outcome
from refurb.devices.readings import registry

AGENT = Path(__file__).resolve().parents[2] / "scripts" / "refurb-agent"


@pytest.fixture(scope="module")
def agent() -> Any:
    loader = importlib.machinery.SourceFileLoader("refurb_agent", str(AGENT))
    spec = importlib.util.spec_from_loader("refurb_agent", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.mark.parametrize("text", ["R4900001208", "R4999999952", "A", "R4900001208 PLUS 12345"[:20]])
def test_the_qr_code_is_read_back(agent: Any, text: str) -> None:
    dark = np.array(agent.qr_matrix(text))
    image = np.full((29, 29), 255, np.uint8)
    image[4:25, 4:25] = np.where(dark, 0, 255)
    read = zxingcpp.read_barcodes(np.kron(image, np.ones((6, 6), np.uint8)))
    assert [found.text for found in read] == [text]


def test_the_qr_code_of_the_terminal_is_the_same_one(agent: Any) -> None:
    light = {"█": (1, 1), "▀": (1, 0), "▄": (0, 1), " ": (0, 0)}
    rows: list[list[int]] = []
    for line in agent.qr_text("R4900001208").splitlines():
        rows += [[light[char][half] for char in line] for half in (0, 1)]
    image = np.kron(np.array(rows, np.uint8) * 255, np.ones((6, 6), np.uint8))
    assert [found.text for found in zxingcpp.read_barcodes(image)] == ["R4900001208"]


def test_what_a_qr_code_cannot_hold_is_refused(agent: Any) -> None:
    for text in ("é", "x" * 21, "lower"):
        with pytest.raises(ValueError, match="version 1"):
            agent.qr_matrix(text)


def make_disk(
    sys_folder: Path, name: str, *, usb: bool = False, removable: bool = False, part: str | None = None
) -> None:
    """Lay a disk as sysfs shows it: the real folder under devices, links from block and class."""
    real = sys_folder / "devices" / ("usb1" if usb else "pci0") / "block" / name
    (real / "device").mkdir(parents=True)
    (real / "queue").mkdir()
    (real / "slaves").mkdir()
    (real / "device" / "model").write_text("DISK " + name)
    (real / "device" / "serial").write_text("SER-" + name)
    (real / "size").write_text("2000000")
    (real / "removable").write_text("1" if removable else "0")
    (real / "queue" / "rotational").write_text("0")
    for folder in ("block", "class/block"):
        (sys_folder / folder).mkdir(parents=True, exist_ok=True)
        (sys_folder / folder / name).symlink_to(real)
    if part:
        (real / part).mkdir()
        (real / part / "partition").write_text("1")
        (sys_folder / "class" / "block" / part).symlink_to(real / part)


@pytest.mark.parametrize(
    ("mounts", "cmdline", "guarded"),
    [
        ("/dev/sdb1 /run/live/medium iso9660 ro 0 0\n", "", {"sda": None, "sdb": "live", "sdc": None}),
        ("/dev/sdb1 /cdrom iso9660 ro 0 0\n", "", {"sda": None, "sdb": "live", "sdc": None}),
        ("/dev/sda1 /mnt ext4 rw 0 0\n", "", {"sda": "mounted", "sdb": "stick", "sdc": None}),
        ("/dev/sda1 / ext4 rw 0 0\n", "", {"sda": "live", "sdb": "stick", "sdc": None}),
        # A USB disk that is not removable is a disk like another, unless the system has let go of its stick.
        ("tmpfs / tmpfs rw 0 0\n", "boot=live toram", {"sda": None, "sdb": "stick", "sdc": "stick"}),
    ],
)
def test_the_stick_it_booted_from_is_never_wiped(
    agent: Any, tmp_path: Path, mounts: str, cmdline: str, guarded: dict[str, str | None]
) -> None:
    make_disk(tmp_path, "sda", part="sda1")
    make_disk(tmp_path, "sdb", usb=True, removable=True, part="sdb1")
    make_disk(tmp_path, "sdc", usb=True)
    disks = [agent.Disk(name, str(tmp_path)) for name in ("sda", "sdb", "sdc")]
    agent.guards(disks, mounts, "", cmdline, str(tmp_path))
    assert {disk.name: disk.guarded for disk in disks} == guarded


def test_a_disk_under_a_mapping_is_found(agent: Any, tmp_path: Path) -> None:
    make_disk(tmp_path, "sda", part="sda2")
    mapping = tmp_path / "devices" / "virtual" / "dm-0"
    (mapping / "slaves" / "sda2").mkdir(parents=True)
    (tmp_path / "class" / "block" / "dm-0").symlink_to(mapping)
    disk = agent.Disk("sda", str(tmp_path))
    agent.guards([disk], "", "Filename Type\n/dev/dm-0 partition 1 0 -2\n", "", str(tmp_path))
    assert disk.guarded == "mounted"


def test_the_operator_names_the_disk_to_wipe(agent: Any, tmp_path: Path) -> None:
    make_disk(tmp_path, "sda")
    disk = agent.Disk("sda", str(tmp_path))
    said: list[str] = []

    def typing(answer: str) -> Any:
        def ask(question: str) -> str:
            said.append(question)
            return answer

        return ask

    assert agent.confirm(disk, None, typing("-sda"))
    assert disk.confirmation in said[0]
    assert not agent.confirm(disk, None, typing(""))
    assert not agent.confirm(disk, None, typing("oui"))
    assert agent.confirm(disk, "SER-sda", typing(""))
    assert not agent.confirm(disk, "SER-sdb", typing("-sda"))


def test_every_battery_is_told(agent: Any, tmp_path: Path) -> None:
    for name, full, design, kind in (("BAT0", "30000000", "50000000", "energy"), ("BAT1", "2400", "2400", "charge")):
        base = tmp_path / "class" / "power_supply" / name
        base.mkdir(parents=True)
        (base / "type").write_text("Battery")
        (base / f"{kind}_full").write_text(full)
        (base / f"{kind}_full_design").write_text(design)
        (base / "cycle_count").write_text("120")
    mouse = tmp_path / "class" / "power_supply" / "hid-mouse"
    mouse.mkdir()
    (mouse / "type").write_text("Battery")
    (mouse / "scope").write_text("Device")
    found = agent.batteries(str(tmp_path))
    assert [(row["name"], row["health_pct"], row["cycles"]) for row in found] == [("BAT0", 60, 120), ("BAT1", 100, 120)]


def test_absent_refused_and_failed_are_told_apart(agent: Any) -> None:
    commands = agent.Commands()
    assert commands.run(["no-such-command-here"])[0]["status"] == "absent"
    assert commands.run(["sh", "-c", "echo permission denied >&2; exit 1"])[0]["status"] == "refused"
    assert commands.run(["sh", "-c", "exit 3"])[0] | {"seconds": 0} == {
        "name": "sh",
        "argv": ["sh", "-c", "exit 3"],
        "status": "failed",
        "exit": 3,
        "seconds": 0,
        "version": None,
    }
    assert commands.run(["sh", "-c", "sleep 5"], timeout=0.2)[0]["status"] == "timeout"
    assert commands.run(["sh", "-c", "echo hello"])[1] == "hello\n"


@pytest.mark.parametrize(
    ("hdparm", "expected"),
    [
        (" max sectors   = 1000215216/1000215216, HPA is disabled\n", "none"),
        (" max sectors   = 900000000/1000215216, HPA is enabled\n", "present"),
        ("SG_IO: bad/missing sense data\n", "not_checked"),
    ],
)
def test_hidden_sectors_are_reported(agent: Any, tmp_path: Path, hdparm: str, expected: str) -> None:
    make_disk(tmp_path, "sda")
    disk = agent.Disk("sda", str(tmp_path))

    class Told:
        def run(self, *_: Any, **__: Any) -> tuple[dict[str, str], str]:
            return {"status": "ok"}, hdparm

    assert agent.hidden_area(disk, Told()) == expected


class Receiver(BaseHTTPRequestHandler):
    """A server that remembers what came, and answers as told."""

    seen: list[tuple[str, str, bytes]] = []
    status = 201

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).seen.append((self.headers["Idempotency-Key"], self.headers["Authorization"], body))
        answer = json.dumps({"device": {"code": "R4900001208"}, "detail": "jeton révoqué"}).encode()
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
    # The same number each time: what was received and not acknowledged is known again.
    assert {key for key, *_ in kind.seen} == {"11111111-2222"}
    assert kind.seen[-1][1] == "Bearer t"


def test_it_runs_here_and_its_report_is_read(tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    done = subprocess.run(
        [sys.executable, "-I", str(AGENT), "--output", str(target), "--tests", "none", "--no-measures"],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=240,
        env={**os.environ, "LANG": "C.UTF-8"},
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(target.read_text())
    assert {row["name"] for row in report["commands"]} >= {"lshw", "smartctl", "dmidecode"}
    assert all(row["status"] in ("ok", "absent", "refused", "failed", "timeout") for row in report["commands"])
    reading = registry.read(target.read_bytes())
    assert reading.format == "refurb"
    assert reading.cpu is not None
    assert reading.ram_gb


def test_a_dry_run_does_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(AGENT), "--dry-run", "--wipe"],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
        cwd=tmp_path,
    )
    assert done.returncode == 0
    assert "not-run  lshw" in done.stdout
    assert not list(tmp_path.iterdir())


def wiped(**row: Any) -> Any:
    base = {"device": "/dev/sda", "model": "D", "serial": "S1", "method": "nwipe", "outcome": "ok", "reasons": []}
    report = {"refurb_agent": {"schema": 1, "report": "r"}, "wipes": [{**base, **row}]}
    return registry.read(json.dumps(report).encode()).wipes[0]


def test_the_worse_of_the_log_and_the_agent_counts() -> None:
    assert wiped().outcome is Outcome.OK
    assert wiped(outcome="ok_with_reservation", reasons=["not-verified"]).reasons == ("not-verified",)
    assert wiped(outcome="nonsense").outcome is Outcome.FAILED
    unread = wiped(log="something that is no log of nwipe")
    assert (unread.outcome, unread.reasons) == (Outcome.OK_WITH_RESERVATION, ("log-not-read",))
