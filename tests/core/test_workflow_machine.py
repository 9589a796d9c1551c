"""Random moves, undos, wipes and reservations over the pure core: no invariant of design.md section 3 is ever broken.

The model keeps what a database would: a status, media, a reservation, a log. Each rule does what a service does, with
the core's answers only.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from refurb.core.guidance import allowed_actions, next_step
from refurb.core.media import (
    MediaRefused,
    MediaState,
    Medium,
    MediumState,
    Outcome,
    Wipe,
    WipeSource,
    check_acceptance,
    media_asks,
    media_state,
    medium_state,
)
from refurb.core.steps import OPTIONAL_STEPS, Step, frees_reservation, path, status_after_media
from refurb.core.undo import Since, undo_refusal
from refurb.core.workflow import (
    AFTER_WIPED,
    HELD,
    OUT,
    TERMINAL,
    Action,
    Control,
    Facts,
    HandoverMode,
    Status,
    TransitionRefused,
)

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
PEOPLE = (1, 2, 3)
LEAVING = {Status.HANDED_OVER, Status.ON_LOAN, Status.IN_KIT, Status.PARTS, Status.WEEE, Status.DESTROYED}


@dataclass
class Entry:
    """One move in the log, with all its steps."""

    action: Action
    steps: list[Step]
    facts: Facts
    undone: bool = False
    later: set[str] = field(default_factory=set)


class Workshop(RuleBasedStateMachine):
    """One machine's life."""

    def __init__(self) -> None:
        super().__init__()
        self.status = Status.RECEIVED
        self.last_status = Status.RECEIVED
        self.media: list[Medium] = []
        self.known = False
        self.reserved = False
        self.facts = Facts()
        self.log: list[Entry] = []
        self.at = START
        self.scanned: frozenset[Action] = frozenset(OPTIONAL_STEPS)

    @initialize(
        holds_system=st.booleans(),
        scanned=st.frozensets(st.sampled_from(OPTIONAL_STEPS)),
        disks=st.integers(min_value=0, max_value=2),
    )
    def receive(self, holds_system: bool, scanned: frozenset[Action], disks: int) -> None:
        self.facts = replace(self.facts, holds_system=holds_system)
        self.scanned = scanned
        self.media = [Medium(self.at) for _ in range(disks)]

    @precondition(lambda self: self.status in TERMINAL)
    @rule()
    def begin_another(self) -> None:
        """Lives end soon when chance decides: the next machine takes the place."""
        self.status = self.last_status = Status.RECEIVED
        self.facts = Facts(holds_system=self.facts.holds_system)
        self.media = [Medium(self.at) for _ in self.media]
        self.known, self.log = False, []

    # -- What the service reads, under its lock
    def facts_now(self, mode: HandoverMode | None = None) -> Facts:
        states = [medium_state(medium) for medium in self.media]
        return replace(
            self.facts,
            media=media_state(self.known, states),
            wipe_failed=MediumState.FAILED in states,
            media_asks=media_asks(states),
            reservation_open=self.reserved,
            handover_mode=mode,
        )

    def write(self, action: Action, steps: list[Step], facts: Facts) -> None:
        """Do what `path` says, checking each step at the moment it is made."""
        for step in steps:
            assert step.before is self.status
            if step.after in LEAVING and step.action is not Action.GIVE_BACK_TO_USER:
                assert facts.media is MediaState.CLEAR, f"{step.action} let it leave"
            if step.action is Action.GIVE_BACK_TO_USER:
                assert facts.media is MediaState.CLEAR or facts.refusal_signed
                assert step.after is facts.left_as
            if step.action is Action.STOCK:
                assert facts.media is MediaState.CLEAR
                assert facts.control is Control.PASSED
                assert facts.charger_complete
                assert facts.set_complete
                assert facts.profile_known
                assert facts.labelled
            if step.after in (Status.RESERVED, Status.READY_FOR_PICKUP):
                assert self.reserved
            self.apply(step)
        self.log.append(Entry(action, steps, facts))

    def apply(self, step: Step) -> None:
        if frees_reservation(step.before, step.after):
            self.reserved = False
        if step.action is Action.HAND_OVER:
            self.reserved = False
            self.facts = replace(self.facts, left_as=None, refusal_signed=False)
        if step.action is Action.GIVE_BACK_TO_USER:
            self.facts = replace(self.facts, left_as=None, refusal_signed=False)
        if step.action is Action.LOCK:
            self.facts = replace(self.facts, locked_from=step.before)
        if step.action is Action.UNLOCK:
            self.facts = replace(self.facts, locked_from=None)
        if step.action in (Action.RETURN, Action.RECOVER):
            self.media = [replace(medium, held_since=self.at) for medium in self.media]
        if step.action is Action.RETURN:
            self.facts = replace(self.facts, left_as=step.before)
        if step.action in (Action.FIND, Action.RECOVER):
            self.known = False
        if step.action in (Action.RETURN, Action.REOPEN, Action.FIND, Action.RECOVER):
            self.facts = replace(self.facts, control=Control.NONE, diagnosed=False)
        self.status = self.last_status = step.after

    def try_move(self, action: Action, mode: HandoverMode | None = None) -> None:
        self.at += timedelta(minutes=7)
        facts = self.facts_now(mode)
        before = self.status
        try:
            steps = path(self.status, action, facts, self.scanned)
        except TransitionRefused:
            assert self.status is before
            return
        for step in steps:
            assert not step.implied or step.action in (*OPTIONAL_STEPS, Action.RECORD_WIPE)
        self.write(action, steps, facts)

    def follow_media(self) -> None:
        facts = self.facts_now()
        if status_after_media(self.status, facts) is not None:
            before = self.status
            self.write(Action.RECORD_WIPE, path(self.status, Action.RECORD_WIPE, facts, self.scanned), facts)
            assert self.status is Status.WIPE_FAILED or before not in AFTER_WIPED

    # -- Rules
    @rule(action=st.sampled_from([a for a in Action if a is not Action.RESERVE]), mode=st.sampled_from(HandoverMode))
    def move(self, action: Action, mode: HandoverMode) -> None:
        self.try_move(action, mode)

    @rule(status=st.sampled_from([Status.QUALITY_CHECKED, Status.IN_STOCK, Status.RESERVED]))
    def come_to(self, status: Status) -> None:
        """A good day at the bench: left to chance alone, few machines would ever see the stock."""
        self.make_all_well()
        for _ in range(9):
            step = next_step(self.status, self.facts_now(), self.scanned)
            if self.status is status or self.status in HELD:
                return
            if step.action is Action.RESERVE:
                self.reserve()
            elif step.action is not None and not step.missing:
                self.try_move(step.action)

    @precondition(lambda self: self.status in HELD)
    @rule(action=st.sampled_from([Action.LOCK, Action.LOSE, Action.RELEASE, Action.PREPARE, Action.HAND_OVER]))
    def disturb(self, action: Action) -> None:
        self.try_move(action, HandoverMode.GIFT)

    @rule(choice=st.integers(min_value=0, max_value=30))
    def move_as_offered(self, choice: int) -> None:
        """What the page offers succeeds: random actions alone rarely come far."""
        offered = allowed_actions(self.status, self.facts_now(HandoverMode.GIFT), self.scanned)
        if offered:
            before = len(self.log)
            self.try_move(offered[choice % len(offered)], HandoverMode.GIFT)
            assert len(self.log) == before + 1

    @rule()
    def do_what_is_said_next(self) -> None:
        step = next_step(self.status, self.facts_now(), self.scanned)
        if step.action is not None and step.action is not Action.RESERVE and not step.missing:
            self.try_move(step.action, HandoverMode.LOAN)

    @rule()
    def reserve(self) -> None:
        if self.status is Status.IN_STOCK:
            assert not self.reserved
            self.reserved = True
            self.try_move(Action.RESERVE)
            assert self.last_status is Status.RESERVED

    @rule(
        disk=st.integers(min_value=0, max_value=5),
        outcome=st.sampled_from(Outcome),
        source=st.sampled_from(WipeSource),
        who=st.sampled_from(PEOPLE),
        doubtful=st.booleans(),
        ago=st.integers(min_value=0, max_value=600),
    )
    def record_wipe(self, disk: int, outcome: Outcome, source: WipeSource, who: int, doubtful: bool, ago: int) -> None:
        if not self.media:
            return
        self.at += timedelta(minutes=90)
        disk %= len(self.media)
        wipe = Wipe(outcome, self.at - timedelta(minutes=ago), source, who, doubtful=doubtful and source == "log")
        self.media[disk] = replace(self.media[disk], wipes=[*self.media[disk].wipes, wipe])
        self.follow_media()

    @rule(disk=st.integers(min_value=0, max_value=5), who=st.sampled_from(PEOPLE))
    def accept(self, disk: int, who: int) -> None:
        if not self.media or not self.media[disk % len(self.media)].wipes:
            return
        disk %= len(self.media)
        wipes = list(self.media[disk].wipes)
        try:
            check_acceptance(wipes[-1], by_id=who, reason="vérifié")
        except MediaRefused:
            return
        assert who != wipes[-1].operator_id
        wipes[-1] = replace(wipes[-1], accepted_by_id=who)
        self.media[disk] = replace(self.media[disk], wipes=wipes)
        self.follow_media()

    @rule(disk=st.integers(min_value=0, max_value=5), absent=st.booleans())
    def destroy_or_attest(self, disk: int, absent: bool) -> None:
        if self.media:
            disk %= len(self.media)
            medium = self.media[disk]
            self.media[disk] = replace(medium, absent=True) if absent else replace(medium, destroyed=True)
            self.follow_media()

    @rule()
    def attest_media(self) -> None:
        if self.status not in OUT:
            self.known = True
            self.follow_media()

    @rule(
        control=st.sampled_from(Control),
        flags=st.tuples(st.booleans(), st.booleans(), st.booleans(), st.booleans(), st.booleans()),
    )
    def work(self, control: Control, flags: tuple[bool, bool, bool, bool, bool]) -> None:
        charger, profile, label, system, refusal = flags
        self.facts = replace(
            self.facts,
            control=control,
            charger_complete=charger,
            profile_known=profile,
            labelled=label,
            system_known=system,
            refusal_signed=refusal,
        )

    @rule()
    def make_all_well(self) -> None:
        self.known = True
        self.facts = replace(
            self.facts,
            control=Control.PASSED,
            charger_complete=True,
            profile_known=True,
            labelled=True,
            system_known=True,
        )
        for index, medium in enumerate(self.media):
            self.at += timedelta(minutes=60)
            self.media[index] = replace(medium, wipes=[*medium.wipes, Wipe(Outcome.OK, self.at, operator_id=1)])
        self.follow_media()

    @precondition(lambda self: self.log)
    @rule(which=st.integers(min_value=0, max_value=3))
    def undo(self, which: int) -> None:
        index = max(0, len(self.log) - 1 - which)
        entry = self.log[index]
        since = Since(
            later_status=index != len(self.log) - 1,
            already_undone=entry.undone,
            released=any(frees_reservation(step.before, step.after) for step in entry.steps),
        )
        code = undo_refusal(entry.action, since)
        target = entry.steps[0].before
        if code is None and target in AFTER_WIPED and self.facts_now().media is not MediaState.CLEAR:
            code = "not-clear"
        if code is not None:
            return
        assert entry.steps[-1].after is self.status
        self.facts = replace(self.facts, locked_from=entry.facts.locked_from, left_as=entry.facts.left_as)
        self.status = self.last_status = target
        # A compensating event is a later status for all that came before it.
        entry.undone = True
        self.log.append(Entry(Action.RECORD_WIPE, [Step(entry.action, entry.steps[-1].after, target)], entry.facts))

    # -- What never breaks
    @invariant()
    def a_reservation_is_open_exactly_while_set_aside(self) -> None:
        assert self.reserved is (self.status in HELD)

    @invariant()
    def the_status_is_that_of_the_last_event(self) -> None:
        assert self.status is self.last_status
        if self.log:
            assert self.log[-1].steps[-1].after is self.status

    @invariant()
    def everybody_is_told_what_to_do_next(self) -> None:
        step = next_step(self.status, self.facts_now(), self.scanned)
        assert step.action is not None or step.waits is not None

    @invariant()
    def a_locked_machine_never_comes_back_reserved(self) -> None:
        if self.status is Status.LOCKED:
            after = path(self.status, Action.UNLOCK, self.facts_now(), self.scanned)[-1].after
            assert after not in HELD


TestWorkshop = Workshop.TestCase
TestWorkshop.settings = settings(
    max_examples=150, stateful_step_count=60, deadline=None, suppress_health_check=list(HealthCheck)
)
