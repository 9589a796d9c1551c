"""The sign-in cookie: a random token, whose hash the database knows."""

from datetime import timedelta

from flask import current_app, g, request
from werkzeug.wrappers import Response

from refurb.accounts import queries, second_factor, services
from refurb.db import get_session
from refurb.security import Actor
from refurb.web import now

COOKIE = "refurb_session"
#: How long a browser stays signed in, in seconds: a working fortnight.
LIFETIME = 14 * 24 * 3600
#: How exact "seen" is in the list of one's sign-ins.
SEEN_EVERY = timedelta(minutes=10)


def load_actor() -> Actor | None:
    """Return the actor of the request's cookie, None without a live sign-in; remembers which session it is."""
    token = request.cookies.get(COOKIE)
    if not token:
        return None
    signed_in = queries.session_of(get_session(), token, now=now())
    if signed_in is None:
        return None
    g.account_session_id = signed_in.id
    g.badge_on = (signed_in.badge_id, signed_in.badge_at) if signed_in.badge_id and signed_in.badge_at else None
    if second_factor.owes(signed_in):
        g.half_signed_in = signed_in
        return Actor.half_signed_in()
    if request.method not in ("GET", "HEAD", "OPTIONS") and now() - signed_in.last_seen_at > SEEN_EVERY:
        # Kept with what the request does, so that reading writes nothing.
        services.note_seen(get_session(), signed_in.id, at=now())
    return queries.actor_of(signed_in)


def set_cookie(response: Response, token: str) -> None:
    """Put a fresh token in the browser."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=LIFETIME,
        httponly=True,
        samesite="Lax",
        secure=current_app.extensions["refurb.settings"].secure_cookies,
    )


def clear_cookie(response: Response) -> None:
    """Take the token out of the browser."""
    response.delete_cookie(COOKIE, httponly=True, samesite="Lax")
