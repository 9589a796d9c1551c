"""What the pages of imports and exports say."""

from typing import Any

from flask_babel import lazy_gettext as _l

KINDS: dict[str, Any] = {
    "stock": _l("Le stock existant"),
    "organisations": _l("Les organisations"),
    "needs": _l("Les demandes en cours"),
}
ABOUT: dict[str, Any] = {
    "stock": _l(
        "Vos machines, avec leur ancien numéro, leur étape et leur place. Sans date et méthode d'effacement attestées "
        "par un contrôleur, une machine entre comme triée."
    ),
    "organisations": _l("Donateurs, ateliers, services, points de remise : nom, rôle, SIRET, commune, standard."),
    "needs": _l(
        "Les demandes que votre service suit déjà : commune, usages, date. Ni nom, ni téléphone, ni adresse : ces "
        "colonnes sont refusées. Votre référence devient l'étiquette privée du dossier."
    ),
}
FIELDS: dict[str, Any] = {
    "serial": _l("numéro de série"),
    "wiped_on": _l("date d'effacement"),
    "wipe_method": _l("méthode d'effacement"),
    "status": _l("étape"),
    "place": _l("place, ou lieu de remise"),
    "reference": _l("ancien numéro, ou référence du service"),
    "form": _l("sorte de machine"),
    "maker": _l("marque"),
    "model": _l("modèle"),
    "cpu": _l("processeur"),
    "ram": _l("mémoire"),
    "storage": _l("disque"),
    "charger": _l("chargeur"),
    "origin": _l("origine publique ou privée"),
    "system": _l("système"),
    "siret": _l("SIRET"),
    "rna": _l("numéro RNA"),
    "email": _l("courriel de l'organisation"),
    "phone": _l("téléphone de l'organisation"),
    "postcode": _l("code postal"),
    "commune": _l("commune"),
    "address": _l("adresse de l'organisation"),
    "capacity": _l("machines par mois"),
    "roles": _l("rôle dans la chaîne"),
    "legal_type": _l("statut juridique"),
    "name": _l("nom de l'organisation"),
    "service": _l("service prescripteur"),
    "asked_on": _l("date de la demande"),
    "wanted_by": _l("date à tenir"),
    "usages": _l("usages"),
    "persons": _l("nombre de personnes"),
    "pupils": _l("nombre d'élèves"),
    "equipment": _l("équipement actuel"),
    "connectivity": _l("connexion"),
    "format": _l("portable ou fixe"),
    "eligibility": _l("critère attesté"),
    "contribution": _l("participation possible"),
    "loan": _l("prêt possible"),
    "urgency": _l("urgence"),
    "informed_on": _l("personne informée le"),
}
OUTCOMES: dict[str, Any] = {
    "new": _l("nouvelle"),
    "mended": _l("nouvelle, corrigée"),
    "known": _l("déjà là"),
    "refused": _l("écartée"),
}
TONES = {"new": "done", "mended": "waits", "known": "neutral", "refused": "refused"}
NOTES: dict[str, Any] = {
    "number-of-ours": _l("Ce numéro est un code de Refurb : la machine y est déjà, ou y fut."),
    "no-number": _l("Ni ancien numéro ni numéro de série : rien ne permettrait de la retrouver."),
    "gone": _l("La ligne dit que la machine n'est plus là : ce n'est pas du stock."),
    "status-unknown": _l("L'étape n'est pas reconnue : la machine entre comme triée."),
    "form-unknown": _l("La sorte de machine n'est pas dite : « portable » est supposé."),
    "not-attested": _l("Sans effacement attesté (date et méthode), la machine entre comme triée."),
    "no-set": _l("Un ordinateur fixe entre en stock avec son écran et ses câbles : assemblez-le d'abord."),
    "no-charger": _l("Sans chargeur, la machine attend au contrôle."),
    "no-profile": _l(
        "Processeur, mémoire ou disque SSD inconnus ou trop justes : elle ne sert aucun profil et attend au contrôle."
    ),
    "place-new": _l("Cette place n'existe pas encore : elle sera créée."),
    "serial-mended": _l("Numéro de série remis en forme."),
    "person-removed": _l("Une case qui nommait une personne a été vidée."),
    "text-cut": _l("Texte trop long, coupé."),
    "no-name": _l("Pas de nom d'organisation."),
    "no-role": _l("Le rôle dans la chaîne n'est pas reconnu : donateur, atelier, prescripteur, point de remise…"),
    "siret-wrong": _l("Le SIRET ne tombe pas juste : il n'est pas repris."),
    "email-wrong": _l("Ce n'est pas une adresse de courriel : elle n'est pas reprise."),
    "legal-type-guessed": _l("Statut juridique non dit : « association » est supposé."),
    "commune-unknown": _l("Commune non reconnue : elle reste à compléter."),
    "no-service": _l("Aucun service prescripteur de ce nom n'est agréé ici."),
    "no-usage": _l("Usages non reconnus : ils restent à compléter."),
    "to-complete": _l("Il manque des réponses : la demande entre comme brouillon à finir."),
    "past-limit": _l(
        "Son service a déjà autant de demandes ouvertes qu'il peut en avoir : elle entre comme brouillon, à envoyer "
        "quand une autre se clôt, et prend rang ce jour-là."
    ),
    "date-passed": _l("La date à tenir est passée : elle n'est pas reprise."),
    "wrong-too-many-usages": _l("Trois usages au plus."),
    "wrong-usage-twice": _l("Un usage est dit deux fois."),
    "wrong-usage-for-structures": _l("Cet usage est celui d'une structure, pas d'un foyer."),
    "wrong-more-pupils-than-persons": _l("Plus d'élèves que de personnes."),
    "wrong-persons-out-of-range": _l("De 1 à 20 personnes."),
    "wrong-motive-without-date": _l("Une urgence de cette sorte a une date."),
    "wrong-date-passed": _l("La date à tenir est passée."),
    "wrong-informed-later": _l("La personne ne peut avoir été informée plus tard qu'aujourd'hui."),
    "wrong-quantity-out-of-range": _l("Une machine par demande."),
    "wrong-contribution-out-of-range": _l("De 0 à 300 € de participation."),
}
REFUSALS: dict[str, Any] = {
    "no-header": _l("Aucune ligne de titres reconnue : la première ligne doit nommer les colonnes."),
    "no-line": _l("Le fichier n'a aucune ligne sous ses titres."),
    "too-many-rows": _l("Plus de 20 000 lignes : coupez le fichier en plusieurs."),
    "no-holder": _l("Dites de quel atelier c'est le stock : --organisation."),
    "already": _l("Cet import est déjà fait, ou abandonné."),
    "not-allowed": _l("Votre rôle n'importe pas cela."),
}


def note(code: str) -> Any:
    """Return the sentence of a note; its code for one that a later version dropped."""
    return NOTES.get(code, code)
