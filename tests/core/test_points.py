"""The points of a need: whole, from 1, the sum of terms that are each shown, the same for the same facts."""

import copy
import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refurb.core import needs, points
from refurb.core.equipment import Recipient
from refurb.core.points import FIRST, HOUSEHOLD_1, STRUCTURE_1, Code, Facts, TableFault, score

TODAY = date(2026, 11, 17)

FAMILY = Facts(
    equipment=needs.Equipment.PHONE_ONLY,
    persons=5,
    pupils=3,
    usages=(needs.Usage.SECONDARY_SCHOOL, needs.Usage.PROCEDURES),
    attested=True,
    accompaniment=needs.Accompaniment.DIGITAL_ADVISER,
    population=150_000,
    validated_on=TODAY,
)
CENTRE = Facts(
    recipient=Recipient.STRUCTURE,
    usages=(needs.Usage.GROUP_WORKSHOP,),
    within_least=True,
    maintained=True,
    population=900,
    validated_on=TODAY,
)

days = st.dates(date(2024, 1, 1), date(2030, 1, 1))
facts = st.builds(
    Facts,
    recipient=st.sampled_from(Recipient),
    equipment=st.none() | st.sampled_from(needs.Equipment),
    persons=st.integers(0, 20),
    pupils=st.integers(0, 20),
    usages=st.lists(st.sampled_from(needs.Usage), max_size=3, unique=True).map(tuple),
    motive=st.none() | st.sampled_from(needs.Motive),
    wanted_by=st.none() | days,
    attested=st.booleans(),
    accompaniment=st.none() | st.sampled_from(needs.Accompaniment),
    connectivity=st.none() | st.sampled_from(needs.Connectivity),
    district=st.none() | st.booleans(),
    population=st.none() | st.integers(0, 200_000),
    rank=st.integers(1, 5),
    validated_on=st.none() | days,
    warranty=st.booleans(),
    within_least=st.booleans(),
    maintained=st.booleans(),
)


def terms(facts: Facts, on: date = TODAY) -> dict[str, int]:
    return {term.code.value: term.points for term in score(facts, FIRST[facts.recipient], on).terms}


def test_a_family_with_three_pupils() -> None:
    assert terms(FAMILY) == {
        "base": 1,
        "equipment": 20,
        "stake": 12,
        "household": 15,
        "eligibility": 10,
        "waiting": 0,
        "accompaniment": 5,
        "district": 0,
        "small_commune": 0,
    }
    assert score(FAMILY, HOUSEHOLD_1, TODAY).points == 63


def test_a_centre_counts_on_the_same_scale() -> None:
    assert terms(CENTRE) == {
        "base": 1,
        "stake": 12,
        "within_least": 15,
        "maintained": 5,
        "waiting": 0,
        "small_commune": 5,
    }
    beyond = replace(CENTRE, within_least=False)
    assert score(beyond, STRUCTURE_1, TODAY).points == score(CENTRE, STRUCTURE_1, TODAY).points - 15


@given(facts, days)
def test_points_are_whole_from_one_and_the_sum_of_their_terms(facts: Facts, on: date) -> None:
    table = FIRST[facts.recipient]
    result = score(facts, table, on)
    assert result.points >= 1
    assert result.points == sum(term.points for term in result.terms)
    assert all(type(term.points) is int and 0 <= term.points <= term.most for term in result.terms)
    assert len({term.code for term in result.terms}) == len(result.terms)
    # The same facts, day and version: the same points, whatever table object carries the version.
    again = json.loads(json.dumps(table))
    assert score(replace(facts), again, on) == result
    kept = json.loads(json.dumps(points.dump(result.terms)))
    assert tuple(points.load(kept)) == result.terms


@given(facts, days, st.integers(0, 400))
def test_waiting_never_costs_points_but_for_a_date_that_passes(facts: Facts, on: date, later: int) -> None:
    table = FIRST[facts.recipient]
    without = replace(facts, motive=None)
    assert score(without, table, on + timedelta(later)).points >= score(without, table, on).points
    most = table["waiting"]["most"]
    assert terms(facts, on + timedelta(later))["waiting"] <= most


@pytest.mark.parametrize(("waited", "worth"), [(0, 0), (6, 0), (7, 1), (70, 10), (140, 20), (700, 20)])
def test_a_point_a_week_up_to_twenty(waited: int, worth: int) -> None:
    assert terms(FAMILY, TODAY + timedelta(waited))["waiting"] == worth


