"""What became of a gift, told to its giver before it asks: when every machine has its end, or after six months."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from refurb.devices.models import Device
from refurb.documents import services as documents
from refurb.documents.models import Document
from refurb.donations import papers, queries, sentences
from refurb.donations.models import Arrival, Lot, LotLine, LotShare
from refurb.donations.services import GiftRefused, lock_row
from refurb.security import Actor

#: A giver that has heard nothing for half a year is told where things stand (domain.md I.1).
HALF_A_YEAR = timedelta(days=183)


def due(session: Session, *, at: datetime) -> Sequence[LotShare]:
    """Return the shares whose giver has something to be told: all is over, or half a year has passed in silence."""
    going_on = (
        sa.select(Arrival.device_id)
        .join(LotLine, LotLine.id == Arrival.line_id)
        .join(Device, Device.id == Arrival.device_id)
        .where(LotLine.share_id == LotShare.id, Device.status.not_in(sentences.ENDS))
    )
    some = sa.select(Arrival.device_id).join(LotLine, LotLine.id == Arrival.line_id)
    query = (
        sa.select(LotShare)
        .join(LotShare.lot)
        .where(
            LotShare.counted_at.is_not(None),
            ~LotShare.is_statement_final,
            ~Lot.is_counter_deposit,
            some.where(LotLine.share_id == LotShare.id).exists(),
            sa.or_(
                ~going_on.exists(),
                sa.and_(LotShare.statement_id.is_(None), LotShare.counted_at < at - HALF_A_YEAR),
            ),
        )
        .options(joinedload(LotShare.lot), joinedload(LotShare.workshop))
        .order_by(LotShare.id)
    )
    return session.scalars(query).all()


def state(session: Session, share: LotShare, *, by: Actor, at: datetime) -> Document:
    """Issue the reuse statement of a share as it stands; a later one replaces the one before.

    Raises GiftRefused "nothing-counted" before the count is closed.
    """
    lock_row(session, share)
    born = queries.arrivals_of(session, share.id)
    if share.counted_at is None or not born:
        raise GiftRefused("nothing-counted")
    data = papers.reuse_statement(session, share, born, at=at)
    earlier = session.get(Document, share.statement_id) if share.statement_id else None
    if earlier is not None and earlier.voided_at is None:
        paper = documents.replace(session, earlier, data=data, reason="newer", by=by, at=at)
    else:
        paper = papers.issue_statement(session, share, data, by=by, at=at)
    share.statement_id = paper.id
    share.is_statement_final = all(device.status in sentences.ENDS for _line, device in born)
    session.flush()
    return paper
