from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from refurb.core.permissions import OrganisationRole, Role

if TYPE_CHECKING:
    from refurb.db import Session
    from tests.conftest import Clock
    from tests.factories import MakeAccount, MakeOrganisation
    from tests.visitor import Visitor

WRONG = "ne vont pas ensemble"


@pytest.fixture
def people(make_organisation: MakeOrganisation, make_account: MakeAccount) -> None:
    workshop = make_organisation(OrganisationRole.REFURBISHER, name="Atelier du Port")
    desk = make_organisation(OrganisationRole.HANDOVER_POINT, name="Maison de quartier")
    make_account(
        {workshop: [Role.TECHNICIAN], desk: [Role.HANDOVER_AGENT]},
        email="ada@example.org",
        name="Ada Test",
        password="trois lampes bleues",
    )


def sign_in(visitor: Visitor, password: str, email: str = "ada@example.org", *, status: int = 200) -> None:
    visitor.get("/sign-in")
    visitor.submit(email=email, password=password, status=status)


@pytest.mark.usefixtures("people")
def test_signs_in_and_out(visitor: Visitor) -> None:
    sign_in(visitor, "trois lampes bleues", "ADA@example.org ")
    assert "Ada Test" in visitor.get("/account").words()
    visitor.post("/sign-out")
    assert visitor.get("/account").heading == "Se connecter"


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(("email", "password"), [("ada@example.org", "wrong"), ("nobody@example.org", "wrong")])
def test_one_sentence_for_every_fault(visitor: Visitor, email: str, password: str) -> None:
    sign_in(visitor, password, email, status=422)
    assert visitor.page is not None
    assert WRONG in visitor.page.words()


@pytest.mark.usefixtures("people")
def test_the_eleventh_try_waits_a_quarter_of_an_hour(visitor: Visitor, clock: Clock) -> None:
    for _ in range(10):
        sign_in(visitor, "wrong", status=422)
    sign_in(visitor, "trois lampes bleues", status=429)
    clock.move(minutes=16)
    sign_in(visitor, "trois lampes bleues")
    assert visitor.get("/account").heading == "Mon compte"


@pytest.mark.usefixtures("people")
def test_a_link_does_not_send_elsewhere(visitor: Visitor) -> None:
    visitor.get("/sign-in?next=https://evil.example/")
    answer = visitor.client.post(
        "/sign-in",
        data={
            "email": "ada@example.org",
            "password": "trois lampes bleues",
            "next": "https://evil.example/",
            "csrf_token": visitor.csrf(),
        },
    )
    assert answer.status_code == 303
    assert "evil" not in answer.headers["Location"]


@pytest.mark.usefixtures("people")
def test_comes_back_to_the_page_that_was_asked(visitor: Visitor) -> None:
    assert visitor.get("/account").heading == "Se connecter"
    visitor.submit(email="ada@example.org", password="trois lampes bleues")
    assert visitor.page is not None
    assert visitor.page.heading == "Mon compte"


@pytest.mark.usefixtures("people")
def test_switches_the_organisation_acted_for(visitor: Visitor) -> None:
    sign_in(visitor, "trois lampes bleues")
    page = visitor.get("/account")
    other = next(li for li in page.select("main ul.plain li") if li.form)
    assert "Maison de quartier" in other.get_text()
    visitor.post("/account/organisation", {"organisation": other.select("[name=organisation]")[0]["value"]})
    acting = next(li for li in visitor.get("/account").select("main ul.plain li") if not li.form)
    assert "Maison de quartier" in acting.get_text()
    for nobodys in ("999999", "9" * 40, "²"):
        visitor.post("/account/organisation", {"organisation": nobodys}, status=404)


@pytest.mark.usefixtures("people")
def test_closes_another_session(visitor: Visitor) -> None:
    from tests.visitor import Visitor as Other

    other = Other(visitor.app)
    sign_in(other, "trois lampes bleues")
    sign_in(visitor, "trois lampes bleues")
    page = visitor.get("/account")
    address = page.one("form[action*='/close']:not([action*='others'])")["action"]
    visitor.post(str(address))
    assert other.get("/account").heading == "Se connecter"
    assert visitor.get("/account").heading == "Mon compte"


@pytest.mark.usefixtures("people")
def test_changes_the_password_and_closes_the_others(visitor: Visitor) -> None:
    from tests.visitor import Visitor as Other

    other = Other(visitor.app)
    sign_in(other, "trois lampes bleues")
    sign_in(visitor, "trois lampes bleues")
    visitor.get("/account/password")
    visitor.submit(current="not it", password="quatre chaises vertes", status=422)
    visitor.submit(current="trois lampes bleues", password="court", status=422)
    visitor.submit(current="trois lampes bleues", password="quatre chaises vertes")
    assert other.get("/account").heading == "Se connecter"
    visitor.post("/sign-out")
    sign_in(visitor, "trois lampes bleues", status=422)
    sign_in(visitor, "quatre chaises vertes")


@pytest.mark.usefixtures("people")
def test_a_forgotten_password_is_chosen_anew_once(visitor: Visitor, session: Session) -> None:
    from refurb.outbox import OutboxRow

    visitor.get("/password/forgotten")
    visitor.submit(email="nobody@example.org")
    visitor.get("/password/forgotten")
    visitor.submit(email="ada@example.org")
    rows = session.query(OutboxRow).all()
    assert [row.payload["to"] for row in rows] == ["ada@example.org"]
    link = rows[0].payload["context"]["link"].removeprefix("http://localhost")
    visitor.get(link)
    visitor.submit(password="quatre chaises vertes")
    visitor.get(link, status=410)
    sign_in(visitor, "quatre chaises vertes")


def test_the_cookie_is_not_for_scripts_nor_the_database(
    visitor: Visitor, session: Session, make_account: MakeAccount
) -> None:
    from refurb.accounts.models import AccountSession

    make_account(email="ada@example.org", password="trois lampes bleues")
    answer = visitor.client.post(
        "/sign-in",
        data={"email": "ada@example.org", "password": "trois lampes bleues", "csrf_token": visitor.csrf()},
    )
    cookie = next(c for c in answer.headers.getlist("Set-Cookie") if c.startswith("refurb_session="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    token = cookie.split("=", 1)[1].split(";")[0]
    assert session.query(AccountSession).filter_by(token_hash=token).count() == 0
