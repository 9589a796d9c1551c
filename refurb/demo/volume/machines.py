"""Machines: their way through a workshop with its evidence, and those that stand in stock at its end."""

import uuid
from datetime import datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from refurb.core.checklist import VERSION, Tick, points_for
from refurb.core.equipment import DiskWish, Form, Origin, Regime
from refurb.core.identity import CodeKind, mint, number_in
from refurb.core.media import Outcome, WipeSource
from refurb.core.workflow import Status
from refurb.demo.volume.gifts import Gifts
from refurb.demo.volume.names import NAMES
from refurb.demo.volume.world import World
from refurb.demo.volume.writing import End, Told, Writer, chained
from refurb.devices.identity import identity_columns
from refurb.devices.models import Device, MediumKind, MediumWipe, Report, StorageMedium
from refurb.workshop.models import Control, Installation

STEPS = (
    (Status.INVENTORIED, "inventory"),
    (Status.TRIAGED, "triage"),
    (Status.WIPED, "record_wipe"),
    (Status.DIAGNOSED, "diagnose"),
    (Status.INSTALLED, "install"),
    (Status.QUALITY_CHECKED, "control"),
    (Status.IN_STOCK, "stock"),
)
REACHED = [Status.RECEIVED, *(status for status, _action in STEPS)]
#: How far machines are, in hundredths: two in five end as parts or waste once they are wiped (domain.md F9).
FAR = (8, 5, 5, 48, 6, 5, 5, 18)
#: Of those wiped and no further, in shares: the two in five that leave, and the others.
LEAVES = {(Status.WEEE, "scrap"): 28, (Status.PARTS, "dismantle"): 12, None: 8}
TICKS = {point.code: Tick.OK.value for point in points_for(Form.LAPTOP)}
#: What a diagnosis found, and what that serves.
FOUND: tuple[tuple[int, dict[str, Any]], ...] = (
    (3, {"cpu_class": 1, "ram_mb": 4096, "storage_gb": 128, "profiles": ["P0", "P1"], "webcam": None}),
    (5, {"cpu_class": 2, "ram_mb": 8192, "storage_gb": 240, "profiles": ["P0", "P1", "P2"], "webcam": True}),
    (
        2,
        {
            "cpu_class": 3,
            "ram_mb": 16384,
            "storage_gb": 512,
            "profiles": ["P0", "P1", "P2", "P3", "P6"],
            "webcam": True,
        },
    ),
)
SAME: dict[str, Any] = {
    "charger": "USB-C 65 W",
    "wifi": True,
    "has_battery": True,
    "battery_pct": 78,
    "screen_in": 14.0,
    "cpu_model": "Intel Core i5",
    "cpu_cores": 4,
    "missing": [],
}
NOTHING: dict[str, Any] = dict.fromkeys([*FOUND[0][1], *SAME])


class Stocked(NamedTuple):
    """A machine that stands in stock, and the end of its chain."""

    id: int
    code: str
    workshop: int
    title: str
    end: End


