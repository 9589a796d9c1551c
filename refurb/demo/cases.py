"""The 250 demands of the demo, and for those that were served the road from the shelf to the hand-over."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

import sqlalchemy as sa

from refurb.core import matching as core
from refurb.core.documents import price_cap_cents
from refurb.core.equipment import NEEDS_CHARGER, NEEDS_SET, Form, Mode, Recipient
from refurb.core.handover import Accessory, ReturnMotive, Signature, Witness
from refurb.core.identity import CodeKind, mint
from refurb.core.need_life import Act, State
from refurb.core.needs import (
    Accompaniment,
    Alike,
    Answers,
    Eligibility,
    Equipment,
    Ergonomics,
    FollowUp,
    Format,
    Informed,
    Motive,
    Term,
    Usage,
    load,
)
from refurb.core.permissions import Role
from refurb.core.workflow import Status
from refurb.demo import names
from refurb.demo.bench import MEANT
from refurb.demo.gifts import Born
from refurb.demo.world import World
from refurb.devices.models import Device
from refurb.handover import queries as handovers
from refurb.handover import services as handover
from refurb.handover.services import Terms
from refurb.matching import scenario
from refurb.matching import services as matching
from refurb.needs import followup, scoring
from refurb.needs import services as needs
from refurb.needs.models import Need
from refurb.organisations.models import Organisation, Place
from refurb.security import Actor
from refurb.territory import queries as territory
from refurb.web import zone

S = Status
COUNT = 250

#: Which usages a profile serves, as households ask for them.
USAGES: dict[str, tuple[tuple[Usage, ...], ...]] = {
    "P0": ((Usage.PRIMARY_SCHOOL,),),
    "P1": ((Usage.PROCEDURES,), (Usage.PROCEDURES, Usage.OFFICE_WORK)),
    "P2": (
        (Usage.SECONDARY_SCHOOL, Usage.PROCEDURES), (Usage.JOB_TRAINING, Usage.PROCEDURES), (Usage.VIDEO_CALLS,),
        (Usage.JOB_TRAINING,), (Usage.SECONDARY_SCHOOL,),
    ),
    "P3": ((Usage.HIGHER_EDUCATION,), (Usage.SELF_EMPLOYMENT, Usage.PROCEDURES)),
}  # fmt: skip


@dataclass(frozen=True)
class Served:
    """One machine that found its household, and how far that went."""

    born: Born
    row: dict[str, object]


def tell(world: World, born: Sequence[Born]) -> None:
    """Tell every demand, the served ones first: theirs fit the machine that was theirs."""
    meant = [each for each in born if each.fate in MEANT]
    # The oldest in stock went first.
    meant.sort(key=lambda each: each.device.in_stock_since or each.device.created_at)
    for count, each in enumerate(meant):
        _serve(world, each, count)
        if count % 20 == 19:
            world.session.commit()
    _wait(world, COUNT - len(meant))
    # They waited since: their points are those of today.
    scoring.rescore_all(world.session, world.day(world.now))
    world.session.commit()


# -- Served -----------------------------------------------------------------------------------------------------------
def _serve(world: World, each: Born, count: int) -> None:
    session, rng, device = world.session, world.rng, each.device
    session.refresh(device)
    row = scenario.one_device(session, device)
    assert row is not None, device.code
    stocked = device.in_stock_since or device.created_at
    reserved_at = _reserved_at(world, each.fate, stocked)
    asked_at = world.at_work(reserved_at - timedelta(days=rng.uniform(2, 35)))
    by, point = _service(world, row.get("reach"), count)
    need = _fitting(world, row, device, by, point, each.fate, asked_at)
    coordination = world.bodies[names.COORDINATION.name]
    coordinator = world.actor(coordination, Role.COORDINATOR)
    reservation = matching.reserve(session, need, device, by=coordinator, at=reserved_at)
    if each.fate is S.RESERVED and count % 3 == 0:
        return  # proposed, the service has not answered yet
    accepted_at = min(world.at_work(reserved_at + timedelta(days=1)), world.now - timedelta(minutes=50))
    accepted_at = max(accepted_at, reserved_at + timedelta(minutes=20))
    matching.accept(session, reservation, by=by, at=accepted_at)
    agent = next(who for key, who in world.people.items() if key == (point.organisation_id, Role.HANDOVER_AGENT))
    starts_at = _appointment(world, each.fate, accepted_at, count)
    if each.fate is S.RESERVED and count % 3 == 1:
        return  # accepted, no time agreed yet
    case = handovers.case_by_need(session, need.code, seen_by=by)
    assert case is not None
    handover.plan(session, case, point, starts_at, by=by, at=accepted_at + timedelta(minutes=10))
    if each.fate is S.RESERVED:
        return
    technician = world.actor(each.workshop, Role.TECHNICIAN)
    prepared_at = min(accepted_at + timedelta(hours=rng.uniform(2, 20)), world.now - timedelta(minutes=15))
    handover.prepare(session, case, by=technician, at=max(prepared_at, accepted_at + timedelta(minutes=15)))
    if each.fate is S.READY_FOR_PICKUP:
        return
    _hand_over(world, each, need, point, agent, starts_at + timedelta(minutes=rng.randint(2, 25)))


def _reserved_at(world: World, fate: Status, stocked: datetime) -> datetime:
    rng = world.rng
    if fate is S.RESERVED:
        wanted = world.now - timedelta(days=rng.uniform(0.3, 5))
    elif fate is S.READY_FOR_PICKUP:
        wanted = world.now - timedelta(days=rng.uniform(2, 6))
    else:
        latest = world.now - timedelta(days=14)
        wanted = min(stocked + timedelta(days=rng.uniform(1, 25)), latest)
    return max(world.at_work(wanted), stocked + timedelta(minutes=30))


def _appointment(world: World, fate: Status, accepted_at: datetime, count: int) -> datetime:
    """Return when they meet: in the past for what is handed over, today or soon for what stands ready."""
    rng = world.rng
    if fate in (S.RESERVED, S.READY_FOR_PICKUP):
        day = world.day(world.now) + timedelta(days=count % 4 if fate is S.READY_FOR_PICKUP else 2 + count % 5)
        while day.weekday() > 4:
            day += timedelta(days=1)
        hour = time(9 + rng.randint(0, 7), rng.choice((0, 30)))
        starts_at = datetime.combine(day, hour, zone())
        return max(starts_at, accepted_at + timedelta(minutes=30))
    later = world.at_work(accepted_at + timedelta(days=rng.uniform(2, 6)))
    return max(later, accepted_at + timedelta(hours=3))


def _service(world: World, reach: object, count: int) -> tuple[Actor, Place]:
    """Return who asks and where the machine will be handed over, both within the workshop's reach."""
    bodies = [world.bodies[body.name] for body in names.PRESCRIBERS]
    near = [body for body in bodies if not isinstance(reach, list) or body.epci_code in reach]
    if not near:
        raise LookupError(f"no service within {reach}")
    # The demo's own account sees work: every fourth of those it may have.
    service = near[0] if count % 4 == 0 else world.rng.choice(near)
    points = [place for place in world.points if place.epci_code == service.epci_code]
    return world.actor(service, Role.PRESCRIBER), world.rng.choice(points or world.points[:1])


