"""Two people scan the same machine at the same moment: one deed, no lost event, a chain that is whole."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from refurb.core.equipment import Form, Origin, Regime
from refurb.core.workflow import Action, Status, TransitionRefused
from tests.conftest import NOON

if TYPE_CHECKING:
    from flask import Flask


@pytest.fixture(autouse=True)
def noon() -> None:
    """These tests have a database of their own: no clock of the shared application is asked for."""


def prepare(app: Flask, machines: int) -> list[int]:
    from refurb.db import get_session
    from refurb.devices import services
    from refurb.organisations.models import LegalType, Organisation
    from refurb.security import Actor

    with app.app_context():
        session = get_session()
        holder = Organisation(name="Atelier", legal_type=LegalType.ASSOCIATION, created_at=NOON)
        session.add(holder)
        session.flush()
        made = [
            services.receive(
                session,
                form=Form.LAPTOP,
                maker=None,
                model=None,
                serial=None,
                origin=Origin.PRIVATE,
                regime=Regime.GIFT,
                holder_id=holder.id,
                place_id=None,
                by=Actor.system(),
                at=NOON,
            ).id
            for _ in range(machines)
        ]
        session.commit()
        return made


def together(app: Flask, device_ids: list[int], actions: list[Action]) -> list[str]:
    """Each of the threads does its action on every machine, in its own order; return the codes of refusals."""
    gate, refused = threading.Barrier(len(actions)), list[str]()

    def scan(action: Action, ids: list[int]) -> None:
        from refurb.db import get_session
        from refurb.devices import services
        from refurb.devices.models import Device
        from refurb.security import Actor

        gate.wait()
        for device_id in ids:
            with app.app_context():
                session = get_session()
                device = session.get_one(Device, device_id)
                try:
                    services.move(session, device, action, by=Actor.system(), at=NOON)
                    session.commit()
                except TransitionRefused as refusal:
                    refused.append(refusal.code)
                    session.rollback()

    threads = [
        threading.Thread(target=scan, args=(action, device_ids if n % 2 else device_ids[::-1]))
        for n, action in enumerate(actions)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    return refused


def test_the_same_scan_twice_at_once_is_one_move(fresh_app: Flask) -> None:
    from refurb.audit.models import Event
    from refurb.audit.services import broken
    from refurb.db import get_session
    from refurb.devices.models import Device

    ids = prepare(fresh_app, 6)
    refused = together(fresh_app, ids, [Action.INVENTORY] * 3)
    assert refused == ["already"] * 12
    with fresh_app.app_context():
        session = get_session()
        moves = session.scalar(sa.select(sa.func.count()).select_from(Event).where(Event.kind == "device.moved"))
        assert moves == 6
        assert set(session.scalars(sa.select(Device.status))) == {Status.INVENTORIED}
        assert not list(broken(session))


def test_two_deeds_that_exclude_each_other_leave_one(fresh_app: Flask) -> None:
    from refurb.audit.queries import last_with_status
    from refurb.db import get_session
    from refurb.devices.models import Device

    ids = prepare(fresh_app, 6)
    refused = together(fresh_app, ids, [Action.LOCK, Action.LOSE])
    # Lost, it can no longer be locked; locked, it can still be lost.
    assert set(refused) <= {"no-such-move"}
    with fresh_app.app_context():
        session = get_session()
        for device in session.scalars(sa.select(Device)):
            last = last_with_status(session, "device", device.id)
            assert last is not None
            assert last.after == device.status.value == "missing"


def test_codes_are_minted_without_doubles_or_gaps(fresh_app: Flask) -> None:
    from refurb.db import get_session
    from refurb.devices.models import Device

    threads = [threading.Thread(target=prepare, args=(fresh_app, 5)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    with fresh_app.app_context():
        codes = sorted(get_session().scalars(sa.select(Device.code)))
        assert [int(code[3:9]) for code in codes] == list(range(1, 16))


def test_two_counts_of_one_kind_make_one_line(fresh_app: Flask) -> None:
    """A line that stands at no place is one line too, whoever makes it first."""
    from refurb.db import get_session
    from refurb.devices import stock
    from refurb.devices.models import CountedStock, Device
    from refurb.security import Actor

    (device_id,) = prepare(fresh_app, 1)
    with fresh_app.app_context():
        holder_id = get_session().get_one(Device, device_id).holder_id
    gate, failed = threading.Barrier(3), list[str]()

    def count() -> None:
        with fresh_app.app_context():
            session = get_session()
            gate.wait()
            try:
                stock.change(
                    session, stock.line(session, holder_id, "mouse"), 2, reason="lot:1", by=Actor.system(), at=NOON
                )
                session.commit()
            except Exception as error:
                failed.append(repr(error))

    threads = [threading.Thread(target=count) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with fresh_app.app_context():
        assert get_session().scalars(sa.select(CountedStock.quantity)).all() == [6]
