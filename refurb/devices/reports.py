"""What happens to reports: their bytes are kept first, then they are read, matched to a machine, and taken.

`arrive` is the one service that commits: evidence is stored before anything is made of it (style.md section 2). A doubt
is asked of a person and nothing is taken from the report before the answer; reading again uses what was kept.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, tzinfo

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session, selectinload

from refurb import blobs
from refurb.audit.services import record
from refurb.core.identity import read as read_code
from refurb.core.workflow import Action, Status, TransitionRefused
from refurb.devices import grades, media, queries, registry, report_keys, report_queries, report_wipes, services
from refurb.devices.identity import identity_columns, maker_key, serial_key
from refurb.devices.models import Device, Report, StorageMedium
from refurb.devices.readings.facts import words
from refurb.devices.readings.names import short_model
from refurb.devices.readings.opened import Opened, opened
from refurb.devices.readings.reading import Reading
from refurb.devices.readings.registry import READER_VERSION, read
from refurb.devices.readings.summary import as_json, grading_facts, unreadable_json
from refurb.devices.report_matching import Doubt, Match, match
from refurb.devices.steps import lock
from refurb.security import Actor

log = structlog.get_logger("refurb.reports")
#: How often a report is taken up again when two writers crossed; after that it waits for the worker.
_TRIES = 4


@dataclass(frozen=True)
class Arrival:
    """A report that came in; `known`: the same bytes had come before. Unread (`read_at` None), the worker reads it."""

    report: Report
    known: bool = False


def arrive(
    session: Session,
    raw: bytes,
    *,
    by: Actor,
    at: datetime,
    zone: tzinfo,
    file_name: str | None = None,
    device: Device | None = None,
) -> Arrival:
    """Keep the bytes and commit, then read them; commits again. The same bytes twice are one report.

    `device`: the machine whose code was scanned or whose page the report was given on.
    """
    report, known = keep(session, raw, by=by, at=at, file_name=file_name)
    session.commit()
    # The longest part, before anything is locked: the others write meanwhile.
    content = opened(raw) if report.read_at is None else None
    for left in reversed(range(_TRIES)):
        try:
            # The same bytes may be on their way by another door, which reads them now: the first to hold the row reads.
            report = _lock(session, report)
            if report.read_at is None:
                report = _take_guarded(session, report, content, by=by, at=at, zone=zone, device=device)
            elif device is not None and report.device_id is None and report.format != "unreadable":
                settle(session, report, device, by=by, at=at, zone=zone)
            session.commit()
            break
        except OperationalError as error:
            # Two writers crossed, or the database is busy beyond its patience. The bytes are kept: nothing is lost.
            session.rollback()
            log.warning("report-waits", report_id=report.id, exc_info=error)
            if not left:
                report = _lock(session, report)
                session.commit()
    return Arrival(report, known)


def _take_guarded(
    session: Session,
    report: Report,
    content: Opened | None,
    *,
    by: Actor,
    at: datetime,
    zone: tzinfo,
    device: Device | None = None,
) -> Report:
    """Take a report, whatever is in it: what nobody foresaw leaves it kept, unread or as it was, and is logged."""
    try:
        with session.begin_nested():
            take(session, report, content, by=by, at=at, zone=zone, device=device)
    except OperationalError:
        raise
    except Exception as error:
        log.error("report-not-taken", report_id=report.id, exc_info=error)
        report = _lock(session, report)
        if report.read_at is None:
            report.read_at, report.reader_version = at, READER_VERSION
            report.format, report.reading = "unreadable", unreadable_json("unexpected-shape")
            session.flush()
    return report


def keep(session: Session, raw: bytes, *, by: Actor, at: datetime, file_name: str | None = None) -> tuple[Report, bool]:
    """Store the bytes under their hash; return their report, and whether it was there already."""
    sha256 = blobs.put(session, raw, "application/octet-stream")
    if (earlier := report_queries.same_bytes(session, sha256, organisation_id=by.organisation_id)) is not None:
        return earlier, True
    report = Report(
        organisation_id=by.organisation_id,
        file_name=(words((file_name or "").replace("\\", "/").rsplit("/", 1)[-1]) or "")[:200] or None,
        raw_sha256=sha256,
        kept_sha256=sha256,
        received_at=at,
        station=by.station,
        account_id=by.id,
        device=None,
        asked_of=None,
    )
    try:
        with session.begin_nested():
            session.add(report)
            session.flush()
    except IntegrityError:
        # The same bytes came by another door at the same moment.
        earlier = report_queries.same_bytes(session, sha256, organisation_id=by.organisation_id)
        if earlier is None:
            raise
        return earlier, True
    return report, False


def _lock(session: Session, report: Report) -> Report:
    """Take the report's row, before its machine's, and see what another writer made of it meanwhile."""
    session.flush()
    row = sa.select(Report).where(Report.id == report.id).with_for_update(of=Report)
    row = row.options(selectinload(Report.device), selectinload(Report.asked_of))
    return session.scalars(row.execution_options(populate_existing=True)).one()


def take(
    session: Session,
    report: Report,
    content: Opened | None = None,
    *,
    by: Actor,
    at: datetime,
    zone: tzinfo,
    device: Device | None = None,
) -> None:
    """Read what was kept, say which machine it is of, and take from it what it proves. `content`: opened already."""
    content = content or opened(blobs.get(session, report.kept_sha256))
    reading = content.reading
    report.read_at, report.reader_version = at, READER_VERSION
    if reading is None:
        why = content.why_not or "unknown-format"
        report.format, report.reading, report.doubt = "unreadable", unreadable_json(why), None
        report.device = device
        session.flush()
        return
    report.format, report.reading = reading.format, stored(reading)
    report.sender_id = (reading.sender_id or "")[:200] or None
    _forget_persons(session, report, content.kept)
    if report.device_id is not None:
        device = session.get_one(Device, report.device_id)
        found = Match(device)
    else:
        device = device or _scanned(session, report, reading)
        found = match(session, reading, organisation_id=report.organisation_id, device=device)
    _conclude(session, report, reading, found, by=by, at=at, zone=zone)


def _scanned(session: Session, report: Report, reading: Reading) -> Device | None:
    """Return the machine whose label was scanned at the start of the agent, which carries the code in its report."""
    code = read_code(reading.extra.get("code", "")).code
    return report_queries.held_device(session, code, report.organisation_id) if code else None


def stored(reading: Reading) -> dict[str, object]:
    """Return what is kept of a reading: the interface's JSON, and the reasons and times of each wipe."""
    told: dict[str, object] = dict(as_json(reading))
    del told["file"]
    told["wipes"] = [
        {
            "device": wipe.device,
            "model": wipe.model,
            "serial": wipe.serial,
            "method": wipe.method,
            "outcome": wipe.outcome,
            "reasons": list(wipe.reasons),
            "tool": wipe.tool,
            "verify": wipe.verify,
            "hidden_area": wipe.hidden_area,
            "started_at": wipe.started_at,
            "ended_at": wipe.ended_at,
        }
        for wipe in reading.wipes
    ]
    return told | {"uuid": reading.uuid, "macs": list(reading.macs), "sender_id": reading.sender_id}


