"""Moves, undos and media with a real session: what the core decides is written, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from refurb.core.equipment import Form
from refurb.core.media import MediaRefused, Outcome, WipeSource
from refurb.core.permissions import Role
from refurb.core.workflow import Action, Status, TransitionRefused
from tests.conftest import NOON

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.devices.models import Device, StorageMedium
    from refurb.organisations.models import Organisation
    from refurb.security import Actor
    from tests.factories import MakeActor, MakePlace

    MakeDevice = Callable[..., Device]

HOUR = timedelta(hours=1)


@pytest.fixture
def disk(session: Session, make_device: MakeDevice, workshop: Organisation, technician: Actor) -> StorageMedium:
    """A disk in a laptop that was just received."""
    from refurb.devices import media

    device = make_device(holder=workshop)
    return media.add(session, device, serial="WD-123456", size_gb=256, by=technician, at=NOON)


def wipe(session: Session, disk: StorageMedium, outcome: Outcome, by: Actor, **more: Any) -> None:
    from refurb.devices import wipes

    at = more.pop("at", NOON + HOUR)
    wipes.record_wipe(session, disk, outcome=outcome, source=WipeSource.MANUAL, method="nwipe", by=by, at=at, **more)


def status_of(session: Session, device_id: int) -> Status:
    """The status, which must be what the last event that carries one says."""
    from refurb.audit.queries import last_with_status
    from refurb.devices.models import Device

    session.flush()
    status = session.scalars(sa.select(Device.status).where(Device.id == device_id)).one()
    last = last_with_status(session, "device", device_id)
    assert last is not None
    assert last.after == status.value
    return status


def refused(move: Callable[[], object]) -> str:
    with pytest.raises(TransitionRefused) as caught:
        move()
    return caught.value.code


def test_a_device_is_born_with_a_code_and_its_first_event(
    session: Session, make_device: MakeDevice, workshop: Organisation
) -> None:
    from refurb.audit.queries import of_subject
    from refurb.core.identity import check

    device = make_device(holder=workshop)
    assert check(device.code)
    assert [event.kind for event in of_subject(session, "device", device.id)] == ["device.received"]
    assert status_of(session, device.id) is Status.RECEIVED


def test_a_trusted_serial_is_one_machine_whatever_its_spelling(
    session: Session, make_device: MakeDevice, workshop: Organisation
) -> None:
    from refurb.devices.services import DeviceRefused

    first = make_device(holder=workshop, maker="Hewlett-Packard", serial="5CG8301XQJ")
    with pytest.raises(DeviceRefused) as caught:
        make_device(holder=workshop, maker="HP", serial="S/N: 5cg8301xqj")
    assert caught.value.code == "serial-known"
    assert caught.value.device is first
    # A placeholder identifies nobody: two of them are two machines.
    make_device(holder=workshop, serial="To be filled by O.E.M.")
    make_device(holder=workshop, serial="To be filled by O.E.M.")


def test_the_step_a_workshop_scans_is_asked_for(
    session: Session, make_device: MakeDevice, workshop: Organisation, technician: Actor
) -> None:
    from refurb.devices import services

    device = make_device(holder=workshop)
    with pytest.raises(TransitionRefused) as caught:
        services.move(session, device, Action.TRIAGE, by=technician, at=NOON)
    assert (caught.value.code, caught.value.step) == ("step-missing", Action.INVENTORY)
    assert status_of(session, device.id) is Status.RECEIVED


def test_a_wipe_of_the_only_disk_moves_the_machine_from_wherever_it_waits(
    session: Session, disk: StorageMedium, technician: Actor
) -> None:
    assert disk.device_id is not None
    wipe(session, disk, Outcome.OK, technician)
    assert status_of(session, disk.device_id) is Status.WIPED


def test_one_disk_of_two_moves_nothing(session: Session, disk: StorageMedium, technician: Actor) -> None:
    from refurb.devices import media, queries, wipes

    device = queries.by_id(session, disk.device_id or 0)
    assert device is not None
    other = media.add(session, device, serial="SSD-9", by=technician, at=NOON)
    wipe(session, disk, Outcome.OK, technician)
    assert status_of(session, device.id) is Status.RECEIVED
    wipes.destroy(session, other, method="perçage", by=technician, at=NOON + HOUR)
    assert status_of(session, device.id) is Status.WIPED


def test_a_reservation_waits_for_another_controller(
    session: Session, disk: StorageMedium, technician: Actor, controller: Actor
) -> None:
    from refurb.core.media import MediaRefused
    from refurb.devices import wipes

    assert disk.device_id is not None
    wipe(session, disk, Outcome.OK_WITH_RESERVATION, technician)
    assert status_of(session, disk.device_id) is Status.RECEIVED
    with pytest.raises(MediaRefused) as caught:
        wipes.accept_reservation(session, disk, reason="vu", by=technician, at=NOON + HOUR)
    assert caught.value.code == "same-person"
    wipes.accept_reservation(session, disk, reason="zone cachée vérifiée", by=controller, at=NOON + HOUR)
    assert status_of(session, disk.device_id) is Status.WIPED


def test_a_donors_wipe_is_kept_and_moves_nothing(session: Session, disk: StorageMedium, technician: Actor) -> None:
    from refurb.devices import wipes

    assert disk.device_id is not None
    wipes.record_wipe(session, disk, outcome=Outcome.OK, source=WipeSource.DONOR, by=technician, at=NOON + HOUR)
    assert status_of(session, disk.device_id) is Status.RECEIVED


def test_a_log_of_1970_is_a_doubt_until_somebody_settles_it(
    session: Session, disk: StorageMedium, technician: Actor, controller: Actor
) -> None:
    from datetime import UTC, datetime

    from refurb.devices import wipes

    assert disk.device_id is not None
    dead_clock = datetime(1970, 1, 1, 3, 0, tzinfo=UTC)
    found = wipes.record_wipe(
        session,
        disk,
        outcome=Outcome.OK,
        source=WipeSource.LOG,
        ended_at=dead_clock,
        by=technician,
        at=NOON + HOUR,
    )
    assert found.doubtful
    assert status_of(session, disk.device_id) is Status.RECEIVED
    wipes.settle_doubt(session, found, counts=True, by=controller, at=NOON + 2 * HOUR)
    assert status_of(session, disk.device_id) is Status.WIPED


def test_a_wipe_cut_short_and_then_a_good_one(session: Session, disk: StorageMedium, technician: Actor) -> None:
    assert disk.device_id is not None
    wipe(session, disk, Outcome.FAILED, technician, reasons=["aborted"])
    assert status_of(session, disk.device_id) is Status.WIPE_FAILED
    wipe(session, disk, Outcome.OK, technician, at=NOON + 2 * HOUR)
    assert status_of(session, disk.device_id) is Status.WIPED


def test_a_failed_disk_is_destroyed_and_nothing_else_frees_its_machine(
    session: Session, disk: StorageMedium, technician: Actor, controller: Actor
) -> None:
    from refurb.devices import wipes

    assert disk.device_id is not None
    wipe(session, disk, Outcome.FAILED, technician, reasons=["errors: pass 1, verify 0, sync 0"])
    wipe(session, disk, Outcome.OK, technician, at=NOON + 2 * HOUR)
    assert status_of(session, disk.device_id) is Status.WIPE_FAILED
    wipe(session, disk, Outcome.OK_WITH_RESERVATION, technician, at=NOON + 3 * HOUR)
    with pytest.raises(MediaRefused, match="nothing-to-accept"):
        wipes.accept_reservation(session, disk, reason="vu", by=controller, at=NOON + 3 * HOUR)
    wipes.destroy(session, disk, method="percé", by=controller, at=NOON + 4 * HOUR)
    assert status_of(session, disk.device_id) is Status.WIPED
    assert (disk.destroyed_how, disk.attested_by_id) == ("percé", controller.id)


def test_what_its_giver_wants_destroyed_is_destroyed(
    session: Session, make_device: MakeDevice, workshop: Organisation, technician: Actor, controller: Actor
) -> None:
    from refurb.core.equipment import DiskWish
    from refurb.devices import media, wipes

    device = make_device(holder=workshop, disk_wish=DiskWish.DESTROY)
    theirs = media.add(session, device, serial="GIVEN", by=technician, at=NOON)
    ours = media.add(session, device, serial="SHELF", by=technician, at=NOON)
    assert theirs.to_destroy
    wipe(session, theirs, Outcome.OK_WITH_RESERVATION, technician)
    with pytest.raises(MediaRefused, match="to-destroy"):
        wipes.accept_reservation(session, theirs, reason="vu", by=controller, at=NOON + 2 * HOUR)
    wipe(session, theirs, Outcome.OK, technician, at=NOON + 2 * HOUR)
    assert status_of(session, device.id) is Status.RECEIVED
    # A new disk of the workshop's own was never the giver's to have destroyed.
    wipes.record_wipe(
        session,
        ours,
        outcome=Outcome.OK,
        source=WipeSource.MANUAL,
        method=wipes.NEW,
        by=controller,
        at=NOON + 2 * HOUR,
    )
    wipes.destroy(session, theirs, method="broyé", by=controller, at=NOON + 3 * HOUR)
    assert status_of(session, device.id) is Status.WIPED
    assert not media.add(session, device, serial="LATER", by=technician, at=NOON + 4 * HOUR).to_destroy


def test_a_log_set_aside_for_its_clock_dooms_nothing(
    session: Session, disk: StorageMedium, technician: Actor, controller: Actor
) -> None:
    from refurb.devices import wipes

    assert disk.device_id is not None
    told: dict[str, Any] = {"outcome": Outcome.FAILED, "source": WipeSource.LOG, "by": technician}
    found = wipes.record_wipe(session, disk, ended_at=NOON + 365 * 24 * HOUR, at=NOON, **told)
    assert status_of(session, disk.device_id) is Status.WIPE_FAILED
    wipes.settle_doubt(session, found, counts=False, by=controller, at=NOON + HOUR)
    wipe(session, disk, Outcome.OK, technician, at=NOON + 2 * HOUR)
    assert status_of(session, disk.device_id) is Status.WIPED


def kept(session: Session, device: Device) -> tuple[Any, ...]:
    from refurb.devices.models import Device

    query = sa.select(Device.status, Device.status_since, Device.place_id, Device.version).where(Device.id == device.id)
    return tuple(session.execute(query).one())


def test_a_machine_that_moved_is_as_the_database_has_it(
    session: Session, make_device: MakeDevice, make_place: MakePlace, workshop: Organisation, technician: Actor
) -> None:
    from refurb.devices import services
    from refurb.organisations.models import PlaceKind

    device, shelf = make_device(holder=workshop), make_place(workshop, PlaceKind.SHELF)
    told = {"place_id": shelf.id}
    services.move(session, device, Action.INVENTORY, by=technician, at=NOON, payload=told)
    assert kept(session, device) == (Status.INVENTORIED, NOON, shelf.id, 2)
    services.put_at(session, device, None, by=technician, at=NOON)
    assert kept(session, device) == (Status.INVENTORIED, NOON, None, 3)
    assert (device.status, device.status_since, device.place_id, device.version) == kept(session, device)
    assert device not in session.dirty
    # What the unit of work writes after it goes on from there.
    device.defects = "Charnière"
    session.flush()
    assert kept(session, device)[-1] == 4


def test_a_row_that_somebody_wrote_since_is_not_written_over(session: Session, make_device: MakeDevice) -> None:
    from sqlalchemy.orm.exc import StaleDataError

    from refurb.db import write_columns
    from refurb.devices.models import Device

    device = make_device()
    session.execute(
        sa.update(Device).values(version=Device.version + 1), execution_options={"synchronize_session": False}
    )
    with pytest.raises(StaleDataError):
        write_columns(session, device, {"place_id": None, "defects": "Charnière"})
    assert device.defects != "Charnière"


def test_a_move_that_is_taken_back_is_forgotten(
    session: Session, make_device: MakeDevice, workshop: Organisation, technician: Actor
) -> None:
    from refurb.devices import services

    device = make_device(holder=workshop)
    before = kept(session, device)
    nested = session.begin_nested()
    services.move(session, device, Action.INVENTORY, by=technician, at=NOON + HOUR)
    assert kept(session, device) != before
    nested.rollback()
    assert kept(session, device) == before
    assert (device.status, device.status_since, device.place_id, device.version) == before


def test_the_same_client_uuid_twice_is_one_move(
    session: Session, make_device: MakeDevice, workshop: Organisation, technician: Actor
) -> None:
    from refurb.audit.models import Event
    from refurb.devices import services

    device = make_device(holder=workshop)
    once = services.move(session, device, Action.INVENTORY, by=technician, at=NOON, client_uuid="a" * 36)
    again = services.move(session, device, Action.INVENTORY, by=technician, at=NOON + HOUR, client_uuid="a" * 36)
    assert (once.repeated, again.repeated) == (False, True)
    assert again.event.id == once.event.id
    count = sa.select(sa.func.count()).select_from(Event).where(Event.subject_id == device.id)
    assert session.scalar(count.where(Event.subject_kind == "device")) == 2


def test_a_client_uuid_is_neither_another_s_nor_another_machine_s(
    session: Session, make_device: MakeDevice, workshop: Organisation, make_actor: MakeActor, technician: Actor
) -> None:
    from refurb.devices import services

    device, other = make_device(holder=workshop), make_device(holder=workshop)
    services.move(session, device, Action.INVENTORY, by=technician, at=NOON, client_uuid="a" * 36)
    colleague = make_actor(workshop, Role.TECHNICIAN)
    for machine, by in ((device, colleague), (other, technician)):
        with pytest.raises(TransitionRefused) as refused:
            services.move(session, machine, Action.INVENTORY, by=by, at=NOON, client_uuid="a" * 36)
        assert refused.value.code == "number-taken"
    assert other.status is Status.RECEIVED


def test_undo_takes_back_a_move_with_what_it_implied(
    session: Session, make_device: MakeDevice, workshop: Organisation, technician: Actor
) -> None:
    from refurb.devices import services

    device = make_device(holder=workshop, media_known=True)
    services.move(session, device, Action.INVENTORY, by=technician, at=NOON)
    moved = services.move(session, device, Action.TRIAGE, by=technician, at=NOON + HOUR, payload={"outcome": "repair"})
    assert moved.after is Status.WIPED  # no disk in it: triaged is wiped at once
    assert [step.action for step in moved.implied] == [Action.RECORD_WIPE]
    services.undo(session, moved.event, by=technician, at=NOON + 2 * HOUR)
    assert status_of(session, device.id) is Status.INVENTORIED
    assert device.triage_outcome is None
    assert refused(lambda: services.undo(session, moved.event, by=technician, at=NOON)) == "already-undone"


def test_undo_is_refused_after_a_later_move_or_report(
    session: Session, make_device: MakeDevice, workshop: Organisation, technician: Actor
) -> None:
    from refurb import blobs
    from refurb.devices import services
    from refurb.devices.models import Report

    device = make_device(holder=workshop)
    first = services.move(session, device, Action.INVENTORY, by=technician, at=NOON)
    services.move(session, device, Action.TRIAGE, by=technician, at=NOON)
    assert refused(lambda: services.undo(session, first.event, by=technician, at=NOON)) == "later-status"
    sha = blobs.put(session, b"{}", "application/json")
    session.add(
        Report(
            device_id=device.id, raw_sha256=sha, kept_sha256=sha, format="lshw", received_at=NOON + HOUR, read_at=NOON
        )
    )
    session.flush()
    assert refused(lambda: services.undo_last(session, device, by=technician, at=NOON)) == "later-report"


def test_lock_remembers_where_it_was_and_undo_of_unlock_locks_again(
    session: Session, make_device: MakeDevice, workshop: Organisation, technician: Actor
) -> None:
    from refurb.devices import services

    device = make_device(holder=workshop)
    services.move(session, device, Action.INVENTORY, by=technician, at=NOON)
    services.move(session, device, Action.LOCK, by=technician, at=NOON)
    unlocked = services.move(session, device, Action.UNLOCK, by=technician, at=NOON)
    assert unlocked.after is Status.INVENTORIED
    services.undo(session, unlocked.event, by=technician, at=NOON)
    assert status_of(session, device.id) is Status.LOCKED
    assert device.status_before_lock is Status.INVENTORIED


def test_a_technician_does_not_stock_nor_give_back(
    session: Session, make_device: MakeDevice, workshop: Organisation, technician: Actor, controller: Actor
) -> None:
    from refurb.devices import services

    device = make_device(holder=workshop)
    payload = {"motive": "jamais donné"}
    give_back = Action.GIVE_BACK
    assert refused(lambda: services.move(session, device, give_back, by=technician, at=NOON)) == "not-allowed"
    assert refused(lambda: services.move(session, device, give_back, by=controller, at=NOON)) == "motive-missing"
    moved = services.move(session, device, give_back, by=controller, at=NOON, payload=payload)
    assert moved.after is Status.RETURNED_TO_SUPPLIER


def test_a_disk_taken_out_keeps_its_own_guard_and_its_proof(
    session: Session, disk: StorageMedium, make_device: MakeDevice, workshop: Organisation, technician: Actor
) -> None:
    from refurb.devices import media, queries

    first_id = disk.device_id or 0
    media.take_out(session, disk, by=technician, at=NOON)
    # Nothing is left inside: the machine is clear, the disk is not.
    assert status_of(session, first_id) is Status.WIPED
    assert queries.medium_state(disk) != "ok"
    wipe(session, disk, Outcome.OK, technician)
    other = make_device(holder=workshop)
    media.put_in(session, disk, other, by=technician, at=NOON + HOUR)
    assert status_of(session, other.id) is Status.WIPED


def test_lost_in_the_workshop_is_nobodys_hands(
    session: Session, disk: StorageMedium, workshop: Organisation, technician: Actor
) -> None:
    from refurb.devices import queries, services

    wipe(session, disk, Outcome.OK, technician)
    device = queries.by_id(session, disk.device_id or 0)
    assert device is not None
    services.move(session, device, Action.LOSE, by=technician, at=NOON + 2 * HOUR)
    found = services.move(session, device, Action.FIND, by=technician, at=NOON + 3 * HOUR)
    assert found.after is Status.TRIAGED
    from refurb.devices import media

    moved = media.attest_media(session, device, by=technician, at=NOON + 3 * HOUR)
    assert moved is not None
    # Once its disk is identified again, the earlier wipe counts.
    assert moved.after is Status.WIPED


@pytest.mark.parametrize(
    ("form", "cpu_class", "known"),
    [(Form.TABLET, 1, True), (Form.TABLET, None, False), (Form.LAPTOP, 1, False), (Form.MONITOR, None, True)],
)
def test_a_tablet_is_known_by_its_class_alone(
    session: Session, make_device: MakeDevice, form: Form, cpu_class: int | None, known: bool
) -> None:
    from refurb.devices.facts import facts

    device = make_device(form=form)
    device.cpu_class = cpu_class
    assert facts(session, device).profile_known is known
