"""Fill an empty database with the volume that Refurb promises to carry: 100,000 machines, 1,000,000 events and so on.

    scripts/make-volume [--devices N] [--events-each N] [--needs N] [--lots N] [--organisations N]

Writes into REFURB_INSTANCE or DATABASE_URL, which must hold no organisation, and prints the cookie of a signed-in
technician, for scripts/bench-scan. Two and a half years that end today:

- gifts with their lines, offered to workshops and counted, each machine born from a line where one was left;
- machines with the disk, the wipe, the report, the system and the checklist that their status supposes;
- needs of households in every state, with the points that their answers give; runs of the rule every second week with
  what they proposed, what was decided and whom they left, and a last one, calculated here, that waits for decisions;
- machines set aside, made ready, handed over with their appointment, called about, come back;
- papers of gifts, hand-overs and runs, numbered by issuer and year; those of a kind share their sealed bytes.

Every chain of events is a true one, every machine's status that of its last event, all bytes are those of their hash:
`refurb verify` finds it in order.
"""

import argparse
import json
import random
import sys
from datetime import UTC, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb import blobs
from refurb.cli.application import load_app
from refurb.core.equipment import Recipient
from refurb.core.identity import CodeKind
from refurb.db import get_session
from refurb.demo import evidence, names
from refurb.demo.volume.cases import Cases
from refurb.demo.volume.gifts import Gifts
from refurb.demo.volume.machines import Machines
from refurb.demo.volume.papers import Papers
from refurb.demo.volume.runs import EVERY, Runs
from refurb.demo.volume.world import World
from refurb.demo.volume.writing import Writer
from refurb.devices.readings.registry import read
from refurb.devices.reports import stored
from refurb.matching import estimates, planner
from refurb.needs import scoring
from refurb.organisations.models import CodeCounter, Organisation
from refurb.security import Actor
from refurb.territory.services import load as load_territory
from refurb.workshop.models import OperatingSystem


def reading(session: Session) -> tuple[str, Any]:
    """Return a report as the bench brings one: the hash of the bytes kept, and what was read in them."""
    model = next(model for model in names.MODELS if model.webcam)
    raw = evidence.lshw(evidence.Machine(model, "V0000000", 8, (evidence.Disk("ssd", "SSD 240", "S0000000", 240),), 78))
    found = read(raw)
    return blobs.put(session, raw, "application/json"), json.loads(json.dumps(stored(found)))


def fill(
    session: Session, *, devices: int, events_each: int, needs: int, lots: int, organisations: int, now: datetime
) -> str:
    """Write it all and commit; return the token of a signed-in technician's session."""
    draw = random.Random(49)
    since, needs_since = now - timedelta(days=930), now - timedelta(days=700)
    load_territory(session, "49", at=since)
    session.flush()
    world, writer = World(session, since, organisations), Writer(session)
    papers = Papers(draw, world, writer)
    system = OperatingSystem(name="Linux Mint", release="22.1")
    session.add(system)
    session.flush()
    gifts = Gifts(draw, world, writer, papers, lots, since, now - timedelta(days=1))
    machines = Machines(
        draw, world, writer, gifts, system_id=system.id, reading=reading(session), many=devices,
        events_each=events_each, since=since + timedelta(days=20), until=now - timedelta(days=6),
    )  # fmt: skip
    versions = scoring.table(session, Recipient.HOUSEHOLD).number, scoring.table(session, Recipient.STRUCTURE).number
    runs = Runs(draw, world, writer, needs_since + EVERY, now - timedelta(days=15), versions)
    cases = Cases(draw, world, writer, runs, papers, stock=machines.stock, many=needs, since=needs_since, now=now)
    runs.finish(papers, cases.begun)
    many = papers.write()
    last = {
        CodeKind.LOT: lots,
        CodeKind.DEVICE: devices,
        CodeKind.PLACE: world.places,
        CodeKind.HANDOVER: cases.handovers,
        CodeKind.TICKET: cases.tickets,
        CodeKind.DOCUMENT: many,
    }
    session.execute(sa.insert(CodeCounter), [{"kind": kind.value, "last": number} for kind, number in last.items()])
    writer.finish()
    session.commit()
    planner.make_run(session, dry=False, by=Actor.system(), at=now, seed="volume")
    estimates.estimate_all(session, now)
    session.commit()
    session.execute(sa.text("ANALYZE"))
    session.commit()
    return world.token


def main() -> None:
    """Read what is asked for, fill the database and print the cookie."""
    parser = argparse.ArgumentParser(
        "scripts/make-volume", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--devices", type=int, default=100_000)
    parser.add_argument("--events-each", type=int, default=10)
    parser.add_argument("--needs", type=int, default=20_000)
    parser.add_argument("--lots", type=int, default=4_000)
    parser.add_argument("--organisations", type=int, default=500)
    asked = parser.parse_args()
    with load_app().app_context():
        from refurb.migrations import schema

        session = get_session()
        if not schema.is_current():
            schema.upgrade()
        if session.scalar(sa.select(sa.func.count()).select_from(Organisation)):
            sys.exit("This database is not empty: nothing was written.")
        token = fill(session, **vars(asked), now=datetime.combine(datetime.now(UTC).date(), time(0, 5), UTC))
    print(f"\ncookie: refurb_session={token}")


if __name__ == "__main__":
    main()
