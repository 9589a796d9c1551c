"""Waiting: estimates from what entered the stock and who stands before, kept so that they can be scored."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, load_only

from refurb.audit.models import Event
from refurb.core import matching as core
from refurb.core.kinds import group
from refurb.core.need_life import State
from refurb.core.waiting import Outcome, Score, Wait, ahead_of, estimate, score
from refurb.core.workflow import Status
from refurb.matching import scenario
from refurb.matching.board import said_of_need
from refurb.matching.models import Ending, Reservation, WaitEstimate
from refurb.needs.models import Need
from refurb.needs.queries import is_open
from refurb.organisations.models import Organisation
from refurb.web import Page, paginate, zone

#: What is looked back on: long enough for summers and gifts that come at once, short enough to be of these days.
WEEKS = 26
#: An estimate stands for so long, unless its reason changes.
STANDS = timedelta(days=7)
BATCH = 500


@dataclass(frozen=True)
class Arrivals:
    """What entered the stock, as kinds that the open needs tell apart: weekly counts, and how many are free today."""

    weekly: Mapping[int, tuple[int, ...]]
    free: Mapping[int, int]
    #: The kinds that suit each open need, by its row's id.
    suits: Mapping[int, frozenset[int]]
    rows: Sequence[scenario.Row]


def estimate_all(session: Session, at: datetime) -> int:
    """Estimate the wait of each open need that has no estimate of these days; return how many were written."""
    today = at.astimezone(zone()).date()
    needs = scenario.open_needs(session, today)[0]
    needs.sort(key=lambda row: (-row["points"], row["validated_on"], row["id"]))
    if not needs:
        return 0
    seen = observe(session, needs, today)
    told = _latest(session, [row["key"] for row in needs])
    rates = {kind: sum(counts) / WEEKS for kind, counts in seen.weekly.items()}
    before: Counter[frozenset[int]] = Counter()
    shares: dict[tuple[frozenset[int], frozenset[int]], float] = {}
    rows = []
    for need in needs:
        mine = seen.suits[need["key"]]
        ahead = 0.0
        for theirs, count in before.items():
            if (mine, theirs) not in shares:
                shares[mine, theirs] = ahead_of(mine, [(theirs, 1)], rates)
            ahead += count * shares[mine, theirs]
        before[mine] += 1
        weekly = tuple(sum(week) for week in zip(*(seen.weekly[kind] for kind in mine), strict=True)) or (0,) * WEEKS
        free = sum(seen.free.get(kind, 0) for kind in mine)
        wait = estimate(weekly, ahead, free)
        if _still_told(told.get(need["key"]), wait, today):
            continue
        rows.append(
            {
                "need_id": need["key"],
                "made_on": today,
                "ahead": round(ahead, 1),
                "weekly": round(sum(weekly) / WEEKS, 2),
                "free": free,
                "median_weeks": wait.median,
                "most_weeks": wait.most,
                "why": wait.why,
                "unlocks": _unlocks(seen.rows, need) if wait.why == "nothing-comes" else [],
            }
        )
    written = [row["need_id"] for row in rows]
    for start in range(0, len(rows), BATCH):
        # Estimated twice in a day: the later one stands, nobody had time to wait on the first.
        session.execute(
            sa.delete(WaitEstimate).where(
                WaitEstimate.made_on == today, WaitEstimate.need_id.in_(written[start : start + BATCH])
            )
        )
        session.execute(sa.insert(WaitEstimate), rows[start : start + BATCH])
    return len(rows)


def some_wait_for_one(session: Session, today: date) -> bool:
    """Whether a need that a run counts with was never estimated."""
    query = (
        sa.select(Need.id)
        .join(Organisation, Organisation.id == Need.organisation_id)
        .where(*scenario.counted(today), ~sa.exists().where(WaitEstimate.need_id == Need.id))
    )
    return session.scalar(query.limit(1)) is not None


def observe(session: Session, needs: Sequence[scenario.Row], today: date) -> Arrivals:
    """Return what entered the stock in the last weeks and what is free today, as the needs see it."""
    since = datetime.combine(today - timedelta(weeks=WEEKS), datetime.min.time(), zone())
    entered = session.execute(
        sa.select(Event.subject_id, sa.func.min(Event.at))
        .where(
            Event.subject_kind == "device",
            Event.after == Status.IN_STOCK.value,
            Event.before.is_distinct_from(Status.RESERVED.value),
            Event.at >= since,
        )
        .group_by(Event.subject_id)
    )
    week_of = {
        row[0]: min(WEEKS - 1, max(0, (row[1].astimezone(zone()).date() - since.date()).days // 7)) for row in entered
    }
    came: list[scenario.Row] = []
    keys = sorted(week_of)
    for start in range(0, len(keys), BATCH):
        came += scenario.stock(session, device_ids=keys[start : start + BATCH])
    free = scenario.stock(session)
    known = {row["key"]: row for row in (*came, *free)}
    devices = sorted(known.values(), key=lambda row: row["key"])
    kinds = group(devices, needs, {})
    numbers: dict[tuple[int, tuple[str, ...] | None], int] = {}
    kind_of: dict[int, int] = {}
    for device, row in zip(devices, kinds.row_of, strict=True):
        if row >= 0:
            reach = None if device["reach"] is None else tuple(sorted(device["reach"]))
            kind_of[device["key"]] = numbers.setdefault((row, reach), len(numbers))
    weekly: dict[int, list[int]] = defaultdict(lambda: [0] * WEEKS)
    for key, week in week_of.items():
        if key in kind_of:
            weekly[kind_of[key]][week] += 1
    suits: dict[int, frozenset[int]] = {}
    made: dict[tuple[int, Any], frozenset[int]] = {}
    for need, column in zip(needs, kinds.column_of, strict=True):
        asked = (column, need["epci"])
        if asked not in made:
            made[asked] = frozenset(
                number
                for (row, reach), number in numbers.items()
                if column >= 0 and kinds.suits[row] >> column & 1 and (reach is None or need["epci"] in reach)
            )
        suits[need["key"]] = made[asked]
    return Arrivals(
        {number: tuple(weekly[number]) for number in numbers.values()},
        Counter(kind_of[row["key"]] for row in free if row["key"] in kind_of),
        suits,
        devices,
    )


def _unlocks(devices: Sequence[scenario.Row], need: scenario.Row) -> list[dict[str, Any]]:
    return [{"criterion": name, "devices": count} for name, count in core.relaxations(devices, need).items()]


def _still_told(last: Any, wait: Wait, today: date) -> bool:
    return last is not None and today - last.made_on < STANDS and last.why == wait.why


def _latest(session: Session, need_ids: Sequence[int]) -> dict[int, Any]:
    """Return the latest estimate of some needs, as rows (need_id, made_on, why)."""
    found: dict[int, Any] = {}
    last = sa.select(WaitEstimate.need_id, sa.func.max(WaitEstimate.made_on).label("on")).group_by(WaitEstimate.need_id)
    newest = last.subquery()
    query = sa.select(WaitEstimate.need_id, WaitEstimate.made_on, WaitEstimate.why).join(
        newest, sa.and_(newest.c.need_id == WaitEstimate.need_id, newest.c.on == WaitEstimate.made_on)
    )
    wanted = set(need_ids)
    for row in session.execute(query):
        if row.need_id in wanted:
            found[row.need_id] = row
    return found


def of_need(session: Session, need_id: int) -> WaitEstimate | None:
    """Return what is told of a need's wait, None until it was estimated."""
    return session.scalar(
        sa.select(WaitEstimate).where(WaitEstimate.need_id == need_id).order_by(WaitEstimate.made_on.desc()).limit(1)
    )


