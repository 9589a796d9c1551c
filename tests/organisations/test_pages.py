from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from refurb.core.permissions import OrganisationRole, Role
from refurb.organisations.models import LegalType, PlaceKind
from tests.factories import siret

if TYPE_CHECKING:
    from flask import Flask

    from refurb.db import Session
    from refurb.organisations.models import Organisation
    from tests.factories import MakeAccount, MakeOrganisation, MakePlace
    from tests.visitor import Visitor


@pytest.fixture
def communes(session: Session) -> None:
    from refurb.territory.services import load
    from refurb.web import now

    load(session, "49", at=now())


@pytest.fixture
def coordination(make_organisation: MakeOrganisation) -> Organisation:
    return make_organisation(OrganisationRole.COORDINATION, name="Coordination")


@pytest.fixture
def workshop(make_organisation: MakeOrganisation) -> Organisation:
    return make_organisation(OrganisationRole.REFURBISHER, name="Atelier du Port")


@pytest.fixture
def coordinator(visitor: Visitor, coordination: Organisation, make_account: MakeAccount) -> Visitor:
    return visitor.sign_in(make_account({coordination: [Role.COORDINATOR]}, name="Ada Coord"), coordination)


@pytest.fixture
def controller(app: Flask, workshop: Organisation, make_account: MakeAccount) -> Visitor:
    from tests.visitor import Visitor

    return Visitor(app).sign_in(make_account({workshop: [Role.CONTROLLER]}, name="Ben Atelier"), workshop)


@pytest.mark.usefixtures("communes")
def test_a_coordinator_brings_an_organisation_in(coordinator: Visitor, session: Session) -> None:
    from refurb.organisations.queries import by_siret

    coordinator.get("/organisations/new")
    page = coordinator.submit(
        name="Les Deux Tournevis",
        roles=["refurbisher"],
        legal_type="association_general_interest",
        siret=f"{siret(5)[:3]} {siret(5)[3:9]} {siret(5)[9:]}",
        commune="cholet",
        perimeter=["200071678"],
        capacity_per_month="30",
    )
    assert page.heading == "Les Deux Tournevis"
    assert "Cholet Agglomération" in page.words()
    made = by_siret(session, siret(5))
    assert made is not None
    assert (made.commune_code, made.epci_code, made.perimeter) == ("49099", "200071678", ["200071678"])
    assert made.capacity_per_month == 30


