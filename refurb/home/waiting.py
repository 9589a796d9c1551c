"""What waits for the reader, in the order in which others wait for it. Counts and dates only: the pages show which."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.aftersales.models import Ticket
from refurb.core.need_life import OPEN, State
from refurb.core.permissions import OrganisationRole, Permission
from refurb.core.workflow import Status
from refurb.devices.models import Device, Report
from refurb.donations.models import LineState, Lot, LotLine, LotShare
from refurb.handover.models import Appointment
from refurb.matching.models import Proposal, ProposalState, Reservation
from refurb.needs import followup
from refurb.needs.models import Need
from refurb.needs.queries import substitute_asked
from refurb.organisations.models import JoinRequest, Organisation, Place, RequestState, Trust
from refurb.outbox import OutboxRow
from refurb.security import Actor

#: A reservation that ends so soon deserves a line.
SOON = timedelta(days=3)


@dataclass(frozen=True)
class Waiting:
    """One line of the list: how many of what, since when, and the page that shows them. Words are in home/words.py."""

    key: str
    count: int
    endpoint: str
    arguments: dict[str, Any] = field(default_factory=dict)
    tone: str = "going"
    oldest: datetime | None = None


@dataclass(frozen=True)
class Station:
    """One station of the line of machines: how many stand there, and the statuses that make it."""

    key: str
    statuses: tuple[Status, ...]
    count: int = 0


S = Status
#: The line of machines as a workshop walks it.
STATIONS = (
    Station("to_triage", (S.RECEIVED, S.INVENTORIED)),
    Station("to_wipe", (S.TRIAGED, S.WIPING, S.WIPE_FAILED)),
    Station("to_diagnose", (S.WIPED,)),
    Station("to_install", (S.DIAGNOSED, S.IN_REPAIR, S.WAITING_PART)),
    Station("to_control", (S.INSTALLED,)),
    Station("to_shelve", (S.QUALITY_CHECKED,)),
    Station("in_stock", (S.IN_STOCK,)),
    Station("set_aside", (S.RESERVED, S.READY_FOR_PICKUP)),
)


def list_for(
    session: Session,
    who: Actor,
    statuses: dict[Status, tuple[int, datetime | None]],
    *,
    at: datetime,
    day_start: datetime,
) -> list[Waiting]:
    """Return what waits for the actor, others' waiting first.

    `statuses` is what `by_status` says, `day_start` is midnight where the instance is.
    """
    found: list[Waiting] = []
    if who.can(Permission.HANDOVER_PERFORM):
        found += _appointments(session, who, day_start)
    if who.can(Permission.MATCH_ANSWER):
        found += _service(session, who, (day_start + timedelta(hours=12)).date())
    if OrganisationRole.REFURBISHER in who.organisation_roles:
        found += _workshop(session, who, statuses, day_start)
    if who.can(Permission.LOT_OFFER):
        found += _lots_to_coordinate(session)
    if who.can(Permission.NEED_ARBITRATE):
        found += _needs_to_arbitrate(session, at)
        found += _many("stock_free", statuses, [S.IN_STOCK], "devices.index", {"status": "in_stock"}, "neutral")
    if who.can(Permission.LOT_FOLLOW):
        found += _gifts(session, who)
    if who.can(Permission.ORGANISATION_MANAGE):
        count = session.scalar(
            sa.select(sa.func.count())
            .select_from(Organisation)
            .where(Organisation.trust.in_([Trust.UNDER_REVIEW, Trust.INVITED]))
        )
        found.append(Waiting("organisations_to_review", count or 0, "organisations.index"))
        asked = sa.select(JoinRequest).where(JoinRequest.state == RequestState.WAITING)
        count, oldest = _count(session, asked, JoinRequest.created_at)
        found.append(Waiting("join_requests", count, "organisations.requests", tone="waits", oldest=oldest))
    if who.can(Permission.SETTINGS_EDIT):
        count = session.scalar(sa.select(sa.func.count()).where(OutboxRow.failed_at.is_not(None)))
        found.append(Waiting("jobs_failed", count or 0, "setup.settings", tone="refused"))
    return [line for line in found if line.count]


def by_status(session: Session, who: Actor) -> dict[Status, tuple[int, datetime | None]]:
    """Return the count and the oldest date of each status: the workshop's own machines, the coordination's all."""
    if not who.can(Permission.DEVICE_READ):
        return {}
    query = sa.select(Device.status, sa.func.count(), sa.func.min(Device.status_since)).group_by(Device.status)
    if not who.can(Permission.NEED_ARBITRATE):
        query = query.where(Device.holder_id == who.organisation_id)
    return {status: (count, oldest) for status, count, oldest in session.execute(query)}


def line_of(statuses: dict[Status, tuple[int, datetime | None]]) -> list[Station]:
    """Return the stations with their counts."""
    return [
        Station(s.key, s.statuses, sum(statuses.get(status, (0, None))[0] for status in s.statuses)) for s in STATIONS
    ]


def _many(
    key: str,
    statuses: dict[Status, tuple[int, datetime | None]],
    wanted: Iterable[Status],
    endpoint: str,
    arguments: dict[str, Any],
    tone: str = "going",
) -> Iterator[Waiting]:
    kept = [statuses[status] for status in wanted if status in statuses]
    if kept:
        oldest = min((since for _, since in kept if since), default=None)
        yield Waiting(key, sum(count for count, _ in kept), endpoint, arguments, tone, oldest)


def _count(session: Session, query: sa.Select[Any], since: Any) -> tuple[int, datetime | None]:
    """Return how many rows a query has, and the least of `since`."""
    row = session.execute(query.with_only_columns(sa.func.count(), sa.func.min(since), maintain_column_froms=True))
    count, oldest = row.one()
    return count, oldest


def _workshop(
    session: Session, who: Actor, statuses: dict[Status, tuple[int, datetime | None]], day_start: datetime
) -> Iterator[Waiting]:
    mine = sa.select(LotShare).where(LotShare.workshop_id == who.organisation_id)
    if who.can(Permission.LOT_ANSWER):
        query = mine.where(LotShare.answered_at.is_(None))
        count, oldest = _count(session, query, LotShare.offered_at)
        yield Waiting("offers", count, "donations.index", {"tab": "offered"}, "waits", oldest)
    accepted = mine.where(LotShare.accepted.is_(True))
    if who.can(Permission.LOT_COLLECT):
        # One day more than today's midnight, so that what is due today counts.
        due = (day_start + timedelta(hours=26)).date()
        query = accepted.where(LotShare.collected_at.is_(None), LotShare.pickup_on < due)
        count, _ = _count(session, query, LotShare.answered_at)
        yield Waiting("pickups", count, "donations.index", {"tab": "to-collect"})
    if who.can(Permission.LOT_COUNT):
        query = accepted.where(LotShare.collected_at.is_not(None), LotShare.counted_at.is_(None))
        count, oldest = _count(session, query, LotShare.collected_at)
        yield Waiting("to_count", count, "donations.index", {"tab": "to-count"}, "going", oldest)
    if who.can(Permission.PICKING_READ):
        yield from _many("to_prepare", statuses, [S.RESERVED], "matching.picking", {})
    yield from _many("wipe_failed", statuses, [S.WIPE_FAILED], "devices.index", {"status": "wipe_failed"}, "refused")
    if who.can(Permission.REPORT_UPLOAD):
        doubts = sa.select(Report).where(Report.organisation_id == who.organisation_id, Report.doubt.is_not(None))
        count, oldest = _count(session, doubts, Report.received_at)
        yield Waiting("doubts", count, "reports.index", {"waiting": "1"}, "waits", oldest)
    yield from _many("locked", statuses, [S.LOCKED], "devices.index", {"status": "locked"}, "waits")
    yield from _many("returned", statuses, [S.AFTER_SALES], "devices.index", {"status": "after_sales"}, "waits")
    if who.can(Permission.DEVICE_CONTROL):
        yield from _many("to_control", statuses, [S.INSTALLED], "devices.index", {"status": "installed"})
        yield from _many("to_shelve", statuses, [S.QUALITY_CHECKED], "devices.index", {"status": "quality_checked"})


def _service(session: Session, who: Actor, today: date) -> Iterator[Waiting]:
    held = (
        sa.select(Reservation)
        .join(Need, Need.id == Reservation.need_id)
        .where(Need.organisation_id == who.organisation_id, Reservation.ended_at.is_(None))
    )
    count, oldest = _count(session, held.where(Reservation.accepted_at.is_(None)), Reservation.made_at)
    yield Waiting("proposals", count, "needs.mine", {"state": "proposed"}, "waits", oldest)
    own = sa.select(Need).where(Need.organisation_id == who.organisation_id)
    count, oldest = _count(session, own.where(substitute_asked()), Need.changed_at)
    yield Waiting("substitutes", count, "needs.mine", {"show": "waiting"}, "waits", oldest)
    planned = sa.select(Appointment.reservation_id).where(
        Appointment.cancelled_at.is_(None), Appointment.missed_at.is_(None)
    )
    query = held.where(Reservation.accepted_at.is_not(None), Reservation.id.not_in(planned))
    count, oldest = _count(session, query, Reservation.accepted_at)
    yield Waiting("to_plan", count, "needs.mine", {"state": "accepted"}, "going", oldest)
    grouped = (
        sa.select(Need.state, sa.func.count(), sa.func.min(Need.state_since))
        .where(Need.organisation_id == who.organisation_id)
        .group_by(Need.state)
    )
    states = {state: (count, since) for state, count, since in session.execute(grouped)}
    for key, wanted, tone in (
        ("needs_to_complete", State.TO_COMPLETE, "waits"),
        ("needs_to_confirm", State.EXPIRED, "waits"),
        ("needs_drafts", State.DRAFT, "neutral"),
    ):
        count, since = states.get(wanted, (0, None))
        yield Waiting(key, count, "needs.mine", {"state": wanted.value}, tone, since)
    count, _ = _count(session, own.where(*followup.due(today)), Need.handed_over_on)
    yield Waiting("follow_ups", count, "needs.mine", {}, "neutral")
    queued = [states[state] for state in OPEN if state in states]
    yield Waiting("needs_queued", sum(count for count, _ in queued), "needs.mine", {"show": "alive"}, "neutral")


def _appointments(session: Session, who: Actor, day_start: datetime) -> Iterator[Waiting]:
    standing = (
        sa.select(Appointment)
        .join(Reservation, Reservation.id == Appointment.reservation_id)
        .join(Place, Place.id == Appointment.place_id)
        .join(Need, Need.id == Reservation.need_id)
        .where(
            Reservation.ended_at.is_(None),
            Appointment.cancelled_at.is_(None),
            Appointment.missed_at.is_(None),
            sa.or_(Place.organisation_id == who.organisation_id, Need.organisation_id == who.organisation_id),
        )
    )
    tomorrow = day_start + timedelta(days=1)
    today = standing.where(Appointment.starts_at >= day_start, Appointment.starts_at < tomorrow)
    count, _ = _count(session, today, Appointment.starts_at)
    yield Waiting("appointments_today", count, "handover.today")
    count, oldest = _count(session, standing.where(Appointment.starts_at < day_start), Appointment.starts_at)
    yield Waiting("appointments_late", count, "handover.today", {}, "waits", oldest)
    count, _ = _count(session, standing.where(Appointment.starts_at >= tomorrow), Appointment.starts_at)
    yield Waiting("appointments_next", count, "handover.today", {}, "neutral")
    tickets = sa.select(Ticket).where(Ticket.organisation_id == who.organisation_id, Ticket.closed_at.is_(None))
    count, oldest = _count(session, tickets, Ticket.opened_at)
    yield Waiting("tickets", count, "aftersales.index", {}, "waits", oldest)


def _lots_to_coordinate(session: Session) -> Iterator[Waiting]:
    open_lots = sa.select(Lot).where(Lot.closed_at.is_(None))
    undecided = sa.exists().where(LotLine.lot_id == Lot.id, LotLine.state == LineState.DECLARED)
    count, oldest = _count(session, open_lots.where(undecided), Lot.declared_at)
    yield Waiting("lots_to_answer", count, "donations.index", {"tab": "to-examine"}, "waits", oldest)
    unshared = sa.exists().where(
        LotLine.lot_id == Lot.id, LotLine.state == LineState.ACCEPTED, LotLine.share_id.is_(None)
    )
    count, oldest = _count(session, open_lots.where(unshared, ~undecided), Lot.declared_at)
    yield Waiting("lots_to_offer", count, "donations.index", {"tab": "to-offer"}, "going", oldest)
    unanswered = sa.select(LotShare).where(LotShare.answered_at.is_(None))
    count, oldest = _count(session, unanswered, LotShare.offered_at)
    yield Waiting("offers_unanswered", count, "donations.index", {"tab": "offered"}, "neutral", oldest)


def _needs_to_arbitrate(session: Session, at: datetime) -> Iterator[Waiting]:
    grouped = sa.select(Need.state, sa.func.count(), sa.func.min(Need.state_since)).group_by(Need.state)
    states = {state: (count, since) for state, count, since in session.execute(grouped)}
    count, since = states.get(State.SUBMITTED, (0, None))
    yield Waiting("needs_to_check", count, "needs.index", {"state": "submitted"}, "waits", since)
    ending = sa.select(Reservation).where(
        Reservation.ended_at.is_(None), Reservation.accepted_at.is_(None), Reservation.expires_at < at + SOON
    )
    count, _ = _count(session, ending, Reservation.made_at)
    yield Waiting("reservations_ending", count, "needs.index", {"state": "proposed"}, "waits")
    pending = sa.select(Proposal).where(Proposal.live, Proposal.state == ProposalState.PENDING)
    count, oldest = _count(session, pending, Proposal.made_at)
    yield Waiting("match_to_decide", count, "matching.index", {}, "waits", oldest)
    queued = [states[state] for state in OPEN if state in states]
    oldest = min((since for _, since in queued if since), default=None)
    total = sum(count for count, _ in queued)
    yield Waiting("needs_to_serve", total, "needs.index", {"state": [state.value for state in OPEN]}, "going", oldest)


def _gifts(session: Session, who: Actor) -> Iterator[Waiting]:
    mine = sa.select(Lot).where(Lot.supplier_id == who.organisation_id, Lot.closed_at.is_(None))
    undecided = sa.exists().where(LotLine.lot_id == Lot.id, LotLine.state == LineState.DECLARED)
    count, oldest = _count(session, mine.where(undecided), Lot.declared_at)
    yield Waiting("gifts_examined", count, "donations.mine", {}, "neutral", oldest)
    coming = sa.exists().where(LotShare.lot_id == Lot.id, LotShare.accepted.is_(True), LotShare.collected_at.is_(None))
    count, _ = _count(session, mine.where(coming), Lot.declared_at)
    yield Waiting("gifts_to_collect", count, "donations.mine")
    count, _ = _count(session, sa.select(Lot).where(Lot.supplier_id == who.organisation_id), Lot.declared_at)
    yield Waiting("gifts_all", count, "donations.mine", {}, "neutral")
