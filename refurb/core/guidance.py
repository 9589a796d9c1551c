"""What to do next with a machine, and what may be done: `workflow` turned towards the person at the bench."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from refurb.core.media import MediaState, media_codes
from refurb.core.permissions import Permission
from refurb.core.steps import LINE_ARRIVAL, OPTIONAL_STEPS, line_step, path
from refurb.core.workflow import (
    WHO,
    WORKSHOP,
    Action,
    Facts,
    Status,
    TransitionRefused,
    TriageOutcome,
    guards,
    may,
)

S, A = Status, Action

#: Steps back and sideways: offered, but never what to do next.
_SIDE = frozenset({A.LOSE, A.STEAL, A.LOCK, A.GIVE_BACK, A.DESTROY, A.DISMANTLE, A.SCRAP})


def allowed_actions(
    status: Status, facts: Facts, scanned: Iterable[Action] = OPTIONAL_STEPS, permissions: Iterable[str] | None = None
) -> list[Action]:
    """Return the actions that would succeed now, next ones first; with `permissions`, those this person may do.

    A hand-over is offered before its mode is known: the mode is asked by the page that performs it.
    """
    held = None if permissions is None else frozenset(permissions)
    found = []
    for action in sorted(Action, key=lambda a: a in _SIDE):
        if held is not None and not may(action, held):
            continue
        if refusal(status, action, facts, scanned) in (None, "mode-missing"):
            found.append(action)
    return found


def refusal(status: Status, action: Action, facts: Facts, scanned: Iterable[Action] = OPTIONAL_STEPS) -> str | None:
    """Return the code that `path` would raise, or None when the action would succeed."""
    try:
        path(status, action, facts, scanned)
    except TransitionRefused as refused:
        return refused.code
    return None


@dataclass(frozen=True, slots=True)
class NextStep:
    """What to do next with a machine: `missing` are the codes that stand in the way, `waits` says for what or whom."""

    action: Action | None
    missing: tuple[str, ...] = ()
    waits: str | None = None


_AFTER_TRIAGE = {
    TriageOutcome.PARTS: A.DISMANTLE,
    TriageOutcome.WEEE: A.SCRAP,
    TriageOutcome.LOCKED: A.LOCK,
}
#: Where the wipe is the question: under way, failed, or to be done again after a return.
_AT_THE_WIPE = frozenset({S.WIPING, S.WIPE_FAILED, S.AFTER_SALES})
#: Beside the line: what a status waits for, and on whom.
_ASIDE: dict[Status, tuple[Action | None, str | None]] = {
    S.WAITING_PART: (A.RESUME, "part"),
    S.IN_STOCK: (A.RESERVE, "need"),
    S.RESERVED: (A.PREPARE, None),
    S.READY_FOR_PICKUP: (A.HAND_OVER, "appointment"),
    S.HANDED_OVER: (None, "out"),
    S.ON_LOAN: (None, "out"),
    S.IN_KIT: (None, "out"),
    S.LOCKED: (A.UNLOCK, "release-by-supplier"),
    S.MISSING: (A.FIND, "found"),
    S.STOLEN: (A.RECOVER, "found"),
    S.PARTS: (None, "end"),
    S.WEEE: (None, "end"),
    S.RETURNED_TO_SUPPLIER: (None, "end"),
    S.DESTROYED: (None, "end"),
}


#: What a machine waits for while one of its reports asks a person something.
REPORT_ASKS = "report-asks"


class Doer(StrEnum):
    """Who does an action that is not whoever reads."""

    WORKSHOP = "workshop"
    CONTROLLER = "controller"
    COORDINATION = "coordination"
    #: Whoever hands machines over: a hand-over point, or the service itself.
    COUNTER = "counter"


#: Whom each permission means, the nearest to the machine first.
_DOERS: tuple[tuple[Permission, Doer], ...] = (
    (Permission.DEVICE_CHANGE_STATUS, Doer.WORKSHOP),
    (Permission.MEDIUM_RECORD, Doer.WORKSHOP),
    (Permission.DEVICE_CONTROL, Doer.CONTROLLER),
    (Permission.HANDOVER_PERFORM, Doer.COUNTER),
    (Permission.MATCH_RESERVE, Doer.COORDINATION),
    (Permission.DEVICE_RECOVER_STOLEN, Doer.COORDINATION),
)


def doer(action: Action, permissions: Iterable[str]) -> Doer | None:
    """Return who does `action` where somebody with these permissions may not; None where they may."""
    if may(action, permissions):
        return None
    return next(who for permission, who in _DOERS if permission in WHO[action])


def decider(step: NextStep, permissions: Iterable[str]) -> Doer | None:
    """Return who settles what `step` waits for where somebody with these permissions may not; None where they may."""
    return Doer.WORKSHOP if step.waits == REPORT_ASKS and Permission.REPORT_UPLOAD not in permissions else None


def next_step(status: Status, facts: Facts, scanned: Iterable[Action] = OPTIONAL_STEPS) -> NextStep:
    """Return what to do next, and what is missing for it; steps this workshop does not scan are passed over.

    While a report is in doubt nobody is sure what the machine is: that is settled first.
    """
    scanned = frozenset(scanned)
    if facts.report_asks and status in WORKSHOP:
        return NextStep(None, (), REPORT_ASKS)
    if status in _AT_THE_WIPE:
        return _at_the_wipe(status, facts)
    if status in _ASIDE:
        action, waits = _ASIDE[status]
        if action is A.RESERVE or action is None:
            return NextStep(action, (), waits)
        return NextStep(action, tuple(guards(status, action, facts)), waits)
    settled = status in (S.TRIAGED, S.WIPED, S.DIAGNOSED)
    if settled and facts.triage_outcome in _AFTER_TRIAGE:
        action = _AFTER_TRIAGE[facts.triage_outcome]
        return NextStep(action, tuple(guards(status, action, facts)))
    if status is S.DIAGNOSED and facts.triage_outcome is TriageOutcome.REPAIR:
        return NextStep(A.REPAIR)
    if status is S.IN_REPAIR and facts.holds_system:
        return NextStep(A.INSTALL, tuple(guards(status, A.INSTALL, facts)))
    here = status
    while True:
        step = line_step(here, facts)
        assert step is not None  # every status beside the line was answered above
        if step is A.RECORD_WIPE:
            if facts.media is not MediaState.CLEAR:
                return _for_the_media(facts)
        elif not (step is A.DIAGNOSE and facts.diagnosed):
            codes = guards(here, step, facts)
            if codes or step is A.STOCK or step in scanned:
                return NextStep(step, tuple(codes))
        here = LINE_ARRIVAL[step]


#: Refusals that name no remedy: what comes next for the machine is said with them. Any other says what to mend first.
_WITHOUT_REMEDY = frozenset({"no-such-move", "step-missing", "no-reservation"})


def next_instead(refused: TransitionRefused, status: Status) -> NextStep | None:
    """Return what to do next with a machine whose move was refused, where the refusal does not say so by itself."""
    if refused.known is None or refused.code not in _WITHOUT_REMEDY:
        return None
    return next_step(status, *refused.known)


def _for_the_media(facts: Facts) -> NextStep:
    """Return what media that are not clear ask for first: a wipe, or what no wipe would mend."""
    first = media_codes(facts.media, facts.media_asks)[0]
    return NextStep(A.START_WIPE) if first == "not-clear" else NextStep(None, (), first)


def _at_the_wipe(status: Status, facts: Facts) -> NextStep:
    """Return what to do there, by what the media ask for."""
    if facts.media is MediaState.CLEAR:
        # A screen holds nothing; a computer without a disk is looked at again as one that was wiped.
        back = status is S.AFTER_SALES and not facts.holds_system
        return NextStep(A.REPAIR if back else A.RECORD_WIPE)
    if status is S.WIPING and (
        facts.media is MediaState.UNKNOWN or "not-clear" in media_codes(facts.media, facts.media_asks)
    ):
        return NextStep(A.RECORD_WIPE, (), "wipe-running")
    return _for_the_media(facts)
