"""Device statuses, actions, the moves and their guards: domain.md D.1 as one table.

Everything here is decided from `Facts`; nobody reads a database. A move is one line of the table; `steps` says which
of them a scan makes, `undo` which may be taken back, `guidance` what comes next.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from refurb.core.media import MediaAsk, MediaState, media_codes
from refurb.core.permissions import Permission


class Status(StrEnum):
    """Where a machine stands; its last event that carries one says the same."""

    RECEIVED = "received"
    INVENTORIED = "inventoried"
    TRIAGED = "triaged"
    WIPING = "wiping"
    WIPED = "wiped"
    WIPE_FAILED = "wipe_failed"
    DIAGNOSED = "diagnosed"
    IN_REPAIR = "in_repair"
    WAITING_PART = "waiting_part"
    INSTALLED = "installed"
    QUALITY_CHECKED = "quality_checked"
    IN_STOCK = "in_stock"
    RESERVED = "reserved"
    READY_FOR_PICKUP = "ready_for_pickup"
    HANDED_OVER = "handed_over"
    ON_LOAN = "on_loan"
    IN_KIT = "in_kit"
    LOCKED = "locked"
    AFTER_SALES = "after_sales"
    MISSING = "missing"
    STOLEN = "stolen"
    PARTS = "parts"
    WEEE = "weee"
    RETURNED_TO_SUPPLIER = "returned_to_supplier"
    DESTROYED = "destroyed"


class Action(StrEnum):
    """What a person, or a piece of evidence, does to a machine."""

    INVENTORY = "inventory"
    TRIAGE = "triage"
    START_WIPE = "start_wipe"
    RECORD_WIPE = "record_wipe"
    DIAGNOSE = "diagnose"
    REPAIR = "repair"
    WAIT_PART = "wait_part"
    RESUME = "resume"
    INSTALL = "install"
    CONTROL = "control"
    STOCK = "stock"
    RESERVE = "reserve"
    RELEASE = "release"
    PREPARE = "prepare"
    HAND_OVER = "hand_over"
    RETURN = "return"
    GIVE_BACK_TO_USER = "give_back_to_user"
    REOPEN = "reopen"
    LOCK = "lock"
    UNLOCK = "unlock"
    LOSE = "lose"
    FIND = "find"
    STEAL = "steal"
    RECOVER = "recover"
    DISMANTLE = "dismantle"
    SCRAP = "scrap"
    DESTROY = "destroy"
    GIVE_BACK = "give_back"


class TriageOutcome(StrEnum):
    """What the sorting table decided; an attribute of the machine, not a status."""

    INSTALL = "install"
    REPAIR = "repair"
    PARTS = "parts"
    WEEE = "weee"
    LOCKED = "locked"


class SecondPerson(StrEnum):
    """Whether the control must be done by someone other than the installer; a workshop's setting."""

    REQUIRED = "required"
    PREFERRED = "preferred"
    OFF = "off"


class HandoverMode(StrEnum):
    """How a machine leaves: it decides the status it leaves for."""

    GIFT = "gift"
    SOLIDARITY_SALE = "solidarity_sale"
    LOAN = "loan"
    KIT = "kit"


class Control(StrEnum):
    """What the latest checklist says, among those ticked since the machine was last opened up."""

    NONE = "none"
    PASSED = "passed"
    FAILED = "failed"


class TransitionRefused(Exception):
    """A move the table or a guard forbids. `code` is stable; `step` names the step that is missing, if one is.

    `known` are the facts it was refused on and the steps scanned there, where the service that asked says them: what
    comes next instead is decided from the same.
    """

    known: "tuple[Facts, Iterable[Action]] | None" = None

    def __init__(self, code: str, step: Action | None = None) -> None:
        super().__init__(code if step is None else f"{code}: {step.value}")
        self.code, self.step = code, step


