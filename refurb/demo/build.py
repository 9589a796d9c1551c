"""Build the demo: always the same story, dated back from the day it is told."""

import random
from datetime import UTC, datetime, time

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.accounts.models import Account
from refurb.accounts.queries import by_email
from refurb.demo import bench, cases, gifts, names, proofs, world
from refurb.demo.world import World
from refurb.matching import estimates, planner
from refurb.organisations.models import Organisation
from refurb.outbox import OutboxRow
from refurb.security import Actor
from refurb.setup import queries, services
from refurb.territory import services as territory
from refurb.web import today, zone

SEED = 49
TERRITORY = "49"
#: What the mark of a demo holds while it is being built.
BUILDING = "building"


class DemoRefused(Exception):
    """A database that a demo may not touch; `code` is "not-empty" or "already"."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def is_demo(session: Session) -> bool:
    """Whether the database holds a demo."""
    return bool(queries.setting(session, queries.DEMO, False))


def is_half_built(session: Session) -> bool:
    """Whether a demo was begun and never finished: the machine was stopped meanwhile."""
    return bool(queries.setting(session, queries.DEMO, False) == BUILDING)


def is_empty(session: Session) -> bool:
    """Whether nobody and nothing is in the database yet."""
    return session.scalar(sa.select(Account.id).limit(1)) is None and (
        session.scalar(sa.select(Organisation.id).limit(1)) is None
    )


def day_begins() -> datetime:
    """Return when today begins where the instance is: what a demo tells does not depend on the hour."""
    return datetime.combine(today(), time.min, zone()).astimezone(UTC)


def build(session: Session, *, seed: int = SEED, now: datetime | None = None) -> World:
    """Build the demo in an empty database; commits as it goes. Raises DemoRefused.

    The same seed on the same day tells the same: without `now` the story ends as the day begins. Secrets (links,
    salts) are drawn anew each time.
    """
    if is_demo(session):
        raise DemoRefused("already")
    if not is_empty(session):
        raise DemoRefused("not-empty")
    at = now or day_begins()
    services.put(session, queries.DEMO, BUILDING, at=at)
    services.put(session, queries.TERRITORY, TERRITORY, at=at)
    territory.load(session, TERRITORY, at=at)
    told = World(session, random.Random(seed), at)
    world.build(told)
    services.put(session, queries.COORDINATION, told.bodies[names.COORDINATION.name].id, at=at)
    session.commit()
    born = gifts.give_all(told)
    bench.work(told, born)
    cases.tell(told, born)
    proofs.tell(told, born)
    session.commit()
    # What waits is estimated, and the rule has run this morning: the coordination finds its board filled.
    estimates.estimate_all(session, at)
    planner.make_run(session, dry=False, by=Actor.system(), at=at, seed="tirage de la démonstration")
    session.commit()
    # These messages are of the past: nobody gets them today, be it in a folder. The papers are left to the worker,
    # which makes first those that a visitor opens or asks for.
    session.execute(sa.delete(OutboxRow).where(OutboxRow.kind == "mail.send"))
    session.execute(sa.update(OutboxRow).values(is_background=True))
    services.put(session, queries.DEMO, True, at=at)
    session.commit()
    return told


def accounts(session: Session) -> list[tuple[str, str, str]]:
    """Return the accounts to try: address, name, organisation."""
    return [
        (f"{person.login}@demo.example", person.name, person.body)
        for person in names.PEOPLE
        if by_email(session, f"{person.login}@demo.example") is not None
    ]
