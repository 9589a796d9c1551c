"""Two people at once, with real commits: exactly one wins, the other gets a code that has a sentence."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from refurb.core.need_life import State
from refurb.core.permissions import OrganisationRole, Role, permissions_of
from refurb.core.workflow import Status
from tests.conftest import NOON
from tests.department import FAMILY, TODAY
from tests.factories import ANGERS, ANGERS_EPCI, sign_in_as

if TYPE_CHECKING:
    from flask import Flask

    from refurb.db import Session
    from refurb.security import Actor

WRITERS = 4


@pytest.fixture
def territory() -> None:
    """These tests load the communes into a database of their own."""


def people(session: Session) -> tuple[Actor, Actor, int]:
    """Return a coordinator, a prescriber and the workshop's id, committed."""
    from refurb.accounts.models import Account
    from refurb.organisations.models import LegalType, Organisation, OrganisationRoleRow
    from refurb.security import Actor, ActorKind

    def organisation(name: str, role: OrganisationRole) -> Organisation:
        made = Organisation(
            name=name,
            legal_type=LegalType.ASSOCIATION,
            email=f"{role.value}@example.org",
            commune_code=ANGERS,
            epci_code=ANGERS_EPCI,
            created_at=NOON,
            role_rows=[OrganisationRoleRow(role=role)],
        )
        session.add(made)
        session.flush()
        return made

    def actor(of: Organisation, role: Role) -> Actor:
        account = Account(email=f"{role.value}@example.org", name=role.value, created_at=NOON)
        session.add(account)
        session.flush()
        return Actor(
            kind=ActorKind.PERSON,
            id=account.id,
            organisation_id=of.id,
            roles=frozenset({role}),
            permissions=permissions_of(frozenset({role})),
            commune_code=ANGERS,
            epci_code=ANGERS_EPCI,
        )

    workshop = organisation("Atelier", OrganisationRole.REFURBISHER)
    coordinator = actor(organisation("Coordination", OrganisationRole.COORDINATION), Role.COORDINATOR)
    prescriber = actor(organisation("Service", OrganisationRole.PRESCRIBER), Role.PRESCRIBER)
    return coordinator, prescriber, workshop.id


def ready(
    session: Session, prescriber: Actor, workshop_id: int, needs: int, devices: int
) -> tuple[list[int], list[int]]:
    """Return the ids of so many needs and machines in stock that all suit each other, committed."""
    from dataclasses import replace

    from refurb.core.equipment import Form, Origin, Regime
    from refurb.core.identity import CodeKind
    from refurb.devices import services as device_services
    from refurb.needs import services as need_services
    from refurb.organisations.codes import next_code
    from refurb.organisations.models import Place, PlaceKind
    from refurb.security import Actor
    from refurb.territory import services as territory_services
    from tests.department import stock

    territory_services.load(session, "49", at=NOON)
    place = Place(
        code=next_code(session, CodeKind.PLACE),
        organisation_id=workshop_id,
        kind=PlaceKind.HANDOVER,
        name="Comptoir",
        commune_code=ANGERS,
        epci_code=ANGERS_EPCI,
    )
    session.add(place)
    session.flush()
    need_ids, device_ids = [], []
    for _ in range(needs):
        answers = replace(FAMILY, handover_place=place.id)
        need = need_services.draft(session, answers, by=prescriber, at=NOON)
        need_services.submit(session, need, answers, by=prescriber, at=NOON, today=TODAY)
        need_ids.append(need.id)
    for number in range(devices):
        device = device_services.receive(
            session,
            form=Form.LAPTOP,
            maker="Lenovo",
            model="T480",
            serial=f"PF00000{number}",
            origin=Origin.PRIVATE,
            regime=Regime.GIFT,
            holder_id=workshop_id,
            place_id=None,
            by=Actor.system(),
            at=NOON,
        )
        for name, value in {
            "cpu_class": 3,
            "ram_mb": 8192,
            "storage_gb": 256,
            "webcam": True,
            "battery_pct": 80,
        }.items():
            setattr(device, name, value)
        device_ids.append(stock(session, device).id)
    session.commit()
    return need_ids, device_ids


