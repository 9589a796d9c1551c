"""Base, column types, and the session with its read-only mark.

SQLite and PostgreSQL are both first class, so what differs between them is settled here, once: SQLite gets our own
BEGIN IMMEDIATE (without it, WAL with a busy timeout loses updates silently), PostgreSQL a BEGIN that tells whether the
connection still lives; each reads only where the session carries the mark.
"""

import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, ClassVar, TypeVar

import sqlalchemy as sa
from flask_sqlalchemy_lite import SQLAlchemy
from sqlalchemy import event, orm
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.pool import ConnectionPoolEntry

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(sa.TypeDecorator[datetime]):
    """An aware UTC datetime; a naive one is refused rather than guessed at."""

    impl = sa.DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        return dialect.type_descriptor(sa.DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored")
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class StrList(sa.TypeDecorator[list[str]]):
    """A short list of codes, as JSON: for what is shown with its row and not searched by itself."""

    impl = sa.JSON
    cache_ok = True

    def process_bind_param(self, value: list[str] | None, dialect: Dialect) -> list[str] | None:
        return None if value is None else [str(item) for item in value]


def enum_type(cls: type[StrEnum]) -> sa.Enum:
    """Return the column type that stores a StrEnum by value, as plain text on both databases."""
    return sa.Enum(
        cls, native_enum=False, length=40, create_constraint=False, values_callable=lambda e: [m.value for m in e]
    )


pk = Annotated[int, orm.mapped_column(sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)]
#: Short text of bounded length; a longer one is refused by the form before the database sees it.
Code = Annotated[str, orm.mapped_column(sa.String(40))]
Name = Annotated[str, orm.mapped_column(sa.String(300))]


class Base(orm.DeclarativeBase):
    """Every table of the application."""

    metadata = sa.MetaData(naming_convention=NAMING)
    registry = orm.registry(
        type_annotation_map={
            datetime: UtcDateTime,
            str: sa.Text,
            dict[str, Any]: sa.JSON,
            list[dict[str, Any]]: sa.JSON,
            list[str]: StrList,
        }
    )


#: The mark of a connection whose transactions may not write, among its execution options.
READ_ONLY = "refurb_read_only"
#: Set on a connection that has carried a transaction, and may have died in the pool since.
USED = "refurb_used"


class Session(orm.Session):
    """The request's session. With `read_only`, what it opens may not write: a GET changes nothing."""

    read_only: bool = False
    #: Whether the mark takes another connection. The tests' one outer transaction has only one.
    separate_read_only: ClassVar[bool] = True
    #: The engine of this session that carries the mark, and the one it was made from. Kept, because a session takes a
    #: connection of its own for each engine it meets.
    _reader: tuple[sa.Engine, sa.Engine] | None = None

    def get_bind(self, *args: Any, **kwargs: Any) -> sa.Engine | Connection:
        bind = super().get_bind(*args, **kwargs)
        if self.read_only and self.separate_read_only and isinstance(bind, sa.Engine):
            if self._reader is None or self._reader[0] is not bind:
                self._reader = (bind, bind.execution_options(**{READ_ONLY: True}))
            return self._reader[1]
        return bind


_Model = TypeVar("_Model", bound=Base)


def shared_alias(model: type[_Model]) -> type[_Model]:
    """Return an alias of a model for a module or a kept statement to hold, whole before a second thread can see it.

    SQLAlchemy (2.1) fills the index by which an alias knows its columns when it is first asked for one, and no lock
    keeps another thread out meanwhile. Who looks into the half of it gets the column of the table itself, and the
    alias then gives that for good: every scan failed until the process was started anew.
    """
    alias = orm.aliased(model)
    selectable = sa.inspect(alias).selectable
    for column in model.__table__.columns:
        selectable.corresponding_column(column)
    return alias


@cache
def _update_of(table: sa.Table, version: sa.Column[int] | None, along: sa.ColumnElement[Any] | None) -> sa.Update:
    statement = sa.update(table).where(table.c.id == sa.bindparam("row_id"))
    if version is not None:
        statement = statement.where(version == sa.bindparam("row_version"))
    return statement if along is None else statement.returning(along)


def write_columns(
    session: orm.Session, row: Base, values: Mapping[str, Any], *, along: sa.ColumnElement[Any] | None = None
) -> bool:
    """Write columns of a row whose lock this transaction holds; the object then has them as if they had been read.

    `along` is asked with the row that is written; returns whether it was. Raises StaleDataError where somebody wrote
    the row since it was read, as the unit of work does.

    For what every scan does: the unit of work takes several times as long, and a scan has 15 ms in all. In a savepoint
    it is left to it: what is taken back there, the session must forget.
    """
    session.flush()
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    if not changed:
        return False
    if session.in_nested_transaction():
        for name, value in changed.items():
            setattr(row, name, value)
        session.flush()
        return False
    state = sa.inspect(row)
    assert state.identity is not None
    version, which = state.mapper.version_id_col, {"row_id": state.identity[0]}
    if version is not None:
        which["row_version"] = getattr(row, version.name)
        changed[version.name] = which["row_version"] + 1
    statement = _update_of(state.mapper.local_table, version, along)
    if session.connection().execute(statement, {**which, **changed}).rowcount != 1:
        raise orm.exc.StaleDataError(f"{type(row).__name__} {state.identity[0]} was written since it was read")
    for name, value in changed.items():
        orm.attributes.set_committed_value(row, name, value)
    return along is not None


db = SQLAlchemy(session_options={"class_": Session, "expire_on_commit": False})


def get_session() -> Session:
    """Return the session of the running request or command; it is closed with the application context."""
    session = db.session
    assert isinstance(session, Session)
    return session


def prepare_engine(engine: sa.Engine) -> None:
    """Let transactions of an engine begin our way, and give its connections their settings."""
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine)
    else:
        _prepare_postgresql(engine)


