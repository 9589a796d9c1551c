"""Reports with a real session: bytes first, what is written of the machine, and what they never do."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from refurb.core.media import MediaState
from refurb.core.workflow import Status
from tests.conftest import NOON
from tests.devices.readings.makers import as_bytes, bank, inventory_xml, smart
from tests.devices.reported import DISK, PARIS, SERIAL, lshw, stands, to_triaged, wiped_disk

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.devices.models import Device
    from refurb.security import Actor
    from tests.devices.reported import Bring


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


def test_a_report_never_moves_a_machine_back(session: Session, bring: Bring, laptop: Device, technician: Actor) -> None:
    to_triaged(session, laptop, technician)
    bring(wiped_disk(), device=laptop)
    bring(lshw())
    before = stands(laptop)
    bring(lshw(banks=[bank(16)]), at=NOON + timedelta(minutes=3))
    assert stands(laptop) is before is Status.DIAGNOSED


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
