"""Random acts, days and returns over the life of a need: whatever is done, its rank, points and guards hold.

The model keeps what a database would: the need's life, whether a machine is set aside, whether its form is complete.
Each rule does what a service does, with the core's answers only.
"""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from refurb.core import needs, points
from refurb.core.need_life import (
    ALIVE,
    HELD,
    MOTIVES,
    MOVES,
    NEEDS_MOTIVE,
    OPEN,
    RANK_KEPT_DAYS,
    STANDSTILL,
    Act,
    Facts,
    Life,
    NeedRefused,
    State,
    acts,
    live,
)
from refurb.core.needs import Answers, Usage

START = date(2026, 1, 5)
SERVED = {State.HANDED_OVER, State.CLOSED}
#: What only a reservation does to a need.
RESERVING = {Act.PROPOSE, Act.ACCEPT, Act.DECLINE, Act.RELEASE, Act.LAPSE, Act.HAND_OVER}
ANSWERS = Answers(
    commune="49007",
    usages=(Usage.SECONDARY_SCHOOL,),
    persons=4,
    pupils=2,
    equipment=needs.Equipment.NONE,
    eligibility=needs.Eligibility.MINIMUM_BENEFITS,
)


class NeedMachine(RuleBasedStateMachine):
    """One need, from its draft to wherever chance leads it."""

    @initialize(rank=st.integers(1, 3))
    def drafted(self, rank: int) -> None:
        self.today = START
        self.life = Life(since=START, rank=rank)
        self.reserved = self.missing = self.doubtful = False
        self.approved = True
        self.seen: list[tuple[Act, State, State]] = []

    # -- The world around it ------------------------------------------------------------------------------------------
    @rule(days=st.one_of(st.integers(1, 14), st.integers(80, 200)))
    def days_pass(self, days: int) -> None:
        before = self.points()
        self.today += timedelta(days)
        assert self.points() >= before  # waiting never costs anything

    @rule(missing=st.booleans(), doubtful=st.booleans())
    @precondition(lambda self: self.life.state in (State.DRAFT, State.TO_COMPLETE))
    def typed(self, missing: bool, doubtful: bool) -> None:
        self.missing, self.doubtful = missing, doubtful

    @rule(approved=st.booleans())
    def service(self, approved: bool) -> None:
        self.approved = approved

    # -- What is done to it -------------------------------------------------------------------------------------------
    @rule(data=st.data())
    def possible_act(self, data: st.DataObject) -> None:
        """Something that the table knows from here, by whoever may."""
        known = acts(self.life.state)
        if known:
            self.do(data.draw(st.sampled_from(known)), data)

    @rule(act=st.sampled_from(Act), data=st.data())
    def any_act(self, act: Act, data: st.DataObject) -> None:
        """Anything at all: a page left open, a second press, an address typed by hand."""
        self.do(act, data)

    def do(self, act: Act, data: st.DataObject) -> None:
        motive = data.draw(st.sampled_from((None, *MOTIVES.get(act, ()))), label=f"{act} because")
        if act in (Act.SUBMIT, Act.AMEND):
            # The form is looked at before, and what is sent counts as confirmed that day.
            confirmed = self.life.confirmed_on if self.missing else self.today
            before = Life(**{**vars(self.life), "confirmed_on": confirmed})
        else:
            before = self.life
        facts = self.facts(before, motive)
        try:
            after = live(before, act, facts, self.today, motive)
        except NeedRefused:
            self.refusal_is_right(act, facts)
            return
        self.act_is_right(act, self.life, after, facts, motive)
        self.seen.append((act, self.life.state, after.state))
        self.life = after
        if act is Act.PROPOSE:
            self.reserved = True
        elif after.state not in HELD:
            # Whatever leads out of a reservation ends it (matching.hooks).
            self.reserved = False

    def facts(self, life: Life, motive: str | None) -> Facts:
        return Facts(
            missing=self.missing,
            doubtful=self.doubtful,
            service_approved=self.approved,
            fresh=life.confirmed_on is not None and needs.is_fresh(life.confirmed_on, self.today),
            reserved=self.reserved,
            has_motive=motive is not None,
        )

    # -- What must be so ----------------------------------------------------------------------------------------------
    def refusal_is_right(self, act: Act, facts: Facts) -> None:
        """Nothing is refused that the table, the motive and the guards allow."""
        excused = (
            (self.life.state, act) not in MOVES
            or (act in NEEDS_MOTIVE and not facts.has_motive)
            or (facts.missing and act in (Act.SUBMIT, Act.VALIDATE, Act.AMEND))
            or (not facts.service_approved and act in (Act.VALIDATE, Act.PROPOSE))
            or (act is Act.PROPOSE and (facts.reserved or not facts.fresh))
            or (act is Act.EXPIRE and facts.fresh)
        )
        assert excused

    def act_is_right(self, act: Act, before: Life, after: Life, facts: Facts, motive: str | None) -> None:
        if before.validated_on is not None and after.validated_on != before.validated_on:
            # The rank moves for one reason only: six months without a word.
            assert before.state in STANDSTILL
            assert (self.today - before.since).days > RANK_KEPT_DAYS
        if before.state in STANDSTILL and (self.today - before.since).days <= RANK_KEPT_DAYS:
            assert before.validated_on is None or after.validated_on == before.validated_on
        if after.state in OPEN and before.state not in OPEN:
            assert after.validated_on is not None
        if before.state not in ALIVE and after.state in ALIVE:
            assert act in (Act.REOPEN, Act.NOT_DUPLICATE)
        if act is Act.LAPSE:
            assert after.state is State.SUSPENDED
        if act is Act.PROPOSE:
            assert facts.fresh
            assert facts.service_approved
        if after.warranty and not before.warranty:
            assert motive == "after-sales"
            assert self.points(after) >= 100
        if motive == "served-in-part" and act is Act.REOPEN:
            # What was served weighs less than before: the second machine has its own, lower points.
            same = Life(**{**vars(before), "warranty": False, "state": after.state, "validated_on": after.validated_on})
            assert self.points(after) < self.points(same) or before.rank > 1
        assert (act in NEEDS_MOTIVE) <= (motive is not None or before.state is State.DRAFT)

    def points(self, life: Life | None = None) -> int:
        life = life or self.life
        facts = points.facts(ANSWERS, rank=life.rank, validated_on=life.validated_on, warranty=life.warranty)
        given = points.score(facts, points.HOUSEHOLD_1, self.today)
        assert given.points == sum(term.points for term in given.terms) >= 1
        return given.points

    @invariant()
    def a_reservation_stands_with_its_need(self) -> None:
        if hasattr(self, "life"):
            assert self.reserved == (self.life.state in HELD)

    @invariant()
    def what_is_served_has_its_day(self) -> None:
        if hasattr(self, "life"):
            assert (self.life.state in SERVED) == (self.life.handed_over_on is not None)

    @invariant()
    def what_waits_has_its_rank_and_is_whole(self) -> None:
        if hasattr(self, "life") and self.life.state in OPEN | HELD:
            assert self.life.validated_on is not None
            assert not self.missing

    @invariant()
    def a_living_need_can_always_be_withdrawn(self) -> None:
        if hasattr(self, "life") and self.life.state in ALIVE:
            motive = MOTIVES[Act.CANCEL][0]
            facts = self.facts(self.life, motive)
            assert live(self.life, Act.CANCEL, facts, self.today, motive).state is State.CANCELLED


NeedMachine.TestCase.settings = settings(max_examples=150, stateful_step_count=40)
TestNeedMachine = NeedMachine.TestCase
