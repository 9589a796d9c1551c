"""smartctl, the inventories of FusionInventory, OCS and GLPI, and Workbench's snapshots."""

from __future__ import annotations

import json
import zlib
from typing import Any

import pytest

from refurb.core.media import Outcome
from refurb.devices.readings.reading import Battery, Health, Reading, Unreadable
from refurb.devices.readings.registry import read
from refurb.devices.readings.summary import grading_facts
from tests.devices.readings.makers import as_bytes, attribute, inventory_xml, lshw_tree, smart, snapshot

NVME_LOG = {
    "critical_warning": 0,
    "available_spare": 100,
    "available_spare_threshold": 10,
    "percentage_used": 3,
    "media_errors": 0,
}


@pytest.mark.parametrize(
    ("changes", "health", "reason"),
    [
        ({}, Health.OK, None),
        ({"smart_status": None}, None, None),
        ({"smart_status": {"passed": False}}, Health.FAILED, "smart-failed"),
        (
            {"ata_smart_attributes": {"table": [attribute(5, "Reallocated_Sector_Ct", 12)]}},
            Health.WARNING,
            "reallocated-sectors: 12",
        ),
        (
            {"ata_smart_attributes": {"table": [attribute(197, "Current_Pending_Sector", 8)]}},
            Health.WARNING,
            "pending-sectors: 8",
        ),
        (
            {"ata_smart_attributes": {"table": [attribute(10, "Spin_Retry_Count", 3, "now")]}},
            Health.FAILED,
            "attribute-failing: Spin_Retry_Count",
        ),
        (
            {"ata_smart_attributes": {"table": [attribute(3, "Spin_Up_Time", 0, "past")]}},
            Health.WARNING,
            "attribute-failed-before: Spin_Up_Time",
        ),
        (
            {"ata_smart_self_test_log": {"standard": {"table": [{"status": {"passed": False}}]}}},
            Health.WARNING,
            "self-test-failed",
        ),
        ({"nvme_smart_health_information_log": NVME_LOG}, Health.OK, None),
        (
            {"nvme_smart_health_information_log": {**NVME_LOG, "critical_warning": 4}},
            Health.FAILED,
            "reliability-degraded",
        ),
        ({"nvme_smart_health_information_log": {**NVME_LOG, "available_spare": 4}}, Health.FAILED, "spare-exhausted"),
        ({"nvme_smart_health_information_log": {**NVME_LOG, "percentage_used": 97}}, Health.WARNING, "worn: 97 %"),
    ],
)
def test_the_verdict_on_a_disk_and_its_reason(
    changes: dict[str, Any], health: Health | None, reason: str | None
) -> None:
    (medium,) = read(as_bytes(smart(**changes))).media or ()
    assert medium.health is health
    assert reason is None or reason in medium.reasons


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, "hdd"),
        ({"rotation_rate": 0}, "ssd"),
        ({"rotation_rate": None, "model_name": "KINGSTON SA400S37240G"}, "ssd"),
        (
            {
                "rotation_rate": None,
                "model_name": "OLD DISK",
                "ata_smart_attributes": {"table": [attribute(7, "Seek_Error_Rate", 1)]},
            },
            "hdd",
        ),
        ({"rotation_rate": None, "model_name": "NEW DISK", "trim": {"supported": True}}, "ssd"),
        ({"rotation_rate": None, "model_name": "SOME DISK"}, None),
        ({"device": {"name": "/dev/nvme0", "type": "nvme", "protocol": "NVMe"}}, "nvme"),
    ],
)
def test_how_a_disk_keeps_its_bytes(changes: dict[str, Any], kind: str | None) -> None:
    (medium,) = read(as_bytes(smart(**changes))).media or ()
    assert medium.type == kind


def test_disks_in_an_array_a_stick_and_one_that_did_not_open() -> None:
    stick = smart(
        device={"name": "/dev/sdb", "info_name": "/dev/sdb [USB]", "type": "scsi", "protocol": "SCSI"},
        model_name="Ultra Fit",
    )
    closed = {"smartctl": {"argv": ["smartctl", "/dev/sdc"], "exit_status": 2}}
    found = read(as_bytes([smart(), stick, closed]))
    assert [medium.serial for medium in found.media or ()] == ["W3P0EXAMPLE"]
    assert found.warnings == ("usb-disk-ignored: /dev/sdb", "disk-not-read: /dev/sdc")
    assert (found.form, found.cpu, found.ram_gb, found.describes_machine) == (None, None, None, False)


# -- inventories


