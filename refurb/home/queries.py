"""What the front page and the legal page show of the instance."""

from sqlalchemy.orm import Session

from refurb.organisations.models import Organisation
from refurb.setup import queries as setup


def coordination(session: Session) -> Organisation | None:
    """Return the organisation that answers for the instance; None before the first run."""
    found = setup.setting(session, setup.COORDINATION)
    return session.get(Organisation, found) if isinstance(found, int) else None
