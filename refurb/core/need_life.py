"""The life of a need: one table of moves, as core/workflow.py has for devices (domain.md B, states of a need)."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum


class State(StrEnum):
    """Where a need stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    TO_COMPLETE = "to_complete"
    VALIDATED = "validated"
    WAITING = "waiting"
    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    HANDED_OVER = "handed_over"
    CLOSED = "closed"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    DUPLICATE = "duplicate"
    SUSPENDED = "suspended"


class Act(StrEnum):
    """What is done to a need."""

    SUBMIT = "submit"
    VALIDATE = "validate"
    RETURN = "return"
    AMEND = "amend"
    QUEUE = "queue"
    PROPOSE = "propose"
    ACCEPT = "accept"
    DECLINE = "decline"
    RELEASE = "release"
    LAPSE = "lapse"
    SUSPEND = "suspend"
    RESUME = "resume"
    EXPIRE = "expire"
    RECONFIRM = "reconfirm"
    HAND_OVER = "hand_over"
    CLOSE = "close"
    REOPEN = "reopen"
    REFUSE = "refuse"
    MARK_DUPLICATE = "mark_duplicate"
    NOT_DUPLICATE = "not_duplicate"
    CANCEL = "cancel"


S, A = State, Act

#: Those that a machine may be reserved for.
OPEN = frozenset({S.VALIDATED, S.WAITING})
#: Those that hold a reservation while it is open.
HELD = frozenset({S.PROPOSED, S.ACCEPTED})
#: Those the service has still something to do or to wait for.
ALIVE = frozenset(
    {S.DRAFT, S.SUBMITTED, S.TO_COMPLETE, S.VALIDATED, S.WAITING, S.PROPOSED, S.ACCEPTED, S.EXPIRED, S.SUSPENDED}
)
#: Those whose content the service may still change; from VALIDATED on, a change is checked anew.
AMENDABLE = frozenset({S.DRAFT, S.SUBMITTED, S.TO_COMPLETE, S.VALIDATED, S.WAITING, S.EXPIRED, S.SUSPENDED})

#: (state, act) -> state; SUBMIT, AMEND and RECONFIRM lead on by their facts, see `next_state`.
MOVES: dict[tuple[State, Act], State] = {
    (S.DRAFT, A.SUBMIT): S.SUBMITTED,
    (S.TO_COMPLETE, A.SUBMIT): S.SUBMITTED,
    (S.SUBMITTED, A.VALIDATE): S.VALIDATED,
    (S.SUBMITTED, A.RETURN): S.TO_COMPLETE,
    (S.VALIDATED, A.RETURN): S.TO_COMPLETE,
    (S.WAITING, A.RETURN): S.TO_COMPLETE,
    (S.SUBMITTED, A.AMEND): S.SUBMITTED,
    (S.VALIDATED, A.AMEND): S.VALIDATED,
    (S.WAITING, A.AMEND): S.WAITING,
    (S.SUSPENDED, A.AMEND): S.SUSPENDED,
    (S.EXPIRED, A.AMEND): S.WAITING,
    (S.VALIDATED, A.QUEUE): S.WAITING,
    (S.VALIDATED, A.PROPOSE): S.PROPOSED,
    (S.WAITING, A.PROPOSE): S.PROPOSED,
    (S.PROPOSED, A.ACCEPT): S.ACCEPTED,
    (S.PROPOSED, A.DECLINE): S.WAITING,
    (S.PROPOSED, A.RELEASE): S.WAITING,
    (S.ACCEPTED, A.RELEASE): S.WAITING,
    (S.PROPOSED, A.LAPSE): S.SUSPENDED,
    (S.ACCEPTED, A.LAPSE): S.SUSPENDED,
    (S.VALIDATED, A.SUSPEND): S.SUSPENDED,
    (S.WAITING, A.SUSPEND): S.SUSPENDED,
    (S.SUSPENDED, A.RESUME): S.WAITING,
    (S.VALIDATED, A.EXPIRE): S.EXPIRED,
    (S.WAITING, A.EXPIRE): S.EXPIRED,
    (S.VALIDATED, A.RECONFIRM): S.VALIDATED,
    (S.WAITING, A.RECONFIRM): S.WAITING,
    (S.SUSPENDED, A.RECONFIRM): S.WAITING,
    (S.EXPIRED, A.RECONFIRM): S.WAITING,
    (S.PROPOSED, A.HAND_OVER): S.HANDED_OVER,
    (S.ACCEPTED, A.HAND_OVER): S.HANDED_OVER,
    (S.HANDED_OVER, A.CLOSE): S.CLOSED,
    (S.HANDED_OVER, A.REOPEN): S.VALIDATED,
    (S.CLOSED, A.REOPEN): S.VALIDATED,
    (S.DUPLICATE, A.NOT_DUPLICATE): S.VALIDATED,
    **{(state, A.REFUSE): S.REFUSED for state in (S.SUBMITTED, S.TO_COMPLETE, S.VALIDATED, S.WAITING, S.EXPIRED)},
    **{(state, A.MARK_DUPLICATE): S.DUPLICATE for state in (S.SUBMITTED, S.TO_COMPLETE, *OPEN, S.EXPIRED)},
    **{(state, A.CANCEL): S.CANCELLED for state in ALIVE},
}

#: What cannot be done without saying why.
NEEDS_MOTIVE = frozenset({A.RETURN, A.DECLINE, A.RELEASE, A.SUSPEND, A.REOPEN, A.REFUSE, A.MARK_DUPLICATE, A.CANCEL})


