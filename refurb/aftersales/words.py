"""The words for the codes of a ticket, in the reader's language."""

from typing import Any

from flask_babel import lazy_gettext as _l

from refurb.core.aftersales import Fault, Outcome

Words = dict[Any, Any]

FAULTS: Words = {
    Fault.NO_POWER: _l("Elle ne s'allume plus"),
    Fault.CHARGER: _l("Le chargeur ne marche plus, ou il est perdu"),
    Fault.BATTERY: _l("La batterie ne tient plus"),
    Fault.SCREEN: _l("L'écran"),
    Fault.KEYBOARD: _l("Le clavier, la souris ou le pavé tactile"),
    Fault.WIFI: _l("Le wifi ou Internet"),
    Fault.SOUND: _l("Le son"),
    Fault.SLOW: _l("Elle est très lente"),
    Fault.PASSWORD: _l("Le mot de passe est oublié"),
    Fault.BROKEN: _l("Elle est tombée, ou mouillée"),
    Fault.OTHER: _l("Autre chose"),
}
OUTCOMES: Words = {
    Outcome.ADVICE: _l("Réglé par un conseil"),
    Outcome.CHARGER_SWAPPED: _l("Chargeur échangé"),
    Outcome.PART_SWAPPED: _l("Pièce changée, rendue à la même personne"),
    Outcome.REPAIRED: _l("Réparée, rendue à la même personne"),
    Outcome.NO_FAULT: _l("Aucune panne trouvée"),
    Outcome.EXCHANGED: _l("La personne attend une autre machine : son dossier reprend la file"),
    Outcome.NOT_REPAIRED: _l("Pas réparable, la personne ne demande pas d'autre machine"),
}
REFUSALS: Words = {
    "not-out": _l("Cette machine n'est pas chez quelqu'un : ouvrez sa fiche à l'atelier."),
    "already-open": _l("Un signalement est déjà ouvert sur cette machine."),
    "closed": _l("Ce signalement est déjà clos."),
    "no-stock": _l("Ce chargeur n'est plus en stock. Choisissez-en un autre."),
    "not-on-bench": _l("La machine n'est plus sur l'établi : elle ne peut pas être rendue d'ici."),
    "refusal-not-signed": _l(
        "La machine a servi : elle est effacée avant de repartir, ou la personne signe qu'elle refuse l'effacement."
    ),
    "not-the-same-user": _l("Cette machine est allée à quelqu'un d'autre depuis."),
    "no-such-move": _l("L'état de la machine ne permet pas ce geste. Ouvrez sa fiche."),
    "not-allowed": _l("Votre rôle ne permet pas ce geste."),
    "already": _l("C'est déjà fait."),
    "returned-already": _l("Cette machine est déjà revenue."),
}
