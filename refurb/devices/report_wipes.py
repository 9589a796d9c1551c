"""What a report proves of disks: those that were seen, and the outcome of each wipe, bound to its own medium."""

from datetime import UTC, datetime, timedelta, tzinfo

from sqlalchemy.orm import Session

from refurb.core.media import WipeSource
from refurb.core.serials import serial_trusted
from refurb.devices import media, queries, report_queries, wipes
from refurb.devices.identity import serial_key
from refurb.devices.models import Device, MediumKind, Report, StorageMedium
from refurb.devices.readings.reading import Medium, Reading, Wipe
from refurb.devices.report_matching import Doubt
from refurb.security import Actor

#: How far ahead of ours a bench's clock may be.
_DRIFT = timedelta(minutes=15)


def see(
    session: Session, device: Device, seen: Medium, *, again: bool = False, by: Actor, at: datetime
) -> StorageMedium:
    return media.see(
        session,
        device,
        kind=MediumKind(seen.type.value) if seen.type is not None else MediumKind.UNKNOWN,
        model=(seen.model or "")[:200] or None,
        # A disk whose serial is a blank or a mask has none: two of them are not one.
        serial=seen.serial[:100] if seen.serial and serial_trusted(None, seen.serial) else None,
        size_gb=seen.size_gb,
        health=seen.health.value if seen.health is not None else None,
        again=again,
        by=by,
        at=at,
    )


def take_wipes(
    session: Session,
    report: Report,
    reading: Reading,
    device: Device | None,
    *,
    by: Actor,
    at: datetime,
    zone: tzinfo,
) -> None:
    """Give each outcome to its medium: the one of that serial, wherever it sits, else one found in the machine."""
    known = report_queries.media_by_serials(
        session, (wipe.serial for wipe in reading.wipes), organisation_id=report.organisation_id
    )
    for wipe in reading.wipes:
        medium = known.get(serial_key(wipe.serial) or "")
        if medium is None and device is not None:
            medium = _medium_for(session, device, wipe, alone=len(reading.wipes) == 1, by=by, at=at)
        if medium is None:
            report.doubt = (Doubt.WHICH_MEDIUM if device is not None else Doubt.WHICH_DEVICE).value
            continue
        record_wipe(session, report, wipe, medium, by=by, at=at, zone=zone)
    session.flush()


def record_wipe(
    session: Session, report: Report, wipe: Wipe, medium: StorageMedium, *, by: Actor, at: datetime, zone: tzinfo
) -> None:
    if report_queries.has_wipe(session, medium.id, report.id, method=wipe.method):
        return  # Read again: nothing is said twice.
    wipes.record_wipe(
        session,
        medium,
        outcome=wipe.outcome,
        source=WipeSource.LOG,
        by=by,
        at=at,
        method=wipe.method,
        tool=wipe.tool,
        verify=wipe.verify,
        hidden_area=wipe.hidden_area,
        reasons=list(wipe.reasons),
        started_at=bench_time(wipe.started_at, now=at, zone=zone),
        ended_at=bench_time(wipe.ended_at, now=at, zone=zone),
        report_id=report.id,
    )


def _medium_for(
    session: Session, device: Device, wipe: Wipe, *, alone: bool, by: Actor, at: datetime
) -> StorageMedium | None:
    """Return the medium of a wipe whose serial is not known yet; None where several may be meant."""
    here = [m for m in queries.media_of(session, device.id) if m.destroyed_at is None and m.absence_attested is None]
    if wipe.serial is None:
        alike = [m for m in here if m.serial_key is None and m.size_gb in (None, wipe.size_gb)]
        if alone and len(here) == 1 and len(alike) == 1:
            return alike[0]
        if here:
            return None
    elif any(medium.serial_key is not None for medium in here) and device.media_known:
        # A disk that nobody has seen in this machine: it was swapped, or the log is another machine's.
        return None
    return see(session, device, Medium(model=wipe.model, serial=wipe.serial, size_gb=wipe.size_gb), by=by, at=at)


def bench_time(text: str | None, *, now: datetime, zone: tzinfo) -> datetime | None:
    """Return a bench's wall time as a moment: live systems keep UTC or the local time, and do not say which.

    Of the two the later is taken that is not yet to come; a clock that is wrong is for `core.media.timing` to doubt.
    """
    try:
        wall = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    if wall.tzinfo is not None:
        return wall.astimezone(UTC)
    readings = sorted({wall.replace(tzinfo=UTC), wall.replace(tzinfo=zone).astimezone(UTC)})
    past = [moment for moment in readings if moment <= now + _DRIFT]
    return past[-1] if past else readings[0]
