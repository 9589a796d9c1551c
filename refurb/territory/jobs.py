"""What the worker does by itself for reference data."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.territory import services
from refurb.territory.models import TerritoryLoad


def refresh(session: Session, at: datetime) -> int:
    """Bring the loaded départements up to the extract that this version ships; return how many had changed."""
    codes = session.scalars(sa.select(TerritoryLoad.departement)).all()
    return sum(services.load(session, code, at=at) for code in codes if code in services.shipped())
