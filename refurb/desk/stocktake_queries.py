"""Counts as they are read: what one expects, how far it is, what it found, missed and met."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from refurb.audit.queries import of_subject
from refurb.core.stocktake import EXPECTED, Group, group
from refurb.core.workflow import Status
from refurb.desk.models import Stocktake, StocktakeItem
from refurb.devices.models import Device
from refurb.donations.models import Arrival, Lot, LotLine
from refurb.organisations.models import Place
from refurb.security import Actor


@dataclass(frozen=True)
class Line:
    """One machine of a count as it is read: `where` the record had it, by name, and the status it was `noted` with
    where that was gone or lost. `device` is the machine of today, for what may still be done with it.
    """

    code: str
    machine: str
    where: str | None
    noted: Status | None
    device: Device | None


@dataclass(frozen=True)
class Counted:
    """A stocktake as it is read: its machines in the groups of core.stocktake, and texts that no machine answers to.

    One that is over reads as it did when it was closed, under the `organisation` name of then.
    """

    groups: Mapping[Group, Sequence[Line]]
    #: Rows of the item's number and its text; of a count that is over, of no number.
    texts: Sequence[tuple[int | None, str]]
    organisation: str | None = None

    @property
    def expected(self) -> int:
        """How many machines were expected."""
        return len(self.found) + len(self.missing)

    @property
    def found(self) -> Sequence[Line]:
        """Those expected and found."""
        return self.groups[Group.FOUND]

    @property
    def missing(self) -> Sequence[Line]:
        """Those expected and not found."""
        return self.groups[Group.MISSING]

    @property
    def unexpected(self) -> Sequence[Line]:
        """Those met that stood nowhere, or came with another gift."""
        return self.groups[Group.UNEXPECTED]

    @property
    def elsewhere(self) -> Sequence[Line]:
        """Those met that the record had somewhere else, gone or lost."""
        return self.groups[Group.ELSEWHERE]


def expected(session: Session, holder_id: int, *, place: Place | None, lot: Lot | None) -> Sequence[int]:
    """Return the machines of an organisation that should stand at a place, or came with a gift and are still there."""
    query = sa.select(Device.id).where(Device.holder_id == holder_id, Device.status.in_(EXPECTED))
    if place is not None:
        query = query.where(Device.place_id == place.id)
    if lot is not None:
        query = query.join(Arrival, Arrival.device_id == Device.id).join(LotLine).where(LotLine.lot_id == lot.id)
    return session.scalars(query).all()


def is_of(session: Session, stocktake: Stocktake, code: str) -> bool:
    """Whether a code is that of the place, or of the gift, that is counted."""
    place = sa.exists().where(Place.id == stocktake.place_id, Place.code == code)
    lot = sa.exists().where(Lot.id == stocktake.lot_id, Lot.code == code)
    return bool(session.scalar(sa.select(sa.or_(place, lot))))


def has_text(session: Session, stocktake_id: int, text: str) -> bool:
    """Whether a count met this text already, which no machine answers to."""
    its = (StocktakeItem.stocktake_id == stocktake_id, StocktakeItem.device_id.is_(None), StocktakeItem.text == text)
    return session.scalar(sa.select(StocktakeItem.id).where(*its).limit(1)) is not None


def running(session: Session, *, place: Place | None, lot: Lot | None, by: Actor) -> Stocktake | None:
    """Return the count of this place or gift that is open: two would each miss what the other finds."""
    query = sa.select(Stocktake).where(
        Stocktake.organisation_id == by.organisation_id,
        Stocktake.place_id == (place.id if place else None),
        Stocktake.lot_id == (lot.id if lot else None),
        Stocktake.closed_at.is_(None),
    )
    return session.scalars(query.order_by(Stocktake.id).limit(1)).first()


def of_organisation(session: Session, by: Actor, *, limit: int = 30) -> Sequence[Stocktake]:
    """Return the latest counts of the actor's organisation, the open ones first."""
    query = sa.select(Stocktake).where(Stocktake.organisation_id == by.organisation_id)
    return session.scalars(query.order_by(Stocktake.closed_at.is_not(None), Stocktake.id.desc()).limit(limit)).all()


