"""The bench: installation, control, settings, what waits, shelves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from refurb.core.checklist import ChecklistRefused, passes, points_for
from refurb.core.equipment import Form
from refurb.core.permissions import Role
from refurb.core.workflow import Action, SecondPerson, Status, TransitionRefused
from tests.conftest import NOON

if TYPE_CHECKING:
    from refurb.accounts.models import Account
    from refurb.db import Session
    from refurb.devices.models import Device
    from refurb.organisations.models import Organisation
    from refurb.security import Actor
    from refurb.workshop.models import OperatingSystem
    from tests.visitor import Visitor

HOUR = timedelta(hours=1)
#: What a report would have said of a laptop that serves P2, its label and its charger.
HARDWARE: dict[str, Any] = {
    "cpu_model": "Intel(R) Core(TM) i5-8350U CPU @ 1.70GHz",
    "cpu_cores": 4,
    "ram_mb": 8192,
    "screen_in": 14.0,
    "has_battery": True,
    "battery_pct": 82,
    "labelled_at": NOON,
    "charger": "USB-C 65 W",
}


@pytest.fixture
def mint(session: Session) -> OperatingSystem:
    """A system of the catalogue."""
    from refurb.workshop.models import OperatingSystem

    made = OperatingSystem(name="Linux Mint", release="22.1", family="linux", end_of_support=date(2029, 4, 30))
    session.add(made)
    session.flush()
    return made


@pytest.fixture
def wiped(session: Session, make_device: Callable[..., Device], workshop: Organisation) -> Device:
    """A laptop without a disk, inventoried and sorted: wiped, and diagnosed."""
    from refurb.devices import services
    from refurb.security import Actor

    device = make_device(holder=workshop, media_known=True)
    for action in (Action.INVENTORY, Action.TRIAGE, Action.DIAGNOSE):
        services.move(session, device, action, by=Actor.system(), at=NOON)
    return device


def all_well(form: Form = Form.LAPTOP, **changes: str) -> dict[str, str]:
    return {point.code: "ok" for point in points_for(form)} | changes


def test_a_page_with_a_gap_is_refused_and_a_defect_does_not_pass() -> None:
    assert passes(Form.LAPTOP, all_well())
    assert passes(Form.LAPTOP, all_well(webcam="not_applicable"))
    assert not passes(Form.LAPTOP, all_well(hinges="failed"))
    for ticks in (all_well(hinges="not_applicable"), {}):
        with pytest.raises(ChecklistRefused) as caught:
            passes(Form.LAPTOP, ticks)
        assert caught.value.code == "incomplete"
    with pytest.raises(ChecklistRefused) as caught:
        passes(Form.MONITOR, all_well())
    assert caught.value.code == "unknown-point"


def test_installation_keeps_system_and_end_of_support(
    session: Session, wiped: Device, mint: OperatingSystem, technician: Actor
) -> None:
    from refurb.workshop import queries, services

    moved = services.install(session, wiped, mint, by=technician, at=NOON)
    assert moved is not None
    assert moved.after is Status.INSTALLED
    assert (wiped.os_name, wiped.os_version, wiped.os_end_of_support) == ("Linux Mint", "22.1", date(2029, 4, 30))
    installation = queries.installation_of(session, wiped.id)
    assert installation is not None
    assert (installation.installed_by_id, installation.first_boot) == (technician.id, "oem")


def test_an_installation_that_is_refused_leaves_nothing(
    session: Session,
    make_device: Callable[..., Device],
    workshop: Organisation,
    mint: OperatingSystem,
    technician: Actor,
) -> None:
    from refurb.workshop import queries, services

    device = make_device(holder=workshop)
    with pytest.raises(TransitionRefused):
        services.install(session, device, mint, by=technician, at=NOON)
    assert queries.installation_of(session, device.id) is None
    assert device.os_name is None


def test_a_wipe_takes_the_system_with_it(
    session: Session, wiped: Device, mint: OperatingSystem, technician: Actor
) -> None:
    from refurb.core.media import Outcome, WipeSource
    from refurb.devices import media, wipes
    from refurb.workshop import queries, services

    services.install(session, wiped, mint, by=technician, at=NOON)
    disk = media.add(session, wiped, serial="X1", by=technician, at=NOON + HOUR)
    wipes.record_wipe(session, disk, outcome=Outcome.OK, source=WipeSource.MANUAL, by=technician, at=NOON + 2 * HOUR)
    assert queries.installation_of(session, wiped.id) is None


@pytest.mark.parametrize(
    ("second", "code"),
    [(SecondPerson.REQUIRED, "second-person"), (SecondPerson.PREFERRED, None), (SecondPerson.OFF, None)],
)
def test_the_control_by_a_second_person(
    session: Session,
    wiped: Device,
    mint: OperatingSystem,
    controller: Actor,
    technician: Actor,
    workshop: Organisation,
    second: SecondPerson,
    code: str | None,
) -> None:
    from refurb.devices.models import Grade
    from refurb.workshop import services

    services.choose(
        session,
        workshop.id,
        scanned_steps=list(Action),
        second_person=second,
        default_os_id=None,
        by=controller,
        at=NOON,
    )
    services.install(session, wiped, mint, by=controller, at=NOON)
    page: dict[str, Any] = {
        "ticks": all_well(),
        "grade": Grade.B,
        "charger": "USB-C 65 W",
        "by": controller,
        "at": NOON,
    }
    if code is None:
        _page, moved = services.control(session, wiped, **page)
        assert moved is not None
        assert moved.flags == ("same-person",)
    else:
        with pytest.raises(TransitionRefused) as caught:
            services.control(session, wiped, **page)
        assert caught.value.code == code
        assert wiped.cosmetic_grade is None


def test_a_control_that_fails_is_kept_and_moves_nothing(
    session: Session, wiped: Device, mint: OperatingSystem, technician: Actor, controller: Actor
) -> None:
    from refurb.devices import queries, services
    from refurb.devices.models import Grade
    from refurb.workshop import services as bench

    bench.install(session, wiped, mint, by=technician, at=NOON)
    page, moved = bench.control(session, wiped, ticks=all_well(webcam="failed"), grade=Grade.C, by=controller, at=NOON)
    assert (page.passed, moved, wiped.status) == (False, None, Status.INSTALLED)
    assert wiped.webcam is False
    with pytest.raises(TransitionRefused) as caught:
        services.move(session, wiped, Action.CONTROL, by=controller, at=NOON)
    assert caught.value.code == "checklist-failed"
    _page, moved = bench.control(session, wiped, ticks=all_well(), grade=Grade.B, by=controller, at=NOON + HOUR)
    assert moved is not None
    assert queries.by_id(session, wiped.id) is not None
    assert wiped.webcam is True


def test_a_workshop_that_scans_the_least_stocks_in_one_scan(
    session: Session,
    make_device: Callable[..., Device],
    mint: OperatingSystem,
    workshop: Organisation,
    controller: Actor,
) -> None:
    from refurb.core.media import Outcome, WipeSource
    from refurb.devices import media, services, wipes
    from refurb.devices.models import Grade, MediumKind
    from refurb.workshop import queries
    from refurb.workshop import services as bench

    bench.choose(
        session,
        workshop.id,
        scanned_steps=[],
        second_person=SecondPerson.OFF,
        default_os_id=mint.id,
        by=controller,
        at=NOON,
    )
    device = make_device(holder=workshop, **HARDWARE)
    disk = media.add(session, device, kind=MediumKind.SSD, serial="S1", size_gb=256, by=controller, at=NOON)
    wipes.record_wipe(session, disk, outcome=Outcome.OK, source=WipeSource.MANUAL, by=controller, at=NOON)
    with pytest.raises(TransitionRefused) as caught:
        services.move(session, device, Action.STOCK, by=controller, at=NOON)
    assert caught.value.code == "checklist-missing"
    assert queries.installation_of(session, device.id) is None
    _page, moved = bench.control(session, device, ticks=all_well(), grade=Grade.A, by=controller, at=NOON)
    assert moved is not None
    assert [step.action.value for step in moved.implied] == ["diagnose", "install"]
    stocked = services.move(session, device, Action.STOCK, by=controller, at=NOON)
    assert stocked.after is Status.IN_STOCK
    # What was installed is the workshop's usual system, and says so.
    installation = queries.installation_of(session, device.id)
    assert installation is not None
    assert installation.os_id == mint.id


# -- Pages ------------------------------------------------------------------------------------------------------------
@pytest.fixture
def control(visitor: Visitor, make_account: Callable[..., Account], workshop: Organisation) -> Visitor:
    return visitor.sign_in(make_account({workshop: [Role.CONTROLLER]}), workshop)


def test_from_the_system_to_the_stock_on_the_pages(
    control: Visitor, wiped: Device, mint: OperatingSystem, session: Session
) -> None:
    from refurb.devices.models import Device

    page = control.get(f"/devices/{wiped.code}")
    assert page.one(".next-title").get_text(strip=True) == "Installer le système"
    assert "indiquez-le" in page.words()
    control.get(f"/workshop/{wiped.code}/install")
    page = control.submit(status=422)
    assert "Choisissez le système posé." in page.words()
    page = control.submit(os_id=str(mint.id))
    assert "Linux Mint 22.1" in page.words()
    control.get(f"/workshop/{wiped.code}/control")
    page = control.submit(status=422)
    assert "À cocher." in page.words()
    ticks: dict[str, Any] = {f"tick_{code}": tick for code, tick in all_well(webcam="not_applicable").items()}
    page = control.submit(grade="B", charger="USB-C 65 W", **ticks)
    assert "Contrôle réussi" in page.words()
    assert page.one(".next-title").get_text(strip=True) == "Entrer en stock"
    missing = page.one(".next").get_text(" ")
    assert "Elle n'a pas d'étiquette" in missing
    assert "à quel usage elle convient" in missing
    device = session.get_one(Device, wiped.id)
    device.labelled_at, device.profiles = NOON, ["P1"]
    session.flush()
    page = control.get(f"/devices/{wiped.code}")
    assert not page.select(".next .plain"), page.one(".next").get_text(" ")
    page = control.submit(".next form")
    assert "En stock" in page.one(".page-head").get_text()


def test_the_checklist_of_a_screen_is_short(
    control: Visitor, make_device: Callable[..., Device], workshop: Organisation
) -> None:
    device = make_device(holder=workshop, form=Form.MONITOR)
    page = control.get(f"/workshop/{device.code}/control")
    assert len(page.select("fieldset.choices-inline")) == len(points_for(Form.MONITOR))
    assert "touches" not in page.words()


def test_what_waits_and_where_it_leads(
    control: Visitor, make_device: Callable[..., Device], workshop: Organisation
) -> None:
    assert "Rien n'attend" in control.get("/workshop").words()
    device = make_device(holder=workshop)
    page = control.get("/workshop")
    assert "À inventorier" in page.words()
    link = page.one(".todo a")
    assert str(device.model) in control.get(str(link["href"])).words()


def test_a_workshop_chooses_what_it_scans(control: Visitor, workshop: Organisation, session: Session) -> None:
    from refurb.workshop import queries

    control.get("/workshop/settings")
    page = control.submit(scanned_steps=["triage", "control"], second_person="required")
    assert "enregistrés" in page.words()
    assert queries.scanned_steps(session, workshop.id) == [Action.TRIAGE, Action.CONTROL]


def test_the_catalogue_refuses_a_double(control: Visitor, mint: OperatingSystem) -> None:
    control.get("/workshop/systems/new")
    page = control.submit(name="Linux Mint", release="22.1", status=422)
    assert "déjà au catalogue" in page.words()
    page = control.submit(name="PrimTux", release="8", end_of_support="2026-12-31")
    assert "PrimTux 8" in page.words()
    assert "Bientôt finies" in page.words()


def test_shelves_are_made_with_their_codes(control: Visitor, workshop: Organisation, session: Session) -> None:
    from refurb.organisations.queries import places_of

    control.get("/workshop/places")
    page = control.submit("main form", names="A1\nA2\n\nA1")
    assert "Les places sont créées" in page.words()
    assert [place.name for place in places_of(session, workshop.id)] == ["A1", "A2"]
    page = control.submit("main form", names="B1\nA2", status=422)
    assert "A2 : Une de vos places porte déjà ce nom." in page.words()
    assert [place.name for place in places_of(session, workshop.id)] == ["A1", "A2"]
