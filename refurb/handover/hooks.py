"""What the hand-over gives the other areas: who sees its papers, and what follows a move."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from refurb.core.steps import Step
from refurb.core.workflow import Action
from refurb.devices import registry
from refurb.devices.models import Device
from refurb.devices.registry import Moved
from refurb.documents import registry as documents
from refurb.documents.models import Document
from refurb.handover import queries, restitution
from refurb.handover.models import Appointment, Handover
from refurb.matching.models import Reservation
from refurb.security import Actor


def register(app: Flask) -> None:
    """Called by create_app()."""
    registry.AFTER_MOVE["handover"] = registry.AfterMove(ends_something, after_move)
    registry.LATER["handover"] = later
    documents.SEES["handover"] = queries.may_see


def ends_something(steps: Sequence[Step]) -> bool:
    """Whether a hand-over, its return or its appointment may end with these steps."""
    return registry.did(steps, Action.GIVE_BACK, Action.RETURN, Action.GIVE_BACK_TO_USER) or registry.frees(steps)


def after_move(session: Session, moved: Moved, by: Actor) -> None:
    """End what a move ends: the appointment of a machine set free, the hand-over of one returned; write the slip."""
    if moved.did(Action.GIVE_BACK) and not moved.repeated:
        restitution.slip(session, moved, by)
    if moved.did(Action.RETURN) and not moved.repeated:
        # By a scan as well: the hand-over it ends must not take back the machine of the next one.
        session.execute(
            sa.update(Handover)
            .where(Handover.device_id == moved.device.id, Handover.returned_at.is_(None))
            .values(returned_at=moved.at)
        )
    if moved.did(Action.GIVE_BACK_TO_USER) and not moved.repeated:
        last = queries.last_of_device(session, moved.device.id)
        if last is not None:
            last.returned_at = last.return_motive = None
    if not moved.frees_reservation:
        return
    of_device = sa.select(Reservation.id).where(Reservation.device_id == moved.device.id)
    session.execute(
        sa.update(Appointment)
        .where(
            Appointment.reservation_id.in_(of_device),
            Appointment.reservation_id.not_in(sa.select(Handover.reservation_id)),
            Appointment.missed_at.is_(None),
            Appointment.cancelled_at.is_(None),
        )
        .values(cancelled_at=moved.at)
    )


def later(session: Session, device: Device, since: datetime) -> set[str]:
    """An undo is refused once a paper names the machine's hand-over."""
    found = session.scalar(
        sa.select(Document.id)
        .join(Handover, sa.and_(Document.subject_kind == "handover", Document.subject_id == Handover.id))
        .where(Handover.device_id == device.id, Document.issued_at >= since)
        .limit(1)
    )
    return {"later-document"} if found is not None else set()
