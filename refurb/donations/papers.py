"""What the papers of a gift say: agreement, slips of pickup and receipt, certificate of intake, deposit receipt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from refurb.core.documents import DocumentKind, modes_allowed
from refurb.core.equipment import Form, Mode, Regime
from refurb.core.identity import display
from refurb.core.serials import serial_trusted
from refurb.devices.models import Device
from refurb.documents import papers, parts
from refurb.documents.models import Document
from refurb.documents.queries import of_subject as documents_of
from refurb.documents.queries import party
from refurb.documents.services import issue
from refurb.donations import sentences
from refurb.donations.models import Lot, LotLine, LotShare
from refurb.organisations.models import LegalType, Organisation
from refurb.organisations.words import LEGAL_TYPES
from refurb.security import Actor
from refurb.territory.queries import commune_name
from refurb.web import zone


def supplier_party(session: Session, lot: Lot) -> parts.Party:
    """Return the giver as papers name it; a private person is named nowhere."""
    if lot.legal_type is LegalType.PRIVATE_PERSON:
        return parts.Party(name=_("Un particulier"))
    town = " ".join(part for part in (lot.postcode, commune_name(session, lot.commune_code)) if part)
    signatory = lot.signatory or {}
    return parts.Party(
        name=lot.supplier_name,
        legal_type=str(LEGAL_TYPES[lot.legal_type]),
        address=", ".join(part for part in (lot.address, town) if part),
        siret=lot.siret or "",
        signatory=str(signatory.get("name") or ""),
        quality=str(signatory.get("role") or ""),
    )


def label_of(line: LotLine) -> str:
    """Return one line in words: "Ordinateur portable HP EliteBook 840 G3, série 5CG…"."""
    parts = [sentences.thing(line.form, line.kind), line.maker, line.model]
    text = " ".join(part for part in parts if part)
    return f"{text} · {line.serial}" if line.serial else text


def donation_agreement(
    session: Session,
    share: LotShare,
    lines: Sequence[LotLine],
    *,
    collect_before: date | None,
    act_reference: str | None = None,
    act_on: date | None = None,
    by: Actor,
    at: datetime,
) -> Document:
    """Issue the agreement that giver and workshop sign; what may be sold on follows from the origin and the taker."""
    lot = share.lot
    with force_locale(lot.language):
        donor = supplier_party(session, lot)
        modes = modes_allowed(lot.origin, lot.regime, share.workshop.legal_type.value)
        data = papers.DonationAgreement(
            lot_code=display(lot.code),
            donor=donor,
            taker=party(session, share.workshop, lot.language),
            origin=lot.origin.value,
            regime=lot.regime.value,
            lines=[_goods(line) for line in lines],
            place=donor.address,
            collect_before=collect_before.isoformat() if collect_before else "",
            disks=lot.disk_wish.value,
            resale="solidarity" if Mode.SOLIDARITY_SALE in modes else "none",
            act_reference=act_reference or "",
            act_on=act_on.isoformat() if act_on else "",
        )
    return _issue(session, DocumentKind.DONATION_AGREEMENT, share, data, by=by, at=at)


def _goods(line: LotLine) -> parts.Goods:
    return parts.Goods(
        label=label_of(line),
        quantity=line.quantity,
        year=str(line.year or ""),
        value_cents=line.book_value_cents,
        note=line.inventory_number or "",
    )


def pickup_slip(session: Session, share: LotShare, lines: Sequence[LotLine], *, by: Actor, at: datetime) -> Document:
    """Issue the slip that is countersigned at the giver's door."""
    lot = share.lot
    contact = lot.contacts[0] if lot.contacts else None
    with force_locale(lot.language):
        data = papers.PickupSlip(
            lot_code=display(lot.code),
            supplier=supplier_party(session, lot),
            collector=party(session, share.workshop, lot.language),
            place=supplier_party(session, lot).address,
            planned_on=share.pickup_on.isoformat() if share.pickup_on else "",
            window=share.pickup_window or lot.slots or "",
            contact=parts.Contact(
                name=str(contact.get("name") or ""),
                phone=str(contact.get("phone") or ""),
                email=str(contact.get("email") or ""),
            )
            if contact
            else None,
            access=(lot.comment or "")[:500],
            lines=[_goods(line) for line in lines],
            chargers=sum(line.quantity for line in lines if line.has_charger) or None,
        )
    return _issue(session, DocumentKind.PICKUP_SLIP, share, data, by=by, at=at)


def receipt_slip(
    session: Session, share: LotShare, lines: Sequence[LotLine], counts: dict[int, int], *, by: Actor, at: datetime
) -> Document:
    """Issue the slip of what arrived against what was declared, each difference in words."""
    lot = share.lot
    with force_locale(lot.language):
        differences = []
        for line in lines:
            name = label_of(line) + (f" ({line.inventory_number})" if line.inventory_number else "")
            if line.is_extra:
                differences.append(_("Non déclaré, reçu en plus : %(line)s", line=name))
            elif counts[line.id] < line.quantity:
                missing = line.quantity - counts[line.id]
                differences.append(_("Manque %(count)s : %(line)s", count=missing, line=name))
        data = papers.ReceiptSlip(
            lot_code=display(lot.code),
            supplier=supplier_party(session, lot),
            receiver=party(session, share.workshop, lot.language),
            received_on=at.astimezone(zone()).date().isoformat(),
            lines=[
                parts.Counted(
                    label=label_of(line),
                    declared=0 if line.is_extra else line.quantity,
                    received=counts[line.id],
                    note=line.inventory_number or "",
                )
                for line in lines
            ],
            differences=differences,
        )
    return _issue(session, DocumentKind.RECEIPT_SLIP, share, data, by=by, at=at)


