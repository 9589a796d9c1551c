"""The words for what suits, what does not, and what cannot be done."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from refurb.core.matching import Gap
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
    "ended": _l("Cette mise de côté a déjà pris fin."),
    "already-answered": _l("Votre service a déjà accepté cette machine."),
    "later-only": _l("La nouvelle date doit être après l'ancienne."),
}

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
