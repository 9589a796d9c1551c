"""Random moves, undos, scans, wipes and reservations on the services, with a real session.

No step ever breaks an invariant of design.md section 3: the exit guard, one open reservation and only while set aside,
status = last event that carries one, a chain of events that is whole.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from refurb.core.equipment import Form
from refurb.core.media import MediaRefused, MediaState, Outcome, WipeSource
from refurb.core.steps import OPTIONAL_STEPS
from refurb.core.workflow import HELD, Action, HandoverMode, SecondPerson, Status, TransitionRefused
from tests.conftest import NOON

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.devices.models import Device, StorageMedium
    from refurb.needs.models import Need
    from refurb.organisations.models import Organisation
    from refurb.security import Actor
    from tests.conftest import Clock

LEAVING = {Status.HANDED_OVER, Status.ON_LOAN, Status.IN_KIT, Status.PARTS, Status.WEEE, Status.DESTROYED}
FORMS = st.sampled_from([Form.LAPTOP, Form.DESKTOP, Form.MONITOR])
WHICH = st.integers(min_value=0, max_value=7)


@dataclass
class Stage:
    """What stands before each life, made once: its rows are there again when a life's savepoint is rolled back."""

    session: Session
    workshop: Organisation
    people: Sequence[Actor]
    coordinator: Actor
    needs: Sequence[Need]
    os_id: int
    clock: Clock


