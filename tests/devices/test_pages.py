"""Visits to the machines' pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from refurb.core.equipment import Form
from refurb.core.permissions import OrganisationRole, Role
from refurb.core.workflow import Action, Status
from tests.conftest import NOON

if TYPE_CHECKING:
    from refurb.accounts.models import Account
    from refurb.db import Session
    from refurb.devices.models import Device, StorageMedium
    from refurb.organisations.models import Organisation
    from refurb.security import Actor
    from tests.visitor import Visitor

    MakeDevice = Callable[..., Device]
    MakeAccount = Callable[..., Account]


def typed(fields: dict[str, Any]) -> dict[str, Any]:
    """Return fields whose names are no Python names, for `submit`."""
    return fields


@pytest.fixture
def bench(visitor: Visitor, make_account: MakeAccount, workshop: Organisation) -> Visitor:
    """A visitor signed in as a technician."""
    return visitor.sign_in(make_account({workshop: [Role.TECHNICIAN]}), workshop)


@pytest.fixture
def control(visitor: Visitor, make_account: MakeAccount, workshop: Organisation) -> Visitor:
    """A visitor signed in as a controller."""
    return visitor.sign_in(make_account({workshop: [Role.CONTROLLER]}), workshop)


def test_the_list_finds_by_code_serial_and_model(
    bench: Visitor, make_device: MakeDevice, workshop: Organisation
) -> None:
    one = make_device(holder=workshop, maker="Dell", model="Latitude 5490", serial="7XQ2B13")
    make_device(holder=workshop, maker="Lenovo", model="ThinkPad L460")
    for text in (one.code, "latitude", "dell 5490", "7xq2-b13"):
        page = bench.get(f"/devices?q={text}")
        assert "Latitude 5490" in page.words(), text
        assert "L460" not in page.words(), text
    assert "Aucune machine ne répond" in bench.get("/devices?q=introuvable").words()


def test_the_list_asks_the_same_queries_for_one_row_and_for_ten(
    bench: Visitor, make_device: MakeDevice, workshop: Organisation, session: Session
) -> None:
    from refurb.db import db

    def count(address: str) -> int:
        seen: list[str] = []

        def listen(_c: object, _cur: object, statement: str, *_rest: object) -> None:
            seen.append(statement)

        sa.event.listen(db.engine, "before_cursor_execute", listen)
        try:
            bench.get(address)
        finally:
            sa.event.remove(db.engine, "before_cursor_execute", listen)
        return len(seen)

    make_device(holder=workshop)
    alone = count("/devices")
    for _ in range(9):
        make_device(holder=workshop)
    assert count("/devices") == alone


def test_a_workshop_sees_its_own_machines_only(
    bench: Visitor, make_device: MakeDevice, make_organisation: Callable[..., Organisation]
) -> None:
    other = make_device(holder=make_organisation(OrganisationRole.REFURBISHER), model="Ailleurs")
    assert "Ailleurs" not in bench.get("/devices").words()
    bench.get(f"/devices/{other.code}", status=404)
    bench.post(f"/devices/{other.code}/move", {"action": "inventory"}, status=404)


def test_the_page_says_what_to_do_next_and_one_button_does_it(
    bench: Visitor, make_device: MakeDevice, workshop: Organisation
) -> None:
    device = make_device(holder=workshop)
    page = bench.get(f"/devices/{device.code}")
    assert page.one(".next-title").get_text(strip=True) == "Inventorier"
    page = bench.submit(".next form")
    assert "inventorié" in page.words()
    assert page.one(".next-title").get_text(strip=True) == "Trier"


def test_sorting_asks_what_becomes_of_it(bench: Visitor, make_device: MakeDevice, workshop: Organisation) -> None:
    device = make_device(holder=workshop)
    bench.get(f"/devices/{device.code}")
    bench.submit(".next form")
    page = bench.get(f"/devices/{device.code}/move?action=triage")
    page = bench.submit(status=422)
    assert "Choisissez ce qu'on en fait." in page.words()
    page = bench.submit(outcome="parts")
    assert "Pour pièces" in page.words()
    assert "Garder pour pièces" in page.one(".next-title").get_text()


def test_a_device_not_wiped_stays_on_the_bench(bench: Visitor, make_device: MakeDevice, workshop: Organisation) -> None:
    device = make_device(holder=workshop)
    page = bench.post(f"/devices/{device.code}/move", {"action": "scrap"}, status=422)
    assert "Ses disques ne sont pas connus" in page.one(".notice-refused").get_text(" ")


def test_a_move_beyond_ones_role_is_refused(bench: Visitor, make_device: MakeDevice, workshop: Organisation) -> None:
    device = make_device(holder=workshop)
    page = bench.post(f"/devices/{device.code}/move", {"action": "give_back", "motive": "panne"}, status=422)
    assert "Votre rôle ne permet pas ce geste" in page.words()


def test_a_disk_from_noted_to_wiped_by_hand(bench: Visitor, make_device: MakeDevice, workshop: Organisation) -> None:
    device = make_device(holder=workshop)
    bench.get(f"/devices/{device.code}/media/new")
    page = bench.submit(model="Samsung PM981", serial="S4GENX0N", size_gb="256")
    assert "À effacer" in page.words()
    page = bench.submit("#wipe form", status=422, **typed({"wipe-outcome": "ok_with_reservation"}))
    assert "Dites en quelques mots" in page.words()
    page = bench.submit("#wipe form", **typed({"wipe-outcome": "ok"}))
    assert "Tout ce qu'elle contient est effacé" in page.words()
    assert "Effacé" in page.one(".page-head").get_text()


def failed_disk(session: Session, device: Device, by: Actor) -> StorageMedium:
    from refurb.core.media import Outcome, WipeSource
    from refurb.devices import media, wipes

    disk = media.add(session, device, serial="Z2", by=by, at=NOON)
    wipes.record_wipe(
        session, disk, outcome=Outcome.FAILED, source=WipeSource.MANUAL, reasons=["bruit"], by=by, at=NOON
    )
    return disk


def test_a_technician_neither_destroys_a_disk_nor_attests_its_absence(
    bench: Visitor, make_device: MakeDevice, workshop: Organisation, technician: Actor, session: Session
) -> None:
    disk = failed_disk(session, make_device(holder=workshop), technician)
    page = bench.get(f"/devices/media/{disk.id}")
    assert "ne peut qu'être détruit" in page.words()
    assert not page.select("#wipe form")
    for deed in ("destroy", "absent"):
        bench.post(f"/devices/media/{disk.id}/{deed}", {f"{deed}-reason": "percé"}, status=403)


def test_a_controller_destroys_a_failed_disk(
    control: Visitor, make_device: MakeDevice, workshop: Organisation, technician: Actor, session: Session
) -> None:
    disk = failed_disk(session, make_device(holder=workshop), technician)
    control.get(f"/devices/media/{disk.id}")
    page = control.post(f"/devices/media/{disk.id}/destroy", {"destroy-reason": "percé"})
    assert "Détruit" in page.words()


def test_a_disk_to_destroy_is_never_sent_to_a_wipe(
    bench: Visitor, make_device: MakeDevice, workshop: Organisation, technician: Actor, session: Session
) -> None:
    """Its giver asked for destruction: the machine's page, the bench and the desk say so."""
    from refurb.core.equipment import DiskWish
    from refurb.devices import media

    device = make_device(holder=workshop, disk_wish=DiskWish.DESTROY)
    media.add(session, device, serial="Z3", by=technician, at=NOON)
    device.status = Status.TRIAGED
    session.flush()
    for address in (f"/devices/{device.code}", f"/workshop/bench/{device.code}"):
        assert bench.get(address).one(".next-title").get_text(strip=True) == "Détruire le disque", address
    page = bench.post("/scan", {"text": device.code})
    assert "Un disque ne peut qu'être détruit" in page.words().replace("\u2019", "'")
    # A move that its disk forbids says the same.
    page = bench.post(f"/devices/{device.code}/move", {"action": "scrap"}, status=422)
    assert "ne peut qu'être détruit" in page.one(".notice-refused").get_text(" ").replace("\u2019", "'")


