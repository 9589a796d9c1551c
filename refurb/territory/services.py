"""Load the extract of a département into the tables."""

import hashlib
import json
from datetime import datetime
from importlib import resources
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.core.territory import Kind
from refurb.territory.models import Commune, CommuneAlias, Epci, TerritoryLoad
from refurb.territory.queries import SESSION_KEY


class NoSuchTerritory(LookupError):
    """No extract of that département is shipped; scripts/extract-territory makes one."""

    code = "no-such-territory"


def shipped() -> list[str]:
    """Return the codes of the départements whose extract is shipped."""
    folder = resources.files("refurb.territory") / "data"
    return sorted(file.name.removesuffix(".json") for file in folder.iterdir() if file.name.endswith(".json"))


def load(session: Session, departement: str, *, at: datetime) -> bool:
    """Bring the tables up to the shipped extract; return whether anything had to change. Raises NoSuchTerritory."""
    file = resources.files("refurb.territory") / "data" / f"{departement}.json"
    if not departement.isalnum() or not file.is_file():
        raise NoSuchTerritory(departement)
    raw = file.read_bytes()
    digest = hashlib.sha256(raw).hexdigest()
    known = session.get(TerritoryLoad, departement)
    if known is not None and known.sha256 == digest:
        return False
    session.info.pop(SESSION_KEY, None)
    extract: dict[str, Any] = json.loads(raw)
    codes = sa.select(Commune.code).where(Commune.departement == departement)
    session.execute(sa.delete(CommuneAlias).where(CommuneAlias.commune_code.in_(codes)))
    session.execute(sa.delete(Commune).where(Commune.departement == departement))
    session.execute(sa.delete(Epci).where(Epci.departement == departement))
    session.execute(
        sa.insert(Epci),
        [
            {key: row[key] for key in ("code", "name", "kind", "members")} | {"departement": departement}
            for row in extract["epci"]
        ],
    )
    session.execute(
        sa.insert(Commune),
        [
            {
                "code": code,
                "name": name,
                "departement": departement,
                "arrondissement": arrondissement,
                "epci_code": epci,
                "postcodes": postcodes,
                "population": population,
            }
            for code, name, postcodes, population, arrondissement, epci in extract["communes"]
        ],
    )
    session.execute(
        sa.insert(CommuneAlias),
        [
            {"code": code, "name": name, "kind": Kind(kind), "commune_code": current}
            for code, name, kind, current in extract["former"]
        ],
    )
    row = known or TerritoryLoad(departement=departement)
    row.name, row.vintage = extract["departement"]["name"], extract["source"]["vintage"]
    row.source = "{package} {version}".format(**extract["source"])
    row.sha256, row.loaded_at = digest, at
    session.add(row)
    session.flush()
    return True
