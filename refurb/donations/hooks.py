"""What the areas above and below ask of gifts."""

from flask import Flask, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from refurb.core.identity import CodeKind
from refurb.desk import registry as desk
from refurb.desk.registry import Opened
from refurb.documents.registry import SEES
from refurb.donations import queries
from refurb.security import Actor


def register(app: Flask) -> None:
    """Say who may see the papers of a lot, and let the desk open a lot by its code."""
    SEES["lot"] = queries.may_see_papers
    desk.OPENERS[CodeKind.LOT] = open_lot


def open_lot(session: Session, code: str, by: Actor) -> Opened | None:
    """Return the page of the lot that a scanned code names."""
    lot = queries.by_code(session, code, seen_by=by)
    if lot is None:
        return None
    return Opened(_("Don : %(name)s", name=lot.supplier_name), url_for("donations.show", code=lot.code))
