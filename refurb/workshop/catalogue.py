"""The systems a new instance begins with: free ones that workshops install, each with the end of its updates.

Data to be edited (domain.md D.6), not a rule: the dates are those announced in 2026, and a workshop adds its own.
"""

from datetime import date, datetime

from sqlalchemy.orm import Session

from refurb.security import Actor
from refurb.workshop import queries, services

SYSTEMS = (
    ("Linux Mint Xfce", "22.1", date(2029, 4, 30)),
    ("Emmabuntüs", "DE 5", date(2028, 6, 30)),
    ("PrimTux", "8", date(2027, 4, 30)),
    ("Debian", "12", date(2028, 6, 30)),
)


def begin(session: Session, *, by: Actor, at: datetime) -> int:
    """Fill an empty catalogue; return how many systems were added, none where one is there already."""
    if queries.systems(session, offered=False):
        return 0
    for name, release, end in SYSTEMS:
        services.save_system(
            session, name=name, release=release, family="linux", end_of_support=end, is_offered=True, by=by, at=at
        )
    return len(SYSTEMS)
