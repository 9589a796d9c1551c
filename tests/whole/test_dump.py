"""What beneficiaries are called is typed everywhere a person might type it, and then looked for in every byte of the
database: no table, no blob, no free page of the file holds it."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from refurb.core.permissions import OrganisationRole, Role
from refurb.db import Base, db, get_session
from tests.conftest import NOON
from tests.department import FAMILY

if TYPE_CHECKING:
    from flask import Flask

    from refurb.organisations.models import Organisation
    from refurb.security import Actor

#: Names that no fixture, commune or organisation bears.
NAMES = ("Kerguélenec", "Trouvaillot", "Pennaneac'h")
LABEL = "Dossier Zéphirine K."
PHONE = "06 98 76 54 32"
STREET = "17 impasse des Korrigans"
SECRETS = (*NAMES, LABEL, "Zéphirine", PHONE, PHONE.replace(" ", ""), STREET)

LIST = f"""Type;Marque;Modèle;N° de série;Utilisateur;Téléphone;Adresse
Portable;HP;EliteBook 840;5CG123ABD;Mme {NAMES[0]};{PHONE};{STREET}
Portable;HP;EliteBook 840;5CG124ABD;M. {NAMES[1]};{PHONE};{STREET}
"""
STOCK = f"""N° interne;Type;Marque;Modèle;Statut;Bénéficiaire;Remarque
Z-01;Portable;HP;EliteBook 840;En stock;Mme {NAMES[0]};pour M. {NAMES[1]}
"""
NEEDS = f"""Dossier;Nom;Prénom;Téléphone;Adresse;Commune;Usages
2026-1;{NAMES[0]};Zéphirine;{PHONE};{STREET};Angers;démarches
2026-2;{NAMES[1]};Zéphirine;{PHONE};{STREET};Angers;emploi
2026-3;{NAMES[2]};Zéphirine;{PHONE};{STREET};Angers;emploi
"""


def shapes(text: str) -> Iterator[bytes]:
    """Yield the ways a text may lie in a database: in three encodings, escaped as JSON does, in base64."""
    for encoding in ("utf-8", "latin-1", "utf-16-le"):
        yield text.encode(encoding)
    yield json.dumps(text)[1:-1].encode()
    # The third of base64 that does not hang on what stands before.
    yield from (base64.b64encode(b"x" * n + text.encode())[4 * bool(n) : -4] for n in (0, 1, 2))


def everything() -> Iterator[tuple[str, bytes]]:
    """Yield every byte of the database: its file and its log where it is one, and every column of every table."""
    settings = db.engine.url
    if db.engine.dialect.name == "sqlite":
        for path in Path(str(settings.database)).parent.glob(Path(str(settings.database)).name + "*"):
            yield path.name, path.read_bytes()
    with db.engine.connect() as connection:
        tables = sa.inspect(connection).get_table_names()
        for table in tables:
            for row in connection.execute(sa.text(f'SELECT * FROM "{table}"')):  # noqa: S608 - our own tables
                for value in row:
                    data = bytes(value) if isinstance(value, (bytes, memoryview)) else str(value).encode()
                    yield table, data
                    for unpack in (zlib.decompress, _gunzip):
                        try:
                            yield table, unpack(data)
                        except (zlib.error, OSError, EOFError):
                            continue
        assert set(tables) >= {table.name for table in Base.metadata.sorted_tables}


def _gunzip(data: bytes) -> bytes:
    import gzip

    return gzip.decompress(data)


def found(secrets: tuple[str, ...]) -> list[str]:
    """Return where any of the secrets lies."""
    wanted = [(secret, shape) for secret in secrets for shape in shapes(secret) if len(shape) > 5]
    return sorted({f"{secret} in {where}" for where, data in everything() for secret, shape in wanted if shape in data})


def test_the_search_finds_what_is_there(fresh_app: Flask) -> None:
    from refurb.blobs import put

    with fresh_app.app_context():
        session = get_session()
        put(session, zlib.compress(f"une note sur {NAMES[0]}".encode()), "text/plain")
        session.commit()
        session.close()
        assert found(NAMES) == [f"{NAMES[0]} in blob"]


def test_no_name_and_no_label_of_a_beneficiary_is_in_the_database(fresh_app: Flask) -> None:
    with fresh_app.app_context(), fresh_app.test_request_context():
        codes = _live(fresh_app)
        get_session().close()
        assert found(SECRETS) == []
        _end(codes)
        get_session().close()
        assert found(SECRETS) == []


def _live(app: Flask) -> list[str]:
    """Type names wherever a person might, as the pages and the command do; return the codes of the cases."""
    from refurb.core.needs import Usage
    from refurb.donations import drafts, lists
    from refurb.exchange import files
    from refurb.needs import services
    from refurb.organisations.models import PlaceKind
    from refurb.organisations.services import add_place
    from refurb.privacy import labels
    from refurb.sheets import read
    from refurb.territory import services as territory

    session = get_session()
    territory.load(session, "49", at=NOON)
    service, prescriber = _body(OrganisationRole.PRESCRIBER, Role.PRESCRIBER)
    _workshop, controller = _body(OrganisationRole.REFURBISHER, Role.CONTROLLER)
    place = add_place(session, service, PlaceKind.HANDOVER, values={"name": "Accueil"}, by=prescriber, at=NOON)
    today = NOON.date()
    for kind, text, by in (("stock", STOCK, controller), ("needs", NEEDS, prescriber)):
        table, lines = files.look(session, kind, text.encode(), by=by, today=today)
        preview = files.keep(session, kind, text.encode(), table, lines, name="import.csv", by=by, at=NOON)
        session.commit()
        files.apply_preview(session, preview, by=by, at=NOON, today=today)
        session.commit()
    draft, _token = drafts.begin(session, at=NOON)
    reading = lists.read_list(read(LIST.encode()), today=today)
    drafts.keep_list(session, draft, reading, name="liste.csv", at=NOON)
    answers = FAMILY.__class__(**{**FAMILY.__dict__, "handover_place": place.id, "usages": (Usage.PROCEDURES,)})
    need = services.draft(session, answers, by=prescriber, at=NOON)
    services.submit(session, need, answers, by=prescriber, at=NOON, today=today)
    labels.write(session, need, LABEL, by=prescriber, at=NOON)
    session.commit()
    _type(app, service, need.code)
    return [need.code]


def _type(app: Flask, service: Organisation, code: str) -> None:
    """Write names into the form of a need as a hurried person does, sent and as a draft; and a label by its form."""
    import contextvars

    from tests.visitor import Visitor

    def go() -> None:
        with app.app_context():
            visitor = Visitor(app)
            account = _account(service, Role.PRESCRIBER)
            get_session().commit()
            visitor.sign_in(account, service)
            get_session().commit()
            for deed in ("send", "save"):
                visitor.client.post(
                    "/needs/new",
                    data={
                        "csrf_token": visitor.csrf(),
                        "do": deed,
                        "note": f"Pour Mme {NAMES[0]}, {STREET}, tél. {PHONE}",
                        "commune": f"{NAMES[1]}",
                        "usages": "procedures",
                    },
                )
            visitor.client.post(
                f"/privacy/labels/{code}", data={"csrf_token": visitor.csrf(), "label": f"{LABEL} {NAMES[2]}"}
            )
            visitor.client.get(f"/needs/{code}")
            get_session().close()

    contextvars.Context().run(go)


def _end(codes: list[str]) -> None:
    """Erase the case at the person's demand, and purge what is past its time."""
    from datetime import timedelta

    from refurb.needs.models import Need
    from refurb.privacy import services
    from refurb.privacy.purge import purge
    from refurb.security import Actor

    session = get_session()
    need = session.scalars(sa.select(Need).where(Need.code == codes[0])).one()
    services.erase(session, need, by=Actor.system(), at=NOON, today=NOON.date())
    purge(session, by=Actor.system(), at=NOON + timedelta(days=900))
    session.commit()


