"""What other areas bring to the desk; their `hooks.register(app)` fills this from create_app().

Keyed by area or by kind of code, so that two applications in one process do not register twice.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from refurb.core.identity import CodeKind, Reading
from refurb.core.scanning import Answer, Doing
from refurb.devices.models import Device
from refurb.security import Actor


class DeskRefused(Exception):
    """A deed of the desk, or of an area's context, that is refused; `code` is stable."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Outcome:
    """What a scan came to: `reason` is a code with a sentence, `detail` its JSON parameters.

    `event_id` is what an undo takes back; `device` the machine it was about.
    """

    answer: Answer
    reason: str
    detail: dict[str, Any] = field(default_factory=dict)
    device: Device | None = None
    event_id: int | None = None
    code: str | None = None
    #: What the pile's context becomes, where the scan changes it.
    context: str | None = None


@dataclass(frozen=True)
class Opened:
    """What a code of another area names: a title in the reader's language, and where its page is."""

    title: str
    url: str
    detail: str = ""


@dataclass(frozen=True)
class Scanned:
    """One scan as an area's context receives it: what was read, the machine that it means, and who scans when.

    `code` is the one of the reading's that is meant, None for a text; `place_id` is where the pile puts machines.
    """

    code: str | None
    reading: Reading
    device: Device | None
    place_id: int | None
    by: Actor
    at: datetime
    client_uuid: str
    client_at: datetime | None


class Context(Protocol):
    """What an area wants done with each scan while its context is set on the pile, as "area:reference"."""

    #: What the pile is for meanwhile: it decides what cards may set.
    doing: Doing

    def title(self, session: Session, reference: str, by: Actor) -> str | None:
        """Name the context in the reader's language; None when it is over or not this reader's, and it is dropped."""

    def is_of(self, session: Session, reference: str, code: str, by: Actor) -> bool:
        """Tell whether a code names the very thing that the context is about."""

    def scan(self, session: Session, reference: str, scanned: Scanned) -> Outcome | None:
        """Answer a scan of a machine's code or of a text; None leaves it to the desk's own rules.

        DeskRefused is shown as a refusal. The outcome's `detail` holds "context" where `undo` is to be asked.
        """

    def undo(self, session: Session, reference: str, detail: dict[str, Any], *, by: Actor, at: datetime) -> None:
        """Take back what `scan` did; raises DeskRefused, TransitionRefused or DeviceRefused."""

    def sentence(self, reason: str, detail: dict[str, Any]) -> str | None:
        """Return the sentence of one of its own reasons, None for another's."""


#: By area.
CONTEXTS: dict[str, Context] = {}
#: What a code of this kind opens for this reader; None when it names nothing they may see.
OPENERS: dict[CodeKind, Callable[[Session, str, Actor], Opened | None]] = {}
#: The context that the code of a thing starts for this reader ("lot:12"), None when it only opens.
STARTS: dict[CodeKind, Callable[[Session, str, Actor], str | None]] = {}
#: By area: what a machine that opens leads to besides its own page, as a page to open.
OFFERS: dict[str, Callable[[Session, Device, Actor], Opened | None]] = {}
#: By area: the address of a fragment to fetch once a scan is answered, from the machine and the answer's detail (its
#: "after" is the status entered); None for nothing. It costs no statement: the fragment's request asks the database.
FOLLOWS: dict[str, Callable[[Device, dict[str, Any]], str | None]] = {}
