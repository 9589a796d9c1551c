"""What the after-sales gives the other areas."""

from flask import Flask

from refurb.aftersales import queries
from refurb.documents import registry


def register(app: Flask) -> None:
    """Called by create_app()."""
    registry.SEES["ticket"] = queries.may_see
