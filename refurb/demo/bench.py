"""What the workshops did to each machine, step by step and through the services, up to where its story stands."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from refurb.core import checklist
from refurb.core.equipment import NEEDS_SET, WITHOUT_SYSTEM, Form
from refurb.core.media import Outcome, WipeSource
from refurb.core.permissions import Role
from refurb.core.workflow import Action, Status
from refurb.demo import evidence, names
from refurb.demo.gifts import Born
from refurb.demo.world import World
from refurb.devices import grades, media, queries, reports, services, sets, wipes
from refurb.devices.models import Grade, MediumKind
from refurb.security import Actor
from refurb.web import zone
from refurb.workshop import services as workshop

S, A = Status, Action

#: Machines that go on from the shelf, to somebody: `cases` tells the rest.
MEANT = frozenset({S.RESERVED, S.READY_FOR_PICKUP, S.HANDED_OVER, S.ON_LOAN, S.AFTER_SALES})
#: How far each story goes along the line; what is not here stops on the way and turns.
LINE = (
    S.RECEIVED,
    S.INVENTORIED,
    S.TRIAGED,
    S.WIPING,
    S.WIPED,
    S.DIAGNOSED,
    S.INSTALLED,
    S.QUALITY_CHECKED,
    S.IN_STOCK,
)
#: Where a machine turns off the line, and by which action.
TURNS: dict[Status, tuple[Status, Action]] = {
    S.WIPE_FAILED: (S.WIPING, A.RECORD_WIPE),
    S.IN_REPAIR: (S.DIAGNOSED, A.REPAIR),
    S.WAITING_PART: (S.DIAGNOSED, A.REPAIR),
    S.LOCKED: (S.TRIAGED, A.LOCK),
    S.PARTS: (S.DIAGNOSED, A.DISMANTLE),
    S.WEEE: (S.WIPED, A.SCRAP),
    S.DESTROYED: (S.WIPED, A.DESTROY),
    S.RETURNED_TO_SUPPLIER: (S.TRIAGED, A.GIVE_BACK),
    S.MISSING: (S.INSTALLED, A.LOSE),
    S.STOLEN: (S.QUALITY_CHECKED, A.STEAL),
}


def work(world: World, born: list[Born]) -> None:
    """Bring every machine along its story."""
    for count, each in enumerate(born):
        _tell(world, each, each.device.created_at)
        if count % 40 == 39:
            world.session.commit()
    world.session.commit()


def _tell(world: World, each: Born, start: datetime) -> None:
    stop, turn = TURNS.get(each.fate, (each.fate if each.fate in LINE else S.IN_STOCK, None))
    form = each.machine.model.form
    if form in WITHOUT_SYSTEM:
        stop = _without_system(stop)
    steps = LINE[1 : LINE.index(stop) + 1]
    end = min(start + timedelta(days=world.rng.uniform(8, 34)), world.now - timedelta(hours=world.rng.uniform(3, 60)))
    moments = iter(world.between(start + timedelta(hours=1), max(end, start + timedelta(hours=2)), len(steps) + 4))
    technician = world.actor(each.workshop, Role.TECHNICIAN)
    controller = world.actor(each.workshop, Role.CONTROLLER)
    for step in steps:
        _step(world, each, step, moments, technician, controller)
    if turn is not None:
        _turn(world, each, turn, moments, technician, controller)


def _without_system(stop: Status) -> Status:
    """A screen goes from the sorting table to its control."""
    return {S.WIPING: S.TRIAGED, S.WIPED: S.TRIAGED, S.DIAGNOSED: S.TRIAGED, S.INSTALLED: S.TRIAGED}.get(stop, stop)


def _step(
    world: World, each: Born, step: Status, moments: Iterator[datetime], technician: Actor, controller: Actor
) -> None:
    session, device, rng, machine = world.session, each.device, world.rng, each.machine
    holds_system = machine.model.form not in WITHOUT_SYSTEM
    if not holds_system and step in (S.WIPING, S.WIPED, S.DIAGNOSED, S.INSTALLED):
        return
    at = next(moments)
    match step:
        case S.INVENTORIED:
            if device.serial is None:
                services.edit(session, device, serial=machine.serial, by=technician, at=at)
            services.move(session, device, A.INVENTORY, by=technician, at=at)
            services.mark_labelled(session, device, layout="L7160", by=technician, at=at + timedelta(minutes=1))
        case S.TRIAGED:
            outcome = {S.PARTS: "parts", S.WEEE: "weee", S.LOCKED: "locked"}.get(each.fate, "install")
            services.move(session, device, A.TRIAGE, by=technician, at=at, payload={"outcome": outcome})
            if holds_system and machine.model.form is not Form.TABLET and each.fate is not S.WIPED:
                # The bench's live system is started before anything is wiped: it lists the disks.
                file_report(world, each, evidence.lshw(machine), "lshw.json", technician, at + timedelta(minutes=6))
                _look(world, each, technician, at + timedelta(minutes=9))
            elif holds_system:
                for disk in machine.disks:
                    kind, model = MediumKind(disk.kind), disk.model if disk.kind != "emmc" else None
                    serial = disk.serial if disk.kind != "emmc" else None
                    media.add(
                        session,
                        device,
                        kind=kind,
                        model=model,
                        serial=serial,
                        size_gb=disk.size_gb,
                        by=technician,
                        at=at,
                    )
                _look(world, each, technician, at + timedelta(minutes=9))
        case S.WIPING:
            services.move(session, device, A.START_WIPE, by=technician, at=at)
        case S.WIPED:
            _wipe(world, each, at, technician)
        case S.DIAGNOSED:
            if device.status is S.WIPED:
                services.move(session, device, A.DIAGNOSE, by=technician, at=at)
        case S.INSTALLED:
            system = world.systems[2 if rng.random() < 0.12 else rng.choice((0, 0, 0, 1, 3))]
            workshop.install(session, device, system, by=technician, at=at)
        case S.QUALITY_CHECKED:
            _control(world, each, at, controller)
        case S.IN_STOCK:
            _stock(world, each, at, controller)


def file_report(
    world: World, each: Born, raw: bytes, name: str, by: Actor, at: datetime, *, scanned: bool = True
) -> None:
    """Bring a report as a bench does: the machine's label `scanned` first, or the report alone to say whose it is."""
    report, _known = reports.keep(world.session, raw, by=by, at=at, file_name=name)
    reports.take(world.session, report, by=by, at=at, zone=zone(), device=each.device if scanned else None)


