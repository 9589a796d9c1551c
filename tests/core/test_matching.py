"""Whether a device suits a need: against an oracle written from the rules, and against the checker when it is there."""

import importlib.util
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refurb.core import matching

Row = dict[str, Any]

EPCI = {"49007": "ALM", "49015": "ALM", "49099": "CHO", "44003": "ANC"}
FORMS = ["laptop", "desktop", "all_in_one", "tablet", "smartphone"]
MODES = ["gift", "loan", "solidarity_sale"]


def place(commune: str) -> Row:
    return {"commune": commune, "epci": EPCI[commune], "departement": commune[:2]}


@st.composite
def devices(draw: st.DrawFn, number: int = 0) -> Row:
    return {
        "id": f"d{number}",
        "form": draw(st.sampled_from(FORMS)),
        "model": draw(st.sampled_from(["A", "B", None])),
        "charger": draw(st.sampled_from(["usb-c", None])),
        "class": draw(st.integers(0, 5)),
        "ram_gb": draw(st.sampled_from([4, 8, 16])),
        "storage_gb": draw(st.sampled_from([0, 120, 240, 512])),
        "screen_in": draw(st.sampled_from([None, 13.3, 15.6, 22])),
        "webcam": draw(st.sampled_from([True, False, None])),
        "battery_pct": draw(st.sampled_from([None, 0, 59, 60, 90])),
        "os": draw(st.sampled_from(["linux", "windows"])),
        "modes": draw(st.lists(st.sampled_from(MODES), unique=True)),
        "recipients": draw(st.lists(st.sampled_from(["household", "structure"]), unique=True)),
        **place(draw(st.sampled_from(sorted(EPCI)))),
        "reach": draw(st.none() | st.lists(st.sampled_from(["ALM", "CHO", "ANC"]), unique=True)),
        "in_stock_since": draw(st.sampled_from(["2026-10-01", "2026-11-01"])),
    }


@st.composite
def needs(draw: st.DrawFn, number: int = 0) -> Row:
    asked = {
        "class": st.integers(0, 4),
        "ram_gb": st.sampled_from([4, 8, 16]),
        "storage_gb": st.sampled_from([0, 120, 240]),
        "screen_in": st.sampled_from([13.3, 17]),
        "webcam": st.booleans(),
        "battery_pct": st.sampled_from([0, 60, 70]),
    }
    return {
        "id": f"n{number}",
        "forms": draw(st.lists(st.sampled_from(FORMS), min_size=1, unique=True)),
        "min": {key: draw(st.none() | asked[key]) for key in draw(st.sets(st.sampled_from(sorted(asked))))},
        "os": draw(st.sampled_from(["any", "linux", "windows"])),
        "modes": draw(st.lists(st.sampled_from(MODES), min_size=1, unique=True)),
        "recipient": draw(st.sampled_from(["household", "structure"])),
        **place(draw(st.sampled_from(sorted(EPCI)))),
        "prescriber": "p1",
        "points": draw(st.integers(1, 3)),
        "validated_on": draw(st.sampled_from(["2026-10-02", "2026-11-02"])),
        "bundle": None,
    }


def lists(maker: Callable[[int], st.SearchStrategy[Row]]) -> st.SearchStrategy[list[Row]]:
    return st.integers(0, 6).flatmap(lambda count: st.tuples(*(maker(i) for i in range(count))).map(list))


def oracle(device: Row, need: Row) -> set[str]:
    """The rule as the contract tells it, one sentence a line."""
    asked = {name: value for name, value in need["min"].items() if value is not None}
    holds = {
        "forms": device["form"] in need["forms"],
        "class": "class" not in asked or device["class"] >= asked["class"],
        "ram_gb": "ram_gb" not in asked or device["ram_gb"] >= asked["ram_gb"],
        "storage_gb": "storage_gb" not in asked or device["storage_gb"] >= asked["storage_gb"],
        "screen_in": "screen_in" not in asked or (device["screen_in"] or -1) >= asked["screen_in"],
        "webcam": not asked.get("webcam") or device["webcam"] is True,
        "battery_pct": "battery_pct" not in asked
        or device["battery_pct"] is None
        or device["battery_pct"] >= asked["battery_pct"],
        "os": need["os"] == "any" or need["os"] == device["os"],
        "modes": any(name in device["modes"] for name in need["modes"]),
        "recipient": need["recipient"] in device["recipients"],
        "reach": device["reach"] is None or need["epci"] in device["reach"],
    }
    return {name for name, held in holds.items() if not held}


