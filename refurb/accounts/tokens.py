"""Make and hash the secrets that links, cookies and stations carry: 128 bits and more, never stored as they are."""

import hashlib
import secrets


def new_token() -> str:
    """Return 192 random bits as URL-safe text."""
    return secrets.token_urlsafe(24)


def token_hash(token: str) -> str:
    """Return what is stored of a token. The token is random, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()
