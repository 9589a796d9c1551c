"""The words for the codes of a hand-over, in the reader's language."""

from typing import Any

from flask_babel import lazy_gettext as _l

from refurb.core.equipment import Mode
from refurb.core.handover import Accessory, ReturnMotive, Signature, Witness
from refurb.devices.models import Grade

Words = dict[Any, Any]

GRADES: Words = {
    Grade.A: _l("très bon état"),
    Grade.B: _l("bon état, traces d'usage"),
    Grade.C: _l("état moyen, marques visibles"),
}

MODES: Words = {
    Mode.GIFT: _l("Don"),
    Mode.LOAN: _l("Prêt"),
    Mode.SOLIDARITY_SALE: _l("Vente solidaire"),
}
MODE_DETAILS: Words = {
    Mode.GIFT: _l("La personne la garde, sans rien payer."),
    Mode.LOAN: _l("Elle reste à l'atelier ; la personne la rend à une date. C'est gratuit."),
    Mode.SOLIDARITY_SALE: _l("La personne l'achète à un prix plafonné."),
}

#: Why a mode is closed, said to who stands at the desk.
MODE_REASONS: Words = {
    "taker-not-eligible": _l(
        "Cette machine vient d'une personne publique, et l'atelier qui la tient ne pouvait pas la recevoir à ce titre "
        ": elle ne peut pas sortir. Parlez-en à la coordination."
    ),
    "public-no-resale": _l(
        "Cette machine vient d'une personne publique : l'atelier qui la tient n'a pas le droit de la vendre."
    ),
    "public-resale-to-households": _l(
        "Cette machine vient d'une personne publique : elle ne se vend qu'à des personnes en situation de précarité, "
        "pas à une structure."
    ),
    "not-accepted": _l("La demande ne prévoit pas ce mode."),
}

SIGNATURES: Words = {
    Signature.SIGNED: _l("Signée sur papier"),
    Signature.IN_PRESENCE: _l("Remise en présence de quelqu'un"),
    Signature.MARK: _l("Une marque, devant l'agent"),
}
SIGNATURE_DETAILS: Words = {
    Signature.SIGNED: _l("La personne signe la fiche ; l'exemplaire signé reste au service."),
    Signature.IN_PRESENCE: _l("La personne ne signe pas ; quelqu'un atteste qu'elle a reçu la machine."),
    Signature.MARK: _l("La personne ne sait pas signer : une croix ou une empreinte suffit."),
}
WITNESSES: Words = {
    Witness.SERVICE: _l("la personne du service qui suit le dossier"),
    Witness.COLLEAGUE: _l("un collègue du point de remise"),
    Witness.RELATIVE: _l("un proche de la personne"),
}

ACCESSORIES: Words = {
    Accessory.CHARGER: _l("Chargeur"),
    Accessory.MOUSE: _l("Souris"),
    Accessory.KEYBOARD: _l("Clavier"),
    Accessory.SCREEN: _l("Écran"),
    Accessory.CABLES: _l("Câbles"),
    Accessory.BAG: _l("Sacoche"),
    Accessory.HEADSET: _l("Casque"),
    Accessory.WEBCAM: _l("Webcam"),
    Accessory.WIFI_ADAPTER: _l("Clé wifi"),
    Accessory.MODEM_4G: _l("Clé ou box 4G"),
}

RETURNS: Words = {
    ReturnMotive.HANDOVER_MISTAKE: _l("Erreur de remise : ce n'était pas la bonne machine"),
    ReturnMotive.FAULT: _l("Une panne"),
    ReturnMotive.LOAN_ENDED: _l("Fin du prêt"),
    ReturnMotive.NOT_NEEDED: _l("La personne n'en a plus besoin"),
}

#: Each code of `core.handover.refusals`, `core.documents` and the service, as a sentence that says what to do.
REFUSALS: Words = {
    "no-reservation": _l(
        "Cette machine n'est plus mise de côté pour ce dossier. Rouvrez le dossier pour voir où il en est."
    ),
    "not-scanned": _l("Scannez d'abord l'étiquette de la machine : c'est ce qui évite les échanges."),
    "wrong-machine": _l("Ce n'est pas la machine mise de côté pour ce dossier. Reposez-la et cherchez la bonne."),
    "not-ready": _l("Cette machine n'est pas prête à sortir. Appelez l'atelier."),
    "media-unknown": _l(
        "Personne n'a dit quels disques cette machine contient : elle ne peut pas sortir. Rendez-la à l'atelier."
    ),
    "not-clear": _l("L'effacement de cette machine n'est pas prouvé : elle ne peut pas sortir. Rendez-la à l'atelier."),
    "charger-missing": _l(
        "Cette machine n'a pas de chargeur enregistré. L'atelier doit en joindre un avant la remise."
    ),
    "charger-not-given": _l("Cochez le chargeur : la machine ne part pas sans lui."),
    "set-incomplete": _l("L'écran, le clavier, la souris ou les câbles manquent : l'ensemble ne part pas incomplet."),
    "not-signed": _l("Dites comment la remise est signée."),
    "witness-missing": _l("Dites en présence de qui la machine est remise."),
    "mode-closed": _l("Ce mode n'est pas possible pour cette machine. Choisissez-en un autre."),
    "loan-has-no-price": _l("Un prêt est gratuit : effacez le prix, ou choisissez la vente solidaire."),
    "gift-has-no-price": _l("Un don est gratuit : effacez le prix, ou choisissez la vente solidaire."),
    "price-missing": _l("Dites le prix payé."),
    "price-over-cap": _l("Ce prix dépasse le plafond : %(cap)s au plus pour cette machine."),
    "price-over-accepted": _l("Ce prix dépasse ce que la personne a dit pouvoir payer : %(cap)s au plus."),
    "sale-incomplete": _l(
        "Une machine d'origine publique se vend complète et en état : chargeur, disque, système, batterie. "
        "Donnez-la, ou rendez-la à l'atelier."
    ),
    "loan-needs-end": _l("Dites jusqu'à quand la machine est prêtée."),
    "loan-ends-before": _l("La fin du prêt doit venir après aujourd'hui."),
    "deposit-not-a-loan": _l("Une date de retour ou un dépôt de garantie ne vont qu'avec un prêt."),
    "contact-missing": _l("Dites qui appeler en cas de panne : un nom et un numéro."),
    "not-allowed": _l("Votre rôle ne permet pas ce geste."),
    "already": _l("C'est déjà fait."),
    "no-such-move": _l("La machine n'est plus dans un état qui permet ce geste. Rouvrez sa fiche."),
    "in-a-set": _l("Cet écran part avec son ordinateur : scannez l'ordinateur."),
    "place-closed": _l("Ce point de remise n'est pas ouvert. Choisissez-en un autre."),
    "in-the-past": _l("Cette date est passée. Choisissez-en une à venir."),
    "after-expiry": _l("La machine n'est mise de côté que jusqu'au %(day)s. Choisissez une date plus proche."),
    "no-appointment": _l("Aucun rendez-vous n'est convenu pour ce dossier."),
    "too-early": _l("Le rendez-vous n'a pas encore eu lieu."),
    "returned-already": _l("Cette machine est déjà revenue."),
}