def _look(world: World, each: Born, by: Actor, at: datetime) -> None:
    """Write what no report says: the screen measured, the battery held to its word, the camera tried."""
    model = each.machine.model
    told: dict[str, object] = {}
    if model.screen and each.device.screen_in is None:
        told["screen_in"] = model.screen
    if each.machine.battery_pct is not None:
        told |= {"has_battery": True, "battery_pct": each.machine.battery_pct}
    if model.form is Form.TABLET:
        told |= {"cpu_model": model.cpu, "cpu_cores": model.cores, "ram_mb": each.machine.ram_gb * 1024}
    if model.webcam:
        told["webcam"] = True
    if told:
        services.edit(world.session, each.device, by=by, at=at, **told)
    grades.regrade(world.session, each.device)


def _wipe(world: World, each: Born, at: datetime, by: Actor) -> None:
    """Wipe every medium: by a log for disks, by an attested reset for tablets. A hard disk may need a second look."""
    session, rng = world.session, world.rng
    ended = at.astimezone(zone())
    for disk in each.machine.disks:
        if disk.kind == "emmc":
            medium = queries.media_of(session, each.device.id)[0]
            wipes.record_wipe(
                session, medium, outcome=Outcome.OK, source=WipeSource.MANUAL, method="Réinitialisation d'usine",
                by=by, at=at,
            )  # fmt: skip
            continue
        warning = "verify errors ignored on" if disk.kind == "hdd" and rng.random() < 0.25 else ""
        raw = evidence.nwipe(disk, ended, warning=warning)
        file_report(world, each, raw, "nwipe.log", by, at + timedelta(minutes=3))
    if each.device.status in (S.WIPED, S.DIAGNOSED):
        return
    # A reservation: somebody else looks at it and says why it is good.
    controller = world.actor(each.workshop, Role.CONTROLLER)
    for medium in queries.media_of(session, each.device.id):
        if queries.medium_state(medium).value == "reservation":
            reason = "Avertissement sans effet sur les données : vérification relue."
            wipes.accept_reservation(session, medium, reason=reason, by=controller, at=at + timedelta(hours=1))