def _forget_persons(session: Session, report: Report, kept: bytes) -> None:
    """Keep the report less the sections about persons; the bytes as they came go, unless another report keeps them."""
    if hashlib.sha256(kept).hexdigest() == report.kept_sha256:
        return
    was, report.kept_sha256 = report.kept_sha256, blobs.put(session, kept, "application/octet-stream")
    session.flush()
    if not report_queries.is_kept_elsewhere(session, was):
        try:
            with session.begin_nested():
                session.execute(sa.delete(blobs.Blob).where(blobs.Blob.sha256 == was))
        except IntegrityError:
            # Somebody keeps the same bytes for another reason than a report.
            return


# -- What a person answers --------------------------------------------------------------------------------------------
def _conclude(
    session: Session, report: Report, reading: Reading, found: Match, *, by: Actor, at: datetime, zone: tzinfo
) -> None:
    if not reading.describes_machine and reading.wipes and found.doubt is None:
        # A wiping bench does the disks of several machines in one run: each outcome goes to its own medium.
        report.device = found.device
        report.asked_of, report.doubt = None, None
        session.flush()
        report_wipes.take_wipes(session, report, reading, found.device, by=by, at=at, zone=zone)
        _said(session, report, by=by, at=at)
        return
    if found.doubt is not None or found.device is None:
        report.device, report.asked_of, report.doubt = None, found.device, (found.doubt or Doubt.WHICH_DEVICE).value
        session.flush()
        if found.device is not None:
            payload = {"report_id": report.id, "reason": report.doubt}
            record(session, "device", found.device.id, "device.report-doubted", by=by, at=at, payload=payload)
        return
    _attach(session, report, reading, found.device, by=by, at=at, zone=zone)


def settle(session: Session, report: Report, device: Device | None, *, by: Actor, at: datetime, zone: tzinfo) -> None:
    """Answer the question of a report: it is of this machine, or of none that is known (`device` None)."""
    report = _lock(session, report)
    if device is None:
        report.asked_of, report.doubt = None, Doubt.WHICH_DEVICE.value
        session.flush()
        return
    report.doubt = None
    _attach(session, report, read(blobs.get(session, report.kept_sha256)), device, by=by, at=at, zone=zone)


def read_again(session: Session, report: Report, *, by: Actor, at: datetime, zone: tzinfo) -> bool:
    """Read what was kept once more, with today's readers; returns whether it says something else now.

    What moved a machine is not moved again: a wipe is known by its medium and its report.
    """
    report = _lock(session, report)
    before = (report.format, report.reading)
    report = _take_guarded(session, report, None, by=by, at=at, zone=zone)
    return before != (report.format, report.reading)


