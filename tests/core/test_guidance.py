"""What to do next with a machine, and who does it."""

from dataclasses import replace

import pytest

from refurb.core.guidance import REPORT_ASKS, Doer, NextStep, allowed_actions, decider, doer, next_step, refusal
from refurb.core.media import CLEAR_STATES, MediumState
from refurb.core.permissions import GRANTS, Permission, Role
from refurb.core.steps import OPTIONAL_STEPS
from refurb.core.workflow import (
    WORKSHOP,
    Action,
    Control,
    Facts,
    Status,
    TriageOutcome,
    may,
    next_status,
)
from tests.core.machines import DIRTY, FINE, code_of, with_media


@pytest.mark.parametrize("system", [True, False])
@pytest.mark.parametrize("scanned", [(), OPTIONAL_STEPS])
@pytest.mark.parametrize("status", Status)
def test_every_status_says_what_to_do_next(status: Status, scanned: tuple[Action, ...], system: bool) -> None:
    for facts in (FINE, DIRTY, Facts(), replace(FINE, triage_outcome=None)):
        facts = replace(facts, holds_system=system)
        step = next_step(status, facts, scanned)
        if step.action is None:
            assert step.waits
        elif not step.missing and step.waits is None:
            assert refusal(status, step.action, facts, scanned) in (None, "mode-missing", "no-reservation")


@pytest.mark.parametrize(
    ("status", "facts", "action", "missing"),
    [
        (Status.RECEIVED, FINE, Action.INVENTORY, ()),
        (Status.TRIAGED, DIRTY, Action.START_WIPE, ()),
        (Status.TRIAGED, replace(DIRTY, triage_outcome=TriageOutcome.WEEE), Action.SCRAP, ("not-clear",)),
        (Status.WIPED, FINE, Action.DIAGNOSE, ()),
        (Status.DIAGNOSED, replace(FINE, triage_outcome=TriageOutcome.REPAIR), Action.REPAIR, ()),
        (Status.INSTALLED, replace(FINE, control=Control.NONE), Action.CONTROL, ("checklist-missing",)),
        (Status.QUALITY_CHECKED, replace(FINE, charger_complete=False), Action.STOCK, ("charger-missing",)),
        (Status.WIPE_FAILED, DIRTY, Action.START_WIPE, ()),
        (Status.LOCKED, DIRTY, Action.UNLOCK, ()),
    ],
)
def test_what_to_do_next(status: Status, facts: Facts, action: Action, missing: tuple[str, ...]) -> None:
    step = next_step(status, facts)
    assert (step.action, step.missing) == (action, missing)


@pytest.mark.parametrize("status", Status)
def test_a_report_in_doubt_is_settled_first_while_the_machine_is_in_hand(status: Status) -> None:
    asked = replace(FINE, report_asks=True)
    step = next_step(status, asked)
    if status in WORKSHOP:
        assert step == NextStep(None, (), REPORT_ASKS)
        assert decider(step, {Permission.REPORT_UPLOAD}) is None
        assert decider(step, {Permission.DEVICE_READ}) is Doer.WORKSHOP
    else:
        assert step == next_step(status, FINE)
    assert decider(next_step(status, FINE), set()) is None
    assert allowed_actions(status, asked) == allowed_actions(status, FINE)


#: What is said to do for the media of a machine, by what they ask for: the action, or what it waits for.
FOR_THE_MEDIA = [
    ({MediumState.NOT_WIPED}, (Action.START_WIPE, None)),
    ({MediumState.INTERRUPTED}, (Action.START_WIPE, None)),
    ({MediumState.FAILED}, (None, "disk-to-destroy")),
    ({MediumState.TO_DESTROY}, (None, "disk-to-destroy")),
    ({MediumState.FAILED, MediumState.NOT_WIPED}, (None, "disk-to-destroy")),
    ({MediumState.DOUBTFUL}, (None, "log-to-settle")),
    ({MediumState.RESERVATION}, (None, "reservation-to-accept")),
    ({MediumState.RESERVATION, MediumState.OK}, (None, "reservation-to-accept")),
    ({MediumState.RESERVATION, MediumState.NOT_WIPED}, (Action.START_WIPE, None)),
]


@pytest.mark.parametrize("status", [Status.TRIAGED, Status.WIPE_FAILED, Status.AFTER_SALES])
@pytest.mark.parametrize(("states", "said"), FOR_THE_MEDIA)
def test_the_media_say_what_to_do_next(
    status: Status, states: set[MediumState], said: tuple[Action | None, str | None]
) -> None:
    step = next_step(status, with_media(*states))
    assert (step.action, step.waits, step.missing) == (*said, ())


