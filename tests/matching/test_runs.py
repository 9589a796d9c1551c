"""Runs of the rule over rows, and what a coordinator decides on what they propose."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from refurb.core import needs as core
from refurb.core.change import compare
from refurb.core.equipment import Recipient
from refurb.core.need_life import Act, State
from refurb.core.needs import Motive
from refurb.core.workflow import Status
from refurb.matching import planner, proposals
from refurb.matching.models import Origin, Proposal, ProposalState, Reservation, Run, Unserved
from refurb.matching.services import MatchRefused
from tests.conftest import NOON
from tests.department import TODAY

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.organisations.models import Organisation
    from refurb.security import Actor
    from tests.department import MakeNeed, StockDevice


def run(session: Session, by: Actor, *, dry: bool = False) -> Run:
    return planner.make_run(session, dry=dry, by=by, at=NOON, seed="graine")


def pending(session: Session, made: Run) -> list[Proposal]:
    rows = session.scalars(
        sa.select(Proposal.id).where(Proposal.run_id == made.id, Proposal.state == ProposalState.PENDING)
    )
    return proposals.by_ids(session, rows.all())


def test_a_run_keeps_what_it_proposes_what_it_leaves_and_what_it_was_made_of(
    session: Session, coordinator: Actor, stock_device: StockDevice, make_need: MakeNeed
) -> None:
    urgent = make_need(motive=Motive.LOSS_OF_RIGHTS)
    plain, hopeless = make_need(), make_need(ergonomics=frozenset({core.Ergonomics.LARGE_SCREEN}))
    late = make_need(sent=False)
    device = stock_device()
    made = run(session, coordinator)
    (row,) = pending(session, made)
    assert (row.need_id, row.device_id, row.live, row.origin) == (urgent.id, device.id, True, Origin.RULE)
    assert row.explanation["points"] == urgent.points > plain.points
    left = {row.need_id: row for row in session.scalars(sa.select(Unserved).where(Unserved.run_id == made.id))}
    assert {key: row.reason for key, row in left.items()} == {plain.id: "outranked", hopeless.id: "no_suitable_device"}
    assert late.id not in left
    assert (made.devices, made.needs, made.objective["served"], made.seed) == (1, 3, 1, "graine")
    kept = planner.scenario_of(session, made)
    assert kept is not None
    assert {need["id"] for need in kept["needs"]} == {urgent.code, plain.code, hopeless.code}
    assert "answers" not in str(kept)


def test_what_is_kept_out_says_why(
    session: Session,
    coordinator: Actor,
    prescriber: Actor,
    service: Organisation,
    make_need: MakeNeed,
) -> None:
    from refurb.needs import services as needs
    from refurb.organisations.models import Trust

    equipped = make_need(not_equipped=False)
    suspended, stale, homeless = make_need(), make_need(), make_need()
    needs.change_state(
        session, suspended, Act.SUSPEND, by=prescriber, at=NOON, today=TODAY, motive="household-unavailable"
    )
    stale.confirmed_on = TODAY - timedelta(days=91)
    homeless.handover_place_id = None
    session.flush()
    assert dict(planner.kept_out(session, TODAY)) == {
        equipped.id: "equipped",
        suspended.id: "suspended",
        stale.id: "to_reconfirm",
        homeless.id: "no_place",
    }
    open_one = make_need()
    service.trust = Trust.SUSPENDED
    session.flush()
    assert dict(planner.kept_out(session, TODAY))[open_one.id] == "service_not_approved"
    assert run(session, coordinator).needs == 0


def test_a_trial_proposes_nothing_that_can_be_accepted_and_closes_nothing(
    session: Session, coordinator: Actor, stock_device: StockDevice, make_need: MakeNeed
) -> None:
    make_need()
    stock_device()
    real = run(session, coordinator)
    dry = run(session, coordinator, dry=True)
    assert real.closed_at is None
    (row,) = pending(session, dry)
    with pytest.raises(MatchRefused, match="run-closed"):
        proposals.accept(session, row, by=coordinator, at=NOON)
    assert dry.digest == real.digest


def test_an_accepted_proposal_is_a_reservation_of_its_run(
    session: Session, coordinator: Actor, stock_device: StockDevice, make_need: MakeNeed
) -> None:
    need, device = make_need(), stock_device()
    made = run(session, coordinator)
    (row,) = pending(session, made)
    (reservation,) = proposals.accept(session, row, by=coordinator, at=NOON)
    session.refresh(need)
    session.refresh(device)
    assert (reservation.run_id, row.state, row.reservation_id) == (made.id, ProposalState.ACCEPTED, reservation.id)
    assert (need.state, device.status) == (State.PROPOSED, Status.RESERVED)
    # 23:59 of the tenth working day, the 11th of November being past.
    assert reservation.expires_at.isoformat() == "2026-12-01T22:59:00+00:00"
    with pytest.raises(MatchRefused, match="already-decided"):
        proposals.accept(session, row, by=coordinator, at=NOON)


def test_a_refusal_needs_a_motive_of_the_list(
    session: Session, coordinator: Actor, stock_device: StockDevice, make_need: MakeNeed
) -> None:
    make_need()
    stock_device()
    (row,) = pending(session, run(session, coordinator))
    with pytest.raises(MatchRefused, match="unknown-motive"):
        proposals.refuse(session, row, motive="parce que", by=coordinator, at=NOON)
    proposals.refuse(session, row, motive="board-decision", by=coordinator, at=NOON)
    assert (row.state, row.motive) == (ProposalState.REFUSED, "board-decision")
    assert session.scalar(sa.select(sa.func.count()).select_from(Reservation)) == 0


def test_a_later_run_overtakes_what_nobody_decided(
    session: Session, coordinator: Actor, stock_device: StockDevice, make_need: MakeNeed
) -> None:
    make_need()
    stock_device()
    first = run(session, coordinator)
    (old,) = pending(session, first)
    second = run(session, coordinator)
    session.refresh(old)
    session.refresh(first)
    assert (old.state, first.closed_at is not None, second.closed_at) == (ProposalState.OVERTAKEN, True, None)
    assert len(pending(session, second)) == 1


def test_a_choice_by_hand_shows_its_cost_and_keeps_what_the_rule_would_have_done(
    session: Session, coordinator: Actor, stock_device: StockDevice, make_need: MakeNeed
) -> None:
    first, second = make_need(motive=Motive.LOSS_OF_RIGHTS), make_need()
    device = stock_device()
    made = run(session, coordinator)
    (row,) = pending(session, made)
    state = proposals.situation(session, made, today=TODAY)
    change = proposals.cost(state, second, device)
    assert (change.lost, change.gained) == ((first.code,), (second.code,))
    assert change.after["points"] - change.before["points"] == second.points - first.points < 0
    with pytest.raises(MatchRefused, match="cost-changed"):
        _choose(session, made, second, device, seen="autre", by=coordinator)
    chosen = _choose(session, made, second, device, seen=proposals.fingerprint(change), by=coordinator)
    session.refresh(row)
    assert (chosen.origin, chosen.need_id, chosen.device_id) == (Origin.SWAP, second.id, device.id)
    assert (row.state, row.replaced_by_id) == (ProposalState.REPLACED, chosen.id)
    assert chosen.cost is not None
    assert chosen.cost["lost"] == [first.code]
    assert [each.id for each in pending(session, made)] == [chosen.id]


def test_what_follows_from_a_choice_is_completed_by_the_rule(
    session: Session, coordinator: Actor, stock_device: StockDevice, make_need: MakeNeed
) -> None:
    first, second = make_need(motive=Motive.LOSS_OF_RIGHTS), make_need()
    weak, strong = stock_device(cpu_class=2), stock_device(cpu_class=3)
    made = run(session, coordinator)
    state = proposals.situation(session, made, today=TODAY)
    holds = dict(state.pairs)
    other = {weak.code: strong, strong.code: weak}[holds[first.code]]
    change = proposals.cost(state, first, other)
    assert (change.lost, change.gained) == ((), ())
    _choose(session, made, first, other, seen=proposals.fingerprint(change), by=coordinator)
    now = {row.need_id: row for row in pending(session, made)}
    assert now[first.id].device_id == other.id
    assert now[second.id].origin is Origin.FOLLOWS
    assert compare(state.picture.scenario, change.pairs, change.pairs).lost == ()


def test_a_choice_does_not_bring_back_what_was_refused(
    session: Session, coordinator: Actor, stock_device: StockDevice, make_need: MakeNeed
) -> None:
    first, second = make_need(motive=Motive.LOSS_OF_RIGHTS), make_need()
    stock_device(cpu_class=2)
    stock_device(cpu_class=3)
    made = run(session, coordinator)
    rows = {row.need_id: row for row in pending(session, made)}
    freed = rows[first.id].device
    proposals.refuse(session, rows[first.id], motive="served-elsewhere", by=coordinator, at=NOON)
    state = proposals.situation(session, made, today=TODAY)
    change = proposals.cost(state, second, freed)
    assert (dict(change.pairs), change.gained) == ({second.code: freed.code}, ())
    assert change.after["points"] == change.before["points"]
    # A person may still choose a machine for it.
    assert proposals.cost(state, first, freed).gained == (first.code,)


def test_no_choice_passes_a_maximum(
    session: Session, coordinator: Actor, stock_device: StockDevice, make_need: MakeNeed
) -> None:
    from refurb import tables
    from refurb.core.policy import FIRST, KIND

    content = {**FIRST, "prescriber_most": 1}
    tables.adopt(session, KIND, content, after=1, motive="Comité", by=coordinator, at=NOON)
    served, other = make_need(motive=Motive.LOSS_OF_RIGHTS), make_need()
    first, second = stock_device(), stock_device()
    made = run(session, coordinator)
    assert made.policy_version == 2
    (row,) = pending(session, made)
    assert row.need_id == served.id
    left = session.scalars(sa.select(Unserved).where(Unserved.run_id == made.id)).one()
    assert (left.need_id, left.reason) == (other.id, "cap_reached")
    state = proposals.situation(session, made, today=TODAY)
    (spare,) = {one.id: one for one in (first, second)}.keys() - {row.device_id}
    with pytest.raises(MatchRefused, match="over-cap"):
        proposals.cost(state, other, first if spare == first.id else second)


def test_machines_wanted_together_are_accepted_together_or_not_at_all(
    session: Session, coordinator: Actor, stock_device: StockDevice, make_need: MakeNeed
) -> None:
    rows = [make_need(), make_need()]
    for need in rows:
        need.bundle, need.bundle_same = "classe", "model"
    alone = make_need(motive=Motive.LOSS_OF_RIGHTS)
    session.flush()
    for _ in range(3):
        stock_device()
    made = run(session, coordinator)
    assert made.objective["served"] == 3
    together = [row for row in pending(session, made) if row.need_id != alone.id]
    state = proposals.situation(session, made, today=TODAY)
    with pytest.raises(MatchRefused, match="bundle-whole"):
        proposals.cost(state, alone, together[0].device)
    assert len(proposals.accept(session, together[0], by=coordinator, at=NOON)) == 2
    assert [row.need_id for row in pending(session, made)] == [alone.id]


def test_the_desk_proposes_until_a_coordinator_decides_and_the_next_run_lists_it(
    session: Session, coordinator: Actor, stock_device: StockDevice, make_need: MakeNeed
) -> None:
    first, second = make_need(motive=Motive.LOSS_OF_RIGHTS), make_need()
    device, other = stock_device(), stock_device()
    row = proposals.propose_at_desk(session, second, device, by=coordinator, at=NOON)
    with pytest.raises(MatchRefused, match="device-taken"):
        proposals.propose_at_desk(session, first, device, by=coordinator, at=NOON)
    made = run(session, coordinator)
    session.refresh(row)
    assert row.run_id == made.id
    assert {(each.need_id, each.device_id) for each in pending(session, made)} == {
        (second.id, device.id),
        (first.id, other.id),
    }
    again = run(session, coordinator)
    session.refresh(row)
    assert (row.state, row.run_id) == (ProposalState.PENDING, again.id)


def _choose(session: Session, made: Run, need: object, device: object, *, seen: str, by: Actor) -> Proposal:
    return proposals.choose(
        session,
        made,
        need,  # type: ignore[arg-type]
        device,  # type: ignore[arg-type]
        seen=seen,
        motive="more-urgent",
        by=by,
        at=NOON,
    )


def test_structures_count_apart(
    session: Session, coordinator: Actor, make_need: MakeNeed, stock_device: StockDevice
) -> None:
    need = make_need()
    need.recipient = Recipient.STRUCTURE
    session.flush()
    seen = planner.picture(session, today=TODAY, seed="s", policy=planner.policy_in_force(session).content)
    assert seen.scenario["policy"] == {"floors": {}, "caps": {}}
    assert seen.scenario["needs"][0]["recipient"] == "structure"