@settings(max_examples=400)
@given(devices(), needs())
def test_failing_is_the_rule(device: Row, need: Row) -> None:
    assert matching.failing(device, need) == oracle(device, need)


@given(devices(), needs())
def test_gaps_tell_every_failure_once(device: Row, need: Row) -> None:
    gaps = matching.gaps(device, need)
    assert [gap.criterion for gap in gaps] == [
        name for name in (*matching.CRITERIA, "recipient") if name in oracle(device, need)
    ]


@settings(max_examples=60)
@given(lists(devices), needs())
def test_the_stock_is_cut_in_two(stock: list[Row], need: Row) -> None:
    good, bad = matching.suitable(stock, need), matching.unsuitable(stock, need)
    assert sorted([row.device["id"] for row in good] + [row.device["id"] for row in bad]) == [d["id"] for d in stock]
    assert all(not oracle(dict(row.device), need) for row in good)
    keys = [(row.fit, row.device["in_stock_since"], row.device["id"]) for row in good]
    assert keys == sorted(keys)
    assert all(row.mode == next(name for name in need["modes"] if name in row.device["modes"]) for row in good)
    assert [len(row.gaps) for row in bad] == sorted(len(row.gaps) for row in bad)
    alone = [next(iter(fails)) for d in stock if len(fails := oracle(d, need)) == 1 and fails != {"recipient"}]
    assert matching.relaxations(stock, need) == {name: alone.count(name) for name in matching.CRITERIA if name in alone}


@settings(max_examples=60)
@given(devices(), lists(needs))
def test_a_machine_s_needs_come_by_points_then_date(device: Row, waiting: list[Row]) -> None:
    rows = matching.wanting(device, waiting)
    assert {row.need["id"] for row in rows} == {n["id"] for n in waiting if not oracle(device, n)}
    keys = [(-row.need["points"], row.need["validated_on"]) for row in rows]
    assert keys == sorted(keys)


def test_the_order_of_the_lists_changes_nothing() -> None:
    make = {"form": "laptop", "ram_gb": 8, "storage_gb": 240, "screen_in": 14, "webcam": True, "battery_pct": 80}
    here = {**make, "os": "linux", "modes": MODES, "recipients": ["household"], "reach": None, **place("49007")}
    stock = [
        {**here, "id": "strong", "class": 4, "in_stock_since": "2026-01-01"},
        {**here, "id": "old", "class": 2, "in_stock_since": "2026-01-01"},
        {**here, "id": "new", "class": 2, "in_stock_since": "2026-02-01"},
        {**here, "id": "far", "class": 2, "in_stock_since": "2025-01-01", **place("49099")},
    ]
    need = {
        "id": "n",
        "forms": ["laptop"],
        "min": {"class": 2},
        "os": "any",
        "modes": ["loan", "gift"],
        "recipient": "household",
        "prescriber": "p",
        "points": 1,
        "validated_on": "2026-11-01",
        "bundle": None,
        **place("49007"),
    }
    order = ["old", "new", "far", "strong"]
    assert [row.device["id"] for row in matching.suitable(stock, need)] == order
    assert [row.device["id"] for row in matching.suitable(stock[::-1], need)] == order
    first = matching.suitable(stock, need)[0]
    assert (first.fit, first.band, first.mode) == (0, 0, "loan")
    assert matching.band(stock[3], need) == 2


def test_shares_go_from_the_widest_to_the_narrowest() -> None:
    need = {"recipient": "household", "epci": "ALM", "prescriber": "p1"}
    assert matching.shares(need) == ("household", "household/epci:ALM", "household/epci:ALM/prescriber:p1")


#: The folder of the matching contract; where it is not given there is nothing to compare with.
if contract := os.environ.get("REFURB_MATCHING"):
    SCENARIOS = [path for path in sorted(Path(contract, "examples").glob("*.json")) if ".best" not in path.suffixes]

    @pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
    def test_the_checker_agrees(path: Path) -> None:
        spec = importlib.util.spec_from_file_location("check_plan", Path(str(contract), "check_plan.py"))
        assert spec is not None
        assert spec.loader is not None
        checker = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(checker)
        scenario = json.loads(path.read_text())
        for need in scenario["needs"][:300]:
            for device in scenario["devices"][:300]:
                assert matching.failing(device, need) == checker.failing(device, need)
                assert matching.band(device, need) == checker.band(device, need)
            assert matching.shares(need) == checker.shares(need)
