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
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import zxingcpp

from refurb.core.media import Outcome
from refurb.devices.readings import registry

if TYPE_CHECKING:
    from flask.testing import FlaskClient

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


class Scripted:
    """Commands whose answers are written down: by the first words of each, (status, exit, text)."""

    def __init__(self, **answers: tuple[str, int, str]) -> None:
        self.answers = {name.replace("_", " "): answer for name, answer in answers.items()}
        self.asked: list[str] = []
        self.rows: list[dict[str, Any]] = []

    def run(self, argv: list[str], **_: Any) -> tuple[dict[str, Any], str]:
        line = " ".join(argv)
        self.asked.append(line)
        name = max((n for n in self.answers if line.startswith(n)), key=len, default=None)
        status, code, text = self.answers[name] if name else ("ok", 0, "")
        row = {"name": argv[0], "argv": argv, "status": status, "exit": code, "seconds": 0.0, "version": None}
        self.rows.append(row)
        return row, text

    def version(self, name: str) -> str:
        return name + " 1.0"


ERASE = """
Security:
\tMaster password revision code = 65534
\t\tsupported
\tnot\tenabled
\tnot\tlocked
\tnot\tfrozen
\tnot\texpired: security count
\t\tsupported: enhanced erase
"""
PLAIN = ERASE.replace("\t\tsupported: enhanced erase\n", "")


@pytest.mark.parametrize(
    ("kind", "answers", "method", "last"),
    [
        ("hdd", {}, "nwipe", "nwipe"),
        ("ssd", {"hdparm_-I": ("ok", 0, ERASE)}, "secure-erase", "--security-erase-enhanced"),
        ("ssd", {"hdparm_-I": ("ok", 0, PLAIN)}, "secure-erase", "--security-erase"),
        ("ssd", {"hdparm_-I": ("ok", 0, ERASE.replace("not\tfrozen", "\tfrozen"))}, "nwipe", "nwipe"),
        ("ssd", {"hdparm_-I": ("ok", 0, ERASE.replace("not\tlocked", "\tlocked"))}, "nwipe", "nwipe"),
        ("ssd", {"hdparm_-I": ("absent", 0, "")}, "nwipe", "nwipe"),
        ("nvme", {"nvme_id-ctrl": ("ok", 0, '{"sanicap": 3}')}, "nvme-sanitize", "--sanact=2"),
        ("nvme", {"nvme_id-ctrl": ("ok", 0, '{"sanicap": 1}')}, "nvme-sanitize", "--sanact=4"),
        ("nvme", {"nvme_id-ctrl": ("ok", 0, '{"sanicap": 0}')}, "nvme-format", "--ses=1"),
        ("nvme", {"nvme_id-ctrl": ("failed", 1, "")}, "nvme-format", "--ses=1"),
    ],
)  # fmt: skip
def test_each_disk_is_wiped_by_the_best_it_offers(
    agent: Any, tmp_path: Path, kind: str, answers: dict[str, Any], method: str, last: str
) -> None:
    make_disk(tmp_path, "nvme0n1" if kind == "nvme" else "sda")
    disk = agent.Disk("nvme0n1" if kind == "nvme" else "sda", str(tmp_path))
    disk.kind = kind
    chosen, steps = agent.plan_wipe(disk, Scripted(**answers))
    assert chosen == method
    assert last in steps[-1]
    if method == "nvme-sanitize":
        assert "/dev/nvme0" in steps[-1], "a sanitize is of the whole device"
    else:
        assert steps[-1].count(disk.path) == 1


@pytest.mark.parametrize(
    ("log", "status", "why"),
    [
        ('{"nvme0": {"sprog": 65535, "sstat": 257}}', "ok", None),
        ('{"sprog": 65535, "sstat": {"global_erased": 1, "status": 4}}', "ok", None),
        ('{"nvme0": {"sstat": 3}}', "ok", "failed: sanitize"),
        ("{}", "ok", "failed: sanitize"),
        ("", "refused", "command-refused: nvme sanitize-log"),
    ],
)
def test_a_sanitize_is_over_when_the_drive_says_so(
    agent: Any, tmp_path: Path, log: str, status: str, why: str | None
) -> None:
    make_disk(tmp_path, "nvme0n1")
    disk = agent.Disk("nvme0n1", str(tmp_path))
    assert agent.wait_for_sanitize(disk, Scripted(**{"nvme sanitize-log": (status, 0, log)})) == why


def test_a_sanitize_that_runs_is_waited_for(agent: Any, tmp_path: Path) -> None:
    make_disk(tmp_path, "nvme0n1")
    disk, looks = agent.Disk("nvme0n1", str(tmp_path)), iter([2, 2, 1])

    class Running(Scripted):
        def run(self, argv: list[str], **more: Any) -> tuple[dict[str, Any], str]:
            row, _text = super().run(argv, **more)
            return row, json.dumps({"nvme0": {"sstat": next(looks)}})

    commands = Running()
    assert agent.wait_for_sanitize(disk, commands, every=0) is None
    assert (len(commands.asked), len(commands.rows)) == (3, 1)
    slow = Scripted(**{"nvme sanitize-log": ("ok", 0, '{"nvme0": {"sstat": 2}}')})
    assert agent.wait_for_sanitize(disk, slow, every=0, most=0) == "not-finished"


