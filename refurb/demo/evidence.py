"""Reports as the bench's tools write them, for machines that never were: lshw's tree and nwipe's log."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from refurb.core.equipment import Form
from refurb.demo.names import Model

#: How long a run takes, as its table says too.
DURATION = timedelta(hours=1, minutes=22, seconds=1)

_CHASSIS = {
    Form.LAPTOP: "notebook",
    Form.DESKTOP: "desktop",
    Form.MINI_PC: "mini",
    Form.ALL_IN_ONE: "all-in-one",
    Form.TABLET: "tablet",
}


@dataclass(frozen=True)
class Disk:
    """One medium: what it is made of, its maker's name for it, its serial, its size in GB."""

    kind: str
    model: str
    serial: str
    size_gb: int

    @property
    def device(self) -> str:
        """The name that a live system gives it."""
        return {"nvme": "/dev/nvme0n1", "emmc": "/dev/mmcblk0"}.get(self.kind, "/dev/sda")


@dataclass(frozen=True)
class Machine:
    """What one machine of the demo is made of."""

    model: Model
    serial: str
    ram_gb: int
    disks: tuple[Disk, ...]
    battery_pct: int | None = None


def lshw(machine: Machine) -> bytes:
    """Return what `lshw -json` says of it."""
    model = machine.model
    banks = [8] * (machine.ram_gb // 8) or [machine.ram_gb]
    parts: list[dict[str, object]] = [
        {
            "id": "cpu",
            "class": "processor",
            "product": model.cpu,
            "vendor": "Intel Corp.",
            "width": 64,
            "configuration": {"cores": str(model.cores), "threads": str(model.cores * 2)},
        },
        {
            "id": "memory",
            "class": "memory",
            "description": "System Memory",
            "size": machine.ram_gb * 2**30,
            "children": [
                {"id": f"bank:{n}", "class": "memory", "description": "SODIMM DDR4 Synchronous", "size": gib * 2**30}
                for n, gib in enumerate(banks)
            ],
        },
        {"id": "display", "class": "display", "product": "HD Graphics", "vendor": "Intel Corporation"},
        {
            "id": "network",
            "class": "network",
            "description": "Wireless interface",
            "product": "Wireless 8265 / 8275",
            "logicalname": "wlp1s0",
        },
    ]
    if model.webcam:
        parts.append(
            {
                "id": "usb:0",
                "class": "multimedia",
                "description": "Video",
                "product": "Integrated Camera",
                "businfo": "usb@1:5",
                "configuration": {"driver": "uvcvideo"},
            }
        )
    parts += [_disk(disk) for disk in machine.disks]
    tree: dict[str, object] = {
        "id": "bench",
        "class": "system",
        "description": "Computer",
        "product": model.name,
        "vendor": model.maker,
        "serial": machine.serial,
        "width": 64,
        "configuration": {"chassis": _CHASSIS.get(model.form, "desktop")},
        "children": [{"id": "core", "class": "bus", "description": "Motherboard", "children": parts}],
    }
    return json.dumps(tree, indent=1).encode()


def _disk(disk: Disk) -> dict[str, object]:
    size = disk.size_gb * 10**9
    if disk.kind == "nvme":
        namespace = {
            "id": "namespace",
            "class": "disk",
            "description": "NVMe disk",
            "logicalname": disk.device,
            "size": size,
        }
        return {
            "id": "nvme",
            "class": "storage",
            "description": "NVMe device",
            "product": disk.model,
            "serial": disk.serial,
            "logicalname": "/dev/nvme0",
            "children": [namespace],
        }
    row = {
        "id": "disk",
        "class": "disk",
        "description": "ATA Disk",
        "product": disk.model,
        "serial": disk.serial,
        "size": size,
        "logicalname": disk.device,
        "businfo": "scsi@0:0.0.0",
    }
    if disk.kind == "hdd":
        row["configuration"] = {"ansiversion": "5"}
        row["capabilities"] = {"7200rpm": "7200 rotations per minute"}
    return {"id": "sata", "class": "storage", "children": [row]}


def nwipe(disk: Disk, ended: datetime, *, status: str = "Erased", warning: str = "") -> bytes:
    """Return nwipe's log of one run over one disk, ended then, in the wall time of `ended`."""
    at, begun = f"[{ended:%Y/%m/%d %H:%M:%S}]", f"[{ended - DURATION:%Y/%m/%d %H:%M:%S}]"
    bus = "NVME" if disk.kind == "nvme" else "ATA"
    size, device, failed = disk.size_gb * 10**9, disk.device, status != "Erased"
    short = device.removeprefix("/dev/")
    word, ending = ("-FAILED-", "exited with errors") if failed else (status, "successfully completed")
    lines = [f"{begun}  notice: Found {device}, {bus:>4}, {disk.model},  {disk.size_gb} GB, S/N={disk.serial}"]
    if bus == "ATA":
        lines.append(f"{begun}    info: No hidden sectors on {device}")
    lines += [
        f"{begun}  notice: Program options are set as follows...",
        f"{begun}  notice:   banner   = nwipe 0.34",
        f"{begun}  notice:   method   = PRNG Stream",
        f"{begun}  notice:   rounds   = 1",
        f"{begun}  notice:   verify   = 1 (last pass)",
        f"{begun}  notice: {device}, sect/blk/dev 512/4096/{size}",
        f"{begun}  notice: Invoking method 'PRNG Stream' on {device}",
        f"{begun}  notice: Starting round 1 of 1 on {device}",
        f"{begun}  notice: Starting pass 1/1, round 1/1, on {device}",
    ]
    if warning:
        lines.append(f"{at} warning: {warning} {device}")
    if failed:
        lines.append(f"{at}   error: pwrite failed: Input/output error on {device}")
    else:
        lines += [
            f"{at}  notice: {size} bytes written to {device}",
            f"{at}  notice: Finished pass 1/1, round 1/1, on {device}",
            f"{at}  notice: Finished final round 1 of 1 on {device}",
            f"{at}  notice: Blanking device {device}",
            f"{at}  notice: {size} bytes written to {device}",
            f"{at}  notice: Verifying that {device} is empty.",
            f"{at}  notice: [SUCCESS] Verified that {device} is empty.",
            f"{at}  notice: [SUCCESS] Blanked device {device}",
        ]
    lines += [
        "",
        f"{'*' * 32} Error Summary {'*' * 33}",
        "!   Device | Pass Errors | Verifications Errors | Fdatasync I\\O Errors",
        "-" * 80,
        f"  {short[-8:]:>8} | {int(failed):>11} | {0:>20} | {0:>20}",
        "*" * 80,
        "",
        f"{'*' * 33} Drive Status {'*' * 33}",
        "!   Device | Status | Thru-put | HH:MM:SS | Model/Serial Number",
        "-" * 80,
        f"  {short[-8:]:>8} |{word:^8}|  98 MB/s | 01:22:01 | {disk.model[:17]}/{disk.serial}",
        "-" * 80,
        f"{at} Total Throughput  98 MB/s, PRNG Stream, 1R+B+VL",
        "*" * 80,
        "",
        f"{at}    info: Nwipe {ending}. See summary table for details.",
    ]
    return ("\n".join(lines) + "\n").encode()
