"""What an area wants done with each scan while a pile counts or receives for it."""

from sqlalchemy.orm import Session

from refurb.core.scanning import Answer, Doing
from refurb.desk.models import ScanPile
from refurb.desk.registry import CONTEXTS, Context, DeskRefused, Outcome, Scanned
from refurb.security import Actor


def context_of(pile: ScanPile) -> tuple[Context | None, str]:
    """Return what an area wants done with each scan, and its reference."""
    area, _, reference = (pile.context or "").partition(":")
    return CONTEXTS.get(area), reference


def doing_of(session: Session, pile: ScanPile, by: Actor) -> Doing:
    """Return what a pile is for now; a context that is over is left, before a card sets what comes after it."""
    context, reference = context_of(pile)
    if context is None:
        return Doing.ANYTHING
    if context.title(session, reference, by) is None:
        leave(pile)
        return Doing.ANYTHING
    return context.doing


def leave(pile: ScanPile) -> None:
    """Leave what an area wanted done; a count leaves nothing behind it that the next machine would undergo."""
    context, _reference = context_of(pile)
    if context is not None and context.doing is Doing.COUNTING:
        pile.command = pile.place = pile.place_id = None
    pile.context = None


def answer(session: Session, pile: ScanPile, scanned: Scanned) -> Outcome | None:
    """Let the area answer; a context that is over is left, and the desk goes on by its own rules."""
    context, reference = context_of(pile)
    if context is None:
        return None
    if context.title(session, reference, scanned.by) is None:
        leave(pile)
        return None
    try:
        with session.begin_nested():
            outcome = context.scan(session, reference, scanned)
    except DeskRefused as refusal:
        return Outcome(Answer.REFUSED, refusal.code, {}, scanned.device)
    if outcome is not None and outcome.context is not None:
        pile.context = outcome.context
    return outcome
