"""Facts of a machine, that the tests of the core start from."""

from dataclasses import replace

import pytest

from refurb.core.media import MediaState, MediumState, media_asks, media_state
from refurb.core.workflow import (
    Action,
    Control,
    Facts,
    HandoverMode,
    Status,
    TransitionRefused,
    TriageOutcome,
    next_status,
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


def with_media(*states: MediumState, known: bool = True) -> Facts:
    return replace(FINE, media=media_state(known, states), media_asks=media_asks(states), diagnosed=True)


def code_of(status: Status, action: Action, facts: Facts) -> str:
    with pytest.raises(TransitionRefused) as caught:
        next_status(status, action, facts)
    return caught.value.code
