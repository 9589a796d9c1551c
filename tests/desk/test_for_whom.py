"""Whom a machine is for, as the desk says it: a code, a profile and a place, never a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from refurb.core.identity import display
from refurb.core.permissions import OrganisationRole, Role
from tests.conftest import NOON
from tests.desk.visiting import said, scan

if TYPE_CHECKING:
    from flask import Flask

    from refurb.db import Session
    from refurb.devices.models import Device
    from refurb.needs.models import Need
    from refurb.organisations.models import Organisation, Place
    from refurb.security import Actor
    from tests.factories import MakeAccount
    from tests.visitor import Visitor

pytestmark = pytest.mark.usefixtures("territory")


@pytest.fixture
def set_aside(session: Session, make_need: Any, stock_device: Any, coordinator: Actor) -> tuple[Need, Device]:
    """A machine in stock, set aside for a need."""
    from refurb.matching import services

    need, device = make_need(), stock_device()
    services.reserve(session, need, device, by=coordinator, at=NOON)
    session.flush()
    return need, device


def test_the_bench_reads_a_code_a_profile_and_a_place(
    visitor: Visitor,
    workshop: Organisation,
    make_account: MakeAccount,
    set_aside: tuple[Need, Device],
) -> None:
    need, device = set_aside
    visitor.sign_in(make_account({workshop: [Role.TECHNICIAN]}), workshop)
    page = scan(visitor, device.code)
    assert f"Pour {display(need.code)}" in said(page)
    assert "Centre social du Lac" in said(page)
    assert "À faire : préparer pour la remise" in said(page)


def test_the_hand_over_point_opens_the_case_from_the_machine_and_from_its_paper(
    visitor: Visitor,
    place: Place,
    session: Session,
    make_account: MakeAccount,
    set_aside: tuple[Need, Device],
) -> None:
    from refurb.organisations import queries as organisations

    need, device = set_aside
    point = organisations.by_id(session, place.organisation_id)
    assert point is not None
    visitor.sign_in(make_account({point: [Role.HANDOVER_AGENT]}), point)
    page = scan(visitor, device.code)
    assert page.select_one(f'#desk-last a[href^="/handover/{need.code}"]')
    page = scan(visitor, need.code)
    assert page.select_one(f'#desk-last a[href="/handover/{need.code}"]')


def test_somebody_elses_case_is_not_named(
    visitor: Visitor, make_organisation: Any, make_account: MakeAccount, set_aside: tuple[Need, Device]
) -> None:
    need, device = set_aside
    other = make_organisation(OrganisationRole.HANDOVER_POINT, name="Un autre point")
    visitor.sign_in(make_account({other: [Role.HANDOVER_AGENT]}), other)
    assert display(need.code) not in said(scan(visitor, device.code))
    assert "ne mène à rien" in said(scan(visitor, need.code))


def test_the_coordination_goes_from_a_machine_in_stock_to_whom_it_suits(
    visitor: Visitor,
    coordination: Organisation,
    make_account: MakeAccount,
    stock_device: Any,
) -> None:
    device = stock_device()
    visitor.sign_in(make_account({coordination: [Role.COORDINATOR]}), coordination)
    page = scan(visitor, device.code)
    assert "Voir pour qui" in said(page)
    assert page.select_one(f'#desk-last a[href="/matching/devices/{device.code}"]')


def test_a_tap_on_what_follows_a_scan_comes_back_to_the_desk(app: Flask, set_aside: tuple[Need, Device]) -> None:
    from refurb.desk.hooks import follow_into_stock

    _need, device = set_aside
    with app.test_request_context():
        url = follow_into_stock(device, {"after": "in_stock"})
        assert url == f"/matching/devices/{device.code}/whom?next=/scan"
        assert follow_into_stock(device, {"after": "wiped"}) is None
