"""Every address asks a permission or says why it is public, and holds to it for every role."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.routing import IntegerConverter

from refurb.core.permissions import ROLES_IN, OrganisationRole, Permission, Role
from refurb.security import access_of

if TYPE_CHECKING:
    from flask import Flask

    from tests.conftest import Databases
    from tests.factories import MakeAccount, MakeOrganisation
    from tests.visitor import Visitor

#: What gates a file answers by itself: no view of ours.
BUILT_IN = {"static"}


def rules(app: Flask) -> list[tuple[str, str, frozenset[str]]]:
    """Return (endpoint, address with a 1 or an x for what varies, methods) of each route."""
    found = []
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if rule.endpoint in BUILT_IN:
                continue
            values = {name: _sample(converter) for name, converter in rule._converters.items()}
            address = app.url_map.bind("localhost").build(rule.endpoint, values, force_external=False)
            found.append((rule.endpoint, address, frozenset(rule.methods or ()) - {"HEAD", "OPTIONS"}))
    return found


def _sample(converter: Any) -> Any:
    """Return a value that the address takes and that names nothing."""
    if hasattr(converter, "items"):
        return next(iter(sorted(converter.items)))
    return 999_999 if isinstance(converter, IntegerConverter) else "x"


def test_every_route_asks_a_permission_or_says_public(app: Flask) -> None:
    silent = [endpoint for endpoint, _, _ in rules(app) if access_of(app.view_functions[endpoint]) is None]
    assert silent == []


def test_a_view_that_says_nothing_is_refused(databases: Databases, database: str) -> None:
    app = databases.make(database, databases.fresh_url(database))
    app.add_url_rule("/forgotten", endpoint="forgotten", view_func=lambda: "seen")
    answer = app.test_client().get("/forgotten", headers={"Accept": "text/html"})
    assert answer.status_code == 403
    from tests.conftest import dispose

    dispose(app)


def test_public_routes_say_why(app: Flask) -> None:
    for endpoint, _, _ in rules(app):
        reason = access_of(app.view_functions[endpoint])
        if isinstance(reason, str):
            assert len(reason.split()) >= 3, f"{endpoint}: {reason!r}"
            assert "placeholder" not in reason, endpoint


def test_nobody_signed_in_gets_no_further_than_the_door(app: Flask, visitor: Visitor) -> None:
    for endpoint, address, methods in rules(app):
        access = access_of(app.view_functions[endpoint])
        if isinstance(access, str):
            continue
        for method in methods:
            data = {"csrf_token": visitor.csrf()} if method != "GET" else None
            answer = visitor.client.open(address, method=method, data=data)
            if method == "GET":
                assert answer.status_code == 302, f"{method} {address}: {answer.status_code}"
                assert answer.headers["Location"].startswith("/sign-in"), address
            else:
                assert answer.status_code in (400, 401), f"{method} {address}: {answer.status_code}"


@pytest.mark.parametrize("role", list(Role))
def test_no_role_passes_a_door_that_is_not_its_own(
    role: Role, app: Flask, visitor: Visitor, make_organisation: MakeOrganisation, make_account: MakeAccount
) -> None:
    """What a role holds opens the door (whatever waits behind for an address that names nothing); else it is 403."""
    from refurb.core.permissions import permissions_of

    kind = next(organisation for organisation, roles in ROLES_IN.items() if role in roles)
    body = make_organisation(kind)
    visitor.sign_in(make_account({body: [role]}), body)
    held = permissions_of(frozenset({role}))
    for endpoint, address, methods in rules(app):
        access = access_of(app.view_functions[endpoint])
        if isinstance(access, str):
            continue
        opens = access is not None and bool(held & access)
        for method in methods - {"GET"} if not opens else ():
            answer = visitor.client.open(address, method=method, data={"csrf_token": visitor.csrf()})
            assert answer.status_code == 403, f"{role} {method} {address}: {answer.status_code}"
        if "GET" not in methods:
            continue
        answer = visitor.client.get(address)
        if opens:
            assert answer.status_code in (200, 302, 303, 403, 404, 410), f"{role} {address}: {answer.status_code}"
        else:
            assert answer.status_code == 403, f"{role} {address}: {answer.status_code}"


def test_every_permission_is_held_by_somebody_and_asked_somewhere_or_by_a_service() -> None:
    from refurb.core.permissions import GRANTS, SIGNED_IN

    held = SIGNED_IN.union(*GRANTS.values())
    assert held == set(Permission)


def test_every_role_has_a_place() -> None:
    assert set().union(*ROLES_IN.values()) == set(Role)
    assert set(ROLES_IN) == set(OrganisationRole)


def test_every_form_of_the_site_goes_somewhere(app: Flask) -> None:
    """A POST route is never public without saying so, and never answers a GET by writing."""
    for endpoint, _, methods in rules(app):
        assert methods <= {"GET", "POST", "PUT", "DELETE", "PATCH"}, endpoint
