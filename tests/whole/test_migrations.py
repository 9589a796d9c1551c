"""The migrations give the schema of the models, and take it away again, on both databases."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from tests.conftest import NOON

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask import Flask

    from tests.conftest import Databases


@pytest.fixture
def bare_app(databases: Databases, database: str, tmp_path: Path) -> Iterator[Flask]:
    """An application on a database with nothing in it."""
    from tests.conftest import dispose

    if database == "sqlite":
        url = sa.URL.create("sqlite", database=str(tmp_path / "bare.sqlite"))
    else:
        databases.app(database)
        assert databases.server is not None
        databases.server.drop("bare")
        url = databases.server.create("bare")
    app = databases.make(database, url)
    yield app
    dispose(app)


def shape(engine: sa.Engine) -> dict[str, object]:
    """Return everything of a schema that a migration may forget, in words that compare."""
    inspector = sa.inspect(engine)
    found: dict[str, object] = {}
    for table in inspector.get_table_names():
        if table == "alembic_version":
            continue
        found[table] = {
            "columns": {(c["name"], str(c["type"]), c["nullable"]) for c in inspector.get_columns(table)},
            "primary key": tuple(inspector.get_pk_constraint(table)["constrained_columns"]),
            "foreign keys": {
                (tuple(k["constrained_columns"]), k["referred_table"], str(k["options"]), k["name"])
                for k in inspector.get_foreign_keys(table)
            },
            "unique": {(tuple(u["column_names"]), u["name"]) for u in inspector.get_unique_constraints(table)},
            "checks": {(c["name"], _folded(c["sqltext"])) for c in inspector.get_check_constraints(table)},
            "indexes": {
                (i["name"], tuple(i["column_names"]), bool(i["unique"]), _where(i["dialect_options"]))
                for i in inspector.get_indexes(table)
            },
        }
    return found


def _where(options: dict[str, object]) -> str:
    return _folded(" ".join(str(value) for key, value in sorted(options.items()) if key.endswith("_where")))


def _folded(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip("() ")


def test_up_gives_what_the_models_say_and_down_takes_it_all(
    bare_app: Flask, databases: Databases, database: str
) -> None:
    from refurb.db import db
    from refurb.migrations import schema

    with databases.app(database).app_context():
        wanted = shape(db.engine)
    with bare_app.app_context():
        assert schema.current() is None
        schema.upgrade()
        assert schema.is_current()
        assert shape(db.engine) == wanted
        assert schema.differences() == []
        schema.downgrade("base")
        assert set(sa.inspect(db.engine).get_table_names()) <= {"alembic_version"}
        schema.upgrade()
        assert schema.is_current()


def test_the_comparison_sees_a_check_and_a_partial_index(bare_app: Flask) -> None:
    """What the test above promises: Alembic's own comparison is blind to the first."""
    from refurb.db import db
    from refurb.migrations import schema

    with bare_app.app_context():
        schema.upgrade()
        whole = shape(db.engine)
        assert any(table["checks"] for table in whole.values())  # type: ignore[index]
        assert any(index[3] for table in whole.values() for index in table["indexes"])  # type: ignore[index]
        with db.engine.begin() as connection:
            connection.execute(sa.text("DROP INDEX uq_device_serial"))
        assert shape(db.engine) != whole


def test_a_failed_migration_leaves_nothing(bare_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    from alembic import op

    from refurb.db import db
    from refurb.migrations import schema

    create, made = op.create_table, []

    def fails(name: str, *args: object, **kwargs: object) -> None:
        made.append(name)
        if len(made) == 5:
            raise RuntimeError("in the middle")
        create(name, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(op, "create_table", fails)
    with bare_app.app_context():
        with pytest.raises(RuntimeError, match="in the middle"):
            schema.upgrade()
        assert set(sa.inspect(db.engine).get_table_names()) <= {"alembic_version"}
        assert schema.current() is None


def test_what_a_count_noted_of_a_machine_moves_to_its_column_and_back(bare_app: Flask) -> None:
    from refurb.core.equipment import Form, Origin, Regime
    from refurb.core.workflow import Status
    from refurb.db import db, get_session
    from refurb.desk.models import Stocktake, StocktakeItem
    from refurb.devices.services import receive
    from refurb.migrations import schema
    from refurb.organisations.models import LegalType, Organisation
    from refurb.security import Actor

    def kept(*columns: str) -> list[tuple[object, ...]]:
        query = f"SELECT {', '.join(columns)} FROM stocktake_item ORDER BY id"  # noqa: S608 - names of columns, above
        with db.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(sa.text(query))]

    with bare_app.app_context():
        schema.upgrade()
        session = get_session()
        holder = Organisation(name="Atelier", legal_type=LegalType.ASSOCIATION, created_at=NOON)
        session.add(holder)
        session.flush()
        birth: dict[str, Any] = {
            "form": Form.LAPTOP,
            "maker": "Dell",
            "model": "7400",
            "serial": "8H2JQ72",
            "place_id": None,
        }
        device = receive(
            session,
            **birth,
            origin=Origin.PRIVATE,
            regime=Regime.GIFT,
            holder_id=holder.id,
            by=Actor.system(),
            at=NOON,
        )
        count = Stocktake(organisation_id=holder.id, title="A1", opened_at=NOON)
        session.add(count)
        session.flush()
        met = {"stocktake_id": count.id, "expected": False, "found_at": NOON}
        session.add(StocktakeItem(**met, device_id=device.id, noted=Status.MISSING))
        session.flush()
        session.add(StocktakeItem(**met, text="INCONNU9"))
        session.commit()
        session.close()
        schema.downgrade("0006")
        assert kept("text") == [("missing",), ("INCONNU9",)]
        schema.upgrade()
        assert kept("text", "noted") == [(None, "missing"), ("INCONNU9", None)]