def test_a_computer_that_comes_back_without_a_disk_goes_on(
    bench: Visitor, make_device: MakeDevice, workshop: Organisation
) -> None:
    device = make_device(holder=workshop, media_known=True, status=Status.AFTER_SALES)
    page = bench.get(f"/devices/{device.code}")
    assert page.one(".next-title").get_text(strip=True) == "Continuer sans effacement"
    page = bench.submit(".next form")
    assert "Effacé" in page.one(".page-head").get_text()
    screen = make_device(holder=workshop, form=Form.MONITOR, status=Status.AFTER_SALES)
    page = bench.get(f"/devices/{screen.code}")
    assert page.one(".next-title").get_text(strip=True) == "Mettre en réparation"


def test_a_wipe_cut_short_is_entered_by_hand(bench: Visitor, make_device: MakeDevice, workshop: Organisation) -> None:
    device = make_device(holder=workshop)
    bench.get(f"/devices/{device.code}/media/new")
    bench.submit(model="Samsung PM981", serial="S4GENX0N", size_gb="256")
    page = bench.submit("#wipe form", **typed({"wipe-outcome": "interrupted"}))
    assert "Effacement interrompu, à recommencer" in page.words()


def test_no_disk_is_attested_by_who_looked(bench: Visitor, make_device: MakeDevice, workshop: Organisation) -> None:
    device = make_device(holder=workshop)
    page = bench.post(f"/devices/{device.code}/media/attest")
    assert "elle peut sortir" in page.words()