class Machines:
    """`stock`: what stands in stock, in the order in which it came. `reading`: the report they all share."""

    def __init__(
        self,
        draw: Random,
        world: World,
        writer: Writer,
        gifts: Gifts,
        *,
        system_id: int,
        reading: tuple[str, Any],
        many: int,
        events_each: int,
        since: datetime,
        until: datetime,
    ) -> None:
        self.draw, self.world, self.writer, self.system_id, self.reading = draw, world, writer, system_id, reading
        self.stock: list[Stocked] = []
        for number in range(1, many + 1):
            workshop = world.workshops[number % len(world.workshops)]
            start = since + (until - since) * number / many
            self._life(number, workshop, start, events_each, gifts.birth(writer, number, workshop, start))
            if writer.full():
                writer.flush(f"{number:,} machines")
        writer.flush(f"{many:,} machines")
        self.stock.sort(key=lambda one: one.end.at)

    def _life(self, number: int, workshop: int, start: datetime, events_each: int, line_id: int | None) -> None:
        """Write one machine, its chain and what its status supposes."""
        draw, status, end = self.draw, Status.RECEIVED, End(start)
        born = {
            "form": "laptop",
            "origin": "private",
            "regime": "gift",
            "holder_id": workshop,
            "lot_line_id": line_id,
            "place_id": None,
        }
        told = [Told("device.received", born, None, Status.RECEIVED.value)]
        far = min(draw.choices(range(len(FAR)), FAR)[0], events_each - 2)
        for after, action in STEPS[:far]:
            told.append(self._move(action, status, after))
            status = after
        reached = status
        leaves = draw.choices(list(LEAVES), list(LEAVES.values()))[0] if status is Status.WIPED else None
        place_id = None
        while len(told) < events_each - (leaves is not None):
            shelf = draw.choice(self.world.shelves[workshop])
            told.append(Told("device.placed", {"place_id": shelf, "was": place_id}))
            place_id = shelf
        if leaves is not None:
            after, action = leaves
            told.append(self._move(action, status, after))
            status, place_id = after, None
        lines = chained(draw, ("device", number), told, end, account_id=self.world.technician, organisation_id=workshop)
        self.writer.tell(lines)
        since = next(line.at for line in reversed(lines) if line.after)
        maker, model = draw.choice(NAMES)
        code = mint(CodeKind.DEVICE, number_in("49", number))
        found = NOTHING
        if has_reached(reached, Status.DIAGNOSED):
            found = draw.choices([row for _weight, row in FOUND], [weight for weight, _row in FOUND])[0] | SAME
        self.writer.add(
            Device,
            {
                "id": number,
                "code": code,
                "form": Form.LAPTOP,
                **identity_columns(maker, model, f"V{number:07d}X{draw.randrange(10_000):04d}"),
                "origin": Origin.PRIVATE,
                "regime": Regime.GIFT,
                "disk_wish": DiskWish.WIPE,
                "holder_id": workshop,
                "place_id": place_id,
                "status": status,
                "status_since": since,
                "opened_at": start,
                "created_at": start,
                "in_stock_since": since if status is Status.IN_STOCK else None,
                # One in fifty of those that just came has no label yet.
                "labelled_at": None if reached is Status.RECEIVED and number % 6 == 0 else start,
                "media_known": True,
                "version": 1,
                **found,
            },
        )
        self._evidence(number, workshop, reached, start, since)
        if status is Status.IN_STOCK:
            self.stock.append(Stocked(number, code, workshop, f"{maker} {model}", end))

    def _move(self, action: str, before: Status, after: Status) -> Told:
        payload = {"action": action, "move": uuid.UUID(int=self.draw.getrandbits(128)).hex, "was": {}}
        return Told("device.moved", payload, before.value, after.value)

    def _evidence(self, number: int, workshop: int, reached: Status, start: datetime, since: datetime) -> None:
        """Write what a machine's step supposes: its disk, the wipe, the report, the system, the checklist."""
        account_id, writer = self.world.technician, self.writer
        writer.add(
            StorageMedium,
            {
                "id": number,
                "device_id": number,
                "holder_id": workshop,
                "kind": MediumKind.SSD,
                "size_gb": 240,
                "serial": f"S{number:08d}",
                "serial_key": f"S{number:08d}",
                "health": "ok",
                "held_since": start,
                "created_at": start,
                "to_destroy": False,
            },
        )
        if has_reached(reached, Status.WIPED):
            writer.add(
                MediumWipe,
                {
                    "id": number,
                    "medium_id": number,
                    "source": WipeSource.LOG,
                    "outcome": Outcome.OK,
                    "method": "PRNG Stream",
                    "tool": "nwipe",
                    "reasons": [],
                    "ended_at": start,
                    "recorded_at": start,
                    "doubtful": False,
                    "operator_id": account_id,
                },
            )
        if has_reached(reached, Status.DIAGNOSED):
            kept, shown = self.reading
            writer.add(
                Report,
                {
                    "id": number,
                    "organisation_id": workshop,
                    "device_id": number,
                    "format": "lshw",
                    "file_name": f"lshw-{number}.json",
                    "raw_sha256": f"{self.draw.getrandbits(256):064x}",
                    "kept_sha256": kept,
                    "received_at": start + timedelta(hours=1),
                    "read_at": start + timedelta(hours=1),
                    "reader_version": 1,
                    "reading": shown,
                    "account_id": account_id,
                },
            )
        if has_reached(reached, Status.INSTALLED):
            writer.add(
                Installation,
                {
                    "id": number,
                    "device_id": number,
                    "os_id": self.system_id,
                    "first_boot": "oem",
                    "installed_at": since,
                    "installed_by_id": account_id,
                },
            )
        if has_reached(reached, Status.QUALITY_CHECKED):
            writer.add(
                Control,
                {
                    "id": number,
                    "device_id": number,
                    "checklist_version": VERSION,
                    "items": TICKS,
                    "passed": True,
                    "controlled_at": since,
                    "controlled_by_id": account_id,
                },
            )


def has_reached(status: Status, step: Status) -> bool:
    """Tell whether a machine came to a step of the line, or past it."""
    return REACHED.index(status) >= REACHED.index(step)
