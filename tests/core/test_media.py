"""The `clear` rule of design.md section 3."""

from datetime import UTC, datetime, timedelta

import pytest

from refurb.core.media import (
    CLEAR_STATES,
    MediaRefused,
    MediaState,
    Medium,
    MediumState,
    Outcome,
    Timing,
    Wipe,
    WipeSource,
    check_acceptance,
    media_state,
    medium_state,
    timing,
)

HELD = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
OPERATOR, CONTROLLER = 7, 8


def wipe(outcome: Outcome, *, after: timedelta = DAY, **more: object) -> Wipe:
    return Wipe(outcome, HELD + after, operator_id=OPERATOR, **more)  # type: ignore[arg-type]


def test_a_medium_nobody_wiped_is_not_clear() -> None:
    assert medium_state(Medium(HELD)) is MediumState.NOT_WIPED


def test_a_good_outcome_clears() -> None:
    assert medium_state(Medium(HELD, [wipe(Outcome.OK)])) is MediumState.OK


def test_the_latest_outcome_decides() -> None:
    good, bad = wipe(Outcome.OK), wipe(Outcome.FAILED, after=2 * DAY)
    assert medium_state(Medium(HELD, [bad, good])) is MediumState.FAILED
    cut = wipe(Outcome.FAILED, interrupted=True)
    assert medium_state(Medium(HELD, [cut])) is MediumState.INTERRUPTED
    assert medium_state(Medium(HELD, [cut, wipe(Outcome.OK, after=2 * DAY)])) is MediumState.OK
    assert medium_state(Medium(HELD, [wipe(Outcome.FAILED), wipe(Outcome.OK, after=2 * DAY)])) is MediumState.FAILED


def test_at_the_same_instant_the_worse_outcome_counts() -> None:
    assert medium_state(Medium(HELD, [wipe(Outcome.FAILED), wipe(Outcome.OK)])) is MediumState.FAILED


def test_a_wipe_from_before_it_left_a_users_hands_is_history() -> None:
    old = Wipe(Outcome.OK, HELD - DAY, operator_id=OPERATOR)
    assert medium_state(Medium(HELD, [old])) is MediumState.NOT_WIPED


def test_a_donors_own_wipe_never_counts() -> None:
    donors = wipe(Outcome.OK, source=WipeSource.DONOR)
    assert medium_state(Medium(HELD, [donors])) is MediumState.NOT_WIPED
    assert medium_state(Medium(HELD, [wipe(Outcome.FAILED), donors])) is MediumState.FAILED


def test_a_reservation_waits_for_a_controller_other_than_the_operator() -> None:
    waiting = wipe(Outcome.OK_WITH_RESERVATION)
    assert medium_state(Medium(HELD, [waiting])) is MediumState.RESERVATION
    own = wipe(Outcome.OK_WITH_RESERVATION, accepted_by_id=OPERATOR)
    assert medium_state(Medium(HELD, [own])) is MediumState.RESERVATION
    accepted = wipe(Outcome.OK_WITH_RESERVATION, accepted_by_id=CONTROLLER)
    assert medium_state(Medium(HELD, [accepted])) is MediumState.RESERVATION_ACCEPTED


def test_an_acceptance_does_not_outlive_a_later_outcome() -> None:
    accepted = wipe(Outcome.OK_WITH_RESERVATION, accepted_by_id=CONTROLLER)
    later = wipe(Outcome.OK_WITH_RESERVATION, after=2 * DAY)
    assert medium_state(Medium(HELD, [accepted, later])) is MediumState.RESERVATION


def test_a_doubtful_success_proves_nothing_and_a_doubtful_failure_is_believed() -> None:
    assert medium_state(Medium(HELD, [wipe(Outcome.OK, doubtful=True)])) is MediumState.DOUBTFUL
    doubts = [wipe(Outcome.OK), wipe(Outcome.FAILED, after=2 * DAY, doubtful=True)]
    assert medium_state(Medium(HELD, doubts)) is MediumState.FAILED


@pytest.mark.parametrize(
    ("medium", "state"),
    [
        (Medium(HELD, [wipe(Outcome.FAILED)], destroyed=True), MediumState.DESTROYED),
        (Medium(HELD, [wipe(Outcome.FAILED)], absent=True), MediumState.ABSENT),
    ],
)
def test_destroyed_or_absent_is_clear(medium: Medium, state: MediumState) -> None:
    assert medium_state(medium) is state
    assert state in CLEAR_STATES


def test_a_machine_is_clear_when_each_medium_is_and_unknown_when_nobody_looked() -> None:
    assert media_state(False, []) is MediaState.UNKNOWN
    assert media_state(False, [MediumState.OK]) is MediaState.UNKNOWN
    assert media_state(True, []) is MediaState.CLEAR
    assert media_state(True, CLEAR_STATES) is MediaState.CLEAR
    for state in set(MediumState) - CLEAR_STATES:
        assert media_state(True, [MediumState.OK, state]) is MediaState.NOT_CLEAR


@pytest.mark.parametrize(
    ("refused", "by_id", "reason", "code"),
    [
        (wipe(Outcome.OK), CONTROLLER, "vu", "nothing-to-accept"),
        (wipe(Outcome.FAILED), CONTROLLER, "vu", "nothing-to-accept"),
        (wipe(Outcome.OK_WITH_RESERVATION, doubtful=True), CONTROLLER, "vu", "nothing-to-accept"),
        (wipe(Outcome.OK_WITH_RESERVATION, source=WipeSource.DONOR), CONTROLLER, "vu", "nothing-to-accept"),
        (wipe(Outcome.OK_WITH_RESERVATION), OPERATOR, "vu", "same-person"),
        (wipe(Outcome.OK_WITH_RESERVATION), None, "vu", "same-person"),
        (wipe(Outcome.OK_WITH_RESERVATION), CONTROLLER, "  ", "reason-missing"),
    ],
)
def test_an_acceptance_is_refused(refused: Wipe, by_id: int | None, reason: str, code: str) -> None:
    with pytest.raises(MediaRefused) as caught:
        check_acceptance(refused, by_id=by_id, reason=reason)
    assert caught.value.code == code


def test_an_acceptance_with_a_reason_by_another_passes() -> None:
    check_acceptance(wipe(Outcome.OK_WITH_RESERVATION), by_id=CONTROLLER, reason="zone cachée vérifiée")


@pytest.mark.parametrize(
    ("ended_at", "worth"),
    [
        (HELD + DAY, Timing.COUNTS),
        (HELD - timedelta(minutes=10), Timing.COUNTS),
        (HELD - DAY, Timing.TOO_EARLY),
        (HELD + 3 * DAY, Timing.DOUBT),
        (datetime(1970, 1, 1, tzinfo=UTC), Timing.DOUBT),
        (None, Timing.DOUBT),
    ],
)
def test_the_tools_own_end_time_counts_if_plausible(ended_at: datetime | None, worth: Timing) -> None:
    assert timing(ended_at, held_since=HELD, now=HELD + 2 * DAY) is worth
