"""Sign-in through a provider of identities (OpenID Connect), where the settings name one.

The provider says who somebody is; whether they come in is ours: an account that acts for an organisation, or an open
invitation, under the address that the provider has verified. State, nonce and PKCE are checked by authlib; issuer,
audience, signature and algorithm here are told to it explicitly.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session, joinedload

from refurb.accounts import queries, services
from refurb.accounts.models import Account, ExternalIdentity, Invitation
from refurb.audit.services import Author, record
from refurb.config import OidcSettings

#: Signatures that the provider alone can make; "none" and those of a shared secret are not among them.
ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})
#: Seconds to wait for the provider.
TIMEOUT = 10


class OidcRefused(Exception):
    """A sign-in that does not happen; `code` says why, and the log holds the detail."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}".rstrip(": "))
        self.code, self.detail = code, detail


@dataclass(frozen=True)
class Identity:
    """Whom the provider knows; the address is verified and in lower case."""

    issuer: str
    subject: str
    email: str
    name: str


def settings() -> OidcSettings | None:
    """Return the provider's settings, None where there is none."""
    found: OidcSettings | None = current_app.extensions["refurb.settings"].oidc
    return found


def client(of: OidcSettings) -> Any:
    """Return authlib's client of the provider, with its published metadata checked; raises OidcRefused."""
    from authlib.integrations.flask_client import OAuth
    from requests import RequestException

    kept: dict[OidcSettings, Any] = current_app.extensions.setdefault("refurb.oidc", {})
    if of not in kept:
        oauth: Any = OAuth(current_app)
        oauth.register(
            "oidc",
            client_id=of.client_id,
            client_secret=of.client_secret,
            server_metadata_url=f"{of.issuer.rstrip('/')}/.well-known/openid-configuration",
            client_kwargs={
                "scope": "openid email profile",
                "code_challenge_method": "S256",
                "default_timeout": TIMEOUT,
            },
        )
        kept[of] = oauth.create_client("oidc")
    made = kept[of]
    try:
        metadata = made.load_server_metadata()
    except (RequestException, ValueError) as error:
        raise OidcRefused("provider-unreachable", str(error)) from error
    if str(metadata.get("issuer", "")).rstrip("/") != of.issuer.rstrip("/"):
        kept.pop(of)
        raise OidcRefused("provider-unreachable", f"issuer {metadata.get('issuer')!r}")
    offered = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
    metadata["id_token_signing_alg_values_supported"] = [name for name in offered if name in ALGORITHMS]
    return made


def identity(of: OidcSettings) -> Identity:
    """Return whom the running request, the provider's answer, names; raises OidcRefused."""
    from authlib.integrations.base_client import OAuthError
    from joserfc.errors import JoseError
    from requests import RequestException

    provider = client(of)
    issuer = str(provider.server_metadata["issuer"])
    claims_options = {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": of.client_id}}
    try:
        token = provider.authorize_access_token(claims_options=claims_options)
        claims = token.get("userinfo")
        if claims is None:
            raise OidcRefused("answer-refused", "no ID token")
        claims = dict(claims)
        if "email" not in claims and "userinfo_endpoint" in provider.server_metadata:
            more = dict(provider.userinfo())
            if more.get("sub") != claims["sub"]:
                raise OidcRefused("answer-refused", "userinfo of another subject")
            claims = {**more, **claims}
    except (OAuthError, JoseError, RequestException, ValueError, KeyError) as error:
        raise OidcRefused("answer-refused", f"{type(error).__name__}: {error}") from error
    email = str(claims.get("email") or "").strip().lower()
    if not email or claims.get("email_verified") not in (True, "true"):
        raise OidcRefused("email-not-verified")
    name = claims.get("name") or " ".join(filter(None, (claims.get("given_name"), claims.get("family_name"))))
    return Identity(issuer, str(claims["sub"]), email, str(name or email)[:300])


def account_of(session: Session, who: Identity, *, at: datetime) -> Account | None:
    """Return the account of an identity, None for one that only an invitation knows; raises OidcRefused.

    "unknown" for who has neither account nor invitation, "other-identity" where the address was linked to another
    person of the same provider: an address given to somebody new must not open what was the leaver's.
    """
    linked = session.scalar(
        sa.select(ExternalIdentity)
        .where(ExternalIdentity.issuer == who.issuer, ExternalIdentity.subject == who.subject)
        .options(joinedload(ExternalIdentity.account))
    )
    account = linked.account if linked is not None else queries.by_email(session, who.email)
    if account is None:
        if not invitations(session, who.email, at=at):
            raise OidcRefused("unknown")
        return None
    if account.disabled_at is not None:
        raise OidcRefused("unknown")
    if linked is None and session.scalar(
        sa.select(ExternalIdentity.id).where(
            ExternalIdentity.account_id == account.id, ExternalIdentity.issuer == who.issuer
        )
    ):
        raise OidcRefused("other-identity")
    if not queries.memberships_of(session, account.id) and not invitations(session, account.email, at=at):
        raise OidcRefused("unknown")
    return account


def invitations(session: Session, email: str, *, at: datetime) -> list[Invitation]:
    """Return the open invitations of an address."""
    return list(
        session.scalars(
            sa.select(Invitation).where(
                Invitation.email == email,
                Invitation.accepted_at.is_(None),
                Invitation.revoked_at.is_(None),
                Invitation.expires_at > at,
            )
        )
    )


def enter(session: Session, who: Identity, *, by: Author, at: datetime) -> Account:
    """Return the account to sign in: linked to the identity, made and joined by its invitations as needed."""
    account = account_of(session, who, at=at)
    if account is None:
        account = services.create(session, email=who.email, name=who.name, by=by, at=at)
    for invitation in invitations(session, account.email, at=at):
        services.accept(session, invitation, account, by=by, at=at)
    known = sa.select(ExternalIdentity.id).where(
        ExternalIdentity.issuer == who.issuer, ExternalIdentity.subject == who.subject
    )
    if session.scalar(known) is None:
        row = ExternalIdentity(account_id=account.id, issuer=who.issuer, subject=who.subject, linked_at=at)
        session.add(row)
        session.flush()
        record(session, "account", account.id, "account.identity-linked", by=by, at=at, payload={"issuer": who.issuer})
    return account
