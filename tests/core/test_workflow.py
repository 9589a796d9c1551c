"""Every status by every action, each guard, implied steps, undo: domain.md D.1 told a second time."""

from dataclasses import replace
from itertools import pairwise, product

import pytest

from refurb.core.guidance import REPORT_ASKS, Doer, NextStep, allowed_actions, decider, doer, next_step, refusal
from refurb.core.media import CLEAR_STATES, MediaState, MediumState, media_asks, media_state
from refurb.core.permissions import GRANTS, Permission, Role
from refurb.core.workflow import (
    HELD,
    NEVER_UNDONE,
    OPTIONAL_STEPS,
    OUT,
    WHO,
    WORKSHOP,
    Action,
    Control,
    Facts,
    HandoverMode,
    SecondPerson,
    Since,
    Status,
    TransitionRefused,
    TriageOutcome,
    consequences,
    frees_reservation,
    guards,
    may,
    next_status,
    path,
    same_person,
    status_after_media,
    undo_refusal,
)

#: A machine for which every guard is met.
FINE = Facts(
    media=MediaState.CLEAR,
    triage_outcome=TriageOutcome.INSTALL,
    system_known=True,
    installer_id=1,
    controller_id=2,
    technicians=3,
    control=Control.PASSED,
    charger_complete=True,
    profile_known=True,
    labelled=True,
    reservation_open=True,
    handover_mode=HandoverMode.GIFT,
    locked_from=Status.DIAGNOSED,
    left_as=Status.ON_LOAN,
)
DIRTY = replace(FINE, media=MediaState.NOT_CLEAR)

BENCH = (
    "received inventoried triaged wiping wiped wipe_failed diagnosed in_repair waiting_part installed quality_checked "
    "in_stock reserved ready_for_pickup after_sales"
)


def each(starts: str, target: str) -> dict[str, str]:
    return dict.fromkeys(starts.split(), target)


#: action: the statuses it starts from, and where it leads for the machine above.
TABLE = {
    "inventory": {"received": "inventoried"},
    "triage": {"inventoried": "triaged"},
    "start_wipe": each("triaged wipe_failed after_sales", "wiping"),
    "record_wipe": each("received inventoried triaged wiping wipe_failed after_sales", "wiped"),
    "diagnose": {"wiped": "diagnosed"},
    "repair": each("diagnosed installed after_sales", "in_repair"),
    "wait_part": {"in_repair": "waiting_part"},
    "resume": {"waiting_part": "in_repair"},
    "install": each("diagnosed in_repair", "installed"),
    "control": {"installed": "quality_checked"},
    "stock": {"quality_checked": "in_stock"},
    "reserve": {"in_stock": "reserved"},
    "release": each("reserved ready_for_pickup", "in_stock"),
    "prepare": {"reserved": "ready_for_pickup"},
    "hand_over": each("reserved ready_for_pickup", "handed_over"),
    "return": each("handed_over on_loan in_kit", "after_sales"),
    "give_back_to_user": each("after_sales in_repair", "on_loan"),
    "reopen": each("quality_checked in_stock", "triaged"),
    "lock": each(BENCH, "locked"),
    "unlock": {"locked": "diagnosed"},
    "lose": each(f"{BENCH} locked handed_over on_loan in_kit", "missing"),
    "steal": each(f"{BENCH} locked handed_over on_loan in_kit", "stolen"),
    "find": {"missing": "triaged"},
    "recover": {"stolen": "triaged"},
    "dismantle": each(f"{BENCH} locked", "parts"),
    "scrap": each(f"{BENCH} locked parts", "weee"),
    "destroy": each(f"{BENCH} locked", "destroyed"),
    "give_back": each(f"{BENCH} locked", "returned_to_supplier"),
}


def code_of(status: Status, action: Action, facts: Facts) -> str:
    with pytest.raises(TransitionRefused) as caught:
        next_status(status, action, facts)
    return caught.value.code


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("status", Status)
def test_every_status_by_every_action(status: Status, action: Action) -> None:
    expected = TABLE[action.value].get(status.value)
    if expected is None:
        assert code_of(status, action, FINE) in ("no-such-move", "already")
    else:
        assert next_status(status, action, FINE) == expected


@pytest.mark.parametrize("status", Status)
def test_what_holds_no_system_skips_wipe_and_installation(status: Status) -> None:
    monitor = replace(FINE, holds_system=False)
    # A printer's disk being wiped: once it is clear, the rest is implied.
    expected = status in (Status.TRIAGED, Status.WIPING, Status.WIPED, Status.IN_REPAIR, Status.INSTALLED)
    assert (refusal(status, Action.CONTROL, monitor) is None) is expected
    assert [step.action for step in path(Status.TRIAGED, Action.CONTROL, monitor)] == [Action.CONTROL]
    assert code_of(Status.WIPED, Action.DIAGNOSE, monitor) == "holds-no-system"
    assert code_of(Status.DIAGNOSED, Action.INSTALL, monitor) == "holds-no-system"


