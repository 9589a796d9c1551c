"""A département's stock against one need, narrowed by the database so that a page does not read all of it.

The conditions here say in SQL what core.matching.failing says; they count and order, and choose the few machines that
a page shows. What is shown of each is then decided by the core, and so is every reservation. A property test holds the
two to the same answers.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.core import matching as core
from refurb.core.documents import modes_allowed
from refurb.core.equipment import Form, Origin, Regime
from refurb.core.matching import CRITERIA, Candidate, Unsuitable
from refurb.core.workflow import Status
from refurb.devices.models import Device, DeviceSet
from refurb.matching.scenario import MATCHED, Monitor, stock
from refurb.organisations.models import LegalType, Organisation, Place

_BITS = {name: 1 << place for place, name in enumerate(CRITERIA)}


class Choice(NamedTuple):
    """What a page shows of the stock for one need, and how many there are in all; `alone` as core.relaxations."""

    good: list[Candidate]
    good_count: int
    bad: list[Unsuitable]
    bad_count: int
    alone: dict[str, int]


def choose(session: Session, need: Mapping[str, Any], *, limit: int, criterion: str | None = None) -> Choice:
    """Return the `limit` machines that fit best and the `limit` that fail on least, of all that is in stock.

    With `criterion`, the others are those that fail on that one alone.
    """
    fails = _fails(session, need)
    mask: sa.ColumnElement[int] = sum((sa.case((fails[name], _BITS[name]), else_=0) for name in fails), sa.literal(0))
    # The stock is gone through once, for what is counted and the two orders are narrow rows of it.
    seen = (
        _base(
            sa.select(
                Device.id,
                mask.label("mask"),
                (4 * Device.cpu_class + _band(need)).label("fit"),
                sa.func.coalesce(Device.in_stock_since, Device.status_since).label("since"),
                Device.code,
            )
        )
        .cte("seen")
        .prefix_with("MATERIALIZED", dialect="postgresql")
        .prefix_with("MATERIALIZED", dialect="sqlite")
    )
    c = seen.c
    number: sa.ColumnElement[int] = sum(
        (sa.case((c.mask.bitwise_and(_BITS[name]) != 0, 1), else_=0) for name in fails), sa.literal(0)
    )
    wanted = c.mask == _BITS[criterion] if criterion else c.mask != 0
    good = sa.select(c.id).where(c.mask == 0).order_by(c.fit, c.since, c.code).limit(limit).subquery()
    bad = sa.select(c.id).where(wanted).order_by(number, c.fit, c.code).limit(limit).subquery()
    counted = sa.select(sa.literal("count").label("what"), c.mask.label("key"), sa.func.count().label("many"))
    rows = session.execute(
        sa.union_all(
            counted.group_by(c.mask),
            sa.select(sa.literal("id"), good.c.id, sa.literal(0)),
            sa.select(sa.literal("id"), bad.c.id, sa.literal(0)),
        )
    ).all()
    counts: dict[int, int] = {row.key: row.many for row in rows if row.what == "count"}
    chosen = [row.key for row in rows if row.what == "id"]
    loaded = stock(session, device_ids=chosen)
    return Choice(
        good=core.suitable(loaded, need),
        good_count=counts.get(0, 0),
        bad=core.unsuitable(loaded, need),
        bad_count=counts.get(_BITS[criterion], 0)
        if criterion
        else sum(count for bits, count in counts.items() if bits),
        alone={name: counts[bit] for name, bit in _BITS.items() if counts.get(bit)},
    )


def _base(query: Any) -> Any:
    """Join what the conditions read, and keep what is in stock and matched."""
    return (
        query.join(Organisation, Organisation.id == Device.holder_id)
        .outerjoin(Place, Place.id == Device.place_id)
        .outerjoin(DeviceSet, DeviceSet.base_id == Device.id)
        .outerjoin(Monitor, Monitor.id == DeviceSet.monitor_id)
        .where(Device.status == Status.IN_STOCK, Device.cpu_class.is_not(None), Device.form.in_(MATCHED))
    )


def _fails(session: Session, need: Mapping[str, Any]) -> dict[str, sa.ColumnElement[bool]]:
    """Return, for each criterion that this need asks, the condition under which a machine fails on it."""
    asked = need["min"]
    battery = sa.case(
        (sa.func.coalesce(Device.has_battery, Device.form == Form.LAPTOP), sa.func.coalesce(Device.battery_pct, 0)),
        else_=None,
    )
    screen = sa.func.coalesce(Device.screen_in, Monitor.screen_in, 0)
    have: dict[str, sa.ColumnElement[Any]] = {
        "class": sa.func.coalesce(Device.cpu_class, 0),
        "ram_gb": sa.func.coalesce(Device.ram_mb, 0) / 1024.0,
        "storage_gb": sa.func.coalesce(Device.storage_gb, 0),
        "screen_in": screen,
        "battery_pct": battery,
    }
    fails: dict[str, sa.ColumnElement[bool]] = {
        name: column < asked[name] for name, column in have.items() if asked.get(name) is not None
    }
    fails["forms"] = Device.form.not_in([form for form, name in MATCHED.items() if name in need["forms"]])
    if asked.get("webcam"):
        fails["webcam"] = sa.func.coalesce(Device.webcam, sa.false()).is_(sa.false())
    if need["os"] != "any":
        windows = sa.func.lower(sa.func.coalesce(Device.os_name, "")).contains("windows")
        fails["os"] = ~windows if need["os"] == "windows" else windows
    fails["modes"] = _modes_fail(need["modes"])
    fails["reach"] = Device.holder_id.in_(_holders_out_of_reach(session, need["epci"]))
    return fails


def _modes_fail(wanted: Sequence[str]) -> sa.ColumnElement[bool]:
    """Return the condition under which no mode wanted is open: few combinations, each asked of the core's rule.

    Legal types closed alike are one list, for each condition is asked of each machine in stock.
    """
    closed: dict[tuple[LegalType, ...], list[sa.ColumnElement[bool]]] = {}
    for origin in Origin:
        for regime in Regime:
            types = tuple(
                legal_type
                for legal_type in LegalType
                if not {mode.value for mode in modes_allowed(origin, regime, legal_type.value)} & set(wanted)
            )
            if types:
                closed.setdefault(types, []).append(sa.and_(Device.origin == origin, Device.regime == regime))
    clauses = [
        sa.or_(*pairs) if len(types) == len(LegalType) else sa.and_(Organisation.legal_type.in_(types), sa.or_(*pairs))
        for types, pairs in closed.items()
    ]
    return sa.or_(sa.false(), *clauses)


def _holders_out_of_reach(session: Session, epci: str | None) -> list[int]:
    rows = session.execute(
        sa.select(Organisation.id, Organisation.perimeter).where(
            Organisation.id.in_(sa.select(Device.holder_id).where(Device.status == Status.IN_STOCK).distinct())
        )
    )
    return [row.id for row in rows if row.perimeter is not None and epci not in row.perimeter]


def _band(need: Mapping[str, Any]) -> sa.ColumnElement[int]:
    commune = sa.func.coalesce(Place.commune_code, Organisation.commune_code)
    epci = sa.func.coalesce(Place.epci_code, Organisation.epci_code)
    departement: str = need["departement"]
    return sa.case(
        (commune == need["commune"], 0),
        (epci == need["epci"], 1),
        (sa.func.substr(commune, 1, len(departement)) == departement, 2),
        else_=3,
    )