def _fitting(
    world: World, row: dict[str, object], device: Device, by: Actor, point: Place, fate: Status, at: datetime
) -> Need:
    """Draft and send a demand that the machine suits."""
    profiles = [profile for profile in device.profiles or [] if profile in USAGES]
    world.rng.shuffle(profiles)
    # The strongest profile first, most of the time: a machine goes to who needs what it can.
    profiles.sort(reverse=world.rng.random() < 0.7)
    for profile in [*profiles, "P1"]:
        answers = _household(world, by, point, world.rng.choice(USAGES[profile]), device.form, at)
        if fate is S.ON_LOAN:
            answers = replace(answers, loan_suits=True)
        need = _draft(world, answers, by, at)
        if not core.failing(row, scenario.need_row(need)):
            _send(world, need, answers, by, at)
            return need
        session = world.session
        easier = replace(answers, usages=(Usage.PROCEDURES,), ergonomics=frozenset(), no_stable_power=False)
        needs.save_draft(session, need, easier, at=at)
        if not core.failing(row, scenario.need_row(need)):
            _send(world, need, easier, by, at)
            return need
    raise LookupError(f"{device.code}: {core.failing(row, scenario.need_row(need))}")


def _hand_over(world: World, each: Born, need: Need, point: Place, agent: Actor, at: datetime) -> None:
    session, rng, device = world.session, world.rng, each.device
    case = handovers.case_by_need(session, need.code, seen_by=agent)
    assert case is not None
    issuer = session.get_one(Organisation, device.holder_id)
    open_modes = [mode for mode, why in handover.verdicts(device, need, issuer).items() if not why]
    mode = Mode.LOAN if each.fate is S.ON_LOAN else Mode.GIFT
    if mode is Mode.GIFT and Mode.SOLIDARITY_SALE in open_modes and rng.random() < 0.6:
        mode = Mode.SOLIDARITY_SALE
    assert mode in open_modes, (mode, open_modes)
    accepted = load(need.answers).contribution_cents or 0
    price = min(accepted, price_cap_cents(device.origin, device.form)) if mode is Mode.SOLIDARITY_SALE else None
    signature = rng.choices((Signature.SIGNED, Signature.IN_PRESENCE, Signature.MARK), (17, 2, 1))[0]
    terms = Terms(
        mode=mode,
        accessories=_accessories(device.form),
        price_cents=price,
        loan_until=world.day(at) + timedelta(days=365) if mode is Mode.LOAN else None,
        signature=signature,
        witness=Witness.SERVICE if signature is Signature.IN_PRESENCE else None,
        contact_name=issuer.name,
        contact_phone=issuer.phone or "",
        accompaniment="Premiers pas avec la conseillère numérique, le jeudi à 14 h." if rng.random() < 0.4 else "",
    )
    made = handover.perform(session, case, scanned=device.code, terms=terms, place=point, by=agent, at=at)
    asked = at + timedelta(days=92)
    if asked < world.now and device.id % 6:
        # The service said what became of it, but for a few who have not answered yet.
        said = FollowUp.LITTLE if device.id % 11 == 0 else FollowUp.USED
        need.follow_up_asked_at = asked
        service = world.actor(session.get_one(Organisation, need.organisation_id), Role.PRESCRIBER)
        followup.answer(session, need, said, by=service, at=asked, today=world.day(asked))
    if each.fate is S.AFTER_SALES:
        session.flush()
        back = world.ago(rng.uniform(1, 9))
        handover.take_back(session, made, ReturnMotive.FAULT, by=agent, at=max(back, at + timedelta(days=1)))


