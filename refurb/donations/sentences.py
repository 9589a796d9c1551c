"""The words for the codes of this area, in the reader's language. A refusal says what to do next."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from refurb.core.documents import DocumentKind
from refurb.core.equipment import DiskWish, Form, Origin, Regime
from refurb.core.workflow import Status
from refurb.donations.headers import Field
from refurb.donations.lines import Outcome
from refurb.donations.models import LineState
from refurb.donations.notes import Note

Words = dict[Any, Any]

FORMS: Words = {
    Form.LAPTOP: _l("Ordinateur portable"),
    Form.DESKTOP: _l("Ordinateur fixe (unité centrale)"),
    Form.MINI_PC: _l("Mini-PC"),
    Form.ALL_IN_ONE: _l("Tout-en-un"),
    Form.TABLET: _l("Tablette"),
    Form.SMARTPHONE: _l("Smartphone"),
    Form.SERVER: _l("Serveur"),
    Form.MONITOR: _l("Écran"),
    Form.PRINTER: _l("Imprimante"),
    Form.OTHER: _l("Autre"),
}
#: What has no form of its own.
KINDS: Words = {
    "keyboard": _l("Clavier ou souris"),
    "mouse": _l("Souris"),
    "cable": _l("Câbles"),
    "charger": _l("Chargeur"),
    "dock": _l("Station d'accueil"),
    "headset": _l("Casque, webcam ou enceinte"),
    "crt": _l("Écran cathodique"),
    "network": _l("Matériel de réseau"),
    "projector": _l("Vidéoprojecteur"),
    "unknown": _l("Non précisé"),
}

LINE_STATES: Words = {
    LineState.DECLARED: _l("À examiner"),
    LineState.ACCEPTED: _l("Acceptée"),
    LineState.REFUSED: _l("Refusée"),
    LineState.COLLECTED: _l("Enlevée"),
    LineState.RECEIVED: _l("Reçue"),
}
LINE_TONES: Words = {
    LineState.DECLARED: "waits",
    LineState.ACCEPTED: "going",
    LineState.REFUSED: "refused",
    LineState.COLLECTED: "going",
    LineState.RECEIVED: "done",
}

REFUSALS: Words = {
    "too-old": _l("Trop ancien pour resservir"),
    "printer": _l("Nous ne prenons pas les imprimantes"),
    "crt": _l("Nous ne prenons pas les écrans cathodiques"),
    "no-room": _l("Plus de place pour l'instant"),
    "not-wanted": _l("Ce matériel ne trouve pas preneur"),
    "duplicate": _l("Déjà déclaré sur une autre ligne"),
    "locked": _l("Verrouillé, et le déverrouillage n'est pas possible"),
    "damaged": _l("Trop abîmé pour être réparé"),
    "other": _l("Autre raison, voir avec la coordination"),
}

ORIGINS: Words = {Origin.PRIVATE: _l("Privée"), Origin.PUBLIC: _l("Publique")}
REGIMES: Words = {
    Regime.GIFT: _l("Don simple"),
    Regime.PATRONAGE: _l("Mécénat (article 238 bis du code général des impôts)"),
    Regime.PUBLIC_ASSOCIATION: _l("Cession par une personne publique à une association (CG3P L.3212-2, 3°)"),
    Regime.PUBLIC_BODY: _l("Cession entre personnes publiques (CG3P L.3212-3)"),
    Regime.SALE: _l("Vente"),
}
DISK_WISHES: Words = {
    DiskWish.WIPE: _l("Effacer les disques, puis les faire resservir"),
    DiskWish.DESTROY: _l("Détruire les disques"),
}

OUTCOMES: Words = {Outcome.KEPT: _l("Gardée"), Outcome.MENDED: _l("Corrigée"), Outcome.REFUSED: _l("Écartée")}
OUTCOME_TONES: Words = {Outcome.KEPT: "done", Outcome.MENDED: "going", Outcome.REFUSED: "refused"}

NOTES: Words = {
    Note.PRINTER: _l("Nous ne prenons pas les imprimantes."),
    Note.CRT: _l("Nous ne prenons pas les écrans cathodiques."),
    Note.NOT_COMPUTER: _l("Ce matériel n'est pas de ceux que la filière remet en service."),
    Note.DUPLICATE: _l("Ce numéro de série est déjà sur une autre ligne."),
    Note.QUANTITY_ZERO: _l("La quantité est nulle."),
    Note.NOTHING_SAID: _l("La ligne ne dit pas de quelle machine il s'agit."),
    Note.SERIAL_PLACEHOLDER: _l("Ce numéro de série n'en est pas un : la ligne est gardée sans."),
    Note.SERIAL_MENDED: _l("Le numéro de série a été dégagé de ce qui l'entourait."),
    Note.SERIAL_FROM_NUMBER: _l("Le tableur avait pris le numéro de série pour un nombre : il est rétabli."),
    Note.SERIALS_SPLIT: _l("Plusieurs numéros de série dans une case : une machine pour chacun."),
    Note.QUANTITY_APPROXIMATE: _l("Quantité approximative, à compter à l'enlèvement."),
    Note.DATE_MENDED: _l("La date était écrite d'une façon inhabituelle : vérifiez l'année."),
    Note.PERSON_REMOVED: _l("Ce qui désignait une personne a été retiré."),
    Note.FORM_FROM_TITLE: _l("Le type vient de l'intertitre au-dessus."),
    Note.TEXT_CUT: _l("Un texte trop long a été coupé."),
    Note.SERIAL_ROUNDED: _l(
        "Le tableur a arrondi le numéro de série : la ligne est gardée sans. Redonnez-le en texte."
    ),
    Note.SIMILAR_IN_FILE: _l("Ce numéro de série ressemble à celui d'une autre ligne (O et 0, I et 1)."),
    Note.SAME_INVENTORY: _l("Ce numéro d'inventaire est aussi sur une autre ligne."),
    Note.IN_STOCK: _l("Cette machine nous est déjà connue."),
    Note.SIMILAR_IN_STOCK: _l("Une machine au numéro presque identique nous est déjà connue."),
    Note.OLD: _l("Plus de dix ans : elle pourra être refusée."),
    Note.YEAR_UNREADABLE: _l("L'année ne se lit pas."),
    Note.QUANTITY_UNREADABLE: _l("La quantité ne se lit pas : une pièce est comptée."),
    Note.QUANTITY_WITH_SERIAL: _l("Plusieurs pièces pour un seul numéro de série."),
    Note.FORM_UNKNOWN: _l("Le type de matériel n'est pas reconnu."),
    Note.NO_SERIAL: _l("Pas de numéro de série : elle sera identifiée à l'arrivée."),
    Note.LOCKED: _l("Verrouillée : à déverrouiller avant l'enlèvement."),
    Note.ACCESSORY: _l("Accessoire, seulement compté."),
    Note.UNCOUNTED: _l("Quantité inconnue : une pièce est comptée."),
}

FIELDS: Words = {
    Field.FORM: _l("type"),
    Field.DESIGNATION: _l("désignation"),
    Field.MAKER: _l("marque"),
    Field.MODEL: _l("modèle"),
    Field.SERIAL: _l("numéro de série"),
    Field.INVENTORY: _l("numéro d'inventaire"),
    Field.ACQUIRED: _l("date d'achat"),
    Field.CHARGER: _l("chargeur"),
    Field.WIPED: _l("disque effacé"),
    Field.LOCK: _l("verrou"),
    Field.DISK: _l("disque"),
    Field.CPU: _l("processeur"),
    Field.RAM: _l("mémoire"),
    Field.STORAGE: _l("stockage"),
    Field.QUANTITY: _l("quantité"),
    Field.VALUE: _l("valeur nette comptable"),
    Field.STATE: _l("état"),
    Field.COMMENT: _l("commentaire"),
    Field.LOCATION: _l("lieu"),
}

SKIPPED: Words = {
    "title": _l("titre"),
    "subtitle": _l("intertitre"),
    "total": _l("total"),
    "header": _l("en-tête répété"),
    "note": _l("remarque"),
    "no-table": _l("ce n'est pas un tableau"),
}

#: Why a file cannot be read: what it is, and what to do.
FILE_REFUSALS: Words = {
    "empty": _l("Ce fichier est vide. Choisissez celui qui contient la liste."),
    "too-big": _l("Ce fichier dépasse 20 Mo. N'envoyez que la feuille de la liste, sans images, ou coupez-la en deux."),
    "too-many-rows": _l(
        "Ce fichier a plus de 120 000 lignes. Ne gardez que les machines données, ou coupez-le en plusieurs dons."
    ),
    "too-many-columns": _l("Ce fichier a plus de 300 colonnes. Ne gardez que celles qui décrivent les machines."),
    "swells": _l(
        "Ce fichier se déplie en une taille démesurée. Copiez la liste dans un classeur neuf et envoyez celui-ci."
    ),
    "password": _l("Ce classeur est protégé par un mot de passe. Enregistrez-en une copie sans mot de passe."),
    "damaged": _l("Ce fichier est abîmé. Rouvrez-le dans votre tableur, enregistrez-le à nouveau au format XLSX."),
    "is-pdf": _l("C'est un PDF : envoyez le tableau dont il vient, en XLSX, ODS ou CSV. Ou tapez les lignes ici."),
    "is-document": _l(
        "C'est un texte, pas un tableau. Copiez la liste dans un tableur et enregistrez-la en XLSX ou ODS."
    ),
    "is-image": _l("C'est une image. Envoyez le tableau lui-même, ou tapez les lignes ici."),
    "is-web-page": _l(
        "C'est une page web, quel que soit son nom. Ouvrez-la dans un tableur et enregistrez-la en XLSX."
    ),
    "is-archive": _l("C'est une archive. Ouvrez-la et envoyez la liste qu'elle contient."),
    "is-other": _l("Ce fichier n'est pas un tableau que nous savons lire. Enregistrez-le en XLSX, ODS ou CSV."),
    "no-lines": _l(
        "Aucune machine ne se lit dans ce fichier. Il faut une ligne par machine, et des titres de colonnes comme "
        "Type, Marque, Modèle, Numéro de série."
    ),
    "missing": _l("Choisissez d'abord un fichier."),
    "too-often": _l("Beaucoup de fichiers viennent d'arriver de chez vous. Attendez un quart d'heure."),
}

#: Why a deed on a lot is refused.
DEEDS: Words = {
    "no-lines": _l("Indiquez au moins une machine avant d'envoyer."),
    "nothing-ticked": _l("Cochez d'abord les lignes."),
    "unknown-line": _l("Une de ces lignes n'est plus dans ce don. Rechargez la page."),
    "unknown-reason": _l("Choisissez une raison dans la liste."),
    "already-offered": _l("Une de ces lignes est déjà proposée à un atelier : retirez d'abord la proposition."),
    "not-a-workshop": _l("Cette organisation n'est pas un atelier."),
    "not-free": _l("Une de ces lignes n'est plus libre. Rechargez la page."),
    "too-many": _l("C'est plus que ce que la ligne contient."),
    "already-answered": _l("L'atelier a déjà répondu."),
    "motive-missing": _l("Dites pourquoi : la coordination en a besoin pour proposer ailleurs."),
    "already-collected": _l("L'enlèvement a déjà eu lieu."),
    "not-this-regime": _l("Ce régime ne va pas avec un don de cette origine."),
    "not-accepted": _l("L'atelier n'a pas encore accepté."),
    "count-closed": _l("Ce comptage est terminé."),
    "all-counted": _l("Toutes les pièces de cette ligne sont déjà comptées."),
    "one-label": _l("Une étiquette ne va que sur une machine."),
    "find-settled": _l("Ce point est déjà réglé."),
    "finds-open": _l("Réglez d'abord les numéros inconnus."),
    "nothing-counted": _l("Rien n'est compté encore."),
    "moved-on": _l("Cette machine a déjà avancé à l'atelier : rendez-la depuis sa page."),
    "not-here": _l("Cette machine n'est pas de ce comptage."),
    "not-allowed": _l("Il faut un contrôleur pour annuler un comptage."),
    "serial-known": _l("Une autre machine porte déjà ce numéro de série."),
    "code-taken": _l("Cette étiquette est déjà sur une autre machine."),
    "not-collected": _l("Le don n'est pas encore enlevé : notez d'abord l'enlèvement."),
    "unknown-supplier": _l("Choisissez une organisation qui donne."),
    "not-a-label": _l("Ce code n'est pas une étiquette de machine."),
}

#: What a scan at the count came to.
SCANS: Words = {
    "received": _l("Reçue"),
    "already-counted": _l("Déjà comptée"),
    "find-open": _l("Déjà parmi les numéros à régler"),
    "not-declared": _l("Ce numéro n'est pas dans la liste : dites ci-dessous ce que c'est"),
    "label-in-hand": _l("Étiquette en main : scannez maintenant le numéro de série, ou choisissez la ligne"),
    "label-elsewhere": _l("Cette étiquette est sur une machine qui n'est pas de ce don"),
    "not-a-label": _l("Ce code n'est pas une étiquette de machine"),
    "several-lines": _l("Plusieurs lignes portent ce numéro : choisissez la ligne"),
    "serial-known": _l("Une autre machine porte déjà ce numéro de série : recevez celle-ci sans son numéro"),
    "code-taken": _l("Cette étiquette est déjà sur une autre machine"),
    "empty": _l("Rien à lire"),
}
SCAN_TONES: Words = {"done": "done", "already": "neutral", "refused": "refused", "unknown": "waits", "label": "going"}

#: What became of a machine, as its giver reads it; never where, never who.
FATES: Words = {
    "reuse": _l("Remise en service"),
    "parts": _l("Démontée pour pièces"),
    "weee": _l("Recyclée"),
    "returned": _l("Rendue"),
    "lost": _l("Introuvable"),
    "ready": _l("Prête, en attente d'un foyer"),
    "in_progress": _l("En préparation"),
}
#: The same of many: what stands under their number.
FATES_COUNTED: Words = {
    "reuse": lambda n: ngettext("remise en service", "remises en service", n),
    "parts": lambda n: ngettext("démontée pour pièces", "démontées pour pièces", n),
    "weee": lambda n: ngettext("recyclée", "recyclées", n),
    "returned": lambda n: ngettext("rendue", "rendues", n),
    "lost": lambda n: ngettext("introuvable", "introuvables", n),
    "ready": lambda n: ngettext("prête, en attente d'un foyer", "prêtes, en attente d'un foyer", n),
    "in_progress": lambda n: _("en préparation"),
}
FATE_TONES: Words = {
    "reuse": "done", "parts": "neutral", "weee": "neutral", "returned": "neutral", "lost": "refused", "ready": "going",
    "in_progress": "going",
}  # fmt: skip

LOCKS: Words = {
    "bios": _l("Mot de passe BIOS"),
    "autopilot": _l("Autopilot ou Intune"),
    "mdm": _l("Gestion de parc (MDM)"),
    "account": _l("Compte Apple, Google ou Samsung"),
    "absolute": _l("Absolute (Computrace)"),
    "operator": _l("Verrou d'opérateur"),
    "unknown": _l("Verrou"),
}

#: Papers that a giver reads.
PAPERS: Words = {
    DocumentKind.PICKUP_SLIP: _l("Bon d'enlèvement"),
    DocumentKind.RECEIPT_SLIP: _l("Bon de réception"),
    DocumentKind.INTAKE_CERTIFICATE: _l("Attestation de prise en charge"),
    DocumentKind.DONATION_AGREEMENT: _l("Convention de don"),
    DocumentKind.TRANSFER_CERTIFICATE: _l("Attestation de cession"),
    DocumentKind.REUSE_STATEMENT: _l("Bilan de réemploi"),
    DocumentKind.WIPE_CERTIFICATE: _l("Attestation d'effacement"),
    DocumentKind.DEPOSIT_RECEIPT: _l("Reçu de dépôt"),
}

#: What happened to a lot, newest first on its page.
EVENTS: Words = {
    "lot.submitted": _l("Don proposé"),
    "lot.release-asked": _l("Déverrouillage demandé au donateur"),
    "lot.release-date-changed": _l("Date limite de déverrouillage changée"),
    "lot.deposited": _l("Déposé au comptoir"),
    "lot.changed": _l("Don modifié"),
    "lot.line-accepted": _l("Ligne acceptée"),
    "lot.line-refused": _l("Ligne refusée"),
    "lot.line-changed": _l("Ligne remise à l'examen"),
    "lot.offered": _l("Proposé à un atelier"),
    "lot.offer-accepted": _l("Pris par l'atelier"),
    "lot.offer-declined": _l("Décliné ou retiré"),
    "lot.collection-planned": _l("Enlèvement prévu"),
    "lot.collected": _l("Enlevé"),
    "lot.counted": _l("Compté"),
    "lot.discrepancy-settled": _l("Écart réglé"),
    "lot.link-created": _l("Lien de suivi créé"),
    "lot.link-renewed": _l("Lien de suivi changé"),
    "lot.link-revoked": _l("Lien de suivi fermé"),
}

REUSED = frozenset({Status.HANDED_OVER, Status.ON_LOAN, Status.IN_KIT})
#: Statuses in which a machine's story is told, as far as its giver is concerned.
ENDS = REUSED | {Status.PARTS, Status.WEEE, Status.DESTROYED, Status.RETURNED_TO_SUPPLIER}


def fate_of(status: Status) -> str:
    """Return what became of a machine, as a key of FATES."""
    if status in REUSED:
        return "reuse"
    if status is Status.PARTS:
        return "parts"
    if status in (Status.WEEE, Status.DESTROYED):
        return "weee"
    if status is Status.RETURNED_TO_SUPPLIER:
        return "returned"
    if status in (Status.MISSING, Status.STOLEN):
        return "lost"
    return "ready" if status in (Status.IN_STOCK, Status.RESERVED, Status.READY_FOR_PICKUP) else "in_progress"


def thing(form: Form, kind: str | None) -> str:
    """Return what a line is, in the reader's language."""
    if form is Form.OTHER and kind in KINDS:
        return str(KINDS[kind])
    return str(FORMS[form])