# -- What a report proves ---------------------------------------------------------------------------------------------
def _attach(
    session: Session, report: Report, reading: Reading, device: Device, *, by: Actor, at: datetime, zone: tzinfo
) -> None:
    device, again = lock(session, device), report.device_id == device.id
    report.device, report.asked_of, report.doubt = device, None, None
    session.flush()
    if reading.describes_machine and report_queries.is_latest_on_hardware(session, report):
        _take_identity(session, report, reading, device)
        _take_hardware(reading, device)
        report_keys.remember(session, device, reading)
    for medium in reading.media or ():
        report_wipes.see(session, device, medium, again=again, by=by, at=at)
    if reading.describes_machine and reading.media is not None:
        device.media_known = True
    grades.regrade(session, device)
    _said(session, report, by=by, at=at)
    media.follow_media(session, device, by=by, at=at, payload={"report_id": report.id})
    report_wipes.take_wipes(session, report, reading, device, by=by, at=at, zone=zone)
    _diagnose(session, report, device, by=by, at=at)
    for take_it in registry.AFTER_REPORT.values():
        take_it(session, report, reading, by, at)


def _said(session: Session, report: Report, *, by: Actor, at: datetime) -> None:
    if report.device is not None:
        payload = {"report_id": report.id, "format": report.format}
        record(session, "device", report.device.id, "device.report-read", by=by, at=at, payload=payload)


def _take_identity(session: Session, report: Report, reading: Reading, device: Device) -> None:
    """Fill what nobody had written of the machine; what a person wrote stays, another's serial is never taken."""
    maker = device.maker or reading.manufacturer
    model = device.model or short_model(reading.manufacturer, reading.model)
    serial = device.serial
    if reading.serial_trusted and not device.serial_trusted:
        serial = reading.serial
    columns = identity_columns(maker, model, serial)
    if columns["serial_trusted"] and (
        columns["serial_key"] != device.serial_key
        or columns["maker_key"] != device.maker_key
        or not device.serial_trusted
    ):
        twin = sa.select(Device.id).where(
            Device.maker_key == columns["maker_key"],
            Device.serial_key == columns["serial_key"],
            Device.serial_trusted,
            Device.id != device.id,
        )
        if session.scalar(twin) is not None:
            report.doubt = Doubt.SERIAL_TAKEN.value
            columns = identity_columns(maker, model, device.serial) | {"serial_trusted": device.serial_trusted}
            columns["maker_key"] = device.maker_key or maker_key(maker)
            if device.serial is None:
                columns["serial_trusted"] = False
    for name, value in columns.items():
        setattr(device, name, value)


def _take_hardware(reading: Reading, device: Device) -> None:
    """Write what was measured; a camera that is seen is not a camera that was tested, one that is not there is none."""
    facts = grading_facts(reading)
    if reading.cpu is not None:
        device.cpu_model, device.cpu_cores = reading.cpu.model[:200], reading.cpu.cores
    if reading.ram_gb is not None:
        device.ram_mb = round(reading.ram_gb * 1024)
    if reading.screen_in is not None:
        device.screen_in = reading.screen_in
    if reading.wifi is not None:
        device.wifi = reading.wifi
    if reading.webcam is False:
        device.webcam = False
    elif reading.webcam and reading.extra.get("test_camera") == "ok":
        device.webcam = True
    if reading.batteries:
        device.has_battery = True
        if facts.battery_pct is not None:
            device.battery_pct = facts.battery_pct


def settle_medium(
    session: Session, report: Report, medium: StorageMedium, *, by: Actor, at: datetime, zone: tzinfo
) -> None:
    """Say which disk the log's unknown one is; it takes the serial that the log gives, if it had none."""
    report = _lock(session, report)
    reading = read(blobs.get(session, report.kept_sha256))
    known = report_queries.media_by_serials(
        session, (wipe.serial for wipe in reading.wipes), organisation_id=report.organisation_id
    )
    unknown = [wipe for wipe in reading.wipes if serial_key(wipe.serial) not in known]
    if len(unknown) != 1:
        return
    (wipe,) = unknown
    if medium.serial_key is None and wipe.serial is not None:
        medium.serial, medium.serial_key = wipe.serial[:100], serial_key(wipe.serial)
    report.doubt = None
    session.flush()
    report_wipes.record_wipe(session, report, wipe, medium, by=by, at=at, zone=zone)
    if report.device is not None:
        _diagnose(session, report, report.device, by=by, at=at)


def dismiss(session: Session, report: Report) -> None:
    """Note that a person has seen what a report says against another machine, and dealt with it."""
    if report.doubt == Doubt.SERIAL_TAKEN.value:
        report.doubt = None
        session.flush()


def _diagnose(session: Session, report: Report, device: Device, *, by: Actor, at: datetime) -> None:
    """A report on the hardware makes a wiped machine a diagnosed one; one that came before the wipe waits for it."""
    if device.status is not Status.WIPED or report.format in queries.NOT_A_DIAGNOSIS:
        return
    try:
        payload = {"report_id": report.id}
        services.move(session, device, Action.DIAGNOSE, by=by, at=at, payload=payload, evidence=True)
    except TransitionRefused:
        # The report is kept whatever the machine's guards say.
        return
