"""Machines and tools met elsewhere: other makers, other languages, other shapes of the same report."""

from __future__ import annotations

import json
from typing import Any

import pytest

from refurb.core.equipment import Form
from refurb.devices.readings.document import Document
from refurb.devices.readings.lenovo import LENOVO_TYPES
from refurb.devices.readings.names import machine_model
from refurb.devices.readings.persons import without_persons
from refurb.devices.readings.reading import Health, MediumType
from refurb.devices.readings.registry import read
from tests.devices.readings.makers import DMI, INXI, as_bytes, attribute, inventory_xml, lshw_tree, smart

# -- Names


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("4180W1H", "ThinkPad T420"),
        ("2347DS2", "ThinkPad T430"),
        ("20BV000AFR", "ThinkPad T450"),
        ("20L6S00X00", "ThinkPad T480"),
        ("20TK0000FR", "20TK0000FR"),
        ("LENOVO_MT_20KG_BU_Think_FM_ThinkPad", "ThinkPad X1 Carbon Gen 6"),
        ("10A9S0AB00", "ThinkCentre M93p"),
        ("10mqs0aa00", "ThinkCentre M710q"),
    ],
)
def test_a_type_code_alone_becomes_a_name_where_it_is_known(code: str, name: str) -> None:
    assert machine_model("LENOVO", code, version="Not Available", family="To be filled by O.E.M.") == name


def test_a_type_code_is_of_one_machine() -> None:
    codes = [code for codes in LENOVO_TYPES.values() for code in codes.split()]
    assert len(codes) == len(set(codes))
    assert all(len(code) == 4 and code[0].isdigit() for code in codes)


@pytest.mark.parametrize(
    ("maker", "product", "chassis", "form"),
    [
        ("Apple Inc.", "MacBookPro9,2", None, Form.LAPTOP),
        ("Apple Inc.", "iMac14,1", None, Form.ALL_IN_ONE),
        ("Apple Inc.", "Macmini6,2", None, Form.MINI_PC),
        ("Raspberry Pi Foundation", "Raspberry Pi 4 Model B Rev 1.4", None, Form.MINI_PC),
        ("Hardkernel", "ODROID-H2", None, Form.MINI_PC),
        ("Dell Inc.", "Latitude 5290 2-in-1", "detachable", Form.LAPTOP),
        ("HP", "HP EliteDesk 800 G3 DM 35W", "desktop", Form.MINI_PC),
        ("FUJITSU", "ESPRIMO E720", None, Form.DESKTOP),
    ],
)
def test_the_form_of_other_makers(maker: str, product: str, chassis: str | None, form: Form) -> None:
    settings = {"chassis": chassis} if chassis else {}
    children = [part for part in lshw_tree()["children"] if part["class"] != "power"]
    tree = lshw_tree(vendor=maker, product=product, description="Computer", configuration=settings, children=children)
    assert read(as_bytes(tree)).form is form


def test_graphics_known_by_their_maker_alone_are_not_known() -> None:
    tree = json.dumps(lshw_tree()).replace("UHD Graphics 620", "Intel Corporation")
    assert read(tree.encode()).gpu is None


# -- smartctl


@pytest.mark.parametrize(
    ("changes", "health", "reasons"),
    [
        ({"smart_status": None, "smartctl": {"argv": [], "exit_status": 8}}, Health.FAILED, ("smart-failed",)),
        ({"smart_status": {"passed": True}, "smartctl": {"argv": [], "exit_status": 64}}, Health.OK, ()),
        ({"endurance_used": {"current_percent": 97}, "rotation_rate": 0}, Health.WARNING, ("worn: 97 %",)),
        ({"endurance_used": {"current_percent": 12}, "rotation_rate": 0}, Health.OK, ()),
        (
            {"ata_smart_attributes": {"table": [{**attribute(231, "SSD_Life_Left", 4), "value": 4}]}},
            Health.WARNING,
            ("worn: 96 %",),
        ),
        ({"scsi_percentage_used_endurance_indicator": 91}, Health.WARNING, ("worn: 91 %",)),
        (
            {
                "scsi_error_counter_log": {
                    "read": {"total_uncorrected_errors": 2},
                    "write": {"total_uncorrected_errors": 0},
                    "verify": {"total_uncorrected_errors": 1},
                }
            },
            Health.WARNING,
            ("uncorrectable-errors: 3",),
        ),
        ({"scsi_grown_defect_list": 7}, Health.WARNING, ("grown-defects: 7",)),
    ],
)
def test_what_other_disks_say_of_their_health(
    changes: dict[str, Any], health: Health, reasons: tuple[str, ...]
) -> None:
    (medium,) = read(as_bytes(smart(**changes))).media or ()
    assert (medium.health, medium.reasons) == (health, reasons)


