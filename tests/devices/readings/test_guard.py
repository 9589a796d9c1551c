"""Whatever the bytes, a reading or `Unreadable`: cut, mutated, nested, huge, in another encoding."""

from __future__ import annotations

import gzip
import json
import pkgutil
import sys
import types
import zlib
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from refurb.devices import readings
from refurb.devices.readings import document
from refurb.devices.readings.document import Document
from refurb.devices.readings.reading import Reading, Unreadable
from refurb.devices.readings.registry import Format, formats, read, recognise
from refurb.devices.readings.summary import as_json
from tests.devices.readings.makers import as_bytes, inventory_xml, lshw_tree, nwipe_log, smart, snapshot

REPORTS = {
    "lshw": as_bytes(lshw_tree()),
    "smartctl": as_bytes(smart()),
    "nwipe": nwipe_log(("/dev/sda", "ATA", "Disk", "S1")).encode(),
    "fusioninventory": inventory_xml(),
    "ocs": inventory_xml("OCS-NG_unified_unix_agent_v2.10"),
    "glpi": as_bytes(
        {"action": "inventory", "deviceid": "a", "content": {"versionclient": "GLPI-Agent_v1.4", "bios": {"ssn": "X"}}}
    ),
    "workbench": as_bytes(snapshot()),
}


def attempt(raw: bytes) -> Reading | str:
    """Read, and check that what is read can be written; the code of an Unreadable is as good an answer."""
    try:
        found = read(raw)
    except Unreadable as refusal:
        return refusal.code
    json.dumps(as_json(found), allow_nan=False).encode()
    return found


@pytest.mark.parametrize("name", REPORTS)
def test_each_format_knows_its_own_and_only_its_own(name: str) -> None:
    knows = [candidate.name for candidate in formats() if candidate.recognises(Document(REPORTS[name]))]
    assert knows == [name]


@settings(deadline=None)
@given(name=st.sampled_from(sorted(REPORTS)), share=st.floats(0, 1))
def test_a_report_cut_anywhere(name: str, share: float) -> None:
    raw = REPORTS[name]
    attempt(raw[: int(len(raw) * share)])


@settings(max_examples=200, deadline=None)
@given(
    name=st.sampled_from(sorted(REPORTS)),
    at=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=40),
)
def test_a_report_with_changed_bytes(name: str, at: list[tuple[float, int]]) -> None:
    raw = bytearray(REPORTS[name])
    for share, value in at:
        raw[min(int(share * len(raw)), len(raw) - 1)] = value
    attempt(bytes(raw))


@settings(deadline=None)
@given(st.binary(max_size=4000))
@example(b"\x78\x9c")
@example(b"\xff\xfe")
@example(b"[2026/01/01 00:00:00] notice: nwipe")
@example(b"<REQUEST>")
def test_any_bytes(raw: bytes) -> None:
    attempt(raw)


ODD = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=20),
        st.sampled_from([10**30, -(10**4), "1e999", "٣", "\ud800"]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=6,
)


@st.composite
def twisted(draw: st.DrawFn) -> Any:
    """A real report with a value anywhere in it replaced by something odd."""
    top = json.loads(REPORTS[draw(st.sampled_from(["lshw", "smartctl", "glpi", "workbench"]))])
    for _ in range(draw(st.integers(1, 4))):
        node: Any = top
        while isinstance(node, dict | list) and node:
            key: Any = (
                draw(st.sampled_from(sorted(node))) if isinstance(node, dict) else draw(st.integers(0, len(node) - 1))
            )
            if draw(st.booleans()) or not isinstance(node[key], dict | list):
                node[key] = draw(ODD)
                break
            node = node[key]
    return top


@settings(max_examples=200, deadline=None)
@given(twisted())
def test_a_report_with_odd_values(top: Any) -> None:
    attempt(json.dumps(top).encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "empty"),
        (b" \n\0 ", "empty"),
        (b"[" * 100_000, "truncated"),
        (b"[" * 100_000 + b"]" * 100_000, "unknown-format"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4, "unknown-format"),
        (b"PK\x03\x04" + b"\0" * 200, "unknown-format"),
        (REPORTS["lshw"][:-200], "truncated"),
        (zlib.compress(REPORTS["fusioninventory"])[:-30], "truncated"),
        (zlib.compress(b"x" * 100)[:-4] + b"oops", "broken-compression"),
        (b"Une lettre, et rien d'autre.", "unknown-format"),
    ],
)
def test_why_it_cannot_be_read(raw: bytes, code: str) -> None:
    assert attempt(raw) == code


def test_one_mad_number_does_not_lose_the_report() -> None:
    tree = as_bytes(lshw_tree()).replace(b"240057409536", b"9" * 10_000)
    found = attempt(tree)
    assert isinstance(found, Reading)
    assert (found.serial, found.media and found.media[0].size_gb) == ("FAB7K2M9Q1", None)


def test_deep_trees_are_refused_before_they_are_walked() -> None:
    tree: dict[str, Any] = {"class": "system", "id": "top"}
    for _ in range(document.MAX_DEPTH + 10):
        tree = {"class": "bus", "id": "core", "children": [tree]}
    assert attempt(as_bytes(tree)) == "unknown-format"


@pytest.mark.parametrize("pack", [zlib.compress, gzip.compress])
def test_a_bomb_stops_at_the_size_of_a_report(pack: Any) -> None:
    assert attempt(pack(b"\0" * (document.MAX_BYTES + 10))) == "too-large"


def test_a_file_of_fifty_megabytes_is_too_large() -> None:
    assert attempt(b"{" * 50_000_000) == "too-large"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_the_encodings_that_windows_gives_a_file(encoding: str) -> None:
    assert attempt(REPORTS["lshw"].decode().encode(encoding)) == read(REPORTS["lshw"])


def test_what_lshw_warns_of_around_its_output() -> None:
    warned = (
        b"WARNING: you should run this program as super-user.\n"
        + REPORTS["lshw"]
        + b"\nWARNING: output may be incomplete.\n"
    )
    assert attempt(warned) == read(REPORTS["lshw"])


def test_western_bytes_in_an_inventory_that_says_utf8() -> None:
    found = read(inventory_xml(BIOS="<SMODEL>Modèle</SMODEL>").replace("è".encode(), b"\xe8"))
    assert found.model == "Modèle"


def test_adding_a_format_is_adding_one_module(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("refurb.devices.readings.made_up")
    module.FORMAT = Format("made-up", lambda found: found.text == "made up", lambda _: Reading("made-up"))  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    listed = list(pkgutil.iter_modules(readings.__path__))
    monkeypatch.setattr(pkgutil, "iter_modules", lambda _: [*listed, types.SimpleNamespace(name="made_up")])
    formats.cache_clear()
    try:
        assert recognise(Document(b"made up")) is module.FORMAT
        assert read(b"made up").format == "made-up"
    finally:
        formats.cache_clear()
