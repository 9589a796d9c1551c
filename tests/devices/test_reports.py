"""Reports with a real session: bytes first, which machine, what they prove, and what they never do."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from refurb.core.media import MediaState, MediumState, Outcome
from refurb.core.workflow import Action, Status
from tests.conftest import NOON
from tests.devices.readings.makers import as_bytes, ata_disk, bank, inventory_xml, lshw_tree, nwipe_log, smart

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.devices.models import Device, Report
    from refurb.devices.reports import Arrival
    from refurb.organisations.models import Organisation
    from refurb.security import Actor

    MakeDevice = Callable[..., Device]
    Bring = Callable[..., Arrival]

PARIS = ZoneInfo("Europe/Paris")
SERIAL = "FAB7K2M9Q1"
DISK = "1927E2000001"


@pytest.fixture
def laptop(make_device: MakeDevice, workshop: Organisation) -> Device:
    """A laptop whose maker and serial were written at arrival, an hour ago."""
    return make_device(holder=workshop, maker="Fabricant", model=None, serial=SERIAL, at=NOON - timedelta(hours=1))


@pytest.fixture
def bring(session: Session, technician: Actor) -> Bring:
    """Bring bytes, as the technician: `bring(raw, device=laptop)`."""
    from refurb.devices.reports import arrive

    def deed(raw: bytes, *, at: datetime = NOON, by: Actor | None = None, **more: Any) -> Arrival:
        return arrive(session, raw, by=by or technician, at=at, zone=PARIS, **more)

    return deed


def lshw(**changes: Any) -> bytes:
    return as_bytes(lshw_tree(**{"vendor": "Fabricant", **changes}))


def wiped_disk(serial: str = DISK, at: str = "2026/11/17 10:45:", **how: Any) -> bytes:
    """A log of a wipe that ended a quarter of an hour before noon, UTC."""
    log = nwipe_log(("/dev/sda", "ATA", "Crucial_CT240BX5", serial), **how)
    return log.replace("2026/03/04 10:15:", at).encode()


def to_triaged(session: Session, device: Device, by: Actor) -> None:
    from refurb.devices.services import move

    for action in (Action.INVENTORY, Action.TRIAGE):
        move(session, device, action, by=by, at=NOON, payload={"outcome": "install"})


def stands(device: Device) -> Status:
    """Return the status, afresh: mypy would hold it for what it was."""
    return device.status


# -- Bytes


def test_the_bytes_are_kept_less_what_they_say_of_persons(session: Session, bring: Bring, laptop: Device) -> None:
    from refurb import blobs

    raw = inventory_xml(BIOS=f"<SMANUFACTURER>Fabricant</SMANUFACTURER><SSN>{SERIAL}</SSN>")
    report = bring(raw).report
    kept = blobs.get(session, report.kept_sha256)
    assert report.raw_sha256 == hashlib.sha256(raw).hexdigest()
    assert report.kept_sha256 == hashlib.sha256(kept).hexdigest() != report.raw_sha256
    assert b"jeanne" in raw
    assert b"jeanne" not in kept
    assert "jeanne" not in json.dumps(report.reading)
    with pytest.raises(LookupError):
        blobs.get(session, report.raw_sha256)


def test_what_says_nothing_of_persons_is_kept_as_it_came(session: Session, bring: Bring) -> None:
    from refurb import blobs

    raw = as_bytes(smart())
    report = bring(raw).report
    assert report.kept_sha256 == report.raw_sha256
    assert blobs.get(session, report.kept_sha256) == raw


def test_the_same_bytes_twice_are_one_report(session: Session, bring: Bring, laptop: Device) -> None:
    from refurb.devices.models import Report

    first, second = bring(lshw()), bring(lshw(), at=NOON + timedelta(minutes=5))
    assert (first.known, second.known) == (False, True)
    assert first.report.id == second.report.id
    assert session.scalar(sa.select(sa.func.count()).select_from(Report)) == 1


def test_what_nobody_can_read_is_kept_whole_and_moves_nothing(session: Session, bring: Bring, laptop: Device) -> None:
    from refurb import blobs

    raw = b"\x00\x01 not a report"
    report = bring(raw, device=laptop).report
    assert (report.format, report.device_id) == ("unreadable", laptop.id)
    assert blobs.get(session, report.kept_sha256) == raw
    assert laptop.cpu_model is None
    assert stands(laptop) is Status.RECEIVED


def test_what_nobody_foresaw_keeps_the_report_and_changes_nothing(
    session: Session, bring: Bring, laptop: Device, technician: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from refurb import blobs
    from refurb.devices import grades, reports

    def break_off(*_: Any) -> None:
        raise RuntimeError("nobody foresaw this")

    raw = lshw()
    with monkeypatch.context() as broken:
        broken.setattr(grades, "regrade", break_off)
        report = bring(raw).report
    assert (report.format, report.device_id, laptop.cpu_model) == ("unreadable", None, None)
    assert (report.reading or {})["warnings"] == ["unexpected-shape"]
    assert blobs.get(session, report.kept_sha256) == raw
    assert reports.read_again(session, report, by=technician, at=NOON, zone=PARIS)
    assert (report.format, report.device_id, laptop.cpu_model) == ("lshw", laptop.id, "Intel Core i5-8250U")
    with monkeypatch.context() as broken:
        broken.setattr(grades, "regrade", break_off)
        assert not reports.read_again(session, report, by=technician, at=NOON, zone=PARIS)
    assert (report.format, report.device_id) == ("lshw", laptop.id)


def test_a_busy_database_leaves_the_report_to_the_worker(
    session: Session, bring: Bring, laptop: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    from refurb.devices import grades, report_jobs

    def busy(*_: Any) -> None:
        raise sa.exc.OperationalError("UPDATE", {}, Exception("database is locked"))

    with monkeypatch.context() as crowded:
        crowded.setattr(grades, "regrade", busy)
        report = bring(lshw()).report
    assert (report.read_at, report.format, report.device_id) == (None, None, None)
    # Somebody else may be reading it now; later nobody is.
    assert report_jobs.read_waiting(session, NOON) == 0
    assert report_jobs.read_waiting(session, NOON + timedelta(minutes=5)) == 1
    assert (report.format, report.device_id) == ("lshw", laptop.id)


def test_read_again_once_a_reader_is_there(
    session: Session, bring: Bring, laptop: Device, technician: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from refurb.devices import report_queries, reports
    from refurb.devices.readings.opened import Opened
    from refurb.devices.readings.registry import READER_VERSION

    with monkeypatch.context() as older:
        older.setattr(reports, "opened", lambda raw: Opened(None, "unknown-format", raw))
        report = bring(lshw(), device=laptop).report
        assert report.format == "unreadable"
    assert report_queries.to_read_again(session, READER_VERSION) == [report.id]
    assert reports.read_again(session, report, by=technician, at=NOON, zone=PARIS)
    assert (report.format, laptop.cpu_model) == ("lshw", "Intel Core i5-8250U")
    assert report_queries.to_read_again(session, READER_VERSION) == []


# -- Which machine


def test_a_trusted_serial_finds_its_machine(bring: Bring, laptop: Device) -> None:
    report = bring(lshw()).report
    assert (report.device_id, report.doubt) == (laptop.id, None)


def test_makers_spell_their_name_in_several_ways(bring: Bring, make_device: MakeDevice, workshop: Organisation) -> None:
    device = make_device(holder=workshop, maker="HP", serial=SERIAL)
    assert bring(lshw(vendor="Hewlett-Packard")).report.device_id == device.id


def test_the_disk_finds_the_machine_that_has_no_serial(
    session: Session, bring: Bring, make_device: MakeDevice, workshop: Organisation, technician: Actor
) -> None:
    from refurb.devices import media

    device = make_device(holder=workshop, serial=None)
    media.add(session, device, serial=DISK, by=technician, at=NOON)
    assert bring(lshw(serial="To Be Filled By O.E.M.")).report.device_id == device.id


def test_a_mac_alone_finds_nothing(bring: Bring, make_device: MakeDevice, workshop: Organisation) -> None:
    make_device(holder=workshop, serial=None)
    report = bring(lshw(serial=None, disks=[])).report
    assert (report.device_id, report.asked_of_id, report.doubt) == (None, None, "which-device")


def test_another_workshop_s_machine_is_none_of_ours(bring: Bring, make_device: MakeDevice) -> None:
    make_device(maker="Fabricant", serial=SERIAL)
    assert bring(lshw()).report.doubt == "which-device"


def test_the_serial_of_another_maker_is_a_question(
    bring: Bring, make_device: MakeDevice, workshop: Organisation
) -> None:
    device = make_device(holder=workshop, maker="Toute Autre", serial=SERIAL)
    report = bring(lshw()).report
    assert (report.device_id, report.asked_of_id, report.doubt) == (None, device.id, "other-maker")
    assert device.cpu_model is None


def test_a_scanned_code_against_another_serial_is_a_question(
    session: Session, bring: Bring, make_device: MakeDevice, workshop: Organisation, technician: Actor
) -> None:
    from refurb.devices import report_queries, reports

    device = make_device(holder=workshop, maker="Fabricant", serial="OTHER55512")
    report = bring(lshw(), device=device).report
    assert (report.device_id, report.asked_of_id, report.doubt) == (None, device.id, "other-serial")
    assert [question.id for question in report_queries.questions_of(session, device.id)] == [report.id]
    assert device.cpu_model is None
    reports.settle(session, report, device, by=technician, at=NOON, zone=PARIS)
    settled: tuple[object, ...] = (report.device_id, report.doubt, device.cpu_model)
    assert settled == (device.id, None, "Intel Core i5-8250U")
    assert device.serial == "OTHER55512"


def test_a_disk_of_one_machine_with_the_serial_of_another_is_a_question(
    session: Session, bring: Bring, make_device: MakeDevice, workshop: Organisation, technician: Actor
) -> None:
    from refurb.devices import media

    device = make_device(holder=workshop, maker="Fabricant", serial="OTHER55512")
    media.add(session, device, serial=DISK, by=technician, at=NOON)
    report = bring(lshw()).report
    assert (report.asked_of_id, report.doubt) == (device.id, "media-of-another")


def test_no_is_an_answer(
    session: Session, bring: Bring, make_device: MakeDevice, workshop: Organisation, technician: Actor
) -> None:
    from refurb.devices import report_queries, reports

    device = make_device(holder=workshop, maker="Toute Autre", serial=SERIAL)
    report = bring(lshw()).report
    reports.settle(session, report, None, by=technician, at=NOON, zone=PARIS)
    assert (report.asked_of_id, report.doubt) == (None, "which-device")
    assert report_queries.questions_of(session, device.id) == []


def test_the_code_fills_in_the_serial_but_never_takes_another_machine_s(
    session: Session, bring: Bring, make_device: MakeDevice, workshop: Organisation, laptop: Device
) -> None:
    unnamed = make_device(holder=workshop, maker=None, model=None, serial=None)
    bring(lshw(serial="NEW4455K1"), device=unnamed)
    assert (unnamed.maker, unnamed.model, unnamed.serial, unnamed.serial_trusted) == (
        "Fabricant",
        "Modele 14",
        "NEW4455K1",
        True,
    )
    other = make_device(holder=workshop, maker=None, serial=None)
    report = bring(lshw(disks=[]), device=other).report
    assert (other.serial, other.serial_trusted, report.doubt) == (None, False, "serial-taken")
    assert laptop.serial == SERIAL


# -- What it proves


def test_the_hardware_and_the_grade_are_written(bring: Bring, laptop: Device) -> None:
    report = bring(lshw()).report
    assert (laptop.model, laptop.cpu_model, laptop.cpu_cores, laptop.cpu_class) == (
        "Modele 14",
        "Intel Core i5-8250U",
        4,
        3,
    )
    assert (laptop.ram_mb, laptop.storage_gb, laptop.wifi, laptop.has_battery, laptop.battery_pct) == (
        8192,
        240,
        True,
        True,
        None,
    )
    assert laptop.profiles == ["P0", "P1"]
    assert {"profile": "P2", "criterion": "battery_pct", "have": None, "need": 60} in (laptop.missing or [])
    assert laptop.grading_version
    assert report.reading is not None
    assert report.reading["cpu"] == {"model": "Intel Core i5-8250U", "cores": 4, "class": 3}


def test_a_camera_that_is_seen_is_not_yet_tested(bring: Bring, laptop: Device) -> None:
    bring(lshw())
    assert laptop.webcam is None
    assert {"profile": "P2", "criterion": "webcam", "have": None, "need": True} in (laptop.missing or [])


def test_the_same_machine_with_more_memory_is_one_device_with_two_reports(
    session: Session, bring: Bring, laptop: Device
) -> None:
    from refurb.devices.models import Device
    from refurb.devices.queries import reports_of

    bring(lshw(banks=[bank(4)]))
    assert (laptop.ram_mb, laptop.profiles) == (4096, ["P0", "P1"])
    bring(lshw(banks=[bank(8), bank(8, n=1)]), at=NOON + timedelta(hours=1))
    assert laptop.ram_mb == 16384
    assert len(reports_of(session, laptop.id)) == 2
    assert session.scalar(sa.select(sa.func.count()).select_from(Device)) == 1


def test_its_disks_are_known_with_their_health(session: Session, bring: Bring, laptop: Device) -> None:
    from refurb.devices.queries import media_of, media_state

    bring(lshw())
    bring(
        as_bytes(
            smart(
                serial_number=DISK, model_name="Crucial_CT240BX500SSD1", rotation_rate=0, smart_status={"passed": False}
            )
        )
    )
    (medium,) = media_of(session, laptop.id)
    assert (medium.serial, medium.size_gb, medium.kind, medium.health) == (DISK, 240, "ssd", "failed")
    assert media_state(session, laptop) is MediaState.NOT_CLEAR


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


def test_a_report_never_moves_a_machine_back(session: Session, bring: Bring, laptop: Device, technician: Actor) -> None:
    to_triaged(session, laptop, technician)
    bring(wiped_disk(), device=laptop)
    bring(lshw())
    before = stands(laptop)
    bring(lshw(banks=[bank(16)]), at=NOON + timedelta(minutes=3))
    assert stands(laptop) is before is Status.DIAGNOSED


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


def test_every_deed_is_an_event_of_the_machine(
    session: Session, bring: Bring, laptop: Device, technician: Actor
) -> None:
    from refurb.audit.models import Event

    to_triaged(session, laptop, technician)
    bring(wiped_disk(), device=laptop)
    bring(lshw())
    kinds = session.scalars(
        sa.select(Event.kind).where(Event.subject_kind == "device", Event.subject_id == laptop.id).order_by(Event.seq)
    ).all()
    assert kinds.count("device.report-read") == 2
    assert "medium.wiped" in kinds
    assert kinds[-1] == "device.moved"


def test_a_report_of_the_house_is_matched_over_all_holders(session: Session, laptop: Device) -> None:
    from refurb.devices.reports import arrive
    from refurb.security import Actor

    report: Report = arrive(session, lshw(), by=Actor.system(), at=NOON, zone=PARIS).report
    assert (report.organisation_id, report.device_id) == (None, laptop.id)


def test_a_log_that_names_its_bench_takes_nothing_from_the_machine(bring: Bring, laptop: Device) -> None:
    bring(lshw())
    bench = (
        f"info: system-serial-number = {SERIAL}",
        "info: system-manufacturer = Fabricant",
        "info: processor-version = Intel(R) Core(TM) i3-2100",
    )
    bring(wiped_disk(extra=bench))
    assert (laptop.cpu_model, laptop.cpu_cores) == ("Intel Core i5-8250U", 4)


def test_a_masked_serial_is_no_disk_s(
    session: Session, bring: Bring, make_device: MakeDevice, workshop: Organisation
) -> None:
    from refurb.devices.queries import media_of

    one, two = make_device(holder=workshop), make_device(holder=workshop)
    bring(as_bytes(smart(serial_number="REDACTED")), device=one)
    report = bring(as_bytes(smart(serial_number="REDACTED", model_name="Another")), device=two).report
    assert report.device_id == two.id
    assert [len(media_of(session, device.id)) for device in (one, two)] == [1, 1]
    assert bring(as_bytes(smart(serial_number="REDACTED", rotation_rate=7200))).report.doubt == "which-device"


def test_the_agent_carries_the_code_that_was_scanned_and_the_camera_that_was_tested(
    bring: Bring, make_device: MakeDevice, workshop: Organisation
) -> None:
    device, stranger = make_device(holder=workshop, maker=None, serial=None), make_device()
    agent = {"refurb_agent": {"schema": 1}, "lshw": lshw_tree(serial=None), "tests": {"camera": "ok"}}
    assert bring(as_bytes({**agent, "code": device.code})).report.device_id == device.id
    assert device.webcam is True
    other = lshw_tree(serial=None, disks=[], configuration={"chassis": "notebook"})
    other["children"][0].pop("serial")
    elsewhere = {**agent, "lshw": other, "code": stranger.code}
    assert bring(as_bytes(elsewhere)).report.doubt == "which-device"
