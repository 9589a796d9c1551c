"""What a workshop did in a day: machines and families, never a figure for a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from refurb.desk import day_queries as queries
from refurb.security import Actor


@dataclass(frozen=True)
class Day:
    """`machines` that something was done to, `families` whose machine was among them, `steps` by command.

    Two steps are no command: "place", a machine put where a card says, and "arrival", one counted out of a gift.
    """

    on: date
    machines: int
    families: int
    steps: Mapping[str, int]


def of(session: Session, on: date, *, by: Actor) -> Day:
    """Return the day of the actor's organisation, whoever scanned; what was taken back does not count."""
    by_step: dict[str, set[int]] = {}
    for deed in queries.deeds(session, on, by=by):
        by_step.setdefault(deed.step, set()).add(deed.device_id)
    machines = set().union(*by_step.values())
    steps = {step: len(devices) for step, devices in by_step.items()}
    return Day(on, len(machines), queries.families(session, on, machines), steps)
