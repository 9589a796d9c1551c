"""The words for what suits, what does not, and what cannot be done."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from refurb.core.identity import display
from refurb.core.matching import Gap
from refurb.core.purpose import Purpose
from refurb.needs import words as needs

CRITERIA: dict[str, Any] = {
    "forms": _l("Type de machine"),
    "class": _l("Puissance"),
    "ram_gb": _l("Mémoire"),
    "storage_gb": _l("Stockage (SSD)"),
    "screen_in": _l("Taille de l'écran"),
    "webcam": _l("Webcam"),
    "battery_pct": _l("Batterie"),
    "os": _l("Système"),
    "modes": _l("Don, prêt ou vente"),
    "reach": _l("Zone desservie par l'atelier"),
    "recipient": _l("Public"),
}

BANDS: dict[int, Any] = {
    0: _l("même commune"),
    1: _l("même intercommunalité"),
    2: _l("même département"),
    3: _l("autre département"),
}

REFUSALS: dict[str, Any] = {
    **needs.REFUSALS,
    "device-taken": _l(
        "Quelqu'un vient de mettre cette machine de côté pour un autre dossier. Choisissez-en une autre."
    ),
    "need-taken": _l("Une machine vient d'être mise de côté pour ce dossier : vous n'avez plus rien à faire."),
    "device-not-in-stock": _l("Cette machine n'est plus en stock. Choisissez-en une autre."),
    "not-suitable": _l("Cette machine ne convient pas à ce dossier."),
    "not-matched": _l("Cette machine n'a pas de classe de puissance, ou la demande n'a pas de commune."),
    "not-counted": _l(
        "Cette demande n'est plus à servir ici : une machine lui est destinée, ou elle est à compléter, à confirmer, "
        "suspendue ou close. Sa page le dit."
    ),
    "ended": _l("Cette mise de côté a déjà pris fin."),
    "already-answered": _l("Votre service a déjà accepté cette machine."),
    "later-only": _l("La nouvelle date doit être après l'ancienne."),
    "already-decided": _l("Quelqu'un vient de décider de cette proposition : la page le montre."),
    "run-meanwhile": _l("Quelqu'un vient de lancer un calcul ou de proposer une machine : rechargez la page."),
    "run-closed": _l("Ce calcul ne se décide plus : c'était un essai, ou un autre l'a suivi."),
    "over-cap": _l("Ce choix dépasserait un maximum voté ; seul un vote change un maximum."),
    "bundle-whole": _l("Ces machines vont ensemble, toutes ou aucune : refusez le lot entier ou laissez-le entier."),
    "unknown-motive": _l("Choisissez un motif de la liste."),
    "cost-changed": _l("Le coût a changé depuis que vous l'avez vu : voici le nouveau, à confirmer."),
}

#: Why a need was not served, as a household may be told.
REASONS: dict[str, Any] = {
    "out_of_reach": _l("Une machine conviendrait, mais l'atelier qui l'a ne dessert pas ce territoire."),
    "no_suitable_device": _l("Aucune machine en stock ne convient aujourd'hui."),
    "bundle_incomplete": _l("Le stock ne permet pas de servir ces machines ensemble."),
    "cap_reached": _l("Le maximum voté est atteint pour ce public, ce territoire ou ce service."),
    "bundle_outranked": _l("D'autres dossiers passent avant ce lot de machines."),
    "rule_first": _l("Un minimum voté, ou un lot de machines à servir ensemble, est passé avant."),
    "outranked": _l("D'autres dossiers passent avant : ils ont autant de points ou plus."),
}

#: Why a need was not counted with.
KEPT_OUT: dict[str, Any] = {
    "not_validated": _l("La coordination ne l'a pas encore validée."),
    "equipped": _l("Le foyer a reçu un équipement il y a moins de 36 mois : la coordination doit en décider."),
    "to_complete": _l("Le service doit la compléter."),
    "to_reconfirm": _l("Le service ne l'a pas confirmée depuis 90 jours."),
    "suspended": _l("Elle est suspendue ; elle garde son rang."),
    "service_not_approved": _l("Le service n'est pas encore agréé."),
    "no_commune": _l("Elle n'a pas de commune."),
    "no_place": _l("Elle n'a pas de lieu de remise."),
    "proposed_at_desk": _l("Une machine lui est déjà proposée depuis l'atelier."),
}

#: Why a coordinator decided otherwise.
MOTIVES: dict[str, Any] = {
    "more-urgent": _l("Un autre dossier est plus urgent"),
    "service-informed-us": _l("Le service nous a appris quelque chose"),
    "machine-unfit": _l("La machine ne convient pas, en fait"),
    "transport": _l("Le transport n'est pas possible"),
    "served-elsewhere": _l("Le foyer est servi autrement"),
    "data-wrong": _l("Une donnée est fausse"),
    "board-decision": _l("Décision du comité"),
}

PROPOSAL_STATES: dict[str, Any] = {
    "pending": (_l("À décider"), "waits"),
    "accepted": (_l("Mis de côté"), "done"),
    "refused": (_l("Refusée"), "refused"),
    "replaced": (_l("Remplacée"), "neutral"),
    "overtaken": (_l("Dépassée"), "neutral"),
}

ORIGINS: dict[str, Any] = {
    "rule": "",
    "swap": _l("décision différente"),
    "follows": _l("suite d'une décision"),
    "desk": _l("depuis l'atelier"),
}

TIERS: dict[str, Any] = {
    "floors": _l("Machines sous les minimums votés"),
    "points": _l("Points servis"),
    "served": _l("Demandes servies"),
    "balance": _l("Concentration sur les mêmes services"),
    "fit": _l("Écart et trajet des machines"),
}

#: What a thing is for that no need asks for by itself.
PURPOSES: dict[Purpose, Any] = {
    Purpose.FOR_A_BASE: _l("Cet écran complète un poste fixe"),
    Purpose.SPARE_SCREEN: _l("Cet écran attend une unité centrale : aucune n'est en préparation ici sans le sien"),
    Purpose.NO_CLASS: _l("Sans classe de puissance, on ne peut dire pour qui : un relevé de la machine la donnera"),
    Purpose.NOBODY_ASKS: _l("Aucune demande ne porte sur ce genre de matériel : il reste en stock"),
}


def bases_waiting(codes: Sequence[str], count: int) -> str:
    """Name the first base units that want a screen, of `count`."""
    said = ngettext(
        "%(num)s unité centrale se prépare ici sans écran :",
        "%(num)s unités centrales se préparent ici sans écran :",
        count,
    )
    return f"{said} {', '.join(map(display, codes))}{'…' if count > len(codes) else ''}"


ENDINGS: dict[str, Any] = {
    "handed_over": _l("remise"),
    "released": _l("rendue au stock"),
    "expired": _l("délai dépassé"),
    "declined": _l("déclinée par le service"),
    "device_left": _l("machine indisponible"),
}


def gap(row: Gap) -> str:
    """Return one reason why a machine does not suit, as a sentence with what there is and what was asked."""
    return str(_gap(row.criterion, row.have, row.want))


def _gap(criterion: str, have: Any, want: Any) -> Any:
    match criterion:
        case "forms":
            asked = _(" ou ").join(str(needs.FORMS[form]) for form in want)
            return _("C'est : %(have)s ; il faut : %(want)s.", have=needs.FORMS[have], want=asked)
        case "class":
            return _("Puissance %(have)s ; il faut %(want)s au moins.", have=have, want=want)
        case "ram_gb":
            return _("Mémoire de %(have)s Go ; il faut %(want)s Go.", have=_plain(have), want=_plain(want))
        case "storage_gb":
            return _("Stockage de %(have)s Go (SSD) ; il faut %(want)s Go.", have=_plain(have), want=_plain(want))
        case "screen_in":
            if have is None:
                return _("Taille d'écran inconnue ; il faut %(want)s pouces.", want=_plain(want))
            return _("Écran de %(have)s pouces ; il faut %(want)s pouces.", have=_plain(have), want=_plain(want))
        case "webcam":
            return _("Pas de webcam.") if have is False else _("Webcam non testée.")
        case "battery_pct":
            if not have:
                return _("Batterie non mesurée ; il faut %(want)s %%.", want=want)
            return _("Batterie à %(have)s %% ; il faut %(want)s %%.", have=have, want=want)
        case "os":
            return _("Système %(have)s ; il faut %(want)s.", have=str(have).capitalize(), want=str(want).capitalize())
        case "modes":
            allowed = ", ".join(str(needs.MODES[mode]) for mode in have) or _("aucun")
            wanted = _(" ou ").join(str(needs.MODES[mode]) for mode in want)
            return _("Son origine permet : %(have)s ; la personne accepte : %(want)s.", have=allowed, want=wanted)
        case "reach":
            return _("L'atelier ne dessert pas cette intercommunalité.")
    return _("Elle n'est pas destinée à ce public.")


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, int | float) else str(value)


#: What giving one criterion up would open, said to who may act on it.
_UNLOCKS: dict[str, Any] = {
    "forms": lambda n: ngettext(
        "%(num)s machine d'un autre type serait disponible", "%(num)s machines d'un autre type seraient disponibles", n
    ),
    "class": lambda n: ngettext(
        "%(num)s machine moins puissante serait disponible", "%(num)s machines moins puissantes seraient disponibles", n
    ),
    "ram_gb": lambda n: ngettext(
        "%(num)s machine avec moins de mémoire serait disponible",
        "%(num)s machines avec moins de mémoire seraient disponibles",
        n,
    ),
    "storage_gb": lambda n: ngettext(
        "%(num)s machine avec moins de stockage serait disponible",
        "%(num)s machines avec moins de stockage seraient disponibles",
        n,
    ),
    "screen_in": lambda n: ngettext(
        "%(num)s machine à l'écran plus petit serait disponible",
        "%(num)s machines à l'écran plus petit seraient disponibles",
        n,
    ),
    "webcam": lambda n: ngettext(
        "%(num)s machine sans webcam vérifiée serait disponible",
        "%(num)s machines sans webcam vérifiée seraient disponibles",
        n,
    ),
    "battery_pct": lambda n: ngettext(
        "%(num)s machine à la batterie plus faible serait disponible",
        "%(num)s machines à la batterie plus faible seraient disponibles",
        n,
    ),
    "os": lambda n: ngettext(
        "%(num)s machine avec un autre système serait disponible",
        "%(num)s machines avec un autre système seraient disponibles",
        n,
    ),
    "modes": lambda n: ngettext(
        "%(num)s machine serait disponible si un prêt ou une petite participation convenait",
        "%(num)s machines seraient disponibles si un prêt ou une petite participation convenait",
        n,
    ),
    "reach": lambda n: ngettext(
        "%(num)s machine conviendrait, dans un atelier qui ne dessert pas ce territoire",
        "%(num)s machines conviendraient, dans des ateliers qui ne desservent pas ce territoire",
        n,
    ),
}


def unlocks(relaxations: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return what would unlock a need, a sentence a criterion, the one that opens most first."""
    rows = sorted(relaxations, key=lambda row: -row["devices"])
    return [str(_UNLOCKS[row["criterion"]](row["devices"])) for row in rows]


