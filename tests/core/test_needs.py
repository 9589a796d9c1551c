"""What is answered for a need, every state by every act, and the line between complete and not."""

import json
from dataclasses import replace
from datetime import date
from itertools import product
from typing import Any

import pytest

from refurb.core import need_life, needs
from refurb.core.equipment import Recipient
from refurb.core.need_life import ALIVE, HELD, MOVES, NEEDS_MOTIVE, OPEN, Act, Facts, NeedRefused, State, next_state
from refurb.core.needs import Answers, Usage, Wrong

TODAY = date(2026, 11, 17)

FAMILY = Answers(
    commune="49007",
    usages=(Usage.SECONDARY_SCHOOL, Usage.PROCEDURES),
    persons=5,
    pupils=3,
    equipment=needs.Equipment.PHONE_ONLY,
    connectivity=needs.Connectivity.MOBILE_BOX,
    format=needs.Format.ANY,
    contribution_cents=0,
    loan_suits=False,
    eligibility=needs.Eligibility.INCOME_QUOTIENT,
    not_equipped=True,
    handover_place=7,
    informed_on=TODAY,
    informed_how=needs.Informed.IN_PERSON,
)


def test_a_family_that_answered_everything_is_complete() -> None:
    assert needs.missing(FAMILY) == []
    assert needs.wrong(FAMILY, TODAY) == []


@pytest.mark.parametrize(
    "name",
    [
        "usages",
        "commune",
        "persons",
        "pupils",
        "equipment",
        "connectivity",
        "format",
        "contribution_cents",
        "loan_suits",
        "eligibility",
        "not_equipped",
        "handover_place",
        "informed_on",
        "informed_how",
    ],
)
def test_each_bold_field_is_asked(name: str) -> None:
    change: dict[str, Any] = {name: () if name == "usages" else None}
    emptied = replace(FAMILY, **change)
    assert needs.missing(emptied) == [name]


def test_no_and_nought_are_answers() -> None:
    assert needs.missing(replace(FAMILY, pupils=0, contribution_cents=0, loan_suits=False, not_equipped=False)) == []


def test_an_equipped_household_is_looked_at_unless_its_machine_broke() -> None:
    assert needs.doubtful(FAMILY) == []
    equipped = replace(FAMILY, not_equipped=False)
    assert needs.doubtful(equipped) == ["not_equipped"]
    assert needs.doubtful(replace(equipped, motive=needs.Motive.AFTER_SALES)) == []


def test_a_structure_is_asked_other_things() -> None:
    asked = Answers(recipient=Recipient.STRUCTURE, usages=(Usage.SHARED_STATION,), quantity=4)
    assert needs.missing(asked) == ["commune", "format", "term", "owner", "maintainer", "handover_place"]
    assert needs.wrong(asked, TODAY) == []
    assert needs.doubtful(replace(asked, term=needs.Term.DATE)) == ["term"]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"usages": (Usage.PROCEDURES, Usage.OFFICE_WORK, Usage.VIDEO_CALLS, Usage.CREATION)}, Wrong.TOO_MANY_USAGES),
        ({"usages": (Usage.PROCEDURES, Usage.PROCEDURES)}, Wrong.USAGE_TWICE),
        ({"usages": (Usage.GROUP_WORKSHOP,)}, Wrong.USAGE_FOR_STRUCTURES),
        ({"persons": 2, "pupils": 3}, Wrong.MORE_PUPILS_THAN_PERSONS),
        ({"persons": 0, "pupils": 0}, Wrong.PERSONS_OUT_OF_RANGE),
        ({"motive": needs.Motive.EXAM_OR_JOB}, Wrong.MOTIVE_WITHOUT_DATE),
        ({"motive": needs.Motive.EXAM_OR_JOB, "wanted_by": date(2026, 11, 16)}, Wrong.DATE_PASSED),
        ({"informed_on": date(2026, 11, 18)}, Wrong.INFORMED_LATER),
        ({"quantity": 2}, Wrong.QUANTITY_OUT_OF_RANGE),
        ({"contribution_cents": 30_001}, Wrong.CONTRIBUTION_OUT_OF_RANGE),
    ],
)
def test_what_cannot_be_so(change: dict[str, Any], found: Wrong) -> None:
    assert needs.wrong(replace(FAMILY, **change), TODAY) == [found]


