"""Day one of a coordination: the organisations it already works with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from stdnum.fr import siret as siret_number

from refurb.core.permissions import OrganisationRole
from refurb.donations.words import fold
from refurb.exchange import vocabulary
from refurb.exchange.reading import Known, Line, Record, settle
from refurb.organisations import services as organisations
from refurb.organisations.models import LegalType, Organisation
from refurb.organisations.words import LEGAL_TYPES, ROLES
from refurb.security import Actor
from refurb.territory import queries as territory

COLUMNS = {
    "siret": Known(r"\b(siret|siren)\b", sure=True),
    "rna": Known(r"\b(rna|n° association)\b", sure=True),
    "email": Known(r"\b(e ?mails?|courriels?|mails?)( (general|structure|organisme|accueil|contact))?$", sure=True),
    "phone": Known(r"\b(telephones?|tel|standard)( (general|structure|organisme|accueil|fixe))?\.?$", sure=True),
    "postcode": Known(r"\b(code postal|cp|postcode)\b", sure=True),
    "commune": Known(r"\b(communes?|villes?|city|town)\b", sure=True),
    "address": Known(r"\b(adresses?|rue|voie)\b(?!.*mail)", sure=True),
    "capacity": Known(r"\b(capacite\w*)\b", sure=True),
    "roles": Known(r"\b(roles?|fonctions? dans la chaine|categories?|activites?)\b"),
    "legal_type": Known(r"\b(statut( juridique)?|forme( juridique)?|nature juridique|types?)\b"),
    "name": Known(
        r"^(noms?|organisations?|organismes?|structures?|raison sociale|denomination|associations?|entreprises?"
        r"|services?"
        r"|nom (de la |de l |du )?(structure|organisme|organisation|association|entreprise|service)"
        r"|name|organisation name)$",
        sure=True,
    ),
}  # fmt: skip


def judge(session: Session, records: Sequence[Record]) -> list[Line]:
    """Return what each line would become."""
    sirets, names = _known(session)
    lines = []
    for entry in records:
        line = _judge(session, entry, sirets, names)
        lines.append(line)
        if line.outcome != "refused":
            sirets.add(line.values["siret"] or "")
            names.add((fold(line.values["name"]), line.values["commune_code"]))
    return lines


def _known(session: Session) -> tuple[set[str], set[tuple[str, str | None]]]:
    rows = session.execute(sa.select(Organisation.siret, Organisation.name, Organisation.commune_code)).all()
    return {row[0] for row in rows if row[0]}, {(fold(row[1]), row[2]) for row in rows}


def _judge(session: Session, entry: Record, sirets: set[str], names: set[tuple[str, str | None]]) -> Line:
    cell = entry.cells.get
    refused: list[str] = []
    mended: list[str] = []
    said: list[str] = []
    name = cell("name") or ""
    if not name:
        refused.append("no-name")
    digits = "".join(c for c in cell("siret") or "" if c.isdecimal())
    siret = digits if siret_number.is_valid(digits) else None
    if digits and siret is None:
        mended.append("siret-wrong")
    roles = vocabulary.several(cell("roles") or "", vocabulary.ROLES)
    if not roles and (found := vocabulary.one(f"{cell('roles') or ''} {name}", vocabulary.ROLES)):
        roles = [found]
    if not roles:
        refused.append("no-role")
    legal = vocabulary.one(cell("legal_type") or "", vocabulary.LEGAL) or vocabulary.one(name, vocabulary.LEGAL)
    if legal is None:
        legal = LegalType.ASSOCIATION
        said.append("legal-type-guessed")
    commune, epci = None, None
    for text in (cell("commune"), cell("postcode")):
        sure = territory.resolve(session, text) if text else None
        if sure is not None:
            commune, epci = sure.code, sure.epci
            break
    if commune is None and (cell("commune") or cell("postcode")):
        said.append("commune-unknown")
    email = (cell("email") or "").lower() or None
    if email and ("@" not in email or " " in email):
        email = None
        mended.append("email-wrong")
    capacity = vocabulary.count(cell("capacity") or "", 999)
    values: dict[str, Any] = {
        "name": name[:300],
        "roles": [role.value for role in roles],
        "legal_type": legal.value,
        "siret": siret,
        "rna": (cell("rna") or "")[:10] or None,
        "email": email[:254] if email else None,
        "phone": (cell("phone") or "")[:30] or None,
        "address": cell("address"),
        "postcode": (cell("postcode") or "")[:10] or None,
        "commune_code": commune,
        "epci_code": epci,
        "capacity_per_month": capacity,
    }
    known = bool(siret and siret in sirets) or (fold(name), commune) in names
    shown = " · ".join([name, *(str(ROLES[role]) for role in roles), str(LEGAL_TYPES[legal])])
    return settle(entry, shown, values, refused=refused, known=known, mended=mended, said=said)


def apply(session: Session, lines: Sequence[dict[str, Any]], *, by: Actor, at: datetime) -> int:
    """Make the organisations, approved; return how many. What came in meanwhile is passed over."""
    sirets, names = _known(session)
    made = 0
    for line in lines:
        values = dict(line)
        key = (fold(values["name"]), values["commune_code"])
        if (values["siret"] and values["siret"] in sirets) or key in names:
            continue
        roles = [OrganisationRole(role) for role in values.pop("roles")]
        values["legal_type"] = LegalType(values["legal_type"])
        organisations.create(session, roles=roles, values=values, by=by, at=at)
        names.add(key)
        sirets.add(values["siret"] or "")
        made += 1
    return made
