"""Day one of a service: the needs it already follows, without a word on who they are of.

The service's own reference goes into the private label, sealed; a reference that is somebody's name is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.core import needs as core
from refurb.core.equipment import Recipient
from refurb.core.need_life import OPEN
from refurb.core.needs import Answers, Informed
from refurb.core.permissions import OrganisationRole, Permission
from refurb.donations.words import fold
from refurb.exchange import vocabulary
from refurb.exchange.reading import Known, Line, Record, settle
from refurb.needs import services as needs
from refurb.needs.models import Need
from refurb.needs.words import USAGES
from refurb.organisations import queries as organisations
from refurb.organisations.models import Organisation
from refurb.privacy import labels
from refurb.privacy.models import PrivateLabel
from refurb.security import Actor
from refurb.territory import queries as territory

COLUMNS = {
    "reference": Known(
        r"^(n°|num\w*|references?|ref\.?|dossiers?|n° (de )?dossier|codes?|identifiants?|id)"
        r"( (interne|dossier|ccas|service))?$",
        free=True,
    ),
    "service": Known(r"\b(service|prescripteur|structure|organisme)\b", free=True),
    "asked_on": Known(r"\b(date (de la |de )?demande|demande le|recu le|depot|enregistre le)\b", sure=True),
    "wanted_by": Known(r"\b(date (limite|butoir|a tenir|souhaitee|d echeance)|pour le|avant le|echeance)\b", sure=True),
    "commune": Known(r"\b(communes?|villes?|code postal|cp)\b", sure=True),
    "usages": Known(r"\b(usages?|besoins?|utilisations?|objet|pour quoi)\b", free=True),
    "persons": Known(
        r"\b(nb|nombre( de)?|combien( de)?)? ?(personnes|utilisateurs|membres( du foyer)?)\b|composition", sure=True
    ),
    "pupils": Known(r"\b(nb|nombre( d| de)?|dont)? ?(eleves|scolaires|scolarises|enfants scolarises)\b", sure=True),
    "equipment": Known(r"\b(equipements?( actuels?)?|deja equipe|materiel actuel)\b", free=True),
    "connectivity": Known(r"\b(connexions?|internet|acces internet)\b", free=True),
    "format": Known(
        r"\b(formats?|portable ou fixe|type (de machine|d ordinateur|de pc)|ordinateur|machine)\b", free=True
    ),
    "eligibility": Known(r"\b(eligibilite|criteres?|justificatif verifie|conditions?)\b", free=True),
    "contribution": Known(r"\b(participation|contribution|budget)\b", sure=True),
    "loan": Known(r"\b(prets?( possible| convient)?)\b", sure=True),
    "urgency": Known(r"\b(urgences?|motif)\b", free=True),
    "informed_on": Known(r"\b(informee? le|information (le|donnee)|date (d )?information)\b", sure=True),
    "place": Known(r"\b(lieu (de )?remise|point (de )?remise|remise)\b", free=True),
}  # fmt: skip


def judge(session: Session, records: Sequence[Record], *, by: Actor, today: date) -> list[Line]:
    """Return what each line would become: a need sent where it is complete, else a draft to finish."""
    services = {fold(body.name): body for body in organisations.with_role(session, OrganisationRole.PRESCRIBER)}
    places = {fold(place.name): place.id for place in organisations.handover_places(session)}
    own = session.get(Organisation, by.organisation_id) if by.can(Permission.NEED_CREATE) else None
    taken = _references(session, {body.id for body in services.values()} | ({own.id} if own else set()))
    lines = []
    for entry in records:
        named = services.get(fold(entry.cells.get("service", "")))
        body = own or named
        line = _judge(session, entry, body, today, places)
        reference = (line.values.get("organisation_id"), fold(line.values.get("reference") or ""))
        if line.outcome in ("new", "mended") and reference[1]:
            if reference in taken:
                line.outcome = "known"
            taken.add(reference)
        lines.append(line)
    return lines


def _references(session: Session, services: set[int]) -> set[tuple[int | None, str]]:
    """Return the references that the services' open cases already carry; they are sealed, so all are opened here."""
    rows = session.execute(
        sa.select(Need.organisation_id, PrivateLabel).join(PrivateLabel, PrivateLabel.need_id == Need.id).where(
            Need.organisation_id.in_(services)
        )
    ).all()  # fmt: skip
    return {(row[0], fold(row[1].label or "")) for row in rows}


