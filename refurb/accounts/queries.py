"""Who is behind a cookie or a token."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from refurb import web
from refurb.accounts.models import (
    Account,
    AccountSession,
    Invitation,
    Membership,
    SecondFactor,
    StationToken,
    roles_of,
)
from refurb.accounts.tokens import token_hash
from refurb.core.permissions import OrganisationRole, Role, permissions_of
from refurb.organisations.models import Organisation, OrganisationRoleRow, Suspension
from refurb.security import Actor, ActorKind


def by_email(session: Session, email: str) -> Account | None:
    """Return the account of an address, whatever its capitals."""
    return session.scalar(sa.select(Account).where(Account.email == email.strip().lower()))


@dataclass(frozen=True, slots=True)
class Belonging:
    """A live membership, with what the actor needs of its organisation."""

    id: int
    organisation_id: int
    roles: frozenset[Role]
    name: str
    epci_code: str | None
    commune_code: str | None
    suspension: Suspension | None
    organisation_roles: frozenset[OrganisationRole]


@dataclass(frozen=True, slots=True)
class SignIn:
    """A live sign-in: its account, and what the account belongs to, the oldest membership first."""

    id: int
    membership_id: int | None
    last_seen_at: datetime
    #: Whether the second factor was given here, and whether the account has one in force.
    is_proven: bool
    has_factor: bool
    account_id: int
    name: str
    language: str
    is_demo: bool
    #: The badge whose bearer has this browser now, and since when.
    badge_id: int | None
    badge_at: datetime | None
    belongings: tuple[Belonging, ...]


#: Every request of somebody signed in begins here, and a scan has 15 ms in all: one statement, built once, and plain
#: rows, one for each role of each organisation.
_LIVE_SESSION = (
    sa.select(
        AccountSession.id,
        AccountSession.membership_id,
        AccountSession.last_seen_at,
        AccountSession.proven_at.is_not(None),
        SecondFactor.confirmed_at.is_not(None),
        Account.id,
        Account.name,
        Account.language,
        Account.is_demo,
        AccountSession.badge_id,
        AccountSession.badge_at,
        Membership.id,
        Membership.organisation_id,
        Membership.role_codes,
        Organisation.name,
        Organisation.epci_code,
        Organisation.commune_code,
        Organisation.suspension,
        OrganisationRoleRow.role,
    )
    .join(Account, Account.id == AccountSession.account_id)
    .outerjoin(SecondFactor, SecondFactor.account_id == Account.id)
    .outerjoin(Membership, sa.and_(Membership.account_id == Account.id, Membership.ended_at.is_(None)))
    .outerjoin(Organisation, Organisation.id == Membership.organisation_id)
    .outerjoin(OrganisationRoleRow, OrganisationRoleRow.organisation_id == Organisation.id)
    .where(
        AccountSession.token_hash == sa.bindparam("token_hash"),
        AccountSession.revoked_at.is_(None),
        AccountSession.expires_at > sa.bindparam("now"),
        Account.disabled_at.is_(None),
    )
    .order_by(Membership.id)
)
#: How many of its columns are the sign-in's, and then the membership's.
_OWN, _HELD = 11, 7


def session_of(session: Session, token: str, *, now: datetime) -> SignIn | None:
    """Return the live sign-in that a cookie names, with its account and what the account belongs to."""
    rows: Sequence[Any] = session.execute(_LIVE_SESSION, {"token_hash": token_hash(token), "now": now}).all()
    if not rows:
        return None
    belongings = []
    for membership_id, held in groupby(rows, key=lambda row: row[_OWN]):
        if membership_id is None:
            continue
        first, *others = held
        _id, organisation_id, codes, name, epci_code, commune_code, suspension = first[_OWN : _OWN + _HELD]
        organisation_roles = frozenset(row[-1] for row in (first, *others) if row[-1] is not None)
        belongings.append(
            Belonging(
                id=membership_id,
                organisation_id=organisation_id,
                roles=roles_of(codes),
                name=name,
                epci_code=epci_code,
                commune_code=commune_code,
                suspension=suspension,
                organisation_roles=organisation_roles,
            )
        )
    sign_in_id, membership_id, last_seen_at, is_proven, has_factor, account_id, name, language, *more = rows[0][:_OWN]
    is_demo, badge_id, badge_at = more
    return SignIn(
        id=sign_in_id,
        membership_id=membership_id,
        last_seen_at=last_seen_at,
        is_proven=is_proven,
        has_factor=has_factor,
        account_id=account_id,
        name=name,
        language=language,
        is_demo=is_demo,
        badge_id=badge_id,
        badge_at=badge_at,
        belongings=tuple(belongings),
    )


def actor_of(signed_in: SignIn) -> Actor:
    """Return the actor of a sign-in: its chosen membership, else the first one."""
    held = signed_in.belongings
    chosen = next((m for m in held if m.id == signed_in.membership_id), held[0] if held else None)
    roles = chosen.roles if chosen else frozenset()
    return Actor(
        kind=ActorKind.PERSON,
        id=signed_in.account_id,
        organisation_id=chosen.organisation_id if chosen else None,
        organisation_name=chosen.name if chosen else "",
        organisation_roles=chosen.organisation_roles if chosen else frozenset(),
        roles=roles,
        permissions=permissions_of(roles),
        name=signed_in.name,
        language=signed_in.language,
        epci_code=chosen.epci_code if chosen else None,
        commune_code=chosen.commune_code if chosen else None,
        memberships=tuple((m.organisation_id, m.name) for m in held),
        suspension=chosen.suspension.value if chosen and chosen.suspension else "",
    )


def actor_in(account: Account, organisation: Organisation, roles: frozenset[Role]) -> Actor:
    """Return the actor that a person is in an organisation, with these roles."""
    return Actor(
        kind=ActorKind.PERSON,
        id=account.id,
        organisation_id=organisation.id,
        organisation_name=organisation.name,
        organisation_roles=organisation.roles,
        roles=roles,
        permissions=permissions_of(roles),
        name=account.name,
        epci_code=organisation.epci_code,
        commune_code=organisation.commune_code,
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
