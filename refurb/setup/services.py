"""Write the settings of the instance; the first run."""

import secrets
from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy.orm import Session

from refurb import sealed
from refurb.accounts import services as accounts
from refurb.accounts.models import Account
from refurb.accounts.tokens import token_hash
from refurb.audit.services import Author, record
from refurb.config import MailSettings
from refurb.core.permissions import OrganisationRole, Role
from refurb.organisations import services as organisations
from refurb.organisations.models import LegalType
from refurb.setup import queries
from refurb.setup.models import Setting

#: Read aloud or typed from a terminal: no letter that looks like a digit.
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


class SetupRefused(Exception):
    """A first run that does not happen; `code` is "wrong-code" or "already-done"."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def put(session: Session, key: str, value: Any, *, at: datetime) -> None:
    """Set one setting; the caller commits."""
    row = session.get(Setting, key)
    if row is None:
        session.add(Setting(key=key, value={"value": value}, changed_at=at))
    else:
        row.value, row.changed_at = {"value": value}, at


def make_code(session: Session, *, at: datetime) -> str:
    """Return a new one-time code for the first-run page; an earlier one is void."""
    code = "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))
    put(session, queries.FIRST_RUN_CODE, token_hash(_folded(code)), at=at)
    return code


def is_code(session: Session, text: str) -> bool:
    """Whether the text is the one-time code that the terminal shows."""
    expected = queries.setting(session, queries.FIRST_RUN_CODE)
    return bool(expected) and secrets.compare_digest(expected, token_hash(_folded(text)))


def _folded(code: str) -> str:
    return "".join(c for c in code.upper() if c.isalnum())


def first_run(
    session: Session,
    *,
    code: str,
    name: str,
    email: str,
    password_hash: str,
    body: dict[str, Any],
    territory: str,
    timezone: str,
    by: Author,
    at: datetime,
    language: str = "fr",
) -> Account:
    """Make the coordinating body and its first administrator, who coordinates as well; raises SetupRefused.

    `body` holds the columns of the organisation: name, legal_type, and as given siret, email, commune_code.
    """
    if queries.has_administrator(session):
        raise SetupRefused("already-done")
    if not is_code(session, code):
        raise SetupRefused("wrong-code")
    put(session, queries.TERRITORY, territory, at=at)
    put(session, queries.TIMEZONE, timezone, at=at)
    organisation = organisations.create(session, roles=[OrganisationRole.COORDINATION], by=by, at=at, values=body)
    put(session, queries.COORDINATION, organisation.id, at=at)
    account = accounts.create(
        session, email=email, name=name, language=language, password_hash=password_hash, by=by, at=at
    )
    accounts.join(session, account.id, organisation.id, [Role.ADMINISTRATOR, Role.COORDINATOR], by=by, at=at)
    put(session, queries.FIRST_RUN_CODE, None, at=at)
    record(session, "instance", 1, "instance.set-up", by=by, at=at, payload={"organisation_id": organisation.id})
    return account


def administrator(
    session: Session, *, name: str, email: str, password_hash: str | None, by: Author, at: datetime
) -> Account:
    """Make an account an administrator of the coordinating body, which is made where there is none yet.

    What `refurb user create --admin` does. An account that is known keeps its name and password.
    """
    from refurb.accounts.queries import by_email
    from refurb.organisations.queries import with_role

    account = by_email(session, email)
    if account is None:
        account = accounts.create(session, email=email, name=name, password_hash=password_hash, by=by, at=at)
    organisation_id = queries.setting(session, queries.COORDINATION)
    if organisation_id is None:
        known = with_role(session, OrganisationRole.COORDINATION)
        organisation_id = known[0].id if known else organisations.create(
            session, roles=[OrganisationRole.COORDINATION], by=by, at=at,
            values={"name": "Coordination", "legal_type": LegalType.ASSOCIATION},
        ).id  # fmt: skip
        put(session, queries.COORDINATION, organisation_id, at=at)
    accounts.join(session, account.id, organisation_id, [Role.ADMINISTRATOR, Role.COORDINATOR], by=by, at=at)
    put(session, queries.FIRST_RUN_CODE, None, at=at)
    return account


def set_mail(session: Session, server: MailSettings, *, by: Author, at: datetime) -> None:
    """Set the mail server; without a host, mail goes to the folder. The password is kept encrypted."""
    base = current_app.extensions["refurb.environment"]
    value = {
        "host": server.host,
        "port": server.port,
        "user": server.user,
        "password": queries.encrypt(base, server.password) if server.password else None,
        "security": server.security,
        "sender": server.sender,
    }
    put(session, queries.MAIL, value, at=at)
    record(session, "instance", 1, "settings.changed", by=by, at=at, payload={"fields": ["mail"]})


def reseal_mail(session: Session, again: sealed.Again) -> int:
    """Close the password of the mail server by the key in force; return how many were closed: one or none."""
    row = session.get(Setting, queries.MAIL, with_for_update=True)
    kept = dict(row.value["value"] or {}) if row is not None else {}
    if row is None or not kept.get("password"):
        return 0
    token = again(kept["password"])
    if token != kept["password"]:
        row.value = {"value": {**kept, "password": token}}
    return 1


def set_general(session: Session, *, timezone: str, territory: str, by: Author, at: datetime) -> None:
    """Set what the first run asked of the instance."""
    fields = [
        key
        for key, value in ((queries.TIMEZONE, timezone), (queries.TERRITORY, territory))
        if queries.setting(session, key) != value
    ]
    put(session, queries.TIMEZONE, timezone, at=at)
    put(session, queries.TERRITORY, territory, at=at)
    if fields:
        record(session, "instance", 1, "settings.changed", by=by, at=at, payload={"fields": fields})
