"""What goes wrong after a hand-over, and how it ends (domain.md A, step 10; story 6)."""

from enum import StrEnum


class Fault(StrEnum):
    """What the person says is wrong."""

    NO_POWER = "no_power"
    CHARGER = "charger"
    BATTERY = "battery"
    SCREEN = "screen"
    KEYBOARD = "keyboard"
    WIFI = "wifi"
    SOUND = "sound"
    SLOW = "slow"
    PASSWORD = "password"  # noqa: S105 - a forgotten one, the commonest call
    BROKEN = "broken"
    OTHER = "other"


class Outcome(StrEnum):
    """How a ticket ended."""

    ADVICE = "advice"
    CHARGER_SWAPPED = "charger_swapped"
    PART_SWAPPED = "part_swapped"
    REPAIRED = "repaired"
    NO_FAULT = "no_fault"
    EXCHANGED = "exchanged"
    NOT_REPAIRED = "not_repaired"


#: Endings after which the same person takes the same machine home, where it had come back.
GOES_HOME = frozenset({Outcome.PART_SWAPPED, Outcome.REPAIRED, Outcome.NO_FAULT})
#: Endings that put the case back in the queue: the person is left without a machine, or waits for another.
REOPENS = frozenset({Outcome.EXCHANGED})
#: What somebody without the machine on the bench may conclude.
AT_THE_COUNTER = (Outcome.ADVICE, Outcome.NO_FAULT)


def outcomes(*, came_back: bool) -> tuple[Outcome, ...]:
    """Return the endings to choose from; the exchange of a charger is a deed of its own."""
    if came_back:
        return (
            Outcome.REPAIRED,
            Outcome.PART_SWAPPED,
            Outcome.NO_FAULT,
            Outcome.EXCHANGED,
            Outcome.NOT_REPAIRED,
        )
    return AT_THE_COUNTER
