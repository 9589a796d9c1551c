"""That labels were printed is noted on a whole sheet of machines at once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from refurb.audit.queries import of_subject
from refurb.audit.services import broken
from refurb.devices.labelling import mark_all_labelled
from refurb.security import Actor

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.organisations.models import Organisation
    from tests.factories import MakeDevice

AT = datetime(2026, 11, 17, 11, 0, tzinfo=UTC)


def test_each_machine_of_a_sheet_is_noted_in_as_many_statements_as_one(
    session: Session, workshop: Organisation, make_device: MakeDevice
) -> None:
    devices = [make_device(holder=workshop) for _ in range(12)]
    other = make_device(holder=workshop)
    versions = {device.id: device.version for device in devices}
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement.split()[0])

    bind, counted = session.get_bind(), []
    for sheet in (devices[:1], devices[::-1]):
        asked.clear()
        sa.event.listen(bind, "before_cursor_execute", note)
        mark_all_labelled(session, sheet, layout="L7160", by=Actor.system(), at=AT)
        sa.event.remove(bind, "before_cursor_execute", note)
        counted.append(len(asked))
    assert counted[0] == counted[1]
    for device in devices:
        assert device.labelled_at == AT
        assert device.version > versions[device.id]
        last = of_subject(session, "device", device.id)[0]
        assert (last.kind, last.payload) == ("device.labelled", {"layout": "L7160"})
    assert other.labelled_at is None
    assert list(broken(session)) == []


def test_a_machine_that_was_noted_is_written_again_afterwards(
    session: Session, workshop: Organisation, make_device: MakeDevice
) -> None:
    device = make_device(holder=workshop)
    mark_all_labelled(session, [device, device], layout="62x29", by=Actor.system(), at=AT)
    device.model = "ThinkPad T490"
    session.flush()
    kinds = [event.kind for event in of_subject(session, "device", device.id)]
    assert kinds.count("device.labelled") == 1
