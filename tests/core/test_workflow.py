"""Every status by every action, each guard, who may: domain.md D.1 told a second time."""

from dataclasses import replace
from itertools import product

import pytest

from refurb.core.guidance import refusal
from refurb.core.media import MediaState
from refurb.core.permissions import GRANTS, Role
from refurb.core.steps import path
from refurb.core.workflow import (
    HELD,
    WHO,
    WORKSHOP,
    Action,
    Control,
    Facts,
    HandoverMode,
    SecondPerson,
    Status,
    TransitionRefused,
    guards,
    may,
    next_status,
    same_person,
)
from tests.core.machines import DIRTY, FINE, code_of

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


# -- Lock and unlock --------------------------------------------------------------------------------------------------
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