def _reads_only(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get(READ_ONLY))


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


def _prepare_sqlite(engine: sa.Engine) -> None:
    """Give what two writers and a kill -9 ask for (dependencies.md, recipe SQLite)."""

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA busy_timeout=30000")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        # 16 MiB: a list that goes through a workshop's machines reads more pages than the 2 MiB that are kept unasked.
        cursor.execute("PRAGMA cache_size=-16384")
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        # Straight to the driver: a statement of SQLAlchemy's costs ten times as much, and a scan has 15 ms in all.
        driver = _driver(connection)
        read_only = _reads_only(connection)
        begin = "BEGIN" if read_only else "BEGIN IMMEDIATE"
        try:
            if connection.info.get(READ_ONLY) is not read_only:
                driver.execute(f"PRAGMA query_only={'ON' if read_only else 'OFF'}")
                connection.info[READ_ONLY] = read_only
            driver.execute(begin)
        except sqlite3.OperationalError as error:
            # Locked for longer than the timeout: told as SQLAlchemy tells it.
            raise sa.exc.OperationalError(begin, None, error) from error


def _prepare_postgresql(engine: sa.Engine) -> None:
    """Make one question to the server of BEGIN and of whether a pooled connection still lives; a scan has 15 ms.

    They go straight to libpq, past the driver, which would take a transaction that is rolled back for one that may have
    made tables, and forget every statement that the server has planned: at the end of each page.
    """
    from psycopg.errors import OperationalError, error_from_result
    from psycopg.pq import ExecStatus, TransactionStatus

    @event.listens_for(engine, "connect")
    def on_connect(driver: Any, _: ConnectionPoolEntry) -> None:
        driver.autocommit = True  # it sends no BEGIN of its own

    def begun(driver: Any, begin: str) -> Exception | None:
        try:
            result = driver.pgconn.exec_(begin.encode())
        except OperationalError as error:
            return error
        return None if result.status == ExecStatus.COMMAND_OK else error_from_result(result)

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        read_only = _reads_only(connection)
        begin = "BEGIN READ ONLY" if read_only else "BEGIN"
        while error := begun(driver := _driver(connection), begin):
            if not (driver.broken and connection.info.get(USED)):
                raise sa.exc.OperationalError(begin, None, error) from error
            # It died in the pool. The next one may have too; one that was just opened is not tried again.
            connection.invalidate(error)
        connection.info[USED] = True
        # What writes asks the same few things all day, planned once by connection; a page is planned for what it shows.
        driver.prepare_threshold = None if read_only else 1

    @event.listens_for(engine, "rollback")
    def on_rollback(connection: Connection) -> None:
        if connection.closed or connection.invalidated:
            return
        driver = _driver(connection)
        if driver.pgconn.transaction_status in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
            driver.pgconn.exec_(b"ROLLBACK")


def engine_options(url: sa.URL) -> dict[str, Any]:
    """Return what create_engine needs besides the address."""
    if url.get_backend_name() == "sqlite":
        return {"connect_args": {"timeout": 30, "check_same_thread": False}}
    from refurb.postgresql import PlainCursor

    # The connection used last is the next one used: it has planned what is asked, and is in the server's caches.
    pool = {"pool_size": 8, "max_overflow": 8, "pool_use_lifo": True}
    return {**pool, "connect_args": {"cursor_factory": PlainCursor}}
