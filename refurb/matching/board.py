"""The coordination's board: runs, what they propose and leave, with its filters; one query a list."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from refurb.core.needs import Profile
from refurb.devices.models import Device
from refurb.matching.models import Origin, Proposal, ProposalState, Run, Unserved
from refurb.matching.proposals import whole
from refurb.needs.models import Need
from refurb.organisations.models import Organisation
from refurb.web import PER_PAGE, Page, paginate


@dataclass(frozen=True)
class Filters:
    """What the board is narrowed to; empty is everything."""

    epci: str | None = None
    profile: Profile | None = None
    service: int | None = None

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """Return the conditions on the need."""
        found: list[sa.ColumnElement[bool]] = []
        if self.epci:
            found.append(Need.epci_code == self.epci)
        if self.profile is not None:
            found.append(Need.profile == self.profile)
        if self.service is not None:
            found.append(Need.organisation_id == self.service)
        return found


def run_by_id(session: Session, run_id: int) -> Run | None:
    """Return a run."""
    return session.get(Run, run_id)


def open_run(session: Session) -> Run | None:
    """Return the run that is being decided, None where none is."""
    return session.scalar(sa.select(Run).where(~Run.dry, Run.closed_at.is_(None)))


def runs(page: int, session: Session) -> Page[Run]:
    """Return the runs, latest first."""
    return paginate(session, sa.select(Run).order_by(Run.made_at.desc(), Run.id.desc()), page, per_page=20)


def past_runs(session: Session, *, limit: int = 12) -> Sequence[Run]:
    """Return the real runs whose scenario is still kept, latest first: what a change of the rule is tried on."""
    query = sa.select(Run).where(~Run.dry, Run.scenario_sha256.is_not(None)).order_by(Run.made_at.desc())
    return session.scalars(query.limit(limit)).all()


def counts(session: Session, run_id: int) -> dict[ProposalState, int]:
    """Return how many proposals of a run stand in each state."""
    query = sa.select(Proposal.state, sa.func.count()).where(Proposal.run_id == run_id).group_by(Proposal.state)
    return {row[0]: row[1] for row in session.execute(query)}


def left_counts(session: Session, run_id: int) -> dict[bool, int]:
    """Return how many needs a run leaves (False) and how many were kept out of it (True)."""
    query = sa.select(Unserved.kept_out, sa.func.count()).where(Unserved.run_id == run_id).group_by(Unserved.kept_out)
    return {row[0]: row[1] for row in session.execute(query)}


def reasons(session: Session, run_id: int, *, kept_out: bool) -> list[tuple[str, int]]:
    """Return the reasons of a run's unserved needs with how many have each, the commonest first."""
    query = (
        sa.select(Unserved.reason, sa.func.count())
        .where(Unserved.run_id == run_id, Unserved.kept_out.is_(kept_out))
        .group_by(Unserved.reason)
        .order_by(sa.func.count().desc(), Unserved.reason)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def proposals(session: Session, run_id: int, filters: Filters, page: int) -> Page[Proposal]:
    """Return a page of what a run proposes: what waits for a decision first, then by points."""
    total = _count(session, run_id, filters)
    ids = session.scalars(_proposals(run_id, filters).limit(PER_PAGE).offset((page - 1) * PER_PAGE)).all()
    rows = {row.id: row for row in session.scalars(_listed(sa.select(Proposal).where(Proposal.id.in_(ids))))}
    return Page([rows[key] for key in ids], page, total)


def said_of_need(need: Any) -> tuple[Any, ...]:
    """Return what to load of the need of a line: its name, its place in the order, and the name of its service.

    Whole rows of four tables cost more than all else of a page; what is not said here raises where it is read.
    """
    said = (Need.code, Need.profile, Need.bundle, Need.epci_code, Need.points, Need.state, Need.organisation_id)
    loaded = joinedload(need).load_only(*said, raiseload=True)
    return (loaded.joinedload(Need.organisation).load_only(Organisation.name),)


def _listed(query: sa.Select[Any]) -> sa.Select[Any]:
    machine = (Device.code, Device.maker, Device.model, Device.status, Device.holder_id)
    device = joinedload(Proposal.device).load_only(*machine, raiseload=True)
    return query.options(*said_of_need(Proposal.need), device.joinedload(Device.holder).load_only(Organisation.name))


def pending_ids(session: Session, run_id: int, filters: Filters) -> Sequence[int]:
    """Return what is still to decide under these filters, in the order of the board."""
    return session.scalars(_proposals(run_id, filters).where(Proposal.state == ProposalState.PENDING)).all()


def pending_count(session: Session, run_id: int, filters: Filters) -> int:
    """Return how many proposals are still to decide under these filters."""
    return _count(session, run_id, filters, Proposal.state == ProposalState.PENDING)


def _count(session: Session, run_id: int, filters: Filters, *conditions: sa.ColumnElement[bool]) -> int:
    query = sa.select(sa.func.count()).select_from(Proposal).where(Proposal.run_id == run_id, *conditions)
    if wanted := filters.conditions():
        query = query.join(Need, Need.id == Proposal.need_id).where(*wanted)
    return session.scalar(query) or 0


_ORDER = sa.case({ProposalState.PENDING.value: 0, ProposalState.ACCEPTED.value: 1}, value=Proposal.state, else_=2)


def _proposals(run_id: int, filters: Filters) -> sa.Select[Any]:
    return (
        sa.select(Proposal.id)
        .join(Need, Need.id == Proposal.need_id)
        .where(Proposal.run_id == run_id, *filters.conditions())
        .order_by(_ORDER, Need.points.desc(), Need.validated_on, Proposal.id)
    )


def unserved(
    session: Session, run_id: int, filters: Filters, page: int, *, kept_out: bool, reason: str | None = None
) -> Page[Unserved]:
    """Return a page of what a run leaves waiting, or kept out, by points."""
    query = (
        sa.select(Unserved)
        .join(Need, Need.id == Unserved.need_id)
        .where(Unserved.run_id == run_id, Unserved.kept_out.is_(kept_out), *filters.conditions())
        .order_by(Need.points.desc(), Need.validated_on, Unserved.id)
        .options(*said_of_need(Unserved.need))
    )
    if reason:
        query = query.where(Unserved.reason == reason)
    return paginate(session, query, page)


#: The reasons that leave something to choose by hand: a machine suits, and stands free or is proposed to another.
CHOOSABLE = frozenset({"outranked", "rule_first", "cap_reached"})


def with_machine(session: Session, run_id: int, need_ids: Collection[int]) -> set[int]:
    """Return those of the needs that a machine is proposed to or set aside for in this run, whoever chose it."""
    stands = (ProposalState.PENDING, ProposalState.ACCEPTED)
    query = sa.select(Proposal.need_id).where(
        Proposal.run_id == run_id, Proposal.need_id.in_(need_ids), Proposal.state.in_(stands)
    )
    return set(session.scalars(query))


def services_of(session: Session, run_id: int) -> Sequence[Any]:
    """Return the services that the needs of a run belong to, as rows (id, name), for the filter.

    Asked of each service, which the first of its needs most often answers: a run concerns thousands.
    """
    proposed = sa.exists().where(Proposal.run_id == run_id, Proposal.need_id == Need.id)
    left = sa.exists().where(Unserved.run_id == run_id, Unserved.need_id == Need.id)
    concerned = sa.exists().where(Need.organisation_id == Organisation.id, sa.or_(left, proposed))
    return session.execute(
        sa.select(Organisation.id, Organisation.name).where(concerned).order_by(Organisation.name)
    ).all()


def proposal_by_id(session: Session, run_id: int, proposal_id: int) -> Proposal | None:
    """Return one proposal of a run."""
    query = sa.select(Proposal).where(Proposal.id == proposal_id, Proposal.run_id == run_id)
    found: Proposal | None = session.scalar(whole(query))
    return found


#: What was decided otherwise than by the rule: refused, chosen by hand, with what it replaced.
OVERRIDES = sa.or_(
    Proposal.state == ProposalState.REFUSED,
    Proposal.state == ProposalState.REPLACED,
    Proposal.origin.in_([Origin.SWAP, Origin.DESK]),
)


def overrides(session: Session, run_id: int, page: int) -> Page[Proposal]:
    """Return a page of what was decided otherwise than by the rule, with the codes of need and machine."""
    query = (
        sa.select(Proposal)
        .where(Proposal.run_id == run_id, OVERRIDES)
        .order_by(Proposal.decided_at, Proposal.id)
        .options(
            joinedload(Proposal.need).load_only(Need.code, raiseload=True),
            joinedload(Proposal.device).load_only(Device.code, raiseload=True),
        )
    )
    return paginate(session, query, page)


def overrides_count(session: Session, run_id: int) -> int:
    """Return how many proposals of a run were decided otherwise than by the rule."""
    query = sa.select(sa.func.count()).select_from(Proposal).where(Proposal.run_id == run_id, OVERRIDES)
    return session.scalar(query) or 0


def needs_by_code(session: Session, codes: Sequence[str]) -> Sequence[Need]:
    """Return needs by their codes, with their service."""
    return session.scalars(
        sa.select(Need).where(Need.code.in_(codes)).options(joinedload(Need.organisation)).order_by(Need.code)
    ).all()
