"""The walls: every route, every API operation and every export, tried by every role on another organisation's records.

The world holds one record of every table, made from the schema (tests/whole/foreign.py), all of one organisation; who
tries belongs to another of the same kind. A door is closed when it answers so; a page that opens all the same (a list,
a search, an export of one's own) must not hold a mark; and when all is done, not one of the other's rows has changed.
A route with a parameter that this file does not know fails the test: it must be taught what to try it with.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from refurb.core.permissions import ROLES_IN, OrganisationRole, Role, Scope
from refurb.db import Base
from refurb.security import access_of
from tests.conftest import NOON
from tests.factories import ANGERS, ANGERS_EPCI
from tests.whole.foreign import LABEL, MARK, Foreign

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.routing import Rule
    from werkzeug.test import TestResponse

    from refurb.db import Session
    from refurb.organisations.models import Organisation
    from tests.factories import MakeAccount, MakeOrganisation
    from tests.visitor import Visitor

#: Roles of the coordinating body: other organisations are its business, so only what is never theirs is looked for.
COORDINATING = frozenset(ROLES_IN[OrganisationRole.COORDINATION])
#: Tables whose rows a parameter names by its id.
BY_ID = {
    "organisation_id": ["organisation"],
    "invitation_id": ["invitation"],
    "membership_id": ["membership"],
    "station_id": ["station_token"],
    "place_id": ["place"],
    "place": ["place"],
    "session_id": ["account_session"],
    "medium_id": ["storage_medium"],
    "wipe_id": ["medium_wipe"],
    "stock_id": ["counted_stock"],
    "report_id": ["report"],
    "share_id": ["lot_share"],
    "system_id": ["operating_system"],
    "photo_id": ["device_photo"],
    "request_id": ["release_request"],
    "key": ["reservation", "match_run", "match_trial"],
    "badge_id": ["badge"],
    "scan_id": ["scan"],
    "pile_id": ["scan_pile"],
    "stocktake_id": ["stocktake"],
    "preview_id": ["import_preview"],
    "row_id": ["outbox"],
    "identity_id": ["external_identity"],
    "join_id": ["join_request"],
}
#: Tables whose code a parameter of that name may hold, by blueprint; elsewhere every code is tried.
BY_CODE = {
    "devices": ["device"],
    "workshop": ["device"],
    "reports": ["device"],
    "donations": ["lot"],
    "needs": ["need"],
    "privacy": ["need"],
    "handover": ["need", "handover"],
    "aftersales": ["ticket"],
    "documents": ["document"],
    "matching": ["need", "device"],
    "organisations": ["place"],
    "api_v1": ["device"],
}
EVERY_CODE = ["device", "lot", "need", "place", "device_set", "handover", "ticket", "document"]
#: Parameters that name nothing: a secret cannot be guessed, a chapter is for everybody.
PLAIN: dict[str, list[Any]] = {"token": ["x" * 22], "chapter": ["need"], "filename": [], "sender_id": ["x"]}
#: Doors that open on another's record, and why.
OPEN = {
    "documents.verified": "whoever holds a paper may ask whether it is genuine",
    "organisations.show": "the directory says who does what; its people are told to their own",
    "desk.open_code": "leads on to the page of the code, which has its own door",
    "donations.deposited": "says the code of its address back and reads no record",
    "desk.command_card": "cards of commands name no record",
    "workshop.edit_system": "the systems that are installed are the same for all workshops",
}
CLOSED = {400, 401, 403, 404, 405, 410}


def values_of(rule: Rule, name: str, foreign: Foreign) -> list[Any]:
    """Return what to try a parameter with; fails on one that nobody taught."""
    converter = rule._converters[name]
    if hasattr(converter, "items"):
        return sorted(converter.items)
    if name in PLAIN:
        return PLAIN[name]
    if name in BY_ID:
        return [foreign.rows.get(table, {}).get("id", 1) for table in BY_ID[name]]
    if name in ("code", "name"):
        blueprint = rule.endpoint.partition(".")[0]
        return [foreign.rows[table]["code"] for table in BY_CODE.get(blueprint, EVERY_CODE)]
    pytest.fail(f"{rule.endpoint}: teach tests/whole/test_walls.py what {name!r} of {rule.rule} names")


def addresses(app: Flask, foreign: Foreign) -> Iterator[tuple[Rule, str, list[str]]]:
    """Yield (rule, address, methods) of every route, with another's records as its parameters."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        methods = sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        names = sorted(rule.arguments)
        several = [values_of(rule, name, foreign) for name in names]
        longest = max((len(values) for values in several), default=1)
        for turn in range(longest):
            values = {name: each[turn % len(each)] for name, each in zip(names, several, strict=True) if each}
            yield rule, adapter.build(rule.endpoint, values, force_external=False), methods


