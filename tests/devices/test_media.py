"""What was proved of a disk is proved until it leaves our hands: by any way out, and whatever somebody attested."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from refurb.core.media import MediumState, Outcome, WipeSource
from refurb.core.steps import Step
from refurb.core.workflow import Action, Status
from tests.conftest import NOON

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.devices.models import Device, StorageMedium
    from refurb.organisations.models import Organisation
    from refurb.security import Actor

    MakeDevice = Callable[..., Device]

HOUR = timedelta(hours=1)
SERIAL = "WD-123456"


@pytest.fixture
def disk(session: Session, make_device: MakeDevice, workshop: Organisation, technician: Actor) -> StorageMedium:
    """A disk in a laptop, wiped an hour after it arrived."""
    from refurb.devices import media, wipes

    disk = media.add(session, make_device(holder=workshop), serial=SERIAL, size_gb=256, by=technician, at=NOON)
    wipes.record_wipe(
        session, disk, outcome=Outcome.OK, source=WipeSource.MANUAL, method="nwipe", by=technician, at=NOON + HOUR
    )
    return disk


def hand_over(session: Session, device: Device, by: Actor) -> None:
    """Let the machine be in its user's hands; how it came there is for other tests."""
    from refurb.devices.steps import write

    step = Step(Action.HAND_OVER, device.status, Status.HANDED_OVER)
    write(session, device, Action.HAND_OVER, [step], by=by, at=NOON + 2 * HOUR, told={})


def state(session: Session, medium_id: int) -> MediumState:
    from refurb.devices import queries
    from refurb.security import Actor

    medium = queries.medium_by_id(session, medium_id, seen_by=Actor.system())
    assert medium is not None
    return queries.medium_state(medium)


def machine(session: Session, disk: StorageMedium) -> Device:
    from refurb.devices import queries

    return queries.by_id(session, disk.device_id or 0) or pytest.fail("no machine")


def test_found_after_its_user_lost_it_is_wiped_again(
    session: Session, disk: StorageMedium, workshop: Organisation, technician: Actor
) -> None:
    from refurb.devices import media, services

    device = machine(session, disk)
    hand_over(session, device, technician)
    services.move(session, device, Action.LOSE, by=technician, at=NOON + 3 * HOUR)
    services.move(session, device, Action.FIND, by=technician, at=NOON + 4 * HOUR)
    moved = media.attest_media(session, device, by=technician, at=NOON + 4 * HOUR)
    assert moved is None
    assert device.status is Status.TRIAGED
    assert state(session, disk.id) is MediumState.NOT_WIPED


def test_a_disk_brought_back_in_another_machine_is_wiped_again(
    session: Session, disk: StorageMedium, make_device: MakeDevice, workshop: Organisation, technician: Actor
) -> None:
    from refurb.devices import media

    hand_over(session, machine(session, disk), technician)
    other = make_device(holder=workshop)
    seen = media.see(session, other, serial=SERIAL, by=technician, at=NOON + 3 * HOUR)
    assert (seen.id, seen.device_id) == (disk.id, other.id)
    assert state(session, disk.id) is MediumState.NOT_WIPED


def test_a_disk_from_another_machine_of_the_workshop_keeps_its_proof(
    session: Session, disk: StorageMedium, make_device: MakeDevice, workshop: Organisation, technician: Actor
) -> None:
    from refurb.devices import media

    media.see(session, make_device(holder=workshop), serial=SERIAL, by=technician, at=NOON + 3 * HOUR)
    assert state(session, disk.id) is MediumState.OK


@pytest.mark.parametrize("attested", ["destroyed", "absent"])
def test_a_disk_that_a_report_reads_is_neither_destroyed_nor_absent(
    session: Session,
    make_device: MakeDevice,
    workshop: Organisation,
    technician: Actor,
    attested: str,
) -> None:
    from refurb.audit.queries import of_subject
    from refurb.devices import media, wipes

    device = make_device(holder=workshop)
    disk = media.add(session, device, serial=SERIAL, by=technician, at=NOON)
    if attested == "destroyed":
        wipes.destroy(session, disk, method="percé", by=technician, at=NOON)
    else:
        wipes.attest_absent(session, disk, reason="retiré par le donateur", by=technician, at=NOON)
    again = media.see(session, device, serial=SERIAL, again=True, by=technician, at=NOON + HOUR)
    assert again.destroyed_at or again.absence_attested, "an old report read again knows nothing of what came since"
    media.see(session, device, serial=SERIAL, by=technician, at=NOON + HOUR)
    assert state(session, disk.id) is MediumState.NOT_WIPED
    assert of_subject(session, "device", device.id, limit=1)[0].kind == "medium.added"


def test_an_old_report_read_again_does_not_put_a_disk_back(
    session: Session, disk: StorageMedium, technician: Actor
) -> None:
    from refurb.devices import media

    device = machine(session, disk)
    media.take_out(session, disk, by=technician, at=NOON + 2 * HOUR)
    media.see(session, device, serial=SERIAL, again=True, by=technician, at=NOON + 3 * HOUR)
    assert disk.device_id is None
