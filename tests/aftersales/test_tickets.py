"""After the hand-over: a fault told, a charger exchanged at the counter, a machine that comes back, and how it ends."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from refurb.core.aftersales import Fault, Outcome
from refurb.core.need_life import State
from refurb.core.permissions import OrganisationRole, Role
from refurb.core.workflow import Status, TransitionRefused
from tests.conftest import NOON
from tests.handover.test_desk import hand_over
from tests.handover.test_pages import codes, sign_in

if TYPE_CHECKING:
    from refurb.aftersales.models import Ticket
    from refurb.db import Session
    from refurb.devices.models import Device
    from refurb.handover.models import Handover
    from tests.handover.chain import Chain
    from tests.visitor import Visitor

LATER = NOON + timedelta(days=30)


@pytest.fixture
def handed(chain: Chain, session: Session) -> Handover:
    """A machine in its household's hands."""
    from refurb.handover import queries

    code = hand_over(chain, chain.reserved()).code
    session.commit()
    found = queries.by_code(session, code, seen_by=chain.agent)
    assert found is not None
    return found


def open_ticket(chain: Chain, handover: Handover, **values: Any) -> Ticket:
    from refurb.aftersales import queries, services

    given: dict[str, Any] = {"fault": Fault.CHARGER, "by": chain.agent, "at": LATER} | values
    ticket = services.open_ticket(chain.session, device_of(chain.session, handover), handover, **given)
    found = queries.by_code(chain.session, ticket.code, seen_by=chain.agent)
    assert found is not None
    return found


def device_of(session: Session, handover: Handover) -> Device:
    from refurb.devices.models import Device

    return session.get_one(Device, handover.device_id)


def test_a_charger_is_exchanged_without_moving_the_machine(chain: Chain, session: Session, handed: Handover) -> None:
    from refurb.aftersales import services
    from refurb.devices import stock

    line = stock.line(session, chain.point.id, "charger", connector="USB-C", watts=65)
    stock.change(session, line, 2, reason="count", by=chain.agent, at=NOON)
    ticket = open_ticket(chain, handed)
    services.swap_charger(session, ticket, charger="USB-C 65 W", line=line, by=chain.agent, at=LATER)
    assert line.quantity == 1
    assert (ticket.outcome, ticket.closed_at, ticket.part) == ("charger_swapped", LATER, "USB-C 65 W")
    assert device_of(session, handed).status is Status.HANDED_OVER
    with pytest.raises(services.TicketRefused, match="closed"):
        services.close(session, ticket, Outcome.ADVICE, by=chain.agent, at=LATER)


def test_a_charger_that_is_no_longer_there_is_not_given(chain: Chain, session: Session, handed: Handover) -> None:
    from refurb.aftersales import services
    from refurb.devices import stock

    line = stock.line(session, chain.point.id, "charger", connector="USB-C", watts=65)
    ticket = open_ticket(chain, handed)
    with pytest.raises(services.TicketRefused, match="no-stock"):
        services.swap_charger(session, ticket, charger="USB-C 65 W", line=line, by=chain.agent, at=LATER)
    assert ticket.closed_at is None


def test_a_machine_that_comes_back_goes_home_once_wiped_or_refused(
    chain: Chain, session: Session, handed: Handover
) -> None:
    from refurb.aftersales import services
    from refurb.devices import services as devices
    from refurb.needs.models import Need

    ticket = open_ticket(chain, handed, fault=Fault.SCREEN, comes_back=True)
    device = device_of(session, handed)
    assert device.status is Status.AFTER_SALES
    assert handed.return_motive == "fault"
    assert session.get_one(Need, handed.need_id).state is State.HANDED_OVER, "the case is not closed by a fault"
    with pytest.raises(TransitionRefused, match="refusal-not-signed"):
        services.close(session, ticket, Outcome.REPAIRED, part="dalle 14 pouces", by=chain.technician, at=LATER)
    devices.sign_refusal(session, device, document=None, by=chain.technician, at=LATER)
    services.close(session, ticket, Outcome.REPAIRED, part="dalle 14 pouces", by=chain.technician, at=LATER)
    assert device_of(session, handed).status is Status.HANDED_OVER
    assert handed.returned_at is None
    assert ticket.part == "dalle 14 pouces"


