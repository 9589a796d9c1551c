"""Setting aside, answering, giving back, lapsing: what moves on each side, and what never happens twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from refurb.core.need_life import Act, State
from refurb.core.needs import Usage
from refurb.core.workflow import Action, Status
from tests.conftest import NOON
from tests.department import TODAY

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.organisations.models import Organisation
    from refurb.security import Actor
    from tests.department import MakeNeed, StockDevice
    from tests.factories import MakeActor


def outbox_templates(session: Session) -> list[str]:
    from refurb.outbox import OutboxRow

    return [row.payload["template"] for row in session.scalars(sa.select(OutboxRow).order_by(OutboxRow.id))]


def event_kinds(session: Session, subject: str, key: int) -> list[str]:
    from refurb.audit.models import Event

    query = sa.select(Event.kind).where(Event.subject_kind == subject, Event.subject_id == key).order_by(Event.seq)
    return list(session.scalars(query))


def test_setting_aside_moves_all_three(
    session: Session, stock_device: StockDevice, make_need: MakeNeed, coordinator: Actor
) -> None:
    from refurb.matching import queries, services

    need, device = make_need(), stock_device()
    reservation = services.reserve(session, need, device, by=coordinator, at=NOON)
    assert (need.state, device.status) == (State.PROPOSED, Status.RESERVED)
    # Tuesday 17 November and ten working days: Tuesday 1 December, 23:59 in Paris.
    assert reservation.expires_at == datetime(2026, 12, 1, 22, 59, tzinfo=UTC)
    assert reservation.mode == "gift"
    found = queries.open_reservation(session, device.id)
    assert found is not None
    assert found.need.code == need.code
    assert event_kinds(session, "reservation", reservation.id) == ["reservation.opened", "proposal.made"]
    assert event_kinds(session, "need", need.id)[-1] == "need.state-changed"
    assert event_kinds(session, "device", device.id)[-1] == "device.moved"
    assert outbox_templates(session) == ["match_proposal"]


def test_the_mail_says_the_number_and_nothing_of_the_case(
    session: Session, stock_device: StockDevice, make_need: MakeNeed, coordinator: Actor
) -> None:
    from flask import render_template

    from refurb.matching import services
    from refurb.outbox import OutboxRow

    services.reserve(session, make_need(), stock_device(), by=coordinator, at=NOON)
    row = session.scalars(sa.select(OutboxRow)).one()
    text = render_template(f"mail/{row.payload['template']}.txt", **row.payload["context"])
    assert row.payload["context"]["code"] in text
    assert "1 décembre 2026" in text
    for social in ("collège", "téléphone", "Angers", "Lenovo"):
        assert social not in text + row.payload["subject"]


def test_never_two_on_one_machine_nor_on_one_need(
    session: Session, stock_device: StockDevice, make_need: MakeNeed, coordinator: Actor
) -> None:
    from refurb.matching import services
    from refurb.matching.models import Reservation
    from refurb.matching.services import MatchRefused

    need, other, device, second = make_need(), make_need(), stock_device(), stock_device()
    services.reserve(session, need, device, by=coordinator, at=NOON)
    with pytest.raises(MatchRefused, match="device-taken"):
        services.reserve(session, other, device, by=coordinator, at=NOON)
    with pytest.raises(MatchRefused, match="need-taken"):
        services.reserve(session, need, second, by=coordinator, at=NOON)
    assert (other.state, second.status) == (State.VALIDATED, Status.IN_STOCK)
    # The indexes say it too, whatever the code does.
    for need_id, device_id in ((need.id, second.id), (other.id, device.id)):
        double = Reservation(need_id=need_id, device_id=device_id, mode="gift", made_at=NOON, expires_at=NOON)
        with session.begin_nested() as savepoint:
            session.add(double)
            with pytest.raises(sa.exc.IntegrityError):
                session.flush()
            savepoint.rollback()


def test_what_does_not_suit_is_refused_with_its_reasons(
    session: Session, stock_device: StockDevice, make_need: MakeNeed, coordinator: Actor
) -> None:
    from refurb.matching import services
    from refurb.matching.services import MatchRefused

    need, weak = make_need(), stock_device(ram_mb=4096, webcam=None)
    with pytest.raises(MatchRefused) as refused:
        services.reserve(session, need, weak, by=coordinator, at=NOON)
    assert refused.value.code == "not-suitable"
    assert refused.value.criteria == {"ram_gb", "webcam"}
    assert (need.state, weak.status) == (State.VALIDATED, Status.IN_STOCK)
    with pytest.raises(MatchRefused, match="not-matched"):
        services.reserve(session, need, stock_device(cpu_class=None), by=coordinator, at=NOON)


def test_a_need_not_confirmed_receives_nothing(
    session: Session, stock_device: StockDevice, make_need: MakeNeed, coordinator: Actor
) -> None:
    from refurb.matching import services
    from refurb.matching.services import MatchRefused

    need, device = make_need(), stock_device()
    with pytest.raises(MatchRefused, match="not-fresh"):
        services.reserve(session, need, device, by=coordinator, at=NOON + timedelta(days=91))
    draft = make_need(sent=False)
    with pytest.raises(MatchRefused, match="no-such-move"):
        services.reserve(session, draft, device, by=coordinator, at=NOON)
    assert device.status is Status.IN_STOCK


def test_the_service_accepts(
    session: Session, stock_device: StockDevice, make_need: MakeNeed, coordinator: Actor, prescriber: Actor
) -> None:
    from refurb.matching import services
    from refurb.matching.services import MatchRefused

    need, device = make_need(), stock_device()
    reservation = services.reserve(session, need, device, by=coordinator, at=NOON)
    services.accept(session, reservation, by=prescriber, at=NOON)
    assert (need.state, reservation.accepted_at) == (State.ACCEPTED, NOON)
    with pytest.raises(MatchRefused, match="already-answered"):
        services.accept(session, reservation, by=prescriber, at=NOON)


def test_the_service_declines_and_both_are_free(
    session: Session, stock_device: StockDevice, make_need: MakeNeed, coordinator: Actor, prescriber: Actor
) -> None:
    from refurb.matching import services
    from refurb.matching.models import Ending
    from refurb.matching.services import MatchRefused

    need, device = make_need(), stock_device()
    reservation = services.reserve(session, need, device, by=coordinator, at=NOON)
    with pytest.raises(MatchRefused, match="unknown-motive"):
        services.decline(session, reservation, motive="Mme Durand n'en veut pas", by=prescriber, at=NOON)
    assert (need.state, device.status, reservation.ended_at) == (State.PROPOSED, Status.RESERVED, None)
    services.decline(session, reservation, motive="too-far", by=prescriber, at=NOON)
    assert (need.state, need.validated_on, device.status) == (State.WAITING, TODAY, Status.IN_STOCK)
    assert (reservation.ending, reservation.motive) == (Ending.DECLINED, "too-far")
    with pytest.raises(MatchRefused, match="ended"):
        services.release(session, reservation, motive="mistake", by=coordinator, at=NOON)
    services.reserve(session, need, device, by=coordinator, at=NOON)


def test_a_prepared_machine_is_given_back_too(
    session: Session,
    stock_device: StockDevice,
    make_need: MakeNeed,
    coordinator: Actor,
    workshop: Organisation,
    make_actor: MakeActor,
) -> None:
    from refurb.core.permissions import Role
    from refurb.devices import services as devices
    from refurb.matching import services

    need, device = make_need(), stock_device()
    reservation = services.reserve(session, need, device, by=coordinator, at=NOON)
    devices.move(session, device, Action.PREPARE, by=make_actor(workshop, Role.TECHNICIAN), at=NOON)
    assert device.status is Status.READY_FOR_PICKUP
    services.release(session, reservation, motive="household-unavailable", by=coordinator, at=NOON)
    assert (need.state, device.status) == (State.WAITING, Status.IN_STOCK)


def test_a_lapse_suspends_with_its_rank_and_frees_the_machine(
    session: Session, stock_device: StockDevice, make_need: MakeNeed, coordinator: Actor
) -> None:
    from refurb.matching import services
    from refurb.matching.models import Ending
    from refurb.security import Actor

    need, device = make_need(), stock_device()
    reservation = services.reserve(session, need, device, by=coordinator, at=NOON)
    assert services.lapse(session, by=Actor.system(), at=reservation.expires_at) == 0
    after = reservation.expires_at + timedelta(minutes=1)
    assert services.lapse(session, by=Actor.system(), at=after) == 1
    assert (need.state, need.validated_on, device.status) == (State.SUSPENDED, TODAY, Status.IN_STOCK)
    assert reservation.ending is Ending.EXPIRED
    assert services.lapse(session, by=Actor.system(), at=after) == 0
    assert outbox_templates(session) == ["match_proposal", "match_lapsed"]


def test_an_appointment_keeps_it_longer(
    session: Session, stock_device: StockDevice, make_need: MakeNeed, coordinator: Actor
) -> None:
    from refurb.matching import services
    from refurb.matching.services import MatchRefused
    from refurb.security import Actor

    reservation = services.reserve(session, make_need(), stock_device(), by=coordinator, at=NOON)
    first = reservation.expires_at
    services.extend(session, reservation, first + timedelta(days=3), by=coordinator, at=NOON)
    with pytest.raises(MatchRefused, match="later-only"):
        services.extend(session, reservation, first, by=coordinator, at=NOON)
    assert services.lapse(session, by=Actor.system(), at=first + timedelta(days=1)) == 0


@pytest.mark.parametrize("action", [Action.LOCK, Action.LOSE])
def test_a_machine_that_leaves_otherwise_frees_its_need(
    session: Session,
    stock_device: StockDevice,
    make_need: MakeNeed,
    coordinator: Actor,
    workshop: Organisation,
    make_actor: MakeActor,
    action: Action,
) -> None:
    from refurb.core.permissions import Role
    from refurb.devices import services as devices
    from refurb.matching.models import Ending
    from refurb.matching.services import reserve

    need, device = make_need(), stock_device()
    reservation = reserve(session, need, device, by=coordinator, at=NOON)
    devices.move(session, device, action, by=make_actor(workshop, Role.TECHNICIAN), at=NOON, payload={"motive": "bios"})
    assert need.state is State.WAITING
    assert reservation.ending is Ending.DEVICE_LEFT
    assert outbox_templates(session)[-1] == "match_machine_left"


def test_a_need_withdrawn_gives_the_machine_back(
    session: Session, stock_device: StockDevice, make_need: MakeNeed, coordinator: Actor, prescriber: Actor
) -> None:
    from refurb.matching.services import reserve
    from refurb.needs import services as needs

    need, device = make_need(), stock_device()
    reservation = reserve(session, need, device, by=coordinator, at=NOON)
    needs.change_state(session, need, Act.CANCEL, by=prescriber, at=NOON, today=TODAY, motive="moved-away")
    assert (need.state, device.status) == (State.CANCELLED, Status.IN_STOCK)
    assert reservation.motive == "need-cancel"


def test_a_hand_over_ends_it(
    session: Session, stock_device: StockDevice, make_need: MakeNeed, coordinator: Actor
) -> None:
    from refurb.matching import services
    from refurb.matching.models import Ending

    need, device = make_need(), stock_device()
    reservation = services.reserve(session, need, device, by=coordinator, at=NOON)
    services.fulfil(session, reservation, by=coordinator, at=NOON)
    assert (need.state, reservation.ending) == (State.HANDED_OVER, Ending.HANDED_OVER)


def test_nobody_reserves_by_scanning(session: Session, stock_device: StockDevice, coordinator: Actor) -> None:
    from refurb.core.workflow import TransitionRefused
    from refurb.devices import services as devices

    with pytest.raises(TransitionRefused, match="no-reservation"):
        devices.move(session, stock_device(), Action.RESERVE, by=coordinator, at=NOON)


def test_the_stock_is_cut_in_two_for_a_need(
    session: Session, stock_device: StockDevice, make_need: MakeNeed, make_device: object
) -> None:
    from refurb.matching import queries

    need = make_need()
    strong = stock_device(cpu_class=5)
    fit = stock_device(cpu_class=2)
    weak = stock_device(ram_mb=4096)
    stock_device(cpu_class=None)
    good, bad = queries.suits(session, need)
    assert [row.device["id"] for row in good] == [fit.code, strong.code]
    assert [(row.device["id"], [gap.criterion for gap in row.gaps]) for row in bad] == [(weak.code, ["ram_gb"])]


def test_a_machine_s_needs_leave_out_what_cannot_receive(
    session: Session, stock_device: StockDevice, make_need: MakeNeed
) -> None:
    from refurb.matching import queries

    device = stock_device(cpu_class=1, webcam=False)
    simple = make_need(usages=(Usage.PROCEDURES,))
    make_need()
    make_need(usages=(Usage.PROCEDURES,), sent=False)
    doubtful = make_need(usages=(Usage.PROCEDURES,), not_equipped=False)
    assert doubtful.state is State.SUBMITTED
    rows, count = queries.wanted_by(session, device, TODAY, limit=10)
    assert ([row.need["id"] for row in rows], count) == ([simple.code], 1)
    assert queries.wanted_by(session, device, TODAY + timedelta(days=91), limit=10) == ([], 0)


def test_public_machines_keep_to_their_modes(session: Session, stock_device: StockDevice, make_need: MakeNeed) -> None:
    from refurb.core.equipment import Origin, Regime
    from refurb.matching import scenario

    device = stock_device(origin=Origin.PUBLIC, regime=Regime.PUBLIC_ASSOCIATION)
    row = scenario.one_device(session, device)
    assert row is not None
    # A plain association may not receive from a public body: nothing may leave.
    assert row["modes"] == []
    private = scenario.one_device(session, stock_device())
    assert private is not None
    assert private["modes"] == ["gift", "loan", "solidarity_sale"]