def history(session: Session, need_id: int) -> Sequence[WaitEstimate]:
    """Return every estimate told of a need, latest first."""
    return session.scalars(
        sa.select(WaitEstimate).where(WaitEstimate.need_id == need_id).order_by(WaitEstimate.made_on.desc())
    ).all()


# -- Score -------------------------------------------------------------------------------------------------------------
#: Endings after which the need waits again: such a machine did not end the wait.
_IN_VAIN = (Ending.DECLINED, Ending.EXPIRED, Ending.DEVICE_LEFT, Ending.RELEASED)
#: A need that was given up tells nothing about the wait.
_GIVEN_UP = (State.CANCELLED, State.REFUSED, State.DUPLICATE)


def scores(session: Session, today: date) -> tuple[Score, list[tuple[date, Score]]]:
    """Return how good the estimates were, all of them and month by month, latest month first."""
    served = (
        sa.select(Reservation.need_id, sa.func.max(Reservation.made_at).label("at"))
        .where(sa.or_(Reservation.ending.is_(None), Reservation.ending.not_in(_IN_VAIN)))
        .group_by(Reservation.need_id)
        .subquery()
    )
    query = (
        sa.select(
            sa.type_coerce(WaitEstimate.made_on, sa.Date()),
            WaitEstimate.median_weeks,
            WaitEstimate.most_weeks,
            # As the database has it: making moments of thousands of rows takes longer than reading them.
            sa.type_coerce(served.c.at, sa.DateTime()),
        )
        .join(Need, Need.id == WaitEstimate.need_id)
        .outerjoin(served, served.c.need_id == WaitEstimate.need_id)
        .where(WaitEstimate.median_weeks > 0, Need.state.not_in(_GIVEN_UP))
    )
    told: dict[date, list[Outcome]] = defaultdict(list)
    here = zone()
    for made_on, median, most, at in session.connection().execute(query).all():
        waited = None
        if at is not None:
            # SQLite keeps moments without their zone, which is UTC.
            at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
            # Served before: it waits for another machine now, and this one is not it.
            days = (at.astimezone(here).date() - made_on).days
            waited = days / 7 if days >= 0 else None
        told[made_on].append(Outcome(median, most, waited, (today - made_on).days / 7))
    months: dict[date, list[Outcome]] = defaultdict(list)
    for made_on, rows in told.items():
        months[made_on.replace(day=1)] += rows
    whole = score([outcome for rows in months.values() for outcome in rows])
    return whole, [(month, score(rows)) for month, rows in sorted(months.items(), reverse=True)]


