"""A service asks to join from the public page, with its first need; the coordination answers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from refurb.core.need_life import State
from refurb.core.permissions import OrganisationRole, Role
from refurb.organisations.models import JoinRequest, PlaceKind, RequestState
from tests.factories import siret

if TYPE_CHECKING:
    from flask import Flask

    from refurb.db import Session
    from refurb.organisations.models import Organisation, Place
    from tests.conftest import Clock
    from tests.factories import MakeAccount, MakeOrganisation, MakePlace
    from tests.visitor import Visitor


@pytest.fixture(autouse=True)
def communes(session: Session, clock: Clock) -> None:
    from refurb.territory.services import load

    load(session, "49", at=clock())


@pytest.fixture
def coordination(make_organisation: MakeOrganisation) -> Organisation:
    return make_organisation(OrganisationRole.COORDINATION, name="Coordination", email="coordination@example.org")


@pytest.fixture
def coordinator(app: Flask, coordination: Organisation, make_account: MakeAccount) -> Visitor:
    from tests.visitor import Visitor

    return Visitor(app).sign_in(make_account({coordination: [Role.COORDINATOR]}), coordination)


@pytest.fixture
def place(make_organisation: MakeOrganisation, make_place: MakePlace) -> Place:
    return make_place(make_organisation(OrganisationRole.HANDOVER_POINT), PlaceKind.HANDOVER, name="Centre du Lac")


WHO: dict[str, Any] = {
    "name": "CCAS de la Vallée",
    "role": "prescriber",
    "legal_type": "local_authority",
    "siret": siret(901),
    "commune": "Cholet",
    "person_name": "Nadia Neuve",
    "person_email": "Nadia@Vallee.example",
}


def family(place: Place) -> dict[str, Any]:
    return {
        "usage_1": "procedures",
        "persons": "2",
        "pupils": "0",
        "equipment": "none",
        "format": "laptop",
        "can_pay": "no",
        "loan_suits": "no",
        "eligibility": "income_quotient",
        "not_equipped": "yes",
        "handover_place": str(place.id),
        "informed_how": "in_person",
    }


def ask(visitor: Visitor, **changes: Any) -> str:
    """Ask to join; return the address of the page one ends on."""
    visitor.get("/join")
    page = visitor.submit(**(WHO | changes))
    assert page.heading == "Votre première demande"
    return page.response.request.path


def mails(session: Session) -> dict[str, dict[str, Any]]:
    from refurb.outbox import OutboxRow

    return {row.payload["template"]: row.payload for row in session.scalars(sa.select(OutboxRow))}


def only_request(session: Session) -> JoinRequest:
    return session.scalars(sa.select(JoinRequest)).one()


@pytest.mark.usefixtures("coordination")
def test_from_the_front_page_to_the_first_need_sent(
    visitor: Visitor, coordinator: Visitor, session: Session, place: Place, app: Flask
) -> None:
    from refurb.needs.models import Need
    from tests.visitor import Visitor as Other

    assert visitor.get("/").select("a[href='/join']")
    address = ask(visitor)
    assert mails(session)["join_asked"]["to"] == "nadia@vallee.example"
    assert mails(session)["join_asked"]["context"]["link"].endswith(address)
    assert mails(session)["join_waits"]["to"] == "coordination@example.org"
    page = visitor.submit(**family(place))
    assert "partira toute seule" in page.words()
    # Nothing of it is a need yet, and nobody sees one.
    assert session.scalars(sa.select(Need)).all() == []
    assert "1 service demande" in coordinator.get("/").words().replace("\u00a0", " ") or coordinator.get("/").select(
        "a[href='/organisations/requests']"
    )
    coordinator.get("/organisations/requests")
    asked = only_request(session)
    page = coordinator.get(f"/organisations/requests/{asked.id}")
    assert asked.siret in page.words()
    page = coordinator.post(f"/organisations/requests/{asked.id}/approve")
    assert page.heading == "CCAS de la Vallée"
    need = session.scalars(sa.select(Need)).one()
    assert need.state is State.VALIDATED
    assert need.organisation_id == asked.organisation_id
    assert need.commune_code == "49099"
    mail = mails(session)["join_approved"]
    assert mail["to"] == "nadia@vallee.example"
    assert mail["context"]["code"].replace(" ", "") == need.code
    # The invitation opens, and the need is there.
    guest = Other(app)
    guest.get(mail["context"]["link"].removeprefix("http://localhost"))
    guest.submit(name="Nadia Neuve", password="trois lampes bleues")
    assert need.code in re.sub(r"\s", "", guest.get("/needs/mine").words())
    assert "participe" in visitor.get(address).words()


@pytest.mark.usefixtures("coordination")
def test_a_structure_asks_for_itself(visitor: Visitor, coordinator: Visitor, session: Session, place: Place) -> None:
    from refurb.needs.models import Need

    ask(visitor, role="structure", name="Espace numérique")
    visitor.submit(
        usage_1="shared_station", term="keep", quantity="2", format="desktop", handover_place=str(place.id),
        maintainer="Espace numérique", alike="compatible",
    )  # fmt: skip
    coordinator.post(f"/organisations/requests/{only_request(session).id}/approve")
    assert len(session.scalars(sa.select(Need)).all()) == 2


@pytest.mark.usefixtures("coordination")
def test_without_a_first_need_it_is_an_invitation(visitor: Visitor, coordinator: Visitor, session: Session) -> None:
    from refurb.accounts.queries import invitations_of
    from refurb.web import now

    ask(visitor)
    asked = only_request(session)
    coordinator.post(f"/organisations/requests/{asked.id}/approve")
    assert asked.organisation_id is not None
    (invitation,) = invitations_of(session, asked.organisation_id, now=now())
    assert (invitation.email, invitation.role_codes) == ("nadia@vallee.example", ["prescriber"])
    # A second answer changes nothing.
    page = coordinator.post(f"/organisations/requests/{asked.id}/approve")
    assert "déjà répondu" in page.words()
    page = coordinator.post(f"/organisations/requests/{asked.id}/decline", {"motive": "non"})
    assert "déjà répondu" in page.words()
    assert asked.state is RequestState.APPROVED


def test_no_is_said_with_its_reason(
    visitor: Visitor, coordinator: Visitor, session: Session, place: Place, clock: Clock
) -> None:
    from refurb.organisations.jobs import tidy

    address = ask(visitor)
    visitor.submit(**family(place))
    asked = only_request(session)
    coordinator.post(f"/organisations/requests/{asked.id}/decline", {"motive": " "}, status=422)
    coordinator.post(f"/organisations/requests/{asked.id}/decline", {"motive": "Hors du département."})
    assert asked.state is RequestState.DECLINED
    assert asked.answers is None
    assert mails(session)["join_declined"]["context"]["motive"] == "Hors du département."
    assert "Hors du département." in visitor.get(address).words()
    # Who asked is forgotten after a while.
    clock.move(days=89)
    assert tidy(session, clock()) == 0
    clock.move(days=2)
    assert tidy(session, clock()) == 1
    visitor.get(address, status=404)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("siret", "12345678901234", "ne tombe pas juste"),
        ("siret", "", "Donnez le SIRET"),
        ("person_email", "nadia", "nom@domaine.fr"),
        ("commune", "Atlantide", "Aucune commune"),
        ("name", "", "Donnez le nom"),
    ],
)
def test_what_is_wrong_is_said(visitor: Visitor, field: str, value: str, sentence: str) -> None:
    visitor.get("/join")
    page = visitor.submit(status=422, **(WHO | {field: value}))
    assert sentence in page.words()


def test_who_takes_part_or_asked_already(
    visitor: Visitor, session: Session, make_organisation: MakeOrganisation
) -> None:
    known = make_organisation(OrganisationRole.PRESCRIBER, name="Déjà là")
    visitor.get("/join")
    page = visitor.submit(status=422, **(WHO | {"siret": known.siret}))
    assert "participe déjà" in page.words()
    # The page is public: it does not say who that is.
    assert "Déjà là" not in page.words()
    ask(visitor)
    visitor.get("/join")
    page = visitor.submit(status=422, **WHO)
    assert "attend déjà" in page.words()


def test_requests_are_counted(visitor: Visitor, clock: Clock) -> None:
    for number in range(5):
        ask(visitor, siret=siret(910 + number))
    visitor.get("/join")
    visitor.submit(status=429, **(WHO | {"siret": siret(920)}))
    clock.move(minutes=61)
    ask(visitor, siret=siret(920))


def test_an_unfinished_need_is_not_kept_as_ready(visitor: Visitor, session: Session, place: Place) -> None:
    ask(visitor)
    page = visitor.submit(status=422, **(family(place) | {"eligibility": "", "note": "Pour Mme Durand"}))
    assert page.select(".field-wrong")
    assert only_request(session).answers is None


@pytest.mark.usefixtures("place")
def test_only_the_coordination_answers(
    visitor: Visitor, app: Flask, session: Session, make_organisation: MakeOrganisation, make_account: MakeAccount
) -> None:
    from tests.visitor import Visitor as Other

    address = ask(visitor)
    other = make_organisation(OrganisationRole.PRESCRIBER)
    service = Other(app).sign_in(make_account({other: [Role.PRESCRIBER]}), other)
    service.get("/organisations/requests", status=403)
    service.get(f"/organisations/requests/{only_request(session).id}", status=403)
    service.post(f"/organisations/requests/{only_request(session).id}/approve", status=403)
    visitor.get(f"{address}x", status=404)
