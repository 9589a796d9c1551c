"""Small reports of the shape that real tools write, made here: nobody's machine, no file of anybody's."""

from __future__ import annotations

import json
from typing import Any


def lshw_tree(**changes: Any) -> dict[str, Any]:
    """A laptop with one module of 8 GiB, a SATA SSD, a camera, Wi-Fi and the live stick it was booted from."""
    usb = [
        {
            "id": "usb:0",
            "class": "multimedia",
            "description": "Video",
            "product": "Integrated Camera",
            "businfo": "usb@1:1.5",
            "configuration": {"driver": "uvcvideo"},
        },
        {
            "id": "usb:1",
            "class": "storage",
            "description": "Mass storage device",
            "businfo": "usb@2:1",
            "configuration": {"driver": "usb-storage"},
            "children": [
                {
                    "id": "disk",
                    "class": "disk",
                    "description": "SCSI Disk",
                    "product": "Live Stick",
                    "businfo": "scsi@4:0.0.0",
                    "logicalname": "/dev/sdb",
                    "size": 16_000_000_000,
                }
            ],
        },
    ]
    parts = changes.pop("parts", [])
    disks = changes.pop("disks", [ata_disk()])
    banks = changes.pop("banks", [bank(8)])
    tree = {
        "id": "bench",
        "class": "system",
        "description": "Notebook",
        "product": "Modele 14 (SKU-7)",
        "vendor": "Fabricant SA",
        "serial": "FAB7K2M9Q1",
        "width": 64,
        "configuration": {"chassis": "notebook", "sku": "SKU-7", "uuid": "4c4c4544-0000-1000-8000-c0c04f000001"},
        "children": [
            {
                "id": "core",
                "class": "bus",
                "description": "Motherboard",
                "vendor": "Fabricant SA",
                "serial": "BOARD77120",
                "children": [
                    {"id": "firmware", "class": "memory", "description": "BIOS", "size": 65536, "capacity": 8_388_608},
                    {
                        "id": "cpu",
                        "class": "processor",
                        "product": "Intel(R) Core(TM) i5-8250U CPU @ 1.60GHz",
                        "configuration": {"cores": "4", "threads": "8"},
                        "children": [{"id": "cache:0", "class": "memory", "description": "L1 cache", "size": 262_144}],
                    },
                    {"id": "cpu:1", "class": "processor", "businfo": "cpu@1"},
                    {
                        "id": "memory",
                        "class": "memory",
                        "description": "System Memory",
                        "size": sum(b.get("size", 0) for b in banks),
                        "children": banks,
                    },
                    {
                        "id": "memory:1",
                        "class": "memory",
                        "description": "Flash Memory",
                        "children": [
                            {
                                "id": "bank",
                                "class": "memory",
                                "description": "Chip FLASH Non-volatile",
                                "size": 4_194_304,
                                "slot": "SYSTEM ROM",
                            }
                        ],
                    },
                    {
                        "id": "pci",
                        "class": "bridge",
                        "businfo": "pci@0000:00",
                        "children": [
                            {
                                "id": "display",
                                "class": "display",
                                "product": "UHD Graphics 620",
                                "vendor": "Intel Corporation",
                            },
                            {
                                "id": "network",
                                "class": "network",
                                "description": "Wireless interface",
                                "product": "Wireless 8265",
                                "logicalname": "wlp1s0",
                                "serial": "02:11:22:33:44:55",
                            },
                            {"id": "usb", "class": "bus", "businfo": "usb@1", "children": usb},
                            *parts,
                        ],
                    },
                    *disks,
                ],
            },
            {"id": "battery", "class": "power", "product": "Accu 3", "vendor": "Fabricant", "capacity": 45_000},
        ],
    }
    return {**tree, **changes}


def bank(gib: float, **more: Any) -> dict[str, Any]:
    """One memory module."""
    return {
        "id": f"bank:{more.pop('n', 0)}",
        "class": "memory",
        "description": "SODIMM DDR4 Synchronous",
        "size": int(gib * 2**30),
        **more,
    }


def ata_disk(**changes: Any) -> dict[str, Any]:
    """One SATA disk under its own controller."""
    disk = {
        "id": "disk",
        "class": "disk",
        "description": "ATA Disk",
        "product": "Crucial_CT240BX5",
        "serial": "1927E2000001",
        "size": 240_057_409_536,
        "logicalname": "/dev/sda",
        "businfo": "scsi@0:0.0.0",
    }
    return {"id": "scsi:0", "class": "storage", "children": [{**disk, **changes}]}


def as_bytes(value: Any) -> bytes:
    """Return a JSON report."""
    return json.dumps(value).encode()


STAMP = "[2026/03/04 10:15:"


