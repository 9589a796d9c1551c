"""Write an event in the transaction of the deed, and check the chains."""

import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, NamedTuple, Protocol, cast
from weakref import ReferenceType, ref

import sqlalchemy as sa
from sqlalchemy.orm import Session, SessionTransaction, make_transient_to_detached

from refurb.audit.models import Event
from refurb.audit.queries import UNSEEN
from refurb.core import chain, events

#: Key in `session.info`: the chain whose lock came with a statement of this transaction.
LOCKED = "audit.locked"
#: Key in `connection.info`: the end of the chain that it wrote to last, so that a deed of several events asks once.
END = "audit.end"


class _End(NamedTuple):
    """The last event of a chain, and the transaction or savepoint that knows it."""

    #: Weak, for a connection outlives the session and all that it holds.
    scope: ReferenceType[SessionTransaction] | None
    kind: str
    subject: int
    seq: int
    hash: str


class Author(Protocol):
    """Who acts, as far as the log cares."""

    @property
    def id(self) -> int | None: ...
    @property
    def organisation_id(self) -> int | None: ...
    @property
    def station(self) -> str | None: ...


#: What every deed asks and writes, built once and for the table: an object that the session follows costs several times
#: as much, and a scan has 15 ms in all.
_EVENT: Any = Event.__table__
_LAST = (
    sa.select(_EVENT.c.seq, _EVENT.c.hash)
    .where(_EVENT.c.subject_kind == sa.bindparam("kind"), _EVENT.c.subject_id == sa.bindparam("subject"))
    .order_by(_EVENT.c.seq.desc())
    .limit(1)
)
_WRITE = sa.insert(_EVENT)
_LOCK = sa.select(
    sa.func.pg_advisory_xact_lock(
        sa.func.hashtext(sa.bindparam("kind", type_=sa.Text)), sa.bindparam("key", type_=sa.Integer)
    )
)


def record(
    session: Session,
    subject_kind: str,
    subject_id: int,
    kind: str,
    *,
    by: Author,
    at: datetime,
    payload: Mapping[str, Any] | None = None,
    before: str | None = None,
    after: str | None = None,
    client_uuid: str | None = None,
    client_at: datetime | None = None,
    undo_of: Event | None = None,
) -> Event:
    """Append one event to the chain of its subject, after what the deed changed; return it, apart from the session.

    The payload holds JSON values only, among them the keys that core.events asks of its kind (EventRefused
    otherwise), and no person's name. A `client_uuid` seen before raises IntegrityError: who may receive the same deed
    twice asks `queries.by_client_uuid` first.
    """
    events.check(kind, payload or {})
    session.flush()
    connection = session.connection()
    end = _end_of_chain(session, connection, subject_kind, subject_id)
    columns = _next(
        end,
        kind,
        by=by,
        at=at,
        payload=payload,
        client_at=client_at,
        client_uuid=client_uuid,
        undo_of_id=undo_of.id if undo_of else None,
        before=before,
        after=after,
    )
    event = Event(**columns)
    key: Any = connection.execute(_WRITE, columns).inserted_primary_key
    event.id = key.id
    make_transient_to_detached(event)
    connection.info[END] = _End(_scope(session), subject_kind, subject_id, event.seq, event.hash)
    if client_uuid is not None:
        session.info.pop(UNSEEN, None)
    return event