#: The motives that may be given, as codes: a free text would end up naming somebody.
MOTIVES: dict[Act, tuple[str, ...]] = {
    A.RETURN: ("precise-usages", "precise-place", "check-eligibility", "check-equipment", "check-duplicate"),
    A.REFUSE: ("not-eligible", "out-of-territory", "already-equipped", "other-scheme"),
    A.CANCEL: ("no-longer-needed", "equipped-elsewhere", "moved-away", "unreachable", "mistake"),
    A.SUSPEND: ("household-unavailable", "awaiting-information", "service-closed"),
    A.DECLINE: ("does-not-suit", "household-declines", "too-far", "unreachable"),
    A.RELEASE: ("machine-faulty", "other-need", "household-unavailable", "machine-left", "mistake"),
    A.REOPEN: ("after-sales", "handover-mistake", "served-in-part"),
    A.MARK_DUPLICATE: ("same-household",),
}


#: A need left suspended or unconfirmed keeps its rank for six months; afterwards it waits anew.
RANK_KEPT_DAYS = 183
#: Where a need stands still: what leads out of these is what its rank is asked at.
STANDSTILL = frozenset({S.SUSPENDED, S.EXPIRED})


def keeps_rank(since: date, today: date) -> bool:
    """Whether a need that stands still since that day has the rank it had, when it is taken up again."""
    return today <= rank_kept_until(since)


def rank_kept_until(since: date) -> date:
    """Return the last day on which a need that stands still since then may be taken up with its rank."""
    return since + timedelta(days=RANK_KEPT_DAYS)


#: How long after the hand-over the service is asked whether the machine is used.
FOLLOW_UP_DAYS = 91


def follow_up_due(handed_over_on: date, today: date) -> bool:
    """Whether three months have passed since the hand-over."""
    return today >= handed_over_on + timedelta(days=FOLLOW_UP_DAYS)


@dataclass(frozen=True)
class Facts:
    """What a move depends on; a service is approved by the coordination."""

    missing: bool = False
    doubtful: bool = False
    service_approved: bool = True
    fresh: bool = True
    reserved: bool = False
    has_motive: bool = False


class NeedRefused(Exception):
    """A move that the state or the facts forbid; `code` is stable, the sentence is chosen at the edge."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def next_state(state: State, act: Act, facts: Facts) -> State:
    """Return where `act` leads; raises NeedRefused and its code.

    What the form finds complete, without doubt and from an approved service, is validated at once; the rest waits
    for the coordination's look. A need under reservation changes state through its reservation only.
    """
    if (target := MOVES.get((state, act))) is None:
        raise NeedRefused("no-such-move")
    if act in NEEDS_MOTIVE and not facts.has_motive and not (act is A.CANCEL and state is S.DRAFT):
        raise NeedRefused("motive-missing")
    if act in (A.SUBMIT, A.VALIDATE, A.AMEND) and facts.missing:
        raise NeedRefused("incomplete")
    if act in (A.VALIDATE, A.PROPOSE) and not facts.service_approved:
        raise NeedRefused("service-not-approved")
    if act is A.PROPOSE:
        if facts.reserved:
            raise NeedRefused("already-reserved")
        if not facts.fresh:
            raise NeedRefused("not-fresh")
    if act is A.EXPIRE and facts.fresh:
        raise NeedRefused("still-fresh")
    if act is A.NOT_DUPLICATE and facts.missing:
        return S.TO_COMPLETE
    if act is A.NOT_DUPLICATE and (facts.doubtful or not facts.service_approved):
        return S.SUBMITTED
    if act in (A.SUBMIT, A.AMEND) and state is not S.SUSPENDED:
        sure = not facts.doubtful and facts.service_approved
        if act is A.SUBMIT or state is S.SUBMITTED or not sure:
            return S.VALIDATED if sure else S.SUBMITTED
    return target


@dataclass(frozen=True)
class Life:
    """What a need's acts change besides its content: its state, its dates, and which machine of its household it is."""

    state: State = State.DRAFT
    #: The day on which the state was reached.
    since: date = date.min
    validated_on: date | None = None
    confirmed_on: date | None = None
    handed_over_on: date | None = None
    #: A machine came back under its warranty: another one is owed.
    warranty: bool = False
    rank: int = 1


def live(life: Life, act: Act, facts: Facts, today: date, motive: str | None = None) -> Life:
    """Return the need after `act`; raises NeedRefused as `next_state` does.

    The rank is the day of validation: it is given once, and given anew only to what stood still for six months.
    """
    after = next_state(life.state, act, facts)
    then = replace(life, state=after, since=life.since if after is life.state else today)
    lost = life.state in STANDSTILL and not keeps_rank(life.since, today)
    if after in OPEN and (lost or life.validated_on is None):
        then = replace(then, validated_on=today)
    if act in (A.RECONFIRM, A.RESUME, A.REOPEN):
        # Whoever takes a need up again says that it is still there.
        then = replace(then, confirmed_on=today)
    if act is A.HAND_OVER:
        return replace(then, handed_over_on=today, warranty=False)
    if act is A.REOPEN:
        # What is served in part weighs from now on as a further machine does.
        more = int(motive == "served-in-part")
        return replace(then, handed_over_on=None, warranty=motive == "after-sales", rank=life.rank + more)
    return then


def acts(state: State) -> list[Act]:
    """Return what the table knows to do from `state`, in its order; facts may still refuse."""
    return [act for (start, act) in MOVES if start is state]
