"""What the workshops proved, and what they still ask: certificates of wiping, a disk destroyed, reports in doubt."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from refurb.core.permissions import Role
from refurb.core.workflow import Status
from refurb.demo import bench, evidence, names
from refurb.demo.gifts import Born
from refurb.demo.world import World
from refurb.devices import queries, wipes
from refurb.donations import queries as donations
from refurb.donations import wipe_certificates
from refurb.donations.models import Lot, LotShare
from refurb.web import zone

#: A machine whose clock stopped at its maker's writes its log in that year.
DEAD_CLOCK = datetime(2012, 1, 1, 0, 47, tzinfo=UTC)
#: Gifts so old are proved as a whole.
LONG_AGO = timedelta(days=90)


def tell(world: World, born: Sequence[Born]) -> None:
    """Tell what is proved and what is asked, in the workshop of the demo's own accounts wherever it has such a one."""
    own = names.WORKSHOPS[0].name
    machines = sorted(born, key=lambda each: each.workshop.name != own)
    _destroy_a_disk(world, machines)
    _leave_to_a_controller(world, machines)
    _doubt(world, machines)
    for each in _some(machines, 2, lambda each: each.device.status is Status.IN_STOCK and bool(each.machine.disks)):
        _certify(world, each)
    _certify_gifts(world)
    world.session.flush()


def _some(machines: Sequence[Born], count: int, wanted: Callable[[Born], bool]) -> list[Born]:
    return [each for each in machines if wanted(each)][:count]


def _with_disk(status: Status) -> Callable[[Born], bool]:
    return lambda each: each.device.status is status and any(disk.kind != "emmc" for disk in each.machine.disks)


def _lately(world: World, each: Born) -> datetime:
    """Return a moment of the latest working hours, after all that befell the machine."""
    return max(world.at_work(world.now - timedelta(hours=2)), each.device.status_since + timedelta(minutes=10))


def _destroy_a_disk(world: World, machines: Sequence[Born]) -> None:
    """A disk that failed can only be destroyed: it was, and the certificate says how."""
    (each,) = _some(machines, 1, _with_disk(Status.WIPE_FAILED))
    controller, at = world.actor(each.workshop, Role.CONTROLLER), _lately(world, each)
    for disk in queries.media_of(world.session, each.device.id):
        wipes.destroy(world.session, disk, method="Perçage en trois points, puis DEEE", by=controller, at=at)
    _certify(world, each, after=timedelta(minutes=4))


def _leave_to_a_controller(world: World, machines: Sequence[Born]) -> None:
    """Two runs that ended well, or so they say: one with a reservation, one at an impossible hour."""
    reserved, dead = _some(machines, 2, _with_disk(Status.WIPING))
    for each, ended, warning in ((reserved, None, "verify errors ignored on"), (dead, DEAD_CLOCK, "")):
        at, technician = _lately(world, each), world.actor(each.workshop, Role.TECHNICIAN)
        raw = evidence.nwipe(each.machine.disks[0], (ended or at).astimezone(zone()), warning=warning)
        bench.file_report(world, each, raw, "nwipe.log", technician, at + timedelta(minutes=2))


def _doubt(world: World, machines: Sequence[Born]) -> None:
    """Three reports that a person settles: the serial of another machine, the disk of another, a machine unknown."""
    labelled, moved = _some(machines, 2, _with_disk(Status.DIAGNOSED))
    technician, at = world.actor(labelled.workshop, Role.TECHNICIAN), _lately(world, labelled)
    # Two labels changed places on the bench, or so it seems.
    other = replace(labelled.machine, serial="8XJ4T72")
    bench.file_report(world, labelled, evidence.lshw(other), "lshw-etabli-2.json", technician, at)
    # The disk of one machine in another, which nobody has a sheet of.
    other = replace(moved.machine, serial="5CG7042QXR", ram_gb=16)
    technician, at = world.actor(moved.workshop, Role.TECHNICIAN), _lately(world, moved)
    bench.file_report(world, moved, evidence.lshw(other), "lshw-etabli-3.json", technician, at, scanned=False)
    other = replace(moved.machine, serial="PF0Z9QRT", disks=())
    bench.file_report(world, moved, evidence.lshw(other), "lshw-sans-etiquette.json", technician, at, scanned=False)


def _certify(world: World, each: Born, after: timedelta = timedelta()) -> None:
    controller = world.actor(each.workshop, Role.CONTROLLER)
    at = _lately(world, each) + after
    wipe_certificates.certify_device(world.session, each.device, language="fr", by=controller, at=at)


def _certify_gifts(world: World) -> None:
    """The certificate of a whole gift, as its giver asked for it: for the oldest ones, workshop by workshop."""
    query = sa.select(LotShare).where(LotShare.counted_at < world.now - LONG_AGO).order_by(LotShare.id)
    for share in world.session.scalars(query):
        lot = world.session.get_one(Lot, share.lot_id)
        workshop = next(body for body in world.bodies.values() if body.id == share.workshop_id)
        came = donations.arrivals_of(world.session, share.id)
        controller = world.actor(workshop, Role.CONTROLLER)
        wipe_certificates.certify_lot(world.session, lot, workshop, came, by=controller, at=world.ago(1.5))