def test_a_sas_disk() -> None:
    report = {
        "smartctl": {"version": [7, 3], "argv": ["smartctl", "--json", "-x", "/dev/sdc"], "exit_status": 0},
        "device": {"name": "/dev/sdc", "info_name": "/dev/sdc", "type": "scsi", "protocol": "SCSI"},
        "scsi_vendor": "SEAGATE",
        "scsi_product": "ST600MM0006",
        "scsi_transport_protocol": {"name": "SAS (SPL-4)", "value": 6},
        "serial_number": "S0M0SAS1",
        "rotation_rate": 10000,
        "user_capacity": {"bytes": 600127266816},
        "smart_status": {"passed": True},
    }
    (medium,) = read(as_bytes(report)).media or ()
    assert (medium.type, medium.model, medium.serial, medium.size_gb, medium.health) == (
        MediumType.HDD,
        "SEAGATE ST600MM0006",
        "S0M0SAS1",
        600,
        Health.OK,
    )


def test_one_report_a_disk_in_one_file() -> None:
    """As a loop over the disks writes it: objects one after the other."""
    raw = as_bytes(smart()) + b"\n" + as_bytes(smart(serial_number="W3P0OTHER", device={"name": "/dev/sdb"}))
    assert [medium.serial for medium in read(raw).media or ()] == ["W3P0EXAMPLE", "W3P0OTHER"]


# -- Inventories


def test_ocs_on_a_french_windows() -> None:
    raw = inventory_xml(
        "OCS-NG_WINDOWS_AGENT_v2.9.2.0",
        BIOS=(
            "<SMANUFACTURER>Hewlett-Packard</SMANUFACTURER><SMODEL>HP ProBook 6570b</SMODEL><SSN>5CB3141ABC</SSN>"
            "<TYPE>Notebook</TYPE>"
        ),
        HARDWARE="<MEMORY>3990</MEMORY><PROCESSORT>Intel(R) Core(TM) i5-3210M CPU @ 2.50GHz</PROCESSORT>",
        CPUS="<TYPE>Intel(R) Core(TM) i5-3210M CPU @ 2.50GHz</TYPE><CORES>2</CORES><SPEED>2500</SPEED>",
        MEMORIES="<CAPACITY>4096</CAPACITY><CAPTION>Barrette de mémoire</CAPTION><TYPE>DDR3</TYPE>",
        STORAGES=(
            "<MANUFACTURER>(Lecteurs de disque standard)</MANUFACTURER><NAME>\\\\.\\PHYSICALDRIVE0</NAME>"
            "<MODEL>HITACHI HTS727550A9E364</MODEL><DESCRIPTION>Lecteur de disque</DESCRIPTION>"
            "<TYPE>Fixed hard disk media</TYPE><DISKSIZE>476937</DISKSIZE><SERIALNUMBER>J3360081</SERIALNUMBER>"
        ),
    )
    found = read(raw)
    assert (found.format, found.form, found.model, found.serial) == (
        "ocs",
        Form.LAPTOP,
        "HP ProBook 6570b",
        "5CB3141ABC",
    )
    assert (found.cpu and found.cpu.model, found.cpu and found.cpu.cores, found.ram_gb) == (
        "Intel Core i5-3210M",
        2,
        4,
    )
    assert [(m.type, m.model, m.serial, m.size_gb) for m in found.media or ()] == [
        (MediumType.HDD, "HITACHI HTS727550A9E364", "J3360081", 500)
    ]


def test_a_size_that_no_disk_has_is_none() -> None:
    found = read(inventory_xml(STORAGES=f"<NAME>sda</NAME><MODEL>Disk</MODEL><DISKSIZE>{10**17}</DISKSIZE>"))
    assert [medium.size_gb for medium in found.media or ()] == [None]


# -- Workbench, signed on its way


def credential() -> dict[str, Any]:
    tools = {"dmidecode": DMI, "inxi": json.dumps(INXI), "smartctl": json.dumps([smart()])}
    return {
        "@context": ["https://www.w3.org/2018/credentials/v1"],
        "type": ["VerifiableCredential", "DeviceSnapshotV1"],
        "issuer": "did:web:example.org",
        "credentialSubject": {"uuid": "0e5f1c9e-0000-4000-8000-000000000002", "operatorId": "ab12"},
        "evidence": [{"type": "HardwareList", "operation": name, "output": text} for name, text in tools.items()],
        "proof": {"type": "Ed25519Signature2018", "jws": "e30..x"},
    }


def test_a_signed_snapshot_reads_as_the_one_that_was_signed() -> None:
    found = read(as_bytes(credential()))
    assert (found.format, found.sender_id) == ("workbench", "0e5f1c9e-0000-4000-8000-000000000002")
    assert (found.model, found.serial, found.ram_gb) == ("ThinkPad T480", "PF1EXAMP", 8)
    assert [medium.serial for medium in found.media or ()] == ["W3P0EXAMPLE"]
    assert [battery.cycles for battery in found.batteries] == [212]


def test_who_signed_it_is_not_kept() -> None:
    raw = as_bytes(credential())
    kept = without_persons(Document(raw))
    assert b"ab12" not in kept
    assert read(kept) == read(raw)
