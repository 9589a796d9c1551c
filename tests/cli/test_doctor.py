"""`refurb doctor` on the database that the test runs on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refurb.cli.doctor import examine_application
from refurb.db import db

if TYPE_CHECKING:
    from flask import Flask


def test_a_database_that_may_lose_what_it_confirmed_is_told(app: Flask) -> None:
    """The tests' own PostgreSQL is set to be fast, which a workshop's must not be; SQLite's settings are ours."""
    with app.app_context():
        shared = db.engine.dialect.name == "postgresql"
    found = next(finding for finding in examine_application(app) if finding.subject == "Base de données")
    if shared:
        assert found.state == "warning"
        assert "fsync = off" in found.said
        assert "synchronous_commit = off" in found.said
        assert "postgresql.conf" in found.mend
    else:
        assert (found.state, found.said) == ("ok", "sqlite")