def record_on_each(
    session: Session,
    subject_kind: str,
    subject_ids: Collection[int],
    kind: str,
    *,
    by: Author,
    at: datetime,
    payload: Mapping[str, Any] | None = None,
) -> None:
    """Append the same event to the chain of each subject, in as many statements for a thousand as for one.

    The caller holds the chains: their locks are taken, in the order of the subjects, where the database has several
    writers (`lock_of_chain`). Raises EventRefused as `record` does.
    """
    events.check(kind, payload or {})
    session.flush()
    connection = session.connection()
    connection.info.pop(END, None)
    of_these = _EVENT.c.subject_kind == subject_kind, _EVENT.c.subject_id.in_(subject_ids)
    lengths = sa.select(_EVENT.c.subject_id, sa.func.max(_EVENT.c.seq).label("seq")).where(*of_these)
    last = lengths.group_by(_EVENT.c.subject_id).subquery()
    found = connection.execute(
        sa.select(_EVENT.c.subject_id, _EVENT.c.seq, _EVENT.c.hash)
        .join(last, sa.and_(_EVENT.c.subject_id == last.c.subject_id, _EVENT.c.seq == last.c.seq))
        .where(_EVENT.c.subject_kind == subject_kind)
    )
    ends = {row.subject_id: (row.seq, row.hash) for row in found}
    written = [
        _next(_End(None, subject_kind, one, *ends.get(one, (0, chain.ORIGIN))), kind, by=by, at=at, payload=payload)
        for one in sorted(subject_ids)
    ]
    if written:
        connection.execute(_WRITE, written)


#: What an event has that nobody says otherwise.
_UNSAID = dict.fromkeys(("client_at", "client_uuid", "undo_of_id", "before", "after"))


def _next(
    end: _End, kind: str, *, by: Author, at: datetime, payload: Mapping[str, Any] | None, **more: Any
) -> dict[str, Any]:
    """Return the columns of the event that follows the end of a chain, salted and hashed."""
    salt, content = secrets.token_hex(16), dict(payload or {})
    columns = {
        **_UNSAID,
        "subject_kind": end.kind,
        "subject_id": end.subject,
        "seq": end.seq + 1,
        "kind": kind,
        "at": at,
        "account_id": by.id,
        "organisation_id": by.organisation_id,
        "station": by.station,
        "payload": content,
        **more,
        "salt": salt,
        "payload_hash": chain.payload_hash(salt, content),
        "previous_hash": end.hash,
    }
    covered = envelope(cast(Event, SimpleNamespace(**columns)))
    return {**columns, "hash": chain.event_hash(end.hash, covered, columns["payload_hash"])}


def envelope(event: Event) -> dict[str, Any]:
    """Return what the hash covers besides the payload, as JSON values."""
    return {
        "subject": f"{event.subject_kind}:{event.subject_id}",
        "seq": event.seq,
        "kind": event.kind,
        # In UTC, as it is read back: the same moment said in another zone is the same envelope.
        "at": event.at.astimezone(UTC).isoformat(),
        "client_at": event.client_at.astimezone(UTC).isoformat() if event.client_at else None,
        "account": event.account_id,
        "organisation": event.organisation_id,
        "station": event.station,
        "client_uuid": event.client_uuid,
        "undo_of": event.undo_of_id,
        "before": event.before,
        "after": event.after,
    }


def erase(session: Session, event: Event, *, by: Author, at: datetime, motive: str) -> Event:
    """Erase the payload of an event that was read, and its salt, and say so in a tombstone; the chain stays true."""
    assert event in session
    event.payload, event.salt = None, None
    return record(
        session,
        event.subject_kind,
        event.subject_id,
        "event.erased",
        by=by,
        at=at,
        payload={"seq": event.seq, "motive": motive},
    )


#: What is left of an event that was forgotten: its place in the chain and its hash, and nothing of who, when or what.
FORGOTTEN = "event.forgotten"


def forget(session: Session, chosen: Sequence[Event], *, by: Author, at: datetime, motive: str) -> Event | None:
    """Forget events of one subject, down to their hashes, and say so in one tombstone; the chain stays true.

    For what may be kept for a time only: who opened a case, and a case's whole history once it is anonymised. The
    month stays, so that the log goes on telling how much there was. None when there is nothing to forget.
    """
    assert all(event in session for event in chosen)
    left = [event for event in chosen if event.kind not in (FORGOTTEN, "events.forgotten", "event.erased")]
    if not left:
        return None
    for event in left:
        event.kind, event.payload, event.salt = FORGOTTEN, None, None
        event.at = event.at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        event.account_id = event.organisation_id = event.undo_of_id = None
        event.client_at = event.station = event.client_uuid = event.before = event.after = None
    first = left[0]
    payload = {"seqs": _runs(sorted(event.seq for event in left)), "motive": motive}
    return record(session, first.subject_kind, first.subject_id, "events.forgotten", by=by, at=at, payload=payload)


