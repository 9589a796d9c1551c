"""What may be undone."""

import pytest

from refurb.core.undo import NEVER_UNDONE, Since, undo_refusal
from refurb.core.workflow import Action


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
