"""The worker: it drains the outbox every second and runs what has its hour.

The outbox is our own table, so a row is there exactly when the deed is; huey keeps the calendar (each task under a
lock, so two workers do not do it twice at once) and its own small store, never the application's tables.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
import structlog
from flask import Flask
from sqlalchemy.orm import Session

from refurb import outbox
from refurb.config import Settings
from refurb.db import get_session

if TYPE_CHECKING:
    # The web's processes read the calendar and run nothing of it: huey is the worker's to load.
    from huey import Huey

log = structlog.get_logger()

#: Seconds between two looks at the outbox; a look at an empty one is a read of one partial index.
LOOK = 1.0
QUEUE_SCHEMA = "refurb_queue"


@dataclass(frozen=True)
class Periodic:
    """A task with its hour; it is handed a session of its own, commits nothing, and says what it did for the log."""

    name: str
    run: Callable[[Session, datetime], Any]
    minute: str = "0"
    hour: str = "*"


#: Filled by create_app() from each area's jobs.
PERIODIC: list[Periodic] = []


def drain_once(app: Flask) -> int:
    """Do what waits in the outbox now; return how many rows were done."""
    with app.app_context():
        return outbox.drain(get_session())


def make_queue(settings: Settings) -> "Huey":
    """Return the queue: a file beside the embedded database, else a schema of its own in PostgreSQL."""
    if settings.embedded:
        from huey import SqliteHuey

        return SqliteHuey("refurb", filename=str(settings.instance / "queue.sqlite"), results=False, utc=True)
    from huey.contrib.sql_huey import SqlHuey
    from peewee import PostgresqlDatabase

    url = settings.database_url
    arguments = {**url.translate_connect_args(username="user"), **url.query}
    name = arguments.pop("database")
    database = PostgresqlDatabase(name, options=f"-c search_path={QUEUE_SCHEMA}", **arguments)
    return SqlHuey("refurb", database=database, results=False, utc=True)


def prepare_queue(app: Flask) -> None:
    """Make the schema that keeps huey's tables away from ours."""
    from refurb.db import db

    with app.app_context():
        if db.engine.dialect.name == "postgresql":
            with db.engine.begin() as connection:
                # Two workers starting at once both find no schema; the second one waits for the first.
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(490049)"))
                connection.execute(sa.text(f"CREATE SCHEMA IF NOT EXISTS {QUEUE_SCHEMA}"))


def run_periodic(app: Flask, task: Periodic) -> None:
    """Run one task in a transaction of its own; a failure is logged and the next hour tries again."""
    with app.app_context():
        session = get_session()
        try:
            with outbox.in_background(session):
                result = task.run(session, datetime.now(UTC))
            session.commit()
        except Exception:
            session.rollback()
            log.exception("task.failed", task=task.name)
        else:
            log.info("task.done", task=task.name, result=result)


def register(queue: "Huey", app: Flask, tasks: list[Periodic]) -> None:
    """Give each task to huey under its name."""
    from huey import crontab

    for task in tasks:

        def go(task: Periodic = task) -> None:
            with queue.lock_task(task.name):
                run_periodic(app, task)

        go.__name__ = task.name.replace(".", "_").replace("-", "_")
        queue.periodic_task(crontab(minute=task.minute, hour=task.hour), name=task.name)(go)


class Drain(threading.Thread):
    """Look at the outbox until told to stop; an error of the database is logged and looked at again later."""

    def __init__(self, app: Flask) -> None:
        super().__init__(name="outbox", daemon=True)
        self.app, self.stopping = app, threading.Event()

    def run(self) -> None:
        """Drain, wait, drain."""
        pause = LOOK
        while not self.stopping.wait(pause):
            try:
                if waits(self.app):
                    drain_once(self.app)
                pause = LOOK
            except Exception:
                log.exception("outbox.failed")
                pause = min(pause * 2, 60)


def waits(app: Flask) -> bool:
    """Whether the outbox holds a due row: a read, so an idle worker never takes SQLite's write lock."""
    with app.app_context():
        session = get_session()
        session.read_only = True
        row = outbox.OutboxRow
        due = sa.select(row.id).where(row.done_at.is_(None), row.failed_at.is_(None), row.due_at <= datetime.now(UTC))
        return session.scalar(due.limit(1)) is not None


def run(app: Flask) -> None:
    """Work until stopped by a signal; what is under way is finished first."""
    from huey.consumer import Consumer

    settings = app.extensions["refurb.settings"]
    prepare_queue(app)
    queue = make_queue(settings)
    register(queue, app, PERIODIC)
    logging.getLogger("huey").setLevel(logging.WARNING)
    drain = Drain(app)
    drain.start()
    log.info("worker.started", tasks=[task.name for task in PERIODIC])
    try:
        # Consumer.run() installs its own handlers for SIGINT and SIGTERM and ends the process's work in order.
        Consumer(queue, workers=1).run()
    finally:
        drain.stopping.set()
        drain.join(timeout=30)
