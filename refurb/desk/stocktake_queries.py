"""Counts as they are read: what one expects, how far it is, what it found, missed and met."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from refurb.core.workflow import OUT
from refurb.desk.models import Stocktake, StocktakeItem
from refurb.devices.models import Device
from refurb.donations.models import Arrival, Lot, LotLine
from refurb.organisations.models import Place
from refurb.security import Actor


@dataclass(frozen=True)
class Counted:
    """A stocktake as it is read: its machines in five groups, and the texts that no machine answers to.

    `unexpected` stood at no place, `elsewhere` at another one, or with another organisation.
    """

    expected: int
    found: Sequence[StocktakeItem]
    missing: Sequence[StocktakeItem]
    unexpected: Sequence[StocktakeItem]
    elsewhere: Sequence[StocktakeItem]
    texts: Sequence[StocktakeItem]


def expected(session: Session, holder_id: int, *, place: Place | None, lot: Lot | None) -> Sequence[int]:
    """Return the machines of an organisation that should stand at a place, or came with a gift and are still there."""
    query = sa.select(Device.id).where(Device.holder_id == holder_id, Device.status.not_in(OUT))
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
    known = sa.select(StocktakeItem.id).where(StocktakeItem.stocktake_id == stocktake_id, StocktakeItem.text == text)
    return session.scalar(known.limit(1)) is not None


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


def by_id(session: Session, stocktake_id: int, *, seen_by: Actor) -> Stocktake | None:
    """Return one count of the actor's organisation."""
    query = sa.select(Stocktake).where(
        Stocktake.id == stocktake_id, Stocktake.organisation_id == seen_by.organisation_id
    )
    return session.scalar(query)


def counted(session: Session, stocktake: Stocktake) -> Counted:
    """Return what was expected, found, missing, unexpected and elsewhere, machines loaded."""
    query = (
        sa.select(StocktakeItem)
        .where(StocktakeItem.stocktake_id == stocktake.id)
        .options(joinedload(StocktakeItem.device).joinedload(Device.place))
        .order_by(StocktakeItem.id)
    )
    items = session.scalars(query).all()
    strangers = [i for i in items if not i.expected and i.device_id is not None]
    return Counted(
        expected=sum(i.expected for i in items),
        found=[i for i in items if i.expected and i.found_at],
        missing=[i for i in items if i.expected and not i.found_at],
        unexpected=[i for i in strangers if i.recorded_at is None],
        elsewhere=[i for i in strangers if i.recorded_at is not None],
        texts=[i for i in items if i.device_id is None],
    )


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
