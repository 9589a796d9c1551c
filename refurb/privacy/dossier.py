"""All that is kept about one case, as its service may ask for it on behalf of the person (RGPD art. 15)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from refurb.aftersales import words as aftersales_words
from refurb.aftersales.models import Ticket
from refurb.audit import queries as audit
from refurb.core import needs as core
from refurb.core import retention
from refurb.core.need_life import Act
from refurb.core.retention import Kept
from refurb.devices.models import Device
from refurb.documents.models import Document
from refurb.documents.words import kind_word
from refurb.handover.models import Appointment, Handover
from refurb.matching.models import Reservation
from refurb.needs import papers, words
from refurb.needs.models import Need
from refurb.organisations import queries as organisations
from refurb.organisations.models import Place
from refurb.privacy import labels
from refurb.security import Actor
from refurb.territory import queries as territory
from refurb.web import display_code, money
from refurb.web import local_date as format_day
from refurb.web import local_datetime as format_moment

#: What each answer is called here, and where its words are.
ANSWERS: dict[str, tuple[Any, str | None]] = {
    "usages": (_l("Usages"), "USAGES"),
    "persons": (_l("Personnes qui s'en serviront"), None),
    "pupils": (_l("dont élèves"), None),
    "equipment": (_l("Équipement actuel"), "EQUIPMENT"),
    "connectivity": (_l("Connexion"), "CONNECTIVITY"),
    "format": (_l("Sorte de machine"), "FORMATS"),
    "no_stable_power": (_l("Pas de courant stable"), None),
    "tablet_suits": (_l("Une tablette conviendrait"), None),
    "ergonomics": (_l("Besoins d'usage"), "ERGONOMICS"),
    "eligibility": (_l("Critère attesté par le service"), "ELIGIBILITY"),
    "motive": (_l("Urgence"), "MOTIVES_OF_URGENCY"),
    "wanted_by": (_l("Date à tenir"), None),
    "accompaniment": (_l("Accompagnement"), "ACCOMPANIMENT"),
    "system": (_l("Un logiciel impose son système"), "SYSTEMS"),
    "contribution_cents": (_l("Participation possible"), None),
    "loan_suits": (_l("Un prêt conviendrait"), None),
    "informed_on": (_l("Personne informée le"), None),
    "informed_how": (_l("Personne informée"), "INFORMED"),
    "not_equipped": (_l("Aucun équipement reçu depuis 36 mois"), None),
    "note": (_l("Précision sur la machine"), None),
}
#: Said elsewhere on the page, or by no person.
NOT_SAID = frozenset({"recipient", "commune", "handover_place", "quantity"})


@dataclass
class Section:
    """One part of what is kept: pairs (word, value), in order."""

    title: str
    facts: list[tuple[Any, Any]] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)


def of_case(session: Session, need: Need, *, seen_by: Actor) -> list[Section]:
    """Return everything that the database holds about the case, in words; the caller has checked who asks."""
    label = labels.of(session, need, seen_by=seen_by)
    case = Section(_("Le dossier"))
    case.facts = [
        (_("Numéro"), display_code(need.code)),
        (_("Service"), need.organisation.name),
        (_("Ouvert le"), format_day(need.created_at)),
        (_("Envoyé le"), format_day(need.submitted_at) if need.submitted_at else None),
        (_("Où il en est"), words.STATES[need.state]),
        (_("Commune"), territory.commune_name(session, need.commune_code)),
        (_("Lieu de remise"), papers.place_line(session, need.handover_place)),
        (_("Étiquette privée du service"), (label.text or _("illisible : sa clé est perdue")) if label else None),
        (_("Points"), need.points),
    ]
    asked = Section(_("Les réponses du formulaire"))
    asked.facts = [_answer(name, value) for name, value in core.dump(core.load(need.answers)).items()
                   if name not in NOT_SAID]  # fmt: skip
    return [case, asked, *_machines(session, need), _log(session, need)]


def kept_until(need: Need) -> date:
    """Return the day after which the case is anonymised, were nothing to happen any more."""
    rule = retention.OF[Kept.CASE]
    month = need.changed_at.month - 1 + rule.months
    return date(need.changed_at.year + month // 12, month % 12 + 1, min(need.changed_at.day, 28))


def _answer(name: str, value: Any) -> tuple[Any, Any]:
    label, table = ANSWERS.get(name, (name, None))
    known: dict[str, Any] = {str(key): word for key, word in getattr(words, table or "", {}).items()}
    if name == "contribution_cents":
        return label, money(value)
    if name in ("wanted_by", "informed_on", "needed_from", "needed_until") and isinstance(value, str):
        return label, format_day(date.fromisoformat(value))
    if isinstance(value, bool):
        return label, _("oui") if value else _("non")
    if isinstance(value, list):
        return label, ", ".join(str(known.get(str(item), item)) for item in value)
    return label, known.get(str(value), value)


def _machines(session: Session, need: Need) -> list[Section]:
    aside, given = Section(_("Machines mises de côté")), Section(_("Remises, pannes et papiers"))
    reservations = session.execute(
        sa.select(Reservation, Device).join(Device).where(Reservation.need_id == need.id).order_by(Reservation.id)
    ).all()
    for reservation, device in reservations:
        aside.rows.append(
            _("%(machine)s, le %(date)s", machine=_named(device), date=format_moment(reservation.made_at))
        )
    for appointment, place in session.execute(
        sa.select(Appointment, Place)
        .join(Place, Place.id == Appointment.place_id)
        .where(Appointment.reservation_id.in_([row[0].id for row in reservations]))
        .order_by(Appointment.starts_at)
    ).all():
        aside.rows.append(
            _("Rendez-vous le %(date)s, %(place)s", date=format_moment(appointment.starts_at), place=place.name)
        )
    handovers = session.execute(
        sa.select(Handover, Device).join(Device).where(Handover.need_id == need.id).order_by(Handover.id)
    ).all()
    for handover, device in handovers:
        given.rows.append(
            _(
                "Remise le %(date)s : %(machine)s, %(mode)s",
                date=format_moment(handover.handed_over_at),
                machine=_named(device),
                mode=words.MODES[handover.mode],
            )
        )
    keys = [handover.id for handover, _device in handovers]
    for ticket in session.scalars(sa.select(Ticket).where(Ticket.handover_id.in_(keys)).order_by(Ticket.id)):
        fault = next((str(word) for key, word in aftersales_words.FAULTS.items() if str(key) == ticket.fault), "")
        told = ", ".join(part for part in (fault, ticket.description) if part)
        given.rows.append(_("Panne le %(date)s : %(what)s", date=format_moment(ticket.opened_at), what=told))
    for document in session.scalars(
        sa.select(Document).where(
            sa.or_(
                sa.and_(Document.subject_kind == "handover", Document.subject_id.in_(keys)),
                sa.and_(Document.subject_kind == "need", Document.subject_id == need.id),
            )
        )
    ):
        given.rows.append(f"{kind_word(document)} {document.number}")
    return [section for section in (aside, given) if section.rows]


def _log(session: Session, need: Need) -> Section:
    """Who did and read what: the organisation and the day; colleagues are not named to the person."""
    log = Section(_("Qui l'a ouvert ou changé"))
    events = audit.of_subject(session, "need", need.id, limit=500)
    names = organisations.names(session, {event.organisation_id for event in events if event.organisation_id})
    for event in events:
        payload = event.payload or {}
        done = payload.get("act")
        title = words.ACTS.get(Act(done)) if done in set(Act) else words.EVENTS.get(event.kind, event.kind)
        who = names.get(event.organisation_id or 0) or "Refurb"
        log.rows.append(f"{format_day(event.at)} : {title} ({who})")
    return log


def _named(device: Device) -> str:
    return " ".join(part for part in (device.maker, device.model, device.code) if part)
