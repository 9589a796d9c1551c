"""Communes, what they were called before, and the EPCI they form. Reference data: reloaded every year, never edited.

Nothing else holds a foreign key to these tables, so that a new vintage replaces the old one whole.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from refurb.core.territory import Kind
from refurb.db import Base, Name, enum_type, pk


class TerritoryLoad(Base):
    """Which extract of a département is in the tables; its hash tells whether a load has anything to do."""

    __tablename__ = "territory_load"
    departement: Mapped[str] = mapped_column(sa.String(3), primary_key=True)
    name: Mapped[Name]
    #: Year of the official geographic code.
    vintage: Mapped[int | None]
    source: Mapped[Name]
    sha256: Mapped[str] = mapped_column(sa.String(64))
    loaded_at: Mapped[datetime]


class Epci(Base):
    """A grouping of communes. `members` lists all its communes, those of other départements included."""

    __tablename__ = "epci"
    code: Mapped[str] = mapped_column(sa.String(9), primary_key=True)
    name: Mapped[Name]
    kind: Mapped[str] = mapped_column(sa.String(10))
    #: The département whose extract brought it, which may not be where it is based.
    departement: Mapped[str] = mapped_column(sa.String(3), primary_key=True)
    members: Mapped[list[str]]


class Commune(Base):
    """A commune of today, by its INSEE code."""

    __tablename__ = "commune"
    code: Mapped[str] = mapped_column(sa.String(5), primary_key=True)
    name: Mapped[Name]
    departement: Mapped[str] = mapped_column(sa.String(3), index=True)
    arrondissement: Mapped[str] = mapped_column(sa.String(4))
    epci_code: Mapped[str | None] = mapped_column(sa.String(9), index=True)
    postcodes: Mapped[list[str]]
    population: Mapped[int]


class CommuneAlias(Base):
    """A former commune: its code and, where it had one of its own, its name; `commune_code` is where it is today."""

    __tablename__ = "commune_alias"
    id: Mapped[pk]
    code: Mapped[str] = mapped_column(sa.String(5), index=True)
    name: Mapped[str | None] = mapped_column(sa.String(300))
    kind: Mapped[Kind] = mapped_column(enum_type(Kind))
    commune_code: Mapped[str] = mapped_column(sa.ForeignKey("commune.code", ondelete="CASCADE"), index=True)
