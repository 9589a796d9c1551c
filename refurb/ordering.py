"""The order of core.natural in a statement: `order_by(naturally(Place.name))`."""

import sqlite3
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from refurb.core.natural import ACCENTS, WIDTH, natural


class naturally(FunctionElement[str]):  # noqa: N801 - it is written as a function is
    """What core.natural.natural gives of a column, for each database in its own way."""

    inherit_cache = True
    type = sa.Text()


@compiles(naturally, "sqlite")
def _sqlite(element: naturally, compiler: SQLCompiler, **how: Any) -> str:
    return f"natural_key({compiler.process(element.clauses, **how)})"


@sa.event.listens_for(sa.Engine, "connect")
def _teach(connection: Any, _record: Any) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.create_function(
            "natural_key", 1, lambda name: None if name is None else natural(name), deterministic=True
        )


@compiles(naturally, "postgresql")
def _postgresql(element: naturally, compiler: SQLCompiler, **how: Any) -> str:
    """Strip the accents, set zeros before each number, and take away those that are too many."""
    plain = f"regexp_replace(normalize({compiler.process(element.clauses, **how)}, NFKD), '[{ACCENTS}]', '', 'g')"
    zeros = "0" * (WIDTH - 1)
    longer = f"regexp_replace(lower({plain}), '([0-9]+)', '{zeros}\\1', 'g')"
    return f"regexp_replace({longer}, '0*([0-9]{{{WIDTH},}})', '\\1', 'g') COLLATE \"C\""