@pytest.mark.usefixtures("communes")
@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("siret", "12345678901234", "ne tombe pas juste"),
        ("siret", "123", "14 chiffres"),
        ("commune", "Atlantide", "Aucune commune"),
        ("commune", "49260", "Plusieurs communes répondent"),
        ("name", "", "Donnez le nom"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(
    coordinator: Visitor, field: str, value: str, sentence: str
) -> None:
    coordinator.get("/organisations/new")
    typed: dict[str, Any] = {
        "name": "Les Deux Tournevis",
        "roles": ["refurbisher"],
        "commune": "Cholet",
        "phone": "02 00 00 00 00",
    }
    page = coordinator.submit(status=422, **(typed | {field: value}))
    assert sentence in page.words()
    assert page.one("[name=phone]")["value"] == "02 00 00 00 00"


@pytest.mark.usefixtures("communes")
def test_one_siret_is_one_organisation(coordinator: Visitor, make_organisation: MakeOrganisation) -> None:
    known = make_organisation(OrganisationRole.SUPPLIER, name="Déjà là")
    coordinator.get("/organisations/new")
    page = coordinator.submit(name="Encore", roles=["supplier"], commune="Cholet", siret=known.siret, status=422)
    assert "Déjà là a déjà ce SIRET" in page.words()


def test_the_list_is_narrowed(coordinator: Visitor, make_organisation: MakeOrganisation) -> None:
    make_organisation(OrganisationRole.SUPPLIER, name="Ardoise 100 % Assurances")
    make_organisation(OrganisationRole.PRESCRIBER, name="Service social")

    def names(query: str) -> list[str]:
        return [th.get_text(strip=True) for th in coordinator.get(f"/organisations?{query}").select("tbody th")]

    assert names("role=supplier") == ["Ardoise 100 % Assurances"]
    assert names("q=100 %25") == ["Ardoise 100 % Assurances"]
    assert names("q=_") == []
    assert names("q=SERVICE") == ["Service social"]
    assert names("role=nonsense&page=x") == ["Ardoise 100 % Assurances", "Coordination", "Service social"]


def test_the_list_asks_the_database_as_often_for_ten_as_for_one(
    coordinator: Visitor, make_organisation: MakeOrganisation
) -> None:
    import sqlalchemy as sa

    from refurb.db import db

    asked: list[str] = []
    with coordinator.app.app_context():
        engine = db.engine

    def count(*args: object) -> None:
        asked.append(str(args[2]))

    def statements() -> int:
        asked.clear()
        coordinator.get("/organisations")
        return len(asked)

    sa.event.listen(engine, "before_cursor_execute", count)
    try:
        make_organisation(OrganisationRole.SUPPLIER)
        one = statements()
        for _ in range(9):
            make_organisation(OrganisationRole.SUPPLIER, OrganisationRole.PARTNER)
        assert statements() == one
    finally:
        sa.event.remove(engine, "before_cursor_execute", count)


@pytest.mark.usefixtures("communes")
def test_its_own_people_change_what_is_theirs_and_no_more(
    controller: Visitor, workshop: Organisation, session: Session
) -> None:
    page = controller.get(f"/organisations/{workshop.id}/edit")
    assert not page.select("[name=roles], [name=perimeter]")
    controller.submit(phone="02 99 99 99 99")
    session.refresh(workshop)
    assert workshop.phone == "02 99 99 99 99"
    controller.post(f"/organisations/{workshop.id}/edit", {"roles": "coordination", "name": "x", "commune": "Angers",
                    "legal_type": LegalType.ASSOCIATION.value})  # fmt: skip
    session.refresh(workshop, ["role_rows"])
    assert workshop.roles == {OrganisationRole.REFURBISHER}


def test_another_workshop_sees_a_card_and_changes_nothing(
    controller: Visitor, make_organisation: MakeOrganisation, make_account: MakeAccount
) -> None:
    other = make_organisation(OrganisationRole.REFURBISHER, name="Ailleurs")
    make_account({other: [Role.TECHNICIAN]}, name="Zoé Ailleurs")
    page = controller.get(f"/organisations/{other.id}")
    assert "Zoé Ailleurs" not in page.words()
    controller.get(f"/organisations/{other.id}/edit", status=403)
    controller.get(f"/organisations/{other.id}/invite", status=404)
    controller.get(f"/organisations/{other.id}/stations/new", status=404)
    controller.get(f"/organisations/{other.id}/places/new", status=403)


def test_an_invitation_by_link(controller: Visitor, workshop: Organisation, app: Flask, session: Session) -> None:
    from refurb.accounts.queries import by_email
    from refurb.outbox import OutboxRow
    from tests.visitor import Visitor

    controller.get(f"/organisations/{workshop.id}/invite")
    offered = {box["value"] for box in controller.page.select("[name=roles]")} if controller.page else set()
    assert offered == {"volunteer", "technician", "controller"}
    page = controller.submit(email="Nouvelle@Example.org", roles=["technician"])
    link = page.one(".code.code-long").get_text(strip=True)
    assert page.response.headers["Cache-Control"] == "no-store"
    mail = session.query(OutboxRow).one().payload
    assert mail["to"] == "nouvelle@example.org"
    assert mail["context"]["link"] == link
    path = link.removeprefix("http://localhost")

    guest = Visitor(app)
    # A mail filter that follows the link joins nothing.
    guest.get(path)
    assert by_email(session, "nouvelle@example.org") is None
    guest.submit(name="Nadia Neuve", password="court", status=422)
    home = guest.submit(name="Nadia Neuve", password="trois lampes bleues")
    assert "Atelier du Port" in home.words()
    account = by_email(session, "nouvelle@example.org")
    assert account is not None
    Visitor(app).get(path, status=410)


def test_an_invitation_is_for_its_address_only(
    controller: Visitor, workshop: Organisation, app: Flask, make_account: MakeAccount
) -> None:
    from tests.visitor import Visitor

    controller.get(f"/organisations/{workshop.id}/invite")
    page = controller.submit(email="ada@example.org", roles=["technician"])
    path = page.one(".code").get_text(strip=True).removeprefix("http://localhost")
    somebody = Visitor(app).sign_in(make_account(email="else@example.org", password="trois lampes bleues"))
    somebody.get(path, status=409)
    somebody.post(path, status=409)
    ada = make_account(email="ada@example.org", password="trois lampes bleues")
    known = Visitor(app).sign_in(ada)
    known.get(path)
    assert not known.page.select("[name=password]") if known.page else False
    known.submit()
    assert "Atelier du Port" in known.get("/account").words()


def test_an_invitation_taken_back_opens_nothing(controller: Visitor, workshop: Organisation, app: Flask) -> None:
    from tests.visitor import Visitor

    controller.get(f"/organisations/{workshop.id}/invite")
    page = controller.submit(email="ada@example.org", roles=["technician"])
    path = page.one(".code").get_text(strip=True).removeprefix("http://localhost")
    shown = controller.get(f"/organisations/{workshop.id}")
    controller.post(str(shown.one("form[action*='/revoke']")["action"]))
    Visitor(app).get(path, status=410)


def test_a_coordinator_does_not_make_administrators(
    coordinator: Visitor, coordination: Organisation, session: Session
) -> None:
    page = coordinator.get(f"/organisations/{coordination.id}/invite")
    assert "administrator" not in {box["value"] for box in page.select("[name=roles]")}
    coordinator.submit(email="ada@example.org", roles=["administrator"], status=422)


def test_the_last_administrator_stays(
    visitor: Visitor, coordination: Organisation, make_account: MakeAccount, session: Session
) -> None:
    from refurb.accounts.queries import members

    admin = make_account({coordination: [Role.ADMINISTRATOR]}, password="trois lampes bleues")
    visitor.sign_in(admin, coordination)
    (membership,) = members(session, coordination.id)
    page = visitor.post(f"/organisations/members/{membership.id}/end")
    assert "dernière personne" in page.words()
    session.refresh(membership)
    assert membership.ended_at is None
    page = visitor.post(f"/organisations/members/{membership.id}", {"roles": ["coordinator"]}, status=422)
    assert "dernière personne" in page.words()
    session.refresh(membership)
    assert membership.roles == {Role.ADMINISTRATOR}


def test_who_leaves_acts_no_more(
    controller: Visitor, workshop: Organisation, app: Flask, make_account: MakeAccount, session: Session
) -> None:
    from refurb.accounts.queries import members
    from tests.visitor import Visitor

    leaver = make_account({workshop: [Role.TECHNICIAN]}, name="Léa Part")
    theirs = Visitor(app).sign_in(leaver, workshop)
    theirs.get(f"/organisations/{workshop.id}")
    row = next(m for m in members(session, workshop.id) if m.account_id == leaver.id)
    controller.post(f"/organisations/members/{row.id}/end")
    theirs.get(f"/organisations/{workshop.id}", status=403)


def test_roles_are_changed(
    controller: Visitor, workshop: Organisation, make_account: MakeAccount, session: Session
) -> None:
    from refurb.accounts.queries import members

    account = make_account({workshop: [Role.VOLUNTEER]})
    row = next(m for m in members(session, workshop.id) if m.account_id == account.id)
    controller.get(f"/organisations/members/{row.id}")
    controller.submit("main form.form", roles=["technician", "controller"])
    session.refresh(row)
    assert row.roles == {Role.TECHNICIAN, Role.CONTROLLER}


def test_a_station_token_is_shown_once_and_only_uploads(
    controller: Visitor, workshop: Organisation, session: Session
) -> None:
    from refurb.accounts.models import StationToken
    from refurb.accounts.queries import station_by_token

    controller.get(f"/organisations/{workshop.id}/stations/new")
    page = controller.submit(name="Établi 2")
    token = page.one(".code").get_text(strip=True)
    assert page.response.headers["Cache-Control"] == "no-store"
    assert token not in controller.get(f"/organisations/{workshop.id}").words()
    station = station_by_token(session, token)
    assert station is not None
    assert station.organisation_id == workshop.id
    assert token not in str([row.__dict__ for row in session.query(StationToken)])
    bearer = {"Authorization": f"Bearer {token}"}
    # It opens no page, whatever it carries.
    for address in ("/account", f"/organisations/{workshop.id}", "/settings"):
        answer = controller.app.test_client().get(address, headers=bearer)
        assert answer.status_code in (302, 401, 403), address
    controller.post(f"/organisations/stations/{station.id}/revoke")
    assert station_by_token(session, token) is None


@pytest.mark.usefixtures("communes")
def test_places(controller: Visitor, workshop: Organisation, make_place: MakePlace) -> None:
    controller.get(f"/organisations/{workshop.id}/places/new")
    page = controller.submit(kind="shelf", name="Étagère A1", commune="Angers")
    assert re.search(r"L 49\d\d \d{4} \d\d", page.words())
    controller.get(f"/organisations/{workshop.id}/places/new")
    page = controller.submit(kind="shelf", name="Étagère A1", commune="Angers", status=422)
    assert "porte déjà ce nom" in page.words()
    place = make_place(workshop, PlaceKind.SHELF, name="Étagère B2")
    controller.get(f"/organisations/places/{place.id}")
    controller.submit(name="Étagère B3", commune="Angers")
    assert "Étagère B3" in controller.get(f"/organisations/{workshop.id}").words()


def test_a_suspended_organisation(coordinator: Visitor, workshop: Organisation, coordination: Organisation) -> None:
    page = coordinator.post(f"/organisations/{workshop.id}/trust", {"trust": "suspended"})
    assert "Suspendue" in page.words()
    page = coordinator.post(f"/organisations/{workshop.id}/trust", {"trust": "approved"})
    assert "Agréée" in page.words()
    page = coordinator.post(f"/organisations/{coordination.id}/trust", {"trust": "suspended"})
    assert "une autre coordination" in page.words()
    coordinator.post(f"/organisations/{workshop.id}/trust", {"trust": "nonsense"}, status=400)


def test_an_administrator_resets_a_lost_telephone(
    visitor: Visitor, coordinator: Visitor, coordination: Organisation, make_account: MakeAccount, session: Session
) -> None:
    from refurb.accounts import second_factor
    from refurb.accounts.queries import members
    from refurb.web import now

    admin = make_account({coordination: [Role.ADMINISTRATOR]}, name="Zoé Admin")
    other = make_account({coordination: [Role.COORDINATOR]}, name="Léo Perdu")
    second_factor.begin(session, other, at=now())
    session.flush()
    rows = {member.account_id: member for member in members(session, coordination.id)}
    address = f"/organisations/members/{rows[other.id].id}"
    coordinator.post(f"{address}/reset-second-factor", status=403)
    visitor.sign_in(admin, coordination)
    visitor.get(address)
    visitor.submit("form[action$='/reset-second-factor']")
    assert second_factor.of(session, other.id) is None
    visitor.post(f"/organisations/members/{rows[admin.id].id}/reset-second-factor", status=404)
