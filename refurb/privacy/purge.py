"""The purge: what is past its time (core/retention.py) is anonymised, deleted or forgotten, and counted table by table.

A dry run walks the same choices and changes nothing. Each step chooses its rows, then does its work on them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.accounts.models import (
    Account,
    AccountSession,
    Attempt,
    ExternalIdentity,
    Invitation,
    MailedCode,
    Membership,
    RecoveryCode,
    SecondFactor,
)
from refurb.aftersales.models import Ticket
from refurb.audit.models import Event
from refurb.audit.services import forget, record
from refurb.core import retention
from refurb.core.equipment import Recipient
from refurb.core.need_life import State
from refurb.core.retention import Kept
from refurb.desk.models import Scan
from refurb.devices.models import Report
from refurb.donations.models import DonationDraft, Lot, LotLink
from refurb.handover.models import Handover
from refurb.needs.models import Need, WeeklyDigest
from refurb.outbox import OutboxRow
from refurb.privacy.anonymise import StillNeeded, anonymise, drop_bytes
from refurb.security import Actor

#: How many rows of one kind one run takes: the next one takes the rest.
BATCH = 5000
#: The subject of the purge's own events.
SUBJECT = ("instance", 1)


@dataclass
class Done:
    """What was done for one rule: rows chosen, rows changed by table, and rows left with the reason."""

    kept: Kept
    before: datetime
    found: int = 0
    tables: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)


@dataclass
class Run:
    """What every step is given."""

    session: Session
    by: Actor
    at: datetime
    dry: bool


def purge(session: Session, *, by: Actor, at: datetime, dry: bool = False) -> list[Done]:
    """Do what the table of durations says; with `dry` only count. The caller commits."""
    run = Run(session, by, at, dry)
    results = []
    for rule in retention.RULES:
        done = Done(rule.kept, retention.limit(rule.kept, at))
        STEPS[rule.kept](run, done)
        session.flush()
        results.append(done)
    told = {done.kept.value: dict(done.tables) for done in results if done.tables}
    if told and not dry:
        record(session, *SUBJECT, "privacy.purged", by=by, at=at, payload={"counts": told})
    return results


def last_runs(session: Session, limit: int = 10) -> Sequence[Event]:
    """Return the latest purges that changed something, newest first."""
    return session.scalars(
        sa.select(Event)
        .where(Event.subject_kind == SUBJECT[0], Event.subject_id == SUBJECT[1], Event.kind == "privacy.purged")
        .order_by(Event.seq.desc())
        .limit(limit)
    ).all()


# -- cases --------------------------------------------------------------------------------------------------------
def _case(run: Run, done: Done) -> None:
    """Cases of households whose last contact is past: no word of the service, no hand-over, no fault since."""
    later = sa.or_(
        sa.exists().where(
            Handover.need_id == Need.id,
            sa.or_(Handover.handed_over_at >= done.before, Handover.returned_at >= done.before),
        ),
        sa.exists().where(
            Handover.need_id == Need.id,
            Ticket.handover_id == Handover.id,
            sa.or_(Ticket.opened_at >= done.before, Ticket.closed_at >= done.before),
        ),
    )
    _cases(run, done, Need.state != State.DRAFT, ~later)


def _draft_case(run: Run, done: Done) -> None:
    _cases(run, done, Need.state == State.DRAFT)


def _cases(run: Run, done: Done, *where: sa.ColumnElement[bool]) -> None:
    anonymised = sa.exists().where(
        Event.subject_kind == "need", Event.subject_id == Need.id, Event.kind == "need.anonymised"
    )
    query = (
        sa.select(Need)
        .where(Need.recipient == Recipient.HOUSEHOLD, Need.changed_at < done.before, ~anonymised, *where)
        .order_by(Need.id)
        .limit(BATCH)
    )
    if not run.dry:
        query = query.with_for_update(skip_locked=True)
    if run.dry:
        _count(run, done, "need", query)
        return
    needs = run.session.scalars(query).all()
    done.found = len(needs)
    for need in needs:
        try:
            done.tables += anonymise(run.session, need, by=run.by, at=run.at, motive="retention")
        except StillNeeded as why:
            done.left[why.code] += 1


# -- the log ------------------------------------------------------------------------------------------------------
def _access(run: Run, done: Done) -> None:
    _forget(run, done, retention.ACCESS_EVENTS)


def _sign_in(run: Run, done: Done) -> None:
    _forget(run, done, retention.SIGN_IN_EVENTS)


def _forget(run: Run, done: Done, kinds: frozenset[str]) -> None:
    query = sa.select(Event).where(Event.kind.in_(kinds), Event.at < done.before).limit(BATCH)
    if run.dry:
        _count(run, done, "event", query)
        return
    events = run.session.scalars(query.order_by(Event.subject_kind, Event.subject_id, Event.seq)).all()
    done.found = done.tables["event"] = len(events)
    chains: dict[tuple[str, int], list[Event]] = {}
    for event in events:
        chains.setdefault((event.subject_kind, event.subject_id), []).append(event)
    for chosen in chains.values():
        forget(run.session, chosen, by=run.by, at=run.at, motive="retention")


def _count(run: Run, done: Done, table: str, query: sa.Select[Any]) -> None:
    """Count what a run would take, without its rows."""
    some = query.with_only_columns(sa.literal(1), maintain_column_froms=True).order_by(None).subquery()
    done.found = done.tables[table] = run.session.scalar(sa.select(sa.func.count()).select_from(some)) or 0


# -- what is only deleted -----------------------------------------------------------------------------------------
def _delete(run: Run, done: Done, model: Any, *where: sa.ColumnElement[bool]) -> None:
    count = run.session.scalar(sa.select(sa.func.count()).select_from(model).where(*where)) or 0
    done.found = count
    if count:
        done.tables[model.__tablename__] += count
        if not run.dry:
            run.session.execute(sa.delete(model).where(*where).execution_options(synchronize_session="fetch"))


def _session(run: Run, done: Done) -> None:
    ended = sa.or_(AccountSession.expires_at < done.before, AccountSession.revoked_at < done.before)
    _delete(run, done, AccountSession, ended)


def _invitation(run: Run, done: Done) -> None:
    ended = sa.or_(
        Invitation.expires_at < done.before, Invitation.accepted_at < done.before, Invitation.revoked_at < done.before
    )
    _delete(run, done, Invitation, ended)


def _attempt(run: Run, done: Done) -> None:
    _delete(run, done, Attempt, Attempt.window_started_at < done.before)


def _link(run: Run, done: Done) -> None:
    _delete(run, done, LotLink, sa.or_(LotLink.expires_at < done.before, LotLink.revoked_at < done.before))


def _mail_sent(run: Run, done: Done) -> None:
    _delete(run, done, OutboxRow, OutboxRow.done_at < done.before)


def _mail_failed(run: Run, done: Done) -> None:
    _delete(run, done, OutboxRow, OutboxRow.failed_at < done.before)


def _gift_draft(run: Run, done: Done) -> None:
    """The link ends 30 days after the last change; the list goes with it."""
    drafts = run.session.scalars(sa.select(DonationDraft).where(DonationDraft.expires_at < run.at).limit(BATCH)).all()
    done.found = len(drafts)
    _delete_rows(run, done, drafts, "file_sha256")


def _unreadable(run: Run, done: Done) -> None:
    """Reports that no reader understood, kept whole for a controller and for a reader to come, and not for ever."""
    reports = run.session.scalars(
        sa.select(Report)
        .where(
            sa.or_(Report.format == "unreadable", Report.read_at.is_(None)),
            Report.received_at < done.before,
            Report.device_id.is_(None),
        )
        .limit(BATCH)
    ).all()
    done.found = len(reports)
    _delete_rows(run, done, reports, "kept_sha256")


def _delete_rows(run: Run, done: Done, rows: Sequence[Any], bytes_in: str) -> None:
    for row in rows:
        done.tables[row.__tablename__] += 1
        if run.dry:
            continue
        was = getattr(row, bytes_in)
        run.session.delete(row)
        run.session.flush()
        drop_bytes(run.session, was)


def _import(run: Run, done: Done) -> None:
    for step in IMPORTS.values():
        step(run, done)


#: Filled by the area of imports: previews that nobody applied.
IMPORTS: dict[str, Callable[[Run, Done], None]] = {}


# -- what is emptied ----------------------------------------------------------------------------------------------
def _scan(run: Run, done: Done) -> None:
    """What was typed at the desk and read as no code may be anything; what was read as a code is the code."""
    where = (Scan.at < done.before, Scan.code.is_(None), Scan.text != "")
    done.found = run.session.scalar(sa.select(sa.func.count()).select_from(Scan).where(*where)) or 0
    if done.found:
        done.tables["scan"] = done.found
        if not run.dry:
            run.session.execute(sa.update(Scan).where(*where).values(text=""))


def _contact(run: Run, done: Done) -> None:
    """The names that a giver's form held; the giver itself, its lines and its papers stay."""
    lots = run.session.scalars(
        sa.select(Lot).where(Lot.closed_at < done.before, Lot.signatory.is_not(None)).limit(BATCH)
    ).all()
    done.found = done.tables["lot"] = len(lots)
    for lot in lots if not run.dry else ():
        lot.contacts, lot.signatory = [], None


