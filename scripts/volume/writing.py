"""Rows written by the thousand, and events in true chains."""

import json
import time
from datetime import timedelta

import sqlalchemy as sa

from refurb.audit.models import Event
from refurb.audit.services import envelope
from refurb.core import chain

BATCH = 5_000


class Line:
    """An event as `audit.services.envelope` reads one; `Event` itself would cost more to make than to write."""

    __slots__ = tuple(column.name for column in Event.__table__.columns)

    def __init__(self, **values):
        for name in self.__slots__:
            setattr(self, name, values.get(name))


class End:
    """Where a chain stands: what the next event follows, and when it may be."""

    __slots__ = ("at", "hash", "seq")

    def __init__(self, at, seq=0, hash=chain.ORIGIN):
        self.at, self.seq, self.hash = at, seq, hash


def chained(draw, subject, told, end, pace=600, **by):
    """Return the events of a subject, each with the hash of the one before; `end` moves on to the last of them.

    `told` is a row for each: kind, payload, before, after, and where it must be said the moment. Without one an event
    comes some minutes after the one before, `pace` at most.
    """
    lines = []
    for kind, payload, before, after, *moment in told:
        at = moment[0] if moment else end.at
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
        line.hash = chain.event_hash(end.hash, envelope(line), line.payload_hash)
        lines.append(line)
        end.seq, end.hash, end.at = line.seq, line.hash, at + timedelta(minutes=draw.randrange(1, pace))
    return lines


class Writer:
    """What goes into the database, in batches: rows by table, and events with numbers of ours."""

    def __init__(self, session):
        self.session, self.events, self.waiting, self.numbered = session, 0, {}, set()
        self.began = time.monotonic()

    def add(self, model, row):
        """Keep a row until its table's batch is full; rows of a table all have the same columns."""
        self.waiting.setdefault(model, []).append(row)

    def tell(self, lines):
        """Keep events."""
        self.waiting.setdefault(Event, []).extend(lines)

    def full(self):
        """Tell whether it is time to write."""
        return any(len(rows) >= BATCH * (10 if model is Event else 1) for model, rows in self.waiting.items())

    def flush(self, what=""):
        """Write what waits, in the order of the tables' foreign keys, and say how far it is."""
        for table in Event.metadata.sorted_tables:
            for model in [model for model in self.waiting if model.__table__ is table]:
                rows = self.waiting.pop(model)
                if model is Event:
                    self._write_events(rows)
                    continue
                if "id" in rows[0]:
                    self.numbered.add(table.name)
                for start in range(0, len(rows), BATCH):
                    self.session.execute(sa.insert(table), rows[start : start + BATCH])
        if what:
            print(f"\r{what}, {self.events:,} events, {time.monotonic() - self.began:.0f} s   ", end="", flush=True)

    def _write_events(self, lines):
        """Insert events by the database's own bulk way."""
        names = Line.__slots__
        columns = ", ".join(f'"{name}"' for name in names)
        connection = self.session.connection()
        raw = connection.connection.driver_connection
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

    def finish(self):
        """Let the numbers that PostgreSQL gives follow ours, and the planner know the tables."""
        self.flush()
        if self.session.get_bind().dialect.name == "postgresql":
            for table in sorted(self.numbered):
                sequence = f"pg_get_serial_sequence('{table}', 'id')"
                self.session.execute(sa.text(f"SELECT setval({sequence}, max(id)) FROM {table}"))  # noqa: S608 - our own names
        self.session.execute(sa.text("ANALYZE"))