def nwipe_log(
    *drives: tuple[str, str, str, str],
    status: str = "Erased",
    extra: tuple[str, ...] = (),
    hidden: str | None = "No hidden sectors on {device}",
    verify: str = "1 (last pass)",
    abbreviation: str = "VL",
    errors: tuple[int, int, int] = (0, 0, 0),
    finished: bool = True,
    summary: bool = True,
    final: str = "Nwipe successfully completed. See summary table for details.",
    version: str = "0.34",
) -> str:
    """A log in nwipe's manner. `drives`: (device, bus, model, serial); `extra` are lines "level: message"."""
    lines = [
        f"{STAMP}00]  notice: Found {device}, {bus:>4}, {model},  500 GB, S/N={serial}"
        for device, bus, model, serial in drives
    ]
    lines += [
        f"{STAMP}00]    info: {hidden.format(device=device)}" for device, bus, _, _ in drives if hidden and bus == "ATA"
    ]
    lines += [
        f'{STAMP}01] warning: nwipe_log_sysinfo(): dmidecode failed, "dmidecode -s bios-version" exit status = 1',
        f"{STAMP}01]  notice: Program options are set as follows...",
        f"{STAMP}01]  notice:   banner   = nwipe {version}",
        f"{STAMP}01]  notice:   method   = PRNG Stream",
        f"{STAMP}01]  notice:   rounds   = 1",
        f"{STAMP}01]  notice:   verify   = {verify}",
    ]
    for device, *_ in drives:
        lines.append(f"{STAMP}02]  notice: {device}, sect/blk/dev 512/4096/500107862016")
        lines += [
            f"{STAMP}02]  notice: Invoking method 'PRNG Stream' on {device}",
            f"{STAMP}02]  notice: Starting round 1 of 1 on {device}",
        ]
        lines += [f"{STAMP}02]  notice: Starting pass 1/1, round 1/1, on {device}"]
        if finished:
            lines += [
                f"{STAMP}03]  notice: 500107862016 bytes written to {device}",
                f"{STAMP}03]  notice: Finished pass 1/1, round 1/1, on {device}",
                f"{STAMP}03]  notice: Finished final round 1 of 1 on {device}",
                f"{STAMP}03]  notice: Blanking device {device}",
                f"{STAMP}04]  notice: 500107862016 bytes written to {device}",
            ]
            if not verify.startswith("0"):
                lines += [
                    f"{STAMP}04]  notice: Verifying that {device} is empty.",
                    f"{STAMP}05]  notice: [SUCCESS] Verified that {device} is empty.",
                ]
            lines += [f"{STAMP}05]  notice: [SUCCESS] Blanked device {device}"]
    lines += [f"{STAMP}06] {line}" for line in extra]
    if summary:
        stars = "*" * 80
        lines += [
            "",
            f"{'*' * 32} Error Summary {'*' * 33}",
            "!   Device | Pass Errors | Verifications Errors | Fdatasync I\\O Errors",
            "-" * 80,
        ]
        lines += [f"  {device[5:]:>8} | {errors[0]:>11} | {errors[1]:>20} | {errors[2]:>20}" for device, *_ in drives]
        lines += [
            stars,
            "",
            f"{'*' * 33} Drive Status {'*' * 33}",
            "!   Device | Status | Thru-put | HH:MM:SS | Model/Serial Number",
            "-" * 80,
        ]
        lines += [
            f"  {device[5:]:>8} |{status:^8}|  98 MB/s | 01:22:01 | {model[:17]}/{serial}"
            for device, _, model, serial in drives
        ]
        lines += ["-" * 80, f"{STAMP}07] Total Throughput  98 MB/s, PRNG Stream, 1R+B+{abbreviation}", stars, ""]
    if final:
        lines.append(f"{STAMP}08]    info: {final}")
    return "\n".join(lines) + "\n"


def smart(**changes: Any) -> dict[str, Any]:
    """smartctl's report of a healthy SATA disk that turns."""
    report = {
        "json_format_version": [1, 0],
        "smartctl": {"version": [7, 3], "argv": ["smartctl", "--json", "-a", "/dev/sda"], "exit_status": 0},
        "device": {"name": "/dev/sda", "info_name": "/dev/sda [SAT]", "type": "sat", "protocol": "ATA"},
        "model_name": "ST500LM000-EXAMPLE",
        "serial_number": "W3P0EXAMPLE",
        "user_capacity": {"blocks": 976773168, "bytes": 500107862016},
        "rotation_rate": 5400,
        "smart_status": {"passed": True},
        "ata_smart_attributes": {
            "table": [attribute(5, "Reallocated_Sector_Ct", 0), attribute(197, "Current_Pending_Sector", 0)]
        },
    }
    return {key: value for key, value in {**report, **changes}.items() if value is not None}


