"""The settings that pages decided, laid over the environment's, in every process that runs."""

import time

import sqlalchemy as sa
from flask import Flask, redirect, request, url_for
from werkzeug.wrappers import Response

from refurb import sealed
from refurb.db import get_session
from refurb.setup import queries, services

#: Seconds until another process's change of settings is seen here.
FRESH = 10.0
#: Where a visitor of an instance that nobody administers yet is sent to the first-run page.
DOORS = {"home.index", "accounts.sign_in"}


def register(app: Flask) -> None:
    """Read the stored settings now and then, and send the first visitor to the first-run page."""
    app.extensions["refurb.environment"] = app.extensions["refurb.settings"]
    app.extensions["refurb.settings_read"] = 0.0
    sealed.RESEAL["setup"] = services.reseal_mail
    app.before_request(refresh)
    app.before_request(first_run)


def refresh(app: Flask | None = None, *, force: bool = False) -> None:
    """Lay the stored settings over the environment's when they may have changed; needs an application context."""
    from flask import current_app

    extensions = current_app.extensions
    if not force and extensions.get("refurb.ready") and time.monotonic() - extensions["refurb.settings_read"] < FRESH:
        return
    try:
        session = get_session()
        stored = queries.settings(session)
        # Until somebody administers the instance each request looks again: what the first-run page says holds at once,
        # in every process.
        extensions["refurb.ready"] = extensions.get("refurb.ready") or queries.has_administrator(session)
    except sa.exc.DatabaseError:
        # Not migrated yet, or out of reach: /readyz and `refurb doctor` say so; the environment holds meanwhile.
        get_session().rollback()
        return
    extensions["refurb.settings"] = queries.overlaid(extensions["refurb.environment"], stored)
    extensions["refurb.settings_read"] = time.monotonic()


def first_run() -> Response | None:
    """Send whoever opens the door of an instance without an administrator to the first-run page."""
    from flask import current_app

    if request.method == "GET" and request.endpoint in DOORS and not current_app.extensions.get("refurb.ready"):
        return redirect(url_for("setup.first_run"), 303)
    return None
