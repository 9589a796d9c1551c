"""The one maker of a line in a pile's ledger, whatever wrote it: a scan, a tap, a page."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value

from refurb.desk.models import Scan, ScanPile
from refurb.desk.registry import Outcome

#: Built once and for the table, as the log's: what the unit of work adds to an INSERT takes longer than the INSERT.
_SCAN: Any = Scan.__table__
_WRITE = sa.insert(_SCAN)


def write(
    session: Session,
    pile: ScanPile,
    outcome: Outcome,
    *,
    number: str,
    text: str,
    code: str | None,
    at: datetime,
    client_at: datetime | None = None,
    command: str | None = None,
) -> Scan:
    """Add what came of a scan to the pile; `number` is the browser's, or one drawn for a tap.

    `command` is what was asked of the machine, where that is not what the pile asks.
    """
    columns: dict[str, Any] = {
        "pile_id": pile.id,
        "client_uuid": number,
        "text": text[:400],
        "code": outcome.code or code,
        "device_id": outcome.device.id if outcome.device else None,
        "command": command or pile.command,
        "answer": outcome.answer,
        "reason": outcome.reason,
        "detail": outcome.detail,
        "event_id": outcome.event_id,
        "at": at,
        "client_at": client_at,
        "undone_at": None,
        "settled_at": None,
    }
    session.flush()
    key: Any = session.connection().execute(_WRITE, columns).inserted_primary_key
    entry = Scan(id=key.id, **columns)
    make_transient_to_detached(entry)
    session.add(entry)
    # Given with the line, the machine would be followed to all that it leads to, which takes longer than the writing.
    set_committed_value(entry, "device", outcome.device)
    return entry
