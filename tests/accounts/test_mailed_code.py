"""Sign-in by a code sent to the professional address."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from refurb.core.permissions import OrganisationRole, Role

if TYPE_CHECKING:
    from flask import Flask

    from refurb.accounts.models import Account
    from refurb.db import Session
    from tests.conftest import Clock
    from tests.factories import MakeAccount, MakeOrganisation
    from tests.visitor import Visitor


@pytest.fixture
def ada(make_organisation: MakeOrganisation, make_account: MakeAccount) -> Account:
    service = make_organisation(OrganisationRole.PRESCRIBER, name="CCAS")
    return make_account({service: [Role.PRESCRIBER]}, email="ada@example.org")


def mails(session: Session) -> list[dict[str, str]]:
    from refurb.outbox import OutboxRow

    return [row.payload["context"] for row in session.query(OutboxRow).order_by(OutboxRow.id)]


def ask(visitor: Visitor, email: str = "ada@example.org", address: str = "/sign-in/mail") -> None:
    visitor.get(address)
    visitor.submit(email=email)
    assert visitor.page is not None
    assert visitor.page.heading == "Regardez vos messages"


def test_a_code_signs_in_once(visitor: Visitor, app: Flask, ada: Account, session: Session) -> None:
    from tests.visitor import Visitor as Other

    ask(visitor, "ADA@example.org ", "/sign-in/mail?next=/account")
    (mail,) = mails(session)
    assert mail["code"].replace(" ", "").isdigit()
    visitor.submit(code="0000 0001", status=422)
    assert visitor.submit(code=mail["code"]).heading == "Mon compte"
    other = Other(app)
    ask(other)
    other.submit(code=mail["code"], status=422)


def test_the_same_page_for_an_unknown_address(visitor: Visitor, ada: Account, session: Session, app: Flask) -> None:
    from tests.visitor import Visitor as Other

    ask(visitor)
    known = visitor.page
    stranger = Other(app)
    ask(stranger, "nobody@example.org")
    unknown = stranger.page
    assert known is not None
    assert unknown is not None
    assert unknown.words().replace("nobody@", "ada@") == known.words()
    assert len(mails(session)) == 1
    stranger.submit(code=mails(session)[0]["code"], status=422)


def test_a_code_is_for_the_browser_that_asked(visitor: Visitor, app: Flask, ada: Account, session: Session) -> None:
    from tests.visitor import Visitor as Other

    ask(visitor)
    other = Other(app)
    assert other.get("/sign-in/mail/code").heading == "Recevoir un code par courriel"
    other.post("/sign-in/mail/code", {"code": mails(session)[0]["code"]})
    assert other.get("/account").heading == "Se connecter"


def test_the_link_has_one_button_and_serves_once(visitor: Visitor, app: Flask, ada: Account, session: Session) -> None:
    from tests.visitor import Visitor as Other

    ask(visitor)
    path = mails(session)[0]["link"].removeprefix("http://localhost")
    telephone = Other(app)
    # A mail filter that follows the link signs nobody in.
    telephone.get(path)
    assert telephone.get("/account").heading == "Se connecter"
    telephone.get(path)
    telephone.submit()
    assert telephone.get("/account").heading == "Mon compte"
    visitor.submit(code=mails(session)[0]["code"], status=422)
    visitor.get(path, status=410)


def test_a_code_lasts_a_quarter_of_an_hour_and_the_last_one_counts(
    visitor: Visitor, ada: Account, session: Session, clock: Clock
) -> None:
    ask(visitor)
    clock.move(minutes=5)
    ask(visitor)
    first, second = (mail["code"] for mail in mails(session))
    visitor.submit(code=first, status=422)
    clock.move(minutes=16)
    visitor.submit(code=second, status=422)


def test_messages_and_tries_are_counted(visitor: Visitor, ada: Account, session: Session, clock: Clock) -> None:
    for _ in range(5):
        ask(visitor)
    assert len(mails(session)) == 3
    for _ in range(10):
        visitor.submit(code="12345678", status=422)
    page = visitor.submit(code=mails(session)[-1]["code"], status=429)
    assert "Trop d'essais" in page.words()


def test_who_has_left_gets_no_code(visitor: Visitor, ada: Account, session: Session) -> None:
    from refurb.accounts.queries import memberships_of
    from refurb.web import now

    (membership,) = memberships_of(session, ada.id)
    membership.ended_at = now()
    session.flush()
    ask(visitor)
    assert mails(session) == []


def test_a_mailed_code_does_not_go_around_the_telephone(
    visitor: Visitor, make_organisation: MakeOrganisation, make_account: MakeAccount, session: Session
) -> None:
    body = make_organisation(OrganisationRole.COORDINATION)
    make_account({body: [Role.COORDINATOR]}, email="cora@example.org")
    ask(visitor, "cora@example.org")
    assert visitor.submit(code=mails(session)[0]["code"]).heading == "Relier votre téléphone"


def test_codes_are_not_in_the_database_as_they_are(visitor: Visitor, ada: Account, session: Session) -> None:
    import sqlalchemy as sa

    ask(visitor)
    kept = str(session.execute(sa.text("SELECT * FROM mailed_code")).all())
    (mail,) = mails(session)
    assert mail["code"].replace(" ", "") not in kept
    assert mail["link"].rpartition("/")[2] not in kept
