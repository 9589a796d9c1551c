"""Machines as the pages, the desk and the other areas ask for them: loaded with what is shown, seen by who may."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, load_only, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from refurb.audit.models import Event
from refurb.core import media as core_media
from refurb.core.equipment import NEEDS_CHARGER, NEEDS_SET, Form
from refurb.core.media import MediaState, MediumState, Outcome, WipeSource
from refurb.core.permissions import Permission
from refurb.core.workflow import Status
from refurb.devices.identity import maker_key, serial_key
from refurb.devices.models import (
    CountedStock,
    Device,
    DeviceAlias,
    DeviceSet,
    MediumWipe,
    Report,
    StorageMedium,
)
from refurb.devices.readings.registry import formats
from refurb.organisations.models import Organisation, Place
from refurb.security import Actor, ActorKind

#: Forms that cannot hold a storage medium; all others are looked into.
WITHOUT_MEDIA = frozenset({Form.MONITOR})
#: Reports that say nothing of the hardware.
NOT_A_DIAGNOSIS = ("unreadable", *(format.name for format in formats() if not format.agent))
#: A screen of a set that is ready to leave with its base unit.
MONITOR_READY = frozenset({Status.QUALITY_CHECKED, Status.IN_STOCK, Status.RESERVED, Status.READY_FOR_PICKUP})


class Reach(StrEnum):
    """Which machines an actor sees."""

    ALL = "all"
    OWN = "own"
    NONE = "none"


def reach_of(seen_by: Actor) -> Reach:
    """Return whose machines the actor sees: the holder its own and, for the coordination, everybody's."""
    if seen_by.kind is ActorKind.SYSTEM or seen_by.can(Permission.NEED_ARBITRATE):
        return Reach.ALL
    if seen_by.organisation_id is None or not (seen_by.can(Permission.DEVICE_READ) or seen_by.can(Permission.SCAN)):
        return Reach.NONE
    return Reach.OWN


def visible(query: sa.Select[Any], seen_by: Actor) -> sa.Select[Any]:
    """Narrow a query of devices to those that the actor sees."""
    match reach_of(seen_by):
        case Reach.ALL:
            return query
        case Reach.NONE:
            return query.where(sa.false())
    return query.where(Device.holder_id == seen_by.organisation_id)


def _whole(query: sa.Select[Any]) -> sa.Select[Any]:
    # A deed that locked the row has dropped what was loaded with it: what is asked here is read again.
    return query.options(
        joinedload(Device.holder),
        joinedload(Device.place),
        selectinload(Device.media).selectinload(StorageMedium.wipes),
        selectinload(Device.aliases),
    ).execution_options(populate_existing=True)


def by_code(session: Session, code: str, *, seen_by: Actor) -> Device | None:
    """Return the machine of this code with holder, place, media and aliases, if the actor may see it."""
    found: Device | None = session.scalar(_whole(visible(sa.select(Device).where(Device.code == code), seen_by)))
    return found


def by_id(session: Session, device_id: int) -> Device | None:
    """Return one machine, loaded as `by_code` does, for who was already allowed to see what names it."""
    found: Device | None = session.scalar(_whole(sa.select(Device).where(Device.id == device_id)))
    return found


def by_serial(session: Session, serial: str, *, seen_by: Actor, maker: str | None = None) -> Sequence[Device]:
    """Return the machines of this serial, trusted or not, at most ten; of one maker where it is known."""
    key = serial_key(serial)
    if key is None:
        return []
    query = sa.select(Device).where(Device.serial_key == key)
    if maker:
        query = query.where(Device.maker_key == maker_key(maker))
    return session.scalars(_whole(visible(query, seen_by)).order_by(Device.id).limit(10)).unique().all()


def by_alias(session: Session, text: str, *, seen_by: Actor) -> Sequence[Device]:
    """Return the machines that carry this old number, at most ten."""
    key = serial_key(text)
    if key is None:
        return []
    query = sa.select(Device).join(DeviceAlias).where(DeviceAlias.text_key == key)
    return session.scalars(_whole(visible(query, seen_by)).order_by(Device.id).limit(10)).unique().all()


