"""What the header of a column says: the words that suppliers and their park tools write above their columns."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

from refurb.donations.words import fold


class Field(StrEnum):
    """What a column of a supplier's list may tell about a machine."""

    FORM = "form"
    DESIGNATION = "designation"
    MAKER = "maker"
    MODEL = "model"
    SERIAL = "serial"
    INVENTORY = "inventory"
    ACQUIRED = "acquired"
    CHARGER = "charger"
    WIPED = "wiped"
    LOCK = "lock"
    DISK = "disk"
    CPU = "cpu"
    RAM = "ram"
    STORAGE = "storage"
    QUANTITY = "quantity"
    VALUE = "value"
    STATE = "state"
    COMMENT = "comment"
    LOCATION = "location"


class Fate(StrEnum):
    """What becomes of a column."""

    USED = "used"
    #: About persons: dropped before storage, and said so.
    PERSON = "person"
    IGNORED = "ignored"


_PERSON = re.compile(
    r"\b(utilisateurs?|utilisatrices?|usagers?|users?( ?names?)?|prenoms?|noms? (de |d )?(l )?(agent"
    r"|utilisateur|usager|salarie|contact"
    r"|famille|naissance|prenom|eleve|enseignant|proprietaire|complet)\w*|nom et prenom|nom prenom|first ?name"
    r"|last ?name|full ?name"
    r"|surname|e ?mails?|mails?|courriels?|adresses? (e )?mails?|telephones?( (fixe|mobile|portable|pro"
    r"|contact))?$|tel\.?$|n° (de )?tel\w*"
    r"|phones?( number)?|contacts?|detenteurs?|attributaires?|beneficiaires?|proprietaires?|owners?"
    r"|assigned (to|user)|logins?"
    r"|identifiants? (utilisateur|windows|ad|session)|session|matricules?( agent)?|responsables?|salaries?"
    r"|employes?|employees?"
    r"|collaborateurs?|enseignants?|professeurs?|eleves?|etudiants?|students?|agents?$|nom (de l )?agent"
    r"|affectes? a|attribues? a"
    r"|affectee a|attribuee a|remis a|technicien\w*|last (logged )?user|civilite|date de naissance"
    r"|n° (de )?secu\w*|nir|personnes?"
    r"|locataires?|occupants?|porteurs?|interlocuteurs?|referents?|gestionnaires?|administrateurs?|manager"
    r"|adresse postale|domicile)\b"
)
_IGNORED = re.compile(
    r"\b(adresse (mac|ip)|mac( address)?$|ip( address)?$|derniere? (modification|mise a jour|connexion"
    r"|inventaire|contact)|modifie le"
    r"|last (update|modif\w*|inventory|seen|contact)|date (d )?inventaire|date (de )?creation|fin de garantie"
    r"|garantie|warranty"
    r"|date (de )?(fin|sortie|reforme|mise au rebut|retrait)|domaine|licen[cs]e|cle (produit|windows)"
    r"|product key|uuid|version|fournisseurs?"
    r"|facture|n° (de )?(commande|bon|facture|ligne)|bdc|duree|amortissement|id$|entite id|valeur (d )?achat"
    r"|prix|cout|costs?|prices?|amount|ttc|ht$"
    r"|valeur d origine|valeur brute|bios( version)?$|systeme|os$|operating system|windows|edition|taille ecran"
    r"|resolution)\b"
)
#: Tried in order on the folded header; the first that matches names the field.
_HEADERS: tuple[tuple[Field, str], ...] = (
    (
        Field.WIPED,
        (
            r"\b(effac\w*|wiped?|erased?|formate\w*|donnees (supprimees|effacees)|purge\w*|data (wiped|erased)"
            r"|nettoye\w*)\b"
        ),
    ),
    (
        Field.LOCK,
        (
            r"\b(verrou\w*|lock\w*|bloque\w*|bios (verr\w*|mdp|mot de passe|password)|(mdp|mot de passe"
            r"|password)( du)? bios|mdm|autopilot"
            r"|intune|activation|icloud|find my|compte (google|apple)|absolute|computrace|frp|deverrouill\w*"
            r"|unlocked)\b"
        ),
    ),
    (
        Field.CHARGER,
        (
            r"\b(chargeurs?|alims?|alimentations?|blocs? d ?alim\w*|chargers?|adaptateurs? secteur|psu"
            r"|power (supply|adapter))\b"
        ),
    ),
    (
        Field.SERIAL,
        (
            r"(\bs ?/ ?n\b|^sn$|\bserial|\bserie\b|^n°? ?serie|\bservice ?tags?\b|\bimei\b|\bnumserie\b"
            r"|\bn ?° ?s\b|^no serie|seriennummer"
            r"|\bnum ?ser\w*|\bref serie)"
        ),
    ),
    (
        Field.INVENTORY,
        (
            r"\b(inventaires?|inventory|asset( (tag|number|id|no))?|immo\w*|n°? ?(de )?(parc|fiche|materiel|poste"
            r"|immo\w*)|code (parc|barres?"
            r"|immo\w*|materiel|article)|etiquettes?|tag|hostname|host ?name|nom (du |de la |de l |de )?(poste"
            r"|machine|ordinateur|pc|reseau|materiel"
            r"|equipement)|computer ?name|machine name|device name|name of computer|no ?inv\w*|n° ?inv\w*"
            r"|num ?inv\w*|identifiant (parc"
            r"|materiel|machine)|numero (de )?parc)\b|^inv\.?$|^n° ?inv"
        ),
    ),
    (Field.QUANTITY, r"\b(quantites?|qte|qtes|qty|quantity|nombres?|nb|nbre|count|unites?$|exemplaires?)\b|^qt$"),
    (
        Field.VALUE,
        (
            r"\b(vnc|valeurs? nettes?( comptables?)?|valeur residuelle|net book( value)?|nbv|book value"
            r"|valeur comptable|valeur estimee"
            r"|valeur actuelle|valeur unitaire|residual value)\b|^valeur( €| eur| euros)?$"
        ),
    ),
    (
        Field.ACQUIRED,
        (
            r"\b(annees?|years?|date (d ?|de |de la )?(achat|acquisition|mise en service|1re mise en service"
            r"|premiere mise en service|livraison"
            r"|entree|fabrication|facturation|service)|achete\w*|acquis\w*|mise en service|mes$|purchase( date"
            r"| year)?|bought|acquired"
            r"|manufactur\w* date|age|millesime|date achat|in service( date)?|delivery date|annee d ?achat)\b"
        ),
    ),
    (Field.CPU, r"\b(processeurs?|cpus?|processors?|proc\.?|puce)\b"),
    (Field.RAM, r"\b(rams?|memoires?( vives?)?|memory|mem\.?)\b"),
    (
        Field.DISK,
        (
            r"\b(disques?( durs?)?|disk|disks|hdd|ssd|dd|hard ?drives?|drive|disque conserve"
            r"|disque retire)\b"
        ),
    ),
    (Field.STORAGE, r"\b(stockages?|capacites?( disque)?|storage|taille (du )?disque|espace disque)\b"),
    (
        Field.MAKER,
        (
            r"\b(marques?|fabricants?|constructeurs?|makers?|manufacturers?|makes?|brands?|vendor|mfr"
            r"|editeur materiel)\b"
        ),
    ),
    (
        Field.FORM,
        (
            r"^(type|types|categorie|category|categories|famille|nature|genre|form|form factor|device type"
            r"|type de poste)$"
            r"|\b(types? (de |d |du )?(materiels?|machines?|equipements?|appareils?|postes?|ordinateurs?|produits?"
            r"|bien|pc)|categorie\w*"
            r"|nature (du |de )?\w+|famille|device type|asset type|product type|equipment type|kind|chassis"
            r"|sous type|form factor)\b"
        ),
    ),
    (
        Field.MODEL,
        (
            r"\b(modeles?|models?( name| number)?|references?( constructeur)?|ref\.?|product( name)?|produits?"
            r"|gamme|serie modele)\b"
        ),
    ),
    (
        Field.DESIGNATION,
        (
            r"\b(designations?|libelles?|descriptions?|descriptif|intitules?|materiels?|equipements?|articles?"
            r"|items?|equipment|appareils?"
            r"|objets?|machines?|denomination|bien|device|hardware|asset description)\b"
        ),
    ),
    (
        Field.STATE,
        (
            r"\b(etats?|conditions?|status|statuts?|state|fonctionne\w*|working|grade|etat (general|physique|visuel"
            r"|cosmetique))\b"
        ),
    ),
    (
        Field.COMMENT,
        (
            r"\b(observations?|commentaires?|remarques?|comments?|notes?|remarks?|precisions?|divers|infos?"
            r"|informations?|details?|defauts?|pannes?)\b"
        ),
    ),
    (
        Field.LOCATION,
        (
            r"\b(lieux?|sites?|localisations?|locations?|emplacements?|batiments?|bureaux?|salles?|services?"
            r"|directions?|entites?|entity"
            r"|department|departement|affectations?|room|building|agences?|etages?|poles?|ecoles?|etablissements?"
            r"|armoires?|stock)\b"
        ),
    ),
)
_COMPILED = tuple((field, re.compile(pattern)) for field, pattern in _HEADERS)
_MODEL = dict(_COMPILED)[Field.MODEL]
_NAME_ONLY = re.compile(r"^(noms?|names?|nom ?/ ?name|libelle court|nom complet|nom usuel)$")


