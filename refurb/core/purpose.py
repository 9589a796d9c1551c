"""What a thing is for that no need asks for by itself, so that whoever puts it on a shelf is told something true.

Needs ask for machines; a base unit is matched with its screen (design.md section 3, a set). A screen by itself is
therefore for a base unit, and through it for the needs that ask for a screen of some size; a printer is for nobody.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from refurb.core.equipment import NEEDS_SET, WITHOUT_SYSTEM, Form
from refurb.core.workflow import Status


class Purpose(StrEnum):
    """Why no need can be told for it, and what it is for then."""

    #: A screen, and base units that are being prepared beside it have none.
    FOR_A_BASE = "for-a-base"
    #: A screen that no base unit waits for.
    SPARE_SCREEN = "spare-screen"
    #: A machine that is matched once its class is known.
    NO_CLASS = "no-class"
    #: A printer, a server, other things: no need asks for any.
    NOBODY_ASKS = "nobody-asks"


#: Where a base unit stands that is sure to want its screen, the nearest to the stock first.
BEING_PREPARED = (
    Status.QUALITY_CHECKED,
    Status.INSTALLED,
    Status.WAITING_PART,
    Status.IN_REPAIR,
    Status.DIAGNOSED,
    Status.WIPED,
)


def purpose(form: Form, bases: int) -> Purpose:
    """Return what a thing that is not matched is for; `bases` is how many base units of its holder lack a screen."""
    if form is Form.MONITOR:
        return Purpose.FOR_A_BASE if bases else Purpose.SPARE_SCREEN
    if form in WITHOUT_SYSTEM or form is Form.SERVER:
        return Purpose.NOBODY_ASKS
    return Purpose.NO_CLASS


def screen_asked(need: Mapping[str, Any]) -> float | None:
    """Return the least screen, in inches, that a need asks of a base unit with its screen; None where it asks none.

    `need` is of the shape of a matching scenario. One that takes no base unit has no use for a screen by itself.
    """
    takes_sets = any(form.value in need["forms"] for form in NEEDS_SET)
    least: float | None = need["min"].get("screen_in")
    return least if takes_sets else None
