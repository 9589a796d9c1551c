"""The words for the codes of a machine, in the reader's language; a refusal says what to do next."""

from typing import Any

from flask_babel import lazy_gettext as _l

from refurb.core.workflow import Action, Status, TriageOutcome

Words = dict[Any, Any]

STATUSES: Words = {
    Status.RECEIVED: _l("Reçu"),
    Status.INVENTORIED: _l("Inventorié"),
    Status.TRIAGED: _l("Trié"),
    Status.WIPING: _l("Effacement en cours"),
    Status.WIPED: _l("Effacé"),
    Status.WIPE_FAILED: _l("Échec d'effacement"),
    Status.DIAGNOSED: _l("Diagnostiqué"),
    Status.IN_REPAIR: _l("En réparation"),
    Status.WAITING_PART: _l("En attente de pièce"),
    Status.INSTALLED: _l("Installé"),
    Status.QUALITY_CHECKED: _l("Contrôlé"),
    Status.IN_STOCK: _l("En stock"),
    Status.RESERVED: _l("Mis de côté"),
    Status.READY_FOR_PICKUP: _l("Prêt à remettre"),
    Status.HANDED_OVER: _l("Remis"),
    Status.ON_LOAN: _l("En prêt"),
    Status.IN_KIT: _l("En malle"),
    Status.LOCKED: _l("Bloqué"),
    Status.AFTER_SALES: _l("En retour"),
    Status.MISSING: _l("Introuvable"),
    Status.STOLEN: _l("Volé"),
    Status.PARTS: _l("Pour pièces"),
    Status.WEEE: _l("Parti en DEEE"),
    Status.RETURNED_TO_SUPPLIER: _l("Rendu au donateur"),
    Status.DESTROYED: _l("Détruit"),
}

#: What one does, as a button or a card says it.
ACTIONS: Words = {
    Action.INVENTORY: _l("Inventorier"),
    Action.TRIAGE: _l("Trier"),
    Action.START_WIPE: _l("Lancer l'effacement"),
    Action.RECORD_WIPE: _l("Enregistrer l'effacement"),
    Action.DIAGNOSE: _l("Diagnostiquer"),
    Action.REPAIR: _l("Mettre en réparation"),
    Action.WAIT_PART: _l("Mettre en attente de pièce"),
    Action.RESUME: _l("Reprendre la réparation"),
    Action.INSTALL: _l("Installer le système"),
    Action.CONTROL: _l("Contrôler"),
    Action.STOCK: _l("Entrer en stock"),
    Action.RESERVE: _l("Mettre de côté"),
    Action.RELEASE: _l("Remettre en stock"),
    Action.PREPARE: _l("Préparer pour la remise"),
    Action.HAND_OVER: _l("Remettre"),
    Action.RETURN: _l("Noter le retour"),
    Action.GIVE_BACK_TO_USER: _l("Rendre à son utilisateur"),
    Action.REOPEN: _l("Reprendre à l'atelier"),
    Action.LOCK: _l("Signaler un verrou"),
    Action.UNLOCK: _l("Lever le verrou"),
    Action.LOSE: _l("Signaler introuvable"),
    Action.FIND: _l("Noter retrouvée"),
    Action.STEAL: _l("Signaler volée"),
    Action.RECOVER: _l("Noter récupérée"),
    Action.DISMANTLE: _l("Garder pour pièces"),
    Action.SCRAP: _l("Sortir en DEEE"),
    Action.DESTROY: _l("Détruire"),
    Action.GIVE_BACK: _l("Rendre au donateur"),
}

TRIAGES: Words = {
    TriageOutcome.INSTALL: _l("À installer"),
    TriageOutcome.REPAIR: _l("À réparer"),
    TriageOutcome.PARTS: _l("Pour pièces"),
    TriageOutcome.WEEE: _l("Pour les DEEE"),
    TriageOutcome.LOCKED: _l("Bloquée"),
}

