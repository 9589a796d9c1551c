"""The versions of the editable tables: the first is in the code, the later ones are rows that never change."""

from datetime import UTC, datetime

import pytest

from refurb import tables
from refurb.audit.models import Event
from refurb.db import Session
from refurb.security import Actor

AT = datetime(2026, 11, 17, 11, 0, tzinfo=UTC)
FIRST = {"ceiling": 20}


def adopt(session: Session, ceiling: int, *, after: int) -> tables.Version:
    return tables.adopt(session, "points", {"ceiling": ceiling}, after=after, motive="Vote", by=Actor.system(), at=AT)


def test_the_first_version_is_the_one_of_the_code(session: Session) -> None:
    assert tables.current(session, "points", FIRST) == tables.Version(1, FIRST)
    assert tables.at_version(session, "points", 1, FIRST).content == FIRST


def test_an_adopted_version_is_in_force_and_the_earlier_ones_stay(session: Session) -> None:
    adopt(session, 30, after=1)
    adopt(session, 40, after=2)
    assert tables.current(session, "points", FIRST).content == {"ceiling": 40}
    assert tables.current(session, "caps", {}).number == 1
    assert [version.number for version in tables.versions(session, "points", FIRST)] == [3, 2, 1]
    assert tables.at_version(session, "points", 2, FIRST).content == {"ceiling": 30}
    assert session.query(Event).filter_by(kind="table.adopted").count() == 2


def test_what_was_started_from_an_older_version_is_refused(session: Session) -> None:
    adopt(session, 30, after=1)
    with pytest.raises(tables.TableRefused, match="not-the-latest"):
        adopt(session, 50, after=1)
    with pytest.raises(tables.TableRefused):
        adopt(session, 50, after=7)
    with pytest.raises(LookupError):
        tables.at_version(session, "points", 3, FIRST)
