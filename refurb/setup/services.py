"""Write the settings of the instance."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from refurb.setup.models import Setting


def put(session: Session, key: str, value: Any, *, at: datetime) -> None:
    """Set one setting; the caller commits."""
    row = session.get(Setting, key)
    if row is None:
        session.add(Setting(key=key, value={"value": value}, changed_at=at))
    else:
        row.value, row.changed_at = {"value": value}, at