def test_a_drive_that_did_not_erase_itself_is_not_left_locked(agent: Any, tmp_path: Path) -> None:
    make_disk(tmp_path, "sda")
    disk = agent.Disk("sda", str(tmp_path))
    disk.kind = "ssd"
    commands = Scripted(**{"hdparm -I": ("ok", 0, ERASE), "hdparm --user-master u --security-erase": ("failed", 5, "")})
    row = agent.wipe(disk, commands)
    assert (row["outcome"], row["method"]) == ("failed", "secure-erase")
    assert row["reasons"][0] == "command-failed: hdparm"
    assert "--security-disable" in commands.asked[-1]
    assert (row["serial"], row["hidden_area"]) == ("SER-sda", "not_checked")


def test_a_wipe_that_is_stopped_is_no_wipe(agent: Any, tmp_path: Path) -> None:
    make_disk(tmp_path, "sda")

    class Stopped(Scripted):
        def run(self, argv: list[str], **more: Any) -> tuple[dict[str, Any], str]:
            if argv[0] == "nwipe":
                raise KeyboardInterrupt
            return super().run(argv, **more)

    disk = agent.Disk("sda", str(tmp_path))
    disk.kind = "hdd"
    row = agent.wipe(disk, Stopped())
    assert (row["outcome"], row["reasons"][0]) == ("failed", "aborted")


def test_a_path_that_names_another_disk_is_not_wiped(agent: Any, tmp_path: Path) -> None:
    make_disk(tmp_path, "sda")
    disk = agent.Disk("sda", str(tmp_path))
    assert agent.same_disk(disk, str(tmp_path))
    (tmp_path / "devices" / "pci0" / "block" / "sda" / "device" / "serial").write_text("ANOTHER")
    assert not agent.same_disk(disk, str(tmp_path))


@pytest.mark.parametrize(
    ("found", "row", "verdict"),
    [
        ({"smart_status": {"passed": True}}, {"status": "ok", "exit": 0}, ("ok", [])),
        ({"smart_status": {"passed": False}}, {"status": "ok", "exit": 24}, ("failed", ["smart-failed"])),
        (
            {
                "smart_status": {"passed": True},
                "ata_smart_attributes": {"table": [{"id": 5, "name": "Reallocated_Sector_Ct", "raw": {"value": 12}}]},
            },
            {"status": "ok", "exit": 0},
            ("warning", ["Reallocated_Sector_Ct: 12"]),
        ),
        (
            {"smart_status": {"passed": True}, "nvme_smart_health_information_log": {"percentage_used": 97}},
            {"status": "ok", "exit": 0},
            ("warning", ["percentage_used: 97"]),
        ),
        ({}, {"status": "failed", "exit": 1}, ("unknown", ["no-verdict"])),
        (None, {"status": "absent", "exit": None}, ("unknown", ["absent"])),
        ({}, {"status": "refused", "exit": 2}, ("unknown", ["refused"])),
    ],
)
def test_the_verdict_of_a_disk_has_its_reason(agent: Any, found: Any, row: Any, verdict: Any) -> None:
    assert agent.smart_verdict(found, row) == verdict


def test_the_locks_of_the_firmware_are_told(agent: Any, tmp_path: Path) -> None:
    base = tmp_path / "class" / "firmware-attributes" / "thinklmi"
    for kind, on in (("Admin", "1"), ("System", "0")):
        (base / "authentication" / kind).mkdir(parents=True)
        (base / "authentication" / kind / "is_enabled").write_text(on)
    for name, value in (
        ("AbsolutePersistenceModuleActivation", "Enable"),
        ("AMTControl", "Disable"),
        ("WakeOnLAN", "Enable"),
    ):
        (base / "attributes" / name).mkdir(parents=True)
        (base / "attributes" / name / "current_value").write_text(value)
    (tmp_path / "class" / "tpm" / "tpm0").mkdir(parents=True)
    (tmp_path / "class" / "tpm" / "tpm0" / "tpm_version_major").write_text("2")
    efivars = tmp_path / "firmware" / "efi" / "efivars"
    efivars.mkdir(parents=True)
    (efivars / "SecureBoot-8be4df61").write_bytes(b"\x06\0\0\0\x01")
    found = agent.firmware(str(tmp_path))
    assert (found["secure_boot"], found["tpm"], found["boot"]) == (True, {"present": True, "version": "2"}, "efi")
    assert [(row["lock"], row["enabled"]) for row in found["locks"]] == [("Admin", True), ("System", False)]
    assert (found["absolute"], found["amt"]) == ("active", "inactive")
    empty = agent.firmware(str(tmp_path / "nothing"))
    assert (empty["absolute"], empty["amt"], empty["locks_readable"]) == (None, None, False), "nobody knows"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("Enabled", "active"),
        ("Permanently Disabled", "inactive"),
        ("Inactive", "inactive"),
        ("", None),
        ("Reset", None),
    ],
)
def test_what_an_attribute_says_of_absolute(agent: Any, value: str, told: str | None) -> None:
    assert agent.worst(None, value) == told
    assert agent.worst("active", value) == "active"


