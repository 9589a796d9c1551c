"""What happens to a gift: it is declared, its lines are accepted or refused, it is tied to a giver.

Every verb locks the lot, records an event on it, and leaves committing to the entry point. Offers and pickups are in
`offers`, counting in `arrivals`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.audit.services import record
from refurb.core.equipment import DiskWish, Form, Origin, Regime
from refurb.core.identity import CodeKind
from refurb.core.permissions import OrganisationRole
from refurb.core.serials import fold_serial
from refurb.donations import links
from refurb.donations.lines import ListLine
from refurb.donations.models import LineState, Lot, LotLine, LotShare
from refurb.organisations.codes import next_code
from refurb.organisations.models import LegalType, Organisation, OrganisationRoleRow, Trust
from refurb.security import Actor

#: The version of the conditions that the form shows; each lot keeps the one it accepted.
CONDITIONS_VERSION = 1
#: Why a line is not taken; sentences in donations/sentences.py.
REFUSALS = ("too-old", "printer", "crt", "no-room", "not-wanted", "duplicate", "locked", "damaged", "other")


class GiftRefused(Exception):
    """A deed on a lot that is refused; `code` is stable, the sentence chosen at the edge."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Declared:
    """One line as it is declared, typed or read from a file."""

    form: Form
    quantity: int = 1
    kind: str | None = None
    maker: str | None = None
    model: str | None = None
    serial: str | None = None
    inventory_number: str | None = None
    year: int | None = None
    has_charger: bool | None = None
    is_wiped: bool | None = None
    has_disk: bool | None = None
    lock: str | None = None
    book_value_cents: int | None = None
    details: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, line: ListLine) -> Declared:
        """Return what a line of a list declares, with where it stood and what was said of it."""
        told = {
            "sheet": line.sheet,
            "number": line.number,
            "notes": [note.value for note in line.notes],
            "cpu": line.cpu,
            "ram_gb": line.ram_gb,
            "storage_gb": line.storage_gb,
            "storage_kind": line.storage_kind,
            "condition": line.condition,
            "comment": line.comment,
            "location": line.location,
            "bought_on": line.bought_on.isoformat() if line.bought_on else None,
        }
        return cls(
            form=line.form,
            quantity=line.quantity,
            kind=line.kind if line.form is Form.OTHER else None,
            maker=line.maker,
            model=line.model,
            serial=line.serial,
            inventory_number=line.inventory,
            year=line.year,
            has_charger=line.has_charger,
            is_wiped=line.is_wiped,
            has_disk=line.has_disk,
            lock=line.lock if line.lock != "none" else None,
            book_value_cents=line.value_cents,
            details={key: value for key, value in told.items() if value not in (None, "", [])},
        )


@dataclass(frozen=True)
class Gift:
    """What the form gathered, checked."""

    supplier_name: str
    legal_type: LegalType
    contacts: Sequence[Mapping[str, str]]
    siret: str | None = None
    patronage: bool = False
    signatory: Mapping[str, str] | None = None
    disk_wish: DiskWish = DiskWish.WIPE
    locks: str | None = None
    address: str | None = None
    postcode: str | None = None
    commune_code: str | None = None
    epci_code: str | None = None
    slots: str | None = None
    comment: str | None = None


def submit(
    session: Session, gift: Gift, lines: Iterable[Declared], *, by: Actor, at: datetime, language: str
) -> tuple[Lot, str]:
    """Declare a gift; return the lot and the token of the link that follows it. Raises GiftRefused "no-lines"."""
    rows = list(lines)
    if not rows:
        raise GiftRefused("no-lines")
    lot = Lot(
        code=next_code(session, CodeKind.LOT),
        supplier_id=_known_supplier(session, gift.siret),
        supplier_name=gift.supplier_name,
        siret=gift.siret,
        legal_type=gift.legal_type,
        origin=Origin.PUBLIC if gift.legal_type.is_public else Origin.PRIVATE,
        regime=_regime(gift),
        contacts=[dict(contact) for contact in gift.contacts],
        signatory=dict(gift.signatory) if gift.signatory else None,
        disk_wish=gift.disk_wish,
        locks=gift.locks,
        address=gift.address,
        postcode=gift.postcode,
        commune_code=gift.commune_code,
        epci_code=gift.epci_code,
        slots=gift.slots,
        comment=gift.comment,
        conditions_version=CONDITIONS_VERSION,
        conditions_accepted_at=at,
        language=language,
        declared_at=at,
    )
    session.add(lot)
    session.flush()
    add_lines(session, lot, rows)
    machines = sum(row.quantity for row in rows)
    record(
        session, "lot", lot.id, "lot.submitted", by=by, at=at, payload={"lines": len(rows), "machines": machines},
        after=LineState.DECLARED.value,
    )  # fmt: skip
    _, token = links.create(session, lot, origin="giver", by=by, at=at)
    return lot, token


