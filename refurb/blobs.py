"""Bytes by their SHA-256: reports, photos, documents, uploads. One table: stateless processes, one backup."""

import hashlib
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Mapped, Session, deferred, mapped_column

from refurb.db import Base


class Blob(Base):
    """Some bytes, stored once whatever the number of things that name them."""

    __tablename__ = "blob"
    sha256: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    media_type: Mapped[str] = mapped_column(sa.String(100))
    size: Mapped[int]
    created_at: Mapped[datetime]
    data: Mapped[bytes] = deferred(mapped_column(sa.LargeBinary))


def put(session: Session, data: bytes, media_type: str) -> str:
    """Store `data` unless the same bytes are there already; return their SHA-256 in hex."""
    sha256 = hashlib.sha256(data).hexdigest()
    values = {
        "sha256": sha256,
        "media_type": media_type,
        "size": len(data),
        "created_at": datetime.now(UTC),
        "data": data,
    }
    insert = pg_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    while True:
        stored = session.scalar(insert(Blob).values(values).on_conflict_do_nothing().returning(Blob.sha256))
        if stored is not None or _hold(session, sha256):
            return sha256


def _hold(session: Session, sha256: str) -> bool:
    """Keep another writer from deleting the bytes before this transaction ends; False when they are gone already."""
    held = sa.select(Blob.sha256).where(Blob.sha256 == sha256).with_for_update(read=True, key_share=True)
    return session.scalar(held) is not None


def get(session: Session, sha256: str) -> bytes:
    """Return the bytes; raises LookupError when there are none of that name."""
    data = session.scalar(sa.select(Blob.data).where(Blob.sha256 == sha256))
    if data is None:
        raise LookupError(sha256)
    return data


def media_type(session: Session, sha256: str) -> str | None:
    """Return the media type the bytes were stored with, or None when there are none of that name."""
    return session.scalar(sa.select(Blob.media_type).where(Blob.sha256 == sha256))
