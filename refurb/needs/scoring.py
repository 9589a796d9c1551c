"""The points of needs: given when one is sent, changed or validated, and brought up to date each night."""

from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb import tables
from refurb.core import needs as core
from refurb.core import points
from refurb.core.equipment import Recipient
from refurb.core.need_life import ALIVE, State
from refurb.needs.models import Need
from refurb.tables import Version
from refurb.territory import queries as territory

#: How many needs one statement of the nightly round reads.
BATCH = 500


def table(session: Session, recipient: Recipient) -> Version:
    """Return the table of points in force."""
    return tables.current(session, points.KINDS[recipient], points.FIRST[recipient])


def asked(session: Session, recipient: Recipient) -> frozenset[str]:
    """Return the answers that the form asks for: what a constraint or the table in force reads, and nothing else."""
    return core.CONSTRAINTS | points.reads(table(session, recipient).content)


def facts(session: Session, need: Need) -> points.Facts:
    """Return what the points read of a need."""
    commune = territory.commune(session, need.commune_code)
    return points.facts(
        core.load(need.answers),
        rank=need.rank_in_household,
        validated_on=need.validated_on,
        population=commune.population if commune else None,
        warranty=need.warranty_return,
        within_least=need.bundle is not None,
    )


def rescore(session: Session, need: Need, on: date, version: Version | None = None) -> bool:
    """Give a need its points of that day, with their terms and the table's version; return whether they changed."""
    version = version or table(session, need.recipient)
    given = points.score(facts(session, need), version.content, on)
    values = (given.points, points.dump(given.terms), version.number)
    if (need.points, need.points_terms, need.points_version) == values:
        return False
    need.points, need.points_terms, need.points_version = values
    return True


def rescore_all(session: Session, on: date) -> int:
    """Bring the points of every living need up to date: waiting grows, dates pass, tables change. Return how many.

    The rows are written as columns, so that nobody who has a need open is told that somebody else changed it.
    """
    in_force = {recipient: table(session, recipient) for recipient in Recipient}
    alive = ALIVE - {State.DRAFT}
    last, changed = 0, 0
    while True:
        batch = session.scalars(
            sa.select(Need)
            .where(Need.state.in_(alive), Need.id > last)
            .order_by(Need.id)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        ).all()
        if not batch:
            return changed
        rows: list[dict[str, Any]] = []
        for need in batch:
            version = in_force[need.recipient]
            given = points.score(facts(session, need), version.content, on)
            terms = points.dump(given.terms)
            if (need.points, need.points_terms, need.points_version) != (given.points, terms, version.number):
                rows.append({"key": need.id, "new": given.points, "new_terms": terms, "new_version": version.number})
        if rows:
            needs = Need.__table__
            assert isinstance(needs, sa.Table)
            session.connection().execute(
                sa.update(needs)
                .where(needs.c.id == sa.bindparam("key"))
                .values(
                    points=sa.bindparam("new"),
                    points_terms=sa.bindparam("new_terms"),
                    points_version=sa.bindparam("new_version"),
                ),
                rows,
            )
            for need in batch:
                session.expire(need, ["points", "points_terms", "points_version"])
        last = batch[-1].id
        changed += len(rows)
