"""Columns recognised by meaning: what a header says, checked against what its cells hold."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache

from refurb.core.privacy import is_given_name
from refurb.donations import persons, words
from refurb.donations.words import fold
from refurb.sheets import Cell, Row


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


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a sheet, by its index from 0, with the header as the supplier wrote it."""

    index: int
    header: str
    fate: Fate
    field: Field | None

    @property
    def letter(self) -> str:
        """Return A, B … AA, as a spreadsheet names it."""
        text, number = "", self.index + 1
        while number:
            number, rest = divmod(number - 1, 26)
            text = chr(65 + rest) + text
        return text


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
#: The same thing of something else: "N° de série écran", "Marque écran" beside the machine's own.
_OF_THE_SCREEN = re.compile(r"\b(ecrans?|moniteurs?|monitors?)\b")


_ROOM = re.compile(r"\b(lieux?|sites?|localisations?|locations?|emplacements?|batiments?|salles?|rooms?|buildings?)\b")


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


def text_of(cell: Cell) -> str:
    """Return a cell as a person would type it: no ".0", no exponent, dates as ISO."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return words.tidy(cell)
    if isinstance(cell, bool):
        return "oui" if cell else "non"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e21 else f"{cell:.10f}".rstrip("0").rstrip(".")
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell)


def header_score(row: Row) -> int:
    """Return how many cells of a row read as headers; a title or a line of data gives little or nothing.

    Cells that hold figures or dates are evidence against: nobody heads a column with 2017.
    """
    known: set[object] = set()
    against = 0
    for index, cell in enumerate(row.cells):
        if cell is None:
            continue
        if not isinstance(cell, str):
            against += 1
            continue
        said = meaning(cell)
        if said is None or len(cell) > 60:
            continue
        # "Portable", "Écran" or "Dell" head nothing when their neighbours are data.
        if words.is_maker(cell) or (
            words.form_of(cell) and said[1] not in (Field.SERIAL, Field.CHARGER, Field.DESIGNATION)
        ):
            against += 1
            continue
        known.add(said[1] or index)
    return len(known) - against


def find_header(rows: Sequence[Row]) -> int | None:
    """Return the index, within the first rows of a sheet, of the row that heads it; None when none does."""
    best, best_score = None, 1
    for index, row in enumerate(rows):
        score = header_score(row)
        if score > best_score:
            best, best_score = index, score
    if best is None and len(rows) > 1 and header_score(rows[0]) == 1:
        # One telling word on the first line, over at least one line of data: a list of serials and little else.
        filled = [cell for cell in rows[0].cells if cell is not None]
        if all(isinstance(cell, str) and not any(map(str.isdigit, cell)) for cell in filled):
            return 0
    return best


_SERIAL_LIKE = re.compile(r"^(?=.*\d)[A-Z0-9][A-Z0-9/-]{4,24}$")


def by_content(values: Sequence[str]) -> Field | None:
    """Return what the cells of a column without a telling header hold, when most of them agree."""
    filled = [value for value in values if value]
    if not filled:
        return None

    def share(test: object) -> float:
        assert callable(test)
        return sum(bool(test(value)) for value in filled) / len(filled)

    if share(words.is_maker) > 0.6:
        return Field.MAKER
    if share(lambda value: len(value) < 25 and words.form_of(value) and not any(map(str.isdigit, value))) > 0.6:
        return Field.FORM
    if (
        share(lambda value: re.fullmatch(r"(19[89]|20[0-4])\d", value) or re.fullmatch(r"20\d\d-\d\d-\d\d", value))
        > 0.7
    ):
        return Field.ACQUIRED
    if (
        share(
            lambda value: re.search(
                r"\b(i[3579][- ]\d{3,5}|ryzen|celeron|pentium|xeon"
                r"|core\W+2)",
                value,
                re.IGNORECASE,
            )
        )
        > 0.6
    ):
        return Field.CPU
    if share(lambda value: words.form_of(value) or words.maker_of(value)) > 0.6:
        return Field.DESIGNATION
    upper = [value.upper().replace(" ", "") for value in filled]
    if (
        share(lambda value: _SERIAL_LIKE.match(value.upper().replace(" ", ""))) > 0.7
        and len(set(upper)) > len(upper) * 0.8
    ):
        return Field.SERIAL
    return None


_MACHINE_NAME = re.compile(r"^[A-Za-z]{0,12}[-_ ]?[A-Za-z0-9]{0,12}[-_ ]?\d+[A-Za-z0-9_-]*$|^\d+$")


def is_machine_name(text: str) -> bool:
    """Tell whether a name is a machine's: "PC-0042", "SRV12", "INV-2017-04"; "PC-DURAND" might be somebody's."""
    return bool(_MACHINE_NAME.match(text)) and not persons.is_person(text)


def is_inventory(text: str) -> bool:
    """Tell whether a number may be kept as the supplier's own: it holds a figure, and nobody's name."""
    named = any(map(is_given_name, fold(text).split()))
    return any(map(str.isdigit, text)) and not named and not persons.untitled(text)[1]


def choose(header: Row | None, sample: Sequence[Row]) -> tuple[Column, ...]:
    """Return every column of a table with its fate; one column at most serves each field.

    `sample`: the first lines under the header. Cells about persons outweigh any header but a serial number's.
    """
    width = max((len(row.cells) for row in ([header] if header else []) + list(sample)), default=0)
    columns: list[Column] = []
    taken: dict[Field, int] = {}
    for index in range(width):
        title = text_of(header.cells[index]) if header and index < len(header.cells) else ""
        values = [text_of(row.cells[index]) for row in sample if index < len(row.cells)]
        filled = [value for value in values if value]
        if not title and not filled:
            continue
        fate, field = _one(title, filled)
        if field is not None and field in taken and fate is Fate.USED:
            fate, field = _second(columns, taken, field, title, filled)
        if field is not None and fate is Fate.USED:
            taken.setdefault(field, len(columns))
        columns.append(Column(index, title[:120], fate, field if fate is Fate.USED else None))
    return tuple(columns)


#: Columns whose header settles what they are, whatever their cells resemble: a ten-figure number is no telephone there.
_OF_MACHINES = frozenset(
    {Field.SERIAL, Field.INVENTORY, Field.MODEL, Field.MAKER, Field.FORM, Field.DESIGNATION, Field.CPU}
)


def _one(title: str, filled: Sequence[str]) -> tuple[Fate, Field | None]:
    said = meaning(title) if title else None
    if said == (Fate.IGNORED, Field.INVENTORY):
        # A bare "Nom": a park tool's name of the machine, or somebody's.
        if filled and sum(map(is_machine_name, filled)) >= 0.5 * len(filled):
            return Fate.USED, Field.INVENTORY
        guessed = by_content(filled)
        return (Fate.USED, guessed) if guessed in (Field.DESIGNATION, Field.FORM) else (Fate.PERSON, None)
    if said and said[0] is Fate.PERSON and fold(title) in {"portable", "mobile", "fixe"}:
        yes = [value for value in filled if words.yes_no(value) is not None]
        return (Fate.IGNORED, None) if filled and len(yes) > len(filled) / 2 else said
    if said and said[0] is Fate.PERSON:
        return said
    persons_here = persons.share_of_persons(filled) if filled else 0.0
    machine = said and said[1] in _OF_MACHINES
    # A comment is scrubbed cell by cell; only a column of people under that name goes whole.
    remark = said and said[1] is Field.COMMENT and (persons_here < 0.6 or len(filled) < 3)
    if persons_here >= 0.3 and not machine and not remark:
        return Fate.PERSON, None
    if said is not None:
        fate, field = said
        if field is Field.STATE and filled and not title_is_state(title):
            physical = sum(bool(_PHYSICAL.search(fold(value))) for value in filled)
            return (fate, field) if physical > len(filled) / 2 else (Fate.IGNORED, None)
        if field is Field.INVENTORY and filled and not any(any(map(str.isdigit, value)) for value in filled):
            # Names of machines without a figure are often names of people: "PC-DURAND".
            return Fate.PERSON, None
        return fate, field
    guessed = by_content(filled)
    return (Fate.USED, guessed) if guessed else (Fate.IGNORED, None)


_PHYSICAL = re.compile(
    r"\b(bon\w*|moyen|mauvais|hs|neuf|use|usage|casse\w*|fissure\w*|fonction\w*|ok|ko|panne|working|broken|good|fair|poor|grade"
    r"|abime\w*|correct|tres bon|as is|dead|faulty)\b"
    r"|^[abcd]$"
)


def title_is_state(title: str) -> bool:
    """Tell a physical state from an administrative one: GLPI's "Statut" says "À réformer"."""
    return not re.search(r"\b(statuts?|status)\b", fold(title))


