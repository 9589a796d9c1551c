"""What a service alone may read of its own case: the private label, which only a key outside the database opens."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from refurb.db import Base
from refurb.sealed import Sealed


class PrivateLabel(Base):
    """A word by which a service finds its own case again. Sealed, in no event, in no export, gone with the case."""

    __tablename__ = "private_label"
    need_id: Mapped[int] = mapped_column(sa.ForeignKey("need.id"), primary_key=True)
    #: None where no key of today opens it.
    label: Mapped[str | None] = mapped_column(Sealed, nullable=False)
    changed_at: Mapped[datetime]
