"""The report on fairness, as visits: whole for the coordination, masked for who leaves with it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

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
    line = next(row for row in text.splitlines() if "Angers Loire" in row)
    assert "masqué" in line
    assert "'=HYPERLINK(1)" in text
    answer = visitor.client.get("/statistics/fairness.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    assert len(book.sheetnames) == 4
    cells = [str(cell.value) for row in book.worksheets[1].iter_rows() for cell in row]
    assert not any(value.startswith("=") for value in cells)
