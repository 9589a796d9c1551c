"""What the picking list and the round slip say."""

from collections.abc import Sequence

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from refurb.core.equipment import NEEDS_SET, Form
from refurb.devices.models import Device
from refurb.documents.papers import Pick, PickingList, RoundSlip
from refurb.documents.parts import Envelope, Party
from refurb.matching.models import Reservation
from refurb.needs.papers import place_line

__all__ = ["accessories", "picking_list", "place_line", "round_slip"]


def title(device: Device) -> str:
    """Return how a machine is called on a list."""
    return " ".join(part for part in (device.maker, device.model) if part) or device.code


def accessories(device: Device) -> str:
    """Return what goes with a machine, for who fetches it."""
    things = []
    if device.charger:
        things.append(_("chargeur %(kind)s", kind=device.charger))
    elif device.form is Form.LAPTOP:
        things.append(_("chargeur"))
    if device.form in NEEDS_SET:
        things.append(_("écran, clavier, souris, câbles"))
    elif device.form is Form.ALL_IN_ONE:
        things.append(_("clavier, souris"))
    return ", ".join(things)


def picking_list(session: Session, rows: Sequence[Reservation], *, workshop: str) -> PickingList:
    """Return the list's data, in the order of the shelves."""
    return PickingList(
        document=Envelope(issuer=Party(name=workshop)),
        workshop=workshop,
        rows=[_pick(session, row) for row in rows],
    )


def round_slip(session: Session, rows: Sequence[Reservation], *, workshop: str) -> RoundSlip:
    """Return what goes to the hand-over point of these rows, which is one and the same."""
    return RoundSlip(
        document=Envelope(issuer=Party(name=workshop)),
        workshop=workshop,
        place=place_line(session, rows[0].need.handover_place),
        rows=[_pick(session, row) for row in rows],
    )


def _pick(session: Session, row: Reservation) -> Pick:
    return Pick(
        shelf=row.device.place.name if row.device.place else "",
        code=row.device.code,
        title=title(row.device),
        accessories=accessories(row.device),
        need_code=row.need.code,
        handover_place=place_line(session, row.need.handover_place),
    )
