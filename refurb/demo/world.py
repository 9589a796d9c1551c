"""The stage of the demo: organisations, people, places, systems, and who acts when a story is told."""

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from sqlalchemy.orm import Session

from refurb.accounts import services as accounts
from refurb.accounts.models import Account
from refurb.accounts.passwords import hash_password
from refurb.accounts.queries import actor_in
from refurb.core.permissions import ROLES_IN, Role
from refurb.core.steps import OPTIONAL_STEPS
from refurb.core.workflow import Action, SecondPerson
from refurb.demo import names
from refurb.demo.names import Body
from refurb.organisations import services as organisations
from refurb.organisations.models import LegalType, Organisation, Place, PlaceKind
from refurb.security import Actor
from refurb.territory import queries as territory
from refurb.web import zone
from refurb.workshop import catalogue
from refurb.workshop import queries as workshop_queries
from refurb.workshop import services as workshop
from refurb.workshop.models import OperatingSystem

#: People of each workshop: who repairs, who controls.
BENCH = ((Role.TECHNICIAN,), (Role.CONTROLLER, Role.TECHNICIAN))


@dataclass
class World:
    """What has been made so far. `now` is when the demo is built; everything happened before."""

    session: Session
    rng: random.Random
    now: datetime
    bodies: dict[str, Organisation] = field(default_factory=dict)
    people: dict[tuple[int, Role], Actor] = field(default_factory=dict)
    shelves: dict[int, list[Place]] = field(default_factory=dict)
    points: list[Place] = field(default_factory=list)
    systems: list[OperatingSystem] = field(default_factory=list)

    def ago(self, days: float) -> datetime:
        """Return a working moment some days ago."""
        return self.at_work(self.now - timedelta(days=days))

    def at_work(self, at: datetime) -> datetime:
        """Return the nearest moment before `at` at which people work."""
        local = at.astimezone(zone())
        while local.weekday() > 4:
            local -= timedelta(days=1)
        if not 9 <= local.hour < 17:
            local = local.replace(hour=self.rng.randint(9, 16), minute=self.rng.randint(0, 59), second=0)
        moment = local.replace(microsecond=0)
        while moment > self.now - timedelta(minutes=5):
            moment -= timedelta(days=1)
            while moment.weekday() > 4:
                moment -= timedelta(days=1)
        return moment.astimezone(UTC)

    def between(self, start: datetime, end: datetime, count: int) -> list[datetime]:
        """Return `count` working moments in order, from `start` on, towards `end`."""
        span = max((end - start).total_seconds(), 3600.0)
        raw = sorted(self.rng.random() for _ in range(count))
        found: list[datetime] = []
        last = start
        for fraction in raw:
            moment = self.at_work(start + timedelta(seconds=span * fraction))
            if moment <= last:
                moment = last + timedelta(minutes=self.rng.randint(4, 25))
            found.append(moment)
            last = moment
        return found

    def day(self, at: datetime) -> date:
        """Return the date where the instance is."""
        return at.astimezone(zone()).date()

    def actor(self, organisation: Organisation, role: Role) -> Actor:
        """Return who does this for the organisation."""
        return self.people[(organisation.id, role)]


def build(world: World) -> None:
    """Make everybody and every place."""
    system, at = Actor.system(), world.ago(420)
    hashed = hash_password(names.PASSWORD)
    everybody = (
        names.COORDINATION, *names.SUPPLIERS, *names.WORKSHOPS, *names.PRESCRIBERS, *names.HANDOVER, *names.STRUCTURES,
    )  # fmt: skip
    for number, body in enumerate(everybody):
        world.bodies[body.name] = _organisation(world, body, number, by=system, at=at)
    for person in names.PEOPLE:
        account = _account(world, f"{person.login}@demo.example", person.name, hashed, at)
        for name, roles in ((person.body, person.roles), *person.more):
            _join(world, account, world.bodies[name], roles, at)
    _others(world, hashed, at)
    _systems(world, at)