def test_a_fusioninventory_tower() -> None:
    found = read(inventory_xml())
    assert (found.format, found.form, found.manufacturer, found.model, found.serial) == (
        "fusioninventory",
        "desktop",
        "Fabricant SA",
        "Tour 3",
        "TOUR55K21",
    )
    assert found.cpu is not None
    assert (found.cpu.cores, found.ram_gb, found.wifi, found.sender_id) == (4, 8, False, "tour-1")
    assert [(medium.type, medium.model, medium.size_gb) for medium in found.media or ()] == [
        ("ssd", "Samsung SSD 860 EVO", 500)
    ]
    assert "jeanne" not in repr(found)


def test_compressed_as_the_agent_sends_it() -> None:
    assert read(zlib.compress(inventory_xml())) == read(inventory_xml())


@pytest.mark.parametrize(
    ("client", "name"),
    [
        ("FusionInventory-Agent_v2.6", "fusioninventory"),
        ("OCS-NG_unified_unix_agent_v2.10.0", "ocs"),
        ("OCS-NG_WINDOWS_AGENT_v2.9", "ocs"),
        ("GLPI-Agent_v1.4", "glpi"),
    ],
)
def test_each_agent_by_the_name_it_gives_itself(client: str, name: str) -> None:
    assert read(inventory_xml(client)).format == name


def test_a_prolog_is_no_inventory() -> None:
    with pytest.raises(Unreadable):
        read(b"<REQUEST><DEVICEID>x</DEVICEID><QUERY>PROLOG</QUERY><TOKEN>1</TOKEN></REQUEST>")


def test_glpi_json_says_the_same_as_xml() -> None:
    content = {
        "versionclient": "GLPI-Agent_v1.4",
        "bios": {"smanufacturer": "Fabricant SA", "smodel": "Portable 2", "ssn": "PORT99211"},
        "hardware": {"chassis_type": "Laptop", "memory": 7700, "vmsystem": "Physical"},
        "cpus": [{"name": "AMD Ryzen 5 3500U with Radeon Vega Mobile Gfx", "core": 4}],
        "memories": [
            {"capacity": 4096},
            {"capacity": 4096},
            {"caption": "System ROM", "type": "Flash", "capacity": 16},
        ],
        "storages": [
            {
                "name": "nvme0n1",
                "model": "SKHynix_HFS256GD9TNG",
                "serial": "EJ01",
                "disksize": 256060,
                "interface": "NVME",
                "type": "disk",
            },
            {"name": "sdb", "model": "Cruzer", "disksize": 16000, "interface": "USB", "type": "disk"},
        ],
        "batteries": [{"name": "BAT0", "capacity": 45000, "real_capacity": 36900}],
        "networks": [{"description": "wlp2s0", "type": "wifi", "macaddr": "02:00:00:00:00:09"}],
        "usbdevices": [{"name": "Integrated Webcam", "class": "0E"}],
    }
    found = read(as_bytes({"action": "inventory", "deviceid": "p-1", "itemtype": "Computer", "content": content}))
    assert (found.format, found.form, found.serial, found.ram_gb) == ("glpi", "laptop", "PORT99211", 8)
    assert [(medium.type, medium.size_gb) for medium in found.media or ()] == [("nvme", 256)]
    assert found.batteries == (Battery(82, None),)
    assert (found.webcam, found.wifi) == (True, True)
    assert grading_facts(found).battery_pct == 82


@pytest.mark.parametrize(
    ("megabytes", "gb"),
    [("500107", 500), ("476940", 500), ("244198", 256), ("256060", 256), ("15258", 16), ("", None), ("x", None)],
)
def test_mb_and_mib_are_told_apart_by_what_disks_are_sold_as(megabytes: str, gb: int | None) -> None:
    storage = f"<NAME>sda</NAME><MODEL>Samsung SSD 860</MODEL><DISKSIZE>{megabytes}</DISKSIZE><TYPE>disk</TYPE>"
    assert [medium.size_gb for medium in read(inventory_xml(STORAGES=storage)).media or ()] == [gb]


def test_an_entity_is_refused_and_not_expanded() -> None:
    bomb = (
        b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><REQUEST><BIOS>&b;</BIOS></REQUEST>'
    )
    with pytest.raises(Unreadable):
        read(bomb)


# -- Workbench