def test_a_machine_beyond_repair_puts_the_case_back_in_the_queue(
    chain: Chain, session: Session, handed: Handover
) -> None:
    from refurb.aftersales import services
    from refurb.needs.models import Need

    ticket = open_ticket(chain, handed, fault=Fault.BROKEN, comes_back=True)
    services.close(session, ticket, Outcome.EXCHANGED, by=chain.technician, at=LATER)
    assert session.get_one(Need, handed.need_id).state is State.VALIDATED
    assert device_of(session, handed).status is Status.AFTER_SALES


def test_one_open_ticket_a_machine(chain: Chain, handed: Handover) -> None:
    from refurb.aftersales import services

    first = open_ticket(chain, handed)
    with pytest.raises(services.TicketRefused) as caught:
        open_ticket(chain, handed)
    assert caught.value.code == "already-open"
    assert caught.value.ticket is first


def test_a_machine_in_the_workshop_has_no_ticket(chain: Chain, session: Session) -> None:
    from refurb.aftersales import services

    with pytest.raises(services.TicketRefused, match="not-out"):
        services.open_ticket(session, chain.stocked(), None, fault=Fault.SLOW, by=chain.technician, at=LATER)


def test_the_counter_finds_the_machine_by_its_case_and_settles_it(
    visitor: Visitor, session: Session, chain: Chain, handed: Handover
) -> None:
    need, device = codes(session, handed)
    sign_in(visitor, session, chain.agent)
    assert "Rien à régler" in visitor.get("/aftersales/").words()
    assert "Aucune machine remise" in visitor.get("/aftersales/new?code=R4900099979", status=404).words()
    page = visitor.get(f"/aftersales/new?code={need}")
    assert "Sous garantie" in page.words()
    page = visitor.submit("main form.form", status=422)
    assert "Dites ce qui ne va pas" in page.words()
    page = visitor.submit("main form.form", fault="charger", description="0612345678", status=422)
    assert "Retirez-le" in page.words()
    page = visitor.submit("main form.form", fault="charger", description="ne charge plus")
    assert "ne charge plus" in page.words()
    ticket = page.response.request.path
    assert device in page.words().replace("\u00a0", "").replace(" ", "")
    # Somebody else at the same counter is led to the same ticket.
    assert "déjà ouvert" in visitor.get(f"/aftersales/new?code={device}").words()
    visitor.get(ticket)
    page = visitor.submit("#charger-form", charger="USB-C 65 W")
    assert "Chargeur échangé" in page.words()
    assert "Rien à régler" in visitor.get("/aftersales/").words()
    assert "Chargeur échangé" in visitor.get("/aftersales/?show=closed").words()


def test_the_workshop_sees_the_ticket_and_a_stranger_does_not(
    visitor: Visitor,
    session: Session,
    chain: Chain,
    handed: Handover,
    make_organisation: Any,
    make_actor: Any,
) -> None:
    ticket = open_ticket(chain, handed, fault=Fault.SLOW)
    other = make_actor(make_organisation(OrganisationRole.REFURBISHER), Role.CONTROLLER)
    session.commit()
    sign_in(visitor, session, chain.technician)
    page = visitor.get(f"/aftersales/{ticket.code}")
    visitor.submit("#close-form", outcome="advice")
    assert page.heading
    assert visitor.client.get(f"/c/{ticket.code}").location == f"/aftersales/{ticket.code}"
    sign_in(visitor, session, other)
    visitor.get(f"/aftersales/{ticket.code}", status=404)
    visitor.get(f"/c/{ticket.code}", status=404)
    _, device = codes(session, handed)
    visitor.get(f"/aftersales/new?code={device}", status=404)
