"""A machine brought to a counter: a whole lot of one line, declared, collected and counted in one deed."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from refurb.audit.services import record
from refurb.core.equipment import DiskWish, Form, Origin, Regime
from refurb.core.identity import CodeKind
from refurb.core.serials import fold_serial
from refurb.devices.models import Device
from refurb.donations import arrivals
from refurb.donations.models import LineState, Lot, LotLine, LotShare
from refurb.organisations.codes import next_code
from refurb.organisations.models import LegalType, Organisation
from refurb.security import Actor


def take_in(
    session: Session,
    workshop: Organisation,
    *,
    form: Form,
    maker: str | None,
    model: str | None,
    serial: str | None,
    has_charger: bool,
    unlocked: bool,
    disk_wish: DiskWish,
    label: str | None,
    language: str,
    by: Actor,
    at: datetime,
) -> tuple[LotShare, Device]:
    """Receive one machine from somebody who is not named; raises DeviceRefused "serial-known", "code-taken"."""
    lot = Lot(
        code=next_code(session, CodeKind.LOT),
        supplier_name=_("Dépôt au comptoir"),
        legal_type=LegalType.PRIVATE_PERSON,
        origin=Origin.PRIVATE,
        regime=Regime.GIFT,
        contacts=[],
        disk_wish=disk_wish,
        is_counter_deposit=True,
        language=language,
        commune_code=workshop.commune_code,
        epci_code=workshop.epci_code,
        declared_at=at,
    )
    session.add(lot)
    session.flush()
    share = LotShare(
        lot_id=lot.id,
        workshop_id=workshop.id,
        offered_at=at,
        answered_at=at,
        accepted=True,
        collected_at=at,
        collected_count=1,
        chargers_received=int(has_charger),
    )
    session.add(share)
    session.flush()
    line = LotLine(
        lot_id=lot.id,
        share_id=share.id,
        position=1,
        state=LineState.COLLECTED,
        quantity=1,
        form=form,
        maker=maker,
        model=model,
        serial=serial,
        serial_key=fold_serial(serial)[:100] if serial else None,
        has_charger=has_charger,
        lock=None if unlocked else "unknown",
        details={},
    )
    session.add(line)
    session.flush()
    record(session, "lot", lot.id, "lot.deposited", by=by, at=at, payload={"form": form.value, "share_id": share.id})
    (device,) = arrivals.receive_line(session, share, line.id, label=label, place_id=None, by=by, at=at)
    arrivals.finish(session, share, chargers=int(has_charger), by=by, at=at)
    session.refresh(share, ["lot", "workshop"])
    return share, device
