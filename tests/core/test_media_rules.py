"""The wipe rules over any history of a medium: what may clear it, what never does, what cannot be undone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from refurb.core.media import (
    CLEAR_STATES,
    DOOMED_STATES,
    Level,
    MediaRefused,
    MediaState,
    Medium,
    MediumState,
    Outcome,
    Wipe,
    WipeSource,
    check_acceptance,
    level,
    media_state,
    medium_state,
    was_interrupted,
)

HELD = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PEOPLE = st.sampled_from([None, 1, 2, 3])
#: Few moments, so that two outcomes often end at once; some before the medium came.
MOMENTS = st.integers(-3, 6).map(lambda hours: HELD + timedelta(hours=hours))

WIPES = st.builds(
    Wipe,
    outcome=st.sampled_from(Outcome),
    ended_at=MOMENTS,
    source=st.sampled_from(WipeSource),
    operator_id=PEOPLE,
    accepted_by_id=PEOPLE,
    doubtful=st.booleans(),
    interrupted=st.booleans(),
)
HISTORIES = st.lists(WIPES, max_size=6)
MEDIA = st.builds(
    Medium,
    held_since=st.just(HELD),
    wipes=HISTORIES,
    destroyed=st.booleans(),
    absent=st.booleans(),
    to_destroy=st.booleans(),
)
#: Still there, and not doomed by its giver: the history decides.
KEPT = st.builds(Medium, held_since=st.just(HELD), wipes=HISTORIES)


def proves(wipe: Wipe) -> bool:
    """Whether one outcome, alone, is a proof of ours: said here again, in other words than the rule's."""
    if wipe.source is WipeSource.DONOR or wipe.doubtful or wipe.ended_at < HELD:
        return False
    if wipe.outcome is Outcome.OK_WITH_RESERVATION:
        return wipe.accepted_by_id is not None and wipe.accepted_by_id != wipe.operator_id
    return wipe.outcome is Outcome.OK


def fails_medium(wipe: Wipe) -> bool:
    ours = wipe.source is not WipeSource.DONOR and wipe.ended_at >= HELD
    return ours and wipe.outcome is Outcome.FAILED and not wipe.interrupted


def is_clear(medium: Medium) -> bool:
    return medium_state(medium) in CLEAR_STATES


@given(MEDIA)
def test_nothing_is_clear_without_a_proof(medium: Medium) -> None:
    if is_clear(medium) and not (medium.destroyed or medium.absent):
        assert any(map(proves, medium.wipes))
        assert not any(map(fails_medium, medium.wipes))
        assert not medium.to_destroy
        last = max(wipe.ended_at for wipe in medium.wipes if proves(wipe))
        later = [w for w in medium.wipes if w.ended_at > last and w.source is not WipeSource.DONOR]
        # What ended after the proof is neither a failure nor a reservation that nobody accepted.
        assert all(w.doubtful and w.outcome is not Outcome.FAILED for w in later)


@given(KEPT)
def test_a_proof_that_nothing_contradicts_clears(medium: Medium) -> None:
    end = HELD + timedelta(days=1)
    proof = Wipe(Outcome.OK, end, operator_id=1)
    if not any(map(fails_medium, medium.wipes)):
        assert medium_state(replace(medium, wipes=[*medium.wipes, proof])) is MediumState.OK


@given(MEDIA, WIPES)
def test_a_donors_own_wipe_changes_nothing(medium: Medium, wipe: Wipe) -> None:
    theirs = replace(wipe, source=WipeSource.DONOR)
    assert medium_state(replace(medium, wipes=[*medium.wipes, theirs])) is medium_state(medium)


@given(MEDIA, WIPES)
def test_what_ended_before_the_medium_came_proves_nothing(medium: Medium, wipe: Wipe) -> None:
    old = replace(wipe, ended_at=HELD - timedelta(minutes=1), doubtful=False)
    assert medium_state(replace(medium, wipes=[*medium.wipes, old])) is medium_state(medium)


@given(MEDIA, st.randoms(use_true_random=False))
def test_the_order_in_which_outcomes_were_entered_does_not_matter(medium: Medium, order: object) -> None:
    shuffled = list(medium.wipes)
    order.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    assert medium_state(replace(medium, wipes=shuffled)) is medium_state(medium)