def attribute(number: int, name: str, raw: int, when: str = "", prefailure: bool = True) -> dict[str, Any]:
    """One row of SMART."""
    return {
        "id": number,
        "name": name,
        "value": 100,
        "worst": 100,
        "thresh": 10,
        "when_failed": when,
        "flags": {"prefailure": prefailure},
        "raw": {"value": raw, "string": str(raw)},
    }


def inventory_xml(client: str = "FusionInventory-Agent_v2.6", **sections: str) -> bytes:
    """An inventory of a small tower, as the agents send it; `sections` replace or add, by name in upper case."""
    content = {
        "BIOS": "<SMANUFACTURER>Fabricant SA</SMANUFACTURER><SMODEL>Tour 3</SMODEL><SSN>TOUR55K21</SSN><MSN>B1</MSN>",
        "HARDWARE": (
            "<CHASSIS_TYPE>Mini Tower</CHASSIS_TYPE><MEMORY>7850</MEMORY><UUID>4C4C4544-0000</UUID>"
            "<VMSYSTEM>Physical</VMSYSTEM><USERID>jeanne</USERID>"
        ),
        "CPUS": "<NAME>Intel(R) Core(TM) i5-6500 CPU @ 3.20GHz</NAME><CORE>4</CORE><THREAD>4</THREAD>",
        "MEMORIES": "<CAPACITY>8192</CAPACITY><TYPE>DDR4</TYPE>",
        "STORAGES": (
            "<NAME>sda</NAME><MODEL>Samsung SSD 860 EVO</MODEL><SERIALNUMBER>S4X0</SERIALNUMBER>"
            "<DISKSIZE>500107</DISKSIZE><TYPE>disk</TYPE>"
        ),
        "NETWORKS": "<DESCRIPTION>eth0</DESCRIPTION><TYPE>ethernet</TYPE><MACADDR>02:00:00:00:00:07</MACADDR>",
        "USERS": "<LOGIN>jeanne</LOGIN>",
        **sections,
    }
    body = "".join(f"<{key}>{value}</{key}>" for key, value in content.items())
    return (
        f"<?xml version='1.0' encoding='UTF-8'?><REQUEST><CONTENT>{body}"
        f"<VERSIONCLIENT>{client}</VERSIONCLIENT></CONTENT>"
        "<DEVICEID>tour-1</DEVICEID><QUERY>INVENTORY</QUERY></REQUEST>"
    ).encode()


DMI = """# dmidecode 3.4
Handle 0x0001, DMI type 1, 27 bytes
System Information
\tManufacturer: LENOVO
\tProduct Name: 20L6S00X00
\tVersion: ThinkPad T480
\tSerial Number: PF1EXAMP
\tUUID: 01020304-0000-1000-8000-000000000001

Handle 0x0003, DMI type 3, 22 bytes
Chassis Information
\tManufacturer: LENOVO
\tType: Notebook
\tSerial Number: PF1EXAMP

Handle 0x0042, DMI type 4, 42 bytes
Processor Information
\tSocket Designation: U3E1
\tVersion: Intel(R) Core(TM) i5-8350U CPU @ 1.70GHz
\tStatus: Populated, Enabled
\tCore Count: 4

Handle 0x0047, DMI type 17, 34 bytes
Memory Device
\tSize: 8 GB
\tType: DDR4

Handle 0x0048, DMI type 17, 34 bytes
Memory Device
\tSize: No Module Installed
\tType: Unknown
"""

INXI = [
    {
        "001#1#0#Battery": [
            {
                "000#1#1#ID-1": "BAT0",
                "001#0#2#charge": "19.9 Wh (99.5%)",
                "002#0#2#condition": "20.0/24.0 Wh (83.3%)",
                "010#0#2#cycles": "212",
            },
            {"000#1#1#Device-1": "hidpp_battery_0", "001#0#2#condition": "N/A"},
        ]
    },
    {
        "003#1#0#Graphics": [
            {"001#1#1#Device": "Intel UHD Graphics 620", "003#1#2#driver": "i915"},
            {"001#1#1#Device": "Chicony Integrated Camera", "003#0#2#driver": "uvcvideo"},
            {"042#1#3#Monitor": "DP-1", "064#0#4#diag": '685mm (27")'},
            {"042#1#3#Monitor": "eDP-1", "064#0#4#diag": '355mm (14")'},
        ]
    },
    {"005#1#0#Network": [{"001#1#1#Device": "Intel Wireless 8265 / 8275"}]},
]


def snapshot(**data: Any) -> dict[str, Any]:
    """A Workbench snapshot of today's shape."""
    content = {"smartctl": json.dumps([smart()]), "dmidecode": DMI, "inxi": json.dumps(INXI), **data}
    return {
        "type": "Snapshot",
        "software": "workbench-script",
        "version": "0.0.1",
        "uuid": "0e5f1c9e-0000-4000-8000-000000000001",
        "data": content,
        "erase": [],
    }
