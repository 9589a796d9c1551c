"""What proves a gift: the certificate of transfer with the count, the statement of reuse before the giver asks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from refurb.core.workflow import Status
from refurb.devices.models import Device
from refurb.documents.models import Document
from refurb.donations.models import LotLine, LotShare
from refurb.outbox import OutboxRow

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.security import Actor
    from tests.department import MakeLot
    from tests.donations.conftest import House
    from tests.visitor import Visitor

AT = datetime(2026, 11, 17, 11, 0, tzinfo=UTC)


@pytest.fixture
def share(session: Session, house: House, make_lot: MakeLot, coordinator: Actor, controller: Actor) -> LotShare:
    """A lot of four lines at the workshop nearby, two of its laptops counted and born."""
    from refurb.donations import arrivals, offers, services

    lot, _token = make_lot()
    lines = session.scalars(sa.select(LotLine).where(LotLine.lot_id == lot.id)).all()
    services.accept_lines(session, lot, [line.id for line in lines], by=coordinator, at=AT)
    made = offers.offer(session, lot, house.near, {line.id: line.quantity for line in lines}, by=coordinator, at=AT)
    offers.answer(session, made, accepted=True, by=controller, at=AT)
    offers.collect(session, made, count=2, by=controller, at=AT)
    for serial in ("5CG1230ABC", "5CG1234ABD"):
        arrivals.scan(session, made, serial, label=None, place_id=None, by=controller, at=AT)
    session.flush()
    loaded = sa.select(LotShare).options(joinedload(LotShare.lot), joinedload(LotShare.workshop))
    return session.scalars(loaded.execution_options(populate_existing=True)).one()


def papers(session: Session, kind: str) -> list[Document]:
    return list(session.scalars(sa.select(Document).where(Document.kind == kind).order_by(Document.id)))


def put(session: Session, *statuses: Status) -> None:
    """Let the machines stand where the test needs them; how they came there is told elsewhere."""
    for device, status in zip(session.scalars(sa.select(Device).order_by(Device.id)), statuses, strict=True):
        device.status = status
    session.flush()


def test_the_end_of_the_count_certifies_the_transfer(
    visitor: Visitor, session: Session, house: House, share: LotShare
) -> None:
    visitor.sign_in(house.controller, house.near)
    visitor.post(f"/donations/{share.lot.code}/shares/{share.id}/count", {"do": "finish", "chargers": "2"})
    (paper,) = papers(session, "transfer_certificate")
    assert [machine["inventory_number"] for machine in paper.data["devices"]] == ["INV-1", "INV-2"]
    assert paper.data["transferred_on"] == "2026-11-17"


def test_the_statement_comes_when_every_machine_has_its_end(
    session: Session, share: LotShare, controller: Actor
) -> None:
    from refurb.donations import arrivals, jobs

    arrivals.finish(session, share, chargers=None, by=controller, at=AT)
    put(session, Status.HANDED_OVER, Status.IN_STOCK)
    assert jobs.state_reuse(session, AT + timedelta(days=30)) == 0
    put(session, Status.HANDED_OVER, Status.PARTS)
    assert jobs.state_reuse(session, AT + timedelta(days=30)) == 1
    assert jobs.state_reuse(session, AT + timedelta(days=31)) == 0
    (paper,) = papers(session, "reuse_statement")
    assert [(row["inventory_number"], row["outcome"]) for row in paper.data["rows"]] == [
        ("INV-1", "reuse"),
        ("INV-2", "parts"),
    ]
    mail = session.scalars(sa.select(OutboxRow).where(OutboxRow.kind == "mail.send")).all()[-1]
    assert (mail.payload["template"], mail.payload["to"]) == ("gift_reused", "camille@example.org")


def test_after_half_a_year_the_giver_is_told_how_far_it_is_and_later_the_end(
    session: Session, share: LotShare, controller: Actor
) -> None:
    from refurb.donations import arrivals, jobs

    arrivals.finish(session, share, chargers=None, by=controller, at=AT)
    put(session, Status.HANDED_OVER, Status.MISSING)
    assert jobs.state_reuse(session, AT + timedelta(days=182)) == 0
    assert jobs.state_reuse(session, AT + timedelta(days=184)) == 1
    assert jobs.state_reuse(session, AT + timedelta(days=185)) == 0
    put(session, Status.HANDED_OVER, Status.RETURNED_TO_SUPPLIER)
    assert jobs.state_reuse(session, AT + timedelta(days=186)) == 1
    first, second = papers(session, "reuse_statement")
    assert [row["outcome"] for row in first.data["rows"]] == ["reuse", "lost"]
    assert [row["outcome"] for row in second.data["rows"]] == ["reuse", "returned"]
    assert (first.replaced_by_id, first.voided_at is not None) == (second.id, True)


def test_a_workshop_makes_it_on_demand_once_counted(
    visitor: Visitor, session: Session, house: House, share: LotShare, controller: Actor
) -> None:
    from refurb.donations import arrivals

    visitor.sign_in(house.controller, house.near)
    address = f"/donations/{share.lot.code}/shares/{share.id}/statement"
    visitor.post(address, {})
    assert papers(session, "reuse_statement") == []
    arrivals.finish(session, share, chargers=None, by=controller, at=AT)
    session.flush()
    page = visitor.post(address, {})
    assert "Bilan de réemploi" in page.words()
    (paper,) = papers(session, "reuse_statement")
    assert {row["outcome"] for row in paper.data["rows"]} == {"in_progress"}
    visitor.sign_in(house.stranger, house.far)
    visitor.post(address, {}, status=404)
