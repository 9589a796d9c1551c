"""The door of benches and machines: the token of a station, and the body that comes with it.

The token is looked up in a short reading transaction, closed before the body is read: a bench on a slow line would
else hold the database for as long as its upload takes, and the others would wait.
"""

import base64
import binascii
from datetime import timedelta

from flask import request

from refurb.accounts import queries as accounts
from refurb.core.permissions import SCOPES, Scope
from refurb.db import get_session
from refurb.security import Actor
from refurb.web import now

#: What one request may bring. Larger than a reader takes (readings.document.MAX_BYTES): such a file is kept unread.
MAX_BYTES = 64 * 1024 * 1024
#: How much of a refused body is read to its end, so that the client hears the answer and not a broken connection.
_DRAINED = 2 * MAX_BYTES
#: How exactly "last used" is known: writing it at each report would make the benches of one token wait in line.
_LAST_USED = timedelta(minutes=1)


class TokenRefused(Exception):
    """The request bears no token, or none that is live."""


class ScopeMissing(TokenRefused):
    """The token is live and does not open this."""


def station(scope: Scope = Scope.REPORTS_WRITE) -> Actor:
    """Return the station that the request speaks for, with what `scope` opens and no more.

    Raises TokenRefused, or its ScopeMissing, once the body is out of the way.
    """
    session, moment = get_session(), now()
    session.commit()
    session.read_only = True
    found = next(filter(None, (accounts.station_by_token(session, token) for token in _tokens())), None)
    session.commit()
    session.read_only = False
    if found is None or scope not in found.scopes:
        drain()
        raise TokenRefused if found is None else ScopeMissing
    if found.last_used_at is None or found.last_used_at < moment - _LAST_USED:
        found.last_used_at = moment
        session.commit()
    return Actor.for_station(found.name, found.organisation_id, SCOPES[scope])


def _tokens() -> list[str]:
    """Return what may be the token: of Bearer, or of Basic the password and then the name, whichever bears it.

    Quotes around it go: Workbench's settings file is often written with them.
    """
    scheme, _blank, rest = request.headers.get("Authorization", "")[:2000].partition(" ")
    found = []
    if scheme.lower() == "bearer":
        found = [rest]
    elif scheme.lower() == "basic":
        try:
            name, _colon, password = base64.b64decode(rest.strip(), validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            return []
        found = [password, name]
    return [token for text in found if (token := text.strip().strip("'\"").strip()[:500])]


def body() -> bytes:
    """Return the bytes of the request; raises RequestEntityTooLarge beyond MAX_BYTES."""
    request.max_content_length = MAX_BYTES
    if (request.content_length or 0) > MAX_BYTES:
        drain()
    return request.get_data(cache=False)


def drain() -> None:
    """Read what the client is still sending, and keep nothing of it."""
    stream, left = request.environ.get("wsgi.input"), min(request.content_length or 0, _DRAINED)
    while stream is not None and left > 0 and (piece := stream.read(min(left, 65536))):
        left -= len(piece)
