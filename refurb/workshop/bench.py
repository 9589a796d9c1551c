"""What is found on the bench: ticks, by hand or through the agent's questions, and the systems that are copies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from refurb.audit.services import record
from refurb.core import checklist
from refurb.core.workflow import TransitionRefused
from refurb.devices import grades
from refurb.devices.media import AWAY
from refurb.devices.models import Device, MediumWipe, Report, StorageMedium
from refurb.devices.readings.reading import Reading
from refurb.devices.steps import lock
from refurb.security import Actor
from refurb.workshop.models import AgentRun, AgentSeen, BenchTick

#: An agent that has said nothing for so long is gone: it asks every two seconds or so.
LIVE = timedelta(seconds=90)
#: Its being there is written down no more often than that.
_BEAT = timedelta(seconds=20)


# -- Ticks ------------------------------------------------------------------------------------------------------------
def ticks_of(session: Session, device: Device) -> dict[str, BenchTick]:
    """Return the latest tick of each point since the machine was opened up."""
    rows = session.scalars(
        sa.select(BenchTick)
        .where(BenchTick.device_id == device.id, BenchTick.ticked_at >= device.opened_at)
        .order_by(BenchTick.ticked_at, BenchTick.id)
    )
    return {row.point: row for row in rows}


def tick(
    session: Session,
    device: Device,
    ticks: Mapping[str, str],
    *,
    by: Actor,
    at: datetime,
    station: str | None = None,
    again: bool = True,
) -> list[BenchTick]:
    """Keep what was found at some points, and grade by it.

    `again`: a person's word is kept even where it says what was said before, for an agent may wait for it; what a
    report repeats is not. Raises ChecklistRefused, and TransitionRefused "away"; then nothing is written.
    """
    checklist.check_some(device.form, ticks)
    device = lock(session, device)
    if device.status in AWAY:
        raise TransitionRefused("away")
    known = ticks_of(session, device)
    told = {code: value for code, value in ticks.items() if again or code not in known or known[code].tick != value}
    rows = [
        BenchTick(
            device_id=device.id,
            point=code,
            tick=checklist.Tick(value),
            ticked_at=at,
            ticked_by_id=by.id,
            station=station,
        )
        for code, value in told.items()
    ]
    if not rows:
        return []
    session.add_all(rows)
    for code in ("webcam", "wifi"):
        if (found := checklist.tested(told, code)) is not None:
            setattr(device, code, found)
    session.flush()
    failed = [code for code, value in told.items() if value == checklist.Tick.FAILED]
    payload = {"ticks": dict(told), "failed": failed, "station": station}
    record(session, "device", device.id, "device.bench-checked", by=by, at=at, payload=payload)
    grades.regrade(session, device)
    return rows


# -- The agent's questions --------------------------------------------------------------------------------------------
def running(session: Session, device: Device, *, at: datetime) -> AgentRun | None:
    """Return the agent that is at work on a machine now, None when none is."""
    return session.scalar(
        sa.select(AgentRun)
        .where(AgentRun.device_id == device.id, AgentRun.seen_at >= at - LIVE)
        .order_by(AgentRun.seen_at.desc(), AgentRun.id.desc())
        .limit(1)
    )


def ask(
    session: Session, device: Device, report_key: str, question: str | None, *, by: Actor, at: datetime
) -> str | None:
    """Note the point that an agent asks about; return what a person has ticked there since, None while nobody has.

    A question that this form of machine has no point for is answered by nobody.
    """
    assert by.organisation_id is not None
    assert by.station is not None
    known = {point.code for point in checklist.points_for(device.form)}
    question = question if question in known else None
    find = sa.select(AgentRun).where(
        AgentRun.organisation_id == by.organisation_id, AgentRun.report_key == report_key[:64]
    )
    run = session.scalar(find)
    if run is None:
        run = AgentRun(
            organisation_id=by.organisation_id,
            report_key=report_key[:64],
            device_id=device.id,
            station=by.station,
            question=question,
            asked_at=at,
            seen_at=at,
        )
        try:
            with session.begin_nested():
                session.add(run)
                session.flush()
        except IntegrityError:
            # The agent asked twice at once.
            run = session.scalars(find).one()
    if (run.question, run.device_id) != (question, device.id):
        run.question, run.device_id, run.asked_at, run.seen_at = question, device.id, at, at
    elif at - run.seen_at >= _BEAT:
        run.seen_at = at
    session.flush()
    return _answer(session, run)


def open_question(session: Session, run: AgentRun | None) -> str | None:
    """Return the point that an agent asks about and nobody has answered yet; it asks the next one a moment later."""
    return run.question if run is not None and _answer(session, run) is None else None


def _answer(session: Session, run: AgentRun) -> str | None:
    """Return what a person ticked since the question was asked, None while nobody has."""
    if run.question is None:
        return None
    answer = session.scalar(
        sa.select(BenchTick.tick)
        .where(
            BenchTick.device_id == run.device_id,
            BenchTick.point == run.question,
            BenchTick.station.is_(None),
            BenchTick.ticked_at >= run.asked_at,
        )
        .order_by(BenchTick.id.desc())
        .limit(1)
    )
    return answer.value if answer is not None else None


# -- Reports ----------------------------------------------------------------------------------------------------------
def after_report(session: Session, report: Report, reading: Reading, by: Actor, at: datetime) -> None:
    """Take from a report the answers of its questions, and the marks of the system it found."""
    device = report.device
    if device is None:
        return
    tests = {name.removeprefix("test_"): told for name, told in reading.extra.items() if name.startswith("test_")}
    ticks = checklist.answered(device.form, tests)
    if ticks and device.status not in AWAY and _is_news(session, device, report):
        tick(session, device, ticks, by=by, at=report.received_at, station=report.station or "agent", again=False)
    _see_system(session, device, report, reading, by=by, at=at)


def _is_news(session: Session, device: Device, report: Report) -> bool:
    """Tell whether nothing was taken from this report yet, nor from a later one."""
    later = sa.select(BenchTick.id).where(
        BenchTick.device_id == device.id, BenchTick.station.is_not(None), BenchTick.ticked_at >= report.received_at
    )
    return report.received_at >= device.opened_at and session.scalar(later.limit(1)) is None


def _see_system(session: Session, device: Device, report: Report, reading: Reading, *, by: Actor, at: datetime) -> None:
    seen = session.get(AgentSeen, device.id)
    if reading.format != "refurb" or (seen is not None and seen.seen_at > report.received_at):
        return
    if seen is None:
        seen = AgentSeen(device_id=device.id)
        session.add(seen)
    was = (seen.machine_id_sha256, seen.hostname_sha256)
    seen.machine_id_sha256 = _digest(reading.extra.get("system_machine_id_sha256"))
    seen.hostname_sha256 = _digest(reading.extra.get("system_hostname_sha256"))
    seen.told = {name: value for name, value in reading.extra.items() if not name.endswith("_sha256")}
    seen.seen_at, seen.report_id = report.received_at, report.id
    session.flush()
    if was == (seen.machine_id_sha256, seen.hostname_sha256):
        return
    for clone in clones(session, device):
        for one, other in ((device, clone.device), (clone.device, device)):
            payload = {"of": other.code, "what": clone.what}
            record(session, "device", one.id, "device.clone-seen", by=by, at=at, payload=payload)


def _digest(text: str | None) -> str | None:
    return text.lower() if text and len(text) == 64 else None


@dataclass(frozen=True)
class Clone:
    """Another machine with the same system; `what`: "machine-id" (a copied disk) or "hostname" (one name for two)."""

    device: Device
    what: str


def clones(session: Session, device: Device) -> list[Clone]:
    """Return the machines of the same holder whose system is a copy of this one's, as far as it is still on both."""
    seen = session.get(AgentSeen, device.id)
    if seen is None or not _still_there(session, seen):
        return []
    alike = []
    if seen.machine_id_sha256 is not None:
        alike.append(AgentSeen.machine_id_sha256 == seen.machine_id_sha256)
    if seen.hostname_sha256 is not None:
        alike.append(AgentSeen.hostname_sha256 == seen.hostname_sha256)
    if not alike:
        return []
    rows: Sequence[Any] = session.execute(
        sa.select(AgentSeen, Device)
        .join(Device, Device.id == AgentSeen.device_id)
        .where(sa.or_(*alike), AgentSeen.device_id != device.id, Device.holder_id == device.holder_id)
        .order_by(AgentSeen.device_id)
        .limit(10)
    ).all()
    return [
        Clone(
            other,
            "machine-id"
            if theirs.machine_id_sha256 is not None and theirs.machine_id_sha256 == seen.machine_id_sha256
            else "hostname",
        )
        for theirs, other in rows
        if _still_there(session, theirs)
    ]


