"""What a log proves of the disks it names, and where that moves their machine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from refurb.core.media import MediumState, Outcome
from refurb.core.workflow import Status
from tests.conftest import NOON
from tests.devices.readings.makers import ata_disk, nwipe_log
from tests.devices.reported import PARIS, SERIAL, lshw, stands, to_triaged, wiped_disk

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.devices.models import Device
    from refurb.organisations.models import Organisation
    from refurb.security import Actor
    from tests.devices.reported import Bring, MakeDevice


def test_a_report_alone_wipes_nothing_and_a_diagnosis_waits_for_the_wipe(
    session: Session, bring: Bring, laptop: Device, technician: Actor
) -> None:
    to_triaged(session, laptop, technician)
    bring(lshw())
    assert stands(laptop) is Status.TRIAGED
    bring(wiped_disk())
    assert stands(laptop) is Status.DIAGNOSED


def test_a_report_makes_a_wiped_machine_diagnosed(
    session: Session, bring: Bring, laptop: Device, technician: Actor
) -> None:
    to_triaged(session, laptop, technician)
    bring(wiped_disk(), device=laptop)
    assert stands(laptop) is Status.WIPED
    bring(lshw(), at=NOON + timedelta(minutes=1))
    assert stands(laptop) is Status.DIAGNOSED


def test_every_medium_must_be_clear(session: Session, bring: Bring, laptop: Device, technician: Actor) -> None:
    to_triaged(session, laptop, technician)
    second = ata_disk(product="WDC WD5000LPVX-2", serial="WD-SECOND1", size=500_107_862_016, logicalname="/dev/sdc")
    bring(lshw(disks=[ata_disk(), second]))
    bring(wiped_disk())
    assert stands(laptop) is Status.TRIAGED
    bring(wiped_disk("WD-SECOND1"))
    assert stands(laptop) is Status.DIAGNOSED


@pytest.mark.parametrize(
    ("how", "outcome", "status"),
    [
        ({"hidden": None}, Outcome.OK_WITH_RESERVATION, Status.TRIAGED),
        ({"status": "-FAILED-"}, Outcome.FAILED, Status.WIPE_FAILED),
        (
            {"finished": False, "status": "UABORTED", "final": "Nwipe was aborted by the user."},
            Outcome.FAILED,
            Status.WIPE_FAILED,
        ),
    ],
)
def test_what_is_not_ok_does_not_pass(
    session: Session,
    bring: Bring,
    laptop: Device,
    technician: Actor,
    how: dict[str, Any],
    outcome: Outcome,
    status: Status,
) -> None:
    from refurb.devices.queries import media_of

    to_triaged(session, laptop, technician)
    bring(lshw())
    bring(wiped_disk(**how))
    (medium,) = media_of(session, laptop.id)
    assert [wipe.outcome for wipe in medium.wipes] == [outcome]
    assert medium.wipes[0].reasons
    assert stands(laptop) is status


def test_two_disks_of_two_machines_in_one_log(
    session: Session, bring: Bring, make_device: MakeDevice, workshop: Organisation, technician: Actor
) -> None:
    from refurb.devices import media
    from refurb.devices.queries import media_of, medium_state

    machines = [make_device(holder=workshop) for _ in range(2)]
    for device, serial in zip(machines, ("DISK-AA11", "DISK-BB22"), strict=True):
        media.add(session, device, serial=serial, by=technician, at=NOON - timedelta(hours=2))
    log = nwipe_log(("/dev/sda", "ATA", "One", "DISK-AA11"), ("/dev/sdb", "ATA", "Two", "DISK-BB22"))
    report = bring(log.replace("2026/03/04 10:15:", "2026/11/17 10:45:").encode()).report
    assert (report.device_id, report.doubt) == (None, None)
    assert [medium_state(media_of(session, device.id)[0]) for device in machines] == [MediumState.OK, MediumState.OK]


def test_a_log_of_a_disk_that_nobody_knows_is_a_question(bring: Bring, laptop: Device) -> None:
    bring(lshw())
    assert bring(wiped_disk("NEVER-SEEN")).report.doubt == "which-device"
    assert bring(wiped_disk("NEVER-SEEN2"), device=laptop).report.doubt == "which-medium"


def test_a_clock_that_is_wrong_proves_nothing(
    session: Session, bring: Bring, laptop: Device, technician: Actor
) -> None:
    from refurb.devices.queries import media_of, medium_state

    to_triaged(session, laptop, technician)
    bring(lshw())
    bring(wiped_disk(at="1970/01/01 00:10:"))
    (medium,) = media_of(session, laptop.id)
    assert medium.wipes[0].doubtful
    assert medium_state(medium) is MediumState.DOUBTFUL
    assert stands(laptop) is Status.TRIAGED


def test_reading_again_adds_no_second_outcome(
    session: Session, bring: Bring, laptop: Device, technician: Actor
) -> None:
    from refurb.devices import reports
    from refurb.devices.queries import media_of

    bring(lshw())
    report = bring(wiped_disk()).report
    assert not reports.read_again(session, report, by=technician, at=NOON + timedelta(hours=1), zone=PARIS)
    (medium,) = media_of(session, laptop.id)
    assert len(medium.wipes) == 1


@pytest.mark.parametrize(
    ("wall", "moment"),
    [
        ("2026-11-17T11:50:00", datetime(2026, 11, 17, 10, 50, tzinfo=UTC)),
        ("2026-11-17T10:50:00", datetime(2026, 11, 17, 10, 50, tzinfo=UTC)),
        ("2026-11-17T08:00:00", datetime(2026, 11, 17, 8, 0, tzinfo=UTC)),
        ("2026-11-17T23:00:00", datetime(2026, 11, 17, 22, 0, tzinfo=UTC)),
        ("2026-11-17T10:50:00+02:00", datetime(2026, 11, 17, 8, 50, tzinfo=UTC)),
        ("yesterday", None),
    ],
)
def test_a_bench_keeps_utc_or_the_local_time(wall: str, moment: datetime | None) -> None:
    from refurb.devices.report_wipes import bench_time

    assert bench_time(wall, now=NOON, zone=PARIS) == moment


def test_a_log_that_names_its_bench_takes_nothing_from_the_machine(bring: Bring, laptop: Device) -> None:
    bring(lshw())
    bench = (
        f"info: system-serial-number = {SERIAL}",
        "info: system-manufacturer = Fabricant",
        "info: processor-version = Intel(R) Core(TM) i3-2100",
    )
    bring(wiped_disk(extra=bench))
    assert (laptop.cpu_model, laptop.cpu_cores) == ("Intel Core i5-8250U", 4)