def _control(world: World, each: Born, at: datetime, controller: Actor) -> None:
    session, rng, device = world.session, world.rng, each.device
    model = each.machine.model
    ticks = {point.code: checklist.Tick.OK.value for point in checklist.points_for(device.form)}
    if not model.webcam and "webcam" in ticks:
        ticks |= {"webcam": checklist.Tick.NOT_APPLICABLE.value, "microphone": checklist.Tick.NOT_APPLICABLE.value}
    grade = rng.choices((Grade.A, Grade.B, Grade.C), (4, 5, 2))[0]
    defects = rng.choice(names.DEFECTS) if grade is not Grade.A and rng.random() < 0.6 else None
    workshop.control(
        session, device, ticks=ticks, grade=grade, charger=model.charger, defects=defects, by=controller, at=at
    )


def _stock(world: World, each: Born, at: datetime, controller: Actor) -> None:
    session, device = world.session, each.device
    if device.form in NEEDS_SET:
        sets.assemble(
            session, device, has_monitor=True, has_keyboard=True, has_mouse=True, has_cables=True, by=controller, at=at
        )
        services.edit(session, device, screen_in=22.0, by=controller, at=at + timedelta(minutes=1))
    services.move(session, device, A.STOCK, by=controller, at=at + timedelta(minutes=2))
    shelves = world.shelves[each.workshop.id]
    if shelves:
        place = world.rng.choice(shelves)
        services.put_at(session, device, place.id, by=controller, at=at + timedelta(minutes=3))


def _turn(
    world: World, each: Born, action: Action, moments: Iterator[datetime], technician: Actor, controller: Actor
) -> None:
    """Take the machine off the line."""
    session, device, at = world.session, each.device, next(moments)
    match action:
        case A.RECORD_WIPE:
            _fail_wipe(world, each, at, technician)
        case A.REPAIR:
            services.move(session, device, A.REPAIR, by=technician, at=at, payload={"reason": "panel"})
            if each.fate is S.WAITING_PART:
                later = next(moments)
                services.move(
                    session, device, A.WAIT_PART, by=technician, at=later, payload={"part": "Dalle 14 pouces"}
                )
        case A.GIVE_BACK:
            motive = "Retour demandé par le donateur"
            services.move(session, device, A.GIVE_BACK, by=controller, at=at, payload={"motive": motive})
        case A.STEAL:
            coordination = world.bodies[names.COORDINATION.name]
            coordinator = world.actor(coordination, Role.COORDINATOR)
            services.move(session, device, A.STEAL, by=coordinator, at=at, payload={"motive": "Effraction"})
        case _:
            services.move(session, device, action, by=controller, at=at)


def _fail_wipe(world: World, each: Born, at: datetime, by: Actor) -> None:
    disks = [disk for disk in each.machine.disks if disk.kind != "emmc"]
    if not disks:
        return
    for disk in disks:
        raw = evidence.nwipe(disk, at.astimezone(zone()), status="Failed")
        file_report(world, each, raw, "nwipe.log", by, at + timedelta(minutes=2))
