"""Organisations, the roles they play, and their places."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from refurb.core.permissions import OrganisationRole
from refurb.db import Base, Code, Name, enum_type, pk


class LegalType(StrEnum):
    """What an organisation is in law; it decides what it may receive, resell and certify (domain.md A)."""

    COMPANY = "company"
    STATE = "state"
    LOCAL_AUTHORITY = "local_authority"
    PUBLIC_ESTABLISHMENT = "public_establishment"
    ASSOCIATION = "association"
    ASSOCIATION_GENERAL_INTEREST = "association_general_interest"
    ASSOCIATION_PUBLIC_UTILITY = "association_public_utility"
    SOCIAL_ENTERPRISE = "social_enterprise"
    FOUNDATION = "foundation"
    PRIVATE_PERSON = "private_person"

    @property
    def is_public(self) -> bool:
        """Whether what this body gives is of public origin."""
        return self in (LegalType.STATE, LegalType.LOCAL_AUTHORITY, LegalType.PUBLIC_ESTABLISHMENT)


class Trust(StrEnum):
    """How far an organisation has come towards acting in the chain."""

    INVITED = "invited"
    UNDER_REVIEW = "under_review"
    APPROVED = "approved"
    SUSPENDED = "suspended"


class Suspension(StrEnum):
    """Why an organisation is suspended."""

    COORDINATION = "coordination"
    LAPSED = "lapsed"


class Organisation(Base):
    """A body that takes part. `perimeter` lists EPCI codes; None means everywhere."""

    __tablename__ = "organisation"
    __table_args__ = (
        sa.CheckConstraint("capacity_per_month IS NULL OR capacity_per_month >= 0", name="capacity_positive"),
        sa.CheckConstraint("max_open_needs IS NULL OR max_open_needs >= 0", name="max_open_needs_positive"),
    )
    id: Mapped[pk]
    name: Mapped[Name] = mapped_column(index=True)
    short_name: Mapped[str | None] = mapped_column(sa.String(60))
    legal_type: Mapped[LegalType] = mapped_column(enum_type(LegalType))
    trust: Mapped[Trust] = mapped_column(enum_type(Trust), default=Trust.APPROVED)
    siret: Mapped[str | None] = mapped_column(sa.String(14), index=True)
    rna: Mapped[str | None] = mapped_column(sa.String(10))
    email: Mapped[str | None] = mapped_column(sa.String(254))
    phone: Mapped[str | None] = mapped_column(sa.String(30))
    address: Mapped[str | None]
    postcode: Mapped[str | None] = mapped_column(sa.String(10))
    #: INSEE code; reference data is reloaded every year, so no foreign key holds it.
    commune_code: Mapped[str | None] = mapped_column(sa.String(5), index=True)
    epci_code: Mapped[str | None] = mapped_column(sa.String(9), index=True)
    perimeter: Mapped[list[str] | None]
    #: Machines a workshop takes in a month.
    capacity_per_month: Mapped[int | None]
    skills: Mapped[list[str]] = mapped_column(default=list)
    certifications: Mapped[list[str]] = mapped_column(default=list)
    can_issue_tax_receipt: Mapped[bool] = mapped_column(default=False)
    certified_until: Mapped[date | None]
    #: Set while `trust` is suspended.
    suspension: Mapped[Suspension | None] = mapped_column(enum_type(Suspension))
    #: When it last said that it still takes part; None counts from its creation.
    confirmed_on: Mapped[date | None]
    #: When its people were last written to about that.
    reminded_on: Mapped[date | None]
    #: Open needs it may have at most; None follows organisations.limits.
    max_open_needs: Mapped[int | None]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    role_rows: Mapped[list["OrganisationRoleRow"]] = relationship(
        back_populates="organisation", lazy="raise", cascade="all, delete-orphan"
    )
    places: Mapped[list["Place"]] = relationship(back_populates="organisation", lazy="raise")

    __mapper_args__ = {"version_id_col": version}

    @property
    def roles(self) -> frozenset[OrganisationRole]:
        """What the organisation does; the query must have loaded `role_rows`."""
        return frozenset(row.role for row in self.role_rows)


class OrganisationRoleRow(Base):
    """One role that an organisation plays."""

    __tablename__ = "organisation_role"
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"), primary_key=True)
    role: Mapped[OrganisationRole] = mapped_column(enum_type(OrganisationRole), primary_key=True, index=True)
    organisation: Mapped[Organisation] = relationship(back_populates="role_rows", lazy="raise")


class RequestState(StrEnum):
    """Where a request to join stands."""

    WAITING = "waiting"
    APPROVED = "approved"
    DECLINED = "declined"


class JoinRequest(Base):
    """A service that asks to join, from the public page, with the first need it drafted meanwhile.

    It is no organisation yet. The person's name and address go with the row, some time after the answer.
    """

    __tablename__ = "join_request"
    id: Mapped[pk]
    #: Of the link that lets its author go on with the first need; stored hashed.
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    state: Mapped[RequestState] = mapped_column(enum_type(RequestState), default=RequestState.WAITING, index=True)
    name: Mapped[Name]
    role: Mapped[OrganisationRole] = mapped_column(enum_type(OrganisationRole))
    legal_type: Mapped[LegalType] = mapped_column(enum_type(LegalType))
    siret: Mapped[str] = mapped_column(sa.String(14), index=True)
    commune_code: Mapped[str] = mapped_column(sa.String(5))
    epci_code: Mapped[str | None] = mapped_column(sa.String(9))
    phone: Mapped[str | None] = mapped_column(sa.String(30))
    person_name: Mapped[Name]
    person_email: Mapped[str] = mapped_column(sa.String(254), index=True)
    #: core.needs.Answers as JSON, once the first need is drafted.
    answers: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    #: Why it was declined, in the coordination's words, as the person reads them.
    motive: Mapped[str | None] = mapped_column(sa.String(500))
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class PlaceKind(StrEnum):
    """What a place is for."""

    SITE = "site"
    SHELF = "shelf"
    HANDOVER = "handover"


class Place(Base):
    """Where machines stand or are handed over: a site, a shelf in it, a hand-over point. Carries an `L` code."""

    __tablename__ = "place"
    __table_args__ = (sa.UniqueConstraint("organisation_id", "name"),)
    id: Mapped[pk]
    code: Mapped[Code] = mapped_column(unique=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    kind: Mapped[PlaceKind] = mapped_column(enum_type(PlaceKind))
    name: Mapped[Name]
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("place.id"))
    address: Mapped[str | None]
    postcode: Mapped[str | None] = mapped_column(sa.String(10))
    commune_code: Mapped[str | None] = mapped_column(sa.String(5), index=True)
    epci_code: Mapped[str | None] = mapped_column(sa.String(9), index=True)
    #: Hours and access in plain words, as the household reads them.
    hours: Mapped[str | None]
    phone: Mapped[str | None] = mapped_column(sa.String(30))
    is_open: Mapped[bool] = mapped_column(default=True)
    organisation: Mapped[Organisation] = relationship(back_populates="places", lazy="raise")


class CodeCounter(Base):
    """The last number minted of one kind of code; the row is locked while a number is taken."""

    __tablename__ = "code_counter"
    kind: Mapped[str] = mapped_column(sa.String(1), primary_key=True)
    last: Mapped[int] = mapped_column(default=0)
