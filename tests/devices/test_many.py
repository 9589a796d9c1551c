"""Lists of more machines than are counted, and searches that name more than are listed by number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from refurb import web
from refurb.core.permissions import Role
from refurb.db import db
from refurb.devices import names, queries
from refurb.devices.models import Device
from refurb.web import paginate

if TYPE_CHECKING:
    from collections.abc import Callable

    from refurb.db import Session
    from refurb.organisations.models import Organisation
    from refurb.security import Actor

    MakeDevice = Callable[..., Device]
    MakeActor = Callable[..., Actor]


@pytest.fixture
def who(make_actor: MakeActor, workshop: Organisation) -> Actor:
    """A technician of the workshop."""
    return make_actor(workshop, Role.TECHNICIAN)


def test_a_list_is_counted_so_far_and_says_that_there_are_more(
    monkeypatch: pytest.MonkeyPatch, session: Session, who: Actor, workshop: Organisation, make_device: MakeDevice
) -> None:
    made = [make_device(holder=workshop).id for _ in range(12)]
    query = queries.listing(seen_by=who, sort="code")
    whole = [paginate(session, query, number, per_page=5) for number in (1, 2, 3, 4)]
    assert [(page.total, page.last, page.has_next, page.beyond) for page in whole] == [
        (12, 3, True, None), (12, 3, True, None), (12, 3, False, None), (12, 3, False, None),
    ]  # fmt: skip
    monkeypatch.setattr(web, "COUNTED", 8)
    cut = [paginate(session, query, number, per_page=5) for number in (1, 2, 3, 4)]
    assert [(page.total, page.has_next, page.beyond) for page in cut] == [
        (8, True, True), (8, True, True), (8, False, False), (8, False, False),
    ]  # fmt: skip
    for pages in (whole, cut):
        assert [device.id for page in pages for device in page.items] == made


def test_a_page_costs_two_statements_whether_counted_to_the_end_or_not(
    monkeypatch: pytest.MonkeyPatch, session: Session, who: Actor, workshop: Organisation, make_device: MakeDevice
) -> None:
    for _ in range(4):
        make_device(holder=workshop)
    sent: list[Any] = []
    sa.event.listen(db.engine, "before_cursor_execute", lambda *told: sent.append(told[2]))
    for most in (1000, 2):
        monkeypatch.setattr(web, "COUNTED", most)
        sent.clear()
        assert len(paginate(session, queries.listing(seen_by=who), 1).items) == 4
        assert len(sent) == 2


@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.COORDINATOR])
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("thinkpad", {0, 1}), ("THINK", {0, 1}), ("lenovo t4", {0}), ("lenovo latitude", set()), ("7xq2-b", {2}),
        ("R49", {0, 1, 2}), ("R99", set()), ("100%", set()), ("é", set()), ("e", {0, 1, 2}),
    ],
)  # fmt: skip
def test_a_search_finds_the_same_however_many_it_names(
    monkeypatch: pytest.MonkeyPatch,
    session: Session,
    make_actor: MakeActor,
    workshop: Organisation,
    make_device: MakeDevice,
    role: Role,
    text: str,
    found: set[int],
) -> None:
    made = [
        make_device(holder=workshop, maker="Lenovo", model="ThinkPad T470", serial="PF0AAA1").id,
        make_device(holder=workshop, maker="Lenovo", model="ThinkPad L460", serial="PF0AAA2").id,
        make_device(holder=workshop, maker="Dell", model="Latitude 5490", serial="7XQ2B13").id,
    ]
    who = make_actor(workshop, role)
    for few in (1000, 0):
        monkeypatch.setattr(names, "FEW", few)
        condition = names.naming(session, text, seen_by=who)
        listed = session.scalars(queries.listing(seen_by=who, named=condition)).all()
        assert {device.id for device in listed} == {made[number] for number in found}, few
    # Words that more names hold than are listed one by one.
    monkeypatch.setattr(names, "MANY_NAMES", 0)
    condition = names.naming(session, text, seen_by=who)
    assert len(session.scalars(queries.listing(seen_by=who, named=condition)).all()) == len(found)
