"""The private label of a case: read and written by its own service, and by nobody else."""

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.audit.services import record
from refurb.core.need_life import ALIVE, State
from refurb.core.permissions import Permission
from refurb.needs import queries as needs
from refurb.needs.models import Need
from refurb.privacy.models import PrivateLabel
from refurb.security import Actor

LONGEST = 80


class Label(NamedTuple):
    """What a service wrote; `text` is None where no key of today opens it."""

    text: str | None


def of(session: Session, need: Need, *, seen_by: Actor) -> Label | None:
    """Return the label of a case, None where there is none or the reader does not act for its service."""
    if not needs.is_own(need, seen_by):
        return None
    row = session.get(PrivateLabel, need.id)
    return None if row is None else Label(row.label)


def of_service(session: Session, *, seen_by: Actor) -> list[tuple[Need, str | None]]:
    """Return the cases of the reader's service that are under way and carry a label, by label."""
    if not seen_by.can(Permission.NEED_READ_CASE) or seen_by.organisation_id is None:
        return []
    rows = session.execute(
        sa.select(Need, PrivateLabel)
        .join(PrivateLabel, PrivateLabel.need_id == Need.id)
        .where(Need.organisation_id == seen_by.organisation_id, Need.state.in_(ALIVE | {State.HANDED_OVER}))
    ).all()
    return sorted(((row[0], row[1].label) for row in rows), key=lambda pair: ((pair[1] or "").casefold(), pair[0].id))


def write(session: Session, need: Need, text: str, *, by: Actor, at: datetime) -> bool:
    """Set the label, or take it away with an empty text; return whether it changed. The event does not say it."""
    text = " ".join(text.split())[:LONGEST]
    row = session.get(PrivateLabel, need.id)
    if (row.label if row is not None else "") == text:
        return False
    if row is not None and not text:
        session.delete(row)
    elif row is not None:
        row.label, row.changed_at = text, at
    else:
        session.add(PrivateLabel(need_id=need.id, label=text, changed_at=at))
    session.flush()
    record(session, "need", need.id, "need.label-changed", by=by, at=at)
    return True