def names_a_record(rule: Rule) -> bool:
    """Whether a route's address names a record, and not only a choice out of a list."""
    return any(
        not hasattr(rule._converters[name], "items") and name not in ("chapter", "filename") for name in rule.arguments
    )


def text_of(answer: TestResponse) -> str:
    """Return what an answer holds, a workbook unzipped."""
    data = answer.get_data()
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            data = b"\n".join(book.read(name) for name in book.namelist())
    return data.decode("utf-8", "replace")


def snapshot(session: Session, foreign: Foreign) -> dict[str, str]:
    """Return the other's rows as they stand, by table."""
    session.flush()
    session.expire_all()
    found = {}
    for table in Base.metadata.sorted_tables:
        row = foreign.rows.get(table.name)
        if row is None or table.name in ("attempt", "code_counter", "outbox"):
            continue
        same = [column == row[column.name] for column in table.primary_key.columns]
        plain = [sa.type_coerce(c, sa.Text) if c.type.__class__.__name__ == "Sealed" else c for c in table.columns]
        found[table.name] = repr(session.execute(sa.select(*plain).where(*same)).all())
    return found


def fields(foreign: Foreign, address: str) -> dict[str, Any]:
    """Return a body that names another's records under every name a form of ours might use."""
    code = foreign.rows["device"]["code"]
    names = dict.fromkeys(("code", "text", "device", "scan", "machine", "base", "screen"), code)
    ids = {name: foreign.rows[table]["id"] for name, table in (("place", "place"), ("handover_place", "place"))}
    return {**names, **ids, "need": foreign.rows["need"]["code"], "label": "x", "sure": "y", "reason": "x", "do": "x"}


@pytest.fixture
def foreign(session: Session, app: Flask) -> Foreign:
    """The other organisation's world, with every role an organisation may play."""
    made = Foreign(session)
    made.row(Base.metadata.tables["organisation"])
    key = made.rows["organisation"]["id"]
    table = Base.metadata.tables["organisation_role"]
    session.execute(
        sa.insert(table),
        [{"organisation_id": key, "role": role} for role in OrganisationRole if role != OrganisationRole.COORDINATION],
    )
    made.rows["organisation_role"] = {"organisation_id": key, "role": OrganisationRole.PRESCRIBER}
    session.execute(
        sa.update(Base.metadata.tables["organisation"])
        .where(Base.metadata.tables["organisation"].c.id == key)
        .values(commune_code=ANGERS, epci_code=ANGERS_EPCI)
    )
    return made.all()


