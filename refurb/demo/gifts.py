"""Eight gifts, from a list just sent to a lot long counted: 400 machines are born of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from refurb.core.equipment import DiskWish, Form
from refurb.core.permissions import Role
from refurb.core.workflow import Status
from refurb.demo import names
from refurb.demo.evidence import Disk, Machine
from refurb.demo.world import World
from refurb.devices.models import Device
from refurb.donations import arrivals, offers, services
from refurb.donations.models import Lot, LotLine, LotShare
from refurb.donations.services import Declared, Gift
from refurb.organisations.models import Organisation
from refurb.security import Actor

S = Status


@dataclass(frozen=True)
class Plan:
    """One gift: who gives, how many machines, how many days ago it was declared and counted, where machines are now."""

    supplier: int
    declared: float
    counted: float | None
    #: Which workshops take it, and how many machines each.
    shares: tuple[tuple[int, int], ...]
    fates: dict[Status, int]
    listed: bool = False
    patronage: bool = False
    missing: int = 0
    wish: DiskWish = DiskWish.WIPE


PLANS = (
    Plan(0, 215, 194, ((0, 52), (3, 30), (1, 22)), {
        S.HANDED_OVER: 50, S.ON_LOAN: 8, S.WEEE: 10, S.PARTS: 8, S.RETURNED_TO_SUPPLIER: 2, S.DESTROYED: 2,
        S.IN_STOCK: 14, S.AFTER_SALES: 3, S.MISSING: 1, S.READY_FOR_PICKUP: 2, S.RESERVED: 4,
    }, listed=True, patronage=True),
    Plan(1, 150, 132, ((0, 36), (2, 30), (5, 14), (6, 12)), {
        S.HANDED_OVER: 30, S.ON_LOAN: 6, S.IN_STOCK: 28, S.RESERVED: 8, S.READY_FOR_PICKUP: 4, S.WEEE: 4, S.PARTS: 3,
        S.LOCKED: 2, S.MISSING: 1, S.STOLEN: 1, S.AFTER_SALES: 2, S.IN_REPAIR: 2, S.WAITING_PART: 1,
    }),
    Plan(2, 110, 95, ((0, 35), (1, 20), (4, 16), (8, 14)), {
        S.HANDED_OVER: 10, S.ON_LOAN: 2, S.IN_STOCK: 34, S.RESERVED: 8, S.READY_FOR_PICKUP: 4, S.QUALITY_CHECKED: 4,
        S.INSTALLED: 5, S.IN_REPAIR: 4, S.WAITING_PART: 3, S.DIAGNOSED: 4, S.WIPE_FAILED: 2, S.LOCKED: 2, S.WEEE: 2,
    }, listed=True, missing=1),
    Plan(5, 75, 60, ((1, 36), (0, 24), (9, 10)), {
        S.IN_STOCK: 18, S.RESERVED: 4, S.QUALITY_CHECKED: 5, S.INSTALLED: 8, S.DIAGNOSED: 9, S.WIPED: 8, S.IN_REPAIR: 3,
        S.WAITING_PART: 2, S.WIPE_FAILED: 3, S.WIPING: 4, S.LOCKED: 3, S.TRIAGED: 1,
    }, missing=2),
    Plan(4, 44, 30, ((0, 24), (2, 14)), {
        S.WIPED: 5, S.WIPING: 5, S.WIPE_FAILED: 1, S.TRIAGED: 8, S.INVENTORIED: 9, S.DIAGNOSED: 4, S.RECEIVED: 6,
    }),
    Plan(6, 20, 1, ((0, 20),), {S.RECEIVED: 14}, listed=True),
    Plan(3, 12, None, ((0, 18), (5, 12)), {}, patronage=True),
    Plan(8, 3, None, (), {}, listed=True),
)  # fmt: skip

#: What is declared by the two gifts that nobody holds yet.
TO_COME = {6: 30, 7: 26}
FIRST_CONTACT = ("Responsable informatique", "informatique")
SECOND_CONTACT = ("Secrétariat", "accueil")


@dataclass
class Born:
    """One machine of the demo, with where it must have come by now."""

    device: Device
    machine: Machine
    workshop: Organisation
    fate: Status


def give_all(world: World) -> list[Born]:
    """Tell the eight gifts; return the machines they brought."""
    born: list[Born] = []
    for number, plan in enumerate(PLANS):
        born += _give(world, number, plan)
        world.session.commit()
    return born


def _give(world: World, number: int, plan: Plan) -> list[Born]:
    session = world.session
    body = names.SUPPLIERS[plan.supplier]
    supplier = world.bodies[body.name]
    wanted = sum(plan.fates.values()) + plan.missing or TO_COME[number]
    if number == 5:
        wanted = sum(count for _, count in plan.shares)
    machines, fates = _machines(world, plan, wanted)
    declared_at = world.ago(plan.declared)
    lot = _declare(world, plan, supplier, machines, declared_at)
    coordination = world.bodies[names.COORDINATION.name]
    coordinator = world.actor(coordination, Role.COORDINATOR)
    lines = _lines(world, lot)
    if not plan.shares:
        return []
    accepted_at = world.at_work(declared_at + timedelta(days=2))
    services.accept_lines(session, lot, [line.id for line in lines], by=coordinator, at=accepted_at)
    rest = [(line.id, line.quantity) for line in lines]
    taken: list[tuple[LotShare, Organisation]] = []
    for index, count in plan.shares:
        workshop = world.bodies[names.WORKSHOPS[index].name]
        quantities: dict[int, int] = {}
        left = count
        while left and rest:
            line_id, quantity = rest.pop(0)
            quantities[line_id] = min(left, quantity)
            left -= quantities[line_id]
        share = offers.offer(session, lot, workshop, quantities, by=coordinator, at=accepted_at)
        # What was split off a line stands in a line of its own now.
        rest = [(line.id, line.quantity) for line in _lines(world, lot) if line.share_id is None]
        taken.append((share, workshop))
    born: list[Born] = []
    pile = list(machines)
    for share, workshop in taken:
        born += _arrive(world, plan, number, share, workshop, pile, fates, accepted_at)
    return born


#: What a machine may come to that is no computer for anybody: a screen by itself, a tablet, one with a slow disk.
_FOR_SCREENS = frozenset({S.RECEIVED, S.INVENTORIED, S.TRIAGED, S.QUALITY_CHECKED, S.IN_STOCK, S.WEEE, S.LOCKED})
_FOR_TABLETS = frozenset(
    {S.RECEIVED, S.INVENTORIED, S.TRIAGED, S.WIPED, S.DIAGNOSED, S.INSTALLED, S.LOCKED, S.WEEE, S.PARTS, S.MISSING}
)


def _machines(world: World, plan: Plan, wanted: int) -> tuple[list[Machine], dict[str, Status]]:
    """Draw the machines of a gift and say by serial what becomes of each; one without a fate is never found."""
    fates: list[Status | None] = [fate for fate, count in plan.fates.items() for _ in range(count)]
    fates += [None] * (wanted - len(fates))
    world.rng.shuffle(fates)
    machines: list[Machine] = []
    found: dict[str, Status] = {}
    for fate in fates:
        machine = _machine(world)
        while machine.serial in found or (fate is not None and fate not in (_choices(machine) or {fate})):
            machine = _machine(world)
        machines.append(machine)
        if fate is not None:
            found[machine.serial] = fate
    return machines, found


def _choices(machine: Machine) -> frozenset[Status] | None:
    if machine.model.form is Form.MONITOR:
        return _FOR_SCREENS
    if machine.model.form is Form.TABLET or any(disk.kind == "hdd" for disk in machine.disks):
        return _FOR_TABLETS | {S.WIPING, S.WIPE_FAILED} if machine.model.form is not Form.TABLET else _FOR_TABLETS
    return None


def _declare(world: World, plan: Plan, supplier: Organisation, machines: Sequence[Machine], at: datetime) -> Lot:
    """Send the form: a list with serials for some, lines by the dozen for others."""
    if plan.listed:
        rows = [
            Declared(
                form=machine.model.form,
                maker=machine.model.maker,
                model=machine.model.name,
                serial=machine.serial,
                inventory_number=f"INV-{plan.supplier:02d}{n:04d}",
                year=world.now.year - world.rng.randint(4, 8),
                has_charger=machine.model.charger is None or world.rng.random() < 0.85,
                is_wiped=False,
                has_disk=bool(machine.disks),
                lock="firmware" if world.rng.random() < 0.03 else None,
            )
            for n, machine in enumerate(machines)
        ]
    else:
        groups: dict[tuple[Form, str, str], int] = {}
        for machine in machines:
            key = (machine.model.form, machine.model.maker, machine.model.name)
            groups[key] = groups.get(key, 0) + 1
        rows = [
            Declared(form=form, maker=maker, model=model, quantity=count, has_charger=form is Form.LAPTOP or None)
            for (form, maker, model), count in groups.items()
        ]
    number = plan.supplier
    gift = Gift(
        supplier_name=supplier.name,
        legal_type=supplier.legal_type,
        siret=supplier.siret,
        patronage=plan.patronage,
        contacts=[
            {"name": role, "email": f"{login}{number:02d}@demo.example", "phone": f"02 99 01 00 {number:02d}"}
            for role, login in (FIRST_CONTACT, SECOND_CONTACT)
        ],
        signatory={"name": "Direction", "quality": "Direction générale"},
        disk_wish=plan.wish,
        locks="Mots de passe du BIOS retirés avant l'enlèvement.",
        address=supplier.address,
        postcode=supplier.postcode,
        commune_code=supplier.commune_code,
        epci_code=supplier.epci_code,
        slots="Du lundi au jeudi, de 9 h à 16 h ; quai de plain-pied, prévenir l'accueil.",
    )
    lot, _ = services.submit(world.session, gift, rows, by=Actor.public(), at=at, language="fr")
    return lot


def _lines(world: World, lot: Lot) -> list[LotLine]:
    world.session.flush()
    query = sa.select(LotLine).where(LotLine.lot_id == lot.id).order_by(LotLine.position)
    return list(world.session.scalars(query.execution_options(populate_existing=True)))


def _arrive(
    world: World,
    plan: Plan,
    number: int,
    share: LotShare,
    workshop: Organisation,
    pile: list[Machine],
    fates: dict[str, Status],
    accepted_at: datetime,
) -> list[Born]:
    """Let a workshop answer, fetch and count its share: `pile` holds what is still to come out of the boxes."""
    session = world.session
    controller = world.actor(workshop, Role.CONTROLLER)
    if number == 6 and workshop.name == names.WORKSHOPS[5].name:
        return []  # an offer that still waits for its answer
    offers.answer(session, share, accepted=True, by=controller, at=world.at_work(accepted_at + timedelta(days=1)))
    if plan.counted is None:
        on = world.day(world.now) + timedelta(days=4)
        while on.weekday() > 4:
            on += timedelta(days=1)
        offers.plan_pickup(
            session, share, on=on, window="9 h – 11 h, demander l'accueil", by=controller, at=world.ago(5)
        )
        return []
    counted_at = world.ago(plan.counted)
    collected_at = world.at_work(counted_at - timedelta(days=1))
    pickup_at = world.at_work(accepted_at + timedelta(days=3))
    offers.plan_pickup(session, share, on=world.day(collected_at), window="10 h", by=controller, at=pickup_at)
    technician = world.actor(workshop, Role.TECHNICIAN)
    born: list[Born] = []
    lines = session.scalars(
        sa.select(LotLine)
        .where(LotLine.share_id == share.id)
        .order_by(LotLine.position)
        .execution_options(populate_existing=True)
    ).all()
    loaded = sum(line.quantity for line in lines)
    offers.collect(session, share, count=loaded, by=controller, at=collected_at)
    for line in lines:
        for _ in range(line.quantity):
            machine = _of_line(line, pile)
            fate = fates.get(machine.serial)
            if fate is None:
                continue  # declared and not found in the boxes, or still in one
            at = counted_at + timedelta(minutes=len(born) * 2)
            (device,) = arrivals.receive_line(session, share, line.id, place_id=None, by=technician, at=at)
            born.append(Born(device, machine, workshop, fate))
    if number != 5:
        chargers = sum(1 for each in born if each.machine.model.charger)
        done_at = counted_at + timedelta(minutes=len(born) * 2 + 10)
        arrivals.finish(session, share, chargers=chargers, by=technician, at=done_at)
    else:
        # The count is under way, with one box label that no line explains.
        arrivals.scan(session, share, "ZZ8K3M2P", label=None, place_id=None, by=technician, at=counted_at)
    return born


def _of_line(line: LotLine, pile: list[Machine]) -> Machine:
    """Take from the pile a machine that the line declares."""
    named = (line.form, line.maker, line.model)
    for n, machine in enumerate(pile):
        model = machine.model
        if line.serial == machine.serial or (line.serial is None and named == (model.form, model.maker, model.name)):
            return pile.pop(n)
    raise LookupError(line.position)


def _machine(world: World) -> Machine:
    rng = world.rng
    model = rng.choices(names.MODELS, names.WEIGHTS)[0]
    serial = "".join(rng.choice("0123456789BCDFGHJKLMNPQRSTVWXYZ") for _ in range(8 if model.maker != "Dell" else 7))
    disks = []
    if model.disks:
        kind, size = rng.choice(model.disks)
        code = "".join(rng.choice("0123456789ABCDEF") for _ in range(12))
        disks.append(Disk(kind, rng.choice(names.DISK_MODELS[kind]), f"{kind[0].upper()}{code}", size))
    battery = None
    if model.form in (Form.LAPTOP, Form.TABLET):
        battery = max(28, min(98, round(rng.gauss(76, 12))))
    return Machine(model, serial, rng.choice(model.ram) if model.ram else 0, tuple(disks), battery)
