"""A page that only reads takes one connection, however much it reads, and cannot write."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from refurb.db import db, get_session
from refurb.organisations.models import CodeCounter

if TYPE_CHECKING:
    from flask import Flask


def test_many_statements_take_one_connection(fresh_app: Flask) -> None:
    with fresh_app.app_context():
        session = get_session()
        session.read_only = True
        seen: set[int] = set()
        sa.event.listen(db.engine, "checkout", lambda connection, record, fairy: seen.add(id(record)))
        for _ in range(30):
            session.scalar(sa.select(sa.func.count()).select_from(CodeCounter))
        assert len(seen) == 1


def test_a_read_only_session_writes_nothing(fresh_app: Flask) -> None:
    with fresh_app.app_context():
        session = get_session()
        session.read_only = True
        session.add(CodeCounter(kind="X", last=1))
        with pytest.raises(sa.exc.DBAPIError):
            session.flush()
        session.rollback()
