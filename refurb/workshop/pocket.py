"""Tablets and telephones: the IMEI, what holds them, the cards, and the reset that somebody attests with a photo.

An attested reset is an outcome of the one medium that is soldered inside, by the door of every other outcome
(`devices.media`): it counts from when the machine came, it is a reservation where domain.md D.3 asks for one, and a
second person accepts that. It never passes a guard by itself.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.audit.services import record
from refurb.core.equipment import Form
from refurb.core.imei import read_imei
from refurb.core.media import Outcome, WipeSource
from refurb.core.pocket import ACCOUNTS, reset_outcome
from refurb.core.workflow import TransitionRefused
from refurb.devices import media, wipes
from refurb.devices import queries as devices
from refurb.devices import services as device_services
from refurb.devices.media import AWAY
from refurb.devices.models import Device, MediumKind, MediumWipe
from refurb.devices.steps import lock
from refurb.security import Actor
from refurb.workshop import photos
from refurb.workshop.models import DevicePhoto, PhotoPurpose, PocketCheck, ResetAttestation
from refurb.workshop.refusals import WorkshopRefused

POCKET = frozenset({Form.TABLET, Form.SMARTPHONE})


def check_of(session: Session, device_id: int) -> PocketCheck | None:
    """Return what was looked at, None when nobody has."""
    return session.get(PocketCheck, device_id)


def note(
    session: Session,
    device: Device,
    *,
    imei: str | None,
    imei2: str | None,
    account: str | None,
    operator_locked: bool | None,
    cards_removed: bool | None,
    by: Actor,
    at: datetime,
) -> PocketCheck:
    """Write what was found; the IMEI becomes a number that a scan knows the machine by.

    Raises ImeiRefused, TransitionRefused "away", WorkshopRefused "not-a-pocket" and "imei-known" (another machine of
    the workshop carries it); then nothing is written.
    """
    if device.form not in POCKET:
        raise WorkshopRefused("not-a-pocket")
    numbers = [read_imei(text) if text and text.strip() else None for text in (imei, imei2)]
    device = lock(session, device)
    if device.status in AWAY:
        raise TransitionRefused("away")
    for number in dict.fromkeys(filter(None, numbers)):
        if _bearer(session, number, device) is not None:
            raise WorkshopRefused("imei-known")
    check = check_of(session, device.id)
    if check is None:
        check = PocketCheck(device_id=device.id)
        session.add(check)
    wanted: dict[str, Any] = {
        "imei": numbers[0],
        "imei2": numbers[1],
        "account": account if account in ACCOUNTS else None,
        "operator_locked": operator_locked,
        "cards_removed": cards_removed,
    }
    changed = {name: value for name, value in wanted.items() if getattr(check, name) != value}
    for name, value in wanted.items():
        setattr(check, name, value)
    check.changed_at = at
    session.flush()
    if changed:
        record(session, "device", device.id, "device.pocket-checked", by=by, at=at, payload={"fields": changed})
    for number in filter(None, numbers):
        if number != device.serial:
            device_services.add_alias(session, device, number, by=by, at=at)
    return check


def _bearer(session: Session, number: str, device: Device) -> int | None:
    """Return another machine of the same holder that carries this IMEI, None when there is none."""
    return session.scalar(
        sa.select(PocketCheck.device_id)
        .join(Device, Device.id == PocketCheck.device_id)
        .where(
            sa.or_(PocketCheck.imei == number, PocketCheck.imei2 == number),
            PocketCheck.device_id != device.id,
            Device.holder_id == device.holder_id,
        )
        .limit(1)
    )


def attest_reset(
    session: Session, device: Device, *, method: str, picture: bytes, by: Actor, at: datetime
) -> MediumWipe:
    """Keep that somebody reset the machine and saw its first screen, with the photo of it.

    Raises WorkshopRefused "not-a-pocket" and as `photos.add`, ResetRefused, TransitionRefused "away", and DeviceRefused
    "reopen-first" where its memory was never noted and it stands in stock.
    """
    if device.form not in POCKET:
        raise WorkshopRefused("not-a-pocket")
    device = lock(session, device)
    if device.status in AWAY:
        raise TransitionRefused("away")
    check = check_of(session, device.id)
    inside = [m for m in devices.media_of(session, device.id) if m.destroyed_at is None and m.absence_attested is None]
    outcome = reset_outcome(
        method,
        account=check.account if check is not None else None,
        cards_removed=check.cards_removed if check is not None else None,
        media=len(inside),
    )
    (photo,) = photos.add(session, device, [picture], purpose=PhotoPurpose.RESET, by=by, at=at)
    medium = inside[0] if inside else media.add(session, device, kind=MediumKind.EMMC, by=by, at=at)
    wipe = wipes.record_wipe(
        session,
        medium,
        outcome=outcome,
        source=WipeSource.MANUAL,
        method="factory-reset",
        reasons=["encryption-unknown"] if outcome is Outcome.OK_WITH_RESERVATION else [],
        by=by,
        at=at,
    )
    session.add(
        ResetAttestation(wipe_id=wipe.id, device_id=device.id, photo_id=photo.id, method=method, attested_at=at)
    )
    session.flush()
    payload = {"medium_id": medium.id, "method": method, "photo_id": photo.id, "photo_sha256": photo.sha256}
    record(session, "device", device.id, "device.reset-attested", by=by, at=at, payload=payload)
    return wipe


def attestation_of(session: Session, device_id: int) -> tuple[ResetAttestation, DevicePhoto] | None:
    """Return the latest attested reset of a machine, with its photo."""
    row = session.execute(
        sa.select(ResetAttestation, DevicePhoto)
        .join(DevicePhoto, DevicePhoto.id == ResetAttestation.photo_id)
        .where(ResetAttestation.device_id == device_id)
        .order_by(ResetAttestation.attested_at.desc(), ResetAttestation.wipe_id.desc())
        .limit(1)
    ).one_or_none()
    return (row[0], row[1]) if row is not None else None
