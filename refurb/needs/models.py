"""Needs: what a service asks for, for a household or a structure. No name, street, health or origin, anywhere."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from refurb.core.equipment import Recipient
from refurb.core.need_life import State
from refurb.core.needs import FollowUp, Profile
from refurb.db import Base, Code, enum_type, pk
from refurb.organisations.models import Organisation, Place


class Need(Base):
    """One machine asked for, under an `N` code drawn at random. Belongs to the service, not to the person typing."""

    __tablename__ = "need"
    __table_args__ = (
        sa.Index("ix_need_state_epci", "state", "epci_code"),
        # What the front page counts, and the order of the coordination's list.
        sa.Index("ix_need_state_since", "state", "state_since"),
        sa.Index("ix_need_points", "points"),
        # The order in which the open ones are served: the states as `queries.is_open` writes them.
        sa.Index(
            "ix_need_served",
            "points",
            sqlite_where=sa.text("state IN ('validated', 'waiting')"),
            postgresql_where=sa.text("state IN ('validated', 'waiting')"),
        ),
        sa.UniqueConstraint("organisation_id", "client_uuid"),
        sa.CheckConstraint("points >= 1", name="points_positive"),
    )
    id: Mapped[pk]
    code: Mapped[Code] = mapped_column(unique=True)
    recipient: Mapped[Recipient] = mapped_column(enum_type(Recipient))
    #: The prescribing service, or the structure that asks for itself.
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    created_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    #: Who of the service follows it; None is the service as a whole. Passes on when they leave.
    referent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    state: Mapped[State] = mapped_column(enum_type(State), default=State.DRAFT)
    state_since: Mapped[datetime]
    commune_code: Mapped[str | None] = mapped_column(sa.String(5), index=True)
    epci_code: Mapped[str | None] = mapped_column(sa.String(9), index=True)
    #: The answers of the form as core.needs.Answers names them, JSON values only: lists of codes and small numbers.
    answers: Mapped[dict[str, Any]]
    #: Derived from the answers when they change (core.needs): what the matching and the workshops read.
    profile: Mapped[Profile | None] = mapped_column(enum_type(Profile))
    forms: Mapped[list[str]] = mapped_column(default=list)
    minima: Mapped[dict[str, Any]] = mapped_column(default=dict)
    modes: Mapped[list[str]] = mapped_column(default=list)
    os: Mapped[str] = mapped_column(sa.String(10), default="any")
    handover_place_id: Mapped[int | None] = mapped_column(sa.ForeignKey("place.id"))
    #: The priority, its terms (core.points.Term as JSON) and the version of the table that gave them.
    points: Mapped[int] = mapped_column(default=1)
    points_terms: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    points_version: Mapped[int] = mapped_column(default=1)
    #: A machine that failed under its warranty came back: the need is owed another, until it is handed over.
    warranty_return: Mapped[bool] = mapped_column(default=False)
    #: Needs of a structure that name the same bundle are served all or none; `same` is "model", "charger" or None.
    bundle: Mapped[str | None] = mapped_column(sa.String(32), index=True)
    bundle_same: Mapped[str | None] = mapped_column(sa.String(10))
    #: Needs of one household share this number.
    household_key: Mapped[str | None] = mapped_column(sa.String(32), index=True)
    #: The order within linked needs: 1 first.
    rank_in_household: Mapped[int] = mapped_column(default=1)
    #: What the browser that typed it numbered it with: sent twice, it is the same need.
    client_uuid: Mapped[str | None] = mapped_column(sa.String(36))
    #: Four letters printed on the slip: with the code they open the page that says where the need stands.
    letters: Mapped[str] = mapped_column(sa.String(4), default="")
    #: Keyed hash that two needs of one person share, where the setting is on; never exported, gone with the case.
    twin_hash: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    #: What the coordination asks the service to take for want of better, until it answers.
    substitutes_asked: Mapped[list[str]] = mapped_column(default=list)
    handed_over_on: Mapped[date | None] = mapped_column(index=True)
    #: When the service was asked, three months after, and what it said of the machine.
    follow_up_asked_at: Mapped[datetime | None]
    follow_up_at: Mapped[datetime | None]
    follow_up: Mapped[FollowUp | None] = mapped_column(enum_type(FollowUp))
    submitted_at: Mapped[datetime | None]
    validated_on: Mapped[date | None] = mapped_column(index=True)
    confirmed_on: Mapped[date | None]
    closed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    organisation: Mapped[Organisation] = relationship(lazy="raise")
    handover_place: Mapped[Place | None] = relationship(lazy="raise")

    __mapper_args__ = {"version_id_col": version}


class WeeklyDigest(Base):
    """Whether a person wants the weekly mail of what waits for them, and the last week that had one."""

    __tablename__ = "weekly_digest"
    id: Mapped[pk]
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"), unique=True)
    #: ISO year and week, as 2026-W47; one mail a week whatever the worker does.
    sent_week: Mapped[str | None] = mapped_column(sa.String(8))
    off_at: Mapped[datetime | None]
