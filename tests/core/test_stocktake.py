"""What a count expects, and what it says of each machine it meets, for every status."""

import itertools

import pytest

from refurb.core.stocktake import EXPECTED, Group, Met, contradicts, group, met, remedy
from refurb.core.workflow import MOVES, Action, Status

S = Status
LEFT = {S.HANDED_OVER, S.ON_LOAN, S.IN_KIT, S.PARTS, S.WEEE, S.RETURNED_TO_SUPPLIER, S.DESTROYED}
LOST = {S.MISSING, S.STOLEN}


@pytest.mark.parametrize("status", Status)
def test_a_count_expects_what_can_still_be_there(status: Status) -> None:
    assert (status in EXPECTED) == (status not in LEFT | LOST)


@pytest.mark.parametrize("status", Status)
def test_what_the_record_says_is_said_the_gravest_first(status: Status) -> None:
    for held, of_it, by_gift, placed in itertools.product((True, False), repeat=4):
        found = met(status, held=held, of_it=of_it, by_gift=by_gift, placed=placed)
        if not held:
            assert found is Met.HELD_ELSEWHERE, "another's machine says no more than whose it is"
        elif status in LOST:
            assert found is Met.LOST
        elif status in LEFT:
            assert found is Met.LEFT, "noted handed over, though it came with the gift that is counted"
        elif of_it:
            assert found is Met.SINCE
        elif by_gift:
            assert found is Met.OTHER_GIFT, "where it stands says nothing of a gift"
        else:
            assert found is (Met.OTHER_PLACE if placed else Met.NOWHERE)


@pytest.mark.parametrize(
    ("expected", "found", "elsewhere", "wanted"),
    [
        (True, True, False, Group.FOUND),
        (True, True, True, Group.FOUND),
        (True, False, False, Group.MISSING),
        (False, True, False, Group.UNEXPECTED),
        (False, True, True, Group.ELSEWHERE),
    ],
)
def test_each_machine_is_in_one_group(expected: bool, found: bool, elsewhere: bool, wanted: Group) -> None:
    assert group(expected=expected, found=found, elsewhere=elsewhere) is wanted


def test_what_the_record_has_somewhere_else_is_to_be_settled() -> None:
    assert {what for what in Met if contradicts(what)} == {Met.HELD_ELSEWHERE, Met.LEFT, Met.LOST, Met.OTHER_PLACE}


@pytest.mark.parametrize("status", Status)
def test_what_puts_the_record_right_is_a_move_of_the_table(status: Status) -> None:
    action = remedy(status)
    known = {
        S.MISSING: Action.FIND,
        S.STOLEN: Action.RECOVER,
        S.HANDED_OVER: Action.RETURN,
        S.ON_LOAN: Action.RETURN,
        S.IN_KIT: Action.RETURN,
    }
    assert action == known.get(status)
    assert action is None or (status, action) in MOVES
