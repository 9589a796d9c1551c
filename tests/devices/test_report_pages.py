"""The pages of reports: bringing them on a machine's page or without one, reading them in words, answering."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from refurb.core.permissions import OrganisationRole, Role
from tests.conftest import NOON
from tests.devices.readings.makers import as_bytes, lshw_tree, nwipe_log

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.devices.models import Device, Report
    from refurb.organisations.models import Organisation
    from tests.conftest import Clock
    from tests.visitor import Page, Visitor

LSHW = as_bytes(lshw_tree(vendor="Fabricant"))
LOG = (
    nwipe_log(("/dev/sda", "ATA", "Crucial_CT240BX5", "1927E2000001"), hidden=None)
    .replace("2026/03/04 10:15:", "2026/11/17 10:45:")
    .encode()
)


@pytest.fixture(autouse=True)
def noon(clock: Clock) -> Clock:
    return clock


@pytest.fixture
def workshop(make_organisation: Callable[..., Organisation]) -> Organisation:
    return make_organisation(OrganisationRole.REFURBISHER, name="Atelier du Lac")


@pytest.fixture
def technician(visitor: Visitor, make_account: Callable[..., Any], workshop: Organisation) -> Visitor:
    visitor.sign_in(make_account({workshop: [Role.TECHNICIAN]}))
    return visitor


@pytest.fixture
def laptop(make_device: Callable[..., Device], workshop: Organisation) -> Device:
    return make_device(holder=workshop, maker="Fabricant", serial="FAB7K2M9Q1", at=NOON - timedelta(hours=1))


def bring(visitor: Visitor, address: str, *files: tuple[str, bytes], status: int = 200) -> Page:
    return visitor.post(address, {"files": [(io.BytesIO(raw), name) for name, raw in files]}, status=status)


def only_report(session: Session) -> Report:
    from refurb.devices.models import Report

    session.expire_all()
    return session.scalars(sa.select(Report)).one()


def test_nothing_yet_says_what_to_do(technician: Visitor) -> None:
    assert "lshw -json" in technician.get("/reports").words()


def test_a_report_without_a_device_finds_its_machine_and_is_told_in_words(
    technician: Visitor, session: Session, laptop: Device
) -> None:
    page = bring(technician, "/reports", ("machine.json", LSHW))
    words = page.words()
    assert page.heading == "Relevé de lshw"
    assert "Intel Core i5-8250U" in words
    assert "présente, à tester" in words
    assert "P1 (PC pour les démarches)" in words
    assert only_report(session).device_id == laptop.id


def test_several_files_at_once_each_with_its_answer(technician: Visitor, laptop: Device) -> None:
    words = bring(technician, "/reports", ("machine.json", LSHW), ("lettre.txt", b"Bonjour")).words()
    assert "machine.json" in words
    assert "Aucun outil que Refurb connaît n'écrit ainsi" in words


def test_no_file_is_refused_with_a_sentence(technician: Visitor) -> None:
    assert "Choisissez au moins un fichier" in technician.post("/reports", {}, status=422).words()


def test_a_report_that_finds_nothing_is_settled_by_the_label(
    technician: Visitor, session: Session, make_device: Callable[..., Device], workshop: Organisation
) -> None:
    device = make_device(holder=workshop, serial=None, maker=None)
    page = bring(technician, "/reports", ("machine.json", LSHW))
    assert "On ne sait pas de quelle machine il parle" in page.words()
    report = only_report(session)
    page = technician.post(f"/reports/{report.id}/device", {"code": "R4900001200"}, status=422)
    assert "n'est pas celui d'une machine de votre atelier" in page.words()
    technician.post(f"/reports/{report.id}/device", {"code": device.code})
    assert only_report(session).device_id == device.id


def test_both_sides_of_a_doubt_are_shown_and_yes_takes_it(
    technician: Visitor, session: Session, make_device: Callable[..., Device], workshop: Organisation
) -> None:
    device = make_device(holder=workshop, maker="Toute Autre", serial="FAB7K2M9Q1", model="Modèle d'ailleurs")
    page = bring(technician, "/reports", ("machine.json", LSHW))
    words = page.words()
    assert "Est-ce bien cette machine" in words
    assert "Toute Autre" in words
    assert "Modele 14" in words
    report = only_report(session)
    technician.post(f"/reports/{report.id}/device", {"answer": "yes"})
    assert (only_report(session).device_id, only_report(session).doubt) == (device.id, None)


def test_a_wipe_with_a_reservation_says_why(technician: Visitor, laptop: Device) -> None:
    bring(technician, "/reports", ("machine.json", LSHW))
    words = bring(technician, "/reports", ("nwipe.log", LOG)).words()
    assert "Les zones cachées du disque n'ont pas été vérifiées." in words
    assert "Effacé avec une réserve" in words


def test_what_is_unreadable_is_for_controllers(
    visitor: Visitor, make_account: Callable[..., Any], workshop: Organisation, session: Session
) -> None:
    visitor.sign_in(make_account({workshop: [Role.TECHNICIAN]}))
    visitor.client.post(
        "/reports", data={"csrf_token": visitor.csrf(), "files": [(io.BytesIO(b"Bonjour"), "lettre.txt")]}
    )
    report = only_report(session)
    visitor.get(f"/reports/{report.id}", status=404)
    visitor.sign_in(make_account({workshop: [Role.CONTROLLER]}))
    assert visitor.get(f"/reports/{report.id}").heading == "Relevé illisible"
    answer = visitor.client.get(f"/reports/{report.id}/file")
    assert answer.data == b"Bonjour"
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_another_workshop_sees_nothing_of_it(
    visitor: Visitor,
    technician: Visitor,
    make_account: Callable[..., Any],
    make_organisation: Callable[..., Organisation],
    session: Session,
    laptop: Device,
) -> None:
    bring(technician, "/reports", ("machine.json", LSHW))
    report = only_report(session)
    other = make_organisation(OrganisationRole.REFURBISHER)
    visitor.sign_in(make_account({other: [Role.CONTROLLER]}))
    visitor.get(f"/reports/{report.id}", status=404)
    assert "machine.json" not in visitor.get("/reports").words()


def test_the_list_pins_its_queries(technician: Visitor, laptop: Device, session: Session) -> None:
    from refurb.db import db

    def count() -> int:
        seen: list[str] = []

        def note(_c: Any, _cur: Any, statement: str, *_: Any) -> None:
            if statement.startswith("SELECT"):
                seen.append(statement)

        sa.event.listen(db.engine, "before_cursor_execute", note)
        technician.get("/reports")
        sa.event.remove(db.engine, "before_cursor_execute", note)
        return len(seen)

    bring(technician, "/reports", ("one.json", LSHW))
    first = count()
    for n in range(5):
        bring(technician, "/reports", (f"{n}.json", as_bytes(lshw_tree(vendor="Fabricant", n=n))))
    assert count() == first


def test_on_a_machine_s_page(technician: Visitor, session: Session, laptop: Device) -> None:
    page = bring(technician, f"/devices/{laptop.code}/reports", ("machine.json", LSHW))
    assert "Relevé de lshw" in page.one("#reports").get_text()
    assert "et elle servirait au profil" in page.words()
    assert only_report(session).device_id == laptop.id


def test_the_person_says_which_disk_was_wiped(technician: Visitor, session: Session, laptop: Device) -> None:
    from refurb.devices.models import Report
    from refurb.devices.queries import media_of

    bring(technician, "/reports", ("machine.json", LSHW))
    log = LOG.replace(b"1927E2000001", b"ANOTHER-1")
    page = bring(technician, f"/devices/{laptop.code}/reports", ("nwipe.log", log))
    assert "On ne sait pas quel disque de la machine a été effacé" in page.words()
    report = session.scalars(sa.select(Report).where(Report.doubt.is_not(None))).one()
    (medium,) = media_of(session, laptop.id)
    technician.post(f"/reports/{report.id}/medium", {"medium": medium.id})
    session.expire_all()
    assert report.doubt is None
    assert [wipe.outcome for wipe in media_of(session, laptop.id)[0].wipes] == ["ok_with_reservation"]


def test_a_doubt_is_asked_on_the_machine_s_page_with_both_sides(
    technician: Visitor, session: Session, make_device: Callable[..., Device], workshop: Organisation
) -> None:
    device = make_device(holder=workshop, maker="Toute Autre", serial="FAB7K2M9Q1", model="Modèle d'ailleurs")
    bring(technician, "/reports", ("machine.json", LSHW))
    page = technician.get(f"/devices/{device.code}")
    rows = {row.select("th")[0].get_text(strip=True): row for row in page.one("#reports").select("tbody tr")}
    assert [cell.get_text(" ", strip=True) for cell in rows["Fabricant"].select("td")] == [
        "Toute Autre",
        "Fabricant différent",
    ]
    assert [cell.get_text(" ", strip=True) for cell in rows["Numéro de série"].select("td")] == [
        "FAB7K2M9Q1",
        "FAB7K2M9Q1 pareil",
    ]
    assert "Crucial_CT240BX5 1927E2000001" in rows["Disques"].get_text()
    report = only_report(session)
    page = technician.post(f"/reports/{report.id}/device", {"answer": "no", "back": device.code})
    assert page.response.request.path == f"/devices/{device.code}"
    assert page.one("#reports").select("tbody tr") == []
    assert (only_report(session).device_id, only_report(session).doubt) == (None, "which-device")


def test_a_doubt_is_what_comes_next_and_says_who_settles_it(
    technician: Visitor,
    session: Session,
    make_device: Callable[..., Device],
    make_organisation: Callable[..., Organisation],
    make_account: Callable[..., Any],
    workshop: Organisation,
) -> None:
    device = make_device(holder=workshop, maker="Toute Autre", serial="FAB7K2M9Q1", model="Modèle d'ailleurs")
    before = technician.get(f"/devices/{device.code}").one(".next").get_text()
    bring(technician, "/reports", ("machine.json", LSHW))
    for address in (f"/devices/{device.code}", f"/workshop/bench/{device.code}"):
        box = technician.get(address).one(".next")
        assert "Un relevé attend une décision" in box.get_text()
        assert box.select("a")[0]["href"] == f"/devices/{device.code}#reports"
    technician.get("/scan")
    scanned = technician.submit(".desk-box", text=device.code)
    assert "Un relevé attend une décision de l'atelier." in scanned.words()
    coordination = make_organisation(OrganisationRole.COORDINATION)
    technician.sign_in(make_account({coordination: [Role.COORDINATOR]}), coordination)
    box = technician.get(f"/devices/{device.code}").one(".next")
    assert "C'est à l'atelier qui l'a de répondre" in box.get_text()
    assert box.select("a") == []
    # The machine goes to another workshop, and the question with it.
    other = make_organisation(OrganisationRole.REFURBISHER)
    device.holder_id = other.id
    session.flush()
    technician.sign_in(make_account({other: [Role.TECHNICIAN]}), other)
    report = only_report(session)
    technician.post(f"/reports/{report.id}/device", {"answer": "no", "back": device.code})
    assert technician.get(f"/devices/{device.code}").one(".next").get_text() == before


def test_a_serial_that_another_machine_bears_is_shown_with_that_machine(
    technician: Visitor, session: Session, make_device: Callable[..., Device], workshop: Organisation, laptop: Device
) -> None:
    from refurb.web import display_code

    other = make_device(holder=workshop, maker=None, serial=None)
    page = bring(technician, f"/devices/{other.code}/reports", ("machine.json", LSHW))
    assert "est déjà celui d'une autre machine" in page.words()
    assert display_code(laptop.code) in page.one("#reports").get_text()
    technician.post(f"/reports/{only_report(session).id}/medium", {"back": other.code})
    assert only_report(session).doubt is None


def test_which_disk_was_wiped_is_asked_on_the_machine_s_page(
    technician: Visitor, session: Session, laptop: Device
) -> None:
    from refurb.devices.queries import media_of

    bring(technician, "/reports", ("machine.json", LSHW))
    log = LOG.replace(b"1927E2000001", b"ANOTHER-1")
    page = bring(technician, f"/devices/{laptop.code}/reports", ("nwipe.log", log))
    assert "C'est le disque Crucial_CT240BX5 1927E2000001" in page.one("#reports").get_text()
    assert "ANOTHER-1" in page.one("#reports").get_text()
    assert len(media_of(session, laptop.id)) == 1
