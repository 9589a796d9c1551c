"""lshw: whole trees, arrays, and what real ones hide: live sticks, empty banks, flash chips, placeholder serials."""

from __future__ import annotations

from typing import Any

import pytest

from refurb.devices.readings.reading import Medium, MediumType, Reading
from refurb.devices.readings.registry import read
from tests.devices.readings.makers import as_bytes, ata_disk, bank, lshw_tree


def reading(**changes: Any) -> Reading:
    return read(as_bytes(lshw_tree(**changes)))


def test_a_laptop_is_read_whole() -> None:
    found = reading()
    assert (found.format, found.form, found.manufacturer, found.model) == (
        "lshw",
        "laptop",
        "Fabricant SA",
        "Modele 14",
    )
    assert (found.serial, found.serial_trusted, found.board_serial) == ("FAB7K2M9Q1", True, "BOARD77120")
    assert found.cpu is not None
    assert (found.cpu.model, found.cpu.cores) == ("Intel Core i5-8250U", 4)
    assert found.ram_gb == 8
    assert found.media == (Medium(MediumType.SSD, "Crucial_CT240BX5", "1927E2000001", 240, device="/dev/sda"),)
    assert len(found.batteries) == 1
    assert found.batteries[0].health_pct is None
    assert (found.webcam, found.wifi, found.gpu) == (True, True, "Intel Corporation UHD Graphics 620")
    assert found.macs == ("02:11:22:33:44:55",)


def test_the_stick_it_was_booted_from_is_said_and_not_counted() -> None:
    assert any(warning.startswith("usb-disk-ignored: ") and "Live Stick" in warning for warning in reading().warnings)


def test_an_array_reads_as_the_object_it_holds() -> None:
    assert read(as_bytes([lshw_tree()])) == reading()


def test_objects_one_after_the_other_as_old_lshw_writes_them() -> None:
    text = as_bytes(bank(4, n=0)) + b",\n" + as_bytes(bank(2, n=1)) + b",\n"
    assert read(text).ram_gb == 6


@pytest.mark.parametrize(
    ("banks", "gib"),
    [
        ([bank(4), bank(4, n=1), {"id": "bank:2", "class": "memory", "description": "DIMM [empty]"}], 8),
        ([bank(0.5), bank(1, n=1)], 1.5),
        ([bank(8), bank(8, n=1), bank(16, n=2)], 32),
    ],
)
def test_memory_is_the_sum_of_its_modules(banks: list[dict[str, Any]], gib: float) -> None:
    assert reading(banks=banks).ram_gb == gib


@pytest.mark.parametrize(
    ("seen", "gib"), [(7.6, 8), (0.99, 1), (3.8, 4), (15.5, 16), (23.5, 24), (5.7, 6), (0.49, 0.5)]
)
def test_without_modules_the_total_is_rounded_to_the_next_usual_size(seen: float, gib: float) -> None:
    tree = lshw_tree(banks=[])
    memory = next(node for node in tree["children"][0]["children"] if node["id"] == "memory")
    memory["size"] = int(seen * 2**30)
    assert read(as_bytes(tree)).ram_gb == gib


@pytest.mark.parametrize(
    ("description", "chassis", "product", "form"),
    [
        ("Notebook", "notebook", "X", "laptop"),
        ("Laptop", None, "X", "laptop"),
        ("Low Profile Desktop Computer", "low-profile", "X", "desktop"),
        ("Tower Computer", "tower", "X", "desktop"),
        ("All In One", "all-in-one", "X", "all_in_one"),
        ("Desktop Computer", "desktop", "NUC8i5BEH", "mini_pc"),
        ("Mini PC", "mini-pc", "X", "mini_pc"),
        ("Desktop Computer", "desktop", "OptiPlex 7440 AIO", "all_in_one"),
        ("Tablet", "tablet", "X", "tablet"),
        ("Rack Mount Chassis", "server", "PowerEdge R210", "server"),
        ("Convertible", "convertible", "X", "laptop"),
        ("Computer", None, "ThinkPad T61", "laptop"),
    ],
)
def test_form_comes_from_the_chassis_and_plain_names(
    description: str, chassis: str | None, product: str, form: str
) -> None:
    configuration = {"chassis": chassis} if chassis else {}
    assert reading(description=description, product=product, configuration=configuration).form == form


@pytest.mark.parametrize(
    ("product", "version", "family", "model"),
    [
        ("10B4A04DAC (LENOVO_MT_10B4)", "ThinkCentre M73", "To Be Filled By O.E.M.", "ThinkCentre M73"),
        ("20L6S00X00 (LENOVO_MT_20L6_BU_Think)", "ThinkPad T480", "ThinkPad T480", "ThinkPad T480"),
        ("20FMS0AB00", "Lenovo Product", "ThinkPad T460", "ThinkPad T460"),
        ("20CLS00000", "Not Specified", None, "ThinkPad X250"),
        ("81ZZ0000FR", "None", None, "81ZZ0000FR"),
    ],
)
def test_lenovo_type_codes_become_names(product: str, version: str, family: str | None, model: str) -> None:
    configuration = {"chassis": "notebook", **({"family": family} if family else {})}
    assert reading(vendor="LENOVO", product=product, version=version, configuration=configuration).model == model


