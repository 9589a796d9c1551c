"""What the database narrows and orders is what the core says of the whole stock."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from refurb.core import matching as core
from refurb.core.equipment import Form, Mode, Origin, Regime
from refurb.core.permissions import OrganisationRole
from tests.conftest import NOON

if TYPE_CHECKING:
    from refurb.db import Session
    from tests.factories import MakeOrganisation, MakePlace

FORMS = ["laptop", "desktop", "all_in_one", "tablet"]
EPCI = ["244900015", "200071678", "200071876"]
COMMUNES = {"244900015": ["49007", "49015"], "200071678": ["49099"], "200071876": ["49328"]}


@pytest.fixture
def stock_of_all_sorts(session: Session, make_organisation: MakeOrganisation, make_place: MakePlace) -> random.Random:
    """Eighty machines that differ in everything that is compared, unknown values among them."""
    from refurb.core.equipment import DiskWish
    from refurb.core.identity import CodeKind, mint
    from refurb.core.workflow import Status
    from refurb.devices.models import Device, DeviceSet
    from refurb.organisations.models import LegalType, PlaceKind

    rng = random.Random(49)
    holders = []
    for legal_type in (LegalType.ASSOCIATION, LegalType.ASSOCIATION_GENERAL_INTEREST, LegalType.SOCIAL_ENTERPRISE):
        for perimeter in (None, [EPCI[0]], EPCI[1:]):
            epci = rng.choice(EPCI)
            workshop = make_organisation(
                OrganisationRole.REFURBISHER,
                legal_type=legal_type,
                perimeter=perimeter,
                epci_code=epci,
                commune_code=rng.choice(COMMUNES[epci]),
            )
            far = rng.choice(EPCI)
            shelf = make_place(workshop, PlaceKind.SHELF, epci_code=far, commune_code=rng.choice(COMMUNES[far]))
            holders.append((workshop, shelf))
    for number in range(80):
        workshop, shelf = rng.choice(holders)
        device = Device(
            code=mint(CodeKind.DEVICE, 49900000 + number),
            form=rng.choice(
                [Form.LAPTOP, Form.LAPTOP, Form.DESKTOP, Form.MINI_PC, Form.ALL_IN_ONE, Form.TABLET, Form.SERVER]
            ),
            model=rng.choice(["A", "B"]),
            origin=rng.choice(list(Origin)),
            regime=rng.choice(list(Regime)),
            disk_wish=DiskWish.WIPE,
            holder_id=workshop.id,
            place_id=rng.choice([shelf.id, None]),
            status=Status.IN_STOCK if rng.random() < 0.9 else Status.RESERVED,
            status_since=NOON,
            opened_at=NOON,
            in_stock_since=NOON,
            cpu_class=rng.choice([None, 0, 1, 2, 3, 4]),
            ram_mb=rng.choice([None, 2048, 4096, 8192, 16384]),
            storage_gb=rng.choice([None, 0, 120, 240, 256, 512]),
            screen_in=rng.choice([None, 13.3, 15.6, 22.0]),
            webcam=rng.choice([True, False, None]),
            has_battery=rng.choice([True, False, None]),
            battery_pct=rng.choice([None, 40, 60, 90]),
            os_name=rng.choice([None, "Linux Mint", "Windows 11"]),
            created_at=NOON,
        )
        session.add(device)
        session.flush()
        if device.form is Form.DESKTOP and rng.random() < 0.5:
            screen = Device(
                code=mint(CodeKind.DEVICE, 49910000 + number),
                form=Form.MONITOR,
                origin=Origin.PRIVATE,
                regime=Regime.GIFT,
                disk_wish=DiskWish.WIPE,
                holder_id=workshop.id,
                status=Status.IN_STOCK,
                status_since=NOON,
                opened_at=NOON,
                screen_in=24.0,
                created_at=NOON,
            )
            session.add(screen)
            session.flush()
            kit = mint(CodeKind.KIT, 49900000 + number)
            session.add(DeviceSet(code=kit, base_id=device.id, monitor_id=screen.id, made_at=NOON))
    session.flush()
    return rng


def a_need(rng: random.Random) -> dict[str, Any]:
    epci = rng.choice(EPCI)
    asked = {
        "class": rng.choice([0, 1, 2, 3]),
        "ram_gb": rng.choice([4, 8, 16]),
        "storage_gb": rng.choice([64, 120, 240, 256]),
        "screen_in": rng.choice([13, 17, 22]),
        "webcam": rng.choice([True, False]),
        "battery_pct": rng.choice([50, 60, 70]),
    }
    return {
        "id": "N",
        "forms": rng.sample(FORMS, rng.randint(1, 4)),
        "min": {name: value for name, value in asked.items() if rng.random() < 0.5},
        "os": rng.choice(["any", "any", "linux", "windows"]),
        "modes": rng.sample([mode.value for mode in Mode], rng.randint(1, 3)),
        "recipient": "household",
        "commune": rng.choice(COMMUNES[epci]),
        "epci": epci,
        "departement": "49",
        "prescriber": "1",
        "points": 1,
        "validated_on": "2026-11-01",
        "bundle": None,
    }


def test_the_database_narrows_as_the_core_decides(session: Session, stock_of_all_sorts: random.Random) -> None:
    from refurb.devices.models import Device
    from refurb.matching.narrowing import choose
    from refurb.matching.scenario import stock

    whole = stock(session)
    assert len(whole) > 40
    assert session.scalar(sa.select(sa.func.count()).select_from(Device)) != len(whole)
    served = 0
    for _ in range(60):
        need = a_need(stock_of_all_sorts)
        good, bad = core.suitable(whole, need), core.unsuitable(whole, need)
        chosen = choose(session, need, limit=1000)
        assert (chosen.good, chosen.good_count) == (good, len(good))
        assert (chosen.bad, chosen.bad_count) == (bad, len(bad))
        assert chosen.alone == core.relaxations(whole, need)
        few = choose(session, need, limit=3)
        assert [row.fit for row in few.good] == [row.fit for row in good[:3]]
        assert [len(row.gaps) for row in few.bad] == [len(row.gaps) for row in bad[:3]]
        for name, count in chosen.alone.items():
            only = choose(session, need, limit=1000, criterion=name)
            assert only.bad_count == len(only.bad) == count
            assert {gap.criterion for row in only.bad for gap in row.gaps} == {name}
        served += bool(good)
    assert served > 10


def test_the_open_needs_are_read_in_their_order_by_an_index(session: Session, database: str) -> None:
    """Its condition names the states; a parameter in their place would hide it from both databases."""
    from refurb.needs import queries
    from tests.department import TODAY

    asked: list[str] = []

    def note(*args: Any) -> None:
        asked.append(args[2])

    bind = session.connection()
    sa.event.listen(bind, "before_cursor_execute", note)
    assert list(queries.rows_for_matching(session, TODAY)) == []
    sa.event.remove(bind, "before_cursor_execute", note)
    assert "need.state IN ('validated', 'waiting')" in asked[-1]
    if database == "sqlite":
        # SQLite refuses an index that a condition does not let it use.
        session.execute(
            sa.text("SELECT id FROM need INDEXED BY ix_need_served WHERE state IN ('validated', 'waiting')")
        )