def share(name: str, epci_name: Callable[[str], str], service_name: Callable[[str], str]) -> str:
    """Return a share of the policy in words."""
    recipient, _slash, rest = name.partition("/")
    if not rest:
        return str(_("les structures")) if recipient == "structure" else str(_("les foyers"))
    territory, _slash, prescriber = rest.partition("/")
    place = epci_name(territory.removeprefix("epci:"))
    if not prescriber:
        return str(_("les foyers de %(place)s", place=place))
    service = service_name(prescriber.removeprefix("prescriber:"))
    return str(_("les foyers de %(place)s suivis par %(service)s", place=place, service=service))


def why(explanation: Mapping[str, Any]) -> str:
    """Return the terms of a pair as one sentence."""
    surplus = explanation["class_given"] - explanation["class_asked"]
    if surplus <= 0:
        power = _("puissance juste")
    else:
        power = ngettext("%(num)s classe au-dessus du demandé", "%(num)s classes au-dessus du demandé", surplus)
    points = ngettext("%(num)s point", "%(num)s points", explanation["points"])
    return str(_("%(points)s, %(power)s, %(band)s", points=points, power=power, band=BANDS[explanation["band"]]))


def wait(told: Any) -> str:
    """Return an estimate as a sentence that a household may be told; `told` is a WaitEstimate."""
    if told.why == "free":
        return str(_("Une machine qui convient est en stock : la réponse devrait venir avec le prochain calcul."))
    if told.why == "nothing-comes":
        return str(
            _("Rien de ce qui nous arrive ne convient pour l'instant : nous cherchons, et le service est prévenu.")
        )
    if told.median_weeks is None:
        return str(_("Trop peu de machines de cette sorte nous arrivent pour annoncer un délai."))
    middle = ngettext("%(num)s semaine", "%(num)s semaines", told.median_weeks)
    if told.most_weeks is None:
        return str(_("Environ %(middle)s d'attente, sans que nous puissions dire au plus.", middle=middle))
    most = ngettext("%(num)s semaine", "%(num)s semaines", told.most_weeks)
    return str(_("Environ %(middle)s d'attente ; neuf fois sur dix, moins de %(most)s.", middle=middle, most=most))