def exists(session: Session, code: str) -> bool:
    """Tell whether a code is a machine's, whoever holds it: another site's opens nowhere, but is not unknown."""
    return bool(session.scalar(sa.select(sa.exists().where(Device.code == code))))


# -- The list ---------------------------------------------------------------------------------------------------------
SORTS: dict[str, Any] = {
    "code": Device.code,
    "since": Device.status_since,
    "model": Device.model,
    "class": Device.cpu_class,
}


def listing(
    *,
    seen_by: Actor,
    named: sa.ColumnElement[bool] | None = None,
    statuses: Iterable[Status] = (),
    form: Form | None = None,
    profile: str | None = None,
    place_id: int | None = None,
    holder_id: int | None = None,
    sort: str = "-since",
) -> sa.Select[Any]:
    """Return the query of a filtered list, with what a line shows; for `web.paginate`. `named` is of names.naming."""
    query = visible(sa.select(Device), seen_by).options(joinedload(Device.place), joinedload(Device.holder))
    if named is not None:
        query = query.where(named)
    if statuses := tuple(statuses):
        query = query.where(Device.status.in_(statuses))
    if form is not None:
        query = query.where(Device.form == form)
    if profile:
        query = query.where(sa.cast(Device.profiles, sa.Text).contains(f'"{profile}"', autoescape=True))
    if place_id is not None:
        query = query.where(Device.place_id == place_id)
    if holder_id is not None:
        query = query.where(Device.holder_id == holder_id)
    column = SORTS.get(sort.removeprefix("-"), Device.status_since)
    # Both the same way, as the index of either goes.
    return query.order_by(*((column.desc(), Device.id.desc()) if sort.startswith("-") else (column, Device.id)))


def lines(query: sa.Select[Any]) -> sa.Select[Any]:
    """Load of a list of machines what a line of its page says: of the whole rows it would show a quarter."""
    device = (
        Device.code,
        Device.form,
        Device.maker,
        Device.model,
        Device.status,
        Device.status_since,
        Device.cpu_class,
        Device.profiles,
    )
    return query.options(
        load_only(*device),
        joinedload(Device.place).load_only(Place.name),
        joinedload(Device.holder).load_only(Organisation.name, Organisation.short_name),
    )


def counts_by_place(session: Session, organisation_id: int) -> dict[int, int]:
    """Return how many machines stand at each place of an organisation."""
    counted: Any = (
        sa.select(Device.place_id, sa.func.count())
        .where(Device.holder_id == organisation_id, Device.place_id.is_not(None))
        .group_by(Device.place_id)
    )
    return {row[0]: row[1] for row in session.execute(counted)}


# -- Media ------------------------------------------------------------------------------------------------------------
class WipeSeen(NamedTuple):
    """The columns of a wipe that say where its medium stands, for who does not need the rest."""

    id: int
    outcome: Outcome
    source: WipeSource
    ended_at: datetime | None
    recorded_at: datetime
    doubtful: bool
    reasons: list[str]
    operator_id: int | None
    accepted_by_id: int | None


class MediumSeen(NamedTuple):
    """The same of a medium, with its wipes."""

    held_since: datetime
    destroyed_at: datetime | None
    absence_attested: str | None
    to_destroy: bool
    wipes: list[WipeSeen]


def medium_view(medium: StorageMedium | MediumSeen) -> core_media.Medium:
    """Return a medium as the rule of the core sees it; its wipes must be loaded."""
    return core_media.Medium(
        held_since=medium.held_since,
        # An outcome with an impossible time that a controller set aside is no outcome any more.
        wipes=[wipe_view(wipe) for wipe in medium.wipes if not was_set_aside(wipe)],
        destroyed=medium.destroyed_at is not None,
        absent=medium.absence_attested is not None,
        to_destroy=medium.to_destroy,
    )


def wipe_view(wipe: MediumWipe | WipeSeen) -> core_media.Wipe:
    """Return one outcome as the rule of the core sees it."""
    return core_media.Wipe(
        outcome=wipe.outcome,
        ended_at=wipe.ended_at or wipe.recorded_at,
        source=wipe.source,
        operator_id=wipe.operator_id,
        accepted_by_id=wipe.accepted_by_id,
        doubtful=wipe.doubtful,
        interrupted=core_media.was_interrupted(wipe.outcome, wipe.reasons),
        ref=wipe.id,
    )


