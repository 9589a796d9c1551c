"""The least world in which a machine goes from a form to a household: one body for each link, and its people.

Used by the walk in a browser, in the tests and over real samples (scripts/check-samples).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from refurb.core.identity import CodeKind
from refurb.core.permissions import OrganisationRole, Role

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy import URL

PASSWORD = "trois mots faciles"
ANGERS, ANGERS_EPCI = "49007", "244900015"
PEOPLE = {
    "coordination": (OrganisationRole.COORDINATION, Role.COORDINATOR, "Coordination de l'essai"),
    "atelier": (OrganisationRole.REFURBISHER, Role.TECHNICIAN, "Atelier de l'essai"),
    "controle": (OrganisationRole.REFURBISHER, Role.CONTROLLER, "Atelier de l'essai"),
    "prescripteur": (OrganisationRole.PRESCRIBER, Role.PRESCRIBER, "Service de l'essai"),
    "remise": (OrganisationRole.HANDOVER_POINT, Role.HANDOVER_AGENT, "Point de remise de l'essai"),
}


@dataclass(frozen=True)
class World:
    """A running instance: where it answers, and the folder where its mail lands."""

    address: str
    mail: Path
    database: URL

    def letters(self, to: str) -> list[str]:
        """Return the texts of the mails to an address, oldest first, once nothing waits in the outbox any more."""
        from email import message_from_bytes, policy

        found = []
        for path in sorted(self.mail.glob("*.eml"), key=lambda p: p.stat().st_mtime_ns):
            message = message_from_bytes(path.read_bytes(), policy=policy.default)
            if to in str(message["To"]):
                body = message.get_body(("plain",))
                found.append(f"{message['Subject']}\n{body.get_content() if body else ''}")
        return found

    def wait_for_worker(self, seconds: float = 300) -> None:
        """Wait until the worker has done everything that waits.

        By an engine of its own: the browser's event loop runs in this thread, where Flask's contexts cannot end.
        """
        import sqlalchemy as sa

        from refurb.outbox import OutboxRow

        waiting = sa.select(sa.func.count()).where(OutboxRow.done_at.is_(None), OutboxRow.failed_at.is_(None))
        until = time.monotonic() + seconds
        engine = sa.create_engine(self.database)
        try:
            while time.monotonic() < until:
                with engine.connect() as connection:
                    if not connection.scalar(waiting):
                        return
                time.sleep(0.1)
        finally:
            engine.dispose()
        with engine.connect() as connection:
            errors = connection.execute(sa.select(OutboxRow.kind, OutboxRow.error, OutboxRow.attempts)).all()
        engine.dispose()
        raise TimeoutError(f"the outbox is not empty: {errors}")


@contextmanager
def small_world(folder: Path, url: URL | None = None) -> Iterator[World]:
    """Serve a small world from `folder`, web and worker, until the block ends."""
    import sqlalchemy as sa

    from refurb.app import create_app
    from refurb.config import Settings
    from refurb.db import Base, db
    from tests.web_server import serve

    settings = Settings(
        instance=folder,
        database_url=url or sa.URL.create("sqlite", database=str(folder / "walk.sqlite")),
        secret_key="a-secret-for-the-walk-alone-0123456789",
        field_keys=("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",),
        timezone=ZoneInfo("Europe/Paris"),
        testing=False,
    )
    folder.mkdir(parents=True, exist_ok=True)
    app = create_app(settings)
    with app.app_context():
        Base.metadata.create_all(db.engine)
        _people(app)
    app.extensions |= {"refurb.ready": True, "refurb.settings_read": float("inf")}
    server = serve(app)
    stop = threading.Event()
    threads = [threading.Thread(target=server.serve_forever), threading.Thread(target=_work, args=(app, stop))]
    for thread in threads:
        thread.start()
    try:
        yield World(f"http://127.0.0.1:{server.server_port}", folder / "mail", settings.database_url)
    finally:
        stop.set()
        server.shutdown()
        for thread in threads:
            thread.join()
        server.server_close()
        with app.app_context():
            db.engine.dispose()


def _work(app: Flask, stop: threading.Event) -> None:
    """Do what the worker does, in this process."""
    from refurb.jobs.schedule import drain_once

    while not stop.wait(0.2):
        drain_once(app)


def _people(app: Flask) -> None:
    """Make the bodies, their places and their people."""
    from refurb.accounts.models import Account, Membership
    from refurb.accounts.passwords import hash_password
    from refurb.db import get_session
    from refurb.organisations.codes import next_code
    from refurb.organisations.models import LegalType, Organisation, OrganisationRoleRow, Place, PlaceKind
    from refurb.security import Actor
    from refurb.territory import services as territory
    from refurb.web import now
    from refurb.workshop import catalogue

    session = get_session()
    territory.load(session, "49", at=now())
    catalogue.begin(session, by=Actor.system(), at=now())
    known: dict[str, Organisation] = {}
    password_hash = hash_password(PASSWORD)
    for number, (login, (kind, role, name)) in enumerate(PEOPLE.items(), start=1):
        body = known.get(name)
        if body is None:
            body = known[name] = Organisation(
                name=name,
                legal_type=LegalType.ASSOCIATION_GENERAL_INTEREST,
                email=f"contact-{number}@walk.example",
                phone="02 41 00 00 00",
                address="1 place de l'Essai",
                postcode="49000",
                commune_code=ANGERS,
                epci_code=ANGERS_EPCI,
                capacity_per_month=200,
                created_at=now(),
                role_rows=[OrganisationRoleRow(role=kind)],
            )
            session.add(body)
            session.flush()
            shelf = PlaceKind.HANDOVER if kind is OrganisationRole.HANDOVER_POINT else PlaceKind.SHELF
            session.add(
                Place(
                    code=next_code(session, CodeKind.PLACE),
                    organisation_id=body.id,
                    kind=shelf,
                    name=f"{name} : accueil" if shelf is PlaceKind.HANDOVER else f"Étagère {number}",
                    address="1 place de l'Essai",
                    postcode="49000",
                    commune_code=ANGERS,
                    epci_code=ANGERS_EPCI,
                    hours="Du lundi au vendredi, de 9 h à 17 h",
                )
            )
        account = Account(
            email=f"{login}@walk.example", name=f"Personne {number}", password_hash=password_hash, created_at=now()
        )
        session.add(account)
        session.flush()
        session.add(
            Membership(account_id=account.id, organisation_id=body.id, role_codes=[role.value], created_at=now())
        )
    session.commit()
