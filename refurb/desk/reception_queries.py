"""The gifts that a workshop has collected and still has to count."""

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from refurb.donations.models import Lot, LotShare
from refurb.security import Actor


def to_count(session: Session, code: str, *, by: Actor) -> int | None:
    """Return the share of a gift that the actor's workshop has collected and not counted."""
    query = _uncounted(by).join(Lot).where(Lot.code == code, LotShare.collected_at.is_not(None))
    return session.scalar(query.with_only_columns(LotShare.id).order_by(LotShare.id).limit(1))


def share(session: Session, share_id: int, *, by: Actor) -> LotShare | None:
    """Return a share of the actor's workshop with its gift, until it is counted."""
    return session.scalar(_uncounted(by).where(LotShare.id == share_id).options(joinedload(LotShare.lot)))


def _uncounted(by: Actor) -> sa.Select[LotShare]:
    return sa.select(LotShare).where(
        LotShare.workshop_id == by.organisation_id, LotShare.accepted.is_(True), LotShare.counted_at.is_(None)
    )
