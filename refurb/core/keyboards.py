"""What a scan gun's keystrokes become when gun and computer disagree about the keyboard.

A gun sends key positions. Set for QWERTY and plugged into an AZERTY machine, it types `à` where it meant `0`. Each
layout here is a table from the character received to the character meant, laid out row by row as on the keyboard, so
that a reader can check it against a photograph of one.
"""

from dataclasses import dataclass

_QWERTY = ("1234567890-=", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./")
_QWERTY_SHIFTED = ("!@#$%^&*()_+", "QWERTYUIOP{}", 'ASDFGHJKL:"', "ZXCVBNM<>?")
_AZERTY_PC = ("&é\"'(-è_çà)=", "azertyuiop^$", "qsdfghjklmù", "wxcvbn,;:!")
_AZERTY_PC_SHIFTED = ("1234567890°+", "AZERTYUIOP¨£", "QSDFGHJKLM%", "WXCVBN?./§")
#: Belgian keyboards and French Apple ones agree with each other, and differ from French PC ones at 6, 8 and the hyphen.
_AZERTY_BE_MAC = ("&é\"'(§è!çà)-", "azertyuiop^$", "qsdfghjklmù", "wxcvbn,;:=")
_AZERTY_BE_MAC_SHIFTED = ("1234567890°_", "AZERTYUIOP¨*", "QSDFGHJKLM%", "WXCVBN?./+")
#: British keyboards differ from American ones, for us, at two shifted digits and the apostrophe.
_QWERTY_UK_SHIFTED = ('!"£$%^&*()_+', "QWERTYUIOP{}", "ASDFGHJKL:@", "ZXCVBNM<>?")


@dataclass(frozen=True)
class Layout:
    """A disagreement between a gun and a computer: `table` maps what arrived to what was meant."""

    name: str
    table: dict[int, str]

    def mend(self, text: str) -> str:
        """Return what the gun meant."""
        return text.translate(self.table)

    def mend_digits(self, text: str) -> str:
        """Return `text` with its digits mended and its letters left: typed by hand, without the shift key."""
        return "".join(meant if (meant := self.table.get(ord(c), c)).isdecimal() else c for c in text)


def _table(received: tuple[str, ...], meant: tuple[str, ...]) -> dict[int, str]:
    table: dict[int, str] = {}
    for got_row, meant_row in zip(received, meant, strict=True):
        table |= {ord(got): want for got, want in zip(got_row, meant_row, strict=True)}
    return table


def _with_caps_lock(table: dict[int, str]) -> dict[int, str]:
    """Add É È Ç À, which the digit row gives under caps lock on Linux and on a Mac (on Windows it gives digits)."""
    return table | {ord(chr(got).upper()): want for got, want in table.items() if chr(got) in "éèçàù"}


def _reach(received: tuple[str, ...], shifted: tuple[str, ...]) -> dict[int, str]:
    return _with_caps_lock(_table(shifted, _QWERTY_SHIFTED) | _table(received, _QWERTY))


#: Most likely first: when two of them give a valid code, the reading is a doubt, not a choice.
LAYOUTS = (
    Layout("azerty", _reach(_AZERTY_PC, _AZERTY_PC_SHIFTED)),
    Layout("azerty-be-mac", _reach(_AZERTY_BE_MAC, _AZERTY_BE_MAC_SHIFTED)),
    # The other way round: a gun set for AZERTY, on a live Linux whose keyboard is still QWERTY.
    Layout("qwerty", _table(_QWERTY, _AZERTY_PC) | _table(_QWERTY_SHIFTED, _AZERTY_PC_SHIFTED)),
    Layout("qwerty-uk", _table(_QWERTY, _AZERTY_PC) | _table(_QWERTY_UK_SHIFTED, _AZERTY_PC_SHIFTED)),
)
#: The letters that move between the two families, for a text whose digits came out right (Windows, caps lock on).
LETTERS = str.maketrans("AQZWaqzw?,", "QAWZqawzMm")