def test_a_step_done_twice_is_already_done() -> None:
    assert code_of(Status.INVENTORIED, Action.INVENTORY, FINE) == "already"
    assert code_of(Status.HANDED_OVER, Action.HAND_OVER, FINE) == "already"
    assert code_of(Status.WIPED, Action.RECORD_WIPE, FINE) == "already"
    assert code_of(Status.IN_STOCK, Action.INVENTORY, FINE) == "no-such-move"


# -- The exit guard ---------------------------------------------------------------------------------------------------
LEAVING = {Status.HANDED_OVER, Status.ON_LOAN, Status.IN_KIT, Status.PARTS, Status.WEEE, Status.DESTROYED}


@pytest.mark.parametrize("status", Status)
def test_nothing_leaves_while_a_medium_is_not_clear(status: Status) -> None:
    for action, media, mode in product(Action, (MediaState.NOT_CLEAR, MediaState.UNKNOWN), HandoverMode):
        facts = replace(FINE, media=media, handover_mode=mode)
        try:
            steps = path(status, action, facts, scanned=())
        except TransitionRefused:
            continue
        for step in steps:
            assert step.after not in LEAVING
            assert step.after is not Status.IN_STOCK or step.before in HELD


def test_an_unclear_machine_may_go_back_to_its_giver_from_any_workshop_state() -> None:
    for status in WORKSHOP:
        assert next_status(status, Action.GIVE_BACK, DIRTY) is Status.RETURNED_TO_SUPPLIER


def test_the_same_user_gets_it_back_unwiped_after_a_signed_refusal_only() -> None:
    assert code_of(Status.AFTER_SALES, Action.GIVE_BACK_TO_USER, DIRTY) == "refusal-not-signed"
    signed = replace(DIRTY, refusal_signed=True)
    assert next_status(Status.IN_REPAIR, Action.GIVE_BACK_TO_USER, signed) is Status.ON_LOAN
    assert code_of(Status.AFTER_SALES, Action.GIVE_BACK_TO_USER, replace(FINE, left_as=None)) == "not-the-same-user"
    kit = replace(FINE, left_as=Status.IN_KIT)
    assert code_of(Status.AFTER_SALES, Action.GIVE_BACK_TO_USER, kit) == "not-the-same-user"


# -- Guards -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"media": MediaState.NOT_CLEAR}, "not-clear"),
        ({"media": MediaState.UNKNOWN}, "media-unknown"),
        ({"control": Control.NONE}, "checklist-missing"),
        ({"control": Control.FAILED}, "checklist-failed"),
        ({"charger_complete": False}, "charger-missing"),
        ({"set_complete": False}, "set-incomplete"),
        ({"profile_known": False}, "profile-unknown"),
        ({"labelled": False}, "not-labelled"),
    ],
)
def test_each_guard_of_stock(change: dict[str, object], code: str) -> None:
    assert code_of(Status.QUALITY_CHECKED, Action.STOCK, replace(FINE, **change)) == code  # type: ignore[arg-type]


def test_all_that_is_missing_is_said_at_once() -> None:
    assert guards(Status.QUALITY_CHECKED, Action.STOCK, Facts()) == [
        "media-unknown",
        "checklist-missing",
        "charger-missing",
        "profile-unknown",
        "not-labelled",
    ]


def test_a_second_person_where_it_is_required_and_possible() -> None:
    alone = replace(FINE, installer_id=2, second_person=SecondPerson.REQUIRED)
    assert code_of(Status.INSTALLED, Action.CONTROL, alone) == "second-person"
    assert next_status(Status.INSTALLED, Action.CONTROL, replace(alone, technicians=1)) is Status.QUALITY_CHECKED
    preferred = replace(alone, second_person=SecondPerson.PREFERRED)
    assert next_status(Status.INSTALLED, Action.CONTROL, preferred) is Status.QUALITY_CHECKED
    assert same_person(preferred)
    assert not same_person(replace(alone, installer_id=None))


@pytest.mark.parametrize(
    ("status", "action"),
    [
        (Status.IN_STOCK, Action.RESERVE),
        (Status.RESERVED, Action.PREPARE),
        (Status.RESERVED, Action.HAND_OVER),
        (Status.READY_FOR_PICKUP, Action.HAND_OVER),
    ],
)
def test_what_is_meant_for_someone_needs_an_open_reservation(status: Status, action: Action) -> None:
    assert code_of(status, action, replace(FINE, reservation_open=False)) == "no-reservation"


@pytest.mark.parametrize(
    ("mode", "status"),
    [
        (HandoverMode.GIFT, Status.HANDED_OVER),
        (HandoverMode.SOLIDARITY_SALE, Status.HANDED_OVER),
        (HandoverMode.LOAN, Status.ON_LOAN),
        (HandoverMode.KIT, Status.IN_KIT),
    ],
)
def test_the_mode_decides_where_a_hand_over_leads(mode: HandoverMode, status: Status) -> None:
    assert next_status(Status.READY_FOR_PICKUP, Action.HAND_OVER, replace(FINE, handover_mode=mode)) is status


