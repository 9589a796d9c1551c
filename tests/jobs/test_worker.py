from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from refurb.db import db
from refurb.jobs import schedule

if TYPE_CHECKING:
    import pytest
    from flask import Flask
    from sqlalchemy.orm import Session


def test_an_idle_worker_only_reads(fresh_app: Flask) -> None:
    from refurb.db import get_session
    from refurb.outbox import enqueue

    assert schedule.waits(fresh_app) is False
    with fresh_app.app_context():
        enqueue(get_session(), "mail.send", {}, due_at=datetime.now(UTC) + timedelta(hours=1))
        get_session().commit()
    assert schedule.waits(fresh_app) is False
    with fresh_app.app_context():
        enqueue(get_session(), "mail.send", {})
        get_session().commit()
    assert schedule.waits(fresh_app) is True


def test_two_workers_do_each_row_once(fresh_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    from refurb import outbox
    from refurb.db import get_session

    done: list[int] = []
    lock = threading.Lock()

    def note(session: object, payload: dict[str, int]) -> None:
        with lock:
            done.append(payload["n"])

    monkeypatch.setitem(outbox.HANDLERS, "test.note", note)
    with fresh_app.app_context():
        for n in range(30):
            outbox.enqueue(get_session(), "test.note", {"n": n})
        get_session().commit()
    threads = [threading.Thread(target=schedule.drain_once, args=(fresh_app,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == list(range(30))


def test_what_somebody_waits_for_passes_before_a_backlog(fresh_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A night's task leaves a backlog; what a person asks meanwhile is done next, in the order of asking."""
    from refurb import outbox
    from refurb.db import get_session

    done: list[str] = []

    def note(session: Session, payload: dict[str, str]) -> None:
        done.append(payload["name"])
        if payload["name"] == "night 1":
            ask("slip 1", "slip 2")
            outbox.enqueue(session, "test.note", {"name": "what night 1 leads to"})

    def ask(*names: str) -> None:
        """A request, in a session of its own: it comes while the worker works."""
        with db.sessionmaker() as session:
            for name in names:
                outbox.enqueue(session, "test.note", {"name": name})
            session.commit()

    def night(session: Session, at: datetime) -> None:
        for n in range(3):
            outbox.enqueue(session, "test.note", {"name": f"night {n}"})

    monkeypatch.setitem(outbox.HANDLERS, "test.note", note)
    schedule.run_periodic(fresh_app, schedule.Periodic("test.night", night))
    with fresh_app.app_context():
        ask("asked in the morning")
        outbox.drain(get_session())
    assert done == [
        "asked in the morning",
        "night 0",
        "night 1",
        "slip 1",
        "slip 2",
        "night 2",
        "what night 1 leads to",
    ]


def test_a_row_that_somebody_looks_for_is_taken_out_of_the_backlog(
    fresh_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    from refurb import outbox
    from refurb.db import get_session

    done: list[int] = []
    monkeypatch.setitem(outbox.HANDLERS, "test.note", lambda _session, payload: done.append(payload["n"]))
    with fresh_app.app_context():
        session = get_session()
        with outbox.in_background(session):
            for n in range(3):
                outbox.enqueue(session, "test.note", {"n": n})
        session.commit()
        row = outbox.background_row(session, "test.note", "n", 2)
        assert row is not None
        outbox.hasten(session, row.id)
        session.commit()
        assert outbox.background_row(session, "test.note", "n", 2) is None
        assert outbox.background_row(session, "test.other", "n", 1) is None
        outbox.drain(session)
        assert outbox.background_row(session, "test.note", "n", 1) is None
    assert done == [2, 0, 1]


def test_every_task_of_the_calendar_runs(fresh_app: Flask) -> None:
    assert len({task.name for task in schedule.PERIODIC}) == len(schedule.PERIODIC)
    from refurb.db import get_session

    with fresh_app.app_context():
        for task in schedule.PERIODIC:
            task.run(get_session(), datetime.now(UTC))
            get_session().commit()


def test_a_task_that_fails_is_logged_and_undone(fresh_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    from structlog.testing import capture_logs

    from refurb.db import get_session
    from refurb.setup.queries import setting
    from refurb.setup.services import put

    def fails(session: object, at: datetime) -> None:
        put(session, "half.done", True, at=at)  # type: ignore[arg-type]
        raise RuntimeError("no")

    with capture_logs() as logs:
        schedule.run_periodic(fresh_app, schedule.Periodic("test.fails", fails))
    assert [(line["event"], line["task"]) for line in logs] == [("task.failed", "test.fails")]
    with fresh_app.app_context():
        assert setting(get_session(), "half.done") is None


def test_the_queue_keeps_away_from_our_tables(fresh_app: Flask) -> None:
    import sqlalchemy as sa

    from refurb.db import db

    with fresh_app.app_context():
        before = set(sa.inspect(db.engine).get_table_names())
    schedule.prepare_queue(fresh_app)
    queue = schedule.make_queue(fresh_app.extensions["refurb.settings"])
    schedule.register(queue, fresh_app, schedule.PERIODIC)
    assert len(queue._registry.periodic_tasks) == len(schedule.PERIODIC)
    queue.storage.close()
    with fresh_app.app_context():
        assert set(sa.inspect(db.engine).get_table_names()) == before


def test_a_message_sent_leaves_no_link_behind(fresh_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token is stored hashed: the row that carried its link keeps whom and what, and not the link."""
    from refurb import outbox
    from refurb.db import get_session

    sent: list[str] = []
    monkeypatch.setitem(outbox.HANDLERS, "mail.send", lambda _session, payload: sent.append(payload["context"]["link"]))
    with fresh_app.app_context():
        payload = {
            "to": "ada@example.org",
            "template": "invitation",
            "context": {"link": "https://x/invitation/s3cret"},
        }
        row = outbox.enqueue(get_session(), "mail.send", payload)
        get_session().commit()
        assert outbox.drain(get_session()) == 1
        assert sent == ["https://x/invitation/s3cret"]
        assert row.payload == {"to": "ada@example.org", "template": "invitation"}
