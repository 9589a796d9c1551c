"""The yearly confirmation and the limits, as people meet them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from refurb.core.permissions import OrganisationRole, Role
from refurb.organisations.models import Suspension, Trust

if TYPE_CHECKING:
    from flask import Flask

    from refurb.accounts.models import Account
    from refurb.db import Session
    from refurb.organisations.models import Organisation
    from tests.conftest import Clock
    from tests.factories import MakeAccount, MakeOrganisation
    from tests.visitor import Visitor


@pytest.fixture
def service(make_organisation: MakeOrganisation, clock: Clock) -> Organisation:
    return make_organisation(OrganisationRole.PRESCRIBER, name="CCAS de la Vallée", confirmed_on=clock().date())


@pytest.fixture
def ada(service: Organisation, make_account: MakeAccount) -> Account:
    return make_account({service: [Role.PRESCRIBER]}, email="ada@example.org", name="Ada Test")


def run(session: Session, clock: Clock) -> dict[str, int]:
    from refurb.organisations.jobs import recertify

    done = recertify(session, clock())
    session.flush()
    return done


def mails(session: Session) -> list[dict[str, object]]:
    from refurb.outbox import OutboxRow

    return [row.payload for row in session.query(OutboxRow).order_by(OutboxRow.id)]


def test_a_year_from_reminder_to_suspension_and_back(
    visitor: Visitor, service: Organisation, ada: Account, session: Session, clock: Clock
) -> None:
    assert run(session, clock) == {"remind": 0, "lapse": 0}
    clock.move(days=335)
    assert run(session, clock) == {"remind": 1, "lapse": 0}
    assert run(session, clock) == {"remind": 0, "lapse": 0}
    (mail,) = mails(session)
    assert mail["to"] == "ada@example.org"
    clock.move(days=23)
    assert run(session, clock) == {"remind": 1, "lapse": 0}
    clock.move(days=8)
    assert run(session, clock) == {"remind": 0, "lapse": 1}
    assert (service.trust, service.suspension) == (Trust.SUSPENDED, Suspension.LAPSED)
    # Every page says so, and where to put it right.
    visitor.sign_in(ada, service)
    page = visitor.get("/needs/mine")
    assert "personne n'a confirmé cette année" in page.words().replace("\u2019", "'")
    link = page.one(f"a[href='/organisations/{service.id}/confirm']")
    visitor.get(str(link["href"]))
    page = visitor.submit()
    assert "participe pour une année encore" in page.words()
    assert (service.trust, service.suspension, service.confirmed_on) == (Trust.APPROVED, None, clock().date())
    assert "suspendue" not in visitor.get("/needs/mine").words()
    assert run(session, clock) == {"remind": 0, "lapse": 0}


def test_the_mail_says_until_when_and_opens_a_page_with_one_button(
    visitor: Visitor, service: Organisation, ada: Account, session: Session, clock: Clock, app: Flask
) -> None:
    from flask import render_template

    clock.move(days=340)
    run(session, clock)
    (mail,) = mails(session)
    context = mail["context"]
    assert isinstance(context, dict)
    body = render_template("mail/organisation_confirm.txt", **context)
    assert "17 novembre 2027" in body.replace("\u00a0", " ")
    path = str(context["link"]).partition("//")[2].partition("/")[2]
    visitor.sign_in(ada, service)
    page = visitor.get(f"/{path}")
    assert "Ada Test" in page.words()
    assert len(page.select("main form")) == 1


def test_there_is_nothing_to_confirm_before(visitor: Visitor, service: Organisation, ada: Account) -> None:
    visitor.sign_in(ada, service)
    page = visitor.get(f"/organisations/{service.id}/confirm")
    assert not page.select("main form")
    page = visitor.post(f"/organisations/{service.id}/confirm")
    assert "rien à confirmer" in page.words()


def test_what_the_coordination_suspended_its_people_do_not_restore(
    visitor: Visitor, service: Organisation, ada: Account, session: Session, clock: Clock
) -> None:
    from refurb.organisations import services
    from refurb.security import Actor

    services.suspend(session, service, reason=Suspension.COORDINATION, by=Actor.system(), at=clock())
    session.flush()
    clock.move(days=400)
    assert run(session, clock) == {"remind": 0, "lapse": 0}
    visitor.sign_in(ada, service)
    assert "La coordination a suspendu" in visitor.get("/needs/mine").words()
    visitor.post(f"/organisations/{service.id}/confirm")
    assert service.suspension is Suspension.COORDINATION


def test_the_link_of_another_organisation(
    visitor: Visitor,
    service: Organisation,
    ada: Account,
    session: Session,
    make_organisation: MakeOrganisation,
    clock: Clock,
) -> None:
    from refurb.accounts import services
    from refurb.security import Actor

    other = make_organisation(OrganisationRole.PRESCRIBER, name="Mission locale")
    stranger = make_organisation(OrganisationRole.PRESCRIBER)
    services.join(session, ada.id, other.id, [Role.PRESCRIBER], by=Actor.system(), at=clock())
    session.flush()
    visitor.sign_in(ada, service)
    visitor.get(f"/organisations/{stranger.id}/confirm", status=404)
    visitor.get(f"/organisations/{other.id}/confirm", status=409)
    # One press makes one act for it, and leads to the page.
    page = visitor.submit("main form")
    assert "Mission locale" in page.heading


@pytest.mark.parametrize("role", [OrganisationRole.SUPPLIER, OrganisationRole.COORDINATION])
def test_who_is_not_asked(
    make_organisation: MakeOrganisation, session: Session, clock: Clock, role: OrganisationRole
) -> None:
    make_organisation(role, confirmed_on=clock().date() - timedelta(days=500))
    assert run(session, clock) == {"remind": 0, "lapse": 0}


def test_the_limit_is_changed_with_a_reason(
    visitor: Visitor,
    service: Organisation,
    make_organisation: MakeOrganisation,
    make_account: MakeAccount,
    session: Session,
) -> None:
    from refurb.organisations import limits

    body = make_organisation(OrganisationRole.COORDINATION)
    visitor.sign_in(make_account({body: [Role.COORDINATOR]}), body)
    assert limits.open_needs(session, service) == 40
    visitor.get("/organisations/limits")
    visitor.submit(open_needs="0", motive="x", status=422)
    visitor.submit(open_needs="25", motive="", status=422)
    page = visitor.submit(open_needs="25", motive="Moins de machines cette année.")
    assert "Moins de machines cette année." in page.words()
    assert limits.open_needs(session, service) == 25
    # Somebody else changed it while this page was open.
    page = visitor.post("/organisations/limits", {"after": "1", "open_needs": "30", "motive": "Encore."}, status=422)
    assert "relisez-la" in page.words()
    service.max_open_needs = 3
    assert limits.open_needs(session, service) == 3
