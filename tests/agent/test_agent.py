"""The agent: one file of the standard library, what it finds of a machine, and run here for real."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from refurb.devices.readings import registry
from tests.agent.hands import AGENT


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
