"""What a card or a key sets for the scans that follow: who makes them, what machines undergo, where they are put."""

from datetime import datetime

from sqlalchemy.orm import Session

from refurb.core.identity import kind_of
from refurb.core.scanning import TEST_CODE, Answer, Command, Deed, Doing, command_of, may_command, may_set
from refurb.desk import badge_queries, undoing
from refurb.desk.contexts import context_of, doing_of, leave
from refurb.desk.models import ScanPile
from refurb.desk.registry import OPENERS, STARTS, Outcome
from refurb.organisations import queries as organisation_queries
from refurb.security import Actor


def badge(session: Session, code: str, *, by: Actor) -> Outcome:
    """Ask for the PIN of a badge, so that its bearer scans."""
    found = badge_queries.badge_by_code(session, code, by.organisation_id)
    if found is None:
        return Outcome(Answer.UNKNOWN, "unknown-badge", {"code": code})
    if found.account_id == by.id:
        return Outcome(Answer.ALREADY, "badge-same")
    return Outcome(Answer.WAITING, "badge-pin", {"badge": code, "title": found.account.name})


def command(session: Session, pile: ScanPile, code: str, *, by: Actor, at: datetime) -> Outcome:
    """Obey a command card: it sets what follows, or takes the last deed back."""
    if code == TEST_CODE:
        return Outcome(Answer.DONE, "gun-works")
    meant = command_of(code)
    if meant is None:
        return Outcome(Answer.UNKNOWN, "unknown-command")
    if meant.deed is Deed.UNDO:
        return undoing.undo_last(session, pile, by=by, at=at)
    doing = doing_of(session, pile, by)
    if not may_set(doing, meant):
        return Outcome(Answer.REFUSED, "context-first")
    if doing is not Doing.ANYTHING and meant.deed is Deed.OPEN:
        leave(pile)
        pile.command = None
        return Outcome(Answer.DONE, "command-set", {"command": meant.key})
    return set_command(pile, meant, by=by)


def set_command(pile: ScanPile, command: Command, *, by: Actor) -> Outcome:
    """Let `command` apply to the machines scanned next; a card and a key do the same."""
    told = {"command": command.key}
    if command.deed is Deed.ANYWHERE:
        was, pile.place, pile.place_id = pile.place_id, None, None
        return Outcome(Answer.DONE if was else Answer.ALREADY, "no-place")
    if not may_command(command, by.permissions):
        return Outcome(Answer.REFUSED, "not-allowed", told)
    wanted = None if command.deed is Deed.OPEN else command.key
    if pile.command == wanted:
        return Outcome(Answer.ALREADY, "command-set", told)
    pile.command = wanted
    return Outcome(Answer.DONE, "command-set", told)


def place(session: Session, pile: ScanPile, code: str, *, by: Actor) -> Outcome:
    """Let the machines scanned next be put at a place of the actor's organisation."""
    found = organisation_queries.place_by_code(session, code)
    if found is None:
        return Outcome(Answer.UNKNOWN, "unknown-place", {"code": code})
    told = {"place": found.name}
    if found.organisation_id != by.organisation_id:
        return Outcome(Answer.REFUSED, "place-elsewhere", told | {"holder": found.organisation.name})
    if not may_set(doing_of(session, pile, by), None):
        return _in_a_count(session, pile, code, by=by)
    if pile.place_id == found.id:
        return Outcome(Answer.ALREADY, "place-set", told)
    pile.place, pile.place_id = found, found.id
    return Outcome(Answer.DONE, "place-set", told)


def _in_a_count(session: Session, pile: ScanPile, code: str, *, by: Actor) -> Outcome:
    """Answer the code of a place or of a gift while a count runs: it is the one that is counted, or it waits."""
    context, reference = context_of(pile)
    if context is not None and context.is_of(session, reference, code, by):
        return Outcome(Answer.ALREADY, "counted-here")
    return Outcome(Answer.REFUSED, "context-first")


def another_thing(session: Session, pile: ScanPile, code: str, *, by: Actor) -> Outcome:
    """Open what the code of another area names, or let each scan count for it from now on."""
    starter = STARTS.get(kind_of(code))
    if starter and (started := starter(session, code, by)):
        if pile.context == started:
            return Outcome(Answer.ALREADY, "context-set")
        if doing_of(session, pile, by) is Doing.COUNTING:
            return _in_a_count(session, pile, code, by=by)
        pile.context = started
        return Outcome(Answer.DONE, "context-set")
    opener = OPENERS.get(kind_of(code))
    found = opener(session, code, by) if opener else None
    if found is None:
        return Outcome(Answer.UNKNOWN, "unknown-code", {"code": code})
    return Outcome(Answer.DONE, "opened-page", {"title": found.title, "detail": found.detail, "url": found.url})
