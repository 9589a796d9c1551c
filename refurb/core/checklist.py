"""The control's one page: what is looked at on each form of machine, and when the whole passes.

Source: design.md section 5 (a person, the bench checklist) and domain.md D.4; three axes are kept apart: the looks
(a grade), the functions (these points), the performance (a class). The table has a version, kept with each result.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from refurb.core.equipment import Form

VERSION = 1


class Tick(StrEnum):
    """What the controller found at one point."""

    OK = "ok"
    FAILED = "failed"
    NOT_APPLICABLE = "not_applicable"


class ChecklistRefused(Exception):
    """A page that is not a whole answer; `code` is "incomplete" or "unknown-point", `points` the ones meant."""

    def __init__(self, code: str, points: tuple[str, ...]) -> None:
        super().__init__(f"{code}: {', '.join(points)}")
        self.code, self.points = code, points


@dataclass(frozen=True, slots=True)
class Point:
    """One thing to look at. `optional`: the machine may not have it, and "not applicable" is then an answer."""

    code: str
    optional: bool = False


F = Form
_COMPUTERS = (F.LAPTOP, F.DESKTOP, F.MINI_PC, F.ALL_IN_ONE, F.SERVER)
_POCKET = (F.TABLET, F.SMARTPHONE)
_SCREENED = (F.LAPTOP, F.ALL_IN_ONE, *_POCKET)

#: In the order in which one's hands go round the machine: outside, power, functions, system.
_TABLE: tuple[tuple[Point, tuple[Form, ...]], ...] = (
    (Point("stickers"), tuple(Form)),
    (Point("clean"), tuple(Form)),
    (Point("hinges"), (F.LAPTOP,)),
    (Point("panel"), (*_SCREENED, F.MONITOR)),
    (Point("stand"), (F.MONITOR, F.ALL_IN_ONE)),
    (Point("keyboard"), (F.LAPTOP,)),
    (Point("touchpad"), (F.LAPTOP,)),
    (Point("touch"), _POCKET),
    (Point("ports"), (*_COMPUTERS, F.MONITOR, *_POCKET)),
    (Point("battery"), (F.LAPTOP, *_POCKET)),
    (Point("webcam", optional=True), (*_SCREENED,)),
    (Point("microphone", optional=True), (*_SCREENED,)),
    (Point("speakers", optional=True), (*_COMPUTERS, *_POCKET, F.MONITOR)),
    (Point("wifi", optional=True), (*_COMPUTERS, *_POCKET)),
    (Point("wired", optional=True), _COMPUTERS),
    (Point("fan"), _COMPUTERS),
    (Point("locks"), (*_COMPUTERS, *_POCKET)),
    (Point("cards"), _POCKET),
    (Point("first_boot"), (*_COMPUTERS, *_POCKET)),
    (Point("updates"), (*_COMPUTERS, *_POCKET)),
    (Point("prints"), (F.PRINTER,)),
    (Point("works"), (F.PRINTER, F.OTHER)),
)


#: The questions of scripts/refurb-agent, by the point that each answers.
QUESTIONS = {
    "screen": "panel",
    "keyboard": "keyboard",
    "touchpad": "touchpad",
    "camera": "webcam",
    "sound": "speakers",
    "wifi": "wifi",
}
#: What the agent writes of an answer; a question that was passed over says nothing.
ANSWERS = {"ok": Tick.OK, "failed": Tick.FAILED}


def answered(form: Form, tests: Mapping[str, str]) -> dict[str, str]:
    """Return the answers of an agent as ticks, less what this form of machine has no point for."""
    points = {point.code for point in points_for(form)}
    return {
        QUESTIONS[name]: ANSWERS[answer].value
        for name, answer in tests.items()
        if name in QUESTIONS and QUESTIONS[name] in points and answer in ANSWERS
    }


def check_some(form: Form, ticks: Mapping[str, str]) -> None:
    """Refuse ticks that this form's page cannot carry; some points may wait.

    Raises ChecklistRefused "unknown-point", and "incomplete" for "not applicable" where the point always applies.
    """
    points = {point.code: point for point in points_for(form)}
    if unknown := tuple(code for code, tick in ticks.items() if code not in points or tick not in set(Tick)):
        raise ChecklistRefused("unknown-point", unknown)
    always = (code for code, tick in ticks.items() if tick == Tick.NOT_APPLICABLE and not points[code].optional)
    if wrong := tuple(always):
        raise ChecklistRefused("incomplete", wrong)


def points_for(form: Form) -> tuple[Point, ...]:
    """Return what is looked at on a machine of this form, in order."""
    return tuple(point for point, forms in _TABLE if form in forms)


def passes(form: Form, ticks: Mapping[str, str]) -> bool:
    """Return whether the control passes: no point failed.

    Raises ChecklistRefused "incomplete" (a point without an answer, or "not applicable" where it always applies) and
    "unknown-point".
    """
    points = {point.code: point for point in points_for(form)}
    if unknown := tuple(code for code in ticks if code not in points):
        raise ChecklistRefused("unknown-point", unknown)
    open_points = tuple(
        code
        for code, point in points.items()
        if ticks.get(code) not in set(Tick) or (ticks[code] == Tick.NOT_APPLICABLE and not point.optional)
    )
    if open_points:
        raise ChecklistRefused("incomplete", open_points)
    return all(tick != Tick.FAILED for tick in ticks.values())


def tested(ticks: Mapping[str, str], code: str) -> bool | None:
    """Return what a page says of one function: works, fails, or None when the machine has none or nobody asked."""
    return {Tick.OK: True, Tick.FAILED: False}.get(Tick(ticks[code])) if code in ticks else None
