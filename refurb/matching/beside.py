"""What is not matched by itself, read from the rows: base units that want this screen, needs that ask for such one."""

from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.core.equipment import NEEDS_SET, Form
from refurb.core.purpose import BEING_PREPARED, Purpose, purpose, screen_asked
from refurb.devices import queries as devices
from refurb.devices.models import Device, DeviceSet
from refurb.matching import scenario
from refurb.needs import queries as needs
from refurb.organisations.models import Organisation
from refurb.security import Actor

#: How many base units and needs are named; the rest of the base units are counted.
SHOWN = 3


@dataclass(frozen=True)
class Beside:
    """What a thing is for. `bases` are the codes of the first base units that want a screen, `count` is all of them."""

    purpose: Purpose
    bases: tuple[str, ...] = ()
    count: int = 0
    #: The codes of needs that ask for a screen and that this one is large enough for, in the order of service.
    needs: tuple[str, ...] = ()
    #: Needs ask for a screen of some size, and nobody wrote how large this one is.
    size_missing: bool = False


def stands_for(session: Session, device: Device, *, seen_by: Actor) -> Device:
    """Return the machine to ask "for whom" of: the base unit for the screen of a set, else the thing itself."""
    found = devices.set_of(session, device.id) if device.form is Form.MONITOR else None
    base = devices.by_code(session, found.base.code, seen_by=seen_by) if found is not None else None
    return base or device


def is_matched(device: Device) -> bool:
    """Tell whether needs ask for such a machine by itself, as `scenario.one_device` finds it; no statement."""
    return device.cpu_class is not None and device.form in scenario.MATCHED


def at_hand(session: Session, device: Device) -> Beside:
    """Return what a thing is for that needs do not ask for, by what stands in the same workshop: a scan waits for it.

    `needs` and `size_missing` are not asked: see `beside`.
    """
    if device.form is not Form.MONITOR:
        return Beside(purpose(device.form, 0))
    bases = _bases(device.holder_id)
    count = session.scalar(sa.select(sa.func.count()).select_from(bases.order_by(None).subquery())) or 0
    return Beside(purpose(device.form, count), tuple(session.scalars(bases.limit(SHOWN))) if count else (), count)


def beside(session: Session, device: Device, today: date) -> Beside:
    """Return what a thing is for that `scenario.one_device` does not find."""
    what = at_hand(session, device)
    if device.form is not Form.MONITOR:
        return what
    reach = session.get_one(Organisation, device.holder_id).perimeter
    asked = {
        kind: least
        for kind, _ in needs.kinds_for_matching(session, today)
        if (least := screen_asked(scenario.kind_row(kind))) and (reach is None or kind.epci_code in reach)
    }
    size = device.screen_in
    fits = {kind for kind, least in asked.items() if size is not None and size >= least}
    found: tuple[str, ...] = ()
    if fits:
        with closing(needs.rows_for_matching(session, today)) as rows:
            found = tuple(islice((row.code for row in rows if needs.kind_of(row) in fits), SHOWN))
    return replace(what, needs=found, size_missing=size is None and bool(asked))


def _bases(holder_id: int) -> sa.Select[str]:
    """Return the query of the base units that are being prepared without a screen, the nearest to the stock first."""
    nearest = sa.case({status.value: place for place, status in enumerate(BEING_PREPARED)}, value=Device.status)
    return (
        sa.select(Device.code)
        .outerjoin(DeviceSet, DeviceSet.base_id == Device.id)
        .where(
            Device.holder_id == holder_id,
            Device.form.in_(NEEDS_SET),
            Device.status.in_(BEING_PREPARED),
            sa.func.coalesce(DeviceSet.has_monitor, sa.false()).is_(sa.false()),
        )
        .order_by(nearest, Device.status_since, Device.code)
    )
