"""When a machine may be called "reconditionné", a word that the law regulates.

Source: domain.md section 0, point 4 (F6): all its functions tested, and the data of whoever had it deleted before it
changes owner; without a proof of wiping and a whole control the word is not printed. "Comme neuf" never is.
"""

from refurb.core.media import MediaState
from refurb.core.workflow import Control, Facts, Status

#: Before the control is done, and after the machine went back to pieces, there is nothing to call so.
_WHOLE = frozenset(
    {
        Status.QUALITY_CHECKED,
        Status.IN_STOCK,
        Status.RESERVED,
        Status.READY_FOR_PICKUP,
        Status.HANDED_OVER,
        Status.ON_LOAN,
        Status.IN_KIT,
    }
)


def may_be_called_refurbished(status: Status, facts: Facts) -> bool:
    """Return whether the word may be printed for a machine that runs a system, from the facts its guards use."""
    return (
        status in _WHOLE and facts.holds_system and facts.media is MediaState.CLEAR and facts.control is Control.PASSED
    )
