"""What is taken from one machine and put into another keeps its trace: both histories tell it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from refurb.core.media import MediaState, MediumState, Outcome, WipeSource
from refurb.core.permissions import Role
from refurb.core.workflow import Status
from tests.conftest import NOON

if TYPE_CHECKING:
    from refurb.accounts.models import Account
    from refurb.db import Session
    from refurb.devices.models import Device
    from refurb.organisations.models import Organisation
    from refurb.security import Actor
    from tests.visitor import Visitor


@pytest.fixture
def two(make_device: Callable[..., Device], workshop: Organisation) -> tuple[Device, Device]:
    return make_device(holder=workshop), make_device(holder=workshop)


def history(session: Session, device: Device, by: Actor) -> str:
    from refurb.devices import history

    lines = history.lines(session, device.id, seen_by=by)
    return " / ".join(f"{line['title']}: {line['detail']}" for line in lines).replace("\xa0", " ")


def test_a_module_is_told_by_both_machines(session: Session, two: tuple[Device, Device], technician: Actor) -> None:
    from refurb.core.identity import display
    from refurb.devices import stock

    source, target = two
    stock.move_between(session, source, target, "memory", detail="DDR4 8 Go", serial="M471A", by=technician, at=NOON)
    given, taken = history(session, source, technician), history(session, target, technician)
    assert "démonté : 1 × Barrette de mémoire DDR4 8 Go" in given
    assert f"pour {display(target.code)}" in given
    assert "monté : 1 × Barrette de mémoire DDR4 8 Go" in taken
    assert f"venu de {display(source.code)}" in taken
    assert "M471A" in given
    assert "M471A" in taken


def test_parts_come_from_what_is_dismantled_and_from_nothing_else_that_left(
    session: Session, two: tuple[Device, Device], technician: Actor, make_device: Callable[..., Device]
) -> None:
    from refurb.devices import stock
    from refurb.devices.services import DeviceRefused

    source, target = two

    def refusal(one: Device, other: Device, kind: str = "battery") -> str | None:
        try:
            stock.move_between(session, one, other, kind, by=technician, at=NOON)
        except DeviceRefused as refused:
            return refused.code
        return None

    assert refusal(source, target, kind="mouse") == "not-a-part"
    assert refusal(source, source) == "same-machine"
    assert refusal(source, make_device()) == "other-holder"
    source.status = Status.PARTS
    session.flush()
    assert refusal(source, target) is None
    assert refusal(target, source) == "away"
    source.status = Status.HANDED_OVER
    session.flush()
    assert refusal(source, target) == "away"
    target.status = Status.IN_STOCK
    source.status = Status.RECEIVED
    session.flush()
    assert refusal(source, target) == "reopen-first"


def test_a_disk_keeps_its_identity_and_its_guard_from_one_to_the_other(
    session: Session, two: tuple[Device, Device], technician: Actor
) -> None:
    from refurb.core.identity import display
    from refurb.devices import media, queries, wipes

    source, target = two
    clear = media.add(session, source, serial="CLEAR-1", by=technician, at=NOON)
    wipes.record_wipe(session, clear, outcome=Outcome.OK, source=WipeSource.MANUAL, by=technician, at=NOON)
    dirty = media.add(session, source, serial="DIRTY-1", by=technician, at=NOON)
    for disk in (clear, dirty):
        media.take_out(session, disk, by=technician, at=NOON)
        media.put_in(session, disk, target, by=technician, at=NOON)
    states = {disk.serial: queries.medium_state(disk) for disk in queries.media_of(session, target.id)}
    assert states == {"CLEAR-1": MediumState.OK, "DIRTY-1": MediumState.NOT_WIPED}
    assert queries.media_state(session, target) is MediaState.NOT_CLEAR
    assert "gardé à part" in history(session, source, technician)
    assert f"pour {display(target.code)}" in history(session, source, technician)
    assert f"venu de {display(source.code)}" in history(session, target, technician)
    assert "DIRTY-1" in history(session, source, technician)


def test_the_page_takes_a_part_from_a_scanned_machine(
    session: Session,
    two: tuple[Device, Device],
    visitor: Visitor,
    make_account: Callable[..., Account],
    workshop: Organisation,
) -> None:
    source, target = two
    visitor.sign_in(make_account({workshop: [Role.TECHNICIAN]}), workshop)
    visitor.get(f"/devices/{target.code}/parts")
    typed: dict[str, Any] = {"from-code": "R4900009999"}
    page = visitor.submit("#from form", status=422, **typed)
    assert "Aucune de vos machines" in page.words()
    typed = {"from-code": source.code, "from-detail": "DDR4 8 Go"}
    page = visitor.submit("#from form", **typed)
    assert "DDR4 8 Go" in page.one("#history").get_text(" ")
