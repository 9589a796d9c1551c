"""What is set aside for whom, what the rule proposed, and how well we foresaw the wait."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from refurb.core.equipment import Mode
from refurb.db import Base, enum_type, pk
from refurb.devices.models import Device
from refurb.needs.models import Need


class Ending(StrEnum):
    """How a reservation ended."""

    HANDED_OVER = "handed_over"
    RELEASED = "released"
    EXPIRED = "expired"
    DECLINED = "declined"
    DEVICE_LEFT = "device_left"


class Reservation(Base):
    """One machine set aside for one need. Open while `ended_at` is empty: at most one on either side, by index."""

    __tablename__ = "reservation"
    __table_args__ = (
        sa.Index(
            "uq_reservation_open_device",
            "device_id",
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
        sa.Index(
            "uq_reservation_open_need",
            "need_id",
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
        sa.CheckConstraint("(ended_at IS NULL) = (ending IS NULL)", name="ending_with_end"),
    )
    id: Mapped[pk]
    need_id: Mapped[int] = mapped_column(sa.ForeignKey("need.id"), index=True)
    device_id: Mapped[int] = mapped_column(sa.ForeignKey("device.id"), index=True)
    mode: Mapped[Mode] = mapped_column(enum_type(Mode))
    made_at: Mapped[datetime]
    made_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    #: 23:59 of the tenth working day, where the instance is.
    expires_at: Mapped[datetime] = mapped_column(index=True)
    #: What the service answered; None while it has not.
    accepted_at: Mapped[datetime | None]
    picked_at: Mapped[datetime | None]
    #: When the hand-over point said that it came.
    delivered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ending: Mapped[Ending | None] = mapped_column(enum_type(Ending))
    motive: Mapped[str | None]
    #: The run that proposed it; None when a person chose.
    run_id: Mapped[int | None] = mapped_column(sa.ForeignKey("match_run.id"), index=True)
    #: When the service was reminded, and when its other colleagues were told.
    reminded_at: Mapped[datetime | None]
    raised_at: Mapped[datetime | None]
    need: Mapped[Need] = relationship(lazy="raise")
    device: Mapped[Device] = relationship(lazy="raise")


class Run(Base):
    """One calculation of the rule over the rows of a moment. A dry one proposes nothing; of the others one is open."""

    __tablename__ = "match_run"
    __table_args__ = (
        sa.Index(
            "uq_match_run_open",
            "dry",
            unique=True,
            sqlite_where=sa.text("NOT dry AND closed_at IS NULL"),
            postgresql_where=sa.text("NOT dry AND closed_at IS NULL"),
        ),
    )
    id: Mapped[pk]
    dry: Mapped[bool]
    #: What decides ties, published with the minutes.
    seed: Mapped[str] = mapped_column(sa.String(80))
    #: The day where the instance is.
    on: Mapped[date]
    made_at: Mapped[datetime] = mapped_column(index=True)
    made_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    policy_version: Mapped[int]
    household_version: Mapped[int]
    structure_version: Mapped[int]
    #: The scenario as it was solved, compressed: codes and machines, nothing social. None once it was tidied away.
    scenario_sha256: Mapped[str | None] = mapped_column(sa.ForeignKey("blob.sha256"), index=True)
    #: SHA-256 of the scenario itself, for who computes it again.
    digest: Mapped[str] = mapped_column(sa.String(64))
    devices: Mapped[int]
    needs: Mapped[int]
    objective: Mapped[dict[str, Any]]
    method: Mapped[str]
    closed_at: Mapped[datetime | None]


class Origin(StrEnum):
    """Who thought of a proposal."""

    RULE = "rule"
    SWAP = "swap"
    #: What follows from a decision by hand: the rule completed the plan.
    FOLLOWS = "follows"
    DESK = "desk"


class ProposalState(StrEnum):
    """What became of a proposal."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    #: A person chose otherwise: the proposal that stands in its place names it.
    REPLACED = "replaced"
    #: A later run, or the rows themselves, left it behind.
    OVERTAKEN = "overtaken"


