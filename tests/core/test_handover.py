"""What is looked at on the counter, one reason at a time and all together."""

from dataclasses import replace
from typing import Any

import pytest

from refurb.core.aftersales import AT_THE_COUNTER, GOES_HOME, REOPENS, Outcome, outcomes
from refurb.core.equipment import Form
from refurb.core.handover import Accessory, Counter, refusals
from refurb.core.media import MediaState
from refurb.core.workflow import HELD, Status

GOOD = Counter(
    scanned="R4900001208",
    reserved="R4900001208",
    form=Form.LAPTOP,
    status=Status.READY_FOR_PICKUP,
    media=MediaState.CLEAR,
    reservation_open=True,
    accessories=frozenset({Accessory.CHARGER}),
    charger_known=True,
    set_complete=True,
    signed=True,
)


def test_the_right_machine_whole_wiped_and_signed_for_goes() -> None:
    assert refusals(GOOD) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"reservation_open": False}, "no-reservation"),
        ({"scanned": None}, "not-scanned"),
        ({"scanned": "R4900001305"}, "wrong-machine"),
        ({"media": MediaState.UNKNOWN}, "media-unknown"),
        ({"media": MediaState.NOT_CLEAR}, "not-clear"),
        ({"charger_known": False}, "charger-missing"),
        ({"accessories": frozenset()}, "charger-not-given"),
        ({"set_complete": False}, "set-incomplete"),
        ({"signed": False}, "not-signed"),
    ],
)
def test_each_thing_wrong_has_its_reason(change: dict[str, Any], code: str) -> None:
    assert refusals(replace(GOOD, **change)) == [code]


@pytest.mark.parametrize("status", Status)
def test_only_what_is_set_aside_leaves(status: Status) -> None:
    assert ("not-ready" in refusals(replace(GOOD, status=status))) is (status not in HELD)


def test_a_desktop_asks_for_no_charger() -> None:
    assert refusals(replace(GOOD, form=Form.DESKTOP, accessories=frozenset(), charger_known=False)) == []


def test_everything_wrong_is_said_at_once() -> None:
    bare = replace(GOOD, scanned=None, status=Status.LOCKED, media=MediaState.UNKNOWN, signed=False)
    assert refusals(bare) == ["not-scanned", "not-ready", "media-unknown", "not-signed"]


def test_how_a_ticket_ends_depends_on_where_the_machine_is() -> None:
    assert set(outcomes(came_back=False)) == set(AT_THE_COUNTER)
    bench = set(outcomes(came_back=True))
    assert bench >= GOES_HOME | REOPENS
    # The exchange of a charger is a deed of its own, in either place.
    assert Outcome.CHARGER_SWAPPED not in bench | set(AT_THE_COUNTER)
    assert not GOES_HOME & REOPENS
