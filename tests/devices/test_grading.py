"""The tables of grading: what a change would do is seen first, then adopted with a motive, then the stock follows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from refurb.core.equipment import Form
from refurb.core.permissions import OrganisationRole, Role

if TYPE_CHECKING:
    from refurb.accounts.models import Account
    from refurb.db import Session
    from refurb.devices.models import Device
    from refurb.organisations.models import Organisation
    from tests.visitor import Visitor

    MakeDevice = Callable[..., Device]
    MakeAccount = Callable[..., Account]

GOOD = {"form": Form.DESKTOP, "cpu_model": "Intel Core i5-8500", "cpu_cores": 6, "storage_gb": 256, "webcam": True}


@pytest.fixture
def machines(session: Session, make_device: MakeDevice, workshop: Organisation) -> list[Device]:
    """Two desktops with 8 and 16 GB, graded under the shipped tables."""
    from refurb.devices import grades

    made = [make_device(holder=workshop, ram_mb=ram * 1024, **GOOD) for ram in (8, 16)]
    for device in made:
        grades.regrade(session, device)
    session.commit()
    return made


@pytest.fixture
def coordination(
    visitor: Visitor, make_organisation: Callable[..., Organisation], make_account: MakeAccount
) -> Visitor:
    house = make_organisation(OrganisationRole.COORDINATION)
    visitor.sign_in(make_account({house: [Role.COORDINATOR]}))
    return visitor


def fields(page: Any) -> dict[str, str]:
    """What the form of a page would send as it stands."""
    form = page.select("main form")[-1]
    sent = {}
    for field in form.select("input[name]"):
        if field.get("type") != "checkbox" or field.has_attr("checked"):
            sent[str(field["name"])] = str(field.get("value", ""))
    return sent


def test_a_stricter_profile_is_previewed_adopted_and_followed_by_the_stock(
    coordination: Visitor, session: Session, machines: list[Device]
) -> None:
    from refurb import outbox
    from refurb.devices.models import Device

    ids = [device.id for device in machines]
    page = coordination.get("/grading")
    assert "Version 1" in page.words()
    typed = fields(coordination.get("/grading/profiles"))
    assert typed["P2.ram_gb"] == "8"
    page = coordination.post("/grading/profiles", {**typed, "motive": "essai"}, status=422)
    assert "Rien n'a changé" in page.words()
    typed["P2.ram_gb"] = "16"
    assert "Dites pourquoi" in coordination.post("/grading/profiles", typed, status=422).words()
    page = coordination.post("/grading/profiles", {**typed, "motive": "Comité du 12 mars"})
    assert "1 machine serait classée autrement" in page.words()
    session.expire_all()
    assert all("P2" in (device.profiles or []) for device in session.scalars(sa.select(Device))), "nothing is adopted"
    page = coordination.post("/grading/profiles/adopt", fields(page))
    assert "Version 2" in page.words()
    assert "Comité du 12 mars" in page.words()
    outbox.drain(session)
    session.expire_all()
    small, large = (session.get_one(Device, device_id) for device_id in ids)
    assert "P2" not in (small.profiles or [])
    assert "P2" in (large.profiles or [])
    assert small.grading_version == large.grading_version == "cpus 2026-1, profiles 2"
    assert {"profile": "P2", "criterion": "ram_gb", "have": 8, "need": 16} in (small.missing or [])


def test_a_family_is_added_and_a_scale_changed(
    coordination: Visitor, session: Session, machines: list[Device], make_device: MakeDevice, workshop: Organisation
) -> None:
    from refurb import outbox
    from refurb.devices.models import Device

    exotic = make_device(holder=workshop, **{**GOOD, "cpu_model": "Loongson 3A5000"}).id
    session.commit()
    typed = fields(coordination.get("/grading/cpu-classes"))
    wrong = coordination.post("/grading/cpu-classes", {**typed, "motive": "x", "scale.core": "5:1, 3:2"}, status=422)
    assert "générations croissantes" in wrong.words()
    typed |= {
        "new.name": "Loongson",
        "new.words": "loongson 3a",
        "new.cls": "2",
        "scale.core": "9:2, 999:5",
        "motive": "mesuré",
    }
    page = coordination.post("/grading/cpu-classes", typed)
    assert "3 changent de classe" in page.words()
    coordination.post("/grading/cpu-classes/adopt", fields(page))
    outbox.drain(session)
    session.expire_all()
    assert session.get_one(Device, exotic).cpu_class == 2
    assert session.get_one(Device, machines[0].id).cpu_class == 2


def test_two_changes_from_the_same_version_leave_the_first(
    coordination: Visitor, session: Session, machines: list[Device]
) -> None:
    from refurb import tables

    typed = fields(coordination.get("/grading/profiles"))
    one = coordination.post("/grading/profiles", {**typed, "P3.ram_gb": "12", "motive": "un"})
    two = coordination.post("/grading/profiles", {**typed, "P3.ram_gb": "16", "motive": "deux"})
    coordination.post("/grading/profiles/adopt", fields(one))
    assert "entre-temps" in coordination.post("/grading/profiles/adopt", fields(two)).words()
    kept = session.scalars(sa.select(tables.AdoptedTable)).all()
    assert [row.motive for row in kept] == ["un"]


def test_a_workshop_reads_the_tables_and_changes_none(
    visitor: Visitor, make_account: MakeAccount, workshop: Organisation
) -> None:
    visitor.sign_in(make_account({workshop: [Role.CONTROLLER]}))
    assert "Modifier les profils" not in visitor.get("/grading").words()
    visitor.get("/grading/profiles", status=403)
    visitor.post("/grading/profiles/adopt", {"content": "{}", "after": "1"}, status=403)


def test_what_comes_back_from_a_preview_is_checked_again(coordination: Visitor) -> None:
    for content in ("{}", '{"profiles": []}', '{"profiles": [{"code": "P0"}]}'):
        page = coordination.post("/grading/profiles/adopt", {"content": content, "after": "1", "motive": "x"})
        assert page.select(".notice, .alert, [role=alert], [role=status]")
    for content in ("[]", "[" * 100_000):
        coordination.post("/grading/profiles/adopt", {"content": content, "after": "1", "motive": "x"}, status=400)
    coordination.post("/grading/profiles/adopt", {"content": "{", "after": "1", "motive": "x"}, status=400)
