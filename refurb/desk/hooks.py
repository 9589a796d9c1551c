"""What the desk opens besides machines, and what a machine leads to: a code, a profile and a place, never a person."""

from typing import Any

from flask import Flask, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from refurb.aftersales import queries as tickets
from refurb.core.identity import CodeKind, display
from refurb.core.permissions import Permission
from refurb.core.workflow import HELD, Action, Status
from refurb.desk import reception, stocktakes
from refurb.desk.pages import stand_in
from refurb.desk.registry import CONTEXTS, FOLLOWS, OFFERS, OPENERS, STARTS, Opened
from refurb.devices.models import Device
from refurb.documents import queries as papers
from refurb.documents.words import kind_word
from refurb.handover import queries as handovers
from refurb.matching import queries as matching
from refurb.needs import queries as needs
from refurb.needs.words import PROFILES
from refurb.security import Actor


def register(app: Flask) -> None:
    """Called by create_app(), after the areas that the desk opens."""
    app.extensions["refurb.stand_in"] = stand_in
    CONTEXTS[reception.AREA] = reception.Reception()
    CONTEXTS[stocktakes.AREA] = stocktakes.Counting()
    STARTS[CodeKind.LOT] = reception.start
    OPENERS[CodeKind.NEED] = open_need
    OPENERS[CodeKind.HANDOVER] = open_handover
    OPENERS[CodeKind.TICKET] = open_ticket
    OPENERS[CodeKind.DOCUMENT] = open_paper
    OFFERS["matching"] = for_whom
    if "matching.for_whom_fragment" in app.view_functions:
        FOLLOWS["matching"] = follow_into_stock


def follow_into_stock(device: Device, detail: dict[str, Any]) -> str | None:
    """Return the address of "for whom" for a machine that entered stock or stands there; a tap comes back here."""
    if detail.get("after") != Status.IN_STOCK.value and detail.get("next") != Action.RESERVE.value:
        return None
    return url_for("matching.for_whom_fragment", code=device.code, next=url_for("desk.scan"))


def open_need(session: Session, code: str, by: Actor) -> Opened | None:
    """Return the case: its hand-over to who performs it, its own page to who follows it."""
    if by.can(Permission.HANDOVER_PERFORM) and handovers.case_by_need(session, code, seen_by=by):
        return Opened(_("Demande %(code)s", code=display(code)), url_for("handover.show", code=code))
    need = needs.by_code(session, code, seen_by=by)
    if need is None:
        return None
    title = _("Demande %(code)s", code=display(code))
    return Opened(title, url_for("needs.show", code=code), str(PROFILES.get(need.profile, "")))


def open_handover(session: Session, code: str, by: Actor) -> Opened | None:
    """Return the page of a hand-over that was made."""
    if not by.can(Permission.HANDOVER_READ) or handovers.by_code(session, code, seen_by=by) is None:
        return None
    return Opened(_("Remise %(code)s", code=display(code)), url_for("handover.performed", code=code))


def open_ticket(session: Session, code: str, by: Actor) -> Opened | None:
    """Return the page of a call for help."""
    if not by.can(Permission.TICKET_OPEN) or tickets.by_code(session, code, seen_by=by) is None:
        return None
    return Opened(_("Ticket %(code)s", code=display(code)), url_for("aftersales.show", code=code))


def open_paper(session: Session, code: str, by: Actor) -> Opened | None:
    """Return the page of a paper, whose code stands at the foot of each of its sheets."""
    if not by.can(Permission.DOCUMENT_READ) or (paper := papers.by_code(session, code, seen_by=by)) is None:
        return None
    detail = paper.number if paper.voided_at is None else _("%(number)s, annulé", number=paper.number)
    return Opened(kind_word(paper), url_for("documents.show", code=code), detail)


def for_whom(session: Session, device: Device, by: Actor) -> Opened | None:
    """Return whom a machine is set aside for; one free in stock leads to the needs that it suits."""
    if device.status in HELD:
        return _set_aside(session, device, by)
    own = by.can(Permission.NEED_READ_PROFILE) and by.organisation_id == device.holder_id
    if device.status is Status.IN_STOCK and (own or by.can(Permission.MATCH_RESERVE)):
        return Opened(_("Voir pour qui"), url_for("matching.for_device", code=device.code))
    return None


def _set_aside(session: Session, device: Device, by: Actor) -> Opened | None:
    if by.can(Permission.HANDOVER_READ) and (code := handovers.need_code_of_device(session, device.code, seen_by=by)):
        url = url_for("handover.show", code=code, device=device.code)
    elif by.can(Permission.PICKING_READ) and by.organisation_id == device.holder_id:
        url = url_for("matching.picking")
    else:
        return None
    reservation = matching.open_reservation(session, device.id)
    if reservation is None:
        return None
    need = reservation.need
    place = need.handover_place.name if need.handover_place else ""
    told = filter(None, (str(PROFILES.get(need.profile, "")), place))
    return Opened(_("Pour %(code)s", code=display(need.code)), url, " · ".join(told))