# -- Hopeless ----------------------------------------------------------------------------------------------------------
def _newest(column: Any) -> Any:
    """Return what the latest estimate of a need says: by the index of its own, however many were made in all."""
    mine = sa.select(column).where(WaitEstimate.need_id == Need.id).order_by(WaitEstimate.made_on.desc()).limit(1)
    return mine.correlate(Need).scalar_subquery()


def _hopeless() -> tuple[sa.ColumnElement[bool], ...]:
    return is_open(), _newest(WaitEstimate.why) == "nothing-comes"


def hopeless(session: Session, page: int) -> Page[WaitEstimate]:
    """Return a page of the open needs that nothing in sight can serve, by points."""
    query = sa.select(Need).where(*_hopeless()).order_by(Need.points.desc(), Need.validated_on, Need.id)
    needs: Page[Need] = paginate(session, query.options(load_only(Need.id)), page)
    told = sa.select(WaitEstimate).join(Need).where(WaitEstimate.need_id.in_([need.id for need in needs.items]))
    told = told.where(WaitEstimate.id == _newest(WaitEstimate.id))
    rows = session.scalars(told.options(*said_of_need(WaitEstimate.need)).execution_options(populate_existing=True))
    by_need = {row.need_id: row for row in rows}
    items = [by_need[need.id] for need in needs.items]
    return Page(items, needs.number, needs.total, needs.per_page, needs.beyond)


@dataclass(frozen=True)
class Wanted:
    """What would serve some of them: forms accepted, minima, system, and how many need it."""

    forms: tuple[str, ...]
    minima: tuple[tuple[str, Any], ...]
    os: str
    count: int


def wanted(session: Session) -> list[Wanted]:
    """Return what the hopeless needs ask for, those that ask alike together, the most asked first."""
    counts: Counter[tuple[tuple[str, ...], tuple[tuple[str, Any], ...], str]] = Counter()
    # Those that ask alike in so many words are counted by the database: what they ask is read once.
    texts = (sa.cast(Need.forms, sa.Text), sa.cast(Need.minima, sa.Text), Need.os)
    asking = sa.select(texts[0], texts[1], texts[2], sa.func.count()).where(*_hopeless()).group_by(*texts)
    for forms, minima, system, count in session.execute(asking):
        asked = tuple(sorted((name, value) for name, value in json.loads(minima).items() if value))
        counts[tuple(json.loads(forms)), asked, system] += count
    rows = [Wanted(forms, asked, os, count) for (forms, asked, os), count in counts.items()]
    return sorted(rows, key=lambda row: (-row.count, row.forms, str(row.minima)))
