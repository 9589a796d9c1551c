"""A machine given back to its giver leaves with a slip, wiped or not (domain.md D.1, give_back)."""

import sqlalchemy as sa
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from refurb.core.documents import DocumentKind
from refurb.core.media import MediaState
from refurb.devices import queries as devices
from refurb.devices.registry import Moved
from refurb.documents import papers, parts
from refurb.documents import queries as documents
from refurb.documents import services as document_services
from refurb.documents.models import Document
from refurb.donations.models import Arrival, Lot, LotLine
from refurb.donations.papers import supplier_party
from refurb.handover.papers import title
from refurb.organisations.models import Organisation
from refurb.security import Actor
from refurb.web import zone


def slip(session: Session, moved: Moved, by: Actor) -> Document:
    """Issue the slip of a machine that was just given back, about the machine."""
    device = moved.device
    holder = session.get_one(Organisation, device.holder_id)
    found = session.execute(
        sa.select(Lot, LotLine.inventory_number)
        .join(LotLine, LotLine.lot_id == Lot.id)
        .join(Arrival, Arrival.line_id == LotLine.id)
        .where(Arrival.device_id == device.id)
    ).first()
    lot, inventory_number = (found[0], found[1]) if found else (None, None)
    language = lot.language if lot is not None else "fr"
    with force_locale(language):
        line = parts.DeviceLine(
            code=device.code,
            form=device.form.value,
            title=title(device),
            serial=device.serial or "",
            inventory_number=inventory_number or "",
        )
        paper = papers.ReturnSlip(
            lot_code=lot.code if lot is not None else "",
            supplier=supplier_party(session, lot) if lot is not None else parts.Party(name=_("Le donateur")),
            holder=documents.party(session, holder, language),
            returned_on=moved.at.astimezone(zone()).date().isoformat(),
            devices=[line],
            motive=str(moved.payload.get("motive", "")),
            wiped=devices.media_state(session, device) is MediaState.CLEAR,
        )
    return document_services.issue(
        session,
        DocumentKind.RETURN_SLIP,
        issuer_id=holder.id,
        subject_kind="device",
        subject_id=device.id,
        data=paper,
        language=language,
        by=by,
        at=moved.at,
    )
