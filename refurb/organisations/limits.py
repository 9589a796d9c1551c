"""How many open needs one service may have: a default for all, versioned, and another number where it was agreed."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from refurb import tables
from refurb.organisations.models import Organisation
from refurb.security import Actor

KIND = "limits"
#: Version 1: generous for a town's social service, and short of what a mistake in a loop would send.
FIRST: dict[str, Any] = {"open_needs": 40}
LARGEST = 10_000


def default(session: Session) -> tables.Version:
    """Return the limit in force for who has none of their own, under "open_needs"."""
    return tables.current(session, KIND, FIRST)


def open_needs(session: Session, organisation: Organisation) -> int:
    """Return how many open needs the organisation may have."""
    if organisation.max_open_needs is not None:
        return organisation.max_open_needs
    return int(default(session).content["open_needs"])


def adopt(session: Session, limit: int, *, after: int, motive: str, by: Actor, at: datetime) -> tables.Version:
    """Put another default in force; raises tables.TableRefused when somebody did meanwhile."""
    return tables.adopt(session, KIND, {"open_needs": limit}, after=after, motive=motive, by=by, at=at)
