"""Where and when: agreed, moved, missed, prepared; and who sees which case."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from refurb.core.equipment import Form
from refurb.core.need_life import State
from refurb.core.permissions import OrganisationRole, Role
from refurb.core.workflow import Action, Status
from tests.conftest import NOON
from tests.handover.test_desk import hand_over

if TYPE_CHECKING:
    from typing import Any

    from refurb.db import Session
    from refurb.handover.models import Appointment
    from tests.handover.chain import Chain

TOMORROW = NOON + timedelta(days=1)


def plan(chain: Chain, reservation: Any, starts_at: datetime = TOMORROW, *, at: datetime = NOON) -> Appointment:
    from refurb.handover import services

    return services.plan(chain.session, chain.case(reservation), chain.place, starts_at, by=chain.prescriber, at=at)


def events_of(chain: Chain, need_id: int) -> list[str]:
    from refurb.audit.queries import of_subject

    return [event.kind for event in of_subject(chain.session, "need", need_id) if event.kind.startswith("handover.")]


def test_a_time_is_agreed_and_the_point_and_the_workshop_are_told(chain: Chain, session: Session) -> None:
    from refurb.handover import queries
    from refurb.outbox import OutboxRow

    reservation = chain.reserved()
    made = plan(chain, reservation)
    assert made.ends_at - made.starts_at == timedelta(minutes=30)
    assert events_of(chain, reservation.need_id) == ["handover.planned"]
    mails = session.scalars(sa.select(OutboxRow).where(OutboxRow.kind == "mail.send")).all()
    told = {row.payload["to"]: row.payload for row in mails if row.payload["template"] == "handover_planned"}
    assert set(told) == {chain.point.email, chain.workshop.email}
    assert "Le Bourg" in told[chain.point.email]["context"]["place"]
    agenda = queries.agenda(session, seen_by=chain.agent, until=NOON + timedelta(days=7))
    assert [case.reservation.id for case in agenda] == [reservation.id]
    assert queries.without_date(session, seen_by=chain.agent) == []


def test_a_new_time_replaces_the_last(chain: Chain, session: Session) -> None:
    from refurb.handover import queries

    reservation = chain.reserved()
    first = plan(chain, reservation)
    second = plan(chain, reservation, TOMORROW + timedelta(days=1))
    session.flush()
    assert first.cancelled_at == NOON
    found = queries.open_appointment(session, reservation.id)
    assert found is not None
    assert found.id == second.id
    assert events_of(chain, reservation.need_id) == ["handover.moved", "handover.planned"]


def test_an_appointment_after_the_expiry_keeps_the_machine_aside_until_that_evening(chain: Chain) -> None:
    reservation = chain.reserved()
    late = reservation.expires_at + timedelta(days=2, hours=-10)
    plan(chain, reservation, late)
    assert reservation.expires_at > late
    assert reservation.expires_at - late < timedelta(days=1)


@pytest.mark.parametrize(
    ("starts_at", "code"),
    [(NOON - timedelta(minutes=1), "in-the-past"), (NOON + timedelta(days=31), "after-expiry")],
)
def test_a_time_that_cannot_be_is_refused(chain: Chain, starts_at: datetime, code: str) -> None:
    from refurb.handover.services import HandoverRefused

    reservation = chain.reserved()
    with pytest.raises(HandoverRefused) as caught:
        plan(chain, reservation, starts_at)
    assert caught.value.code == code


def test_a_closed_point_takes_no_appointment(chain: Chain) -> None:
    from refurb.handover.services import HandoverRefused

    reservation = chain.reserved()
    chain.place.is_open = False
    with pytest.raises(HandoverRefused, match="place-closed"):
        plan(chain, reservation)


def test_the_second_time_nobody_comes_the_machine_goes_to_another(chain: Chain, session: Session) -> None:
    from refurb.devices.models import Device
    from refurb.handover import services
    from refurb.needs.models import Need

    reservation = chain.reserved()
    plan(chain, reservation)
    with pytest.raises(services.HandoverRefused, match="too-early"):
        services.miss(session, chain.case(reservation), by=chain.agent, at=NOON)
    assert services.miss(session, chain.case(reservation), by=chain.agent, at=TOMORROW) is False
    with pytest.raises(services.HandoverRefused, match="no-appointment"):
        services.miss(session, chain.case(reservation), by=chain.agent, at=TOMORROW)
    plan(chain, reservation, TOMORROW + timedelta(days=1), at=TOMORROW)
    assert services.miss(session, chain.case(reservation), by=chain.agent, at=TOMORROW + timedelta(days=2)) is True
    assert session.get_one(Device, reservation.device_id).status is Status.IN_STOCK
    assert session.get_one(Need, reservation.need_id).state is State.WAITING
    assert events_of(chain, reservation.need_id).count("handover.missed") == 2


def test_a_machine_locked_meanwhile_has_no_appointment_any_more(chain: Chain, session: Session) -> None:
    from refurb.devices import services as devices
    from refurb.devices.models import Device

    reservation = chain.reserved()
    appointment = plan(chain, reservation)
    device = session.get_one(Device, reservation.device_id)
    devices.move(session, device, Action.LOCK, by=chain.technician, at=NOON)
    session.refresh(appointment)
    assert appointment.cancelled_at == NOON


def test_prepared_then_handed_over(chain: Chain, session: Session) -> None:
    from refurb.devices.models import Device
    from refurb.handover import services

    reservation = chain.reserved()
    services.prepare(session, chain.case(reservation), by=chain.technician, at=NOON)
    assert session.get_one(Device, reservation.device_id).status is Status.READY_FOR_PICKUP
    hand_over(chain, reservation)
    assert session.get_one(Device, reservation.device_id).status is Status.HANDED_OVER


def test_a_case_is_seen_by_its_service_its_point_its_workshop_and_the_coordination(
    chain: Chain, make_organisation: Any, make_actor: Any
) -> None:
    reservation = chain.reserved()
    for actor in (chain.prescriber, chain.agent, chain.technician, chain.coordinator):
        assert chain.case(reservation, seen_by=actor) is not None
    strangers = (
        make_actor(make_organisation(OrganisationRole.PRESCRIBER), Role.PRESCRIBER),
        make_actor(make_organisation(OrganisationRole.HANDOVER_POINT), Role.HANDOVER_AGENT),
        make_actor(make_organisation(OrganisationRole.REFURBISHER), Role.CONTROLLER),
        make_actor(make_organisation(OrganisationRole.SUPPLIER), Role.SUPPLIER),
    )
    for actor in strangers:
        assert chain.case(reservation, seen_by=actor) is None


def test_the_giver_hears_of_reuse_and_its_month_and_nothing_else(chain: Chain, session: Session) -> None:
    from refurb.core.handover import ReturnMotive
    from refurb.devices import services as devices
    from refurb.devices.models import Device
    from refurb.handover import queries, services
    from refurb.handover.queries import Fate
    from refurb.web import zone

    served, mistaken = chain.reserved(), chain.reserved()
    kept, scrapped = chain.stocked(), chain.stocked()
    hand_over(chain, served)
    code = hand_over(chain, mistaken).code
    found = queries.by_code(session, code, seen_by=chain.agent)
    assert found is not None
    services.take_back(session, found, ReturnMotive.HANDOVER_MISTAKE, by=chain.agent, at=NOON)
    devices.move(session, scrapped, Action.SCRAP, by=chain.technician, at=NOON)
    ids = [served.device_id, mistaken.device_id, kept.id, scrapped.id]
    told = queries.outcome(session, ids, zone=zone())
    assert [told[key].fate for key in ids] == [Fate.REUSE, Fate.IN_PROGRESS, Fate.IN_PROGRESS, Fate.WEEE]
    assert [str(told[key].month) for key in ids] == ["2026-11-01", "None", "None", "2026-11-01"]
    # A machine that comes back for repair was reused all the same.
    device = session.get_one(Device, served.device_id)
    devices.move(session, device, Action.RETURN, by=chain.agent, at=NOON, payload={"motive": "fault"})
    assert queries.outcome(session, [device.id], zone=zone())[device.id].fate is Fate.REUSE
    assert Form.LAPTOP is device.form


def test_a_machine_given_back_leaves_with_a_slip_that_says_whether_it_was_wiped(
    chain: Chain, session: Session, make_device: Any
) -> None:
    from refurb.devices import services as devices
    from refurb.documents.queries import of_subject

    unwiped, wiped = make_device(holder=chain.workshop), chain.stocked()
    for device in (unwiped, wiped):
        devices.move(
            session, device, Action.GIVE_BACK, by=chain.controller, at=NOON, payload={"motive": "verrou non levé"}
        )
    session.commit()
    (first,), (second,) = (of_subject(session, "device", device.id) for device in (unwiped, wiped))
    assert (first.kind, first.data["wiped"], second.data["wiped"]) == ("return_slip", False, True)
    assert first.data["motive"] == "verrou non levé"
