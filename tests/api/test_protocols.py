"""The agents of other projects, spoken with in their own words; tests/api/test_agents.py runs the real ones."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from refurb.api.protocols.views import INVENTORY, SNAPSHOT
from refurb.core.permissions import Role
from tests.api.test_reports import WRONG
from tests.devices.readings.makers import as_bytes, inventory_xml, snapshot

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from refurb.accounts.models import StationToken
    from refurb.db import Session
    from refurb.devices.models import Device, Report
    from refurb.organisations.models import Organisation
    from tests.visitor import Visitor

UUID = "0e5f1c9e-0000-4000-8000-000000000001"
PROLOG = (
    b"<?xml version='1.0' encoding='UTF-8'?><REQUEST><DEVICEID>tour-1</DEVICEID><QUERY>PROLOG</QUERY>"
    b"<TOKEN>12345678</TOKEN></REQUEST>"
)
CONTACT = {
    "action": "contact",
    "deviceid": "tour-1",
    "name": "GLPI-Agent",
    "version": "1.7.3",
    "installed-tasks": ["inventory"],
    "enabled-tasks": ["inventory"],
}


@pytest.fixture
def basic(station: tuple[StationToken, str]) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"banc-1:{station[1]}".encode()).decode()}


def reports(session: Session) -> list[Report]:
    from refurb.devices.models import Report

    session.expire_all()
    return list(session.scalars(sa.select(Report).order_by(Report.id)))


# -- FusionInventory, OCS, GLPI


@pytest.mark.parametrize("address", [path + end for path in INVENTORY for end in ("", "/")])
def test_a_greeting_asks_for_the_inventory(client: FlaskClient, basic: dict[str, str], address: str) -> None:
    answer = client.post(address, data=zlib.compress(PROLOG), headers=basic, content_type="application/x-compress-zlib")
    assert (answer.status_code, answer.content_type) == (200, "application/x-compress-zlib")
    # The agent looks for these two bytes to know what it is.
    assert answer.data[:2] == b"\x78\x9c"
    told = zlib.decompress(answer.data)
    assert b"<RESPONSE>SEND</RESPONSE>" in told
    assert b"<PROLOG_FREQ>24</PROLOG_FREQ>" in told


@pytest.mark.parametrize(
    ("pack", "unpack", "kind"),
    [
        (zlib.compress, zlib.decompress, "application/x-compress-zlib"),
        (gzip.compress, gzip.decompress, "application/x-compress-gzip"),
        (bytes, bytes, "application/xml"),
    ],
)
def test_an_inventory_is_taken_as_it_was_packed(
    client: FlaskClient,
    session: Session,
    basic: dict[str, str],
    pack: Callable[[bytes], bytes],
    unpack: Callable[[bytes], bytes],
    kind: str,
) -> None:
    assert b"SEND" in unpack(client.post("/inventory", data=pack(PROLOG), headers=basic, content_type=kind).data)
    answer = client.post("/inventory", data=pack(inventory_xml()), headers=basic, content_type=kind)
    assert answer.status_code == 200
    assert unpack(answer.data).endswith(b"<REPLY></REPLY>")
    (report,) = reports(session)
    assert (report.format, report.station, report.sender_id) == ("fusioninventory", "Banc 1", "tour-1")


def test_ocs_hears_the_word_it_waits_for(client: FlaskClient, session: Session, basic: dict[str, str]) -> None:
    raw = inventory_xml("OCS-NG_unified_unix_agent_v2.10")
    headers = {**basic, "User-Agent": "OCS-NG_unified_unix_agent_v2.10.0"}
    answer = client.post("/ocsinventory", data=zlib.compress(raw), headers=headers)
    assert b"<RESPONSE>NO_ACCOUNT_UPDATE</RESPONSE>" in zlib.decompress(answer.data)
    assert [report.format for report in reports(session)] == ["ocs"]


def test_glpi_speaks_json(client: FlaskClient, session: Session, basic: dict[str, str]) -> None:
    headers = {**basic, "GLPI-Agent-ID": "6c8d0c9c-0000-4000-8000-000000000002"}
    kind = "application/x-compress-zlib"
    contact = client.post(
        "/front/inventory.php", data=zlib.compress(as_bytes(CONTACT)), headers=headers, content_type=kind
    )
    assert (contact.content_type, contact.json) == ("application/json", {"status": "ok", "expiration": 24})
    inventory = {
        "action": "inventory",
        "deviceid": "tour-1",
        "itemtype": "Computer",
        "content": {
            "versionclient": "GLPI-Agent_v1.7.3",
            "bios": {"smanufacturer": "Fabricant", "smodel": "Tour 3", "ssn": "TOUR55K21"},
            "hardware": {"memory": 7850},
        },
    }
    answer = client.post(
        "/front/inventory.php", data=zlib.compress(as_bytes(inventory)), headers=headers, content_type=kind
    )
    assert (answer.status_code, answer.json and answer.json["status"]) == (200, "ok")
    assert [(report.format, report.sender_id) for report in reports(session)] == [("glpi", "tour-1")]


def test_the_agent_is_asked_for_its_credentials_in_the_one_way_it_understands(
    client: FlaskClient, station: Any
) -> None:
    answer = client.post("/inventory", data=zlib.compress(PROLOG), content_type="application/x-compress-zlib")
    assert answer.status_code == 401
    assert answer.headers.getlist("WWW-Authenticate") == ['Basic realm="refurb"']


@pytest.mark.parametrize("name", ["{token}:", "{token}:anything", ":{token}", "bench:'{token}'"])
def test_the_token_is_the_name_or_the_password(
    client: FlaskClient, station: tuple[StationToken, str], name: str
) -> None:
    pair = base64.b64encode(name.format(token=station[1]).encode()).decode()
    answer = client.post("/inventory", data=PROLOG, headers={"Authorization": f"Basic {pair}"})
    assert answer.status_code == 200


@pytest.mark.parametrize("address", ["/inventory", "/api/v1/snapshot/"])
@pytest.mark.parametrize("header", WRONG)
def test_a_wrong_token_is_a_401_with_a_sentence(
    client: FlaskClient, session: Session, station: Any, header: str | None, address: str
) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = client.post(address, data=zlib.compress(inventory_xml()), headers=headers)
    assert (answer.status_code, answer.content_type) == (401, "text/plain; charset=utf-8")
    assert answer.text.strip().endswith(".")
    assert reports(session) == []


@pytest.mark.parametrize("address", ["/inventory", "/api/v1/snapshot/"])
@pytest.mark.parametrize(
    "raw",
    [
        b"\x00\x01\x02",
        b"<REQUEST>",
        b"{" * 1000,
        b"Une lettre.",
        zlib.compress(inventory_xml())[:-20],
        gzip.compress(b"\0" * 30_000_000),
        as_bytes({"action": "get_params", "deviceid": "a"}),
        as_bytes([1, 2]),
    ],
    ids=["binary", "cut XML", "nested", "letter", "cut zlib", "bomb", "another question", "array"],
)
def test_whatever_is_posted_is_kept(
    client: FlaskClient, session: Session, bearer: dict[str, str], address: str, raw: bytes
) -> None:
    answer = client.post(address, data=raw, headers=bearer)
    assert answer.status_code == 200
    (report,) = reports(session)
    assert report.format == "unreadable"


@pytest.mark.parametrize("address", ["/inventory", "/api/v1/snapshot/"])
def test_nothing_at_all_is_refused_with_a_sentence(client: FlaskClient, bearer: dict[str, str], address: str) -> None:
    answer = client.post(address, data=b"  ", headers=bearer)
    assert (answer.status_code, answer.text) == (400, "Le relevé est vide\N{NO-BREAK SPACE}: refaites-le.\n")


def test_a_mountain_is_refused_with_a_sentence(
    client: FlaskClient, bearer: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("refurb.api.stations.MAX_BYTES", 1000)
    answer = client.post("/inventory", data=b"x" * 1001, headers=bearer)
    assert (answer.status_code, answer.text) == (413, "Le fichier est trop gros pour un relevé.\n")


# -- Workbench


@pytest.mark.parametrize("address", [path + end for path in SNAPSHOT for end in ("", "/")])
def test_workbench_is_told_the_machine_and_its_page(
    client: FlaskClient,
    bearer: dict[str, str],
    make_device: Callable[..., Device],
    workshop: Organisation,
    address: str,
) -> None:
    device = make_device(holder=workshop, maker="LENOVO", serial="PF1EXAMP")
    answer = client.post(address, data=as_bytes(snapshot()), headers=bearer, content_type="application/json")
    assert answer.status_code == 200
    told = json.loads(answer.data)
    assert (told["status"], told["dhid"]) == ("success", device.code)
    assert told["url"].endswith(f"/devices/{device.code}")
    assert told["public_url"].endswith(f"/evidence/{UUID}")


def test_workbench_retries_and_is_one_report(client: FlaskClient, session: Session, bearer: dict[str, str]) -> None:
    first, second = (client.post("/api/v1/snapshot/", data=as_bytes(snapshot()), headers=bearer) for _ in range(2))
    assert (first.status_code, second.status_code, first.json) == (200, 200, second.json)
    assert first.json is not None
    assert first.json["dhid"] is None
    assert len(reports(session)) == 1


def test_the_qr_code_leads_a_signed_in_person_to_the_machine(
    client: FlaskClient,
    visitor: Visitor,
    session: Session,
    bearer: dict[str, str],
    make_device: Callable[..., Device],
    make_account: Callable[..., Any],
    make_organisation: Callable[..., Organisation],
    workshop: Organisation,
) -> None:
    from refurb.core.permissions import OrganisationRole

    device = make_device(holder=workshop, maker="LENOVO", serial="PF1EXAMP")
    client.post("/api/v1/snapshot/", data=as_bytes(snapshot()), headers=bearer)
    unsigned = visitor.client.get(f"/evidence/{UUID}", headers={"Accept": "text/html"})
    assert unsigned.headers["Location"].startswith("/sign-in")
    visitor.sign_in(make_account({workshop: [Role.TECHNICIAN]}))
    for name in (UUID, UUID.upper()):
        answer = visitor.client.get(f"/evidence/{name}")
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/devices/{device.code}")
    visitor.get("/evidence/nothing", status=404)
    visitor.sign_in(make_account({make_organisation(OrganisationRole.REFURBISHER): [Role.TECHNICIAN]}))
    visitor.get(f"/evidence/{UUID}", status=404)


def test_the_qr_code_of_an_unknown_machine_leads_to_the_question(
    client: FlaskClient,
    visitor: Visitor,
    session: Session,
    bearer: dict[str, str],
    make_account: Callable[..., Any],
    workshop: Organisation,
) -> None:
    client.post("/api/v1/snapshot/", data=as_bytes(snapshot()), headers=bearer)
    visitor.sign_in(make_account({workshop: [Role.TECHNICIAN]}))
    (report,) = reports(session)
    assert visitor.client.get(f"/evidence/{UUID}").headers["Location"] == f"/reports/{report.id}"


def test_the_page_of_a_token_gives_the_lines_to_type(
    visitor: Visitor, make_account: Callable[..., Any], workshop: Organisation
) -> None:
    """Whoever may make tokens reads there where each agent posts, and the addresses are of this application."""
    from refurb.core.permissions import ROLES_IN, OrganisationRole, Permission, permissions_of

    roles = [
        role
        for role in ROLES_IN[OrganisationRole.REFURBISHER]
        if Permission.TOKEN_MANAGE in permissions_of(frozenset([role]))
    ]
    visitor.sign_in(make_account({workshop: roles[:1]}))
    page = visitor.post(
        f"/organisations/{workshop.id}/stations/new", {"name": "Banc 2", "scopes": "reports:write", "lasts": "366"}
    )
    lines = " ".join(line.get_text() for line in page.select("pre"))
    for address in (INVENTORY[0], INVENTORY[2], SNAPSHOT[0]):
        assert f"{address} " in lines or f"{address}/" in lines
    assert "--password=" in lines
