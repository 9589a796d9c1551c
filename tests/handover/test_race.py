"""Two agents press the button at once: one hand-over, one set of papers, and a sentence for the other."""

from __future__ import annotations

import threading
import time
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from tests.conftest import NOON, Clock
from tests.handover.chain import Chain, make_chain, terms

if TYPE_CHECKING:
    from flask import Flask

    from refurb.db import Session

_numbers = count(1)


def real_chain(session: Session) -> Chain:
    """Return the chain in a database of its own; the makers of the fixtures write where they are rolled back."""
    from refurb.accounts.models import Account, Membership
    from refurb.core.equipment import Origin, Regime
    from refurb.core.identity import CodeKind
    from refurb.core.permissions import permissions_of
    from refurb.devices.services import receive
    from refurb.organisations.codes import next_code
    from refurb.organisations.models import LegalType, Organisation, OrganisationRoleRow, Place
    from refurb.security import Actor, ActorKind

    def organisation(*roles: Any, **values: Any) -> Organisation:
        given = {"name": f"O{next(_numbers)}", "legal_type": LegalType.ASSOCIATION, "created_at": NOON} | values
        made = Organisation(**given, role_rows=[OrganisationRoleRow(role=role) for role in roles])
        session.add(made)
        session.flush()
        return made

    def place(owner: Organisation, kind: Any, **values: Any) -> Place:
        made = Place(code=next_code(session, CodeKind.PLACE), organisation_id=owner.id, kind=kind, **values)
        session.add(made)
        session.flush()
        return made

    def actor(owner: Organisation, *roles: Any) -> Actor:
        number = next(_numbers)
        account = Account(email=f"p{number}@example.org", name=f"P{number}", language="fr", created_at=NOON)
        session.add(account)
        session.flush()
        held = [role.value for role in roles]
        session.add(Membership(account_id=account.id, organisation_id=owner.id, role_codes=held, created_at=NOON))
        return Actor(
            kind=ActorKind.PERSON,
            id=account.id,
            organisation_id=owner.id,
            organisation_name=owner.name,
            organisation_roles=owner.roles,
            roles=frozenset(roles),
            permissions=permissions_of(frozenset(roles)),
        )

    def device(*, holder: Organisation, form: Any, at: Any, **values: Any) -> Any:
        made = receive(
            session,
            form=form,
            maker="Lenovo",
            model="T480",
            serial=f"PF{next(_numbers)}ABC",
            origin=Origin.PRIVATE,
            regime=Regime.GIFT,
            holder_id=holder.id,
            place_id=None,
            by=Actor.system(),
            at=at,
        )
        for name, value in values.items():
            setattr(made, name, value)
        session.flush()
        return made

    return make_chain(session, organisation, place, actor, device)


def test_two_agents_hand_the_same_machine_over_once(fresh_app: Flask) -> None:
    from refurb.db import get_session
    from refurb.documents.models import Document
    from refurb.handover import queries, services
    from refurb.handover.models import Handover
    from refurb.needs.models import Need

    fresh_app.extensions["refurb.clock"] = Clock(NOON)
    with fresh_app.app_context():
        session = get_session()
        chain = real_chain(session)
        code = session.get_one(Need, chain.reserved().need_id).code
        agent = chain.agent
        session.commit()
    start, said = threading.Barrier(2), list[str]()

    def press() -> None:
        with fresh_app.app_context():
            session = get_session()
            start.wait()
            case = queries.case_by_need(session, code, seen_by=agent, lock=True)
            if case is None:
                said.append("gone")
                return
            try:
                services.perform(
                    session,
                    case,
                    scanned=case.device.code,
                    terms=terms(),
                    place=case.place,
                    by=agent,
                    at=NOON,
                )
                session.commit()
                said.append("done")
            except services.HandoverRefused as refusal:
                session.rollback()
                said.append(refusal.code)

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(said) == 2
    assert said.count("done") == 1
    assert set(said) <= {"done", "gone", "no-reservation"}
    with fresh_app.app_context():
        assert get_session().scalar(sa.select(sa.func.count()).select_from(Handover)) == 1
        numbers = get_session().scalars(sa.select(Document.sequence).order_by(Document.sequence)).all()
    assert list(numbers) == [1, 2, 3]


