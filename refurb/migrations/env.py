"""Run by Alembic: `schema` hands it the connection, already in a transaction."""

from alembic import context

from refurb.app import load_models
from refurb.db import Base
from refurb.migrations.schema import include_object, render_item

load_models()
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    include_object=include_object,
    compare_type=True,
    render_item=render_item,
    # SQLite alters a table by copying it.
    render_as_batch=True,
    # One transaction for all: a migration that fails leaves the schema as it was.
    transaction_per_migration=False,
)
context.run_migrations()
