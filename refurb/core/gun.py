"""What a scan gun adds around a code, and which keyboard it believes in: read from one scan of a code that is known."""

from dataclasses import dataclass

from refurb.core.identity import clean, read
from refurb.core.keyboards import LAYOUTS


@dataclass(frozen=True)
class Trial:
    """What came of scanning a known code: the keyboard to undo (None: none), what stands before and behind it.

    `caps_lock` is a guess from capitals and small letters; `recognised` is False when the code is not in the text.
    """

    recognised: bool
    layout: str | None = None
    prefix: str = ""
    suffix: str = ""
    caps_lock: bool = False


def trial(text: str, code: str) -> Trial:
    """Find `code` in what arrived, whatever the keyboard; the affixes are given as they arrive, to be taken off so."""
    arrived = clean(text)
    for layout, mended in ((None, arrived), *((one.name, one.mend(arrived)) for one in LAYOUTS)):
        # One character gives one, so that a place in the mended text is the same place in what arrived.
        at = mended.upper().find(code) if len(mended.upper()) == len(mended) else -1
        if at < 0:
            continue
        prefix, suffix = arrived[:at], arrived[at + len(code) :]
        if read(arrived).codes == (code,):
            # AIM prefixes, blanks and the like are understood without being remembered.
            prefix = suffix = ""
        letter = mended[at]
        return Trial(True, layout, prefix, suffix, caps_lock=letter.islower() and layout is None)
    return Trial(False)
