"""Sign in and out, invite, join, leave; station tokens."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.accounts import queries
from refurb.accounts.models import Account, AccountSession, Invitation, Membership, StationToken
from refurb.accounts.tokens import new_token, token_hash
from refurb.audit.services import Author, record
from refurb.core.permissions import Role, Scope

#: How long a browser stays signed in.
SESSION_LIFETIME = timedelta(days=14)
INVITATION_LIFETIME = timedelta(days=14)


class AccountRefused(Exception):
    """What cannot be done to an account; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def create(
    session: Session,
    *,
    email: str,
    name: str,
    by: Author,
    at: datetime,
    language: str = "fr",
    password_hash: str | None = None,
) -> Account:
    """Create an account; raises AccountRefused, code "already-known"."""
    if queries.by_email(session, email) is not None:
        raise AccountRefused("already-known")
    account = Account(
        email=email.strip().lower(),
        name=name.strip(),
        language=language,
        password_hash=password_hash,
        created_at=at,
    )
    session.add(account)
    session.flush()
    record(session, "account", account.id, "account.created", by=by, at=at)
    return account


def join(
    session: Session, account_id: int, organisation_id: int, roles: Iterable[Role], *, by: Author, at: datetime
) -> Membership:
    """Give an account a place in an organisation, or other roles in the one it has.

    Raises AccountRefused "no-role", and "last-administrator" where nobody would administer any more.
    """
    codes = sorted({role.value for role in roles})
    if not codes:
        raise AccountRefused("no-role")
    membership = session.scalar(
        sa.select(Membership).where(Membership.account_id == account_id, Membership.organisation_id == organisation_id)
    )
    if membership is None:
        membership = Membership(account_id=account_id, organisation_id=organisation_id, role_codes=codes, created_at=at)
        session.add(membership)
    else:
        if Role.ADMINISTRATOR.value not in codes:
            _keep_an_administrator(session, membership)
        membership.role_codes, membership.ended_at = codes, None
    session.flush()
    payload = {"organisation_id": organisation_id, "role": codes}
    record(session, "account", account_id, "account.joined", by=by, at=at, payload=payload)
    return membership


def leave(session: Session, membership: Membership, *, by: Author, at: datetime) -> None:
    """End a membership; raises AccountRefused, "last-administrator" for the only person who could undo it."""
    _keep_an_administrator(session, membership)
    membership.ended_at = at
    payload = {"organisation_id": membership.organisation_id}
    record(session, "account", membership.account_id, "account.left", by=by, at=at, payload=payload)


def _keep_an_administrator(session: Session, membership: Membership) -> None:
    """Refuse that a membership ends, or loses its roles, when it is the only one that administers."""
    administers = Role.ADMINISTRATOR.value in membership.role_codes and membership.ended_at is None
    if administers and _administrators(session) <= 1:
        raise AccountRefused("last-administrator")


def _administrators(session: Session) -> int:
    live = [m for account in queries.all_accounts(session) if not account.disabled_at for m in account.memberships]
    return sum(Role.ADMINISTRATOR.value in m.role_codes and m.ended_at is None for m in live)


def open_session(session: Session, account: Account, *, at: datetime, user_agent: str | None) -> str:
    """Open a sign-in; return the token for the cookie, which the database never holds."""
    token = new_token()
    session.add(
        AccountSession(
            token_hash=token_hash(token),
            account_id=account.id,
            created_at=at,
            last_seen_at=at,
            expires_at=at + SESSION_LIFETIME,
            user_agent=(user_agent or "")[:300] or None,
        )
    )
    return token


def note_seen(session: Session, session_id: int, *, at: datetime) -> None:
    """Note when a sign-in was last used."""
    session.execute(
        sa.update(AccountSession).where(AccountSession.id == session_id).values(last_seen_at=at),
        execution_options={"synchronize_session": False},
    )


def hand_browser(session: Session, session_id: int, badge_id: int | None, *, at: datetime) -> None:
    """Let the bearer of a badge act in the browser of a sign-in; with None, whoever signed in has it again."""
    session.execute(
        sa.update(AccountSession)
        .where(AccountSession.id == session_id)
        .values(badge_id=badge_id, badge_at=at if badge_id else None),
        execution_options={"synchronize_session": False},
    )


def close_session(session: Session, session_id: int, *, account_id: int, at: datetime) -> bool:
    """Revoke one sign-in of the account; return whether there was one."""
    row = session.get(AccountSession, session_id)
    if row is None or row.account_id != account_id or row.revoked_at is not None:
        return False
    row.revoked_at = at
    return True


