"""Who is behind a cookie or a token."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, selectinload

from refurb import web
from refurb.accounts.models import Account, AccountSession, Invitation, Membership, SecondFactor, StationToken
from refurb.accounts.tokens import token_hash
from refurb.core.permissions import Role, permissions_of
from refurb.organisations.models import Organisation
from refurb.security import Actor, ActorKind


def by_email(session: Session, email: str) -> Account | None:
    """Return the account of an address, whatever its capitals."""
    return session.scalar(sa.select(Account).where(Account.email == email.strip().lower()))


@cache
def _live_session() -> sa.Select[AccountSession]:
    """Return the statement of `session_of`, built once: building it costs more than running it.

    Joined, in one statement: every request of somebody signed in begins here, and a scan has 15 ms in all.
    """
    return (
        sa.select(AccountSession)
        .join(AccountSession.account)
        .where(
            AccountSession.token_hash == sa.bindparam("token_hash"),
            AccountSession.revoked_at.is_(None),
            AccountSession.expires_at > sa.bindparam("now"),
            Account.disabled_at.is_(None),
        )
        .options(
            contains_eager(AccountSession.account)
            .joinedload(Account.memberships.and_(Membership.ended_at.is_(None)))
            .joinedload(Membership.organisation)
            .joinedload(Organisation.role_rows),
            # Whether there is one, not what it is: the secret stays closed.
            contains_eager(AccountSession.account)
            .joinedload(Account.second_factor)
            .load_only(SecondFactor.confirmed_at),
        )
    )


def session_of(session: Session, token: str, *, now: datetime) -> AccountSession | None:
    """Return the live sign-in that a cookie names, with its account and what the account belongs to."""
    found = session.scalars(_live_session(), {"token_hash": token_hash(token), "now": now})
    return found.unique().one_or_none()


def actor_of(signed_in: AccountSession) -> Actor:
    """Return the actor of a sign-in: its chosen membership, else the first one."""
    account = signed_in.account
    # The relationship may hold rows ended since: never act for those.
    memberships = [m for m in account.memberships if m.ended_at is None]
    memberships.sort(key=lambda m: m.id)
    chosen = next((m for m in memberships if m.id == signed_in.membership_id), memberships[0] if memberships else None)
    roles = chosen.roles if chosen else frozenset()
    organisation = chosen.organisation if chosen else None
    return Actor(
        kind=ActorKind.PERSON,
        id=account.id,
        organisation_id=organisation.id if organisation else None,
        organisation_name=organisation.name if organisation else "",
        organisation_roles=organisation.roles if organisation else frozenset(),
        roles=roles,
        permissions=permissions_of(roles),
        name=account.name,
        language=account.language,
        epci_code=organisation.epci_code if organisation else None,
        commune_code=organisation.commune_code if organisation else None,
        memberships=tuple((m.organisation_id, m.organisation.name) for m in memberships),
        suspension=organisation.suspension.value if organisation and organisation.suspension else "",
    )


def names(session: Session, account_ids: set[int]) -> dict[int, str]:
    """Return the names of accounts, for a history that shows who acted."""
    if not account_ids:
        return {}
    rows = session.execute(sa.select(Account.id, Account.name).where(Account.id.in_(account_ids)))
    return {row.id: row.name for row in rows}


def station_by_token(session: Session, token: str) -> StationToken | None:
    """Return the live token of a station or a program, neither revoked nor past its end; its scopes are its limits."""
    return session.scalar(
        sa.select(StationToken).where(
            StationToken.token_hash == token_hash(token),
            StationToken.revoked_at.is_(None),
            sa.or_(StationToken.expires_at.is_(None), StationToken.expires_at > web.now()),
        )
    )


def members(session: Session, organisation_id: int) -> Sequence[Membership]:
    """Return the people of an organisation, those who left last."""
    return session.scalars(
        sa.select(Membership)
        .where(Membership.organisation_id == organisation_id)
        .options(selectinload(Membership.account))
        .order_by(Membership.ended_at.is_not(None), Membership.id)
    ).all()


def open_invitation(session: Session, token: str, *, now: datetime) -> Invitation | None:
    """Return the invitation that a link names, while it may still be answered."""
    return session.scalar(
        sa.select(Invitation)
        .where(
            Invitation.token_hash == token_hash(token),
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > now,
        )
        .options(selectinload(Invitation.organisation))
    )


def live_sessions(session: Session, account_id: int, *, now: datetime) -> Sequence[AccountSession]:
    """Return the sign-ins of an account that still hold, the latest first."""
    return session.scalars(
        sa.select(AccountSession)
        .where(
            AccountSession.account_id == account_id,
            AccountSession.revoked_at.is_(None),
            AccountSession.expires_at > now,
        )
        .order_by(AccountSession.last_seen_at.desc(), AccountSession.id.desc())
    ).all()


def membership_in(session: Session, account_id: int, organisation_id: int) -> Membership | None:
    """Return the live membership of an account in an organisation."""
    return session.scalar(
        sa.select(Membership).where(
            Membership.account_id == account_id,
            Membership.organisation_id == organisation_id,
            Membership.ended_at.is_(None),
        )
    )


def memberships_of(session: Session, account_id: int) -> Sequence[Membership]:
    """Return the live memberships of an account."""
    return session.scalars(
        sa.select(Membership).where(Membership.account_id == account_id, Membership.ended_at.is_(None))
    ).all()


def membership_by_id(session: Session, membership_id: int) -> Membership | None:
    """Return one membership with its account."""
    return session.scalar(
        sa.select(Membership).where(Membership.id == membership_id).options(selectinload(Membership.account))
    )


def invitations_of(session: Session, organisation_id: int, *, now: datetime) -> Sequence[Invitation]:
    """Return the invitations to an organisation that wait for an answer, the latest first."""
    return session.scalars(
        sa.select(Invitation)
        .where(
            Invitation.organisation_id == organisation_id,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > now,
        )
        .order_by(Invitation.id.desc())
    ).all()


def stations_of(session: Session, organisation_id: int) -> Sequence[StationToken]:
    """Return the stations of an organisation, revoked ones last."""
    return session.scalars(
        sa.select(StationToken)
        .where(StationToken.organisation_id == organisation_id)
        .order_by(StationToken.revoked_at.is_not(None), StationToken.id)
    ).all()


def all_accounts(session: Session) -> Sequence[Account]:
    """Return every account with its memberships, by address."""
    return session.scalars(
        sa.select(Account)
        .options(selectinload(Account.memberships).selectinload(Membership.organisation))
        .order_by(Account.email)
    ).all()


def has_administrator(session: Session) -> bool:
    """Whether somebody who can sign in administers this instance."""
    rows = session.scalars(
        sa.select(Membership.role_codes)
        .join(Membership.account)
        .where(
            Membership.ended_at.is_(None),
            Account.disabled_at.is_(None),
            Account.password_hash.is_not(None),
            sa.cast(Membership.role_codes, sa.Text).contains(Role.ADMINISTRATOR.value),
        )
    )
    return any(Role.ADMINISTRATOR.value in codes for codes in rows)