def was_set_aside(wipe: MediumWipe | WipeSeen) -> bool:
    """Tell whether a controller answered that an outcome with an impossible time does not count."""
    return wipe.doubtful and "rejected" in wipe.reasons


def medium_state(medium: StorageMedium | MediumSeen) -> MediumState:
    """Return where a medium stands; its wipes must be loaded."""
    return core_media.medium_state(medium_view(medium))


def deciding_wipe(medium: StorageMedium) -> MediumWipe | None:
    """Return the outcome that says where a medium stands; its wipes must be loaded."""
    found = core_media.deciding(medium_view(medium))
    return None if found is None else next(wipe for wipe in medium.wipes if wipe.id == found.ref)


def media_of_devices(session: Session, device_ids: Sequence[int]) -> dict[int, list[StorageMedium]]:
    """Return by machine its media and those taken out of it that sit nowhere else, with their wipes."""
    found: dict[int, list[StorageMedium]] = {device_id: [] for device_id in device_ids}
    query = (
        sa.select(StorageMedium)
        .where(
            sa.or_(
                StorageMedium.device_id.in_(device_ids),
                sa.and_(StorageMedium.device_id.is_(None), StorageMedium.removed_from_id.in_(device_ids)),
            )
        )
        .options(selectinload(StorageMedium.wipes))
        .order_by(StorageMedium.id)
        .execution_options(populate_existing=True)
    )
    for medium in session.scalars(query):
        found[medium.device_id or medium.removed_from_id or 0].append(medium)
    return found


def latest_wipe(medium: StorageMedium) -> MediumWipe | None:
    """Return the newest outcome of a medium, whatever it is worth; its wipes must be loaded."""
    return max(medium.wipes, key=lambda wipe: (wipe.ended_at or wipe.recorded_at, wipe.id), default=None)


#: What every move asks, built once: building a statement costs as much as running it.
_MEDIA_OF = (
    sa.select(StorageMedium)
    .where(StorageMedium.device_id == sa.bindparam("device"))
    .options(joinedload(StorageMedium.wipes))
    .order_by(StorageMedium.id)
    .execution_options(populate_existing=True)
)


def media_of(session: Session, device_id: int) -> Sequence[StorageMedium]:
    """Return the media in a machine with their wipes, as the database has them now."""
    return session.scalars(_MEDIA_OF, {"device": device_id}).unique().all()


def medium_by_id(session: Session, medium_id: int, *, seen_by: Actor) -> StorageMedium | None:
    """Return one medium with its wipes and its machine, if the actor may see its holder's things."""
    query = (
        sa.select(StorageMedium)
        .where(StorageMedium.id == medium_id)
        .options(selectinload(StorageMedium.wipes), joinedload(StorageMedium.device))
        .execution_options(populate_existing=True)
    )
    if not (seen_by.kind is ActorKind.SYSTEM or seen_by.can(Permission.NEED_ARBITRATE)):
        query = query.where(StorageMedium.holder_id == seen_by.organisation_id)
    return session.scalar(query)


def medium_by_serial(session: Session, serial: str, *, holder_id: int) -> Sequence[StorageMedium]:
    """Return the media of this serial that an organisation holds, with their wipes and machine, newest first."""
    key = serial_key(serial)
    if key is None:
        return []
    query = (
        sa.select(StorageMedium)
        .where(StorageMedium.serial_key == key, StorageMedium.holder_id == holder_id)
        .options(selectinload(StorageMedium.wipes), joinedload(StorageMedium.device))
        .order_by(StorageMedium.id.desc())
    )
    return session.scalars(query).all()


def loose_media(session: Session, *, seen_by: Actor) -> Sequence[StorageMedium]:
    """Return the media that were taken out and are neither destroyed nor elsewhere, not clear or clear."""
    query = (
        sa.select(StorageMedium)
        .where(
            StorageMedium.device_id.is_(None),
            StorageMedium.destroyed_at.is_(None),
            StorageMedium.absence_attested.is_(None),
            StorageMedium.holder_id == seen_by.organisation_id,
        )
        .options(selectinload(StorageMedium.wipes))
        .order_by(StorageMedium.id.desc())
        .limit(500)
    )
    return session.scalars(query).all()


