"""What the desk answers, and the command cards: a card's code means the same on every desk, for ever."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from refurb.core.identity import CodeKind, mint
from refurb.core.permissions import Permission
from refurb.core.workflow import Action, TriageOutcome, may


class Answer(StrEnum):
    """What a scan came to; each has a colour, an icon, a word and a sound of its own."""

    DONE = "done"
    ALREADY = "already"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    #: A confirmation or a PIN is asked; in the browser, the network.
    WAITING = "waiting"


class Deed(StrEnum):
    """What a command does that is no move of a machine."""

    OPEN = "open"
    ANYWHERE = "anywhere"
    LABEL = "label"
    UNDO = "undo"


@dataclass(frozen=True, slots=True)
class Command:
    """One card: a move that each machine scanned next will make, or a deed of the desk itself.

    `number` is the one its code carries: cards hang on walls, so a number is never given to another command.
    """

    key: str
    number: int
    action: Action | None = None
    deed: Deed | None = None
    payload: dict[str, str] = field(default_factory=dict)

    @property
    def asks(self) -> bool:
        """Whether the machines wait in the pile for one confirmation: what this does is not taken back lightly."""
        return self.action in _ASK

    @property
    def code(self) -> str:
        """The code on the card."""
        return mint(CodeKind.COMMAND, self.number)


A = Action
_ASK = frozenset({A.DISMANTLE, A.SCRAP, A.DESTROY, A.LOSE})
#: What a gun is tried with: a command card that commands nothing.
TEST_CODE = mint(CodeKind.COMMAND, 99)
_MOVES: tuple[tuple[int, Action], ...] = (
    (1, A.INVENTORY),
    (8, A.START_WIPE),
    (9, A.DIAGNOSE),
    (10, A.REPAIR),
    (11, A.WAIT_PART),
    (12, A.RESUME),
    (13, A.INSTALL),
    (14, A.CONTROL),
    (15, A.STOCK),
    (16, A.PREPARE),
    (17, A.RETURN),
    (18, A.REOPEN),
    (19, A.LOCK),
    (20, A.UNLOCK),
    (21, A.LOSE),
    (22, A.FIND),
    (23, A.DISMANTLE),
    (24, A.SCRAP),
    (25, A.DESTROY),
)
_TRIAGES = (
    (2, TriageOutcome.INSTALL),
    (3, TriageOutcome.REPAIR),
    (4, TriageOutcome.PARTS),
    (5, TriageOutcome.WEEE),
    (6, TriageOutcome.LOCKED),
)
_DEEDS = ((90, Deed.OPEN), (91, Deed.ANYWHERE), (92, Deed.LABEL), (93, Deed.UNDO))

#: In the order of the work. What needs a page of its own (setting aside, handing over, a theft) has no card.
COMMANDS: dict[str, Command] = {
    command.key: command
    for command in sorted(
        (
            *(Command(action.value, number, action=action) for number, action in _MOVES),
            *(
                Command(f"triage:{outcome.value}", number, action=A.TRIAGE, payload={"outcome": outcome.value})
                for number, outcome in _TRIAGES
            ),
            *(Command(deed.value, number, deed=deed) for number, deed in _DEEDS),
        ),
        key=lambda command: command.number,
    )
}
_BY_CODE = {command.code: command for command in COMMANDS.values()}


def may_command(command: Command, permissions: Iterable[str]) -> bool:
    """Return whether somebody with these permissions may set `command` for what is scanned next."""
    if command.deed is Deed.LABEL:
        return Permission.LABEL_PRINT in permissions
    return command.action is None or may(command.action, permissions)


def command_of(code: str) -> Command | None:
    """Return the command of a card's code."""
    return _BY_CODE.get(code)


class Belated(StrEnum):
    """What a scan comes to once its machine is known, which it was not when it was scanned."""

    COUNT = "count"
    MOVE = "move"
    #: It waits for the confirmation that it would have waited for.
    ASK = "ask"
    LABEL = "label"
    PUT = "put"
    #: The machine is found, and no more.
    NOTHING = "nothing"


def catch_up(
    command: Command | None, *, counting: bool, receiving: bool, held: bool, placed: bool, moved_on: bool
) -> Belated:
    """Return what a machine that is found late undergoes: what the scan would have made it undergo, had it been known.

    `command` is what was asked of it then; the pile counts (`counting`), receives a gift (`receiving`: a machine that
    is known did not arrive with it), or puts machines at a place (`placed`). A machine that the workshop does not hold
    is only recognised. Where a place was set or left since (`moved_on`), where it would stand is not guessed.
    """
    if counting:
        return Belated.COUNT
    if receiving or not held:
        return Belated.NOTHING
    if command is not None and command.deed is Deed.LABEL:
        return Belated.LABEL
    if command is not None and command.asks:
        return Belated.ASK
    if moved_on:
        return Belated.NOTHING
    if command is not None and command.action is not None:
        return Belated.MOVE
    return Belated.PUT if placed else Belated.NOTHING


class Lands(StrEnum):
    """Which pile a scan lands in, where its person has one open in that browser."""

    OPEN = "open"
    #: The open one ends, and another begins with nothing set: what was chosen yesterday is asked of nobody today.
    ANEW = "anew"
    #: One of the day on which the scan was made: it arrived late, and was not made for what is set today.
    EARLIER = "earlier"


def lands(begun: date, made: date) -> Lands:
    """Return which pile a scan lands in: a pile lasts a day, even where nobody ends it.

    `begun` is the day of the open pile, `made` the one that the scan counts for (core.lateness.counts_on), both where
    the instance is.
    """
    if begun == made:
        return Lands.OPEN
    return Lands.ANEW if begun < made else Lands.EARLIER


class Doing(StrEnum):
    """What a pile is for: whatever its scans ask, or what an area wants done with each of them."""

    ANYTHING = "anything"
    #: A gift is counted as it arrives: machines are born, and put where the pile says.
    RECEIVING = "receiving"
    #: A shelf or a gift is counted: a count only looks, and what it finds is put away by a tap of its own.
    COUNTING = "counting"


def may_set(doing: Doing, command: Command | None) -> bool:
    """Tell whether a card may set what the next scans undergo while a pile does this; None is a place's card.

    A card that looks obeyed, and whose deed would be done to the first machine after the count, is refused at once.
    The card that only opens is always obeyed: it leaves.
    """
    if command is not None and command.deed in (Deed.OPEN, Deed.UNDO):
        return True
    match doing:
        case Doing.COUNTING:
            return False
        case Doing.RECEIVING:
            return command is None or command.deed is Deed.ANYWHERE
        case Doing.ANYTHING:
            return True


class Confirmation(StrEnum):
    """What a machine scanned for something that is confirmed first comes to."""

    ASKED = "asked"
    ALREADY_ASKED = "already-asked"
    #: It waited for another deed, which it does not any more: the last card counts.
    REPLACES = "replaces"


def confirmation(command: Command, waiting: Iterable[str]) -> Confirmation:
    """Return what becomes of a machine that waits in the pile for the commands of these keys, asked for `command`.

    One machine waits once, whatever was scanned how often: one confirmation is one deed.
    """
    keys = set(waiting)
    if keys == {command.key}:
        return Confirmation.ALREADY_ASKED
    return Confirmation.REPLACES if keys else Confirmation.ASKED