def copied(session: Session, holder_id: int, *, limit: int = 20) -> list[list[Device]]:
    """Return the machines of a workshop that carry one and the same system, group by group."""
    alike = (
        sa.select(AgentSeen.machine_id_sha256)
        .join(Device, Device.id == AgentSeen.device_id)
        .where(Device.holder_id == holder_id, AgentSeen.machine_id_sha256.is_not(None))
        .group_by(AgentSeen.machine_id_sha256)
        .having(sa.func.count() > 1)
        .limit(limit)
    )
    rows = session.execute(
        sa.select(AgentSeen, Device)
        .join(Device, Device.id == AgentSeen.device_id)
        .where(Device.holder_id == holder_id, AgentSeen.machine_id_sha256.in_(alike))
        .order_by(AgentSeen.machine_id_sha256, Device.id)
    ).all()
    groups: dict[str, list[Device]] = {}
    for seen, device in rows:
        if _still_there(session, seen):
            groups.setdefault(str(seen.machine_id_sha256), []).append(device)
    return [group for group in groups.values() if len(group) > 1]


def _still_there(session: Session, seen: AgentSeen) -> bool:
    """Tell whether no disk of the machine was wiped since: a wipe takes the system with it."""
    wiped = session.scalar(
        sa.select(sa.func.max(MediumWipe.recorded_at))
        .join(StorageMedium, StorageMedium.id == MediumWipe.medium_id)
        .where(StorageMedium.device_id == seen.device_id, MediumWipe.report_id.is_distinct_from(seen.report_id))
    )
    return wiped is None or wiped <= seen.seen_at
