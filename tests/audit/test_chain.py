from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from refurb.security import Actor

if TYPE_CHECKING:
    from refurb.audit.models import Event
    from refurb.db import Session

AT = datetime(2026, 11, 17, 11, 0, tzinfo=UTC)


def told(session: Session, count: int = 3, at: datetime = AT) -> list[Event]:
    """Write some events of one subject, and read them."""
    from refurb.audit.models import Event
    from refurb.audit.services import record

    for n in range(count):
        when, payload = at + timedelta(minutes=n), {"fields": [n]}
        record(session, "place", 7, "place.changed", by=Actor.system(), at=when, payload=payload)
    return list(session.scalars(sa.select(Event).order_by(Event.seq)))


def faults(session: Session) -> list[tuple[int, str]]:
    from refurb.audit.services import broken

    session.flush()
    session.expire_all()
    return [(event.seq, what) for event, what in broken(session)]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Paris", "America/Cayenne"])
def test_a_chain_is_true_in_whatever_zone_it_was_told(session: Session, zone: str) -> None:
    told(session, at=AT.astimezone(ZoneInfo(zone)))
    assert faults(session) == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"kind": "place.created"}, "hash"),
        ({"at": AT + timedelta(days=1)}, "hash"),
        ({"payload": {"fields": ["another"]}}, "payload"),
        ({"account_id": None, "station": "elsewhere"}, "hash"),
        ({"hash": "0" * 64}, "hash"),
    ],
)
def test_a_changed_event_is_seen(session: Session, change: dict[str, object], found: str) -> None:
    from refurb.audit.models import Event

    events = told(session)
    session.execute(sa.update(Event).where(Event.id == events[1].id).values(**change))
    assert (2, found) in faults(session)


def test_a_missing_event_is_seen(session: Session) -> None:
    events = told(session)
    session.delete(events[1])
    assert (3, "gap") in faults(session)


def test_an_erased_payload_leaves_the_chain_true(session: Session) -> None:
    from refurb.audit.services import erase

    events = told(session)
    erase(session, events[0], by=Actor.system(), at=AT + timedelta(days=1), motive="asked")
    assert faults(session) == []
    session.refresh(events[0])
    assert events[0].payload is None
    assert events[0].salt is None


def test_events_are_forgotten_and_the_chain_stays_true(session: Session) -> None:
    from refurb.audit.services import forget

    events = told(session, 5)
    tombstone = forget(session, [events[0], events[1], events[3]], by=Actor.system(), at=AT, motive="retention")
    assert tombstone is not None
    assert tombstone.payload == {"seqs": [[1, 2], [4, 4]], "motive": "retention"}
    assert faults(session) == []
    assert (events[1].payload, events[1].salt, events[1].station) == (None, None, None)
    assert events[1].at == AT.replace(day=1, hour=0)
    assert forget(session, [events[0]], by=Actor.system(), at=AT, motive="retention") is None


@pytest.mark.parametrize("kind", ["event.forgotten", "place.changed"])
def test_what_is_gone_without_a_tombstone_is_seen(session: Session, kind: str) -> None:
    events = told(session)
    events[1].kind, events[1].payload, events[1].salt = kind, None, None
    assert faults(session) == [(2, "no-tombstone")]


def test_a_number_noted_free_is_taken_once_an_event_bears_it(session: Session) -> None:
    """A scan asks once whether its number came before; the deed it makes answers to that number from then on."""
    from refurb.audit.queries import by_client_uuid, note_unseen
    from refurb.audit.services import record

    key, by = "0b0e8bd6-6d5a-4a5e-9a53-6d8f1b1f2c3d", Actor.system()
    note_unseen(session, key)
    assert by_client_uuid(session, key) is None
    made = record(session, "place", 7, "place.changed", by=by, at=AT, payload={"fields": []}, client_uuid=key)
    found = by_client_uuid(session, key)
    assert found is not None
    assert found.id == made.id
    # What another transaction noted says nothing of this one.
    note_unseen(session, key)
    session.commit()
    assert by_client_uuid(session, key) is found


def test_what_a_savepoint_takes_back_leaves_the_chain_as_it_was(session: Session) -> None:
    told(session, 2)
    taken_back = session.begin_nested()
    assert [event.seq for event in told(session, 2)] == [1, 2, 3, 4]
    taken_back.rollback()
    session.expire_all()
    kept = session.begin_nested()
    told(session, 1)
    kept.commit()
    assert [event.seq for event in told(session, 1)] == [1, 2, 3, 4]
    assert faults(session) == []


def test_several_events_of_a_deed_ask_once_for_the_end_of_their_chain(session: Session) -> None:
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement.split()[0])

    bind = session.get_bind()
    sa.event.listen(bind, "before_cursor_execute", note)
    told(session, 4)
    sa.event.remove(bind, "before_cursor_execute", note)
    # Those of the four events; of PostgreSQL, the lock of the chain too.
    assert asked.count("INSERT") == 4
    assert asked.count("SELECT") == (3 if bind.dialect.name == "postgresql" else 2), "the end, and what `told` returns"


def test_what_is_told_of_many_follows_each_chain_in_a_few_statements(session: Session) -> None:
    """Chains that begin with it, chains that go on, and the chain that this transaction has just written to."""
    from refurb.audit.models import Event
    from refurb.audit.services import record, record_on_each

    told(session)
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement.split()[0])

    bind = session.get_bind()
    for subjects in ([7], range(1, 40)):
        asked.clear()
        sa.event.listen(bind, "before_cursor_execute", note)
        record_on_each(session, "place", subjects, "place.changed", by=Actor.system(), at=AT, payload={"fields": []})
        sa.event.remove(bind, "before_cursor_execute", note)
        assert asked == ["SELECT", "INSERT"]
    record_on_each(session, "place", [], "place.changed", by=Actor.system(), at=AT, payload={"fields": []})
    record(session, "place", 7, "place.changed", by=Actor.system(), at=AT, payload={"fields": [9]})
    record(session, "lot", 7, "lot.changed", by=Actor.system(), at=AT, payload={"fields": [1]})
    assert faults(session) == []
    lengths = sa.select(Event.subject_id, sa.func.count()).where(Event.subject_kind == "place")
    counted = {row[0]: row[1] for row in session.execute(lengths.group_by(Event.subject_id))}
    assert counted == dict.fromkeys(range(1, 40), 1) | {7: 6}