def test_answers_go_to_json_and_back() -> None:
    full = replace(
        FAMILY,
        ergonomics=frozenset({needs.Ergonomics.LIGHT}),
        motive=needs.Motive.EXAM_OR_JOB,
        wanted_by=date(2027, 1, 4),
        note="clavier AZERTY",
    )
    for answers in (Answers(), FAMILY, full, Answers(recipient=Recipient.STRUCTURE, term=needs.Term.KEEP, quantity=6)):
        assert needs.load(json.loads(json.dumps(needs.dump(answers)))) == answers
    assert needs.load({"usages": ["procedures", "gone"], "equipment": "gone", "other": 1}).usages == (Usage.PROCEDURES,)


def test_a_need_is_fresh_for_ninety_days() -> None:
    assert needs.is_fresh(date(2026, 8, 19), TODAY)
    assert not needs.is_fresh(date(2026, 8, 18), TODAY)


@pytest.mark.parametrize(("state", "act"), list(product(State, Act)))
def test_every_state_by_every_act(state: State, act: Act) -> None:
    facts = Facts(has_motive=True, fresh=act is not Act.EXPIRE)
    if (state, act) not in MOVES:
        with pytest.raises(NeedRefused, match="no-such-move"):
            next_state(state, act, facts)
    else:
        reached = next_state(state, act, facts)
        assert reached in State
        assert reached not in HELD or act in (Act.PROPOSE, Act.ACCEPT)
        assert (reached is State.HANDED_OVER) == (act is Act.HAND_OVER)


@pytest.mark.parametrize("act", sorted(NEEDS_MOTIVE))
def test_some_things_are_not_done_without_saying_why(act: Act) -> None:
    for state in (start for start, done in MOVES if done is act and start is not State.DRAFT):
        with pytest.raises(NeedRefused, match="motive-missing"):
            next_state(state, act, Facts())


def test_every_motive_asked_has_its_list() -> None:
    assert set(need_life.MOTIVES) == set(NEEDS_MOTIVE)


def test_a_draft_is_thrown_away_without_a_word() -> None:
    assert next_state(State.DRAFT, Act.CANCEL, Facts()) is State.CANCELLED


def test_what_is_complete_is_validated_at_once() -> None:
    assert next_state(State.DRAFT, Act.SUBMIT, Facts()) is State.VALIDATED
    assert next_state(State.DRAFT, Act.SUBMIT, Facts(doubtful=True)) is State.SUBMITTED
    assert next_state(State.DRAFT, Act.SUBMIT, Facts(service_approved=False)) is State.SUBMITTED
    assert next_state(State.SUBMITTED, Act.AMEND, Facts()) is State.VALIDATED
    assert next_state(State.WAITING, Act.AMEND, Facts()) is State.WAITING
    assert next_state(State.WAITING, Act.AMEND, Facts(doubtful=True)) is State.SUBMITTED
    with pytest.raises(NeedRefused, match="incomplete"):
        next_state(State.DRAFT, Act.SUBMIT, Facts(missing=True))


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (Facts(reserved=True), "already-reserved"),
        (Facts(fresh=False), "not-fresh"),
        (Facts(service_approved=False), "service-not-approved"),
    ],
)
def test_a_machine_is_not_set_aside_for_just_any_need(facts: Facts, code: str) -> None:
    for state in OPEN:
        with pytest.raises(NeedRefused, match=code):
            next_state(state, Act.PROPOSE, facts)


def test_a_lapse_suspends_and_never_closes() -> None:
    for state in HELD:
        assert next_state(state, Act.LAPSE, Facts()) is State.SUSPENDED
    assert next_state(State.SUSPENDED, Act.RESUME, Facts()) is State.WAITING


def test_every_state_is_reached_and_every_live_one_can_be_left() -> None:
    reached = {State.DRAFT}
    while more := {target for (start, _), target in MOVES.items() if start in reached} - reached:
        reached |= more
    assert reached == set(State)
    assert all(Act.CANCEL in need_life.acts(state) for state in ALIVE)