def test_a_reservation_is_accepted_by_a_controller(
    control: Visitor, make_device: MakeDevice, workshop: Organisation, technician: Actor, session: Session
) -> None:
    from refurb.core.media import Outcome, WipeSource
    from refurb.devices import media, wipes

    device = make_device(holder=workshop)
    disk = media.add(session, device, serial="Z1", by=technician, at=NOON)
    wipes.record_wipe(
        session, disk, outcome=Outcome.OK_WITH_RESERVATION, source=WipeSource.MANUAL, by=technician, at=NOON
    )
    dead = media.add(session, device, serial="Z4", by=technician, at=NOON)
    wipes.record_wipe(
        session,
        dead,
        outcome=Outcome.OK,
        source=WipeSource.LOG,
        ended_at=NOON.replace(year=2012),
        by=technician,
        at=NOON,
    )
    waiting = control.get("/workshop").one(".sheet").get_text(" ")
    assert "Effacé avec réserve, à accepter" in waiting
    assert "Heure du journal à confirmer" in waiting
    control.get(f"/devices/media/{disk.id}")
    page = control.post(f"/devices/media/{disk.id}/accept", {"accept-reason": ""}, status=422)
    assert "Donnez une raison." in page.words()
    page = control.post(f"/devices/media/{disk.id}/accept", {"accept-reason": "HPA lue à la main"})
    assert "réserve acceptée" in page.words()


def test_undo_from_the_page(bench: Visitor, make_device: MakeDevice, workshop: Organisation) -> None:
    device = make_device(holder=workshop)
    bench.post(f"/devices/{device.code}/move", {"action": "inventory"})
    page = bench.post(f"/devices/{device.code}/undo")
    assert "C'est annulé" in page.words()
    assert "Annulé : Inventorier" in page.words()
    page = bench.post(f"/devices/{device.code}/undo", status=422)
    assert "Il n'y a rien à annuler ici." in page.words()


def test_the_sheet_is_put_right_and_a_double_is_named(
    bench: Visitor, make_device: MakeDevice, workshop: Organisation
) -> None:
    first = make_device(holder=workshop, maker="Dell", serial="7XQ2B13")
    device = make_device(holder=workshop, maker="Dell", serial=None)
    bench.get(f"/devices/{device.code}/edit")
    page = bench.submit(serial="7xq2b13", status=422)
    assert first.code in page.words()
    page = bench.submit(serial="9KD8C22", alias="INV-2019-044", model="Latitude 7490")
    assert "Latitude 7490" in page.heading
    assert "INV-2019-044" in page.words()
    assert "7490" in bench.get("/devices?q=inv2019044").words()


def test_a_charger_comes_from_the_shelf(bench: Visitor, make_device: MakeDevice, workshop: Organisation) -> None:
    device = make_device(holder=workshop)
    bench.get("/devices/stock")
    bench.submit("main form.form", kind="charger", connector="USB-C", watts="65", quantity="1")
    page = bench.get(f"/devices/{device.code}")
    option = page.select_one("#charger option[value]:not([value=''])")
    assert option is not None
    page = bench.submit("#charger form", **typed({"charger-stock_id": str(option["value"])}))
    assert page.one("#charger .badge-state").get_text(strip=True) == "USB-C 65 W"
    assert "0" in bench.get("/devices/stock").one("main td.num").get_text()
    page = bench.post(f"/devices/{device.code}/charger", {"remove": "1"})
    assert "Sans son chargeur" in page.words()


def test_a_set_is_complete_with_its_controlled_screen(
    control: Visitor, make_device: MakeDevice, workshop: Organisation, session: Session
) -> None:
    base = make_device(holder=workshop, form=Form.DESKTOP)
    screen = make_device(holder=workshop, form=Form.MONITOR, model="P2219H")
    control.get(f"/devices/{base.code}/set")
    page = control.submit(monitor=base.code, status=422)
    assert "Ce code n'est pas celui d'un écran." in page.words()
    page = control.submit(monitor=screen.code)
    assert "pas encore complet" in page.words()
    screen.status = Status.QUALITY_CHECKED
    control.get(f"/devices/{base.code}/set")
    page = control.submit()
    assert "Le poste est complet." in page.words()
    assert control.get(f"/devices/{screen.code}").one("#set")


def test_every_action_and_refusal_has_words() -> None:
    from refurb.core import workflow
    from refurb.devices.words import ACTIONS, REFUSALS, STATUSES

    assert set(ACTIONS) == set(Action)
    assert set(STATUSES) == set(Status)
    codes = {
        code for status in Status for action in Action for code in workflow.guards(status, action, workflow.Facts())
    }
    assert codes <= set(REFUSALS)


@pytest.mark.parametrize("form", [Form.LAPTOP, Form.DESKTOP, Form.MONITOR])
def test_a_page_opens_in_every_status(
    bench: Visitor, make_device: MakeDevice, workshop: Organisation, form: Form
) -> None:
    device = make_device(holder=workshop, form=form)
    for status in Status:
        device.status = status
        assert bench.get(f"/devices/{device.code}").one(".next-title").get_text(strip=True), status
