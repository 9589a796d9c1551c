"""How the agent wipes a disk, and what it says of what it did."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from refurb.core.media import Outcome
from refurb.devices.readings import registry
from tests.agent.hands import Scripted, make_disk

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
