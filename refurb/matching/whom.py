"""For whom a machine is that stands on the bench: the need the solver would serve were it added, and the two next."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.core import matching as core
from refurb.core.assignment import solve
from refurb.core.equipment import Mode
from refurb.core.workflow import Status
from refurb.devices.models import Device
from refurb.matching import planner, queries, scenario
from refurb.matching.beside import Beside, beside
from refurb.matching.models import Proposal, ProposalState
from refurb.needs.models import Need
from refurb.organisations.models import Place
from refurb.security import Actor

#: The seed of a look, which draws nothing: it is never kept.
SEED = "desk"


@dataclass(frozen=True)
class ForWhom:
    """One need, as whoever stands at the bench may know it: a code, a profile and a place, nothing else."""

    code: str
    profile: str | None
    place: str
    #: None where no machine is there yet whose origin would say.
    mode: Mode | None = None


@dataclass(frozen=True)
class Answer:
    """`state`: "served" (the first row is the need the rule would serve), "spare" (it would leave it in stock; the rows
    are those it suits), "reserved" or "proposed" (the one row), "unmatched" (`beside` says what it is for; the rows are
    needs that ask for such a thing)."""

    state: str
    rows: tuple[ForWhom, ...] = ()
    beside: Beside | None = None


def for_whom(session: Session, device: Device, today: date) -> Answer:
    """Return for whom a machine is, with open reservations and proposals left as they are."""
    taken = queries.open_reservation(session, device.id)
    if taken is not None:
        return Answer("reserved", _rows(session, {taken.need.code: taken.mode}))
    proposed = session.scalar(
        sa.select(Proposal).where(
            Proposal.device_id == device.id, Proposal.live, Proposal.state == ProposalState.PENDING
        )
    )
    if proposed is not None:
        code = session.scalars(sa.select(Need.code).where(Need.id == proposed.need_id)).one()
        return Answer("proposed", _rows(session, {code: proposed.mode}))
    row = scenario.one_device(session, device)
    if row is None:
        what = beside(session, device, today)
        return Answer("unmatched", _rows(session, dict.fromkeys(what.needs)), what)
    policy = planner.policy_in_force(session).content
    spoken = session.execute(
        sa.select(Proposal.device_id, Proposal.need_id).where(Proposal.live, Proposal.state == ProposalState.PENDING)
    ).all()
    found = planner.picture(
        session,
        today=today,
        seed=SEED,
        policy=policy,
        device_ids=[device.id],
        spoken_for=({pair.device_id for pair in spoken}, {pair.need_id for pair in spoken}),
    ).scenario
    first, others = best(found, device.code)
    chosen = [*([first] if first else []), *others][:3]
    given: Mapping[str, Any] = next(each for each in found["devices"] if each["id"] == device.code)
    rows = _rows(session, {str(need["id"]): Mode(core.mode(given, need) or "") for need in chosen})
    return Answer("served" if first else "spare", rows)


def best(found: Mapping[str, Any], device: str) -> tuple[Mapping[str, Any] | None, list[Mapping[str, Any]]]:
    """Return the need that the best plan gives a device, None where it leaves it, and the next it suits.

    The next are those that the plan serves with nothing, in the order in which they are served.
    """
    pairs = solve(found).pairs
    served = {need for need, _ in pairs}
    given = {gives: need for need, gives in pairs}
    row = next(each for each in found["devices"] if each["id"] == device)
    by_id = {need["id"]: need for need in found["needs"]}
    first = by_id.get(given.get(device))
    waiting = [need for need in found["needs"] if need["id"] not in served and need.get("bundle") is None]
    return first, [each.need for each in core.wanting(row, waiting)[:3]]


def in_stock(device: Device) -> bool:
    """Whether a machine can be promised now: before it is in stock the answer is for later."""
    return device.status is Status.IN_STOCK


def may_reserve(session: Session, who: Actor) -> bool:
    """Whether a tap sets a machine aside: a coordinator's always, a workshop's where that mode was opened."""
    from refurb.core.permissions import Permission

    return who.can(Permission.MATCH_RESERVE) or planner.policy_in_force(session).content["desk"] == "reserve"


def _rows(session: Session, found: Mapping[str, Mode | None]) -> tuple[ForWhom, ...]:
    known = {
        row.code: row
        for row in session.execute(
            sa.select(Need.code, Need.profile, Place.name)
            .outerjoin(Place, Place.id == Need.handover_place_id)
            .where(Need.code.in_(found))
        )
    }
    return tuple(
        ForWhom(code, known[code].profile.value if known[code].profile else None, known[code].name or "", mode)
        for code, mode in found.items()
    )
