"""The rule in force in five sentences, made from the policy itself; the names of the numbers of its tables."""

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from refurb.core.points import Code
from refurb.matching.rule import POLICY
from refurb.needs import words as needs

TABLES: dict[str, Any] = {
    POLICY: _l("Minimums et maximums votés"),
    "points.household": _l("Points des foyers"),
    "points.structure": _l("Points des structures"),
}

FAULTS: dict[str, Any] = {
    "not-a-number": _l("Écrivez un nombre entier."),
    "out-of-range": _l("Ce nombre est trop grand, ou négatif."),
    "least-over-most": _l("Le minimum dépasse le maximum."),
    "unknown-part": _l("Cette ligne n'est pas de la table."),
    "missing-part": _l("Il manque un nombre."),
    "unchanged": _l("Rien n'a changé : il n'y a rien à essayer."),
    "already-adopted": _l("Cet essai a déjà été adopté."),
    "not-the-latest": _l("Quelqu'un a adopté une autre version depuis : refaites l'essai à partir d'elle."),
    "motive-missing": _l("Dites qui l'a décidé et pourquoi."),
}


def sentences(policy: Mapping[str, Any], versions: Mapping[str, int], epci_name: Callable[[str], str]) -> list[str]:
    """Return the rule in force, in the order in which it decides."""
    return [
        _least(policy, epci_name),
        _most(policy, epci_name),
        _(
            "Puis les demandes qui ont le plus de points : minimums, maximums et lots à servir ensemble mis à part, "
            "personne n'est dépassé par un dossier qui en a moins et dont il aurait pu prendre la place ; la table des "
            "foyers est en version %(household)s, celle des structures en version %(structure)s, et chaque dossier "
            "montre ses lignes.",
            household=versions["points.household"],
            structure=versions["points.structure"],
        ),
        _(
            "À points égaux, le plan qui sert le plus de demandes, puis celui qui les répartit entre les services d'un "
            "même territoire, puis celui qui garde les machines puissantes pour qui les demande et les fait voyager le "
            "moins."
        ),
        _(
            "Ce qui reste égal va à la demande validée la plus tôt, puis à un tirage dont la graine est publiée ; la "
            "règle propose, une personne décide, et ce qu'elle décide autrement est écrit au procès-verbal."
        ),
    ]


def _least(policy: Mapping[str, Any], epci_name: Callable[[str], str]) -> str:
    parts = []
    if policy["territory_least"]:
        parts.append(
            ngettext(
                "%(num)s machine pour les foyers de chaque intercommunalité qui en demande",
                "%(num)s machines pour les foyers de chaque intercommunalité qui en demande",
                policy["territory_least"],
            )
        )
    for code, bounds in sorted(policy["territories"].items()):
        parts.append(
            ngettext(
                "%(num)s machine pour les foyers de %(place)s",
                "%(num)s machines pour les foyers de %(place)s",
                bounds["least"],
                place=epci_name(code),
            )
        )
    if policy["structures"]["least"]:
        parts.append(
            ngettext(
                "%(num)s machine pour les structures",
                "%(num)s machines pour les structures",
                policy["structures"]["least"],
            )
        )
    if not parts:
        return str(_("Aucun minimum n'est voté : la règle commence par les points."))
    return str(_("D'abord les minimums votés, autant que le stock le permet : %(list)s.", list=" ; ".join(parts)))


def _most(policy: Mapping[str, Any], epci_name: Callable[[str], str]) -> str:
    parts = []
    if policy["structures"]["most"] is not None:
        parts.append(
            ngettext(
                "%(num)s machine pour les structures",
                "%(num)s machines pour les structures",
                policy["structures"]["most"],
            )
        )
    for code, bounds in sorted(policy["territories"].items()):
        if bounds["most"] is not None:
            parts.append(
                ngettext(
                    "%(num)s machine pour les foyers de %(place)s",
                    "%(num)s machines pour les foyers de %(place)s",
                    bounds["most"],
                    place=epci_name(code),
                )
            )
    if policy["prescriber_most"] is not None:
        parts.append(
            ngettext(
                "%(num)s machine pour les foyers d'un même service dans une intercommunalité",
                "%(num)s machines pour les foyers d'un même service dans une intercommunalité",
                policy["prescriber_most"],
            )
        )
    if not parts:
        return str(_("Aucun maximum n'est voté : seuls le stock et les points limitent ce que chacun reçoit."))
    return str(_("Jamais plus, en un calcul, que les maximums votés : %(list)s.", list=" ; ".join(parts)))


#: Those that have no term of their own.
_PARTS: dict[str, Any] = {"stake_undated_days": _l("Jours pendant lesquels une urgence sans date compte")}
_KEYS: dict[str, Any] = {
    "shared_by_many": _l("Un ordinateur partagé par beaucoup"),
    "many": _l("« Beaucoup » commence à tant de personnes"),
    "per_pupil": _l("par élève"),
    "per_person": _l("par personne"),
    "most": _l("au plus"),
    "per_week": _l("par semaine"),
    "inhabitants": _l("moins de tant d'habitants"),
    "points": _l("points"),
    "other": _l("autre usage"),
}


def part(name: str) -> str:
    """Return what a part of a table of points is about."""
    return str(_PARTS[name] if name in _PARTS else needs.POINTS[Code(name)])


def key(part_name: str, name: str) -> str:
    """Return what one number of a part is about."""
    lists: dict[str, tuple[Mapping[Any, Any], ...]] = {
        "equipment": (needs.EQUIPMENT,),
        "stake": (needs.MOTIVES_OF_URGENCY, needs.USAGES),
        "accompaniment": (needs.ACCOMPANIMENT,),
        "connectivity": (needs.CONNECTIVITY,),
    }
    for known in lists.get(part_name, ()):
        for code, word in known.items():
            if str(code) == name:
                return str(word)
    return str(_KEYS.get(name, name))
