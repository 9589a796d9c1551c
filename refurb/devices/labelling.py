"""That the labels of machines were printed, noted on all of a sheet at once."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.audit.services import lock_of_chain, record_on_each
from refurb.devices.models import Device
from refurb.security import Actor


def mark_all_labelled(session: Session, devices: Sequence[Device], *, layout: str, by: Actor, at: datetime) -> None:
    """Note that the label of each machine was printed; again is fine, the codes stay.

    A few statements, however many they are: on SQLite, whoever scans waits for this transaction to end.
    """
    ids = sorted({device.id for device in devices})
    session.flush()
    chosen = Device.id.in_(ids)
    if session.get_bind().dialect.name == "postgresql":
        # The rows, then the chains, each in the order of the machines, as whoever takes several does.
        session.execute(sa.select(Device.id).where(chosen).order_by(Device.id).with_for_update())
        locks = sa.select(lock_of_chain("device", Device.__table__.c.id))
        session.execute(locks.where(chosen).order_by(Device.id))
    noted = sa.update(Device).where(chosen).values(labelled_at=at, version=Device.version + 1)
    session.execute(noted, execution_options={"synchronize_session": False})
    for device in devices:
        session.expire(device, ["labelled_at", "version"])
    record_on_each(session, "device", ids, "device.labelled", by=by, at=at, payload={"layout": layout})
