"""How long a need may still wait: whoever can tell registers here; until somebody does, the slip says what happens."""

from collections.abc import Callable
from datetime import date

from sqlalchemy.orm import Session

from refurb.needs.models import Need

#: Keyed by area: returns a sentence for the household in the language in force, None where it cannot tell.
Estimate = Callable[[Session, Need, date], str | None]
ESTIMATES: dict[str, Estimate] = {}


def of(session: Session, need: Need, on: date) -> str | None:
    """Return the waiting estimate of a need as a sentence, None while nobody can give one."""
    for tell in ESTIMATES.values():
        if (sentence := tell(session, need, on)) is not None:
            return sentence
    return None
