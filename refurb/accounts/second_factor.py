"""The second factor: codes that a telephone makes (TOTP, RFC 6238), and recovery codes for the day it is lost.

A code is taken one step of thirty seconds early or late, and once: the last step taken is kept, and none before it
counts any more.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

import pyotp
import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.accounts import services
from refurb.accounts.models import Account, AccountSession, Membership, RecoveryCode, SecondFactor
from refurb.accounts.queries import SignIn
from refurb.audit.services import Author, record
from refurb.core.permissions import PROVEN_ROLES

#: How many steps of thirty seconds a telephone's clock may be off.
SKEW = 1
RECOVERY_CODES = 10
#: No letter that looks like a digit: they are copied from paper.
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_LENGTH = 12


class Proof(StrEnum):
    """What was given."""

    CODE = "code"
    RECOVERY = "recovery"


def is_required(account: Account, memberships: Iterable[Membership]) -> bool:
    """Whether the account may not go without: it coordinates or administers, and is not one of the demo's."""
    return not account.is_demo and any(m.ended_at is None and m.roles & PROVEN_ROLES for m in memberships)


def owes(signed_in: SignIn) -> bool:
    """Whether this sign-in opens nothing until the second factor is given."""
    if signed_in.is_proven:
        return False
    required = not signed_in.is_demo and any(held.roles & PROVEN_ROLES for held in signed_in.belongings)
    return signed_in.has_factor or required


def of(session: Session, account_id: int) -> SecondFactor | None:
    """Return the factor of an account, in force or begun."""
    return session.get(SecondFactor, account_id)


def in_force(session: Session, account_id: int) -> bool:
    """Whether a code is asked of the account."""
    factor = of(session, account_id)
    return factor is not None and factor.confirmed_at is not None


def begin(session: Session, account: Account, *, at: datetime) -> SecondFactor:
    """Give the account a secret to share with a telephone; one begun before and never confirmed is replaced."""
    factor = of(session, account.id)
    if factor is None:
        factor = SecondFactor(account_id=account.id, created_at=at, last_step=0)
        session.add(factor)
    elif factor.confirmed_at is not None:
        return factor
    factor.secret, factor.created_at = pyotp.random_base32(), at
    session.flush()
    return factor


def address(factor: SecondFactor, account: Account) -> str:
    """Return the otpauth address that the QR code carries."""
    return pyotp.TOTP(factor.secret or "").provisioning_uri(name=account.email, issuer_name="Refurb")


def confirm(session: Session, account: Account, text: str, *, by: Author, at: datetime) -> list[str] | None:
    """Put the begun factor in force with a first code; return the recovery codes, None when the code is wrong."""
    factor = of(session, account.id)
    if factor is None or factor.confirmed_at is not None or not _take_step(session, factor, text, at):
        return None
    factor.confirmed_at = at
    record(session, "account", account.id, "account.second-factor-on", by=by, at=at)
    return new_recovery_codes(session, account, by=by, at=at)


def check(session: Session, account: Account, text: str, *, by: Author, at: datetime) -> Proof | None:
    """Take a telephone's code or a recovery code, once; None for anything else."""
    factor = of(session, account.id)
    if factor is None or factor.confirmed_at is None:
        return None
    if _take_step(session, factor, text, at):
        return Proof.CODE
    used = session.execute(
        sa.update(RecoveryCode)
        .where(RecoveryCode.code_hash == _recovery_hash(account.id, text), RecoveryCode.used_at.is_(None))
        .values(used_at=at)
    )
    if not _one(used):
        return None
    record(session, "account", account.id, "account.recovery-used", by=by, at=at)
    return Proof.RECOVERY


def new_recovery_codes(session: Session, account: Account, *, by: Author, at: datetime) -> list[str]:
    """Make ten new recovery codes; those of before open nothing. The texts are returned this once."""
    session.execute(sa.delete(RecoveryCode).where(RecoveryCode.account_id == account.id))
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH)) for _ in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(account_id=account.id, code_hash=_recovery_hash(account.id, code)) for code in codes)
    session.flush()
    record(session, "account", account.id, "account.recovery-renewed", by=by, at=at)
    return ["-".join(code[i : i + 4] for i in range(0, _LENGTH, 4)) for code in codes]


def recovery_left(session: Session, account_id: int) -> int:
    """Return how many recovery codes still open."""
    query = sa.select(sa.func.count()).where(RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None))
    return session.scalar(query) or 0


def prove(session: Session, session_id: int, *, at: datetime) -> None:
    """Note that the second factor was given in this sign-in."""
    session.get_one(AccountSession, session_id).proven_at = at


def turn_off(session: Session, account: Account, *, by: Author, at: datetime) -> None:
    """Take the factor away by its owner's wish; the roles that need one begin again at the next page."""
    _remove(session, account)
    record(session, "account", account.id, "account.second-factor-off", by=by, at=at, payload={"how": "own"})


def reset(session: Session, account: Account, *, by: Author, at: datetime) -> bool:
    """Take away the factor of who lost telephone and sheet, and close the sign-ins; return whether there was one."""
    had = of(session, account.id) is not None
    _remove(session, account)
    services.close_other_sessions(session, account.id, keep=None, at=at)
    record(session, "account", account.id, "account.second-factor-off", by=by, at=at, payload={"how": "reset"})
    return had


def _remove(session: Session, account: Account) -> None:
    session.execute(sa.delete(RecoveryCode).where(RecoveryCode.account_id == account.id))
    factor = of(session, account.id)
    if factor is not None:
        session.delete(factor)
        session.flush()


def _take_step(session: Session, factor: SecondFactor, text: str, at: datetime) -> bool:
    """Take the code of a step near `at` that is later than every step taken before; two at once take it once."""
    digits = "".join(c for c in text if c.isdecimal())
    if len(digits) != 6 or not factor.secret:
        return False
    totp = pyotp.TOTP(factor.secret)
    here = totp.timecode(at)
    for step in range(max(here - SKEW, 0), here + SKEW + 1):
        if hmac.compare_digest(totp.generate_otp(step), digits):
            taken = session.execute(
                sa.update(SecondFactor)
                .where(SecondFactor.account_id == factor.account_id, SecondFactor.last_step < step)
                .values(last_step=step)
                .execution_options(synchronize_session=False)
            )
            session.refresh(factor, ["last_step"])
            return _one(taken)
    return False


def _recovery_hash(account_id: int, text: str) -> str:
    """Return what is stored of a recovery code, which is sixty random bits and needs no slow hash."""
    folded = "".join(c for c in text.upper() if c.isalnum())
    return hashlib.sha256(f"recovery:{account_id}:{folded}".encode()).hexdigest()


def _one(result: Any) -> bool:
    return bool(result.rowcount == 1)
