"""Badges and their bearers, as they are read."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from refurb.accounts.models import Account, Membership
from refurb.desk.models import Badge, Scan
from refurb.organisations.models import Organisation


def membership(session: Session, account_id: int, organisation_id: int, *, badge_id: int = 0) -> Membership | None:
    """Return somebody's membership with their account and the organisation's roles, while both hold.

    With `badge_id`, only while that badge counts.
    """
    query = _memberships().where(Membership.account_id == account_id, Membership.organisation_id == organisation_id)
    if badge_id:
        query = query.where(sa.exists().where(Badge.id == badge_id, Badge.revoked_at.is_(None)))
    return session.scalars(query).unique().one_or_none()


def bearer(session: Session, badge_id: int) -> Membership | None:
    """Return the membership that a badge stands for, as `membership` does, while the badge counts."""
    query = _memberships().join(
        Badge, sa.and_(Badge.account_id == Membership.account_id, Badge.organisation_id == Membership.organisation_id)
    )
    return session.scalars(query.where(Badge.id == badge_id, Badge.revoked_at.is_(None))).unique().one_or_none()


def _memberships() -> sa.Select[Membership]:
    return (
        sa.select(Membership)
        .join(Membership.account)
        .where(Membership.ended_at.is_(None), Account.disabled_at.is_(None))
        .options(joinedload(Membership.account), joinedload(Membership.organisation).joinedload(Organisation.role_rows))
    )


def is_member(session: Session, account_id: int, organisation_id: int) -> bool:
    """Whether somebody belongs to an organisation."""
    query = sa.select(Membership.id).where(
        Membership.account_id == account_id,
        Membership.organisation_id == organisation_id,
        Membership.ended_at.is_(None),
    )
    return session.scalar(query) is not None


def badges_of(session: Session, organisation_id: int) -> Sequence[Badge]:
    """Return the badges of an organisation with their bearers, revoked ones last."""
    query = sa.select(Badge).where(Badge.organisation_id == organisation_id).options(joinedload(Badge.account))
    return session.scalars(query.order_by(Badge.revoked_at.is_not(None), Badge.id.desc())).all()


def badge_by_code(session: Session, code: str, organisation_id: int | None) -> Badge | None:
    """Return a live badge of the organisation, with its bearer."""
    query = sa.select(Badge).where(
        Badge.code == code, Badge.organisation_id == organisation_id, Badge.revoked_at.is_(None)
    )
    return session.scalar(query.options(joinedload(Badge.account)))


def waiting_for_pin(session: Session, pile_id: int, code: str) -> Sequence[Scan]:
    """Return the scans of a pile that ask for the PIN of this badge."""
    query = sa.select(Scan).where(Scan.pile_id == pile_id, Scan.reason == "badge-pin", Scan.code == code)
    return session.scalars(query).all()
