"""A person's request is answered from one page; the durations, the register and the notice are printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from refurb.audit.services import broken
from refurb.core.need_life import State
from refurb.core.permissions import OrganisationRole, Role
from refurb.needs.models import Need
from refurb.privacy import labels
from tests.conftest import NOON

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.organisations.models import Organisation
    from refurb.security import Actor
    from tests.department import MakeNeed
    from tests.factories import MakeAccount, MakeOrganisation
    from tests.visitor import Visitor


@pytest.fixture
def colleague(visitor: Visitor, service: Organisation, make_account: MakeAccount) -> Visitor:
    return visitor.sign_in(make_account({service: [Role.PRESCRIBER]}), service)


def test_a_case_is_asked_for_seen_and_put_right(
    session: Session, colleague: Visitor, make_need: MakeNeed, prescriber: Actor
) -> None:
    need = make_need()
    need.state = State.HANDED_OVER
    labels.write(session, need, "Foyer Quimperlé", by=prescriber, at=NOON)
    colleague.get("/privacy/requests")
    page = colleague.submit(code=f" {need.code.lower()} ")
    assert "Foyer Quimperlé" in page.words()
    assert "Angers" in page.words()
    page = colleague.submit(f'form[action$="/{need.code}/correct"]', persons="4", pupils="2")
    assert "C'est corrigé" in page.words()
    session.refresh(need)
    assert (need.answers["persons"], need.answers["pupils"]) == (4, 2)
    page = colleague.submit(f'form[action$="/{need.code}/correct"]', persons="1", pupils="2", status=422)
    assert "plus d'élèves" in page.words()


def test_a_case_is_erased_and_the_chain_stays_true(session: Session, colleague: Visitor, make_need: MakeNeed) -> None:
    need = make_need()
    code = need.code
    colleague.get(f"/privacy/requests/{code}")
    page = colleague.submit(f'form[action$="/{code}/erase"]')
    assert "Cochez la case" in page.words()
    page = colleague.submit(f'form[action$="/{code}/erase"]', sure="y")
    assert "est effacé" in page.words()
    assert session.scalar(sa.select(Need.id).where(Need.code == code)) is None
    assert [what for _event, what in broken(session)] == []
    colleague.get(f"/privacy/requests/{code}", status=404)
    colleague.get(f"/needs/{code}", status=404)


def test_another_service_and_the_coordination_find_nothing(
    visitor: Visitor, make_need: MakeNeed, make_organisation: MakeOrganisation, make_account: MakeAccount
) -> None:
    need = make_need()
    other = make_organisation(OrganisationRole.PRESCRIBER)
    visitor.sign_in(make_account({other: [Role.PRESCRIBER]}), other)
    visitor.get(f"/privacy/requests?code={need.code}", status=404)
    visitor.get(f"/privacy/requests/{need.code}", status=404)
    visitor.post(f"/privacy/requests/{need.code}/erase", {"sure": "y"}, status=404)


def test_durations_are_shown_and_the_purge_is_run(
    visitor: Visitor, coordination: Organisation, make_account: MakeAccount
) -> None:
    visitor.sign_in(make_account({coordination: [Role.COORDINATOR]}), coordination)
    page = visitor.get("/privacy/retention")
    assert "24 mois" in page.words()
    assert "C'est fait" in visitor.post("/privacy/retention").words()
    assert "Article 30" in visitor.get("/privacy/register").words()


def test_the_notice_is_for_everybody_in_both_languages(visitor: Visitor) -> None:
    assert "24 mois" in visitor.get("/privacy/notice").words()
    assert visitor.get("/privacy/notice", headers={"Accept-Language": "en"}).heading