@given(facts.filter(lambda f: f.recipient is Recipient.HOUSEHOLD and f.equipment is not None), st.integers(2, 5), days)
def test_a_second_machine_has_fewer_points(facts: Facts, rank: int, on: date) -> None:
    first, second = replace(facts, rank=1), replace(facts, rank=rank)
    assert score(second, HOUSEHOLD_1, on).points < score(first, HOUSEHOLD_1, on).points


def test_a_date_that_is_over_no_longer_hurries() -> None:
    exam = replace(FAMILY, motive=needs.Motive.EXAM_OR_JOB, wanted_by=TODAY + timedelta(10))
    assert terms(exam)["stake"] == 20
    assert terms(exam, TODAY + timedelta(10))["stake"] == 20
    assert terms(exam, TODAY + timedelta(11))["stake"] == 12
    rights = replace(FAMILY, motive=needs.Motive.LOSS_OF_RIGHTS)
    assert terms(rights, TODAY + timedelta(90))["stake"] == 20
    assert terms(rights, TODAY + timedelta(91))["stake"] == 12


def test_a_warranty_return_is_a_hundred_above_the_table() -> None:
    for facts in (FAMILY, CENTRE):
        table = FIRST[facts.recipient]
        back = score(replace(facts, warranty=True), table, TODAY)
        assert back.points == score(facts, table, TODAY).points + 100
        assert back.terms[-1] == (Code.WARRANTY, 100, 100, None)


def test_a_need_declared_a_return_by_its_form_alone_has_no_hundred() -> None:
    said = points.facts(needs.Answers(motive=needs.Motive.AFTER_SALES, usages=(needs.Usage.PROCEDURES,)))
    assert Code.WARRANTY not in [term.code for term in score(said, HOUSEHOLD_1, TODAY).terms]


def test_one_computer_for_four_weighs_more_than_for_two() -> None:
    shared = replace(FAMILY, equipment=needs.Equipment.SHARED)
    assert terms(replace(shared, persons=2))["equipment"] == 5
    assert terms(replace(shared, persons=4))["equipment"] == 10


def test_the_form_asks_what_the_table_reads() -> None:
    read = points.reads(HOUSEHOLD_1)
    assert {"equipment", "persons", "pupils", "accompaniment", "district", "motive", "wanted_by"} <= read
    assert "connectivity" not in read
    asked = {**HOUSEHOLD_1, "connectivity": {"none": 3}, "district": 0, "accompaniment": {}}
    assert "connectivity" in points.reads(asked)
    assert not {"district", "accompaniment"} & points.reads(asked)
    alone = {**HOUSEHOLD_1, "household": {"per_pupil": 0, "per_person": 0, "most": 0}}
    assert "pupils" not in points.reads(alone)
    assert "persons" in points.reads(alone)  # one computer for many is still told from one for two


@pytest.mark.parametrize("recipient", Recipient)
def test_version_one_is_good(recipient: Recipient) -> None:
    points.check(FIRST[recipient], recipient)


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        (("base",), None, "missing-part"),
        (("base",), -1, "out-of-range"),
        (("base",), 1.5, "not-a-number"),
        (("base",), True, "not-a-number"),
        (("district",), "5", "not-a-number"),
        (("equipment",), 5, "not-a-number"),
        (("equipment", "yacht"), 5, "unknown-part"),
        (("equipment", "many"), None, "missing-part"),
        (("waiting", "per_week"), None, "missing-part"),
        (("waiting", "most"), 1001, "out-of-range"),
        (("nationality",), 5, "unknown-part"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused(path: tuple[str, ...], value: Any, code: str) -> None:
    table = copy.deepcopy(HOUSEHOLD_1)
    at: dict[str, Any] = table
    for key in path[:-1]:
        at = at[key]
    if value is None:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    with pytest.raises(TableFault) as fault:
        points.check(table, Recipient.HOUSEHOLD)
    assert fault.value.code == code
    assert fault.value.path.split(".")[0] == path[0]


codes = st.sampled_from(["none", "phone_only", "broken", "shared", "shared_by_many"])


@given(st.dictionaries(codes, st.integers(0, 1000), min_size=1), st.integers(0, 1000), facts, days)
def test_what_the_check_lets_through_can_be_scored(
    equipment: dict[str, int], number: int, facts: Facts, on: date
) -> None:
    table = {**HOUSEHOLD_1, "equipment": {**equipment, "many": 3}, "base": number, "eligibility": number}
    points.check(table, Recipient.HOUSEHOLD)
    facts = replace(facts, recipient=Recipient.HOUSEHOLD)
    result = score(facts, table, on)
    assert result.points == max(1, sum(term.points for term in result.terms)) >= 1
