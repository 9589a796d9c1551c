"""Rows to a scenario, a scenario to proposals: one run of the rule, over the rows of a moment."""

import hashlib
import json
import secrets
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from refurb import blobs, tables
from refurb.audit.services import record
from refurb.core import matching as core
from refurb.core import policy as core_policy
from refurb.core.equipment import Mode, Recipient
from refurb.core.need_life import ALIVE, HELD, OPEN, State
from refurb.core.needs import Motive, oldest_fresh
from refurb.core.reasons import explanation, plan
from refurb.matching import scenario
from refurb.matching.models import Origin, Proposal, ProposalState, Run, Unserved
from refurb.matching.services import MatchRefused
from refurb.needs import scoring
from refurb.needs.models import Need
from refurb.organisations.models import Organisation, Trust
from refurb.security import Actor
from refurb.tables import Version
from refurb.web import zone

#: How many rows one statement writes.
BATCH = 500
#: Of the scenarios that are kept, and of nothing else.
MEDIA_TYPE = "application/vnd.refurb.scenario+zlib"


@dataclass(frozen=True)
class Picture:
    """A scenario and whose rows it is made of: the ids of devices and needs by their codes."""

    scenario: dict[str, Any]
    device_ids: Mapping[str, int]
    need_ids: Mapping[str, int]


def policy_in_force(session: Session) -> Version:
    """Return the minimums and maximums in force."""
    return tables.current(session, core_policy.KIND, core_policy.FIRST)


def policy_at(session: Session, number: int) -> Version:
    """Return a version of the policy; raises LookupError."""
    return tables.at_version(session, core_policy.KIND, number, core_policy.FIRST)


def picture(
    session: Session,
    *,
    today: date,
    seed: str,
    policy: Mapping[str, Any],
    device_ids: Collection[int] = (),
    need_ids: Collection[int] = (),
    spoken_for: tuple[Collection[int], Collection[int]] = ((), ()),
) -> Picture:
    """Return the scenario of the rows as they are now.

    `device_ids` and `need_ids` are taken in whatever their state; `spoken_for` names machines and needs to leave out.
    """
    devices = {row["key"]: row for row in scenario.stock(session)}
    if extra := [key for key in device_ids if key not in devices]:
        devices |= {row["key"]: row for row in scenario.stock(session, device_ids=extra)}
    rows, bundles = scenario.open_needs(session, today)
    needs = {row["key"]: row for row in rows}
    if extra := [key for key in need_ids if key not in needs]:
        more, others = scenario.open_needs(session, today, need_ids=extra)
        needs |= {row["key"]: row for row in more}
        bundles |= others
    for keys, left_out in ((devices, spoken_for[0]), (needs, spoken_for[1])):
        for key in left_out:
            keys.pop(key, None)
    asked = [_bare(row) for row in needs.values()]
    named = {need["bundle"] for need in asked}
    return Picture(
        {
            "version": 1,
            "date": today.isoformat(),
            "seed": seed,
            "policy": core_policy.shares_of(policy, asked),
            "devices": [_bare(row) for row in devices.values()],
            "needs": asked,
            "bundles": {name: bundle for name, bundle in bundles.items() if name in named},
        },
        {row["id"]: key for key, row in devices.items()},
        {row["id"]: key for key, row in needs.items()},
    )


def _bare(row: scenario.Row) -> scenario.Row:
    return {name: value for name, value in row.items() if name != "key"}


def at_desk(session: Session, *, lock: bool = False) -> list[Proposal]:
    """Return what was proposed at the desk and no coordinator decided yet; each run lists it anew."""
    query = sa.select(Proposal).where(
        Proposal.origin == Origin.DESK, Proposal.live, Proposal.state == ProposalState.PENDING
    )
    return list(session.scalars(query.with_for_update() if lock else query))


def kept_out(session: Session, today: date, *, spoken_for: Collection[int] = ()) -> list[tuple[int, str]]:
    """Return the living needs that a run does not count with, and why, as (id, code).

    What is set aside already is no need to serve; a draft is the service's own.
    """
    rows = session.execute(
        sa.select(
            Need.id,
            Need.state,
            Need.answers,
            Need.confirmed_on,
            Need.handover_place_id,
            Need.commune_code,
            Organisation.trust,
        )
        .join(Organisation, Organisation.id == Need.organisation_id)
        .where(Need.state.in_(ALIVE - HELD - {State.DRAFT}))
        .order_by(Need.id)
    )
    found = ((row.id, "proposed_at_desk" if row.id in spoken_for else _why(row, today)) for row in rows)
    return [(key, why) for key, why in found if why]


#: Why a need in one of these states is not counted with.
_BY_STATE = {
    State.TO_COMPLETE: "to_complete",
    State.EXPIRED: "to_reconfirm",
    State.SUSPENDED: "suspended",
}


def _why(row: Any, today: date) -> str | None:
    if row.state is State.SUBMITTED:
        equipped = row.answers.get("not_equipped") is False and row.answers.get("motive") != Motive.AFTER_SALES
        return "equipped" if equipped else "not_validated"
    if row.state not in OPEN:
        return _BY_STATE[row.state]
    if row.trust is not Trust.APPROVED:
        return "service_not_approved"
    if row.confirmed_on is None or row.confirmed_on < oldest_fresh(today):
        return "to_reconfirm"
    if row.commune_code is None:
        return "no_commune"
    return "no_place" if row.handover_place_id is None else None