@pytest.mark.long
def test_every_door_is_closed_to_another_organisation(
    app: Flask, session: Session, foreign: Foreign, visitor: Visitor, make_organisation: MakeOrganisation,
    make_account: MakeAccount, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    tried: Counter[str] = Counter()
    faults: list[str] = []
    before = snapshot(session, foreign)
    doors = list(addresses(app, foreign))
    # What breaks is told at the end with the rest.
    monkeypatch.setitem(app.config, "PROPAGATE_ERRORS", False)
    for role in Role:
        kind = next(kind for kind, roles in ROLES_IN.items() if role in roles)
        body = make_organisation(kind, epci_code=ANGERS_EPCI)
        visitor.client = app.test_client()
        visitor.client.environ_base["HTTP_ACCEPT"] = "text/html"
        visitor.sign_in(make_account({body: [role]}), body)
        for rule, address, methods in doors:
            faults += [f"{role}: {fault}" for fault in knock(visitor, role, rule, address, methods, foreign, tried)]
    faults += programs(app, session, foreign, doors, make_organisation(OrganisationRole.REFURBISHER), tried)
    after = snapshot(session, foreign)
    faults += [
        f"{table} changed:\n {before[table]}\n {after[table]}" for table in before if before[table] != after[table]
    ]
    with capsys.disabled():
        print(f"\nwalls: {sum(tried.values())} doors tried ({dict(tried)}), {len(Role)} roles, {len(doors)} addresses")
    assert faults == [], "\n".join(faults)
    assert tried["GET"] > 1000
    assert tried["POST"] > 1000


def knock(
    visitor: Visitor, role: Role, rule: Rule, address: str, methods: list[str], foreign: Foreign, tried: Counter[str]
) -> Iterator[str]:
    """Try one address by one role; yield what is wrong."""
    access = access_of(visitor.app.view_functions[rule.endpoint])
    if rule.endpoint in ("accounts.sign_out", "accounts.switch"):
        return
    for method in methods:
        # The coordination may do to another's record what its role is for: what it writes is its own tests' business.
        if method != "GET" and role in COORDINATING:
            continue
        data = {"csrf_token": visitor.csrf(), **fields(foreign, address)} if method != "GET" else None
        answer = visitor.client.open(address, method=method, data=data)
        tried[method] += 1
        where = f"{method} {address} ({rule.endpoint}): {answer.status_code}"
        if answer.status_code >= 500 and rule.endpoint != "setup.readyz":
            yield f"{where} broke"
        text = text_of(answer)
        if LABEL in text:
            yield f"{where} tells the private label"
        if role in COORDINATING:
            continue
        if MARK in text:
            at = text.index(MARK)
            yield f"{where} tells {text[max(0, at - 80) : at + 40]!r}"
        if names_a_record(rule) and rule.endpoint not in OPEN and not isinstance(access, str):
            refused = answer.status_code in CLOSED or (method == "GET" and answer.status_code in (302, 303))
            if not refused:
                yield f"{where} opens"


def programs(
    app: Flask, session: Session, foreign: Foreign, doors: list[Any], body: Organisation, tried: Counter[str]
) -> Iterator[str]:
    """Try every operation of the interfaces with a token of another organisation that opens all that a token may."""
    from refurb.accounts.models import StationToken
    from refurb.accounts.tokens import new_token, token_hash

    token = new_token()
    session.add(
        StationToken(
            name="Poste", organisation_id=body.id, token_hash=token_hash(token),
            scope_codes=[scope.value for scope in Scope], created_at=NOON, expires_at=NOON + timedelta(days=3650),
        )
    )  # fmt: skip
    session.flush()
    client = app.test_client()
    for rule, address, methods in doors:
        for method in methods:
            code = foreign.rows["device"]["code"]
            answer = client.open(
                f"{address}?code={code}",
                method=method,
                headers={"Authorization": f"Bearer {token}"},
                data=json.dumps({"code": code}) if method != "GET" else None,
                content_type="application/json",
            )
            tried["program"] += 1
            text = text_of(answer)
            if MARK in text or LABEL in text:
                yield f"program: {method} {address} tells another's"
            if rule.endpoint.startswith("api") and names_a_record(rule) and answer.status_code not in CLOSED:
                yield f"program: {method} {address} opens: {answer.status_code}"


def test_the_world_is_read_by_its_own(session: Session, foreign: Foreign) -> None:
    """The marks are really there: a wall around nothing would prove nothing."""
    from refurb.privacy.models import PrivateLabel

    assert session.scalars(sa.select(PrivateLabel.label)).one() == LABEL
    for table in ("device", "lot", "need", "report", "ticket", "document", "scan", "import_preview"):
        plain = session.execute(sa.select(Base.metadata.tables[table])).all()
        assert MARK in repr(plain), table
    assert re.fullmatch(r"N\d{10}", foreign.rows["need"]["code"])
