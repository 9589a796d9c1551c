"""What is said of a text that is no code: once, for the desk, the labels and the command line."""

from collections.abc import Callable

from refurb.core.identity import WhyNot

#: Of a text that is no code, as many characters are shown where lines stand together (and by static/js/scan-read.mjs).
LONGEST_SHOWN = 60


def cut(text: str) -> str:
    """Return the beginning of a text that would fill the screen; the page of the pile has the whole."""
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN].rstrip()}…"


def sentences(_: Callable[[str], str]) -> dict[WhyNot, str]:
    """Return a sentence for each reason, in the language of `_`: gettext of the page, or of the command line."""
    return {
        WhyNot.EMPTY: _("Rien n'a été lu : scannez de nouveau."),
        WhyNot.TOO_LONG: _("Ce texte est trop long pour être un code."),
        WhyNot.WRONG_CHECK: _(
            "Ce code est faux : ses deux derniers chiffres ne correspondent pas. Scannez de nouveau, ou tapez-le tel "
            "qu'il est écrit sur l'étiquette."
        ),
        WhyNot.INSIDE_LONGER: _(
            "Il y a un code là-dedans, mais d'autres caractères y sont collés. Scannez le code seul."
        ),
        WhyNot.UNKNOWN_KIND: _("Cela ressemble à un code, mais sa première lettre n'est pas une des nôtres."),
        WhyNot.WRONG_LENGTH: _("Un code a une lettre et dix chiffres ; celui-ci n'a pas la bonne longueur."),
        WhyNot.SEVERAL_READINGS: _(
            "Ce texte peut se lire de deux façons selon le clavier. Tapez le code tel qu'il est écrit sur l'étiquette."
        ),
        WhyNot.NOT_A_CODE: _("Ce n'est pas un de nos codes : une lettre et dix chiffres, comme R 4900 0012 08."),
    }
