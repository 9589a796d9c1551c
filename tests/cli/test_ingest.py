"""`refurb ingest --dry-run --json`: a JSON list with every key, and exit code 1 after all files were tried."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

from refurb.cli.ingest import ingest
from refurb.devices.readings.opened import Opened
from tests.devices.readings.makers import as_bytes, inventory_xml, lshw_tree, nwipe_log, smart

if TYPE_CHECKING:
    from flask import Flask

    from refurb.db import Session
    from refurb.devices.models import Device

KEYS = [
    "file",
    "format",
    "form",
    "manufacturer",
    "model",
    "serial",
    "serial_trusted",
    "cpu",
    "ram_gb",
    "media",
    "batteries",
    "screen_in",
    "webcam",
    "wifi",
    "gpu",
    "wipes",
    "profiles",
    "missing",
    "warnings",
]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(ingest, ["--dry-run", *map(str, arguments)])


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    contents = {
        "lshw.json": as_bytes(lshw_tree()),
        "disk.json": as_bytes(smart()),
        "wipe.log": nwipe_log(("/dev/sda", "ATA", "Disk", "S1")).encode(),
        "agent.xml": inventory_xml(),
        "letter.txt": b"Bonjour.",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    return {name: tmp_path / name for name in contents}


def test_a_list_in_the_order_given_with_every_key(files: dict[str, Path]) -> None:
    wanted = [files[name] for name in ("wipe.log", "lshw.json", "agent.xml", "disk.json")]
    result = run("--json", *wanted)
    found: list[dict[str, Any]] = json.loads(result.output)
    assert result.exit_code == 0
    assert [item["file"] for item in found] == [str(path) for path in wanted]
    assert [item["format"] for item in found] == ["nwipe", "lshw", "fusioninventory", "smartctl"]
    assert all(list(item) == KEYS for item in found)


def test_the_types_of_a_machine(files: dict[str, Path]) -> None:
    (machine,) = json.loads(run("--json", files["lshw.json"]).output)
    assert machine["cpu"] == {"model": "Intel Core i5-8250U", "cores": 4, "class": 3}
    assert machine["media"] == [
        {"type": "ssd", "model": "Crucial_CT240BX5", "serial": "1927E2000001", "size_gb": 240, "health": None}
    ]
    assert machine["batteries"] == [{"health_pct": None, "cycles": None}]
    assert machine["profiles"] == ["P0", "P1"]
    assert {"profile": "P2", "criterion": "battery_pct", "have": None, "need": 60} in machine["missing"]


def test_the_wipes(files: dict[str, Path]) -> None:
    (log,) = json.loads(run("--json", files["wipe.log"]).output)
    assert log["wipes"] == [
        {"device": "/dev/sda", "model": "Disk", "serial": "S1", "method": "PRNG Stream", "outcome": "ok"}
    ]
    assert (log["profiles"], log["missing"], log["cpu"], log["form"]) == ([], [], None, None)


def test_one_unreadable_file_is_said_and_the_others_are_read(files: dict[str, Path]) -> None:
    result = run("--json", files["letter.txt"], files["letter.txt"].with_name("absent"), files["lshw.json"])
    found = json.loads(result.output)
    assert result.exit_code == 1
    assert [item["format"] for item in found] == ["unreadable", "unreadable", "lshw"]
    assert [item["warnings"] for item in found[:2]] == [["unknown-format"], ["not-found"]]
    assert list(found[0]) == KEYS
    assert found[0]["serial"] is None


def test_a_person_reads_a_paragraph_a_file(files: dict[str, Path]) -> None:
    result = run(files["lshw.json"], files["wipe.log"], files["letter.txt"])
    assert "Intel Core i5-8250U" in result.output
    assert "PRNG Stream" in result.output
    assert "unreadable" in result.output


def test_a_folder_is_every_file_in_it(files: dict[str, Path]) -> None:
    found = json.loads(run("--json", files["lshw.json"].parent).output)
    assert len(found) == len(files)


def test_a_stick_is_given_whole(files: dict[str, Path]) -> None:
    folder = files["lshw.json"].parent
    for name in ("banc/2026/again.json", ".Trash-1000/old.json", "banc/.DS_Store"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(as_bytes(lshw_tree()))
    found = [Path(item["file"]).name for item in json.loads(run("--json", folder).output)]
    assert sorted(found) == sorted([*files, "again.json"])


# -- With a database


@pytest.mark.usefixtures("house")
def test_a_file_too_large_to_read_is_kept_whole(tmp_path: Path, session: Session) -> None:
    import sqlalchemy as sa

    from refurb.blobs import Blob

    path = tmp_path / "large.json"
    path.write_bytes(b"{" * 26_000_000)
    result = CliRunner().invoke(ingest, ["--json", str(path)])
    assert [(item["format"], item["warnings"]) for item in json.loads(result.output)] == [("unreadable", ["too-large"])]
    assert session.scalars(sa.select(Blob.size)).all() == [26_000_000]


@pytest.fixture
def house(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the command work on the test's application."""
    from refurb.cli import application

    monkeypatch.setattr(application, "load_app", lambda: app)


@pytest.mark.usefixtures("house")
def test_files_are_kept_taken_and_told(
    files: dict[str, Path], session: Session, make_device: Callable[..., Device]
) -> None:
    device = make_device(maker="Fabricant SA", serial="FAB7K2M9Q1")
    command = ["--json", str(files["lshw.json"]), str(files["letter.txt"])]
    result = CliRunner().invoke(ingest, command)
    found = json.loads(result.output)
    assert result.exit_code == 1
    assert [(item["format"], item["machine"], item["known"]) for item in found] == [
        ("lshw", device.code, False),
        ("unreadable", None, False),
    ]
    again = json.loads(CliRunner().invoke(ingest, command).output)
    assert [item["known"] for item in again] == [True, True]
    assert [item["report"] for item in again] == [item["report"] for item in found]


@pytest.mark.usefixtures("house")
def test_again_reads_what_could_not_be_read(files: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    from refurb.devices import reports

    def refuse(raw: bytes) -> Opened:
        return Opened(None, "unknown-format", raw)

    with monkeypatch.context() as older:
        older.setattr(reports, "opened", refuse)
        assert CliRunner().invoke(ingest, [str(files["lshw.json"])]).exit_code == 1
    result = CliRunner().invoke(ingest, ["--again", "--json"])
    assert result.exit_code == 0
    assert [item["format"] for item in json.loads(result.output)] == ["lshw"]
    assert json.loads(CliRunner().invoke(ingest, ["--again", "--json"]).output) == []


@pytest.mark.parametrize("arguments", [[], ["--again", "file"], ["--again", "--dry-run"]])
def test_a_command_line_that_means_nothing(arguments: list[str]) -> None:
    assert CliRunner().invoke(ingest, arguments).exit_code == 2
