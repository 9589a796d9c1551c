"""What is left of a case: a machine of a profile, a territory, a month, and nothing that leads to anybody.

The row stays, since the machine's history points at it, under a code drawn anew; the service is no longer named. What
is not on the list of what stays is emptied, so that a new column is forgotten unless somebody says otherwise.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from refurb import blobs
from refurb.aftersales.models import Ticket
from refurb.audit.models import Event
from refurb.audit.services import forget, record
from refurb.core.identity import CodeKind
from refurb.core.need_life import ALIVE, State
from refurb.core.permissions import OrganisationRole
from refurb.db import Base
from refurb.desk.models import Scan
from refurb.documents.models import Document
from refurb.handover.models import Appointment, Handover
from refurb.matching.models import Reservation
from refurb.needs.models import Need
from refurb.organisations.codes import random_code
from refurb.organisations.queries import with_role
from refurb.privacy.erased import erased_paper
from refurb.privacy.models import PrivateLabel
from refurb.security import Actor

#: What a case keeps: its place in the counts. Dates are cut to their month.
STAYS = frozenset({"id", "code", "recipient", "organisation_id", "state", "epci_code", "profile", "version"})
MONTHS = frozenset(
    {"state_since", "submitted_at", "validated_on", "closed_at", "created_at", "changed_at", "handed_over_on"}
)
#: The tables that name a case and are emptied here, each in its own way; any other loses its texts and its accounts.
#: A proposal keeps its figures (points, class, distance): its run is looked at again, and its need is nobody's by then.
OWN_WAY = frozenset({"reservation", "handover", "private_label", "match_proposal"})


class StillNeeded(Exception):
    """A case that cannot go yet; `code` is "set-aside" (a machine is) or "on-loan" (the loan is under way)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def still_needed(session: Session, need: Need) -> str | None:
    """Return why the case cannot go yet, None when it can."""
    if session.scalar(
        sa.select(Reservation.id).where(Reservation.need_id == need.id, Reservation.ended_at.is_(None)).limit(1)
    ):
        return "set-aside"
    if session.scalar(sa.select(Handover.id).where(Handover.need_id == need.id, running_loan()).limit(1)):
        return "on-loan"
    return None


def running_loan() -> sa.ColumnElement[bool]:
    """Return the condition under which a hand-over is a loan whose machine did not come back."""
    return sa.and_(Handover.mode == "loan", Handover.returned_at.is_(None))


def anonymise(session: Session, need: Need, *, by: Actor, at: datetime, motive: str) -> Counter[str]:
    """Empty a case and all that tells of it; return how many rows of each table were emptied. Raises StillNeeded.

    `motive` is "retention" or "request". The need's row is locked by the caller.
    """
    if why := still_needed(session, need):
        raise StillNeeded(why)
    done: Counter[str] = Counter()
    handovers = session.scalars(sa.select(Handover).where(Handover.need_id == need.id)).all()
    reservations = session.scalars(sa.select(Reservation).where(Reservation.need_id == need.id)).all()
    _papers(session, [("need", need.id), *(("handover", one.id) for one in handovers)], by=by, at=at, done=done)
    for handover in handovers:
        handover.signature_detail, handover.handed_over_by_id, handover.place_id = {}, None, None
        handover.handed_over_at = _month(handover.handed_over_at)
        _drop_pictures(session, handover)
        done["handover"] += 1
        for ticket in session.scalars(sa.select(Ticket).where(Ticket.handover_id == handover.id)):
            ticket.description, ticket.opened_by_id = None, None
            done["ticket"] += 1
    for reservation in reservations:
        reservation.motive, reservation.made_by_id = None, None
        done["reservation"] += 1
    _count(done, "appointment", session.execute(
        sa.delete(Appointment).where(Appointment.reservation_id.in_([one.id for one in reservations]))
    ))  # fmt: skip
    _count(done, "private_label", session.execute(sa.delete(PrivateLabel).where(PrivateLabel.need_id == need.id)))
    _count(done, "scan", session.execute(
        sa.update(Scan).where(Scan.code == need.code).values(code=None, text="", detail={})
    ))  # fmt: skip
    for table, column in naming_cases():
        if table.name not in OWN_WAY:
            _count(done, table.name, session.execute(_emptied(table).where(column == need.id)))
    events = session.scalars(
        sa.select(Event).where(Event.subject_kind == "need", Event.subject_id == need.id).order_by(Event.seq)
    ).all()
    forget(session, events, by=by, at=at, motive=motive)
    done["event"] += len(events)
    _empty(session, need)
    done["need"] += 1
    record(
        session, "need", need.id, "need.anonymised", by=by, at=at, payload={"motive": motive}, after=need.state.value
    )
    return done


