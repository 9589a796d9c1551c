"""The harness itself: what it promises to the other tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from tests.factories import siret

if TYPE_CHECKING:
    from flask import Flask

    from refurb.db import Session
    from tests.factories import MakeOrganisation


def _count(session: Session) -> int:
    from refurb.organisations.models import Organisation

    return session.scalar(sa.select(sa.func.count()).select_from(Organisation)) or 0


def test_a_commit_is_rolled_back_1(session: Session, make_organisation: MakeOrganisation) -> None:
    assert _count(session) == 0
    make_organisation()
    session.commit()
    assert _count(session) == 1


def test_a_commit_is_rolled_back_2(session: Session, make_organisation: MakeOrganisation) -> None:
    test_a_commit_is_rolled_back_1(session, make_organisation)


def test_a_fresh_database_keeps_what_is_committed(fresh_app: Flask, database: str) -> None:
    from refurb.db import db, get_session
    from refurb.setup.services import put
    from refurb.web import now

    with fresh_app.app_context():
        put(get_session(), "a.key", 1, at=now())
        get_session().commit()
    with fresh_app.app_context():
        from refurb.setup.queries import setting

        assert setting(get_session(), "a.key") == 1
        assert db.engine.dialect.name == database


def test_our_own_siret_numbers_have_a_right_key() -> None:
    from stdnum.fr import siret as checker

    assert all(checker.is_valid(siret(number)) for number in range(1, 50))