@pytest.mark.parametrize(("states", "said"), FOR_THE_MEDIA)
def test_a_run_goes_on_only_while_something_is_left_to_wipe(
    states: set[MediumState], said: tuple[Action | None, str | None]
) -> None:
    step = next_step(Status.WIPING, with_media(*states))
    runs = not states.isdisjoint({MediumState.NOT_WIPED, MediumState.INTERRUPTED})
    assert (step.action, step.waits) == ((Action.RECORD_WIPE, "wipe-running") if runs else said)


def test_what_a_machine_holds_is_said_before_it_is_wiped() -> None:
    for status in (Status.TRIAGED, Status.WIPE_FAILED, Status.AFTER_SALES):
        step = next_step(status, with_media(known=False))
        assert (step.action, step.waits) == (None, "media-unknown")
    # The log of the run that is under way will say it.
    assert next_step(Status.WIPING, with_media(known=False)).waits == "wipe-running"


@pytest.mark.parametrize("state", sorted(CLEAR_STATES))
def test_what_holds_nothing_to_wipe_goes_on(state: MediumState) -> None:
    for status in (Status.WIPING, Status.WIPE_FAILED, Status.AFTER_SALES):
        step = next_step(status, with_media(state))
        assert (step.action, step.waits) == (Action.RECORD_WIPE, None)
        assert next_status(status, Action.RECORD_WIPE, with_media(state)) is Status.WIPED
    # A screen that came back is mended: there never was anything to wipe.
    assert next_step(Status.AFTER_SALES, replace(with_media(), holds_system=False)).action is Action.REPAIR


@pytest.mark.parametrize(("states", "said"), FOR_THE_MEDIA)
def test_a_refusal_says_what_the_media_ask_for(
    states: set[MediumState], said: tuple[Action | None, str | None]
) -> None:
    """No sentence sends to a wipe what no wipe would mend."""
    facts = with_media(*states)
    assert code_of(Status.TRIAGED, Action.SCRAP, facts) == (said[1] or "not-clear")
    assert code_of(Status.QUALITY_CHECKED, Action.STOCK, facts) == (said[1] or "not-clear")
    assert code_of(Status.TRIAGED, Action.RECORD_WIPE, facts) == (said[1] or "not-clear")


def test_unscanned_steps_are_passed_over() -> None:
    assert next_step(Status.RECEIVED, DIRTY, ()).action is Action.START_WIPE
    unchecked = replace(FINE, control=Control.NONE)
    assert next_step(Status.RECEIVED, unchecked, ()).action is Action.CONTROL
    assert next_step(Status.RECEIVED, FINE, ()).action is Action.STOCK


def test_actions_offered_are_those_that_succeed_and_that_one_may() -> None:
    offered = allowed_actions(Status.RESERVED, replace(FINE, handover_mode=None))
    assert Action.HAND_OVER in offered
    assert offered.index(Action.PREPARE) < offered.index(Action.LOSE)
    mine = allowed_actions(Status.RESERVED, FINE, permissions=GRANTS[Role.TECHNICIAN])
    assert Action.PREPARE in mine
    assert Action.HAND_OVER not in mine


@pytest.mark.parametrize("action", Action)
def test_who_does_what_a_person_may_not(action: Action) -> None:
    roles = {
        Doer.WORKSHOP: Role.VOLUNTEER,
        Doer.CONTROLLER: Role.CONTROLLER,
        Doer.COORDINATION: Role.COORDINATOR,
        Doer.COUNTER: Role.HANDOVER_AGENT,
    }
    who = doer(action, ())
    assert who is not None
    assert doer(action, GRANTS[roles[who]]) is None
    for role in Role:
        assert (doer(action, GRANTS[role]) is None) is may(action, GRANTS[role])


def test_a_volunteer_is_told_who_sets_a_machine_aside_and_who_controls_it() -> None:
    volunteer = GRANTS[Role.VOLUNTEER]
    assert doer(Action.RESERVE, volunteer) is Doer.COORDINATION
    assert doer(Action.CONTROL, volunteer) is Doer.CONTROLLER
    assert doer(Action.HAND_OVER, volunteer) is Doer.COUNTER
    assert doer(Action.START_WIPE, volunteer) is None
