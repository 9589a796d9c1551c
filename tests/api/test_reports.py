"""POST /api/v1/reports: a station's token, upload-only; problems as JSON; the same bytes twice are one report."""

from __future__ import annotations

import io
import re
import threading
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from tests.devices.readings.makers import as_bytes, inventory_xml, lshw_tree, nwipe_log

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

    from refurb.accounts.models import StationToken
    from refurb.db import Session
    from refurb.devices.models import Device
    from refurb.organisations.models import Organisation

ADDRESS = "/api/v1/reports"
LSHW = as_bytes(lshw_tree(vendor="Fabricant"))
#: What a header may hold that is no token of ours.
WRONG = [
    pytest.param(None, id="none"),
    pytest.param("", id="empty"),
    pytest.param("Bearer", id="scheme alone"),
    pytest.param("Bearer  \t ", id="blanks"),
    pytest.param("Bearer ''", id="quotes"),
    pytest.param("Bearer wrong", id="wrong"),
    pytest.param("bearer wrong wrong", id="two words"),
    pytest.param("Bearer " + "x" * 10_000, id="10 kB"),
    pytest.param("Bearer é\u00ff", id="western"),
    pytest.param("Bearer " + "Éloïse €".encode().decode("latin-1"), id="utf-8"),
    pytest.param("Basic dXNlcjpwYXNz", id="Basic, wrong"),
    pytest.param("Basic Og==", id="Basic, empty"),
    pytest.param("Basic !!!", id="Basic, no base 64"),
    pytest.param("Basic " + "//79", id="Basic, no text"),
    pytest.param("Basic " + "QUFB" * 3000, id="Basic, 12 kB"),
    pytest.param("Token x", id="another scheme"),
    pytest.param('Digest username="a", response="b"', id="Digest"),
]


@pytest.fixture
def laptop(make_device: Callable[..., Device], workshop: Organisation) -> Device:
    return make_device(holder=workshop, maker="Fabricant", serial="FAB7K2M9Q1")


def test_a_report_is_taken_and_told(client: FlaskClient, bearer: dict[str, str], laptop: Device) -> None:
    answer = client.post(ADDRESS, data=LSHW, headers=bearer, content_type="application/json")
    assert answer.status_code == 201
    assert answer.json is not None
    assert answer.json["format"] == "lshw"
    assert answer.json["device"] == laptop.code
    assert answer.json["doubt"] is None


@pytest.mark.parametrize(
    ("raw", "kind", "format_"),
    [
        (nwipe_log(("/dev/sda", "ATA", "Disk", "S1")).encode(), "text/plain", "nwipe"),
        (inventory_xml(), "application/xml", "fusioninventory"),
        (zlib.compress(inventory_xml()), "application/x-compress-zlib", "fusioninventory"),
        (b"\x00\x01\x02", "application/octet-stream", "unreadable"),
        (b"a=b&c=d", "application/x-www-form-urlencoded", "unreadable"),
    ],
)
def test_whatever_the_type_of_the_body(
    client: FlaskClient, bearer: dict[str, str], raw: bytes, kind: str, format_: str
) -> None:
    answer = client.post(ADDRESS, data=raw, headers=bearer, content_type=kind)
    assert (answer.status_code, answer.json and answer.json["format"]) == (201, format_)


def test_a_file_in_a_form(client: FlaskClient, bearer: dict[str, str], session: Session) -> None:
    from refurb.devices.models import Report

    answer = client.post(ADDRESS, data={"file": (io.BytesIO(LSHW), "machine.json")}, headers=bearer)
    assert answer.status_code == 201
    assert session.scalars(sa.select(Report.file_name)).one() == "machine.json"


def test_the_same_bytes_again_are_the_same_report(client: FlaskClient, bearer: dict[str, str]) -> None:
    first = client.post(ADDRESS, data=LSHW, headers=bearer)
    second = client.post(ADDRESS, data=LSHW, headers=bearer)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json == second.json


def test_the_code_that_was_scanned(
    client: FlaskClient, bearer: dict[str, str], make_device: Callable[..., Device], workshop: Organisation
) -> None:
    device = make_device(holder=workshop, serial=None, maker=None)
    answer = client.post(f"{ADDRESS}?code={device.code}", data=LSHW, headers=bearer)
    assert answer.json is not None
    assert answer.json["device"] == device.code


