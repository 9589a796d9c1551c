"""The bench page, the locked machines and the sticks, as one visits them."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest

from refurb.core.equipment import Form
from refurb.core.locks import LockKind
from refurb.core.permissions import Role
from refurb.core.workflow import Status
from tests.conftest import NOON
from tests.workshop.conftest import picture
from tests.workshop.test_evidence import IMEI, bring, report

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from refurb.accounts.models import Account
    from refurb.db import Session
    from refurb.devices.models import Device
    from refurb.organisations.models import Organisation
    from refurb.security import Actor
    from tests.conftest import Clock
    from tests.visitor import Visitor
    from tests.workshop.conftest import MakeGift


@pytest.fixture
def bench(visitor: Visitor, make_account: Callable[..., Account], workshop: Organisation) -> Visitor:
    return visitor.sign_in(make_account({workshop: [Role.TECHNICIAN]}), workshop)


@pytest.fixture
def laptop(make_device: Callable[..., Device], workshop: Organisation) -> Device:
    return make_device(holder=workshop, at=NOON - timedelta(hours=1))


@pytest.fixture
def station(session: Session, workshop: Organisation, technician: Actor) -> str:
    from refurb.accounts.services import create_station

    _row, token = create_station(session, name="Clé 1", organisation_id=workshop.id, by=technician, at=NOON)
    session.flush()
    return token


def test_a_scan_opens_the_machine_and_the_diagnosis_is_in_words(
    bench: Visitor, laptop: Device, session: Session, technician: Actor
) -> None:
    raw = report(
        commands=[{"name": "nwipe", "status": "absent"}, {"name": "dmidecode", "status": "refused"}],
        batteries=[{"health_pct": 82, "present": True}, {"health_pct": 41, "present": True}],
        firmware={"secure_boot": True, "tpm": {"present": True}, "locks": [{"lock": "Admin", "enabled": True}]},
    )
    bring(session, laptop, raw, technician)
    bench.get("/workshop/bench")
    page = bench.submit(code="rien", status=422)
    assert "Aucune machine de l'atelier" in page.words()
    page = bench.submit(code=laptop.serial)
    said = page.words()
    for sentence in (
        "Batterie 1 à 82 % de sa capacité.",
        "Batterie 2 à 41 % de sa capacité : à changer.",
        "Le BIOS demande un mot de passe (Admin).",
        "Secure Boot actif · puce TPM présente",
        "La clé n'a pas l'outil nwipe.",
        "L'outil dmidecode a été refusé : relancez l'agent avec sudo.",
        "Un verrou est annoncé, ou vu par le relevé",
    ):
        assert sentence in said
    assert len(page.select("main .btn-primary")) == 1


def test_the_checklist_is_ticked_as_far_as_one_went(bench: Visitor, laptop: Device, session: Session) -> None:
    from refurb.workshop import bench as services

    bench.get(f"/workshop/bench/{laptop.code}")
    page = bench.submit("#ticks form", tick_panel="ok", tick_webcam="failed")
    assert "2 points regardés" in page.words()
    assert {code: row.tick.value for code, row in services.ticks_of(session, laptop).items()} == {
        "panel": "ok",
        "webcam": "failed",
    }
    bench.post(f"/workshop/bench/{laptop.code}/answer", {"point": "prints", "tick": "ok"}, status=422)


def test_photos_are_added_seen_and_removed(bench: Visitor, laptop: Device, visitor: Visitor) -> None:
    bench.get(f"/workshop/bench/{laptop.code}")
    page = bench.submit("#photos form", status=422)
    assert "Choisissez au moins une photo" in page.words()
    files = [(BytesIO(picture(100 + n, 80)), f"p{n}.jpg") for n in range(2)]
    page = bench.post(f"/workshop/bench/{laptop.code}/photos", {"photos-photos": files, "photos-note": "Coin fêlé"})
    assert len(page.select("#photos img")) == 2
    page = bench.get(f"/devices/{laptop.code}")
    address = str(page.select("#photos img")[0]["src"])
    answer = bench.client.get(address)
    assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
    page = bench.post(f"{address}/remove")
    assert len(page.select("#photos img")) == 1
    assert bench.client.get(address).status_code == 404
    page = bench.post(f"/workshop/bench/{laptop.code}/photos", {"photos-photos": (BytesIO(b"no"), "x.jpg")}, status=422)
    assert "pas une photo lisible" in page.words()


def test_nobody_waits_for_a_photo_that_is_cut(bench: Visitor, laptop: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    """An open transaction keeps others from writing on SQLite."""
    from refurb.db import get_session
    from refurb.workshop import photos

    own, open_meanwhile = photos.shrink, []

    def shrink(data: bytes) -> tuple[bytes, int, int]:
        open_meanwhile.append(get_session().in_transaction())
        return own(data)

    monkeypatch.setattr(photos, "shrink", shrink)
    page = bench.post(f"/workshop/bench/{laptop.code}/photos", {"photos-photos": (BytesIO(picture(90, 80)), "p.jpg")})
    assert len(page.select("#photos img")) == 1
    assert open_meanwhile == [False]


def test_a_photo_is_its_workshop_s_own(
    bench: Visitor, laptop: Device, session: Session, technician: Actor, make_device: Callable[..., Device]
) -> None:
    from refurb.workshop import photos

    elsewhere = make_device(at=NOON)
    (theirs,) = photos.add(session, elsewhere, [picture()], by=technician, at=NOON)
    assert bench.client.get(f"/workshop/photos/{theirs.id}").status_code == 404
    bench.post(f"/workshop/photos/{theirs.id}/remove", status=404)


def _pocket(bench: Visitor, status: int = 200, **typed: str) -> Any:
    fields: dict[str, Any] = {f"pocket-{name}": value for name, value in typed.items()}
    return bench.submit("#pocket form", status=status, **fields)


def test_a_telephone_from_its_imei_to_the_attested_reset(
    bench: Visitor, session: Session, make_device: Callable[..., Device], workshop: Organisation
) -> None:
    from refurb.devices import queries

    phone = make_device(holder=workshop, form=Form.SMARTPHONE, at=NOON - timedelta(hours=1))
    bench.get(f"/workshop/bench/{phone.code}")
    page = _pocket(bench, 422, imei=IMEI[:-1] + "1", account="none")
    assert "un chiffre au moins est faux" in page.words()
    page = _pocket(bench, imei=IMEI, account="google")
    assert "Elle est retenue" in page.words()
    address, given = f"/workshop/bench/{phone.code}/reset", {"reset-method": "reset-encrypted"}
    page = bench.post(address, given, status=422)
    assert "Joignez la photo" in page.words()
    page = bench.post(address, given | {"reset-photo": (BytesIO(picture()), "a.jpg")}, status=422)
    assert "Un compte la retient encore" in page.words()
    bench.get(f"/workshop/bench/{phone.code}")
    _pocket(bench, account="none", cards_removed="yes")
    page = bench.post(address, given | {"reset-photo": (BytesIO(picture()), "a.jpg")})
    assert "elle compte comme effacement" in page.words()
    assert "Attestée le" in page.words()
    (memory,) = queries.media_of(session, phone.id)
    assert queries.medium_state(memory).value == "ok"


def test_the_agent_asks_and_the_telephone_answers(
    bench: Visitor, laptop: Device, station: str, client: FlaskClient, clock: Clock
) -> None:
    def ask(**told: Any) -> Any:
        answer = client.post("/api/v1/bench", json=told, headers={"Authorization": f"Bearer {station}"})
        return answer.status_code, answer.json

    question = {"report": "run-1", "code": laptop.code, "question": "screen"}
    status, told = ask(**question)
    assert (status, told["device"], told["answer"]) == (200, laptop.code, None)
    assert told["url"].endswith(f"/workshop/bench/{laptop.code}")
    partial = bench.client.get(f"/workshop/bench/{laptop.code}/agent").get_data(as_text=True)
    assert "entière, sans tache" in partial
    page = bench.get(f"/workshop/bench/{laptop.code}")
    assert [button.get_text(strip=True) for button in page.select(".bench-answers button")] == ["Oui", "Non"]
    assert len(page.select("main .btn-primary")) == 1
    clock.move(seconds=5)
    bench.post(f"/workshop/bench/{laptop.code}/answer", {"point": "panel", "tick": "ok"})
    assert ask(**question)[1]["answer"] == "ok"
    assert ask(**(question | {"question": None}))[1]["answer"] is None
    assert not bench.get(f"/workshop/bench/{laptop.code}").select(".bench-ask")
    for wrong, expected in (({"report": "r", "code": "R4900009999"}, 404), ({"code": laptop.code}, 404)):
        assert ask(**wrong)[0] == expected
    assert client.post("/api/v1/bench", json=question).status_code == 401


# -- Locked -----------------------------------------------------------------------------------------------------------
def test_a_lock_is_noted_written_about_and_lifted(
    bench: Visitor, make_gift: MakeGift, session: Session, clock: Clock
) -> None:
    from tests.workshop.test_locked import messages

    lot, machines = make_gift(2)
    bench.get(f"/workshop/{machines[0].code}/lock")
    page = bench.submit(status=422)
    assert "Dites ce qui la bloque" in page.words()
    page = bench.submit(kinds=["bios", "absolute"], motive="Mot de passe à l'allumage")
    assert "Absolute (Computrace)" in page.words()
    page = bench.get("/workshop/locked")
    said = page.words()
    assert lot.supplier_name in said
    assert "Pas encore écrit" in said
    assert "désenrôlement" in said
    page = bench.submit("#lot" + str(lot.id) + " .post-button")
    assert "1 lettre envoyée" in page.words()
    assert len(messages(session)) == 1
    typed: dict[str, Any] = {date_fields(page)[0]: "2026-11-01"}
    page = bench.submit(f"#lot{lot.id} form.filters", status=422, **typed)
    assert "date à venir" in page.words()
    bench.get("/workshop/locked")
    page = bench.submit("main .sheet .form", code=machines[1].code, status=422)
    assert "n'est pas bloquée" in page.words()
    page = bench.submit("main .sheet .form", code=machines[0].code)
    assert "Aucune machine n'est bloquée" in page.words()
    assert machines[0].status is Status.RECEIVED


def date_fields(page: Any) -> list[str]:
    return [str(tag["name"]) for tag in page.select('input[type="date"]')]


def test_what_the_giver_announced_is_ticked_beforehand(bench: Visitor, make_gift: MakeGift) -> None:
    _lot, (device,) = make_gift(1, lock="autopilot")
    assert "Autopilot ou Intune" in bench.get(f"/workshop/bench/{device.code}").words()
    page = bench.get(f"/workshop/{device.code}/lock")
    assert [str(tag["value"]) for tag in page.select("input[checked]")] == ["autopilot"]
    bench.submit()
    bench.post(f"/devices/{device.code}/move", {"action": "unlock", "back": "bench"})
    assert "Un verrou est annoncé" not in bench.get(f"/workshop/bench/{device.code}").words()


def test_after_the_date_one_button_sends_them_to_parts(
    visitor: Visitor,
    make_account: Callable[..., Account],
    workshop: Organisation,
    make_gift: MakeGift,
    session: Session,
    clock: Clock,
    technician: Actor,
) -> None:
    from refurb.workshop import locks

    lot, (device,) = make_gift(1)
    locks.put_under(session, device, [LockKind.BIOS], by=technician, at=NOON)
    clock.move(days=61)
    bench = visitor.sign_in(make_account({workshop: [Role.TECHNICIAN]}), workshop)
    page = bench.get(f"/workshop/bench/{device.code}")
    assert page.one(".next-title").get_text(strip=True) == "Garder pour pièces"
    assert "ne l'a pas libérée" in page.one(".next").get_text(" ")
    bench.get("/workshop/locked")
    page = bench.submit(f"#lot{lot.id} .post-button")
    assert "1 machine est pour pièces" in page.words()
    assert device.status is Status.PARTS
    assert "ne l'a pas libérée à temps" in bench.get(f"/devices/{device.code}").words()


def test_the_giver_reads_it_on_the_page_of_the_gift(
    visitor: Visitor, make_gift: MakeGift, session: Session, technician: Actor
) -> None:
    from refurb.donations import links
    from refurb.workshop import locks

    lot, (device, _other) = make_gift(2)
    locks.put_under(session, device, [LockKind.AUTOPILOT], by=technician, at=NOON)
    _link, token = links.create(session, lot, origin="giver", by=technician, at=NOON)
    said = visitor.get(f"/gift/{token}").words()
    assert "1 machine attend que vous la libériez" in said
    assert "INV-1" in said
    assert "Windows Autopilot" in said


# -- Sticks -----------------------------------------------------------------------------------------------------------
def test_a_stick_is_made_by_who_may_make_tokens(
    visitor: Visitor, make_account: Callable[..., Account], workshop: Organisation, client: FlaskClient
) -> None:
    from refurb.paths import agent_file

    visitor.sign_in(make_account({workshop: [Role.CONTROLLER]}), workshop)
    page = visitor.get("/workshop/stick")
    raw = client.get("/workshop/stick/refurb-agent").data
    assert raw == agent_file().read_bytes()
    assert hashlib.sha256(raw).hexdigest() in page.words()
    page = visitor.submit(status=422)
    assert "Donnez un nom" in page.words()
    page = visitor.post("/workshop/stick", {"name": "Clé 1", "show": "1"})
    settings = json.loads(page.select("pre")[0].get_text())
    assert settings["station"] == "Clé 1"
    sent = client.post("/api/v1/reports", data=report(), headers={"Authorization": f"Bearer {settings['token']}"})
    assert sent.status_code == 201
    assert settings["token"] not in visitor.get("/workshop/stick").words()


def test_a_stick_comes_as_one_folder(
    visitor: Visitor, make_account: Callable[..., Account], workshop: Organisation
) -> None:
    visitor.sign_in(make_account({workshop: [Role.CONTROLLER]}), workshop)
    answer = visitor.client.post("/workshop/stick", data={"csrf_token": visitor.csrf(), "name": "Clé 2", "zip": "1"})
    assert answer.headers["Cache-Control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as book:
        assert set(book.namelist()) == {"refurb-agent", "refurb-agent.json", "LISEZ-MOI.txt"}
        assert json.loads(book.read("refurb-agent.json"))["station"] == "Clé 2"
        assert book.getinfo("refurb-agent").external_attr >> 16 == 0o755


def test_a_technician_reads_the_steps_and_makes_no_token(bench: Visitor) -> None:
    page = bench.get("/workshop/stick")
    assert "se demande à un contrôleur" in page.words()
    bench.post("/workshop/stick", {"name": "x", "show": "1"}, status=403)
