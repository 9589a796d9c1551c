"""Words of a file brought back to ours: a code, its label in French, or one of the ways people say it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, TypeVar

from refurb.core.equipment import Form
from refurb.core.needs import Connectivity, Eligibility, Equipment, Format, Motive, Usage
from refurb.core.permissions import OrganisationRole
from refurb.core.workflow import Status
from refurb.donations import values as cells
from refurb.donations import words as trade
from refurb.donations.words import fold
from refurb.organisations.models import LegalType

Code = TypeVar("Code")

STATUSES: Mapping[str, Status] = {
    r"\b(stock|disponible|pret a (donner|partir)|dispo|reconditionne\w*|fini\w*|termine\w*)\b": Status.IN_STOCK,
    r"\b(controle\w*|verifie\w*)\b": Status.QUALITY_CHECKED,
    r"\b(installe\w*)\b": Status.INSTALLED,
    r"\b(diagnosti\w*|teste\w*)\b": Status.DIAGNOSED,
    r"\b(efface\w*|formate\w*|blanchi\w*)\b": Status.WIPED,
    r"\b(trie\w*|a (traiter|faire|reconditionner|effacer)|en cours|reparation|attente)\b": Status.TRIAGED,
    r"\b(inventorie\w*)\b": Status.INVENTORIED,
    r"\b(recu\w*|arrive\w*|neuf)\b": Status.RECEIVED,
}
#: Said of what is no longer there: it is no stock.
GONE = re.compile(
    r"\b(donne\w*|remis\w*|attribue\w*|vendu\w*|prete\w*|sorti\w*|rebut|deee|dechet\w*|detruit\w*|pieces|vole\w*|perdu\w*)\b"
)
ROLES: Mapping[str, OrganisationRole] = {
    r"\b(donateurs?|donatrice|fournisseurs?|entreprise donatrice|don(ne)?)\b": OrganisationRole.SUPPLIER,
    r"\b(reconditionn\w*|ateliers?|repair)\b": OrganisationRole.REFURBISHER,
    r"\b(prescri\w*|service social|ccas|cias|orient\w*|mission locale)\b": OrganisationRole.PRESCRIBER,
    r"\b(structures?|mediation|espaces? (public )?numerique|epn|france services)\b": OrganisationRole.STRUCTURE,
    r"\b(points? de remise|remise|retrait)\b": OrganisationRole.HANDOVER_POINT,
    r"\b(partenaires?|financeurs?)\b": OrganisationRole.PARTNER,
}
LEGAL: Mapping[str, LegalType] = {
    r"\b(interet general)\b": LegalType.ASSOCIATION_GENERAL_INTEREST,
    r"\b(utilite publique)\b": LegalType.ASSOCIATION_PUBLIC_UTILITY,
    r"\b(associations?|asso|loi 1901)\b": LegalType.ASSOCIATION,
    r"\b(communes?|mairie|ccas|cias|departement|conseil|region|collectivite|agglomeration|epci)\b":
        LegalType.LOCAL_AUTHORITY,
    r"\b(etat|prefecture|ministere|rectorat)\b": LegalType.STATE,
    r"\b(etablissement public|hopital|chu|lycee|college|universite|caf|cpam)\b": LegalType.PUBLIC_ESTABLISHMENT,
    r"\b(esus|insertion|scic|scop|eti|aci)\b": LegalType.SOCIAL_ENTERPRISE,
    r"\b(fondation)\b": LegalType.FOUNDATION,
    r"\b(entreprise|societe|sarl|sas|sa|eurl|sasu)\b": LegalType.COMPANY,
}  # fmt: skip
USAGES: Mapping[str, Usage] = {
    r"\b(demarches?|administrati\w*|droits)\b": Usage.PROCEDURES,
    r"\b(primaire|ecole|elementaire)\b": Usage.PRIMARY_SCHOOL,
    r"\b(college|lycee|scolarite|secondaire|scolaire)\b": Usage.SECONDARY_SCHOOL,
    r"\b(etudes? superieures?|universite|superieur|etudiants?|bts)\b": Usage.HIGHER_EDUCATION,
    r"\b(emploi|formation|cv|recherche d emploi)\b": Usage.JOB_TRAINING,
    r"\b(visio\w*|sante|famille|teleconsultation)\b": Usage.VIDEO_CALLS,
    r"\b(bureautique|traitement de texte|internet)\b": Usage.OFFICE_WORK,
    r"\b(independant\w*|auto ?entrepreneur|entreprise)\b": Usage.SELF_EMPLOYMENT,
    r"\b(creation|graphi\w*|video|musique|montage)\b": Usage.CREATION,
}
EQUIPMENT: Mapping[str, Equipment] = {
    r"\b(telephone|smartphone|portable)\b": Equipment.PHONE_ONLY,
    r"\b(casse\w*|hs|panne|obsolete|vieux|vetuste)\b": Equipment.BROKEN,
    r"\b(partage\w*|un pour|1 pour|commun)\b": Equipment.SHARED,
    r"^(aucun\w*|rien|non|sans|neant|0)\b": Equipment.NONE,
}
CONNECTIVITY: Mapping[str, Connectivity] = {
    r"\b(fibre|adsl|box fixe|fixe|internet)\b": Connectivity.FIXED,
    r"\b(box 4g|4g|5g)\b": Connectivity.MOBILE_BOX,
    r"\b(partage de connexion|telephone|smartphone|data)\b": Connectivity.PHONE,
    r"\b(wifi public|mediatheque|public)\b": Connectivity.PUBLIC_WIFI,
    r"^(aucun\w*|rien|non|sans|neant)\b": Connectivity.NONE,
}
FORMATS: Mapping[str, Format] = {
    r"\b(indifferent|les deux|peu importe|au choix)\b": Format.ANY,
    r"\b(portables?|pc portable|laptop)\b": Format.LAPTOP,
    r"\b(fixes?|tour|bureau|desktop|unite centrale)\b": Format.DESKTOP,
}
ELIGIBILITY: Mapping[str, Eligibility] = {
    r"\b(qf|quotient)\b": Eligibility.INCOME_QUOTIENT,
    r"\b(minima|rsa|aah|aspa|ass)\b": Eligibility.MINIMUM_BENEFITS,
    r"\b(reste a vivre|rav)\b": Eligibility.LEFT_TO_LIVE_ON,
    r"\b(bours\w*)\b": Eligibility.GRANT_STUDENT,
    r"\b(appreciation|professionnel\w*|evaluation|avis)\b": Eligibility.PROFESSIONAL_JUDGEMENT,
}
URGENCY: Mapping[str, Motive] = {
    r"\b(examen|emploi|embauche|concours|stage)\b": Motive.EXAM_OR_JOB,
    r"\b(rupture|droits)\b": Motive.LOSS_OF_RIGHTS,
    r"\b(hebergement|relogement|sortie)\b": Motive.LEAVING_SHELTER,
}


def one(text: str, table: Mapping[str, Code]) -> Code | None:
    """Return the first code whose pattern, or whose own value, the text holds."""
    folded = fold(text)
    for code in table.values():
        if folded in (str(code), str(code).replace("_", " ")):
            return code
    return next((code for pattern, code in table.items() if re.search(pattern, folded)), None)


def several(text: str, table: Mapping[str, Code]) -> list[Code]:
    """Return every code that the parts of a cell name, in their order, once each."""
    found: dict[Code, None] = {}
    for part in re.split(r"[,;/+|]|\bet\b", text):
        code = one(part, table) if part.strip() else None
        if code is not None:
            found.setdefault(code)
    return list(found)


def form(text: str) -> Form | None:
    """Return the form of a machine."""
    kind = trade.form_of(text) or fold(text).replace(" ", "_")
    return Form(kind) if kind in set(Form) else None


def day(text: str, today: date) -> date | None:
    """Return a date as people type it, None for another thing or for a day to come."""
    found = cells.acquired(text, today).day
    return found if found is not None and found <= today else None


def any_day(text: str, today: date) -> date | None:
    """Return a date as people type it, a day to come as well."""
    far = today.replace(year=today.year + 5, day=1)
    return cells.acquired(text, far).day


def count(text: str, most: int) -> int | None:
    """Return a small number, None for another thing."""
    match = re.fullmatch(r"\s*(\d{1,3})(?:[.,]0+)?\s*", text)
    return int(match[1]) if match and int(match[1]) <= most else None


def said(value: Any) -> bool | None:
    """Return what a yes or a no says."""
    return trade.yes_no(str(value))