def test_a_code_of_another_workshop_is_no_code(
    client: FlaskClient, bearer: dict[str, str], make_device: Callable[..., Device]
) -> None:
    answer = client.post(f"{ADDRESS}?code={make_device().code}", data=LSHW, headers=bearer)
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")


@pytest.mark.parametrize("header", WRONG)
def test_a_wrong_token_is_a_401_with_a_sentence(client: FlaskClient, station: Any, header: str | None) -> None:
    answer = client.post(ADDRESS, data=LSHW, headers={} if header is None else {"Authorization": header})
    assert (answer.status_code, answer.content_type) == (401, "application/problem+json")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.json is not None
    assert answer.json["title"].endswith(".")


def test_a_revoked_token_opens_nothing(
    client: FlaskClient, session: Session, station: tuple[StationToken, str], bearer: dict[str, str]
) -> None:
    from refurb.accounts.services import revoke_station
    from refurb.security import Actor
    from refurb.web import now

    revoke_station(session, station[0], by=Actor.system(), at=now())
    session.commit()
    assert client.post(ADDRESS, data=LSHW, headers=bearer).status_code == 401


@pytest.mark.parametrize("address", ["/devices", "/reports", "/documents"])
def test_a_token_uploads_and_nothing_else(client: FlaskClient, bearer: dict[str, str], address: str) -> None:
    assert client.get(address, headers=bearer).status_code in (302, 401, 403, 404)


def test_nothing_at_all_is_a_400_and_a_mountain_a_413(
    client: FlaskClient, bearer: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("refurb.api.stations.MAX_BYTES", 100_000)
    assert client.post(ADDRESS, data=b"", headers=bearer).status_code == 400
    assert (
        client.post(ADDRESS, data={"other": "x"}, headers=bearer, content_type="multipart/form-data").status_code == 400
    )
    answer = client.post(ADDRESS, data=b"x" * 100_001, headers=bearer)
    assert (answer.status_code, answer.content_type) == (413, "application/problem+json")


def test_the_wrong_verb_is_a_problem(client: FlaskClient, bearer: dict[str, str]) -> None:
    assert client.get(ADDRESS, headers=bearer).status_code == 405


def test_the_description_tells_the_routes_there_are(client: FlaskClient, app: Flask) -> None:
    document = client.get("/api/v1/openapi.json").json
    assert document is not None
    routes = {
        re.sub(r"<(\w+)>", r"{\1}", str(rule))
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api_v1.")
    }
    assert set(document["paths"]) == routes
    assert document["components"]["securitySchemes"]["station"] == {"type": "http", "scheme": "bearer"}


def test_several_stations_at_once_lose_nothing(fresh_app: Flask) -> None:
    """Eight clients, each its own report, and one report they all send: nine reports, no error."""
    from refurb.accounts.services import create_station
    from refurb.db import get_session
    from refurb.devices.models import Report
    from refurb.organisations.models import LegalType, Organisation
    from refurb.security import Actor
    from refurb.web import now

    with fresh_app.app_context():
        session = get_session()
        workshop = Organisation(
            name="Atelier", legal_type=LegalType.ASSOCIATION, email="a@example.org", created_at=now(), role_rows=[]
        )
        session.add(workshop)
        session.flush()
        _row, token = create_station(session, name="Banc", organisation_id=workshop.id, by=Actor.system(), at=now())
        session.commit()
    answers: list[int] = []

    def send(n: int) -> None:
        client = fresh_app.test_client()
        for raw in (as_bytes(lshw_tree(serial=f"SERIAL-{n}-A")), LSHW):
            answers.append(client.post(ADDRESS, data=raw, headers={"Authorization": f"Bearer {token}"}).status_code)

    threads = [threading.Thread(target=send, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with fresh_app.app_context():
        count = get_session().scalar(sa.select(sa.func.count()).select_from(Report))
    assert sorted(set(answers)) in ([200, 201], [201])
    assert (len(answers), answers.count(201), count) == (16, 9, 9)
