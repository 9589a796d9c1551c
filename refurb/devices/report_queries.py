"""Reports as the pages ask for them, and the machines that a reading may be of."""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from refurb.core.permissions import Permission
from refurb.core.serials import serial_trusted
from refurb.devices.identity import maker_key, serial_key
from refurb.devices.models import Device, MediumWipe, Report, StorageMedium
from refurb.devices.readings.reading import Reading
from refurb.security import Actor, ActorKind


def visible(query: sa.Select[Any], seen_by: Actor) -> sa.Select[Any]:
    """Narrow a query of reports to the actor's organisation; what nobody could read is for controllers."""
    if seen_by.kind is ActorKind.SYSTEM:
        return query
    if not seen_by.can(Permission.REPORT_READ_UNREADABLE):
        query = query.where(sa.or_(Report.format.is_(None), Report.format != "unreadable"))
    if seen_by.can(Permission.NEED_ARBITRATE):
        return query
    return query.where(
        sa.or_(
            Report.organisation_id == seen_by.organisation_id,
            Report.device_id.in_(sa.select(Device.id).where(Device.holder_id == seen_by.organisation_id)),
        )
    )


def _whole(query: sa.Select[Any]) -> sa.Select[Any]:
    return query.options(joinedload(Report.device), joinedload(Report.asked_of))


def by_id(session: Session, report_id: int, *, seen_by: Actor) -> Report | None:
    """Return one report with its machine, or the one it may be of: whoever holds that one answers too."""
    asked_of = sa.select(Device.id).where(Device.holder_id == seen_by.organisation_id)
    query = sa.select(Report).where(
        Report.id == report_id,
        sa.or_(
            Report.id.in_(visible(sa.select(Report.id).where(Report.id == report_id), seen_by)),
            sa.and_(Report.doubt.is_not(None), Report.asked_of_id.in_(asked_of)),
        ),
    )
    found: Report | None = session.scalar(_whole(query))
    return found


def by_sender(session: Session, sender_id: str, *, seen_by: Actor) -> Report | None:
    """Return the newest report of the name that its sender gave it, with its machine."""
    names = {sender_id[:200], sender_id[:200].lower()}
    query = _whole(visible(sa.select(Report).where(Report.sender_id.in_(names)), seen_by))
    found: Report | None = session.scalar(query.order_by(Report.received_at.desc(), Report.id.desc()).limit(1))
    return found


def listing(*, seen_by: Actor, waiting: bool = False) -> sa.Select[Any]:
    """Return the query of the reports, newest first; `waiting`: those that ask something of a person."""
    query = _whole(visible(sa.select(Report), seen_by))
    if waiting:
        query = query.where(sa.or_(Report.doubt.is_not(None), Report.format == "unreadable", Report.read_at.is_(None)))
    return query.order_by(Report.received_at.desc(), Report.id.desc())


def brought(session: Session, ids: Sequence[int], *, seen_by: Actor) -> Sequence[Report]:
    """Return what one bringing held, by name. Of an unreadable file who brought it sees that name too."""
    query = _whole(sa.select(Report).where(Report.id.in_(ids)).order_by(Report.file_name, Report.id))
    own = visible(sa.select(Report.id), seen_by)
    if seen_by.organisation_id is not None:
        mine = sa.and_(Report.organisation_id == seen_by.organisation_id, Report.account_id == seen_by.id)
        return session.scalars(query.where(sa.or_(Report.id.in_(own), mine))).all()
    return session.scalars(query.where(Report.id.in_(own))).all()


def waiting_count(session: Session, *, seen_by: Actor) -> int:
    """Return how many reports ask something of a person."""
    # Found by the index of those in doubt, which are few, and then seen or not: the other way reads every report.
    doubted = sa.select(Report.id).where(Report.doubt.is_not(None))
    query = visible(sa.select(sa.func.count()).select_from(Report).where(Report.id.in_(doubted)), seen_by)
    return int(session.scalar(query) or 0)


def questions_of(session: Session, device_id: int) -> Sequence[Report]:
    """Return the reports that may be of a machine, or of it with something left to say, newest first."""
    # Each by its own index: where nothing is asked of any machine, one condition of both reads every report.
    mine = sa.select(Report.id).where(Report.asked_of_id == device_id)
    ids = mine.union_all(sa.select(Report.id).where(Report.device_id == device_id))
    return session.scalars(
        _whole(sa.select(Report))
        .where(Report.id.in_(ids), Report.doubt.is_not(None))
        .order_by(Report.received_at.desc(), Report.id.desc())
    ).all()


