"""The report on fairness, as visits: whole for the coordination, masked for who leaves with it."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
import sqlalchemy as sa

from refurb.core.permissions import OrganisationRole, Role
from tests.conftest import NOON

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.organisations.models import Organisation
    from refurb.security import Actor
    from tests.factories import MakeAccount, MakeOrganisation
    from tests.visitor import Visitor


@pytest.fixture
def year(session: Session, make_need: Any, stock_device: Any, coordinator: Actor) -> None:
    """Seven needs in Angers, two of them served at once."""
    from refurb.matching.services import reserve

    needs = [make_need() for _ in range(7)]
    for need in needs[:2]:
        reserve(session, need, stock_device(), by=coordinator, at=NOON)


def row_of(page: Any, name: str) -> list[str]:
    row = next(tr for tr in page.select("tbody tr") if name in tr.th.get_text())
    return [cell.get_text(" ", strip=True) for cell in row.select("td")]


def test_the_coordination_sees_the_numbers(
    visitor: Visitor,
    make_account: MakeAccount,
    coordination: Organisation,
    year: None,
) -> None:
    visitor.sign_in(make_account({coordination: [Role.COORDINATOR]}))
    page = visitor.get("/statistics/fairness")
    assert row_of(page, "Angers Loire Métropole")[:4] == ["7", "2", "5", "29"]
    assert "silence" in page.words()
    assert "territoires n'ont rien demandé" in page.words()
    page = visitor.get("/statistics/fairness?since=2020-01-01&until=2020-12-31&recipient=structure")
    assert row_of(page, "Angers Loire Métropole")[:3] == ["0", "0", "0"]
    visitor.get("/statistics/fairness?since=demain&until=x")


def test_a_partner_sees_no_small_count(
    visitor: Visitor, make_account: MakeAccount, make_organisation: MakeOrganisation, year: None
) -> None:
    partner = make_organisation(OrganisationRole.PARTNER)
    visitor.sign_in(make_account({partner: [Role.PARTNER]}))
    page = visitor.get("/statistics/fairness")
    assert row_of(page, "Angers Loire Métropole")[1:3] == ["masqué", "masqué"]


def test_a_partner_reads_no_small_number_of_decisions(
    visitor: Visitor,
    session: Session,
    make_account: MakeAccount,
    make_organisation: MakeOrganisation,
    coordination: Organisation,
    make_need: Any,
    stock_device: Any,
    coordinator: Actor,
) -> None:
    from refurb.matching import planner, proposals
    from refurb.matching.models import Proposal

    for _ in range(7):
        make_need()
        stock_device()
    made = planner.make_run(session, dry=False, by=coordinator, at=NOON)
    rows = session.scalars(proposals.whole(sa.select(Proposal).where(Proposal.run_id == made.id))).all()
    proposals.refuse(session, rows[0], motive="transport", by=coordinator, at=NOON)
    for row in rows[1:]:
        proposals.accept(session, row, by=coordinator, at=NOON)
    visitor.sign_in(make_account({coordination: [Role.COORDINATOR]}))
    page = visitor.get("/statistics/fairness")
    assert "1 sur 7 décisions." in page.words()
    partner = make_organisation(OrganisationRole.PARTNER)
    visitor.sign_in(make_account({partner: [Role.PARTNER]}))
    page = visitor.get("/statistics/fairness")
    assert "sur 7 décisions" not in page.words()
    assert "Le transport n'est pas possible : masqué" in page.words()
    assert "14 %" not in page.words()


def test_what_is_exported_is_masked_whoever_asks(
    visitor: Visitor,
    make_account: MakeAccount,
    coordination: Organisation,
    service: Organisation,
    year: None,
) -> None:
    service.name = "=HYPERLINK(1)"
    visitor.sign_in(make_account({coordination: [Role.COORDINATOR]}))
    text = visitor.client.get("/statistics/fairness.csv").data.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert len({len(row) for row in rows}) == 1
    assert rows[0][-2:] == ["Habitants", "Demandes pour 1 000 habitants"]
    line = next(row for row in rows if "Angers Loire" in row[1])
    assert line[2:5] == ["7", "masqué", "masqué"]
    assert "'=HYPERLINK(1)" in text
    # Who asks nothing shows, from the quietest, as in the workbook.
    quiet = [row for row in rows if row[0] == "Silence"]
    answer = visitor.client.get("/statistics/fairness.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    assert len(book.sheetnames) == 4
    sheet = list(book["Silence"].iter_rows(min_row=2, values_only=True))
    rates = [float(row[-1].replace(",", ".")) for row in quiet]
    assert [(row[1], int(row[2]), int(row[-2]), rate) for row, rate in zip(quiet, rates, strict=True)] == sheet
    assert len(quiet) == len([row for row in rows if row[0] == "Territoires"])
    assert (quiet[0][2], rates[0]) == ("0", 0)
    assert "Angers Loire" in quiet[-1][1]
    assert quiet[-1][-1].startswith("0,0")
    assert 0 < rates[-1] < 0.1
    cells = [str(cell.value) for row in book.worksheets[1].iter_rows() for cell in row]
    assert not any(value.startswith("=") for value in cells)
