"""Connections that wait between requests: one that died meanwhile is replaced, what the server planned is kept."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from refurb.db import READ_ONLY, db, get_session
from refurb.organisations.models import CodeCounter
from tests.conftest import dispose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

    from tests.conftest import Databases

PLANNED = sa.text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE :like").bindparams(
    like="%code_counter%"
)
OTHERS = sa.text(
    "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid != pg_backend_pid()"
)


@pytest.fixture
def fresh_app(databases: Databases) -> Iterator[Flask]:
    """On PostgreSQL whatever was asked: SQLite is in the process, and has no server whose connections die."""
    url = databases.fresh_url("postgresql")
    application = databases.make("postgresql", url)
    yield application
    dispose(application)
    assert databases.server is not None
    databases.server.drop(str(url.database))


@pytest.mark.parametrize("read_only", [False, True])
def test_connections_that_died_while_they_waited_are_replaced(fresh_app: Flask, read_only: bool) -> None:
    with fresh_app.app_context(), ExitStack() as stack:
        several = [stack.enter_context(db.engine.connect()) for _ in range(3)]
        for connection in several:
            connection.execute(sa.text("SELECT 1"))
        executioner = stack.enter_context(db.engine.connect())
        for connection in several:
            connection.close()
        ended = executioner.execute(OTHERS).scalars().all()
        assert ended.count(True) >= 3
        session = get_session()
        session.read_only = read_only
        assert session.scalar(sa.text("SELECT 1")) == 1
        session.rollback()


def test_one_that_dies_in_the_middle_of_a_transaction_is_not_hidden(fresh_app: Flask) -> None:
    with fresh_app.app_context(), db.engine.connect() as executioner:
        session = get_session()
        session.add(CodeCounter(kind="X", last=1))
        session.flush()
        executioner.execute(OTHERS)
        with pytest.raises(sa.exc.OperationalError):
            session.scalar(sa.select(CodeCounter.last))
        session.rollback()
        assert session.scalar(sa.select(sa.func.count()).select_from(CodeCounter).where(CodeCounter.kind == "X")) == 0
        session.rollback()


def test_what_the_server_has_planned_outlives_pages_and_refusals(fresh_app: Flask) -> None:
    with fresh_app.app_context():
        session = get_session()
        asked = sa.select(CodeCounter.last).where(CodeCounter.kind == sa.bindparam("kind"))
        for _ in range(3):
            session.execute(asked, {"kind": "X"})
        assert session.scalar(PLANNED) == 1
        session.rollback()
        with db.engine.connect().execution_options(**{READ_ONLY: True}) as reading:
            reading.execute(sa.text("SELECT 1"))
        assert session.scalar(PLANNED) == 1
        session.rollback()


def test_a_page_is_planned_for_what_it_shows(fresh_app: Flask) -> None:
    with fresh_app.app_context():
        session = get_session()
        session.read_only = True
        for _ in range(3):
            session.execute(sa.select(CodeCounter.last).where(CodeCounter.kind == "X"))
        assert session.scalar(PLANNED) == 0
        session.rollback()
