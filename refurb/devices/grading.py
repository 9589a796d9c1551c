"""The tables of grading edited: what a change does to the stock before it is adopted, and the stock graded anew."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb import outbox, tables
from refurb.core.grading import Facts, Grade, cpu_class, grade
from refurb.core.grading_tables import CPU_KIND, FIRST, TableFault, check, read_cpus, read_profiles
from refurb.core.workflow import WORKSHOP, Status
from refurb.devices import grades
from refurb.devices.grades import Tables
from refurb.devices.models import Device
from refurb.devices.steps import lock
from refurb.security import Actor
from refurb.tables import Version

#: The outbox row that grades the next machines: {"after": 120}.
REGRADE = "grading.regrade"
#: Machines graded in one transaction, so that nobody at a bench waits for the end of all of them.
BATCH = 200
#: Machines named on the preview; the counts are whole.
LISTED = 40
#: What stands in workshops, and what may come back to one.
GRADED = (*WORKSHOP, Status.MISSING)


class GradingRefused(Exception):
    """A change that cannot be adopted: "unchanged", "motive-missing", "not-the-latest", or a fault of the table with
    `where` it is."""

    def __init__(self, code: str, where: str = "") -> None:
        super().__init__(f"{where}: {code}" if where else code)
        self.code, self.where = code, where


@dataclass(frozen=True, slots=True)
class Changed:
    """One machine that would be graded otherwise."""

    code: str
    title: str
    cls: tuple[int | None, int | None]
    lost: tuple[str, ...]
    gained: tuple[str, ...]


@dataclass(frozen=True)
class Preview:
    """What a change does to the machines in workshops: how many, and the first of them."""

    machines: int
    classes: int
    profiles: int
    lost: Mapping[str, int]
    gained: Mapping[str, int]
    listed: tuple[Changed, ...]


def in_force(session: Session, kind: str) -> Version:
    """Return the version of a table in force."""
    return tables.current(session, kind, FIRST[kind])


def history(session: Session, kind: str) -> list[Version]:
    """Return every version of a table, the latest first."""
    return tables.versions(session, kind, FIRST[kind])


def preview(session: Session, kind: str, content: Mapping[str, Any]) -> Preview:
    """Return what the stock would become under `content`; raises GradingRefused. Nothing is written."""
    _checked(session, kind, content)
    now = grades.in_force(session)
    then = (
        replace(now, cpus=read_cpus(content, ""))
        if kind == CPU_KIND
        else replace(now, profiles=read_profiles(content, ""))
    )
    known: dict[tuple[str, str | None, int | None, str | None], int | None] = {}
    lost: Counter[str] = Counter()
    gained: Counter[str] = Counter()
    machines = classes = profiles = 0
    listed: list[Changed] = []
    for row in session.execute(_rows()).yield_per(1000):
        machines += 1
        facts = _facts(row)
        before, after = _graded(facts, now, "now", known), _graded(facts, then, "then", known)
        gone = tuple(code for code in before.profiles if code not in after.profiles)
        new = tuple(code for code in after.profiles if code not in before.profiles)
        lost.update(gone)
        gained.update(new)
        classes += before.cls != after.cls
        profiles += bool(gone or new)
        if (before.cls != after.cls or gone or new) and len(listed) < LISTED:
            title = " ".join(part for part in (row.maker, row.model) if part)
            listed.append(Changed(row.code, title, (before.cls, after.cls), gone, new))
    return Preview(machines, classes, profiles, lost, gained, tuple(listed))


def adopt(
    session: Session, kind: str, content: dict[str, Any], *, after: int, motive: str, by: Actor, at: datetime
) -> Version:
    """Put a table in force and have every machine graded anew by the worker; raises GradingRefused."""
    if not motive.strip():
        raise GradingRefused("motive-missing")
    _checked(session, kind, content)
    try:
        version = tables.adopt(session, kind, content, after=after, motive=motive.strip(), by=by, at=at)
    except tables.TableRefused as refused:
        raise GradingRefused(refused.code) from refused
    with outbox.in_background(session):
        # The whole stock: a paper that somebody waits for passes between two batches.
        outbox.enqueue(session, REGRADE, {"after": 0})
    return version


def regrade_batch(session: Session, after: int) -> int | None:
    """Grade the next machines under the tables in force; return the last one's id, None when there are no more."""
    ids = session.scalars(
        sa.select(Device.id).where(Device.id > after, Device.status.in_(GRADED)).order_by(Device.id).limit(BATCH)
    ).all()
    using = grades.in_force(session)
    for device_id in ids:
        grades.regrade(session, lock(session, session.get_one(Device, device_id)), using)
    return ids[-1] if ids else None


def carry_out(session: Session, payload: dict[str, Any]) -> None:
    """Carry out one outbox row of kind "grading.regrade": some machines, and a row for the next ones."""
    last = regrade_batch(session, int(payload["after"]))
    if last is not None:
        outbox.enqueue(session, REGRADE, {"after": last})


def _checked(session: Session, kind: str, content: Mapping[str, Any]) -> None:
    try:
        check(kind, content)
    except TableFault as fault:
        raise GradingRefused(fault.code, fault.where) from fault
    if in_force(session, kind).content == content:
        raise GradingRefused("unchanged")


def _rows() -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            Device.code,
            Device.maker,
            Device.model,
            Device.form,
            Device.cpu_model,
            Device.cpu_cores,
            Device.ram_mb,
            Device.storage_gb,
            Device.screen_in,
            Device.webcam,
            Device.battery_pct,
            Device.has_battery,
        )
        .where(Device.status.in_(GRADED), Device.form.not_in(grades.UNGRADED))
        .order_by(Device.id)
    )


def _facts(row: Any) -> Facts:
    return Facts(
        form=row.form.value,
        cpu=row.cpu_model,
        cores=row.cpu_cores,
        ram_gb=grades.gib(row.ram_mb),
        storage_gb=row.storage_gb,
        screen_in=row.screen_in,
        webcam=row.webcam,
        battery_pct=row.battery_pct,
        has_battery=row.has_battery,
    )


def _graded(facts: Facts, using: Tables, name: str, known: dict[Any, int | None]) -> Grade:
    """Grade with the class looked up once for each processor: a park holds many machines of few kinds."""
    key = (name, facts.cpu, facts.cores, facts.form)
    if key not in known:
        known[key] = cpu_class(facts.cpu, facts.cores, form=facts.form, table=using.cpus)
    return grade(facts, cpus=using.cpus, profiles=using.profiles, cls=known[key])
