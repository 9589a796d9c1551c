"""What is known of a machine when it moves or opens: asked in one statement, of this area and of those that registered.

A statement costs half a millisecond of the server's time before the database has done anything, and a scan has 15 ms.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.core import media as core_media
from refurb.core.equipment import NEEDS_CHARGER, NEEDS_SET, WITHOUT_PROFILE, WITHOUT_SYSTEM
from refurb.core.media import MediumState
from refurb.core.refurbished import may_be_called_refurbished
from refurb.core.steps import OPTIONAL_STEPS
from refurb.core.workflow import Action, Facts, HandoverMode
from refurb.db import shared_alias
from refurb.devices import queries, registry
from refurb.devices.models import Device, DeviceSet, MediumWipe, Report, StorageMedium
from refurb.devices.queries import MONITOR_READY, NOT_A_DIAGNOSIS, WITHOUT_MEDIA, MediumSeen, WipeSeen
from refurb.security import Actor

_FACTS = frozenset(field.name for field in fields(Facts))
_Screen = shared_alias(Device)
#: Aliases, so that what an area asks about media is not taken to be about these.
_Medium, _Wipe = shared_alias(StorageMedium), shared_alias(MediumWipe)


@dataclass(frozen=True, slots=True)
class Known:
    """What the guards ask about a machine, and what a move must know beside them."""

    facts: Facts
    #: The steps that its holder scans: all of them unless the workshop chose.
    scanned: Sequence[Action]
    #: The base unit of the set whose screen the machine is.
    base_id: int | None
    #: It belongs to a set, as base unit or as screen.
    in_set: bool


#: What this area asks; each is a column about the one row of `Device` that the statement reads.
_OWN: Mapping[str, sa.ColumnElement[Any]] = {
    "diagnosed": sa.exists().where(
        Report.device_id == Device.id,
        Report.read_at.is_not(None),
        *(Report.format != name for name in NOT_A_DIAGNOSIS),
        Report.received_at >= Device.opened_at,
    ),
    "report_asks": sa.or_(
        sa.exists().where(Report.asked_of_id == Device.id, Report.doubt.is_not(None)),
        sa.exists().where(Report.device_id == Device.id, Report.doubt.is_not(None)),
    ),
    "base_id": sa.select(DeviceSet.base_id).where(DeviceSet.monitor_id == Device.id).scalar_subquery(),
    "has_set": sa.exists().where(DeviceSet.base_id == Device.id),
    "set_complete": sa.select(sa.literal(True))
    .select_from(DeviceSet)
    .outerjoin(_Screen, _Screen.id == DeviceSet.monitor_id)
    .where(
        DeviceSet.base_id == Device.id,
        DeviceSet.has_keyboard,
        DeviceSet.has_mouse,
        DeviceSet.has_cables,
        DeviceSet.has_monitor,
        sa.or_(_Screen.id.is_(None), *(_Screen.status == status for status in sorted(MONITOR_READY))),
    )
    .correlate(Device)
    .exists(),
}
#: What the statement begins with, of the media and of their wipes.
_MEDIUM = [getattr(_Medium, name) for name in ("id", *MediumSeen._fields) if name != "wipes"]
_WIPE = [getattr(_Wipe, name) for name in WipeSeen._fields]
_MEDIA = len(_MEDIUM) + len(_WIPE)


def known(session: Session, device: Device, *, by: Actor | None = None, mode: HandoverMode | None = None) -> Known:
    """Return what is known of a machine, as the database has it now."""
    own, areas, media = _ask(session, device)
    base_id = own["base_id"]
    states = [queries.medium_state(medium) for medium in media]
    media_known = device.media_known or (device.form in WITHOUT_MEDIA and not media)
    holds_system = device.form not in WITHOUT_SYSTEM
    found: dict[str, Any] = {
        "holds_system": holds_system,
        "media": core_media.media_state(media_known, states),
        "wipe_failed": MediumState.FAILED in states or MediumState.INTERRUPTED in states,
        "media_asks": core_media.media_asks(states),
        "triage_outcome": device.triage_outcome,
        "diagnosed": own["diagnosed"],
        "report_asks": own["report_asks"],
        "charger_complete": device.form not in NEEDS_CHARGER or bool(device.charger),
        "set_complete": device.form not in NEEDS_SET or own["set_complete"],
        "profile_known": bool(device.profiles)
        or not holds_system
        or (device.form in WITHOUT_PROFILE and device.cpu_class is not None),
        "labelled": device.labelled_at is not None,
        "locked_from": device.status_before_lock,
        "left_as": device.left_as,
        "refusal_signed": device.refusal_signed_at is not None,
        "controller_id": by.id if by is not None else None,
        "handover_mode": mode,
    }
    for area, values in areas.items():
        found |= registry.ASKED[area].facts(values)
    scanned = next((steps for a, v in areas.items() if (steps := registry.ASKED[a].scanned(v)) is not None), None)
    if base_id is not None:
        # A screen goes with its base unit: the reservation of the one is that of the other.
        _own, of_base, _media = _ask(session, session.get_one(Device, base_id))
        for area, values in of_base.items():
            found |= {k: v for k, v in registry.ASKED[area].facts(values).items() if k == "reservation_open"}
    assert found.keys() <= _FACTS, found.keys() - _FACTS
    return Known(
        facts=Facts(**found),
        scanned=OPTIONAL_STEPS if scanned is None else scanned,
        base_id=base_id,
        in_set=own["has_set"] or base_id is not None,
    )


def facts(session: Session, device: Device, *, by: Actor | None = None, mode: HandoverMode | None = None) -> Facts:
    """Return what the guards ask about a machine."""
    return known(session, device, by=by, mode=mode).facts


def is_refurbished(session: Session, device: Device) -> bool:
    """Tell whether the word "reconditionné" may be printed for the machine; every place that prints it asks here."""
    return may_be_called_refurbished(device.status, facts(session, device))


def _ask(
    session: Session, device: Device
) -> tuple[Mapping[str, Any], Mapping[str, Mapping[str, Any]], Sequence[MediumSeen]]:
    """Return the values of this area's columns by name, those of each other area, and the media with their wipes."""
    rows: Sequence[Any] = session.execute(_statement(tuple(registry.ASKED)), {"device": device.id}).all()
    media: dict[int, MediumSeen] = {}
    for row in rows:
        medium_id, *medium = row[: len(_MEDIUM)]
        wipe = WipeSeen(*row[len(_MEDIUM) : _MEDIA])
        if medium_id is not None:
            wipes = media.setdefault(medium_id, MediumSeen._make([*medium, []])).wipes
            if wipe.id is not None:
                wipes.append(wipe)
    values = iter(rows[0][_MEDIA:])
    own = {name: next(values) for name in _OWN}
    areas = {area: {name: next(values) for name in asked.columns} for area, asked in registry.ASKED.items()}
    return own, areas, list(media.values())


@cache
def _statement(areas: tuple[str, ...]) -> sa.Select[Any]:
    """Return the statement of what this area and `areas` ask: a row for each wipe of each medium, one where none is.

    After the media, the columns stand in their order, the same on each row.
    """
    asked = [_OWN, *(registry.ASKED[area].columns for area in areas)]
    columns = [*_MEDIUM, *_WIPE, *(column for columns in asked for column in columns.values())]
    labelled = [column.label(f"asked_{number}") for number, column in enumerate(columns)]
    statement = sa.select(*labelled).select_from(Device).where(Device.id == sa.bindparam("device"))
    media = statement.outerjoin(_Medium, _Medium.device_id == Device.id)
    return media.outerjoin(_Wipe, _Wipe.medium_id == _Medium.id)