def _second(
    columns: list[Column], taken: dict[Field, int], field: Field, title: str, filled: Sequence[str]
) -> tuple[Fate, Field | None]:
    """Settle two columns that claim one field: the machine's own before its screen's, else the first."""
    if field is Field.MODEL and Field.DESIGNATION not in taken:
        return Fate.USED, Field.DESIGNATION
    if field is Field.DESIGNATION and Field.MODEL not in taken:
        return Fate.USED, Field.MODEL
    if field in (Field.DESIGNATION, Field.MODEL, Field.STATE) and Field.COMMENT not in taken:
        return Fate.USED, Field.COMMENT
    if field is Field.DISK and Field.STORAGE not in taken:
        return Fate.USED, Field.STORAGE
    first = taken[field]
    if field is Field.LOCATION and _ROOM.search(fold(title)) and not _ROOM.search(fold(columns[first].header)):
        before = columns[first]
        columns[first] = Column(before.index, before.header, Fate.IGNORED, None)
        del taken[field]
        return Fate.USED, field
    if _OF_THE_SCREEN.search(fold(columns[first].header)) and not _OF_THE_SCREEN.search(fold(title)):
        before = columns[first]
        columns[first] = Column(before.index, before.header, Fate.IGNORED, None)
        del taken[field]
        return Fate.USED, field
    return Fate.IGNORED, None
