"""For each machine that found its household, the road from the shelf to the hand-over, as far as it went."""

from dataclasses import replace
from datetime import datetime, time, timedelta

from refurb.core import matching as core
from refurb.core.documents import price_cap_cents
from refurb.core.equipment import NEEDS_CHARGER, NEEDS_SET, Form, Mode
from refurb.core.handover import Accessory, ReturnMotive, Signature, Witness
from refurb.core.needs import (
    FollowUp,
    Usage,
    load,
)
from refurb.core.permissions import Role
from refurb.core.workflow import Status
from refurb.demo import demands, names
from refurb.demo.gifts import Born
from refurb.demo.world import World
from refurb.devices.models import Device
from refurb.handover import queries as handovers
from refurb.handover import services as handover
from refurb.handover.services import Terms
from refurb.matching import scenario
from refurb.matching import services as matching
from refurb.needs import followup
from refurb.needs import services as needs
from refurb.needs.models import Need
from refurb.organisations.models import Organisation, Place
from refurb.security import Actor
from refurb.web import zone

S = Status


def serve(world: World, each: Born, count: int) -> None:
    session, rng, device = world.session, world.rng, each.device
    session.refresh(device)
    row = scenario.one_device(session, device)
    assert row is not None, device.code
    stocked = device.in_stock_since or device.created_at
    reserved_at = _reserved_at(world, each.fate, stocked)
    asked_at = world.at_work(reserved_at - timedelta(days=rng.uniform(2, 35)))
    by, point = demands.service(world, row.get("reach"), count)
    need = _fitting(world, row, device, by, point, each.fate, asked_at)
    coordination = world.bodies[names.COORDINATION.name]
    coordinator = world.actor(coordination, Role.COORDINATOR)
    reservation = matching.reserve(session, need, device, by=coordinator, at=reserved_at)
    if each.fate is S.RESERVED and count % 3 == 0:
        return  # proposed, the service has not answered yet
    accepted_at = min(world.at_work(reserved_at + timedelta(days=1)), world.now - timedelta(minutes=50))
    accepted_at = max(accepted_at, reserved_at + timedelta(minutes=20))
    matching.accept(session, reservation, by=by, at=accepted_at)
    agent = next(who for key, who in world.people.items() if key == (point.organisation_id, Role.HANDOVER_AGENT))
    starts_at = _appointment(world, each.fate, accepted_at, count)
    if each.fate is S.RESERVED and count % 3 == 1:
        return  # accepted, no time agreed yet
    case = handovers.case_by_need(session, need.code, seen_by=by)
    assert case is not None
    handover.plan(session, case, point, starts_at, by=by, at=accepted_at + timedelta(minutes=10))
    if each.fate is S.RESERVED:
        return
    technician = world.actor(each.workshop, Role.TECHNICIAN)
    prepared_at = min(accepted_at + timedelta(hours=rng.uniform(2, 20)), world.now - timedelta(minutes=15))
    handover.prepare(session, case, by=technician, at=max(prepared_at, accepted_at + timedelta(minutes=15)))
    if each.fate is S.READY_FOR_PICKUP:
        return
    _hand_over(world, each, need, point, agent, starts_at + timedelta(minutes=rng.randint(2, 25)))


def _reserved_at(world: World, fate: Status, stocked: datetime) -> datetime:
    rng = world.rng
    if fate is S.RESERVED:
        wanted = world.now - timedelta(days=rng.uniform(0.3, 5))
    elif fate is S.READY_FOR_PICKUP:
        wanted = world.now - timedelta(days=rng.uniform(2, 6))
    else:
        latest = world.now - timedelta(days=14)
        wanted = min(stocked + timedelta(days=rng.uniform(1, 25)), latest)
    return max(world.at_work(wanted), stocked + timedelta(minutes=30))


def _appointment(world: World, fate: Status, accepted_at: datetime, count: int) -> datetime:
    """Return when they meet: in the past for what is handed over, today or soon for what stands ready."""
    rng = world.rng
    if fate in (S.RESERVED, S.READY_FOR_PICKUP):
        day = world.day(world.now) + timedelta(days=count % 4 if fate is S.READY_FOR_PICKUP else 2 + count % 5)
        while day.weekday() > 4:
            day += timedelta(days=1)
        hour = time(9 + rng.randint(0, 7), rng.choice((0, 30)))
        starts_at = datetime.combine(day, hour, zone())
        return max(starts_at, accepted_at + timedelta(minutes=30))
    later = world.at_work(accepted_at + timedelta(days=rng.uniform(2, 6)))
    return max(later, accepted_at + timedelta(hours=3))


