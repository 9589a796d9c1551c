"""What is said when labels cannot be printed: once, for the pages and the command line."""

from collections.abc import Callable


def sentences(_: Callable[[str], str]) -> dict[str, str]:
    """Return a sentence for each code of LabelRefused, in the language of `_`; `%(about)s` is to be filled."""
    return {
        "nothing-to-print": _("Il n'y a aucune étiquette à imprimer : donnez au moins un code."),
        "no-such-layout": _("%(about)s : cette planche n'est pas connue."),
        "no-such-position": _("%(about)s : cette position n'est pas sur la planche."),
        "not-a-code": _("%(about)s n'est pas un code valable : rien n'est imprimé."),
        "bars-too-fine": _(
            "%(about)s : sur cette étiquette, les barres seraient plus fines que le point de l'imprimante et aucun "
            "scanner ne les lirait. Prenez une étiquette plus large ou une imprimante plus fine."
        ),
        "square-too-fine": _(
            "%(about)s : les points du carré QR seraient trop fins pour cette imprimante ou pour un téléphone. Prenez "
            "une étiquette plus grande ou une imprimante plus fine."
        ),
        "not-yours": _("%(about)s n'est ni une machine, ni un emplacement, ni une carte de votre organisation."),
        "too-many": _("C'est plus de %(about)s étiquettes d'un coup : faites-le en plusieurs fois."),
        "label-too-small": _("%(about)s : cette étiquette est trop petite pour les barres et le QR ensemble."),
    }