def race(app: Flask, deeds: list[Callable[[Session], None]]) -> list[str]:
    """Do all the deeds at once, each in its own context and connection; return "won" or the code of each refusal."""
    from refurb.db import get_session
    from refurb.matching.services import MatchRefused

    barrier, answers = threading.Barrier(len(deeds)), ["" for _ in deeds]

    def run(place: int, deed: Callable[[Session], None]) -> None:
        with app.app_context():
            session = get_session()
            barrier.wait()
            try:
                deed(session)
                session.commit()
                answers[place] = "won"
            except MatchRefused as refusal:
                session.rollback()
                answers[place] = refusal.code
            except Exception as error:
                session.rollback()
                answers[place] = f"{type(error).__name__}: {error}"

    threads = [threading.Thread(target=run, args=(i, deed)) for i, deed in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    return answers


def reserving(need_id: int, device_id: int, by: Actor) -> Callable[[Session], None]:
    def deed(session: Session) -> None:
        from refurb.devices.models import Device
        from refurb.matching import services
        from refurb.needs.models import Need

        services.reserve(session, session.get_one(Need, need_id), session.get_one(Device, device_id), by=by, at=NOON)

    return deed


def open_pairs(app: Flask) -> list[tuple[int, int]]:
    from refurb.db import get_session
    from refurb.matching.models import Reservation

    with app.app_context():
        query = sa.select(Reservation.need_id, Reservation.device_id).where(Reservation.ended_at.is_(None))
        return [(row.need_id, row.device_id) for row in get_session().execute(query)]


@pytest.fixture
def house(fresh_app: Flask) -> tuple[Flask, Actor, list[int], list[int]]:
    """An application of its own, a coordinator, as many needs as machines."""
    from refurb.db import get_session

    with fresh_app.app_context():
        session = get_session()
        coordinator, prescriber, workshop_id = people(session)
        needs, devices = ready(session, prescriber, workshop_id, WRITERS, WRITERS)
    return fresh_app, coordinator, needs, devices


def test_one_machine_goes_to_one_need(house: tuple[Flask, Actor, list[int], list[int]]) -> None:
    from refurb.db import get_session
    from refurb.devices.models import Device
    from refurb.matching.words import REFUSALS
    from refurb.needs.models import Need

    app, coordinator, needs, devices = house
    answers = race(app, [reserving(need, devices[0], coordinator) for need in needs])
    assert sorted(answers) == ["device-taken"] * (WRITERS - 1) + ["won"]
    assert "device-taken" in REFUSALS
    (pair,) = open_pairs(app)
    assert pair[1] == devices[0]
    with app.app_context():
        session = get_session()
        states = {key: session.get_one(Need, key).state for key in needs}
        assert states.pop(pair[0]) is State.PROPOSED
        assert set(states.values()) == {State.VALIDATED}
        assert session.get_one(Device, devices[0]).status is Status.RESERVED


def test_one_need_receives_one_machine(house: tuple[Flask, Actor, list[int], list[int]]) -> None:
    app, coordinator, needs, devices = house
    answers = race(app, [reserving(needs[0], device, coordinator) for device in devices])
    assert sorted(answers) == ["need-taken"] * (WRITERS - 1) + ["won"]
    assert len(open_pairs(app)) == 1


def test_different_pairs_do_not_hinder_each_other(house: tuple[Flask, Actor, list[int], list[int]]) -> None:
    from refurb.audit.services import broken
    from refurb.db import get_session

    app, coordinator, needs, devices = house
    deeds = [reserving(need, device, coordinator) for need, device in zip(needs, devices, strict=True)]
    assert race(app, deeds) == ["won"] * WRITERS
    assert sorted(open_pairs(app)) == sorted(zip(needs, devices, strict=True))
    with app.app_context():
        assert not list(broken(get_session()))


def test_giving_back_and_losing_at_once_end_it_once(house: tuple[Flask, Actor, list[int], list[int]]) -> None:
    from refurb.core.workflow import Action, TransitionRefused
    from refurb.db import get_session
    from refurb.devices import services as device_services
    from refurb.devices.models import Device
    from refurb.matching import queries, services
    from refurb.matching.models import Reservation
    from refurb.security import Actor

    app, coordinator, needs, devices = house
    assert race(app, [reserving(needs[0], devices[0], coordinator)]) == ["won"]

    def give_back(session: Session) -> None:
        found = queries.open_for_need(session, needs[0])
        if found is None:
            raise services.MatchRefused("ended")
        services.release(session, found, motive="mistake", by=coordinator, at=NOON)

    def lose(session: Session) -> None:
        device_services.move(session, session.get_one(Device, devices[0]), Action.LOSE, by=Actor.system(), at=NOON)

    def lapse(session: Session) -> None:
        assert services.lapse(session, by=Actor.system(), at=NOON.replace(year=2027)) in (0, 1)

    answers = race(app, [give_back, lose, lapse])
    assert set(answers) <= {"won", "ended"}, answers
    with app.app_context():
        session = get_session()
        ended = session.scalars(sa.select(Reservation)).one()
        assert ended.ended_at is not None
        assert session.get_one(Device, devices[0]).status is Status.MISSING
        with pytest.raises(TransitionRefused):
            device_services.move(session, session.get_one(Device, devices[0]), Action.RELEASE, by=coordinator, at=NOON)


def test_opening_a_case_is_an_event(fresh_app: Flask) -> None:
    from datetime import UTC, datetime

    from refurb.accounts.cookies import COOKIE
    from refurb.audit.models import Event
    from refurb.db import get_session
    from refurb.needs.models import Need

    with fresh_app.app_context():
        session = get_session()
        _, prescriber, workshop_id = people(session)
        assert prescriber.id
        assert prescriber.organisation_id
        at = datetime.now(UTC)
        token = sign_in_as(session, prescriber.id, prescriber.organisation_id, Role.PRESCRIBER, at=at)
        (need_id,), _devices = ready(session, prescriber, workshop_id, 1, 0)
        code = session.get_one(Need, need_id).code
    client = fresh_app.test_client()
    client.set_cookie(COOKIE, token)
    assert client.get(f"/needs/{code}").status_code == 200
    assert client.get(f"/needs/{code}/slip.pdf").status_code == 200
    with fresh_app.app_context():
        events = get_session().scalars(
            sa.select(Event).where(Event.subject_kind == "need", Event.subject_id == need_id).order_by(Event.seq)
        )
        assert [(event.kind, event.account_id) for event in events][-2:] == [
            ("need.read", prescriber.id),
            ("need.slip-printed", prescriber.id),
        ]