@pytest.mark.parametrize("other", ["release", "accept"])
def test_a_hand_over_and_another_deed_wait_for_each_other_and_not_for_ever(fresh_app: Flask, other: str) -> None:
    """The desk holds its case; meanwhile the machine is given back, or the service answers."""
    from refurb.db import get_session
    from refurb.handover import queries, services
    from refurb.matching import queries as reservations
    from refurb.matching import services as matching
    from refurb.needs.models import Need
    from refurb.security import Actor

    fresh_app.extensions["refurb.clock"] = Clock(NOON)
    with fresh_app.app_context():
        session = get_session()
        chain = real_chain(session)
        reserved = chain.reserved()
        key, code, agent = reserved.id, session.get_one(Need, reserved.need_id).code, chain.agent
        session.commit()
    held, said = threading.Event(), dict[str, str]()

    def desk() -> None:
        with fresh_app.app_context():
            session = get_session()
            case = queries.case_by_need(session, code, seen_by=agent, lock=True)
            assert case is not None
            held.set()
            time.sleep(0.5)  # The other one has come to the lock by then.
            services.perform(
                session, case, scanned=case.device.code, terms=terms(), place=case.place, by=agent, at=NOON
            )
            session.commit()
            said["desk"] = "done"

    def elsewhere() -> None:
        with fresh_app.app_context():
            session = get_session()
            assert held.wait(300)
            found = reservations.by_id(session, key, seen_by=Actor.system())
            assert found is not None
            try:
                if other == "release":
                    matching.release(session, found, motive="household-unavailable", by=Actor.system(), at=NOON)
                else:
                    matching.accept(session, found, by=Actor.system(), at=NOON)
            except matching.MatchRefused as refusal:
                session.rollback()
                said["other"] = refusal.code

    threads = [threading.Thread(target=target) for target in (desk, elsewhere)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said == {"desk": "done", "other": "ended"}


def test_a_need_withdrawn_and_its_machine_given_back_wait_for_each_other(fresh_app: Flask) -> None:
    """The service withdraws the case while the coordination gives its machine back: one deed, and one sentence."""
    from refurb.core.need_life import MOTIVES, Act
    from refurb.db import get_session
    from refurb.matching import queries as reservations
    from refurb.matching import services as matching
    from refurb.needs import services as needs
    from refurb.needs.models import Need
    from refurb.security import Actor

    fresh_app.extensions["refurb.clock"] = Clock(NOON)
    with fresh_app.app_context():
        session = get_session()
        chain = real_chain(session)
        reserved = chain.reserved()
        key, need_id = reserved.id, reserved.need_id
        session.commit()
    held, said = threading.Event(), dict[str, str]()

    def service() -> None:
        with fresh_app.app_context():
            session = get_session()
            need = matching.hold(session, session.get_one(Need, need_id))
            held.set()
            time.sleep(0.5)
            motive = next(iter(MOTIVES[Act.CANCEL]))
            needs.change_state(
                session, need, Act.CANCEL, by=Actor.system(), at=NOON, today=NOON.date(), motive=motive, reserved=True
            )
            session.commit()
            said["service"] = "done"

    def coordination() -> None:
        with fresh_app.app_context():
            session = get_session()
            assert held.wait(300)
            found = reservations.by_id(session, key, seen_by=Actor.system())
            assert found is not None
            try:
                matching.release(session, found, motive="household-unavailable", by=Actor.system(), at=NOON)
            except matching.MatchRefused as refusal:
                session.rollback()
                said["coordination"] = refusal.code

    threads = [threading.Thread(target=target) for target in (service, coordination)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said == {"service": "done", "coordination": "ended"}
