"""What a count of a place or a gift expects, what the record says of a machine that it meets, and its groups."""

from enum import StrEnum

from refurb.core.workflow import OUT, TERMINAL, WORKSHOP, Action, Status

#: What a count expects: what has left, for a while or for good, is no more missing than it is there.
EXPECTED = frozenset(WORKSHOP)
_LOST = frozenset({Status.MISSING, Status.STOLEN})


class Met(StrEnum):
    """What the record says of a machine that a count met and did not expect when it began."""

    #: It was put here, or arrived with the gift, since the count began: it counts as expected and found.
    SINCE = "since"
    #: Another organisation holds it.
    HELD_ELSEWHERE = "held-elsewhere"
    #: Noted handed over, lent, in a kit, for parts, destroyed, given back: it has left.
    LEFT = "left"
    #: Noted missing or stolen.
    LOST = "lost"
    OTHER_PLACE = "other-place"
    NOWHERE = "nowhere"
    #: It came with another gift, or with none.
    OTHER_GIFT = "other-gift"


class Group(StrEnum):
    """The groups of a count."""

    FOUND = "found"
    MISSING = "missing"
    UNEXPECTED = "unexpected"
    ELSEWHERE = "elsewhere"


def met(status: Status, *, held: bool, of_it: bool, by_gift: bool, placed: bool) -> Met:
    """Return what the record says of a machine that was not expected: the gravest first.

    `of_it`: it is noted at the place counted, or came with the gift. `placed`: it is noted at some place.
    """
    if not held:
        return Met.HELD_ELSEWHERE
    if status in _LOST:
        return Met.LOST
    if status in OUT | TERMINAL:
        return Met.LEFT
    if of_it:
        return Met.SINCE
    if by_gift:
        return Met.OTHER_GIFT
    return Met.OTHER_PLACE if placed else Met.NOWHERE


#: What the record says otherwise is elsewhere; what it says nothing against is unexpected.
_ELSEWHERE = frozenset({Met.HELD_ELSEWHERE, Met.LEFT, Met.LOST, Met.OTHER_PLACE})


def group(*, expected: bool, found: bool, elsewhere: bool) -> Group:
    """Return the group of a machine of a count; `elsewhere`: the record had it in another place, or gone."""
    if expected:
        return Group.FOUND if found else Group.MISSING
    return Group.ELSEWHERE if elsewhere else Group.UNEXPECTED


def contradicts(what: Met) -> bool:
    """Tell whether the record said that the machine is somewhere else, which somebody has to settle."""
    return what in _ELSEWHERE


def remedy(status: Status) -> Action | None:
    """Return what puts the record right of a machine that stands before whoever counts, None where no move does."""
    match status:
        case Status.MISSING:
            return Action.FIND
        case Status.STOLEN:
            return Action.RECOVER
        case Status.HANDED_OVER | Status.ON_LOAN | Status.IN_KIT:
            return Action.RETURN
    return None