def add_lines(session: Session, lot: Lot, rows: Sequence[Declared], *, first: int = 1) -> None:
    """Write the lines of a lot, in bulk: a list may hold tens of thousands."""
    values = [
        {
            "lot_id": lot.id,
            "position": first + offset,
            "state": LineState.DECLARED,
            "is_extra": False,
            "quantity": row.quantity,
            "counted": 0,
            "missing": 0,
            "form": row.form,
            "kind": row.kind,
            "maker": row.maker,
            "model": row.model,
            "serial": row.serial,
            "serial_key": fold_serial(row.serial)[:100] if row.serial else None,
            "inventory_number": row.inventory_number,
            "year": row.year,
            "has_charger": row.has_charger,
            "is_wiped": row.is_wiped,
            "has_disk": row.has_disk,
            "lock": row.lock,
            "book_value_cents": row.book_value_cents,
            "details": dict(row.details),
        }
        for offset, row in enumerate(rows)
    ]
    for start in range(0, len(values), 5_000):
        session.execute(sa.insert(LotLine), values[start : start + 5_000])


def _known_supplier(session: Session, siret: str | None) -> int | None:
    if not siret:
        return None
    query = (
        sa.select(Organisation.id)
        .join(OrganisationRoleRow)
        .where(
            Organisation.siret == siret,
            OrganisationRoleRow.role == OrganisationRole.SUPPLIER,
            Organisation.trust == Trust.APPROVED,
        )
    )
    return session.scalars(query.order_by(Organisation.id)).first()


def _regime(gift: Gift) -> Regime:
    if gift.legal_type.is_public:
        return Regime.PUBLIC_ASSOCIATION
    return Regime.PATRONAGE if gift.patronage and gift.legal_type is LegalType.COMPANY else Regime.GIFT


def lock_lot(session: Session, lot: Lot) -> None:
    """Let two writers of one lot go one after the other, and see what the first one did."""
    lock_row(session, lot)


def lock_row(session: Session, row: Lot | LotShare) -> None:
    """Lock a row and read its columns again; what was loaded beside it stays loaded.

    "No key update": a line or a link that somebody adds meanwhile refers to the row and need not wait for it.
    """
    columns = [column.key for column in row.__mapper__.column_attrs]
    session.refresh(row, columns, with_for_update={"key_share": True})


# -- accepting ----------------------------------------------------------------------------------------------------


def accept_lines(session: Session, lot: Lot, line_ids: Iterable[int], *, by: Actor, at: datetime) -> int:
    """Take the ticked lines, refused ones included; return how many changed."""
    return _decide(session, lot, line_ids, LineState.ACCEPTED, "lot.line-accepted", by=by, at=at)


def refuse_lines(session: Session, lot: Lot, line_ids: Iterable[int], *, reason: str, by: Actor, at: datetime) -> int:
    """Refuse the ticked lines with one reason; raises GiftRefused "unknown-reason"."""
    if reason not in REFUSALS:
        raise GiftRefused("unknown-reason")
    return _decide(session, lot, line_ids, LineState.REFUSED, "lot.line-refused", reason=reason, by=by, at=at)


def reconsider_lines(session: Session, lot: Lot, line_ids: Iterable[int], *, by: Actor, at: datetime) -> int:
    """Put the ticked lines back to be examined."""
    return _decide(session, lot, line_ids, LineState.DECLARED, "lot.line-changed", by=by, at=at)


