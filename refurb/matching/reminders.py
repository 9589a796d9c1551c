"""Before a reservation lapses: the service is reminded, then its other colleagues are told."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from refurb import outbox
from refurb.accounts import queries as accounts
from refurb.audit.services import record
from refurb.core.permissions import Permission, Role, permissions_of
from refurb.core.workdays import add_working_days
from refurb.matching import mails
from refurb.matching.models import Reservation
from refurb.matching.queries import whole
from refurb.security import Actor
from refurb.web import zone

#: Working days left when the service is reminded, and when its colleagues are told.
REMIND, RAISE = 5, 2


def send(session: Session, *, by: Actor, at: datetime) -> int:
    """Remind of what nobody answered and is soon over; return how many mails were asked for."""
    today = at.astimezone(zone()).date()
    count = 0
    for row in _unanswered(session, at):
        last = row.expires_at.astimezone(zone()).date()
        pair = {"need_id": row.need_id, "device_id": row.device_id}
        if row.raised_at is None and add_working_days(today, RAISE) >= last:
            row.raised_at = at
            row.reminded_at = row.reminded_at or at
            for address in _colleagues(session, row):
                message = mails.message(session, row, row.need, "raised", to=address)
                if message is not None:
                    outbox.enqueue(session, "mail.send", message)
                    count += 1
            record(session, "reservation", row.id, "reservation.raised", by=by, at=at, payload=pair)
        elif row.reminded_at is None and add_working_days(today, REMIND) >= last:
            row.reminded_at = at
            message = mails.message(session, row, row.need, "reminder")
            if message is not None:
                outbox.enqueue(session, "mail.send", message)
                count += 1
            record(session, "reservation", row.id, "reservation.reminded", by=by, at=at, payload=pair)
    return count


def _unanswered(session: Session, at: datetime) -> Sequence[Reservation]:
    query = whole().where(
        Reservation.ended_at.is_(None),
        Reservation.accepted_at.is_(None),
        Reservation.raised_at.is_(None),
        Reservation.expires_at > at,
    )
    return session.scalars(query.order_by(Reservation.id).with_for_update(of=Reservation, skip_locked=True)).all()


def _colleagues(session: Session, row: Reservation) -> list[str]:
    """Return the addresses of those of the service who may answer, but for whoever wrote the need; the service's own
    address where there is nobody else."""
    found = [
        member.account.email
        for member in accounts.members(session, row.need.organisation_id)
        if member.account_id != row.need.created_by_id
        and Permission.MATCH_ANSWER in permissions_of(frozenset(Role(code) for code in member.role_codes))
    ]
    return sorted(found) or [row.need.organisation.email or ""]
