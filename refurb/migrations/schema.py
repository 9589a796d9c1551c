"""Alembic without its file of settings: the migrations, on the database of the running application."""

from typing import Any, Literal

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from refurb.db import db
from refurb.paths import PACKAGE
from refurb.sealed import Sealed


def config() -> Config:
    """Return Alembic's settings: the folder of the migrations, and nothing else."""
    made = Config()
    made.set_main_option("script_location", str(PACKAGE / "migrations").replace("%", "%%"))
    return made


def head() -> str | None:
    """Return the revision that this version of the code expects."""
    return ScriptDirectory.from_config(config()).get_current_head()


def current() -> str | None:
    """Return the revision of the database, None for one without tables of ours."""
    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def is_current() -> bool:
    """Whether the database has the schema that the code expects."""
    return current() == head()


def upgrade(revision: str = "head") -> None:
    """Migrate up to `revision`, in one transaction."""
    _migrate(command.upgrade, revision)


def downgrade(revision: str) -> None:
    """Migrate down to `revision`, "base" for nothing left."""
    _migrate(command.downgrade, revision)


def differences() -> list[Any]:
    """Return what Alembic finds different between the database and the models."""
    from alembic.autogenerate import compare_metadata

    from refurb.db import Base

    with db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": False, "include_object": include_object}
        )
        return list(compare_metadata(context, Base.metadata))


def include_object(thing: Any, name: str | None, kind: str, reflected: bool, other: Any) -> bool:
    """Leave alone what is not a model's: huey's tables, Alembic's own."""
    return not (kind == "table" and reflected and other is None and name in {"alembic_version"})


def render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write a column that holds ciphertext as the text it is: a migration outlives the class that opens it."""
    return "sa.Text()" if kind == "type" and isinstance(item, Sealed) else False


def revise(message: str, revision: str) -> None:
    """Write a new migration from what the models have and the database has not; for developers."""
    with db.engine.connect() as connection, connection.begin():
        settings = config()
        settings.attributes["connection"] = connection
        command.revision(settings, message, autogenerate=True, rev_id=revision)


def _migrate(run: Any, revision: str) -> None:
    with db.engine.connect() as connection:
        # SQLite rebuilds a table by copying it; the foreign keys of the others must look away meanwhile, and the
        # pragma is deaf inside a transaction.
        sqlite = connection.connection.driver_connection if connection.dialect.name == "sqlite" else None
        if sqlite is not None:
            sqlite.execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                settings = config()
                settings.attributes["connection"] = connection
                run(settings, revision)
        finally:
            if sqlite is not None:
                sqlite.execute("PRAGMA foreign_keys=ON")