def test_a_snapshot_of_today() -> None:
    found = read(as_bytes(snapshot()))
    assert (found.format, found.form, found.manufacturer, found.model, found.serial) == (
        "workbench",
        "laptop",
        "LENOVO",
        "ThinkPad T480",
        "PF1EXAMP",
    )
    assert found.cpu is not None
    assert (found.cpu.model, found.cpu.cores, found.ram_gb) == ("Intel Core i5-8350U", 4, 8)
    assert [(medium.serial, medium.health) for medium in found.media or ()] == [("W3P0EXAMPLE", Health.OK)]
    assert found.batteries == (Battery(83, 212),)
    assert (found.screen_in, found.webcam, found.wifi, found.gpu) == (14, True, True, "Intel UHD Graphics 620")
    assert found.sender_id == "0e5f1c9e-0000-4000-8000-000000000001"


@pytest.mark.parametrize("as_text", [True, False])
def test_a_legacy_snapshot_has_its_tree_as_text_or_object(as_text: bool) -> None:
    tree = lshw_tree()
    top = snapshot()
    disk = smart(serial_number="1927E2000001", model_name="Crucial_CT240BX500SSD1", rotation_rate=0)
    top["data"] = {
        "lshw": json.dumps(tree) if as_text else tree,
        "smart": [disk],
        "dmidecode": "",
        "hwinfo": "",
        "lspci": "",
    }
    found = read(as_bytes(top))
    assert (found.form, found.serial) == ("laptop", "FAB7K2M9Q1")
    assert [(medium.model, medium.health, medium.device) for medium in found.media or ()] == [
        ("Crucial_CT240BX500SSD1", Health.OK, "/dev/sda")
    ]


def components(*parts: dict[str, Any]) -> Reading:
    device = {
        "type": "Laptop",
        "model": "Portable 5",
        "manufacturer": "Fabricant SA",
        "serialNumber": "WB11X77",
        "chassis": "Netbook",
    }
    return read(
        as_bytes(
            {
                "type": "Snapshot",
                "software": "Workbench",
                "version": "11.0",
                "device": device,
                "components": list(parts),
            }
        )
    )


def test_workbench_11_lists_components() -> None:
    drive = {
        "type": "SolidStateDrive",
        "model": "Disk 120",
        "serialNumber": "D120",
        "size": 120034.12,
        "interface": "ATA",
    }
    found = components(
        drive,
        {"type": "RamModule", "size": 4096},
        {"type": "Display", "size": 15.53},
        {"type": "Processor", "model": "Intel Core I5-4200m Cpu", "cores": 2},
    )
    assert (found.form, found.ram_gb, found.screen_in) == ("laptop", 4, 15.5)
    assert [(medium.type, medium.size_gb) for medium in found.media or ()] == [("ssd", 120)]


@pytest.mark.parametrize(
    ("kind", "severity", "outcome"),
    [
        ("EraseBasic", "Info", Outcome.OK_WITH_RESERVATION),
        ("EraseSectors", "Info", Outcome.OK_WITH_RESERVATION),
        ("EraseSectors", "Error", Outcome.FAILED),
    ],
)
def test_workbench_erasures_are_wipes_of_that_drive(kind: str, severity: str, outcome: Outcome) -> None:
    action = {
        "type": kind,
        "severity": severity,
        "startTime": "2021-02-03T10:00:00",
        "endTime": "2021-02-03T11:00:00",
        "steps": [],
    }
    (wipe,) = components(
        {"type": "HardDrive", "model": "Disk", "serialNumber": "D1", "size": 500000, "actions": [action]}
    ).wipes
    assert (wipe.serial, wipe.outcome) == ("D1", outcome)


def test_workbench_10_says_it_in_other_names() -> None:
    drive = {
        "@type": "HardDrive",
        "model": "ST3160815AS",
        "serialNumber": "6RX7AAAA",
        "size": 152627,
        "interface": "ata",
    }
    erasure = {"@type": "EraseSectors", "success": True, "startingTime": "2018-02-07T09:39:57", "steps": []}
    processor = {"@type": "Processor", "model": "Intel Core2 Duo CPU E8400", "numberOfCores": 2}
    top = {
        "@type": "devices:Snapshot",
        "snapshotSoftware": "Workbench",
        "device": {
            "@type": "Computer",
            "type": "Microtower",
            "manufacturer": "Fabricant SA",
            "serialNumber": "WB10X77",
        },
        "components": [{**drive, "erasure": erasure}, processor],
    }
    found = read(as_bytes(top))
    assert (found.form, found.serial, [medium.size_gb for medium in found.media or ()]) == ("desktop", "WB10X77", [160])
    assert found.cpu is not None
    assert (found.cpu.model, found.cpu.cores) == ("Intel Core 2 Duo E8400", 2)
    assert [wipe.outcome for wipe in found.wipes] == [Outcome.OK_WITH_RESERVATION]
