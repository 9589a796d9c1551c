"""What a report says of persons goes, what it says of the machine stays: it reads the same afterwards."""

from __future__ import annotations

import json

import pytest

from refurb.devices.readings.document import Document
from refurb.devices.readings.persons import without_persons
from refurb.devices.readings.registry import read
from tests.devices.readings.makers import as_bytes, inventory_xml, lshw_tree, nwipe_log, smart, snapshot

MOUNTED = {
    "id": "volume", "class": "volume", "logicalname": ["/dev/sda1", "/media/jeanne/photos"],
    "configuration": {"lastmountpoint": "/home/jeanne", "mount.options": "rw,uid=jeanne"},
}  # fmt: skip
CARD = {
    "id": "network:1", "class": "network", "description": "Ethernet interface", "logicalname": "eth0",
    "configuration": {"ip": "192.0.2.77"},
}  # fmt: skip
GLPI = {
    "action": "inventory",
    "deviceid": "poste-1",
    "content": {
        "versionclient": "GLPI-Agent_v1.4",
        "bios": {"smanufacturer": "Fabricant SA", "ssn": "PORT99211"},
        "hardware": {"name": "PC-JEANNE", "memory": 7700, "lastloggeduser": "jeanne", "workgroup": "JEANNE"},
        "users": [{"login": "jeanne"}],
        "softwares": [{"name": "Journal de Jeanne"}],
        "processes": [{"user": "jeanne", "cmd": "vi"}],
        "networks": [{"description": "eth0", "ipaddress": "192.0.2.77", "macaddr": "02:00:00:00:00:09"}],
    },
}
REPORTS = {
    "lshw": as_bytes(lshw_tree(id="pc-jeanne", parts=[MOUNTED, CARD])),
    "glpi": as_bytes(GLPI),
    "fusioninventory": inventory_xml(
        SOFTWARES="<NAME>Journal de Jeanne</NAME>",
        PROCESSES="<USER>jeanne</USER><CMD>vi</CMD>",
        OPERATINGSYSTEM="<FQDN>pc-jeanne.example.org</FQDN><NAME>Debian</NAME>",
        NETWORKS="<DESCRIPTION>eth0</DESCRIPTION><IPADDRESS>192.0.2.77</IPADDRESS><MACADDR>02:00:00:00:00:07</MACADDR>",
    ),
    "workbench": as_bytes({**snapshot(lshw=json.dumps(lshw_tree(parts=[MOUNTED, CARD]))), "operator_id": "jeanne"}),
}


@pytest.mark.parametrize("name", REPORTS)
def test_persons_go_and_the_reading_stays(name: str) -> None:
    raw = REPORTS[name]
    kept = without_persons(Document(raw))
    assert b"jeanne" in raw.lower()
    assert b"jeanne" not in kept.lower()
    assert b"192.0.2" not in kept
    assert read(kept) == read(raw)
    assert without_persons(Document(kept)) == kept


@pytest.mark.parametrize("raw", [as_bytes(smart()), nwipe_log(("/dev/sda", "ATA", "Disk", "S1")).encode()])
def test_a_report_that_names_nobody_keeps_its_bytes(raw: bytes) -> None:
    assert without_persons(Document(raw)) == raw
