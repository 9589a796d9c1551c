"""A fault is a sentence with a number, and the number is in the log; a refusal says what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from refurb.security import public

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

    from tests.conftest import Databases


@pytest.fixture
def faulty(databases: Databases, database: str) -> Iterator[Flask]:
    """An application with a page that breaks, as it would in production."""
    from tests.conftest import dispose

    app = databases.make(database, databases.fresh_url(database))
    app.config["PROPAGATE_ERRORS"] = False

    @public("a page of the tests that breaks")
    def breaks() -> str:
        raise RuntimeError("the secret of the fault")

    app.add_url_rule("/breaks", view_func=breaks)
    app.add_url_rule("/api/v1/breaks", "api_breaks", breaks)
    yield app
    dispose(app)


def test_a_fault_has_a_number_that_the_log_knows(faulty: Flask) -> None:
    from tests.visitor import Page, problems

    with capture_logs() as logs:
        answer = faulty.test_client().get("/breaks", headers={"Accept": "text/html"})
    assert answer.status_code == 500
    page = Page(answer.get_data(as_text=True), "lxml")
    assert problems(page, answer) == []
    assert "the secret of the fault" not in page.words()
    (line,) = [entry for entry in logs if entry["event"] == "unhandled"]
    assert line["error_id"] in page.words()
    assert re.fullmatch("[0-9a-f]{12}", line["error_id"])
    assert line["path"] == "/breaks"


@pytest.mark.parametrize(
    ("method", "address", "status"), [("GET", "/nowhere", 404), ("POST", "/", 400), ("POST", "/sign-in", 400)]
)
def test_a_refusal_is_a_page(faulty: Flask, method: str, address: str, status: int) -> None:
    from tests.visitor import Page, problems

    answer = faulty.test_client().open(address, method=method, headers={"Accept": "text/html"})
    assert answer.status_code in (status, 405)
    page = Page(answer.get_data(as_text=True), "lxml")
    assert problems(page, answer) == []


def test_every_answer_carries_the_headers(faulty: Flask) -> None:
    for address in ("/", "/nowhere", "/breaks", "/sign-in", "/healthz"):
        headers = faulty.test_client().get(address).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy, address
        assert "unsafe" not in policy, address
        assert "http" not in policy, address
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize(("address", "status"), [("/api/v1/breaks", 500), ("/api/v1/nowhere", 404), ("/api/none", 404)])
def test_a_program_gets_a_problem_and_no_page(faulty: Flask, address: str, status: int) -> None:
    with capture_logs() as logs:
        answer = faulty.test_client().get(address)
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    told = answer.get_json(force=True)
    assert told["status"] == status
    assert "secret" not in answer.get_data(as_text=True)
    if status == 500:
        assert told["error_id"] in {entry.get("error_id") for entry in logs}


def test_two_writers_that_block_each_other_are_told_to_try_again(faulty: Flask) -> None:
    """PostgreSQL ends one of two transactions in a deadlock: that is nobody's fault, and nothing was written."""
    from sqlalchemy.exc import OperationalError

    class DeadlockDetected(Exception):
        """As psycopg names it."""

    @public("a page of the tests that is ended by the database")
    def crossed() -> str:
        raise OperationalError("UPDATE", {}, DeadlockDetected())

    faulty.add_url_rule("/crossed", view_func=crossed)
    assert faulty.test_client().get("/crossed").status_code == 409


def test_a_number_that_no_row_can_have_names_nothing(app: Flask) -> None:
    """SQLite cannot even be asked about it, which was a fault."""
    from werkzeug.exceptions import NotFound

    addresses = app.url_map.bind("localhost")
    assert addresses.match(f"/reports/{2**63 - 1}") == ("reports.show", {"report_id": 2**63 - 1})
    for path in (f"/reports/{2**63}", f"/devices/media/{10**20}"):
        with pytest.raises(NotFound):
            addresses.match(path)
