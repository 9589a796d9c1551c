"""Who acts, what they may do, and the headers every answer carries.

Deny by default: a view without `@requires` or `@public` is refused at the door, and a test walks every route. This
file knows no account: create_app() hands it the loader.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from flask import Flask, abort, current_app, g, redirect, request, url_for
from flask_talisman import Talisman
from flask_wtf.csrf import CSRFProtect
from werkzeug.wrappers import Response

from refurb.core.permissions import HALF_SIGNED_IN, STATION, OrganisationRole, Permission, Role
from refurb.db import get_session

Params = ParamSpec("Params")
Answer = TypeVar("Answer")

csrf = CSRFProtect()


class ActorKind(StrEnum):
    """What stands behind a request."""

    PERSON = "person"
    STATION = "station"
    SYSTEM = "system"
    PUBLIC = "public"


@dataclass(frozen=True)
class Actor:
    """Who acts, for which organisation, with which rights. Every query and service takes one."""

    kind: ActorKind
    id: int | None = None
    organisation_id: int | None = None
    organisation_name: str = ""
    organisation_roles: frozenset[OrganisationRole] = frozenset()
    roles: frozenset[Role] = frozenset()
    permissions: frozenset[Permission] = frozenset()
    name: str = ""
    language: str | None = None
    station: str | None = None
    #: The EPCI of the organisation acted for, what a form proposes first.
    epci_code: str | None = None
    commune_code: str | None = None
    memberships: tuple[tuple[int, str], ...] = field(default=(), compare=False)
    #: Why the organisation acted for is suspended, a value of organisations.models.Suspension; empty when it is not.
    suspension: str = field(default="", compare=False)

    def can(self, permission: Permission) -> bool:
        """Whether this actor holds the permission; which records it covers is the query's question."""
        return permission in self.permissions

    @property
    def is_signed_in(self) -> bool:
        """Whether a person stands behind it."""
        return self.kind is ActorKind.PERSON

    @classmethod
    def system(cls) -> "Actor":
        """Return the actor of the worker and the command line, which may do anything; the log tells it apart."""
        return cls(kind=ActorKind.SYSTEM, permissions=frozenset(Permission), name="Refurb", station="system")

    @classmethod
    def public(cls) -> "Actor":
        """Return the actor of a visitor who has not signed in."""
        return cls(kind=ActorKind.PUBLIC)

    @classmethod
    def half_signed_in(cls) -> "Actor":
        """Return the actor of who gave a password and owes the second factor: a stranger who may give it."""
        return cls(kind=ActorKind.PUBLIC, permissions=HALF_SIGNED_IN)

    @classmethod
    def for_station(cls, name: str, organisation_id: int, permissions: frozenset[Permission] = STATION) -> "Actor":
        """Return the actor of a bench or a program that holds a token: it may do what the token's scopes open."""
        return cls(
            kind=ActorKind.STATION, organisation_id=organisation_id, permissions=permissions, name=name, station=name
        )


#: What a page may load: ours, and nothing else.
POLICY: dict[str, str | list[str]] = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "worker-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}

#: Given by create_app(): the actor of the request from its cookie, or None.
Loader = Callable[[], Actor | None]
#: Given by an area: who acts in place of somebody signed in, None where nobody may any more.
StandIn = Callable[[Actor], Actor | None]


def actor() -> Actor:
    """Return who makes the running request, looked up once: who is signed in, or who stands in for them here."""
    if "actor" not in g:
        g.actor = signed_in()
        stand_in: StandIn | None = current_app.extensions.get("refurb.stand_in")
        if stand_in is not None and g.actor.is_signed_in:
            g.actor = stand_in(g.actor) or Actor.public()
    found: Actor = g.actor
    return found


def signed_in() -> Actor:
    """Return whose sign-in the request bears, whoever has the browser now."""
    if "signed_in" not in g:
        load: Loader = current_app.extensions["refurb.load_actor"]
        g.signed_in = load() or Actor.public()
    found: Actor = g.signed_in
    return found


def requires(*permissions: Permission) -> Callable[[Callable[Params, Answer]], Callable[Params, Answer]]:
    """Open a view to whoever holds one of `permissions`."""

    def decorate(view: Callable[Params, Answer]) -> Callable[Params, Answer]:
        @wraps(view)
        def guarded(*args: Params.args, **kwargs: Params.kwargs) -> Answer:
            return view(*args, **kwargs)

        guarded.refurb_requires = frozenset(permissions)  # type: ignore[attr-defined]  # read by check_access
        return guarded

    return decorate


def public(why: str) -> Callable[[Callable[Params, Answer]], Callable[Params, Answer]]:
    """Open a view to everybody; `why` is for who reads the list of public routes."""

    def decorate(view: Callable[Params, Answer]) -> Callable[Params, Answer]:
        @wraps(view)
        def opened(*args: Params.args, **kwargs: Params.kwargs) -> Answer:
            return view(*args, **kwargs)

        opened.refurb_public = why  # type: ignore[attr-defined]  # read by check_access
        return opened

    return decorate


def allows_wasm(view: Callable[Params, Answer]) -> Callable[Params, Answer]:
    """Let a page compile WebAssembly, as the camera's decoder is; no other page may."""
    policy = {**POLICY, "script-src": ["'self'", "'wasm-unsafe-eval'"]}
    view.talisman_view_options = {"content_security_policy": policy}  # type: ignore[attr-defined]  # Talisman's own
    return view


def access_of(view: Any) -> frozenset[Permission] | str | None:
    """Return the permissions a view asks, or why it is public, or None for one that says nothing."""
    required: frozenset[Permission] | None = getattr(view, "refurb_requires", None)
    if required is not None:
        return required
    reason: str | None = getattr(view, "refurb_public", None)
    return reason


def check_access() -> Response | None:
    """Refuse the request unless its view is public or the actor holds what it asks; runs before every request."""
    if request.method in ("GET", "HEAD", "OPTIONS"):
        get_session().read_only = True
    if request.endpoint is None:
        return None
    if request.endpoint == "static":
        return None
    access = access_of(current_app.view_functions[request.endpoint])
    if isinstance(access, str):
        return None
    if access is None:
        abort(403)
    if actor().permissions & access:
        return None
    if not actor().is_signed_in and request.method == "GET" and request.accept_mimetypes.accept_html:
        return redirect(url_for("accounts.sign_in", next=request.full_path.rstrip("?")), 302)
    return abort(403 if actor().is_signed_in else 401)


def safe_next(target: str | None) -> str | None:
    """Return `target` when it is a path of this application, else None: a link must not send people elsewhere."""
    if not target or not target.startswith("/") or target.startswith("//"):
        return None
    return None if any(char in target for char in "\r\n\t\\") else target


def init_app(app: Flask, *, load_actor: Loader, secure: bool) -> None:
    """Install the door, the CSRF check and the headers."""
    app.extensions["refurb.load_actor"] = load_actor
    csrf.init_app(app)
    app.before_request(check_access)
    Talisman(
        app,
        force_https=False,
        session_cookie_secure=secure,
        strict_transport_security=secure,
        frame_options="DENY",
        referrer_policy="same-origin",
        permissions_policy={"camera": "(self)", "geolocation": "()", "microphone": "()"},
        content_security_policy=POLICY,
        content_security_policy_nonce_in=["script-src"],
    )
