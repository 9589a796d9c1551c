"""Passwords: Argon2id, and what is asked of one.

Never hash or verify inside a write transaction: it takes a tenth of a second, and SQLite has one writer.
"""

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

#: NIST SP 800-63B asks for length and nothing else; what is refused is named in core.passwords.
_hasher = PasswordHasher()
#: 64 MiB each: no more at once than a small machine can hold.
_slots = threading.BoundedSemaphore(2)
_stranger: list[str] = []


def hash_password(password: str) -> str:
    """Return the Argon2id hash of a password."""
    with _slots:
        return _hasher.hash(password)


def is_right(password_hash: str | None, password: str) -> bool:
    """Whether the password is the one. As slow for an unknown account, so that time tells nothing."""
    known = password_hash or _unknown()
    try:
        with _slots:
            return _hasher.verify(known, password) and password_hash is not None
    except (VerifyMismatchError, VerificationError, InvalidHashError):
        return False


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with weaker settings than today's, and should be made again."""
    return _hasher.check_needs_rehash(password_hash)


def _unknown() -> str:
    """Return a hash that no password has, made once a process."""
    if not _stranger:
        _stranger.append(hash_password("\0no such account"))
    return _stranger[0]
