"""Take the next code of a kind: sequential and without doubles under any number of writers."""

import secrets

from flask import current_app
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from refurb.core.identity import CodeKind, mint, number_in, random_number
from refurb.organisations.models import CodeCounter


def next_code(session: Session, kind: CodeKind) -> str:
    """Return a new code of `kind` under the territory of the instance; raises OutOfNumbers past 999,999."""
    return next_codes(session, kind, 1)[0]


def next_codes(session: Session, kind: CodeKind, count: int) -> list[str]:
    """Return `count` new codes of `kind`, one after the other; raises as `next_code` does."""
    insert = pg_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    statement = insert(CodeCounter).values(kind=kind.value, last=count)
    statement = statement.on_conflict_do_update(
        index_elements=[CodeCounter.kind], set_={"last": CodeCounter.last + count}
    )
    last = session.scalar(statement.returning(CodeCounter.last))
    assert last is not None
    return [mint(kind, number_in(_territory(), number)) for number in range(last - count + 1, last + 1)]


def last_code(kind: CodeKind) -> str:
    """Return the last code of `kind` under the territory: an example, for nobody will come that far."""
    return mint(kind, number_in(_territory(), 999_999))


def random_code(kind: CodeKind) -> str:
    """Return a code drawn at random: what numbers cases, so that a code says nothing of its neighbours."""
    return mint(kind, random_number(_territory(), secrets.randbelow))


def _territory() -> str:
    return str(current_app.extensions["refurb.settings"].territory)