def test_the_bios_table_of_passwords(agent: Any) -> None:
    text = "Hardware Security\n\tPower-On Password Status: Disabled\n\tAdministrator Password Status: Enabled\n"
    assert [(row["lock"], row["enabled"]) for row in agent.locks_of_dmi(text)] == [
        ("power-on", False),
        ("administrator", True),
    ]
    assert agent.locks_of_dmi("\tPower-On Password Status: Not Implemented\n") == []


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("R4900001208", "R4900001208"),
        ("r 4900 0012 08", "R4900001208"),
        ("R'çàààà&éàè", None),
        ("R'çàààà&éà_", "R4900001208"),
        ("R4900001209", None),
        ("D4900001208", None),
        ("", None),
    ],
)
def test_the_label_is_read_as_it_was_scanned(agent: Any, typed: str, code: str | None) -> None:
    assert agent.read_label(typed) == code


def test_the_label_is_asked_until_it_reads_well(agent: Any) -> None:
    answers = iter(["R4900001209", "R4900001208"])
    assert agent.ask_label(lambda _question: next(answers)) == "R4900001208"
    assert agent.ask_label(lambda _question: "") is None


def test_a_question_is_answered_at_the_terminal_or_from_a_telephone(agent: Any) -> None:
    told: list[str | None] = []

    def phone(question: str | None) -> str | None:
        told.append(question)
        return "failed" if question == "camera" else None

    def ask(_question: str, elsewhere: Any) -> str:
        return elsewhere() or "o"

    quiet = Scripted()
    answers = agent.guided_tests(quiet, {"keyboard", "camera", "wifi"}, ask, phone)
    assert answers == {"keyboard": "ok", "camera": "failed", "wifi": "ok"}
    assert told == ["keyboard", "camera", "wifi", None]
    assert agent.guided_tests(quiet, {"keyboard"}, lambda *_: "p") == {"keyboard": "not_tested"}


def test_the_terminal_hears_the_telephone_and_the_keyboard(agent: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading) as keyboard, os.fdopen(writing, "w") as hand:
        monkeypatch.setattr(agent.sys, "stdin", keyboard)
        assert agent.ask_terminal("?", lambda: "ok") == "", "nobody sits at a terminal"
        monkeypatch.setattr(agent.sys, "stdin", Sitting(keyboard))
        answers = iter([None, None, "failed"])
        assert agent.ask_terminal("?", lambda: next(answers), every=0.01) == "failed"
        hand.write("o\n")
        hand.flush()
        assert agent.ask_terminal("?", lambda: None, every=30) == "o"


class Sitting:
    """A keyboard somebody sits at."""

    def __init__(self, file: Any) -> None:
        self.file = file

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return int(self.file.fileno())

    def readline(self) -> str:
        return str(self.file.readline())


def test_a_copy_is_seen_on_the_stick_itself(agent: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def seen(code: str) -> dict[str, Any]:
        report = {
            "refurb_agent": {"report": "r"}, "code": code, "lshw": {}, "systems": [{"machine_id_sha256": "a" * 64}],
        }  # fmt: skip
        agent.remember_system(report, str(tmp_path))
        return report

    assert "copy_of" not in seen("R4900001208")["systems"][0]
    assert "copy_of" not in seen("R4900001208")["systems"][0]
    assert seen("R4900001305")["systems"][0]["copy_of"] == "R4900001208"
    assert "R4900001208" in capsys.readouterr().out


def test_it_is_written_for_python_3_8() -> None:
    """Its grammar, and names of the library that came later; the lines are run by the interpreter at hand."""
    import ast

    tree = ast.parse(AGENT.read_text(), feature_version=(3, 8))
    later = {"removeprefix", "removesuffix", "zoneinfo", "tomllib", "graphlib", "batched", "pairwise"}
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    imports = {
        alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    assert not (names | imports) & later
    assert imports <= sys.stdlib_module_names


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
    for row in report["commands"]:
        if row["status"] != "absent":
            assert row["version"], row
            assert isinstance(row["exit"], int), row
            assert row["seconds"] >= 0
    assert all(disk["smart"]["verdict"] in ("ok", "warning", "failed", "unknown") for disk in report["disks"])
    live = [disk for disk in report["disks"] if disk["guarded"] == "live"]
    assert live or not report["disks"], "the disk this runs from is guarded"
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
