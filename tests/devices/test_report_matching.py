"""Which machine a report is of: by what was scanned, its serial, its disks; a doubt is a question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.conftest import NOON
from tests.devices.readings.makers import as_bytes, lshw_tree, smart
from tests.devices.reported import DISK, PARIS, SERIAL, lshw

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.devices.models import Device, Report
    from refurb.organisations.models import Organisation
    from refurb.security import Actor
    from tests.devices.reported import Bring, MakeDevice


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


def test_a_report_of_the_house_is_matched_over_all_holders(session: Session, laptop: Device) -> None:
    from refurb.devices.reports import arrive
    from refurb.security import Actor

    report: Report = arrive(session, lshw(), by=Actor.system(), at=NOON, zone=PARIS).report
    assert (report.organisation_id, report.device_id) == (None, laptop.id)


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
