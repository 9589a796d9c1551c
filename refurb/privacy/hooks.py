"""What privacy lends to the pages of other areas: the label on the page of one's own case."""

from flask import Flask

from refurb.db import get_session
from refurb.needs.models import Need
from refurb.privacy import labels
from refurb.security import actor


def register(app: Flask) -> None:
    """Called by create_app()."""
    app.jinja_env.globals["private_label_of"] = private_label_of


def private_label_of(need: Need) -> labels.Label | None:
    """Return the label of a case for whoever reads the page; None unless it is of their own service."""
    return labels.of(get_session(), need, seen_by=actor())
