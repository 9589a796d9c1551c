"""Global search: one box that takes a code, a serial, an old number, a SIRET or a name.

A code, typed or scanned through any keyboard, opens its page at once. Everything else is a short list per kind of
thing, through each area's own queries, so that nobody finds what they may not open.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask import current_app, url_for
from sqlalchemy.orm import Session

from refurb.aftersales import queries as tickets
from refurb.core import identity
from refurb.core.identity import CodeKind
from refurb.core.permissions import Permission
from refurb.devices import queries as devices
from refurb.devices.models import Device
from refurb.devices.names import naming
from refurb.documents import queries as documents
from refurb.donations import queries as donations
from refurb.donations.models import Lot
from refurb.handover import queries as handovers
from refurb.needs import queries as needs
from refurb.organisations.models import Organisation
from refurb.security import Actor

#: Lines shown of each kind; a longer list has its own page with filters.
SHOWN = 12


@dataclass(frozen=True)
class Hit:
    """One thing found: its page, its code or "", its name, and a second line."""

    url: str
    name: str
    code: str = ""
    detail: str = ""


@dataclass
class Found:
    """What a text found. `exact` is the page a code opens; `unknown_code` is right but names nothing here."""

    exact: Hit | None = None
    unknown_code: str = ""
    devices: list[Hit] = field(default_factory=list)
    lots: list[Hit] = field(default_factory=list)
    organisations: list[Hit] = field(default_factory=list)

    @property
    def total(self) -> int:
        """How many lines there are to show."""
        return len(self.devices) + len(self.lots) + len(self.organisations)


def find(session: Session, text: str, *, seen_by: Actor) -> Found:
    """Return what `text` names among what the actor may see."""
    found = Found()
    if not text:
        return found
    reading = identity.read(text)
    for code in reading.codes:
        hit = by_code(session, code, seen_by=seen_by)
        if hit is not None and found.exact is None and len(reading.codes) == 1:
            found.exact = hit
            return found
        found.unknown_code = found.unknown_code or ("" if hit else code)
    if reading.codes:
        return found
    found.devices = _devices(session, (reading.text, *reading.candidates), seen_by)
    found.lots = _lots(session, text, seen_by)
    found.organisations = _organisations(session, text, seen_by)
    hits = [*found.devices, *found.lots, *found.organisations]
    if len(hits) == 1 and _is_number(text):
        found.exact = hits[0]
    return found


def by_code(session: Session, code: str, *, seen_by: Actor) -> Hit | None:
    """Return what one code opens for the actor, None when it names nothing, or nothing of theirs."""
    opener = OPENERS.get(identity.kind_of(code))
    return opener(session, code, seen_by) if opener else None


def _device(session: Session, code: str, who: Actor) -> Hit | None:
    device = devices.by_code(session, code, seen_by=who)
    return _device_hit(device) if device else None


def _lot(session: Session, code: str, who: Actor) -> Hit | None:
    lot = donations.by_code(session, code, seen_by=who)
    return _lot_hit(lot, who) if lot else None


def _need(session: Session, code: str, who: Actor) -> Hit | None:
    need = needs.by_code(session, code, seen_by=who)
    return Hit(_page("needs.show", code=need.code), need.organisation.name, need.code) if need else None


def _kit(session: Session, code: str, who: Actor) -> Hit | None:
    found = devices.set_by_code(session, code, seen_by=who)
    return _device_hit(found.base) if found else None


def _handover(session: Session, code: str, who: Actor) -> Hit | None:
    found = handovers.by_code(session, code, seen_by=who)
    return Hit(_page("handover.performed", code=code), "", code) if found else None


def _ticket(session: Session, code: str, who: Actor) -> Hit | None:
    found = tickets.by_code(session, code, seen_by=who)
    return Hit(_page("aftersales.show", code=code), "", code) if found else None


def _document(session: Session, code: str, who: Actor) -> Hit | None:
    found = documents.by_code(session, code, seen_by=who)
    return Hit(_page("documents.show", code=code), found.number, code) if found else None


OPENERS: dict[CodeKind, Callable[[Session, str, Actor], Hit | None]] = {
    CodeKind.DEVICE: _device,
    CodeKind.LOT: _lot,
    CodeKind.NEED: _need,
    CodeKind.KIT: _kit,
    CodeKind.HANDOVER: _handover,
    CodeKind.TICKET: _ticket,
    CodeKind.DOCUMENT: _document,
}


def _devices(session: Session, texts: Iterable[str], who: Actor) -> list[Hit]:
    """Return machines by serial or old number in any spelling that the text may mean, else by maker and model."""
    if not who.can(Permission.DEVICE_READ):
        return []
    kept: dict[int, Device] = {}
    texts = list(dict.fromkeys(texts))
    for text in texts:
        for device in (*devices.by_serial(session, text, seen_by=who), *devices.by_alias(session, text, seen_by=who)):
            kept.setdefault(device.id, device)
    if not kept:
        query = devices.listing(seen_by=who, named=naming(session, texts[0], seen_by=who)).limit(SHOWN)
        kept = {device.id: device for device in session.scalars(query).unique()}
    return [_device_hit(device) for device in list(kept.values())[:SHOWN]]


def _lots(session: Session, text: str, who: Actor) -> list[Hit]:
    digits = "".join(text.split())
    named = Lot.supplier_name.icontains(text, autoescape=True)
    if digits.isdecimal() and len(digits) in (9, 14):
        named = sa.or_(named, Lot.siret.startswith(digits, autoescape=True))
    query = sa.select(Lot).where(donations.visible(who), named).order_by(Lot.declared_at.desc()).limit(SHOWN)
    return [_lot_hit(lot, who) for lot in session.scalars(query)]


def _organisations(session: Session, text: str, who: Actor) -> list[Hit]:
    if not (who.can(Permission.ORGANISATION_READ) and "organisations.show" in current_app.view_functions):
        return []
    digits = "".join(text.split())
    named = sa.or_(
        Organisation.name.icontains(text, autoescape=True), Organisation.short_name.icontains(text, autoescape=True)
    )
    if digits.isdecimal() and len(digits) in (9, 14):
        named = sa.or_(named, Organisation.siret.startswith(digits, autoescape=True))
    query = sa.select(Organisation).where(named).order_by(Organisation.name).limit(SHOWN)
    return [
        Hit(_page("organisations.show", organisation_id=str(row.id)), row.name, "", row.siret or "")
        for row in session.scalars(query)
    ]


def _device_hit(device: Device) -> Hit:
    name = " ".join(part for part in (device.maker, device.model) if part)
    return Hit(_page("devices.show", code=device.code), name, device.code, device.serial or "")


def _lot_hit(lot: Lot, who: Actor) -> Hit:
    endpoint = "donations.show" if who.can(Permission.LOT_READ) else "donations.my_gift"
    return Hit(_page(endpoint, code=lot.code), lot.supplier_name, lot.code)


def _is_number(text: str) -> bool:
    """Whether a text is one word with a digit in it: a serial, an old number; not a name, which may gain a namesake."""
    return " " not in text and any(c.isdecimal() for c in text)


def _page(endpoint: str, **values: Any) -> str:
    return url_for(endpoint, **values)
