"""Which machine a report is of: by its scanned code, its trusted serial, its disks, then two further keys that agree.

Never by the MAC alone. A doubt is a question for a person, and never guessed (design.md section 5).
"""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from refurb.devices import report_keys, report_queries
from refurb.devices.identity import serial_key
from refurb.devices.models import Device
from refurb.devices.readings.reading import Reading


class Doubt(StrEnum):
    """What a person is asked about a report."""

    WHICH_DEVICE = "which-device"
    OTHER_SERIAL = "other-serial"
    SEVERAL_DEVICES = "several-devices"
    MEDIA_OF_ANOTHER = "media-of-another"
    OTHER_MAKER = "other-maker"
    SERIAL_TAKEN = "serial-taken"
    WHICH_MEDIUM = "which-medium"
    SAME_BOARD = "same-board"
    BOARD_OF_ANOTHER = "board-of-another"


@dataclass(frozen=True)
class Match:
    """The machine of a reading, or the question: `device` is then the one it may be of."""

    device: Device | None = None
    doubt: Doubt | None = None


def match(session: Session, reading: Reading, *, organisation_id: int | None, device: Device | None = None) -> Match:
    """Return the machine, by scanned code, trusted serial, then media serials; a doubt is a question, never a guess."""
    if device is not None:
        return _beside(session, reading, device)
    bearers = report_queries.by_reading_serial(session, reading, organisation_id=organisation_id)
    sure = [bearer for bearer in bearers if bearer.serial_trusted and report_queries.same_maker(bearer, reading)]
    if len(sure) == 1:
        return Match(sure[0])
    serials = [medium.serial for medium in reading.media or ()] + [wipe.serial for wipe in reading.wipes]
    known = report_queries.media_by_serials(session, serials, organisation_id=organisation_id)
    homes = {medium.device.id: medium.device for medium in known.values() if medium.device is not None}
    if bearers:
        # The serial of another maker's machine, or two of one: the disks may tell, a person decides.
        return Match(next((b for b in bearers if b.id in homes), bearers[0]), Doubt.OTHER_MAKER)
    if len(homes) > 1:
        if reading.describes_machine:
            return Match(next(iter(homes.values())), Doubt.SEVERAL_DEVICES)
        # A bench that wipes or tests the disks of several machines: the report is of none of them alone.
        return Match()
    if not homes:
        return _by_keys(session, reading, organisation_id)
    home = next(iter(homes.values()))
    if reading.serial_trusted and home.serial_trusted:
        # Another machine's serial with this one's disk: the disk was moved, or the serial mistyped.
        return Match(home, Doubt.MEDIA_OF_ANOTHER)
    if report_keys.contradicts(session, home, reading):
        # Its disk, but neither its board nor its UUID: the disk was moved, or the board exchanged.
        return Match(home, Doubt.MEDIA_OF_ANOTHER)
    return Match(home)


def _by_keys(session: Session, reading: Reading, organisation_id: int | None) -> Match:
    """Neither serial nor disk is known: two further keys that agree name the machine, one alone asks, a MAC never."""
    agreeing = report_keys.agreeing(session, reading, organisation_id=organisation_id)
    sure = [device_id for device_id, kinds in agreeing.items() if len(kinds) > 1]
    likely = sure or [device_id for device_id, kinds in agreeing.items() if kinds != {report_keys.WEAK}]
    if not likely:
        return Match(None, Doubt.WHICH_DEVICE)
    device = session.get_one(Device, min(likely))
    other_serial = reading.serial_trusted and device.serial_trusted
    if len(sure) == 1 and not other_serial:
        return Match(device)
    return Match(device, Doubt.BOARD_OF_ANOTHER if other_serial else Doubt.SAME_BOARD)


def _beside(session: Session, reading: Reading, device: Device) -> Match:
    """The code was scanned: it is that machine, unless both bear a serial and they differ."""
    told = serial_key(reading.serial) if reading.serial_trusted else None
    if told is None or not device.serial_trusted or told == device.serial_key:
        return Match(device)
    return Match(device, Doubt.OTHER_SERIAL)
