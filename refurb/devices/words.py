"""The words for the codes of a machine, in the reader's language; a refusal says what to do next."""

from typing import Any

from flask_babel import lazy_gettext as _l

from refurb.core.equipment import Form, Origin, Regime
from refurb.core.media import MediumState, Outcome, WipeSource
from refurb.core.workflow import Action, Status, TriageOutcome
from refurb.devices.models import Grade, MediumKind

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
    "media-unknown": _l("Passez un relevé, ou notez ses disques. Sans disque, attestez-le après avoir ouvert."),
    "disk-to-destroy": _l("Un disque ne peut qu'être détruit : percez-le ou broyez-le, un contrôleur note comment."),
    "log-to-settle": _l("L'heure d'un journal d'effacement est impossible : un contrôleur dit s'il compte."),
    "reservation-to-accept": _l(
        "Un effacement laisse une réserve : un contrôleur l'accepte, ou l'on efface par une autre méthode."
    ),
    "report-asks": _l("Un relevé attend une décision de l'atelier."),
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
    "disk-to-destroy": _l("Un disque ne peut qu'être détruit : détruisez-le, et qu'un contrôleur le note."),
    "log-to-settle": _l("L'heure d'un journal d'effacement est impossible : un contrôleur dit d'abord s'il compte."),
    "reservation-to-accept": _l("Un effacement laisse une réserve : un contrôleur l'accepte, ou effacez autrement."),
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
    "number-taken": _l(
        "Ce scan portait le numéro d'un autre, fait par quelqu'un d'autre ou sur autre chose : rescannez."
    ),
    "code-taken": _l("Ce code est déjà celui d'une machine."),
    "not-returned": _l("Personne n'a rapporté cette machine."),
    "away": _l("Elle n'est plus à l'atelier."),
    "not-inside": _l("Ce disque n'est pas dans cette machine."),
    "not-loose": _l("Ce disque est encore dans une machine."),
    "reopen-first": _l("Reprenez-la d'abord à l'atelier."),
}

REFUSALS |= {
    "not-a-base": _l("Un poste se compose autour d'un ordinateur fixe ou d'un mini-ordinateur."),
    "not-a-monitor": _l("Ce code n'est pas celui d'un écran."),
    "other-holder": _l("Cette machine est dans un autre atelier."),
    "not-enough": _l("Il n'en reste pas assez sur l'étagère : comptez de nouveau."),
    "not-a-charger": _l("Cette ligne n'est pas un chargeur."),
    "needs-no-charger": _l("Ce matériel n'a pas de chargeur à lui."),
    "no-charger": _l("Aucun chargeur n'est noté avec cette machine."),
    "not-a-part": _l("Ceci ne se monte pas dans une machine."),
    "same-machine": _l("C'est la même machine : scannez celle d'où vient la pièce."),
    "nothing-to-accept": _l("Il n'y a pas de réserve à accepter sur ce disque."),
    "to-destroy": _l("Le donateur demande que ce disque soit détruit : sa réserve ne s'accepte pas."),
    "same-person": _l("La réserve doit être acceptée par une autre personne que celle qui a effacé."),
    "reason-missing": _l("Donnez une raison."),
    "method-missing": _l("Dites comment le disque a été détruit."),
    "no-doubt": _l("Cette question a déjà sa réponse."),
}

FORMS: Words = {
    Form.LAPTOP: _l("Ordinateur portable"),
    Form.DESKTOP: _l("Ordinateur fixe"),
    Form.MINI_PC: _l("Mini-ordinateur"),
    Form.ALL_IN_ONE: _l("Ordinateur tout-en-un"),
    Form.TABLET: _l("Tablette"),
    Form.SMARTPHONE: _l("Téléphone"),
    Form.SERVER: _l("Serveur"),
    Form.MONITOR: _l("Écran"),
    Form.PRINTER: _l("Imprimante"),
    Form.OTHER: _l("Autre matériel"),
}

ORIGINS: Words = {
    Origin.PRIVATE: _l("Privée"),
    Origin.PUBLIC: _l("Publique (revente encadrée)"),
}

REGIMES: Words = {
    Regime.GIFT: _l("Don"),
    Regime.PATRONAGE: _l("Mécénat d'entreprise"),
    Regime.PUBLIC_ASSOCIATION: _l("Cession d'une personne publique à une association"),
    Regime.PUBLIC_BODY: _l("Cession entre personnes publiques"),
    Regime.SALE: _l("Vente"),
}

GRADES: Words = {
    Grade.A: _l("A : comme on l'offrirait"),
    Grade.B: _l("B : traces d'usage"),
    Grade.C: _l("C : marquée, mais saine"),
}

MEDIUM_KINDS: Words = {
    MediumKind.HDD: _l("Disque dur"),
    MediumKind.SSD: _l("SSD"),
    MediumKind.NVME: _l("SSD NVMe"),
    MediumKind.EMMC: _l("Mémoire soudée (eMMC)"),
    MediumKind.UNKNOWN: _l("Disque"),
}

#: Where a medium stands: the word and the tone.
MEDIUM_STATES: Words = {
    MediumState.NOT_WIPED: (_l("À effacer"), "waits"),
    MediumState.DOUBTFUL: (_l("Heure du journal à confirmer"), "waits"),
    MediumState.INTERRUPTED: (_l("Effacement interrompu, à recommencer"), "waits"),
    MediumState.FAILED: (_l("Échec d'effacement : à détruire"), "refused"),
    MediumState.TO_DESTROY: (_l("À détruire : le donateur l'a demandé"), "waits"),
    MediumState.RESERVATION: (_l("Effacé avec réserve, à accepter"), "waits"),
    MediumState.OK: (_l("Effacé"), "done"),
    MediumState.RESERVATION_ACCEPTED: (_l("Effacé, réserve acceptée"), "done"),
    MediumState.DESTROYED: (_l("Détruit"), "done"),
    MediumState.ABSENT: (_l("Attesté absent"), "done"),
}