def test_a_hand_over_without_a_mode_is_refused() -> None:
    assert code_of(Status.RESERVED, Action.HAND_OVER, replace(FINE, handover_mode=None)) == "mode-missing"


def test_install_needs_wiped_and_a_system() -> None:
    assert code_of(Status.IN_REPAIR, Action.INSTALL, DIRTY) == "not-clear"
    assert code_of(Status.DIAGNOSED, Action.INSTALL, replace(FINE, system_known=False)) == "system-unknown"


# -- Lock, loss, reopening --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("before", WORKSHOP)
def test_unlock_goes_back_to_the_state_before_never_reserved(before: Status) -> None:
    after = next_status(Status.LOCKED, Action.UNLOCK, replace(FINE, locked_from=before))
    expected = {Status.LOCKED: Status.TRIAGED} | dict.fromkeys(HELD, Status.IN_STOCK)
    assert after is expected.get(before, before)


def test_unlock_does_not_bring_back_a_wiped_state_that_is_no_longer_true() -> None:
    for before in (Status.WIPED, Status.IN_STOCK, Status.RESERVED, Status.INSTALLED):
        assert next_status(Status.LOCKED, Action.UNLOCK, replace(DIRTY, locked_from=before)) is Status.TRIAGED
    for before in (Status.RECEIVED, Status.WIPE_FAILED, Status.AFTER_SALES):
        assert next_status(Status.LOCKED, Action.UNLOCK, replace(DIRTY, locked_from=before)) is before


@pytest.mark.parametrize("change", [{"set_complete": False}, {"charger_complete": False}])
def test_unlock_does_not_bring_what_is_incomplete_back_into_stock(change: dict[str, bool]) -> None:
    for before in (Status.IN_STOCK, Status.RESERVED):
        facts = replace(FINE, locked_from=before, **change)  # type: ignore[arg-type]
        assert next_status(Status.LOCKED, Action.UNLOCK, facts) is Status.QUALITY_CHECKED


@pytest.mark.parametrize("action", [Action.FIND, Action.RECOVER])
def test_what_was_lost_has_unknown_media(action: Action) -> None:
    status = Status.MISSING if action is Action.FIND else Status.STOLEN
    assert [step.after for step in path(status, action, FINE)] == [Status.TRIAGED]


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
def test_guards_are_never_skipped_by_implying(change: dict[str, object], code: str) -> None:
    facts = replace(FINE, **change)  # type: ignore[arg-type]
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


# -- Who --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("action", "roles"),
    [
        (Action.TRIAGE, {"volunteer", "technician", "controller"}),
        (Action.CONTROL, {"controller"}),
        (Action.STOCK, {"controller"}),
        (Action.GIVE_BACK, {"controller"}),
        (Action.RESERVE, {"coordinator"}),
        (Action.PREPARE, {"volunteer", "technician", "controller", "handover_agent", "prescriber", "structure"}),
        (Action.HAND_OVER, {"handover_agent", "prescriber", "structure"}),
        (Action.RECOVER, {"coordinator"}),
    ],
)
def test_who_may(action: Action, roles: set[str]) -> None:
    assert {role.value for role in Role if may(action, GRANTS[role])} == roles


def test_every_action_is_somebodys_and_nobodys_by_default() -> None:
    for action in Action:
        assert WHO[action]
        assert not may(action, ())


# -- Undo -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("action", Action)
def test_undo_is_refused_while_something_later_refers_to_the_machine(action: Action) -> None:
    assert undo_refusal(action, Since()) == ("never-undone" if action in NEVER_UNDONE else None)
    assert undo_refusal(action, Since(already_undone=True)) == "already-undone"
    if action not in NEVER_UNDONE:
        assert undo_refusal(action, Since(later_status=True)) == "later-status"
        assert undo_refusal(action, Since(later_reservation=True)) == "later-reservation"
        assert undo_refusal(action, Since(later_document=True)) == "later-document"
        assert undo_refusal(action, Since(later_report=True)) == "later-report"
        assert undo_refusal(action, Since(released=True)) == "reservation-released"


def test_what_brings_a_machine_to_or_from_somebody_is_never_undone() -> None:
    assert {Action.HAND_OVER, Action.RETURN, Action.GIVE_BACK, Action.RESERVE, Action.RECORD_WIPE} <= NEVER_UNDONE


# -- What to do next --------------------------------------------------------------------------------------------------
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


def with_media(*states: MediumState, known: bool = True) -> Facts:
    return replace(FINE, media=media_state(known, states), media_asks=media_asks(states), diagnosed=True)


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


def test_no_consequence_where_nothing_follows() -> None:
    for status in set(Status) - {Status.TRIAGED, Status.WIPED}:
        assert consequences(status, replace(FINE, diagnosed=True)) == []


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
