"""The one log: who did what to what, chained per subject. Accounts are named by table, not by import."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from refurb.db import Base, Code, pk


class Event(Base):
    """One thing that happened to one subject. Append-only: a correction is another event.

    `before` and `after` carry a status where the event changes one; `undo_of` names the event this one compensates.
    """

    __tablename__ = "event"
    __table_args__ = (
        sa.UniqueConstraint("subject_kind", "subject_id", "seq"),
        sa.UniqueConstraint("client_uuid"),
        sa.Index("ix_event_at", "at"),
        sa.Index("ix_event_kind_at", "kind", "at"),
        sa.Index("ix_event_organisation_id_at", "organisation_id", "at"),
        sa.CheckConstraint("seq >= 1", name="seq_positive"),
    )
    id: Mapped[pk]
    #: The table of the subject: "device", "lot", "need"...
    subject_kind: Mapped[Code]
    subject_id: Mapped[int] = mapped_column(sa.BigInteger)
    #: 1, 2, 3... within the subject; the chain follows it.
    seq: Mapped[int]
    kind: Mapped[Code]
    at: Mapped[datetime]
    client_at: Mapped[datetime | None]
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"))
    station: Mapped[str | None] = mapped_column(sa.String(100))
    client_uuid: Mapped[str | None] = mapped_column(sa.String(36))
    undo_of_id: Mapped[int | None] = mapped_column(sa.ForeignKey("event.id"), unique=True)
    before: Mapped[str | None] = mapped_column(sa.String(40))
    after: Mapped[str | None] = mapped_column(sa.String(40))
    #: None once erased; the tombstone event says when and why.
    payload: Mapped[dict[str, Any] | None]
    salt: Mapped[str | None] = mapped_column(sa.String(32))
    payload_hash: Mapped[str] = mapped_column(sa.String(64))
    previous_hash: Mapped[str] = mapped_column(sa.String(64))
    hash: Mapped[str] = mapped_column(sa.String(64))
