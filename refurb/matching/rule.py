"""The rule in force and its changes: a table is tried on past data before it is adopted."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb import tables
from refurb.audit.services import record
from refurb.core import points
from refurb.core import policy as core_policy
from refurb.core.assignment import objective, solve
from refurb.core.equipment import Recipient
from refurb.matching import planner
from refurb.matching.models import Run, Trial
from refurb.needs import scoring
from refurb.needs.models import Need
from refurb.security import Actor
from refurb.tables import Version
from refurb.web import zone

POLICY = core_policy.KIND
#: Which recipient a table of points is for.
RECIPIENTS = {kind: recipient for recipient, kind in points.KINDS.items()}
KINDS = (POLICY, *RECIPIENTS)
#: Codes listed of those who gain or lose; the counts are whole.
LISTED = 200
BATCH = 500


class RuleRefused(Exception):
    """A change that cannot be tried or adopted: "unchanged", "already-adopted", "not-the-latest", or the code of the
    fault, with the `path` of the number meant."""

    def __init__(self, code: str, path: str = "") -> None:
        super().__init__(f"{path}: {code}" if path else code)
        self.code, self.path = code, path


def in_force(session: Session, kind: str) -> Version:
    """Return the version of a table that is in force."""
    return tables.current(session, kind, first(kind))


def first(kind: str) -> dict[str, Any]:
    """Return version 1 of a table."""
    return core_policy.FIRST if kind == POLICY else points.FIRST[RECIPIENTS[kind]]


def check(kind: str, content: Mapping[str, Any]) -> None:
    """Refuse a content that the rule could not read; raises RuleRefused."""
    try:
        if kind == POLICY:
            core_policy.check(content)
        else:
            points.check(content, RECIPIENTS[kind])
    except (core_policy.PolicyFault, points.TableFault) as fault:
        raise RuleRefused(fault.code, fault.path) from fault


def try_out(
    session: Session, kind: str, content: dict[str, Any], *, motive: str, run: Run | None, by: Actor, at: datetime
) -> Trial:
    """Compute who would have been served instead, and keep it; without a run, on the rows of the day."""
    check(kind, content)
    now = in_force(session, kind)
    if now.content == content:
        raise RuleRefused("unchanged")
    today = at.astimezone(zone()).date()
    found = planner.scenario_of(session, run) if run is not None else None
    if found is None or run is None:
        run = None
        policy = planner.policy_in_force(session).content
        found = planner.picture(session, today=today, seed="trial", policy=policy).scenario
    on = run.on if run is not None else today
    trial = Trial(
        kind=kind,
        after=now.number,
        content=content,
        motive=motive,
        run_id=run.id if run is not None else None,
        result={"on": on.isoformat(), **_compare(session, found, kind, now.content, content, on)},
        made_at=at,
        made_by_id=by.id,
    )
    session.add(trial)
    session.flush()
    told = {"table": kind, "after": now.number}
    record(session, "match_trial", trial.id, "trial.made", by=by, at=at, payload=told)
    return trial


def adopt(session: Session, trial: Trial, *, by: Actor, at: datetime) -> Version:
    """Put what was tried in force; raises RuleRefused. Points are given anew at once, under the new table."""
    session.refresh(trial, with_for_update=True)
    if trial.adopted_at is not None:
        raise RuleRefused("already-adopted")
    try:
        version = tables.adopt(session, trial.kind, trial.content, after=trial.after, motive=trial.motive, by=by, at=at)
    except tables.TableRefused as refusal:
        raise RuleRefused(refusal.code) from refusal
    trial.adopted_at = at
    if trial.kind != POLICY:
        scoring.rescore_all(session, at.astimezone(zone()).date())
    return version


def _compare(
    session: Session,
    found: Mapping[str, Any],
    kind: str,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    on: date,
) -> dict[str, Any]:
    before, after = dict(found), dict(found)
    if kind == POLICY:
        before["policy"] = core_policy.shares_of(old, found["needs"])
        after["policy"] = core_policy.shares_of(new, found["needs"])
    else:
        facts = _facts(session, found, RECIPIENTS[kind])
        before["needs"], after["needs"] = (
            [
                {**need, "points": points.score(facts[need["id"]], table, on).points} if need["id"] in facts else need
                for need in found["needs"]
            ]
            for table in (old, new)
        )
    plans = [dict(solve(each).pairs) for each in (before, after)]
    needs = {need["id"]: need for need in found["needs"]}
    gained, lost = sorted(plans[1].keys() - plans[0].keys()), sorted(plans[0].keys() - plans[1].keys())
    places = [Counter((needs[n]["recipient"], needs[n]["epci"]) for n in each) for each in plans]
    return {
        "needs": len(needs),
        "devices": len(found["devices"]),
        "before": objective(before, plans[0].items()),
        "after": objective(after, plans[1].items()),
        "gained": gained[:LISTED],
        "lost": lost[:LISTED],
        "gained_count": len(gained),
        "lost_count": len(lost),
        "places": [[*place, places[0][place], places[1][place]] for place in sorted(places[0] | places[1], key=str)],
    }


def _facts(session: Session, found: Mapping[str, Any], recipient: Recipient) -> dict[str, points.Facts]:
    """Return what the points read of the needs of a scenario; what was anonymised since keeps the points it had."""
    codes = [need["id"] for need in found["needs"] if need["recipient"] == recipient]
    facts: dict[str, points.Facts] = {}
    for start in range(0, len(codes), BATCH):
        rows = session.scalars(sa.select(Need).where(Need.code.in_(codes[start : start + BATCH]))).all()
        facts |= {row.code: scoring.facts(session, row) for row in rows if row.answers}
        for row in rows:
            session.expunge(row)
    return facts


def trial_by_id(session: Session, key: int) -> Trial | None:
    """Return a trial."""
    return session.get(Trial, key)
