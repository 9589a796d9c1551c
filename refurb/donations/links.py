"""The links that follow a gift without an account: forwarded, renewed, revoked, found again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from refurb.accounts.tokens import new_token, token_hash
from refurb.audit.services import record
from refurb.donations.models import Lot, LotLink
from refurb.organisations.models import Organisation
from refurb.security import Actor

#: Proofs are asked for long after; a link that nobody renews ends all the same.
LIFETIME = timedelta(days=730)


def create(session: Session, lot: Lot, *, origin: str, by: Actor, at: datetime) -> tuple[LotLink, str]:
    """Return a new link of the lot and its token, 192 random bits stored hashed."""
    token = new_token()
    link = LotLink(lot_id=lot.id, token_hash=token_hash(token), origin=origin, created_at=at, expires_at=at + LIFETIME)
    session.add(link)
    session.flush()
    payload = {"link_id": link.id, "origin": origin}
    record(session, "lot", lot.id, "lot.link-created", by=by, at=at, payload=payload)
    return link, token


def by_token(session: Session, token: str, *, at: datetime) -> LotLink | None:
    """Return the link that still holds, with its lot; None for one unknown, revoked or ended."""
    return session.scalar(
        sa.select(LotLink)
        .where(
            LotLink.token_hash == token_hash(token),
            LotLink.revoked_at.is_(None),
            sa.or_(LotLink.expires_at.is_(None), LotLink.expires_at > at),
        )
        .options(joinedload(LotLink.lot))
    )


def live(session: Session, lot_id: int, *, at: datetime) -> Sequence[LotLink]:
    """Return the links of a lot that still hold, the oldest first."""
    query = sa.select(LotLink).where(
        LotLink.lot_id == lot_id,
        LotLink.revoked_at.is_(None),
        sa.or_(LotLink.expires_at.is_(None), LotLink.expires_at > at),
    )
    return session.scalars(query.order_by(LotLink.id)).all()


def renew(session: Session, link: LotLink, *, by: Actor, at: datetime) -> tuple[LotLink, str]:
    """Put a new address in the place of the old one, which opens nothing from here."""
    link.revoked_at = at
    fresh, token = create(session, link.lot, origin="renewed", by=by, at=at)
    payload = {"link_id": link.id, "by": fresh.id}
    record(session, "lot", link.lot_id, "lot.link-renewed", by=by, at=at, payload=payload)
    return fresh, token


def revoke(session: Session, links: Sequence[LotLink], *, by: Actor, at: datetime) -> None:
    """Close links; what they opened is closed at once."""
    for link in links:
        if link.revoked_at is None:
            link.revoked_at = at
            record(session, "lot", link.lot_id, "lot.link-revoked", by=by, at=at, payload={"link_id": link.id})


def addresses(session: Session, lot: Lot) -> list[str]:
    """Return the addresses known for a gift, in small letters: its contacts and the organisation that gave it."""
    known = [str(contact.get("email") or "") for contact in lot.contacts]
    if lot.supplier_id is not None:
        known.append(session.scalar(sa.select(Organisation.email).where(Organisation.id == lot.supplier_id)) or "")
    return list(dict.fromkeys(address.strip().lower() for address in known if "@" in address))