@dataclass(frozen=True, slots=True)
class Facts:
    """What the guards ask about one machine; each area says what it knows, under the lock of the row."""

    #: Whether this form of machine runs a system; a monitor or a printer does not.
    holds_system: bool = True
    media: MediaState = MediaState.UNKNOWN
    #: The latest outcome of one of its media is a failure.
    wipe_failed: bool = False
    #: What its media that are not clear ask for.
    media_asks: frozenset[MediaAsk] = frozenset()
    triage_outcome: TriageOutcome | None = None
    #: A report was read since the machine came into our hands.
    diagnosed: bool = False
    #: A report asks a person whether it is of this machine, or what of it.
    report_asks: bool = False
    #: The system is recorded, or the workshop has one that it always installs.
    system_known: bool = False
    installer_id: int | None = None
    #: Who ticked the checklist; the actor where nobody did yet.
    controller_id: int | None = None
    second_person: SecondPerson = SecondPerson.PREFERRED
    #: Technicians and controllers active in the workshop: alone, nobody can be the second person.
    technicians: int = 1
    control: Control = Control.NONE
    #: What this form needs beside it is there: a laptop's charger, a desktop's screen.
    charger_complete: bool = False
    set_complete: bool = True
    #: At least one profile that the machine serves is known; true of what is not matched by profile.
    profile_known: bool = False
    labelled: bool = False
    reservation_open: bool = False
    #: How the hand-over at hand is made; None lets the table refuse it.
    handover_mode: HandoverMode | None = None
    locked_from: Status | None = None
    #: The status the machine last left us for, when it came back and nobody else has had it since.
    left_as: Status | None = None
    #: The user refused wiping and signed so; the same user gets the machine back.
    refusal_signed: bool = False


S, A = Status, Action

TERMINAL = frozenset({S.PARTS, S.WEEE, S.RETURNED_TO_SUPPLIER, S.DESTROYED})
OUT = frozenset({S.HANDED_OVER, S.ON_LOAN, S.IN_KIT})
#: With a workshop, under its hands.
WORKSHOP = tuple(s for s in Status if s not in TERMINAL | OUT | {S.MISSING, S.STOLEN})
LIVE = tuple(s for s in Status if s not in TERMINAL | {S.MISSING, S.STOLEN})
#: Statuses that an open reservation goes with, and no other.
HELD = frozenset({S.RESERVED, S.READY_FOR_PICKUP})
#: Before the wipe is settled: a good outcome moves from here.
BEFORE_WIPED = (S.RECEIVED, S.INVENTORIED, S.TRIAGED, S.WIPING, S.WIPE_FAILED, S.AFTER_SALES)
#: After it: only a failure moves from here.
AFTER_WIPED = (
    S.WIPED,
    S.DIAGNOSED,
    S.IN_REPAIR,
    S.WAITING_PART,
    S.INSTALLED,
    S.QUALITY_CHECKED,
    S.IN_STOCK,
    S.RESERVED,
    S.READY_FOR_PICKUP,
)

Target = Status | Callable[[Facts], Status]


def _wipe_target(facts: Facts) -> Status:
    if facts.media is MediaState.CLEAR:
        return S.WIPED
    if facts.wipe_failed:
        return S.WIPE_FAILED
    raise TransitionRefused(media_codes(facts.media, facts.media_asks)[0])


def _late_wipe_target(facts: Facts) -> Status:
    if facts.media is not MediaState.CLEAR and facts.wipe_failed:
        return S.WIPE_FAILED
    raise TransitionRefused("already" if facts.media is MediaState.CLEAR else "not-clear")


def _handover_target(facts: Facts) -> Status:
    match facts.handover_mode:
        case HandoverMode.GIFT | HandoverMode.SOLIDARITY_SALE:
            return S.HANDED_OVER
        case HandoverMode.LOAN:
            return S.ON_LOAN
        case HandoverMode.KIT:
            return S.IN_KIT
    raise TransitionRefused("mode-missing")


def _back_to_user_target(facts: Facts) -> Status:
    if facts.left_as in (S.HANDED_OVER, S.ON_LOAN):
        return facts.left_as
    raise TransitionRefused("not-the-same-user")


def _unlock_target(facts: Facts) -> Status:
    before = facts.locked_from
    if before is None or before not in WORKSHOP or before is S.LOCKED:
        return S.TRIAGED
    if before in HELD:
        before = S.IN_STOCK
    # What was taken from it meanwhile is missed before it stands in stock again.
    if before is S.IN_STOCK and not (facts.set_complete and facts.charger_complete):
        before = S.QUALITY_CHECKED
    # What was wiped before the lock may hold a disk that is not, now: it starts again at the sorting table.
    if before in AFTER_WIPED and facts.media is not MediaState.CLEAR:
        return S.TRIAGED
    return before


