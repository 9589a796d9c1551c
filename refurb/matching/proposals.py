"""What a coordinator decides on proposals: accept, refuse with a motive, choose otherwise once the cost was seen.

A proposal promises nothing: only a reservation does, and `services.reserve` has the last word on doubles. A change
locks its run first; the locks of the machine, the need and the reservation follow in their usual order.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from refurb import outbox
from refurb.audit.services import record
from refurb.core import matching as core
from refurb.core.change import Change, OverCap, Pair, compare, swap
from refurb.core.need_life import OPEN
from refurb.core.workflow import Status
from refurb.devices.models import Device
from refurb.matching import planner, scenario, services
from refurb.matching.models import Origin, Proposal, ProposalState, Reservation, Run
from refurb.matching.services import MatchRefused
from refurb.needs.models import Need
from refurb.security import Actor
from refurb.web import zone

#: Why a proposal is refused or changed; codes, for a free text would end up telling about somebody.
MOTIVES = (
    "more-urgent",
    "service-informed-us",
    "machine-unfit",
    "transport",
    "served-elsewhere",
    "data-wrong",
    "board-decision",
)
#: How many proposals are accepted within a request; more are left to the worker, a row of the outbox each.
AT_ONCE = 25
ACCEPT = "matching.accept"


# -- Accept ------------------------------------------------------------------------------------------------------------
def accept(session: Session, proposal: Proposal, *, by: Actor, at: datetime) -> list[Reservation]:
    """Turn a proposal into a reservation, and with it all of its bundle; raises MatchRefused.

    Two coordinators on one proposal: the second gets "already-decided" or what `services.reserve` says.
    """
    _pending(session, proposal)
    return [_accept(session, each, by=by, at=at) for each in _team(session, proposal)]


def _accept(session: Session, proposal: Proposal, *, by: Actor, at: datetime) -> Reservation:
    made = services.reserve(session, proposal.need, proposal.device, by=by, at=at, run_id=proposal.run_id)
    _decide(session, proposal, ProposalState.ACCEPTED, by=by, at=at, reservation_id=made.id)
    return made


def accept_many(session: Session, proposals: Sequence[Proposal], *, by: Actor, at: datetime) -> tuple[int, int, int]:
    """Accept what can be; return how many were set aside, how many no longer could, how many the worker does."""
    done = refused = 0
    for proposal in proposals[:AT_ONCE]:
        try:
            with session.begin_nested():
                done += len(accept(session, proposal, by=by, at=at))
        except MatchRefused:
            session.refresh(proposal, ["state"])
            # One of a bundle that was accepted whole a moment before was not refused.
            refused += proposal.state is ProposalState.PENDING
    later = proposals[AT_ONCE:]
    with outbox.in_background(session):
        for proposal in later:
            payload = {"proposal_id": proposal.id, "account_id": by.id, "organisation_id": by.organisation_id}
            outbox.enqueue(session, ACCEPT, payload)
    return done, refused, len(later)


# -- Refuse ------------------------------------------------------------------------------------------------------------
def refuse(session: Session, proposal: Proposal, *, motive: str, by: Actor, at: datetime) -> None:
    """Leave a machine in stock and a need waiting, with a motive of MOTIVES, and so for all of its bundle."""
    _known(motive)
    _pending(session, proposal)
    for each in _team(session, proposal):
        _decide(session, each, ProposalState.REFUSED, by=by, at=at, motive=motive)
        _tell(session, each, "run.proposal-refused", by=by, at=at, motive=motive)


# -- Choose otherwise --------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Situation:
    """A run as it stands: its scenario over the rows of this moment, and the pairs that are decided or proposed."""

    picture: planner.Picture
    pairs: tuple[Pair, ...]
    pending: dict[str, Proposal]
    #: Needs refused in this run: what a change frees does not come back to them unless a person chooses so.
    refused: frozenset[str] = frozenset()


def situation(session: Session, run: Run, *, today: date) -> Situation:
    """Return where a run stands: what was accepted is held, what is proposed and still possible may move."""
    rows = session.scalars(
        sa.select(Proposal)
        .where(
            Proposal.run_id == run.id,
            Proposal.origin != Origin.DESK,
            Proposal.state.in_([ProposalState.PENDING, ProposalState.ACCEPTED]),
        )
        .options(joinedload(Proposal.need), joinedload(Proposal.device))
    ).all()
    accepted = [row for row in rows if row.state is ProposalState.ACCEPTED]
    desk = session.execute(
        sa.select(Proposal.device_id, Proposal.need_id).where(
            Proposal.origin == Origin.DESK, Proposal.live, Proposal.state == ProposalState.PENDING
        )
    ).all()
    seen = planner.picture(
        session,
        today=today,
        seed=run.seed,
        policy=planner.policy_at(session, run.policy_version).content,
        device_ids=[row.device_id for row in accepted],
        need_ids=[row.need_id for row in accepted],
        spoken_for=({row.device_id for row in desk}, {row.need_id for row in desk}),
    )
    refused = session.scalars(
        sa.select(Need.code)
        .join(Proposal, Proposal.need_id == Need.id)
        .where(Proposal.run_id == run.id, Proposal.state == ProposalState.REFUSED)
    )
    kept = [row for row in rows if row.need.code in seen.need_ids and row.device.code in seen.device_ids]
    return Situation(
        seen,
        tuple(sorted((row.need.code, row.device.code) for row in kept)),
        {row.need.code: row for row in kept if row.state is ProposalState.PENDING},
        frozenset(refused) - {row.need.code for row in kept},
    )


def cost(found: Situation, need: Need, device: Device) -> Change:
    """Return what it costs that `need` receives `device`; raises MatchRefused: "already-decided", "not-suitable",
    "bundle-whole", "over-cap", "not-counted", "device-not-in-stock"."""
    needs = {row["id"]: row for row in found.picture.scenario["needs"]}
    devices = {row["id"]: row for row in found.picture.scenario["devices"]}
    if need.code not in needs:
        raise MatchRefused("not-counted")
    if device.code not in devices:
        raise MatchRefused("device-not-in-stock")
    if criteria := core.failing(devices[device.code], needs[need.code]):
        raise MatchRefused("not-suitable", criteria)
    holds = {given: asked for asked, given in found.pairs}
    touched = {need.code, holds.get(device.code, need.code)}
    if any(code in dict(found.pairs) and code not in found.pending for code in touched):
        raise MatchRefused("already-decided")
    if any(needs[code].get("bundle") for code in touched):
        raise MatchRefused("bundle-whole")
    asked = [row for code, row in needs.items() if code == need.code or code not in found.refused]
    scenario = {**found.picture.scenario, "needs": asked}
    try:
        changed = swap(scenario, found.pairs, need.code, device.code)
    except OverCap as over:
        raise MatchRefused("over-cap") from over
    return compare(scenario, found.pairs, changed.pairs)


def price_of(change: Change) -> dict[str, Any]:
    """Return a change as the numbers that are shown, kept and confirmed: codes and figures."""
    told = asdict(change)
    lists = {name: list(told[name]) for name in ("lost", "gained", "moved")}
    return {"before": told["before"], "after": told["after"], **lists}


def fingerprint(change: Change) -> str:
    """Return what a confirmation names, so that nobody confirms another cost than the one that was shown."""
    text = json.dumps([price_of(change), change.pairs], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def choose(
    session: Session,
    run: Run,
    need: Need,
    device: Device,
    *,
    seen: str,
    motive: str,
    by: Actor,
    at: datetime,
) -> Proposal:
    """Propose `device` for `need` in the place of what the rule proposed, and what follows from it by the rule.

    `seen` is the fingerprint of the cost that was shown; raises MatchRefused "cost-changed" when it is no longer so.
    """
    _known(motive)
    session.refresh(run, with_for_update=True)
    if run.dry or run.closed_at is not None:
        raise MatchRefused("run-closed")
    found = situation(session, run, today=at.astimezone(zone()).date())
    change = cost(found, need, device)
    if fingerprint(change) != seen:
        raise MatchRefused("cost-changed")
    before, after = dict(found.pairs), dict(change.pairs)
    gone = [found.pending[code] for code in before if code in found.pending and after.get(code) != before[code]]
    for proposal in gone:
        _decide(session, proposal, ProposalState.REPLACED, by=by, at=at, motive=motive)
    needs = {row["id"]: row for row in found.picture.scenario["needs"]}
    devices = {row["id"]: row for row in found.picture.scenario["devices"]}
    made: dict[str, Proposal] = {}
    for code in sorted(after, key=lambda each: (each != need.code, each)):
        if after[code] == before.get(code):
            continue
        made[code] = Proposal(
            run_id=run.id,
            live=True,
            origin=Origin.SWAP if code == need.code else Origin.FOLLOWS,
            need_id=found.picture.need_ids[code],
            device_id=found.picture.device_ids[after[code]],
            **planner.terms(devices[after[code]], needs[code]),
            made_at=at,
            made_by_id=by.id,
            motive=motive if code == need.code else None,
            cost=price_of(change) if code == need.code else None,
        )
    try:
        with session.begin_nested():
            session.add_all(made.values())
            session.flush()
    except IntegrityError as error:
        raise MatchRefused("cost-changed") from error
    chosen = made[need.code]
    for proposal in gone:
        proposal.replaced_by_id = chosen.id
    session.flush()
    _tell(session, chosen, "run.proposal-swapped", by=by, at=at, motive=motive)
    return chosen


# -- At the desk -------------------------------------------------------------------------------------------------------
def propose_at_desk(session: Session, need: Need, device: Device, *, by: Actor, at: datetime) -> Proposal:
    """Propose what stands on the bench for a need, until a coordinator decides; raises MatchRefused."""
    row = scenario.one_device(session, device)
    if device.status is not Status.IN_STOCK:
        raise MatchRefused("device-not-in-stock")
    if need.state not in OPEN:
        raise MatchRefused("need-taken")
    if row is None or need.commune_code is None:
        raise MatchRefused("not-matched")
    asked = scenario.need_row(need)
    if criteria := core.failing(row, asked):
        raise MatchRefused("not-suitable", criteria)
    proposal = Proposal(
        live=True,
        origin=Origin.DESK,
        need=need,
        device=device,
        **planner.terms(row, asked),
        made_at=at,
        made_by_id=by.id,
    )
    try:
        with session.begin_nested():
            session.add(proposal)
            session.flush()
    except IntegrityError as error:
        raise MatchRefused("need-taken" if "need" in str(error.orig) else "device-taken") from error
    pair = {"need_id": need.id, "device_id": device.id}
    record(session, "match_proposal", proposal.id, "run.proposal-at-desk", by=by, at=at, payload=pair)
    return proposal


# -- What they share ---------------------------------------------------------------------------------------------------
def _known(motive: str) -> None:
    if motive not in MOTIVES:
        raise MatchRefused("unknown-motive")


def _pending(session: Session, proposal: Proposal) -> None:
    session.refresh(proposal, ["state", "live", "run_id"])
    if proposal.state is not ProposalState.PENDING:
        raise MatchRefused("already-decided")
    if not proposal.live:
        raise MatchRefused("run-closed")


def _team(session: Session, proposal: Proposal) -> list[Proposal]:
    """Return the pending proposals that go together: a bundle is accepted or refused whole, others stand alone."""
    if proposal.need.bundle is None or proposal.run_id is None:
        return [proposal]
    rows = session.scalars(
        sa.select(Proposal)
        .join(Need, Need.id == Proposal.need_id)
        .where(
            Proposal.run_id == proposal.run_id,
            Proposal.live,
            Proposal.state == ProposalState.PENDING,
            Need.bundle == proposal.need.bundle,
        )
        .options(joinedload(Proposal.need), joinedload(Proposal.device))
        .order_by(Proposal.device_id)
    )
    return list(rows)


def _decide(
    session: Session,
    proposal: Proposal,
    state: ProposalState,
    *,
    by: Actor,
    at: datetime,
    motive: str | None = None,
    reservation_id: int | None = None,
) -> None:
    """Write the decision where none was made meanwhile; raises MatchRefused "already-decided"."""
    values = {
        "state": state,
        "decided_at": at,
        "decided_by_id": by.id,
        "motive": motive or proposal.motive,
        "reservation_id": reservation_id,
    }
    written = session.execute(
        sa.update(Proposal)
        .where(Proposal.id == proposal.id, Proposal.state == ProposalState.PENDING)
        .values(values)
        .execution_options(synchronize_session=False)
    )
    if not written.rowcount:  # type: ignore[attr-defined]  # an UPDATE gives a CursorResult
        raise MatchRefused("already-decided")
    session.refresh(proposal, list(values))


def _tell(session: Session, proposal: Proposal, kind: str, *, by: Actor, at: datetime, motive: str) -> None:
    pair = {"need_id": proposal.need_id, "device_id": proposal.device_id, "motive": motive}
    subject = proposal.run_id or proposal.id
    record(
        session,
        "match_run" if proposal.run_id else "match_proposal",
        subject,
        kind,
        by=by,
        at=at,
        payload=pair | {"proposal_id": proposal.id},
    )


def whole(query: sa.Select[Any]) -> sa.Select[Any]:
    """Load with a proposal the need with its service and place, the machine with its holder and shelf."""
    return query.options(
        joinedload(Proposal.need).joinedload(Need.organisation),
        joinedload(Proposal.need).joinedload(Need.handover_place),
        joinedload(Proposal.device).joinedload(Device.holder),
        joinedload(Proposal.device).joinedload(Device.place),
    )


def by_ids(session: Session, ids: Iterable[int]) -> list[Proposal]:
    """Return proposals by their numbers, in that order of machines in which they are locked."""
    query = whole(sa.select(Proposal).where(Proposal.id.in_(list(ids))))
    return list(session.scalars(query.order_by(Proposal.device_id)))


def stale(session: Session, proposals: Collection[Proposal]) -> set[int]:
    """Return the proposals that can no longer be accepted as the rows are now: the page says so before one tries."""
    return {
        row.id
        for row in proposals
        if row.state is ProposalState.PENDING
        and (row.device.status is not Status.IN_STOCK or row.need.state not in OPEN)
    }
