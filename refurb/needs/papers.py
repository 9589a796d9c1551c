"""What the slip says that a household takes home: plain words, whom to call, and the case number."""

from datetime import date
from typing import Any

from flask_babel import force_locale, ngettext
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from refurb.core import needs as core
from refurb.core.equipment import Recipient
from refurb.core.identity import display
from refurb.core.need_life import OPEN
from refurb.documents.papers import NeedSlip
from refurb.documents.parts import Contact, Envelope, Party
from refurb.documents.services import address
from refurb.needs import estimates, words
from refurb.needs.models import Need
from refurb.organisations.models import Organisation, Place
from refurb.territory import queries as territory
from refurb.web import local_datetime, money, zone


def wanted(need: Need) -> list[str]:
    """Return what was asked, a line each, said to the household in the language in force."""
    answers = core.load(need.answers)
    machines = [str(words.FORMS[form]) for form in need.forms]
    lines = [_("Une machine : %(forms)s.", forms=_(" ou ").join(machines))] if machines else []
    if answers.usages:
        usages = [str(words.USAGES[usage]).lower() for usage in answers.usages]
        lines.append(_("Pour : %(usages)s.", usages=" ; ".join(usages)))
    if need.recipient is Recipient.STRUCTURE:
        return lines
    if answers.persons:
        lines.append(
            ngettext(
                "%(num)s personne s'en servira.",
                "%(num)s personnes s'en serviront.",
                answers.persons,
            )
        )
    if answers.contribution_cents:
        lines.append(
            _(
                "Vous pouvez payer jusqu'à %(amount)s. Rien n'est payé aujourd'hui.",
                amount=money(answers.contribution_cents),
            )
        )
    elif answers.contribution_cents == 0:
        lines.append(_("Vous n'avez rien à payer."))
    if answers.loan_suits:
        lines.append(_("Un prêt vous convient aussi."))
    return lines


def place_line(session: Session, place: Place | None) -> str:
    """Return where the machine will be handed over, as one line."""
    if place is None:
        return ""
    commune = territory.commune_name(session, place.commune_code)
    return ", ".join(part for part in (place.name, place.address, commune) if part)


def contact(session: Session, organisation: Organisation) -> Contact:
    """Return whom the household calls: the service, never a person of it."""
    return Contact(
        name=organisation.name,
        phone=organisation.phone or "",
        email=organisation.email or "",
        place=", ".join(
            part for part in (organisation.address, territory.commune_name(session, organisation.commune_code)) if part
        ),
    )


#: Where and when a machine is to be handed over: its appointment and the place.
Agreed = tuple[Any, Place | None]


def slip(session: Session, need: Need, *, language: str, today: date, agreed: Agreed | None = None) -> NeedSlip:
    """Return the slip's data; the need comes with its service and its place, `agreed` with an appointment."""
    with force_locale(language):
        appointment, there = agreed or (None, None)
        asked_on = need.submitted_at.astimezone(zone()).date() if need.submitted_at else today
        waits = need.state in OPEN
        return NeedSlip(
            document=Envelope(issuer=Party(name=need.organisation.name)),
            need_code=need.code,
            shown_need_code=display(need.code),
            letters=need.letters,
            follow_at=address("/needs/follow").partition("://")[2],
            # "Votre service" goes with every preposition, an organisation's name with none.
            service=_("votre service (%(name)s)", name=need.organisation.name),
            contact=contact(session, need.organisation),
            asked_on=asked_on.isoformat(),
            wanted=wanted(need),
            estimate=(estimates.of(session, need, today) or "") if waits else "",
            appointment=local_datetime(appointment.starts_at, "EEEE d MMMM y, HH:mm") if appointment else "",
            bring=bring(need) if appointment else [],
            handover_place=place_line(session, there or need.handover_place),
            opening=(there.hours or "") if there is not None else "",
            fresh_until=core.fresh_until(need.confirmed_on).isoformat() if need.confirmed_on and waits else "",
        )


def bring(need: Need) -> list[str]:
    """Return what the household brings to the appointment, a line each."""
    answers = core.load(need.answers)
    lines = [_("Ce papier."), _("De quoi porter l'ordinateur : un sac, ou quelqu'un pour un écran.")]
    if answers.contribution_cents:
        lines.append(
            _(
                "De quoi payer %(amount)s au plus ; le prix exact vous sera dit avant.",
                amount=money(answers.contribution_cents),
            )
        )
    return lines
