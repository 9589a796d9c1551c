"""Steps implied by a scan, what follows by itself, and what a change in the media moves."""

from dataclasses import replace
from itertools import pairwise, product
from typing import Any

import pytest

from refurb.core.guidance import refusal
from refurb.core.media import MediaState
from refurb.core.steps import OPTIONAL_STEPS, consequences, frees_reservation, path, status_after_media
from refurb.core.workflow import (
    OUT,
    Action,
    Control,
    Status,
    TransitionRefused,
    next_status,
)
from tests.core.machines import DIRTY, FINE


# -- Implied steps ----------------------------------------------------------------------------------------------------
def test_a_workshop_that_scans_the_least_goes_from_received_to_stock_in_one_scan() -> None:
    steps = path(Status.RECEIVED, Action.STOCK, FINE, scanned=())
    assert [step.action.value for step in steps] == [
        "inventory",
        "triage",
        "record_wipe",
        "diagnose",
        "install",
        "control",
        "stock",
    ]
    assert [step.implied for step in steps] == [True] * 6 + [False]
    for one, other in pairwise(steps):
        assert one.after is other.before
    assert steps[-1].after is Status.IN_STOCK


def test_a_step_that_the_workshop_scans_is_never_implied() -> None:
    with pytest.raises(TransitionRefused) as caught:
        path(Status.RECEIVED, Action.STOCK, FINE, scanned={Action.TRIAGE})
    assert (caught.value.code, caught.value.step) == ("step-missing", Action.TRIAGE)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"media": MediaState.NOT_CLEAR}, "not-clear"),
        ({"media": MediaState.UNKNOWN}, "media-unknown"),
        ({"system_known": False}, "system-unknown"),
        ({"control": Control.NONE}, "checklist-missing"),
        ({"charger_complete": False}, "charger-missing"),
    ],
)
def test_guards_are_never_skipped_by_implying(change: dict[str, Any], code: str) -> None:
    facts = replace(FINE, **change)
    assert refusal(Status.RECEIVED, Action.STOCK, facts, scanned=()) == code


@pytest.mark.parametrize("action", [Action.REOPEN, Action.RESERVE, Action.HAND_OVER, Action.WAIT_PART, Action.RESUME])
def test_only_the_line_is_implied(action: Action) -> None:
    assert refusal(Status.RECEIVED, action, FINE, scanned=()) == "no-such-move"


def test_a_monitor_goes_from_received_to_stock_without_a_system() -> None:
    monitor = replace(FINE, holds_system=False, system_known=False)
    steps = path(Status.RECEIVED, Action.STOCK, monitor, scanned=())
    assert [step.action.value for step in steps] == ["inventory", "triage", "control", "stock"]


@pytest.mark.parametrize("scanned", [(), OPTIONAL_STEPS, (Action.TRIAGE,)])
@pytest.mark.parametrize("status", Status)
def test_every_path_is_made_of_moves_of_the_table(status: Status, scanned: tuple[Action, ...]) -> None:
    for action, system in product(Action, (True, False)):
        facts = replace(FINE, holds_system=system, diagnosed=True)
        try:
            steps = path(status, action, facts, scanned)
        except TransitionRefused:
            continue
        assert steps[0].before is status
        assert [step.action for step in steps if not step.implied] == [action]
        for one, other in pairwise(steps):
            assert one.after is other.before
        for step in steps:
            assert next_status(step.before, step.action, facts) is step.after


# -- What follows by itself -------------------------------------------------------------------------------------------
def test_triaged_with_all_media_clear_is_wiped_at_once() -> None:
    steps = path(Status.INVENTORIED, Action.TRIAGE, FINE)
    assert [(step.action, step.after, step.implied) for step in steps] == [
        (Action.TRIAGE, Status.TRIAGED, False),
        (Action.RECORD_WIPE, Status.WIPED, True),
    ]
    assert [step.after for step in path(Status.INVENTORIED, Action.TRIAGE, DIRTY)] == [Status.TRIAGED]


def test_a_report_that_came_before_the_wipe_is_taken_when_wiped_is_reached() -> None:
    early = replace(FINE, diagnosed=True)
    assert path(Status.INVENTORIED, Action.TRIAGE, early)[-1].after is Status.DIAGNOSED
    assert path(Status.WIPING, Action.RECORD_WIPE, early)[-1].after is Status.DIAGNOSED


def test_a_machine_reopened_is_wiped_and_waits_for_a_new_diagnosis() -> None:
    assert path(Status.IN_STOCK, Action.REOPEN, replace(FINE, diagnosed=True))[-1].after is Status.WIPED


@pytest.mark.parametrize("action", [Action.FIND, Action.RECOVER])
def test_what_was_lost_has_unknown_media(action: Action) -> None:
    status = Status.MISSING if action is Action.FIND else Status.STOLEN
    assert [step.after for step in path(status, action, FINE)] == [Status.TRIAGED]


def test_no_consequence_where_nothing_follows() -> None:
    for status in set(Status) - {Status.TRIAGED, Status.WIPED}:
        assert consequences(status, replace(FINE, diagnosed=True)) == []


# -- Media that move the machine --------------------------------------------------------------------------------------
@pytest.mark.parametrize("status", Status)
def test_good_news_moves_a_machine_forward_only(status: Status) -> None:
    before = {"received", "inventoried", "triaged", "wiping", "wipe_failed", "after_sales"}
    assert status_after_media(status, FINE) == (Status.WIPED if status.value in before else None)


@pytest.mark.parametrize("status", Status)
def test_a_failure_moves_whatever_is_on_the_bench_or_in_stock(status: Status) -> None:
    failed = replace(DIRTY, wipe_failed=True)
    stays = {Status.WIPE_FAILED, Status.LOCKED, Status.MISSING, Status.STOLEN, *OUT} | {
        Status.PARTS,
        Status.WEEE,
        Status.RETURNED_TO_SUPPLIER,
        Status.DESTROYED,
    }
    assert status_after_media(status, failed) == (None if status in stays else Status.WIPE_FAILED)


def test_one_medium_of_two_moves_nothing() -> None:
    for status in Status:
        assert status_after_media(status, DIRTY) is None


def test_a_later_failure_releases_the_reservation() -> None:
    assert frees_reservation(Status.RESERVED, Status.WIPE_FAILED)


@pytest.mark.parametrize("before", Status)
def test_leaving_releases_the_reservation_and_leaving_with_it_does_not(before: Status) -> None:
    goes_on = {Status.RESERVED, Status.READY_FOR_PICKUP, Status.HANDED_OVER, Status.ON_LOAN, Status.IN_KIT}
    for after in Status:
        expected = before in (Status.RESERVED, Status.READY_FOR_PICKUP) and after not in goes_on
        assert frees_reservation(before, after) is expected
