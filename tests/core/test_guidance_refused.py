"""A refusal that names no remedy goes with what comes next for that machine, whatever its status."""

import itertools

import pytest

from refurb.core.guidance import next_instead, next_step, refusal
from refurb.core.media import MediaState
from refurb.core.steps import OPTIONAL_STEPS
from refurb.core.workflow import Action, Facts, Status, TransitionRefused

FACTS = (Facts(), Facts(media=MediaState.CLEAR, diagnosed=True, system_known=True), Facts(holds_system=False))


@pytest.mark.parametrize("status", Status)
def test_no_refusal_leaves_somebody_without_a_next_step(status: Status) -> None:
    for action, facts in itertools.product(Action, FACTS):
        if (code := refusal(status, action, facts)) is None:
            continue
        refused = TransitionRefused(code)
        refused.known = facts, OPTIONAL_STEPS
        instead = next_instead(refused, status)
        if code in ("no-such-move", "step-missing", "no-reservation"):
            assert instead == next_step(status, facts)
            assert instead
            assert instead.action or instead.waits, "there is always something to say"
        else:
            assert instead is None, f"{code} says what to mend"


def test_what_nobody_knows_the_facts_of_says_nothing() -> None:
    assert next_instead(TransitionRefused("no-such-move"), Status.RECEIVED) is None