def by_id(session: Session, stocktake_id: int, *, seen_by: Actor, held: bool = False) -> Stocktake | None:
    """Return one count of the actor's organisation; `held`: it does not close before this transaction ends."""
    query = sa.select(Stocktake).where(
        Stocktake.id == stocktake_id, Stocktake.organisation_id == seen_by.organisation_id
    )
    if held:
        query = query.with_for_update(read=True).execution_options(populate_existing=True)
    return session.scalar(query)


def counted(session: Session, stocktake: Stocktake) -> Counted:
    """Return what was expected, found, missing, unexpected and elsewhere: now, or as it was when the count closed."""
    query = (
        sa.select(StocktakeItem)
        .where(StocktakeItem.stocktake_id == stocktake.id)
        .options(joinedload(StocktakeItem.device).joinedload(Device.place))
        .order_by(StocktakeItem.id)
    )
    items = session.scalars(query).all()
    closed = of_subject(session, "stocktake", stocktake.id, limit=1) if stocktake.closed_at else ()
    if closed and (kept := closed[0].payload):
        devices = {item.device.code: item.device for item in items if item.device}
        return Counted(
            {which: [_kept(row, devices) for row in kept["groups"].get(which.value, ())] for which in Group},
            [(None, text) for text in kept["texts"]],
            kept.get("organisation"),
        )
    groups: dict[Group, list[Line]] = {which: [] for which in Group}
    for item in items:
        if item.device is not None:
            elsewhere = item.recorded_at is not None or item.noted is not None
            which = group(expected=item.expected, found=item.found_at is not None, elsewhere=elsewhere)
            groups[which].append(_line(stocktake, item, item.device))
    return Counted(groups, [(item.id, item.text or "") for item in items if item.device_id is None])


def _line(stocktake: Stocktake, item: StocktakeItem, device: Device) -> Line:
    """Return a machine's line. Of a count that ended before its lines were kept, the record of today says nothing of
    where the machine stood then: only that it was expected at the place that was counted.
    """
    if stocktake.closed_at is not None:
        stood = stocktake.title if stocktake.place_id else None
    else:
        stood = device.place.name if device.place else None
    place = stood if item.expected else None
    named = " ".join(filter(None, (device.maker, device.model)))
    return Line(device.code, named, item.recorded_at or place, item.noted, device)


def _kept(row: Sequence[str | None], devices: Mapping[str, Device]) -> Line:
    code, machine, where, noted = row
    return Line(str(code), machine or "", where, Status(noted) if noted else None, devices.get(str(code)))


def came_with(session: Session, lot_id: int, device: Device) -> bool:
    """Whether a machine came with this gift."""
    came = sa.exists().where(Arrival.device_id == device.id, Arrival.line_id == LotLine.id, LotLine.lot_id == lot_id)
    return bool(session.scalar(sa.select(came)))


def strangers(session: Session, stocktake: Stocktake, codes: Sequence[str]) -> Sequence[Device]:
    """Return the machines of these codes that a count met and did not expect, in the order it met them."""
    query = (
        sa.select(Device)
        .join(StocktakeItem, StocktakeItem.device_id == Device.id)
        .where(StocktakeItem.stocktake_id == stocktake.id, ~StocktakeItem.expected, Device.code.in_(codes))
    )
    return session.scalars(query.order_by(StocktakeItem.id)).all()


def progress(session: Session, stocktake_id: int) -> tuple[int, int]:
    """Return how many of the expected machines were found, and how many are expected."""
    row = session.execute(
        sa.select(sa.func.count(StocktakeItem.found_at), sa.func.count()).where(
            StocktakeItem.stocktake_id == stocktake_id, StocktakeItem.expected
        )
    ).one()
    return row[0], row[1]
