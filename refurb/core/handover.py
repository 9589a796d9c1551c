"""What is looked at before a machine changes hands, and how it is signed for (domain.md A, step 9)."""

from dataclasses import dataclass
from enum import StrEnum

from refurb.core.equipment import NEEDS_CHARGER, Form
from refurb.core.media import MediaState
from refurb.core.workflow import HELD, Status

#: A household that missed so many appointments leaves the machine to another; its need keeps its rank.
MISSED_AT_MOST = 2


class Signature(StrEnum):
    """How the hand-over is signed for; no name is kept, whichever it is."""

    SIGNED = "signed"
    IN_PRESENCE = "in_presence"
    MARK = "mark"


class Witness(StrEnum):
    """In whose presence, as a function."""

    SERVICE = "service"
    COLLEAGUE = "colleague"
    RELATIVE = "relative"


class Accessory(StrEnum):
    """What may go with a machine."""

    CHARGER = "charger"
    MOUSE = "mouse"
    KEYBOARD = "keyboard"
    SCREEN = "screen"
    CABLES = "cables"
    BAG = "bag"
    HEADSET = "headset"
    WEBCAM = "webcam"
    WIFI_ADAPTER = "wifi_adapter"
    MODEM_4G = "modem_4g"


class ReturnMotive(StrEnum):
    """Why a machine comes back."""

    HANDOVER_MISTAKE = "handover-mistake"
    FAULT = "fault"
    LOAN_ENDED = "loan-ended"
    NOT_NEEDED = "not-needed"


@dataclass(frozen=True, slots=True)
class Counter:
    """What is on the counter, against what was set aside. `scanned` is the code read off the machine."""

    scanned: str | None
    reserved: str
    form: Form
    status: Status
    media: MediaState
    reservation_open: bool
    accessories: frozenset[Accessory]
    charger_known: bool
    set_complete: bool
    signed: bool


def refusals(counter: Counter) -> list[str]:
    """Return why this machine may not be handed over now, in the order in which to mend it; none means go.

    Codes: "no-reservation", "not-scanned", "wrong-machine", "not-ready", "media-unknown", "not-clear",
    "charger-missing", "charger-not-given", "set-incomplete", "not-signed".
    """
    codes = []
    if not counter.reservation_open:
        codes.append("no-reservation")
    if counter.scanned is None:
        codes.append("not-scanned")
    elif counter.scanned != counter.reserved:
        codes.append("wrong-machine")
    if counter.status not in HELD:
        codes.append("not-ready")
    if counter.media is MediaState.UNKNOWN:
        codes.append("media-unknown")
    elif counter.media is MediaState.NOT_CLEAR:
        codes.append("not-clear")
    if counter.form in NEEDS_CHARGER:
        if not counter.charger_known:
            codes.append("charger-missing")
        elif Accessory.CHARGER not in counter.accessories:
            codes.append("charger-not-given")
    if not counter.set_complete:
        codes.append("set-incomplete")
    if not counter.signed:
        codes.append("not-signed")
    return codes
