"""What every test may ask for: an application on either database, a visitor, makers of things.

`--database both` runs each test that needs a database twice. A test's writes are rolled back: its sessions join one
outer transaction. `fresh_app` is for what that cannot show (two writers, two processes): a database of its own.
"""

from __future__ import annotations

import contextvars
import fcntl
import gc
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock
from zoneinfo import ZoneInfo

import hypothesis
import pytest

if TYPE_CHECKING:
    # The tests of the core need neither Flask nor a database: the fixtures import them when they are asked for.
    import sqlalchemy as sa
    from flask import Flask
    from flask.testing import FlaskClient
    from playwright.sync_api import Browser

    from refurb.config import Settings
    from refurb.db import Session
    from tests.postgres import Server
    from tests.visitor import Visitor

pytest_plugins = ["tests.factories", "tests.department", "tests.mail_server"]

# How long an example takes says how busy the machine is, not whether the code is right.
hypothesis.settings.register_profile("calm", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("calm")

#: A Tuesday, not near midnight, a month's end or a change of hour.
NOON = datetime(2026, 11, 17, 11, 0, tzinfo=UTC)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database", choices=["sqlite", "postgresql", "both"], default="sqlite", help="where tests with a database run"
    )


def pytest_configure() -> None:
    # Made for programs that allocate little: at 700 new objects a look, a page's thousands are looked at over and over.
    gc.set_threshold(20_000, 10, 10)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the few that take a minute: no worker is left with one at the end. The rest stays in random order."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--database")
        metafunc.parametrize("database", ["sqlite", "postgresql"] if chosen == "both" else [chosen])


class Databases:
    """The applications of this test process, one per database, each made when first asked for."""

    def __init__(self, folder: Path, templates: Path | None = None) -> None:
        from argon2 import PasswordHasher
        from jinja2 import FileSystemBytecodeCache

        from refurb.accounts import passwords

        self.folder = folder
        self.templates = FileSystemBytecodeCache(str(templates or folder))
        #: The application's own, which costs a tenth of a second and 64 MiB a password; tests give hundreds, so theirs
        #: is the same function at its cheapest. tests/whole/test_fixtures.py asks what the own one costs.
        self.own_hasher = passwords._hasher
        self._cheap = mock.patch.object(
            passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
        )
        self._cheap.start()
        self.server: Server | None = None
        self.template = ""
        self._apps: dict[str, Flask] = {}

    def app(self, database: str) -> Flask:
        """Return the application whose database already holds the schema."""
        if database not in self._apps:
            self._apps[database] = self.make(database, self._template(database))
        return self._apps[database]

    def fresh_url(self, database: str) -> sa.URL:
        """Return the address of a new database that holds the schema and nothing else."""
        import sqlalchemy as sa

        self.app(database)
        name = f"fresh_{uuid.uuid4().hex}"
        if database == "sqlite":
            path = self.folder / f"{name}.sqlite"
            # The template is complete on disk: `_template` closed it, which folds its WAL in.
            shutil.copy(self.folder / "template.sqlite", path)
            return sa.URL.create("sqlite", database=str(path))
        assert self.server is not None
        return self.server.create(name, template=self.template)

    def settings(self, database: str, url: sa.URL) -> Settings:
        """Return the settings of an application on `url`."""
        from refurb.config import Settings

        instance = self.folder / f"instance-{database}"
        instance.mkdir(exist_ok=True)
        return Settings(
            instance=instance,
            database_url=url,
            secret_key="a-secret-for-the-tests-alone-0123456789",
            field_keys=("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",),
            timezone=ZoneInfo("Europe/Paris"),
            testing=True,
        )

    def make(self, database: str, url: sa.URL) -> Flask:
        """Return an application on `url`."""
        from refurb.app import create_app

        app = create_app(self.settings(database, url))
        app.test_client_class = client_class()
        # Each application compiles its templates anew; what that gives is kept for the next, in the other process too.
        app.jinja_env.bytecode_cache = self.templates
        # As on an instance that runs: it has an administrator, and nobody changed a setting since.
        app.extensions |= {"refurb.ready": True, "refurb.settings_read": float("inf")}
        return app

    def _template(self, database: str) -> sa.URL:
        """Create the schema in a template, then return the address of a copy to work on."""
        import sqlalchemy as sa

        from refurb.db import Base, db
        from tests.postgres import Server

        if database == "sqlite":
            template = sa.URL.create("sqlite", database=str(self.folder / "template.sqlite"))
        else:
            # One server however often this is tried: models that cannot be created fail each test, not the machine.
            self.server = self.server or Server()
            template = self.server.create(f"template_{uuid.uuid4().hex}")
            self.template = str(template.database)
        app = self.make(database, template)
        with app.app_context():
            Base.metadata.create_all(db.engine)
            db.engine.dispose()
        if database == "sqlite":
            path = self.folder / "work.sqlite"
            shutil.copy(self.folder / "template.sqlite", path)
            return sa.URL.create("sqlite", database=str(path))
        assert self.server is not None
        return self.server.create("refurb_work", template=self.template)

    def close(self) -> None:
        """Give everything back."""
        self._cheap.stop()
        for app in self._apps.values():
            dispose(app)
        if self.server is not None:
            self.server.stop()


