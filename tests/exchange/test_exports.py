"""What leaves: one's own, without label or formula; counts masked where they leave the coordination."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from refurb.core.equipment import Form
from refurb.core.needs import Usage
from refurb.core.permissions import OrganisationRole, Role
from refurb.exchange import exports
from refurb.needs.models import Need
from refurb.privacy import labels
from refurb.sheets import read
from tests.conftest import NOON

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.organisations.models import Organisation
    from refurb.security import Actor
    from tests.department import MakeNeed
    from tests.factories import MakeAccount, MakeActor, MakeDevice, MakeOrganisation
    from tests.visitor import Visitor


def rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))


def test_no_cell_of_an_export_becomes_a_formula(
    session: Session, make_device: MakeDevice, make_organisation: MakeOrganisation, make_actor: MakeActor
) -> None:
    workshop = make_organisation(OrganisationRole.REFURBISHER, name="=HYPERLINK(1)")
    make_device(holder=workshop, form=Form.LAPTOP, maker="@SUM(A1)", model="+1+1")
    sheet = exports.make(session, "devices", seen_by=make_actor(workshop, Role.TECHNICIAN))
    cells = [cell for row in rows(exports.write(sheet, "csv")) for cell in row]
    assert "'@SUM(A1)" in cells
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)
    (table,) = read(exports.write(sheet, "xlsx")).sheets
    cells = [str(cell) for row in table.rows for cell in row.cells if cell]
    assert "'@SUM(A1)" in cells


def test_a_workshop_exports_its_machines_alone(
    session: Session, make_device: MakeDevice, make_organisation: MakeOrganisation, make_actor: MakeActor
) -> None:
    own, other = (make_organisation(OrganisationRole.REFURBISHER) for _ in range(2))
    mine = make_device(holder=own)
    make_device(holder=other)
    sheet = exports.make(session, "devices", seen_by=make_actor(own, Role.TECHNICIAN))
    assert [row[0] for row in sheet.rows] == [mine.code]


def test_a_service_exports_its_cases_without_the_label(
    session: Session, make_need: MakeNeed, prescriber: Actor, make_organisation: MakeOrganisation, make_actor: MakeActor
) -> None:
    need = make_need()
    labels.write(session, need, "Foyer Quimperlé", by=prescriber, at=NOON)
    make_need(by=make_actor(make_organisation(OrganisationRole.PRESCRIBER), Role.PRESCRIBER))
    sheet = exports.make(session, "needs", seen_by=prescriber)
    assert [row[0] for row in sheet.rows] == [need.code]
    assert sheet.needs == [need.id]
    assert "Quimper" not in exports.write(sheet, "csv").decode("utf-8-sig")


def test_days_are_those_of_the_instance(session: Session, make_need: MakeNeed, prescriber: Actor) -> None:
    """Half past eleven in the evening by UTC is the next day in Paris."""
    need = make_need()
    need.submitted_at = need.state_since = NOON.replace(hour=23, minute=30)
    (row,) = exports.make(session, "needs", seen_by=prescriber).rows
    tomorrow = (NOON + timedelta(days=1)).date()
    assert [row[2], row[8]] == [tomorrow, tomorrow]


def test_counts_that_leave_are_masked(session: Session, make_need: MakeNeed, coordinator: Actor) -> None:
    for _ in range(6):
        make_need()
    make_need(commune="49331", usages=(Usage.PRIMARY_SCHOOL,))
    sheet = exports.make(session, "counts", seen_by=coordinator)
    waiting = [row for row in sheet.rows if row[1] == "en attente"]
    numbers = [cell for row in waiting for cell in row[2:]]
    assert 1 not in numbers
    assert "masqué" in numbers
    assert sheet.needs == []


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_each_role_takes_away_its_own(
    session: Session, visitor: Visitor, service: Organisation, coordination: Organisation, make_need: MakeNeed,
    make_account: MakeAccount, form: str,
) -> None:  # fmt: skip
    make_need()
    visitor.sign_in(make_account({service: [Role.PRESCRIBER]}), service)
    visitor.get(f"/exchange/exports/needs.{form}")
    for kind in ("devices", "counts", "organisations"):
        visitor.get(f"/exchange/exports/{kind}.{form}", status=403)
    visitor.sign_in(make_account({coordination: [Role.COORDINATOR]}), coordination)
    visitor.get(f"/exchange/exports/needs.{form}", status=403)
    visitor.get(f"/exchange/exports/counts.{form}")
    visitor.get(f"/exchange/exports/organisations.{form}")
    assert session.scalar(sa.select(sa.func.count()).select_from(Need)) == 1
