"""Open a ticket, exchange a charger at the counter, close it. What moves a machine goes through the hand-over."""

from datetime import datetime

from sqlalchemy.orm import Session

from refurb.aftersales import queries
from refurb.aftersales.models import Ticket
from refurb.audit.services import record
from refurb.core.aftersales import GOES_HOME, REOPENS, Fault, Outcome
from refurb.core.handover import ReturnMotive
from refurb.core.identity import CodeKind
from refurb.core.need_life import Act
from refurb.core.workflow import OUT, Action, Status
from refurb.devices import services as devices
from refurb.devices import stock
from refurb.devices.models import CountedStock, Device
from refurb.devices.steps import lock
from refurb.handover import services as handovers
from refurb.handover.models import Handover
from refurb.needs import services as needs
from refurb.needs.models import Need
from refurb.organisations.codes import next_code
from refurb.security import Actor
from refurb.web import zone

#: Where a machine that came back stands while somebody looks at it.
ON_THE_BENCH = frozenset({Status.AFTER_SALES, Status.IN_REPAIR})


class TicketRefused(Exception):
    """A deed on a ticket that may not be; `code`: "not-out", "already-open", "closed", "no-stock", "not-on-bench"."""

    def __init__(self, code: str, ticket: Ticket | None = None) -> None:
        super().__init__(code)
        self.code, self.ticket = code, ticket


def open_ticket(
    session: Session,
    device: Device,
    handover: Handover | None,
    *,
    fault: Fault,
    description: str = "",
    comes_back: bool = False,
    by: Actor,
    at: datetime,
) -> Ticket:
    """Open a ticket on a machine in its user's hands; with `comes_back` the machine is left here.

    Raises TicketRefused "not-out", "already-open" (with that ticket), and TransitionRefused.
    """
    device = lock(session, device)
    if (known := queries.open_ticket(session, device.id)) is not None:
        raise TicketRefused("already-open", known)
    if device.status not in OUT:
        raise TicketRefused("not-out")
    ticket = Ticket(
        code=next_code(session, CodeKind.TICKET),
        device_id=device.id,
        handover_id=handover.id if handover else None,
        organisation_id=device.holder_id,
        fault=fault.value,
        description=description.strip() or None,
        opened_at=at,
        opened_by_id=by.id,
    )
    session.add(ticket)
    session.flush()
    told = {"fault": fault.value, "device_id": device.id, "comes_back": comes_back}
    record(session, "ticket", ticket.id, "ticket.opened", by=by, at=at, payload=told)
    if comes_back:
        if handover is not None and handover.returned_at is None:
            handovers.take_back(session, handover, ReturnMotive.FAULT, by=by, at=at)
        else:
            told = {"motive": ReturnMotive.FAULT.value, "ticket": ticket.code}
            devices.move(session, device, Action.RETURN, by=by, at=at, payload=told)
    return ticket


def swap_charger(
    session: Session, ticket: Ticket, *, charger: str, line: CountedStock | None, by: Actor, at: datetime
) -> None:
    """Give another charger and close the ticket: the machine does not move. `line` is the stock it comes from.

    Raises TicketRefused "closed", "no-stock".
    """
    _still_open(ticket)
    # Before the shelf, as the workshop does: two who hold one each would wait for ever.
    lock(session, ticket.device)
    if line is not None:
        try:
            stock.change(session, line, -1, reason=f"ticket:{ticket.code}", by=by, at=at)
        except devices.DeviceRefused as refusal:
            raise TicketRefused("no-stock") from refusal
    devices.set_charger(session, ticket.device, charger, by=by, at=at)
    ticket.part = charger
    record(session, "ticket", ticket.id, "ticket.part-swapped", by=by, at=at, payload={"part": charger})
    _close(session, ticket, Outcome.CHARGER_SWAPPED, by=by, at=at)


def close(session: Session, ticket: Ticket, outcome: Outcome, *, part: str = "", by: Actor, at: datetime) -> None:
    """Close a ticket; the machine goes home, or its case waits again, as the outcome says.

    Raises TicketRefused "closed", "not-on-bench", and TransitionRefused (a machine that goes home is wiped first, or
    its user signed that they refuse).
    """
    _still_open(ticket)
    device = lock(session, ticket.device)
    handover = ticket.handover
    if device.status not in OUT:
        if outcome in GOES_HOME:
            if device.status not in ON_THE_BENCH:
                raise TicketRefused("not-on-bench")
            told = {"ticket": ticket.code, "outcome": outcome.value}
            devices.move(session, device, Action.GIVE_BACK_TO_USER, by=by, at=at, payload=told)
            if handover is not None:
                handover.returned_at = handover.return_motive = None
        elif outcome in REOPENS and handover is not None:
            today = at.astimezone(zone()).date()
            need = session.get_one(Need, handover.need_id, with_for_update=True, populate_existing=True)
            needs.change_state(session, need, Act.REOPEN, by=by, at=at, today=today, motive="after-sales")
    if part.strip():
        ticket.part = part.strip()[:100]
        record(session, "ticket", ticket.id, "ticket.part-swapped", by=by, at=at, payload={"part": ticket.part})
    _close(session, ticket, outcome, by=by, at=at)


def _still_open(ticket: Ticket) -> None:
    if ticket.closed_at is not None:
        raise TicketRefused("closed")


def _close(session: Session, ticket: Ticket, outcome: Outcome, *, by: Actor, at: datetime) -> None:
    ticket.outcome, ticket.closed_at = outcome.value, at
    record(session, "ticket", ticket.id, "ticket.closed", by=by, at=at, payload={"outcome": outcome.value})
