"""Rows written by the thousand, and events in true chains."""

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, NamedTuple, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.audit.models import Event
from refurb.audit.services import envelope
from refurb.core import chain
from refurb.db import Base

BATCH = 5_000
#: A row as a table takes it: every column that it has no default for.
Columns = dict[str, Any]


class Told(NamedTuple):
    """What an event says. Without a moment of its own it comes some minutes after the one before."""

    kind: str
    payload: Mapping[str, Any]
    before: str | None = None
    after: str | None = None
    at: datetime | None = None


class Line:
    """An event as `audit.services.envelope` reads one; `Event` itself would cost more to make than to write."""

    __slots__ = tuple(column.name for column in Event.__table__.columns)
    id: int
    seq: int
    at: datetime
    after: str | None
    payload: Mapping[str, Any]
    payload_hash: str
    previous_hash: str
    hash: str

    def __init__(self, **values: Any) -> None:
        for name in self.__slots__:
            setattr(self, name, values.get(name))


class End:
    """Where a chain stands: what the next event follows, and when it may be."""

    __slots__ = ("at", "hash", "seq")

    def __init__(self, at: datetime, seq: int = 0, hash: str = chain.ORIGIN) -> None:
        self.at, self.seq, self.hash = at, seq, hash


def chained(draw: Random, subject: tuple[str, int], told: Iterable[Told], end: End, **by: int) -> list[Line]:
    """Return the events of a subject, each with the hash of the one before; `end` moves on to the last of them."""
    lines = []
    for kind, payload, before, after, moment in told:
        at = moment or end.at
        salt = f"{draw.getrandbits(128):032x}"
        line = Line(
            subject_kind=subject[0],
            subject_id=subject[1],
            seq=end.seq + 1,
            kind=kind,
            at=at,
            before=before,
            after=after,
            payload=payload,
            salt=salt,
            **by,
        )
        line.payload_hash, line.previous_hash = chain.payload_hash(salt, payload), end.hash
        line.hash = chain.event_hash(end.hash, envelope(cast(Event, line)), line.payload_hash)
        lines.append(line)
        end.seq, end.hash, end.at = line.seq, line.hash, at + timedelta(minutes=draw.randrange(1, 600))
    return lines


class Writer:
    """What goes into the database, in batches: rows by table, and events with numbers of ours."""

    def __init__(self, session: Session) -> None:
        self.session, self.events = session, 0
        self.waiting: dict[type[Base], list[Columns]] = {}
        self.untold: list[Line] = []
        self.numbered: set[str] = set()
        self.began = time.monotonic()

    def add(self, model: type[Base], row: Columns) -> None:
        """Keep a row until its table's batch is full; rows of a table all have the same columns."""
        self.waiting.setdefault(model, []).append(row)

    def tell(self, lines: Iterable[Line]) -> None:
        """Keep events."""
        self.untold.extend(lines)

    def full(self) -> bool:
        """Tell whether it is time to write."""
        return len(self.untold) >= 10 * BATCH or any(len(rows) >= BATCH for rows in self.waiting.values())

    def flush(self, what: str = "") -> None:
        """Write what waits, in the order of the tables' foreign keys, and say how far it is."""
        for table in Event.metadata.sorted_tables:
            for model in [model for model in self.waiting if model.__table__ is table]:
                rows = self.waiting.pop(model)
                if "id" in rows[0]:
                    self.numbered.add(table.name)
                for start in range(0, len(rows), BATCH):
                    self.session.execute(sa.insert(table), rows[start : start + BATCH])
        if self.untold:
            self._write_events(self.untold)
            self.untold = []
        if what:
            print(f"\r{what}, {self.events:,} events, {time.monotonic() - self.began:.0f} s   ", end="", flush=True)

    def _write_events(self, lines: Sequence[Line]) -> None:
        """Insert events by the database's own bulk way."""
        names = Line.__slots__
        columns = ", ".join(f'"{name}"' for name in names)
        connection = self.session.connection()
        raw: Any = connection.connection.driver_connection
        postgresql = connection.dialect.name == "postgresql"
        rows = []
        for number, line in enumerate(lines, self.events + 1):
            line.id = number
            values = {name: getattr(line, name) for name in names}
            values["payload"] = json.dumps(line.payload)
            if not postgresql:
                values["at"] = line.at.strftime("%Y-%m-%d %H:%M:%S.%f")
            rows.append(tuple(values.values()))
        self.events += len(lines)
        self.numbered.add("event")
        cursor = raw.cursor()
        if postgresql:
            with cursor.copy(f"COPY event ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            holes = ", ".join("?" * len(names))
            cursor.executemany(f"INSERT INTO event ({columns}) VALUES ({holes})", rows)  # noqa: S608 - our own names

    def finish(self) -> None:
        """Let the numbers that PostgreSQL gives follow ours, and the planner know the tables."""
        self.flush()
        if self.session.get_bind().dialect.name == "postgresql":
            for table in sorted(self.numbered):
                sequence = f"pg_get_serial_sequence('{table}', 'id')"
                self.session.execute(sa.text(f"SELECT setval({sequence}, max(id)) FROM {table}"))  # noqa: S608 - our own names
        self.session.execute(sa.text("ANALYZE"))