class Lives(RuleBasedStateMachine):
    """A few machines of one workshop."""

    stage: Stage

    def __init__(self) -> None:
        super().__init__()
        self.session = self.stage.session
        self.savepoint = self.session.begin_nested()
        self.stage.clock.at = NOON
        self.devices: list[Device] = []
        self.uuids: list[tuple[str, int, Action]] = []

    def teardown(self) -> None:
        from refurb.audit.services import broken

        if self.savepoint.is_active:
            assert not list(broken(self.session))
            self.savepoint.rollback()
        self.session.expire_all()

    @initialize(steps=st.frozensets(st.sampled_from(OPTIONAL_STEPS)), second=st.sampled_from(SecondPerson))
    def choose(self, steps: frozenset[Action], second: SecondPerson) -> None:
        from refurb.workshop import services

        services.choose(
            self.session,
            self.stage.workshop.id,
            scanned_steps=sorted(steps),
            second_person=second,
            default_os_id=self.stage.os_id,
            by=self.stage.people[1],
            at=self.now(),
        )
        self.receive(Form.LAPTOP, 1)

    def now(self) -> datetime:
        return self.stage.clock.move(minutes=11)

    def pick(self, which: int) -> Device:
        return self.devices[which % len(self.devices)]

    @rule(form=FORMS, disks=st.integers(min_value=1, max_value=2))
    def receive(self, form: Form, disks: int) -> None:
        from refurb.core.equipment import Origin, Regime
        from refurb.devices import media, services
        from refurb.devices.models import MediumKind

        if len(self.devices) >= 4:
            return
        at = self.now()
        device = services.receive(
            self.session,
            form=form,
            maker="Lenovo",
            model="ThinkPad",
            serial=f"PF{uuid.uuid4().hex[:10]}",
            origin=Origin.PRIVATE,
            regime=Regime.GIFT,
            holder_id=self.stage.workshop.id,
            place_id=None,
            by=self.stage.people[0],
            at=at,
        )
        for _ in range(disks):
            media.add(
                self.session,
                device,
                kind=MediumKind.SSD,
                serial=uuid.uuid4().hex[:12],
                size_gb=256,
                by=self.stage.people[0],
                at=at,
            )
        self.devices.append(device)

    # -- Deeds
    def do_move(self, device: Device, action: Action, **more: Any) -> bool:
        """Try one move; a refusal changes nothing, a success leaves a trail that says what was done."""
        from refurb.devices import queries, services
        from refurb.security import Actor

        before, open_before = device.status, self.open_reservations(device)
        clear = queries.media_state(self.session, device) is MediaState.CLEAR
        count = self.count_events(device)
        mode = more.pop("mode", HandoverMode.GIFT if action is Action.HAND_OVER else None)
        moved = None
        with suppress(TransitionRefused):
            moved = services.move(self.session, device, action, by=Actor.system(), at=self.now(), mode=mode, **more)
        if moved is None:
            assert device.status is before
            assert self.count_events(device) == count
            assert self.open_reservations(device) == open_before
            return False
        for step in moved.steps:
            if step.after in LEAVING and step.action is not Action.GIVE_BACK_TO_USER:
                assert clear, f"{step.action}: left while a medium was not clear"
        if action is Action.HAND_OVER:
            assert open_before == 1
            self.fulfil(device)
        return True

    def fulfil(self, device: Device) -> None:
        """The hand-over desk closes what it fulfilled, in the same transaction; it has tests of its own."""
        from refurb.matching import queries
        from refurb.matching.models import Ending

        reservation = queries.open_reservation(self.session, device.id)
        assert reservation is not None
        reservation.ended_at, reservation.ending = self.now(), Ending.HANDED_OVER
        self.session.flush()

    @rule(which=WHICH, action=st.sampled_from([a for a in Action if a is not Action.RESERVE]))
    def move(self, which: int, action: Action) -> None:
        payload = {"motive": "essai"} if action is Action.GIVE_BACK else {}
        self.do_move(self.pick(which), action, payload=payload)

    @rule(which=WHICH)
    def move_as_said(self, which: int) -> None:
        """What the page says to do next."""
        from refurb.core import guidance
        from refurb.devices.facts import known

        device = self.pick(which)
        found = known(self.session, device)
        step = guidance.next_step(device.status, found.facts, found.scanned)
        if step.action is not None and step.action is not Action.RESERVE and not step.missing:
            self.do_move(device, step.action)

    @rule(which=WHICH, action=st.sampled_from([Action.INVENTORY, Action.TRIAGE, Action.DIAGNOSE, Action.LOCK]))
    def scan(self, which: int, action: Action) -> None:
        key = str(uuid.uuid4())
        device = self.pick(which)
        if self.do_move(device, action, client_uuid=key):
            self.uuids.append((key, device.id, action))

    @rule(which=WHICH)
    def scan_arrives_twice(self, which: int) -> None:
        from refurb.devices import services
        from refurb.devices.models import Device
        from refurb.security import Actor

        if self.uuids:
            key, device_id, action = self.uuids[which % len(self.uuids)]
            device = self.session.get_one(Device, device_id)
            count = self.count_events(device)
            moved = services.move(self.session, device, action, by=Actor.system(), at=self.now(), client_uuid=key)
            assert moved.repeated
            assert self.count_events(device) == count

    @rule(which=WHICH)
    def make_well(self, which: int) -> None:
        """What a good day at the bench gives: all wiped, labelled, controlled, complete."""
        from refurb.core.checklist import points_for
        from refurb.devices import grades, media, queries, services, sets, wipes
        from refurb.devices.models import Grade
        from refurb.devices.services import DeviceRefused
        from refurb.workshop.models import Control

        device, by = self.pick(which), self.stage.people[0]
        for disk in queries.media_of(self.session, device.id):
            wipes.record_wipe(self.session, disk, outcome=Outcome.OK, source=WipeSource.MANUAL, by=by, at=self.now())
        if device.form is Form.DESKTOP:
            with suppress(DeviceRefused):
                sets.assemble(
                    self.session,
                    device,
                    monitor=self.free_screen(),
                    has_monitor=True,
                    has_keyboard=True,
                    has_mouse=True,
                    has_cables=True,
                    by=by,
                    at=self.now(),
                )
        try:
            media.attest_media(self.session, device, by=by, at=self.now())
        except DeviceRefused:
            return
        services.mark_labelled(self.session, device, layout="L7160", by=by, at=self.now())
        if device.form is Form.LAPTOP:
            services.set_charger(self.session, device, "USB-C 65 W", by=by, at=self.now())
        device.cosmetic_grade, device.cpu_model, device.cpu_cores = Grade.B, "Intel Core i5-8350U", 4
        device.ram_mb, device.screen_in, device.webcam = 8192, 14.0, True
        device.has_battery, device.battery_pct = device.form is Form.LAPTOP, 80
        grades.regrade(self.session, device)
        ticks = {point.code: "ok" for point in points_for(device.form)}
        self.session.add(
            Control(
                device_id=device.id,
                checklist_version=1,
                items=ticks,
                passed=True,
                controlled_at=self.now(),
                controlled_by_id=self.stage.people[1].id,
            )
        )
        self.session.flush()

    def free_screen(self) -> Device | None:
        from refurb.devices import queries

        for device in self.devices:
            if device.form is Form.MONITOR and queries.set_of(self.session, device.id) is None:
                return device
        return None

    @rule(which=WHICH)
    def bring_to_stock(self, which: int) -> None:
        device = self.pick(which)
        if device.status in HELD:
            return
        for action in (Action.UNLOCK, Action.FIND, Action.RECOVER, Action.RETURN):
            self.do_move(device, action)
        self.make_well(which)
        for action in (*OPTIONAL_STEPS, Action.STOCK):
            if device.status is not Status.IN_STOCK:
                self.do_move(device, action)
        if device.form is Form.DESKTOP and device.status is not Status.IN_STOCK:
            screen = next((index for index, other in enumerate(self.devices) if other.form is Form.MONITOR), None)
            if screen is not None and self.devices[screen].status is not Status.IN_STOCK:
                self.bring_to_stock(screen)
                self.do_move(device, Action.STOCK)

    @rule(
        which=WHICH,
        then=st.sampled_from(
            [None, Action.LOCK, Action.LOSE, Action.SCRAP, Action.RELEASE, Action.PREPARE, Action.HAND_OVER]
        ),
        mode=st.sampled_from(HandoverMode),
    )
    def bring_to_somebody(self, which: int, then: Action | None, mode: HandoverMode) -> None:
        """Left to chance alone, few machines would ever be set aside."""
        self.bring_to_stock(which)
        for need in range(len(self.stage.needs)):
            self.reserve(which, need)
        if then is not None:
            self.do_move(self.pick(which), then, mode=mode)

    def disk(self, which: int) -> StorageMedium | None:
        from refurb.devices.models import StorageMedium

        disks = self.session.scalars(sa.select(StorageMedium).order_by(StorageMedium.id)).all()
        return disks[which % len(disks)] if disks else None

    @rule(
        which=WHICH,
        outcome=st.sampled_from(Outcome),
        source=st.sampled_from(WipeSource),
        hours=st.integers(min_value=-3000, max_value=40),
        who=st.integers(min_value=0, max_value=1),
    )
    def wipe(self, which: int, outcome: Outcome, source: WipeSource, hours: int, who: int) -> None:
        from refurb.devices import wipes

        if (disk := self.disk(which)) is not None:
            at = self.now()
            wipes.record_wipe(
                self.session,
                disk,
                outcome=outcome,
                source=source,
                ended_at=at + timedelta(hours=hours) if source is WipeSource.LOG else None,
                by=self.stage.people[who],
                at=at,
            )

    @rule(which=WHICH, who=st.integers(min_value=0, max_value=1), deed=st.sampled_from(["accept", "destroy", "absent"]))
    def settle(self, which: int, who: int, deed: str) -> None:
        from refurb.devices import wipes

        if (disk := self.disk(which)) is None:
            return
        by, at = self.stage.people[who], self.now()
        try:
            if deed == "accept":
                wipes.accept_reservation(self.session, disk, reason="vérifié", by=by, at=at)
            elif deed == "destroy":
                wipes.destroy(self.session, disk, method="perçage", by=by, at=at)
            else:
                wipes.attest_absent(self.session, disk, reason="baie vide", by=by, at=at)
        except MediaRefused:
            return

    @rule(which=WHICH, into=WHICH)
    def carry_a_disk(self, which: int, into: int) -> None:
        from refurb.devices import media
        from refurb.devices.services import DeviceRefused

        if (disk := self.disk(which)) is None:
            return
        try:
            if disk.device_id is not None:
                media.take_out(self.session, disk, by=self.stage.people[0], at=self.now())
            else:
                media.put_in(self.session, disk, self.pick(into), by=self.stage.people[0], at=self.now())
        except DeviceRefused:
            return

    @rule(which=WHICH, need=WHICH)
    def reserve(self, which: int, need: int) -> None:
        from refurb.matching import services
        from refurb.matching.services import MatchRefused

        try:
            services.reserve(
                self.session,
                self.stage.needs[need % len(self.stage.needs)],
                self.pick(which),
                by=self.stage.coordinator,
                at=self.now(),
            )
        except MatchRefused:
            return

    @rule(which=WHICH)
    def release(self, which: int) -> None:
        from refurb.matching import queries, services
        from refurb.matching.services import MatchRefused

        reservation = queries.open_reservation(self.session, self.pick(which).id)
        if reservation is not None:
            try:
                services.release(self.session, reservation, motive="other", by=self.stage.coordinator, at=self.now())
            except MatchRefused:
                return

    @rule(which=WHICH)
    def undo(self, which: int) -> None:
        from refurb.devices import services
        from refurb.security import Actor

        device, made = self.pick(which), None
        before = device.status
        with suppress(TransitionRefused):
            made = services.undo_last(self.session, device, by=Actor.system(), at=self.now())
        assert made is not None or device.status is before

    # -- What never breaks
    def count_events(self, device: Device) -> int:
        from refurb.audit.models import Event

        query = sa.select(sa.func.count()).where(Event.subject_kind == "device", Event.subject_id == device.id)
        return self.session.scalar(query) or 0

    def open_reservations(self, device: Device) -> int:
        from refurb.matching.models import Reservation

        query = sa.select(sa.func.count()).where(Reservation.device_id == device.id, Reservation.ended_at.is_(None))
        return self.session.scalar(query) or 0

    @invariant()
    def nothing_is_broken(self) -> None:
        from refurb.audit.queries import last_with_status
        from refurb.devices import queries
        from refurb.devices.models import Device

        self.session.flush()
        for device in self.devices:
            status = self.session.scalars(sa.select(Device.status).where(Device.id == device.id)).one()
            last = last_with_status(self.session, "device", device.id)
            assert last is not None
            assert last.after == status.value
            found = queries.set_of(self.session, device.id)
            anchor = found.base if found is not None and found.monitor_id == device.id else device
            reserved = self.open_reservations(anchor)
            assert reserved <= 1
            assert (reserved == 1) is (status in HELD), f"{status} with {reserved} reservation"
            if status is Status.IN_STOCK and device.form is Form.DESKTOP:
                assert queries.set_is_complete(self.session, device.id)


@pytest.mark.usefixtures("territory")
def test_random_lives(
    session: Session,
    clock: Clock,
    workshop: Organisation,
    technician: Actor,
    controller: Actor,
    coordinator: Actor,
    make_need: Callable[..., Need],
) -> None:
    from refurb.workshop.models import OperatingSystem

    system = OperatingSystem(name="Linux Mint", release="22.1", family="linux")
    session.add(system)
    session.flush()
    needs = [make_need() for _ in range(3)]

    class Here(Lives):
        stage = Stage(session, workshop, (technician, controller), coordinator, needs, system.id, clock)

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=12,
            stateful_step_count=25,
            deadline=None,
            # Each step costs a dozen statements: a life that fails is told as it is, not shrunk for minutes.
            phases=(Phase.explicit, Phase.reuse, Phase.generate),
            suppress_health_check=list(HealthCheck),
        ),
    )
