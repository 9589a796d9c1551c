"""What a service takes for want of better: asked by the coordination, answered by the service, never assumed."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy.orm import Session

from refurb.audit.services import record
from refurb.core import needs as core
from refurb.core.machine_asked import forms, minima
from refurb.core.need_life import OPEN, NeedRefused
from refurb.core.needs import Format, Substitute
from refurb.needs import bundles
from refurb.needs.models import Need
from refurb.security import Actor


def possible(answers: core.Answers) -> list[Substitute]:
    """Return what would still widen what suits: nothing that is accepted already, nothing that changes nothing."""
    found = []
    for each in Substitute:
        wider = replace(answers, substitutes=frozenset({*answers.substitutes, each}))
        if minima(wider) != minima(answers) or forms(wider) != forms(answers):
            found.append(each)
    return found if answers.format is not Format.ANY else [each for each in found if each is not Substitute.OTHER_FORM]


def ask(session: Session, need: Need, wanted: Collection[Substitute], *, by: Actor, at: datetime) -> None:
    """Ask the service whether it would take something else; raises NeedRefused "no-such-move" or "nothing-to-ask"."""
    if need.state not in OPEN:
        raise NeedRefused("no-such-move")
    still = [each for each in possible(core.load(need.answers)) if each in wanted]
    if not still:
        raise NeedRefused("nothing-to-ask")
    need.substitutes_asked = [each.value for each in still]
    need.changed_at = at
    payload = {"substitutes": need.substitutes_asked}
    record(session, "need", need.id, "need.substitute-asked", by=by, at=at, payload=payload)


def answer(session: Session, need: Need, accepted: bool, *, by: Actor, at: datetime, today: date) -> None:
    """Take or refuse what was asked; raises NeedRefused "no-such-move" when nothing is asked any more.

    A substitute that is taken widens what suits the need and leaves its points and rank as they are.
    """
    asked = frozenset(Substitute(code) for code in need.substitutes_asked if code in set(Substitute))
    if not asked:
        raise NeedRefused("no-such-move")
    payload = {"accepted": accepted, "substitutes": sorted(each.value for each in asked)}
    if accepted:
        answers = core.load(need.answers)
        wider = replace(answers, substitutes=frozenset({*answers.substitutes, *asked}))
        bundles.amend(session, need, wider, by=by, at=at, today=today)
    need.substitutes_asked = []
    record(session, "need", need.id, "need.substitute-answered", by=by, at=at, payload=payload)
