"""Which kinds of outbox row are carried out, and by what; which tasks have their hour."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from refurb import outbox
from refurb.accounts.models import AccountSession, Attempt, MailedCode
from refurb.devices import report_jobs
from refurb.documents import services as documents
from refurb.donations import drafts
from refurb.donations import jobs as donations
from refurb.jobs import mail, schedule
from refurb.jobs.schedule import Periodic
from refurb.matching import jobs as matching
from refurb.needs import jobs as needs
from refurb.organisations import jobs as organisations
from refurb.outbox import OutboxRow
from refurb.privacy import jobs as privacy
from refurb.security import Actor
from refurb.territory import jobs as territory
from refurb.workshop import jobs as workshop

#: What is done is kept a while, for who asks whether the message left.
KEPT = timedelta(days=30)


def register(app: Flask) -> None:
    """Fill the tables; called once by create_app()."""
    outbox.HANDLERS["mail.send"] = mail.deliver
    schedule.PERIODIC[:] = [
        Periodic("documents.render", render_documents, minute="*/10"),
        Periodic("outbox.tidy", tidy_outbox, minute="17", hour="3"),
        Periodic("accounts.tidy", tidy_accounts, minute="27", hour="3"),
        Periodic("donations.state_reuse", donations.state_reuse, minute="12", hour="7"),
        Periodic("donations.tidy", drafts.tidy, minute="32", hour="3"),
        # A reservation ends at 23:59 where the instance is, whatever its zone: a look a minute past each hour.
        Periodic("matching.lapse", matching.lapse, minute="1"),
        Periodic("matching.remind", matching.remind, minute="12", hour="7"),
        Periodic("matching.estimate", matching.estimate, minute="22", hour="4"),
        Periodic("matching.estimate-new", matching.estimate_new, minute="*/10"),
        Periodic("matching.tidy", matching.tidy, minute="42", hour="3"),
        Periodic("needs.expire", needs.expire, minute="37", hour="3"),
        Periodic("needs.rescore", needs.rescore, minute="7", hour="4"),
        Periodic("needs.follow-up", needs.follow_up, minute="17", hour="5"),
        Periodic("needs.digest", needs.digest, minute="47", hour="5"),
        # Before offices open, by the server's clock.
        Periodic("workshop.locks", workshop.write_to_givers, minute="3", hour="7"),
        Periodic("workshop.tidy", workshop.tidy, minute="48", hour="3"),
        Periodic("privacy.purge", privacy.daily, minute="52", hour="3"),
        Periodic("organisations.recertify", organisations.recertify, minute="22", hour="5"),
        Periodic("organisations.tidy", organisations.tidy, minute="42", hour="3"),
        Periodic("reports.read", report_jobs.read_waiting, minute="*/5"),
        Periodic("territory.refresh", territory.refresh, minute="47", hour="3"),
    ]


def render_documents(session: Session, at: datetime) -> int:
    """Render the papers whose own row was lost or given up."""
    return documents.render_pending(session, by=Actor.system(), at=at)


def tidy_outbox(session: Session, at: datetime) -> int:
    """Forget what was done a month ago; what failed stays until a person has looked at it."""
    statement = sa.delete(OutboxRow).where(OutboxRow.done_at < at - KEPT)
    return int(session.execute(statement).rowcount)  # type: ignore[attr-defined]  # a DELETE gives a CursorResult


def tidy_accounts(session: Session, at: datetime) -> int:
    """Forget sign-ins a month after their end, and yesterday's tries."""
    session.execute(sa.delete(Attempt).where(Attempt.window_started_at < at - timedelta(days=1)))
    session.execute(sa.delete(MailedCode).where(MailedCode.expires_at < at - timedelta(days=1)))
    statement = sa.delete(AccountSession).where(AccountSession.expires_at < at - KEPT)
    return int(session.execute(statement).rowcount)  # type: ignore[attr-defined]  # a DELETE gives a CursorResult
