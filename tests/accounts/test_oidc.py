"""Sign-in through a provider of identities: a stand-in one, honest or lying."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from refurb.config import OidcSettings
from refurb.core.permissions import OrganisationRole, Role
from tests.accounts.provider import CLIENT, SECRET, Provider

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

    from refurb.accounts.models import Account
    from refurb.db import Session
    from refurb.organisations.models import Organisation
    from tests.factories import MakeAccount, MakeOrganisation
    from tests.visitor import Page, Visitor


@pytest.fixture(scope="module")
def server() -> Iterator[Provider]:
    made = Provider()
    yield made
    made.stop()


@pytest.fixture
def provider(server: Provider, app: Flask) -> Iterator[Provider]:
    kept = app.extensions["refurb.settings"]
    oidc = OidcSettings(issuer=server.issuer, client_id=CLIENT, client_secret=SECRET, name="Agglo")
    app.extensions["refurb.settings"] = replace(kept, oidc=oidc)
    yield server
    app.extensions["refurb.settings"] = kept
    app.extensions.pop("refurb.oidc", None)
    server.lies, server.signing_key, server.algorithm, server.refused = {}, server.key, "RS256", []


@pytest.fixture
def service(make_organisation: MakeOrganisation) -> Organisation:
    return make_organisation(OrganisationRole.PRESCRIBER, name="CCAS")


@pytest.fixture
def ada(service: Organisation, make_account: MakeAccount) -> Account:
    return make_account({service: [Role.PRESCRIBER]}, email="ada@example.org", name="Ada Test")


VERIFIED: dict[str, Any] = {"email": "Ada@Example.org", "email_verified": True, "name": "Ada Test"}


def come_back(visitor: Visitor, provider: Provider, *, status: int = 200, next: str = "", **claims: Any) -> Page:
    """Go to the provider from the sign-in page, and come back with its answer."""
    page = visitor.get(f"/sign-in{next}")
    link = page.one("a[href^='/sign-in/oidc']")
    assert "Se connecter avec Agglo" in link.get_text()
    led = visitor.client.get(str(link["href"]))
    assert led.status_code == 302
    return visitor.get(f"/sign-in/oidc/back?{provider.grant(led.headers['Location'], **claims)}", status=status)


def test_without_a_provider_there_is_no_button(visitor: Visitor) -> None:
    assert not visitor.get("/sign-in").select("a[href^='/sign-in/oidc']")
    for address in ("/sign-in/oidc", "/sign-in/oidc/back", "/sign-in/oidc/confirm"):
        visitor.get(address, status=404)


def test_a_known_address_signs_in_with_one_button(
    visitor: Visitor, provider: Provider, ada: Account, session: Session
) -> None:
    from refurb.accounts.models import ExternalIdentity

    page = come_back(visitor, provider, next="?next=/account", **VERIFIED)
    # Coming back opens nothing by itself.
    assert "Agglo vous reconnaît sous l'adresse ada@example.org" in page.words().replace("\u2019", "'")
    assert visitor.get("/account").heading == "Se connecter"
    visitor.get("/sign-in/oidc/confirm")
    assert visitor.submit().heading == "Mon compte"
    assert provider.refused == []
    row = session.query(ExternalIdentity).one()
    assert (row.account_id, row.subject, row.issuer) == (ada.id, "person-1", provider.issuer)


def test_the_subject_counts_once_linked(
    visitor: Visitor, provider: Provider, ada: Account, make_account: MakeAccount, app: Flask
) -> None:
    from tests.visitor import Visitor as Other

    come_back(visitor, provider, **VERIFIED)
    visitor.submit()
    # A new address of the same person opens the same account...
    other = Other(app)
    come_back(other, provider, email="ada.new@example.org", email_verified=True)
    other.submit()
    assert "Ada Test" in other.get("/account").words()
    # ... and the old address given to somebody else does not.
    third = Other(app)
    led = third.client.get("/sign-in/oidc").headers["Location"]
    third.client.get(f"/sign-in/oidc/back?{provider.grant(led, sub='person-2', **VERIFIED)}")
    page = third.get("/sign-in/oidc/confirm", status=403)
    assert "autre personne" in page.words()


def test_an_invited_person_joins(visitor: Visitor, provider: Provider, service: Organisation, session: Session) -> None:
    from refurb.accounts import queries, services
    from refurb.security import Actor
    from refurb.web import now

    services.invite(
        session,
        email="noe@example.org",
        organisation_id=service.id,
        roles=[Role.PRESCRIBER],
        by=Actor.system(),
        at=now(),
    )
    session.flush()
    come_back(visitor, provider, sub="noe", email="noe@example.org", email_verified=True, name="Noé Neuf")
    assert queries.by_email(session, "noe@example.org") is None
    visitor.submit()
    assert "CCAS" in visitor.get("/account").words()
    account = queries.by_email(session, "noe@example.org")
    assert account is not None
    assert account.name == "Noé Neuf"
    assert queries.invitations_of(session, service.id, now=now()) == []


@pytest.mark.parametrize(
    ("claims", "sentence"),
    [
        ({"email": "nobody@example.org", "email_verified": True}, "personne ne vous a invité"),
        ({"email": "ada@example.org"}, "pas vérifié"),
        ({"email": "ada@example.org", "email_verified": False}, "pas vérifié"),
        ({"email_verified": True}, "pas vérifié"),
    ],
)
@pytest.mark.usefixtures("ada")
def test_who_is_not_let_in(visitor: Visitor, provider: Provider, claims: dict[str, Any], sentence: str) -> None:
    page = come_back(visitor, provider, status=403, **claims)
    assert sentence in page.words()
    assert visitor.get("/sign-in/oidc/confirm").heading == "Se connecter"


@pytest.mark.parametrize(
    "lie",
    [
        {"nonce": "another"},
        {"iss": "https://evil.example"},
        {"aud": "another-client"},
        {"exp": 1_000_000_000, "iat": 999_999_000},
    ],
)
@pytest.mark.usefixtures("ada")
def test_an_answer_that_is_not_ours_is_refused(visitor: Visitor, provider: Provider, lie: dict[str, Any]) -> None:
    provider.lies = lie
    page = come_back(visitor, provider, status=403, **VERIFIED)
    assert "n'a pas abouti" in page.words().replace("\u2019", "'")


@pytest.mark.usefixtures("ada")
def test_another_key_is_refused(visitor: Visitor, provider: Provider) -> None:
    from joserfc.jwk import RSAKey

    provider.signing_key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}, private=True)
    come_back(visitor, provider, status=403, **VERIFIED)


@pytest.mark.usefixtures("ada")
def test_a_signature_of_the_shared_secret_is_refused(visitor: Visitor, provider: Provider) -> None:
    from joserfc.jwk import OctKey

    provider.signing_key, provider.algorithm = OctKey.import_key(SECRET * 2), "HS256"
    come_back(visitor, provider, status=403, **VERIFIED)


@pytest.mark.usefixtures("ada")
def test_state_and_verifier_belong_to_the_browser(visitor: Visitor, provider: Provider, app: Flask) -> None:
    from tests.visitor import Visitor as Other

    led = visitor.client.get("/sign-in/oidc").headers["Location"]
    query = provider.grant(led, **VERIFIED)
    # Somebody else's browser brings the answer: a link that would sign them in as another.
    Other(app).get(f"/sign-in/oidc/back?{query}", status=403)
    visitor.get(f"/sign-in/oidc/back?{query.replace('state=', 'state=x')}", status=403)
    # The code of one request with the state of another: the verifier does not match.
    other = provider.grant(visitor.client.get("/sign-in/oidc").headers["Location"], **VERIFIED)
    mixed = f"{query.split('&')[0]}&{other.split('&')[1]}"
    visitor.get(f"/sign-in/oidc/back?{mixed}", status=403)
    assert "verifier" in provider.refused
    visitor.get("/sign-in/oidc/back?error=access_denied", status=403)


def test_the_provider_does_not_go_around_the_telephone(
    visitor: Visitor, provider: Provider, make_organisation: MakeOrganisation, make_account: MakeAccount
) -> None:
    body = make_organisation(OrganisationRole.COORDINATION)
    make_account({body: [Role.COORDINATOR]}, email="ada@example.org")
    come_back(visitor, provider, sub="coordinator", **VERIFIED)
    assert visitor.submit().heading == "Relier votre téléphone"


def test_a_provider_out_of_reach_says_so(visitor: Visitor, app: Flask) -> None:
    import socket

    with socket.socket() as taken:
        # Bound and not listening: nobody answers, and nobody else takes the port meanwhile.
        taken.bind(("127.0.0.1", 0))
        kept = app.extensions["refurb.settings"]
        issuer = f"http://127.0.0.1:{taken.getsockname()[1]}"
        oidc = OidcSettings(issuer=issuer, client_id=CLIENT, client_secret=SECRET, name="Agglo")
        app.extensions["refurb.settings"] = replace(kept, oidc=oidc)
        try:
            page = visitor.get("/sign-in/oidc", status=502)
        finally:
            app.extensions["refurb.settings"] = kept
            app.extensions.pop("refurb.oidc", None)
    assert "ne répond pas" in page.words()


@pytest.mark.parametrize(
    ("env", "code"),
    [
        ({"REFURB_OIDC_ISSUER": "http://id.example.org"}, "not-https"),
        ({"REFURB_OIDC_ISSUER": "https://id.example.org"}, "missing-beside-issuer"),
        ({"REFURB_OIDC_ISSUER": "https://id.example.org", "REFURB_OIDC_CLIENT_ID": "x"}, "missing-beside-issuer"),
    ],
)
def test_settings_that_do_not_start(env: dict[str, str], code: str, tmp_path: Any) -> None:
    from refurb.config import ConfigError, Settings

    with pytest.raises(ConfigError) as error:
        Settings.from_environment({"REFURB_INSTANCE": str(tmp_path), **env})
    assert error.value.code == code
