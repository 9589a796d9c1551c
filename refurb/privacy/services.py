"""What a service does for a person who asks: corrects what is kept, or erases it."""

from collections import Counter
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from refurb.audit.services import record
from refurb.core import needs as core
from refurb.core.need_life import ALIVE, Act, NeedRefused, State
from refurb.matching import services as reservations
from refurb.needs import services as needs
from refurb.needs.models import Need
from refurb.privacy.anonymise import anonymise
from refurb.security import Actor

#: What may be put right whatever became of the case: facts about the household that choose no machine.
CORRECTABLE = ("persons", "pupils", "equipment", "connectivity", "accompaniment")


def rectify(session: Session, need: Need, values: dict[str, Any], *, by: Actor, at: datetime, today: date) -> list[str]:
    """Put facts right in a case, even a closed one; return which. Raises NeedRefused "wrong".

    What chooses a machine is changed by the form of the need, while that is still open (needs.services.amend).
    """
    if unknown := values.keys() - set(CORRECTABLE):
        raise KeyError(", ".join(sorted(unknown)))
    before = core.load(need.answers)
    after = replace(before, **values)
    if set(core.wrong(after, today)) - set(core.wrong(before, today)):
        raise NeedRefused("wrong")
    changed = sorted(name for name in values if getattr(before, name) != getattr(after, name))
    if changed:
        need.answers, need.changed_at = core.dump(after), at
        record(session, "need", need.id, "need.rectified", by=by, at=at, payload={"fields": changed})
    return changed


def erase(session: Session, need: Need, *, by: Actor, at: datetime, today: date) -> Counter[str]:
    """Erase a case because the person asks; return how many rows of each table were emptied.

    A case under way is withdrawn first, which gives back the machine set aside. Raises anonymise.StillNeeded.
    """
    reservations.hold(session, need)
    if need.state is State.DRAFT:
        needs.change_state(session, need, Act.CANCEL, by=by, at=at, today=today)
    elif need.state in ALIVE:
        needs.change_state(session, need, Act.CANCEL, by=by, at=at, today=today, motive="no-longer-needed")
    session.flush()
    record(session, "need", need.id, "need.request-answered", by=by, at=at, payload={"request": "erasure"})
    return anonymise(session, need, by=by, at=at, motive="request")
