"""Sign-in without a password: a code sent to the professional address, for those who come twice a month.

The code is good in the browser that asked for it, the link beside it in any; whichever is used first ends both.
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from refurb.accounts.models import Account, MailedCode, Membership
from refurb.accounts.tokens import new_token, token_hash

LIFETIME = timedelta(minutes=15)
DIGITS = 8


def make(session: Session, account: Account, *, secret: str, at: datetime) -> tuple[str, str]:
    """Return a new code and the token of its link; an earlier pair of the account opens nothing more."""
    session.execute(
        sa.update(MailedCode)
        .where(MailedCode.account_id == account.id, MailedCode.used_at.is_(None))
        .values(used_at=at)
    )
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    link = new_token()
    session.add(
        MailedCode(
            account_id=account.id,
            code_hash=code_hash(code, account.id, secret),
            link_hash=token_hash(link),
            created_at=at,
            expires_at=at + LIFETIME,
        )
    )
    session.flush()
    return code, link


def may_receive(session: Session, account: Account | None) -> bool:
    """Whether a code is sent: to a live account that acts for somebody."""
    if account is None or account.disabled_at is not None:
        return False
    member = sa.select(Membership.id).where(Membership.account_id == account.id, Membership.ended_at.is_(None))
    return session.scalar(member.limit(1)) is not None


def take_code(session: Session, account: Account, text: str, *, secret: str, at: datetime) -> bool:
    """Take the code, once; whether it was the one."""
    digits = "".join(c for c in text if c.isdecimal())
    live = _live(at).where(MailedCode.account_id == account.id)
    row = session.scalar(live)
    if row is None or not hmac.compare_digest(row.code_hash, code_hash(digits, account.id, secret)):
        return False
    return _use(session, row, at)


def by_link(session: Session, token: str, *, at: datetime) -> tuple[MailedCode, Account] | None:
    """Return what a link names while it still opens, with the account."""
    row = session.scalar(_live(at).where(MailedCode.link_hash == token_hash(token)))
    if row is None:
        return None
    account = session.scalar(
        sa.select(Account)
        .where(Account.id == row.account_id, Account.disabled_at.is_(None))
        .options(selectinload(Account.memberships))
    )
    return (row, account) if account is not None else None


def take_link(session: Session, row: MailedCode, *, at: datetime) -> bool:
    """Use the link, once."""
    return _use(session, row, at)


def code_hash(code: str, account_id: int, secret: str) -> str:
    """Return what is stored of a code."""
    return hmac.new(secret.encode(), f"mailed-code:{account_id}:{code}".encode(), hashlib.sha256).hexdigest()


def _live(at: datetime) -> sa.Select[MailedCode]:
    return (
        sa.select(MailedCode)
        .where(MailedCode.used_at.is_(None), MailedCode.expires_at > at)
        .order_by(MailedCode.id.desc())
        .limit(1)
    )


def _use(session: Session, row: MailedCode, at: datetime) -> bool:
    used: Any = session.execute(
        sa.update(MailedCode)
        .where(MailedCode.id == row.id, MailedCode.used_at.is_(None))
        .values(used_at=at)
        .execution_options(synchronize_session=False)
    )
    return bool(used.rowcount == 1)
