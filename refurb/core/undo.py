"""What may be undone: a move that nothing later refers to, and that has no opposite of its own."""

from dataclasses import dataclass

from refurb.core.workflow import Action

#: Deeds with an opposite of their own, or with somebody outside: put right by a new move, never by an undo.
NEVER_UNDONE = frozenset(
    {
        Action.RECORD_WIPE,
        Action.RESERVE,
        Action.RELEASE,
        Action.HAND_OVER,
        Action.RETURN,
        Action.GIVE_BACK_TO_USER,
        Action.GIVE_BACK,
        Action.DESTROY,
        Action.RECOVER,
    }
)


@dataclass(frozen=True, slots=True)
class Since:
    """What refers to the same machine after the move that somebody wants to undo."""

    later_status: bool = False
    later_reservation: bool = False
    later_document: bool = False
    later_report: bool = False
    already_undone: bool = False
    #: The move released an open reservation, which may be somebody else's by now.
    released: bool = False


def undo_refusal(action: Action, since: Since) -> str | None:
    """Return why a move may not be undone, or None.

    Source: design.md section 3: an undo is a compensating event, refused while a later status, reservation, document
    or report refers to the same device.
    """
    if since.already_undone:
        return "already-undone"
    if action in NEVER_UNDONE:
        return "never-undone"
    if since.later_status:
        return "later-status"
    if since.later_reservation:
        return "later-reservation"
    if since.later_document:
        return "later-document"
    if since.later_report:
        return "later-report"
    if since.released:
        return "reservation-released"
    return None
