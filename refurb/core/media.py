"""When a storage medium is clear, and what that says of the machine that holds it.

Source: design.md section 3 (storage medium, exit guard) and domain.md D.3: the tool's word "ERASED" is not "erased",
so an outcome has three values; a donor's own wipe is kept as evidence and never counts.
"""

from collections.abc import Collection, Iterable, Sequence
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
    #: The run did not end; the medium itself is not in question, and is wiped again.
    INTERRUPTED = "interrupted"
    #: The medium failed: it can only be destroyed.
    FAILED = "failed"
    #: Its giver asked that it be destroyed, however well it was wiped.
    TO_DESTROY = "to_destroy"
    RESERVATION = "reservation"
    OK = "ok"
    RESERVATION_ACCEPTED = "reservation_accepted"
    DESTROYED = "destroyed"
    ABSENT = "absent"


#: What is left to do with them is to destroy them.
DOOMED_STATES = frozenset({MediumState.FAILED, MediumState.TO_DESTROY})
CLEAR_STATES = frozenset({MediumState.OK, MediumState.RESERVATION_ACCEPTED, MediumState.DESTROYED, MediumState.ABSENT})


class MediaAsk(StrEnum):
    """What a medium that is not clear asks for, before its machine goes on."""

    DESTROY = "destroy"
    WIPE = "wipe"
    #: A controller says whether a log with an impossible time counts.
    SETTLE = "settle"
    #: A controller accepts the reservation with a reason, or it is wiped by another method, or destroyed.
    ACCEPT = "accept"


#: What each state that is not clear asks for.
ASKS = {
    MediumState.FAILED: MediaAsk.DESTROY,
    MediumState.TO_DESTROY: MediaAsk.DESTROY,
    MediumState.NOT_WIPED: MediaAsk.WIPE,
    MediumState.INTERRUPTED: MediaAsk.WIPE,
    MediumState.DOUBTFUL: MediaAsk.SETTLE,
    MediumState.RESERVATION: MediaAsk.ACCEPT,
}


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
    #: A failure of the run and not of the medium, see `was_interrupted`.
    interrupted: bool = False
    #: Which row it is, for whoever asks which outcome decided.
    ref: int | None = None


@dataclass(frozen=True, slots=True)
class Medium:
    """A storage medium as the rule sees it. `held_since`: when it last left a donor's or a user's hands."""

    held_since: datetime
    wipes: Sequence[Wipe] = ()
    destroyed: bool = False
    absent: bool = False
    #: It came with a gift whose giver chose destruction.
    to_destroy: bool = False


def medium_state(medium: Medium) -> MediumState:
    """Return where a medium stands: its latest outcome since it last left a donor's or a user's hands decides.

    Of two outcomes with the same end time the worse one counts. A doubtful wipe proves nothing, but a doubtful
    failure is believed: caution costs one more wipe, the opposite costs somebody's files. A failure of the medium is
    not mended by a later success (any single error fails the drive: domain.md D.3); one of the run is.
    """
    if medium.destroyed:
        return MediumState.DESTROYED
    if medium.absent:
        return MediumState.ABSENT
    counted = _counted(medium)
    if any(wipe.outcome is Outcome.FAILED and not wipe.interrupted for wipe in counted):
        return MediumState.FAILED
    if medium.to_destroy:
        return MediumState.TO_DESTROY
    latest = deciding(medium)
    if latest is None:
        doubtful = any(wipe.doubtful for wipe in medium.wipes if wipe.source is not WipeSource.DONOR)
        return MediumState.DOUBTFUL if doubtful else MediumState.NOT_WIPED
    match latest.outcome:
        case Outcome.OK:
            return MediumState.OK
        case Outcome.FAILED:
            return MediumState.INTERRUPTED
    accepted = latest.accepted_by_id is not None and latest.accepted_by_id != latest.operator_id
    return MediumState.RESERVATION_ACCEPTED if accepted else MediumState.RESERVATION


def deciding(medium: Medium) -> Wipe | None:
    """Return the outcome that says where the medium stands, None when nothing counts."""
    return max(
        _counted(medium),
        key=lambda wipe: (wipe.ended_at, _GRAVITY[wipe.outcome], wipe.accepted_by_id is None),
        default=None,
    )


def _counted(medium: Medium) -> list[Wipe]:
    return [
        wipe
        for wipe in medium.wipes
        if wipe.source is not WipeSource.DONOR
        and wipe.ended_at >= medium.held_since
        and (not wipe.doubtful or wipe.outcome is Outcome.FAILED)
    ]


_GRAVITY = {Outcome.OK: 0, Outcome.OK_WITH_RESERVATION: 1, Outcome.FAILED: 2}