def close_other_sessions(session: Session, account_id: int, *, keep: int | None, at: datetime) -> int:
    """Revoke every sign-in of the account but `keep`; return how many."""
    rows = [row for row in queries.live_sessions(session, account_id, now=at) if row.id != keep]
    for row in rows:
        row.revoked_at = at
    return len(rows)


def act_for(session: Session, session_id: int, organisation_id: int, *, account_id: int) -> bool:
    """Make the sign-in act for another organisation of the account; return whether it belongs to it."""
    membership = queries.membership_in(session, account_id, organisation_id)
    row = session.get(AccountSession, session_id)
    if membership is None or row is None or row.account_id != account_id:
        return False
    row.membership_id = membership.id
    return True


def set_password(
    session: Session, account: Account, password_hash: str, *, by: Author, at: datetime, keep: int | None
) -> None:
    """Set a password and close the other sign-ins: whoever had the old one is out."""
    account.password_hash = password_hash
    record(session, "account", account.id, "account.password-changed", by=by, at=at)
    close_other_sessions(session, account.id, keep=keep, at=at)


def invite(
    session: Session, *, email: str, organisation_id: int, roles: Iterable[Role], by: Author, at: datetime
) -> tuple[Invitation, str]:
    """Invite an address into an organisation; return the invitation and the token of its link.

    An earlier open invitation of the same address to the same organisation is revoked: the last link is the good one.
    Raises AccountRefused, "no-role", or "already-member".
    """
    address = email.strip().lower()
    codes = sorted({role.value for role in roles})
    if not codes:
        raise AccountRefused("no-role")
    account = queries.by_email(session, address)
    if account is not None and queries.membership_in(session, account.id, organisation_id) is not None:
        raise AccountRefused("already-member")
    for earlier in queries.invitations_of(session, organisation_id, now=at):
        if earlier.email == address:
            earlier.revoked_at = at
    token = new_token()
    invitation = Invitation(
        token_hash=token_hash(token),
        email=address,
        organisation_id=organisation_id,
        role_codes=codes,
        invited_by_id=by.id,
        created_at=at,
        expires_at=at + INVITATION_LIFETIME,
    )
    session.add(invitation)
    session.flush()
    payload = {"organisation_id": organisation_id, "role": codes, "invitation": invitation.id}
    record(session, "organisation", organisation_id, "account.invited", by=by, at=at, payload=payload)
    return invitation, token


def accept(session: Session, invitation: Invitation, account: Account, *, by: Author, at: datetime) -> Membership:
    """Answer an invitation: the account joins. The caller has checked that it is still open."""
    invitation.accepted_at = at
    known = {role.value for role in Role}
    roles = [Role(code) for code in invitation.role_codes if code in known]
    return join(session, account.id, invitation.organisation_id, roles, by=by, at=at)


def revoke_invitation(session: Session, invitation: Invitation, *, by: Author, at: datetime) -> None:
    """Close an invitation that nobody answered."""
    invitation.revoked_at = at
    payload = {"invitation": invitation.id}
    record(
        session, "organisation", invitation.organisation_id, "account.invitation-revoked", by=by, at=at, payload=payload
    )


def create_station(
    session: Session,
    *,
    name: str,
    organisation_id: int,
    by: Author,
    at: datetime,
    scopes: Iterable[Scope] = (Scope.REPORTS_WRITE,),
    expires_at: datetime | None = None,
) -> tuple[StationToken, str]:
    """Make the token of a bench or a program; return its row and the token, which is shown this once."""
    token, codes = new_token(), sorted({scope.value for scope in scopes})
    station = StationToken(
        name=name.strip(),
        organisation_id=organisation_id,
        token_hash=token_hash(token),
        scope_codes=codes,
        created_by_id=by.id,
        created_at=at,
        expires_at=expires_at,
    )
    session.add(station)
    session.flush()
    payload = {"scope": codes, "station": station.id}
    record(session, "organisation", organisation_id, "token.created", by=by, at=at, payload=payload)
    return station, token


def revoke_station(session: Session, station: StationToken, *, by: Author, at: datetime) -> None:
    """Close a station's token for ever."""
    station.revoked_at = at
    payload = {"station": station.id}
    record(session, "organisation", station.organisation_id, "token.revoked", by=by, at=at, payload=payload)
