"""Find a commune, name a territory."""

from collections.abc import Sequence
from functools import lru_cache

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.core import territory as core
from refurb.core.territory import Found, Gazetteer
from refurb.territory.models import Commune, CommuneAlias, Epci, TerritoryLoad

#: Where a session keeps the gazetteer it looked up; `services.load` takes it away.
SESSION_KEY = "territory.gazetteer"


def gazetteer(session: Session) -> Gazetteer:
    """Return the loaded communes ready to be searched.

    Kept between requests until another extract is loaded, which one session looks up once.
    """
    if isinstance(known := session.info.get(SESSION_KEY), Gazetteer):
        return known
    loads = session.execute(sa.select(TerritoryLoad.departement, TerritoryLoad.sha256).order_by(TerritoryLoad.sha256))
    stamp = tuple((row.departement, row.sha256) for row in loads)
    built = _cache(stamp)
    if not built:
        built.append(_build(session))
    session.info[SESSION_KEY] = built[0]
    return built[0]


@lru_cache(maxsize=4)
def _cache(stamp: tuple[tuple[str, str], ...]) -> list[Gazetteer]:
    """Return the place where the gazetteer of these extracts is kept, empty at first."""
    return []


def _build(session: Session) -> Gazetteer:
    return Gazetteer(
        {
            row.code: core.Commune(
                row.code,
                row.name,
                tuple(row.postcodes),
                row.population,
                row.arrondissement,
                row.epci_code,
                row.departement,
            )
            for row in session.scalars(sa.select(Commune))
        },
        [
            core.Former(row.code, row.name, row.kind, row.commune_code)
            for row in session.scalars(sa.select(CommuneAlias))
        ],
        {
            row.code: core.Epci(row.code, row.name, row.kind, tuple(row.members))
            for row in session.scalars(sa.select(Epci))
        },
        {},
    )


def search(session: Session, text: str, *, limit: int = 12) -> list[Found]:
    """Return the communes that `text` may mean, best first: any spelling, a postcode, a former name."""
    return gazetteer(session).find(text, limit)


def resolve(session: Session, text: str) -> core.Commune | None:
    """Return the one commune that `text` means beyond doubt, None otherwise."""
    return gazetteer(session).resolve(text)


def commune(session: Session, code: str | None) -> core.Commune | None:
    """Return the commune that an INSEE code of any vintage stands for today."""
    return gazetteer(session).today(code) if code else None


def commune_name(session: Session, code: str | None) -> str:
    """Return the name of a commune, its code where it is unknown, an empty text for none."""
    found = commune(session, code)
    return found.name if found else code or ""


def epci_name(session: Session, code: str | None) -> str:
    """Return the name of an EPCI, its code where it is unknown, an empty text for none."""
    found = gazetteer(session).epci.get(code) if code else None
    return found.name if found else code or ""


def all_epci(session: Session) -> Sequence[core.Epci]:
    """Return the EPCI that have a member in the département, by name."""
    return sorted(gazetteer(session).epci.values(), key=lambda row: core.fold(row.name))