MOVES: dict[tuple[Status, Action], Target] = {
    (S.RECEIVED, A.INVENTORY): S.INVENTORIED,
    (S.INVENTORIED, A.TRIAGE): S.TRIAGED,
    **{(s, A.START_WIPE): S.WIPING for s in (S.TRIAGED, S.WIPE_FAILED, S.AFTER_SALES)},
    **{(s, A.RECORD_WIPE): _wipe_target for s in BEFORE_WIPED},
    **{(s, A.RECORD_WIPE): _late_wipe_target for s in AFTER_WIPED},
    (S.WIPED, A.DIAGNOSE): S.DIAGNOSED,
    **{(s, A.REPAIR): S.IN_REPAIR for s in (S.DIAGNOSED, S.INSTALLED, S.AFTER_SALES)},
    (S.IN_REPAIR, A.WAIT_PART): S.WAITING_PART,
    (S.WAITING_PART, A.RESUME): S.IN_REPAIR,
    (S.DIAGNOSED, A.INSTALL): S.INSTALLED,
    (S.IN_REPAIR, A.INSTALL): S.INSTALLED,
    (S.INSTALLED, A.CONTROL): S.QUALITY_CHECKED,
    (S.TRIAGED, A.CONTROL): S.QUALITY_CHECKED,
    # A printer's disk was wiped, a monitor was mended: no system stands between them and their control.
    (S.WIPED, A.CONTROL): S.QUALITY_CHECKED,
    (S.IN_REPAIR, A.CONTROL): S.QUALITY_CHECKED,
    (S.QUALITY_CHECKED, A.STOCK): S.IN_STOCK,
    (S.IN_STOCK, A.RESERVE): S.RESERVED,
    (S.RESERVED, A.RELEASE): S.IN_STOCK,
    (S.RESERVED, A.PREPARE): S.READY_FOR_PICKUP,
    (S.READY_FOR_PICKUP, A.RELEASE): S.IN_STOCK,
    (S.READY_FOR_PICKUP, A.HAND_OVER): _handover_target,
    (S.RESERVED, A.HAND_OVER): _handover_target,
    **{(s, A.RETURN): S.AFTER_SALES for s in (S.HANDED_OVER, S.ON_LOAN, S.IN_KIT)},
    **{(s, A.GIVE_BACK_TO_USER): _back_to_user_target for s in (S.AFTER_SALES, S.IN_REPAIR)},
    **{(s, A.REOPEN): S.TRIAGED for s in (S.QUALITY_CHECKED, S.IN_STOCK)},
    **{(s, A.LOCK): S.LOCKED for s in WORKSHOP if s is not S.LOCKED},
    (S.LOCKED, A.UNLOCK): _unlock_target,
    **{(s, A.LOSE): S.MISSING for s in LIVE},
    **{(s, A.STEAL): S.STOLEN for s in LIVE},
    (S.MISSING, A.FIND): S.TRIAGED,
    (S.STOLEN, A.RECOVER): S.TRIAGED,
    **{(s, A.DISMANTLE): S.PARTS for s in WORKSHOP},
    **{(s, A.SCRAP): S.WEEE for s in (*WORKSHOP, S.PARTS)},
    **{(s, A.DESTROY): S.DESTROYED for s in WORKSHOP},
    **{(s, A.GIVE_BACK): S.RETURNED_TO_SUPPLIER for s in WORKSHOP},
}

#: Where each action may lead by itself: standing there, the action is done "already".
ARRIVALS: dict[Action, frozenset[Status]] = {
    action: frozenset(target for (_, a), target in MOVES.items() if a is action and isinstance(target, Status))
    for action in Action
} | {
    A.RECORD_WIPE: frozenset({S.WIPED}),
    A.HAND_OVER: frozenset({S.HANDED_OVER, S.ON_LOAN, S.IN_KIT}),
    A.GIVE_BACK_TO_USER: frozenset({S.HANDED_OVER, S.ON_LOAN}),
    A.UNLOCK: frozenset(),
    A.RELEASE: frozenset({S.IN_STOCK}),
}

