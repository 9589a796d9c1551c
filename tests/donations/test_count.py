"""The count at arrival: declared 12, received 12 of which one extra, one missing, two unknown; each settled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from refurb.audit.models import Event
from refurb.core.documents import DocumentKind
from refurb.core.equipment import Form
from refurb.core.identity import CodeKind, mint
from refurb.core.workflow import Status
from refurb.devices.models import CountedStock, Device
from refurb.documents.models import Document
from refurb.donations.models import Arrival, ArrivalFind, LineState, Lot, LotLine, LotShare
from refurb.outbox import OutboxRow

if TYPE_CHECKING:
    from flask import Flask

    from refurb.db import Session
    from refurb.security import Actor
    from tests.department import MakeLot
    from tests.donations.conftest import House
    from tests.visitor import Page, Visitor


class Count:
    """A share being counted, and the page where it is."""

    def __init__(self, visitor: Visitor, session: Session, share: LotShare, lot: Lot) -> None:
        self.visitor, self.session, self.share_id, self.lot_id = visitor, session, share.id, lot.id
        self.address = f"/donations/{lot.code}/shares/{share.id}/count"

    def do(self, deed: str, status: int = 200, **data: Any) -> Page:
        """Press a button of the page."""
        return self.visitor.post(self.address, {"do": deed, **data}, status=status)

    def lines(self) -> list[LotLine]:
        """Return the lines of the share, fresh."""
        self.session.expire_all()
        query = sa.select(LotLine).where(LotLine.share_id == self.share_id).order_by(LotLine.position)
        return list(self.session.scalars(query))

    def devices(self) -> list[Device]:
        """Return the machines born, in the order of their birth."""
        self.session.expire_all()
        query = sa.select(Device).join(Arrival).join(LotLine).where(LotLine.share_id == self.share_id)
        return list(self.session.scalars(query.order_by(Device.id)))

    def finds(self) -> list[ArrivalFind]:
        """Return what is to be settled."""
        self.session.expire_all()
        query = sa.select(ArrivalFind).where(ArrivalFind.settled_at.is_(None)).order_by(ArrivalFind.id)
        return list(self.session.scalars(query))


@pytest.fixture
def count(
    visitor: Visitor, session: Session, house: House, make_lot: MakeLot, coordinator: Actor, controller: Actor
) -> Count:
    """A lot taken by the workshop nearby, collected, its controller signed in."""
    from refurb.donations import offers, services
    from refurb.web import now

    lot, _token = make_lot()
    lines = session.scalars(sa.select(LotLine).where(LotLine.lot_id == lot.id)).all()
    services.accept_lines(session, lot, [line.id for line in lines], by=coordinator, at=now())
    wanted = {line.id: line.quantity for line in lines}
    share = offers.offer(session, lot, house.near, wanted, by=coordinator, at=now())
    offers.answer(session, share, accepted=True, by=controller, at=now())
    offers.collect(session, share, count=12, by=controller, at=now())
    session.flush()
    visitor.sign_in(house.controller, house.near)
    return Count(visitor, session, share, lot)


def test_a_scan_of_serial_or_inventory_number_bears_a_machine(count: Count) -> None:
    page = count.do("scan", text="5cg1230abc")
    assert "Reçue" in page.one(".flashes").get_text()
    count.do("scan", text="INV-2")
    assert [(d.serial, d.status, d.holder_id is not None) for d in count.devices()] == [
        ("5CG1230ABC", Status.RECEIVED, True),
        ("5CG1234ABD", Status.RECEIVED, True),
    ]
    first = count.session.scalars(
        sa.select(Event).where(Event.subject_kind == "device", Event.subject_id == count.devices()[0].id)
    ).one()
    assert (first.kind, first.after) == ("device.received", "received")
    assert "Déjà comptée" in count.do("scan", text="5CG1230ABC").one(".flashes").get_text()
    assert len(count.devices()) == 2


def test_a_blank_label_in_hand_goes_on_the_next_machine(count: Count) -> None:
    label = mint(CodeKind.DEVICE, 49_700_001)
    page = count.do("scan", text=label)
    assert "en main" in page.words()
    count.do("scan", text="5CG1230ABC", label=label)
    (device,) = count.devices()
    assert device.code == label
    assert device.labelled_at is not None
    assert "Déjà comptée" in count.do("scan", text=label).one(".flashes").get_text()


def test_a_click_counts_a_line_without_serial_and_accessories_without_code(count: Count) -> None:
    monitors, keyboards = count.lines()[2], count.lines()[3]
    count.do("receive", line=str(monitors.id), count="3")
    assert len(count.devices()) == 3
    assert "plus que ce que" in count.do("receive", line=str(monitors.id), count="2").one(".flashes").get_text()
    count.do("receive", line=str(keyboards.id), count="6")
    assert count.lines()[3].counted == 6
    assert len(count.devices()) == 3


def test_an_unknown_serial_that_resembles_a_missing_line_is_offered_as_it(count: Count) -> None:
    page = count.do("scan", text="5CGI230ABC")
    assert "n'est pas dans la liste" in page.one(".flashes").get_text()
    assert "Il ressemble à la ligne 1" in page.words()
    (find,) = count.finds()
    count.do("line", find=str(find.id), line=str(count.lines()[0].id))
    (device,) = count.devices()
    assert device.serial == "5CGI230ABC"
    assert count.lines()[0].details["declared_serial"] == "5CG1230ABC"
    assert count.finds() == []
    assert "déjà réglé" in count.do("ignore", find=str(find.id)).one(".flashes").get_text()


def test_a_find_may_be_an_extra_or_nothing(count: Count) -> None:
    count.do("scan", text="ZZTOP99")
    count.do("scan", text="BATTERY-123")
    assert "à régler" in count.do("scan", text="ZZTOP99").one(".flashes").get_text()
    extra, nothing = count.finds()
    page = count.do("extra", status=422, find=str(extra.id), form="")
    assert page.select(".notice-refused")
    count.do("extra", find=str(extra.id), form="tablet", maker="Samsung", model="T505")
    count.do("ignore", find=str(nothing.id))
    (device,) = count.devices()
    assert (device.form, device.serial) == (Form.TABLET, "ZZTOP99")
    assert [line.is_extra for line in count.lines()] == [False, False, False, False, True]
    count.do("extra", form="laptop", maker="", model="")
    assert len(count.devices()) == 2


def test_the_end_of_the_count_makes_papers_tells_the_giver_and_closes_the_lot(count: Count) -> None:
    lines = count.lines()
    assert "Rien n'est compté" in count.do("finish", chargers="").one(".flashes").get_text()
    count.do("scan", text="5CG1230ABC")
    count.do("receive", line=str(lines[2].id), count="4")
    count.do("receive", line=str(lines[3].id), count="5")
    count.do("scan", text="ZZTOP99")
    assert "Réglez d'abord" in count.do("finish", chargers="2").one(".flashes").get_text()
    count.do("extra", find=str(count.finds()[0].id), form="laptop")
    count.do("finish", chargers="beaucoup", status=422)
    page = count.do("finish", chargers="2")
    assert "12 annoncées, 11 reçues" in page.one(".flashes").get_text()
    # One laptop never came: its line stays collected, with what is missing of it.
    assert [(line.state, line.missing) for line in count.lines()] == [
        (LineState.RECEIVED, 0), (LineState.COLLECTED, 1), (LineState.RECEIVED, 0), (LineState.RECEIVED, 1),
        (LineState.RECEIVED, 0),
    ]  # fmt: skip
    papers = {d.kind: d.data for d in count.session.scalars(sa.select(Document).where(Document.subject_kind == "lot"))}
    assert set(papers) == {
        DocumentKind.RECEIPT_SLIP.value,
        DocumentKind.INTAKE_CERTIFICATE.value,
        DocumentKind.TRANSFER_CERTIFICATE.value,
    }
    slip = papers[DocumentKind.RECEIPT_SLIP]
    assert len(slip["differences"]) == 3
    assert papers[DocumentKind.INTAKE_CERTIFICATE]["devices"][0]["serial"] == "5CG1230ABC"
    mail = count.session.scalars(sa.select(OutboxRow).where(OutboxRow.kind == "mail.send")).all()[-1].payload
    assert (mail["template"], mail["context"]["received"]) == ("gift_counted", 11)
    shelf = {row.kind: row.quantity for row in count.session.scalars(sa.select(CountedStock))}
    assert shelf == {"charger": 2, "keyboard": 5}
    assert count.session.get_one(Lot, count.lot_id).closed_at is not None
    assert "terminé" in count.do("scan", text="5CG1234ABD").one(".flashes").get_text()
    from refurb.donations.queries import totals

    sums = totals(count.session, [count.lot_id])[count.lot_id]
    assert (sums.total, sums.arrived, sums.missing, sums.extra) == (12, 11, 2, 1)


def test_a_serial_that_another_machine_bears_is_said_and_the_machine_comes_without(
    count: Count, make_device: Any
) -> None:
    make_device(maker="HP", serial="5CG1230ABC")
    page = count.do("scan", text="5CG1230ABC")
    assert "Une autre machine porte déjà" in page.one(".flashes").get_text()
    assert page.select('button[value="receive-bare"]')
    count.do("receive-bare", line=str(count.lines()[0].id))
    (device,) = count.devices()
    assert device.serial is None


def test_a_count_by_mistake_is_taken_back_while_nothing_else_happened(count: Count) -> None:
    count.do("scan", text="5CG1230ABC")
    (device,) = count.devices()
    count.do("take-back", device=str(device.id))
    assert count.devices() == []
    count.session.expire_all()
    assert count.session.get_one(Device, device.id).status is Status.RETURNED_TO_SUPPLIER


@pytest.mark.parametrize(
    "text", ["", "   ", mint(CodeKind.NEED, 49_000_001), "=cmd()", "<script>alert(1)</script>", "x" * 5000]
)
def test_odd_scans_never_break_the_count(count: Count, text: str) -> None:
    page = count.do("scan", text=text)
    assert not page.select("main script")
    assert count.devices() == []


@pytest.mark.parametrize(
    "data", [{"do": "nothing"}, {"do": "receive"}, {"do": "line", "find": "1"}, {"do": "take-back"}]
)
def test_odd_deeds_never_break_the_count(count: Count, data: dict[str, str]) -> None:
    answer = count.visitor.client.post(count.address, data={"csrf_token": count.visitor.csrf(), **data})
    assert answer.status_code in (303, 422)
    assert count.devices() == []


def test_a_volunteer_counts_and_a_giver_does_not(
    count: Count, visitor: Visitor, house: House, make_account: Any
) -> None:
    from refurb.core.permissions import Role

    visitor.sign_in(make_account({house.near: [Role.VOLUNTEER]}), house.near)
    count.do("scan", text="5CG1230ABC")
    assert len(count.devices()) == 1


def test_two_workshops_that_count_two_parts_of_a_gift_at_once(fresh_app: Flask) -> None:
    """Each takes an extra and closes its count: two positions, and the gift is over."""
    import threading
    from datetime import timedelta

    from refurb.core.permissions import OrganisationRole
    from refurb.db import get_session
    from refurb.donations import arrivals, finds, offers, services
    from refurb.donations.services import Declared, Gift
    from refurb.organisations.models import LegalType, Organisation, OrganisationRoleRow
    from refurb.security import Actor
    from tests.conftest import NOON, Clock

    fresh_app.extensions["refurb.clock"] = Clock(NOON)
    system = Actor.system()
    with fresh_app.app_context():
        session = get_session()
        given = Gift(supplier_name="Mairie", legal_type=LegalType.COMPANY, contacts=[])
        rows = [Declared(form=Form.LAPTOP), Declared(form=Form.LAPTOP)]
        lot, _token = services.submit(session, given, rows, by=system, at=NOON, language="fr")
        lines = session.scalars(sa.select(LotLine).order_by(LotLine.position)).all()
        services.accept_lines(session, lot, [line.id for line in lines], by=system, at=NOON)
        shares = []
        for line in lines:
            workshop = Organisation(
                name=f"Atelier {line.position}",
                legal_type=LegalType.ASSOCIATION,
                created_at=NOON,
                role_rows=[OrganisationRoleRow(role=OrganisationRole.REFURBISHER)],
            )
            session.add(workshop)
            session.flush()
            share = offers.offer(session, lot, workshop, {line.id: 1}, by=system, at=NOON)
            offers.answer(session, share, accepted=True, by=system, at=NOON)
            offers.collect(session, share, count=1, by=system, at=NOON)
            shares.append((share.id, line.id))
        lot_id = lot.id
        session.commit()
    together, failed = threading.Barrier(2), list[str]()

    def count(share_id: int, line_id: int) -> None:
        with fresh_app.app_context():
            session = get_session()
            later = NOON + timedelta(hours=1)
            together.wait(300)
            try:
                for deed in ("extra", "finish"):
                    share = session.get_one(LotShare, share_id)
                    if deed == "extra":
                        arrivals.receive_line(session, share, line_id, place_id=None, by=system, at=later)
                        finds.settle_as_extra(
                            session, share, None, form=Form.LAPTOP, maker=None, model=None, place_id=None, by=system,
                            at=later,
                        )  # fmt: skip
                    else:
                        arrivals.finish(session, share, chargers=None, by=system, at=later)
                    session.commit()
            except Exception as error:
                failed.append(repr(error))

    threads = [threading.Thread(target=count, args=pair) for pair in shares]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with fresh_app.app_context():
        session = get_session()
        assert session.get_one(Lot, lot_id).closed_at is not None
        assert list(session.scalars(sa.select(LotLine.position).order_by(LotLine.position))) == [1, 2, 3, 4]
