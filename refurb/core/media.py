"""When a storage medium is clear, and what that says of the machine that holds it.

Source: design.md section 3 (storage medium, exit guard) and domain.md D.3: the tool's word "ERASED" is not "erased",
so an outcome has three values; a donor's own wipe is kept as evidence and never counts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Outcome(StrEnum):
    """What a wipe left, per medium."""

    OK = "ok"
    OK_WITH_RESERVATION = "ok_with_reservation"
    FAILED = "failed"


class WipeSource(StrEnum):
    """Who says so: a tool's log, a person of the workshop, or the donor before the gift."""

    LOG = "log"
    MANUAL = "manual"
    DONOR = "donor"


class MediumState(StrEnum):
    """Where one medium stands; `CLEAR_STATES` are the ones that may leave."""

    NOT_WIPED = "not_wiped"
    DOUBTFUL = "doubtful"
    FAILED = "failed"
    RESERVATION = "reservation"
    OK = "ok"
    RESERVATION_ACCEPTED = "reservation_accepted"
    DESTROYED = "destroyed"
    ABSENT = "absent"


CLEAR_STATES = frozenset({MediumState.OK, MediumState.RESERVATION_ACCEPTED, MediumState.DESTROYED, MediumState.ABSENT})


class MediaState(StrEnum):
    """What is known of all the media of one machine."""

    CLEAR = "clear"
    NOT_CLEAR = "not_clear"
    UNKNOWN = "unknown"


class Timing(StrEnum):
    """What the end time written by the tool is worth."""

    COUNTS = "counts"
    TOO_EARLY = "too_early"
    DOUBT = "doubt"


class MediaRefused(Exception):
    """A deed on a medium that the rules forbid; `code` is stable, the sentence is chosen at the edge."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Wipe:
    """One outcome for one medium. `ended_at` is the tool's own end time where it is plausible."""

    outcome: Outcome
    ended_at: datetime
    source: WipeSource = WipeSource.LOG
    operator_id: int | None = None
    #: The controller who accepted the reservation, with a reason; another person than the operator.
    accepted_by_id: int | None = None
    #: The end time was not plausible and nobody has settled it yet.
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Medium:
    """A storage medium as the rule sees it. `held_since`: when it last left a donor's or a user's hands."""

    held_since: datetime
    wipes: Sequence[Wipe] = ()
    destroyed: bool = False
    absent: bool = False


def medium_state(medium: Medium) -> MediumState:
    """Return where a medium stands: its latest outcome since it last left a donor's or a user's hands decides.

    Of two outcomes with the same end time the worse one counts. A doubtful wipe proves nothing, but a doubtful
    failure is believed: caution costs one more wipe, the opposite costs somebody's files.
    """
    if medium.destroyed:
        return MediumState.DESTROYED
    if medium.absent:
        return MediumState.ABSENT
    ours = [wipe for wipe in medium.wipes if wipe.source is not WipeSource.DONOR]
    counted = [
        wipe
        for wipe in ours
        if wipe.ended_at >= medium.held_since and (not wipe.doubtful or wipe.outcome is Outcome.FAILED)
    ]
    if not counted:
        return MediumState.DOUBTFUL if any(wipe.doubtful for wipe in ours) else MediumState.NOT_WIPED
    latest = max(counted, key=lambda wipe: (wipe.ended_at, _GRAVITY[wipe.outcome], wipe.accepted_by_id is None))
    match latest.outcome:
        case Outcome.OK:
            return MediumState.OK
        case Outcome.FAILED:
            return MediumState.FAILED
    accepted = latest.accepted_by_id is not None and latest.accepted_by_id != latest.operator_id
    return MediumState.RESERVATION_ACCEPTED if accepted else MediumState.RESERVATION


_GRAVITY = {Outcome.OK: 0, Outcome.OK_WITH_RESERVATION: 1, Outcome.FAILED: 2}


def is_clear(medium: Medium) -> bool:
    """Return whether the medium may leave."""
    return medium_state(medium) in CLEAR_STATES


def media_state(known: bool, states: Iterable[MediumState]) -> MediaState:
    """Return what holds for the whole machine; `known`: somebody listed its media, or attested there is none."""
    if not known:
        return MediaState.UNKNOWN
    return MediaState.CLEAR if all(state in CLEAR_STATES for state in states) else MediaState.NOT_CLEAR


def check_acceptance(wipe: Wipe, *, by_id: int | None, reason: str) -> None:
    """Refuse an acceptance that is not a controller's, with a reason, other than the operator.

    Raises MediaRefused: "nothing-to-accept", "same-person", "reason-missing".
    """
    if wipe.outcome is not Outcome.OK_WITH_RESERVATION or wipe.source is WipeSource.DONOR or wipe.doubtful:
        raise MediaRefused("nothing-to-accept")
    if by_id is None or by_id == wipe.operator_id:
        raise MediaRefused("same-person")
    if not reason.strip():
        raise MediaRefused("reason-missing")


#: Clocks of machines on the bench drift; a live system without network may be some minutes ahead.
DRIFT = timedelta(minutes=15)


def timing(ended_at: datetime | None, *, held_since: datetime, now: datetime) -> Timing:
    """Return what a log's end time is worth: a dead clock (1970, next year) is a doubt, never an outcome.

    A time a year and more before the machine came is a flat battery rather than an old wipe.
    """
    if ended_at is None or ended_at > now + DRIFT or ended_at < held_since - timedelta(days=365):
        return Timing.DOUBT
    return Timing.COUNTS if ended_at >= held_since - DRIFT else Timing.TOO_EARLY
