"""Imports: what a file would bring, looked at line by line before anything is written."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from refurb.db import Base, Code, pk


class ImportPreview(Base):
    """One file as it was understood. The file is not kept; the lines are until the import is applied or let go."""

    __tablename__ = "import_preview"
    __table_args__ = (sa.Index("ix_import_preview_file", "kind", "organisation_id", "file_sha256"),)
    id: Mapped[pk]
    #: "stock", "organisations" or "needs".
    kind: Mapped[Code]
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"))
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    file_sha256: Mapped[str] = mapped_column(sa.String(64))
    file_name: Mapped[str] = mapped_column(sa.String(200))
    #: Counts by outcome, and the columns with what became of them.
    told: Mapped[dict[str, Any]]
    #: The lines as JSON; None once applied or let go.
    lines_sha256: Mapped[str | None] = mapped_column(sa.ForeignKey("blob.sha256"))
    created_at: Mapped[datetime] = mapped_column(index=True)
    applied_at: Mapped[datetime | None]