#: What a machine waits for (core.guidance.NextStep.waits).
WAITS: Words = {
    "wipe-running": _l("L'effacement est en cours : son journal fera la suite."),
    "part": _l("Elle attend une pièce."),
    "need": _l("Elle attend une demande."),
    "appointment": _l("Elle attend son rendez-vous de remise."),
    "out": _l("Elle est chez son utilisateur."),
    "release-by-supplier": _l("Elle attend que le donateur lève le verrou."),
    "found": _l("Elle attend d'être retrouvée."),
    "end": _l("Elle est au bout de son parcours."),
}

#: Why a move, an undo or another deed is refused (core.workflow, devices.services), and what to do.
REFUSALS: Words = {
    "already": _l("C'est déjà fait."),
    "no-such-move": _l("Cela ne se fait pas depuis l'état où elle est."),
    "step-missing": _l("Une étape manque avant celle-ci, et votre atelier la scanne."),
    "not-allowed": _l("Votre rôle ne permet pas ce geste : demandez à un contrôleur ou à la coordination."),
    "media-unknown": _l("Ses disques ne sont pas connus : passez un relevé, ou dites qu'elle n'en a pas."),
    "not-clear": _l("Un disque n'est pas effacé : enregistrez d'abord l'effacement."),
    "holds-no-system": _l("Ce matériel ne porte pas de système."),
    "system-unknown": _l("Le système installé n'est pas noté : ouvrez la machine et indiquez-le."),
    "checklist-missing": _l("La fiche de contrôle n'est pas remplie : ouvrez la machine et cochez-la."),
    "checklist-failed": _l("La fiche de contrôle signale un défaut : réparez, puis contrôlez de nouveau."),
    "second-person": _l("Une autre personne que celle qui l'a installée doit la contrôler."),
    "charger-missing": _l("Il manque son chargeur : indiquez lequel l'accompagne."),
    "set-incomplete": _l("Le poste n'est pas complet : écran, clavier, souris et câbles."),
    "profile-unknown": _l("On ne sait pas encore à quel usage elle convient : passez un relevé complet."),
    "not-labelled": _l("Elle n'a pas d'étiquette : imprimez-la et collez-la."),
    "no-reservation": _l("Elle n'est mise de côté pour personne."),
    "refusal-not-signed": _l("Elle n'est pas effacée : il faut le refus signé de son utilisateur."),
    "not-the-same-user": _l("On ne sait pas à qui elle était : passez par une nouvelle remise."),
    "mode-missing": _l("Dites comment elle est remise : don, vente solidaire ou prêt."),
    "motive-missing": _l("Donnez un motif."),
    "in-a-set": _l("Elle fait partie d'un poste : faites-le sur l'unité centrale, ou par le geste contraire."),
    "already-undone": _l("C'est déjà annulé."),
    "never-undone": _l("Ce geste ne s'annule pas : faites le geste contraire."),
    "not-a-move": _l("Il n'y a rien à annuler ici."),
    "later-status": _l("Elle a bougé depuis : annulez d'abord ce qui a suivi."),
    "later-reservation": _l("Elle a été mise de côté depuis : remettez-la d'abord en stock."),
    "later-document": _l("Un document en a été fait depuis : ce geste ne s'annule plus."),
    "later-report": _l("Un relevé en a été lu depuis : ce geste ne s'annule plus."),
    "reservation-released": _l("Ce geste a libéré la machine d'une demande : il ne s'annule plus."),
    "serial-known": _l("Une machine de cette marque porte déjà ce numéro de série."),
    "code-taken": _l("Ce code est déjà celui d'une machine."),
    "not-returned": _l("Personne n'a rapporté cette machine."),
    "away": _l("Elle n'est plus à l'atelier."),
    "not-inside": _l("Ce disque n'est pas dans cette machine."),
    "not-loose": _l("Ce disque est encore dans une machine."),
    "reopen-first": _l("Reprenez-la d'abord à l'atelier."),
}
