"""People who sign in: accounts, memberships, sessions, invitations, what proves who they are, tokens."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from refurb.core.permissions import Role, Scope
from refurb.db import Base, Name, pk
from refurb.organisations.models import Organisation
from refurb.sealed import Sealed

_ROLES = {role.value: role for role in Role}


def roles_of(codes: Iterable[str]) -> frozenset[Role]:
    """Return the roles that a membership's codes name; one this version does not know grants nothing."""
    return frozenset(_ROLES[code] for code in codes if code in _ROLES)


class Account(Base):
    """A person who signs in. The only place of the database that names one."""

    __tablename__ = "account"
    id: Mapped[pk]
    #: Lower case; the address is the name one signs in with.
    email: Mapped[str] = mapped_column(sa.String(254), unique=True)
    name: Mapped[Name]
    #: Argon2id; None until an invitation is answered.
    password_hash: Mapped[str | None]
    language: Mapped[str] = mapped_column(sa.String(2), default="fr")
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    #: Accounts of the seeded demo, which waive the second factor.
    is_demo: Mapped[bool] = mapped_column(default=False)
    memberships: Mapped[list["Membership"]] = relationship(back_populates="account", lazy="raise")


class Membership(Base):
    """What a person does in one organisation. Ended, never deleted: the log names it."""

    __tablename__ = "membership"
    __table_args__ = (sa.UniqueConstraint("account_id", "organisation_id"),)
    id: Mapped[pk]
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    #: Values of core.permissions.Role.
    role_codes: Mapped[list[str]]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    account: Mapped[Account] = relationship(back_populates="memberships", lazy="raise")
    organisation: Mapped[Organisation] = relationship(lazy="raise")

    @property
    def roles(self) -> frozenset[Role]:
        """The roles held; a code this version does not know grants nothing."""
        return roles_of(self.role_codes)


class AccountSession(Base):
    """One sign-in on one browser, listed to its owner and revocable. The cookie holds a token, this row its hash."""

    __tablename__ = "account_session"
    id: Mapped[pk]
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"), index=True)
    #: The membership acted for; a person of several organisations switches it.
    membership_id: Mapped[int | None] = mapped_column(sa.ForeignKey("membership.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    user_agent: Mapped[str | None] = mapped_column(sa.String(300))
    #: When the second factor was given here; without it, a sign-in that owes one opens nothing.
    proven_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    #: The badge that took this browser over, and since when: what it may do is then the bearer's (desk/operators).
    badge_id: Mapped[int | None] = mapped_column(sa.ForeignKey("badge.id"))
    badge_at: Mapped[datetime | None]
    account: Mapped[Account] = relationship(lazy="raise")
    membership: Mapped[Membership | None] = relationship(lazy="raise")


class Invitation(Base):
    """A link that lets somebody join an organisation, once, until it expires."""

    __tablename__ = "invitation"
    id: Mapped[pk]
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    email: Mapped[str] = mapped_column(sa.String(254), index=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    role_codes: Mapped[list[str]]
    invited_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    organisation: Mapped[Organisation] = relationship(lazy="raise")


class Attempt(Base):
    """Tries against one key (an address and an account, a form) within a window, shared by every process."""

    __tablename__ = "attempt"
    key: Mapped[str] = mapped_column(sa.String(200), primary_key=True)
    window_started_at: Mapped[datetime]
    count: Mapped[int] = mapped_column(default=0)


class StationToken(Base):
    """The token of one bench or one program of an organisation. Shown once, stored hashed, revocable."""

    __tablename__ = "station_token"
    id: Mapped[pk]
    name: Mapped[str] = mapped_column(sa.String(100))
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    #: Values of core.permissions.Scope: all that it opens.
    scope_codes: Mapped[list[str]]
    created_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    created_at: Mapped[datetime]
    #: None for a token that holds until it is revoked.
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    organisation: Mapped[Organisation] = relationship(lazy="raise")

    @property
    def scopes(self) -> frozenset[Scope]:
        """What it opens; a code this version does not know opens nothing."""
        known = {scope.value for scope in Scope}
        return frozenset(Scope(code) for code in self.scope_codes if code in known)


class SecondFactor(Base):
    """The secret that a telephone shares with us, from which both make the same codes; in force once confirmed."""

    __tablename__ = "second_factor"
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"), primary_key=True)
    secret: Mapped[str | None] = mapped_column(Sealed)
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    #: The last step of thirty seconds whose code was taken: that one and those before it are taken no more.
    last_step: Mapped[int] = mapped_column(default=0)


class RecoveryCode(Base):
    """One code of the printed sheet, for who lost the telephone. Shown once, stored hashed, used once."""

    __tablename__ = "recovery_code"
    id: Mapped[pk]
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"), index=True)
    code_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    used_at: Mapped[datetime | None]


class MailedCode(Base):
    """A code sent to the professional address, and the link beside it: either one, once, for a quarter of an hour."""

    __tablename__ = "mailed_code"
    id: Mapped[pk]
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"), index=True)
    #: Keyed with the instance's secret: eight digits alone would be found from their hash.
    code_hash: Mapped[str] = mapped_column(sa.String(64))
    link_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class ExternalIdentity(Base):
    """Whom a provider of identities (OpenID Connect) knows under a subject, and which account that is."""

    __tablename__ = "external_identity"
    __table_args__ = (sa.UniqueConstraint("issuer", "subject"),)
    id: Mapped[pk]
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"), index=True)
    issuer: Mapped[str] = mapped_column(sa.String(300))
    subject: Mapped[str] = mapped_column(sa.String(300))
    linked_at: Mapped[datetime]
    account: Mapped[Account] = relationship(lazy="raise")