def _organisation(world: World, body: Body, number: int, *, by: Actor, at: datetime) -> Organisation:
    commune = territory.resolve(world.session, body.commune)
    assert commune is not None, body.commune
    reach = [territory.resolve(world.session, name) for name in body.reach]
    organisation = organisations.create(
        world.session,
        roles=body.roles,
        values={
            "name": body.name,
            "short_name": body.short,
            "legal_type": body.legal_type,
            "siret": demo_siret(number),
            "email": f"contact{number:02d}@demo.example",
            "phone": f"02 99 00 {number // 100:02d} {number % 100:02d}",
            "address": f"{number * 3 + 1} rue des Essais",
            "postcode": commune.postcodes[0],
            "commune_code": commune.code,
            "epci_code": commune.epci,
            "capacity_per_month": body.capacity,
            "perimeter": sorted({found.epci for found in reach if found and found.epci}) or None,
            "can_issue_tax_receipt": body.legal_type is LegalType.ASSOCIATION_PUBLIC_UTILITY,
        },
        by=by,
        at=at,
    )
    # As every year: the latest confirmation is a few months old.
    organisation.confirmed_on = world.ago(120).date()
    shelves = [
        organisations.add_place(
            world.session,
            organisation,
            PlaceKind.SITE if name.startswith("Quai") else PlaceKind.SHELF,
            values={"name": name},
            by=by,
            at=at,
        )
        for name in body.places
    ]
    world.shelves[organisation.id] = [place for place in shelves if place.kind is PlaceKind.SHELF]
    if names.R.HANDOVER_POINT in body.roles:
        values = {
            "name": body.name,
            "address": organisation.address,
            "postcode": organisation.postcode,
            "hours": "Du lundi au vendredi, 9 h – 17 h. Entrée de plain-pied.",
            "phone": organisation.phone,
        }
        world.points.append(
            organisations.add_place(world.session, organisation, PlaceKind.HANDOVER, values=values, by=by, at=at)
        )
    return organisation


def demo_siret(number: int) -> str:
    """Return a SIRET that is right by its key and belongs to nobody known: SIREN of the 999 range."""
    return _luhn(_luhn(f"99949{number:03d}") + "0001")


def _luhn(digits: str) -> str:
    total = sum(sum(divmod(int(d) * (2 if i % 2 == 0 else 1), 10)) for i, d in enumerate(reversed(digits)))
    return digits + str(-total % 10)


def _account(world: World, email: str, name: str, hashed: str, at: datetime) -> Account:
    account = accounts.create(world.session, email=email, name=name, password_hash=hashed, by=Actor.system(), at=at)
    account.is_demo = True
    return account


def _join(world: World, account: Account, organisation: Organisation, roles: tuple[Role, ...], at: datetime) -> None:
    accounts.join(world.session, account.id, organisation.id, roles, by=Actor.system(), at=at)
    who = actor_in(account, organisation, frozenset(roles))
    for role in roles:
        # Who controls is not who repairs, where there are two.
        if role not in (Role.TECHNICIAN,) or (organisation.id, role) not in world.people:
            world.people[(organisation.id, role)] = who


#: Given names that go with any surname; the surnames are things.
_GIVEN = ("Ali", "Andrea", "Camille", "Claude", "Dominique", "Gaby", "Jo", "Kim", "Lois", "Morgan", "Ange", "Yael")
_THINGS = (
    "Soudure",
    "Câble",
    "Pixel",
    "Boîtier",
    "Fusible",
    "Molette",
    "Clavette",
    "Grommet",
    "Cosse",
    "Nappe",
    "Trame",
    "Rivet",
)


def _others(world: World, hashed: str, at: datetime) -> None:
    """Give everybody else one person, and two to each workshop."""
    count = 0
    for organisation in world.bodies.values():
        offered = sorted(set().union(*(ROLES_IN[role] for role in organisation.roles)))
        teams = BENCH if Role.TECHNICIAN in offered else tuple((role,) for role in offered)
        for roles in teams:
            if all((organisation.id, role) in world.people for role in roles):
                continue
            if roles[0] in (Role.AUDITOR, Role.VOLUNTEER):
                continue
            name = f"{_GIVEN[count % 12]} {_THINGS[(count // 12 + count) % 12]}"
            account = _account(world, f"personne{count:02d}@demo.example", name, hashed, at)
            _join(world, account, organisation, roles, at)
            count += 1


def _systems(world: World, at: datetime) -> None:
    """Fill the catalogue, and let the smaller workshops scan fewer steps."""
    coordination = world.bodies[names.COORDINATION.name]
    by = world.actor(coordination, Role.COORDINATOR)
    catalogue.begin(world.session, by=by, at=at)
    # In the order of the catalogue: what is installed most stands first.
    order = [name for name, _release, _end in catalogue.SYSTEMS]
    world.systems = sorted(workshop_queries.systems(world.session), key=lambda system: order.index(system.name))
    for body in names.WORKSHOPS:
        organisation = world.bodies[body.name]
        few = (body.capacity or 0) < 15
        workshop.choose(
            world.session,
            organisation.id,
            scanned_steps=[Action.INSTALL, Action.CONTROL] if few else OPTIONAL_STEPS,
            second_person=SecondPerson.PREFERRED,
            default_os_id=world.systems[0].id,
            by=world.actor(organisation, Role.CONTROLLER),
            at=at,
        )