def _accessories(form: Form) -> list[Accessory]:
    if form in NEEDS_CHARGER:
        return [Accessory.CHARGER, Accessory.MOUSE]
    if form in NEEDS_SET:
        return [Accessory.SCREEN, Accessory.KEYBOARD, Accessory.MOUSE, Accessory.CABLES]
    return [Accessory.KEYBOARD, Accessory.MOUSE, Accessory.CABLES]


# -- What is asked ----------------------------------------------------------------------------------------------------
def _household(
    world: World, by: Actor, point: Place, usages: tuple[Usage, ...], form: Form | None, at: datetime
) -> Answers:
    rng = world.rng
    persons = rng.choices((1, 2, 3, 4, 5, 6), (6, 4, 4, 5, 3, 1))[0]
    school = any(usage in (Usage.PRIMARY_SCHOOL, Usage.SECONDARY_SCHOOL) for usage in usages)
    pupils = rng.randint(1 if school else 0, max(1 if school else 0, persons - 1))
    wanted = {Form.LAPTOP: Format.LAPTOP, None: rng.choice((Format.LAPTOP, Format.LAPTOP, Format.ANY, Format.DESKTOP))}
    format_ = wanted.get(form, Format.DESKTOP)
    if form is not None and rng.random() < 0.35:
        format_ = Format.ANY
    motive = rng.choices((None, Motive.EXAM_OR_JOB, Motive.LOSS_OF_RIGHTS), (8, 2, 1))[0]
    return Answers(
        commune=_commune(world, by),
        usages=usages,
        persons=max(persons, pupils),
        pupils=pupils,
        equipment=rng.choices(list(Equipment), (5, 6, 4, 2))[0],
        format=format_,
        no_stable_power=format_ is Format.LAPTOP and rng.random() < 0.04,
        ergonomics=frozenset({Ergonomics.LARGE_SCREEN}) if rng.random() < 0.06 else frozenset(),
        eligibility=rng.choice(list(Eligibility)),
        motive=motive,
        wanted_by=world.day(at) + timedelta(days=rng.randint(20, 60)) if motive else None,
        accompaniment=rng.choice(list(Accompaniment)),
        contribution_cents=rng.choices((0, 2000, 4000, 6000), (6, 2, 3, 1))[0],
        loan_suits=rng.random() < 0.45,
        handover_place=point.id,
        informed_on=world.day(at),
        informed_how=rng.choices(list(Informed), (8, 2, 1))[0],
        not_equipped=True,
    )