_made = iter(range(1000))


def _body(kind: OrganisationRole, role: Role) -> tuple[Organisation, Actor]:
    """Make a body and somebody of it."""
    from refurb.core.permissions import permissions_of
    from refurb.organisations.models import LegalType
    from refurb.organisations.services import create
    from refurb.security import Actor, ActorKind

    session = get_session()
    values: dict[str, Any] = {
        "name": f"Organisme {next(_made)}", "legal_type": LegalType.ASSOCIATION, "commune_code": "49007",
        "epci_code": "244900015",
    }  # fmt: skip
    body = create(session, roles=[kind], values=values, by=Actor.system(), at=NOON)
    account = _account(body, role)
    held = frozenset({role})
    return body, Actor(
        kind=ActorKind.PERSON, id=account.id, organisation_id=body.id, organisation_name=body.name,
        organisation_roles=frozenset({kind}), roles=held, permissions=permissions_of(held), name=account.name,
    )  # fmt: skip


def _account(body: Organisation, role: Role) -> Any:
    from refurb.accounts.models import Account, Membership

    session = get_session()
    number = next(_made)
    account = Account(email=f"p{number}@example.org", name=f"Personne {number}", created_at=NOON)
    session.add(account)
    session.flush()
    session.add(Membership(account_id=account.id, organisation_id=body.id, role_codes=[role.value], created_at=NOON))
    session.flush()
    return account
