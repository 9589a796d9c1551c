"""Bytes that a bench sends, and what the tests of reports ask of a machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from refurb.core.workflow import Action, Status
from tests.conftest import NOON
from tests.devices.readings.makers import as_bytes, lshw_tree, nwipe_log

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.devices.models import Device
    from refurb.devices.reports import Arrival
    from refurb.security import Actor

    MakeDevice = Callable[..., Device]
    Bring = Callable[..., Arrival]

PARIS = ZoneInfo("Europe/Paris")
#: Of the laptop that the benches send.
SERIAL = "FAB7K2M9Q1"
DISK = "1927E2000001"


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