@lru_cache(maxsize=4_096)
def meaning(header: str) -> tuple[Fate, Field | None] | None:
    """Return what a header says; None when it says nothing we know. A bare "Nom" waits for its cells: see `choose`."""
    folded = fold(header)
    if not folded or len(folded) > 80 or not any(char.isalpha() for char in folded):
        return None
    if _NAME_ONLY.match(folded):
        return Fate.IGNORED, Field.INVENTORY
    if folded in {"portable", "mobile", "tel portable", "fixe", "telephone fixe", "tel", "tel."}:
        return Fate.PERSON, None
    strong = _COMPILED[:6]
    for field, pattern in strong:
        if pattern.search(folded) and not (field is Field.LOCK and _IGNORED.search(folded) and "verr" not in folded):
            if field is Field.INVENTORY and re.search(r"\bdate\b", folded):
                return Fate.IGNORED, None
            return Fate.USED, field
    if re.search(r"\b(systeme|operating system|os)\b.*", folded) and not re.search(r"\bdisque\b", folded):
        return Fate.IGNORED, None
    if _PERSON.search(folded):
        return Fate.PERSON, None
    for field, pattern in _COMPILED:
        if field is Field.VALUE and pattern.search(folded):
            return Fate.USED, field
    if _IGNORED.search(folded):
        return Fate.IGNORED, None
    for field, pattern in _COMPILED[6:]:
        if pattern.search(folded):
            # "Marque / Modèle" in one column is a designation.
            both = field is Field.MAKER and _MODEL.search(folded)
            return Fate.USED, Field.DESIGNATION if both else field
    return None