class Proposal(Base):
    """One machine for one need, until a coordinator decides. Live ones hold their machine and need, by index."""

    __tablename__ = "match_proposal"
    __table_args__ = (
        sa.Index(
            "uq_match_proposal_device",
            "device_id",
            unique=True,
            sqlite_where=sa.text("live AND state = 'pending'"),
            postgresql_where=sa.text("live AND state = 'pending'"),
        ),
        sa.Index(
            "uq_match_proposal_need",
            "need_id",
            unique=True,
            sqlite_where=sa.text("live AND state = 'pending'"),
            postgresql_where=sa.text("live AND state = 'pending'"),
        ),
        sa.Index("ix_match_proposal_run_state", "run_id", "state"),
        # Whether a run says something of a need, of any need of a service: by the index alone.
        sa.Index("ix_match_proposal_need_run", "need_id", "run_id"),
    )
    id: Mapped[pk]
    #: None for what was proposed at the desk, until the next run takes it into its minutes.
    run_id: Mapped[int | None] = mapped_column(sa.ForeignKey("match_run.id", ondelete="CASCADE"))
    #: Whether it can be accepted: False in a dry run.
    live: Mapped[bool]
    origin: Mapped[Origin] = mapped_column(enum_type(Origin), default=Origin.RULE)
    need_id: Mapped[int] = mapped_column(sa.ForeignKey("need.id"))
    device_id: Mapped[int] = mapped_column(sa.ForeignKey("device.id"), index=True)
    mode: Mapped[Mode] = mapped_column(enum_type(Mode))
    explanation: Mapped[dict[str, Any]]
    state: Mapped[ProposalState] = mapped_column(enum_type(ProposalState), default=ProposalState.PENDING)
    made_at: Mapped[datetime]
    made_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    #: A code of matching.proposals.MOTIVES.
    motive: Mapped[str | None] = mapped_column(sa.String(40))
    #: What a decision by hand cost, as core.change tells it, shown before it was confirmed.
    cost: Mapped[dict[str, Any] | None]
    #: The proposal by hand that stands in the place of this one.
    replaced_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("match_proposal.id", ondelete="SET NULL"))
    reservation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("reservation.id"))
    need: Mapped[Need] = relationship(lazy="raise")
    device: Mapped[Device] = relationship(lazy="raise")


class Unserved(Base):
    """One need that a run left waiting, and why; or that was kept out of it, with a reason of its own."""

    __tablename__ = "match_unserved"
    __table_args__ = (
        sa.Index("ix_match_unserved_run", "run_id", "kept_out"),
        sa.Index("ix_match_unserved_need_run", "need_id", "run_id"),
    )
    id: Mapped[pk]
    run_id: Mapped[int] = mapped_column(sa.ForeignKey("match_run.id", ondelete="CASCADE"))
    need_id: Mapped[int] = mapped_column(sa.ForeignKey("need.id"))
    kept_out: Mapped[bool]
    reason: Mapped[str] = mapped_column(sa.String(40))
    #: `criterion` and `devices`, as the plan has them.
    relaxations: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    need: Mapped[Need] = relationship(lazy="raise")


class Trial(Base):
    """A table tried on past data before it is adopted: who would have been served instead, by codes."""

    __tablename__ = "match_trial"
    id: Mapped[pk]
    kind: Mapped[str] = mapped_column(sa.String(40))
    #: The version its author started from.
    after: Mapped[int]
    content: Mapped[dict[str, Any]]
    motive: Mapped[str] = mapped_column(sa.String(1000))
    #: The run whose data it was tried on; None: the rows of the day.
    run_id: Mapped[int | None] = mapped_column(sa.ForeignKey("match_run.id", ondelete="SET NULL"))
    result: Mapped[dict[str, Any]]
    made_at: Mapped[datetime]
    made_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    adopted_at: Mapped[datetime | None]


class WaitEstimate(Base):
    """What was told of a wait on one day, kept so that it can be compared with what came."""

    __tablename__ = "wait_estimate"
    __table_args__ = (sa.UniqueConstraint("need_id", "made_on"),)
    id: Mapped[pk]
    need_id: Mapped[int] = mapped_column(sa.ForeignKey("need.id"))
    made_on: Mapped[date] = mapped_column(index=True)
    #: Machines that those before it are expected to take.
    ahead: Mapped[float]
    #: Machines a week, of those that suit it.
    weekly: Mapped[float]
    #: How many machines that suit it are free today.
    free: Mapped[int]
    #: Weeks; None where nothing that suits was seen to come, or too little to say.
    median_weeks: Mapped[int | None]
    most_weeks: Mapped[int | None]
    #: Why there is no figure: "nothing-comes", "too-few"; "free" when a machine is there already.
    why: Mapped[str | None] = mapped_column(sa.String(20))
    #: Where nothing comes: what giving one criterion up would have opened, `criterion` and `devices`.
    unlocks: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    need: Mapped[Need] = relationship(lazy="raise")
