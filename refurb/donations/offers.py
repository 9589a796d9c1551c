"""A lot goes to workshops: offered whole or in part, answered, collected. Counting is in `arrivals`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.audit.services import record
from refurb.core.permissions import OrganisationRole
from refurb.donations.models import LineState, Lot, LotLine, LotShare
from refurb.donations.services import GiftRefused, lines_of, lock_lot, lock_row
from refurb.organisations.models import Organisation, OrganisationRoleRow
from refurb.security import Actor


def offer(
    session: Session, lot: Lot, workshop: Organisation, quantities: Mapping[int, int], *, by: Actor, at: datetime
) -> LotShare:
    """Offer accepted lines to a workshop: whole, or some pieces of a line, which then splits.

    `quantities`: line id -> how many of it. Raises GiftRefused "nothing-ticked", "not-free", "too-many",
    "not-a-workshop".
    """
    plays = sa.select(OrganisationRoleRow).where(
        OrganisationRoleRow.organisation_id == workshop.id, OrganisationRoleRow.role == OrganisationRole.REFURBISHER
    )
    if session.scalar(plays) is None:
        raise GiftRefused("not-a-workshop")
    lock_lot(session, lot)
    wanted = {line_id: count for line_id, count in quantities.items() if count > 0}
    if not wanted:
        raise GiftRefused("nothing-ticked")
    lines = lines_of(session, lot, wanted)
    if len(lines) != len(wanted) or any(
        line.share_id is not None or line.state is not LineState.ACCEPTED for line in lines
    ):
        raise GiftRefused("not-free")
    if any(wanted[line.id] > line.quantity for line in lines):
        raise GiftRefused("too-many")
    share = LotShare(lot_id=lot.id, workshop_id=workshop.id, offered_at=at)
    session.add(share)
    session.flush()
    for line in lines:
        if wanted[line.id] < line.quantity:
            _split(session, lot, line, wanted[line.id])
        line.share_id = share.id
    session.flush()
    payload = {"organisation_id": workshop.id, "share_id": share.id, "machines": sum(wanted.values())}
    record(session, "lot", lot.id, "lot.offered", by=by, at=at, payload=payload)
    return share


def _split(session: Session, lot: Lot, line: LotLine, taken: int) -> LotLine:
    """Leave `taken` pieces in the line and put the others in a line of their own, still to be offered."""
    last = session.scalar(sa.select(sa.func.max(LotLine.position)).where(LotLine.lot_id == lot.id)) or 0
    copied = {
        column.key: getattr(line, column.key)
        for column in LotLine.__table__.columns
        if column.key not in {"id", "position", "quantity", "share_id", "serial", "serial_key", "details"}
    }
    rest = LotLine(
        **copied,
        position=last + 1,
        quantity=line.quantity - taken,
        details={**line.details, "split_from": line.position},
    )
    line.quantity = taken
    session.add(rest)
    session.flush()
    return rest


def withdraw(session: Session, share: LotShare, *, by: Actor, at: datetime) -> None:
    """Take an offer back before it is answered, or before anything was collected; its lines are free again."""
    _lock_share(session, share)
    if share.collected_at is not None:
        raise GiftRefused("already-collected")
    _free_lines(session, share)
    share.answered_at, share.accepted, share.motive = share.answered_at or at, False, "withdrawn"
    payload = {"organisation_id": share.workshop_id, "share_id": share.id, "motive": "withdrawn"}
    record(session, "lot", share.lot_id, "lot.offer-declined", by=by, at=at, payload=payload)


def answer(
    session: Session, share: LotShare, *, accepted: bool, motive: str | None = None, by: Actor, at: datetime
) -> None:
    """Let the workshop take the offer, or decline it with a motive. Raises GiftRefused."""
    _lock_share(session, share)
    if share.answered_at is not None:
        raise GiftRefused("already-answered")
    if not accepted and not (motive or "").strip():
        raise GiftRefused("motive-missing")
    share.answered_at, share.accepted, share.motive = at, accepted, (motive or "").strip()[:300] or None
    if not accepted:
        _free_lines(session, share)
    kind = "lot.offer-accepted" if accepted else "lot.offer-declined"
    payload = {"organisation_id": share.workshop_id, "share_id": share.id, "motive": share.motive}
    record(session, "lot", share.lot_id, kind, by=by, at=at, payload=payload)


def _free_lines(session: Session, share: LotShare) -> None:
    session.execute(sa.update(LotLine).where(LotLine.share_id == share.id).values(share_id=None))


def _lock_share(session: Session, share: LotShare) -> None:
    lock_row(session, share)


def plan_pickup(session: Session, share: LotShare, *, on: date, window: str | None, by: Actor, at: datetime) -> None:
    """Say when the workshop comes. Raises GiftRefused "not-accepted", "already-collected"."""
    _lock_share(session, share)
    _must_be_taken(share)
    share.pickup_on, share.pickup_window = on, (window or "").strip()[:200] or None
    payload = {"on": on.isoformat(), "share_id": share.id}
    record(session, "lot", share.lot_id, "lot.collection-planned", by=by, at=at, payload=payload)


def collect(session: Session, share: LotShare, *, count: int, by: Actor, at: datetime) -> None:
    """Say that the goods left the giver, with the number of pieces loaded; every line of the share is collected."""
    _lock_share(session, share)
    _must_be_taken(share)
    share.collected_at, share.collected_count = at, count
    session.execute(
        sa.update(LotLine)
        .where(LotLine.share_id == share.id, LotLine.state == LineState.ACCEPTED)
        .values(state=LineState.COLLECTED)
    )
    record(
        session, "lot", share.lot_id, "lot.collected", by=by, at=at, payload={"count": count, "share_id": share.id},
        before=LineState.ACCEPTED.value, after=LineState.COLLECTED.value,
    )  # fmt: skip


def _must_be_taken(share: LotShare) -> None:
    if share.accepted is not True:
        raise GiftRefused("not-accepted")
    if share.collected_at is not None:
        raise GiftRefused("already-collected")