def same_bytes(session: Session, sha256: str, *, organisation_id: int | None) -> Report | None:
    """Return the report of these very bytes, if the organisation brought them before."""
    query = _whole(sa.select(Report).where(Report.raw_sha256 == sha256))
    query = query.where(Report.organisation_id.is_not_distinct_from(organisation_id))
    found: Report | None = session.scalar(query.order_by(Report.id).limit(1))
    return found


def is_kept_elsewhere(session: Session, sha256: str) -> bool:
    """Tell whether a report keeps the bytes of this name."""
    return bool(session.scalar(sa.select(sa.exists().where(Report.kept_sha256 == sha256))))


def to_read_again(session: Session, version: int) -> Sequence[int]:
    """Return the reports that today's readers may read better: unread, unreadable, or read by older ones."""
    older = sa.or_(
        Report.read_at.is_(None), Report.format == "unreadable", Report.reader_version.is_distinct_from(version)
    )
    return session.scalars(sa.select(Report.id).where(older).order_by(Report.id)).all()


def is_latest_on_hardware(session: Session, report: Report) -> bool:
    """Tell whether no later report speaks of the same machine's hardware: an older one changes nothing on it."""
    later = sa.select(Report.id).where(
        Report.device_id == report.device_id,
        Report.id != report.id,
        Report.format == report.format,
        Report.read_at.is_not(None),
        Report.received_at > report.received_at,
    )
    return session.scalar(later.limit(1)) is None


# -- Which machine ----------------------------------------------------------------------------------------------------
def _held(query: sa.Select[Any], organisation_id: int | None) -> sa.Select[Any]:
    return query if organisation_id is None else query.where(Device.holder_id == organisation_id)


def held_device(session: Session, code: str, organisation_id: int | None) -> Device | None:
    """Return the machine of a code that an organisation holds, anybody's for the house: a station only names it."""
    found: Device | None = session.scalar(_held(sa.select(Device).where(Device.code == code), organisation_id))
    return found


def by_reading_serial(session: Session, reading: Reading, *, organisation_id: int | None) -> Sequence[Device]:
    """Return the machines that bear the reading's trusted serial, of any maker: the caller weighs the maker."""
    key = serial_key(reading.serial) if reading.serial_trusted else None
    if key is None:
        return []
    query = _held(sa.select(Device).where(Device.serial_key == key), organisation_id)
    return session.scalars(query.order_by(Device.id).limit(5)).all()


def media_by_serials(
    session: Session, serials: Iterable[str | None], *, organisation_id: int | None
) -> dict[str, StorageMedium]:
    """Return the known media of these serials, by folded serial, with wipes and machine; the newest of doubles."""
    keys = {key for serial in serials if serial_trusted(None, serial) and (key := serial_key(serial))}
    if not keys:
        return {}
    query = (
        sa.select(StorageMedium)
        .where(StorageMedium.serial_key.in_(keys), StorageMedium.destroyed_at.is_(None))
        .options(joinedload(StorageMedium.device), selectinload(StorageMedium.wipes))
        .order_by(StorageMedium.id)
    )
    if organisation_id is not None:
        query = query.where(StorageMedium.holder_id == organisation_id)
    return {str(medium.serial_key): medium for medium in session.scalars(query).unique()}


def has_wipe(session: Session, medium_id: int, report_id: int, *, method: str | None) -> bool:
    """Tell whether an outcome of this medium was taken from this report."""
    found = sa.exists().where(
        MediumWipe.medium_id == medium_id, MediumWipe.report_id == report_id, MediumWipe.method == method
    )
    return bool(session.scalar(sa.select(found)))


def bearer(session: Session, serial: str | None, *, but: Device, organisation_id: int | None) -> Device | None:
    """Return another machine that bears a serial, of those an organisation holds."""
    key = serial_key(serial)
    if key is None:
        return None
    query = _held(sa.select(Device).where(Device.serial_key == key, Device.id != but.id), organisation_id)
    found: Device | None = session.scalar(query.order_by(Device.id).limit(1))
    return found


def same_maker(device: Device, reading: Reading) -> bool | None:
    """Tell whether machine and reading name one maker; None where one of them names none."""
    if not device.maker_key or not reading.manufacturer:
        return None
    return device.maker_key == maker_key(reading.manufacturer)
