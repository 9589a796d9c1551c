"""Cases belong to the service: how many it may have open, who follows them, to whom a leaver's pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from refurb.core.need_life import State
from refurb.core.permissions import OrganisationRole, Role
from tests.needs.conftest import TYPED

if TYPE_CHECKING:
    from flask import Flask

    from refurb.accounts.models import Account, Membership
    from refurb.db import Session
    from refurb.organisations.models import Organisation, Place
    from refurb.security import Actor
    from tests.department import MakeNeed
    from tests.factories import MakeAccount, MakeOrganisation
    from tests.visitor import Visitor


@pytest.fixture
def ada(service: Organisation, make_account: MakeAccount) -> Account:
    return make_account({service: [Role.PRESCRIBER]}, name="Ada Test")


@pytest.fixture
def filled(place: Place) -> dict[str, Any]:
    return TYPED | {"handover_place": str(place.id), "informed_on": "2026-11-17"}


def membership_of(session: Session, account_id: int) -> Membership:
    from refurb.accounts.models import Membership

    return session.scalars(sa.select(Membership).where(Membership.account_id == account_id)).one()


# -- How many ----------------------------------------------------------------------------------------------------------
def test_the_form_says_it_before_one_types(
    visitor: Visitor, service: Organisation, ada: Account, make_need: MakeNeed, session: Session
) -> None:
    service.max_open_needs = 8
    make_need()
    make_need(sent=False)
    visitor.sign_in(ada, service)
    assert "encore en envoyer" not in visitor.get("/needs/new").words()
    service.max_open_needs = 3
    session.flush()
    assert "encore en envoyer 2" in visitor.get("/needs/new").words().replace("\u00a0", " ")
    service.max_open_needs = 1
    session.flush()
    page = visitor.get("/needs/new")
    assert page.heading.replace("\u2019", "'") == "Vos demandes ouvertes d'abord"
    assert not page.select("main form")


def test_what_is_over_the_limit_is_kept_as_a_draft(
    visitor: Visitor, service: Organisation, ada: Account, make_need: MakeNeed, session: Session, filled: dict[str, Any]
) -> None:
    from refurb.needs.models import Need

    service.max_open_needs = 2
    need = make_need()
    visitor.sign_in(ada, service)
    visitor.get("/needs/new")
    # A colleague took the last place while this one typed.
    make_need()
    page = visitor.submit("#need-form", button="send", status=422, **filled)
    assert "gardez celle-ci en brouillon" in page.words()
    visitor.submit("#need-form", button="save", **filled)
    draft = session.scalars(sa.select(Need).where(Need.state == State.DRAFT)).one()
    visitor.get(f"/needs/{draft.code}/edit")
    visitor.submit("#need-form", button="send", status=422)
    # One is withdrawn: the place is free at once.
    visitor.post(f"/needs/{need.code}/act", {"act": "cancel", "motive": "mistake"})
    visitor.get(f"/needs/{draft.code}/edit")
    visitor.submit("#need-form", button="send")
    session.refresh(draft)
    assert draft.state is State.VALIDATED


# -- Who follows -------------------------------------------------------------------------------------------------------
def test_a_colleague_acts_and_takes_it_over(
    visitor: Visitor, service: Organisation, ada: Account, prescriber: Actor, make_need: MakeNeed
) -> None:
    need = make_need()
    assert need.referent_id == prescriber.id
    visitor.sign_in(ada, service)
    page = visitor.get(f"/needs/{need.code}")
    assert prescriber.name in page.words()
    visitor.post(f"/needs/{need.code}/follow-it")
    assert need.referent_id == ada.id
    assert visitor.page is not None
    assert "Dossier passé" in visitor.page.words()


def test_another_service_does_not(
    visitor: Visitor, make_organisation: MakeOrganisation, make_account: MakeAccount, make_need: MakeNeed
) -> None:
    need = make_need()
    other = make_organisation(OrganisationRole.PRESCRIBER)
    visitor.sign_in(make_account({other: [Role.PRESCRIBER]}), other)
    visitor.post(f"/needs/{need.code}/follow-it", status=404)


def test_a_leavers_cases_pass_to_the_colleague_who_is_named(
    app: Flask,
    visitor: Visitor,
    service: Organisation,
    ada: Account,
    coordination: Organisation,
    make_account: MakeAccount,
    prescriber: Actor,
    make_need: MakeNeed,
    session: Session,
) -> None:
    assert prescriber.id is not None
    open_needs = [make_need() for _ in range(3)]
    closed = make_need()
    closed.state = State.CANCELLED
    make_account({service: [Role.PRESCRIBER]}, name="Zoé Autre")
    visitor.sign_in(make_account({coordination: [Role.COORDINATOR]}), coordination)
    leaving = membership_of(session, prescriber.id)
    page = visitor.get(f"/organisations/members/{leaving.id}/end")
    assert "suit 3 dossiers en cours" in page.words().replace("\u00a0", " ")
    offered = {str(box["value"]) for box in page.select("[name=to]")}
    assert str(ada.id) in offered
    assert str(prescriber.id) not in offered
    # Nobody named, or somebody who is not of the service: nothing happens.
    visitor.post(f"/organisations/members/{leaving.id}/end", status=422)
    visitor.post(f"/organisations/members/{leaving.id}/end", {"to": "999999"}, status=422)
    session.refresh(leaving)
    assert leaving.ended_at is None
    visitor.get(f"/organisations/members/{leaving.id}/end")
    visitor.submit(to=str(ada.id))
    session.refresh(leaving)
    assert leaving.ended_at is not None
    for need in open_needs:
        session.refresh(need)
        assert need.referent_id == ada.id
    session.refresh(closed)
    assert closed.referent_id == prescriber.id


def test_the_last_one_of_a_service_does_not_leave_cases_behind(
    visitor: Visitor,
    coordination: Organisation,
    make_account: MakeAccount,
    prescriber: Actor,
    make_need: MakeNeed,
    session: Session,
) -> None:
    assert prescriber.id is not None
    make_need()
    visitor.sign_in(make_account({coordination: [Role.COORDINATOR]}), coordination)
    leaving = membership_of(session, prescriber.id)
    page = visitor.get(f"/organisations/members/{leaving.id}/end")
    assert "invitez d'abord un collègue" in page.words().replace("\u2019", "'")
    visitor.post(f"/organisations/members/{leaving.id}/end", {"to": str(prescriber.id)}, status=422)
    session.refresh(leaving)
    assert leaving.ended_at is None


def test_who_follows_nothing_leaves_with_one_button(
    visitor: Visitor, coordination: Organisation, ada: Account, make_account: MakeAccount, session: Session
) -> None:
    visitor.sign_in(make_account({coordination: [Role.COORDINATOR]}), coordination)
    leaving = membership_of(session, ada.id)
    page = visitor.get(f"/organisations/members/{leaving.id}/end")
    assert not page.select("[name=to]")
    visitor.submit()
    session.refresh(leaving)
    assert leaving.ended_at is not None
