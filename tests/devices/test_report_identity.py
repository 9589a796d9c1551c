"""Which machine a report is of, case by case: several keys, none that decides alone but a trusted serial."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from refurb.core.workflow import Status
from refurb.devices.readings.names import machine_model
from refurb.devices.readings.reading import Cpu, Reading
from tests.conftest import NOON
from tests.devices.readings.makers import (
    as_bytes,
    ata_disk,
    bank,
    lshw_tree,
    nwipe_log,
    snapshot,
)

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.devices.models import Device, Report
    from refurb.organisations.models import Organisation
    from refurb.security import Actor

    MakeDevice = Callable[..., Device]
    Bring = Callable[..., Report]

PARIS = ZoneInfo("Europe/Paris")
UUIDS = ("4c4c4544-0000-1000-8000-c0c04f0000aa", "8a1c77de-1111-4222-8333-445566778899")
MACS = ("00:1b:21:aa:bb:01", "00:1b:21:aa:bb:02")


def tree(
    *,
    serial: str | None = None,
    uuid: str | None = None,
    board: str | None = None,
    mac: str = MACS[0],
    disk: str | None = None,
    **more: Any,
) -> bytes:
    """A report whose every key is chosen."""
    made = lshw_tree(
        vendor="Fabricant",
        serial=serial,
        configuration={"chassis": "notebook", "uuid": uuid} if uuid else {"chassis": "notebook"},
        disks=[ata_disk(serial=disk)] if disk else [],
        **more,
    )
    made["children"][0]["serial"] = board
    return json.dumps(made).replace("02:11:22:33:44:55", mac).encode()


@pytest.fixture
def bring(session: Session, technician: Actor) -> Bring:
    from refurb.devices.reports import arrive

    def deed(raw: bytes, *, at: datetime = NOON, device: Device | None = None) -> Report:
        return arrive(session, raw, by=technician, at=at, zone=PARIS, device=device).report

    return deed


@pytest.fixture
def nameless(make_device: MakeDevice, workshop: Organisation) -> Device:
    """A machine whose firmware has no serial, as an assembler leaves it."""
    return make_device(holder=workshop, maker=None, serial=None, at=NOON - timedelta(hours=1))


# -- Two keys that agree


def keys(**which: str | None) -> dict[str, Any]:
    return {"uuid": UUIDS[0], "board": "BOARD-7A1", "mac": MACS[0], **which}


@pytest.mark.parametrize(
    ("second", "found"),
    [
        (keys(), True),
        (keys(mac=MACS[1]), True),
        (keys(uuid=None), True),
        (keys(board=None), True),
        (keys(uuid=None, board="To be filled by O.E.M."), None),
        (keys(uuid=None, board=None), None),
        (keys(uuid="03000200-0400-0500-0006-000700080009", board=None), None),
        (keys(mac=MACS[1], board=None), False),
        (keys(mac=MACS[1], uuid=None), False),
    ],
    ids=[
        "all three",
        "another card",
        "board and MAC",
        "UUID and MAC",
        "a MAC and a blank",
        "a MAC alone",
        "a MAC and a UUID that is none",
        "a UUID alone",
        "a board alone",
    ],
)
def test_a_machine_without_serial_or_disk_is_known_by_two_keys(
    bring: Bring, nameless: Device, second: dict[str, Any], found: bool | None
) -> None:
    """True: found. False: asked. None: nothing is said of that machine."""
    bring(tree(**keys()), device=nameless)
    report = bring(tree(**second, banks=[bank(16)]), at=NOON + timedelta(hours=1))
    if found:
        assert (report.device_id, report.doubt, nameless.ram_mb) == (nameless.id, None, 16384)
    elif found is False:
        assert (report.device_id, report.asked_of_id, report.doubt) == (None, nameless.id, "same-board")
        assert nameless.ram_mb == 8192
    else:
        assert (report.device_id, report.asked_of_id, report.doubt) == (None, None, "which-device")


def test_the_bytes_of_a_uuid_in_the_order_of_another_tool(bring: Bring, nameless: Device) -> None:
    bring(tree(**keys(uuid="44454c4c-0000-1000-8000-c0c04f0000aa")), device=nameless)
    assert bring(tree(uuid="4c4c4544-0000-0010-8000-c0c04f0000aa", banks=[bank(4)])).device_id == nameless.id


def test_a_board_that_went_into_another_machine_is_asked(
    bring: Bring, make_device: MakeDevice, workshop: Organisation
) -> None:
    old = make_device(holder=workshop, maker="Fabricant", serial="OLD7K2M9Q1")
    bring(tree(serial="OLD7K2M9Q1", **keys()))
    report = bring(tree(serial="NEW7K2M9Q1", **keys(), banks=[bank(4)]))
    assert (report.device_id, report.asked_of_id, report.doubt) == (None, old.id, "board-of-another")


def test_two_machines_of_the_same_keys_are_asked(bring: Bring, make_device: MakeDevice, workshop: Organisation) -> None:
    """A cloned firmware: both say the same of themselves."""
    one, two = (make_device(holder=workshop, maker=None, serial=None) for _ in range(2))
    bring(tree(**keys()), device=one)
    bring(tree(**keys(), banks=[bank(4)]), device=two)
    report = bring(tree(**keys(), banks=[bank(16)]))
    assert (report.device_id, report.asked_of_id, report.doubt) == (None, one.id, "same-board")


def test_what_software_makes_up_is_no_key() -> None:
    from refurb.devices.report_keys import keys_of

    reading = Reading("lshw", cpu=Cpu("x"), macs=("02:42:ac:11:00:02",), uuid="ffffffff-ffff-ffff-ffff-ffffffffffff")
    assert keys_of(reading) == set()
    assert keys_of(Reading("lshw", cpu=Cpu("x"), uuid=UUIDS[0], virtual=True)) == set()
    assert keys_of(Reading("nwipe", uuid=UUIDS[0])) == set()


# -- The serial, the disks


def test_the_same_serial_with_another_card_is_the_same_machine(
    bring: Bring, make_device: MakeDevice, workshop: Organisation
) -> None:
    device = make_device(holder=workshop, maker="Fabricant", serial="FAB7K2M9Q1")
    bring(tree(serial="FAB7K2M9Q1", **keys()))
    other: dict[str, Any] = {"uuid": UUIDS[1], "board": "BOARD-9Z9", "mac": MACS[1]}
    report = bring(tree(serial="fab7k2m9q1", **other), at=NOON + timedelta(hours=1))
    assert (report.device_id, report.doubt) == (device.id, None)


def test_the_same_machine_with_more_memory_is_one_machine_with_two_reports(
    session: Session, bring: Bring, make_device: MakeDevice, workshop: Organisation
) -> None:
    from refurb.devices.models import Device
    from refurb.devices.queries import reports_of

    device = make_device(holder=workshop, maker="Fabricant", serial="FAB7K2M9Q1")
    for hours, banks in enumerate(([bank(4)], [bank(4), bank(8, n=1)])):
        bring(tree(serial="FAB7K2M9Q1", banks=banks), at=NOON + timedelta(hours=hours))
    assert (device.ram_mb, len(reports_of(session, device.id))) == (12288, 2)
    assert session.scalar(sa.select(sa.func.count()).select_from(Device)) == 1


def test_a_disk_keeps_its_identity_and_its_outcome_where_it_goes(
    session: Session, bring: Bring, make_device: MakeDevice, workshop: Organisation
) -> None:
    from refurb.core.media import MediumState
    from refurb.devices.models import StorageMedium
    from refurb.devices.queries import media_of, medium_state

    one = make_device(holder=workshop, maker="Fabricant", serial="ONE7K2M9Q1", at=NOON - timedelta(hours=2))
    two = make_device(holder=workshop, maker="Fabricant", serial="TWO7K2M9Q1", at=NOON - timedelta(hours=2))
    bring(tree(serial="ONE7K2M9Q1", disk="DISK-AA11"))
    log = nwipe_log(("/dev/sda", "ATA", "Crucial_CT240BX5", "DISK-AA11"))
    bring(log.replace("2026/03/04 10:15:", "2026/11/17 10:45:").encode())
    (medium,) = media_of(session, one.id)
    bring(tree(serial="TWO7K2M9Q1", disk="DISK-AA11"), at=NOON + timedelta(hours=1))
    session.expire_all()
    assert [found.id for found in media_of(session, two.id)] == [medium.id]
    assert media_of(session, one.id) == []
    assert medium_state(media_of(session, two.id)[0]) is MediumState.OK
    assert session.scalar(sa.select(sa.func.count()).select_from(StorageMedium)) == 1


def test_a_disk_of_a_nameless_machine_in_another_board_is_asked(bring: Bring, nameless: Device) -> None:
    bring(tree(**keys(), disk="DISK-AA11"), device=nameless)
    other: dict[str, Any] = {"uuid": UUIDS[1], "board": "BOARD-9Z9", "mac": MACS[1]}
    report = bring(tree(**other, disk="DISK-AA11"))
    assert (report.device_id, report.asked_of_id, report.doubt) == (None, nameless.id, "media-of-another")


def test_its_own_disk_finds_a_machine_whose_firmware_says_nothing(bring: Bring, nameless: Device) -> None:
    bring(tree(disk="DISK-AA11"), device=nameless)
    assert bring(tree(disk="DISK-AA11", banks=[bank(4)])).device_id == nameless.id


@pytest.mark.parametrize(
    "serial",
    ["To be filled by O.E.M.", "System Serial Number", "Default string", "None", "0", "123456789", "Not Specified"],
)
def test_a_placeholder_of_two_machines_is_no_serial(
    bring: Bring, make_device: MakeDevice, workshop: Organisation, serial: str
) -> None:
    make_device(holder=workshop, maker="Fabricant", serial=serial)
    report = bring(tree(serial=serial))
    assert (report.device_id, report.asked_of_id, report.doubt) == (None, None, "which-device")


def test_a_lenovo_is_known_by_the_name_on_its_lid(
    bring: Bring, make_device: MakeDevice, workshop: Organisation
) -> None:
    device = make_device(holder=workshop, maker="LENOVO", model=None, serial="PF1EXAMP")
    bring(as_bytes(snapshot()))
    assert device.model == "ThinkPad T480"
    assert machine_model("LENOVO", "20L6S00X00") == "ThinkPad T480"


# -- Only forward, and never a second machine

RANK = [Status.RECEIVED, Status.INVENTORIED, Status.TRIAGED, Status.WIPING, Status.WIPED, Status.DIAGNOSED]
MACHINE = tree(serial="FAB7K2M9Q1", disk="DISK-AA11")
REPORTS = {
    "lshw": MACHINE,
    "wiped": nwipe_log(("/dev/sda", "ATA", "Crucial_CT240BX5", "DISK-AA11")).encode(),
    "failed": nwipe_log(("/dev/sda", "ATA", "Crucial_CT240BX5", "DISK-AA11"), status="-FAILED-").encode(),
}


@pytest.mark.parametrize("status", list(Status), ids=[status.value for status in Status])
@pytest.mark.parametrize("name", REPORTS)
def test_a_report_moves_a_machine_forward_or_not_at_all(
    session: Session, bring: Bring, make_device: MakeDevice, workshop: Organisation, status: Status, name: str
) -> None:
    """From every status, each kind of report, twice, and once more read again. Only a failed wipe leads back."""
    from refurb.devices import media
    from refurb.devices.models import Device, MediumWipe
    from refurb.devices.reports import read_again
    from refurb.security import Actor

    device = make_device(holder=workshop, maker="Fabricant", serial="FAB7K2M9Q1", at=NOON - timedelta(hours=2))
    media.add(session, device, serial="DISK-AA11", by=Actor.system(), at=NOON - timedelta(hours=2))
    device.status, device.status_since = status, NOON - timedelta(hours=1)
    session.flush()
    raw = REPORTS[name].replace(b"2026/03/04 10:15:", b"2026/11/17 10:45:")
    report = bring(raw)
    once = device.status
    bring(raw, at=NOON + timedelta(minutes=1))
    read_again(session, report, by=Actor.system(), at=NOON + timedelta(minutes=2), zone=PARIS)
    assert device.status is once
    assert session.scalar(sa.select(sa.func.count()).select_from(Device)) == 1
    assert session.scalar(sa.select(sa.func.count()).select_from(MediumWipe)) in (0, 1)
    if once is not status:
        if name == "failed":
            assert once is Status.WIPE_FAILED
        elif status not in (Status.WIPE_FAILED, Status.AFTER_SALES):
            assert RANK.index(once) > RANK.index(status)
