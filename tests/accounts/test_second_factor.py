"""The second factor: who owes it, what is taken, how often, and what a half signed-in browser reaches."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pyotp
import pytest

from refurb.core.permissions import OrganisationRole, Role

if TYPE_CHECKING:
    from flask import Flask

    from refurb.accounts.models import Account
    from refurb.db import Session
    from refurb.organisations.models import Organisation
    from tests.conftest import Clock
    from tests.factories import MakeAccount, MakeOrganisation
    from tests.visitor import Visitor

PASSWORD = "trois lampes bleues"
#: The secret of RFC 6238's own examples, in base 32.
RFC = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.fixture
def coordination(make_organisation: MakeOrganisation) -> Organisation:
    return make_organisation(OrganisationRole.COORDINATION, name="Coordination")


@pytest.fixture
def ada(coordination: Organisation, make_account: MakeAccount) -> Account:
    return make_account({coordination: [Role.COORDINATOR]}, email="ada@example.org", password=PASSWORD)


@pytest.fixture
def bob(make_organisation: MakeOrganisation, make_account: MakeAccount) -> Account:
    workshop = make_organisation(OrganisationRole.REFURBISHER, name="Atelier")
    return make_account({workshop: [Role.TECHNICIAN]}, email="bob@example.org", password=PASSWORD)


def give_password(visitor: Visitor, email: str, next: str = "") -> None:
    visitor.get(f"/sign-in{next}")
    visitor.submit(email=email, password=PASSWORD)


def secret_of(session: Session, account: Account) -> str:
    from refurb.accounts import second_factor

    factor = second_factor.of(session, account.id)
    assert factor is not None
    assert factor.secret
    return factor.secret


def enrol(visitor: Visitor, session: Session, account: Account, clock: Clock) -> tuple[pyotp.TOTP, list[str]]:
    """Go through the page one is on; return what makes codes, and the recovery codes."""
    assert visitor.page is not None
    assert visitor.page.heading == "Relier votre téléphone"
    totp = pyotp.TOTP(secret_of(session, account))
    page = visitor.submit("main form.form", code=totp.at(clock()))
    assert page.heading == "Vos codes de secours"
    assert page.response.headers["Cache-Control"] == "no-store"
    return totp, [tag.get_text(strip=True) for tag in page.select(".codes-sheet .code")]


def test_a_coordinator_relates_a_telephone_before_anything_else(
    visitor: Visitor, ada: Account, session: Session, clock: Clock
) -> None:
    give_password(visitor, "ada@example.org", "?next=/organisations")
    page = visitor.page
    assert page is not None
    # The key is there for who cannot photograph, and the drawing says the same.
    assert secret_of(session, ada) in page.words().replace(" ", "")
    assert visitor.get("/organisations").heading == "Relier votre téléphone"
    totp, codes = enrol(visitor, session, ada, clock)
    assert len(set(codes)) == 10
    assert visitor.page is not None
    assert visitor.page.one("main a.btn-primary")["href"] == "/organisations"
    assert visitor.get("/organisations").heading == "Organisations"
    # Next time the code is asked, and the first one served already.
    visitor.post("/sign-out")
    give_password(visitor, "ada@example.org", "?next=/organisations")
    assert visitor.page.heading == "Votre code"
    visitor.submit("main form.form", code=totp.at(clock()), status=422)
    clock.move(seconds=30)
    assert visitor.submit("main form.form", code=totp.at(clock())).heading == "Organisations"


def test_the_drawing_holds_the_key(visitor: Visitor, ada: Account, session: Session) -> None:
    import base64
    import io

    import typst
    import zxingcpp
    from PIL import Image

    give_password(visitor, "ada@example.org")
    assert visitor.page is not None
    picture = str(visitor.page.one(".qr img")["src"]).partition("base64,")[2]
    page = b'#set page(width: 12cm, height: 12cm)\n#image("qr.svg", width: 9cm)'
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "qr.svg").write_bytes(base64.b64decode(picture))
        (Path(folder) / "page.typ").write_bytes(page)
        drawn = typst.compile(Path(folder) / "page.typ", format="png", ppi=144)
    image = Image.open(io.BytesIO(drawn if isinstance(drawn, bytes) else drawn[0])).convert("L")
    read = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode]))
    assert [code.text for code in read] == [
        f"otpauth://totp/Refurb:ada%40example.org?secret={secret_of(session, ada)}&issuer=Refurb"
    ]


def test_half_signed_in_opens_nothing(visitor: Visitor, ada: Account, coordination: Organisation) -> None:
    give_password(visitor, "ada@example.org")
    for address in ("/account", "/needs/", "/organisations", f"/organisations/{coordination.id}", "/account/password"):
        assert visitor.get(address).heading == "Relier votre téléphone", address
    for address in ("/account/sessions/close-others", f"/organisations/{coordination.id}/trust", "/account"):
        visitor.post(address, status=401)
    assert "Ada" not in visitor.get("/").words()
    visitor.post("/sign-out")
    assert visitor.get("/organisations").heading == "Se connecter"


def test_who_neither_coordinates_nor_administers_may_go_without(
    visitor: Visitor, bob: Account, session: Session, clock: Clock
) -> None:
    give_password(visitor, "bob@example.org")
    assert visitor.get("/account").heading == "Mon compte"
    visitor.get("/account/second-factor")
    visitor.submit("main form")
    totp, codes = enrol(visitor, session, bob, clock)
    assert "10 codes de secours" in visitor.get("/account/second-factor").words()
    # Recovery codes are made anew, and the old ones open nothing.
    clock.move(seconds=30)
    visitor.get("/account/second-factor")
    page = visitor.submit("main form.form", code=totp.at(clock()))
    fresh = [tag.get_text(strip=True) for tag in page.select(".codes-sheet .code")]
    assert not set(fresh) & set(codes)
    visitor.post("/sign-out")
    give_password(visitor, "bob@example.org")
    visitor.submit("main form.form", code=codes[0], status=422)
    page = visitor.submit("main form.form", code=fresh[3].lower().replace("-", " "))
    assert "Il vous en reste 9" in page.words()
    # Turned off against a code of the telephone only.
    visitor.post("/account/second-factor/off", {"code": "000000"}, status=422)
    clock.move(seconds=30)
    visitor.post("/account/second-factor/off", {"code": totp.at(clock())})
    visitor.post("/sign-out")
    give_password(visitor, "bob@example.org")
    assert visitor.get("/account").heading == "Mon compte"


def test_a_recovery_code_opens_once(visitor: Visitor, ada: Account, session: Session, clock: Clock) -> None:
    give_password(visitor, "ada@example.org")
    _totp, codes = enrol(visitor, session, ada, clock)
    for status in (200, 422):
        visitor.post("/sign-out")
        give_password(visitor, "ada@example.org")
        visitor.submit("main form.form", code=codes[0], status=status)


def test_recovery_codes_and_secret_are_not_in_the_database_as_they_are(
    visitor: Visitor, ada: Account, session: Session, clock: Clock
) -> None:
    import sqlalchemy as sa

    give_password(visitor, "ada@example.org")
    totp, codes = enrol(visitor, session, ada, clock)
    rows = [
        *session.execute(sa.text("SELECT * FROM recovery_code")),
        *session.execute(sa.text("SELECT * FROM second_factor")),
    ]
    kept = str(rows)
    assert totp.secret not in kept
    for code in codes:
        assert code not in kept
        assert code.replace("-", "") not in kept


def test_another_telephone_is_related_where_none_may_be_missing(
    visitor: Visitor, ada: Account, session: Session, clock: Clock
) -> None:
    give_password(visitor, "ada@example.org")
    totp, _codes = enrol(visitor, session, ada, clock)
    clock.move(seconds=30)
    visitor.get("/account/second-factor")
    page = visitor.post("/account/second-factor/off", {"code": totp.at(clock())})
    assert page.heading == "Relier votre téléphone"
    assert secret_of(session, ada) != totp.secret


def test_the_tries_are_counted_for_the_account(
    visitor: Visitor, app: Flask, ada: Account, session: Session, clock: Clock
) -> None:
    from tests.visitor import Visitor as Other

    give_password(visitor, "ada@example.org")
    totp, _codes = enrol(visitor, session, ada, clock)
    visitor.post("/sign-out")
    give_password(visitor, "ada@example.org")
    for _ in range(8):
        visitor.submit("main form.form", code="ABCD", status=422)
    clock.move(minutes=5)
    other = Other(app)
    give_password(other, "ada@example.org")
    other.submit("main form.form", code=totp.at(clock()), status=429)
    clock.move(minutes=11)
    other.submit("main form.form", code=totp.at(clock()))
    assert other.get("/account").heading == "Mon compte"


def test_a_role_given_meanwhile_asks_at_the_next_page(
    visitor: Visitor, bob: Account, coordination: Organisation, session: Session, clock: Clock
) -> None:
    from refurb.accounts import services
    from refurb.security import Actor

    give_password(visitor, "bob@example.org")
    assert visitor.get("/account").heading == "Mon compte"
    services.join(session, bob.id, coordination.id, [Role.COORDINATOR], by=Actor.system(), at=clock())
    session.flush()
    assert visitor.get("/account").heading == "Demander un code à la connexion"
    visitor.submit("main form.post-button")
    enrol(visitor, session, bob, clock)
    assert visitor.get("/account").heading == "Mon compte"


def test_who_lost_telephone_and_sheet_begins_anew(
    visitor: Visitor, ada: Account, session: Session, clock: Clock
) -> None:
    from refurb.accounts import second_factor
    from refurb.security import Actor

    give_password(visitor, "ada@example.org")
    totp, codes = enrol(visitor, session, ada, clock)
    assert second_factor.reset(session, ada, by=Actor.system(), at=clock())
    session.flush()
    assert visitor.get("/account").heading == "Se connecter"
    give_password(visitor, "ada@example.org")
    assert secret_of(session, ada) != totp.secret
    visitor.submit("main form.form", code=codes[0], status=422)
    enrol(visitor, session, ada, clock)


def test_accounts_of_the_demo_go_without(visitor: Visitor, ada: Account, session: Session) -> None:
    ada.is_demo = True
    session.flush()
    give_password(visitor, "ada@example.org")
    assert visitor.get("/organisations").heading == "Organisations"


def test_a_new_password_does_not_go_around_the_telephone(
    visitor: Visitor, ada: Account, session: Session, clock: Clock
) -> None:
    from refurb.accounts.views import reset_token

    give_password(visitor, "ada@example.org")
    enrol(visitor, session, ada, clock)
    visitor.post("/sign-out")
    with visitor.app.test_request_context():
        address = f"/password/new/{reset_token(ada)}"
    visitor.get(address)
    visitor.submit(password="quatre chaises vertes")
    visitor.submit(email="ada@example.org", password="quatre chaises vertes")
    assert visitor.page is not None
    assert visitor.page.heading == "Votre code"


@pytest.mark.parametrize(
    ("seconds", "code", "taken"),
    [
        # RFC 6238, appendix B, SHA-1, the last six of the eight digits; T0 = 0, steps of thirty seconds.
        (59, "287082", True),
        (1111111109, "081804", True),
        (1111111111, "050471", True),
        (1234567890, "005924", True),
        (2000000000, "279037", True),
        # One step late, one early, and no further.
        (59 + 30, "287082", True),
        (59 - 30, "287082", True),
        (59 + 60, "287082", False),
        (1111111111, "05047", False),
        (1111111111, "050472", False),
        (1111111111, "", False),
    ],
)
def test_codes_are_those_of_the_standard(session: Session, bob: Account, seconds: int, code: str, taken: bool) -> None:
    from refurb.accounts import second_factor
    from refurb.security import Actor

    at = datetime.fromtimestamp(seconds, UTC)
    factor = second_factor.begin(session, bob, at=at)
    factor.secret, factor.confirmed_at = RFC, at
    session.flush()
    found = second_factor.check(session, bob, code, by=Actor.system(), at=at)
    assert (found is not None) is taken
    assert second_factor.check(session, bob, code, by=Actor.system(), at=at) is None


def test_an_earlier_code_is_refused_after_a_later_one(session: Session, bob: Account) -> None:
    from refurb.accounts import second_factor
    from refurb.security import Actor

    at, by = datetime(2026, 11, 17, 11, tzinfo=UTC), Actor.system()
    factor = second_factor.begin(session, bob, at=at)
    factor.confirmed_at = at
    totp = pyotp.TOTP(factor.secret or "")
    session.flush()
    assert second_factor.check(session, bob, totp.at(at), by=by, at=at) is not None
    assert second_factor.check(session, bob, totp.at(at - timedelta(seconds=30)), by=by, at=at) is None
    assert second_factor.check(session, bob, totp.at(at + timedelta(seconds=30)), by=by, at=at) is not None
    assert re.fullmatch(r"[A-Z2-7]{32}", totp.secret)