def _judge(session: Session, entry: Record, body: Organisation | None, today: date, places: dict[str, int]) -> Line:
    cell = entry.cells.get
    refused: list[str] = []
    mended: list[str] = []
    said: list[str] = []
    if body is None:
        refused.append("no-service")
    usages = vocabulary.several(cell("usages") or "", vocabulary.USAGES)[: core.MOST_USAGES]
    if not usages:
        said.append("no-usage")
    sure = territory.resolve(session, cell("commune") or "") if cell("commune") else None
    if cell("commune") and sure is None:
        said.append("commune-unknown")
    contribution = _cents(cell("contribution"))
    asked_on = vocabulary.day(cell("asked_on") or "", today)
    wanted_by = vocabulary.any_day(cell("wanted_by") or "", today)
    if wanted_by is not None and wanted_by < today:
        wanted_by = None
        mended.append("date-passed")
    informed = vocabulary.day(cell("informed_on") or "", today)
    answers = Answers(
        recipient=Recipient.HOUSEHOLD,
        commune=sure.code if sure else None,
        usages=tuple(usages),
        persons=vocabulary.count(cell("persons") or "", 20),
        pupils=vocabulary.count(cell("pupils") or "", 20),
        equipment=vocabulary.one(cell("equipment") or "", vocabulary.EQUIPMENT),
        connectivity=vocabulary.one(cell("connectivity") or "", vocabulary.CONNECTIVITY),
        format=vocabulary.one(cell("format") or "", vocabulary.FORMATS),
        eligibility=vocabulary.one(cell("eligibility") or "", vocabulary.ELIGIBILITY),
        motive=vocabulary.one(cell("urgency") or "", vocabulary.URGENCY) if wanted_by else None,
        wanted_by=wanted_by,
        contribution_cents=contribution,
        loan_suits=vocabulary.said(cell("loan") or ""),
        not_equipped=True if cell("equipment") else None,
        handover_place=places.get(fold(cell("place") or "")),
        informed_on=informed,
        informed_how=Informed.IN_PERSON if informed else None,
    )
    if wrong := core.wrong(answers, today):
        refused += [f"wrong-{code.value.replace('_', '-')}" for code in wrong]
    if core.missing(answers):
        said.append("to-complete")
    values = {
        "organisation_id": body.id if body else None,
        "reference": cell("reference"),
        "answers": core.dump(answers),
        "asked_on": asked_on.isoformat() if asked_on else None,
    }
    shown = " · ".join(
        part for part in (cell("reference"), sure.name if sure else None, *(str(USAGES[u]) for u in usages)) if part
    )
    return settle(entry, shown, values, refused=refused, mended=mended, said=said)


def _cents(text: str | None) -> int | None:
    if text is None:
        return None
    if vocabulary.said(text) is False:
        return 0
    digits = "".join(c for c in text.split(",")[0].split(".")[0] if c.isdecimal())
    return int(digits) * 100 if digits and int(digits) <= 300 else None


def apply(session: Session, lines: Sequence[dict[str, Any]], *, by: Actor, at: datetime, today: date) -> int:
    """Open the needs, and send those that are complete; return how many. A reference already there is passed over."""
    taken = _references(session, {line["organisation_id"] for line in lines})
    made = 0
    for line in lines:
        reference = line["reference"] or ""
        key = (line["organisation_id"], fold(reference))
        if reference and key in taken:
            continue
        answers = core.load(line["answers"])
        service = replace(by, organisation_id=line["organisation_id"])
        need = needs.draft(session, answers, by=service, at=at)
        if not core.missing(answers) and not core.wrong(answers, today):
            needs.submit(session, need, answers, by=service, at=at, today=today)
        if line["asked_on"]:
            _keep_rank(need, date.fromisoformat(line["asked_on"]))
        if reference:
            labels.write(session, need, reference, by=service, at=at)
            taken.add(key)
        made += 1
    session.flush()
    return made


def _keep_rank(need: Need, asked_on: date) -> None:
    """Let a need that waited elsewhere keep the day it was asked: who waited longest goes first."""
    need.submitted_at = datetime.combine(asked_on, time(12), UTC) if need.submitted_at else None
    if need.state in OPEN:
        need.validated_on = asked_on
