"""Stocktakes: what should stand at a place, or came with a gift, against what is scanned; several people at once."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from refurb.core.identity import Reading, read
from refurb.core.scanning import Answer, Doing
from refurb.core.workflow import OUT
from refurb.desk import queries as desk
from refurb.desk import stocktake_queries as queries
from refurb.desk.models import Stocktake, StocktakeItem
from refurb.desk.registry import DeskRefused, Outcome, Scanned
from refurb.devices.models import Device
from refurb.donations.models import Lot
from refurb.organisations.models import Place
from refurb.security import Actor

AREA = "stocktake"


def may_be_put_here(stocktake: Stocktake, item: StocktakeItem) -> bool:
    """Whether a machine that was not expected can be put at the place counted, and is not there yet."""
    device = item.device
    own = device is not None and device.holder_id == stocktake.organisation_id and device.status not in OUT
    return own and stocktake.place_id is not None and device is not None and device.place_id != stocktake.place_id


def begin(session: Session, *, place: Place | None, lot: Lot | None, by: Actor, at: datetime) -> Stocktake:
    """Open a count of a place or of a gift, with what is expected there now; raises DeskRefused "nothing-to-count"."""
    if (place is None) == (lot is None) or by.organisation_id is None:
        raise DeskRefused("nothing-to-count")
    title = place.name if place is not None else _("Don : %(name)s", name=lot.supplier_name if lot else "")
    expected = queries.expected(session, by.organisation_id, place=place, lot=lot)
    made = Stocktake(
        organisation_id=by.organisation_id,
        title=title,
        place_id=place.id if place else None,
        lot_id=lot.id if lot else None,
        opened_at=at,
        opened_by_id=by.id,
    )
    session.add(made)
    session.flush()
    rows = [{"stocktake_id": made.id, "device_id": id, "expected": True} for id in expected]
    if rows:
        session.execute(sa.insert(StocktakeItem), rows)
    return made


def finish(stocktake: Stocktake, *, at: datetime) -> None:
    """Close a count: what was not found is missing."""
    stocktake.closed_at = stocktake.closed_at or at


class Counting:
    """The desk's context "stocktake": its reference is the count. Nothing is moved: a count only looks."""

    doing = Doing.COUNTING

    def title(self, session: Session, reference: str, by: Actor) -> str | None:
        """Name the count and how far it is; None once it is over."""
        found = _open(session, reference, by)
        if found is None:
            return None
        done, expected = queries.progress(session, found.id)
        return str(
            _("Inventaire : %(title)s, %(done)s sur %(expected)s", title=found.title, done=done, expected=expected)
        )

    def is_of(self, session: Session, reference: str, code: str, by: Actor) -> bool:
        """Tell whether a code is that of the place or of the gift that is counted."""
        found = _open(session, reference, by)
        return found is not None and queries.is_of(session, found, code)

    def scan(self, session: Session, reference: str, scanned: Scanned) -> Outcome | None:
        """Tick a machine; two people who scan the same one tick it once."""
        found = _open(session, reference, scanned.by)
        if found is None:
            return None
        if scanned.device is None:
            text = _text(scanned.code, scanned.reading)
            if not queries.has_text(session, found.id, text):
                session.add(StocktakeItem(stocktake_id=found.id, text=text, expected=False, found_at=scanned.at))
            return None
        return _tick(session, found, scanned.device, by=scanned.by, at=scanned.at)

    def undo(self, session: Session, reference: str, detail: dict[str, Any], *, by: Actor, at: datetime) -> None:
        """Take a tick back: what was expected is to be found again, what was not is met no more."""
        found = _open(session, reference, by)
        if found is None:
            raise DeskRefused("stocktake-closed")
        its = (StocktakeItem.stocktake_id == found.id, StocktakeItem.device_id == int(detail["device_id"]))
        session.execute(sa.update(StocktakeItem).where(*its, StocktakeItem.expected).values(found_at=None))
        session.execute(sa.delete(StocktakeItem).where(*its, ~StocktakeItem.expected))

    def sentence(self, reason: str, detail: dict[str, Any]) -> str | None:
        """Return what a count says of a scan."""
        match reason:
            case "counted":
                return str(_("Attendue ici, et trouvée."))
            case "counted-here":
                return str(_("C'est bien ce que vous comptez : scannez ses machines."))
            case "counted-already":
                return str(_("Déjà comptée."))
            case "counted-unexpected":
                return str(_("Elle est ici, et n'était rangée nulle part."))
            case "counted-elsewhere":
                return str(_("Elle est ici, mais notée à %(place)s.", place=detail.get("place") or "?"))
        return None


def recognise(session: Session, context: str, text: str, device: Device, *, by: Actor, at: datetime) -> Outcome | None:
    """Tick the machine that an unknown text turned out to be; None once the count is over."""
    found = _open(session, context.partition(":")[2], by)
    if found is None:
        return None
    reading = read(text)
    told = _text(reading.codes[0] if reading.codes else None, reading)
    unread = (StocktakeItem.stocktake_id == found.id, StocktakeItem.device_id.is_(None), StocktakeItem.text == told)
    session.execute(sa.delete(StocktakeItem).where(*unread))
    return _tick(session, found, device, by=by, at=at)


def _text(code: str | None, reading: Reading) -> str:
    """Return what a count keeps of a scan that is no machine's."""
    return (code or (reading.candidates[0] if reading.candidates else reading.text))[:400]


def _tick(session: Session, found: Stocktake, device: Device, *, by: Actor, at: datetime) -> Outcome:
    detail: dict[str, Any] = {"context": f"{AREA}:{found.id}", "device_id": device.id}
    ticked = session.execute(
        sa.update(StocktakeItem)
        .where(
            StocktakeItem.stocktake_id == found.id,
            StocktakeItem.device_id == device.id,
            StocktakeItem.found_at.is_(None),
        )
        .values(found_at=at)
        .returning(StocktakeItem.id)
    ).first()
    if ticked is not None:
        return Outcome(Answer.DONE, "counted", detail, device)
    where = _recorded(session, device, by)
    # One tap puts it where it was found.
    own = device.holder_id == by.organisation_id
    detail["here"] = own and found.place_id is not None and device.place_id != found.place_id
    if _stranger(session, found.id, device.id, where, at):
        if where is None:
            return Outcome(Answer.DONE, "counted-unexpected", detail, device)
        return Outcome(Answer.REFUSED, "counted-elsewhere", detail | {"place": where}, device)
    return Outcome(Answer.ALREADY, "counted-already", detail, device)


def _open(session: Session, reference: str, by: Actor) -> Stocktake | None:
    if not (reference.isascii() and reference.isdecimal() and len(reference) < 16):
        return None
    found = queries.by_id(session, int(reference), seen_by=by)
    return found if found is not None and found.closed_at is None else None


def _recorded(session: Session, device: Device, by: Actor) -> str | None:
    """Return where the record says that a machine stands, when that is somewhere."""
    elsewhere = device.holder_id != by.organisation_id
    name = desk.holder_name(session, device) if elsewhere else desk.place_name(session, device)
    return name[:300] if name else None


def _stranger(session: Session, stocktake_id: int, device_id: int, where: str | None, at: datetime) -> bool:
    """Note a machine that was not expected; False when somebody did already."""
    insert = pg_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    statement = insert(StocktakeItem).values(
        stocktake_id=stocktake_id, device_id=device_id, expected=False, found_at=at, recorded_at=where
    )
    statement = statement.on_conflict_do_nothing(index_elements=["stocktake_id", "device_id"])
    return session.scalar(statement.returning(StocktakeItem.id)) is not None