@pytest.mark.parametrize(
    "serial", ["To Be Filled By O.E.M.", "System Serial Number", "Default string", "0", "123456789", "None", ""]
)
def test_a_placeholder_is_no_serial(serial: str) -> None:
    assert reading(serial=serial).serial_trusted is False


@pytest.mark.parametrize(
    ("vendor", "product"),
    [
        ("innotek GmbH", "VirtualBox"),
        ("QEMU", "Standard PC (i440FX + PIIX, 1996)"),
        ("VMware, Inc.", "VMware Virtual Platform"),
    ],
)
def test_a_virtual_machine_has_no_form(vendor: str, product: str) -> None:
    found = reading(vendor=vendor, product=product, description="Computer", configuration={})
    assert found.form is None
    assert "virtual-machine" in found.warnings


NVME = {
    "id": "nvme",
    "class": "storage",
    "description": "NVMe device",
    "product": "SAMSUNG MZVLB256HAHQ-000L7",
    "serial": "S41GNX0M000000",
    "logicalname": "/dev/nvme0",
    "configuration": {"driver": "nvme"},
    "children": [
        {"id": "namespace:0", "class": "disk", "description": "NVMe disk", "logicalname": "hwmon1"},
        {"id": "namespace:1", "class": "disk", "description": "NVMe disk", "logicalname": "/dev/ng0n1"},
        {
            "id": "namespace:2",
            "class": "disk",
            "description": "NVMe disk",
            "logicalname": "/dev/nvme0n1",
            "size": 256_060_514_304,
        },
    ],
}
OLD_NVME = {
    "id": "storage",
    "class": "storage",
    "product": "NVMe SSD Controller SM961/PM961",
    "configuration": {"driver": "nvme"},
}
EMMC = {
    "id": "mmc0",
    "class": "bus",
    "description": "MMC Host",
    "children": [
        {
            "id": "device",
            "class": "generic",
            "description": "SD/MMC Device",
            "product": "DF4032",
            "serial": "309710000",
            "capabilities": {"MMC": True},
            "children": [
                {"id": "interface:0", "class": "generic", "logicalname": "/dev/mmcblk0boot0"},
                {
                    "id": "interface:1",
                    "class": "generic",
                    "logicalname": "/dev/mmcblk0",
                    "size": 31_268_536_320,
                    "children": [{"id": "volume:0", "class": "volume", "logicalname": "/dev/mmcblk0p1"}],
                },
            ],
        }
    ],
}
SD_CARD = {
    "id": "device",
    "class": "disk",
    "description": "SD Card",
    "product": "SL32G",
    "logicalname": "/dev/mmcblk1",
    "size": 31_914_983_424,
}


@pytest.mark.parametrize(
    ("disks", "expected"),
    [
        ([NVME], [("nvme", "SAMSUNG MZVLB256HAHQ-000L7", 256)]),
        ([OLD_NVME], [("nvme", None, None)]),
        ([EMMC, SD_CARD], [("emmc", "DF4032", 31)]),
        ([ata_disk(product="WDC WD5000LPVX-2", size=500_107_862_016)], [("hdd", "WDC WD5000LPVX-2", 500)]),
        (
            [ata_disk(product="Maker's own", capabilities={"7200rpm": "7200 rotations per minute"})],
            [("hdd", "Maker's own", 240)],
        ),
        ([ata_disk(product="Maker's own")], [(None, "Maker's own", 240)]),
        (
            [
                ata_disk(
                    id="cdrom", description="DVD-RAM writer", product="DVD-RAM GH60L", logicalname="/dev/sr0", size=None
                )
            ],
            [],
        ),
        (
            [
                ata_disk(
                    product="Multi-Card",
                    description="SCSI Disk",
                    capabilities={"removable": "support is removable"},
                    size=None,
                )
            ],
            [],
        ),
        ([ata_disk(), NVME], [("ssd", "Crucial_CT240BX5", 240), ("nvme", "SAMSUNG MZVLB256HAHQ-000L7", 256)]),
    ],
)
def test_what_is_a_medium_of_the_machine(
    disks: list[dict[str, Any]], expected: list[tuple[str | None, str | None, int | None]]
) -> None:
    media = reading(disks=disks).media
    assert media is not None
    assert [(medium.type, medium.model, medium.size_gb) for medium in media] == expected


def test_a_machine_without_a_disk_has_no_media_and_an_array_of_modules_says_nothing_of_them() -> None:
    assert reading(disks=[]).media == ()
    assert read(as_bytes([bank(4)])).media is None


def test_two_sockets_count_all_their_cores() -> None:
    tree = lshw_tree()
    core = tree["children"][0]["children"]
    core.append(
        {
            "id": "cpu:2",
            "class": "processor",
            "product": "Intel(R) Core(TM) i5-8250U CPU @ 1.60GHz",
            "configuration": {"cores": "4"},
        }
    )
    found = read(as_bytes(tree)).cpu
    assert found is not None
    assert found.cores == 8