#: What an account alone holds, and what goes with it.
OF_ACCOUNT: tuple[Any, ...] = (
    AccountSession,
    ExternalIdentity,
    MailedCode,
    RecoveryCode,
    SecondFactor,
    WeeklyDigest,
)


def _account(run: Run, done: Done) -> None:
    """People who left every organisation: the log goes on naming a number."""
    living = sa.exists().where(Membership.account_id == Account.id, Membership.ended_at.is_(None))
    recent = sa.exists().where(Membership.account_id == Account.id, Membership.ended_at >= done.before)
    accounts = run.session.scalars(
        sa.select(Account)
        .where(~living, ~recent, Account.created_at < done.before, ~Account.email.endswith("@left.invalid"))
        .limit(BATCH)
    ).all()
    done.found = done.tables["account"] = len(accounts)
    for account in accounts if not run.dry else ():
        for theirs in OF_ACCOUNT:
            run.session.execute(sa.delete(theirs).where(theirs.account_id == account.id))
        account.email, account.name = f"{account.id}@left.invalid", f"#{account.id}"
        account.password_hash, account.disabled_at = None, account.disabled_at or run.at


STEPS: dict[Kept, Callable[[Run, Done], None]] = {
    Kept.CASE: _case,
    Kept.DRAFT_CASE: _draft_case,
    Kept.ACCESS: _access,
    Kept.SIGN_IN: _sign_in,
    Kept.SESSION: _session,
    Kept.INVITATION: _invitation,
    Kept.ATTEMPT: _attempt,
    Kept.LINK: _link,
    Kept.GIFT_DRAFT: _gift_draft,
    Kept.UNREADABLE: _unreadable,
    Kept.SCAN: _scan,
    Kept.MAIL_SENT: _mail_sent,
    Kept.MAIL_FAILED: _mail_failed,
    Kept.IMPORT: _import,
    Kept.CONTACT: _contact,
    Kept.ACCOUNT: _account,
}
