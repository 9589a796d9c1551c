"""Papers: numbered without gaps, frozen when issued, rendered once."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from refurb.db import Base, Code, pk


class DocumentCounter(Base):
    """The last number given by an issuer in a year; the row is locked while a number is taken."""

    __tablename__ = "document_counter"
    issuer_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int] = mapped_column(default=0)


class Document(Base):
    """One paper. Number, data and date are frozen at issue; the bytes come once, from the worker."""

    __tablename__ = "document"
    __table_args__ = (
        sa.UniqueConstraint("issuer_id", "year", "sequence"),
        sa.Index("ix_document_subject", "subject_kind", "subject_id"),
        sa.Index("ix_document_sha256", "sha256"),
        # The lists of one kind, of everybody and of one issuer: a row is wide, for it holds all that its paper says.
        sa.Index("ix_document_kind", "kind", "id"),
        sa.Index("ix_document_issuer_kind", "issuer_id", "kind", "year", "sequence"),
    )
    id: Mapped[pk]
    #: `F` code, printed and in the QR.
    code: Mapped[Code] = mapped_column(unique=True)
    #: The token of the public verification page: a code grants nothing.
    token: Mapped[str] = mapped_column(sa.String(40), unique=True)
    issuer_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    year: Mapped[int]
    sequence: Mapped[int]
    #: As printed: organisation, year, sequence.
    number: Mapped[str] = mapped_column(sa.String(60))
    kind: Mapped[Code]
    template_version: Mapped[int]
    language: Mapped[str] = mapped_column(sa.String(2))
    #: The table of the thing it is about, and its id; who may see the thing may see the paper.
    subject_kind: Mapped[Code]
    subject_id: Mapped[int] = mapped_column(sa.BigInteger)
    data: Mapped[dict[str, Any]]
    issued_at: Mapped[datetime]
    issued_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    rendered_at: Mapped[datetime | None]
    sha256: Mapped[str | None] = mapped_column(sa.ForeignKey("blob.sha256"))
    #: SHA-256 of the certificate that sealed the bytes; None: they carry no seal.
    seal_sha256: Mapped[str | None] = mapped_column(sa.String(64))
    voided_at: Mapped[datetime | None]
    void_motive: Mapped[str | None]
    replaced_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("document.id"))
    replaced_by: Mapped["Document | None"] = relationship(remote_side="Document.id", lazy="raise")