def intake_certificate(
    session: Session, share: LotShare, born: Sequence[tuple[LotLine, Device]], *, by: Actor, at: datetime
) -> Document | None:
    """Issue the certificate that lists every machine with its serial; None when only accessories came."""
    if not born:
        return None
    lot = share.lot
    with force_locale(lot.language):
        data = papers.IntakeCertificate(
            lot_code=display(lot.code),
            supplier=supplier_party(session, lot),
            holder=party(session, share.workshop, lot.language),
            received_on=at.astimezone(zone()).date().isoformat(),
            devices=_device_lines(born),
        )
    return _issue(session, DocumentKind.INTAKE_CERTIFICATE, share, data, by=by, at=at)


def _device_lines(born: Sequence[tuple[LotLine, Device]]) -> list[parts.DeviceLine]:
    return [
        parts.DeviceLine(
            code=display(device.code),
            form=sentences.thing(device.form, line.kind),
            title=title_of(device),
            serial=device.serial if device.serial and serial_trusted(device.maker, device.serial) else "",
            inventory_number=line.inventory_number or "",
        )
        for line, device in born
    ]


def transfer_certificate(
    session: Session, share: LotShare, born: Sequence[tuple[LotLine, Device]], *, by: Actor, at: datetime
) -> Document | None:
    """Issue the certificate of what changed hands; None for a sale, which has its invoice, or when nothing came."""
    lot = share.lot
    if not born or lot.regime is Regime.SALE:
        return None
    agreed = agreement_of(session, share)
    with force_locale(lot.language):
        data = papers.TransferCertificate(
            lot_code=display(lot.code),
            donor=supplier_party(session, lot),
            taker=party(session, share.workshop, lot.language),
            regime=lot.regime.value,
            transferred_on=(share.collected_at or at).astimezone(zone()).date().isoformat(),
            devices=_device_lines(born),
            act_reference=str(agreed.data.get("act_reference", "")) if agreed else "",
            act_on=str(agreed.data.get("act_on", "")) if agreed else "",
        )
    return _issue(session, DocumentKind.TRANSFER_CERTIFICATE, share, data, by=by, at=at)


def agreement_of(session: Session, share: LotShare) -> Document | None:
    """Return the latest agreement of a share that is not void."""
    issued = documents_of(session, "lot", share.lot_id)
    kind = DocumentKind.DONATION_AGREEMENT.value
    return next((d for d in reversed(issued) if d.kind == kind and d.issuer_id == share.workshop_id), None)


def reuse_statement(
    session: Session, share: LotShare, born: Sequence[tuple[LotLine, Device]], *, at: datetime
) -> papers.ReuseStatement:
    """Return what became of every machine of a share, each with its month: never a commune, never a person."""
    lot = share.lot
    with force_locale(lot.language):
        return papers.ReuseStatement(
            lot_code=display(lot.code),
            supplier=supplier_party(session, lot),
            holder=party(session, share.workshop, lot.language),
            stated_on=at.astimezone(zone()).date().isoformat(),
            rows=[
                papers.Outcome(
                    inventory_number=line.inventory_number or "",
                    code=display(device.code),
                    title=title_of(device),
                    serial=device.serial if device.serial and serial_trusted(device.maker, device.serial) else "",
                    outcome=_stated(device),
                    month=device.status_since.astimezone(zone()).date().isoformat()[:7] if _is_over(device) else "",
                )
                for line, device in born
            ],
        )


def issue_statement(
    session: Session, share: LotShare, data: papers.ReuseStatement, *, by: Actor, at: datetime
) -> Document:
    """Issue the first reuse statement of a share; later ones replace it."""
    return _issue(session, DocumentKind.REUSE_STATEMENT, share, data, by=by, at=at)


def _stated(device: Device) -> str:
    fate = sentences.fate_of(device.status)
    return "in_progress" if fate == "ready" else fate


def _is_over(device: Device) -> bool:
    return _stated(device) != "in_progress"


def deposit_receipt(
    session: Session, share: LotShare, device: Device, *, place: str, by: Actor, at: datetime
) -> Document:
    """Issue the receipt of one machine brought to a counter; it names nobody."""
    workshop = party(session, share.workshop, share.lot.language)
    with force_locale(share.lot.language):
        data = papers.DepositReceipt(
            code=device.code,
            shown_code=display(device.code),
            form=sentences.thing(device.form, None),
            title=title_of(device),
            serial=device.serial or "",
            accessories=[_("chargeur")] if share.chargers_received else [],
            deposited_on=at.astimezone(zone()).date().isoformat(),
            place=place or workshop.name,
            disks=share.lot.disk_wish.value,
            contact=parts.Contact(name=workshop.name, phone=workshop.phone, email=workshop.email),
        )
    return _issue(session, DocumentKind.DEPOSIT_RECEIPT, share, data, by=by, at=at)


def title_of(device: Device) -> str:
    """Return maker and model, the form where neither is known."""
    return " ".join(part for part in (device.maker, device.model) if part) or sentences.thing(Form(device.form), None)


def _issue(session: Session, kind: DocumentKind, share: LotShare, data: object, *, by: Actor, at: datetime) -> Document:
    workshop: Organisation = share.workshop
    return issue(
        session,
        kind,
        issuer_id=workshop.id,
        subject_kind="lot",
        subject_id=share.lot_id,
        data=data,
        language=share.lot.language,
        by=by,
        at=at,
    )
