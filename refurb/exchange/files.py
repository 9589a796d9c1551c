"""From a file to its preview, and from the preview to the records: one way for the pages and the command."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb import blobs
from refurb.audit.services import record
from refurb.core.permissions import Permission
from refurb.exchange import bodies, cases, stock
from refurb.exchange.models import ImportPreview
from refurb.exchange.reading import OUTCOMES, ImportRefused, Line, Table, read_table
from refurb.privacy.anonymise import drop_bytes
from refurb.security import Actor
from refurb.sheets import read

COLUMNS = {"stock": stock.COLUMNS, "organisations": bodies.COLUMNS, "needs": cases.COLUMNS}
KINDS = tuple(COLUMNS)
#: Who may bring in what: a controller their stock, the coordination organisations, a service or the coordination needs.
PERMISSIONS = {
    "stock": frozenset({Permission.MEDIUM_ACCEPT}),
    "organisations": frozenset({Permission.ORGANISATION_MANAGE}),
    "needs": frozenset({Permission.NEED_CREATE, Permission.NEED_ARBITRATE}),
}
MEDIA_TYPE = "application/json"


def may(kind: str, actor: Actor) -> bool:
    """Whether the actor may bring in files of this kind."""
    return kind in PERMISSIONS and bool(PERMISSIONS[kind] & actor.permissions)


def look(
    session: Session, kind: str, data: bytes, *, by: Actor, today: date, holder_id: int | None = None,
    attested: bool = False,
) -> tuple[Table, list[Line]]:  # fmt: skip
    """Read a file and say what each line would become; writes nothing. Raises ImportRefused, SheetRefused.

    `holder_id`: the workshop whose stock it is; the actor's own unless given (the command line acts for nobody).
    """
    table = read_table(read(data), COLUMNS[kind])
    if not table.records:
        raise ImportRefused("no-line")
    if kind == "stock":
        holder = holder_id or by.organisation_id
        if holder is None:
            raise ImportRefused("no-holder")
        return table, stock.judge(session, table.records, holder_id=holder, attested=attested, today=today)
    if kind == "organisations":
        return table, bodies.judge(session, table.records)
    return table, cases.judge(session, table.records, by=by, today=today)


def keep(
    session: Session, kind: str, data: bytes, table: Table, lines: Sequence[Line], *, name: str, by: Actor, at: datetime
) -> ImportPreview:
    """Keep the preview for its page; the file itself is not stored."""
    content = json.dumps([line.plain() for line in lines], ensure_ascii=False, separators=(",", ":"))
    preview = ImportPreview(
        kind=kind,
        organisation_id=by.organisation_id,
        account_id=by.id,
        file_sha256=hashlib.sha256(data).hexdigest(),
        file_name=name[:200],
        told={"counts": counts(lines), "columns": columns_told(table)},
        lines_sha256=blobs.put(session, content.encode(), MEDIA_TYPE),
        created_at=at,
    )
    session.add(preview)
    session.flush()
    return preview


def counts(lines: Sequence[Line]) -> dict[str, int]:
    """Return how many lines have each outcome."""
    found = Counter(line.outcome for line in lines)
    return {outcome: found[outcome] for outcome in OUTCOMES}


def columns_told(table: Table) -> dict[str, list[Any]]:
    """Return the columns by fate; those about persons by their header alone."""
    return {
        "used": [[seen.header, seen.field] for seen in table.columns if seen.field],
        "person": [seen.header for seen in table.columns if seen.fate == "person"],
        "ignored": [seen.header for seen in table.columns if seen.fate == "ignored"],
    }


def before(session: Session, kind: str, data: bytes, *, by: Actor) -> ImportPreview | None:
    """Return the import of the very same file that was applied already, if there is one."""
    return session.scalar(
        sa.select(ImportPreview)
        .where(
            ImportPreview.kind == kind,
            ImportPreview.organisation_id == by.organisation_id,
            ImportPreview.file_sha256 == hashlib.sha256(data).hexdigest(),
            ImportPreview.applied_at.is_not(None),
        )
        .order_by(ImportPreview.id.desc())
        .limit(1)
    )


def by_id(session: Session, preview_id: int, *, seen_by: Actor, lock: bool = False) -> ImportPreview | None:
    """Return a preview of the actor's organisation that they may apply."""
    query = sa.select(ImportPreview).where(
        ImportPreview.id == preview_id, ImportPreview.organisation_id == seen_by.organisation_id
    )
    found = session.scalar(query.with_for_update() if lock else query)
    return found if found is not None and may(found.kind, seen_by) else None


def latest(session: Session, *, seen_by: Actor, limit: int = 20) -> list[ImportPreview]:
    """Return the latest imports of the actor's organisation, newest first."""
    kinds = [kind for kind in KINDS if may(kind, seen_by)]
    return list(
        session.scalars(
            sa.select(ImportPreview)
            .where(ImportPreview.organisation_id == seen_by.organisation_id, ImportPreview.kind.in_(kinds))
            .order_by(ImportPreview.id.desc())
            .limit(limit)
        )
    )


def lines_of(session: Session, preview: ImportPreview) -> list[Line]:
    """Return the lines of a preview, none once it was applied or let go."""
    if preview.lines_sha256 is None:
        return []
    return [Line(**line) for line in json.loads(blobs.get(session, preview.lines_sha256))]


def apply(
    session: Session, kind: str, lines: Sequence[Line], *, source: str, by: Actor, at: datetime, today: date,
    holder_id: int | None = None,
) -> dict[str, int]:  # fmt: skip
    """Write what the preview shows as new. Known and refused lines are left.

    Returns under "made" how many records, under "held" how many needs of them stayed drafts at a service's limit.
    """
    values = [line.values for line in lines if line.outcome in ("new", "mended")]
    if kind == "stock":
        holder = holder_id or by.organisation_id
        assert holder is not None
        return {"made": stock.apply(session, values, holder_id=holder, source=source, by=by, at=at)}
    if kind == "organisations":
        return {"made": bodies.apply(session, values, by=by, at=at)}
    return cases.apply(session, values, by=by, at=at, today=today)._asdict()


def apply_preview(
    session: Session, preview: ImportPreview, *, by: Actor, at: datetime, today: date, holder_id: int | None = None
) -> dict[str, int]:
    """Apply a preview once; returns as `apply` does, raises ImportRefused "already"."""
    if preview.applied_at is not None or preview.lines_sha256 is None:
        raise ImportRefused("already")
    lines = lines_of(session, preview)
    done = apply(session, preview.kind, lines, source=f"import:{preview.id}", by=by, at=at, today=today,
                 holder_id=holder_id)  # fmt: skip
    preview.applied_at, preview.told = at, {**preview.told, **done}
    _let_go(session, preview)
    record(session, "import", preview.id, "import.applied", by=by, at=at, payload={"kind": preview.kind, **done})
    return done


def forget(session: Session, preview: ImportPreview) -> None:
    """Let a preview go without applying it."""
    _let_go(session, preview)
    session.delete(preview)
    session.flush()


def _let_go(session: Session, preview: ImportPreview) -> None:
    was, preview.lines_sha256 = preview.lines_sha256, None
    session.flush()
    drop_bytes(session, was)
