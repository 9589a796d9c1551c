"""The life of a need through its services: each deed an event, and what follows from the answers kept true."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from refurb.core import needs as core
from refurb.core.equipment import Recipient
from refurb.core.identity import check
from refurb.core.need_life import Act, NeedRefused, State
from refurb.core.needs import Profile, Usage
from tests.conftest import NOON
from tests.department import FAMILY, TODAY

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.organisations.models import Organisation, Place
    from refurb.security import Actor
    from tests.department import MakeNeed
    from tests.factories import MakeActor, MakeOrganisation


def kinds(session: Session, need_id: int) -> list[tuple[str, str | None, str | None]]:
    from refurb.audit.models import Event

    events = session.scalars(
        sa.select(Event).where(Event.subject_kind == "need", Event.subject_id == need_id).order_by(Event.seq)
    )
    return [(event.kind, event.before, event.after) for event in events]


def test_a_complete_need_is_validated_at_once(session: Session, make_need: MakeNeed) -> None:
    need = make_need()
    assert check(need.code)
    assert need.code[0] == "N"
    assert (need.state, need.validated_on, need.confirmed_on) == (State.VALIDATED, TODAY, TODAY)
    assert (need.profile, need.epci_code, need.modes) == (Profile.P2, "244900015", ["gift"])
    assert need.minima["webcam"] is True
    assert kinds(session, need.id) == [
        ("need.drafted", None, "draft"),
        ("need.submitted", "draft", "validated"),
    ]


def test_codes_are_drawn_at_random(make_need: MakeNeed) -> None:
    numbers = [int(make_need(sent=False).code[3:9]) for _ in range(5)]
    assert len(set(numbers)) == 5
    assert numbers != list(range(numbers[0], numbers[0] + 5))


def test_an_incomplete_need_is_not_sent(session: Session, make_need: MakeNeed, prescriber: Actor) -> None:
    from refurb.needs import services

    need = make_need(sent=False, persons=None)
    with pytest.raises(NeedRefused, match="incomplete"):
        services.submit(session, need, core.load(need.answers), by=prescriber, at=NOON, today=TODAY)
    assert need.state is State.DRAFT


def test_what_contradicts_itself_is_not_sent(session: Session, make_need: MakeNeed, prescriber: Actor) -> None:
    from refurb.needs import services

    need = make_need(sent=False, persons=2, pupils=3)
    with pytest.raises(NeedRefused, match="wrong"):
        services.submit(session, need, core.load(need.answers), by=prescriber, at=NOON, today=TODAY)


def test_a_doubt_goes_to_the_coordination(session: Session, make_need: MakeNeed, coordinator: Actor) -> None:
    from refurb.needs import services

    need = make_need(not_equipped=False)
    state, validated_on = need.state, need.validated_on
    assert (state, validated_on) == (State.SUBMITTED, None)
    services.change_state(session, need, Act.VALIDATE, by=coordinator, at=NOON, today=TODAY)
    assert (need.state, need.validated_on) == (State.VALIDATED, TODAY)


def test_a_service_not_approved_waits_for_the_coordination(
    session: Session, make_need: MakeNeed, service: Organisation, coordinator: Actor
) -> None:
    from refurb.needs import services
    from refurb.organisations.models import Trust

    service.trust = Trust.UNDER_REVIEW
    need = make_need()
    assert need.state is State.SUBMITTED
    with pytest.raises(NeedRefused, match="service-not-approved"):
        services.change_state(session, need, Act.VALIDATE, by=coordinator, at=NOON, today=TODAY)


def test_a_structure_asks_for_six_at_once(
    session: Session, make_organisation: MakeOrganisation, make_actor: MakeActor, place: Place
) -> None:
    from refurb.core.permissions import OrganisationRole, Role
    from refurb.needs import services
    from refurb.needs.queries import linked

    structure = make_organisation(OrganisationRole.STRUCTURE)
    who = make_actor(structure, Role.STRUCTURE)
    answers = core.Answers(
        recipient=Recipient.STRUCTURE,
        usages=(Usage.GROUP_WORKSHOP,),
        commune="49007",
        format=core.Format.LAPTOP,
        term=core.Term.KEEP,
        owner="Association du quartier",
        maintainer="Association du quartier",
        handover_place=place.id,
        quantity=6,
    )
    need = services.draft(session, answers, by=who, at=NOON)
    made = services.submit(session, need, answers, by=who, at=NOON, today=TODAY)
    assert len(made) == 6
    assert {each.state for each in made} == {State.VALIDATED}
    assert {each.profile for each in made} == {Profile.P5}
    assert len({each.code for each in made}) == 6
    assert [each.rank_in_household for each in made] == [1, 2, 3, 4, 5, 6]
    assert len(linked(session, need)) == 5


def test_amending_keeps_the_rank_and_says_what_changed(
    session: Session, make_need: MakeNeed, prescriber: Actor, place: Place
) -> None:
    from refurb.audit.models import Event
    from refurb.needs import services

    need = make_need()
    later = NOON + timedelta(days=30)
    changed = replace(FAMILY, handover_place=place.id, usages=(Usage.HIGHER_EDUCATION,), format=core.Format.LAPTOP)
    services.amend(session, need, changed, by=prescriber, at=later, today=later.date())
    assert (need.state, need.validated_on, need.confirmed_on) == (State.VALIDATED, TODAY, later.date())
    assert (need.profile, need.forms) == (Profile.P3, ["laptop"])
    event = session.scalar(sa.select(Event).where(Event.subject_kind == "need", Event.kind == "need.amended"))
    assert event is not None
    assert event.payload is not None
    assert event.payload["fields"] == ["format", "usages"]


def test_ninety_days_without_a_word_ask_for_one(session: Session, make_need: MakeNeed, prescriber: Actor) -> None:
    from refurb.needs import services
    from refurb.security import Actor

    need, fresh = make_need(), make_need()
    late = NOON + timedelta(days=91)
    fresh.confirmed_on = late.date()
    assert services.expire(session, by=Actor.system(), at=late, today=late.date()) == 1
    assert (need.state, fresh.state) == (State.EXPIRED, State.VALIDATED)
    services.change_state(session, need, Act.RECONFIRM, by=prescriber, at=late, today=late.date())
    assert (need.state, need.confirmed_on, need.validated_on) == (State.WAITING, late.date(), TODAY)
    assert services.expire(session, by=Actor.system(), at=late, today=late.date()) == 0


def test_motives_come_from_a_list(session: Session, make_need: MakeNeed, prescriber: Actor) -> None:
    from refurb.needs import services

    need = make_need()
    for motive, code in ((None, "motive-missing"), ("Mme Durand a déménagé", "unknown-motive")):
        with pytest.raises(NeedRefused, match=code):
            services.change_state(session, need, Act.CANCEL, by=prescriber, at=NOON, today=TODAY, motive=motive)
    services.change_state(session, need, Act.CANCEL, by=prescriber, at=NOON, today=TODAY, motive="moved-away")
    assert need.state is State.CANCELLED
    assert need.closed_at == NOON


def test_another_machine_of_the_same_household(session: Session, make_need: MakeNeed, prescriber: Actor) -> None:
    from refurb.needs import services
    from refurb.needs.queries import linked

    need = make_need()
    second = services.another_for_household(session, need, by=prescriber, at=NOON)
    assert (second.state, second.rank_in_household, second.commune_code) == (State.DRAFT, 2, "49007")
    assert core.load(second.answers).usages == ()
    assert core.load(second.answers).persons == 5
    third = services.another_for_household(session, second, by=prescriber, at=NOON)
    assert [each.code for each in linked(session, need)] == [second.code, third.code]


@pytest.mark.parametrize("act", [Act.PROPOSE, Act.HAND_OVER])
def test_the_chain_of_events_holds(session: Session, make_need: MakeNeed, prescriber: Actor, act: Act) -> None:
    from refurb.audit.services import broken
    from refurb.needs import services

    need = make_need()
    change: dict[str, Any] = {"by": prescriber, "at": NOON, "today": TODAY}
    services.change_state(session, need, Act.PROPOSE, **change)
    if act is Act.HAND_OVER:
        services.change_state(session, need, act, **change)
    assert not list(broken(session))
    last = kinds(session, need.id)[-1]
    assert last[2] == need.state