def _decide(
    session: Session,
    lot: Lot,
    line_ids: Iterable[int],
    state: LineState,
    kind: str,
    *,
    reason: str | None = None,
    by: Actor,
    at: datetime,
) -> int:
    """Put lines in a state, by one event for all of them: a lot may hold thousands, ticked at once."""
    lines = [line for line in _open_lines(session, lot, line_ids) if (line.state, line.refusal) != (state, reason)]
    if not lines:
        return 0
    before = {line.state for line in lines}
    for line in lines:
        line.state, line.refusal = state, reason
    payload: dict[str, Any] = {"line_id": lines[0].id, "line_ids": [line.id for line in lines], "fields": ["state"]}
    if reason is not None:
        payload["reason"] = reason
    record(
        session,
        "lot",
        lot.id,
        kind,
        by=by,
        at=at,
        payload=payload,
        before=before.pop().value if len(before) == 1 else None,
        after=state.value,
    )
    session.flush()
    close_if_over(session, lot, at=at)
    return len(lines)


def close_if_over(session: Session, lot: Lot, *, at: datetime) -> None:
    """Close a lot of which nothing waits for an answer, an offer, a pickup or a count; open it again otherwise."""
    waiting = sa.select(LotLine.id).where(
        LotLine.lot_id == lot.id, LotLine.state.in_([LineState.DECLARED, LineState.ACCEPTED])
    )
    uncounted = sa.select(LotShare.id).where(
        LotShare.lot_id == lot.id,
        sa.or_(LotShare.accepted.is_(None), LotShare.accepted.is_(True)),
        LotShare.counted_at.is_(None),
    )
    over = session.scalar(waiting.limit(1)) is None and session.scalar(uncounted.limit(1)) is None
    if over != (lot.closed_at is not None):
        lot.closed_at = at if over else None


def _open_lines(session: Session, lot: Lot, line_ids: Iterable[int]) -> Sequence[LotLine]:
    """Return the ticked lines that no workshop holds yet; raises GiftRefused when one of them is further on."""
    lock_lot(session, lot)
    wanted = set(line_ids)
    if not wanted:
        raise GiftRefused("nothing-ticked")
    lines = lines_of(session, lot, wanted)
    if len(lines) != len(wanted):
        raise GiftRefused("unknown-line")
    if any(line.share_id is not None or line.state in (LineState.COLLECTED, LineState.RECEIVED) for line in lines):
        raise GiftRefused("already-offered")
    return lines


def lines_of(session: Session, lot: Lot, wanted: Collection[int]) -> list[LotLine]:
    """Return these lines of the lot in their order; thousands at once would be more than a statement may carry."""
    query = sa.select(LotLine).where(LotLine.lot_id == lot.id).order_by(LotLine.position)
    if len(wanted) <= 500:
        return list(session.scalars(query.where(LotLine.id.in_(wanted))))
    return [line for line in session.scalars(query) if line.id in wanted]


def change_regime(session: Session, lot: Lot, regime: Regime, *, by: Actor, at: datetime) -> None:
    """Set under which law the lot is given; machines copy it at birth, so not once one of its pieces has left.

    Raises GiftRefused "already-collected", or "not-this-regime": a public giver has the two public ones, or sells.
    """
    lock_lot(session, lot)
    moved = sa.select(LotLine.id).where(
        LotLine.lot_id == lot.id, LotLine.state.in_([LineState.COLLECTED, LineState.RECEIVED])
    )
    if session.scalar(moved.limit(1)) is not None:
        raise GiftRefused("already-collected")
    if regime not in regimes_open_to(lot.origin):
        raise GiftRefused("not-this-regime")
    if regime is not lot.regime:
        lot.regime = regime
        record(session, "lot", lot.id, "lot.changed", by=by, at=at, payload={"fields": ["regime"]})


def regimes_open_to(origin: Origin) -> tuple[Regime, ...]:
    """Return the regimes that a giver of that origin may give under (domain.md A)."""
    if origin is Origin.PUBLIC:
        return (Regime.PUBLIC_ASSOCIATION, Regime.PUBLIC_BODY, Regime.SALE)
    return (Regime.GIFT, Regime.PATRONAGE, Regime.SALE)


def tie(session: Session, lot: Lot, supplier: Organisation | None, *, by: Actor, at: datetime) -> None:
    """Say which known organisation gave the lot, so that its members follow it from their account."""
    lock_lot(session, lot)
    lot.supplier_id = supplier.id if supplier else None
    record(session, "lot", lot.id, "lot.changed", by=by, at=at, payload={"fields": ["supplier_id"]})
