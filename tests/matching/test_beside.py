"""A screen or a printer that enters stock: what it is for, in a sentence, with what waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from refurb.core.equipment import Form
from refurb.core.needs import Ergonomics
from refurb.core.permissions import Role
from refurb.core.workflow import Status
from tests.conftest import NOON

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.devices.models import Device
    from refurb.organisations.models import Organisation
    from tests.department import MakeNeed, StockDevice
    from tests.factories import MakeAccount
    from tests.visitor import Page, Visitor


@pytest.fixture
def bench(visitor: Visitor, make_account: MakeAccount, workshop: Organisation) -> Visitor:
    return visitor.sign_in(make_account({workshop: [Role.TECHNICIAN, Role.CONTROLLER]}))


@pytest.fixture
def screen(stock_device: StockDevice) -> Any:
    def make(**values: Any) -> Device:
        given = {"form": Form.MONITOR, "model": "P2419H", "cpu_class": None, "screen_in": 24.0, "has_battery": False}
        return stock_device(**given | values)

    return make


@pytest.fixture
def base(make_device: Any, workshop: Organisation) -> Any:
    def make(status: Status = Status.QUALITY_CHECKED, **values: Any) -> Device:
        given = {"form": Form.DESKTOP, "holder": workshop, "cpu_class": 3, "ram_mb": 8192, "storage_gb": 256}
        device: Device = make_device(**given | values)
        device.status = status
        return device

    return make


def whom(bench: Visitor, device: Device) -> Page:
    return bench.get(f"/matching/devices/{device.code}/whom?next=/scan", headers={"HX-Request": "true"})


def codes(page: Page, selector: str = ".whom-list .code") -> list[str]:
    return [tag.get_text(strip=True).replace(" ", "") for tag in page.select(selector)]


def test_a_screen_names_the_base_units_that_wait_for_one(
    bench: Visitor, session: Session, screen: Any, base: Any, make_need: MakeNeed
) -> None:
    nearly, later, _received = base(), base(Status.DIAGNOSED), base(Status.RECEIVED)
    session.flush()
    large, _plain = make_need(ergonomics=frozenset({Ergonomics.LARGE_SCREEN})), make_need()
    page = whom(bench, screen())
    assert "Cet écran complète un poste fixe" in page.words()
    assert "2 unités centrales se préparent ici sans écran" in page.words().replace("\u00a0", " ")
    assert codes(page, ".whom > p a") == [nearly.code, later.code]
    assert codes(page) == [large.code]
    assert not page.select("form")
    assert "classe de puissance" not in page.words()
    # Nothing is proposed by who only looks at what a screen is for.
    page = bench.post(f"/matching/devices/{screen().code}/whom", {"need": large.code, "next": "/scan"})
    assert "vous n'avez plus rien à faire" in page.words()


def test_a_screen_whose_size_nobody_wrote_is_measured(bench: Visitor, screen: Any, make_need: MakeNeed) -> None:
    make_need(ergonomics=frozenset({Ergonomics.LARGE_SCREEN}))
    unmeasured = screen(screen_in=None)
    page = whom(bench, unmeasured)
    assert "aucune n'est en préparation ici" in page.words()
    assert page.select(f'a[href$="/devices/{unmeasured.code}/edit"]')
    assert not codes(page)
    assert "Noter sa taille" not in whom(bench, screen(screen_in=15.0)).words()


def test_the_screen_of_a_set_is_for_whom_the_set_is(
    bench: Visitor, session: Session, screen: Any, stock_device: StockDevice, make_need: MakeNeed
) -> None:
    from refurb.core.identity import CodeKind
    from refurb.devices.models import DeviceSet
    from refurb.organisations.codes import next_code

    need = make_need(ergonomics=frozenset({Ergonomics.LARGE_SCREEN}))
    monitor, machine = screen(), stock_device(form=Form.DESKTOP, screen_in=None, has_battery=False)
    session.add(
        DeviceSet(
            code=next_code(session, CodeKind.KIT),
            base_id=machine.id,
            monitor_id=monitor.id,
            has_monitor=True,
            has_keyboard=True,
            has_mouse=True,
            has_cables=True,
            made_at=NOON,
        )
    )
    session.flush()
    page = whom(bench, monitor)
    assert "Cet écran va avec son unité centrale" in page.words()
    assert codes(page) == [need.code]
    page = bench.post(f"/matching/devices/{monitor.code}/whom", {"need": need.code, "next": "/scan"})
    assert "la coordination décide" in page.words()


def test_a_printer_is_for_nobody_and_a_machine_without_class_is_read(
    bench: Visitor, stock_device: StockDevice, make_need: MakeNeed
) -> None:
    make_need()
    printer = stock_device(form=Form.PRINTER, cpu_class=None, screen_in=None)
    assert "Aucune demande ne porte sur ce genre de matériel" in whom(bench, printer).words()
    page = bench.get(f"/matching/devices/{printer.code}")
    assert "Aucune demande ne porte sur ce genre de matériel" in page.words()
    unread = stock_device(cpu_class=None)
    assert "un relevé de la machine la donnera" in whom(bench, unread).words()
    answer = bench.client.get(f"/matching/devices/{printer.code}/whom", headers={"Accept": "application/json"}).json
    assert answer == {"state": "unmatched", "device": printer.code, "rows": [], "purpose": "nobody-asks", "bases": []}
