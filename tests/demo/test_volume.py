"""The volume that figures are measured on (scripts/make-volume), here a small one: a true record on both databases."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

if TYPE_CHECKING:
    from flask import Flask

    from refurb.db import Session

MIDNIGHT = datetime(2026, 11, 17, 0, 5, tzinfo=UTC)


@pytest.mark.slow
def test_a_small_volume_is_in_order(fresh_app: Flask) -> None:
    from refurb.cli.verify import _faults
    from refurb.db import get_session
    from refurb.demo.volume.build import fill

    with fresh_app.app_context():
        session = get_session()
        fill(session, devices=250, events_each=10, needs=80, lots=30, organisations=60, now=MIDNIGHT)
        assert list(_faults()) == []
        _has_each_part(session)


def _has_each_part(session: Session) -> None:
    from refurb.aftersales.models import Ticket
    from refurb.core.workflow import Status
    from refurb.devices.models import Device
    from refurb.documents.models import Document
    from refurb.handover.models import Handover
    from refurb.matching.models import Proposal, ProposalState, Reservation
    from refurb.needs.models import Need

    def count(model: type, *where: sa.ColumnElement[bool]) -> int:
        return session.scalars(sa.select(sa.func.count()).select_from(model).where(*where)).one()

    assert (count(Device), count(Need)) == (250, 80)
    assert {Status.RECEIVED, Status.IN_STOCK, Status.HANDED_OVER, Status.WEEE} <= set(
        session.scalars(sa.select(Device.status))
    )
    handed_over = count(Handover)
    assert handed_over == count(Device, Device.status.in_((Status.HANDED_OVER, Status.AFTER_SALES))) > 0
    assert count(Document, Document.subject_kind == "handover") == 3 * handed_over
    assert count(Reservation, Reservation.ended_at.is_(None)) == count(
        Device, Device.status.in_((Status.RESERVED, Status.READY_FOR_PICKUP))
    )
    assert count(Ticket) > 0
    assert count(Proposal, Proposal.state == ProposalState.PENDING) > 0
