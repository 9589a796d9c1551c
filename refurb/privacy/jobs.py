"""What the worker does by itself for privacy."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from refurb.privacy.purge import purge
from refurb.security import Actor


def daily(session: Session, at: datetime) -> dict[str, Any]:
    """Purge; return what was done, rule by rule."""
    return {done.kept.value: dict(done.tables) for done in purge(session, by=Actor.system(), at=at) if done.tables}