# -- What is known of all its media ------------------------------------------------------------------------------------
def media_state(session: Session, device: Device) -> MediaState:
    """Return what is known of all the media of a machine."""
    media = media_of(session, device.id)
    known = device.media_known or (device.form in WITHOUT_MEDIA and not media)
    return core_media.media_state(known, (medium_state(medium) for medium in media))


# -- Sets, stock, history ---------------------------------------------------------------------------------------------
def set_of(session: Session, device_id: int) -> DeviceSet | None:
    """Return the set a machine belongs to, as base or as screen, with both."""
    found = session.scalar(
        sa.select(DeviceSet)
        .where(sa.or_(DeviceSet.base_id == device_id, DeviceSet.monitor_id == device_id))
        .execution_options(populate_existing=True)
    )
    if found is not None:
        # Through the session's own map: reading the machines again would drop what a page has loaded of them.
        set_committed_value(found, "base", session.get_one(Device, found.base_id))
        monitor = session.get_one(Device, found.monitor_id) if found.monitor_id is not None else None
        set_committed_value(found, "monitor", monitor)
    return found


def set_by_code(session: Session, code: str, *, seen_by: Actor) -> DeviceSet | None:
    """Return the set of a `K` code with its two machines, if the actor may see them."""
    query = sa.select(DeviceSet).join(Device, Device.id == DeviceSet.base_id).where(DeviceSet.code == code)
    query = query.options(joinedload(DeviceSet.base), joinedload(DeviceSet.monitor))
    found: DeviceSet | None = session.scalar(visible(query, seen_by))
    return found


def set_is_complete(session: Session, base_id: int) -> bool:
    """Tell whether a base unit has its screen, controlled, its keyboard, its mouse and its cables."""
    found = session.execute(
        sa.select(
            DeviceSet.has_keyboard, DeviceSet.has_mouse, DeviceSet.has_cables, DeviceSet.has_monitor, Device.status
        )
        .outerjoin(Device, Device.id == DeviceSet.monitor_id)
        .where(DeviceSet.base_id == base_id)
    ).first()
    if found is None:
        return False
    *parts, screen = found
    return all(parts) and (screen is None or screen in MONITOR_READY)


def is_complete(session: Session, device: Device) -> bool:
    """Tell whether what a machine of this form needs beside it is there: its charger, or its set."""
    if device.form in NEEDS_CHARGER:
        return bool(device.charger)
    return device.form not in NEEDS_SET or set_is_complete(session, device.id)


def stock_of(session: Session, organisation_id: int, *, kind: str | None = None) -> Sequence[CountedStock]:
    """Return the counted stock of an organisation with its places, by kind then detail."""
    query = (
        sa.select(CountedStock)
        .where(CountedStock.organisation_id == organisation_id)
        .options(joinedload(CountedStock.place))
        .order_by(CountedStock.kind, CountedStock.connector, CountedStock.watts, CountedStock.detail, CountedStock.id)
    )
    if kind is not None:
        query = query.where(CountedStock.kind == kind)
    return session.scalars(query).all()


def stock_by_id(session: Session, stock_id: int, *, seen_by: Actor) -> CountedStock | None:
    """Return one line of counted stock with its place, if it is the actor's organisation's."""
    return session.scalar(
        sa.select(CountedStock)
        .where(CountedStock.id == stock_id, CountedStock.organisation_id == seen_by.organisation_id)
        .options(joinedload(CountedStock.place))
    )


def reports_of(session: Session, device_id: int) -> Sequence[Report]:
    """Return the reports read for a machine, newest first."""
    return session.scalars(
        sa.select(Report).where(Report.device_id == device_id).order_by(Report.received_at.desc(), Report.id.desc())
    ).all()


def last_move(session: Session, device_id: int) -> Event | None:
    """Return the last event of a machine that moved it: the one an undo would take back."""
    return session.scalar(
        sa.select(Event)
        .where(Event.subject_kind == "device", Event.subject_id == device_id, Event.after.is_not(None))
        .order_by(Event.seq.desc())
        .limit(1)
    )
