"""Photos of a machine: cut to 2,000 pixels, without what the telephone wrote in them, removable for good."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from io import BytesIO

import sqlalchemy as sa
from PIL import Image, ImageOps, UnidentifiedImageError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from refurb import blobs
from refurb.audit.services import record
from refurb.devices import queries as devices
from refurb.devices.models import Device
from refurb.devices.steps import lock
from refurb.security import Actor
from refurb.workshop.models import DevicePhoto, PhotoPurpose, ResetAttestation
from refurb.workshop.refusals import WorkshopRefused

#: The long side of what is kept (design.md section 2).
LONG_SIDE = 2000
#: A telephone of 108 million pixels is read; more is a bomb or a mistake.
MOST_PIXELS = 120_000_000
#: Of one machine.
MOST_PHOTOS = 24
FORMATS = ("JPEG", "PNG", "WEBP")


def shrink(data: bytes) -> tuple[bytes, int, int]:
    """Return the picture as a JPEG of at most 2,000 pixels, upright and bare of metadata, with its width and height.

    Raises WorkshopRefused "photo-unreadable" and "photo-too-large".
    """
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as source:
            if source.width * source.height > MOST_PIXELS:
                raise WorkshopRefused("photo-too-large")
            # A JPEG is decoded at the least scale that is still large enough, which spares memory.
            source.draft("RGB", (LONG_SIDE, LONG_SIDE))
            upright = ImageOps.exif_transpose(source)
            upright.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS)
            # A picture of its own: neither EXIF nor comments nor a colour profile come with the pixels.
            bare = Image.new("RGB", upright.size, "white")
            seen_through = upright.convert("RGBA") if upright.has_transparency_data else None
            bare.paste(seen_through or upright.convert("RGB"), mask=seen_through)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
        raise WorkshopRefused("photo-too-large") from bomb
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as broken:
        raise WorkshopRefused("photo-unreadable") from broken
    out = BytesIO()
    bare.save(out, "JPEG", quality=84, optimize=True)
    return out.getvalue(), bare.width, bare.height


def add(
    session: Session,
    device: Device,
    pictures: Iterable[bytes],
    *,
    purpose: PhotoPurpose = PhotoPurpose.DEFECT,
    note: str | None = None,
    by: Actor,
    at: datetime,
) -> list[DevicePhoto]:
    """Keep some photos; raises WorkshopRefused as `shrink` does and "photo-too-many", and then none is kept."""
    small = [shrink(data) for data in pictures]
    device = lock(session, device)
    if len(of_device(session, device.id)) + len(small) > MOST_PHOTOS:
        raise WorkshopRefused("photo-too-many")
    kept = []
    for data, width, height in small:
        photo = DevicePhoto(
            device_id=device.id,
            purpose=purpose,
            sha256=blobs.put(session, data, "image/jpeg"),
            width=width,
            height=height,
            note=(note or "").strip()[:200] or None,
            taken_at=at,
            taken_by_id=by.id,
        )
        session.add(photo)
        session.flush()
        payload = {"photo_id": photo.id, "purpose": purpose.value, "sha256": photo.sha256}
        record(session, "device", device.id, "device.photo-added", by=by, at=at, payload=payload)
        kept.append(photo)
    return kept


def remove(session: Session, photo: DevicePhoto, *, by: Actor, at: datetime) -> None:
    """Take a photo away, its bytes too; raises WorkshopRefused "photo-is-evidence" for one that attests a reset."""
    if photo.removed_at is not None:
        return
    if session.scalar(sa.select(ResetAttestation.wipe_id).where(ResetAttestation.photo_id == photo.id)) is not None:
        raise WorkshopRefused("photo-is-evidence")
    was, photo.sha256, photo.removed_at = photo.sha256, None, at
    photo.note = None
    session.flush()
    record(session, "device", photo.device_id, "device.photo-removed", by=by, at=at, payload={"photo_id": photo.id})
    try:
        with session.begin_nested():
            session.execute(sa.delete(blobs.Blob).where(blobs.Blob.sha256 == was))
    except IntegrityError:
        # The same bytes are kept for something else.
        return


def of_device(session: Session, device_id: int) -> Sequence[DevicePhoto]:
    """Return the photos of a machine that are still there, oldest first."""
    return session.scalars(
        sa.select(DevicePhoto)
        .where(DevicePhoto.device_id == device_id, DevicePhoto.removed_at.is_(None))
        .order_by(DevicePhoto.id)
    ).all()


def by_id(session: Session, photo_id: int, *, seen_by: Actor) -> DevicePhoto | None:
    """Return a photo of a machine that the actor may see, None when it was removed."""
    photo = session.get(DevicePhoto, photo_id)
    if photo is None or photo.removed_at is not None:
        return None
    query = devices.visible(sa.select(Device.id).where(Device.id == photo.device_id), seen_by)
    return photo if session.scalar(query) is not None else None
