from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyotp
import pytest

from refurb.core.permissions import OrganisationRole, Role
from tests.factories import siret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

    from refurb.db import Session
    from tests.conftest import Clock
    from tests.factories import MakeAccount, MakeOrganisation
    from tests.visitor import Visitor


@pytest.fixture
def new_instance(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """The application as it starts on an empty database."""
    for name in ("REFURB_TERRITORY", "REFURB_TIMEZONE", "REFURB_MAIL_HOST"):
        monkeypatch.delenv(name, raising=False)
    kept = {key: app.extensions[key] for key in ("refurb.ready", "refurb.settings_read", "refurb.settings")}
    app.extensions |= {"refurb.ready": False, "refurb.settings_read": 0.0}
    yield app
    app.extensions |= kept


def code_of(session: Session) -> str:
    from refurb.setup.services import make_code
    from refurb.web import now

    code = make_code(session, at=now())
    session.flush()
    return code


FIELDS: dict[str, Any] = {
    "name": "Ada Test",
    "email": "ada@example.org",
    "password": "trois lampes bleues",
    "body": "Collectif numérique du département",
    "territory": "49",
    "timezone": "Indian/Reunion",
}


def test_the_first_visitor_makes_the_instance_theirs(
    new_instance: Flask, visitor: Visitor, session: Session, clock: Clock
) -> None:
    code = code_of(session)
    assert visitor.get("/").heading == "Première mise en route"
    page = visitor.submit(code=code.lower().replace("-", " "), siret=siret(1), **FIELDS)
    # Who administers relates a telephone first.
    assert page.heading == "Relier votre téléphone"
    key = "".join(page.one("main .code").get_text().split())
    page = visitor.submit("main form.form", code=pyotp.TOTP(key).at(clock()))
    assert page.heading == "Vos codes de secours"
    page = visitor.get(str(page.one("main a.btn-primary")["href"]))
    assert page.heading == "Réglages"
    assert new_instance.extensions["refurb.settings"].timezone.key == "Indian/Reunion"
    # The door is closed behind them.
    assert visitor.get("/setup").heading != "Première mise en route"
    visitor.post("/sign-out")
    assert visitor.get("/sign-in").heading == "Se connecter"
    page = visitor.submit(email="ada@example.org", password="trois lampes bleues")
    assert page.heading == "Votre code"
    clock.move(seconds=30)
    visitor.submit("main form.form", code=pyotp.TOTP(key).at(clock()))
    assert visitor.get("/organisations").heading == "Organisations"


@pytest.mark.usefixtures("new_instance")
def test_who_does_not_see_the_terminal_does_not_come_in(visitor: Visitor, session: Session) -> None:
    code_of(session)
    visitor.get("/setup")
    page = visitor.submit(code="AAAA-BBBB-CCCC", status=422, **FIELDS)
    assert "pas le code du terminal" in page.words()
    from refurb.accounts.queries import all_accounts

    assert all_accounts(session) == []


@pytest.mark.usefixtures("new_instance")
def test_a_new_code_voids_the_one_before(visitor: Visitor, session: Session) -> None:
    old = code_of(session)
    code_of(session)
    visitor.get("/setup")
    visitor.submit(code=old, status=422, **FIELDS)


@pytest.mark.usefixtures("new_instance")
def test_the_code_cannot_be_tried_for_ever(visitor: Visitor, session: Session) -> None:
    code = code_of(session)
    for _ in range(20):
        visitor.post("/setup", {"code": "no"}, status=422)
    visitor.post("/setup", {"code": code, **FIELDS}, status=429)


def test_the_environment_wins_over_the_pages(app: Flask) -> None:
    from refurb.setup.queries import MAIL, TERRITORY, TIMEZONE, overlaid

    base = app.extensions["refurb.environment"]
    server = {"host": "mail.example.org", "port": 25, "user": None, "password": None, "security": "none"}
    stored = {
        TERRITORY: "72",
        TIMEZONE: "Indian/Reunion",
        MAIL: {**server, "sender": "a@b"},
    }
    laid = overlaid(base, stored, {})
    assert (laid.territory, laid.timezone.key, laid.mail.host) == ("72", "Indian/Reunion", "mail.example.org")
    kept = overlaid(
        base, stored, {"REFURB_TERRITORY": "49", "REFURB_TIMEZONE": "Europe/Paris", "REFURB_MAIL_HOST": "x"}
    )
    assert (kept.territory, kept.timezone.key, kept.mail.host) == (base.territory, base.timezone.key, base.mail.host)


@pytest.fixture
def administrator(visitor: Visitor, make_organisation: MakeOrganisation, make_account: MakeAccount) -> Visitor:
    body = make_organisation(OrganisationRole.COORDINATION, name="Coordination")
    return visitor.sign_in(make_account({body: [Role.ADMINISTRATOR]}, email="admin@example.org"))


def test_settings_are_for_administrators(
    visitor: Visitor, make_organisation: MakeOrganisation, make_account: MakeAccount
) -> None:
    body = make_organisation(OrganisationRole.COORDINATION)
    visitor.sign_in(make_account({body: [Role.COORDINATOR]}))
    visitor.get("/settings", status=403)


def test_the_mail_password_is_kept_encrypted(administrator: Visitor, session: Session, app: Flask) -> None:
    from refurb.setup import queries

    administrator.get("/settings/mail")
    administrator.submit(
        host="smtp.example.org",
        port="465",
        security="tls",
        user="u",
        password="a secret of theirs",
        sender="r@example.org",
    )
    stored = queries.setting(session, queries.MAIL)
    assert "secret" not in str(stored)
    assert queries.mail(session).password == "a secret of theirs"
    # An empty password keeps the one that is there.
    administrator.get("/settings/mail")
    administrator.submit(sender="other@example.org")
    assert queries.mail(session).password == "a secret of theirs"
    assert queries.mail(session).sender == "other@example.org"


def test_a_test_message_without_a_server_goes_to_the_folder(administrator: Visitor, app: Flask) -> None:
    from refurb.setup.queries import mail_folder

    folder = mail_folder()
    before = set(folder.glob("*.eml"))
    administrator.get("/settings/mail/test")
    page = administrator.submit(to="ada@example.org")
    assert "dossier" in page.words()
    (made,) = set(folder.glob("*.eml")) - before
    import email
    import email.policy

    message = email.message_from_bytes(made.read_bytes(), policy=email.policy.default)
    assert message["To"] == "ada@example.org"
    assert message["Subject"] == "Message d'essai de Refurb"
    assert "fonctionne" in message.get_content()
    assert made.stat().st_mode & 0o077 == 0


def test_a_server_that_does_not_answer_is_named(administrator: Visitor) -> None:
    administrator.get("/settings/mail")
    administrator.submit(host="127.0.0.1", port="9", security="none", sender="r@example.org")
    administrator.get("/settings/mail/test")
    page = administrator.submit(to="ada@example.org", status=422)
    assert "127.0.0.1 ne répond pas" in page.words()


def test_health(visitor: Visitor) -> None:
    assert visitor.client.get("/healthz").json == {"status": "ok"}
    answer = visitor.client.get("/readyz")
    checks = answer.get_json()["checks"]
    assert set(checks) == {"database", "migrations", "storage", "queue"}
    assert checks["database"]["ok"]
    assert checks["queue"] == {"ok": True, "age_s": 0}


def test_a_queue_nobody_drains_is_not_ready(visitor: Visitor, session: Session) -> None:
    from datetime import UTC, datetime, timedelta

    from refurb.outbox import enqueue

    enqueue(session, "mail.send", {}, due_at=datetime.now(UTC) - timedelta(hours=1))
    session.flush()
    answer = visitor.client.get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json()["checks"]["queue"]["ok"] is False


def test_mailed_links_never_carry_the_host_that_a_stranger_claims(
    new_instance: Flask, visitor: Visitor, session: Session
) -> None:
    from refurb.setup.queries import ADDRESS, overlaid, setting, settings

    code = code_of(session)
    visitor.get("/setup")
    visitor.submit(code=code, siret=siret(1), **FIELDS)
    assert setting(session, ADDRESS) == "http://localhost"
    laid = overlaid(new_instance.extensions["refurb.environment"], settings(session), {})
    assert laid.public_url == "http://localhost"