def _runs(seqs: Sequence[int]) -> list[list[int]]:
    """Return ordered numbers as [first, last] pairs."""
    runs: list[list[int]] = []
    for seq in seqs:
        if runs and runs[-1][1] == seq - 1:
            runs[-1][1] = seq
        else:
            runs.append([seq, seq])
    return runs


def broken(session: Session, *, batch: int = 5000) -> Iterator[tuple[Event, str]]:
    """Walk every chain; yield each event that is not what was written, and why.

    `payload`, `hash`, `previous`, `gap`; `no-tombstone` where a content or an event is gone and none of those that
    follow in its chain says so.
    """
    query = sa.select(Event).order_by(Event.subject_kind, Event.subject_id, Event.seq)
    subject: tuple[str, int] | None = None
    previous, seq = chain.ORIGIN, 0
    gone: dict[int, Event] = {}
    for event in session.scalars(query.execution_options(yield_per=batch)):
        if subject != (event.subject_kind, event.subject_id):
            yield from ((lost, "no-tombstone") for lost in gone.values())
            subject, previous, seq = (event.subject_kind, event.subject_id), chain.ORIGIN, 0
            gone = {}
        if event.seq != seq + 1:
            yield event, "gap"
        if event.previous_hash != previous:
            yield event, "previous"
        if event.payload is None:
            gone[event.seq] = event
        elif chain.payload_hash(event.salt or "", event.payload) != event.payload_hash:
            yield event, "payload"
        if event.kind != FORGOTTEN:
            if chain.event_hash(event.previous_hash, envelope(event), event.payload_hash) != event.hash:
                yield event, "hash"
            for said in _said_gone(event):
                gone.pop(said, None)
        previous, seq = event.hash, event.seq
    yield from ((lost, "no-tombstone") for lost in gone.values())


def _said_gone(event: Event) -> list[int]:
    """Return the numbers that a tombstone names."""
    told = event.payload or {}
    if event.kind == "event.erased":
        return [int(told["seq"])]
    if event.kind == "events.forgotten":
        return [seq for first, last in told["seqs"] for seq in range(first, last + 1)]
    return []


def lock_of_chain(kind: str, subject: sa.ColumnElement[int]) -> sa.ColumnElement[Any]:
    """Return the lock of a chain as PostgreSQL's RETURNING takes it: with a row that is written before its event."""
    key = sa.cast(subject % 2**31, sa.Integer)
    return sa.func.pg_advisory_xact_lock(sa.func.hashtext(sa.literal(kind, sa.Text)), key)


def note_locked_chain(session: Session, kind: str, subject: int) -> None:
    """Say that this transaction, outside of any savepoint, has taken the lock of a chain."""
    session.info[LOCKED] = (session.get_transaction(), kind, subject)


def _scope(session: Session) -> ReferenceType[SessionTransaction] | None:
    found = session.get_nested_transaction() or session.get_transaction()
    return None if found is None else ref(found)


def _end_of_chain(session: Session, connection: sa.Connection, kind: str, subject: int) -> _End:
    """Return the end of a chain, under its lock: two writers go one after the other; SQLite has one writer anyway."""
    scope, known = _scope(session), connection.info.get(END)
    # A weak reference to what is gone equals no other.
    if known is not None and known[:3] == (scope, kind, subject):
        found: _End = known
        return found
    if connection.dialect.name == "postgresql" and session.info.get(LOCKED) != (
        session.get_transaction(),
        kind,
        subject,
    ):
        connection.execute(_LOCK, {"kind": kind, "key": subject % 2**31})
    last = connection.execute(_LAST, {"kind": kind, "subject": subject}).first()
    return _End(scope, kind, subject, *(last or (0, chain.ORIGIN)))
