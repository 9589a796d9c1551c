"""Stocktakes: what should stand at a place, or came with a gift, against what is scanned; several people at once."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from refurb.audit.services import record
from refurb.core.guidance import doer
from refurb.core.identity import Reading, read
from refurb.core.scanning import Answer, Doing
from refurb.core.stocktake import EXPECTED, Met, contradicts, met, remedy
from refurb.core.workflow import Status
from refurb.desk import queries as desk
from refurb.desk import stocktake_queries as queries
from refurb.desk.models import Stocktake, StocktakeItem
from refurb.desk.registry import DeskRefused, Outcome, Scanned
from refurb.desk.words import coming, lower
from refurb.devices.models import Device
from refurb.devices.words import STATUSES
from refurb.donations.models import Lot
from refurb.organisations.models import Place
from refurb.security import Actor
from refurb.web import number

AREA = "stocktake"


def may_be_put_here(stocktake: Stocktake, line: queries.Line) -> bool:
    """Whether a machine that was not expected can be put at the place counted, and is not there yet."""
    device = line.device
    own = device is not None and device.holder_id == stocktake.organisation_id and device.status in EXPECTED
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


def finish(session: Session, stocktake: Stocktake, *, by: Actor, at: datetime) -> None:
    """Close a count: what was not found is missing, and its paper says for ever what it says now."""
    session.refresh(stocktake, with_for_update=True)
    if stocktake.closed_at is not None:
        return
    counted = queries.counted(session, stocktake)
    groups = {
        which.value: [[line.code, line.machine, line.where, line.noted and line.noted.value] for line in lines]
        for which, lines in counted.groups.items()
    }
    told = {"groups": groups, "texts": [text for _id, text in counted.texts], "organisation": by.organisation_name}
    stocktake.closed_at = at
    record(session, "stocktake", stocktake.id, "stocktake.closed", by=by, at=at, payload=told)


def forget(session: Session, stocktake: Stocktake, item_id: int) -> bool:
    """Take a text that was read by mistake out of a count; False when it is not there, or the count is over."""
    # Locked before it is looked at, as by every verb: what its paper says is said when it closes.
    session.refresh(stocktake, with_for_update={"read": True})
    if stocktake.closed_at is not None:
        return False
    its = (StocktakeItem.id == item_id, StocktakeItem.stocktake_id == stocktake.id, StocktakeItem.device_id.is_(None))
    gone = session.execute(sa.delete(StocktakeItem).where(*its).returning(StocktakeItem.id)).first()
    return gone is not None


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
            _(
                "Inventaire : %(title)s, %(done)s sur %(expected)s",
                title=found.title,
                done=number(done),
                expected=number(expected),
            )
        )

    def is_of(self, session: Session, reference: str, code: str, by: Actor) -> bool:
        """Tell whether a code is that of the place or of the gift that is counted."""
        found = _open(session, reference, by)
        return found is not None and queries.is_of(session, found, code)

    def scan(self, session: Session, reference: str, scanned: Scanned) -> Outcome | None:
        """Tick a machine; two people who scan the same one tick it once."""
        found = _open(session, reference, scanned.by, held=True)
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
        found = _open(session, reference, by, held=True)
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
                if detail.get("gift"):
                    return str(_("Elle est ici, et n'est pas de ce don."))
                return str(_("Elle est ici, et n'était rangée nulle part."))
            case "counted-lost" | "counted-left":
                was = str(_("Elle est ici, alors que son état est « %(status)s ».", status=_status(detail)))
                next_step = coming(detail) if detail.get("next") else str(_("Montrez-la à un contrôleur."))
                return f"{was} {next_step}"
            case "counted-elsewhere" if detail.get("holder"):
                return str(_("Elle est ici, mais chez %(holder)s.", holder=detail["holder"]))
            case "counted-elsewhere":
                return str(_("Elle est ici, mais notée à %(place)s.", place=detail.get("place") or "?"))
        return None


def recognise(session: Session, context: str, text: str, device: Device, *, by: Actor, at: datetime) -> Outcome | None:
    """Tick the machine that an unknown text turned out to be; None once the count is over."""
    found = _open(session, context.partition(":")[2], by, held=True)
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
    held = device.holder_id == by.organisation_id
    what = met(
        device.status,
        held=held,
        of_it=_is_of_it(session, found, device),
        by_gift=found.lot_id is not None,
        placed=device.place_id is not None,
    )
    where = _recorded(session, device, by) if what in (Met.HELD_ELSEWHERE, Met.OTHER_PLACE) else None
    noted = device.status if what in (Met.LOST, Met.LEFT) else None
    if not _note(session, found.id, device.id, expected=what is Met.SINCE, where=where, noted=noted, at=at):
        return Outcome(Answer.ALREADY, "counted-already", detail | ({} if held else {"holder": where}), device)
    # One tap puts it where it was found.
    detail["here"] = found.place_id is not None and held and noted is None
    told: dict[str, Any]
    match what:
        case Met.SINCE:
            reason, told = "counted", {"here": False}
        case Met.LOST:
            reason, told = "counted-lost", _to_put_right(found, device, by)
        case Met.LEFT:
            reason, told = "counted-left", _to_put_right(found, device, by)
        case Met.OTHER_GIFT:
            reason, told = "counted-unexpected", {"gift": True}
        case Met.NOWHERE:
            reason, told = "counted-unexpected", {}
        case Met.HELD_ELSEWHERE:
            reason, told = "counted-elsewhere", {"holder": where}
        case Met.OTHER_PLACE:
            reason, told = "counted-elsewhere", {"place": where}
    return Outcome(Answer.REFUSED if contradicts(what) else Answer.DONE, reason, detail | told, device)


def _is_of_it(session: Session, found: Stocktake, device: Device) -> bool:
    if found.lot_id is not None:
        return queries.came_with(session, found.lot_id, device)
    return device.place_id == found.place_id


def _to_put_right(found: Stocktake, device: Device, by: Actor) -> dict[str, Any]:
    """Return what the record says of a machine that it has gone or lost, and what puts that right, by whom."""
    told: dict[str, Any] = {"noted": device.status.value, "at_place_id": found.place_id}
    if (action := remedy(device.status)) is not None:
        who = doer(action, by.permissions)
        told |= {"next": action.value, "who": who.value if who else None}
    return told


def _status(detail: dict[str, Any]) -> str:
    return lower(STATUSES[Status(detail["noted"])])


def _open(session: Session, reference: str, by: Actor, *, held: bool = False) -> Stocktake | None:
    if not (reference.isascii() and reference.isdecimal() and len(reference) < 16):
        return None
    found = queries.by_id(session, int(reference), seen_by=by, held=held)
    return found if found is not None and found.closed_at is None else None


def _recorded(session: Session, device: Device, by: Actor) -> str | None:
    """Return where the record says that a machine stands, when that is somewhere."""
    elsewhere = device.holder_id != by.organisation_id
    name = desk.holder_name(session, device) if elsewhere else desk.place_name(session, device)
    return name[:300] if name else None


def _note(
    session: Session,
    stocktake_id: int,
    device_id: int,
    *,
    expected: bool,
    where: str | None,
    noted: Status | None,
    at: datetime,
) -> bool:
    """Note a machine that a count met; False when somebody did already."""
    insert = pg_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    statement = insert(StocktakeItem).values(
        stocktake_id=stocktake_id,
        device_id=device_id,
        expected=expected,
        found_at=at,
        recorded_at=where,
        noted=noted,
    )
    statement = statement.on_conflict_do_nothing(index_elements=["stocktake_id", "device_id"])
    return session.scalar(statement.returning(StocktakeItem.id)) is not None
