"""Whatever is posted, by whichever door: no 500, and the bytes are kept. The same inputs at each run."""

from __future__ import annotations

import hashlib
import json
import urllib.parse
import zlib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.devices.readings.makers import as_bytes, inventory_xml, lshw_tree, smart
from tests.devices.readings.test_guard import REPORTS, twisted

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

    from refurb.db import Session

DOORS = ("/api/v1/reports", "/inventory", "/api/v1/snapshot/")
CHEAP = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def offered(client: FlaskClient, session: Session, bearer: dict[str, str], door: str, raw: bytes) -> int:
    """Post, and check that the answer is ours and that the report of these bytes is there, with what it keeps."""
    import sqlalchemy as sa

    from refurb import blobs
    from refurb.devices.models import Report

    answer = client.post(door, data=raw, headers=bearer)
    assert answer.status_code < 500, (door, raw[:200], answer.data)
    if answer.status_code in (200, 201):
        name = hashlib.sha256(raw).hexdigest()
        report = session.scalars(sa.select(Report).where(Report.raw_sha256 == name)).one_or_none()
        greeting = report is None and door == "/inventory" and b"contact" in raw
        assert greeting or report is not None, raw[:200]
        if report is not None:
            kept = blobs.get(session, report.kept_sha256)
            assert report.format != "unreadable" or kept == raw
            json.dumps(report.reading, allow_nan=False)
    return answer.status_code


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A report cut, changed here and there, in another encoding, packed, or with odd values in it."""
    if draw(st.booleans()):
        raw = json.dumps(draw(twisted())).encode("utf-8", "surrogatepass")
    else:
        raw = REPORTS[draw(st.sampled_from(sorted(REPORTS)))]
        encoding = draw(st.sampled_from(["utf-8", "utf-16", "utf-16-be", "cp1252", "utf-32", "cp500"]))
        raw = raw.decode().encode(encoding, "replace")
    if draw(st.booleans()):
        raw = raw[: draw(st.integers(1, len(raw)))]
    changed = bytearray(raw)
    for share, value in draw(st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), max_size=8)):
        changed[int(share * len(changed))] = value
    return zlib.compress(bytes(changed)) if draw(st.booleans()) else bytes(changed)


@CHEAP
@given(raw=damaged(), door=st.sampled_from(DOORS))
def test_a_damaged_report(client: FlaskClient, session: Session, bearer: dict[str, str], raw: bytes, door: str) -> None:
    offered(client, session, bearer, door, raw)


@CHEAP
@given(raw=st.binary(min_size=1, max_size=600), door=st.sampled_from(DOORS))
@example(b"\x78\x9c", DOORS[1])
@example(b"\x1f\x8b\x08\x00", DOORS[1])
@example(b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><REQUEST><QUERY>&b;</QUERY></REQUEST>", DOORS[1])
def test_any_bytes(client: FlaskClient, session: Session, bearer: dict[str, str], raw: bytes, door: str) -> None:
    offered(client, session, bearer, door, raw)


LONG = "L" * 5000
HAND_MADE: dict[str, Any] = {
    "an array, deep": b"[" * 200_000,
    "an array, deep and whole": b"[" * 200_000 + b"]" * 200_000,
    "objects, deep": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "XML, deep": b"<REQUEST>" + b"<A>" * 100_000,
    "wide": b"[" + b"1," * 500_000 + b"1]",
    "a number of 20,000 digits": as_bytes(lshw_tree()).replace(b"240057409536", b"9" * 20_000),
    "memory beyond all": as_bytes(lshw_tree(banks=[{"id": "bank:0", "class": "memory", "size": 10**30}])),
    "cores beyond all": as_bytes(lshw_tree()).replace(b'"cores": "4"', b'"cores": "99999999999999999999"'),
    "a disk beyond all": inventory_xml(STORAGES=f"<NAME>sda</NAME><MODEL>D</MODEL><DISKSIZE>{10**17}</DISKSIZE>"),
    "a battery beyond all": inventory_xml(
        BATTERIES="<NAME>B</NAME><CAPACITY>1</CAPACITY><REAL_CAPACITY>999999999999</REAL_CAPACITY>"
    ),
    "infinite": as_bytes(lshw_tree()).replace(b"240057409536", b"1e999"),
    "not a number": as_bytes(lshw_tree()).replace(b"240057409536", b"NaN"),
    "long names": as_bytes(lshw_tree(vendor=LONG, product=LONG, serial=LONG)),
    "a long serial of a disk": as_bytes(smart(serial_number=LONG + "7", model_name=LONG)),
    "NUL in every text": as_bytes(lshw_tree(vendor="F\0b", product="M\0", serial="FAB\0123")),
    "half a surrogate": b'{"id": "x", "class": "system", "vendor": "\\ud800", "serial": "\\udfff77A1"}',
    "NUL bytes": b"\0" * 5000,
    "a bomb": zlib.compress(b"\0" * 60_000_000),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", HAND_MADE)
def test_made_by_hand(client: FlaskClient, session: Session, bearer: dict[str, str], door: str, name: str) -> None:
    assert offered(client, session, bearer, door, HAND_MADE[name]) in (200, 201)


@pytest.mark.parametrize("name", HAND_MADE)
def test_made_by_hand_for_a_machine_that_is_known(
    client: FlaskClient, session: Session, bearer: dict[str, str], make_device: Any, workshop: Any, name: str
) -> None:
    """What is read of it is written on the machine too, where columns have their bounds."""
    device = make_device(holder=workshop, maker=None, serial=None)
    door = f"/api/v1/reports?code={device.code}"
    assert offered(client, session, bearer, door, HAND_MADE[name]) in (200, 201)
    session.refresh(device)
    assert device.code


@pytest.mark.parametrize(
    "name", ["", "..", "a\0b", "\u202egnp.exe", "x" * 5000, "/etc/passwd", "C:\\a\\b.json", "é\ud800", "\r\nX: y"]
)
def test_the_name_of_a_file_is_only_a_name(
    client: FlaskClient, session: Session, bearer: dict[str, str], name: str, app: Flask
) -> None:
    import sqlalchemy as sa

    from refurb.devices.models import Report

    asked = urllib.parse.quote(name.encode("utf-8", "surrogatepass"))
    answer = client.post(
        f"/api/v1/reports?filename={asked}", data=b"x" + name.encode("utf-8", "replace"), headers=bearer
    )
    assert answer.status_code == 201
    kept = session.scalars(sa.select(Report.file_name)).one()
    assert kept is None or (len(kept) <= 200 and not set(kept) & set("\0\r\n/\\\u202e"))
