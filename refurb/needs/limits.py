"""How many more needs a service may send while others of its own are still open."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.core.need_life import ALIVE, State
from refurb.needs.models import Need
from refurb.organisations import limits
from refurb.organisations.models import Organisation

#: Those that count: sent, and not yet served nor closed.
COUNTED = ALIVE - {State.DRAFT}


@dataclass(frozen=True)
class Room:
    """What a service has open, and how much it may."""

    open: int
    limit: int

    @property
    def left(self) -> int:
        """How many more it may send."""
        return max(0, self.limit - self.open)


def room(session: Session, organisation_id: int) -> Room:
    """Return the room of a service; a draft takes none."""
    taken = sa.select(sa.func.count()).where(Need.organisation_id == organisation_id, Need.state.in_(COUNTED))
    organisation = session.get_one(Organisation, organisation_id)
    return Room(session.scalar(taken) or 0, limits.open_needs(session, organisation))
