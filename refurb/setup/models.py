"""What the first-run page and the settings page decide; a variable of the environment wins over it."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from refurb.db import Base


class Setting(Base):
    """One setting of the instance: `value` holds {"value": ...}, so that any JSON fits."""

    __tablename__ = "setting"
    key: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    value: Mapped[dict[str, Any]]
    changed_at: Mapped[datetime]
