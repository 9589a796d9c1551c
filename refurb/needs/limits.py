"""How many more needs a service may send while others of its own are still open.

Two colleagues who send at once would both count before either has written: who sends asks with the lock of the
service's row, the last in the order of locks (report, machine, need, reservation, organisation). It is taken so that
what only points to the service, as every new row of its own does, does not wait for it.
"""

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


def room(session: Session, organisation_id: int, *, lock: bool = False) -> Room:
    """Return the room of a service; a draft takes none. With `lock`, nobody else sends until this transaction ends."""
    organisation = session.get_one(Organisation, organisation_id)
    if lock:
        session.refresh(organisation, ["max_open_needs", "version"], with_for_update={"key_share": True})
    taken = sa.select(sa.func.count()).where(Need.organisation_id == organisation_id, Need.state.in_(COUNTED))
    return Room(session.scalar(taken) or 0, limits.open_needs(session, organisation))
