"""Tickets, as the pages ask for them: the workshop that holds the machine, the service of its case, who opened them."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload

from refurb.aftersales.models import Ticket
from refurb.core.permissions import Permission
from refurb.devices import queries as devices
from refurb.devices.models import CountedStock, Device
from refurb.handover import queries as handovers
from refurb.handover.models import Handover
from refurb.needs.models import Need
from refurb.security import Actor, ActorKind


def _sees(actor: Actor) -> sa.ColumnElement[bool]:
    if actor.kind is ActorKind.SYSTEM or actor.can(Permission.NEED_ARBITRATE):
        return sa.true()
    if actor.organisation_id is None or not actor.can(Permission.TICKET_OPEN):
        return sa.false()
    ways: list[sa.ColumnElement[bool]] = [
        Device.holder_id == actor.organisation_id,
        Handover.organisation_id == actor.organisation_id,
    ]
    if actor.can(Permission.NEED_READ_CASE):
        ways.append(Need.organisation_id == actor.organisation_id)
    return sa.or_(*ways)


def _tickets() -> Any:
    return (
        sa.select(Ticket)
        .join(Device, Device.id == Ticket.device_id)
        .outerjoin(Handover, Handover.id == Ticket.handover_id)
        .outerjoin(Need, Need.id == Handover.need_id)
        .options(
            contains_eager(Ticket.device).joinedload(Device.holder),
            contains_eager(Ticket.handover).contains_eager(Handover.need),
        )
    )


def listing(*, seen_by: Actor, closed: bool = False) -> sa.Select[Any]:
    """Return the query of the tickets, the oldest open first, or the latest closed."""
    query: sa.Select[Any] = _tickets().where(_sees(seen_by))
    if closed:
        return query.where(Ticket.closed_at.is_not(None)).order_by(Ticket.closed_at.desc(), Ticket.id.desc())
    return query.where(Ticket.closed_at.is_(None)).order_by(Ticket.opened_at, Ticket.id)


def by_code(session: Session, code: str, *, seen_by: Actor, lock: bool = False) -> Ticket | None:
    """Return one ticket with its machine and its case, if the actor may see it."""
    query = _tickets().where(Ticket.code == code, _sees(seen_by)).execution_options(populate_existing=True)
    found: Ticket | None = session.scalar(query.with_for_update(of=Ticket) if lock else query)
    return found


def may_see(session: Session, ticket_id: int, actor: Actor) -> bool:
    """Whether the actor may see a ticket, and so its papers."""
    return (
        session.scalar(_tickets().with_only_columns(Ticket.id).where(Ticket.id == ticket_id, _sees(actor))) is not None
    )


def machine(session: Session, code: str, *, seen_by: Actor) -> tuple[Device, Handover | None] | None:
    """Return the machine that a device, case or hand-over code names, with its last hand-over, if one may see it."""
    query = (
        sa.select(Handover.id)
        .join(Device, Device.id == Handover.device_id)
        .join(Need, Need.id == Handover.need_id)
        .where(sa.or_(Device.code == code, Need.code == code, Handover.code == code))
        .order_by(Handover.handed_over_at.desc(), Handover.id.desc())
        .limit(1)
    )
    handover_id = session.scalar(query)
    if handover_id is not None and handovers.may_see(session, handover_id, seen_by):
        handover = session.scalars(
            sa.select(Handover)
            .where(Handover.id == handover_id)
            .options(joinedload(Handover.device).joinedload(Device.holder), joinedload(Handover.need))
        ).one()
        return handover.device, handover
    device = devices.by_code(session, code, seen_by=seen_by)
    return None if device is None else (device, None)


def open_ticket(session: Session, device_id: int) -> Ticket | None:
    """Return the ticket that is open on a machine: there is one at most, the next is about the same."""
    return session.scalar(sa.select(Ticket).where(Ticket.device_id == device_id, Ticket.closed_at.is_(None)).limit(1))


def chargers(session: Session, ticket: Ticket, *, seen_by: Actor) -> list[CountedStock]:
    """Return the chargers in the actor's own stock, those of the machine's kind first."""
    if seen_by.organisation_id is None:
        return []
    found = devices.stock_of(session, seen_by.organisation_id, kind="charger")
    wanted = ticket.device.charger
    return sorted((line for line in found if line.quantity > 0), key=lambda line: (line.detail != wanted, line.id))
