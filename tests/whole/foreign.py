"""Another organisation's records, one of every table, made from the schema itself: a new table is in the world at once.

Every text they hold is a mark that must not be read anywhere by somebody else. What is public or shared by design (the
directory of organisations and places, communes, systems, settings) carries none.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from refurb.core.identity import CodeKind, mint
from refurb.db import Base, UtcDateTime
from refurb.sealed import Sealed
from tests.conftest import NOON
from tests.factories import ANGERS, ANGERS_EPCI

if TYPE_CHECKING:
    from refurb.db import Session

#: What no other organisation may read.
MARK = "Zkw7"
#: What nobody but the service may read, the coordination neither.
LABEL = "Qvx9-etiquette"
#: Tables that everybody may read in part, or that belong to nobody: no mark in them.
SHARED = frozenset(
    {
        "organisation", "organisation_role", "place", "commune", "commune_alias", "epci", "territory_load", "setting",
        "code_counter", "operating_system", "adopted_table", "wait_estimate", "attempt", "document_counter",
        "agent_seen",
    }
)  # fmt: skip
#: Tables without a row here: what a calculation holds cannot be made up from its columns. Only the coordination's door
#: leads to it, and that is tried all the same.
LEFT_OUT = frozenset({"match_run", "match_trial", "match_proposal", "match_unserved"})
#: Which code a table's rows carry.
CODES = {
    "device": CodeKind.DEVICE,
    "lot": CodeKind.LOT,
    "need": CodeKind.NEED,
    "place": CodeKind.PLACE,
    "device_set": CodeKind.KIT,
    "handover": CodeKind.HANDOVER,
    "ticket": CodeKind.TICKET,
    "document": CodeKind.DOCUMENT,
}
#: Columns that the schema alone does not explain.
VALUES: dict[tuple[str, str], Any] = {
    ("need", "answers"): {"recipient": "household", "persons": 3, "note": MARK, "usages": ["procedures"]},
    ("need", "recipient"): "household",
    ("need", "state"): "validated",
    ("need", "points"): 7,
    ("device", "status"): "in_stock",
    ("lot", "contacts"): [{"name": MARK, "role": MARK, "email": f"{MARK}@example.org", "phone": MARK}],
    ("lot", "signatory"): {"name": MARK, "role": MARK},
    ("document", "data"): {"document": {"issuer": {"name": "Autre organisation"}}, "text": MARK},
    # What the public page of a paper says of it.
    ("blob", "sha256"): "0123456789abcdef" * 4,
    ("document", "number"): "AUTRE-2026-00001",
    ("document", "kind"): "receipt_slip",
    ("document", "subject_kind"): "lot",
    ("document", "language"): "fr",
    ("event", "kind"): "need.drafted",
    ("event", "subject_kind"): "need",
    ("account", "language"): "fr",
    ("import_preview", "kind"): "needs",
    ("import_preview", "told"): {"counts": {}, "columns": {"used": [], "person": [], "ignored": []}},
    ("private_label", "label"): LABEL,
    ("membership", "role_codes"): [],
    ("invitation", "role_codes"): [],
    ("station_token", "scope_codes"): [],
    ("handover", "mode"): "gift",
    ("ticket", "fault"): "other",
    ("outbox", "kind"): "mail.send",
    ("organisation", "trust"): "approved",
    ("setting", "value"): {"value": None},
    ("commune", "code"): ANGERS,
    ("epci", "code"): ANGERS_EPCI,
}


class Foreign:
    """Rows of another organisation, by table: `rows["need"]["code"]`."""

    def __init__(self, session: Session, **known: dict[str, Any]) -> None:
        self.session = session
        self.rows: dict[str, dict[str, Any]] = dict(known)
        self._n = 9000

    def all(self) -> Foreign:
        """Make one row of every table."""
        for table in Base.metadata.sorted_tables:
            if table.name not in LEFT_OUT:
                self.row(table)
        self.session.flush()
        return self

    def row(self, table: sa.Table) -> dict[str, Any]:
        """Return this table's row, made with what it names when it is first asked for."""
        if table.name in self.rows:
            return self.rows[table.name]
        self.rows[table.name] = values = {}
        for column in table.columns:
            value = self._value(table, column)
            if value is not None:
                values[column.name] = value
        key = list(table.primary_key.columns)
        found = self.session.execute(sa.insert(table).values(values).returning(*key)).one()
        values.update(dict(zip((column.name for column in key), found, strict=True)))
        return values

    def _value(self, table: sa.Table, column: sa.Column[Any]) -> Any:
        given = VALUES.get((table.name, column.name))
        if given is not None:
            return given
        if column.foreign_keys:
            target = next(iter(column.foreign_keys)).column
            if target.table is table or (column.nullable and target.table.name in LEFT_OUT | {"event"}):
                return None
            value = self.row(target.table).get(target.name)
            assert value is not None or column.nullable, (table.name, column.name)
            return value
        if column.name == "code" and table.name in CODES:
            self._n += 1
            return mint(CODES[table.name], 49_000_000 + self._n)
        if column.primary_key and column is table.autoincrement_column:
            return None
        if column.name.endswith(("ended_at", "ending", "revoked_at", "disabled_at", "closed_at", "voided_at")):
            return None
        return self._by_type(table, column)

    def _by_type(self, table: sa.Table, column: sa.Column[Any]) -> Any:
        kind: Any = column.type
        if isinstance(kind, sa.Enum):
            return kind.enums[0] if kind.enum_class is None else next(iter(kind.enum_class))
        if isinstance(kind, Sealed):
            return LABEL
        if isinstance(kind, sa.JSON) or type(kind).__name__ == "StrList":
            return None if column.nullable else [] if type(kind).__name__ == "StrList" else {}
        python = datetime if isinstance(kind, UtcDateTime) else kind.python_type
        self._n += 1
        if python is bool:
            return None if column.nullable else False
        if python is int:
            return None if column.nullable else 1
        if python is float:
            return None if column.nullable else 1.0
        if python is datetime:
            if not column.nullable:
                return NOON + timedelta(days=30) if column.name.endswith("expires_at") else NOON
            return None
        if python is date:
            return None if column.nullable else NOON.date()
        if python is time:
            return NOON.time()
        if python is bytes:
            return MARK.encode()
        if column.nullable and table.name in SHARED:
            return None
        return self._text(table, column)

    def _text(self, table: sa.Table, column: sa.Column[Any]) -> str:
        length = getattr(column.type, "length", None) or 200
        if table.name in SHARED:
            return f"Autre {self._n}"[:length]
        if "commune" in column.name:
            return ANGERS
        if "epci" in column.name:
            return ANGERS_EPCI
        return f"{MARK}{self._n}"[-length:] if length < 12 else f"{MARK}-{self._n}"[:length]
