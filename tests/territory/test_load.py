"""The shipped extract in the tables, and the search over them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from refurb.core.territory import How
from refurb.territory import queries, services
from refurb.territory.models import Commune, CommuneAlias, Epci, TerritoryLoad
from tests.conftest import NOON

if TYPE_CHECKING:
    from refurb.db import Session


def counts(session: Session) -> list[int]:
    return [
        session.scalar(sa.select(sa.func.count()).select_from(table)) or 0 for table in (Commune, CommuneAlias, Epci)
    ]


def test_loading_twice_changes_nothing(session: Session) -> None:
    assert counts(session) == [0, 0, 0]
    assert services.load(session, "49", at=NOON)
    assert counts(session) == [176, 243, 10]
    assert not services.load(session, "49", at=NOON)
    assert counts(session) == [176, 243, 10]


def test_another_vintage_replaces_the_whole(session: Session) -> None:
    services.load(session, "49", at=NOON)
    session.execute(sa.update(Commune).where(Commune.code == "49007").values(name="Juliomagus"))
    session.execute(sa.update(TerritoryLoad).values(sha256="0" * 64))
    session.info.clear()
    assert queries.commune_name(session, "49007") == "Juliomagus"
    assert services.load(session, "49", at=NOON)
    assert queries.commune_name(session, "49007") == "Angers"
    assert counts(session) == [176, 243, 10]


def test_an_unknown_territory_is_refused(session: Session) -> None:
    for code in ("99", "../49", ""):
        with pytest.raises(services.NoSuchTerritory):
            services.load(session, code, at=NOON)
    assert services.shipped() == ["49"]


def test_the_tables_are_searched(session: Session) -> None:
    assert queries.search(session, "angers") == []
    services.load(session, "49", at=NOON)
    found = queries.search(session, "St Florent le Vieil")
    assert [(row.commune.name, row.how, row.via) for row in found] == [
        ("Mauges-sur-Loire", How.FORMER, "Saint-Florent-le-Vieil")
    ]
    resolved = queries.resolve(session, "49000 angers")
    assert resolved is not None
    assert queries.epci_name(session, resolved.epci) == "Angers Loire Métropole"
    assert queries.commune_name(session, "44060") == "Ingrandes-le-Fresne-sur-Loire"
    assert (queries.commune_name(session, "75056"), queries.commune_name(session, None)) == ("75056", "")
    assert [row.name for row in queries.all_epci(session)][:2] == ["Angers Loire Métropole", "Anjou Bleu Communauté"]
