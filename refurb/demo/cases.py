"""The 250 demands of the demo: those that were served, those that wait, those that ended otherwise."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from refurb.core.equipment import Recipient
from refurb.core.need_life import Act, State
from refurb.core.needs import (
    Alike,
    Answers,
    Format,
    Term,
    Usage,
)
from refurb.core.permissions import Role
from refurb.demo import demands, names, served
from refurb.demo.bench import MEANT
from refurb.demo.gifts import Born
from refurb.demo.world import World
from refurb.needs import scoring
from refurb.needs import services as needs
from refurb.security import Actor

COUNT = 250


def tell(world: World, born: Sequence[Born]) -> None:
    """Tell every demand, the served ones first: theirs fit the machine that was theirs."""
    meant = [each for each in born if each.fate in MEANT]
    # The oldest in stock went first.
    meant.sort(key=lambda each: each.device.in_stock_since or each.device.created_at)
    for count, each in enumerate(meant):
        served.serve(world, each, count)
        if count % 20 == 19:
            world.session.commit()
    _wait(world, COUNT - len(meant))
    # They waited since: their points are those of today.
    scoring.rescore_all(world.session, world.day(world.now))
    world.session.commit()


#: What became of those that no machine was found for, and how many days ago they were sent, at least and at most.
OTHERS: tuple[tuple[State, int, tuple[float, float]], ...] = (
    (State.DRAFT, 6, (0.2, 12)),
    (State.TO_COMPLETE, 5, (2, 15)),
    (State.SUBMITTED, 4, (0.5, 6)),
    (State.CANCELLED, 9, (20, 80)),
    (State.REFUSED, 3, (20, 70)),
    (State.SUSPENDED, 3, (15, 60)),
    (State.EXPIRED, 6, (92, 125)),
)


def _wait(world: World, count: int) -> None:
    states = [(state, span) for state, number, span in OTHERS for _ in range(number)]
    structures = 10
    # One of them wants eight machines, which are eight demands.
    states += [(State.VALIDATED, (1.0, 84.0))] * (count - len(states) - structures - 7)
    for number, (state, span) in enumerate(states):
        by, point = demands.service(world, None, number)
        at = world.ago(world.rng.uniform(*span))
        profile = world.rng.choices(("P0", "P1", "P2", "P3"), (2, 5, 7, 3))[0]
        usages = world.rng.choice(demands.USAGES[profile])
        if number % 23 == 0:
            usages = (Usage.CREATION,)
        answers = demands.household(world, by, point, usages, None, at)
        _one(world, state, answers, by, at)
        if number % 20 == 19:
            world.session.commit()
    for number in range(structures):
        _structure(world, number)


def _one(world: World, state: State, answers: Answers, by: Actor, at: datetime) -> None:
    session, today = world.session, world.day(at)
    if state is State.DRAFT:
        demands.draft(world, replace(answers, eligibility=None, handover_place=None), by, at)
        return
    if state in (State.SUBMITTED, State.TO_COMPLETE):
        # The household had something less than three years ago: the coordination looks.
        answers = replace(answers, not_equipped=False)
    need = demands.draft(world, answers, by, at)
    demands.send(world, need, answers, by, at)
    coordination = world.bodies[names.COORDINATION.name]
    coordinator = world.actor(coordination, Role.COORDINATOR)
    later = world.at_work(at + timedelta(days=1.5))
    later = max(later, at + timedelta(minutes=30))
    match state:
        case State.TO_COMPLETE:
            needs.change_state(
                session, need, Act.RETURN, by=coordinator, at=later, today=today, motive="check-equipment"
            )
        case State.CANCELLED:
            motive = world.rng.choice(("no-longer-needed", "equipped-elsewhere", "moved-away"))
            needs.change_state(session, need, Act.CANCEL, by=by, at=later, today=today, motive=motive)
        case State.REFUSED:
            needs.change_state(
                session, need, Act.REFUSE, by=coordinator, at=later, today=today, motive="out-of-territory"
            )
        case State.SUSPENDED:
            needs.change_state(session, need, Act.SUSPEND, by=by, at=later, today=today, motive="awaiting-information")
        case State.EXPIRED:
            then = at + timedelta(days=91)
            needs.change_state(session, need, Act.EXPIRE, by=Actor.system(), at=then, today=world.day(then))
        case _:
            pass


def _structure(world: World, number: int) -> None:
    """A structure asks for itself: a shared post, or machines for its workshops."""
    body = names.STRUCTURES[number % len(names.STRUCTURES)]
    structure = world.bodies[body.name]
    by = world.actor(structure, Role.STRUCTURE)
    at = world.ago(world.rng.uniform(3, 80))
    points = [place for place in world.points if place.epci_code == structure.epci_code] or world.points[:1]
    shared = number % 2 == 0
    answers = Answers(
        recipient=Recipient.STRUCTURE,
        commune=structure.commune_code,
        usages=(Usage.SHARED_STATION,) if shared else (Usage.GROUP_WORKSHOP,),
        format=Format.DESKTOP if shared else Format.LAPTOP,
        handover_place=points[0].id,
        term=Term.KEEP,
        owner=structure.name,
        maintainer=names.WORKSHOPS[0].name,
        quantity=1,
    )
    if number == 1:
        # A workshop room: at least six alike, better eight.
        answers = replace(answers, quantity=8, least=6, alike=Alike.SAME_CHARGER)
    elif number == 3:
        begins = world.day(world.now) + timedelta(days=25)
        answers = replace(
            answers,
            term=Term.DATE,
            quantity=10,
            owner=None,
            maintainer=None,
            wanted_by=begins,
            wanted_until=begins + timedelta(days=3),
        )
    need = demands.draft(world, answers, by, at)
    demands.send(world, need, answers, by, at)