def _commune(world: World, by: Actor) -> str:
    """Return a commune of the service's territory, the larger ones more often."""
    gazetteer = territory.gazetteer(world.session)
    near = sorted(
        (commune for commune in gazetteer.communes.values() if commune.epci == by.epci_code),
        key=lambda commune: commune.code,
    )
    return world.rng.choices([c.code for c in near], [(c.population or 100) ** 0.7 for c in near])[0]


def _draft(world: World, answers: Answers, by: Actor, at: datetime) -> Need:
    need = needs.draft(world.session, answers, by=by, at=at)
    _number(world, need)
    return need


def _number(world: World, need: Need) -> None:
    """Draw the code and the letters from the seed, so that the demo's are always the same."""
    while True:
        number = 49_000_000 + world.rng.randrange(1_000_000)
        code = mint(CodeKind.NEED, number)
        if world.session.scalar(sa.select(Need.id).where(Need.code == code)) is None:
            need.code = code
            need.letters = "".join(needs.LETTERS[int(digit)] for digit in code[-4:])
            world.session.flush()
            return


def _send(world: World, need: Need, answers: Answers, by: Actor, at: datetime) -> None:
    made = needs.submit(world.session, need, answers, by=by, at=at + timedelta(minutes=2), today=world.day(at))
    for twin in made[1:]:
        _number(world, twin)


# -- Waiting, closed, to complete -------------------------------------------------------------------------------------
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
        by, point = _service(world, None, number)
        at = world.ago(world.rng.uniform(*span))
        profile = world.rng.choices(("P0", "P1", "P2", "P3"), (2, 5, 7, 3))[0]
        usages = world.rng.choice(USAGES[profile])
        if number % 23 == 0:
            usages = (Usage.CREATION,)
        answers = _household(world, by, point, usages, None, at)
        _one(world, state, answers, by, at)
        if number % 20 == 19:
            world.session.commit()
    for number in range(structures):
        _structure(world, number)


def _one(world: World, state: State, answers: Answers, by: Actor, at: datetime) -> None:
    session, today = world.session, world.day(at)
    if state is State.DRAFT:
        _draft(world, replace(answers, eligibility=None, handover_place=None), by, at)
        return
    if state in (State.SUBMITTED, State.TO_COMPLETE):
        # The household had something less than three years ago: the coordination looks.
        answers = replace(answers, not_equipped=False)
    need = _draft(world, answers, by, at)
    _send(world, need, answers, by, at)
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
    need = _draft(world, answers, by, at)
    _send(world, need, answers, by, at)
