"""The words of the workshop: the control's points, the queues, the choices."""

from typing import Any

from flask_babel import lazy_gettext as _l

from refurb.core.checklist import Tick
from refurb.core.workflow import Action, SecondPerson

Words = dict[Any, Any]

#: One sentence a point, as a question whose good answer is yes.
POINTS: Words = {
    "stickers": _l("Les étiquettes et codes du donateur sont enlevés"),
    "clean": _l("La machine est propre"),
    "hinges": _l("Les charnières tiennent l'écran"),
    "panel": _l("L'image est nette, sans ligne ni tache"),
    "stand": _l("Le pied est stable"),
    "keyboard": _l("Toutes les touches répondent"),
    "touchpad": _l("Le pavé tactile et ses boutons répondent"),
    "touch": _l("L'écran tactile répond partout"),
    "ports": _l("Chaque prise a été essayée"),
    "battery": _l("La batterie charge et tient"),
    "webcam": _l("La webcam montre une image"),
    "microphone": _l("Le micro enregistre la voix"),
    "speakers": _l("Le son sort des haut-parleurs ou de la prise"),
    "wifi": _l("Le wifi se connecte"),
    "wired": _l("Le réseau par câble se connecte"),
    "fan": _l("Le ventilateur est calme, rien ne surchauffe"),
    "locks": _l("Ni mot de passe du BIOS, ni compte, ni verrou d'entreprise"),
    "cards": _l("Carte SIM et carte mémoire sont enlevées"),
    "first_boot": _l("Le premier démarrage accueille la personne"),
    "updates": _l("Les mises à jour sont faites"),
    "prints": _l("Une page imprimée est nette"),
    "works": _l("Tout ce que promet l'appareil fonctionne"),
}

TICKS: Words = {
    Tick.OK: _l("Bien"),
    Tick.FAILED: _l("Défaut"),
    Tick.NOT_APPLICABLE: _l("N'en a pas"),
}

#: What waits at each step (workshop.queries.QUEUES): the word, the icon, the tone.
QUEUES: Words = {
    "receive": (_l("À inventorier"), "box-arrow-in-down", "going"),
    "triage": (_l("À trier"), "signpost-2", "going"),
    "wipe": (_l("À effacer"), "shield-exclamation", "going"),
    "after_sales": (_l("Revenues : à reprendre"), "wrench-adjustable", "waits"),
    "diagnose": (_l("À diagnostiquer"), "clipboard-data", "going"),
    "repair": (_l("En réparation"), "tools", "waits"),
    "install": (_l("À installer"), "display", "going"),
    "control": (_l("À contrôler"), "clipboard-check", "going"),
    "stock": (_l("À entrer en stock"), "box-seam", "going"),
    "prepare": (_l("À préparer pour une remise"), "bookmark-check", "waits"),
    "hand_over": (_l("Prêtes, attendent leur rendez-vous"), "bag", "done"),
    "locked": (_l("Bloquées, attendent le donateur"), "lock", "refused"),
}

STEPS: Words = {
    Action.INVENTORY: _l("L'inventaire : l'étiquette est collée, le numéro de série noté"),
    Action.TRIAGE: _l("Le tri : installer, réparer, garder pour pièces, DEEE"),
    Action.DIAGNOSE: _l("Le diagnostic"),
    Action.INSTALL: _l("L'installation du système"),
    Action.CONTROL: _l("Le contrôle"),
}

SECOND_PERSON: Words = {
    SecondPerson.REQUIRED: _l("Obligatoire, dès que l'atelier compte deux personnes"),
    SecondPerson.PREFERRED: _l("Souhaitée : sinon, c'est signalé sur la machine"),
    SecondPerson.OFF: _l("Pas demandée"),
}

FIRST_BOOTS: Words = {
    "oem": _l("La personne crée son compte au premier démarrage"),
    "guest": _l("Session d'invité, pour un poste partagé"),
    "prepared": _l("Compte préparé avec la personne"),
}

REFUSALS: Words = {
    "known-system": _l("Ce système et cette version sont déjà au catalogue."),
    "known-place": _l("Une de vos places porte déjà ce nom."),
}
