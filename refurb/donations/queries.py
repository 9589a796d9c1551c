"""Lots as the pages and other areas ask for them. The coordination sees all, a workshop what was offered to it, a giver
its own."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from refurb.core.permissions import OrganisationRole, Permission
from refurb.devices.models import Device
from refurb.donations.models import Arrival, ArrivalFind, LineState, Lot, LotLine, LotShare
from refurb.donations.values import alike
from refurb.donations.words import ACCESSORIES
from refurb.organisations import queries as organisations
from refurb.organisations.models import Organisation
from refurb.security import Actor, ActorKind


def visible(seen_by: Actor) -> sa.ColumnElement[bool]:
    """Return the condition on Lot that says which ones the actor may see."""
    if seen_by.kind is ActorKind.SYSTEM or seen_by.can(Permission.LOT_OFFER):
        return sa.true()
    seen: list[sa.ColumnElement[bool]] = []
    if seen_by.organisation_id is not None and seen_by.can(Permission.LOT_READ):
        offered = sa.and_(
            LotShare.workshop_id == seen_by.organisation_id,
            sa.or_(LotShare.accepted.is_(None), LotShare.accepted.is_(True)),
        )
        seen.append(Lot.id.in_(sa.select(LotShare.lot_id).where(offered).correlate(None)))
    if seen_by.organisation_id is not None and seen_by.can(Permission.LOT_FOLLOW):
        seen.append(Lot.supplier_id == seen_by.organisation_id)
    return sa.or_(*seen) if seen else sa.false()


def by_code(session: Session, code: str, *, seen_by: Actor) -> Lot | None:
    """Return the lot of this code with its shares and their workshops, if the actor may see it."""
    return session.scalar(
        sa.select(Lot)
        .where(Lot.code == code, visible(seen_by))
        .options(selectinload(Lot.shares).joinedload(LotShare.workshop), joinedload(Lot.supplier))
    )


def may_see_papers(session: Session, lot_id: int, seen_by: Actor) -> bool:
    """Tell whether the actor may see every paper about a lot: its giver and the coordination.

    A workshop sees those it issued, and not what another one received of the same gift.
    """
    if seen_by.kind is ActorKind.SYSTEM or seen_by.can(Permission.LOT_OFFER):
        return True
    if seen_by.organisation_id is None or not seen_by.can(Permission.LOT_FOLLOW):
        return False
    given = sa.select(Lot.id).where(Lot.id == lot_id, Lot.supplier_id == seen_by.organisation_id)
    return session.scalar(given) is not None


# -- lists --------------------------------------------------------------------------------------------------------

#: What a list of lots may be narrowed to, each with the work it stands for.
TABS = ("to-examine", "to-offer", "offered", "to-collect", "to-count", "closed", "all")


# Found from what waits, which is little, rather than asked of each lot that ever was.
def _has_line(*conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return Lot.id.in_(sa.select(LotLine.lot_id).where(*conditions).correlate(None))


def _has_share(seen_by: Actor, *conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    own = () if seen_by.can(Permission.LOT_OFFER) else (LotShare.workshop_id == seen_by.organisation_id,)
    return Lot.id.in_(sa.select(LotShare.lot_id).where(*own, *conditions).correlate(None))


def tab_condition(tab: str, seen_by: Actor) -> sa.ColumnElement[bool]:
    """Return what a tab of the list holds."""
    accepted = LotShare.accepted.is_(True)
    conditions = {
        "to-examine": _has_line(LotLine.state == LineState.DECLARED),
        "to-offer": _has_line(LotLine.state == LineState.ACCEPTED, LotLine.share_id.is_(None)),
        "offered": _has_share(seen_by, LotShare.answered_at.is_(None)),
        "to-collect": _has_share(seen_by, accepted, LotShare.collected_at.is_(None)),
        "to-count": _has_share(seen_by, accepted, LotShare.collected_at.is_not(None), LotShare.counted_at.is_(None)),
        "closed": Lot.closed_at.is_not(None),
    }
    return conditions.get(tab, sa.true())


def tabs_for(seen_by: Actor) -> Sequence[str]:
    """Return the tabs that make sense for the reader: a workshop examines and offers nothing."""
    return TABS if seen_by.can(Permission.LOT_OFFER) else TABS[2:]


def listing(*, seen_by: Actor, tab: str = "all", text: str = "") -> sa.Select[Any]:
    """Return the query of the lots of a tab, the oldest wait first, closed ones last."""
    query = (
        sa.select(Lot)
        .where(visible(seen_by), tab_condition(tab, seen_by))
        .options(selectinload(Lot.shares).joinedload(LotShare.workshop))
    )
    if text:
        query = query.where(
            sa.or_(
                Lot.supplier_name.icontains(text, autoescape=True),
                Lot.code == text.replace(" ", "").upper(),
                Lot.siret == text.replace(" ", ""),
            )
        )
    order = Lot.declared_at.desc() if tab in ("all", "closed") else Lot.declared_at
    return query.order_by(Lot.closed_at.is_not(None), order, Lot.id)


def counts_by_tab(session: Session, seen_by: Actor) -> dict[str, int]:
    """Return how many lots each tab holds, in one statement."""
    tabs = tabs_for(seen_by)
    seen = sa.select(sa.func.count()).select_from(Lot).where(visible(seen_by))
    row = session.execute(sa.select(*(seen.where(tab_condition(tab, seen_by)).scalar_subquery() for tab in tabs))).one()
    return dict(zip(tabs, row, strict=True))


def given_by(organisation_id: int) -> sa.Select[Any]:
    """Return the query of the lots that an organisation gave, newest first."""
    return sa.select(Lot).where(Lot.supplier_id == organisation_id).order_by(Lot.declared_at.desc(), Lot.id.desc())


@dataclass(frozen=True)
class Totals:
    """Pieces of a lot by state: a line of twelve screens counts for twelve."""

    declared: int = 0
    accepted: int = 0
    refused: int = 0
    collected: int = 0
    received: int = 0
    missing: int = 0
    extra: int = 0
    missing_of_received: int = 0

    @property
    def arrived(self) -> int:
        """What was really counted at arrival, extras included."""
        return self.received - self.missing_of_received

    @property
    def total(self) -> int:
        """All that was declared, extras left out."""
        return self.declared + self.accepted + self.refused + self.collected + self.received - self.extra


def totals(session: Session, lot_ids: Iterable[int]) -> dict[int, Totals]:
    """Return the totals of several lots in one statement."""
    ids = list(lot_ids)
    rows = session.execute(
        sa.select(
            LotLine.lot_id,
            LotLine.state,
            sa.func.sum(LotLine.quantity),
            sa.func.sum(LotLine.missing),
            sa.func.sum(sa.case((LotLine.is_extra, LotLine.quantity), else_=0)),
        )
        .where(LotLine.lot_id.in_(ids))
        .group_by(LotLine.lot_id, LotLine.state)
    )
    found: dict[int, dict[str, int]] = {lot_id: {} for lot_id in ids}
    for lot_id, state, quantity, missing, extra in rows:
        sums = found[lot_id]
        sums[state.value] = sums.get(state.value, 0) + int(quantity)
        sums["missing"] = sums.get("missing", 0) + int(missing)
        if state is LineState.RECEIVED:
            sums["missing_of_received"] = int(missing)
        sums["extra"] = sums.get("extra", 0) + int(extra)
    return {lot_id: Totals(**sums) for lot_id, sums in found.items()}


# -- lines --------------------------------------------------------------------------------------------------------


def lines(lot_id: int, *, state: LineState | None = None, share_id: int | None = None) -> sa.Select[Any]:
    """Return the query of the lines of a lot, in their order."""
    query = sa.select(LotLine).where(LotLine.lot_id == lot_id).order_by(LotLine.position)
    if state is not None:
        query = query.where(LotLine.state == state)
    return query if share_id is None else query.where(LotLine.share_id == share_id)


def of_shares(query: sa.Select[Any], share_ids: Sequence[int]) -> sa.Select[Any]:
    """Narrow a query of lines to those of some shares."""
    return query.where(LotLine.share_id.in_(share_ids))


def free_lines(session: Session, lot_id: int) -> Sequence[LotLine]:
    """Return the accepted lines that no workshop was offered yet."""
    query = lines(lot_id, state=LineState.ACCEPTED).where(LotLine.share_id.is_(None))
    return session.scalars(query).all()


def ids_in_state(session: Session, lot_id: int, state: LineState) -> list[int]:
    """Return the ids of all lines of a lot in a state, for "all at once" on a list of several pages."""
    query = sa.select(LotLine.id).where(LotLine.lot_id == lot_id, LotLine.state == state, LotLine.share_id.is_(None))
    return list(session.scalars(query))


# -- shares -------------------------------------------------------------------------------------------------------


def share_by_id(session: Session, code: str, share_id: int, *, seen_by: Actor) -> LotShare | None:
    """Return one share of a lot with lot and workshop: to its workshop, and to the coordination."""
    query = (
        sa.select(LotShare)
        .join(LotShare.lot)
        .where(LotShare.id == share_id, Lot.code == code)
        .options(contains_eager(LotShare.lot), joinedload(LotShare.workshop))
    )
    if not (seen_by.kind is ActorKind.SYSTEM or seen_by.can(Permission.LOT_OFFER)):
        query = query.where(LotShare.workshop_id == seen_by.organisation_id)
    return session.scalar(query)


def arrivals_of(session: Session, share_id: int) -> list[tuple[LotLine, Device]]:
    """Return the machines born from a share with their lines, in the order of the lines."""
    rows = session.execute(
        sa.select(LotLine, Device)
        .join(Arrival, Arrival.line_id == LotLine.id)
        .join(Device, Device.id == Arrival.device_id)
        .where(LotLine.share_id == share_id)
        .order_by(LotLine.position, Device.id)
    )
    return [(line, device) for line, device in rows]


def open_finds(session: Session, share_id: int) -> Sequence[ArrivalFind]:
    """Return what the count met and nobody settled yet, oldest first."""
    query = sa.select(ArrivalFind).where(ArrivalFind.share_id == share_id, ArrivalFind.settled_at.is_(None))
    return session.scalars(query.order_by(ArrivalFind.id)).all()


@dataclass(frozen=True)
class Suggestion:
    """A workshop that could take part of a lot. `band`: "here" (its own EPCI), "near" (its perimeter) or "far"."""

    workshop: Organisation
    band: str
    #: Machines it may still take this month; None when it gave no capacity.
    room: int | None
    fits: bool


_BANDS = {"here": 0, "near": 1, "far": 2}


def suggestions(session: Session, lot: Lot, machines: int, *, month_start: datetime) -> list[Suggestion]:
    """Return every workshop, the best for this lot first: near, with room for all of it, then the roomiest."""
    taken: Mapping[int, int] = {
        workshop_id: int(count)
        for workshop_id, count in session.execute(
            sa.select(LotShare.workshop_id, sa.func.sum(LotLine.quantity))
            .join(LotLine, LotLine.share_id == LotShare.id)
            .where(
                LotShare.offered_at >= month_start,
                sa.or_(LotShare.accepted.is_(None), LotShare.accepted.is_(True)),
                sa.or_(LotLine.kind.is_(None), LotLine.kind.not_in(ACCESSORIES)),
            )
            .group_by(LotShare.workshop_id)
        )
    }
    found = []
    for workshop in organisations.with_role(session, OrganisationRole.REFURBISHER):
        capacity = workshop.capacity_per_month
        room = None if capacity is None else max(0, capacity - taken.get(workshop.id, 0))
        band = _band(workshop, lot.epci_code)
        found.append(Suggestion(workshop, band, room, room is None or room >= machines))
    # Without a stated capacity a workshop comes after those that have room, before those that have none.
    return sorted(
        found,
        key=lambda s: (_BANDS[s.band], not s.fits, s.room is None, -(s.room or 0), s.workshop.name),
    )


def _band(workshop: Organisation, epci: str | None) -> str:
    if epci is not None and workshop.epci_code == epci:
        return "here"
    if workshop.perimeter is None or (epci is not None and epci in workshop.perimeter):
        return "near"
    return "far"


# -- what is known already ----------------------------------------------------------------------------------------


def known_serials(session: Session, keys: Collection[str]) -> dict[str, str]:
    """Return, of serials folded by `alike`, those of our machines or of lots still coming: folded -> as known."""
    found: dict[str, str] = {}
    wanted = list(keys)
    for start in range(0, len(wanted), 900):
        some = wanted[start : start + 900]
        for serial, key in ((Device.serial, Device.serial_key), (LotLine.serial, LotLine.serial_key)):
            query = sa.select(serial, key).where(sa.func.replace(key, "I", "1").in_(some))
            if key is LotLine.serial_key:
                coming = [LineState.DECLARED, LineState.ACCEPTED, LineState.COLLECTED]
                query = query.where(LotLine.state.in_(coming))
            for text, folded in session.execute(query):
                if text and folded:
                    found.setdefault(alike(folded), text)
    return found


# -- the giver's page ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Followed:
    """One line as its giver follows it: the line, and its machines with what became of them."""

    line: LotLine
    devices: Sequence[Device]


def followed(session: Session, lines_of_page: Sequence[LotLine]) -> list[Followed]:
    """Return the lines of a page with their machines, in one statement."""
    born: dict[int, list[Device]] = {line.id: [] for line in lines_of_page}
    rows = session.execute(
        sa.select(Arrival.line_id, Device)
        .join(Device, Device.id == Arrival.device_id)
        .where(Arrival.line_id.in_(born))
        .order_by(Device.id)
    )
    for line_id, device in rows:
        born[line_id].append(device)
    return [Followed(line, born[line.id]) for line in lines_of_page]


def statuses(session: Session, lot_id: int) -> list[tuple[Any, int]]:
    """Return how many machines of a lot stand in each status."""
    rows = session.execute(
        sa.select(Device.status, sa.func.count())
        .join(Arrival, Arrival.device_id == Device.id)
        .join(LotLine, LotLine.id == Arrival.line_id)
        .where(LotLine.lot_id == lot_id)
        .group_by(Device.status)
    )
    return [(status, count) for status, count in rows]


def by_siret_and_code(session: Session, siret: str, code: str) -> Lot | None:
    """Return the lot that both a SIRET and a reference name: only who knows both may ask for its link."""
    return session.scalar(sa.select(Lot).where(Lot.code == code, Lot.siret == siret, ~Lot.is_counter_deposit))
