"""What the reports read: needs of a period and what became of them, decisions on proposals. Nothing is written."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.core.fairness import (
    Case,
    Decisions,
    Line,
    decisions,
    lines,
    masked,
    masked_decisions,
    told_whole,
)
from refurb.core.need_life import HELD, OPEN, State
from refurb.core.needs import Profile
from refurb.core.permissions import Permission
from refurb.matching.models import Ending, Origin, Proposal, ProposalState, Reservation
from refurb.needs.models import Need
from refurb.organisations.models import Organisation
from refurb.security import Actor
from refurb.territory import queries as territory
from refurb.web import zone

#: What was never a need of its own.
_NOT_COUNTED = (State.DRAFT, State.DUPLICATE)


#: By state, whether a need was served and whether it waits.
_STANDS = {
    state.value: (
        state in (State.HANDED_OVER, State.CLOSED) or state in HELD,
        state in OPEN or state in (State.SUSPENDED, State.EXPIRED, State.TO_COMPLETE),
    )
    for state in State
}


@dataclass(frozen=True)
class Fairness:
    """The report: a table by territory, service and profile, and the decisions that were not the rule's."""

    epci: list[Line]
    services: list[Line]
    profiles: list[Line]
    #: By motive, the codes of matching.proposals.MOTIVES; "desk" for what a workshop proposed.
    decisions: Decisions


def fairness(
    session: Session, since: date, until: date, *, recipient: str | None = None, leaves: bool = False
) -> Fairness:
    """Return the report over the needs validated between two days, both included; small counts masked if it leaves."""
    cases = _cases(session, since, until, recipient)
    known = [epci.code for epci in territory.all_epci(session)]
    services = lines(cases, 1)
    order = {profile.value: place for place, profile in enumerate(Profile)}
    epci = lines(cases, 0, keys=known)
    profiles = sorted(lines(cases, 2), key=lambda line: order.get(str(line.key), 99))
    decided, by_motive = _decisions(session, since, until)
    if leaves:
        # The three tables count the same needs: what one tells whole is the sum of the others.
        told = told_whole([epci, services, profiles])
        epci, services, profiles = (masked(table, told=told) for table in (epci, services, profiles))
    return Fairness(
        epci=epci,
        # Those that are masked come last, by no count: their order must not tell who asked more.
        services=sorted(services, key=lambda line: (line.needs is None, -(line.needs or 0), str(line.key))),
        profiles=profiles,
        decisions=masked_decisions(decided, by_motive) if leaves else decisions(decided, by_motive),
    )


def sees_small_counts(who: Actor) -> bool:
    """Whether small counts are shown as they are: on the coordination's own lists only."""
    return who.can(Permission.NEED_ARBITRATE)


def _cases(session: Session, since: date, until: date, recipient: str | None) -> list[Case]:
    # Joined as they are: a need has one such reservation, seldom two, and grouping all there are costs more.
    set_aside = sa.and_(
        Reservation.need_id == Need.id,
        sa.or_(Reservation.ended_at.is_(None), Reservation.ending == Ending.HANDED_OVER),
    )
    query = (
        sa.select(
            Need.id,
            Need.epci_code,
            Need.organisation_id,
            # As the database has them: making enumerations and moments of ten thousand rows takes longer than reading.
            sa.type_coerce(Need.profile, sa.String()),
            sa.type_coerce(Need.state, sa.String()),
            sa.type_coerce(Need.validated_on, sa.Date()),
            sa.type_coerce(Reservation.made_at, sa.DateTime()),
        )
        .outerjoin(Reservation, set_aside)
        .where(Need.validated_on.between(since, until), Need.state.not_in(_NOT_COUNTED))
    )
    if recipient:
        query = query.where(Need.recipient == recipient)
    # Ten thousand rows a year: what a row asks again and again is asked once.
    here, services = zone(), dict[int, str]()
    found: dict[int, Case] = {}
    for key, epci, service, profile, state, validated_on, at in session.connection().execute(query).all():
        served, waiting = _STANDS[state]
        # Closed without a machine was withdrawn in all but name.
        served, waited = served and at is not None, None
        if served:
            # SQLite keeps moments without their zone, which is UTC.
            at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
            waited = max(0, (at.astimezone(here).date() - validated_on).days)
        name = services.get(service) or services.setdefault(service, str(service))
        known = found.get(key)
        if known is None or (known.waited or 0) < (waited or 0):
            # Of two machines the later one ended the wait.
            found[key] = Case((epci, name, profile), served, waiting, waited)
    return list(found.values())


def _decisions(session: Session, since: date, until: date) -> tuple[int, dict[str, int]]:
    """Return how many proposals were decided by a person in a period, and those that were not the rule's, by motive."""
    begin = datetime.combine(since, time(), zone())
    end = datetime.combine(until + timedelta(days=1), time(), zone())
    rows = session.execute(
        sa.select(Proposal.state, Proposal.origin, Proposal.motive, sa.func.count())
        .where(
            Proposal.live,
            Proposal.decided_at >= begin,
            Proposal.decided_at < end,
            Proposal.state.in_([ProposalState.ACCEPTED, ProposalState.REFUSED]),
        )
        .group_by(Proposal.state, Proposal.origin, Proposal.motive)
    )
    decided, overrides = 0, Counter[str]()
    for state, origin, motive, count in rows:
        decided += count
        if state is ProposalState.REFUSED or origin is Origin.SWAP:
            overrides[motive or "board-decision"] += count
        elif origin is Origin.DESK:
            overrides["desk"] += count
    return decided, dict(overrides)


def service_names(session: Session, rows: list[Line]) -> dict[str, str]:
    """Return the names of the services of some lines."""
    ids = [int(row.key) for row in rows if row.key]
    query = sa.select(Organisation.id, Organisation.name).where(Organisation.id.in_(ids))
    return {str(row.id): row.name for row in session.execute(query)}


def populations(session: Session) -> dict[str, int]:
    """Return the inhabitants of each EPCI, as far as its communes are loaded."""
    found: Counter[str] = Counter()
    for commune in territory.gazetteer(session).communes.values():
        if commune.epci:
            found[commune.epci] += commune.population
    return dict(found)
