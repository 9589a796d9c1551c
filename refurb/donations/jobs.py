"""What the worker does by itself for gifts."""

from __future__ import annotations

from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from refurb.core.identity import display
from refurb.donations import pages, statements
from refurb.security import Actor


def state_reuse(session: Session, at: datetime) -> int:
    """Send the reuse statements that are due; return how many."""
    shares = statements.due(session, at=at)
    for share in shares:
        statements.state(session, share, by=Actor.system(), at=at)
        subject = _l("Ce que sont devenues vos machines, don %(code)s", code=display(share.lot.code))
        pages.tell_giver(
            session, share.lot, "gift_reused", subject, by=Actor.system(), workshop=share.workshop.name,
        )  # fmt: skip
    return len(shares)
