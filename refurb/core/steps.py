"""The steps that a deed makes: those of the ordinary road that it implies, itself, and what follows from it.

A workshop chooses which steps it scans, the others are written as implied, and no guard of `workflow` is skipped for
that. `path` is what the service follows.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from refurb.core.media import MediaState
from refurb.core.workflow import HELD, MOVES, OUT, Action, Control, Facts, Status, TransitionRefused, next_status

S, A = Status, Action

#: The road of an ordinary machine: the step that each status waits for.
LINE: dict[Status, Action] = {
    S.RECEIVED: A.INVENTORY,
    S.INVENTORIED: A.TRIAGE,
    S.TRIAGED: A.RECORD_WIPE,
    S.WIPING: A.RECORD_WIPE,
    S.WIPED: A.DIAGNOSE,
    S.DIAGNOSED: A.INSTALL,
    S.INSTALLED: A.CONTROL,
    S.QUALITY_CHECKED: A.STOCK,
}

#: Where each step of the line arrives when it succeeds.
LINE_ARRIVAL = {
    A.INVENTORY: S.INVENTORIED,
    A.TRIAGE: S.TRIAGED,
    A.RECORD_WIPE: S.WIPED,
    A.DIAGNOSE: S.DIAGNOSED,
    A.INSTALL: S.INSTALLED,
    A.CONTROL: S.QUALITY_CHECKED,
    A.STOCK: S.IN_STOCK,
}

#: The steps a workshop may leave unscanned: never the wipe, which is proved, nor the entry into stock.
OPTIONAL_STEPS = (A.INVENTORY, A.TRIAGE, A.DIAGNOSE, A.INSTALL, A.CONTROL)

#: What a scan may imply steps for; anything else starts from where the machine stands.
REACHED_BY_LINE = frozenset({A.TRIAGE, A.START_WIPE, A.DIAGNOSE, A.REPAIR, A.INSTALL, A.CONTROL, A.STOCK})

#: After one of these, earlier checklists and reports prove nothing any more.
FRESH_STARTS = frozenset({A.RETURN, A.REOPEN, A.FIND, A.RECOVER})


@dataclass(frozen=True, slots=True)
class Step:
    """One move of a path; `implied` steps were not scanned, they follow from one that was, or from evidence."""

    action: Action
    before: Status
    after: Status
    implied: bool = False


def path(status: Status, action: Action, facts: Facts, scanned: Iterable[Action] = OPTIONAL_STEPS) -> list[Step]:
    """Return the moves that `action` makes from `status`: implied steps, the move itself, what follows from it.

    `scanned` are the steps this workshop scans: one of them is never implied ("step-missing", with the step). Every
    implied step passes its own guards. Raises TransitionRefused.
    """
    scanned = frozenset(scanned)
    steps: list[Step] = []
    here = status
    while action in REACHED_BY_LINE and not _open(here, action, facts) and _leads_to(here, action, facts):
        # What follows by itself is nobody's scan to make, whatever the workshop scans.
        if follows := consequences(here, facts):
            step = follows[0]
        else:
            implied = line_step(here, facts)
            assert implied is not None  # or the line would lead nowhere
            if implied in scanned or implied not in (*OPTIONAL_STEPS, A.RECORD_WIPE):
                raise TransitionRefused("step-missing", implied)
            step = Step(implied, here, next_status(here, implied, facts), implied=True)
        steps.append(step)
        here = step.after
    target = next_status(here, action, facts)
    steps.append(Step(action, here, target))
    return steps + consequences(target, facts_after(action, facts))


def consequences(status: Status, facts: Facts) -> list[Step]:
    """Return the moves that follow at once from standing in `status`.

    Triaged with all media clear is wiped; wiped with a report that came before is diagnosed.
    """
    steps: list[Step] = []
    if status is S.TRIAGED and facts.holds_system and facts.media is MediaState.CLEAR:
        steps.append(Step(A.RECORD_WIPE, status, status := S.WIPED, implied=True))
    if status is S.WIPED and facts.holds_system and facts.diagnosed:
        steps.append(Step(A.DIAGNOSE, status, S.DIAGNOSED, implied=True))
    return steps


def facts_after(action: Action, facts: Facts) -> Facts:
    """Return the facts once `action` is done: what was opened up, lost or out is to be looked at again."""
    if action in (A.FIND, A.RECOVER):
        return replace(facts, media=MediaState.UNKNOWN, diagnosed=False, control=Control.NONE)
    if action in FRESH_STARTS:
        return replace(facts, diagnosed=False, control=Control.NONE)
    return facts


def line_step(status: Status, facts: Facts) -> Action | None:
    """Return the step that the ordinary road takes from `status`, or None beside it."""
    if not facts.holds_system and status in (S.TRIAGED, S.WIPED, S.IN_REPAIR):
        return A.CONTROL
    return LINE.get(status)


def _leads_to(status: Status, action: Action, facts: Facts) -> bool:
    """Whether the line from `status`, guards apart, comes to where `action` starts."""
    while (step := line_step(status, facts)) is not None:
        if _open(status, action, facts):
            return True
        status = LINE_ARRIVAL[step]
    return _open(status, action, facts)


def _open(status: Status, action: Action, facts: Facts) -> bool:
    """Whether the table has the move; control with nothing installed is for what holds no system."""
    if action is A.CONTROL and status is not S.INSTALLED and facts.holds_system:
        return False
    return (status, action) in MOVES


def status_after_media(status: Status, facts: Facts) -> Status | None:
    """Return where a change in the media leads: wiped, wipe_failed, or None when it moves nothing.

    A machine without a system is not moved by good news: it goes from triaged to its control.
    """
    if not facts.holds_system and facts.media is MediaState.CLEAR and status not in (S.WIPING, S.WIPE_FAILED):
        return None
    try:
        target = next_status(status, A.RECORD_WIPE, facts)
    except TransitionRefused:
        return None
    return None if target is status else target


def frees_reservation(before: Status, after: Status) -> bool:
    """Return whether the move ends an open reservation: every way out of reserved but to be prepared or handed over."""
    return before in HELD and after not in HELD | OUT
