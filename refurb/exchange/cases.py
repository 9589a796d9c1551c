"""Day one of a service: the needs it already follows, without a word on who they are of.

The service's own reference goes into the private label, sealed; a reference that is somebody's name is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple

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
from refurb.needs import limits, scoring
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
#: Said of a line that would be sent, were its service not at its limit of open needs.
PAST_LIMIT = "past-limit"


class Made(NamedTuple):
    """How many needs an import opened, and how many of them stayed drafts for their service was at its limit."""

    made: int
    held: int


def judge(session: Session, records: Sequence[Record], *, by: Actor, today: date) -> list[Line]:
    """Return what each line would become: a need sent where it is complete and its service has room, else a draft."""
    services = {fold(body.name): body for body in organisations.with_role(session, OrganisationRole.PRESCRIBER)}
    places = {fold(place.name): place.id for place in organisations.handover_places(session)}
    own = session.get(Organisation, by.organisation_id) if by.can(Permission.NEED_CREATE) else None
    taken = _references(session, {body.id for body in services.values()} | ({own.id} if own else set()))
    asked = scoring.asked(session, Recipient.HOUSEHOLD)
    lines = []
    for entry in records:
        named = services.get(fold(entry.cells.get("service", "")))
        body = own or named
        line = _judge(session, entry, body, today, places, asked)
        reference = (line.values.get("organisation_id"), fold(line.values.get("reference") or ""))
        if line.outcome in ("new", "mended") and reference[1]:
            if reference in taken:
                line.outcome = "known"
            taken.add(reference)
        lines.append(line)
    new = {number: line.values for number, line in enumerate(lines) if line.outcome in ("new", "mended")}
    ready = _ready(session, new, today)
    for number in _past_limit(ready, _left(session, new.values())):
        lines[number].notes.append(PAST_LIMIT)
    return lines


def _left(session: Session, lines: Iterable[Mapping[str, Any]], *, lock: bool = False) -> dict[int, int]:
    """Return how many more needs each service of the lines may send.

    With `lock`, nobody else sends for these services until the transaction ends; they are locked in the order of
    their numbers, so that two imports do not wait for each other.
    """
    services = sorted({line["organisation_id"] for line in lines})
    return {service: limits.room(session, service, lock=lock).left for service in services}


def _ready(session: Session, new: Mapping[int, Mapping[str, Any]], today: date) -> dict[int, int]:
    """Return the lines that are complete, by number, with their service: who asked first, then who comes first."""
    asked = scoring.asked(session, Recipient.HOUSEHOLD)
    ready = {}
    for number, line in sorted(new.items(), key=lambda entry: (entry[1]["asked_on"] or today.isoformat(), entry[0])):
        answers = core.load(line["answers"])
        if not core.missing(answers, asked) and not core.wrong(answers, today):
            ready[number] = line["organisation_id"]
    return ready


def _past_limit(ready: Mapping[int, int], left: dict[int, int]) -> set[int]:
    """Return the numbers of those that their services have no room for, in the order given; uses up `left`."""
    past = set()
    for number, service in ready.items():
        if left[service]:
            left[service] -= 1
        else:
            past.add(number)
    return past


def _references(session: Session, services: set[int]) -> set[tuple[int | None, str]]:
    """Return the references that the services' open cases already carry; they are sealed, so all are opened here."""
    rows = session.execute(
        sa.select(Need.organisation_id, PrivateLabel).join(PrivateLabel, PrivateLabel.need_id == Need.id).where(
            Need.organisation_id.in_(services)
        )
    ).all()  # fmt: skip
    return {(row[0], fold(row[1].label or "")) for row in rows}


def _judge(
    session: Session, entry: Record, body: Organisation | None, today: date, places: dict[str, int],
    asked: frozenset[str],
) -> Line:  # fmt: skip
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
    if core.missing(answers, asked):
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


def apply(session: Session, lines: Sequence[dict[str, Any]], *, by: Actor, at: datetime, today: date) -> Made:
    """Open the needs, and send those that are complete and whose service has room, counted anew under its lock.

    A reference already there is passed over.
    """
    left = _left(session, lines, lock=True)
    taken = _references(session, set(left))
    new = {}
    for number, line in enumerate(lines):
        key = (line["organisation_id"], fold(line["reference"] or ""))
        if key[1] and key in taken:
            continue
        taken.add(key)
        new[number] = line
    ready = _ready(session, new, today)
    past = _past_limit(ready, left)
    for number, line in new.items():
        answers = core.load(line["answers"])
        service = replace(by, organisation_id=line["organisation_id"])
        need = needs.draft(session, answers, by=service, at=at)
        if number in ready and number not in past:
            needs.submit(session, need, answers, by=service, at=at, today=today)
        if line["asked_on"]:
            _keep_rank(need, date.fromisoformat(line["asked_on"]))
        if line["reference"]:
            labels.write(session, need, line["reference"], by=service, at=at)
    session.flush()
    return Made(len(new), len(past))


def _keep_rank(need: Need, asked_on: date) -> None:
    """Let a need that waited elsewhere keep the day it was asked: who waited longest goes first."""
    need.submitted_at = datetime.combine(asked_on, time(12), UTC) if need.submitted_at else None
    if need.state in OPEN:
        need.validated_on = asked_on