OUTCOMES: Words = {
    Outcome.OK: _l("Effacé, sans réserve"),
    Outcome.OK_WITH_RESERVATION: _l("Effacé avec une réserve"),
    Outcome.FAILED: _l("Échec"),
}

WIPE_SOURCES: Words = {
    WipeSource.LOG: _l("journal de l'outil"),
    WipeSource.MANUAL: _l("saisi à la main"),
    WipeSource.DONOR: _l("par le donateur : ne compte pas"),
}

#: How a disk is wiped, as the entry by hand proposes it; the value is what certificates print.
METHODS: Words = {
    "nwipe": _l("nwipe, une passe au moins"),
    "secure-erase": _l("Effacement sécurisé ATA (hdparm)"),
    "nvme-sanitize": _l("Sanitize NVMe"),
    "nvme-format": _l("Format NVMe avec effacement"),
    "crypto-erase": _l("Effacement de la clé de chiffrement"),
    "manufacturer": _l("Outil du constructeur"),
    "factory-reset": _l("Remise à zéro d'usine (tablette, téléphone)"),
    "new": _l("Disque neuf, jamais utilisé"),
    "other": _l("Autre"),
}

STOCK_KINDS: Words = {
    "charger": _l("Chargeur"),
    "mouse": _l("Souris"),
    "keyboard": _l("Clavier"),
    "cable": _l("Câble"),
    "memory": _l("Barrette de mémoire"),
    "battery": _l("Batterie"),
    "panel": _l("Dalle"),
    "laptop_keyboard": _l("Clavier de portable"),
    "wifi_card": _l("Carte wifi"),
    "headset": _l("Casque"),
    "webcam": _l("Webcam"),
    "other": _l("Autre pièce"),
}

CONNECTORS: Words = {
    "USB-C": _l("USB-C"),
    "Lenovo rectangulaire": _l("Lenovo, rectangulaire"),
    "Lenovo rond": _l("Lenovo, rond"),
    "HP 4,5 mm": _l("HP, 4,5 mm bleu"),
    "HP 7,4 mm": _l("HP, 7,4 mm"),
    "Dell 4,5 mm": _l("Dell, 4,5 mm"),
    "Dell 7,4 mm": _l("Dell, 7,4 mm"),
    "MagSafe": _l("Apple MagSafe"),
    "Rond 5,5 mm": _l("Rond, 5,5 mm"),
    "Micro-USB": _l("Micro-USB"),
    "Lightning": _l("Lightning"),
    "Autre": _l("Autre"),
}

#: What a line of the history says; `%(...)s` names come from the payload (see `devices.history`).
EVENTS: Words = {
    "device.received": _l("Arrivée"),
    "device.imported": _l("Reprise d'un ancien fichier"),
    "device.undone": _l("Geste annulé"),
    "device.edited": _l("Fiche corrigée"),
    "device.graded": _l("Aspect noté"),
    "device.labelled": _l("Étiquette imprimée"),
    "device.relabelled": _l("Étiquette refaite"),
    "device.placed": _l("Rangée"),
    "device.transferred": _l("Passée à un autre atelier"),
    "device.alias-added": _l("Autre numéro noté"),
    "device.merged": _l("Réunie à une autre fiche"),
    "device.report-read": _l("Relevé lu"),
    "device.report-doubted": _l("Relevé à vérifier"),
    "device.refusal-signed": _l("Refus d'effacement signé par l'utilisateur"),
    "device.media-attested": _l("Liste des disques attestée"),
    "device.media-unknown": _l("Disques à vérifier"),
    "device.left": _l("Sortie"),
    "device.charger-set": _l("Chargeur noté"),
    "device.charger-removed": _l("Chargeur retiré"),
    "device.part-moved": _l("Pièce déplacée"),
    "device.installed": _l("Système noté"),
    "device.checked": _l("Fiche de contrôle remplie"),
    "device.bench-checked": _l("Essais à l'établi"),
    "device.pocket-checked": _l("IMEI, comptes et cartes vérifiés"),
    "device.photo-added": _l("Photo ajoutée"),
    "device.photo-removed": _l("Photo retirée"),
    "device.reset-attested": _l("Remise à zéro attestée, photo à l'appui"),
    "device.clone-seen": _l("Système copié sur deux machines"),
    "device.lock-noted": _l("Verrou noté"),
    "device.lock-released": _l("Verrou levé"),
    "medium.added": _l("Disque noté"),
    "medium.removed": _l("Disque retiré"),
    "medium.wiped": _l("Résultat d'effacement"),
    "medium.wipe-doubted": _l("Heure du journal d'effacement impossible"),
    "medium.wipe-settled": _l("Heure du journal confirmée ou écartée"),
    "medium.reservation-accepted": _l("Réserve acceptée"),
    "medium.destroyed": _l("Disque détruit"),
    "medium.absent": _l("Disque attesté absent"),
    "set.assembled": _l("Poste composé"),
    "set.member-added": _l("Poste complété"),
    "set.member-removed": _l("Poste modifié"),
    "set.dissolved": _l("Poste défait"),
    "reservation.opened": _l("Mise de côté"),
    "reservation.released": _l("Mise de côté levée"),
    "reservation.lapsed": _l("Mise de côté échue"),
    "reservation.fulfilled": _l("Mise de côté honorée"),
    "event.erased": _l("Contenu effacé sur demande"),
}