_BENCH = frozenset({Permission.DEVICE_CHANGE_STATUS})
_CONTROL = frozenset({Permission.DEVICE_CONTROL})
_COUNTER = frozenset({Permission.DEVICE_CHANGE_STATUS, Permission.HANDOVER_PERFORM})
_THEFT = frozenset({Permission.DEVICE_RECOVER_STOLEN})
#: Who may: any one of these permissions. What is not named here is the bench's.
WHO: dict[Action, frozenset[Permission]] = dict.fromkeys(Action, _BENCH) | {
    A.RECORD_WIPE: frozenset({Permission.MEDIUM_RECORD}),
    A.CONTROL: _CONTROL,
    A.STOCK: _CONTROL,
    A.GIVE_BACK: _CONTROL,
    A.RESERVE: frozenset({Permission.MATCH_RESERVE}),
    A.RELEASE: _COUNTER | {Permission.MATCH_RESERVE},
    A.PREPARE: _COUNTER,
    A.HAND_OVER: frozenset({Permission.HANDOVER_PERFORM}),
    A.RETURN: _COUNTER,
    A.GIVE_BACK_TO_USER: _COUNTER,
    A.STEAL: _THEFT,
    A.RECOVER: _THEFT,
}


def may(action: Action, permissions: Iterable[str]) -> bool:
    """Return whether somebody with these permissions may do `action`."""
    return not WHO[action].isdisjoint(permissions)


def guards(status: Status, action: Action, facts: Facts) -> list[str]:
    """Return the refusal codes of `action` from `status`, all of them, in the order in which to mend them."""
    codes: list[str] = []
    match action:
        case A.INSTALL:
            # Invariant 2: install needs wiped; a medium that came in since, by a repair, is no exception.
            codes += media_codes(facts.media, facts.media_asks)
            if not facts.holds_system:
                codes.append("holds-no-system")
            elif not facts.system_known:
                codes.append("system-unknown")
        case A.CONTROL:
            if status is not S.INSTALLED and facts.holds_system:
                codes.append("no-such-move")
            codes += _control(facts)
        case A.STOCK:
            codes += media_codes(facts.media, facts.media_asks) + _control(facts)
            if not facts.charger_complete:
                codes.append("charger-missing")
            if not facts.set_complete:
                codes.append("set-incomplete")
            if not facts.profile_known:
                codes.append("profile-unknown")
            if not facts.labelled:
                codes.append("not-labelled")
        case A.DIAGNOSE if not facts.holds_system:
            codes.append("holds-no-system")
        case A.RESERVE | A.PREPARE:
            if not facts.reservation_open:
                codes.append("no-reservation")
        case A.HAND_OVER:
            codes += media_codes(facts.media, facts.media_asks)
            if not facts.reservation_open:
                codes.append("no-reservation")
        case A.GIVE_BACK_TO_USER:
            if facts.media is not MediaState.CLEAR and not facts.refusal_signed:
                codes.append("refusal-not-signed")
        case A.DISMANTLE | A.SCRAP | A.DESTROY:
            codes += media_codes(facts.media, facts.media_asks)
    return codes


def _control(facts: Facts) -> list[str]:
    codes = []
    if facts.control is Control.NONE:
        codes.append("checklist-missing")
    elif facts.control is Control.FAILED:
        codes.append("checklist-failed")
    if needs_second_person(facts):
        codes.append("second-person")
    return codes


def same_person(facts: Facts) -> bool:
    """Return whether the one who controls is the one who installed: flagged where a second person is preferred."""
    return facts.installer_id is not None and facts.installer_id == facts.controller_id


def needs_second_person(facts: Facts) -> bool:
    """Invariant 3: only where the setting asks, and where there are two to do it."""
    return facts.second_person is SecondPerson.REQUIRED and facts.technicians >= 2 and same_person(facts)


def next_status(status: Status, action: Action, facts: Facts) -> Status:
    """Return where `action` leads from `status`, in one move of the table.

    Raises TransitionRefused with the first code of `guards`, or "no-such-move". Source: domain.md D.1.
    """
    target = MOVES.get((status, action))
    if target is None:
        raise TransitionRefused("already" if status in ARRIVALS[action] else "no-such-move")
    if codes := guards(status, action, facts):
        raise TransitionRefused(codes[0])
    return target if isinstance(target, Status) else target(facts)
