"""What the pages of accounts share: the blueprint, the throttle, and what happens once somebody is known."""

from datetime import datetime, timedelta

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from refurb.accounts import second_factor, services, throttle
from refurb.accounts.cookies import set_cookie
from refurb.accounts.models import Account
from refurb.accounts.queries import SignIn, memberships_of
from refurb.security import actor
from refurb.web import now

bp = Blueprint("accounts", __name__)

#: Ten tries a quarter of an hour for one account from one address; fifty for an address, a whole office behind it.
WINDOW = timedelta(minutes=15)
PER_ACCOUNT, PER_ADDRESS = 10, 50


def may_try(session: Session, what: str, who: str) -> bool:
    """Count a try of `what` against `who` from this address, and commit the count; whether it is within the limits."""
    address = request.remote_addr or "?"
    by_account = throttle.hit(session, f"{what}:{who}:{address}", limit=PER_ACCOUNT, window=WINDOW, now=now())
    by_address = throttle.hit(session, f"{what}:{address}", limit=PER_ADDRESS, window=WINDOW, now=now())
    session.commit()
    return by_account and by_address


def forget_tries(session: Session, what: str, who: str) -> None:
    """Drop the count of `may_try` after a success."""
    throttle.forget(session, f"{what}:{who}:{request.remote_addr or '?'}")


def welcome(session: Session, account: Account, target: str | None, *, at: datetime) -> ResponseReturnValue:
    """Open a sign-in for the account, commit, and put its token in the browser in place of whatever it held.

    Who owes the second factor is led there first, and a secret is made for who has none yet.
    """
    token = services.open_session(session, account, at=at, user_agent=request.user_agent.string)
    factor = second_factor.of(session, account.id)
    in_force = factor is not None and factor.confirmed_at is not None
    owes = in_force or second_factor.is_required(account, memberships_of(session, account.id))
    if owes and not in_force:
        second_factor.begin(session, account, at=at)
    session.commit()
    # The form token of before belongs to nobody; the one of after to this person.
    cookie.clear()
    where = target or url_for("home.index")
    if owes:
        where = url_for("accounts.second_step" if in_force else "accounts.enrol", next=target)
    response = redirect(where, 303)
    set_cookie(response, token)
    return response


def half_signed_in() -> SignIn | None:
    """Return the sign-in of this browser that still owes the second factor."""
    # The actor is looked up first: it is what reads the cookie.
    actor()
    found: SignIn | None = g.get("half_signed_in")
    return found


def own_id() -> int:
    """Return the id of the account that acts, or that is about to; `requires` has seen that there is one."""
    half = half_signed_in()
    own = half.account_id if half is not None else actor().id
    assert own is not None
    return own


def unstored(template: str, **values: object) -> Response:
    """Answer with a page that holds a secret: no cache keeps it."""
    response = make_response(render_template(template, **values))
    response.headers["Cache-Control"] = "no-store"
    return response
