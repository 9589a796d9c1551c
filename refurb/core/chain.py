"""The hash chain of events: what makes a changed past visible.

`hash = SHA-256(previous hash, envelope, payload hash)` with `payload hash = SHA-256(salt, payload)`: a payload and its
salt may be erased under a tombstone event and the chain stays true (design.md section 3).
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

#: What stands before the first event of a subject.
ORIGIN = "0" * 64


def canonical(value: Mapping[str, Any] | list[Any]) -> bytes:
    """Return the one byte form of a JSON value: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def payload_hash(salt: str, payload: Mapping[str, Any]) -> str:
    """Return SHA-256 of the salt (hex text) and the canonical payload, in hex."""
    return hashlib.sha256(salt.encode() + canonical(payload)).hexdigest()


def event_hash(previous: str, envelope: Mapping[str, Any], hashed_payload: str) -> str:
    """Return the hash of one event, in hex, from the hash before it."""
    return hashlib.sha256(previous.encode() + canonical(envelope) + hashed_payload.encode()).hexdigest()
