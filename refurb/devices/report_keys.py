"""The keys of a machine beside its serial: UUID, serial of the board, addresses of its network cards.

Firmware leaves them blank or alike on whole series, boards are exchanged, docks repeat their address: none decides
alone, and an address does not even raise a question. Two of different kinds that agree say which machine it is.
"""

import re
from collections import defaultdict

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.core.serials import fold_serial, serial_trusted
from refurb.devices.models import Device, DeviceKey
from refurb.devices.readings.reading import Reading

#: What firmware says for a UUID that nobody set.
_NO_UUID = frozenset(
    {"03000200040005000006000700080009", "12345678123456781234567890abcdef", "12345678123456789012345678901234"}
)
#: An address of a network says little by itself: a dock bears it from machine to machine.
WEAK = "mac"


def keys_of(reading: Reading) -> set[tuple[str, str]]:
    """Return the (kind, value) pairs that a reading gives its machine.

    A virtual one has none that lasts; the log of a wipe names the bench it ran on.
    """
    found: set[tuple[str, str]] = set()
    if reading.virtual or not reading.describes_machine:
        return found
    if uuid := _uuid(reading.uuid):
        found.add(("uuid", uuid))
    if serial_trusted(reading.manufacturer, reading.board_serial):
        found.add(("board", fold_serial(reading.board_serial or "")[:100]))
    # The second bit of the first byte: made up by software, another one tomorrow.
    found |= {("mac", mac) for mac in reading.macs[:20] if not int(mac[:2], 16) & 2}
    return found


def _uuid(text: str | None) -> str | None:
    """Return a UUID in one spelling: tools differ in the order of the bytes of its first three groups."""
    digits = re.sub(r"[^0-9a-f]", "", (text or "").lower())
    if len(digits) != 32 or len(set(digits)) < 4 or digits in _NO_UUID:
        return None
    raw = bytes.fromhex(digits)
    swapped = raw[3::-1] + raw[5:3:-1] + raw[7:5:-1] + raw[8:]
    return None if swapped.hex() in _NO_UUID else min(digits, swapped.hex())


def remember(session: Session, device: Device, reading: Reading) -> None:
    """Note the keys that a report gives its machine."""
    given = keys_of(reading)
    if not given:
        return
    rows = session.execute(sa.select(DeviceKey.kind, DeviceKey.value).where(DeviceKey.device_id == device.id))
    known = {(kind, value) for kind, value in rows}
    session.add_all(DeviceKey(device_id=device.id, kind=kind, value=value) for kind, value in sorted(given - known))
    session.flush()


def agreeing(session: Session, reading: Reading, *, organisation_id: int | None) -> dict[int, set[str]]:
    """Return the machines that share keys with a reading, by id, each with the kinds that agree."""
    given = keys_of(reading)
    found: dict[int, set[str]] = defaultdict(set)
    if given:
        query = sa.select(DeviceKey.device_id, DeviceKey.kind).where(
            sa.tuple_(DeviceKey.kind, DeviceKey.value).in_(sorted(given))
        )
        if organisation_id is not None:
            query = query.join(Device, Device.id == DeviceKey.device_id).where(Device.holder_id == organisation_id)
        for device_id, kind in session.execute(query):
            found[device_id].add(kind)
    return dict(found)


def contradicts(session: Session, device: Device, reading: Reading) -> bool:
    """Tell whether machine and reading both have a UUID or a board, and none of these is the same."""
    given = {key for key in keys_of(reading) if key[0] != WEAK}
    rows = session.execute(sa.select(DeviceKey.kind, DeviceKey.value).where(DeviceKey.device_id == device.id))
    known = {(kind, value) for kind, value in rows if kind != WEAK}
    return bool({kind for kind, _ in given} & {kind for kind, _ in known}) and not given & known
