"""Certificates of wiping, of one machine or of all those of a share: what the evidence says of each medium, no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace as changed
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import force_locale
from sqlalchemy.orm import Session

from refurb.accounts import queries as accounts
from refurb.core import media as core_media
from refurb.core.documents import DocumentKind
from refurb.core.identity import display
from refurb.core.media import CLEAR_STATES, MediaState, MediumState, Outcome, WipeSource
from refurb.core.serials import serial_trusted
from refurb.devices import queries as devices
from refurb.devices import report_words
from refurb.devices.models import Device, MediumWipe, Report, StorageMedium
from refurb.devices.words import MEDIUM_KINDS, METHODS
from refurb.documents import papers, parts
from refurb.documents.models import Document
from refurb.documents.queries import of_subject, party
from refurb.documents.services import issue, replace
from refurb.donations.models import Arrival, Lot, LotLine
from refurb.donations.papers import supplier_party, title_of
from refurb.organisations.models import Organisation
from refurb.security import Actor
from refurb.web import zone

KIND = DocumentKind.WIPE_CERTIFICATE


class CertificateRefused(Exception):
    """A certificate that the evidence does not bear; `code`: "not-clear", "media-unknown", "nothing-clear"."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Given:
    """Where a machine comes from: the line of the gift that it arrived by."""

    lot: Lot
    line: LotLine


def given(session: Session, device_id: int) -> Given | None:
    """Return the lot and the line a machine came by; None for imported stock."""
    row = session.execute(
        sa.select(Lot, LotLine)
        .join(LotLine, LotLine.lot_id == Lot.id)
        .join(Arrival, Arrival.line_id == LotLine.id)
        .where(Arrival.device_id == device_id)
    ).first()
    return None if row is None else Given(row[0], row[1])


def of_lot(session: Session, lot_id: int) -> list[Document]:
    """Return the valid certificates of the machines of a lot, one by one, oldest first."""
    query = (
        sa.select(Document)
        .join(Arrival, Arrival.device_id == Document.subject_id)
        .join(LotLine, LotLine.id == Arrival.line_id)
        .where(
            LotLine.lot_id == lot_id,
            Document.subject_kind == "device",
            Document.kind == KIND.value,
            Document.voided_at.is_(None),
        )
        .order_by(Document.id)
    )
    return list(session.scalars(query))


def certify_device(session: Session, device: Device, *, language: str, by: Actor, at: datetime) -> Document:
    """Issue the certificate of one machine, in place of the one it had; raises CertificateRefused."""
    media = _media(session, [device])[device.id]
    if (refused := _refusal(session, device, media)) is not None:
        raise CertificateRefused(refused)
    came = given(session, device.id)
    language = came.lot.language if came is not None else language
    with force_locale(language):
        paper = papers.WipeCertificate(
            lot_code=display(came.lot.code) if came is not None else "",
            former_owner=supplier_party(session, came.lot) if came is not None else None,
            holder=party(session, session.get_one(Organisation, device.holder_id), language),
            sensitivity=device.disk_wish.value,
            reviewer=_names(session, {by.id}).get(by.id or 0, ""),
            reviewed_on=at.astimezone(zone()).date().isoformat(),
            machines=[_machine(session, device, came.line if came is not None else None, media)],
        )
    return _issue(session, device.holder_id, "device", device.id, paper, language, by=by, at=at)


def certify_lot(
    session: Session,
    lot: Lot,
    workshop: Organisation,
    born: Sequence[tuple[LotLine, Device]],
    *,
    by: Actor,
    at: datetime,
) -> Document:
    """Issue one certificate for every clear machine of a lot that the workshop took; raises CertificateRefused.

    Those that are not clear are counted in it, and not certified. It is in the giver's language and numbers.
    """
    media = _media(session, [device for _line, device in born])
    clear = [(line, d) for line, d in born if _refusal(session, d, media[d.id]) is None]
    if not clear:
        raise CertificateRefused("nothing-clear")
    with force_locale(lot.language):
        paper = papers.WipeCertificate(
            lot_code=display(lot.code),
            former_owner=supplier_party(session, lot),
            holder=party(session, workshop, lot.language),
            sensitivity=lot.disk_wish.value,
            reviewer=_names(session, {by.id}).get(by.id or 0, ""),
            reviewed_on=at.astimezone(zone()).date().isoformat(),
            machines=[_machine(session, device, line, media[device.id]) for line, device in clear],
            uncovered=len(born) - len(clear),
        )
    return _issue(session, workshop.id, "lot", lot.id, paper, lot.language, by=by, at=at)


def _media(session: Session, machines: Sequence[Device]) -> dict[int, list[StorageMedium]]:
    return devices.media_of_devices(session, [device.id for device in machines])


