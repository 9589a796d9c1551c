"""What households ask for in the demo, and how a demand is sent."""

import hashlib
from datetime import datetime, timedelta

import sqlalchemy as sa

from refurb.core.equipment import Form
from refurb.core.identity import CodeKind, mint
from refurb.core.needs import (
    Accompaniment,
    Answers,
    Eligibility,
    Equipment,
    Ergonomics,
    Format,
    Informed,
    Motive,
    Usage,
)
from refurb.core.permissions import Role
from refurb.demo import names
from refurb.demo.world import World
from refurb.needs import services as needs
from refurb.needs.models import Need
from refurb.organisations.models import Place
from refurb.security import Actor
from refurb.territory import queries as territory

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


def household(
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


def draft(world: World, answers: Answers, by: Actor, at: datetime) -> Need:
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


def send(world: World, need: Need, answers: Answers, by: Actor, at: datetime) -> None:
    """Send a drafted demand; of one for several machines each gets its number from the seed, and so do their links."""
    made = needs.submit(world.session, need, answers, by=by, at=at + timedelta(minutes=2), today=world.day(at))
    for twin in made[1:]:
        _number(world, twin)
    for each in made:
        for link in ("household_key", "bundle"):
            if getattr(each, link) is not None:
                setattr(each, link, hashlib.sha256(f"{link} {need.code}".encode()).hexdigest()[:32])


def service(world: World, reach: object, count: int) -> tuple[Actor, Place]:
    """Return who asks and where the machine will be handed over, both within the workshop's reach."""
    bodies = [world.bodies[body.name] for body in names.PRESCRIBERS]
    near = [body for body in bodies if not isinstance(reach, list) or body.epci_code in reach]
    if not near:
        raise LookupError(f"no service within {reach}")
    # The demo's own account sees work: every fourth of those it may have.
    service = near[0] if count % 4 == 0 else world.rng.choice(near)
    points = [place for place in world.points if place.epci_code == service.epci_code]
    return world.actor(service, Role.PRESCRIBER), world.rng.choice(points or world.points[:1])