def dispose(app: Flask) -> None:
    """Close the connections of an application."""
    from refurb.db import db

    with app.app_context():
        db.engine.dispose()


def client_class() -> type[FlaskClient]:
    """Return Flask's client, with each request in a context of its own.

    pytest-flask keeps a context open during the test, and Flask would use it for the requests too: `g`, with its actor
    and its session, would outlive them.
    """
    from flask.testing import FlaskClient

    class Client(FlaskClient):
        def open(self, *args: Any, buffered: bool = True, **kwargs: Any) -> Any:
            return contextvars.Context().run(super().open, *args, buffered=buffered, **kwargs)

    return Client


@contextmanager
def isolation(app: Flask) -> Iterator[None]:
    """Bind every session of `app` to one connection in a transaction that is rolled back.

    Not flask-sqlalchemy-lite's test_isolation: it patches Engine.connect alone, and a session of SQLAlchemy 2.1 takes
    the transaction of such a connection for its own and commits it.
    """
    from refurb.db import Session, db

    with ExitStack() as stack:
        with app.app_context():
            engine, options = db.engine, db.sessionmaker.kw
        connection = stack.enter_context(engine.connect())
        stack.enter_context(mock.patch.object(Session, "separate_read_only", False))
        joined = {"bind": connection, "binds": None, "join_transaction_mode": "create_savepoint"}
        stack.enter_context(mock.patch.dict(options, joined))
        stack.enter_context(mock.patch.object(connection, "close", return_value=None))
        stack.enter_context(mock.patch.object(engine, "connect", return_value=connection))
        transaction = connection.begin()
        stack.callback(transaction.rollback)
        stack.enter_context(mock.patch.object(connection, "begin", connection.begin_nested))
        yield


def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that all test processes of this run have in common."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """The databases of this test process."""
    templates = shared_folder(tmp_path_factory) / "templates"
    templates.mkdir(exist_ok=True)
    made = Databases(tmp_path_factory.mktemp("databases"), templates)
    yield made
    made.close()


@pytest.fixture
def app(databases: Databases, database: str) -> Iterator[Flask]:
    """The application; what a test writes is rolled back."""
    application = databases.app(database)
    # What a test of the settings made the application read again does not outlive it.
    kept = {key: application.extensions[key] for key in ("refurb.ready", "refurb.settings_read", "refurb.settings")}
    with isolation(application):
        yield application
    application.extensions |= kept


@pytest.fixture
def fresh_app(databases: Databases, database: str) -> Iterator[Flask]:
    """An application on a database of its own: real commits, several connections."""
    url = databases.fresh_url(database)
    application = databases.make(database, url)
    yield application
    dispose(application)
    if database == "postgresql" and databases.server is not None:
        databases.server.drop(str(url.database))
    elif url.database:
        for path in Path(url.database).parent.glob(Path(url.database).name + "*"):
            path.unlink()


@pytest.fixture(scope="session")
def told_demo(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo in a file of SQLite, built once for all test processes: to be copied, not opened."""
    folder = shared_folder(tmp_path_factory)
    told = folder / "demo.sqlite"
    with (folder / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            from refurb.db import get_session
            from refurb.demo.build import build

            url = databases.fresh_url("sqlite")
            app = databases.make("sqlite", url)
            with app.test_request_context(base_url="http://localhost:8000"):
                build(get_session())
                get_session().close()
            dispose(app)
            Path(str(url.database)).rename(told)
    return told


@pytest.fixture
def session(app: Flask) -> Session:
    """The session of the test, in the application context that pytest-flask pushed."""
    from refurb.db import get_session

    return get_session()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Flask's own client, for what is not a page."""
    return app.test_client()


class Clock:
    """The time as the application sees it, moved by the test."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def move(self, **by: float) -> datetime:
        """Move on by a timedelta's arguments; return the new time."""
        self.at += timedelta(**by)
        return self.at


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    """Somebody with a browser and no account; `visitor.sign_in(...)` makes them one of the house."""
    from tests.visitor import Visitor

    return Visitor(app)


@pytest.fixture
def clock(app: Flask) -> Iterator[Clock]:
    """The application's clock, standing at NOON until the test moves it."""
    made = Clock(NOON)
    app.extensions["refurb.clock"] = made
    yield made
    del app.extensions["refurb.clock"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, headless, which asks nobody for anything.

    Of a module and not of the session, as pytest-playwright has it: while it lives its event loop runs in this thread,
    where Flask's contexts then cannot end (asgiref refuses), so the tests of other modules would fail.
    """
    from playwright.sync_api import sync_playwright

    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu", *quiet]
        )
        yield chromium
        chromium.close()
