"""The people of a workshop, for the tests of the bench."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest

from tests.devices.conftest import controller, noon, technician

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.devices.models import Device
    from refurb.donations.models import Lot
    from refurb.organisations.models import Organisation

__all__ = ["controller", "noon", "technician"]


def picture(width: int = 64, height: int = 48, **save: Any) -> bytes:
    """Return a photo as a telephone makes one."""
    from PIL import Image

    out = BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(out, **({"format": "JPEG"} | save))
    return out.getvalue()


MakeGift = Callable[..., "tuple[Lot, list[Device]]"]


@pytest.fixture
def make_gift(session: Session, make_device: Callable[..., Device], workshop: Organisation) -> MakeGift:
    """Make a gift whose machines are in the workshop: `make_gift(3, lock="autopilot")`."""
    from refurb.core.equipment import Form, Origin, Regime
    from refurb.core.identity import CodeKind
    from refurb.donations.models import Arrival, LineState, Lot, LotLine
    from refurb.organisations.codes import next_code
    from refurb.organisations.models import LegalType
    from refurb.web import now

    def make(count: int = 1, *, lock: str | None = None, **values: Any) -> tuple[Lot, list[Device]]:
        given: dict[str, Any] = {
            "supplier_name": "Menuiserie du Lac",
            "legal_type": LegalType.COMPANY,
            "origin": Origin.PRIVATE,
            "regime": Regime.GIFT,
            "contacts": [{"name": "Camille Exemple", "role": "", "email": "camille@example.org", "phone": ""}],
            "declared_at": now(),
        } | values
        lot = Lot(code=next_code(session, CodeKind.LOT), **given)
        session.add(lot)
        session.flush()
        machines = []
        for number in range(1, count + 1):
            device = make_device(holder=workshop, media_known=True)
            line = LotLine(
                lot_id=lot.id,
                position=number,
                state=LineState.RECEIVED,
                form=Form.LAPTOP,
                serial=device.serial,
                inventory_number=f"INV-{number}",
                lock=lock,
            )
            session.add(line)
            session.flush()
            session.add(Arrival(line_id=line.id, device_id=device.id, at=now()))
            machines.append(device)
        session.flush()
        return lot, machines

    return make
