"""Read the settings of the instance."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.setup.models import Setting

#: `instance.demo` is true on a seeded demo; `instance.ready` once a first administrator exists.
DEMO = "instance.demo"


def settings(session: Session) -> dict[str, Any]:
    """Return every setting by key."""
    return {row.key: row.value["value"] for row in session.scalars(sa.select(Setting))}


def setting(session: Session, key: str, default: Any = None) -> Any:
    """Return one setting, or `default`."""
    row = session.get(Setting, key)
    return default if row is None else row.value["value"]