def _fitting(
    world: World, row: dict[str, object], device: Device, by: Actor, point: Place, fate: Status, at: datetime
) -> Need:
    """Draft and send a demand that the machine suits."""
    profiles = [profile for profile in device.profiles or [] if profile in demands.USAGES]
    world.rng.shuffle(profiles)
    # The strongest profile first, most of the time: a machine goes to who needs what it can.
    profiles.sort(reverse=world.rng.random() < 0.7)
    for profile in [*profiles, "P1"]:
        answers = demands.household(world, by, point, world.rng.choice(demands.USAGES[profile]), device.form, at)
        if fate is S.ON_LOAN:
            answers = replace(answers, loan_suits=True)
        need = demands.draft(world, answers, by, at)
        if not core.failing(row, scenario.need_row(need)):
            demands.send(world, need, answers, by, at)
            return need
        session = world.session
        easier = replace(answers, usages=(Usage.PROCEDURES,), ergonomics=frozenset(), no_stable_power=False)
        needs.save_draft(session, need, easier, at=at)
        if not core.failing(row, scenario.need_row(need)):
            demands.send(world, need, easier, by, at)
            return need
    raise LookupError(f"{device.code}: {core.failing(row, scenario.need_row(need))}")


def _hand_over(world: World, each: Born, need: Need, point: Place, agent: Actor, at: datetime) -> None:
    session, rng, device = world.session, world.rng, each.device
    case = handovers.case_by_need(session, need.code, seen_by=agent)
    assert case is not None
    issuer = session.get_one(Organisation, device.holder_id)
    open_modes = [mode for mode, why in handover.verdicts(device, need, issuer).items() if not why]
    mode = Mode.LOAN if each.fate is S.ON_LOAN else Mode.GIFT
    if mode is Mode.GIFT and Mode.SOLIDARITY_SALE in open_modes and rng.random() < 0.6:
        mode = Mode.SOLIDARITY_SALE
    assert mode in open_modes, (mode, open_modes)
    accepted = load(need.answers).contribution_cents or 0
    price = min(accepted, price_cap_cents(device.origin, device.form)) if mode is Mode.SOLIDARITY_SALE else None
    signature = rng.choices((Signature.SIGNED, Signature.IN_PRESENCE, Signature.MARK), (17, 2, 1))[0]
    terms = Terms(
        mode=mode,
        accessories=_accessories(device.form),
        price_cents=price,
        loan_until=world.day(at) + timedelta(days=365) if mode is Mode.LOAN else None,
        signature=signature,
        witness=Witness.SERVICE if signature is Signature.IN_PRESENCE else None,
        contact_name=issuer.name,
        contact_phone=issuer.phone or "",
        accompaniment="Premiers pas avec la conseillère numérique, le jeudi à 14 h." if rng.random() < 0.4 else "",
    )
    made = handover.perform(session, case, scanned=device.code, terms=terms, place=point, by=agent, at=at)
    asked = at + timedelta(days=92)
    if asked < world.now and device.id % 6:
        # The service said what became of it, but for a few who have not answered yet.
        said = FollowUp.LITTLE if device.id % 11 == 0 else FollowUp.USED
        need.follow_up_asked_at = asked
        service = world.actor(session.get_one(Organisation, need.organisation_id), Role.PRESCRIBER)
        followup.answer(session, need, said, by=service, at=asked, today=world.day(asked))
    if each.fate is S.AFTER_SALES:
        session.flush()
        back = world.ago(rng.uniform(1, 9))
        handover.take_back(session, made, ReturnMotive.FAULT, by=agent, at=max(back, at + timedelta(days=1)))


def _accessories(form: Form) -> list[Accessory]:
    if form in NEEDS_CHARGER:
        return [Accessory.CHARGER, Accessory.MOUSE]
    if form in NEEDS_SET:
        return [Accessory.SCREEN, Accessory.KEYBOARD, Accessory.MOUSE, Accessory.CABLES]
    return [Accessory.KEYBOARD, Accessory.MOUSE, Accessory.CABLES]