def naming_cases() -> list[tuple[sa.Table, sa.Column[Any]]]:
    """Return every table that names a case, with the column that does."""
    target = Base.metadata.tables[Need.__tablename__]
    return [
        (table, column)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if any(key.column.table is target for key in column.foreign_keys)
    ]


def _empty(session: Session, need: Need) -> None:
    bodies = with_role(session, OrganisationRole.COORDINATION)
    if bodies:
        need.organisation_id = bodies[0].id
    if need.state in ALIVE:
        need.state = State.CANCELLED
    need.code = _free_code(session)
    for column in Base.metadata.tables[Need.__tablename__].columns:
        value = getattr(need, column.key)
        if column.key in STAYS:
            continue
        if column.key in MONTHS:
            setattr(need, column.key, _month(value))
        else:
            setattr(need, column.key, _nothing(column))
    session.flush()


def _nothing(column: sa.Column[Any]) -> Any:
    """Return what a column holds when it says nothing."""
    if column.nullable:
        return None
    default = column.default
    if isinstance(default, sa.ColumnDefault) and not callable(default.arg):
        return default.arg
    empty: dict[type[Any], Any] = {dict: {}, list: [], str: "", int: 1, bool: False}
    if isinstance(column.type, sa.JSON):
        return {}
    kind = column.type.python_type
    return empty.get(kind, [] if kind is list else None)


def _emptied(table: sa.Table) -> Any:
    """Return the update that takes the texts, the contents and the accounts out of a table's rows."""
    values: dict[str, Any] = {}
    for column in table.columns:
        account = any(key.column.table.name == "account" for key in column.foreign_keys)
        text = isinstance(column.type, sa.Text)
        content = isinstance(column.type, sa.JSON) or column.type.__class__.__name__ == "StrList"
        if account and column.nullable:
            values[column.name] = None
        elif text or content:
            values[column.name] = sa.null() if column.nullable else _nothing(column)
    # An update needs something to say; the key itself is no news.
    key = next(iter(table.primary_key.columns))
    return sa.update(table).values(values or {key.name: key})


def _papers(session: Session, subjects: list[tuple[str, int]], *, by: Actor, at: datetime, done: Counter[str]) -> None:
    """Take the content out of the papers about a case: the number and the issuer stay, and that it was erased."""
    for kind, key in subjects:
        for document in session.scalars(
            sa.select(Document).where(Document.subject_kind == kind, Document.subject_id == key)
        ).all():
            was = document.sha256
            pdf = erased_paper(document.number, document.language, at)
            envelope = dict(document.data.get("document", {}))
            document.data = {"document": {"issuer": {"name": envelope.get("issuer", {}).get("name", "")}}}
            document.sha256, document.rendered_at = blobs.put(session, pdf, "application/pdf"), at
            if document.voided_at is None:
                document.voided_at = at
                document.void_motive = _("Effacé : son temps est passé, ou la personne l'a demandé.")
            session.flush()
            drop_bytes(session, was)
            record(session, "document", document.id, "document.voided", by=by, at=at, payload={"reason": "erased"})
            done["document"] += 1


def _drop_pictures(session: Session, row: Base) -> None:
    """Take away the bytes that a row names: a signature drawn on the glass, a photo."""
    for column in row.__table__.columns:
        if column.nullable and any(key.column.table is blobs.Blob.__table__ for key in column.foreign_keys):
            was = getattr(row, column.key)
            setattr(row, column.key, None)
            session.flush()
            drop_bytes(session, was)


def drop_bytes(session: Session, sha256: str | None) -> None:
    """Delete bytes that no row names any more."""
    if sha256 is None:
        return
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if any(key.column.table is blobs.Blob.__table__ for key in column.foreign_keys) and session.scalar(
                sa.select(sa.literal(1)).select_from(table).where(column == sha256).limit(1)
            ):
                return
    session.execute(sa.delete(blobs.Blob).where(blobs.Blob.sha256 == sha256))


def _month(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return value.replace(day=1) if isinstance(value, date) else value


def _count(done: Counter[str], table: str, result: Any) -> None:
    if result.rowcount > 0:
        done[table] += int(result.rowcount)


def _free_code(session: Session) -> str:
    while True:
        code = random_code(CodeKind.NEED)
        if session.scalar(sa.select(Need.id).where(Need.code == code)) is None:
            return code