def _refusal(session: Session, device: Device, media: Sequence[StorageMedium]) -> str | None:
    """Return why a machine cannot be certified, or None; a medium taken out of it counts as long as it is loose."""
    inside = [devices.medium_state(medium) for medium in media if medium.device_id == device.id]
    known = device.media_known
    match core_media.media_state(known, inside):
        case MediaState.UNKNOWN:
            return "media-unknown"
        case MediaState.NOT_CLEAR:
            return "not-clear"
    return None if all(devices.medium_state(medium) in CLEAR_STATES for medium in media) else "not-clear"


def _machine(
    session: Session, device: Device, line: LotLine | None, media: Sequence[StorageMedium]
) -> parts.CertifiedMachine:
    wipes = [wipe for medium in media if (wipe := devices.deciding_wipe(medium)) is not None]
    people = {wipe.operator_id for wipe in wipes} | {wipe.accepted_by_id for wipe in wipes}
    names = _names(session, people | {medium.attested_by_id for medium in media})
    reports = {
        report.id: report
        for report in session.scalars(
            sa.select(Report).where(Report.id.in_({wipe.report_id for wipe in wipes if wipe.report_id}))
        )
    }
    return parts.CertifiedMachine(
        code=display(device.code),
        form=device.form.value,
        title=title_of(device),
        serial=device.serial if device.serial and serial_trusted(device.maker, device.serial) else "",
        inventory_number=(line.inventory_number or "") if line is not None else "",
        media=[_medium(number, medium, device, names, reports) for number, medium in enumerate(media, 1)],
    )


def _medium(
    number: int, medium: StorageMedium, device: Device, names: dict[int, str], reports: dict[int, Report]
) -> parts.CertifiedMedium:
    state, wipe = devices.medium_state(medium), devices.deciding_wipe(medium)
    said = parts.CertifiedMedium(
        number=number,
        kind=str(MEDIUM_KINDS[medium.kind]),
        model=" ".join(part for part in (medium.maker, medium.model) if part),
        serial=medium.serial or "",
        size_gb=medium.size_gb,
        outcome=state.value,
        level=core_media.Level.DESTROY.value if state is MediumState.DESTROYED else core_media.Level.NONE.value,
        taken_out=medium.device_id != device.id,
        donor_wiped=any(w.source is WipeSource.DONOR for w in medium.wipes),
    )
    if state in (MediumState.DESTROYED, MediumState.ABSENT):
        # What a tool did to it before is history: the paper claims the destruction or the absence, nothing else.
        on = medium.destroyed_at if state is MediumState.DESTROYED else medium.absence_attested_at
        return _with(
            said,
            attested=(medium.destroyed_how if state is MediumState.DESTROYED else medium.absence_attested) or "",
            attested_on=on.astimezone(zone()).date().isoformat() if on else "",
            attested_by=names.get(medium.attested_by_id or 0, ""),
        )
    assert wipe is not None  # or it would not be clear
    report = reports.get(wipe.report_id or 0)
    return _with(
        said,
        level=core_media.level(wipe.outcome, method=wipe.method, kind=medium.kind.value).value,
        method=str(METHODS.get(wipe.method, wipe.method or "")),
        tool=wipe.tool or "",
        verify=wipe.verify or "",
        hidden_area=wipe.hidden_area or "",
        started_at=_moment(wipe.started_at),
        ended_at=_moment(wipe.ended_at),
        source=wipe.source.value,
        remarks=_remarks(wipe),
        operator=names.get(wipe.operator_id or 0, "") or (report.station if report and report.station else ""),
        acceptance=wipe.acceptance_reason or "",
        accepted_by=names.get(wipe.accepted_by_id or 0, ""),
        evidence_sha256=report.raw_sha256 if report is not None else "",
    )


def _with(said: parts.CertifiedMedium, **more: Any) -> parts.CertifiedMedium:
    return changed(said, **more)


def _remarks(wipe: MediumWipe) -> list[str]:
    return [] if wipe.outcome is Outcome.OK else [report_words.reason(code) for code in wipe.reasons]


def _moment(at: datetime | None) -> str:
    return at.astimezone(zone()).isoformat(timespec="minutes")[:16] if at is not None else ""


def _names(session: Session, ids: set[int | None]) -> dict[int, str]:
    return accounts.names(session, {account_id for account_id in ids if account_id is not None})


def _issue(
    session: Session,
    issuer_id: int,
    subject_kind: str,
    subject_id: int,
    paper: papers.WipeCertificate,
    language: str,
    *,
    by: Actor,
    at: datetime,
) -> Document:
    before = [
        document
        for document in of_subject(session, subject_kind, subject_id)
        if document.kind == KIND.value and document.issuer_id == issuer_id
    ]
    if before:
        return replace(session, before[-1], data=paper, reason="état à jour", by=by, at=at)
    return issue(
        session,
        KIND,
        issuer_id=issuer_id,
        subject_kind=subject_kind,
        subject_id=subject_id,
        data=paper,
        language=language,
        by=by,
        at=at,
    )
