"""What the bench finds: ticks, photos, copies of a system, a reset that somebody attests."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from refurb.core.checklist import ChecklistRefused
from refurb.core.equipment import Form
from refurb.core.imei import ImeiRefused
from refurb.core.media import MediaState, MediumState
from refurb.core.pocket import ResetRefused
from refurb.core.workflow import Action, Status, TransitionRefused
from tests.conftest import NOON
from tests.workshop.conftest import picture

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.devices.models import Device
    from refurb.organisations.models import Organisation
    from refurb.security import Actor

MINUTE = timedelta(minutes=1)
IMEI, IMEI2 = "490154203237518", "356938035643809"


@pytest.fixture
def laptop(make_device: Callable[..., Device], workshop: Organisation) -> Device:
    return make_device(holder=workshop, at=NOON - timedelta(hours=1))


@pytest.fixture
def phone(make_device: Callable[..., Device], workshop: Organisation) -> Device:
    return make_device(
        holder=workshop, form=Form.SMARTPHONE, maker="Samsung", model="A32", at=NOON - timedelta(hours=1)
    )


@pytest.fixture
def station(workshop: Organisation) -> Actor:
    from refurb.security import Actor

    return Actor.for_station("Banc 1", workshop.id)


# -- Ticks ------------------------------------------------------------------------------------------------------------
def test_the_latest_tick_counts_until_the_machine_is_opened_again(
    session: Session, laptop: Device, technician: Actor
) -> None:
    from refurb.workshop import bench

    bench.tick(session, laptop, {"panel": "ok", "webcam": "ok"}, by=technician, at=NOON)
    bench.tick(session, laptop, {"webcam": "failed"}, by=technician, at=NOON + MINUTE)
    assert {code: row.tick.value for code, row in bench.ticks_of(session, laptop).items()} == {
        "panel": "ok",
        "webcam": "failed",
    }
    assert laptop.webcam is False
    laptop.opened_at = NOON + timedelta(hours=1)
    assert bench.ticks_of(session, laptop) == {}


def test_a_tick_that_the_form_cannot_carry_is_refused(session: Session, laptop: Device, technician: Actor) -> None:
    from refurb.workshop import bench

    for ticks, code in (
        ({"prints": "ok"}, "unknown-point"),
        ({"panel": "perhaps"}, "unknown-point"),
        ({"panel": "not_applicable"}, "incomplete"),
    ):
        with pytest.raises(ChecklistRefused) as caught:
            bench.tick(session, laptop, ticks, by=technician, at=NOON)
        assert caught.value.code == code
    assert bench.ticks_of(session, laptop) == {}


def test_what_is_given_away_is_not_on_the_bench(session: Session, laptop: Device, technician: Actor) -> None:
    from refurb.workshop import bench

    laptop.status = Status.HANDED_OVER
    session.flush()
    with pytest.raises(TransitionRefused):
        bench.tick(session, laptop, {"panel": "ok"}, by=technician, at=NOON)


# -- The agent --------------------------------------------------------------------------------------------------------
def test_a_question_of_the_agent_is_answered_from_the_bench(
    session: Session, laptop: Device, station: Actor, technician: Actor
) -> None:
    from refurb.workshop import bench

    bench.tick(session, laptop, {"panel": "failed"}, by=technician, at=NOON - MINUTE)
    assert bench.ask(session, laptop, "run-1", "panel", by=station, at=NOON) is None, "an old answer answers nothing"
    run = bench.running(session, laptop, at=NOON)
    assert run is not None
    assert (run.question, run.station) == ("panel", "Banc 1")
    bench.tick(session, laptop, {"panel": "ok"}, by=technician, at=NOON + MINUTE)
    assert bench.ask(session, laptop, "run-1", "panel", by=station, at=NOON + MINUTE) == "ok"
    assert bench.ask(session, laptop, "run-1", "keyboard", by=station, at=NOON + MINUTE) is None
    assert bench.ask(session, laptop, "run-1", None, by=station, at=NOON + 2 * MINUTE) is None
    assert bench.running(session, laptop, at=NOON + 4 * MINUTE) is None, "it has gone"


def test_agents_that_went_a_week_ago_are_forgotten(session: Session, laptop: Device, station: Actor) -> None:
    from refurb.workshop import bench, jobs
    from refurb.workshop.models import AgentRun

    bench.ask(session, laptop, "old", "panel", by=station, at=NOON - timedelta(days=8))
    bench.ask(session, laptop, "new", "panel", by=station, at=NOON - timedelta(days=6))
    assert jobs.tidy(session, NOON) == 1
    assert session.scalars(sa.select(AgentRun.report_key)).all() == ["new"]


def report(number: str = "r1", **changes: Any) -> bytes:
    base: dict[str, Any] = {"refurb_agent": {"schema": 1, "report": number}, "lshw": {"id": "pc", "class": "system"}}
    return json.dumps(base | changes).encode()


def bring(session: Session, device: Device, raw: bytes, by: Actor, **at: float) -> None:
    from refurb.devices import reports

    reports.arrive(session, raw, by=by, at=NOON + timedelta(**at), zone=ZoneInfo("Europe/Paris"), device=device)


def test_the_answers_of_a_report_are_ticks_once(session: Session, laptop: Device, station: Actor) -> None:
    from refurb.devices import report_queries, reports
    from refurb.workshop import bench

    raw = report(tests={"screen": "ok", "camera": "failed", "sound": "not_tested", "wifi": "ok"})
    bring(session, laptop, raw, station)
    ticks = bench.ticks_of(session, laptop)
    assert {code: row.tick.value for code, row in ticks.items()} == {"panel": "ok", "webcam": "failed", "wifi": "ok"}
    assert ticks["panel"].station == "Banc 1"
    bench.tick(session, laptop, {"webcam": "ok"}, by=station, at=NOON + MINUTE)
    from refurb.devices.models import Report

    (found,) = session.query(Report).all()
    assert report_queries.questions_of(session, laptop.id) == []
    reports.read_again(session, found, by=station, at=NOON + 2 * MINUTE, zone=ZoneInfo("Europe/Paris"))
    assert bench.ticks_of(session, laptop)["webcam"].tick.value == "ok"


# -- Copies of a system -----------------------------------------------------------------------------------------------
def system(machine_id: str, hostname: str) -> list[dict[str, str]]:
    from hashlib import sha256

    return [
        {
            "system": "Linux Mint",
            "pretty": "Linux Mint 22.1",
            "machine_id_sha256": sha256(machine_id.encode()).hexdigest(),
            "hostname_sha256": sha256(hostname.encode()).hexdigest(),
        }
    ]


def test_two_machines_with_one_system_are_told(
    session: Session, laptop: Device, make_device: Callable[..., Device], workshop: Organisation, station: Actor
) -> None:
    from refurb.audit import queries as audit
    from refurb.workshop import bench

    twin = make_device(holder=workshop, at=NOON - timedelta(hours=1))
    namesake = make_device(holder=workshop, at=NOON - timedelta(hours=1))
    bring(session, laptop, report("a", systems=system("m1", "atelier")), station)
    assert bench.clones(session, laptop) == []
    bring(session, twin, report("b", systems=system("m1", "autre")), station, minutes=1)
    bring(session, namesake, report("c", systems=system("m3", "atelier")), station, minutes=2)
    assert [(clone.device.code, clone.what) for clone in bench.clones(session, laptop)] == [
        (twin.code, "machine-id"),
        (namesake.code, "hostname"),
    ]
    assert [[device.code for device in group] for group in bench.copied(session, workshop.id)] == [
        [laptop.code, twin.code]
    ]
    for device in (laptop, twin, namesake):
        assert "device.clone-seen" in [event.kind for event in audit.of_subject(session, "device", device.id)]
    # The copy is put right on one: the other is no clone any more.
    bring(session, twin, report("d", systems=system("m2", "autre")), station, minutes=3)
    assert [clone.what for clone in bench.clones(session, laptop)] == ["hostname"]
    assert bench.copied(session, workshop.id) == []


def test_a_wipe_takes_the_copy_with_it(
    session: Session, laptop: Device, make_device: Callable[..., Device], workshop: Organisation, station: Actor,
    technician: Actor,
) -> None:  # fmt: skip
    from refurb.core.media import Outcome, WipeSource
    from refurb.devices import media, wipes
    from refurb.workshop import bench

    twin = make_device(holder=workshop, at=NOON - timedelta(hours=1))
    bring(session, laptop, report("a", systems=system("m1", "pc-a")), station)
    bring(session, twin, report("b", systems=system("m1", "pc-b")), station, minutes=1)
    assert bench.clones(session, laptop)
    disk = media.add(session, twin, serial="D1", by=technician, at=NOON + 2 * MINUTE)
    wipes.record_wipe(session, disk, outcome=Outcome.OK, source=WipeSource.MANUAL, by=technician, at=NOON + 3 * MINUTE)
    assert bench.clones(session, laptop) == []
    assert bench.clones(session, twin) == []


# -- Photos -----------------------------------------------------------------------------------------------------------
def test_a_photo_is_small_upright_and_says_nothing_of_where_it_was_taken() -> None:
    from PIL import Image

    from refurb.workshop.photos import shrink

    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "SecretPhoneMaker"
    exif.get_ifd(0x8825)[1] = "N"
    raw = picture(3000, 2400, exif=exif)
    assert b"SecretPhoneMaker" in raw
    data, width, height = shrink(raw)
    with Image.open(BytesIO(data)) as small:
        assert small.format == "JPEG"
        assert small.size == (width, height) == (1600, 2000)
        assert not small.getexif()
        assert "exif" not in small.info
    assert b"SecretPhoneMaker" not in data


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_other_pictures_become_jpeg(form: str) -> None:
    from PIL import Image

    from refurb.workshop.photos import shrink

    out = BytesIO()
    Image.new("RGBA", (20, 10), (255, 0, 0, 0)).save(out, form)
    data, width, height = shrink(out.getvalue())
    assert (data[:2], width, height) == (b"\xff\xd8", 20, 10)


@pytest.mark.parametrize(
    "raw", [b"", b"not a picture", picture()[:200], b"GIF89a" + bytes(40)], ids=["none", "text", "cut", "gif"]
)
def test_what_is_no_photo_is_refused(raw: bytes) -> None:
    from refurb.workshop.photos import shrink
    from refurb.workshop.refusals import WorkshopRefused

    with pytest.raises(WorkshopRefused) as caught:
        shrink(raw)
    assert caught.value.code == "photo-unreadable"


def test_a_bomb_is_refused_before_it_is_opened() -> None:
    import zlib

    from refurb.workshop.photos import shrink
    from refurb.workshop.refusals import WorkshopRefused

    def chunk(kind: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")

    header = (60_000).to_bytes(4, "big") * 2 + b"\x08\x02\x00\x00\x00"
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(9))) + chunk(b"IEND", b"")
    with pytest.raises(WorkshopRefused) as caught:
        shrink(bomb)
    assert caught.value.code == "photo-too-large"


def test_a_photo_that_is_removed_is_gone(session: Session, laptop: Device, technician: Actor) -> None:
    from refurb import blobs
    from refurb.audit import queries as audit
    from refurb.workshop import photos

    one, other = photos.add(session, laptop, [picture(), picture(80, 60)], note="Coin fêlé", by=technician, at=NOON)
    assert [photo.id for photo in photos.of_device(session, laptop.id)] == [one.id, other.id]
    sha256 = one.sha256
    assert sha256 is not None
    photos.remove(session, one, by=technician, at=NOON)
    assert [photo.id for photo in photos.of_device(session, laptop.id)] == [other.id]
    assert blobs.media_type(session, sha256) is None
    assert photos.by_id(session, one.id, seen_by=technician) is None
    kinds = [event.kind for event in audit.of_subject(session, "device", laptop.id)]
    assert kinds.count("device.photo-added") == 2
    assert kinds.count("device.photo-removed") == 1


def test_the_same_photo_of_two_machines_stays_for_the_other(
    session: Session, laptop: Device, phone: Device, technician: Actor
) -> None:
    from refurb import blobs
    from refurb.workshop import photos

    (one,), (other,) = (photos.add(session, each, [picture()], by=technician, at=NOON) for each in (laptop, phone))
    photos.remove(session, one, by=technician, at=NOON)
    assert other.sha256 is not None
    assert blobs.get(session, other.sha256)


# -- Tablets and telephones -------------------------------------------------------------------------------------------
def looked_at(session: Session, phone: Device, by: Actor, **changes: Any) -> None:
    from refurb.workshop import pocket

    given: dict[str, Any] = {
        "imei": IMEI, "imei2": None, "account": "none", "operator_locked": False, "cards_removed": True,
    } | changes  # fmt: skip
    pocket.note(session, phone, **given, by=by, at=NOON)


def test_a_scan_knows_a_telephone_by_its_imei(
    session: Session, phone: Device, make_device: Callable[..., Device], workshop: Organisation, technician: Actor
) -> None:
    from refurb.devices import queries
    from refurb.workshop import pocket
    from refurb.workshop.refusals import WorkshopRefused

    looked_at(session, phone, technician, imei="49-015420-323751-8", imei2=IMEI2)
    check = pocket.check_of(session, phone.id)
    assert check is not None
    assert (check.imei, check.imei2) == (IMEI, IMEI2)
    assert [found.code for found in queries.by_alias(session, IMEI, seen_by=technician)] == [phone.code]
    with pytest.raises(ImeiRefused):
        looked_at(session, phone, technician, imei=IMEI[:-1] + "9")
    other = make_device(holder=workshop, form=Form.TABLET, at=NOON)
    with pytest.raises(WorkshopRefused) as caught:
        looked_at(session, other, technician, imei=IMEI2)
    assert caught.value.code == "imei-known"


def test_a_laptop_has_no_imei(session: Session, laptop: Device, technician: Actor) -> None:
    from refurb.workshop.refusals import WorkshopRefused

    with pytest.raises(WorkshopRefused) as caught:
        looked_at(session, laptop, technician)
    assert caught.value.code == "not-a-pocket"


def test_an_attested_reset_is_evidence_of_the_memory_inside(
    session: Session, phone: Device, technician: Actor, controller: Actor
) -> None:
    from refurb.devices import queries, services, wipes
    from refurb.workshop import photos, pocket
    from refurb.workshop.refusals import WorkshopRefused

    for action in (Action.INVENTORY, Action.TRIAGE):
        services.move(session, phone, action, by=technician, at=NOON)
    with pytest.raises(ResetRefused) as refused:
        pocket.attest_reset(session, phone, method="reset-encrypted", picture=picture(), by=technician, at=NOON)
    assert refused.value.code == "account-unknown"
    assert photos.of_device(session, phone.id) == []
    looked_at(session, phone, technician)
    wipe = pocket.attest_reset(session, phone, method="reset-unknown", picture=picture(), by=technician, at=NOON)
    (memory,) = queries.media_of(session, phone.id)
    assert (memory.kind.value, queries.medium_state(memory)) == ("emmc", MediumState.RESERVATION)
    assert queries.media_state(session, phone) is MediaState.NOT_CLEAR
    assert phone.status is Status.TRIAGED, "a reservation is no way out"
    assert wipe.operator_id == technician.id
    wipes.accept_reservation(session, memory, reason="Android 14, chiffré d'office", by=controller, at=NOON)
    states = (queries.media_state(session, phone), phone.status)
    assert states == (MediaState.CLEAR, Status.WIPED)
    found = pocket.attestation_of(session, phone.id)
    assert found is not None
    with pytest.raises(WorkshopRefused) as caught:
        photos.remove(session, found[1], by=technician, at=NOON)
    assert caught.value.code == "photo-is-evidence"


def test_a_reset_before_its_user_had_it_proves_nothing_after(
    session: Session, phone: Device, technician: Actor
) -> None:
    from refurb.devices import queries, services
    from refurb.workshop import pocket

    for action in (Action.INVENTORY, Action.TRIAGE):
        services.move(session, phone, action, by=technician, at=NOON)
    looked_at(session, phone, technician)
    pocket.attest_reset(session, phone, method="reset-encrypted", picture=picture(), by=technician, at=NOON)
    assert phone.status is Status.WIPED
    phone.status = Status.HANDED_OVER
    session.flush()
    services.move(session, phone, Action.RETURN, by=technician, at=NOON + timedelta(days=90))
    (memory,) = queries.media_of(session, phone.id)
    assert queries.medium_state(memory) is MediumState.NOT_WIPED
