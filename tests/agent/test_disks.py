"""The disks that the agent finds: which may be wiped, what they hide, how they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.agent.hands import make_disk


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


def test_a_path_that_names_another_disk_is_not_wiped(agent: Any, tmp_path: Path) -> None:
    make_disk(tmp_path, "sda")
    disk = agent.Disk("sda", str(tmp_path))
    assert agent.same_disk(disk, str(tmp_path))
    (tmp_path / "devices" / "pci0" / "block" / "sda" / "device" / "serial").write_text("ANOTHER")
    assert not agent.same_disk(disk, str(tmp_path))


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
