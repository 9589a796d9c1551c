"""What other areas know of a machine and must do when it moves; their hooks fill this from create_app().

Keyed by area, so that two applications in one process do not register twice.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.audit.models import Event
from refurb.core.steps import Step, frees_reservation
from refurb.core.workflow import Action, Status
from refurb.devices.models import Device, Report
from refurb.devices.readings.reading import Reading
from refurb.security import Actor


@dataclass(frozen=True)
class Moved:
    """What a move did. `repeated`: the same deed of the same client had come before, and nothing was done again."""

    device: Device
    action: Action
    steps: tuple[Step, ...]
    event: Event
    at: datetime
    payload: dict[str, Any] = field(default_factory=dict)
    #: What nobody forbids and somebody may want to know, as codes: "same-person".
    flags: tuple[str, ...] = ()
    repeated: bool = False

    @property
    def before(self) -> Status:
        """The status before the first step."""
        return self.steps[0].before

    @property
    def after(self) -> Status:
        """The status after the last step."""
        return self.steps[-1].after

    @property
    def implied(self) -> tuple[Step, ...]:
        """The steps that nobody scanned."""
        return tuple(step for step in self.steps if step.implied)

    @property
    def frees_reservation(self) -> bool:
        """Whether an open reservation ends here, otherwise than by a hand-over."""
        return frees(self.steps)

    def did(self, action: Action) -> bool:
        """Whether one of the steps is `action`."""
        return did(self.steps, action)


def _no_choice(values: Mapping[str, Any]) -> None:
    """An area that is not asked which steps are scanned."""


@dataclass(frozen=True)
class Asked:
    """What an area knows of a machine, asked under the lock of its row in one statement with the others'.

    `columns` are about `Device`, the one row that the statement reads; `facts` makes fields of core.workflow.Facts of
    their values, by name, and `scanned` the steps that the holder scans, None when it did not choose.
    """

    columns: Mapping[str, sa.ColumnElement[Any]]
    facts: Callable[[Mapping[str, Any]], dict[str, Any]]
    scanned: Callable[[Mapping[str, Any]], Sequence[Action] | None] = _no_choice


@dataclass(frozen=True)
class AfterMove:
    """What an area does after the moves it names, in the same transaction; it may raise to refuse the whole.

    `follows` tells by the steps alone, before any is written: a move that nothing follows needs no savepoint.
    """

    follows: Callable[[Sequence[Step]], bool]
    do: Callable[[Session, Moved, Actor], None]


def did(steps: Sequence[Step], *actions: Action) -> bool:
    """Whether one of the steps is one of `actions`."""
    return any(step.action in actions for step in steps)


def frees(steps: Sequence[Step]) -> bool:
    """Whether an open reservation ends with these steps, otherwise than by a hand-over."""
    return any(frees_reservation(step.before, step.after) for step in steps)


#: Codes of what, in the area, refers to the device since a moment: "later-reservation", "later-document".
LaterOf = Callable[[Session, Device, datetime], set[str]]

#: What an area takes from a report once it is known of which machine it is; `report.device` is that machine.
AfterReport = Callable[[Session, Report, Reading, Actor, datetime], None]

ASKED: dict[str, Asked] = {}
AFTER_MOVE: dict[str, AfterMove] = {}
AFTER_REPORT: dict[str, AfterReport] = {}
LATER: dict[str, LaterOf] = {}