def make_run(session: Session, *, dry: bool, by: Actor, at: datetime, seed: str = "") -> Run:
    """Run the rule over the rows of this moment and keep what it proposes and what it leaves.

    A run that is not dry closes the one before it: what nobody decided there is overtaken. Raises MatchRefused
    "run-meanwhile" when somebody else started one at the same time.
    """
    today = at.astimezone(zone()).date()
    seed = seed.strip() or secrets.token_hex(8)
    policy = policy_in_force(session)
    scores = {recipient: scoring.table(session, recipient) for recipient in Recipient}
    if not dry:
        _close_open(session, at)
    desk = at_desk(session, lock=not dry)
    spoken = {row.need_id for row in desk}
    seen = picture(
        session,
        today=today,
        seed=seed,
        policy=policy.content,
        spoken_for=({row.device_id for row in desk}, spoken),
    )
    found = plan(seen.scenario)
    text = canonical(seen.scenario)
    run = Run(
        dry=dry,
        seed=seed,
        on=today,
        made_at=at,
        made_by_id=by.id,
        policy_version=policy.number,
        household_version=scores[Recipient.HOUSEHOLD].number,
        structure_version=scores[Recipient.STRUCTURE].number,
        scenario_sha256=blobs.put(session, zlib.compress(text), MEDIA_TYPE),
        digest=hashlib.sha256(text).hexdigest(),
        devices=len(seen.scenario["devices"]),
        needs=len(seen.scenario["needs"]),
        objective=found["objective"],
        method=found["method"],
    )
    try:
        with session.begin_nested():
            session.add(run)
            session.flush()
    except IntegrityError as error:
        raise MatchRefused("run-meanwhile") from error
    _keep(session, run, seen, found, by=by, at=at)
    _keep_unserved(session, run, seen, found, kept_out(session, today, spoken_for=spoken))
    if not dry:
        for row in desk:
            row.run_id = run.id
    told = {"dry": dry, "policy": run.policy_version, "points": [run.household_version, run.structure_version]}
    record(
        session,
        "match_run",
        run.id,
        "run.made",
        by=by,
        at=at,
        payload=told | {"digest": run.digest, "seed": seed, "objective": run.objective},
    )
    session.flush()
    return run


def canonical(found: Mapping[str, Any]) -> bytes:
    """Return a scenario as the bytes its digest is made of: lists in the order of ids, keys in theirs."""
    ordered = {
        **found,
        "devices": sorted(found["devices"], key=lambda row: str(row["id"])),
        "needs": sorted(found["needs"], key=lambda row: str(row["id"])),
    }
    return json.dumps(ordered, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def scenario_of(session: Session, run: Run) -> dict[str, Any] | None:
    """Return the scenario that a run solved, None once it was tidied away."""
    if run.scenario_sha256 is None:
        return None
    found: dict[str, Any] = json.loads(zlib.decompress(blobs.get(session, run.scenario_sha256)))
    return found


def _close_open(session: Session, at: datetime) -> None:
    """Close the run that is open, and leave behind what nobody decided in it."""
    still = session.scalars(sa.select(Run).where(~Run.dry, Run.closed_at.is_(None)).with_for_update()).all()
    for run in still:
        run.closed_at = at
    if still:
        session.execute(
            sa.update(Proposal)
            .where(
                Proposal.run_id.in_([run.id for run in still]),
                Proposal.live,
                Proposal.state == ProposalState.PENDING,
                Proposal.origin != Origin.DESK,
            )
            .values(state=ProposalState.OVERTAKEN, decided_at=at)
            .execution_options(synchronize_session=False)
        )
    session.flush()


def _keep(session: Session, run: Run, seen: Picture, found: Mapping[str, Any], *, by: Actor, at: datetime) -> None:
    rows = [
        {
            "run_id": run.id,
            "live": not run.dry,
            "need_id": seen.need_ids[row["need"]],
            "device_id": seen.device_ids[row["device"]],
            "mode": Mode(row["mode"]),
            "explanation": row["explanation"],
            "made_at": at,
            "made_by_id": by.id,
        }
        for row in found["assignments"]
    ]
    try:
        with session.begin_nested():
            for start in range(0, len(rows), BATCH):
                session.execute(sa.insert(Proposal), rows[start : start + BATCH])
    except IntegrityError as error:
        # Somebody proposed one of these machines at the desk after the rows were read.
        raise MatchRefused("run-meanwhile") from error


def _keep_unserved(
    session: Session, run: Run, seen: Picture, found: Mapping[str, Any], out: list[tuple[int, str]]
) -> None:
    rows = [
        {
            "run_id": run.id,
            "need_id": seen.need_ids[row["need"]],
            "kept_out": False,
            "reason": row["reason"],
            "relaxations": row["relaxations"],
        }
        for row in found["unmatched"]
    ]
    rows += [{"run_id": run.id, "need_id": key, "kept_out": True, "reason": why, "relaxations": []} for key, why in out]
    for start in range(0, len(rows), BATCH):
        session.execute(sa.insert(Unserved), rows[start : start + BATCH])


def terms(device: Mapping[str, Any], need: Mapping[str, Any]) -> dict[str, Any]:
    """Return the mode and the terms of a pair chosen by hand; it must suit."""
    how = core.mode(device, need)
    assert how is not None
    return {"mode": Mode(how), "explanation": explanation(device, need)}