#: What a run that did not end leaves in its log: no word of an error of the medium. Codes of the readings.
_RUN_ENDED_EARLY = frozenset({"aborted", "not-finished", "not-all-bytes-written", "no-log"})
#: Commands that were not there, were refused or did not start: the medium was not tried.
_NOT_TRIED = frozenset({"command-absent", "command-refused"})
#: A drive that is frozen or knows no erase of its own refuses these, and may be overwritten instead.
_OWN_ERASE = ("hdparm", "nvme")


def was_interrupted(outcome: Outcome, reasons: Iterable[str]) -> bool:
    """Return whether a failure is one of the run, by its reasons: every one of them, and one at least.

    A failure whose reason nobody knows is the medium's.
    """
    told = [reason.partition(": ") for reason in reasons]
    return (
        outcome is Outcome.FAILED
        and bool(told)
        and all(
            code in _RUN_ENDED_EARLY | _NOT_TRIED or (code == "command-failed" and detail.startswith(_OWN_ERASE))
            for code, _, detail in told
        )
    )


def media_state(known: bool, states: Iterable[MediumState]) -> MediaState:
    """Return what holds for the whole machine; `known`: somebody listed its media, or attested there is none."""
    if not known:
        return MediaState.UNKNOWN
    return MediaState.CLEAR if all(state in CLEAR_STATES for state in states) else MediaState.NOT_CLEAR


def media_asks(states: Iterable[MediumState]) -> frozenset[MediaAsk]:
    """Return what the media of a machine ask for, all of them together."""
    return frozenset(ASKS[state] for state in states if state not in CLEAR_STATES)


#: What the media ask for, in the order in which it is done: a disk that is to be destroyed goes before a wipe is
#: started beside it, and a controller looks at what is left of the wipes.
ASK_CODES = {
    MediaAsk.DESTROY: "disk-to-destroy",
    MediaAsk.WIPE: "not-clear",
    MediaAsk.SETTLE: "log-to-settle",
    MediaAsk.ACCEPT: "reservation-to-accept",
}


def media_codes(media: MediaState, asks: Collection[MediaAsk]) -> list[str]:
    """Return why the media forbid to go on, if they do, each code saying what they ask for."""
    match media:
        case MediaState.CLEAR:
            return []
        case MediaState.UNKNOWN:
            return ["media-unknown"]
    return [code for ask, code in ASK_CODES.items() if ask in asks] or ["not-clear"]


def check_acceptance(wipe: Wipe, *, by_id: int | None, reason: str, to_destroy: bool = False) -> None:
    """Refuse an acceptance that is not a controller's, with a reason, other than the operator.

    Raises MediaRefused: "to-destroy" (its giver chose destruction), "nothing-to-accept", "same-person",
    "reason-missing".
    """
    if to_destroy:
        raise MediaRefused("to-destroy")
    if wipe.outcome is not Outcome.OK_WITH_RESERVATION or wipe.source is WipeSource.DONOR or wipe.doubtful:
        raise MediaRefused("nothing-to-accept")
    if by_id is None or by_id == wipe.operator_id:
        raise MediaRefused("same-person")
    if not reason.strip():
        raise MediaRefused("reason-missing")


class Level(StrEnum):
    """What a wipe may claim of NIST SP 800-88: the least that the method gives on that kind of medium."""

    NONE = "none"
    CLEAR = "clear"
    PURGE = "purge"
    DESTROY = "destroy"


_PURGES = frozenset({"nvme-sanitize", "crypto-erase"})
_DRIVES_OWN = frozenset({"secure-erase", "hdparm", "nvme", "nvme-format", "manufacturer", "factory-reset"})


def level(outcome: Outcome, *, method: str | None, kind: str) -> Level:
    """Return the level that a certificate claims; never more than the evidence gives.

    Source: NIST SP 800-88 Rev. 2 and domain.md D.3. An overwrite is Clear on a disk that turns; on solid state it
    reaches no spare cell, so that nothing is claimed, nor on a medium whose kind nobody knows. The drive's own erase
    is Clear, a sanitize or the loss of its key Purge. With a reservation, as when nothing was done, no level.
    """
    if outcome is not Outcome.OK or method in (None, "new", "other"):
        return Level.NONE
    if method in _PURGES:
        return Level.PURGE
    if method in _DRIVES_OWN:
        return Level.CLEAR
    return Level.CLEAR if kind == "hdd" else Level.NONE


#: Clocks of machines on the bench drift; a live system without network may be some minutes ahead.
DRIFT = timedelta(minutes=15)


def timing(ended_at: datetime | None, *, held_since: datetime, now: datetime) -> Timing:
    """Return what a log's end time is worth: a dead clock (1970, next year) is a doubt, never an outcome.

    A time a year and more before the machine came is a flat battery rather than an old wipe.
    """
    if ended_at is None or ended_at > now + DRIFT or ended_at < held_since - timedelta(days=365):
        return Timing.DOUBT
    return Timing.COUNTS if ended_at >= held_since - DRIFT else Timing.TOO_EARLY
