"""Piles as a whole: that of a day, and what may still be done to all that a pile holds, by slices."""

from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from refurb.core.scanning import Answer
from refurb.desk.models import Scan, ScanPile
from refurb.desk.queries import UNDOABLE, WITH_NAME
from refurb.devices.models import Device
from refurb.security import Actor
from refurb.web import zone


def of_day(session: Session, on: date, *, by: Actor, client: str) -> ScanPile | None:
    """Return the last pile that the actor began on a day in this browser, with its place."""
    start, end = (datetime.combine(day, time(), zone()) for day in (on, on + timedelta(days=1)))
    query = sa.select(ScanPile).where(
        ScanPile.account_id == by.id,
        ScanPile.organisation_id == by.organisation_id,
        ScanPile.client == client,
        ScanPile.opened_at >= start,
        ScanPile.opened_at < end,
    )
    return session.scalar(query.options(joinedload(ScanPile.place)).order_by(ScanPile.id.desc()).limit(1))


def lines(pile_id: int, *, answer: Answer | None = None, text: str = "") -> sa.Select[Any]:
    """Return the query of a pile's ledger, oldest first, with its machines; `text` is of a code, text or machine."""
    query = sa.select(Scan).outerjoin(Scan.device).where(Scan.pile_id == pile_id).options(WITH_NAME).order_by(Scan.id)
    if answer is not None:
        query = query.where(Scan.answer == answer)
    if not text:
        return query
    named = sa.func.coalesce(Device.maker, "") + " " + sa.func.coalesce(Device.model, "")
    # A code is read in groups of four, and kept in one.
    asked = [(Scan.text, text), (named, text), *((c, "".join(text.split())) for c in (Scan.code, Device.code))]
    return query.where(sa.or_(*(column.icontains(wanted, autoescape=True) for column, wanted in asked)))


def has_to_label(session: Session, pile: ScanPile) -> bool:
    """Tell whether a pile gathered machines for labels: `queries.to_label` says which."""
    its = sa.exists().where(
        Scan.pile_id == pile.id,
        Scan.undone_at.is_(None),
        Scan.device_id == Device.id,
        Device.holder_id == pile.organisation_id,
    )
    return bool(session.scalar(sa.select(its)))


def undoable(session: Session, pile_id: int) -> int:
    """Return how many scans of a pile did what can be taken back."""
    return session.scalar(sa.select(sa.func.count()).where(Scan.pile_id == pile_id, *UNDOABLE)) or 0
