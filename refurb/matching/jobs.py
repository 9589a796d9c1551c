"""What the worker does by itself for matching."""

from datetime import datetime

from sqlalchemy.orm import Session

from refurb.matching import services
from refurb.security import Actor


def lapse(session: Session, at: datetime) -> int:
    """End the reservations whose time is over; return how many."""
    return services.lapse(session, by=Actor.system(), at=at)
