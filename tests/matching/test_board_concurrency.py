"""Two coordinators on one board, with real commits: nothing is set aside twice, whatever the interleaving."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import sqlalchemy as sa

from tests.conftest import NOON
from tests.matching.test_concurrency import WRITERS, house, open_pairs, race, territory  # noqa: F401 - fixtures

if TYPE_CHECKING:
    from flask import Flask

    from refurb.db import Session
    from refurb.security import Actor

    House = tuple[Flask, Actor, list[int], list[int]]


def with_run(app: Flask, by: Actor) -> tuple[int, list[int]]:
    """Make a run, committed; return its number and those of its proposals."""
    from refurb.db import get_session
    from refurb.matching import planner
    from refurb.matching.models import Proposal

    with app.app_context():
        session = get_session()
        made = planner.make_run(session, dry=False, by=by, at=NOON)
        ids = session.scalars(sa.select(Proposal.id).where(Proposal.run_id == made.id).order_by(Proposal.id)).all()
        session.commit()
        return made.id, list(ids)


def accepting(proposal_id: int, by: Actor) -> Callable[[Session], None]:
    def deed(session: Session) -> None:
        from refurb.matching import proposals

        (row,) = proposals.by_ids(session, [proposal_id])
        proposals.accept(session, row, by=by, at=NOON)

    return deed


def states(app: Flask, run_id: int) -> dict[str, int]:
    from refurb.db import get_session
    from refurb.matching import board

    with app.app_context():
        return {state.value: count for state, count in board.counts(get_session(), run_id).items()}


def test_one_proposal_is_accepted_once(house: House) -> None:  # noqa: F811
    app, coordinator, _needs, _devices = house
    run, ids = with_run(app, coordinator)
    answers = race(app, [accepting(ids[0], coordinator)] * WRITERS)
    assert answers.count("won") == 1
    assert set(answers) <= {"won", "device-taken", "need-taken", "already-decided"}
    assert len(open_pairs(app)) == 1
    assert states(app, run) == {"accepted": 1, "pending": WRITERS - 1}


def test_everything_is_accepted_by_two_at_once_and_nothing_twice(house: House) -> None:  # noqa: F811
    app, coordinator, _needs, _devices = house
    run, ids = with_run(app, coordinator)

    def all_of_them(session: Session) -> None:
        from refurb.matching import proposals

        proposals.accept_many(session, proposals.by_ids(session, ids), by=coordinator, at=NOON)

    assert race(app, [all_of_them] * 2) == ["won", "won"]
    pairs = open_pairs(app)
    assert len(pairs) == len({need for need, _ in pairs}) == len({device for _, device in pairs}) == WRITERS
    assert states(app, run) == {"accepted": WRITERS}


def test_one_refuses_what_another_accepts(house: House) -> None:  # noqa: F811
    app, coordinator, _needs, _devices = house
    run, ids = with_run(app, coordinator)

    def refuse(session: Session) -> None:
        from refurb.matching import proposals

        (row,) = proposals.by_ids(session, ids[:1])
        proposals.refuse(session, row, motive="transport", by=coordinator, at=NOON)

    answers = race(app, [accepting(ids[0], coordinator), refuse])
    assert sorted(answers) == ["already-decided", "won"]
    taken = states(app, run)
    assert taken.get("accepted", 0) == len(open_pairs(app)) == (1 if answers[0] == "won" else 0)


def test_two_runs_at_once_leave_one_open(house: House) -> None:  # noqa: F811
    app, coordinator, _needs, _devices = house

    def start(session: Session) -> None:
        from refurb.matching import planner

        planner.make_run(session, dry=False, by=coordinator, at=NOON)

    answers = race(app, [start] * 3)
    assert "won" in answers
    assert set(answers) <= {"won", "run-meanwhile"}
    from refurb.db import get_session
    from refurb.matching.models import Proposal, ProposalState, Run

    with app.app_context():
        session = get_session()
        still = session.scalars(sa.select(Run).where(~Run.dry, Run.closed_at.is_(None))).all()
        assert len(still) == 1
        pending = sa.select(Proposal.run_id).where(Proposal.live, Proposal.state == ProposalState.PENDING)
        assert set(session.scalars(pending)) == {still[0].id}


def test_two_choices_for_one_machine_confirm_one_cost(house: House) -> None:  # noqa: F811
    """Both saw what the rule proposed; whoever comes second is shown the new cost instead."""
    app, coordinator, needs, devices = house
    run, ids = with_run(app, coordinator)
    from refurb.db import get_session
    from refurb.devices.models import Device
    from refurb.matching import proposals
    from refurb.matching.models import Run
    from refurb.needs.models import Need

    with app.app_context():
        session = get_session()
        rows = proposals.by_ids(session, ids)
        device = rows[0].device
        others = [row.need for row in rows if row.device_id != device.id][:2]
        found = proposals.situation(session, session.get_one(Run, run), today=NOON.date())
        seen = {need.id: proposals.fingerprint(proposals.cost(found, need, device)) for need in others}
        device_id, need_ids = device.id, [need.id for need in others]
    assert device_id in devices
    assert set(need_ids) < set(needs)

    def choosing(need_id: int) -> Callable[[Session], None]:
        def deed(session: Session) -> None:
            proposals.choose(
                session,
                session.get_one(Run, run),
                session.get_one(Need, need_id),
                session.get_one(Device, device_id),
                seen=seen[need_id],
                motive="more-urgent",
                by=coordinator,
                at=NOON,
            )

        return deed

    answers = race(app, [choosing(need_id) for need_id in need_ids])
    assert sorted(answers) == ["cost-changed", "won"]
    assert states(app, run)["pending"] == WRITERS
