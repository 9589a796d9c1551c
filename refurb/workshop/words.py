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

#: A machine's questions, as the agent asks them and as the bench page repeats them: yes is well.
QUESTIONS: Words = {
    "panel": _l("L'image est-elle entière, sans tache ni trait ?"),
    "keyboard": _l("Toutes les touches répondent-elles ?"),
    "touchpad": _l("Le pointeur suit-il, les boutons cliquent-ils ?"),
    "webcam": _l("L'image de la caméra est-elle nette ?"),
    "speakers": _l("Avez-vous entendu les deux sons ?"),
    "wifi": _l("Des réseaux wifi apparaissent-ils ?"),
}

ACCOUNTS: Words = {
    "none": _l("Aucun compte : elle s'allume comme neuve"),
    "apple": _l("Un compte Apple (verrouillage d'activation)"),
    "google": _l("Un compte Google, Samsung ou Xiaomi"),
}

RESETS: Words = {
    "reset-encrypted": _l("Par ses réglages, elle était chiffrée (Android 10 et plus, iPhone, iPad)"),
    "reset-tool": _l("Par l'outil du fabricant, système réécrit (Finder ou iTunes, Odin, fastboot)"),
    "reset-unknown": _l("Par ses réglages, sans savoir si elle était chiffrée"),
}

#: Of a form for yes, no, or not looked at yet.
THREE: Words = {"yes": _l("Oui"), "no": _l("Non"), "": _l("Pas regardé")}

REFUSALS: Words = {
    "photo-unreadable": _l("Ce fichier n'est pas une photo lisible : prenez-la en JPEG, PNG ou WebP."),
    "photo-too-large": _l("Cette photo est trop grande : prenez-la avec moins de pixels."),
    "photo-too-many": _l("Cette machine a déjà beaucoup de photos : retirez-en d'abord."),
    "photo-is-evidence": _l("Cette photo prouve une remise à zéro : elle reste."),
    "not-a-pocket": _l("Ceci se note sur une tablette ou un téléphone."),
    "imei-known": _l("Une autre machine de l'atelier porte déjà cet IMEI."),
    "imei-length": _l("Un IMEI compte quinze chiffres : tapez *#06# sur l'appareil pour le lire."),
    "imei-check": _l("Ce n'est pas un IMEI : un chiffre au moins est faux, relisez-le."),
    "imei-placeholder": _l("Cet IMEI est celui d'un appareil d'essai, pas d'un vrai."),
    "account-unknown": _l("Dites d'abord si un compte la retient encore."),
    "account-still-there": _l("Un compte la retient encore : tant qu'il y est, la remise à zéro ne vaut rien."),
    "cards-unknown": _l("Dites d'abord si la carte SIM et la carte mémoire sont enlevées."),
    "cards-inside": _l("Enlevez d'abord la carte SIM et la carte mémoire : la remise à zéro ne les efface pas."),
    "several-media": _l("Plusieurs mémoires sont notées dans cette machine : effacez chacune sur sa page."),
    "method-unknown": _l("Dites comment elle a été remise à zéro."),
    "kind-missing": _l("Dites ce qui la bloque, ou « verrou non identifié »."),
    "date-past": _l("Choisissez une date à venir."),
    "not-yet": _l("La date laissée au donateur n'est pas passée."),
    "unknown-point": _l("Ce point ne se regarde pas sur cette sorte de machine."),
    "incomplete": _l("Ce point se regarde toujours : bien, ou défaut."),
    "known-system": _l("Ce système et cette version sont déjà au catalogue."),
    "known-place": _l("Une de vos places porte déjà ce nom."),
}