@given(MEDIA, HISTORIES, MOMENTS)
def test_a_failed_medium_can_only_be_destroyed(medium: Medium, later: list[Wipe], ended_at: datetime) -> None:
    failure = Wipe(Outcome.FAILED, max(ended_at, HELD), operator_id=1)
    doomed = replace(medium, wipes=[*medium.wipes, failure, *later], destroyed=False, absent=False)
    assert medium_state(doomed) is MediumState.FAILED
    assert MediumState.FAILED in DOOMED_STATES
    assert is_clear(replace(doomed, destroyed=True))


@given(HISTORIES)
def test_what_its_giver_wants_destroyed_is_not_clear_before(wipes: list[Wipe]) -> None:
    medium = Medium(HELD, wipes, to_destroy=True)
    assert medium_state(medium) in DOOMED_STATES
    assert is_clear(replace(medium, destroyed=True))


@given(KEPT)
def test_an_interrupted_run_is_never_ok_and_may_be_done_again(medium: Medium) -> None:
    end = HELD + timedelta(days=1)
    medium = replace(medium, wipes=[wipe for wipe in medium.wipes if not fails_medium(wipe)])
    cut = Wipe(Outcome.FAILED, end, operator_id=1, interrupted=True)
    stopped = replace(medium, wipes=[*medium.wipes, cut])
    assert medium_state(stopped) is MediumState.INTERRUPTED
    again = Wipe(Outcome.OK, end + timedelta(hours=1), operator_id=1)
    assert is_clear(replace(stopped, wipes=[*stopped.wipes, again]))


@given(KEPT)
def test_a_doubtful_success_never_clears(medium: Medium) -> None:
    doubtful = [replace(w, doubtful=w.outcome is not Outcome.FAILED) for w in medium.wipes]
    assert not is_clear(replace(medium, wipes=doubtful))


@given(KEPT, PEOPLE, PEOPLE, st.text(max_size=5))
def test_a_reservation_clears_by_another_controller_with_a_reason_alone(
    medium: Medium, operator: int | None, controller: int | None, reason: str
) -> None:
    end = HELD + timedelta(days=1)
    wipe = Wipe(Outcome.OK_WITH_RESERVATION, end, operator_id=operator)
    medium = replace(medium, wipes=[*(w for w in medium.wipes if not fails_medium(w)), wipe])
    assert medium_state(medium) is MediumState.RESERVATION
    try:
        check_acceptance(wipe, by_id=controller, reason=reason)
    except MediaRefused:
        assert controller is None or controller == operator or not reason.strip()
        return
    accepted = replace(medium, wipes=[*medium.wipes[:-1], replace(wipe, accepted_by_id=controller)])
    assert medium_state(accepted) is MediumState.RESERVATION_ACCEPTED


@given(st.booleans(), st.lists(MEDIA, max_size=5))
def test_a_machine_is_clear_when_each_of_its_known_media_is(known: bool, media: list[Medium]) -> None:
    state = media_state(known, map(medium_state, media))
    assert (state is MediaState.CLEAR) is (known and all(map(is_clear, media)))
    assert (state is MediaState.UNKNOWN) is (not known)


RUN = st.sampled_from(["aborted", "not-finished", "not-all-bytes-written", "no-log", "command-absent: nwipe"])
FAULT = st.sampled_from(
    ["failed", "errors: pass 0, verify 1, sync 0", "error-in-log: x", "data-still-there", "command-failed: nwipe", "?"]
)


@given(st.lists(RUN, min_size=1), st.lists(FAULT))
def test_a_failure_is_of_the_run_only_when_nothing_speaks_of_the_medium(run: list[str], faults: list[str]) -> None:
    assert was_interrupted(Outcome.FAILED, [*run, *faults]) is (not faults)
    assert was_interrupted(Outcome.FAILED, [*run, "command-failed: hdparm"])
    assert not was_interrupted(Outcome.FAILED, faults)
    assert not was_interrupted(Outcome.OK, run)


@given(
    st.sampled_from(Outcome),
    st.sampled_from([None, "nwipe", "Zero Fill", "PRNG Stream", "secure-erase", "nvme-format", "crypto-erase", "new"]),
    st.sampled_from(["hdd", "ssd", "nvme", "emmc", "unknown"]),
)
def test_a_level_is_never_more_than_the_evidence(outcome: Outcome, method: str | None, kind: str) -> None:
    claimed = level(outcome, method=method, kind=kind)
    assert claimed is not Level.DESTROY
    if outcome is not Outcome.OK or method in (None, "new"):
        assert claimed is Level.NONE
    if method in ("nwipe", "Zero Fill", "PRNG Stream"):
        assert claimed is (Level.CLEAR if (outcome, kind) == (Outcome.OK, "hdd") else Level.NONE)
